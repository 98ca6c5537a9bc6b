/* One step of a test: what it asks of the site, and what comes back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sdk/abi.h"
#include "site/testing/test_state.h"

/* A step that is done. */
struct doing {
    struct test_run *run;
    const json_t *step;
    const char *place; /* in the file */
    size_t person;     /* who does it */
    struct fault *fault;
};

/* A command about an agent and nothing else, or with one amount. */
static enum status do_request(struct doing *doing, const char *command, struct bytes *args)
{
    enum status status;
    struct fault refused;

    if (!test_request(doing->run, doing->person, command, args, &status, &refused))
        return status;
    return memory_site_settle(&doing->run->site, doing->fault);
}

/* The agent that the verb of the step names. */
static enum status do_find(struct doing *doing, struct test_actor **actor)
{
    const char *verb = test_step_verb(doing->step);
    char place[160];

    (void)snprintf(place, sizeof place, "%.100s.%s", doing->place, verb);
    return test_find_actor(doing->run, test_text(doing->step, verb, ""), place, actor,
                           doing->fault);
}

static enum status do_simple(struct doing *doing, const char *command)
{
    struct test_actor *actor;
    struct bytes args = {0};
    enum status status = do_find(doing, &actor);

    if (status != ST_OK)
        return status;
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, actor->agent);
    return do_request(doing, command, &args);
}

static enum status do_fund(struct doing *doing)
{
    struct test_actor *actor;
    struct bytes args = {0};
    enum status status = do_find(doing, &actor);

    if (status != ST_OK)
        return status;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, actor->agent);
    cbor_put_money(&args, test_amount(doing->step, "money", money_zero()));
    return do_request(doing, "agent.fund", &args);
}

static enum status do_send(struct doing *doing)
{
    struct test_actor *actor;
    struct bytes args = {0};
    struct bytes data = {0};
    enum status status = do_find(doing, &actor);

    if (status != ST_OK)
        return status;
    test_data(doing->step, "text", "hex", &data);
    cbor_put_array(&args, 3);
    cbor_put_uint(&args, actor->agent);
    cbor_put_bytes(&args, data.data, data.size);
    cbor_put_money(&args, test_amount(doing->step, "money", money_zero()));
    bytes_fini(&data);
    return do_request(doing, "agent.send", &args);
}

/* A question that a mock asks what the heap has under a number: sdk/mock/mock.c. */
static enum status do_ask(struct doing *doing)
{
    struct test_actor *actor;
    struct bytes args = {0};
    struct bytes data = {0};
    uint8_t head[1 + SERAI_HEAP_NUMBER_BYTES + 8] = {'A'};
    enum status status = do_find(doing, &actor);

    if (status != ST_OK)
        return status;
    if (!actor->mock)
        return fault_set(doing->fault, ST_INVALID, "%.100s.ask: %.60s is no mock", doing->place,
                         actor->name);
    INVARIANT(hex_parse(head + 1, SERAI_HEAP_NUMBER_BYTES, test_text(doing->step, "number", "")));
    le64_put(head + 1 + SERAI_HEAP_NUMBER_BYTES,
             money_nanos(test_amount(doing->step, "money", money_zero())));
    bytes_append(&data, head, sizeof head);
    test_data(doing->step, "text", "hex", &data);
    cbor_put_array(&args, 3);
    cbor_put_uint(&args, actor->agent);
    cbor_put_bytes(&args, data.data, data.size);
    cbor_put_uint(&args, 0);
    bytes_fini(&data);
    return do_request(doing, "agent.send", &args);
}

/* ---- calls ---- */

/* What came back for a call so far, as the step's `answer`. */
static enum status do_take(struct doing *doing, size_t person, uint64_t call)
{
    struct test_run *run = doing->run;
    struct bytes args = {0};
    enum control_status got;
    json_t *answer;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, call);
    cbor_put_text(&args, test_text(doing->step, "as", ""));
    got = memory_site_request(&run->site, person, "call.take", &args);
    if (got == CONTROL_DONE) {
        answer = test_result_json(&run->site);
        (void)json_object_del(answer, "call"); /* numbers mean nothing in a test */
        (void)json_object_del(answer, "balance");
        (void)json_object_del(answer, "cap_count");
    } else if (got == CONTROL_TRY_AGAIN) {
        answer = json_pack("{s:s}", "state", "waiting");
    } else {
        (void)json_object_set_new(run->step, "refused", json_string(run->site.reply.message));
        return ST_OK;
    }
    (void)json_object_set_new(run->step, "answer", answer);
    return ST_OK;
}

/* Remember a call that has an id, for a later step. */
static enum status do_note_call(struct doing *doing, uint64_t call)
{
    struct test_run *run = doing->run;
    const char *id = test_text(doing->step, "id", NULL);

    if (id == NULL)
        return ST_OK;
    for (size_t i = 0; i < run->call_count; i++)
        if (strcmp(run->calls[i].id, id) == 0)
            return fault_set(doing->fault, ST_INVALID, "%.100s.id: \"%.60s\" is taken",
                             doing->place, id);
    if (run->call_count == TEST_CALLS_MAX)
        return fault_set(doing->fault, ST_INVALID, "%.100s.id: at most %d calls have one",
                         doing->place, TEST_CALLS_MAX);
    run->calls[run->call_count++] =
        (struct test_call){.id = id, .call = call, .person = doing->person};
    return ST_OK;
}

/* Give a command that is answered as a call, and see what comes back. */
static enum status do_call_request(struct doing *doing, const char *command, struct bytes *args)
{
    struct test_run *run = doing->run;
    struct fault refused;
    enum status status;
    json_t *result;
    json_t *call;

    if (!test_request(run, doing->person, command, args, &status, &refused))
        return status;
    result = test_result_json(&run->site);
    call = json_object_get(result, "call");
    status = memory_site_settle(&run->site, doing->fault);
    /* Without a number the call was an answer itself, to what somebody asked this person. */
    if (status == ST_OK && call != NULL)
        status = do_note_call(doing, (uint64_t)json_integer_value(call));
    if (status == ST_OK && call != NULL)
        status = do_take(doing, doing->person, (uint64_t)json_integer_value(call));
    json_decref(result);
    return status;
}

static enum status do_call(struct doing *doing)
{
    const char *target = test_text(doing->step, "call", "");
    const json_t *caps = json_object_get(doing->step, "caps");
    const json_t *cap;
    struct test_actor *actor = NULL;
    struct bytes args = {0};
    struct bytes data = {0};
    enum status status = *target == '@' ? ST_OK : do_find(doing, &actor);
    size_t i;

    if (status != ST_OK)
        return status;
    test_data(doing->step, "text", "hex", &data);
    cbor_put_array(&args, 4);
    if (actor == NULL)
        cbor_put_text(&args, target + 1);
    else
        cbor_put_uint(&args, actor->agent);
    cbor_put_bytes(&args, data.data, data.size);
    cbor_put_array(&args, json_array_size(caps));
    json_array_foreach(caps, i, cap)
    {
        const char *name = json_string_value(cap);

        cbor_put_text(&args, name + (*name == '@' ? 1 : 0));
    }
    cbor_put_money(&args, test_amount(doing->step, "money", money_zero()));
    bytes_fini(&data);
    return do_call_request(doing, "agent.call", &args);
}

static enum status do_upgrade(struct doing *doing)
{
    struct test_run *run = doing->run;
    struct test_actor *actor;
    struct bytes args = {0};
    struct bytes module = {0};
    enum status status = do_find(doing, &actor);

    if (status == ST_OK)
        status = run->env->module(run->env->context, test_text(doing->step, "module", ""), &module,
                                  doing->fault);
    if (status != ST_OK)
        return status;
    cbor_put_array(&args, 3);
    cbor_put_uint(&args, actor->agent);
    cbor_put_bytes(&args, module.data, module.size);
    cbor_put_bool(&args, test_flag(doing->step, "try"));
    bytes_fini(&module);
    return do_call_request(doing, "agent.upgrade", &args);
}

static enum status do_take_later(struct doing *doing)
{
    struct test_run *run = doing->run;
    const char *id = test_text(doing->step, "take", "");

    for (size_t i = 0; i < run->call_count; i++)
        if (strcmp(run->calls[i].id, id) == 0)
            return do_take(doing, run->calls[i].person, run->calls[i].call);
    return fault_set(doing->fault, ST_INVALID, "%.100s.take: no call has the id \"%.60s\"",
                     doing->place, id);
}

/* ---- the rest ---- */

enum status test_set_prices(struct pricebook *book, const json_t *prices, const char *place,
                            struct fault *fault)
{
    const char *key;
    const json_t *value;
    struct fault why = {0};

    json_object_foreach((json_t *)prices, key, value)
    {
        char digits[32];
        struct pricebook_entry entry = {.path = key, .kind = PRICEBOOK_TEXT};

        (void)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        entry.text = json_is_string(value) ? json_string_value(value) : digits;
        if (json_is_integer(value))
            entry.kind = PRICEBOOK_INTEGER;
        if (pricebook_set(book, &core_order_names, &entry, &why) != ST_OK)
            return fault_set(fault, ST_INVALID, "%.60s.%.60s: %.200s", place, key, why.text);
    }
    if (pricebook_check(book, &why) != ST_OK)
        return fault_set(fault, ST_INVALID, "%.60s: %.200s", place, why.text);
    return ST_OK;
}

static enum status do_prices(struct doing *doing)
{
    struct pricebook book = doing->run->site.book;
    char place[160];
    enum status status;

    (void)snprintf(place, sizeof place, "%.100s.prices", doing->place);
    status = test_set_prices(&book, json_object_get(doing->step, "prices"), place, doing->fault);
    if (status == ST_OK)
        status = memory_site_prices(&doing->run->site, &book, doing->fault);
    return status == ST_OK ? memory_site_settle(&doing->run->site, doing->fault) : status;
}

/* Cut the link to a neighbour, or join it again. */
static enum status do_link(struct doing *doing, const char *verb)
{
    const char *name = test_text(doing->step, verb, "");
    struct memory_site *home = &doing->run->site;

    for (size_t i = 0; i < home->peer_count; i++) {
        if (strcmp(doing->run->neighbour_names[i], name) != 0)
            continue;
        return strcmp(verb, "cut") == 0 ? memory_site_cut(home, i, doing->fault)
                                        : memory_site_rejoin(home, i, doing->fault);
    }
    return fault_set(doing->fault, ST_INVALID, "%.100s.%s: there is no neighbour \"%.60s\"",
                     doing->place, verb, name);
}

/* What a step does, as a line for people: `call shop "words" with 0.1`. */
static json_t *step_words(const json_t *step)
{
    const char *verb = test_step_verb(step);
    const char *text = test_text(step, "text", NULL);
    const char *hex = test_text(step, "hex", NULL);
    const char *money = test_text(step, "money", NULL);
    const char *module = test_text(step, "module", NULL);

    return json_sprintf("%s%s%s%s%s%s%s%s%s%s", verb, strcmp(verb, "prices") == 0 ? "" : " ",
                        strcmp(verb, "prices") == 0 ? "" : test_text(step, verb, ""),
                        text != NULL  ? " \""
                        : hex != NULL ? " hex:"
                                      : "",
                        text != NULL  ? text
                        : hex != NULL ? hex
                                      : "",
                        text != NULL ? "\"" : "", money != NULL ? " with " : "",
                        money != NULL ? money : "", module != NULL ? " to " : "",
                        module != NULL ? module : "");
}

static enum status step_do(struct doing *doing)
{
    const char *verb = test_step_verb(doing->step);

    if (strcmp(verb, "call") == 0)
        return do_call(doing);
    if (strcmp(verb, "send") == 0)
        return do_send(doing);
    if (strcmp(verb, "take") == 0)
        return do_take_later(doing);
    if (strcmp(verb, "ask") == 0)
        return do_ask(doing);
    if (strcmp(verb, "fund") == 0)
        return do_fund(doing);
    if (strcmp(verb, "freeze") == 0)
        return do_simple(doing, "agent.freeze");
    if (strcmp(verb, "thaw") == 0)
        return do_simple(doing, "agent.thaw");
    if (strcmp(verb, "end") == 0)
        return do_simple(doing, "agent.end");
    if (strcmp(verb, "upgrade") == 0)
        return do_upgrade(doing);
    if (strcmp(verb, "prices") == 0)
        return do_prices(doing);
    if (strcmp(verb, "cut") == 0 || strcmp(verb, "rejoin") == 0)
        return do_link(doing, verb);
    return memory_site_pass(&doing->run->site, test_time_us(doing->step, "wait"), doing->fault);
}

enum status test_do_step(struct test_run *run, const json_t *step, const char *place,
                         struct fault *fault)
{
    struct doing doing = {.run = run, .step = step, .place = place, .fault = fault};
    char from[160];
    enum status status;

    (void)snprintf(from, sizeof from, "%.100s.from", place);
    status = test_find_person(run, test_text(step, "from", "me"), from, &doing.person, fault);
    if (status != ST_OK)
        return status;
    test_begin_step(run, step_words(step));
    status = step_do(&doing);
    test_end_step(run);
    return status;
}
