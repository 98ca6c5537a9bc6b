/* Is born, and waits. */
#include <serai.h>

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)kind;
    (void)slot;
    (void)size;
}
