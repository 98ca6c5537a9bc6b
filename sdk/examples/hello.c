/* Hello: a line at birth, and one for each message. */
#include <serai.h>

static int64_t visits;

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        (void)serai_log("hello, site");
    if (kind == SERAI_EVENT_MESSAGE)
        (void)serai_log_values("visit number %d", ++visits);
}
