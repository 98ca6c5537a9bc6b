/* See mutate.h. */
#include "tests/differential/mutate.h"

#include "engine/operators.h"
#include "tests/differential/walk.h"

struct choice {
    struct rng *rng;
    struct walk_operator op; /* a fair one of those seen */
    uint64_t seen;
};

static bool see(void *context, const struct walk_operator *op)
{
    struct choice *choice = context;

    choice->seen++;
    if (rng_below(choice->rng, choice->seen) == 0)
        choice->op = *op;
    return true;
}

/* Another operator of the same operands and result, one byte long as this is. */
static void swap_operator(uint8_t *at, struct rng *rng)
{
    const struct operator_row *row = operator_row(*at);
    uint32_t start = (uint32_t)rng_below(rng, 256);

    if (row->kind == OPERATOR_NONE) {
        if (*at == 0x0c || *at == 0x0d) /* br and br_if differ in an operand, most often */
            *at ^= 1;
        else if (*at >= 0x20 && *at <= 0x22)
            *at = (uint8_t)(0x20 + rng_below(rng, 3));
        return;
    }
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t code = (start + i) % 256;
        const struct operator_row *other = operator_row(code);
        bool binary = row->kind == OPERATOR_INTEGER || row->kind == OPERATOR_BINARY;
        bool other_binary = other->kind == OPERATOR_INTEGER || other->kind == OPERATOR_BINARY;

        if (code == *at || binary != other_binary || other->operand != row->operand ||
            other->result != row->result || (!binary && other->kind != row->kind))
            continue;
        *at = (uint8_t)code;
        return;
    }
}

/* The last byte of a number decides least about its length. */
static void change_immediate(struct bytes *wasm, const struct walk_operator *op, struct rng *rng)
{
    size_t bytes = op->at + op->size - op->immediate;
    uint8_t *at;

    if (bytes == 0)
        return;
    at = wasm->data + op->immediate + rng_below(rng, bytes);
    switch (rng_below(rng, 3)) {
    case 0:
        *at = (uint8_t)(*at ^ 1U);
        break;
    case 1:
        *at = (uint8_t)((*at & 0x80) | rng_below(rng, 128));
        break;
    default:
        *at = (uint8_t)((*at & 0x80) | ((*at + 1U) & 0x7f));
    }
}

static void change_byte(struct bytes *wasm, struct rng *rng)
{
    uint8_t *at = wasm->data + rng_below(rng, wasm->size);

    switch (rng_below(rng, 3)) {
    case 0:
        *at = (uint8_t)rng_u64(rng);
        break;
    case 1:
        *at = (uint8_t)(*at ^ 1U << rng_below(rng, 8));
        break;
    default:
        *at = wasm->data[rng_below(rng, wasm->size)];
    }
}

void mutate(struct bytes *wasm, struct rng *rng)
{
    uint64_t kind = rng_below(rng, 8);

    if (kind == 0) {
        for (uint64_t i = 1 + rng_below(rng, 3); i > 0; i--)
            change_byte(wasm, rng);
        return;
    }
    for (uint64_t i = 1 + rng_below(rng, 4); i > 0; i--) {
        struct choice choice = {.rng = rng};

        /* Only as long as it is: what comes before decides where operators are. */
        walk_operators(wasm->data, wasm->size, see, &choice);
        if (choice.seen == 0)
            return;
        if (choice.op.size == choice.op.immediate - choice.op.at || kind < 4)
            swap_operator(wasm->data + choice.op.at, rng);
        else
            change_immediate(wasm, &choice.op, rng);
    }
}
