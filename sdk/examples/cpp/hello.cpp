// Hello: a line at birth, and one for each message.
#include <serai.hpp>

static int64_t visits;

void serai_turn(int32_t kind, int32_t, int32_t)
{
    if (kind == SERAI_EVENT_BORN)
        (void)serai_log("hello, site");
    if (kind == SERAI_EVENT_MESSAGE)
        (void)serai::text().add("visit number ").add_int(++visits).log();
}
