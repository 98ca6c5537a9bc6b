#include "site/testing/test_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

enum { LINE_BYTES = 4096 };

static const char *print_text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* A text that an agent or an author chose. */
static void print_escaped(FILE *out, const char *text)
{
    char line[LINE_BYTES];

    (void)text_escape(line, sizeof line, text, strlen(text));
    fputs(line, out);
}

/* "0.000012345 (compute 0.000002345, orders 0.000010000)" */
static void print_costs(FILE *out, const json_t *costs)
{
    const char *name;
    const json_t *amount;
    const char *before = " (";

    fputs(print_text_of(costs, "cost"), out);
    json_object_foreach(json_object_get(costs, "costs"), name, amount)
    {
        fprintf(out, "%s%s %s", before, name, json_string_value(amount));
        before = ", ";
    }
    if (*before == ',')
        putc(')', out);
}

static void print_turn(FILE *out, const json_t *turn)
{
    size_t i;
    const json_t *place;

    fputs("  turn   ", out);
    print_escaped(out, print_text_of(turn, "agent"));
    fprintf(out, " %s: %" JSON_INTEGER_FORMAT " fuel, ", print_text_of(turn, "event"),
            json_integer_value(json_object_get(turn, "fuel")));
    print_costs(out, turn);
    putc('\n', out);
    if (!json_is_true(json_object_get(turn, "undone")))
        return;
    fputs("         ", out);
    print_escaped(out, print_text_of(turn, "trap"));
    putc('\n', out);
    json_array_foreach(json_object_get(turn, "at"), i, place)
    {
        fputs(i == 0 ? "         at " : "         called from ", out);
        print_escaped(out, json_string_value(place));
        putc('\n', out);
    }
}

static void print_logs(FILE *out, const json_t *agents)
{
    const char *name;
    const json_t *agent;

    json_object_foreach((json_t *)agents, name, agent)
    {
        size_t i;
        const json_t *line;

        json_array_foreach(json_object_get(agent, "log"), i, line)
        {
            fputs("  log    ", out);
            print_escaped(out, name);
            fputs(": ", out);
            print_escaped(out, json_string_value(line));
            putc('\n', out);
        }
    }
}

static void print_answer(FILE *out, const json_t *answer)
{
    const char *state = print_text_of(answer, "state");
    const char *bytes = print_text_of(answer, "bytes");
    const char *money = print_text_of(answer, "money");

    fprintf(out, "  answer %s", state);
    if (*print_text_of(answer, "failure") != '\0') {
        fprintf(out, ": %s", print_text_of(answer, "failure"));
        if (json_object_get(answer, "code") != NULL)
            fprintf(out, " %" JSON_INTEGER_FORMAT,
                    json_integer_value(json_object_get(answer, "code")));
    }
    if (*bytes != '\0') {
        fprintf(out, " hex:%s", bytes);
    } else if (*print_text_of(answer, "text") != '\0') {
        fputs(" \"", out);
        print_escaped(out, print_text_of(answer, "text"));
        putc('"', out);
    }
    if (strspn(money, "0.") != strlen(money))
        fprintf(out, " with %s", money);
    putc('\n', out);
}

static struct money amount_at(const json_t *costs, const char *resource)
{
    struct money amount = money_zero();
    const char *text = print_text_of(json_object_get(costs, "costs"), resource);

    if (*text != '\0')
        INVARIANT(money_parse(&amount, text, NULL) == ST_OK); /* we printed it */
    return amount;
}

/* What an agent paid for a resource by its turns in this step. */
static struct money amount_in_turns(const json_t *step, const char *agent, const char *resource)
{
    struct money sum = money_zero();
    size_t i;
    const json_t *turn;

    json_array_foreach(json_object_get(step, "turns"), i,
                       turn) if (strcmp(print_text_of(turn, "agent"), agent) == 0)
        money_accumulate(&sum, amount_at(turn, resource));
    return sum;
}

/* What was paid in a step outside of turns: rent, and fees of what a person asked for. */
static void print_besides(FILE *out, const json_t *step)
{
    const char *payer;
    const json_t *costs;
    const char *resource;
    const json_t *value;

    json_object_foreach(json_object_get(step, "paid"), payer, costs)
    {
        const char *before = NULL;

        json_object_foreach(json_object_get(costs, "costs"), resource, value)
        {
            struct money rest = money_sub_clamped(amount_at(costs, resource),
                                                  amount_in_turns(step, payer, resource));
            char text[MONEY_TEXT_BYTES];

            (void)value;
            if (money_is_zero(rest))
                continue;
            if (before == NULL) {
                fputs("  paid   ", out);
                print_escaped(out, payer);
                before = ": ";
            }
            fprintf(out, "%s%s %s", before, resource, money_print(text, rest));
            before = ", ";
        }
        if (before != NULL)
            putc('\n', out);
    }
}

static void print_check(FILE *out, const json_t *check)
{
    bool ok = json_is_true(json_object_get(check, "ok"));

    fprintf(out, "  %s ", ok ? "ok    " : "WRONG ");
    print_escaped(out, print_text_of(check, "agent"));
    fprintf(out, " %s: %s", print_text_of(check, "what"), ok ? "" : "expected ");
    print_escaped(out, print_text_of(check, "expected"));
    if (!ok) {
        fputs(", found ", out);
        print_escaped(out, print_text_of(check, "found"));
    }
    putc('\n', out);
}

static void print_step(FILE *out, const json_t *step)
{
    size_t i;
    const json_t *item;

    fprintf(out, "step %" JSON_INTEGER_FORMAT "  ",
            json_integer_value(json_object_get(step, "step")));
    print_escaped(out, print_text_of(step, "does"));
    putc('\n', out);
    if (*print_text_of(step, "refused") != '\0') {
        fputs("  refused ", out);
        print_escaped(out, print_text_of(step, "refused"));
        putc('\n', out);
    }
    json_array_foreach(json_object_get(step, "turns"), i, item) print_turn(out, item);
    print_besides(out, step);
    print_logs(out, json_object_get(step, "agents"));
    if (json_object_get(step, "answer") != NULL)
        print_answer(out, json_object_get(step, "answer"));
    json_array_foreach(json_object_get(step, "checks"), i, item) print_check(out, item);
}

void test_print(FILE *out, const json_t *report, const char *currency)
{
    const json_t *steps = json_object_get(report, "steps");
    const char *name;
    const json_t *part;
    size_t i;

    json_array_foreach(steps, i, part) print_step(out, part);
    putc('\n', out);
    json_object_foreach(json_object_get(report, "paid"), name, part)
    {
        print_escaped(out, name);
        fprintf(out, " paid %s ", currency);
        print_costs(out, part);
        putc('\n', out);
    }
    fprintf(out, "%zu steps, %" JSON_INTEGER_FORMAT " checks: ", json_array_size(steps),
            json_integer_value(json_object_get(report, "checks")));
    if (json_is_true(json_object_get(report, "ok")))
        fputs("all as expected\n", out);
    else
        fprintf(out, "%" JSON_INTEGER_FORMAT " WRONG\n",
                json_integer_value(json_object_get(report, "wrong")));
}
