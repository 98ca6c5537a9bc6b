/* How agents of these programs find each other's objects. */
#ifndef SERAI_SDK_EXAMPLES_SPRITELY_MEET_H
#define SERAI_SDK_EXAMPLES_SPRITELY_MEET_H

#include <vat/behaviours.h>

/* Put an object into the heap, and write "number" and the 24 digits by which it is found. */
static inline void meet_publish(struct vat_ref object)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct serai_text line;

    vat_publish(object, number);
    line.size = 0;
    serai_text_add(&line, "number ");
    serai_text_add_hex(&line, number, sizeof number);
    (void)serai_text_log(&line);
}

/* What people speak to is found by other agents, too. */
static inline void meet_front(struct vat_ref object)
{
    vat_front(object);
    meet_publish(object);
}

/* Ask for an object at a site, by its number there. */
static inline struct vat_ref meet_far(struct vat_ref door, const char *via, int32_t via_size,
                                      struct vat_value number)
{
    while (via_size > 0) {
        int32_t size = 0;

        while (size < via_size && via[size] != ',')
            size++;
        door = vat_ask(door, "site",
                       ((struct vat_value){.kind = VAT_TEXT, .bytes = via, .size = size}));
        via_size -= size + (size < via_size);
        via += size + 1;
    }
    return vat_ask(door, "fetch", number);
}

/*
 * What the argument name=NUMBER of the deployment leads to, or else `ours`.  With door=NUMBER and
 * via=LINK,LINK it is an object of another site, to which the wire agent behind that door has a way
 * over these links; the reference is a promise then, and is as good as the object.
 */
static inline struct vat_ref meet(const struct vat_call *born, const char *name,
                                  struct vat_ref ours)
{
    struct vat_value args = vat_arg(born, 0);
    struct vat_value text = {.kind = VAT_TEXT};
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint8_t door[SERAI_HEAP_NUMBER_BYTES];
    const char *via;
    int32_t via_size;

    if (!serai_arg_hex(name, args.bytes, args.size, number, sizeof number))
        return ours;
    if (!serai_arg_hex("door", args.bytes, args.size, door, sizeof door))
        return vat_fetch(number);
    text.bytes = serai_arg(name, args.bytes, args.size, &text.size);
    via = serai_arg("via", args.bytes, args.size, &via_size);
    return meet_far(vat_fetch(door), via, via_size, text);
}

#endif
