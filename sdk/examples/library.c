/*
 * Library: counts the words of a text, for an agent that does not trust it (importer.c).
 *
 * A question is a text; its answer is a struct count of importer.c: the words, and how many of the
 * things of a site this library can reach.  It has no arguments.  A text that is "for ever" it
 * counts for ever.
 */
#include <serai.h>

enum { TEXT_BYTES_MAX = 4096, NOTHING_TO_COUNT = SERAI_FAIL_CODE_MIN };

static char text[TEXT_BYTES_MAX];

static int64_t count_words(int32_t size)
{
    int64_t words = 0;

    for (int32_t i = 0; i < size; i++)
        words += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return words;
}

/* What it would take to keep what it reads, or to tell somebody of it. */
static int64_t count_ways_out(void)
{
    int64_t ways = 0;

    for (int32_t slot = SERAI_SLOT_BUFFERS; slot <= SERAI_SLOT_LOG; slot++)
        ways += cap_kind(slot) > 0;
    return ways;
}

static void answer(int32_t size)
{
    struct serai_event event;
    int64_t count[2];

    (void)event_info(&event);
    if (size == 0)
        serai_fail(NOTHING_TO_COUNT, "there is nothing to count");
    while (size == 8 && memcmp(text, "for ever", 8) == 0)
        count[0] = *(volatile char *)text;
    count[0] = count_words(size);
    count[1] = count_ways_out();
    (void)serai_answer(event.reply, count, sizeof count, 0);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_MESSAGE)
        answer((int32_t)event_read(text, sizeof text, 0));
}
