/*
 * Parrot: logs the bytes of each event as they are, whatever a terminal would do with them.  The
 * message `odd` makes it log bytes that are no text, `trap` makes it trap, and `fail` fail with a
 * reason that is no text.
 */
#include "tests/agents/guests/guest.h"

static bool is_word(const char *text, int32_t size, const char *word)
{
    int32_t at = 0;

    while (at < size && word[at] != '\0' && text[at] == word[at])
        at++;
    return at == size && word[at] == '\0';
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    static char text[SERAI_LOG_LINE_BYTES_MAX];
    static const char odd[] = "nul\0 and \xff";
    static const char why[] = "why\n9.9  site   \x1b[2J\xff";
    int32_t length = (int32_t)event_read(text, sizeof text, 0);

    (void)slot;
    (void)size;
    if (kind != SERAI_EVENT_BORN && kind != SERAI_EVENT_MESSAGE)
        return;
    if (is_word(text, length, "odd"))
        (void)log_append(SERAI_SLOT_LOG, odd, sizeof odd - 1);
    else if (is_word(text, length, "trap"))
        __builtin_trap();
    else if (is_word(text, length, "fail"))
        (void)self_fail(SERAI_SLOT_SELF, SERAI_FAIL_CODE_MIN, why, sizeof why - 1);
    else
        (void)log_append(SERAI_SLOT_LOG, text, length);
}
