#include "site/testing/test_expect.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"

enum { SHOWN_BYTES = 2000 };

/* What is expected of one step, being compared. */
struct expecting {
    const json_t *step;   /* of the report */
    const json_t *expect; /* of the file; NULL: nothing in particular */
    const char *agent;    /* whom it is about */
    json_t *checks;       /* of the step */
    size_t wrong;
};

static void check_add(struct expecting *e, const char *what, bool ok, const char *expected,
                      const char *found)
{
    json_t *check = json_pack("{s:s,s:s,s:b}", "agent", e->agent, "what", what, "ok", (int)ok);

    e->wrong += !ok;
    (void)json_object_set_new(check, "expected", json_string(expected));
    (void)json_object_set_new(check, "found", json_string(found));
    (void)json_array_append_new(e->checks, check);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* ---- texts, flags and counts ---- */

static void check_text(struct expecting *e, const char *key, const char *found)
{
    const json_t *expected = json_object_get(e->expect, key);

    if (expected != NULL)
        check_add(e, key, strcmp(json_string_value(expected), found) == 0,
                  json_string_value(expected), found);
}

/* The text that is expected stands somewhere in what was found. */
static void check_part(struct expecting *e, const char *key, const char *found)
{
    const json_t *expected = json_object_get(e->expect, key);

    if (expected != NULL)
        check_add(e, key, strstr(found, json_string_value(expected)) != NULL,
                  json_string_value(expected), found);
}

/*
 * A value or a range as a text.  The bounds of a count and of an amount are compared by what they
 * are: see count_order() and amount_order().
 */
static void range_print(char text[SHOWN_BYTES], const json_t *range)
{
    const json_t *bounds[2] = {json_object_get(range, "min"), json_object_get(range, "max")};
    char words[2][64] = {"", ""};

    if (!json_is_object(range))
        bounds[0] = range;
    for (size_t i = 0; i < 2; i++) {
        if (json_is_integer(bounds[i]))
            (void)snprintf(words[i], sizeof words[i], "%" JSON_INTEGER_FORMAT,
                           json_integer_value(bounds[i]));
        else if (json_is_string(bounds[i]))
            (void)snprintf(words[i], sizeof words[i], "%.60s", json_string_value(bounds[i]));
    }
    if (!json_is_object(range))
        (void)snprintf(text, SHOWN_BYTES, "%s", words[0]);
    else
        (void)snprintf(text, SHOWN_BYTES, "%s to %s", *words[0] == '\0' ? "any" : words[0],
                       *words[1] == '\0' ? "any" : words[1]);
}

/* Below, equal or above zero, as `found` is below, is or is above a bound. */
static int count_order(const json_t *bound, const json_t *found)
{
    json_int_t a = json_integer_value(found);
    json_int_t b = json_integer_value(bound);

    return (a > b) - (a < b);
}

static int amount_order(const json_t *bound, const json_t *found)
{
    struct money a = money_zero();
    struct money b = money_zero();

    (void)!money_parse(&a, json_string_value(found), NULL); /* both were checked or printed by us */
    (void)!money_parse(&b, json_string_value(bound), NULL);
    return money_compare(a, b);
}

static void check_range(struct expecting *e, const char *what, const json_t *range,
                        const json_t *found)
{
    int (*order)(const json_t *bound, const json_t *found) =
        json_is_integer(found) ? count_order : amount_order;
    const json_t *min = json_is_object(range) ? json_object_get(range, "min") : range;
    const json_t *max = json_is_object(range) ? json_object_get(range, "max") : range;
    char expected[SHOWN_BYTES];
    char shown[SHOWN_BYTES];
    bool ok = (min == NULL || order(min, found) >= 0) && (max == NULL || order(max, found) <= 0);

    range_print(expected, range);
    range_print(shown, found);
    check_add(e, what, ok, expected, shown);
}

/* A number of the file, if it is expected, against one of ours. */
static void check_number(struct expecting *e, const char *key, json_int_t number)
{
    const json_t *range = json_object_get(e->expect, key);
    json_t *found;

    if (range == NULL)
        return;
    found = json_integer(number);
    check_range(e, key, range, found);
    json_decref(found);
}

static void check_amount(struct expecting *e, const char *key, const char *amount)
{
    const json_t *range = json_object_get(e->expect, key);
    json_t *found;

    if (range == NULL)
        return;
    found = json_string(*amount == '\0' ? "0.000000000" : amount);
    check_range(e, key, range, found);
    json_decref(found);
}

/* Amounts by resources; what is not there is nothing. */
static void check_costs(struct expecting *e, const char *prefix, const json_t *costs,
                        const json_t *found)
{
    const char *name;
    const json_t *range;

    json_object_foreach((json_t *)costs, name, range)
    {
        const char *amount = text_of(found, name);
        char what[120];
        json_t *value = json_string(*amount == '\0' ? "0.000000000" : amount);

        (void)snprintf(what, sizeof what, "%.60scosts.%.40s", prefix, name);
        check_range(e, what, range, value);
        json_decref(value);
    }
}

/* ---- logs ---- */

/* Lines as one text, each in quotes, cut to fit. */
static void lines_print(char text[SHOWN_BYTES], const json_t *lines)
{
    size_t used = 0;
    size_t i;
    const json_t *line;

    (void)snprintf(text, SHOWN_BYTES, "nothing");
    json_array_foreach(lines, i, line)
    {
        int size = snprintf(text + used, SHOWN_BYTES - used, "%s\"%s\"", i == 0 ? "" : ", ",
                            json_string_value(line));

        if (size < 0 || (size_t)size >= SHOWN_BYTES - used)
            return;
        used += (size_t)size;
    }
}

static bool lines_have(const json_t *lines, const char *part)
{
    size_t i;
    const json_t *line;

    json_array_foreach(lines, i,
                       line) if (strstr(json_string_value(line), part) != NULL) return true;
    return false;
}

static void check_log(struct expecting *e, const json_t *state)
{
    const json_t *lines = json_object_get(state, "log");
    const json_t *exact = json_object_get(e->expect, "log");
    const json_t *parts = json_object_get(e->expect, "log_has");
    const json_t *part;
    char expected[SHOWN_BYTES];
    char found[SHOWN_BYTES];
    size_t i;

    lines_print(found, lines);
    if (exact != NULL) {
        lines_print(expected, exact);
        check_add(e, "log", json_equal(exact, lines), expected, found);
    }
    json_array_foreach(parts, i, part) check_add(
        e, "log_has", lines_have(lines, json_string_value(part)), json_string_value(part), found);
}

/* ---- turns ---- */

/* The turns of the agent in this step, in order; the caller's, whose items are borrowed. */
static json_t *turns_of(const struct expecting *e)
{
    json_t *turns = json_array();
    size_t i;
    json_t *turn;

    json_array_foreach(json_object_get(e->step, "turns"), i,
                       turn) if (strcmp(text_of(turn, "agent"), e->agent) == 0)(void)
        json_array_append(turns, turn);
    return turns;
}

static json_int_t turns_undone(const json_t *turns)
{
    json_int_t undone = 0;
    size_t i;
    const json_t *turn;

    json_array_foreach(turns, i, turn) undone += json_is_true(json_object_get(turn, "undone"));
    return undone;
}

/* One turn against what is expected of it. */
static void check_turn(struct expecting *e, size_t number, const json_t *expect, const json_t *turn)
{
    const json_t *event = json_object_get(expect, "event");
    const json_t *fuel = json_object_get(expect, "fuel");
    const json_t *cost = json_object_get(expect, "cost");
    const json_t *undone = json_object_get(expect, "undone");
    char prefix[32];
    char what[64];

    (void)snprintf(prefix, sizeof prefix, "turn %zu: ", number + 1);
    if (event != NULL) {
        (void)snprintf(what, sizeof what, "%sevent", prefix);
        check_add(e, what, strcmp(json_string_value(event), text_of(turn, "event")) == 0,
                  json_string_value(event), text_of(turn, "event"));
    }
    if (fuel != NULL) {
        (void)snprintf(what, sizeof what, "%sfuel", prefix);
        check_range(e, what, fuel, json_object_get(turn, "fuel"));
    }
    if (cost != NULL) {
        (void)snprintf(what, sizeof what, "%scost", prefix);
        check_range(e, what, cost, json_object_get(turn, "cost"));
    }
    if (undone != NULL) {
        bool found = json_is_true(json_object_get(turn, "undone"));

        (void)snprintf(what, sizeof what, "%sundone", prefix);
        check_add(e, what, found == json_is_true(undone), json_is_true(undone) ? "true" : "false",
                  found ? "true" : "false");
    }
    check_costs(e, prefix, json_object_get(expect, "costs"), json_object_get(turn, "costs"));
}

static void check_turns(struct expecting *e)
{
    json_t *turns = turns_of(e);
    const json_t *each = json_object_get(e->expect, "each_turn");
    const json_t *trap = json_object_get(e->expect, "trap");
    const char *last = "no turn was undone";
    size_t i;
    const json_t *item;

    check_number(e, "turns", (json_int_t)json_array_size(turns));
    check_number(e, "undone", turns_undone(turns));
    json_array_foreach(turns, i, item) if (json_is_true(json_object_get(item, "undone"))) last =
        text_of(item, "trap");
    if (trap != NULL)
        check_part(e, "trap", last);
    if (each != NULL && json_array_size(each) != json_array_size(turns)) {
        char expected[32];
        char found[32];

        (void)snprintf(expected, sizeof expected, "%zu turns", json_array_size(each));
        (void)snprintf(found, sizeof found, "%zu turns", json_array_size(turns));
        check_add(e, "each_turn", false, expected, found);
    } else {
        json_array_foreach(each, i, item) check_turn(e, i, item, json_array_get(turns, i));
    }
    json_decref(turns);
}

/* ---- answers ---- */

static void check_answer(struct expecting *e)
{
    const json_t *answer = json_object_get(e->step, "answer");
    const char *state = text_of(answer, "state");
    bool failed = strcmp(state, "silent") == 0 || strcmp(state, "broken") == 0;
    const char *none = answer == NULL ? "no call was made" : state;
    const json_t *waits = json_object_get(e->expect, "waits");

    check_text(e, "answer",
               strcmp(state, "answered") == 0 && json_object_get(answer, "bytes") == NULL
                   ? text_of(answer, "text")
               : json_object_get(answer, "bytes") != NULL ? "bytes that are no text"
                                                          : none);
    check_text(e, "answer_hex",
               json_object_get(answer, "bytes") != NULL ? text_of(answer, "bytes") : none);
    check_amount(e, "answer_money", text_of(answer, "money"));
    check_text(e, "failure", failed ? text_of(answer, "failure") : none);
    check_number(e, "code", json_integer_value(json_object_get(answer, "code")));
    check_text(e, "reason", failed ? text_of(answer, "text") : none);
    if (waits != NULL)
        check_add(e, "waits", json_is_true(waits) == (strcmp(state, "waiting") == 0),
                  json_is_true(waits) ? "true" : "false", none);
}

/* ---- a step ---- */

static void check_expect(struct expecting *e)
{
    const json_t *state = json_object_get(json_object_get(e->step, "agents"), e->agent);
    const json_t *paid = json_object_get(json_object_get(e->step, "paid"), e->agent);

    if (state == NULL) {
        check_add(e, "agent", false, e->agent, "no agent of this file");
        return;
    }
    check_part(e, "refused",
               *text_of(e->step, "refused") == '\0' ? "it was done" : text_of(e->step, "refused"));
    check_answer(e);
    check_log(e, state);
    check_turns(e);
    check_number(e, "fuel", json_integer_value(json_object_get(paid, "fuel")));
    check_amount(e, "cost", text_of(paid, "cost"));
    check_costs(e, "", json_object_get(e->expect, "costs"), json_object_get(paid, "costs"));
    check_amount(e, "balance", text_of(state, "balance"));
    check_text(e, "state", text_of(state, "state"));
}

/* Whether any of the expectations of a step has one of these keys. */
static bool expects_any(const json_t *expect, const char *const *keys)
{
    size_t i;
    const json_t *item;

    for (; *keys != NULL; keys++) {
        if (json_object_get(expect, *keys) != NULL)
            return true;
        json_array_foreach(expect, i, item) if (json_object_get(item, *keys) != NULL) return true;
    }
    return false;
}

/* Trouble that the file does not speak of is wrong. */
static void check_trouble(struct expecting *e, const json_t *expect)
{
    static const char *const of_refusals[] = {"refused", NULL};
    static const char *const of_failures[] = {"failure", "code", "reason", NULL};
    static const char *const of_traps[] = {"undone", "trap",   "each_turn", "failure",
                                           "code",   "reason", NULL};
    const char *refused = text_of(e->step, "refused");
    const json_t *answer = json_object_get(e->step, "answer");
    const char *state = text_of(answer, "state");
    json_t *turns = turns_of(e);
    size_t i;
    const json_t *turn;

    if (*refused != '\0' && !expects_any(expect, of_refusals))
        check_add(e, "the step", false, "done", refused);
    if ((strcmp(state, "silent") == 0 || strcmp(state, "broken") == 0) &&
        !expects_any(expect, of_failures))
        check_add(e, "the call", false, "answered",
                  *text_of(answer, "text") != '\0' ? text_of(answer, "text")
                                                   : text_of(answer, "why"));
    json_array_foreach(turns, i, turn) if (json_is_true(json_object_get(turn, "undone")) &&
                                           !expects_any(expect, of_traps))
        check_add(e, "the turn", false, "not undone", text_of(turn, "trap"));
    json_decref(turns);
}

static size_t expect_step(const json_t *expect, json_t *step, const char *agent, size_t *wrong)
{
    struct expecting e = {.step = step, .agent = agent, .checks = json_array()};
    size_t count;
    size_t i;
    const json_t *item;

    check_trouble(&e, expect);
    json_array_foreach(expect, i, item)
    {
        e.expect = item;
        e.agent = json_object_get(item, "agent") == NULL ? agent : text_of(item, "agent");
        check_expect(&e);
    }
    if (json_is_object(expect)) {
        e.expect = expect;
        e.agent = json_object_get(expect, "agent") == NULL ? agent : text_of(expect, "agent");
        check_expect(&e);
    }
    count = json_array_size(e.checks);
    (void)json_object_set_new(step, "checks", e.checks);
    *wrong += e.wrong;
    return count;
}

void test_expect_all(const json_t *file, json_t *report)
{
    const json_t *agent = json_object_get(file, "agent");
    const char *name = json_object_get(agent, "name") == NULL ? "agent" : text_of(agent, "name");
    size_t checks = 0;
    size_t wrong = 0;
    size_t i;
    json_t *step;

    json_array_foreach(json_object_get(report, "steps"), i, step)
    {
        /* The first step is the deployment, of which `agent` says what is expected. */
        const json_t *of = i == 0 ? agent : json_array_get(json_object_get(file, "steps"), i - 1);

        checks += expect_step(json_object_get(of, "expect"), step, name, &wrong);
    }
    (void)json_object_set_new(report, "checks", json_integer((json_int_t)checks));
    (void)json_object_set_new(report, "wrong", json_integer((json_int_t)wrong));
    (void)json_object_set_new(report, "ok", json_boolean(wrong == 0));
}
