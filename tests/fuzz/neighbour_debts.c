/* What a neighbour signs about its account with the site, and what it pays and claims. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "links/link_set.h"
#include "tests/fuzz/neighbour.h"

/* ---- SPECIE ---- */

/* What it says of the site's payment: what is known, or that it has come, or never will. */
static struct settled decide_pending(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    const struct settlement *settlement = link_settlement(neighbour->site->core->links, link);
    struct settled got = link->paid;

    if (money_is_zero(settlement->pending.amount) || script_below(neighbour->script, 2) == 0)
        return got;
    got.index = settlement->pending.index;
    if (!script_chance(neighbour->script, 4))
        got.total += money_nanos(settlement->pending.amount);
    return got;
}

static void bend_statement(struct neighbour *neighbour, struct specie *statement)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 32)) {
    case 1:
        statement->received.seq = neighbour_seq(neighbour);
        break;
    case 2:
        statement->received.total += script_u64(script);
        break;
    case 3:
        statement->received.digest.chain.bytes[0] ^= 1;
        break;
    case 4: /* messages that are to come */
        statement->sent.seq += script_below(script, 4);
        statement->sent.total += script_u64(script);
        break;
    case 5:
        statement->sent.digest.chain.bytes[0] ^= 1;
        break;
    case 6:
        statement->paid.index += script_below(script, 3);
        statement->paid.total += script_u64(script);
        break;
    case 7:
        statement->got.index += script_below(script, 3);
        statement->got.total += script_u64(script);
        break;
    case 8:
        statement->frame = script_u64(script);
        break;
    case 9:
        statement->epoch = neighbour_seq(neighbour);
        break;
    case 10:
        statement->peer[0] ^= 1;
        break;
    default:
        break;
    }
}

void neighbour_parties(const struct neighbour *neighbour, uint8_t signer[LINK_KEY_BYTES],
                       uint8_t peer[LINK_KEY_BYTES], char currency[LINK_CURRENCY_BYTES_MAX + 1])
{
    memcpy(signer, neighbour->key, LINK_KEY_BYTES);
    memcpy(peer, fuzz_site_key, LINK_KEY_BYTES);
    (void)snprintf(currency, LINK_CURRENCY_BYTES_MAX + 1, "%s",
                   neighbour->site->core->book.currency);
}

void neighbour_sign(const struct neighbour *neighbour, const uint8_t *bytes, size_t size,
                    uint8_t signature[SPECIE_SIGNATURE_BYTES])
{
    if (crypto_sign_detached(signature, NULL, bytes, size, neighbour->secret) != 0)
        abort();
    if (script_chance(neighbour->script, 32))
        signature[0] ^= 1;
}

void neighbour_specie(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    struct specie_signed made = {
        .statement = {
            .epoch = neighbour->epoch,
            .frame = ++neighbour->frame,
            .received = {neighbour->heard.seq, neighbour->heard.total, neighbour->heard_digest},
            .sent = {link->received_seq, link->received_total, link->received_digest},
            .paid = link->got,
            .got = decide_pending(neighbour)}};
    struct bytes bytes = {0};

    neighbour_parties(neighbour, made.statement.signer, made.statement.peer,
                      made.statement.currency);
    bend_statement(neighbour, &made.statement);
    specie_encode(&made);
    neighbour_sign(neighbour, made.bytes, made.size, made.signature);
    specie_parcel_encode(&bytes, &made, script_below(neighbour->script, 2) == 1);
    neighbour_say(neighbour, &bytes);
}

/* ---- PAY and PAID ---- */

static void bend_note(struct neighbour *neighbour, struct clearing_note *note)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 24)) {
    case 1:
        note->house[0] ^= 1;
        break;
    case 2:
        note->payer[0] ^= 1;
        break;
    case 3:
        note->payee[0] ^= 1;
        break;
    case 4:
        note->index = neighbour_seq(neighbour) | 1;
        break;
    case 5:
        note->amount = neighbour_money(script);
        break;
    case 6:
        note->currency[0] = 'X';
        break;
    default:
        break;
    }
}

static void sign_note(struct neighbour *neighbour, struct clearing_signed *made)
{
    (void)snprintf(made->note.currency, sizeof made->note.currency, "%s",
                   neighbour->site->core->book.currency);
    bend_note(neighbour, &made->note);
    clearing_encode(made);
    neighbour_sign(neighbour, made->bytes, made->size, made->signature);
}

/* It pays one that is a customer here, or nobody's key: mostly under the next number. */
void neighbour_pay(struct neighbour *neighbour)
{
    const struct link_node *node =
        node_of_link(neighbour->site->core->links, neighbour_link(neighbour));
    const uint8_t *payees[] = {fuzz_keys[1], fuzz_keys[0], neighbour->key,
                               fuzz_neighbour_keys[FUZZ_OTHER]};
    struct clearing_signed made = {.note = {.index = 1}};
    struct bytes bytes = {0};

    made.note.amount = neighbour_money(neighbour->script);
    memcpy(made.note.house, fuzz_site_key, LINK_KEY_BYTES);
    memcpy(made.note.payer, neighbour->key, LINK_KEY_BYTES);
    memcpy(made.note.payee, payees[script_below(neighbour->script, 4)], LINK_KEY_BYTES);
    if (script_chance(neighbour->script, 4))
        made.note.payee[0] = script_u8(neighbour->script);
    for (size_t i = 0; i < node->pair_count; i++) {
        const struct clearing_pair *pair = &node->pairs[i];

        if (memcmp(pair->payee, made.note.payee, LINK_KEY_BYTES) != 0)
            continue;
        made.note.index = pair->index + script_below(neighbour->script, 3);
        if (made.note.index == pair->index)
            made.note.amount = pair->amount;
    }
    sign_note(neighbour, &made);
    clearing_parcel_encode(&bytes, &made);
    neighbour_say(neighbour, &bytes);
}

struct asked {
    const struct neighbour *house;
    const struct link *link; /* NULL: none asks it */
};

static void find_asked(void *context, struct link *link)
{
    struct asked *asked = context;
    const struct settlement *settlement = link_settlement(asked->house->site->core->links, link);

    if (memcmp(settlement->pending.house, asked->house->key, LINK_KEY_BYTES) == 0 ||
        (asked->link == NULL && settlement->last_index > 0))
        asked->link = link;
}

/* It answers a payment that the site has ordered, or some payment of the site's. */
void neighbour_paid(struct neighbour *neighbour)
{
    struct asked asked = {.house = neighbour};
    struct clearing_signed made = {.note = {.is_receipt = true, .index = 1}};
    const struct settlement *settlement;
    struct bytes bytes = {0};

    links_each(neighbour->site->core->links, find_asked, &asked);
    made.note.amount = neighbour_money(neighbour->script);
    made.note.done = !script_chance(neighbour->script, 4);
    memcpy(made.note.house, neighbour->key, LINK_KEY_BYTES);
    memcpy(made.note.payer, fuzz_site_key, LINK_KEY_BYTES);
    memcpy(made.note.payee, fuzz_neighbour_keys[FUZZ_PEER], LINK_KEY_BYTES);
    if (asked.link != NULL) {
        settlement = link_settlement(neighbour->site->core->links, asked.link);
        memcpy(made.note.payee, asked.link->key, LINK_KEY_BYTES);
        made.note.index = settlement->last_index;
        if (!money_is_zero(settlement->pending.amount))
            made.note.amount = settlement->pending.amount;
    }
    if (made.note.done)
        made.note.total = money_nanos(made.note.amount);
    sign_note(neighbour, &made);
    clearing_parcel_encode(&bytes, &made);
    neighbour_say(neighbour, &bytes);
}

/* ---- CLAIM ---- */

/* A receipt of the other neighbour's for the claim. */
static void put_receipt(struct neighbour *neighbour, struct claim *claim)
{
    int house = memcmp(neighbour->key, fuzz_neighbour_keys[FUZZ_OTHER], LINK_KEY_BYTES) == 0
                    ? FUZZ_PEER
                    : FUZZ_OTHER;
    struct neighbour other = neighbour_of(neighbour->site, neighbour->script, house);
    struct clearing_signed made = {.note = {.is_receipt = true,
                                            .index = claim->settled.index,
                                            .amount = claim->amount,
                                            .done = true,
                                            .total = claim->settled.total}};

    memcpy(made.note.house, other.key, LINK_KEY_BYTES);
    memcpy(made.note.payer, neighbour->key, LINK_KEY_BYTES);
    memcpy(made.note.payee, fuzz_site_key, LINK_KEY_BYTES);
    sign_note(&other, &made);
    memcpy(claim->receipt.bytes, made.bytes, made.size);
    memcpy(claim->receipt.bytes + made.size, made.signature, SPECIE_SIGNATURE_BYTES);
    claim->receipt.size = made.size + SPECIE_SIGNATURE_BYTES;
}

static void bend_claim(struct neighbour *neighbour, struct claim *claim)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 24)) {
    case 1:
        claim->settled.index = neighbour_seq(neighbour) | 1;
        break;
    case 2:
        claim->settled.total += script_u64(script);
        break;
    case 3:
        claim->amount = neighbour_money(script);
        break;
    case 4:
        claim->epoch = neighbour_seq(neighbour);
        break;
    case 5:
        claim->peer_epoch = neighbour_seq(neighbour);
        break;
    case 6:
        claim->by = SETTLE_BY_CLEARING;
        break;
    default:
        break;
    }
}

/* The next one, or one that is known, again. */
void neighbour_claim(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    const struct settlement *settlement = link_settlement(neighbour->site->core->links, link);
    struct claim claim = {.epoch = neighbour->epoch,
                          .peer_epoch = link->epoch,
                          .settled = link->got,
                          .by = SETTLE_BY_HAND};
    struct bytes bytes = {0};

    claim.settled.index++;
    claim.amount = neighbour_money(neighbour->script);
    if (!money_is_zero(settlement->claimed.amount) && script_below(neighbour->script, 2) == 0) {
        claim.settled.index = settlement->claimed.index;
        claim.amount = settlement->claimed.amount;
    }
    claim.settled.total += money_nanos(claim.amount);
    if (script_below(neighbour->script, 2) == 1) {
        claim.by = SETTLE_BY_CLEARING;
        put_receipt(neighbour, &claim);
    }
    bend_claim(neighbour, &claim);
    claim_encode(&bytes, &claim);
    neighbour_say(neighbour, &bytes);
}
