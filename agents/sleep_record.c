/*
 * The record of a packed agent.  What is zero takes a bit, a number its own bytes, and the slots
 * that all are born with one bit together.  It is never stored, and holds pointers: modules, owned
 * objects, pages and log lines stay where they are.
 */
#include "agents/sleep_record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/pages/paged.h"
#include "base/slab.h"

/* A record begins with its size in grains of the slab. */
enum { RECORD_HEAD_BYTES = 2, VARINT_BYTES_MAX = 19 };

static_assert(SLAB_GRAIN == 8, "the lowest bit of a pointer distinguishes records from structs");

/* ---- what is packed: one table for both ways, so that neither can forget a field ---- */

struct packed_number {
    size_t offset;
    size_t size;
};

#define NUMBER(field)                                                                              \
    {                                                                                              \
        offsetof(struct agent, field), sizeof(((struct agent *)NULL)->field)                       \
    }

/*
 * The numbers of an agent with an empty inbox, not in the queue, with no row to write; what else
 * the struct has is in the flags below, or zero in such an agent.
 */
static const struct packed_number numbers[] = {
    NUMBER(customer),
    NUMBER(parent),
    NUMBER(leash),
    NUMBER(confined),
    NUMBER(state),
    NUMBER(born_frame),
    NUMBER(children),
    NUMBER(program.kept_count),
    NUMBER(program.memory_pages),
    NUMBER(owns.facets),
    NUMBER(owns.timers),
    NUMBER(owns.buffer_bytes),
    NUMBER(log.bytes),
    NUMBER(log.lines),
    NUMBER(log.next),
    NUMBER(log.deleted),
    NUMBER(log.erased),
    NUMBER(low.mark),
    NUMBER(low.armed),
    NUMBER(low.reserve),
    NUMBER(burial),
    NUMBER(rent.owed[0]),
    NUMBER(rent.owed[1]),
    NUMBER(rent.owed[2]),
    NUMBER(rent.index[0]),
    NUMBER(rent.index[1]),
    NUMBER(rent.index[2]),
    NUMBER(carry[0]),
    NUMBER(carry[1]),
    NUMBER(carry[2]),
    NUMBER(carry[3]),
    NUMBER(carry[4]),
    NUMBER(usage.turns),
    NUMBER(usage.traps),
    NUMBER(usage.fuel),
    NUMBER(program.code.share_index),
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

enum { NUMBER_BITS_BYTES = 5 };

static_assert(sizeof(enum agent_state) == sizeof(uint32_t) && sizeof(bool) == 1 &&
                  sizeof(struct money) == sizeof(uint64_t),
              "number_get() knows the widths");
static_assert(NUMBERS <= 8 * NUMBER_BITS_BYTES && RENT_RESOURCES == 3 && CARRIES == 5,
              "each has a bit");

enum flag {
    FLAG_INBORN = 1,  /* slots below SERAI_SLOT_FIRST_FREE are as at birth, the origin aside */
    FLAG_GLOBALS = 2, /* differ from those that the code begins with */
    FLAG_REASON = 4,
    FLAG_PAGES = 8, /* some page is not as in the initial image */
    FLAG_FROZEN = 16,
    FLAG_MORE = 32, /* what few agents have: needs, while rows are read; messages on promises */
    FLAG_BEGUN = 64,
    FLAG_OWNED = 128,
};

/* Numbers of any width are read and written as their low bytes. */
static u128 number_get(const struct agent *agent, const struct packed_number *number)
{
    const void *from = (const char *)agent + number->offset;
    uint64_t low = 0;
    u128 wide = 0;

    /* Every machine that we run on is little-endian; sizes that are known here are no calls. */
    if (number->size == sizeof low)
        memcpy(&low, from, sizeof low);
    else if (number->size == sizeof(uint32_t))
        memcpy(&low, from, sizeof(uint32_t));
    else if (number->size == sizeof(bool))
        memcpy(&low, from, sizeof(bool));
    else
        memcpy(&wide, from, sizeof wide);
    return wide | low;
}

static void number_set(struct agent *agent, const struct packed_number *number, u128 value)
{
    memcpy((char *)agent + number->offset, &value, number->size);
}

/* ---- bytes ---- */

static uint8_t *record_put_raw(uint8_t *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static const uint8_t *record_get_raw(const uint8_t *from, void *to, size_t size)
{
    memcpy(to, from, size);
    return from + size;
}

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static uint8_t *record_put_number(uint8_t *to, u128 value)
{
    uint64_t low;

    for (; value > UINT64_MAX; value >>= 7)
        *to++ = (uint8_t)((uint8_t)value | 0x80);
    for (low = (uint64_t)value; low >= 0x80; low >>= 7)
        *to++ = (uint8_t)((uint8_t)low | 0x80);
    *to++ = (uint8_t)low;
    return to;
}

static const uint8_t *record_get_number(const uint8_t *from, u128 *value)
{
    uint64_t low = 0;
    unsigned shift = 0;

    /* In 64 bits as long as they suffice: nearly all numbers end here, and 128 are slower. */
    for (; shift < 63; shift += 7, from++) {
        low |= (uint64_t)(*from & 0x7f) << shift;
        if ((*from & 0x80) == 0) {
            *value = low;
            return from + 1;
        }
    }
    *value = low;
    for (;; shift += 7, from++) {
        *value |= (u128)(*from & 0x7f) << shift;
        if ((*from & 0x80) == 0)
            return from + 1;
    }
}

static const uint8_t *record_get_u64(const uint8_t *from, uint64_t *value)
{
    u128 wide;

    from = record_get_number(from, &wide);
    *value = (uint64_t)wide;
    return from;
}

static uint8_t *record_put_text(uint8_t *to, const char *text)
{
    size_t size = strlen(text);

    *to++ = (uint8_t)size;
    return record_put_raw(to, text, size);
}

static const uint8_t *record_get_text(const uint8_t *from, char *text)
{
    size_t size = *from++;

    text[size] = '\0';
    return record_get_raw(from, text, size);
}

/* ---- numbers ---- */

/* The bits of the numbers that are not zero, then these numbers in the order of the table. */
static uint8_t *record_put_numbers(uint8_t *to, const struct agent *agent)
{
    uint8_t *bits_at = to;
    uint64_t bits = 0;

    to += NUMBER_BITS_BYTES;
    for (size_t i = 0; i < NUMBERS; i++) {
        u128 value = number_get(agent, &numbers[i]);

        if (value == 0)
            continue;
        bits |= UINT64_C(1) << i;
        to = record_put_number(to, value);
    }
    memcpy(bits_at, &bits, NUMBER_BITS_BYTES); /* the low bytes come first */
    return to;
}

static const uint8_t *record_get_numbers(const uint8_t *from, struct agent *agent)
{
    uint64_t bits = 0;

    from = record_get_raw(from, &bits, NUMBER_BITS_BYTES);
    for (size_t i = 0; i < NUMBERS; i++) {
        u128 value;

        if ((bits & UINT64_C(1) << i) == 0)
            continue;
        from = record_get_number(from, &value);
        number_set(agent, &numbers[i], value);
    }
    return from;
}

/* ---- capabilities ---- */

static bool record_cap_is_inborn(const struct agent *agent, uint64_t slot)
{
    struct cap cap = {.kind = cap_inborn_kind(slot)};
    const struct cap *held = cap_table_at(&agent->caps, slot);

    return held != NULL && cap_equal(held, &cap);
}

/*
 * Whether the slots that an agent is born with hold what they held then; the origin is always
 * written.
 */
static bool record_caps_are_inborn(const struct agent *agent)
{
    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++) {
        if (slot != SERAI_SLOT_ORIGIN && !record_cap_is_inborn(agent, slot))
            return false;
    }
    return true;
}

/* Whether the record has to say what this slot holds. */
static bool record_cap_is_packed(const struct cap *cap, uint32_t slot, bool inborn)
{
    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY)
        return false;
    return !inborn || slot >= SERAI_SLOT_FIRST_FREE || slot == SERAI_SLOT_ORIGIN;
}

static uint8_t *record_put_caps(uint8_t *to, const struct agent *agent, bool inborn)
{
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < agent->caps.highest; slot++)
        count += record_cap_is_packed(cap_table_at(&agent->caps, slot), slot, inborn);
    to = record_put_number(to, count);
    for (uint32_t slot = 0; count > 0; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (!record_cap_is_packed(cap, slot, inborn))
            continue;
        to = record_put_number(to, slot);
        *to++ = cap->kind;
        *to++ = cap->rights;
        to = record_put_number(to, cap->object);
        count--;
    }
    return to;
}

static void record_set_cap(struct agent *agent, uint32_t slot, struct cap cap)
{
    cap_table_grow(&agent->caps, slot / AGENT_CAPS_CHUNK);
    *cap_table_at(&agent->caps, slot) = cap;
    agent->caps.used += cap.kind != SERAI_KIND_EMPTY;
    if (slot >= agent->caps.highest)
        agent->caps.highest = slot + 1;
}

static const uint8_t *record_get_caps(const uint8_t *from, struct agent *agent, bool inborn)
{
    uint64_t count;

    for (uint32_t slot = 0; inborn && slot < SERAI_SLOT_FIRST_FREE; slot++)
        record_set_cap(agent, slot, (struct cap){.kind = cap_inborn_kind(slot)});
    from = record_get_u64(from, &count);
    for (; count > 0; count--) {
        struct cap cap = {0};
        uint64_t slot;

        from = record_get_u64(from, &slot);
        cap.kind = *from++;
        cap.rights = *from++;
        from = record_get_u64(from, &cap.object);
        record_set_cap(agent, (uint32_t)slot, cap);
    }
    agent->caps.large = cap_table_count_large(&agent->caps);
    return from;
}

/* ---- code and globals ---- */

static bool record_globals_are_initial(const struct agent *agent)
{
    const struct engine_code *engine = agent->program.code.code->engine;
    uint64_t initial[ENGINE_GLOBALS_MAX];

    engine_code_initial_globals(engine, initial);
    return memcmp(initial, agent->program.globals, engine_code_globals(engine) * sizeof *initial) ==
           0;
}

/* The code by pointer, and globals only where they differ from those that the code begins with. */
static uint8_t *record_put_program(uint8_t *to, const struct agent *agent, uint8_t flags)
{
    to = record_put_raw(to, &agent->program.code.code, sizeof agent->program.code.code);
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        to = record_put_raw(to, &agent->program.kept[i].code, sizeof agent->program.kept[i].code);
        to = record_put_number(to, agent->program.kept[i].share_index);
    }
    if ((flags & FLAG_GLOBALS) != 0) {
        uint32_t count = engine_code_globals(agent->program.code.code->engine);

        for (uint32_t i = 0; i < count; i++)
            to = record_put_number(to, agent->program.globals[i]);
    }
    return to;
}

static const uint8_t *record_get_program(const uint8_t *from, struct agent *agent, uint8_t flags)
{
    uint32_t count;

    from = record_get_raw(from, &agent->program.code.code, sizeof agent->program.code.code);
    if (agent->program.kept_count > 0)
        agent_make_kept(agent);
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        from =
            record_get_raw(from, &agent->program.kept[i].code, sizeof agent->program.kept[i].code);
        from = record_get_number(from, &agent->program.kept[i].share_index);
    }
    count = engine_code_globals(agent->program.code.code->engine);
    agent_fit_globals(agent, count);
    if ((flags & FLAG_GLOBALS) == 0)
        engine_code_initial_globals(agent->program.code.code->engine, agent->program.globals);
    for (uint32_t i = 0; (flags & FLAG_GLOBALS) != 0 && i < count; i++)
        from = record_get_u64(from, &agent->program.globals[i]);
    return from;
}

/* ---- pages: their pointers, in order of number ---- */

static uint8_t *record_put_pages(uint8_t *to, const struct agent *agent)
{
    to = record_put_number(to, agent->program.memory.used);
    return record_put_raw(to, agent->program.memory.pages,
                          agent->program.memory.used * sizeof *agent->program.memory.pages);
}

static const uint8_t *record_get_pages(const uint8_t *from, struct agent *agent)
{
    uint64_t used;

    from = record_get_u64(from, &used);
    paged_adopt(&agent->program.memory, (uint32_t)used);
    return record_get_raw(from, agent->program.memory.pages,
                          used * sizeof *agent->program.memory.pages);
}

/* ---- what few agents have ---- */

static uint8_t *record_put_more(uint8_t *to, const struct agent *agent)
{
    to = record_put_number(to, money_nanos(agent->needs));
    to = record_put_number(to, agent->sent.messages);
    to = record_put_number(to, agent->sent.bytes);
    return record_put_raw(to, &agent->sent.newest, sizeof agent->sent.newest);
}

static const uint8_t *record_get_more(const uint8_t *from, struct agent *agent)
{
    uint64_t nanos;

    from = record_get_u64(from, &nanos);
    INVARIANT(money_from_nanos(&agent->needs, nanos) == ST_OK);
    from = record_get_u64(from, &agent->sent.messages);
    from = record_get_u64(from, &agent->sent.bytes);
    return record_get_raw(from, &agent->sent.newest, sizeof agent->sent.newest);
}

/* ---- records ---- */

/* Each number at its longest, each text at its full size: more than any record takes. */
size_t sleep_record_bound(const struct agent *agent)
{
    return RECORD_HEAD_BYTES + 1 + sizeof(uint32_t) + (NUMBERS + 4) * VARINT_BYTES_MAX +
           sizeof agent->name + sizeof agent->reason + 4 * sizeof(void *) +
           (size_t)(agent->program.kept_count + 1) * (sizeof(void *) + VARINT_BYTES_MAX) +
           (size_t)engine_code_globals(agent->program.code.code->engine) * VARINT_BYTES_MAX +
           (size_t)(agent->caps.used + 1) * (2 + 2 * VARINT_BYTES_MAX) + VARINT_BYTES_MAX +
           agent->program.memory.used * sizeof(struct paged_page *) + SLAB_GRAIN;
}

static uint8_t record_flags(const struct agent *agent)
{
    uint8_t flags = 0;

    if (record_caps_are_inborn(agent))
        flags |= FLAG_INBORN;
    if (!record_globals_are_initial(agent))
        flags |= FLAG_GLOBALS;
    if (agent->reason[0] != '\0')
        flags |= FLAG_REASON;
    if (agent->program.memory.used > 0)
        flags |= FLAG_PAGES;
    if (agent_is_frozen(agent))
        flags |= FLAG_FROZEN;
    if (!money_is_zero(agent->needs) || agent->sent.newest != NULL)
        flags |= FLAG_MORE;
    if (agent->program.begun)
        flags |= FLAG_BEGUN;
    if (agent->owns.newest != NULL)
        flags |= FLAG_OWNED;
    return flags;
}

/*
 * The order is that of sleep_record_unpack(): what a later part needs to be read comes before it.
 */
const uint8_t *sleep_record_pack(uint8_t *to, const struct agent *agent)
{
    uint8_t flags = record_flags(agent);

    to += RECORD_HEAD_BYTES;
    *to++ = flags;
    to = record_put_numbers(to, agent);
    to = record_put_text(to, agent->name);
    if ((flags & FLAG_REASON) != 0)
        to = record_put_text(to, agent->reason);
    if ((flags & FLAG_FROZEN) != 0)
        to = record_put_number(to, agent->frozen_us);
    if ((flags & FLAG_MORE) != 0)
        to = record_put_more(to, agent);
    if ((flags & FLAG_OWNED) != 0)
        to = record_put_raw(to, &agent->owns.newest, sizeof agent->owns.newest);
    to = record_put_program(to, agent, flags);
    to = record_put_caps(to, agent, (flags & FLAG_INBORN) != 0);
    if ((flags & FLAG_PAGES) != 0)
        to = record_put_pages(to, agent);
    if (agent->log.lines > 0) {
        to = record_put_raw(to, &agent->log.first, sizeof agent->log.first);
        to = record_put_raw(to, &agent->log.last, sizeof agent->log.last);
    }
    return to;
}

/* The parts in the order of sleep_record_pack(). */
void sleep_record_unpack(struct agent *agent, const uint8_t *from)
{
    uint8_t flags;

    from += RECORD_HEAD_BYTES;
    flags = *from++;
    agent->program.begun = (flags & FLAG_BEGUN) != 0;
    from = record_get_numbers(from, agent);
    from = record_get_text(from, agent->name);
    if ((flags & FLAG_REASON) != 0)
        from = record_get_text(from, agent->reason);
    if ((flags & FLAG_FROZEN) != 0)
        from = record_get_u64(from, &agent->frozen_us);
    if ((flags & FLAG_MORE) != 0)
        from = record_get_more(from, agent);
    if ((flags & FLAG_OWNED) != 0)
        from = record_get_raw(from, &agent->owns.newest, sizeof agent->owns.newest);
    from = record_get_program(from, agent, flags);
    from = record_get_caps(from, agent, (flags & FLAG_INBORN) != 0);
    paged_grow(&agent->program.memory,
               agent->program.memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    if ((flags & FLAG_PAGES) != 0)
        from = record_get_pages(from, agent);
    if (agent->log.lines > 0) {
        from = record_get_raw(from, &agent->log.first, sizeof agent->log.first);
        (void)record_get_raw(from, &agent->log.last, sizeof agent->log.last);
    }
    agent->rent.touched_us = UINT64_MAX; /* no time: the next rent_accrue() looks at every index */
}

size_t sleep_record_size(const uint8_t *record)
{
    return (size_t)le16_get(record) * SLAB_GRAIN;
}
