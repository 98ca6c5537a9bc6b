/* Operations between wire agents: each comes back as it was written, and nothing else is taken. */
#include <string.h>

#include "sdk/wire/ops.h"
#include "tests/check_main.h"

enum { ROOM = 4096, RUNS = 3000 };

static struct rng rng;

static uint32_t draw(uint32_t bound)
{
    return (uint32_t)rng_below(&rng, bound);
}

static void draw_bytes(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(1 + draw(255));
}

static struct op_place draw_place(void)
{
    struct op_place place = {.kind = (enum op_place_kind)(1 + draw(OP_PLACE_KINDS - 1)),
                             .index = draw(1000)};

    if (place.kind >= OP_PLACE_OBJECT)
        place.ask = WIRE_FEE_NANOS + draw(WIRE_ASK_NANOS_MAX - WIRE_FEE_NANOS);
    if (place.kind == OP_PLACE_GIFT) {
        place.gift = draw(1000);
        draw_bytes(place.key, sizeof place.key);
    }
    return place;
}

static struct op draw_op(const uint8_t *body)
{
    struct op op = {.kind = (enum op_kind)draw(OP_KINDS)};

    for (const char *field = op_fields(op.kind); *field != 0; field++) {
        if (*field == 't')
            op.target = draw_place();
        if (*field == 'q')
            op.question = draw(256);
        if (*field == 'i')
            op.index = draw(UINT32_MAX);
        if (*field == 'n')
            op.count = draw(100);
        if (*field == 'g')
            op.gift = draw(100);
        if (*field == 'm')
            op.money = (int64_t)draw(UINT32_MAX) << draw(31);
        if (*field == 'a')
            op.ask = draw(WIRE_ASK_NANOS_MAX);
        if (*field == 'e')
            op.code = (int32_t)draw(10000) - 5000;
        if (*field == 'v')
            op.version = OP_VERSION;
        if (*field == 'b') {
            op.body = body;
            op.size = (int32_t)draw(64);
        }
        if (*field == 'k')
            draw_bytes(op.key, sizeof op.key);
        if (*field == 's' && draw(2) == 0)
            draw_bytes(op.secret, sizeof op.secret);
        if (*field == 'p' && draw(2) == 0)
            draw_bytes(op.proof, sizeof op.proof);
        if (*field == 'c') {
            op.cap_count = (int32_t)draw(WIRE_CAPS_MAX + 1);
            for (int32_t i = 0; i < op.cap_count; i++)
                op.caps[i] = draw_place();
        }
    }
    return op;
}

static void place_is(const struct op_place *place, const struct op_place *other)
{
    ck_assert_int_eq(place->kind, other->kind);
    ck_assert_uint_eq(place->index, other->index);
    ck_assert_int_eq(place->ask, other->ask);
    ck_assert_uint_eq(place->gift, other->gift);
    ck_assert_mem_eq(place->key, other->key, sizeof place->key);
}

static void op_is(const struct op *op, const struct op *other)
{
    ck_assert_int_eq(op->kind, other->kind);
    for (const char *field = op_fields(op->kind); *field != 0; field++) {
        ck_assert(*field != 't' || op->target.kind == other->target.kind);
        ck_assert(*field != 'q' || op->question == other->question);
        ck_assert(*field != 'i' || op->index == other->index);
        ck_assert(*field != 'n' || op->count == other->count);
        ck_assert(*field != 'g' || op->gift == other->gift);
        ck_assert(*field != 'm' || op->money == other->money);
        ck_assert(*field != 'a' || op->ask == other->ask);
        ck_assert(*field != 'e' || op->code == other->code);
        ck_assert(*field != 'v' || op->version == other->version);
        ck_assert(*field != 'k' || memcmp(op->key, other->key, sizeof op->key) == 0);
        ck_assert(*field != 's' || memcmp(op->secret, other->secret, sizeof op->secret) == 0);
        ck_assert(*field != 'p' || memcmp(op->proof, other->proof, sizeof op->proof) == 0);
        ck_assert(*field != 'c' || op->cap_count == other->cap_count);
        for (int32_t i = 0; *field == 'c' && i < op->cap_count; i++)
            place_is(&op->caps[i], &other->caps[i]);
        if (*field == 'b') {
            ck_assert_int_eq(op->size, other->size);
            ck_assert_mem_eq(op->body, other->body, (size_t)op->size);
        }
    }
}

/* Any operation is read as it was written, and one byte less, more or other is refused or another.
 */
START_TEST(what_is_written_is_read)
{
    uint8_t body[64];
    uint8_t bytes[ROOM];
    uint8_t again[ROOM];

    rng = rng_for_test();
    draw_bytes(body, sizeof body);
    for (int run = 0; run < RUNS; run++) {
        struct op op = draw_op(body);
        struct op read = {.kind = OP_KINDS};
        int32_t size = op_write(&op, bytes, sizeof bytes);

        ck_assert_int_gt(size, 0);
        ck_assert(op_read(&read, bytes, size));
        op_is(&op, &read);
        ck_assert(!op_read(&read, bytes, size - 1));
        bytes[size] = '>';
        ck_assert(!op_read(&read, bytes, size + 1));
        ck_assert_int_eq(op_write(&op, again, size - 1), 0);
        bytes[draw((uint32_t)size)] ^= (uint8_t)(1 + draw(255));
        if (op_read(&read, bytes, size)) {
            ck_assert_int_eq(op_write(&read, again, sizeof again), size);
            ck_assert_mem_eq(again, bytes, (size_t)size);
        }
    }
}
END_TEST

static bool reads(const char *text)
{
    struct op op;

    return op_read(&op, (const uint8_t *)text, (int32_t)strlen(text));
}

START_TEST(what_lies_is_refused)
{
    ck_assert(reads("<9'op:synced7+>"));
    ck_assert(!reads("<9'op:synced7->"));          /* an index below 0 */
    ck_assert(!reads("<9'op:synced4294967296+>")); /* too large a one */
    ck_assert(!reads("<9'op:synced7+8+>"));
    ck_assert(!reads("<9'op:synced>"));
    ck_assert(!reads("<9'op:sinced7+>"));
    ck_assert(!reads("[9'op:synced7+]"));
    ck_assert(reads("<9'op:answer1+0+[]0:>"));
    ck_assert(!reads("<9'op:answer1+1-[]0:>")); /* money below 0 */
    ck_assert(!reads("<9'op:answer1+0+[<11'desc:export1+>0:>"));
    ck_assert(reads("<9'op:answer1+0+[<11'desc:export1+>]0:>"));
    /* nine capabilities */
    ck_assert(!reads("<9'op:answer1+0+[<11'desc:export1+><11'desc:export1+><11'desc:export1+>"
                     "<11'desc:export1+><11'desc:export1+><11'desc:export1+><11'desc:export1+>"
                     "<11'desc:export1+><11'desc:export1+>]0:>"));
    ck_assert(!reads("<9'op:answer1+0+[<18'desc:import-object1+1-0>]0:>"));
    ck_assert(!reads("<7'op:gift1+1+31:1234567890123456789012345678901>")); /* a short key */
    ck_assert(reads("<7'op:gift1+1+32:12345678901234567890123456789012>"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operations of wire agents");
    TCase *cases = tcase_create("ops");

    tcase_add_test(cases, what_is_written_is_read);
    tcase_add_test(cases, what_lies_is_refused);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
