/*
 * Once woken it never rests: each turn counts in PAGES pages and sends itself the message that is
 * the next one.
 */
#include <serai.h>

enum { PAGE_BYTES = 4096, PAGES = 2 };

static volatile uint8_t pages[PAGES * PAGE_BYTES];
static int32_t self_again = SERAI_SLOT_NONE;

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN) {
        self_again = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
        return;
    }
    for (int32_t page = 0; page < PAGES; page++)
        pages[page * PAGE_BYTES + 100]++;
    if (facet_send(self_again, NULL, 0, NULL, 0, 0, facet_postage(self_again), SERAI_SLOT_NONE) < 0)
        __builtin_trap();
}
