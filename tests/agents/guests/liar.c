/*
 * A wire agent that lies: it speaks to the wire agent of another site, and tells whatever its
 * customer makes up.  What comes to it is a line of its log each.
 *
 *     connect LINK FAMILY [KEY]   load the kept module, an honest wire agent, over there, where one
 *                                 of this family is; as the site of this key, or as its own
 *     say OP NAME=VALUE...        one operation (sdk/wire/ops.h): a field by its letter, places as
 *                                 KIND:INDEX[:ASK[:GIFT:KEY]], capabilities with + between them,
 *                                 and the body last: b=ALL THE REST; or fill=N for one of N bytes.
 *                                 pay=NANOS go along, times=N sends it so often, and up=1 with the
 *                                 next question and export each time
 *     raw HEX [NANOS]             a packet of these bytes
 *     huge N                      an abort with a body of N bytes, which may be too many
 *     deaf                        grant no more packets
 *     close                       the wire
 *
 * With via=LINK family=HEX seed=N it does so by itself from its birth on, and what it says is
 * drawn.
 */
#include "sdk/serai_outbox.h"
#include "sdk/wire/ops.h"
#include "tests/agents/guests/guest.h"

enum {
    ENDOWMENT_NANOS = 5000000,
    SECRET = 7,
    LINE_BYTES = 4096,
    WILD_WIRES_MAX = 6,
};

static char line[LINE_BYTES];
static int32_t line_size;
static char args[256];
static struct serai_load load;
static struct serai_credit credit;
static int32_t end = SERAI_SLOT_NONE;
static bool is_deaf;
static bool is_up;
static uint8_t packet[WIRE_PACKET_BYTES_MAX];
/* What is said, and how often still. */
static uint8_t body[WIRE_PACKET_BYTES_MAX];
static struct op lie;
static int64_t pay;
static int64_t times;
static bool goes_up;
static uint8_t my_key[OP_KEY_BYTES]; /* of the site as which it has connected */
static uint8_t raw[LINE_BYTES];
static int32_t raw_size;

static const char *const kinds[OP_KINDS] = {
    "hello", "deliver",  "answer",   "break", "listen", "gc-export", "gc-answer",
    "gift",  "gift-end", "withdraw", "sync",  "synced", "abort"};
static const char *const places[OP_PLACE_KINDS] = {"none",   "yours",   "answer",
                                                   "object", "promise", "gift"};

/* ---- reading ---- */

static int32_t hex_read(const char *hex, int32_t size, uint8_t *to, int32_t room)
{
    int32_t count = 0;

    for (; 2 * count + 1 < size && count < room; count++)
        to[count] =
            (uint8_t)(guest_hex_digit(hex[2 * count]) * 16 + guest_hex_digit(hex[2 * count + 1]));
    return count;
}

static int32_t named(const char *const *list, int32_t count, const char *word, int32_t size)
{
    for (int32_t i = 0; i < count; i++) {
        if ((int32_t)strlen(list[i]) == size && memcmp(list[i], word, (size_t)size) == 0)
            return i;
    }
    return -1;
}

/* The part before the next `between`, which is taken off. */
static int32_t part_of(const char **at, int32_t *size, char between)
{
    int32_t used = 0;

    while (used < *size && (*at)[used] != between)
        used++;
    *at += used < *size ? used + 1 : used;
    *size -= used < *size ? used + 1 : used;
    return used;
}

static int64_t number_of(const char *text, int32_t size)
{
    bool is_below = size > 0 && text[0] == '-';
    int64_t value = 0;

    for (int32_t i = is_below; i < size; i++)
        value = value * 10 + (text[i] - '0');
    return is_below ? -value : value;
}

static struct op_place place_read(const char *text, int32_t size)
{
    struct op_place place = {.ask = WIRE_FEE_NANOS};
    const char *at = text;
    const char *part = at;
    int32_t used = part_of(&at, &size, ':');

    place.kind = (enum op_place_kind)named(places, OP_PLACE_KINDS, part, used);
    for (int32_t i = 0; size > 0; i++) {
        part = at;
        used = part_of(&at, &size, ':');
        if (i == 0)
            place.index = (uint32_t)number_of(part, used);
        else if (i == 1)
            place.ask = number_of(part, used);
        else if (i == 2)
            place.gift = (uint32_t)number_of(part, used);
        else
            (void)hex_read(part, used, place.key, OP_KEY_BYTES);
    }
    return place;
}

static void caps_read(const char *at, int32_t size)
{
    while (size > 0 && lie.cap_count < WIRE_CAPS_MAX) {
        const char *part = at;
        int32_t used = part_of(&at, &size, '+');

        lie.caps[lie.cap_count++] = place_read(part, used);
    }
}

static void body_fill(int32_t size)
{
    memset(body, 'x', sizeof body);
    lie.body = body;
    lie.size = size;
}

static void field_read(const char *name, int32_t name_size, const char *value, int32_t size)
{
    int64_t number = number_of(value, size);

    if (name_size > 1) {
        if (name[0] == 'p')
            pay = number;
        else if (name[0] == 't')
            times = number;
        else if (name[0] == 'f')
            body_fill((int32_t)number);
        else
            goes_up = true;
        return;
    }
    switch (name[0]) {
    case 't':
        lie.target = place_read(value, size);
        break;
    case 'q':
        lie.question = (uint32_t)number;
        break;
    case 'i':
        lie.index = (uint32_t)number;
        break;
    case 'n':
        lie.count = (uint32_t)number;
        break;
    case 'g':
        lie.gift = (uint32_t)number;
        break;
    case 'm':
        lie.money = number;
        break;
    case 'a':
        lie.ask = number;
        break;
    case 'e':
        lie.code = (int32_t)number;
        break;
    case 'v':
        lie.version = (int32_t)number;
        break;
    case 'c':
        caps_read(value, size);
        break;
    case 'k':
        (void)hex_read(value, size, lie.key, OP_KEY_BYTES);
        break;
    case 's':
        (void)hex_read(value, size, lie.secret, OP_SECRET_BYTES);
        break;
    default:
        (void)hex_read(value, size, lie.proof, OP_SECRET_BYTES);
        break;
    }
}

/* ---- saying it ---- */

static void go_on(void)
{
    while (times > 0) {
        int32_t size = raw_size;
        int64_t answer;

        if (raw_size == 0)
            size = op_write(&lie, packet, sizeof packet);
        else
            memcpy(packet, raw, (size_t)raw_size);
        answer = size == 0 ? SERAI_E_INVALID : channel_send(end, packet, size, pay);
        if (answer == SERAI_E_CREDIT || answer == SERAI_E_FULL) {
            (void)channel_room(end);
            return;
        }
        if (answer < 0) {
            serai_log_values("cannot say it: %d", answer);
            times = 0;
            return;
        }
        times--;
        lie.question += goes_up;
        lie.index += goes_up;
        for (int32_t i = 0; i < lie.cap_count; i++)
            lie.caps[i].index += goes_up ? WIRE_CAPS_MAX : 0;
    }
}

static void say(const char *at, int32_t size)
{
    const char *word = at;
    int32_t used = part_of(&at, &size, ' ');

    memset(&lie, 0, sizeof lie);
    lie.kind = (enum op_kind)named(kinds, OP_KINDS, word, used);
    lie.version = OP_VERSION;
    lie.secret[0] = SECRET;
    lie.ask = lie.kind == OP_HELLO ? WIRE_FEE_NANOS : 0;
    memcpy(lie.key, my_key, OP_KEY_BYTES);
    pay = 0;
    times = 1;
    goes_up = false;
    raw_size = 0;
    while (size > 0) {
        const char *name = at;
        int32_t name_size = part_of(&at, &size, '=');

        if (name_size == 1 && name[0] == 'b') {
            memcpy(body, at, (size_t)size);
            lie.body = body;
            lie.size = size;
            break;
        }
        word = at;
        used = part_of(&at, &size, ' ');
        field_read(name, name_size, word, used);
    }
    go_on();
}

static void say_raw(const char *at, int32_t size)
{
    const char *hex = at;
    int32_t used = part_of(&at, &size, ' ');

    raw_size = hex_read(hex, used, raw, sizeof raw);
    pay = number_of(at, size);
    times = 1;
    go_on();
}

/* A body of so many bytes. */
static void say_huge(const char *at, int32_t size)
{
    raw_size = 0;
    memset(&lie, 0, sizeof lie);
    lie.kind = OP_ABORT;
    body_fill((int32_t)number_of(at, size));
    pay = 0;
    times = 1;
    go_on();
}

/* ---- what is drawn ---- */

static uint64_t dice; /* 0: nothing is */
static int32_t wild_wires;
static uint32_t wild_question; /* the last one of its own */
static uint32_t wild_asked;    /* that it was asked, and has not answered; 0: none */

static uint32_t below(uint32_t bound)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 20) % bound;
}

/* Mostly one that there is. */
static uint32_t some_index(void)
{
    return below(20) == 0 ? 1U << below(32) : below(below(6) == 0 ? 600 : 5);
}

static struct op_place some_place(void)
{
    struct op_place place = {.kind = (enum op_place_kind)(1 + below(OP_PLACE_KINDS - 1)),
                             .index = some_index(),
                             .ask = WIRE_FEE_NANOS + below(below(20) == 0 ? 100000000 : 3000),
                             .gift = below(4)};

    (void)channel_peer(SERAI_SLOT_CHANNELS, (int32_t)below(4), place.key);
    return place;
}

/* What would be true, mostly: or it would never get far. */
static void say_truth(void)
{
    if (lie.kind == OP_DELIVER) {
        lie.question = wild_question = wild_question % (WIRE_QUESTIONS_MAX - 1) + 1;
        lie.target.index = below(3);
        pay = lie.money + WIRE_FEE_NANOS + below(20000);
    } else if (lie.kind == OP_ANSWER || lie.kind == OP_BREAK) {
        if (wild_asked == 0)
            lie.kind = OP_SYNC;
        lie.question = wild_asked;
        wild_asked = 0;
        pay = lie.money;
    } else if (lie.kind == OP_GC_EXPORT) {
        lie.index = 1;
        lie.count = 1;
    } else if (lie.kind == OP_LISTEN || lie.kind == OP_WITHDRAW) {
        lie.question = wild_question = wild_question % (WIRE_QUESTIONS_MAX - 1) + 1;
    }
}

static void say_anything(void)
{
    static const enum op_kind often[] = {OP_DELIVER, OP_DELIVER, OP_DELIVER, OP_ANSWER,
                                         OP_BREAK,   OP_DELIVER, OP_LISTEN,  OP_SYNC};
    static const char *const words[] = {
        "door", "status", "site a", "site b",
        "twin", "pair",   "back",   "fetch 070707070707070707070707",
        "later"};
    const char *word = words[below(9)];

    memset(&lie, 0, sizeof lie);
    lie.kind = below(6) == 0 ? (enum op_kind)below(OP_KINDS) : often[below(8)];
    lie.target = some_place();
    if (below(3) != 0)
        lie.target.kind = below(4) == 0 ? OP_PLACE_ANSWER : OP_PLACE_YOURS;
    lie.question = some_index();
    lie.index = some_index();
    lie.count = below(3);
    lie.gift = below(4);
    lie.money = below(2000);
    lie.ask = below(4) == 0 ? WIRE_FEE_NANOS + below(1000) : 0;
    lie.code = (int32_t)below(9000) - 100;
    lie.version = below(20) == 0 ? 2 : OP_VERSION;
    lie.secret[0] = (uint8_t)below(3);
    lie.proof[0] = (uint8_t)below(3);
    lie.cap_count = below(3) == 0 ? (int32_t)below(WIRE_CAPS_MAX + 1) : 0;
    for (int32_t i = 0; i < lie.cap_count; i++)
        lie.caps[i] = some_place();
    lie.body = (const uint8_t *)word;
    lie.size = (int32_t)strlen(word);
    if (lie.kind == OP_HELLO && below(9) != 0)
        memcpy(lie.key, my_key, OP_KEY_BYTES);
    else
        (void)channel_peer(SERAI_SLOT_CHANNELS, (int32_t)below(4), lie.key);
    pay = lie.money + (below(6) == 0 ? -1 : below(8000));
    if (pay < 0 || lie.kind != OP_DELIVER)
        pay = lie.kind == OP_DELIVER || below(5) == 0 ? 0 : lie.money;
    if (below(12) != 0)
        say_truth();
    raw_size = 0;
    times = 1;
    goes_up = false;
    go_on();
}

/* ---- hearing ---- */

static void add_place(struct serai_text *text, const struct op_place *place)
{
    serai_text_add(text, places[place->kind]);
    serai_text_add_values(text, ":%d:%d", (const int64_t[]){place->index, place->ask});
    if (place->kind == OP_PLACE_GIFT)
        serai_text_add_values(text, ":%d", (const int64_t[]){place->gift});
}

static void heard(const struct serai_event *event, int32_t size)
{
    static struct op op;
    struct serai_text text;

    text.size = 0;
    if (!op_read(&op, packet, size)) {
        (void)serai_log_bytes("came no operation: ", (const char *)packet, size);
        return;
    }
    if (op.kind == OP_DELIVER)
        wild_asked = op.question;
    serai_text_add(&text, "came ");
    serai_text_add(&text, kinds[op.kind]);
    for (const char *field = op_fields(op.kind); *field != 0; field++) {
        const int64_t numbers[128] = {
            ['q'] = op.question, ['i'] = op.index, ['n'] = op.count, ['g'] = op.gift,
            ['m'] = op.money,    ['a'] = op.ask,   ['e'] = op.code,  ['v'] = op.version};

        serai_text_add(&text, " ");
        serai_text_add_bytes(&text, field, 1);
        serai_text_add(&text, "=");
        if (*field == 't')
            add_place(&text, &op.target);
        else if (*field == 'b')
            serai_text_add_bytes(&text, (const char *)op.body, op.size);
        else if (*field == 'k')
            serai_text_add_hex(&text, op.key, OP_KEY_BYTES);
        else if (*field == 's' || *field == 'p')
            serai_text_add_hex(&text, *field == 's' ? op.secret : op.proof, OP_SECRET_BYTES);
        else if (*field == 'c')
            for (int32_t i = 0; i < op.cap_count; i++)
                add_place(&text, &op.caps[i]);
        else
            serai_text_add_values(&text, "%d", &numbers[(uint8_t)*field]);
    }
    serai_text_add_values(&text, " pay=%d", (const int64_t[]){event->money});
    (void)serai_text_log(&text);
}

/* ---- the wire ---- */

static void connect(const char *at, int32_t size, struct serai_text *answer)
{
    const char *link = at;
    int32_t link_size = part_of(&at, &size, ' ');
    const char *family = at;
    int32_t family_size = part_of(&at, &size, ' ');
    struct serai_text text;
    int64_t slot;

    (void)channel_peer(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, my_key);
    if (size > 0)
        (void)hex_read(at, size, my_key, sizeof my_key);
    if (dice != 0 && below(3) != 0) /* as a site that there is not */
        my_key[0] = (uint8_t)below(3);
    text.size = 0;
    serai_text_add(&text, "family=");
    serai_text_add_bytes(&text, family, family_size);
    serai_text_add(&text, " from=");
    serai_text_add_hex(&text, my_key, sizeof my_key);
    memset(args, 0, sizeof args);
    memcpy(args, text.bytes, (size_t)text.size);
    if (end != SERAI_SLOT_NONE)
        (void)channel_sell(SERAI_SLOT_CHANNELS, end);
    is_up = false;
    is_deaf = false;
    wild_question = 0;
    wild_asked = 0;
    credit = (struct serai_credit){0};
    slot = channel_buy(SERAI_SLOT_CHANNELS, serai_interface_named(link, link_size), ENDOWMENT_NANOS,
                       WIRE_BUY_FEE_NANOS_MAX);
    end = slot < 0 ? SERAI_SLOT_NONE : (int32_t)slot;
    serai_text_values(answer, "bought: %d", slot);
}

static void loaded(int64_t answer)
{
    if (answer == 0)
        return;
    is_up = answer > 0;
    serai_log_values("loaded: %d", answer);
    if (dice != 0)
        say("hello", 5);
}

static void bought(int32_t slot, int32_t status)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    if (status != 0 || code_kept(SERAI_SLOT_CODE, 0, id) < 0) {
        serai_log_values("no wire: %d", status);
        end = SERAI_SLOT_NONE;
        return;
    }
    (void)serai_arm(&credit, slot, WIRE_WINDOW_PACKETS, WIRE_PACKET_BYTES_MAX);
    loaded(serai_load_use(&load, slot, id, args, (int32_t)strlen(args)));
}

static void connect_again(void)
{
    struct serai_text text;
    struct serai_text ignored;
    static char own[256];
    int32_t own_size = line_size;
    int32_t size;
    const char *via;

    if (wild_wires++ >= WILD_WIRES_MAX)
        return;
    memcpy(own, line, (size_t)own_size);
    text.size = 0;
    via = serai_arg("via", own, own_size, &size);
    serai_text_add_bytes(&text, via, via == NULL ? 0 : size);
    serai_text_add(&text, " ");
    via = serai_arg("family", own, own_size, &size);
    serai_text_add_bytes(&text, via, via == NULL ? 0 : size);
    connect(text.bytes, text.size, &ignored);
}

/* Its arguments stay in `line`, as nobody commands it. */
static void born(void)
{
    line_size = (int32_t)event_read(line, 256, 0);
    dice = (uint64_t)serai_arg_int("seed", line, line_size, 0);
    if (dice != 0)
        connect_again();
}

static void wild(int32_t kind, int32_t slot)
{
    if (dice == 0)
        return;
    if (kind == SERAI_EVENT_CLOSED && slot == end)
        connect_again();
    if (kind == SERAI_EVENT_PACKET)
        for (uint32_t i = below(4); i > 0 && is_up; i--)
            say_anything();
}

static bool begins(const char *word, const char **rest, int32_t *size)
{
    return guest_begins(line, line_size, word, rest, size);
}

static void customer(const struct serai_event *event)
{
    struct serai_text answer;
    const char *rest;
    int32_t size;

    serai_text_values(&answer, "done", 0);
    if (begins("connect", &rest, &size))
        connect(rest, size, &answer);
    else if (begins("say", &rest, &size))
        say(rest, size);
    else if (begins("raw", &rest, &size))
        say_raw(rest, size);
    else if (begins("huge", &rest, &size))
        say_huge(rest, size);
    else if (begins("deaf", &rest, &size))
        is_deaf = true;
    else if (begins("close", &rest, &size))
        (void)channel_close(end);
    else
        serai_text_values(&answer, "what?", 0);
    (void)serai_answer(event->reply, answer.bytes, answer.size, 0);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)event_info(&event);
    switch (kind) {
    case SERAI_EVENT_BORN:
        born();
        break;
    case SERAI_EVENT_MESSAGE:
        if (dice != 0)
            break;
        line_size = (int32_t)event_read(line, sizeof line, 0);
        customer(&event);
        break;
    case SERAI_EVENT_ANSWER:
        bought(slot, event.status);
        break;
    case SERAI_EVENT_ROOM:
        if (is_up)
            go_on();
        else
            loaded(serai_load_continue(&load));
        break;
    case SERAI_EVENT_PACKET:
        (void)event_read(packet, sizeof packet, 0);
        heard(&event, size);
        if (!is_deaf)
            serai_rearm(&credit, 1);
        break;
    case SERAI_EVENT_CLOSED:
        if (slot == end) {
            times = 0;
            serai_log("closed");
        }
        break;
    default:
        break;
    }
    wild(kind, slot);
}
