/*
 * Statements of a link: when one is due, and what is made of the peer's (docs/wire.md, "SPECIE").
 * A statement is compared with what this site knows at the same sequence.  So a lie about money is
 * found out at once, or when the message arrives that it is about; and what the peer signed stays
 * as evidence, whatever it says later.
 */
#include "links/specie.h"

#include <inttypes.h>
#include <string.h>

#include "links/freeze.h"
#include "links/link_set.h"
#include "links/settlement_state.h"

void links_set_signer(struct links *links, const struct link_signer *signer)
{
    links->signer = *signer;
}

const struct specie_signed *link_evidence(const struct links *links, const struct link *link)
{
    const struct specie_state *state = &node_of_link(links, link)->specie;

    return state->has_theirs ? &state->theirs : NULL;
}

void link_ask_specie(struct links *links, struct link *link)
{
    struct specie_state *state = &node_of_link(links, link)->specie;

    state->due = true;
    state->asks = true;
}

/* ---- ours ---- */

static bool specie_moved_enough(const struct link_node *node, u128 total, u128 signed_total)
{
    u128 amount = money_nanos(node->link.flush_amount);

    return total - signed_total >= (amount > 0 ? amount : SPECIE_FLUSH_NANOS);
}

static bool specie_has_news(const struct link_node *node)
{
    const struct specie_state *state = &node->specie;

    return node->saved.sent.total != state->signed_sent ||
           node->saved.received.total != state->signed_received ||
           node->saved_paid.index != state->signed_paid ||
           node->saved_got.index != state->signed_got;
}

static bool specie_is_due(const struct link_node *node, uint64_t now_us)
{
    const struct specie_state *state = &node->specie;

    if (!link_may_sign(node))
        return false;
    return state->due || specie_moved_enough(node, node->saved.sent.total, state->signed_sent) ||
           specie_moved_enough(node, node->saved.received.total, state->signed_received) ||
           node->saved_got.index != state->signed_got || /* the payer waits for it */
           (specie_has_news(node) && now_us - state->signed_us >= SPECIE_FRESH_US);
}

void specie_begin_again(struct link_node *node)
{
    struct specie_state *state = &node->specie;

    settlement_remind(node);

    /* The last one may be lost with its connection: what moved since the beginning is news again.
     */
    state->signed_sent = 0;
    state->signed_received = 0;
    state->signed_paid = 0;
    state->signed_got = 0;
}

static struct specie specie_of(const struct link_node *node, const struct link_books *books)
{
    struct specie made = {
        .epoch = node->link.epoch,
        .frame = books->frame,
        .head = books->head,
        .received = {node->saved.received.seq, node->saved.received.total,
                     node->saved.received_digest},
        .sent = {node->saved.sent.seq, node->saved.sent.total, node->saved.sent_digest},
        .paid = node->saved_paid,
        .got = node->saved_got,
    };

    memcpy(made.signer, node->links->signer.key, LINK_KEY_BYTES);
    memcpy(made.peer, node->link.key, LINK_KEY_BYTES);
    memcpy(made.currency, node->links->currency, sizeof made.currency);
    return made;
}

bool link_specie_out(struct links *links, struct link *link, const struct link_books *books,
                     struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);
    struct specie_state *state = &node->specie;
    struct specie_signed made;

    if (!specie_is_due(node, books->now_us))
        return false;
    made.statement = specie_of(node, books);
    specie_encode(&made);
    links->signer.sign(links->signer.context, made.bytes, made.size, made.signature);
    specie_parcel_encode(out, &made, state->asks);
    state->due = false;
    state->asks = false;
    state->signed_us = books->now_us;
    state->signed_sent = node->saved.sent.total;
    state->signed_received = node->saved.received.total;
    state->signed_paid = node->saved_paid.index;
    state->signed_got = node->saved_got.index;
    return true;
}

bool links_specie_waits(const struct links *links, uint64_t now_us)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct link_node *node = links->nodes[i];

        if (!node->link.removed && (node->specie.dirty || node->settlement_dirty ||
                                    node->loss.dirty || specie_is_due(node, now_us)))
            return true;
    }
    return false;
}

/* ---- the peer's ---- */

/*
 * Whether the statement is the peer's own and about this link, by itself.  A parcel that is not is
 * refused: it proves nothing against anybody.
 */
static enum status specie_check_whose(const struct link_node *node,
                                      const struct specie_signed *theirs, struct fault *fault)
{
    const struct specie *statement = &theirs->statement;
    char signer[2 * LINK_KEY_BYTES + 1];
    char peer[2 * LINK_KEY_BYTES + 1];

    if (memcmp(statement->signer, node->link.key, LINK_KEY_BYTES) != 0 ||
        memcmp(statement->peer, node->links->signer.key, LINK_KEY_BYTES) != 0)
        return fault_set(fault, ST_INVALID,
                         "statement: it is of another link, signed by %.16s for %.16s",
                         hex_print(signer, statement->signer, LINK_KEY_BYTES),
                         hex_print(peer, statement->peer, LINK_KEY_BYTES));
    if (strcmp(statement->currency, node->links->currency) != 0)
        return fault_set(fault, ST_INVALID, "statement: it counts in another currency, %s",
                         statement->currency);
    if (!specie_is_signed(theirs))
        return fault_set(fault, ST_INVALID,
                         "statement: the signature for its frame %" PRIu64 " is not the peer's",
                         statement->frame);
    return ST_OK;
}

/* Whether the statement is newer than all that we know of the peer.  ST_INVALID says what is not.
 */
static enum status specie_check_news(const struct link_node *node, const struct specie *statement,
                                     struct fault *fault)
{
    const struct link *link = &node->link;
    const struct specie_state *state = &node->specie;

    if (state->has_theirs && statement->frame < state->theirs.statement.frame)
        return fault_set(fault, ST_INVALID,
                         "statement: it is of frame %" PRIu64 " of the peer's, and we have that of "
                         "frame %" PRIu64,
                         statement->frame, state->theirs.statement.frame);
    /* What a bounded peer signs is durable there, and what it sends runs ahead of that. */
    if (!money_is_zero(link->peer_flush_amount))
        return ST_OK;
    if (statement->received.seq < link->acked_seq)
        return fault_set(fault, ST_INVALID,
                         "statement: it says that the peer has %" PRIu64
                         " of our messages, and it acknowledged %" PRIu64,
                         statement->received.seq, link->acked_seq);
    if (statement->sent.seq < link->received_seq)
        return fault_set(fault, ST_INVALID,
                         "statement: it says that the peer sent %" PRIu64
                         " messages, and we received %" PRIu64,
                         statement->sent.seq, link->received_seq);
    return ST_OK;
}

/* One of our directions at one sequence.  False: the two differ, and the link is frozen. */
static bool specie_compare(struct link_node *node, const char *whose,
                           const struct specie_side *ours, const struct specie_side *theirs)
{
    if (ours->total != theirs->total)
        freeze_specie_total(node, whose, ours->seq, ours->total, theirs->total);
    else if (!digest_equal(&ours->digest, &theirs->digest))
        freeze_specie_digest(node, whose, ours->seq, &ours->digest, &theirs->digest);
    return node->link.state != LINK_FROZEN;
}

/* What the peer signed that it has of ours.  False: it is not true. */
static bool specie_check_received(struct link_node *node, const struct specie_side *received)
{
    struct specie_side ours = {.seq = received->seq};

    if (received->seq < node->link.acked_seq)
        return true; /* of a bounded peer: overtaken by an acknowledgement that was compared */
    if (received->seq > node->saved.sent.seq) {
        freeze_specie_unsent(node, received->seq);
        return false;
    }
    ours.total = link_total_at(node, received->seq); /* not before acked_seq: it was checked */
    ours.digest = link_digest_at(node, received->seq);
    return specie_compare(node, "ours", &ours, received);
}

/* What the peer signed that it sent, once we have all of it.  False: it is not true. */
static bool specie_check_sent(struct link_node *node, const struct specie_side *sent)
{
    const struct link *link = &node->link;
    const struct specie_side ours = {link->received_seq, link->received_total,
                                     link->received_digest};

    if (sent->seq < link->received_seq)
        return true; /* of a bounded peer: overtaken by messages; audits compare with the books */
    if (sent->seq == link->received_seq)
        return specie_compare(node, "the peer's", &ours, sent);
    if (sent->total >= link->received_total)
        return true; /* compared when we are there: specie_check_reached() */
    freeze_specie_total(node, "the peer's", sent->seq, link->received_total, sent->total);
    return false;
}

void specie_check_reached(struct link_node *node)
{
    const struct specie_state *state = &node->specie;

    if (state->has_theirs && state->theirs.statement.sent.seq == node->link.received_seq)
        (void)specie_check_sent(node, &state->theirs.statement.sent); /* it freezes by itself */
}

/* Two statements of one frame are the same, as nothing changes within one.  False: they differ. */
static bool specie_check_same_frame(struct link_node *node, const struct specie_signed *theirs)
{
    const struct specie_signed *known = &node->specie.theirs;

    if (!node->specie.has_theirs || known->statement.frame != theirs->statement.frame ||
        (known->size == theirs->size && memcmp(known->bytes, theirs->bytes, known->size) == 0))
        return true;
    freeze_specie_twice(node, theirs->statement.frame);
    return false;
}

enum parcel_result link_specie_in(struct link_node *node, const struct specie_parcel *parcel,
                                  struct fault *fault)
{
    const struct specie *statement = &parcel->specie.statement;
    struct specie_state *state = &node->specie;

    if (node->link.state == LINK_FROZEN)
        return PARCEL_STALE;
    if (specie_check_whose(node, &parcel->specie, fault) != ST_OK)
        return PARCEL_REFUSED;
    /* Of another connection, as DATA; HELLO says where the two stand now. */
    if (node->link.state != LINK_UP || statement->epoch != node->link.peer_epoch) {
        (void)fault_set(fault, ST_INVALID,
                        "statement: it is of epoch %" PRIu64 " of the peer, which is at %" PRIu64,
                        statement->epoch, node->link.peer_epoch);
        return PARCEL_STALE;
    }
    if (specie_check_news(node, statement, fault) != ST_OK)
        return PARCEL_REFUSED;
    if (!specie_check_same_frame(node, &parcel->specie) ||
        !specie_check_received(node, &statement->received) ||
        !specie_check_sent(node, &statement->sent) || !settlement_check_statement(node, statement))
        return PARCEL_FROZE;
    state->theirs = parcel->specie;
    state->has_theirs = true;
    state->dirty = true;
    state->due = state->due || parcel->asks;
    settlement_take_statement(node, statement);
    return PARCEL_KEPT;
}
