/*
 * How two agents of one program meet.  The same program plays near and far:
 *
 *     (no arguments)    the object is in the agent that uses it
 *     serve=1           the agent has the object, and writes the number by which it can be found
 *     at=NUMBER         the agent uses the one of that number, another agent's
 */
#ifndef SERAI_SDK_EXAMPLES_SPRITELY_MEET_H
#define SERAI_SDK_EXAMPLES_SPRITELY_MEET_H

#include <vat/vat.h>

/* Put an object into the heap, and write "number" and 24 digits. */
static inline void meet_publish(struct vat_ref object)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct serai_text line = {0};

    vat_publish(object, number);
    serai_text_add(&line, "number ");
    serai_text_add_hex(&line, number, sizeof number);
    (void)serai_text_log(&line);
}

/* The object to use: `ours` or the one elsewhere; nothing if this agent only has it for others. */
static inline struct vat_ref meet(const struct vat_call *born, struct vat_ref ours)
{
    struct vat_value args = vat_arg(born, 0);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];

    if (serai_arg_is("serve", args.bytes, args.size, "1")) {
        vat_front(ours);
        meet_publish(ours);
        return (struct vat_ref){0};
    }
    if (serai_arg_hex("at", args.bytes, args.size, number, sizeof number))
        return vat_fetch(number);
    return ours;
}

#endif
