/*
 * Accepting a loss, seen from one link (acceptance.h).
 *
 * A site that accepted a pair of positions cannot take that back: the peer may have counted by it.
 * So from then on nothing that the positions name changes here until this site has counted, too. It
 * counts once it has both acceptances, and repeats its own until a good HELLO shows that the peer
 * did.
 */
#include "links/acceptance.h"

#include <inttypes.h>
#include <string.h>

#include "links/link_set.h"

/* ---- its state ---- */

static struct hash loss_pair(const struct loss_state *loss)
{
    return position_pair(&loss->record.ours, &loss->record.theirs);
}

enum acceptance_state link_acceptance(const struct links *links, const struct link *link,
                                      struct hash *pair)
{
    const struct loss_state *loss = &node_of_link(links, link)->loss;

    if (!loss->has_ours)
        return ACCEPTANCE_NONE;
    if (!loss->has_theirs)
        return ACCEPTANCE_STATED;
    if (pair != NULL)
        *pair = loss_pair(loss);
    if (loss->counted)
        return ACCEPTANCE_DONE;
    return loss->we_accept ? ACCEPTANCE_AWAITED : ACCEPTANCE_PAIRED;
}

bool link_peer_accepts(const struct links *links, const struct link *link)
{
    return node_of_link(links, link)->loss.it_accepts;
}

bool link_acceptance_binds(const struct links *links, const struct link *link)
{
    const struct loss_state *loss = &node_of_link(links, link)->loss;

    return loss->we_accept && !loss->counted;
}

bool link_holds_numbers(const struct link_node *node)
{
    return node->link.unsure || (node->loss.has_ours && !node->loss.counted);
}

bool link_accepted(const struct links *links, const struct link *link)
{
    return link_acceptance_binds(links, link) && link_peer_accepts(links, link);
}

const struct loss_record *link_loss_record(const struct links *links, const struct link *link)
{
    const struct loss_state *loss = &node_of_link(links, link)->loss;

    return loss->has_last ? &loss->last : NULL;
}

const struct position_signed *link_position_theirs(const struct links *links,
                                                   const struct link *link)
{
    const struct loss_state *loss = &node_of_link(links, link)->loss;

    return loss->has_theirs ? &loss->record.theirs : NULL;
}

/* Something of it is new: it is written with this frame, and leaves when that is durable. */
static void loss_changed(struct loss_state *loss)
{
    loss->dirty = true;
    loss->saved = false;
    loss->due = true;
}

/* Nothing is stated; what was counted before stays for those who compare books. */
static void loss_begin(struct loss_state *loss)
{
    loss->has_ours = false;
    loss->has_theirs = false;
    loss->we_accept = false;
    loss->it_accepts = false;
    loss->counted = false;
    loss->due = false;
}

/* ---- ours ---- */

static struct position loss_position(const struct link_node *node, uint32_t number)
{
    const struct link *link = &node->link;
    struct position position = {
        .epoch = link->epoch,
        .peer_epoch = link->peer_epoch,
        .sent = {link->sent_seq, link->sent_total, link->sent_digest},
        .acked = {link->acked_seq, link->acked_total, link->acked_digest},
        .received = {link->received_seq, link->received_total, link->received_digest},
        .paid = link->paid,
        .got = link->got,
        .claimed = node->settlement.claimed.index,
        .number = number,
    };

    memcpy(position.signer, node->links->signer.key, LINK_KEY_BYTES);
    memcpy(position.peer, node->link.key, LINK_KEY_BYTES);
    memcpy(position.currency, node->links->currency, sizeof position.currency);
    return position;
}

/*
 * Epochs rise with each connection, and change nothing of what is accepted.  An end that went since
 * leaves a number that the peer steps over all the same.
 */
static bool loss_position_holds(const struct position *was, const struct position *is)
{
    return was->sent.seq == is->sent.seq && was->acked.seq == is->acked.seq &&
           was->received.seq == is->received.seq && was->paid.index == is->paid.index &&
           was->got.index == is->got.index && was->claimed == is->claimed &&
           was->number >= is->number;
}

bool link_position_stands(const struct links *links, const struct link *link, uint32_t number)
{
    const struct link_node *node = node_of_link(links, link);
    const struct loss_state *loss = &node->loss;
    struct position now = loss_position(node, number);

    return loss->has_ours && !loss->counted &&
           loss_position_holds(&loss->record.ours.position, &now);
}

enum status link_state_position(struct links *links, struct link *link, uint32_t number,
                                struct fault *fault)
{
    struct link_node *node = node_of_link(links, link);
    struct loss_state *loss = &node->loss;

    if (link->state != LINK_FROZEN)
        return fault_set(fault, ST_INVALID,
                         "link %s is %s: a loss is accepted on a link that it has frozen, or that "
                         "`serai link freeze %s` did",
                         link->name, link_state_word(link->state), link->name);
    if (links->signer.sign == NULL)
        return fault_set(fault, ST_INVALID, "nobody signs for this site");
    if (node->queue_total != 0)
        return fault_set(fault, ST_INVALID,
                         "link %s: messages wait for their numbers: again in a "
                         "moment",
                         link->name);
    if (link_position_stands(links, link, number)) {
        loss->due = true;
        return ST_OK;
    }
    INVARIANT(!link_acceptance_binds(links, link)); /* then nothing changes */
    if (loss->counted)
        loss_begin(loss);
    loss->we_accept = false;
    loss->it_accepts = false;
    loss->has_ours = true;
    loss->record.ours.position = loss_position(node, number);
    position_encode(&loss->record.ours);
    links->signer.sign(links->signer.context, loss->record.ours.bytes, loss->record.ours.size,
                       loss->record.ours.signature);
    loss_changed(loss);
    node->dirty = true; /* with what waits for its number: link_holds_numbers() */
    return ST_OK;
}

void loss_withdraw(struct link_node *node)
{
    struct loss_state *loss = &node->loss;

    INVARIANT(!link_acceptance_binds(node->links, &node->link));
    if (loss->counted || !(loss->has_ours || loss->has_theirs))
        return;
    loss_begin(loss);
    loss->dirty = true;
    node->dirty = true; /* with the rows of what waited for its number */
}

/* ---- the pair ---- */

enum status link_loss_plan(const struct links *links, const struct link *link,
                           struct loss_plan *plan, struct fault *fault)
{
    const struct loss_state *loss = &node_of_link(links, link)->loss;

    INVARIANT(loss->has_ours && loss->has_theirs);
    return position_plan(plan, &loss->record.ours.position, &loss->record.theirs.position, fault);
}

enum status link_check_accept(const struct links *links, const struct link *link,
                              struct loss_plan *plan, struct fault *fault)
{
    const struct link_node *node = node_of_link(links, link);
    const struct position *theirs = &node->loss.record.theirs.position;
    uint64_t claimed = node->settlement.claimed.index;
    enum status status = link_loss_plan(links, link, plan, fault);

    if (status != ST_OK)
        return status;
    /* It would stay here below what counts, and be posted once more when somebody confirms it. */
    if (claimed != 0 && theirs->paid.index >= claimed)
        return fault_set(fault, ST_INVALID,
                         "the peer says that its settlement %" PRIu64 " was decided, and here it "
                         "is not: `serai link settled` confirms or refuses it first",
                         claimed);
    if (theirs->claimed != 0 && theirs->claimed != node->settlement.pending.index)
        return fault_set(fault, ST_INVALID,
                         "settlement %" PRIu64 " of ours is claimed at the peer and not known "
                         "here: its operator confirms or refuses it first (`serai link settled`)",
                         theirs->claimed);
    return ST_OK;
}

void link_accept(struct links *links, struct link *link)
{
    struct loss_state *loss = &node_of_link(links, link)->loss;
    uint8_t bytes[ACCEPTANCE_BYTES_MAX];
    struct loss_plan plan;
    struct fault fault;
    struct hash pair;

    INVARIANT(link_acceptance(links, link, &pair) == ACCEPTANCE_PAIRED);
    INVARIANT(link_check_accept(links, link, &plan, &fault) == ST_OK);
    links->signer.sign(links->signer.context, bytes, acceptance_encode(bytes, &pair),
                       loss->record.our_acceptance);
    loss->we_accept = true;
    loss_changed(loss);
}

/* The place in the retransmission queue of the first message that the peer never received. */
static bool loss_first_returned(const struct link_node *node, size_t *first)
{
    const struct link *link = &node->link;
    const struct specie_side *received = &node->loss.record.theirs.position.received;
    struct digest digest;

    if (received->seq < link->acked_seq) {
        *first = 0; /* it has lost some, and what it was never sent is all that is kept here */
        return true;
    }
    if (received->seq > link->sent_seq)
        return false;
    digest = link_digest_at(node, received->seq);
    *first = (size_t)(received->seq - link->acked_seq);
    return link_total_at(node, received->seq) == received->total &&
           digest_equal(&digest, &received->digest);
}

bool link_returned_each(const struct links *links, const struct link *link,
                        const struct loss_plan *plan,
                        void (*visit)(void *context, const struct channel_message *message),
                        void *context)
{
    const struct link_node *node = node_of_link(links, link);
    u128 sum = 0;
    size_t first;

    if (!loss_first_returned(node, &first))
        return false;
    for (size_t i = first; i < node->unacked.count; i++)
        sum += money_nanos(outbox_at(&node->unacked, i)->money);
    if (sum != plan->sent.returned)
        return false;
    for (size_t i = first; i < node->unacked.count; i++)
        visit(context, &outbox_at(&node->unacked, i)->message);
    return true;
}

/* Messages without a number: none has money, or the position could not have been signed. */
static void loss_drop_queue(struct link_node *node)
{
    INVARIANT(node->queue_total == 0);
    while (node->queue.count > 0) {
        struct outgoing *outgoing = outbox_pop(&node->queue);

        window_give(&node->window, outgoing);
        outgoing_free(node->links, outgoing);
    }
}

static void loss_count_settled(struct link_node *node, const struct loss_plan *plan)
{
    struct link *link = &node->link;
    struct settlement *settlement = &node->settlement;

    link->paid = plan->paid;
    link->got = plan->got;
    settlement->got_before = plan->got;
    if (plan->paid.index >= settlement->pending.index)
        settlement->pending = (struct settlement_payment){0};
    if (plan->paid.index > settlement->last_index)
        settlement->last_index = plan->paid.index;
    node->settlement_dirty = true;
}

void link_count_accepted(struct links *links, struct link *link, const struct loss_plan *plan)
{
    struct link_node *node = node_of_link(links, link);
    struct loss_state *loss = &node->loss;
    struct fault fault;

    INVARIANT(link_accepted(links, link) && link->state == LINK_FROZEN);
    loss_drop_queue(node);
    link_take_ack(node, link->sent_seq);
    link->sent_seq = link->acked_seq = node->seen_seq = plan->sent.seq;
    link->sent_total = link->acked_total = plan->sent.total;
    link->received_seq = plan->received.seq;
    link->received_total = plan->received.total;
    /* Both begin anew, as with the first message. */
    link->sent_digest = link->acked_digest = link->received_digest = (struct digest){0};
    node->next_seq = link->sent_seq + 1;
    node->reported_seq = 0;
    node->reported_seen = 0;
    link->regrants_seq = 0;
    link->peer_durable_seq = link->received_seq;
    link->unsure = false;
    loss_count_settled(node, plan);
    if (loss->record.theirs.position.peer_epoch > link->epoch)
        link->epoch = loss->record.theirs.position.peer_epoch;
    /* What the peer signed before is of a history that no longer counts; its position replaces it.
     */
    node->specie.dirty = node->specie.dirty || node->specie.has_theirs;
    node->specie.has_theirs = false;
    loss->counted = true;
    loss->has_last = true;
    loss->last = loss->record;
    loss_changed(loss);
    node->dirty = true;
    INVARIANT(link_resume(links, link, &fault) == ST_OK);
}

/* ---- parcels ---- */

bool link_loss_out(struct links *links, struct link *link, struct bytes *out)
{
    struct loss_state *loss = &node_of_link(links, link)->loss;
    struct loss_parcel parcel = {.accepts = loss->we_accept};

    if (!loss->due || !loss->saved || link->state == LINK_UP)
        return false;
    parcel.position = loss->record.ours;
    if (loss->we_accept) {
        parcel.pair = loss_pair(loss);
        memcpy(parcel.acceptance, loss->record.our_acceptance, sizeof parcel.acceptance);
    }
    loss_parcel_encode(out, &parcel);
    loss->due = false;
    return true;
}

bool loss_remind(struct link_node *node)
{
    struct loss_state *loss = &node->loss;

    loss->answered = false;
    loss->due = loss->has_ours && !node->link.removed && node->link.state != LINK_UP;
    return loss->due;
}

/* Whether the position is the peer's own and about this link, by itself. */
static enum status loss_check_whose(const struct link_node *node,
                                    const struct position_signed *theirs, struct fault *fault)
{
    const struct position *position = &theirs->position;

    if (memcmp(position->signer, node->link.key, LINK_KEY_BYTES) != 0 ||
        memcmp(position->peer, node->links->signer.key, LINK_KEY_BYTES) != 0)
        return fault_set(fault, ST_INVALID, "position: it is of another link");
    if (strcmp(position->currency, node->links->currency) != 0)
        return fault_set(fault, ST_INVALID, "position: it counts in another currency, %s",
                         position->currency);
    if (!position_is_signed(theirs))
        return fault_set(fault, ST_INVALID, "position: the signature is not the peer's");
    return ST_OK;
}

static bool loss_same(const struct position_signed *one, const struct position_signed *other)
{
    return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

/* Whether the acceptance is the peer's, of the two positions that are here. */
static bool loss_is_accepted(const struct link_node *node, const struct loss_parcel *parcel)
{
    struct hash pair;

    if (!parcel->accepts || !node->loss.has_ours)
        return false;
    pair = loss_pair(&node->loss);
    return hash_equal(&pair, &parcel->pair) &&
           acceptance_is_signed(parcel->acceptance, &pair, node->link.key);
}

enum parcel_result link_loss_in(struct link_node *node, const struct loss_parcel *parcel,
                                struct fault *fault)
{
    struct loss_state *loss = &node->loss;
    bool is_new = !loss->has_theirs || !loss_same(&loss->record.theirs, &parcel->position);

    if (node->links->signer.sign == NULL)
        return PARCEL_STALE;
    if (loss_check_whose(node, &parcel->position, fault) != ST_OK)
        return PARCEL_REFUSED;
    if (is_new && loss->counted && node->link.state != LINK_FROZEN)
        return PARCEL_STALE; /* this link has nothing to accept */
    if (is_new) {
        if (loss->counted)
            loss_begin(loss); /* another one */
        loss->record.theirs = parcel->position;
        loss->has_theirs = true;
        /*
         * The peer does not wait for the pair before.  It has taken its position back, or has
         * counted by both acceptances and was frozen again: then the new one says where it came to.
         */
        loss->it_accepts = false;
        loss->we_accept = false;
        loss_changed(loss);
    } else if (!loss->answered) {
        loss->due = true; /* it says it again, so it may lack ours */
        loss->answered = true;
    }
    if (!loss->it_accepts && loss_is_accepted(node, parcel)) {
        loss->it_accepts = true;
        memcpy(loss->record.their_acceptance, parcel->acceptance,
               sizeof loss->record.their_acceptance);
        loss_changed(loss);
    }
    loss->due = loss->due && loss->has_ours;
    if (link_accepted(node->links, &node->link))
        return PARCEL_ACCEPTED;
    return loss->dirty ? PARCEL_KEPT : PARCEL_STALE;
}
