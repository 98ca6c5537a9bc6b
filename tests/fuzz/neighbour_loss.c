/* Where a neighbour says that it stands on a frozen link, and that it accepts the loss. */
#include "links/link_set.h"
#include "tests/fuzz/neighbour.h"

static void bend_position(struct neighbour *neighbour, struct position *position)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 24)) {
    case 1:
        position->received.seq = neighbour_seq(neighbour);
        break;
    case 2:
        position->received.total += script_u64(script);
        break;
    case 3: /* messages that are to come */
        position->sent.seq += script_below(script, 4);
        position->sent.total += money_nanos(neighbour_money(script));
        break;
    case 4:
        position->sent.seq = neighbour_seq(neighbour);
        break;
    case 5: /* it was put back */
        position->sent = position->acked = position->received = (struct specie_side){0};
        break;
    case 6:
        position->paid.index += script_below(script, 3);
        position->paid.total += money_nanos(neighbour_money(script));
        break;
    case 7:
        position->got.index = neighbour_seq(neighbour);
        position->got.total += script_u64(script);
        break;
    case 8:
        position->claimed = neighbour_seq(neighbour);
        break;
    case 9:
        position->number = (uint32_t)script_u64(script);
        break;
    case 10:
        position->peer_epoch = neighbour_seq(neighbour);
        break;
    case 11:
        position->peer[0] ^= 1;
        break;
    default:
        break;
    }
}

static void state_position(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    const struct settlement *settlement = link_settlement(neighbour->site->core->links, link);
    struct specie_side sent = {link->received_seq, link->received_total, link->received_digest};
    struct position position = {
        .epoch = neighbour->epoch,
        .peer_epoch = link->epoch,
        .sent = sent,
        .acked = sent,
        .received = {neighbour->heard.seq, neighbour->heard.total, neighbour->heard_digest},
        .paid = link->got,
        .got = link->paid,
        .claimed = settlement->pending.index,
    };

    neighbour_parties(neighbour, position.signer, position.peer, position.currency);
    bend_position(neighbour, &position);
    if (position.acked.seq > position.sent.seq || position.acked.total > position.sent.total)
        position.acked = position.sent;
    neighbour->stated.position = position;
    position_encode(&neighbour->stated);
    neighbour_sign(neighbour, neighbour->stated.bytes, neighbour->stated.size,
                   neighbour->stated.signature);
    neighbour->has_stated = true;
}

/* Mostly what it has stated before, and that it accepts what the site has stated. */
void neighbour_loss(struct neighbour *neighbour)
{
    const struct link_node *node =
        node_of_link(neighbour->site->core->links, neighbour_link(neighbour));
    struct loss_parcel parcel = {0};
    uint8_t acceptance[ACCEPTANCE_BYTES_MAX];
    struct bytes bytes = {0};

    if (!neighbour->has_stated || script_chance(neighbour->script, 4))
        state_position(neighbour);
    parcel.position = neighbour->stated;
    parcel.accepts = node->loss.has_ours && !script_chance(neighbour->script, 3);
    if (parcel.accepts) {
        parcel.pair = position_pair(&neighbour->stated, &node->loss.record.ours);
        neighbour_sign(neighbour, acceptance, acceptance_encode(acceptance, &parcel.pair),
                       parcel.acceptance);
    }
    loss_parcel_encode(&bytes, &parcel);
    neighbour_say(neighbour, &bytes);
}

void neighbour_note_counted(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    struct hash pair;

    if (link == NULL ||
        link_acceptance(neighbour->site->core->links, link, &pair) != ACCEPTANCE_DONE ||
        (neighbour->has_counted && hash_equal(&pair, &neighbour->counted)))
        return;
    neighbour->has_counted = true;
    neighbour->counted = pair;
    neighbour->has_stated = false;
    neighbour->heard = (struct cursor){link->sent_seq, link->sent_total};
    neighbour->heard_digest = link->sent_digest;
    neighbour->lied = false;
}
