/* Shouter: writes each message, and what it is born with, into its log as it is. */
#include <serai.h>

enum { TEXT_BYTES_MAX = 512 };

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    static char text[TEXT_BYTES_MAX];

    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_MESSAGE)
        (void)serai_log_bytes("shouts: ", text, (int32_t)event_read(text, sizeof text, 0));
}
