/*
 * Talker: answers people.  The first word of a message says how:
 *
 *   say WORDS   answers the words          odd     answers bytes that are no text
 *   back        sends the money back       count   answers how many messages came before
 *   twin        answers with a capability to a facet; whoever calls that is told its badge
 *   pair        answers with two of them   ask     answers with a question
 *   tell @0     calls the capability that came along, and answers what it said
 *   pass @0     hands the question on to that capability, with its money
 *   later       keeps the question         now     answers the one that was kept
 *   silent      ends its turn              trap    ends it so
 *   fail WORDS  fails with these words     break   breaks the question, and goes on
 *
 * A facet answers its badge, and its turn ends so when it is called with trap.
 */
#include "tests/agents/guests/guest.h"

enum { BADGE_ASKED = 100, BADGE_TOLD = 101, WORDS_MAX = 512 };

static char words[WORDS_MAX];
static int32_t kept = SERAI_SLOT_NONE;
static int32_t told = SERAI_SLOT_NONE; /* who waits for what another says */
static int64_t messages;
static uint64_t badges;

static bool begins(const char *word, int32_t size, const char **rest, int32_t *rest_size)
{
    return guest_begins(words, size, word, rest, rest_size);
}

static void answer_caps(int32_t reply, const char *text, int32_t count)
{
    int32_t caps[2];

    for (int32_t i = 0; i < count; i++)
        caps[i] = (int32_t)self_facet(SERAI_SLOT_SELF, ++badges, 0);
    (void)facet_send(reply, text, (int32_t)strlen(text), caps, count, 0, 0, SERAI_SLOT_NONE);
    for (int32_t i = 0; i < count; i++)
        (void)cap_drop(caps[i]); /* the facets stay: others hold them */
}

static void answer_number(int32_t reply, const char *format, int64_t number)
{
    struct serai_text text;

    serai_text_values(&text, format, number);
    (void)serai_answer(reply, text.bytes, text.size, 0);
}

/* An answer on which one may be answered. */
static void answer_asking(int32_t reply)
{
    int64_t facet = self_facet(SERAI_SLOT_SELF, BADGE_ASKED, 0);

    (void)facet_send(reply, "and you?", 8, NULL, 0, 0, 0, (int32_t)facet);
}

static void tell(const struct serai_event *event, const char *rest, int32_t size)
{
    int64_t facet = self_facet(SERAI_SLOT_SELF, BADGE_TOLD, 0);

    if (event->cap_count == 0 || size < 2) {
        (void)serai_answer(event->reply, "nobody", 6, 0);
        return;
    }
    (void)cap_keep(event->reply);
    told = event->reply;
    (void)serai_send(event->caps[0], rest + 3 < rest + size ? rest + 3 : rest,
                     size > 3 ? size - 3 : 0, 0, 1000000, (int32_t)facet);
}

/* Whoever asked hears from there what becomes of it. */
static void pass(const struct serai_event *event, const char *rest, int32_t size)
{
    if (event->cap_count > 0 && size > 3)
        (void)serai_send(event->caps[0], rest + 3, size - 3, event->money, 1000000, event->reply);
}

static void talk(const struct serai_event *event, int32_t size)
{
    static const char odd[] = "nul\0 and \xff";
    const char *rest;
    int32_t rest_size;

    if (begins("say", size, &rest, &rest_size))
        (void)serai_answer(event->reply, rest, rest_size, 0);
    else if (begins("odd", size, &rest, &rest_size))
        (void)serai_answer(event->reply, odd, sizeof odd - 1, 0);
    else if (begins("back", size, &rest, &rest_size))
        (void)serai_answer(event->reply, "here", 4, event->money);
    else if (begins("count", size, &rest, &rest_size))
        answer_number(event->reply, "%d", messages);
    else if (begins("twin", size, &rest, &rest_size))
        answer_caps(event->reply, "one", 1);
    else if (begins("pair", size, &rest, &rest_size))
        answer_caps(event->reply, "two", 2);
    else if (begins("ask", size, &rest, &rest_size))
        answer_asking(event->reply);
    else if (begins("tell", size, &rest, &rest_size))
        tell(event, rest, rest_size);
    else if (begins("pass", size, &rest, &rest_size))
        pass(event, rest, rest_size);
    else if (begins("later", size, &rest, &rest_size) && cap_keep(event->reply) == 0)
        kept = event->reply;
    else if (begins("now", size, &rest, &rest_size)) {
        (void)serai_answer(kept, "at last", 7, 0);
        (void)serai_answer(event->reply, "done", 4, 0);
    } else if (begins("fail", size, &rest, &rest_size))
        (void)self_fail(SERAI_SLOT_SELF, SERAI_FAIL_CODE_MIN + 7, rest, rest_size);
    else if (begins("break", size, &rest, &rest_size))
        (void)reply_break(event->reply, SERAI_FAIL_CODE_MIN + 8, "it\nbroke", 8);
    else if (begins("trap", size, &rest, &rest_size))
        __builtin_trap();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;
    int32_t length = (int32_t)event_read(words, sizeof words, 0);
    const char *rest;
    int32_t rest_size;

    (void)slot;
    (void)size;
    (void)event_info(&event);
    if (kind == SERAI_EVENT_FAILED && event.badge == BADGE_TOLD)
        (void)serai_answer(told, "it failed", 9, 0);
    if (kind != SERAI_EVENT_MESSAGE)
        return;
    if (event.badge == BADGE_TOLD)
        (void)serai_answer(told, words, length, 0);
    else if (event.badge == BADGE_ASKED)
        (void)serai_log_bytes("answered: ", words, length);
    else if (event.badge != 0 && begins("trap", length, &rest, &rest_size))
        __builtin_trap();
    else if (event.badge != 0)
        answer_number(event.reply, "badge %d", (int64_t)event.badge);
    else
        talk(&event, length);
    messages++;
}
