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

/* Enough digits of a pair that nobody finds another one with the same. */
enum { LOSS_CODE_BYTES = 16, LOSS_CODE_TEXT_BYTES = 2 * LOSS_CODE_BYTES + 1 };

static char *loss_code(char text[LOSS_CODE_TEXT_BYTES], const struct hash *pair)
{
    return hex_print(text, pair->bytes, LOSS_CODE_BYTES);
}

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

/* What the pair means for this site's money.  What both gets and pays suspense is no news. */
static void loss_map_plan(const struct core *core, const struct link *link, struct map *map)
{
    struct loss_ends ends = {.interface = link->interface};
    struct loss_plan plan;
    struct fault fault;
    u128 gets;
    u128 pays;

    if (link_check_accept(core->links, link, &plan, &fault) != ST_OK) {
        map_text(map, "loss_refused", fault.text);
        return;
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
    channels_each(core->channels, loss_count_end, &ends);
    map_uint(map, "loss_ends_channels", ends.count);
}

void core_loss_entries(const struct core *core, const struct link *link, struct map *map)
{
    struct hash pair = {0};
    enum acceptance_state state = link_acceptance(core->links, link, &pair);
    char code[LOSS_CODE_TEXT_BYTES];
    char todo[256];

    if (state == ACCEPTANCE_NONE)
        return;
    map_text(map, "loss", loss_state_word(core, link));
    if (state == ACCEPTANCE_PAIRED || state == ACCEPTANCE_AWAITED)
        loss_map_plan(core, link, map);
    if (state != ACCEPTANCE_STATED)
        map_text(map, "loss_pair", loss_code(code, &pair));
    loss_todo(core, link, &pair, todo, sizeof todo);
    if (todo[0] != '\0')
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
    struct fault fault;
    char sent[U128_TEXT_BYTES];
    char received[U128_TEXT_BYTES];

    INVARIANT(link_loss_plan(core->links, link, &plan, &fault) == ST_OK);
    exchange_accept(core->exchange, link);
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

/* Whether that code was accepted before, and the link has gone on since. */
static bool loss_is_counted(const struct core *core, const struct link *link, const char *given)
{
    char code[LOSS_CODE_TEXT_BYTES];
    struct hash pair;

    return link_acceptance(core->links, link, &pair) == ACCEPTANCE_DONE &&
           link->state != LINK_FROZEN && strcmp(given, loss_code(code, &pair)) == 0;
}

/* Whether the code names what lies here.  False: the outcome says what does. */
static bool loss_code_fits(const struct core *core, const struct link *link, const char *given,
                           struct outcome *outcome)
{
    struct hash pair = {0};
    enum acceptance_state state = link_acceptance(core->links, link, &pair);
    char code[LOSS_CODE_TEXT_BYTES];

    if (state != ACCEPTANCE_PAIRED)
        outcome_set(outcome, CONTROL_TRY_AGAIN,
                    "the peer has not stated where it stands: its operator gives `serai link "
                    "accept-loss` too, and the link has to be connected");
    else if (strcmp(given, loss_code(code, &pair)) != 0)
        outcome_set(outcome, CONTROL_REFUSED,
                    "what can be accepted now is %s, and not %s: one of the two sites has changed "
                    "since; look at `serai link show %s` again",
                    code, given, link->name);
    else
        return true;
    return false;
}

/* A site holds no more than that of its peers (core_limits_fit()). */
static bool loss_money_fits(const struct core *core, const struct link *link,
                            struct outcome *outcome)
{
    u128 most = money_nanos(money_share_floor(money_site_max(), 1, 4));
    struct loss_plan plan;
    struct fault fault;

    if (link_check_accept(core->links, link, &plan, &fault) != ST_OK)
        outcome_set(outcome, CONTROL_REFUSED, "link %s: %s", link->name, fault.text);
    else if (plan.sent.difference > most || plan.received.difference > most ||
             plan.paid_more > most || plan.got_more > most)
        outcome_set(outcome, CONTROL_REFUSED,
                    "link %s: the two sites differ by more than all links together may carry",
                    link->name);
    else
        return true;
    return false;
}

void command_link_accept_loss(struct core *core, struct customer *by, struct cbor *in,
                              struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    char code[LOSS_CODE_TEXT_BYTES];
    struct link *link;
    struct fault fault;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    cbor_get_text(in, code, LOSS_CODE_TEXT_BYTES - 1);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL)
        return;
    /*
     * What this site has accepted stands: the peer may have counted by it.  Given again later, the
     * command has had its effect.
     */
    if (!link_acceptance_binds(core->links, link) && !loss_is_counted(core, link, code)) {
        if (link_state_position(core->links, link,
                                channels_highest_bought_there(core->channels, link->interface),
                                &fault) != ST_OK) {
            outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
            return;
        }
        if (code[0] != '\0') {
            if (!loss_code_fits(core, link, code, outcome) || !loss_money_fits(core, link, outcome))
                return;
            link_accept(core->links, link);
            log_write(LOG_WARN, "link.loss-signed", "link=%s pair=%s", link->name, code);
        }
    }
    if (link_accepted(core->links, link)) {
        enum link_state before = link->state;

        loss_count(core, link);
        (void)core_link_report(core, link, before);
    }
    core_link_result(core, link, outcome);
}
