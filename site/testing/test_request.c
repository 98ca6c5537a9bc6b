/* The steps of a test as requests to its site, and what the site answers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sdk/abi.h"
#include "sdk/mock/mock_wasm.h"
#include "site/testing/test_state.h"

enum { ANSWER_KEYS_MAX = 64, ANSWER_CAPS_MAX = 64 };

/* ---- answers of the site as JSON ---- */

static json_t *json_of_bytes(const uint8_t *bytes, size_t size)
{
    struct bytes text = {0};
    json_t *value;
    uint8_t *to = bytes_extend(&text, 2 * size + 1);

    if (to != NULL)
        (void)hex_print((char *)to, bytes, size);
    value = to == NULL ? NULL : json_string((const char *)to);
    bytes_fini(&text);
    return value;
}

/* A value that is no array and no map; others are null. */
static json_t *json_of_single(struct cbor *in)
{
    const char *text;
    const uint8_t *bytes;
    size_t size;

    switch ((int)cbor_peek(in)) {
    case CBOR_UINT:
        return json_integer((json_int_t)cbor_get_uint(in, INT64_MAX));
    case CBOR_TEXT:
        text = cbor_get_text_sized(in, &size, CONTROL_BYTES_MAX);
        return json_stringn(text, size);
    case CBOR_BYTES:
        bytes = cbor_get_bytes(in, &size, CONTROL_BYTES_MAX);
        return json_of_bytes(bytes, size);
    case CBOR_BOOL:
        return json_boolean(cbor_get_bool(in));
    default:
        (void)cbor_get_raw(in, &size);
        return json_null();
    }
}

/* The names of the capabilities in an array of maps. */
static json_t *json_of_caps(struct cbor *in)
{
    json_t *names = json_array();
    uint64_t count = cbor_get_array_any(in, ANSWER_CAPS_MAX);

    for (uint64_t i = 0; i < count; i++) {
        uint64_t keys = cbor_get_map_any(in, ANSWER_KEYS_MAX);

        for (uint64_t at = 0; at < keys; at++) {
            char key[64];
            json_t *value;

            cbor_get_text(in, key, sizeof key - 1);
            value = json_of_single(in);
            if (strcmp(key, "name") == 0)
                (void)json_array_append(names, value);
            json_decref(value);
        }
    }
    return names;
}

json_t *test_result_json(const struct memory_site *site)
{
    json_t *object = json_object();
    struct cbor in;
    uint64_t count;

    cbor_init(&in, site->reply.result, site->reply.result_size);
    if (cbor_peek(&in) != CBOR_MAP)
        return object;
    count = cbor_get_map_any(&in, ANSWER_KEYS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        char key[64];

        cbor_get_text(&in, key, sizeof key - 1);
        (void)json_object_set_new(
            object, key, cbor_peek(&in) == CBOR_ARRAY ? json_of_caps(&in) : json_of_single(&in));
    }
    return object;
}

static uint64_t result_number(const struct memory_site *site, const char *key)
{
    json_t *result = test_result_json(site);
    uint64_t number = (uint64_t)json_integer_value(json_object_get(result, key));

    json_decref(result);
    return number;
}

/* ---- names ---- */

enum status test_find_person(const struct test_run *run, const char *name, const char *place,
                             size_t *person, struct fault *fault)
{
    for (size_t i = TEST_PERSON; i < run->site.person_count; i++) {
        if (strcmp(run->site.people[i].name, name) != 0)
            continue;
        *person = i;
        return ST_OK;
    }
    return fault_set(fault, ST_INVALID, "%.80s: there is no person \"%.60s\": people lists them",
                     place, name);
}

struct test_actor *test_actor_new(struct test_run *run, const char *name)
{
    struct test_actor *actor = &run->actors[run->actor_count];

    if (run->actor_count == TEST_ALL_MAX)
        return NULL;
    *actor = (struct test_actor){0};
    (void)snprintf(actor->name, sizeof actor->name, "%s", name);
    run->actor_count++;
    return actor;
}

/* The same for one that the file names: these are bounded, so there is room. */
static struct test_actor *actor_named(struct test_run *run, const char *name)
{
    struct test_actor *actor = test_actor_new(run, name);

    INVARIANT(actor != NULL);
    return actor;
}

enum status test_find_actor(struct test_run *run, const char *name, const char *place,
                            struct test_actor **actor, struct fault *fault)
{
    for (size_t i = 0; i < run->actor_count; i++) {
        if (strcmp(run->actors[i].name, name) != 0)
            continue;
        *actor = &run->actors[i];
        return ST_OK;
    }
    return fault_set(fault, ST_INVALID, "%.80s: there is no agent \"%.60s\" in this file", place,
                     name);
}

/* ---- requests ---- */

bool test_request(struct test_run *run, size_t person, const char *command, struct bytes *args,
                  enum status *status, struct fault *fault)
{
    bool done = memory_site_request(&run->site, person, command, args) == CONTROL_DONE;

    if (!done && run->step != NULL)
        (void)json_object_set_new(run->step, "refused", json_string(run->site.reply.message));
    *status = ST_OK;
    if (done)
        return true;
    (void)fault_set(fault, ST_INVALID, "%.300s", run->site.reply.message);
    return false;
}

static uint64_t gift_kind(const char *name)
{
    return strcmp(name, "spawner") == 0 ? SERAI_KIND_SPAWNER
           : strcmp(name, "timer") == 0 ? SERAI_KIND_TIMER
           : strcmp(name, "clock") == 0 ? SERAI_KIND_CLOCK
                                        : SERAI_KIND_RANDOM;
}

/* ---- deploying ---- */

/* An agent that is to be deployed; data are borrowed. */
struct deploying {
    const char *name;
    struct money money;
    const struct bytes *module;
    const struct bytes *args;
    const json_t *with; /* paths */
    const json_t *give;
    size_t person;
};

static enum status deploy_put(struct test_run *run, const struct deploying *what,
                              struct bytes *args, struct fault *fault)
{
    const json_t *item;
    size_t i;

    cbor_put_array(args, 6);
    cbor_put_text(args, what->name);
    cbor_put_bytes(args, what->module->data, what->module->size);
    cbor_put_bytes(args, what->args->data, what->args->size);
    cbor_put_money(args, what->money);
    cbor_put_array(args, json_array_size(what->give));
    json_array_foreach(what->give, i, item) cbor_put_uint(args, gift_kind(json_string_value(item)));
    cbor_put_array(args, json_array_size(what->with));
    json_array_foreach(what->with, i, item)
    {
        struct bytes module = {0};
        enum status status =
            run->env->module(run->env->context, json_string_value(item), &module, fault);

        cbor_put_bytes(args, module.data, module.size);
        bytes_fini(&module);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* Deploy it and run until all rest.  Refused: the agent's number is 0, and *fault says why. */
static enum status deploy_one(struct test_run *run, const struct deploying *what,
                              struct test_actor *actor, struct fault *fault)
{
    struct bytes args = {0};
    enum status status = deploy_put(run, what, &args, fault);

    if (status == ST_OK && args.failed)
        status = fault_set(fault, ST_NOMEM, "out of memory");
    if (status != ST_OK) {
        bytes_fini(&args);
        return status;
    }
    if (!test_request(run, what->person, "agent.deploy", &args, &status, fault))
        return ST_OK;
    actor->agent = result_number(&run->site, "agent");
    return memory_site_settle(&run->site, fault);
}

/* What the file says of an agent to deploy.  `args` is filled in, and the caller's. */
static enum status deploy_read(struct test_run *run, const json_t *object, const char *place,
                               struct bytes *args, struct deploying *what, struct fault *fault)
{
    what->money = test_amount(object, "money", money_zero());
    what->with = json_object_get(object, "with");
    what->give = json_object_get(object, "give");
    what->args = args;
    test_data(object, "args", "args_hex", args);
    return test_find_person(run, test_text(object, "from", "me"), place, &what->person, fault);
}

static enum status deploy_other(struct test_run *run, const char *name, const json_t *object,
                                struct fault *fault)
{
    struct test_actor *actor = actor_named(run, name);
    struct deploying what = {.name = name};
    struct bytes module = {0};
    struct bytes args = {0};
    struct fault why = {0};
    char place[120];
    enum status status;

    (void)snprintf(place, sizeof place, "agents.%.60s", name);
    status = deploy_read(run, object, place, &args, &what, fault);
    if (status == ST_OK)
        status =
            run->env->module(run->env->context, test_text(object, "module", ""), &module, fault);
    what.module = &module;
    if (status == ST_OK)
        status = deploy_one(run, &what, actor, &why);
    if (status == ST_OK && actor->agent == 0)
        status = fault_set(fault, ST_INVALID, "%s: it is not deployed: %.300s", place, why.text);
    else if (why.status != ST_OK)
        *fault = why;
    bytes_fini(&module);
    bytes_fini(&args);
    return status;
}

/* ---- mocks ---- */

/* A rule as sdk/mock/mock.c has it (struct rule_head there). */
static void mock_put_rule(struct bytes *args, const json_t *rule)
{
    static const char *const verbs[] = {"keep", "silent", "trap"}; /* from 2 on */
    const char *does = test_text(rule, "does", NULL);
    bool fails = json_object_get(rule, "code") != NULL;
    bool any = json_object_get(rule, "to") == NULL && json_object_get(rule, "to_hex") == NULL;
    struct bytes match = {0};
    struct bytes words = {0};
    uint8_t head[16];
    uint8_t verb = fails ? 1 : 0;

    for (uint8_t i = 0; does != NULL && i < 3; i++)
        if (strcmp(does, verbs[i]) == 0)
            verb = (uint8_t)(2 + i);
    test_data(rule, "to", "to_hex", &match);
    if (fails)
        test_data(rule, "reason", "", &words);
    else
        test_data(rule, "answer", "answer_hex", &words);
    le64_put(head, money_nanos(test_amount(rule, "money", money_zero())));
    le16_put(head + 8, (uint16_t)match.size);
    le16_put(head + 10, (uint16_t)words.size);
    le16_put(head + 12, (uint16_t)test_count(rule, "code", 0));
    head[14] = verb;
    head[15] = (uint8_t)((test_flag(rule, "once") ? 1 : 0) | (any ? 2 : 0));
    bytes_append(args, head, sizeof head);
    bytes_append(args, match.data, match.size);
    bytes_append(args, words.data, words.size);
    bytes_fini(&match);
    bytes_fini(&words);
}

/* The mock's facet becomes a capability of the first person, under the mock's name. */
static enum status mock_take_door(struct test_run *run, const struct test_actor *actor,
                                  struct fault *fault)
{
    struct bytes args = {0};
    uint64_t call;
    enum status status;

    cbor_put_array(&args, 4);
    cbor_put_uint(&args, actor->agent);
    cbor_put_bytes(&args, "door", 4);
    cbor_put_array(&args, 0);
    cbor_put_uint(&args, 0);
    if (!test_request(run, TEST_PERSON, "agent.call", &args, &status, fault))
        return ST_INVALID;
    call = result_number(&run->site, "call");
    status = memory_site_settle(&run->site, fault);
    if (status != ST_OK)
        return status;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, call);
    cbor_put_text(&args, actor->name);
    return test_request(run, TEST_PERSON, "call.take", &args, &status, fault) ? ST_OK : ST_INVALID;
}

static enum status deploy_mock(struct test_run *run, const char *name, const json_t *object,
                               struct fault *fault)
{
    struct test_actor *actor = actor_named(run, name);
    struct money one = money_zero();
    struct bytes module = {
        .data = (uint8_t *)(uintptr_t)mock_wasm, .size = mock_wasm_size, .borrowed = true};
    struct bytes args = {0};
    struct deploying what = {.name = name, .module = &module, .args = &args, .person = TEST_PERSON};
    uint8_t number[1 + SERAI_HEAP_NUMBER_BYTES] = {0};
    const char *hex = test_text(object, "number", NULL);
    struct fault why = {0};
    const json_t *rule;
    enum status status;
    size_t i;

    actor->mock = true;
    INVARIANT(money_parse(&one, "1", NULL) == ST_OK);
    what.money = test_amount(object, "money", one);
    number[0] = hex != NULL;
    if (hex != NULL)
        INVARIANT(hex_parse(number + 1, SERAI_HEAP_NUMBER_BYTES, hex));
    bytes_append(&args, number, hex == NULL ? 1 : sizeof number);
    json_array_foreach(json_object_get(object, "rules"), i, rule) mock_put_rule(&args, rule);
    if (args.size > SERAI_ARGS_BYTES_MAX)
        status = fault_set(fault, ST_INVALID, "mocks.%.60s.rules: are %zu bytes, and at most %d",
                           name, args.size, SERAI_ARGS_BYTES_MAX);
    else
        status = deploy_one(run, &what, actor, &why);
    if (status == ST_OK && (actor->agent == 0 || mock_take_door(run, actor, &why) != ST_OK))
        status =
            fault_set(fault, ST_INVALID, "mocks.%.60s: it cannot be made: %.300s", name, why.text);
    bytes_fini(&args);
    return status;
}

enum status test_deploy_others(struct test_run *run, struct fault *fault)
{
    const char *name;
    const json_t *object;
    enum status status = ST_OK;

    json_object_foreach(json_object_get(run->file, "mocks"), name, object)
    {
        if (status == ST_OK)
            status = deploy_mock(run, name, object, fault);
    }
    json_object_foreach(json_object_get(run->file, "agents"), name, object)
    {
        if (status == ST_OK)
            status = deploy_other(run, name, object, fault);
    }
    return status;
}

enum status test_deploy_agent(struct test_run *run, struct fault *fault)
{
    const json_t *object = json_object_get(run->file, "agent");
    const char *name = test_text(object, "name", "agent");
    struct deploying what = {.name = name, .module = run->module};
    struct test_actor *actor;
    struct bytes args = {0};
    char money[MONEY_TEXT_BYTES];
    enum status status;

    status = test_find_actor(run, name, "agent.name", &actor, NULL);
    if (status == ST_OK)
        return fault_set(fault, ST_INVALID, "agent.name: \"%.60s\" is the name of another agent",
                         name);
    actor = actor_named(run, name);
    status = deploy_read(run, object, "agent", &args, &what, fault);
    if (status == ST_OK) {
        test_begin_step(run,
                        json_sprintf("deploy %s with %s", name, money_print(money, what.money)));
        status = deploy_one(run, &what, actor, fault);
        test_end_step(run);
    }
    bytes_fini(&args);
    return status;
}
