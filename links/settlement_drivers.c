/*
 * The ways in which a debt is paid outside of a link, each behind the same few functions: whether
 * the payment may be claimed yet, and what people have to do.  What moves money is elsewhere, so a
 * driver can answer twice, late or never without harm.
 */
#include "links/settlement.h"

#include <inttypes.h>
#include <stdio.h>

#include "links/settlement_state.h"

struct settlement_driver {
    /* Whether the creditor may hear of the payment: it was made, as far as we know. */
    bool (*may_claim)(const struct settlement_payment *pending);
    /* What the payer's operator has to do; empty: nothing. */
    void (*instruct)(const struct settlement *settlement, char *text, size_t size);
    /* What the creditor's operator has to do about a claim. */
    void (*instruct_creditor)(const struct link *link, const struct settlement_payment *claimed,
                              char *text, size_t size);
};

/* ---- manual: people pay, and people say so ---- */

/* At once: the claim tells the creditor what to look for, and nothing is posted by it. */
static bool manual_may_claim(const struct settlement_payment *pending)
{
    (void)pending;
    return true;
}

static void manual_instruct(const struct settlement *settlement, char *text, size_t size)
{
    char amount[MONEY_TEXT_BYTES];

    (void)snprintf(text, size, "pay %s%s%s, with this reference; the peer's operator confirms it",
                   money_print(amount, settlement->pending.amount),
                   settlement->where[0] == '\0' ? "" : " to ", settlement->where);
}

static void manual_instruct_creditor(const struct link *link,
                                     const struct settlement_payment *claimed, char *text,
                                     size_t size)
{
    (void)snprintf(text, size,
                   "when it has come: serai link settled %s %" PRIu64 " --reference TEXT",
                   link->name, claimed->index);
}

/* ---- clearing: a third site moves it between two customers ---- */

/* The receipt goes with the claim. */
static bool clearing_may_claim(const struct settlement_payment *pending)
{
    return pending->receipt.size != 0;
}

static void clearing_instruct(const struct settlement *settlement, char *text, size_t size)
{
    (void)snprintf(text, size,
                   settlement->pending.receipt.size == 0
                       ? "nothing: the site of link %s is asked to pay it"
                       : "nothing: the site of link %s has paid it, and the peer is told",
                   settlement->where);
}

static const struct settlement_driver drivers[] = {
    [SETTLE_BY_HAND] = {manual_may_claim, manual_instruct, manual_instruct_creditor},
    [SETTLE_BY_CLEARING] = {clearing_may_claim, clearing_instruct, manual_instruct_creditor},
};

bool settlement_may_claim(const struct settlement_payment *pending)
{
    return drivers[pending->by].may_claim(pending);
}

void settlement_instruct(const struct settlement *settlement, char *text, size_t size)
{
    text[0] = '\0';
    if (!money_is_zero(settlement->pending.amount))
        drivers[settlement->pending.by].instruct(settlement, text, size);
}

void settlement_instruct_creditor(const struct link *link, const struct settlement *settlement,
                                  char *text, size_t size)
{
    text[0] = '\0';
    if (!money_is_zero(settlement->claimed.amount))
        drivers[settlement->claimed.by].instruct_creditor(link, &settlement->claimed, text, size);
}
