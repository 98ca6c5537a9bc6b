/*
 * One chore a message, named by its first byte: 'e' nothing, 'h' a thousand host calls, 'd' change
 * four pages, 't' change four pages and trap.
 */
#include <serai.h>

enum { PAGE_BYTES = 4096, PAGES = 4, HOST_CALLS = 1000 };

static volatile uint8_t pages[PAGES * PAGE_BYTES];

static void change_pages(void)
{
    for (int32_t page = 0; page < PAGES; page++)
        pages[page * PAGE_BYTES + 100]++;
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    char chore = 'e';

    (void)slot;
    if (kind == SERAI_EVENT_MESSAGE && size == 1)
        (void)event_read(&chore, 1, 0);
    if (chore == 'h') {
        for (int32_t i = 0; i < HOST_CALLS; i++)
            (void)cap_kind(SERAI_SLOT_SELF);
    } else if (chore == 'd') {
        change_pages();
    } else if (chore == 't') {
        change_pages();
        __builtin_trap();
    }
}
