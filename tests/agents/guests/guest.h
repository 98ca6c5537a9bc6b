/* What the agents of the tests share. */
#ifndef SERAI_TESTS_AGENTS_GUESTS_GUEST_H
#define SERAI_TESTS_AGENTS_GUESTS_GUEST_H

#include "sdk/serai.h"

static inline int guest_hex_digit(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    return -1;
}

/* Whether the text begins with this word; *rest is what comes after it, without the space. */
static inline bool guest_begins(const char *text, int32_t size, const char *word, const char **rest,
                                int32_t *rest_size)
{
    int32_t length = (int32_t)strlen(word);

    if (size < length || memcmp(text, word, (size_t)length) != 0)
        return false;
    if (size > length && text[length] != ' ')
        return false;
    *rest = text + length + (size > length);
    *rest_size = size - length - (size > length);
    return true;
}

/* The heap number given in hex for `name`: the slot of what it names, or a refusal. */
static inline int64_t guest_arg_heap(const char *name, const char *args, int32_t args_size)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int32_t size;
    const char *hex = serai_arg(name, args, args_size, &size);

    if (hex == NULL || size != 2 * SERAI_HEAP_NUMBER_BYTES)
        return SERAI_E_INVALID;
    for (int32_t i = 0; i < SERAI_HEAP_NUMBER_BYTES; i++) {
        int high = guest_hex_digit(hex[2 * i]);
        int low = guest_hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return SERAI_E_INVALID;
        number[i] = (uint8_t)(high * 16 + low);
    }
    return heap_get(SERAI_SLOT_HEAP, number);
}

#endif
