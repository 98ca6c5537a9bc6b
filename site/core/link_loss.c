/* A loss on a link that both operators accept (links/acceptance.h). */
#include "site/core/link_loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "links/acceptance.h"
#include "site/core/commands.h"
#include "site/core/connections.h"
#include "site/core/link_reads.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* ---- what is shown ---- */

static const char *loss_state_word(const struct core *core, const struct link *link)
{
    switch (link_acceptance(core->links, link, NULL)) {
    case ACCEPTANCE_NONE:
        return "";
    case ACCEPTANCE_STATED:
        return "this site has stated where it stands";
    case ACCEPTANCE_PAIRED:
        return link_peer_accepts(core->links, link) ? "the peer has accepted it"
                                                    : "both have stated where they stand";
    case ACCEPTANCE_AWAITED:
        return "this site has accepted it";
    case ACCEPTANCE_DONE:
        return "accepted by both";
    }
    return "";
}

/* What a person does next; empty: nothing. */
static void loss_todo(const struct core *core, const struct link *link, const struct hash *pair,
                      char *text, size_t size)
{
    char code[LOSS_CODE_TEXT_BYTES];

    text[0] = '\0';
    switch (link_acceptance(core->links, link, NULL)) {
    case ACCEPTANCE_STATED:
        (void)snprintf(text, size, "the peer's operator gives `serai link accept-loss` too");
        break;
    case ACCEPTANCE_PAIRED:
        (void)snprintf(text, size, "compare the books, then: serai link accept-loss %s --accept %s",
                       link->name, loss_code(code, pair));
        break;
    case ACCEPTANCE_AWAITED:
        (void)snprintf(text, size, "the peer's operator accepts %s as well", loss_code(code, pair));
        break;
    case ACCEPTANCE_NONE:
    case ACCEPTANCE_DONE:
        break;
    }
}

struct loss_ends {
    uint32_t interface;
    uint64_t count;
};

static void loss_count_end(void *context, struct channel_end *end)
{
    struct loss_ends *ends = context;

    ends->count += end->interface == ends->interface && end->state != CHANNEL_FAR_CLOSED;
}

/* A site holds no more than that of its peers (core_limits_fit()). */
static bool loss_money_fits(const struct loss_plan *plan)
{
    u128 most = money_nanos(money_share_floor(money_site_max(), 1, 4));

    return plan->sent.difference <= most && plan->received.difference <= most &&
           plan->paid_more <= most && plan->got_more <= most;
}

/* What the pair that lies here means.  ST_INVALID: nobody can accept it, and *fault says why. */
static enum status loss_check(const struct core *core, const struct link *link,
                              struct loss_plan *plan, struct fault *fault)
{
    uint32_t number = link_position_theirs(core->links, link)->position.number;
    enum status status = link_check_accept(core->links, link, plan, fault);

    if (status != ST_OK)
        return status;
    if (!loss_money_fits(plan))
        return fault_set(fault, ST_INVALID,
                         "the two sites differ by more than all links together may carry");
    if (!channels_may_skip(core->channels, link->interface, number))
        return fault_set(fault, ST_INVALID,
                         "the peer names channel %" PRIu32 " as bought here: that takes more than "
                         "half of the numbers that are left for others",
                         number);
    return ST_OK;
}

/*
 * What the pair means for this site's money.  What both gets and pays suspense is no news.  False:
 * nobody can accept it.  What was accepted is not asked again.
 */
static bool loss_map_plan(const struct core *core, const struct link *link, struct map *map)
{
    bool stands = link_acceptance_binds(core->links, link);
    struct loss_plan plan;
    struct fault fault;
    u128 gets;
    u128 pays;

    if ((stands ? link_loss_plan(core->links, link, &plan, &fault)
                : loss_check(core, link, &plan, &fault)) != ST_OK) {
        map_text(map, "loss_refused", fault.text);
        return false;
    }
    gets = plan.received.difference - plan.sent.returned;
    pays = plan.sent.difference;
    map_uint(map, "loss_of_sent", plan.sent.messages);
    map_uint(map, "loss_of_received", plan.received.messages);
    map_total(map, "loss_returned", plan.sent.returned);
    map_total(map, "loss_to_suspense", gets > pays ? gets - pays : 0);
    map_total(map, "loss_from_suspense", pays > gets ? pays - gets : 0);
    map_total(map, "loss_of_paid", plan.paid_more);
    map_total(map, "loss_of_got", plan.got_more);
    return true;
}

static void loss_map_ends(const struct core *core, const struct link *link, struct map *map)
{
    struct loss_ends ends = {.interface = link->interface};

    channels_each(core->channels, loss_count_end, &ends);
    map_uint(map, "loss_ends_channels", ends.count);
}

void core_loss_entries(const struct core *core, const struct link *link, struct map *map)
{
    struct hash pair = {0};
    enum acceptance_state state = link_acceptance(core->links, link, &pair);
    char code[LOSS_CODE_TEXT_BYTES];
    bool goes_on = true;
    char todo[256];

    if (state == ACCEPTANCE_NONE)
        return;
    map_text(map, "loss", loss_state_word(core, link));
    if (state == ACCEPTANCE_PAIRED || state == ACCEPTANCE_AWAITED) {
        goes_on = loss_map_plan(core, link, map);
        loss_map_ends(core, link, map);
    }
    if (state != ACCEPTANCE_STATED)
        map_text(map, "loss_pair", loss_code(code, &pair));
    loss_todo(core, link, &pair, todo, sizeof todo);
    if (goes_on && todo[0] != '\0')
        map_text(map, "loss_todo", todo);
}

/* ---- counting ---- */

bool core_loss_binds(const struct core *core, const struct link *link, struct outcome *outcome)
{
    if (!link_acceptance_binds(core->links, link))
        return false;
    outcome_set(outcome, CONTROL_REFUSED,
                "this site has accepted a loss on link %s, and the peer may have counted by it: "
                "nothing of the link changes before the peer's operator accepts as well",
                link->name);
    return true;
}

/* Within an event. */
static void loss_count(struct core *core, struct link *link)
{
    struct loss_plan plan;
    char sent[U128_TEXT_BYTES];
    char received[U128_TEXT_BYTES];

    exchange_accept(core->exchange, link, &plan);
    log_write(LOG_WARN, "link.loss-accepted",
              "link=%s sent_more_nanos=%s received_more_nanos=%s effect=\"both sites count from "
              "here, and the channels of the link have ended\"",
              link->name, u128_print(sent, plan.sent.difference),
              u128_print(received, plan.received.difference));
    core->frame_open = true;
}

void core_loss_accepted(struct core *core, struct link *link)
{
    struct event event = event_of_link(link->interface, 0, core->site_time_us);

    ledger_event_begin(core->ledger);
    loss_count(core, link);
    undo_commit(core->undo);
    (void)ledger_event_end(core->ledger, &event);
}

/* ---- the command ---- */

static uint32_t loss_number(const struct core *core, const struct link *link)
{
    return channels_highest_bought_there(core->channels, link->interface);
}

/*
 * Whether the order has had its effect before.  What this site has accepted stands, as the peer may
 * have counted by it; so does what both have counted since.
 */
static bool loss_was_ordered(const struct core *core, const struct link *link, const char *given)
{
    struct hash pair = {0};
    enum acceptance_state state = link_acceptance(core->links, link, &pair);
    char code[LOSS_CODE_TEXT_BYTES];
    bool same = strcmp(given, loss_code(code, &pair)) == 0;

    if (state == ACCEPTANCE_AWAITED)
        return same || given[0] == '\0';
    return state == ACCEPTANCE_DONE && link->state != LINK_FROZEN && same;
}

/*
 * Whether this site accepts that code for good.  False: the outcome says why, and nothing has
 * changed: a position that is true no more is not signed anew by the way.
 */
static bool loss_accept(struct core *core, struct link *link, const char *given,
                        struct outcome *outcome)
{
    struct hash pair = {0};
    enum acceptance_state state = link_acceptance(core->links, link, &pair);
    char code[LOSS_CODE_TEXT_BYTES];
    struct loss_plan plan;
    struct fault fault;

    if (state == ACCEPTANCE_STATED)
        outcome_set(outcome, CONTROL_TRY_AGAIN,
                    "the peer has not stated where it stands: its operator gives `serai link "
                    "accept-loss` too, and the link has to be connected");
    else if (state == ACCEPTANCE_AWAITED)
        outcome_set(outcome, CONTROL_REFUSED,
                    "link %s: this site has accepted %s, and nothing else can be accepted before "
                    "the peer's operator has as well",
                    link->name, loss_code(code, &pair));
    else if (state != ACCEPTANCE_PAIRED)
        outcome_set(outcome, CONTROL_REFUSED,
                    "this site has not stated where link %s stands: `serai link accept-loss %s` "
                    "without a code comes first",
                    link->name, link->name);
    else if (strcmp(given, loss_code(code, &pair)) != 0)
        outcome_set(outcome, CONTROL_REFUSED,
                    "what can be accepted now is %s, and not %s: one of the two sites has changed "
                    "since; look at `serai link show %s` again",
                    code, given, link->name);
    else if (!link_position_stands(core->links, link, loss_number(core, link)))
        outcome_set(outcome, CONTROL_REFUSED,
                    "link %s does not stand any more where this site said: `serai link accept-loss "
                    "%s` without a code states it anew",
                    link->name, link->name);
    else if (loss_check(core, link, &plan, &fault) != ST_OK)
        outcome_set(outcome, CONTROL_REFUSED, "link %s: %s", link->name, fault.text);
    else {
        link_accept(core->links, link);
        log_write(LOG_WARN, "link.loss-signed", "link=%s pair=%s", link->name, code);
        return true;
    }
    return false;
}

static bool loss_state(struct core *core, struct link *link, struct outcome *outcome)
{
    struct fault fault;

    if (link_state_position(core->links, link, loss_number(core, link), &fault) == ST_OK)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
    return false;
}

void command_link_accept_loss(struct core *core, struct customer *by, struct cbor *in,
                              struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    char code[LOSS_CODE_TEXT_BYTES];
    struct link *link;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    cbor_get_text(in, code, LOSS_CODE_TEXT_BYTES - 1);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL)
        return;
    if (!loss_was_ordered(core, link, code) &&
        !(code[0] == '\0' ? loss_state(core, link, outcome)
                          : loss_accept(core, link, code, outcome)))
        return;
    if (link_accepted(core->links, link)) {
        enum link_state before = link->state;

        loss_count(core, link);
        (void)core_link_report(core, link, before);
    }
    core_link_result(core, link, outcome);
}
