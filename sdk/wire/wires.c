/* Wires and sessions. */
#include "sdk/wire/wires.h"

#include "sdk/wire/messages.h"
#include "sdk/wire/tables.h"

static const uint8_t no_secret[OP_SECRET_BYTES];

static bool secret_is(const uint8_t *one, const uint8_t *other)
{
    return memcmp(one, no_secret, OP_SECRET_BYTES) != 0 && memcmp(one, other, OP_SECRET_BYTES) == 0;
}

static int32_t wire_index(const struct wire *wire)
{
    return (int32_t)(wire - here.wires);
}

static struct wire *wire_new(void)
{
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        struct wire *wire = &here.wires[i];

        if (wire->state == WIRE_FREE) {
            *wire = (struct wire){.generation = (uint16_t)(wire->generation + 1),
                                  .end = SERAI_SLOT_NONE,
                                  .asker = SERAI_SLOT_NONE};
            return wire;
        }
    }
    return NULL;
}

/* ---- packets that go ---- */

/* To the agent that holds the end.  It says how many it has sent on, so few are under way. */
static int64_t wire_try_relayed(struct wire *wire, const uint8_t *bytes, int32_t size,
                                int64_t money)
{
    int64_t answer;

    if (wire->unacked >= WIRE_WINDOW_PACKETS)
        return SERAI_E_CREDIT;
    answer = serai_send(wire->end, bytes, size, money, INT64_MAX, SERAI_SLOT_NONE);
    wire->unacked += answer >= 0;
    return answer;
}

static int64_t wire_try(struct wire *wire, const uint8_t *bytes, int32_t size, int64_t money)
{
    int64_t answer;

    if (wire->is_relayed)
        return wire_try_relayed(wire, bytes, size, money);
    answer = channel_send(wire->end, bytes, size, money);
    if (answer == SERAI_E_CREDIT || answer == SERAI_E_FULL)
        (void)channel_room(wire->end); /* it may be asked for already: fine */
    return answer;
}

/* What a packet can wait for: a grant, the window of the link, the inbox of a relay. */
static bool is_later(int64_t answer)
{
    return answer == SERAI_E_CREDIT || answer == SERAI_E_FULL || answer == SERAI_E_PENDING;
}

static int64_t wire_send(struct wire *wire, const struct op *op, int64_t money, bool may_fail)
{
    int32_t size = op_write(op, packet_room, sizeof packet_room);
    struct queue_item first;
    int64_t answer = SERAI_E_CREDIT;

    if (size == 0)
        return SERAI_E_INVALID;
    if (!queue_first(&here.queue, wire_index(wire), &first))
        answer = wire_try(wire, packet_room, size, money);
    if (answer >= 0)
        return 0;
    if ((may_fail && !is_later(answer)) || answer == SERAI_E_CLOSED)
        return answer; /* that it is closed is told by its own event */
    if (queue_allows(&here.queue, wire_index(wire), size) &&
        queue_put(&here.queue, wire_index(wire), op->kind == OP_DELIVER ? op->question : 0, money,
                  packet_room, size))
        return 0;
    if (!may_fail && wire->is_joined)
        session_abort(&here.sessions[wire->session], "more packets wait than there is room for");
    return SERAI_E_FULL;
}

int64_t session_send(struct session *session, const struct op *op, int64_t money, bool may_fail)
{
    if (!session->open)
        return SERAI_E_CLOSED;
    return wire_send(&here.wires[session->wire], op, money, may_fail);
}

static void wire_flush(struct wire *wire)
{
    struct queue_item item;

    while (queue_first(&here.queue, wire_index(wire), &item)) {
        /*
         * Of a closed wire all stays until its session ends.  Then money of messages goes back: who
         * asked waits here, and his reply takes it (questions_return()).  That of answers stays
         * with this agent: who answered has handed it over for good and waits for nothing, so no
         * way leads back to him, and the one that it was for is out of reach.
         */
        if (wire_try(wire, item.bytes, item.size, item.money) < 0)
            return;
        queue_take(&here.queue, &item);
    }
}

/* ---- sessions ---- */

struct session *session_with(const uint8_t key[OP_KEY_BYTES])
{
    for (int32_t i = 0; i < WIRE_SESSIONS_MAX; i++) {
        struct session *session = &here.sessions[i];

        if (session->open && memcmp(session->key, key, OP_KEY_BYTES) == 0)
            return session;
    }
    return NULL;
}

/* 12 bytes that nobody can guess: the site draws such for each entry of the heap. */
static void draw_secret(uint8_t *secret)
{
    int64_t slot = heap_add(SERAI_SLOT_HEAP, here.door_slot, secret);

    if (slot >= 0)
        slot = heap_take(SERAI_SLOT_HEAP, secret);
    if (slot >= 0)
        (void)cap_drop((int32_t)slot);
    else
        memset(secret, 0, OP_SECRET_BYTES);
}

static struct session *session_open(struct wire *wire)
{
    struct session *session = here.sessions;
    uint16_t generation;

    while (session->open) {
        if (++session == here.sessions + WIRE_SESSIONS_MAX)
            return NULL;
    }
    generation = session->generation;
    memset(session, 0, sizeof *session);
    session->open = true;
    session->generation = (uint16_t)(generation + 1);
    session->wire = wire_index(wire);
    memcpy(session->key, wire->key, OP_KEY_BYTES);
    draw_secret(session->secret);
    for (int32_t i = 0; i < WIRE_QUESTIONS_MAX; i++)
        session->answers[i] = (struct answer){.promise = SERAI_SLOT_NONE, .hear = SERAI_SLOT_NONE};
    session->exports[0] = (struct export){.mentions = 1, .slot = here.door_slot};
    session->imports[0] = (struct import){.mentions = 1};
    return session;
}

void session_abort(struct session *session, const char *reason)
{
    if (session->ends == NULL)
        session->ends = reason;
}

static void load_next(void);

static void wire_free(struct wire *wire)
{
    struct queue_item item;
    int64_t slot;

    while (queue_first(&here.queue, wire_index(wire), &item))
        queue_take(&here.queue, &item);
    if (wire->asker != SERAI_SLOT_NONE)
        reply_fails(wire->asker, WIRE_CLOSED, "the other site could not be joined", -1,
                    wire->state == WIRE_BOUGHT ? wire->money : 0);
    if (wire->is_relayed) {
        (void)wire_try_relayed(wire, (const uint8_t *)"x", 1, 0);
        (void)cap_drop(wire->end);
        slot = self_facet_of(SERAI_SLOT_SELF, badge_wire(wire), 0, SERAI_FACET_WATCH);
        if (slot >= 0)
            (void)self_revoke(SERAI_SLOT_SELF, (int32_t)slot);
    } else if (wire->end != SERAI_SLOT_NONE) {
        (void)channel_close(wire->end);
        (void)cap_drop(wire->end);
    }
    wire->state = WIRE_FREE;
    if (here.load_wire == wire_index(wire)) {
        here.load_wire = -1;
        load_next();
    }
}

static void session_end(struct session *session)
{
    const char *reason = session->ends;
    struct op op = {
        .kind = OP_ABORT, .body = (const uint8_t *)reason, .size = (int32_t)strlen(reason)};

    if (!session->ends_silently)
        (void)session_send(session, &op, 0, true);
    session->open = false;
    questions_end(session);
    tables_end(session);
    session->ends = NULL;
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        struct wire *wire = &here.wires[i];

        if (wire->state >= WIRE_UP && wire->is_joined && wire->session == session_index(session))
            wire_free(wire);
    }
    (void)serai_log_bytes("wire: a site is no longer joined: ", reason, op.size);
}

/* ---- who is at the other end ---- */

/*
 * What the other side told us is told to it alone: to the site that it is, or to who knows what we
 * told it.
 */
static void wire_hello(struct wire *wire)
{
    struct op op = {.kind = OP_HELLO,
                    .version = OP_VERSION,
                    .ask = facet_postage(here.inner_door_slot) + WIRE_FEE_NANOS};
    const struct session *session = session_with(wire->key);

    memcpy(op.key, here.key, OP_KEY_BYTES);
    if (wire->is_joined)
        memcpy(op.secret, here.sessions[wire->session].secret, OP_SECRET_BYTES);
    if (session != NULL && (wire->is_verified || wire->is_joined))
        memcpy(op.proof, session->theirs, OP_SECRET_BYTES);
    (void)wire_send(wire, &op, 0, false);
}

static void wire_join(struct wire *wire, struct session *session)
{
    wire->is_joined = session != NULL;
    if (session != NULL)
        wire->session = session_index(session);
}

static void wire_answer_asker(struct wire *wire)
{
    struct serai_text text;

    text.size = 0;
    serai_text_add(&text, "joined with ");
    serai_text_add_hex(&text, wire->key, 8);
    (void)serai_answer(wire->asker, text.bytes, text.size, 0);
    wire->asker = SERAI_SLOT_NONE;
    (void)serai_text_log(&text);
}

/* Whether the session hangs on what somebody said alone: no wire of it was checked by the site. */
static bool session_is_hearsay(const struct session *session)
{
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        const struct wire *wire = &here.wires[i];

        if (wire->state >= WIRE_UP && wire->is_joined && wire->is_verified &&
            wire->session == session_index(session))
            return false;
    }
    return true;
}

/*
 * A packet can be sent.  The first wire to a site begins a session with it.  The side that the site
 * has told who is there says first who it is; on another wire it waits until it can prove that.
 */
static void wire_is_up(struct wire *wire)
{
    const struct session *session = session_with(wire->key);

    wire->state = WIRE_UP;
    if (session == NULL) {
        wire_join(wire, session_open(wire));
        if (!wire->is_joined) {
            (void)serai_log("wire: a wire is closed: there are too many sites already");
            wire_free(wire);
            return;
        }
    }
    if (wire->is_verified && (wire->is_joined || session_is_hearsay(session) ||
                              memcmp(session->theirs, no_secret, OP_SECRET_BYTES) != 0))
        wire_hello(wire);
}

/*
 * Another wire to a site that we are joined with belongs to the session if the other side knows
 * what only it was told.  If it does not, one of them is not who he says he is; the site knows
 * better than hearsay.
 */
static void wire_proves(struct wire *wire, const struct op *op)
{
    struct session *session = session_with(wire->key);

    if (wire->is_joined || session == NULL)
        return;
    if (secret_is(session->secret, op->proof)) {
        wire_join(wire, session);
    } else if (wire->is_verified && session_is_hearsay(session)) {
        session_abort(session, "another one is the site that it says it is");
        session_end(session);
        wire_join(wire, session_open(wire));
        wire_hello(wire);
    }
}

/* Now that we can prove who we are: on the wires that wait for it. */
static void hello_others(const struct wire *wire)
{
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        struct wire *other = &here.wires[i];

        if (other != wire && other->state >= WIRE_UP && other->is_verified && !other->is_joined &&
            memcmp(other->key, wire->key, OP_KEY_BYTES) == 0)
            wire_hello(other);
    }
}

static void wire_refuse(struct wire *wire, const char *why)
{
    (void)serai_log_bytes("wire: a wire is closed: ", why, (int32_t)strlen(why));
    if (wire->is_joined)
        session_abort(&here.sessions[wire->session], why);
    else
        wire_free(wire);
}

static void hello_came(struct wire *wire, const struct op *op)
{
    bool is_first = wire->state != WIRE_GREETED;
    struct session *session;

    if (op->version != OP_VERSION || memcmp(op->key, wire->key, OP_KEY_BYTES) != 0) {
        wire_refuse(wire, "its other end speaks another version, or is another site than it was "
                          "to be");
        return;
    }
    wire_proves(wire, op);
    if (!wire->is_joined) {
        wire_refuse(wire, "its other end cannot prove that it is the site that it says it is");
        return;
    }
    wire->state = WIRE_GREETED;
    session = &here.sessions[wire->session];
    session->imports[0].ask = op->ask;
    if (memcmp(session->theirs, no_secret, OP_SECRET_BYTES) == 0 &&
        memcmp(op->secret, no_secret, OP_SECRET_BYTES) != 0) {
        memcpy(session->theirs, op->secret, OP_SECRET_BYTES);
        hello_others(wire);
    }
    if (!wire->is_verified && is_first)
        wire_hello(wire);
    if (wire->asker != SERAI_SLOT_NONE)
        wire_answer_asker(wire);
}

/* ---- a wire begins ---- */

static void wire_load(struct wire *wire);

/* Load the next one that waits for it. */
static void load_next(void)
{
    if (here.load_wire >= 0)
        return;
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        if (here.wires[i].state == WIRE_WAITS) {
            wire_load(&here.wires[i]);
            return;
        }
    }
}

static void load_goes_on(int64_t answer)
{
    struct wire *wire = &here.wires[here.load_wire];

    if (answer == 0)
        return; /* ROOM follows */
    here.load_wire = -1;
    if (answer < 0) {
        (void)serai_log_values("wire: cannot load the other end, refusal %d", answer);
        wire_free(wire);
    } else {
        wire_is_up(wire);
    }
    load_next();
}

static void wire_load(struct wire *wire)
{
    struct serai_text args;

    if (here.load_wire >= 0) {
        wire->state = WIRE_WAITS;
        return;
    }
    args.size = 0;
    serai_text_add(&args, "family=");
    serai_text_add_hex(&args, here.family, sizeof here.family);
    serai_text_add(&args, " from=");
    serai_text_add_hex(&args, here.key, sizeof here.key);
    here.load_wire = wire_index(wire);
    wire->state = WIRE_LOADS;
    load_goes_on(serai_load_self(&here.load, wire->end, args.bytes, args.size));
}

const char *wire_connect(const char *link, int32_t size, int64_t endowment, bool again)
{
    int32_t interface = serai_interface_named(link, size);
    const struct session *session;
    struct wire *wire;
    uint8_t key[OP_KEY_BYTES];
    int64_t slot;

    if (interface < 0 || channel_peer(SERAI_SLOT_CHANNELS, interface, key) < 0)
        return "there is no link of that name";
    if (memcmp(key, here.key, OP_KEY_BYTES) == 0)
        return "that link leads to this very site";
    session = session_with(key);
    if (session != NULL && !again && !session_is_hearsay(session))
        return "this site is joined with that one already";
    wire = wire_new();
    if (wire == NULL)
        return "there are too many wires already";
    slot = channel_buy(SERAI_SLOT_CHANNELS, interface, endowment, WIRE_BUY_FEE_NANOS_MAX);
    if (slot < 0)
        return slot == SERAI_E_SHORT ? "the wire agent has too little money for it"
                                     : "the site sells no channel over this link now";
    wire->state = WIRE_BOUGHT;
    wire->end = (int32_t)slot;
    wire->is_verified = true;
    wire->asker = event.reply;
    wire->money = event.money;
    memcpy(wire->key, key, OP_KEY_BYTES);
    if (event.reply != SERAI_SLOT_NONE && cap_keep(event.reply) < 0)
        return "the wire agent cannot keep the reply";
    return NULL;
}

struct wire *wire_of_end(int32_t slot)
{
    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        struct wire *wire = &here.wires[i];

        if (wire->state != WIRE_FREE && !wire->is_relayed && wire->end == slot)
            return wire;
    }
    return NULL;
}

/* Let packets come. */
static void wire_arm(struct wire *wire)
{
    (void)serai_arm(&wire->credit, wire->end, WIRE_WINDOW_PACKETS, WIRE_PACKET_BYTES_MAX);
}

void wire_bought(void)
{
    struct wire *wire = wire_of_end(event.slot);

    if (wire == NULL)
        return;
    if (event.status != 0) {
        (void)serai_log_values("wire: no channel, refusal %d", event.status);
        wire->end = SERAI_SLOT_NONE;
        wire_free(wire);
        return;
    }
    wire_arm(wire);
    wire_load(wire);
}

void wire_room(int32_t slot)
{
    if (here.load_wire >= 0 && here.wires[here.load_wire].end == slot)
        load_goes_on(serai_load_continue(&here.load));
}

void wire_begin_child(const char *args, int32_t size)
{
    struct wire *wire = wire_new();

    wire->end = SERAI_SLOT_ORIGIN;
    (void)serai_arg_hex("from", args, size, wire->key, OP_KEY_BYTES);
    wire_arm(wire);
    wire_is_up(wire);
}

void wire_relay_comes(void)
{
    struct wire *wire = event.cap_count == 1 ? wire_new() : NULL;
    int64_t slot;

    if (wire == NULL ||
        !serai_arg_hex("from", (const char *)event_data, event.size, wire->key, OP_KEY_BYTES) ||
        cap_keep(event.caps[0]) < 0)
        return;
    slot = self_facet_of(SERAI_SLOT_SELF, badge_wire(wire), 0, SERAI_FACET_WATCH);
    wire->end = event.caps[0];
    wire->is_relayed = true;
    if (slot < 0 || facet_send(wire->end, NULL, 0, &(int32_t){(int32_t)slot}, 1, 0,
                               facet_postage(wire->end), SERAI_SLOT_NONE) < 0) {
        (void)cap_drop(wire->end);
        if (slot >= 0)
            (void)self_revoke(SERAI_SLOT_SELF, (int32_t)slot);
        return;
    }
    (void)cap_drop((int32_t)slot);
    wire_is_up(wire);
}

/* ---- packets that come ---- */

static void wire_obey(struct wire *wire, const struct op *op)
{
    struct session *session = &here.sessions[wire->session];

    if (op->kind == OP_HELLO) {
        hello_came(wire, op);
    } else if (!wire->is_joined || wire->state != WIRE_GREETED) {
        wire_refuse(wire, "its other end did not say who it is");
    } else if (op->kind == OP_ABORT) {
        (void)serai_log_bytes("wire: the other side ends it: ", (const char *)op->body, op->size);
        session->ends_silently = true;
        session_abort(session, "the other side has ended it");
    } else {
        op_obey(session, op, event.money);
    }
}

/*
 * Who holds the wire for us is paid out of what messages bring: for one that comes, and what
 * follows it, and for the end of one of ours.  Else a packet that costs its sender next to nothing
 * would have our money go to whoever says that he holds a wire.
 */
static void wire_pay(struct wire *wire, const struct op *op)
{
    if (!wire->is_joined || here.sessions[wire->session].ends != NULL)
        return;
    if (op->kind == OP_DELIVER)
        (void)facet_fund(wire->end, (int64_t)2 * WIRE_RELAY_NANOS);
    else if (op->kind == OP_ANSWER || op->kind == OP_BREAK)
        (void)facet_fund(wire->end, WIRE_RELAY_NANOS);
}

void wire_packet(struct wire *wire)
{
    struct op op;

    if (!wire->is_relayed)
        serai_rearm(&wire->credit, 1);
    if (wire->state < WIRE_UP || !op_read(&op, event_data, event.size)) {
        wire_refuse(wire, "a packet that is no operation");
        return;
    }
    wire_obey(wire, &op);
    if (wire->is_relayed)
        wire_pay(wire, &op);
}

void wire_closed(struct wire *wire)
{
    struct session *session = &here.sessions[wire->session];

    if (!wire->is_joined) {
        wire_free(wire);
        return;
    }
    session->ends_silently = true;
    session_abort(session, "its wire has closed");
}

void wires_flush(void)
{
    bool has_ended = false;

    for (int32_t i = 0; i < WIRE_WIRES_MAX; i++) {
        if (here.wires[i].state >= WIRE_UP)
            wire_flush(&here.wires[i]);
    }
    for (int32_t i = 0; i < WIRE_SESSIONS_MAX; i++) {
        if (!here.sessions[i].open || here.sessions[i].ends == NULL)
            continue;
        if (has_ended) { /* one of full tables takes a fifth of what a turn may: the next turn */
            (void)serai_send(here.drain_slot, NULL, 0, 0, INT64_MAX, SERAI_SLOT_NONE);
            return;
        }
        session_end(&here.sessions[i]);
        has_ended = true;
    }
}
