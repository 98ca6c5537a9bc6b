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

/* What the argument name=NUMBER of the deployment leads to, or else `ours`. */
static inline struct vat_ref meet(const struct vat_call *born, const char *name,
                                  struct vat_ref ours)
{
    struct vat_value args = vat_arg(born, 0);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];

    if (!serai_arg_hex(name, args.bytes, args.size, number, sizeof number))
        return ours;
    return vat_fetch(number);
}

#endif
