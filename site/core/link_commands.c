/* What the operator does with links. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "links/specie.h"
#include "site/core/commands.h"
#include "site/core/connections.h"
#include "site/core/link_making.h"
#include "site/core/link_reads.h"
#include "site/core/link_removal.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* ---- adding and setting ---- */

/* Each command on a link is answered with the link as it is then. */
static void link_result(struct core *core, const struct link *link, struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    core_link_entries(core, link, &map);
    map_end(&map, &outcome->result);
}

void command_link_add(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct link_wish wish;
    struct link *link;

    (void)by;
    cbor_get_array(in, 4);
    cbor_get_text(in, wish.name, LINK_NAME_BYTES_MAX);
    cbor_get_bytes_exact(in, wish.key, sizeof wish.key);
    cbor_get_text(in, wish.endpoint, LINK_ENDPOINT_BYTES_MAX);
    wish.limit = cbor_get_money(in);
    if (!outcome_args_done(in, outcome) || !core_link_name_is_free(core, wish.name, outcome))
        return;
    if (!core_limits_fit(core, wish.limit, outcome))
        return;
    link = core_link_make(core, &wish, outcome);
    if (link != NULL)
        link_result(core, link, outcome);
}

/* Whether the next argument is null: then what it names stays as it is. */
static bool setting_is_kept(struct cbor *in)
{
    if (in->error != NULL || cbor_peek(in) != CBOR_NULL)
        return false;
    cbor_get_null(in);
    return true;
}

/* What link.set changes: the endpoint, the limit, both or neither. */
struct setting {
    char name[LINK_NAME_BYTES_MAX + 1];
    bool has_endpoint;
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    bool has_limit;
    struct money limit;
};

static bool setting_read(struct cbor *in, struct outcome *outcome, struct setting *setting)
{
    *setting = (struct setting){.limit = money_zero()};
    cbor_get_array(in, 3);
    cbor_get_text(in, setting->name, LINK_NAME_BYTES_MAX);
    setting->has_endpoint = !setting_is_kept(in);
    if (setting->has_endpoint)
        cbor_get_text(in, setting->endpoint, LINK_ENDPOINT_BYTES_MAX);
    setting->has_limit = !setting_is_kept(in);
    if (setting->has_limit)
        setting->limit = cbor_get_money(in);
    return outcome_args_done(in, outcome);
}

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
    if (link == NULL || (setting.has_limit && !limit_may_be(core, link, setting.limit, outcome)))
        return;
    /* The endpoint is the last thing that may be refused: one command changes both, or nothing. */
    if (setting.has_endpoint &&
        link_set_endpoint(core->links, link, setting.endpoint, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    core->links_changed = core->links_changed || setting.has_endpoint;
    if (setting.has_limit)
        link_raise_limit(core->links, link, setting.limit);
    link_result(core, link, outcome);
}

/* ---- checkpoints: the operator knows them as marks ---- */

/* The two arguments of both commands; the link that the first names.  NULL: the outcome says why.
 */
static struct link *checkpoint_arguments(struct core *core, struct cbor *in,
                                         char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1],
                                         struct outcome *outcome)
{
    char link_name[LINK_NAME_BYTES_MAX + 1];

    cbor_get_array(in, 2);
    cbor_get_text(in, link_name, LINK_NAME_BYTES_MAX);
    cbor_get_text(in, name, LINK_CHECKPOINT_NAME_BYTES_MAX);
    return outcome_args_done(in, outcome) ? core_link_named(core, link_name, outcome) : NULL;
}

void command_link_mark(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome)
{
    char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1];
    struct link *link = checkpoint_arguments(core, in, name, outcome);
    struct map map;

    (void)by;
    if (link == NULL)
        return;
    if (!text_is_name(name)) {
        outcome_set(outcome, CONTROL_BAD_REQUEST,
                    "the name of a mark begins with a letter, so that it is never taken for a "
                    "number: \"%s\" does not",
                    name);
        return;
    }
    if (link_checkpoint_named(core->links, link, name) != NULL) {
        outcome_set(outcome, CONTROL_REFUSED, "link %s has a mark %s already: choose another",
                    link->name, name);
        return;
    }
    link_checkpoint_set(core->links, link, name, core->site_time_us);
    map_init(&map);
    map_text(&map, "mark", name);
    core_link_entries(core, link, &map);
    map_end(&map, &outcome->result);
}

void command_link_unmark(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1];
    struct link *link = checkpoint_arguments(core, in, name, outcome);
    const struct link_checkpoint *checkpoint;

    (void)by;
    if (link == NULL)
        return;
    checkpoint = link_checkpoint_named(core->links, link, name);
    if (checkpoint == NULL) {
        outcome_set(outcome, CONTROL_MISSING,
                    "link %s has no mark %s: `serai link show %s` lists them", link->name, name,
                    link->name);
        return;
    }
    link_checkpoint_drop(core->links, checkpoint);
    link_result(core, link, outcome);
}

/* ---- freezing and removing ---- */

/* The link that a command's one argument names; NULL: the outcome says why not. */
static struct link *link_argument(struct core *core, struct cbor *in, struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];

    cbor_get_array(in, 1);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    return outcome_args_done(in, outcome) ? core_link_named(core, name, outcome) : NULL;
}

void command_link_freeze(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);
    enum link_state before;

    (void)by;
    if (link == NULL)
        return;
    before = link->state;
    link_freeze_by_operator(core->links, link);
    (void)core_link_report(core, link, before);
    link_result(core, link, outcome);
}

void command_link_resume(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);
    enum link_state before;
    struct fault fault;

    (void)by;
    if (link == NULL)
        return;
    before = link->state;
    if (link_resume(core->links, link, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    (void)core_link_report(core, link, before);
    link_result(core, link, outcome);
}

/* What the peer answers is kept when it comes: `serai link show` shows it. */
void command_link_ack(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);

    (void)by;
    if (link == NULL)
        return;
    if (link->state != LINK_UP) {
        outcome_set(outcome, CONTROL_TRY_AGAIN,
                    "link %s is %s: statements are exchanged while it is up", link->name,
                    link_state_word(link->state));
        return;
    }
    link_ask_specie(core->links, link);
    link_result(core, link, outcome);
}

void command_link_remove(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);

    (void)by;
    if (link == NULL || !core_link_may_go(core, link, outcome))
        return;
    core_link_forget(core, link);
    link_remove(core->links, link);
    log_write(LOG_INFO, "link.removed", "link=%s interface=%" PRIu32, link->name, link->interface);
    link_result(core, link, outcome);
}
