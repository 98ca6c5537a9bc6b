/*
 * T: an agent that joins the objects of its site with those of other ones.  Each object of another
 * site that somebody here has is a facet of this agent, a *surrogate*: what is sent to it goes over
 * a channel to the wire agent of that site, which sends it to the object.  Objects that go along
 * are told by where they are, money goes with the packets.  docs/wire-agents.md.
 *
 * Those of one family take each other's wires; its number is drawn, or family=HEX says it, in 24
 * digits that nobody else may know.
 *
 * In words, by its customer (`serai agent call`):
 *
 *     connect LINK [MONEY]   join the site at the other end of a link; money for the agent there
 *     site LINK              the door of that site: fetch NUMBER, site LINK, connect LINK
 *     door                   that of this site
 *     status
 */
#include "sdk/vat/syrup.h"
#include "sdk/wire/messages.h"
#include "sdk/wire/relay.h"
#include "sdk/wire/tables.h"
#include "sdk/wire/wires.h"

struct wire_agent here;
struct serai_event event;
uint8_t event_data[WIRE_PACKET_BYTES_MAX];
uint8_t packet_room[WIRE_PACKET_BYTES_MAX];
static _Alignas(8) uint8_t queue_bytes[WIRE_QUEUE_BYTES_MAX];

/* ---- requests, in words of people or as values of objects ---- */

enum { WORDS_MAX = 4 };

struct request {
    bool is_syrup;
    int32_t count;
    const char *words[WORDS_MAX];
    int32_t sizes[WORDS_MAX];
};

static bool request_add(struct request *request, const void *bytes, int32_t size)
{
    if (request->count == WORDS_MAX)
        return false;
    request->words[request->count] = bytes;
    request->sizes[request->count++] = size;
    return true;
}

/* [method "text" ...] */
static bool request_read_values(struct request *request)
{
    struct syrup_in in = {.bytes = event_data, .size = event.size};
    struct syrup_token token;

    request->is_syrup = true;
    if (!syrup_is_value(event_data, event.size) || syrup_next(&in, &token) != SYRUP_LIST)
        return false;
    while (syrup_next(&in, &token) != SYRUP_CLOSE) {
        if ((token.kind != SYRUP_SYMBOL && token.kind != SYRUP_TEXT) ||
            !request_add(request, token.bytes, token.size))
            return false;
    }
    return true;
}

static bool request_read_words(struct request *request)
{
    for (int32_t at = 0; at < event.size;) {
        int32_t end = at;

        while (end < event.size && event_data[end] != ' ')
            end++;
        if (end > at && !request_add(request, event_data + at, end - at))
            return false;
        at = end + 1;
    }
    return true;
}

static bool word_is(const struct request *request, int32_t index, const char *word)
{
    return index < request->count && request->sizes[index] == (int32_t)strlen(word) &&
           memcmp(request->words[index], word, strlen(word)) == 0;
}

static struct request request_read(void)
{
    struct request request = {.count = 0};
    bool good = event.size > 0 && event_data[0] == '[' ? request_read_values(&request)
                                                       : request_read_words(&request);

    if (!good || request.count == 0)
        refuse(WIRE_NO_METHOD, "words are wanted: a method, and texts");
    if (event.money > 0 && !word_is(&request, 0, "connect"))
        refuse(WIRE_NO_METHOD, "only connect takes money");
    return request;
}

/* Answer with an object: as a value, or with words for a person. */
static void answer_object(const struct request *request, int32_t slot)
{
    const char *body = request->is_syrup ? "<3'cap0+>" : "an object";

    if (event.reply == SERAI_SLOT_NONE)
        return;
    (void)facet_send(event.reply, body, (int32_t)strlen(body), &slot, 1, 0, 0, SERAI_SLOT_NONE);
}

/* ---- the door ---- */

static void door_fetch(const struct request *request)
{
    struct serai_text line;
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t slot = SERAI_E_MISSING;

    line.size = 0; /* the reader of arguments reads name=value */
    if (request->count > 1)
        serai_text_add_arg(&line, "number", request->words[1], request->sizes[1]);
    if (serai_arg_hex("number", line.bytes, line.size, number, sizeof number))
        slot = heap_get(SERAI_SLOT_HEAP, number);
    if (slot < 0)
        refuse(WIRE_NO_OBJECT, "nothing has that number here");
    answer_object(request, (int32_t)slot);
    (void)cap_drop((int32_t)slot);
}

static void door_site(const struct request *request)
{
    uint8_t key[OP_KEY_BYTES];
    int32_t interface = request->count > 1
                            ? serai_interface_named(request->words[1], request->sizes[1])
                            : SERAI_E_MISSING;
    struct session *session;
    int64_t slot;

    if (interface < 0 || channel_peer(SERAI_SLOT_CHANNELS, interface, key) < 0)
        refuse(WIRE_NO_OBJECT, "there is no link of that name here");
    if (memcmp(key, here.key, OP_KEY_BYTES) == 0) {
        answer_object(request, here.door_slot);
        return;
    }
    session = session_with(key);
    if (session == NULL || here.wires[session->wire].state != WIRE_GREETED)
        refuse(WIRE_CLOSED, "this site is not joined with that one: its wire agent has to connect");
    slot = event.badge == badge_plain(BADGE_DOOR, 1) ? path_facet(session, 0)
                                                     : import_facet(session, 0);
    if (slot < 0)
        refuse(WIRE_BUSY, "the wire agent can make no facet");
    answer_object(request, (int32_t)slot);
    session->imports[0].shown =
        session->imports[0].shown || event.badge != badge_plain(BADGE_DOOR, 1);
    (void)cap_drop((int32_t)slot);
}

/* Whoever pays for it can have this site joined with one of its neighbours. */
static void door_connect(const struct request *request)
{
    const char *why;

    if (request->count < 2)
        refuse(WIRE_NO_METHOD, "connect wants the name of a link");
    if (event.money < WIRE_CONNECT_NANOS)
        refuse(WIRE_SHORT, "connect wants 0.01 at least: it goes to the wire agent there");
    why = wire_connect(request->words[1], request->sizes[1], event.money - WIRE_CONNECT_COST_NANOS,
                       false);
    if (why != NULL)
        refuse(WIRE_CLOSED, why);
}

static void door_message(void)
{
    struct request request = request_read();

    if (word_is(&request, 0, "fetch"))
        door_fetch(&request);
    else if (word_is(&request, 0, "site"))
        door_site(&request);
    else if (word_is(&request, 0, "connect"))
        door_connect(&request);
    else
        refuse(WIRE_NO_METHOD, "a door knows fetch NUMBER, site LINK and connect LINK");
}

/* ---- its customer ---- */

static void show_status(void)
{
    struct serai_text text;

    text.size = 0;
    serai_text_add(&text, "door ");
    serai_text_add_hex(&text, here.door, sizeof here.door);
    for (int32_t i = 0; i < WIRE_SESSIONS_MAX; i++) {
        const struct session *session = &here.sessions[i];
        int64_t counts[4] = {0};

        if (!session->open)
            continue;
        for (int32_t at = 1; at < WIRE_EXPORTS_MAX; at++)
            counts[0] += export_is_used(&session->exports[at]);
        for (int32_t at = 1; at < WIRE_IMPORTS_MAX; at++)
            counts[1] += session->imports[at].mentions > 0;
        for (int32_t at = 1; at < WIRE_QUESTIONS_MAX; at++) {
            counts[2] += session->questions[at].kind != QUESTION_FREE;
            counts[3] += session->answers[at].used;
        }
        serai_text_add(&text, "; joined with ");
        serai_text_add_hex(&text, session->key, 8);
        serai_text_add_values(&text, ": %d exports, %d imports, %d questions, %d answers", counts);
    }
    (void)serai_answer(event.reply, text.bytes, text.size, 0);
}

static void customer_connect(const struct request *request)
{
    struct serai_text money;
    const char *why;

    if (request->count < 2)
        refuse(WIRE_NO_METHOD, "connect wants the name of a link");
    money.size = 0;
    if (request->count > 2)
        serai_text_add_arg(&money, "money", request->words[2], request->sizes[2]);
    why = wire_connect(request->words[1], request->sizes[1],
                       serai_arg_money("money", money.bytes, money.size, WIRE_ENDOWMENT_NANOS),
                       word_is(request, 3, "again"));
    if (why != NULL)
        refuse(WIRE_CLOSED, why);
}

static void customer_message(void)
{
    struct request request = request_read();

    if (word_is(&request, 0, "connect"))
        customer_connect(&request);
    else if (word_is(&request, 0, "door"))
        answer_object(&request, here.door_slot);
    else if (word_is(&request, 0, "status"))
        show_status();
    else
        door_message();
}

/* ---- events ---- */

static int32_t facet_of_ours(enum badge_kind kind, uint32_t index, int64_t postage)
{
    return (int32_t)self_facet_of(SERAI_SLOT_SELF, badge_plain(kind, index), postage, 0);
}

/* We are the wire agent of this site. */
static void begin_core(bool has_family, bool is_child, const char *args, int32_t size)
{
    int32_t family = facet_of_ours(BADGE_FAMILY, 0, 0);
    int64_t answer;
    struct serai_text line;

    here.door_slot = facet_of_ours(BADGE_DOOR, 0, WIRE_DOOR_NANOS);
    here.inner_door_slot = facet_of_ours(BADGE_DOOR, 1, 0);
    here.drain_slot = facet_of_ours(BADGE_DRAIN, 0, 0);
    answer = has_family ? heap_add_at(SERAI_SLOT_HEAP, family, here.family)
                        : heap_add(SERAI_SLOT_HEAP, family, here.family);
    if (answer >= 0)
        answer = heap_add(SERAI_SLOT_HEAP, here.door_slot, here.door);
    if (answer < 0)
        serai_log_values("wire: no entry in the capability heap, refusal %d", answer);
    line.size = 0;
    serai_text_add(&line, "door ");
    serai_text_add_hex(&line, here.door, sizeof here.door);
    (void)serai_text_log(&line);
    if (is_child)
        wire_begin_child(args, size);
}

static void begin(bool is_child, const char *args, int32_t size)
{
    bool has_family;
    int64_t slot;

    here.load_wire = -1;
    here.queue = (struct queue){.bytes = queue_bytes, .room = sizeof queue_bytes};
    (void)channel_peer(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, here.key);
    has_family = serai_arg_hex("family", args, size, here.family, sizeof here.family);
    is_child = is_child && has_family;
    slot = is_child ? heap_get(SERAI_SLOT_HEAP, here.family) : SERAI_E_MISSING;
    if (slot >= 0 && facet_postage((int32_t)slot) < 0) {
        (void)cap_drop((int32_t)slot); /* it has ended */
        slot = heap_take(SERAI_SLOT_HEAP, here.family);
        if (slot >= 0)
            (void)cap_drop((int32_t)slot);
        slot = SERAI_E_MISSING;
    }
    if (slot >= 0)
        relay_begin((int32_t)slot, args, size);
    else
        begin_core(has_family, is_child, args, size);
}

static void note_came(void)
{
    struct note note = {.badge = 0};
    struct session *session;

    memcpy(&note, event_data, event.size < (int32_t)sizeof note ? (size_t)event.size : sizeof note);
    if (badge_kind(note.badge) == BADGE_GIFT) {
        gift_taker_waits(note.badge, event.reply);
        return;
    }
    session = badge_session(note.badge);
    if (session == NULL)
        return;
    if (badge_kind(note.badge) == BADGE_PROMISE)
        question_replied(session, badge_index(note.badge), event.reply);
    else if (badge_kind(note.badge) == BADGE_DRAIN)
        question_drained(session, badge_index(note.badge));
    else if (badge_kind(note.badge) == BADGE_SYNC)
        sync_drained(session, badge_index(note.badge), &note.target);
}

static void relayed_came(void)
{
    struct wire *wire = wire_of_badge(event.badge);

    if (wire == NULL)
        return;
    if (event.size == 2 && event_data[0] == '+') {
        wire->unacked -= event_data[1] < wire->unacked ? event_data[1] : wire->unacked;
        return;
    }
    wire_packet(wire);
}

/* A message to one of our facets, or FAILED to one that asked. */
static void message_came(void)
{
    uint32_t index = badge_index(event.badge);
    struct session *session = badge_session(event.badge);

    switch (badge_kind(event.badge)) {
    case BADGE_DOOR:
        door_message();
        break;
    case BADGE_DRAIN:
        note_came();
        break;
    case BADGE_WIRE:
        relayed_came();
        break;
    case BADGE_FAMILY:
        wire_relay_comes();
        break;
    case BADGE_HEAR:
        if (session != NULL)
            answer_heard(session, index % WIRE_QUESTIONS_MAX);
        break;
    case BADGE_IMPORT:
    case BADGE_PATH:
    case BADGE_PIPE:
        if (session == NULL)
            refuse(WIRE_CLOSED, "the wire to that site has closed");
        if (badge_kind(event.badge) == BADGE_PIPE)
            message_to_answer(session, index);
        else
            message_to_import(session, index);
        break;
    case BADGE_PROMISE:
    case BADGE_RELAY:
    case BADGE_SYNC:
    case BADGE_GIFT:
        break; /* no facets of this agent */
    default:
        customer_message();
        break;
    }
}

static void unheld_came(void)
{
    struct session *session = badge_session(event.badge);
    struct wire *wire = wire_of_badge(event.badge);

    if (badge_kind(event.badge) == BADGE_WIRE && wire != NULL)
        wire_closed(wire);
    else if (badge_kind(event.badge) == BADGE_IMPORT && session != NULL)
        import_unheld(session, badge_index(event.badge) % WIRE_IMPORTS_MAX);
}

static void core_event(void)
{
    struct wire *wire = event.kind == SERAI_EVENT_PACKET || event.kind == SERAI_EVENT_CLOSED
                            ? wire_of_end(event.slot)
                            : NULL;

    switch (event.kind) {
    case SERAI_EVENT_MESSAGE:
    case SERAI_EVENT_FAILED:
        message_came();
        break;
    case SERAI_EVENT_PACKET:
        if (wire != NULL)
            wire_packet(wire);
        break;
    case SERAI_EVENT_ANSWER:
        wire_bought();
        break;
    case SERAI_EVENT_ROOM:
        wire_room(event.slot);
        break;
    case SERAI_EVENT_CLOSED:
        if (wire != NULL)
            wire_closed(wire);
        break;
    case SERAI_EVENT_UNHELD:
        unheld_came();
        break;
    default:
        break; /* nothing else was asked for */
    }
    wires_flush();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)event_info(&event);
    if (size > 0)
        (void)event_read(event_data, sizeof event_data, 0);
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME)
        begin(kind == SERAI_EVENT_BECAME, (const char *)event_data, size);
    else if (here.is_relay)
        relay_event();
    else
        core_event();
}
