/* What the operator does with links. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "links/specie.h"
#include "site/core/commands.h"
#include "site/core/connections.h"
#include "site/core/link_loss.h"
#include "site/core/link_making.h"
#include "site/core/link_reads.h"
#include "site/core/link_removal.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* ---- adding ---- */

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
        core_link_result(core, link, outcome);
}

/* ---- checkpoints: the operator knows them as marks ---- */

/*
 * The two arguments of both commands; the link that the first names.  NULL: the outcome says why.
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
    core_link_result(core, link, outcome);
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
    core_link_result(core, link, outcome);
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
    if (core_loss_binds(core, link, outcome))
        return;
    before = link->state;
    if (link_resume(core->links, link, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    (void)core_link_report(core, link, before);
    core_link_result(core, link, outcome);
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
    core_link_result(core, link, outcome);
}

void command_link_remove(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);

    (void)by;
    if (link == NULL || core_loss_binds(core, link, outcome) ||
        !core_link_may_go(core, link, outcome))
        return;
    core_link_forget(core, link);
    link_remove(core->links, link);
    log_write(LOG_INFO, "link.removed", "link=%s interface=%" PRIu32, link->name, link->interface);
    core_link_result(core, link, outcome);
}
