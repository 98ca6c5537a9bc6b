/*
 * Questions whose answers are asked in turn.  One agent, the server, answers every question with a
 * facet of its own; another asks.  A message "WAY COUNT" makes it ask so many chains: of one
 * question, or of PIPE_LENGTH, each going to the answer of the one before.  Whoever sends it with a
 * reply hears when all are answered, and how many microseconds of site time they took.
 *
 *   serve=1           this is the server: it writes "number" and where it is found to its log
 *   object=NUMBER     the server is another agent's object, of this site
 *   door=NUMBER       the same, but at another site: this is the door of the wire agent here,
 *   via=LINK          and this leads to that site
 *   (none of these)   the server is born of this agent
 */
#include <serai.h>

#include "tests/bench/guests/pipe.h"
#include "tests/bench/guests/spawner.h"

static int32_t server; /* of the second agent; in it, its own */
static int32_t ear;    /* on which the first one hears */
static int32_t way;
static int64_t left; /* chains to go */
static int32_t step; /* of a chain that is asked turn by turn */
static int64_t postage;
static int32_t teller = SERAI_SLOT_NONE; /* reply for who told us to ask */
static int64_t start_us;
static bool waits_for_door, waits_for_object; /* for the server at another site */
static struct serai_text object_words;

static void must(int64_t result)
{
    if (result < 0)
        __builtin_trap(); /* the bench counts traps: there must be none */
}

/* ---- chains ---- */

static int32_t promise_of(int32_t facet, int32_t reply)
{
    int64_t promise = facet_ask(facet, NULL, 0, NULL, 0, 0, postage, reply);

    must(promise);
    return (int32_t)promise;
}

static void ask(int32_t facet)
{
    must(facet_send(facet, NULL, 0, NULL, 0, 0, postage, ear));
}

/* All at once: each question goes to the promise of the answer before. */
static void ask_pipe(void)
{
    int32_t last = server;

    for (int32_t i = 1; i < PIPE_LENGTH; i++) {
        int32_t next = promise_of(last, SERAI_SLOT_NONE);

        if (last != server)
            must(cap_drop(last));
        last = next;
    }
    ask(last);
    must(cap_drop(last));
}

static void tell_end(void)
{
    struct serai_text text;
    int64_t took_us;

    if (teller == SERAI_SLOT_NONE)
        return;
    took_us = clock_now(slot_of_kind(SERAI_KIND_CLOCK)) - start_us;
    text.size = 0;
    serai_text_add_values(&text, "%d", &took_us);
    (void)serai_answer(teller, text.bytes, text.size, 0);
    teller = SERAI_SLOT_NONE;
}

static void begin(void)
{
    step = 0;
    if (left-- <= 0) {
        tell_end();
        return;
    }
    if (way == PIPE_ASK)
        must(cap_drop(promise_of(server, ear)));
    else if (way == PIPE_PIPELINED)
        ask_pipe();
    else
        ask(server);
}

/* Turn by turn the answer is asked, and not before it is there. */
static void go_on(const struct serai_event *event)
{
    if (way == PIPE_BY_TURNS && ++step < PIPE_LENGTH)
        ask(event->caps[0]);
    else
        begin();
}

static void told(const struct serai_event *event, int32_t size)
{
    char text[32];
    int32_t used = 0;

    size = (int32_t)event_read(text, sizeof text, 0);
    way = (int32_t)serai_digits(text, size, &used);
    left = serai_digits(text + used + 1, size - used - 1, &used);
    if (event->reply != SERAI_SLOT_NONE) {
        must(cap_keep(event->reply));
        teller = event->reply;
        start_us = clock_now(slot_of_kind(SERAI_KIND_CLOCK));
    }
    begin();
}

/* ---- where the server is ---- */

static void use_server(int32_t slot)
{
    must(slot);
    server = slot;
    postage = facet_postage(server);
}

static void serve(void)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct serai_text line;

    server = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    must(heap_add(SERAI_SLOT_HEAP, server, number));
    line.size = 0;
    serai_text_add(&line, "number ");
    serai_text_add_hex(&line, number, sizeof number);
    must(serai_text_log(&line));
}

static void bear_server(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    must(self_code_id(SERAI_SLOT_SELF, id));
    use_server(
        (int32_t)spawn(spawner_slot(), id, NULL, 0, &ear, 1, 0, self_balance(SERAI_SLOT_SELF) / 2));
}

/* The door leads to that of the other site, and that one to the object. */
static void ask_door(const uint8_t *door, const char *args, int32_t size)
{
    struct serai_text words;
    int32_t value_size;
    const char *value = serai_arg("object", args, size, &value_size);

    object_words.size = 0;
    serai_text_add(&object_words, "fetch ");
    serai_text_add_bytes(&object_words, value, value_size);
    value = serai_arg("via", args, size, &value_size);
    words.size = 0;
    serai_text_add(&words, "site ");
    serai_text_add_bytes(&words, value, value_size);
    use_server((int32_t)heap_get(SERAI_SLOT_HEAP, door));
    must(facet_send(server, words.bytes, words.size, NULL, 0, 0, postage, ear));
    waits_for_door = true;
}

static void door_answered(const struct serai_event *event)
{
    must(cap_keep(event->caps[0]));
    must(cap_drop(server));
    use_server(event->caps[0]);
    waits_for_object = waits_for_door;
    waits_for_door = false;
    if (waits_for_object)
        must(facet_send(server, object_words.bytes, object_words.size, NULL, 0, 0, postage, ear));
    else
        must(serai_log("the server is found"));
}

static void born(int32_t size)
{
    uint8_t object[SERAI_HEAP_NUMBER_BYTES];
    uint8_t door[SERAI_HEAP_NUMBER_BYTES];
    struct serai_event event;
    char args[256];

    (void)event_info(&event);
    size = size > 0 ? (int32_t)event_read(args, sizeof args, 0) : 0;
    if (event.cap_count > 0 && cap_kind(event.caps[0]) == SERAI_KIND_FACET) {
        server = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0); /* its asker has borne it */
        return;
    }
    ear = (int32_t)self_facet(SERAI_SLOT_SELF, 2, 0);
    if (serai_arg_is("serve", args, size, "1"))
        serve();
    else if (serai_arg_hex("door", args, size, door, sizeof door))
        ask_door(door, args, size);
    else if (serai_arg_hex("object", args, size, object, sizeof object))
        use_server((int32_t)heap_get(SERAI_SLOT_HEAP, object));
    else
        bear_server();
}

/* A question failed: so does what it was asked for, and the bench hears why. */
static void failed(const struct serai_event *event, int32_t size)
{
    char reason[SERAI_REASON_BYTES_MAX + 1] = "";

    if (teller == SERAI_SLOT_NONE)
        __builtin_trap();
    if (size > 0)
        (void)event_read(reason, SERAI_REASON_BYTES_MAX, 0);
    (void)serai_break(
        teller, event->status > 0 ? event->status : SERAI_FAIL_CODE_MIN - event->status, reason);
    teller = SERAI_SLOT_NONE;
    left = 0;
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    if (kind == SERAI_EVENT_BORN) {
        born(size);
        return;
    }
    (void)event_info(&event);
    if (kind == SERAI_EVENT_FAILED)
        failed(&event, size);
    else if (kind != SERAI_EVENT_MESSAGE)
        __builtin_trap();
    else if (waits_for_door || waits_for_object)
        door_answered(&event);
    else if (size > 0)
        told(&event, size);
    else if (event.reply >= 0)
        must(facet_send(event.reply, NULL, 0, &server, 1, 0, 0, SERAI_SLOT_NONE));
    else
        go_on(&event);
}
