/*
 * Ready: three constructors write their letters, by priority and not as they stand here, and each
 * turn logs what they wrote, and how many turns stood.  The data of an event say more: "trap" traps
 * in the turn, "spin" never ends in a constructor, "become" becomes this code anew.
 */
#include "tests/agents/guests/guest.h"

static char order[16];
static int32_t written;
static int64_t turns;

static bool event_is(const char *word)
{
    char data[16];
    int64_t size = event_read(data, sizeof data, 0);

    return size == (int64_t)strlen(word) && memcmp(data, word, (size_t)size) == 0;
}

__attribute__((constructor)) static void last(void)
{
    order[written++] = 'c';
    while (event_is("spin"))
        ;
}

__attribute__((constructor(102))) static void second(void)
{
    order[written++] = 'b';
}

__attribute__((constructor(101))) static void first(void)
{
    order[written++] = 'a';
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_text text;
    uint8_t id[SERAI_CODE_ID_BYTES];

    (void)kind;
    (void)slot;
    (void)size;
    text.size = 0;
    serai_text_add(&text, "ready: ");
    serai_text_add_bytes(&text, order, written);
    serai_text_add_values(&text, ", turn %d", (const int64_t[]){++turns});
    (void)serai_text_log(&text);
    if (event_is("trap"))
        __builtin_trap();
    if (event_is("become")) {
        (void)self_code_id(SERAI_SLOT_SELF, id);
        (void)self_become(SERAI_SLOT_SELF, id, "", 0);
    }
}
