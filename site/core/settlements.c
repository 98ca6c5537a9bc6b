#include "site/core/settlements.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "links/clearing.h"
#include "links/settlement.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/drain.h"
#include "site/core/link_loss.h"
#include "site/core/link_reads.h"
#include "site/core/map.h"
#include "site/core/read_list.h"
#include "site/core/state.h"

/* ---- booking, within an event ---- */

static void settlement_event_end(struct core *core, const struct link *link, uint64_t index)
{
    struct event event = event_of_settlement(link->interface, index, core->site_time_us);

    (void)ledger_event_end(core->ledger, &event);
}

/*
 * A payment leaves when it is written down, before anybody pays: its money is spoken for.  Returns
 * its index; 0: nothing was booked, and the outcome says why.
 */
static uint64_t settlement_book_out(struct core *core, struct link *link, struct money amount,
                                    struct outcome *outcome)
{
    const struct transfer line = {
        .debit = account_of_link(link->interface, KIND_LINK_SETTLING),
        .credit = ACCOUNT_TREASURY,
        .amount = amount,
        .code = TRANSFER_SETTLEMENT_OUT,
        .object = link_settlement(core->links, link)->last_index + 1,
    };
    uint64_t index;

    if (!outcome_transfer(core->ledger, &line, outcome))
        return 0;
    index = link_settle(core->links, link, amount);
    INVARIANT(index == line.object);
    return index;
}

static void settlement_book_in(struct core *core, const struct link *link, uint64_t index,
                               struct money amount, enum transfer_code code)
{
    ledger_move(core->ledger, ACCOUNT_TREASURY,
                account_of_link(link->interface, KIND_LINK_SETTLING), amount, code, index);
}

/* ---- by themselves ---- */

struct settlements_due {
    struct core *core;
    bool any;
};

static void settlement_begin_due(void *context, struct link *link)
{
    struct settlements_due *due = context;
    struct core *core = due->core;
    struct outcome outcome = {.command = "settlement"};
    char text[MONEY_TEXT_BYTES];
    struct money amount;
    uint64_t index;

    if (!link_must_settle(core->links, link, core_drain_settles(core), &amount))
        return;
    ledger_event_begin(core->ledger);
    index = settlement_book_out(core, link, amount, &outcome);
    settlement_event_end(core, link, index);
    if (index == 0)
        return; /* refused, and an event without lines leaves no record */
    due->any = true;
    log_write(LOG_INFO, "settlement.begun", "link=%s settlement=%" PRIu64 " amount=%s", link->name,
              index, money_print(text, amount));
}

/* A claim with the receipt of the house that our operator chose needs nobody's word. */
static void settlement_accept_cleared(void *context, struct link *link)
{
    struct settlements_due *due = context;
    struct core *core = due->core;
    struct outcome outcome = {.command = "settlement"};
    const struct settlement_payment *claimed = &link_settlement(core->links, link)->claimed;
    uint64_t index = claimed->index;

    /* Cheap questions first: a signature is checked only for what could be posted. */
    if (link->state == LINK_FROZEN || claimed->by != SETTLE_BY_CLEARING || claimed->index == 0 ||
        !core_money_fits_site(core, claimed->amount, &outcome) ||
        !link_claim_is_cleared(core->links, link))
        return;
    due->any = true;
    ledger_event_begin(core->ledger);
    settlement_book_in(core, link, index, claimed->amount, TRANSFER_SETTLEMENT_IN);
    settlement_event_end(core, link, index);
    link_decide_claim(core->links, link, true, "receipt");
    log_write(LOG_INFO, "settlement.cleared", "link=%s settlement=%" PRIu64, link->name, index);
}

/* The customer of a key who can be paid or pay: one that the operator added. */
static uint64_t settlement_customer(struct core *core, const uint8_t key[LINK_KEY_BYTES])
{
    const struct customer *customer = core_customer_by_key(core, key);

    return customer == NULL ? ACCOUNT_NONE : customer->account;
}

void core_settlement_order(struct core *core, struct link *link)
{
    const struct clearing_note *order = link_order(core->links, link);
    struct transfer line = {.code = TRANSFER_CLEARED};
    uint64_t account = account_of_link(link->interface, KIND_LINK_OUT);
    uint64_t bytes;
    bool done;

    /* Like a message, it waits at the peer while its bytes of the journal are not wanted. */
    if (order == NULL || core_disk_link_rests(core, link->interface) || core_is_drained(core))
        return;
    line.debit = settlement_customer(core, order->payer);
    line.credit = settlement_customer(core, order->payee);
    line.amount = order->amount;
    line.object = order->index;
    bytes = ledger_frame_bytes(core->ledger);
    ledger_event_begin(core->ledger);
    done = line.debit != ACCOUNT_NONE && line.credit != ACCOUNT_NONE &&
           ledger_transfer(core->ledger, &line) == TRANSFER_DONE;
    settlement_event_end(core, link, order->index);
    core_disk_wrote(core, account, account, ledger_frame_bytes(core->ledger) - bytes);
    /* A refusal is as final as a payment: a late copy of the order must find it. */
    link_order_done(core->links, link, done);
    core->frame_open = true;
}

/* One that came while the site was drained or rested: the peer's repeats of it change nothing. */
static void settlement_order_again(void *context, struct link *link)
{
    struct settlements_due *due = context;

    if (link->state == LINK_FROZEN || link_order(due->core->links, link) == NULL)
        return;
    core_settlement_order(due->core, link);
    due->any = due->any || link_order(due->core->links, link) == NULL;
}

bool core_settlements_tick(struct core *core)
{
    struct settlements_due due = {.core = core};

    links_each(core->links, settlement_order_again, &due);
    links_each(core->links, settlement_begin_due, &due);
    links_each(core->links, settlement_accept_cleared, &due);
    core->frame_open |= due.any;
    return due.any;
}

void core_settlement_decided(struct core *core, struct link *link)
{
    struct money amount;
    uint64_t index;

    if (!link_take_refused(core->links, link, &index, &amount))
        return;
    ledger_event_begin(core->ledger);
    settlement_book_in(core, link, index, amount, TRANSFER_SETTLEMENT_BACK);
    settlement_event_end(core, link, index);
    core->frame_open = true;
    log_write(LOG_WARN, "settlement.refused", "link=%s settlement=%" PRIu64, link->name, index);
}

/* ---- reads ---- */

void core_settlement_entries(const struct core *core, const struct link *link, struct map *map)
{
    const struct settlement *settlement = link_settlement(core->links, link);

    map_text(map, "settle_by", settlement_by_name(settlement->by));
    map_text(map, "settle_where", settlement->where);
    map_money(map, "settle_threshold", settlement->threshold);
    map_money(map, "settle_to", settlement->target);
    map_total(map, "payable", link_payable(link));
    map_uint(map, "paid_index", link->paid.index);
    map_total(map, "paid_total", link->paid.total);
    map_uint(map, "got_index", link->got.index);
    map_total(map, "got_total", link->got.total);
}

/* One payment: whose it is, how it stands, and what a person has to do about it, if anything. */
struct settlement_line {
    const char *who;
    const char *state;
    const uint8_t *payer;
    char todo[256];
};

static const char *settlement_outcome_word(enum settlement_outcome outcome)
{
    switch (outcome) {
    case SETTLEMENT_UNKNOWN:
        return "pending";
    case SETTLEMENT_DONE:
        return "done";
    case SETTLEMENT_REFUSED:
        return "refused";
    }
    return "unknown";
}

static void settlement_map_payment(struct read_list *list, const struct settlement_payment *payment,
                                   struct settlement_line *line)
{
    char reference[SETTLEMENT_REFERENCE_BYTES];
    struct map map;

    if (money_is_zero(payment->amount))
        return;
    map_init(&map);
    map_uint(&map, "settlement", payment->index);
    map_text(&map, "payer", line->who);
    map_money(&map, "amount", payment->amount);
    map_text(&map, "state", line->state);
    map_text(&map, "by", settlement_by_name(payment->by));
    map_text(&map, "reference", settlement_reference(reference, line->payer, payment->index));
    map_text(&map, "confirmed_by", payment->reference);
    map_text(&map, "todo", line->todo);
    map_end(&map, &list->items);
    list->count++;
}

static void settlement_list(struct core *core, const struct link *link, struct read_list *list)
{
    const struct settlement *settlement = link_settlement(core->links, link);
    struct settlement_line pays = {.who = "this site", .payer = core->options.site_key};
    struct settlement_line gets = {.who = "the peer", .payer = link->key};

    pays.state = settlement_outcome_word(settlement->paid.outcome);
    settlement_map_payment(list, &settlement->paid, &pays);
    pays.state = "pending";
    settlement_instruct(settlement, pays.todo, sizeof pays.todo);
    settlement_map_payment(list, &settlement->pending, &pays);
    gets.state = settlement_outcome_word(settlement->got.outcome);
    settlement_map_payment(list, &settlement->got, &gets);
    gets.state = "claimed";
    settlement_instruct_creditor(link, settlement, gets.todo, sizeof gets.todo);
    settlement_map_payment(list, &settlement->claimed, &gets);
}

void core_read_settlements(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    char name[LINK_NAME_BYTES_MAX + 1];
    const struct link *link;

    cbor_get_array(in, 1);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL)
        return;
    settlement_list(core, link, &list);
    read_list_end(&list, outcome);
}

/* ---- commands ---- */

static void settlement_result(struct core *core, const struct link *link, struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    map_text(&map, "name", link->name);
    core_settlement_entries(core, link, &map);
    map_uint(&map, "settlement", link_settlement(core->links, link)->last_index);
    map_end(&map, &outcome->result);
}

/* "none", "manual", "manual:WHERE" or "clearing:LINK". */
static bool terms_parse_by(const char *text, struct settlement *terms, struct outcome *outcome)
{
    const char *colon = strchr(text, ':');
    char kind[16] = "";
    size_t size = colon == NULL ? strlen(text) : (size_t)(colon - text);

    (void)snprintf(kind, sizeof kind, "%.*s", (int)(size < sizeof kind ? size : 0), text);
    if (size < sizeof kind && settlement_by_named(kind, &terms->by) &&
        (terms->by != SETTLE_BY_CLEARING || (colon != NULL && colon[1] != '\0')) &&
        (terms->by != SETTLE_BY_NOBODY || colon == NULL) &&
        (colon == NULL || strlen(colon + 1) <= SETTLEMENT_TEXT_BYTES_MAX)) {
        (void)snprintf(terms->where, sizeof terms->where, "%s", colon == NULL ? "" : colon + 1);
        return true;
    }
    outcome_set(outcome, CONTROL_BAD_REQUEST,
                "a link settles by none, manual, manual:TEXT or clearing:LINK, not by \"%s\"",
                text);
    return false;
}

/* The threshold is what we may come to owe: beyond the peer's limit it would never be reached. */
static bool terms_fit(struct core *core, const struct link *link, const struct settlement *terms,
                      struct outcome *outcome)
{
    const struct link *house = links_named(core->links, terms->where);
    char text[MONEY_TEXT_BYTES];
    char limit[MONEY_TEXT_BYTES];

    if (terms->by == SETTLE_BY_CLEARING && (house == NULL || house == link)) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "clearing:%s: that is no other link of this site: `serai link ls` lists them",
                    terms->where);
        return false;
    }
    if (money_is_zero(terms->threshold) && money_is_zero(terms->target))
        return true;
    if (money_compare(terms->target, terms->threshold) >= 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "a payment brings the debt down to --settle-to, which is below "
                    "--settle-threshold, %s",
                    money_print(text, terms->threshold));
        return false;
    }
    if (link->peer_epoch != 0 && money_compare(terms->threshold, link->peer_limit) >= 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "a threshold of %s is never reached: the peer lets this site owe %s at most",
                    money_print(text, terms->threshold), money_print(limit, link->peer_limit));
        return false;
    }
    return true;
}

void command_link_terms(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    char text[16 + SETTLEMENT_TEXT_BYTES_MAX] = "";
    struct settlement terms;
    struct money threshold = money_zero();
    struct money target = money_zero();
    bool kept[3];
    struct link *link;

    (void)by;
    cbor_get_array(in, 4);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    /* Null: what it names stays as it is. */
    kept[0] = cbor_take_null(in);
    if (!kept[0])
        cbor_get_text(in, text, sizeof text - 1);
    kept[1] = cbor_take_null(in);
    if (!kept[1])
        threshold = cbor_get_money(in);
    kept[2] = cbor_take_null(in);
    if (!kept[2])
        target = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL)
        return;
    terms = *link_settlement(core->links, link);
    if (!kept[0] && !terms_parse_by(text, &terms, outcome))
        return;
    if (!kept[1])
        terms.threshold = threshold;
    if (!kept[2])
        terms.target = target;
    if (!terms_fit(core, link, &terms, outcome))
        return;
    link_set_terms(core->links, link, &terms);
    settlement_result(core, link, outcome);
}

/* Whether a payment may begin on this link now. */
static bool settle_may_begin(const struct core *core, const struct link *link,
                             struct outcome *outcome)
{
    const struct settlement *settlement = link_settlement(core->links, link);

    if (settlement->by == SETTLE_BY_NOBODY)
        outcome_set(outcome, CONTROL_REFUSED,
                    "link %s has no way to settle: `serai link set %s --settle-by manual` gives "
                    "it one",
                    link->name, link->name);
    else if (!money_is_zero(settlement->pending.amount))
        outcome_set(outcome, CONTROL_REFUSED,
                    "settlement %" PRIu64 " of link %s is not decided, and there is one at a time: "
                    "`serai link settlements %s` shows it",
                    settlement->pending.index, link->name, link->name);
    else if (settlement->by == SETTLE_BY_CLEARING && link_house(core->links, link) == NULL)
        outcome_set(outcome, CONTROL_REFUSED,
                    "link %s settles by clearing:%s, and that is no other link of this site any "
                    "more: `serai link set %s --settle-by` names another way",
                    link->name, settlement->where, link->name);
    else if (link->state != LINK_UP)
        outcome_set(outcome, CONTROL_TRY_AGAIN, "link %s is %s: settle while it is up", link->name,
                    link_state_word(link->state));
    else
        return true;
    return false;
}

void command_link_settle(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    struct money amount = money_zero();
    struct link *link;
    bool all;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    all = cbor_take_null(in);
    if (!all)
        amount = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL || !settle_may_begin(core, link, outcome))
        return;
    if (all && !money_from_total(&amount, link_payable(link)))
        amount = money_zero();
    if (money_is_zero(amount)) {
        outcome_set(outcome, CONTROL_REFUSED, "there is nothing to settle on link %s", link->name);
        return;
    }
    if (settlement_book_out(core, link, amount, outcome) != 0)
        settlement_result(core, link, outcome);
}

void command_link_settled(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    char reference[SETTLEMENT_TEXT_BYTES_MAX + 1];
    const struct settlement_payment *claimed;
    struct link *link;
    uint64_t index;
    bool accepted;

    (void)by;
    cbor_get_array(in, 4);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    index = cbor_get_uint(in, UINT64_MAX);
    accepted = cbor_get_bool(in);
    cbor_get_text(in, reference, SETTLEMENT_TEXT_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL || core_loss_binds(core, link, outcome))
        return;
    claimed = &link_settlement(core->links, link)->claimed;
    if (money_is_zero(claimed->amount) || claimed->index != index) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "the peer of link %s claims %s%" PRIu64 ", not settlement %" PRIu64
                    "; the last that was decided is %" PRIu64,
                    link->name,
                    money_is_zero(claimed->amount) ? "nothing now; settlement " : "settlement ",
                    claimed->index, index, link->got.index);
        return;
    }
    if (accepted && !core_money_fits_site(core, claimed->amount, outcome))
        return;
    if (accepted)
        settlement_book_in(core, link, index, claimed->amount, TRANSFER_SETTLEMENT_IN);
    link_decide_claim(core->links, link, accepted, reference);
    settlement_result(core, link, outcome);
}
