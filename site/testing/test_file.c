#include "site/testing/test_file.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ledger/ledger.h"
#include "sdk/abi.h"
#include "site/control/control.h"
#include "site/testing/test_costs.h"

enum { PLACE_BYTES = 160 };

/* What a value may be. */
enum value_type {
    VALUE_TEXT,
    VALUE_NAME,    /* a text that is not empty */
    VALUE_HEX,     /* bytes as hexadecimal digits */
    VALUE_NUMBER,  /* of the heap: 24 digits */
    VALUE_AMOUNT,  /* a text, as everywhere: JSON's numbers are not exact */
    VALUE_AMOUNTS, /* one, or an object with min, max or both */
    VALUE_COUNT,
    VALUE_COUNTS, /* one, or an object with min, max or both */
    VALUE_TIME,
    VALUE_FLAG,
    VALUE_TEXTS,       /* an array */
    VALUE_GIFTS,       /* an array of names of capabilities */
    VALUE_BOOK,        /* an object of texts and counts: prices by their keys */
    VALUE_COSTS,       /* an object of VALUE_AMOUNTS by the names of resources */
    VALUE_OBJECT,      /* of `keys` */
    VALUE_OBJECTS,     /* an array of such */
    VALUE_ONE_OR_MORE, /* the one or the other */
    VALUE_BY_NAME,     /* an object whose values are such objects, each under a name */
    VALUE_MONEY_BY_NAME,
};

struct key {
    const char *name;
    enum value_type type;
    bool needed;
    const struct key *keys; /* of VALUE_OBJECT and its kin; ended by one without a name */
};

static const struct key turn_keys[] = {
    {"event", VALUE_TEXT, false, NULL},   {"fuel", VALUE_COUNTS, false, NULL},
    {"cost", VALUE_AMOUNTS, false, NULL}, {"costs", VALUE_COSTS, false, NULL},
    {"undone", VALUE_FLAG, false, NULL},  {NULL, VALUE_TEXT, false, NULL},
};

static const struct key expect_keys[] = {
    {"agent", VALUE_NAME, false, NULL},
    {"answer", VALUE_TEXT, false, NULL},
    {"answer_hex", VALUE_HEX, false, NULL},
    {"answer_money", VALUE_AMOUNTS, false, NULL},
    {"failure", VALUE_TEXT, false, NULL},
    {"code", VALUE_COUNT, false, NULL},
    {"reason", VALUE_TEXT, false, NULL},
    {"waits", VALUE_FLAG, false, NULL},
    {"refused", VALUE_TEXT, false, NULL},
    {"log", VALUE_TEXTS, false, NULL},
    {"log_has", VALUE_TEXTS, false, NULL},
    {"trap", VALUE_TEXT, false, NULL},
    {"turns", VALUE_COUNTS, false, NULL},
    {"undone", VALUE_COUNTS, false, NULL},
    {"each_turn", VALUE_OBJECTS, false, turn_keys},
    {"fuel", VALUE_COUNTS, false, NULL},
    {"cost", VALUE_AMOUNTS, false, NULL},
    {"costs", VALUE_COSTS, false, NULL},
    {"balance", VALUE_AMOUNTS, false, NULL},
    {"state", VALUE_TEXT, false, NULL},
    {NULL, VALUE_TEXT, false, NULL},
};

static const struct key rule_keys[] = {
    {"to", VALUE_TEXT, false, NULL},      {"to_hex", VALUE_HEX, false, NULL},
    {"once", VALUE_FLAG, false, NULL},    {"answer", VALUE_TEXT, false, NULL},
    {"money", VALUE_AMOUNT, false, NULL}, {"answer_hex", VALUE_HEX, false, NULL},
    {"code", VALUE_COUNT, false, NULL},   {"reason", VALUE_TEXT, false, NULL},
    {"does", VALUE_TEXT, false, NULL},    {NULL, VALUE_TEXT, false, NULL},
};

static const struct key mock_keys[] = {
    {"number", VALUE_NUMBER, false, NULL},
    {"money", VALUE_AMOUNT, false, NULL},
    {"rules", VALUE_OBJECTS, false, rule_keys},
    {NULL, VALUE_TEXT, false, NULL},
};

static const struct key neighbour_keys[] = {
    {"limit", VALUE_AMOUNT, false, NULL},
    {"prices", VALUE_BOOK, false, NULL},
    {NULL, VALUE_TEXT, false, NULL},
};

#define DEPLOY_KEYS                                                                                \
    {"money", VALUE_AMOUNT, true, NULL}, {"args", VALUE_TEXT, false, NULL},                        \
        {"args_hex", VALUE_HEX, false, NULL}, {"with", VALUE_TEXTS, false, NULL},                  \
        {"give", VALUE_GIFTS, false, NULL},                                                        \
    {                                                                                              \
        "from", VALUE_NAME, false, NULL                                                            \
    }

static const struct key other_keys[] = {
    {"module", VALUE_NAME, true, NULL},
    DEPLOY_KEYS,
    {NULL, VALUE_TEXT, false, NULL},
};

static const struct key agent_keys[] = {
    {"name", VALUE_NAME, false, NULL},
    DEPLOY_KEYS,
    {"expect", VALUE_ONE_OR_MORE, false, expect_keys},
    {NULL, VALUE_TEXT, false, NULL},
};

static const struct key step_keys[] = {
    {"note", VALUE_TEXT, false, NULL},
    {"from", VALUE_NAME, false, NULL},
    {"text", VALUE_TEXT, false, NULL},
    {"hex", VALUE_HEX, false, NULL},
    {"money", VALUE_AMOUNT, false, NULL},
    {"caps", VALUE_TEXTS, false, NULL},
    {"as", VALUE_NAME, false, NULL},
    {"id", VALUE_NAME, false, NULL},
    {"module", VALUE_NAME, false, NULL},
    {"try", VALUE_FLAG, false, NULL},
    {"number", VALUE_NUMBER, false, NULL},
    {"expect", VALUE_ONE_OR_MORE, false, expect_keys},
    /* One of the following says what the step does. */
    {"call", VALUE_NAME, false, NULL},
    {"send", VALUE_NAME, false, NULL},
    {"take", VALUE_NAME, false, NULL},
    {"ask", VALUE_NAME, false, NULL},
    {"fund", VALUE_NAME, false, NULL},
    {"freeze", VALUE_NAME, false, NULL},
    {"thaw", VALUE_NAME, false, NULL},
    {"end", VALUE_NAME, false, NULL},
    {"upgrade", VALUE_NAME, false, NULL},
    {"wait", VALUE_TIME, false, NULL},
    {"prices", VALUE_BOOK, false, NULL},
    {"cut", VALUE_NAME, false, NULL},
    {"rejoin", VALUE_NAME, false, NULL},
    {NULL, VALUE_TEXT, false, NULL},
};

/* What a step does, and the keys that it takes for it besides note and expect. */
static const struct verb {
    const char *name;
    const char *keys;
    const char *needs; /* NULL: none of them */
} verbs[] = {
    {"call", " from text hex money caps as id ", NULL},
    {"send", " from text hex money ", NULL},
    {"take", " as ", NULL},
    {"ask", " number text hex money ", "number"},
    {"fund", " from money ", "money"},
    {"freeze", " from ", NULL},
    {"thaw", " from ", NULL},
    {"end", " from ", NULL},
    {"upgrade", " from module try as id ", "module"},
    {"wait", " ", NULL},
    {"cut", " ", NULL},
    {"rejoin", " ", NULL},
    {"prices", " ", NULL},
};

static const struct key root_keys[] = {
    {"version", VALUE_COUNT, true, NULL},
    {"note", VALUE_TEXT, false, NULL},
    {"seed", VALUE_COUNT, false, NULL},
    {"prices", VALUE_BOOK, false, NULL},
    {"neighbours", VALUE_BY_NAME, false, neighbour_keys},
    {"people", VALUE_MONEY_BY_NAME, false, NULL},
    {"mocks", VALUE_BY_NAME, false, mock_keys},
    {"agents", VALUE_BY_NAME, false, other_keys},
    {"agent", VALUE_OBJECT, true, agent_keys},
    {"steps", VALUE_OBJECTS, true, step_keys},
    {NULL, VALUE_TEXT, false, NULL},
};

/* ---- single values ---- */

/* Read "250ms", "90s", "3m", "2h" or "7d"; false: it is none, or longer than 31 days. */
static bool read_time_us(const char *text, uint64_t *us)
{
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = {{"ms", 1000},
                 {"s", 1000000},
                 {"m", UINT64_C(60000000)},
                 {"h", UINT64_C(3600000000)},
                 {"d", UINT64_C(86400000000)}};
    size_t digits = strspn(text, "0123456789");
    uint64_t value = 0;

    if (digits == 0 || digits > 10)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) != 0)
            continue;
        *us = value * units[i].us;
        return value > 0 && *us <= 31 * units[4].us;
    }
    return false;
}

static bool is_hex(const char *text)
{
    size_t digits = strspn(text, "0123456789abcdefABCDEF");

    return digits % 2 == 0 && text[digits] == '\0';
}

/* Whether this is the name of a resource that the site charges for. */
static bool is_resource(const char *name)
{
    for (uint64_t i = 0; i < TEST_RESOURCES; i++) {
        char text[ACCOUNT_NAME_BYTES];

        (void)account_name(text, ACCOUNT_REVENUE_COMPUTE + i, KIND_REVENUE);
        if (strncmp(text, "revenue:", 8) == 0 && strcmp(text + 8, name) == 0)
            return true;
    }
    return false;
}

static bool is_gift(const char *name)
{
    return strcmp(name, "spawner") == 0 || strcmp(name, "timer") == 0 ||
           strcmp(name, "clock") == 0 || strcmp(name, "random") == 0;
}

/* What a single value should be and is not; NULL: it is. */
static const char *wrong_single(const json_t *value, enum value_type type)
{
    const char *text = json_string_value(value);
    struct money amount;
    uint64_t us;

    if (type == VALUE_COUNT)
        return json_is_integer(value) && json_integer_value(value) >= 0
                   ? NULL
                   : "wants a whole number, 0 or more";
    if (type == VALUE_FLAG)
        return json_is_boolean(value) ? NULL : "wants true or false";
    if (type == VALUE_AMOUNT)
        return text != NULL && money_parse(&amount, text, NULL) == ST_OK
                   ? NULL
                   : "wants an amount as a text, such as \"0.05\"";
    if (text == NULL)
        return "wants a text";
    if (type == VALUE_NAME && (*text == '\0' || strlen(text) > CONTROL_COMMAND_BYTES_MAX * 4))
        return "wants a text that is not empty, and no longer than a name or a path";
    if (type == VALUE_HEX && !is_hex(text))
        return "wants pairs of hexadecimal digits";
    if (type == VALUE_NUMBER &&
        (!is_hex(text) || strlen(text) != (size_t)2 * SERAI_HEAP_NUMBER_BYTES))
        return "wants a number of the heap, 24 hexadecimal digits";
    if (type == VALUE_TIME && !read_time_us(text, &us))
        return "wants a time of at most 31 days, such as \"250ms\", \"90s\", \"3m\", \"2h\" or "
               "\"7d\"";
    return NULL;
}

/* ---- objects and arrays ---- */

/* A check that is under way: where it is, and what it found. */
struct check {
    const char *name; /* of the file */
    struct fault *fault;
};

static enum status check_wrong(struct check *check, const char *place, const char *why)
{
    return fault_set(check->fault, ST_INVALID, "%.300s: %s: %.200s", check->name,
                     *place == '\0' ? "the file" : place, why);
}

static void place_key(char to[PLACE_BYTES], const char *place, const char *key)
{
    (void)snprintf(to, PLACE_BYTES, "%.100s%s%.40s", place, *place == '\0' ? "" : ".", key);
}

static enum status check_range(struct check *check, const char *place, const json_t *value,
                               enum value_type single)
{
    const char *why = NULL;
    const char *name;
    const json_t *bound;

    if (!json_is_object(value)) {
        why = wrong_single(value, single);
    } else if (json_object_size(value) == 0) {
        why = "wants min, max or both";
    } else {
        json_object_foreach((json_t *)value, name, bound)
        {
            if (strcmp(name, "min") != 0 && strcmp(name, "max") != 0)
                why = "takes min and max, and nothing else";
            else if (why == NULL)
                why = wrong_single(bound, single);
        }
    }
    return why == NULL ? ST_OK : check_wrong(check, place, why);
}

static enum status check_texts(struct check *check, const char *place, const json_t *value,
                               bool gifts)
{
    size_t i;
    const json_t *item;

    if (!json_is_array(value))
        return check_wrong(check, place, "wants an array of texts");
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item))
            return check_wrong(check, place, "wants an array of texts");
        if (gifts && !is_gift(json_string_value(item)))
            return check_wrong(check, place, "there are spawner, timer, clock and random");
    }
    return ST_OK;
}

/* An object that maps texts, of any name or those of resources, to values of one kind. */
static enum status check_map(struct check *check, const char *place, const json_t *value,
                             enum value_type type)
{
    const char *name;
    const json_t *item;

    if (!json_is_object(value))
        return check_wrong(check, place, "wants an object");
    json_object_foreach((json_t *)value, name, item)
    {
        char inner[PLACE_BYTES];
        enum status status = ST_OK;

        place_key(inner, place, name);
        if (type == VALUE_BOOK && !json_is_string(item) && !json_is_integer(item))
            return check_wrong(check, inner, "wants a text or a whole number");
        if (type == VALUE_MONEY_BY_NAME && wrong_single(item, VALUE_AMOUNT) != NULL)
            return check_wrong(check, inner, wrong_single(item, VALUE_AMOUNT));
        if (type == VALUE_COSTS && !is_resource(name))
            return check_wrong(check, inner, "is no resource that a site charges for");
        if (type == VALUE_COSTS)
            status = check_range(check, inner, item, VALUE_AMOUNT);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

static enum status check_object(struct check *check, const char *place, const json_t *object,
                                const struct key *keys);

/* Objects of the same keys, in an array or under names. */
static enum status check_objects(struct check *check, const char *place, const json_t *value,
                                 const struct key *keys)
{
    enum status status = ST_OK;
    char inner[PLACE_BYTES];
    const char *name;
    const json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        (void)snprintf(inner, sizeof inner, "%.120s[%zu]", place, i);
        status = check_object(check, inner, item, keys);
        if (status != ST_OK)
            return status;
    }
    json_object_foreach((json_t *)value, name, item)
    {
        place_key(inner, place, name);
        status = check_object(check, inner, item, keys);
        if (status != ST_OK)
            return status;
    }
    return status;
}

static enum status check_value(struct check *check, const char *place, const json_t *value,
                               const struct key *key)
{
    const char *why = NULL;

    switch (key->type) {
    case VALUE_AMOUNTS:
        return check_range(check, place, value, VALUE_AMOUNT);
    case VALUE_COUNTS:
        return check_range(check, place, value, VALUE_COUNT);
    case VALUE_TEXTS:
    case VALUE_GIFTS:
        return check_texts(check, place, value, key->type == VALUE_GIFTS);
    case VALUE_BOOK:
    case VALUE_COSTS:
    case VALUE_MONEY_BY_NAME:
        return check_map(check, place, value, key->type);
    case VALUE_OBJECT:
        return check_object(check, place, value, key->keys);
    case VALUE_OBJECTS:
        return json_is_array(value) ? check_objects(check, place, value, key->keys)
                                    : check_wrong(check, place, "wants an array");
    case VALUE_BY_NAME:
        return json_is_object(value) ? check_objects(check, place, value, key->keys)
                                     : check_wrong(check, place, "wants an object");
    case VALUE_ONE_OR_MORE:
        return json_is_array(value) ? check_objects(check, place, value, key->keys)
                                    : check_object(check, place, value, key->keys);
    case VALUE_TEXT:
    case VALUE_NAME:
    case VALUE_HEX:
    case VALUE_NUMBER:
    case VALUE_AMOUNT:
    case VALUE_COUNT:
    case VALUE_TIME:
    case VALUE_FLAG:
        why = wrong_single(value, key->type);
    }
    return why == NULL ? ST_OK : check_wrong(check, place, why);
}

static const struct key *find_key(const struct key *keys, const char *name)
{
    for (; keys->name != NULL; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

/* Of the keys that say the same thing in two ways at most one is given. */
static const char *wrong_pair(const json_t *object)
{
    static const char *const pairs[][2] = {
        {"text", "hex"},       {"answer", "answer_hex"}, {"args", "args_hex"},
        {"to", "to_hex"},      {"answer", "code"},       {"answer_hex", "code"},
        {"answer", "failure"}, {"answer", "does"},       {"code", "does"},
    };
    static char text[80];

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (json_object_get(object, pairs[i][0]) == NULL ||
            json_object_get(object, pairs[i][1]) == NULL)
            continue;
        (void)snprintf(text, sizeof text, "has %s and %s, and takes one of them", pairs[i][0],
                       pairs[i][1]);
        return text;
    }
    return NULL;
}

/* What a step lacks to be one thing that can be done; NULL: nothing. */
static const char *wrong_step(const json_t *step)
{
    static char text[120];
    const struct verb *verb = NULL;
    const char *name;
    const json_t *value;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (json_object_get(step, verbs[i].name) == NULL)
            continue;
        if (verb != NULL)
            return "does two things: make two steps of it";
        verb = &verbs[i];
    }
    if (verb == NULL)
        return "does nothing: call, send, take, ask, fund, freeze, thaw, end, upgrade, wait, "
               "cut, rejoin or prices";
    if (verb->needs != NULL && json_object_get(step, verb->needs) == NULL) {
        (void)snprintf(text, sizeof text, "%s needs the key %s", verb->name, verb->needs);
        return text;
    }
    json_object_foreach((json_t *)step, name, value)
    {
        char word[24];

        (void)value;
        (void)snprintf(word, sizeof word, " %.20s ", name);
        if (strcmp(name, "note") == 0 || strcmp(name, "expect") == 0 ||
            strcmp(name, verb->name) == 0 || strstr(verb->keys, word) != NULL)
            continue;
        (void)snprintf(text, sizeof text, "%s does not take the key %.20s", verb->name, name);
        return text;
    }
    return NULL;
}

/* What a rule of a mock says that a mock cannot do; NULL: nothing. */
static const char *wrong_rule(const json_t *rule)
{
    const char *does = test_text(rule, "does", NULL);
    uint64_t code = test_count(rule, "code", SERAI_FAIL_CODE_MIN);

    if (does != NULL && strcmp(does, "keep") != 0 && strcmp(does, "silent") != 0 &&
        strcmp(does, "trap") != 0)
        return "does: there are keep, silent and trap";
    if (code < SERAI_FAIL_CODE_MIN || code > UINT16_MAX)
        return "code: 4096 to 65535";
    if (json_object_get(rule, "reason") != NULL && json_object_get(rule, "code") == NULL)
        return "has a reason and no code";
    return NULL;
}

static enum status check_object(struct check *check, const char *place, const json_t *object,
                                const struct key *keys)
{
    const char *why = NULL;
    const char *name;
    const json_t *value;
    char inner[PLACE_BYTES];

    if (!json_is_object(object))
        return check_wrong(check, place, "wants an object");
    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *key = find_key(keys, name);
        enum status status;

        place_key(inner, place, name);
        if (key == NULL)
            return check_wrong(check, inner, "is no key that is known here");
        status = check_value(check, inner, value, key);
        if (status != ST_OK)
            return status;
    }
    for (const struct key *key = keys; key->name != NULL; key++) {
        place_key(inner, place, key->name);
        if (key->needed && json_object_get(object, key->name) == NULL)
            return check_wrong(check, inner, "is missing");
    }
    if (keys != expect_keys)
        why = wrong_pair(object);
    if (why == NULL && keys == step_keys)
        why = wrong_step(object);
    if (why == NULL && keys == rule_keys)
        why = wrong_rule(object);
    return why == NULL ? ST_OK : check_wrong(check, place, why);
}

/* ---- the file ---- */

static enum status check_root(struct check *check, const json_t *root)
{
    enum status status = check_object(check, "", root, root_keys);
    size_t actors = json_object_size(json_object_get(root, "mocks")) +
                    json_object_size(json_object_get(root, "agents")) + 1;

    if (status != ST_OK)
        return status;
    if (json_integer_value(json_object_get(root, "version")) != 1)
        return check_wrong(check, "version", "is 1");
    if (json_object_size(json_object_get(root, "neighbours")) > TEST_NEIGHBOURS_MAX)
        return check_wrong(check, "neighbours", "are more than 4");
    if (actors > TEST_ACTORS_MAX)
        return check_wrong(check, "agents", "are too many, with the mocks: at most 31");
    if (json_array_size(json_object_get(root, "steps")) > TEST_STEPS_MAX)
        return check_wrong(check, "steps", "are more than 1000");
    return ST_OK;
}

enum status test_file_parse(json_t **root, const char *text, size_t size, const char *name,
                            struct fault *fault)
{
    struct check check = {.name = name, .fault = fault};
    json_error_t error;
    enum status status;

    *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (*root == NULL)
        return fault_set(fault, ST_INVALID, "%.300s:%d:%d: %s", name, error.line, error.column,
                         error.text);
    status = check_root(&check, *root);
    if (status == ST_OK)
        return ST_OK;
    json_decref(*root);
    *root = NULL;
    return status;
}

enum status test_file_load(json_t **root, const char *path, struct fault *fault)
{
    struct bytes bytes = {0};
    enum status status = file_read(path, TEST_FILE_BYTES_MAX, &bytes, fault);

    *root = NULL;
    if (status == ST_OK)
        status = test_file_parse(root, bytes.size == 0 ? "" : (const char *)bytes.data, bytes.size,
                                 path, fault);
    bytes_fini(&bytes);
    return status;
}

/* ---- values ---- */

const char *test_text(const json_t *object, const char *key, const char *fallback)
{
    const json_t *value = json_object_get(object, key);

    return value == NULL ? fallback : json_string_value(value);
}

struct money test_amount(const json_t *object, const char *key, struct money fallback)
{
    struct money amount = fallback;
    const json_t *value = json_object_get(object, key);

    if (value != NULL)
        INVARIANT(money_parse(&amount, json_string_value(value), NULL) == ST_OK);
    return amount;
}

uint64_t test_count(const json_t *object, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(object, key);

    return value == NULL ? fallback : (uint64_t)json_integer_value(value);
}

bool test_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

uint64_t test_time_us(const json_t *object, const char *key)
{
    uint64_t us = 0;

    INVARIANT(read_time_us(test_text(object, key, "0"), &us));
    return us;
}

void test_data(const json_t *object, const char *key, const char *key_hex, struct bytes *data)
{
    const char *hex = test_text(object, key_hex, "");
    const json_t *text = json_object_get(object, key);
    size_t size = strlen(hex) / 2;
    uint8_t *to;

    bytes_append(data, json_string_value(text), json_string_length(text));
    to = bytes_extend(data, size);
    if (to != NULL)
        INVARIANT(hex_parse(to, size, hex));
}

const char *test_step_verb(const json_t *step)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (json_object_get(step, verbs[i].name) != NULL)
            return verbs[i].name;
    return NULL;
}
