#include "tests/exchange/deceived.h"

#include <inttypes.h>
#include <stdio.h>

struct site site;
struct liar liar;
uint64_t buyer;

static void no_toll(struct pricebook *book)
{
    book->link_packets = money_zero();
    book->link_packet_data = money_zero();
}

void deceived_setup(void)
{
    site_open_book(&site, 11, 10000000000, no_toll);
    site_customer(&site, 1, "one", 2000000000);
    buyer = puppet_new(&site, 1, MONEY, NULL);
    liar_join(&liar, &site, LIMIT, 10 * LIMIT);
}

void deceived_teardown(void)
{
    site_settle(&site);
    site_end(&site);
}

void taken(struct channel_message message)
{
    uint64_t before = liar.link->received_seq;

    liar_say(&liar, &message, 1);
    liar_is_heard(&liar, before + 1);
}

void refused(struct channel_message message, const char *what, const char *why)
{
    char reason[LINK_REASON_BYTES_MAX + 1];

    (void)snprintf(reason, sizeof reason, "message %" PRIu64 ", %s on channel %" PRIu32 ": %s",
                   liar.link->received_seq + 1, what, message.number, why);
    liar_is_refused(&liar, &message, 1, reason);
}

uint32_t bought(struct acting *purchase)
{
    uint64_t from = liar.heard_to.seq;

    *purchase = (struct acting){.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    ck_assert_int_ge(act(&site, buyer, purchase), 0);
    return liar_heard(&liar, CHANNEL_BIRTH, from)->number;
}

uint32_t opened(struct acting *purchase)
{
    uint32_t number = bought(purchase);

    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    site_settle(&site);
    return number;
}

uint64_t born(uint32_t number, struct heard *heard)
{
    uint64_t child = buyer + 1;

    while (ledger_account(site.core->ledger, child) != NULL)
        child++;
    child++; /* the first purchase opens a row for the liar's customer before */
    probe_play(child, puppet_hears, heard);
    taken(says_birth(number, ENDOWMENT, FEE, 77));
    site_settle(&site);
    ck_assert(site_lives(&site, child));
    return child;
}
