/* See walk.h. */
#include "tests/differential/walk.h"

#include "engine/code.h"
#include "engine/operators.h"

struct walk {
    const uint8_t *bytes;
    size_t size;
    size_t at;
};

static uint32_t get_u32(struct walk *walk)
{
    uint32_t value = 0;

    for (uint32_t shift = 0; walk->at < walk->size; shift += 7) {
        uint8_t byte = walk->bytes[walk->at++];

        value |= (uint32_t)(byte & 0x7f) << (shift & 31);
        if ((byte & 0x80) == 0)
            break;
    }
    return value;
}

static void skip_immediate(struct walk *walk, uint32_t code)
{
    uint32_t count;

    switch (code) {
    case 0x02: /* block, loop, if: a type of one byte */
    case 0x03:
    case 0x04:
        walk->at++;
        return;
    case 0x0c: /* br, br_if, call, locals and globals, memory.size and grow, integers */
    case 0x0d:
    case 0x10:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x3f:
    case 0x40:
    case 0x41:
    case 0x42:
    case 0x10b:
        (void)get_u32(walk);
        return;
    case 0x0e:
        count = get_u32(walk);
        for (uint32_t i = 0; i <= count && walk->at < walk->size; i++)
            (void)get_u32(walk);
        return;
    case 0x11: /* call_indirect, memory.copy */
    case 0x10a:
        (void)get_u32(walk);
        (void)get_u32(walk);
        return;
    case 0x43:
        walk->at += 4;
        return;
    case 0x44:
        walk->at += 8;
        return;
    default:
        if (code >= 0x28 && code <= 0x3e) {
            (void)get_u32(walk);
            (void)get_u32(walk);
        }
    }
}

static bool walk_body(struct walk *walk, size_t end,
                      bool (*see)(void *context, const struct walk_operator *op), void *context)
{
    for (uint32_t groups = get_u32(walk); groups > 0 && walk->at < end; groups--) {
        (void)get_u32(walk);
        walk->at++;
    }
    while (walk->at < end) {
        struct walk_operator op = {.at = walk->at, .code = walk->bytes[walk->at]};

        walk->at++;
        if (op.code == 0xfc)
            op.code = 0x100 + get_u32(walk);
        op.immediate = walk->at;
        skip_immediate(walk, op.code);
        op.size = walk->at - op.at;
        if (!see(context, &op))
            return false;
    }
    walk->at = end;
    return true;
}

void walk_operators(const uint8_t *bytes, size_t size,
                    bool (*see)(void *context, const struct walk_operator *op), void *context)
{
    struct walk walk = {.bytes = bytes, .size = size, .at = 8};

    while (walk.at < size) {
        uint8_t id = bytes[walk.at++];
        uint32_t section = get_u32(&walk);
        size_t end = walk.at + section;

        if (id == 10) {
            for (uint32_t count = get_u32(&walk); count > 0 && walk.at < size; count--) {
                uint32_t body = get_u32(&walk);

                if (!walk_body(&walk, walk.at + body, see, context))
                    return;
            }
        }
        walk.at = end;
    }
}

/* abs, neg and copysign change one bit; the rest of the floats' own operators compute. */
static bool see_nan(void *context, const struct walk_operator *op)
{
    const struct operator_row *row = operator_row(op->code);
    bool *makes = context;

    if ((row->kind != OPERATOR_BINARY && row->kind != OPERATOR_UNARY) ||
        (row->result != TYPE_F32 && row->result != TYPE_F64) ||
        (row->operand != TYPE_F32 && row->operand != TYPE_F64))
        return true;
    *makes = true;
    return false;
}

bool walk_makes_nans(const uint8_t *bytes, size_t size)
{
    bool makes = false;

    walk_operators(bytes, size, see_nan, &makes);
    return makes;
}
