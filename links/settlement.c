/*
 * The state of settlements: docs/wire.md, "Settlements".  The index of a payment is given once; one
 * that was refused is never used again.  Totals only rise, so a claim says with two numbers what
 * was paid up to it, and can be repeated for ever.
 */
#include "links/settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "links/freeze.h"
#include "links/settlement_state.h"

static const char *const by_names[] = {
    [SETTLE_BY_NOBODY] = "none", [SETTLE_BY_HAND] = "manual", [SETTLE_BY_CLEARING] = "clearing"};
enum { BY_NAMES = sizeof by_names / sizeof by_names[0] };

const char *settlement_by_name(enum settlement_by by)
{
    return by_names[by];
}

bool settlement_by_named(const char *name, enum settlement_by *by)
{
    for (int i = 0; i < BY_NAMES; i++) {
        if (strcmp(name, by_names[i]) == 0) {
            *by = (enum settlement_by)i;
            return true;
        }
    }
    return false;
}

const struct settlement *link_settlement(const struct links *links, const struct link *link)
{
    return &node_of_link(links, link)->settlement;
}

static bool payment_is_there(const struct settlement_payment *payment)
{
    return !money_is_zero(payment->amount);
}

bool link_is_settling(const struct links *links, const struct link *link)
{
    const struct settlement *settlement = link_settlement(links, link);

    return payment_is_there(&settlement->pending) || payment_is_there(&settlement->claimed);
}

char *settlement_reference(char text[SETTLEMENT_REFERENCE_BYTES],
                           const uint8_t payer[LINK_KEY_BYTES], uint64_t index)
{
    char hex[2 * 4 + 1];

    (void)snprintf(text, SETTLEMENT_REFERENCE_BYTES, "SERAI-%s-%" PRIu64, hex_print(hex, payer, 4),
                   index);
    return text;
}

/* ---- the payer ---- */

void link_set_terms(struct links *links, struct link *link, const struct settlement *terms)
{
    struct link_node *node = node_of_link(links, link);
    struct settlement *settlement = &node->settlement;

    INVARIANT(money_compare(terms->target, terms->threshold) < 0 ||
              (money_is_zero(terms->target) && money_is_zero(terms->threshold)));
    /* A payment that is pending goes on by the terms under which it began. */
    settlement->by = terms->by;
    memcpy(settlement->where, terms->where, sizeof settlement->where);
    settlement->threshold = terms->threshold;
    settlement->target = terms->target;
    node->settlement_dirty = true;
}

u128 link_payable(const struct link *link)
{
    u128 went = link->acked_total + link->got.total;
    u128 came = link_came(link);

    return went > came ? went - came : 0;
}

const struct link *link_house(struct links *links, const struct link *link)
{
    const struct settlement *settlement = link_settlement(links, link);
    const struct link *house = links_named(links, settlement->where);

    return settlement->by != SETTLE_BY_CLEARING || house == link ? NULL : house;
}

u128 links_pending(const struct links *links)
{
    u128 sum = 0;

    for (size_t i = 0; i < links->count; i++)
        sum += money_nanos(links->nodes[i]->settlement.pending.amount);
    return sum;
}

bool payment_is_at(const struct settlement_payment *payment, const uint8_t house[LINK_KEY_BYTES])
{
    return payment_is_there(payment) && payment->by == SETTLE_BY_CLEARING &&
           memcmp(payment->house, house, LINK_KEY_BYTES) == 0;
}

bool payment_awaits_house(const struct settlement_payment *payment)
{
    return payment_is_there(payment) && payment->by == SETTLE_BY_CLEARING &&
           payment->receipt.size == 0;
}

bool link_is_house(const struct links *links, const struct link *link)
{
    for (size_t i = 0; i < links->count; i++)
        if (payment_is_at(&links->nodes[i]->settlement.pending, link->key))
            return true;
    return false;
}

bool link_must_settle(struct links *links, const struct link *link, bool all, struct money *amount)
{
    const struct settlement *settlement = link_settlement(links, link);
    u128 threshold = all ? 1 : money_nanos(settlement->threshold);
    u128 target = all ? 0 : money_nanos(settlement->target);
    u128 payable = link_payable(link);

    return settlement->by != SETTLE_BY_NOBODY && link->state == LINK_UP &&
           (settlement->by != SETTLE_BY_CLEARING || link_house(links, link) != NULL) &&
           !payment_is_there(&settlement->pending) &&
           settlement->paid.outcome != SETTLEMENT_REFUSED && /* an operator has to look first */
           threshold != 0 && payable >= threshold && money_from_total(amount, payable - target);
}

/* A payment that a house has not answered is ordered there, over its own link. */
static void settlement_order_due(struct link_node *node)
{
    node->order_due = payment_awaits_house(&node->settlement.pending);
    node->links->orders_due = node->links->orders_due || node->order_due;
}

uint64_t link_settle(struct links *links, struct link *link, struct money amount)
{
    struct link_node *node = node_of_link(links, link);
    struct settlement *settlement = &node->settlement;

    INVARIANT(!payment_is_there(&settlement->pending));
    INVARIANT(link->state == LINK_UP && !money_is_zero(amount));
    INVARIANT(settlement->last_index < SEQ_MAX);
    settlement->last_index++;
    settlement->pending = (struct settlement_payment){
        .index = settlement->last_index, .amount = amount, .by = settlement->by};
    if (settlement->by == SETTLE_BY_CLEARING) {
        const struct link *house = link_house(links, link);

        INVARIANT(house != NULL);
        memcpy(settlement->pending.house, house->key, LINK_KEY_BYTES);
    }
    node->settlement_dirty = true;
    node->claim_due = true; /* sent once the row is durable */
    settlement_order_due(node);
    return settlement->last_index;
}

/* What the peer says of our pending payment, by index and sum alone. */
static enum settlement_outcome pending_outcome(const struct link_node *node, struct settled got)
{
    const struct settlement_payment *pending = &node->settlement.pending;
    const struct link *link = &node->link;

    if (!payment_is_there(pending) || got.index != pending->index)
        return SETTLEMENT_UNKNOWN;
    if (got.total == link->paid.total + money_nanos(pending->amount))
        return SETTLEMENT_DONE;
    return got.total == link->paid.total ? SETTLEMENT_REFUSED : SETTLEMENT_UNKNOWN;
}

static bool settled_equal(struct settled a, struct settled b)
{
    return a.index == b.index && a.total == b.total;
}

bool settlement_check_statement(struct link_node *node, const struct specie *statement)
{
    const struct link *link = &node->link;

    if (!settled_equal(statement->got, link->paid) &&
        pending_outcome(node, statement->got) == SETTLEMENT_UNKNOWN)
        freeze_settled(node, "got", statement->got, link->paid);
    else if (!settled_equal(statement->paid, link->got) &&
             !settled_equal(statement->paid, node->settlement.got_before))
        freeze_settled(node, "paid", statement->paid, link->got);
    return link->state != LINK_FROZEN;
}

static void settlement_end_pending(struct link_node *node, enum settlement_outcome outcome)
{
    struct settlement *settlement = &node->settlement;

    settlement->paid = settlement->pending;
    settlement->paid.outcome = outcome;
    settlement->pending = (struct settlement_payment){0};
    node->refused = outcome == SETTLEMENT_REFUSED;
    node->settlement_dirty = true;
}

void settlement_take_statement(struct link_node *node, const struct specie *statement)
{
    enum settlement_outcome outcome = pending_outcome(node, statement->got);

    if (outcome == SETTLEMENT_UNKNOWN)
        return;
    settlement_end_pending(node, outcome);
    /* Messages that it had taken from its agents by then may have no number in the statement yet.
     */
    node->settlement.posted_seq = node->link.received_seq + LINK_RETAINED_MESSAGES;
    node->link.paid = statement->got;
    node->dirty = true;
}

/* The money never left: the creditor has heard of nothing, and the number is not used again. */
void settlement_refuse_pending(struct link_node *node)
{
    settlement_end_pending(node, SETTLEMENT_REFUSED);
}

bool link_take_refused(struct links *links, struct link *link, uint64_t *index,
                       struct money *amount)
{
    struct link_node *node = node_of_link(links, link);
    bool refused = node->refused;

    node->refused = false;
    *index = node->settlement.paid.index;
    *amount = node->settlement.paid.amount;
    return refused;
}

/* ---- claims ---- */

void settlement_remind(struct link_node *node)
{
    node->claim_due = payment_is_there(&node->settlement.pending);
    settlement_order_due(node);
}

bool link_claim_out(struct links *links, struct link *link, struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);
    const struct settlement_payment *pending = &node->settlement.pending;
    struct claim claim;

    if (!node->claim_due || !link_may_state(node) || node->settlement_dirty ||
        !payment_is_there(pending) || !settlement_may_claim(pending))
        return false;
    claim =
        (struct claim){.epoch = link->epoch,
                       .peer_epoch = link->peer_epoch,
                       .settled = {pending->index, link->paid.total + money_nanos(pending->amount)},
                       .amount = pending->amount,
                       .by = pending->by,
                       .receipt = pending->receipt};
    claim_encode(out, &claim);
    node->claim_due = false;
    return true;
}

/* A claim that was decided, and is repeated: it must be the same.  False: the link is frozen. */
static bool claim_check_decided(struct link_node *node, const struct claim *claim)
{
    const struct settlement_payment *got = &node->settlement.got;
    const struct link *link = &node->link;
    u128 total = got->outcome == SETTLEMENT_REFUSED ? link->got.total + money_nanos(claim->amount)
                                                    : link->got.total;

    if (claim->settled.index == got->index &&
        (money_compare(claim->amount, got->amount) != 0 || claim->settled.total != total))
        freeze_claim(node, claim, got->index, got->amount);
    return link->state != LINK_FROZEN;
}

/* A claim that is not decided: the same again, or the first.  False: the link is frozen. */
static bool claim_check_open(struct link_node *node, const struct claim *claim)
{
    const struct settlement_payment *claimed = &node->settlement.claimed;
    const struct link *link = &node->link;

    if (payment_is_there(claimed) && (claim->settled.index != claimed->index ||
                                      money_compare(claim->amount, claimed->amount) != 0))
        freeze_claim(node, claim, claimed->index, claimed->amount);
    else if (claim->settled.total != link->got.total + money_nanos(claim->amount))
        freeze_claim_total(node, claim);
    return link->state != LINK_FROZEN;
}

enum parcel_result link_claim_in(struct link_node *node, const struct claim *claim,
                                 struct fault *fault)
{
    struct settlement *settlement = &node->settlement;
    const struct link *link = &node->link;

    if (link->state == LINK_FROZEN)
        return PARCEL_STALE;
    if (link->state != LINK_UP || claim->epoch != link->peer_epoch ||
        claim->peer_epoch != link->epoch) {
        (void)fault_set(fault, ST_INVALID, "claim: it is of epoch %" PRIu64 ", not %" PRIu64,
                        claim->epoch, link->peer_epoch);
        return PARCEL_STALE;
    }
    if (claim->settled.index <= link->got.index) {
        node->specie.due = true; /* the answer: our statement, which has its index */
        return claim_check_decided(node, claim) ? PARCEL_STALE : PARCEL_FROZE;
    }
    if (!claim_check_open(node, claim))
        return PARCEL_FROZE;
    if (payment_is_there(&settlement->claimed))
        return PARCEL_STALE; /* a repeat: we know, and somebody has to decide */
    settlement->claimed = (struct settlement_payment){.index = claim->settled.index,
                                                      .amount = claim->amount,
                                                      .by = claim->by,
                                                      .receipt = claim->receipt};
    node->settlement_dirty = true;
    return PARCEL_KEPT;
}

void link_decide_claim(struct links *links, struct link *link, bool accepted, const char *reference)
{
    struct link_node *node = node_of_link(links, link);
    struct settlement *settlement = &node->settlement;

    INVARIANT(payment_is_there(&settlement->claimed));
    settlement->got_before = link->got;
    settlement->got = settlement->claimed;
    settlement->got.outcome = accepted ? SETTLEMENT_DONE : SETTLEMENT_REFUSED;
    (void)snprintf(settlement->got.reference, sizeof settlement->got.reference, "%s", reference);
    settlement->claimed = (struct settlement_payment){0};
    link->got.index = settlement->got.index;
    if (accepted)
        INVARIANT(u128_add(&link->got.total, link->got.total, money_nanos(settlement->got.amount)));
    node->settlement_dirty = true;
    node->dirty = true;
}
