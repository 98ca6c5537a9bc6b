/*
 * Mock: an agent that answers by rules, for `serai agent test`.  It logs each message that it gets
 * and each answer, so that a test sees what was sent.
 *
 * Its arguments are its rules: u8 1 if a number of the heap follows, that number, then rules to the
 * end.  A rule is struct rule_head, the words that it is for, and the words that it says.  Of the
 * rules that fit a message the first that is not used up decides.
 *
 * A message of badge 0 comes from the test itself: "door" is answered with a capability to the
 * mock; 'A', a number of the heap and an amount (i64) is a question with the words behind them,
 * which the mock asks whatever the heap has under that number.
 */
#include <serai.h>

enum { DOOR = 1, ANSWERS = 2, RULES_MAX = 256, WORDS_SHOWN = 256, POSTAGE_NANOS_MAX = 1000000000 };
enum { NO_RULE = SERAI_FAIL_CODE_MIN };

enum rule_verb { RULE_ANSWER = 0, RULE_FAIL = 1, RULE_KEEP = 2, RULE_SILENT = 3, RULE_TRAP = 4 };
enum rule_flag { RULE_ONCE = 1, RULE_ANY = 2 }; /* used up by one message; fits any */

struct rule_head { /* little-endian, as in memory; 16 bytes */
    int64_t money; /* that goes with the answer */
    uint16_t match_size;
    uint16_t words_size;
    uint16_t code; /* of a failure */
    uint8_t verb;
    uint8_t flags;
};

static uint8_t args[SERAI_ARGS_BYTES_MAX];
static int32_t args_size;
static bool used_up[RULES_MAX];
static int32_t door = SERAI_SLOT_NONE;
static uint8_t data[SERAI_MESSAGE_BYTES_MAX];

static void born(int32_t size)
{
    args_size = (int32_t)event_read(args, size, 0);
    door = (int32_t)self_facet(SERAI_SLOT_SELF, DOOR, 0);
    if (args[0] == 1 && heap_add_at(SERAI_SLOT_HEAP, door, args + 1) < 0)
        serai_log("mock: the heap does not take its number");
}

/* "heard "WORDS" with AMOUNT": what a test looks for. */
static void log_words(const char *verb, const uint8_t *words, int64_t size, int64_t money)
{
    struct serai_text text = {.size = 0};

    serai_text_add(&text, verb);
    serai_text_add(&text, " \"");
    serai_text_add_bytes(&text, (const char *)words,
                         (int32_t)(size < WORDS_SHOWN ? size : WORDS_SHOWN));
    serai_text_add(&text, "\" with ");
    serai_text_add_money(&text, money);
    (void)serai_text_log(&text);
}

/* ---- rules ---- */

/* Where the rule of this place is; the next one begins behind it.  False: there are no more. */
static bool rule_next(int32_t *at, struct rule_head *head, const uint8_t **match)
{
    if (*at + (int32_t)sizeof *head > args_size)
        return false;
    memcpy(head, args + *at, sizeof *head);
    *match = args + *at + sizeof *head;
    *at += (int32_t)sizeof *head + head->match_size + head->words_size;
    return *at <= args_size;
}

static bool rule_fits(const struct rule_head *head, const uint8_t *match, int64_t size)
{
    if ((head->flags & RULE_ANY) != 0)
        return true;
    return head->match_size == size && memcmp(match, data, (size_t)size) == 0;
}

/* The rule for the message in `data`, whose words are at *words.  False: there is none. */
static bool rule_find(int64_t size, struct rule_head *head, const uint8_t **words)
{
    int32_t at = args[0] == 1 ? 1 + SERAI_HEAP_NUMBER_BYTES : 1;
    const uint8_t *match;

    for (int32_t i = 0; i < RULES_MAX && rule_next(&at, head, &match); i++) {
        if (used_up[i] || !rule_fits(head, match, size))
            continue;
        used_up[i] = (head->flags & RULE_ONCE) != 0;
        *words = match + head->match_size;
        return true;
    }
    return false;
}

static void serve(const struct serai_event *event, int64_t size)
{
    struct rule_head head;
    const uint8_t *words;

    log_words("heard", data, size, event->money);
    if (!rule_find(size, &head, &words)) {
        serai_log("mock: no rule is for that");
        if (event->reply >= 0)
            (void)serai_break(event->reply, NO_RULE, "the mock has no rule for that");
        return;
    }
    switch ((enum rule_verb)head.verb) {
    case RULE_ANSWER:
        if (serai_answer(event->reply, words, head.words_size, head.money) < 0)
            serai_log("mock: its money does not reach for the answer");
        break;
    case RULE_FAIL: /* the money of the question goes back with it */
        if (event->reply >= 0 &&
            reply_return(event->reply, head.code, words, head.words_size, event->money) < 0)
            serai_log("mock: it cannot fail the question");
        break;
    case RULE_KEEP:
        if (event->reply >= 0)
            (void)cap_keep(event->reply);
        break;
    case RULE_SILENT:
        break;
    case RULE_TRAP:
        __builtin_trap();
    }
}

/* ---- what the test asks of it ---- */

static void ask(int64_t size)
{
    int32_t head = 1 + SERAI_HEAP_NUMBER_BYTES + (int32_t)sizeof(int64_t);
    int64_t money;
    int64_t target;
    int64_t result;
    int32_t answers;

    if (size < head)
        return;
    memcpy(&money, data + 1 + SERAI_HEAP_NUMBER_BYTES, sizeof money);
    target = heap_get(SERAI_SLOT_HEAP, data + 1);
    answers = (int32_t)self_facet_of(SERAI_SLOT_SELF, ANSWERS, 0, 0);
    result = target < 0 ? target
                        : serai_send((int32_t)target, data + head, (int32_t)size - head, money,
                                     POSTAGE_NANOS_MAX, answers);
    if (result < 0)
        serai_log_values("mock: cannot ask, refusal %d", result);
    if (target >= 0)
        (void)cap_drop((int32_t)target);
}

static void command(const struct serai_event *event, int64_t size)
{
    if (size == 4 && memcmp(data, "door", 4) == 0)
        (void)facet_send(event->reply, NULL, 0, &door, 1, 0, 0, SERAI_SLOT_NONE);
    else if (size > 0 && data[0] == 'A')
        ask(size);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;
    int64_t got;

    (void)slot;
    (void)event_info(&event);
    got = kind == SERAI_EVENT_BORN ? 0 : event_read(data, size, 0);
    if (kind == SERAI_EVENT_BORN)
        born(size);
    else if (kind == SERAI_EVENT_MESSAGE && event.badge == 0)
        command(&event, got);
    else if (kind == SERAI_EVENT_MESSAGE && event.badge == DOOR)
        serve(&event, got);
    else if (kind == SERAI_EVENT_MESSAGE)
        log_words("answered", data, got, event.money);
    else if (kind == SERAI_EVENT_FAILED)
        serai_log_values("failed with %d", event.status);
}
