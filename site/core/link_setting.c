/* `link.set`: what the operator changes of a link that runs, all of one command or nothing. */
#include <string.h>

#include "site/core/commands.h"
#include "site/core/link_making.h"
#include "site/core/link_reads.h"
#include "site/core/state.h"

/* What a command names to be set; what it does not name stays as it is. */
struct setting {
    char name[LINK_NAME_BYTES_MAX + 1];
    bool has_endpoint;
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    bool has_limit;
    struct money limit;
    bool has_soft_limit;
    bool ends_soft_limit; /* null: there is none from now on */
    struct money soft_limit;
    bool has_durability;
    struct money flush_amount; /* zero: strict */
    uint32_t flush_ms;
};

/* ---- reading: pairs of a key and its value, each key once ---- */

static void setting_read_endpoint(struct cbor *in, struct setting *setting)
{
    setting->has_endpoint = true;
    cbor_get_text(in, setting->endpoint, LINK_ENDPOINT_BYTES_MAX);
}

static void setting_read_limit(struct cbor *in, struct setting *setting)
{
    setting->has_limit = true;
    setting->limit = cbor_get_money(in);
}

static void setting_read_soft_limit(struct cbor *in, struct setting *setting)
{
    setting->has_soft_limit = true;
    setting->ends_soft_limit = cbor_take_null(in);
    if (!setting->ends_soft_limit)
        setting->soft_limit = cbor_get_money(in);
}

static void setting_read_durability(struct cbor *in, struct setting *setting)
{
    setting->has_durability = true;
    cbor_get_array(in, 2);
    setting->flush_amount = cbor_get_money(in);
    setting->flush_ms = (uint32_t)cbor_get_uint(in, UINT32_MAX);
}

/*
 * In the order in which a command has them: so one setting has one encoding, and none comes twice.
 */
static const struct setting_key {
    const char *name;
    void (*read)(struct cbor *in, struct setting *setting);
} setting_keys[] = {
    {"endpoint", setting_read_endpoint},
    {"limit", setting_read_limit},
    {"soft_limit", setting_read_soft_limit},
    {"durability", setting_read_durability},
};

enum { SETTING_KEYS = sizeof setting_keys / sizeof setting_keys[0], SETTING_KEY_BYTES_MAX = 32 };

/* Read the value of the key that comes next, which is none before `least`.  Returns its place. */
static size_t setting_read_pair(struct cbor *in, size_t least, struct setting *setting)
{
    char key[SETTING_KEY_BYTES_MAX + 1] = "";
    size_t place = least;

    cbor_get_text(in, key, SETTING_KEY_BYTES_MAX);
    while (place < SETTING_KEYS && strcmp(setting_keys[place].name, key) != 0)
        place++;
    if (place == SETTING_KEYS)
        cbor_fail(in, "no such thing to set, or not in the order of docs/control.md");
    else
        setting_keys[place].read(in, setting);
    return place;
}

static bool setting_read(struct cbor *in, struct outcome *outcome, struct setting *setting)
{
    uint64_t items = cbor_get_array_any(in, 1 + 2 * (uint64_t)SETTING_KEYS);
    size_t least = 0;

    *setting = (struct setting){.limit = money_zero()};
    cbor_get_text(in, setting->name, LINK_NAME_BYTES_MAX);
    if (items % 2 == 0 || items < 3)
        cbor_fail(in, "a name, and pairs of what to set and its value");
    for (uint64_t i = 1; i + 1 < items && in->error == NULL; i += 2)
        least = setting_read_pair(in, least, setting) + 1;
    return outcome_args_done(in, outcome);
}

/* ---- checking ---- */

/*
 * Only upwards: what the peer sent under the old limit may be on its way, and taking it for a
 * broken rule would freeze the link.
 */
static bool limit_may_be(struct core *core, const struct link *link, struct money limit,
                         struct outcome *outcome)
{
    char text[MONEY_TEXT_BYTES];
    struct money more;

    if (money_sub(&more, limit, link->limit))
        return core_limits_fit(core, more, outcome);
    outcome_set(outcome, CONTROL_REFUSED,
                "the limit of link %s is %s and can be raised only: the peer may have sent up "
                "to it already",
                link->name, money_print(text, link->limit));
    return false;
}

/* One at or past the peer's limit would never charge anybody: it is a slip. */
static bool soft_limit_may_be(const struct link *link, const struct setting *setting,
                              struct outcome *outcome)
{
    char text[MONEY_TEXT_BYTES];

    if (setting->ends_soft_limit || link->peer_epoch == 0 ||
        money_compare(setting->soft_limit, link->peer_limit) < 0)
        return true;
    outcome_set(outcome, CONTROL_REFUSED,
                "the soft limit of link %s has to be below %s, the most that the peer lets this "
                "site owe: give less, or none",
                link->name, money_print(text, link->peer_limit));
    return false;
}

static bool durability_may_be(const struct link *link, const struct setting *setting,
                              struct outcome *outcome)
{
    struct fault fault;

    if (link_check_durability(link, setting->has_limit ? setting->limit : link->limit,
                              setting->flush_amount, setting->flush_ms, &fault) == ST_OK)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
    return false;
}

static bool setting_may_be(struct core *core, const struct link *link,
                           const struct setting *setting, struct outcome *outcome)
{
    return (!setting->has_limit || limit_may_be(core, link, setting->limit, outcome)) &&
           (!setting->has_soft_limit || soft_limit_may_be(link, setting, outcome)) &&
           (!setting->has_durability || durability_may_be(link, setting, outcome));
}

/* ---- the command ---- */

void command_link_set(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct setting setting;
    struct link *link;
    struct fault fault;

    (void)by;
    if (!setting_read(in, outcome, &setting))
        return;
    link = core_link_named(core, setting.name, outcome);
    if (link == NULL || !setting_may_be(core, link, &setting, outcome))
        return;
    /* The endpoint is the last thing that may be refused: one command sets all, or nothing. */
    if (setting.has_endpoint &&
        link_set_endpoint(core->links, link, setting.endpoint, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    core->links_changed = core->links_changed || setting.has_endpoint;
    if (setting.has_limit)
        link_raise_limit(core->links, link, setting.limit);
    if (setting.has_soft_limit)
        link_set_soft_limit(core->links, link,
                            setting.ends_soft_limit ? NULL : &setting.soft_limit);
    if (setting.has_durability)
        link_set_durability(core->links, link, setting.flush_amount, setting.flush_ms);
    core_link_result(core, link, outcome);
}
