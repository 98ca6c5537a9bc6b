/* Messages on their way out: encoded once, and kept in a ring. */
#include "links/link_set.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct letters *letters, size_t index)
{
    return (letters->first + index) & (letters->capacity - 1);
}

static void grow(struct letters *letters)
{
    size_t capacity = letters->capacity == 0 ? 16 : letters->capacity * 2;
    struct letter **items = calloc(capacity, sizeof(struct letter *));

    INVARIANT(items != NULL);
    for (size_t i = 0; i < letters->count; i++)
        items[i] = letters->items[slot_of(letters, i)];
    free(letters->items);
    letters->items = items;
    letters->capacity = capacity;
    letters->first = 0;
}

void letters_push(struct letters *letters, struct letter *letter)
{
    if (letters->count == letters->capacity)
        grow(letters);
    letters->items[slot_of(letters, letters->count++)] = letter;
    letters->bytes += letter->size;
    letters->answers += letter->message.kind == CHANNEL_ANSWER;
}

struct letter *letters_at(const struct letters *letters, size_t index)
{
    INVARIANT(index < letters->count);
    return letters->items[slot_of(letters, index)];
}

struct letter *letters_pop(struct letters *letters)
{
    struct letter *letter = letters_at(letters, 0);

    letters->first = slot_of(letters, 1);
    letters->count--;
    letters->bytes -= letter->size;
    letters->answers -= letter->message.kind == CHANNEL_ANSWER;
    return letter;
}

size_t letters_remove(struct letters *letters, const struct letter *letter)
{
    size_t index = letters->count;
    size_t was;

    do {
        INVARIANT(index > 0); /* it is not there */
        index--;
    } while (letters_at(letters, index) != letter);
    was = index;
    for (; index + 1 < letters->count; index++)
        letters->items[slot_of(letters, index)] = letters->items[slot_of(letters, index + 1)];
    letters->count--;
    letters->bytes -= letter->size;
    letters->answers -= letter->message.kind == CHANNEL_ANSWER;
    return was;
}

void letters_insert(struct letters *letters, size_t index, struct letter *letter)
{
    INVARIANT(index <= letters->count);
    letters_push(letters, letter);
    for (size_t at = letters->count - 1; at > index; at--)
        letters->items[slot_of(letters, at)] = letters->items[slot_of(letters, at - 1)];
    letters->items[slot_of(letters, index)] = letter;
}

void letters_fini(struct letters *letters)
{
    while (letters->count != 0)
        free(letters_pop(letters));
    free(letters->items);
    memset(letters, 0, sizeof *letters);
}

struct letter *letter_new(struct links *links, const struct channel_message *message)
{
    struct bytes *wire = &links->scratch;
    struct letter *letter;

    bytes_clear(wire);
    message_encode(wire, message);
    INVARIANT(!wire->failed);
    INVARIANT(wire->size <= MESSAGE_BYTES_MAX);
    letter = calloc(1, sizeof *letter + wire->size);
    INVARIANT(letter != NULL);
    letter->message = *message;
    letter->money = message_money(message);
    letter->message.money = letter->money;
    letter->message.name = NULL; /* borrowed, and it does not cross */
    letter->size = wire->size;
    memcpy(letter->wire, wire->data, wire->size);
    /* The data of a packet is its last field. */
    if (message->kind != CHANNEL_PACKET)
        letter->message.size = 0;
    letter->message.data = letter->wire + letter->size - letter->message.size;
    return letter;
}
