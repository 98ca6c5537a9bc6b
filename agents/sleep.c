/*
 * Agents that sleep.  One that has nothing to do is kept as a packed record, a tenth of the struct
 * in which it runs: what is zero takes a bit, a number its own bytes, the slots that all are born
 * with a bit together.  Whoever asks for an agent by number wakes it; at the end of a frame those
 * that nobody asked for go back to sleep, so that no more are awake than have something to do, and
 * a few thousand beside.
 *
 * To sleep or to wake changes no state: no row, no order of anything.  An agent sleeps only where
 * nothing can point at its struct, that is after its row was saved, when no turn can be undone.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agents/state.h"

/* A record begins with its size in grains of the slab. */
enum { RECORD_HEAD_BYTES = 2, VARINT_BYTES_MAX = 19 };

static_assert(SLAB_GRAIN == 8, "records are told from structs by the lowest bit of a pointer");

/* ---- what is packed: one table for both ways, so that neither can forget a field ---- */

struct number {
    size_t offset;
    size_t size;
};

#define NUMBER(field)                                                                              \
    {                                                                                              \
        offsetof(struct agent, field), sizeof(((struct agent *)NULL)->field)                       \
    }

/* Of an agent with an empty inbox, not in the queue, with no row to write: the rest is zero. */
static const struct number numbers[] = {
    NUMBER(customer),     NUMBER(parent),        NUMBER(state),         NUMBER(born_frame),
    NUMBER(kept_count),   NUMBER(memory_pages),  NUMBER(facets),        NUMBER(timers),
    NUMBER(buffer_bytes), NUMBER(log_bytes),     NUMBER(log_lines),     NUMBER(log_next),
    NUMBER(log_deleted),  NUMBER(log_erased),    NUMBER(mark),          NUMBER(mark_armed),
    NUMBER(mark_reserve), NUMBER(burial),        NUMBER(rent_owed[0]),  NUMBER(rent_owed[1]),
    NUMBER(rent_owed[2]), NUMBER(rent_index[0]), NUMBER(rent_index[1]), NUMBER(rent_index[2]),
    NUMBER(carry[0]),     NUMBER(carry[1]),      NUMBER(carry[2]),      NUMBER(carry[3]),
    NUMBER(turns),        NUMBER(traps),         NUMBER(fuel),          NUMBER(code.share_index),
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static_assert(NUMBERS <= 32 && RENT_RESOURCES == 3 && CARRIES == 4, "each has a bit of 32");

enum flag {
    FLAG_INBORN = 1,  /* slots below SERAI_SLOT_FIRST_FREE are as at birth, the origin aside */
    FLAG_GLOBALS = 2, /* differ from those that the code begins with */
    FLAG_REASON = 4,
    FLAG_PAGES = 8, /* some page is not as in the initial image */
    FLAG_FROZEN = 16,
    FLAG_NEEDS = 32, /* while rows are read: otherwise its inbox is empty */
    FLAG_BEGUN = 64,
    FLAG_OWNED = 128,
};

static u128 number_get(const struct agent *agent, const struct number *number)
{
    const void *from = (const char *)agent + number->offset;
    u128 wide = 0;

    memcpy(&wide, from, number->size); /* every machine that we run on is little-endian */
    return wide;
}

static void number_set(struct agent *agent, const struct number *number, u128 value)
{
    memcpy((char *)agent + number->offset, &value, number->size);
}

/* ---- bytes ---- */

static uint8_t *put_raw(uint8_t *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static const uint8_t *get_raw(const uint8_t *from, void *to, size_t size)
{
    memcpy(to, from, size);
    return from + size;
}

static uint8_t *put_number(uint8_t *to, u128 value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)((uint8_t)value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

static const uint8_t *get_number(const uint8_t *from, u128 *value)
{
    uint64_t low = 0;
    unsigned shift = 0;

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

static const uint8_t *get_u64(const uint8_t *from, uint64_t *value)
{
    u128 wide;

    from = get_number(from, &wide);
    *value = (uint64_t)wide;
    return from;
}

static uint8_t *put_text(uint8_t *to, const char *text)
{
    size_t size = strlen(text);

    *to++ = (uint8_t)size;
    return put_raw(to, text, size);
}

static const uint8_t *get_text(const uint8_t *from, char *text)
{
    size_t size = *from++;

    text[size] = '\0';
    return get_raw(from, text, size);
}

/* ---- numbers ---- */

static uint8_t *put_numbers(uint8_t *to, const struct agent *agent)
{
    uint8_t *bits_at = to;
    uint32_t bits = 0;

    to += sizeof bits;
    for (size_t i = 0; i < NUMBERS; i++) {
        u128 value = number_get(agent, &numbers[i]);

        if (value == 0)
            continue;
        bits |= UINT32_C(1) << i;
        to = put_number(to, value);
    }
    memcpy(bits_at, &bits, sizeof bits);
    return to;
}

static const uint8_t *get_numbers(const uint8_t *from, struct agent *agent)
{
    uint32_t bits;

    from = get_raw(from, &bits, sizeof bits);
    for (size_t i = 0; i < NUMBERS; i++) {
        u128 value;

        if ((bits & UINT32_C(1) << i) == 0)
            continue;
        from = get_number(from, &value);
        number_set(agent, &numbers[i], value);
    }
    return from;
}

/* ---- capabilities ---- */

static bool is_inborn(const struct agent *agent, uint64_t slot)
{
    struct cap cap = {.kind = cap_inborn_kind(slot)};
    const struct cap *held = agent_cap_at(agent, slot);

    return held != NULL && cap_equal(held, &cap);
}

static bool are_inborn(const struct agent *agent)
{
    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++) {
        if (slot != SERAI_SLOT_ORIGIN && !is_inborn(agent, slot))
            return false;
    }
    return true;
}

static bool cap_is_packed(const struct cap *cap, uint32_t slot, bool inborn)
{
    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY)
        return false;
    return !inborn || slot >= SERAI_SLOT_FIRST_FREE || slot == SERAI_SLOT_ORIGIN;
}

static uint8_t *put_caps(uint8_t *to, const struct agent *agent, bool inborn)
{
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < agent->caps_highest; slot++)
        count += cap_is_packed(agent_cap_at(agent, slot), slot, inborn);
    to = put_number(to, count);
    for (uint32_t slot = 0; count > 0; slot++) {
        const struct cap *cap = agent_cap_at(agent, slot);

        if (!cap_is_packed(cap, slot, inborn))
            continue;
        to = put_number(to, slot);
        *to++ = cap->kind;
        *to++ = cap->rights;
        to = put_number(to, cap->object);
        count--;
    }
    return to;
}

static void set_cap(struct agent *agent, uint32_t slot, struct cap cap)
{
    agent_make_caps(agent, slot / AGENT_CAPS_CHUNK);
    *agent_cap_at(agent, slot) = cap;
    agent->caps_used += cap.kind != SERAI_KIND_EMPTY;
    if (slot >= agent->caps_highest)
        agent->caps_highest = slot + 1;
}

static const uint8_t *get_caps(const uint8_t *from, struct agent *agent, bool inborn)
{
    uint64_t count;

    for (uint32_t slot = 0; inborn && slot < SERAI_SLOT_FIRST_FREE; slot++)
        set_cap(agent, slot, (struct cap){.kind = cap_inborn_kind(slot)});
    from = get_u64(from, &count);
    for (; count > 0; count--) {
        struct cap cap = {0};
        uint64_t slot;

        from = get_u64(from, &slot);
        cap.kind = *from++;
        cap.rights = *from++;
        from = get_u64(from, &cap.object);
        set_cap(agent, (uint32_t)slot, cap);
    }
    return from;
}

/* ---- code and globals ---- */

static bool globals_are_initial(const struct agent *agent)
{
    const struct engine_code *engine = agent->code.code->engine;
    uint64_t initial[ENGINE_GLOBALS_MAX];

    engine_code_initial_globals(engine, initial);
    return memcmp(initial, agent->globals, engine_code_globals(engine) * sizeof *initial) == 0;
}

static uint8_t *put_program(uint8_t *to, const struct agent *agent, uint8_t flags)
{
    to = put_raw(to, &agent->code.code, sizeof agent->code.code);
    for (uint32_t i = 0; i < agent->kept_count; i++) {
        to = put_raw(to, &agent->kept[i].code, sizeof agent->kept[i].code);
        to = put_number(to, agent->kept[i].share_index);
    }
    if ((flags & FLAG_GLOBALS) != 0) {
        uint32_t count = engine_code_globals(agent->code.code->engine);

        for (uint32_t i = 0; i < count; i++)
            to = put_number(to, agent->globals[i]);
    }
    return to;
}

static const uint8_t *get_program(const uint8_t *from, struct agent *agent, uint8_t flags)
{
    uint32_t count;

    from = get_raw(from, &agent->code.code, sizeof agent->code.code);
    if (agent->kept_count > 0)
        agent_make_kept(agent);
    for (uint32_t i = 0; i < agent->kept_count; i++) {
        from = get_raw(from, &agent->kept[i].code, sizeof agent->kept[i].code);
        from = get_number(from, &agent->kept[i].share_index);
    }
    count = engine_code_globals(agent->code.code->engine);
    agent_fit_globals(agent, count);
    if ((flags & FLAG_GLOBALS) == 0)
        engine_code_initial_globals(agent->code.code->engine, agent->globals);
    for (uint32_t i = 0; (flags & FLAG_GLOBALS) != 0 && i < count; i++)
        from = get_u64(from, &agent->globals[i]);
    return from;
}

/* ---- pages: where they lie ---- */

static uint8_t *put_pages(uint8_t *to, const struct agent *agent)
{
    to = put_number(to, agent->memory.used);
    return put_raw(to, agent->memory.pages, agent->memory.used * sizeof *agent->memory.pages);
}

static const uint8_t *get_pages(const uint8_t *from, struct agent *agent)
{
    uint64_t used;

    from = get_u64(from, &used);
    paged_adopt(&agent->memory, (uint32_t)used);
    return get_raw(from, agent->memory.pages, used * sizeof *agent->memory.pages);
}

/* ---- records ---- */

/* More than the record can take. */
static size_t record_bound(const struct agent *agent)
{
    return RECORD_HEAD_BYTES + 1 + sizeof(uint32_t) + (NUMBERS + 2) * VARINT_BYTES_MAX +
           sizeof agent->name + sizeof agent->reason + 3 * sizeof(void *) +
           (size_t)(agent->kept_count + 1) * (sizeof(void *) + VARINT_BYTES_MAX) +
           (size_t)engine_code_globals(agent->code.code->engine) * VARINT_BYTES_MAX +
           (size_t)(agent->caps_used + 1) * (2 + 2 * VARINT_BYTES_MAX) + VARINT_BYTES_MAX +
           agent->memory.used * sizeof(struct paged_page *) + SLAB_GRAIN;
}

static uint8_t flags_of(const struct agent *agent)
{
    uint8_t flags = 0;

    if (are_inborn(agent))
        flags |= FLAG_INBORN;
    if (!globals_are_initial(agent))
        flags |= FLAG_GLOBALS;
    if (agent->reason[0] != '\0')
        flags |= FLAG_REASON;
    if (agent->memory.used > 0)
        flags |= FLAG_PAGES;
    if (agent_is_frozen(agent))
        flags |= FLAG_FROZEN;
    if (!money_is_zero(agent->needs))
        flags |= FLAG_NEEDS;
    if (agent->begun)
        flags |= FLAG_BEGUN;
    if (agent->owned != NULL)
        flags |= FLAG_OWNED;
    return flags;
}

/* Returns where the record ends. */
static const uint8_t *pack(uint8_t *to, const struct agent *agent)
{
    uint8_t flags = flags_of(agent);

    to += RECORD_HEAD_BYTES;
    *to++ = flags;
    to = put_numbers(to, agent);
    to = put_text(to, agent->name);
    if ((flags & FLAG_REASON) != 0)
        to = put_text(to, agent->reason);
    if ((flags & FLAG_FROZEN) != 0)
        to = put_number(to, agent->frozen_us);
    if ((flags & FLAG_NEEDS) != 0)
        to = put_number(to, money_nanos(agent->needs));
    if ((flags & FLAG_OWNED) != 0)
        to = put_raw(to, &agent->owned, sizeof agent->owned);
    to = put_program(to, agent, flags);
    to = put_caps(to, agent, (flags & FLAG_INBORN) != 0);
    if ((flags & FLAG_PAGES) != 0)
        to = put_pages(to, agent);
    if (agent->log_lines > 0) {
        to = put_raw(to, &agent->log_first, sizeof agent->log_first);
        to = put_raw(to, &agent->log_last, sizeof agent->log_last);
    }
    return to;
}

/* The struct is new; its pages and log lines become those that the record names. */
static void unpack(struct agent *agent, const uint8_t *from)
{
    uint8_t flags;

    from += RECORD_HEAD_BYTES;
    flags = *from++;
    agent->begun = (flags & FLAG_BEGUN) != 0;
    from = get_numbers(from, agent);
    from = get_text(from, agent->name);
    if ((flags & FLAG_REASON) != 0)
        from = get_text(from, agent->reason);
    if ((flags & FLAG_FROZEN) != 0)
        from = get_u64(from, &agent->frozen_us);
    if ((flags & FLAG_NEEDS) != 0) {
        uint64_t nanos;

        from = get_u64(from, &nanos);
        INVARIANT(money_from_nanos(&agent->needs, nanos) == ST_OK);
    }
    if ((flags & FLAG_OWNED) != 0)
        from = get_raw(from, &agent->owned, sizeof agent->owned);
    from = get_program(from, agent, flags);
    from = get_caps(from, agent, (flags & FLAG_INBORN) != 0);
    paged_grow(&agent->memory, agent->memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    if ((flags & FLAG_PAGES) != 0)
        from = get_pages(from, agent);
    if (agent->log_lines > 0) {
        from = get_raw(from, &agent->log_first, sizeof agent->log_first);
        (void)get_raw(from, &agent->log_last, sizeof agent->log_last);
    }
    agent->rent_touched_us = UINT64_MAX; /* no time: the first touch looks at every index */
}

static size_t record_size(const uint8_t *record)
{
    return (size_t)le16_get(record) * SLAB_GRAIN;
}

/* ---- which it is ---- */

static bool is_record(const void *value)
{
    return ((uintptr_t)value & 1) != 0;
}

static uint8_t *record_of(void *value)
{
    return (uint8_t *)value - 1;
}

/* ---- who is awake ---- */

void agent_is_awake(struct agents *agents, struct agent *agent)
{
    agent->used = true;
    agent->awake_at = (uint32_t)(agents->awake.size / sizeof agent);
    bytes_append(&agents->awake, &agent, sizeof agent);
    INVARIANT(!agents->awake.failed);
    agents->woken++;
}

static struct agent *awake_agent(const struct agents *agents, size_t at)
{
    struct agent *agent;

    memcpy(&agent, agents->awake.data + at * sizeof agent, sizeof agent);
    return agent;
}

static size_t awake_count(const struct agents *agents)
{
    return agents->awake.size / sizeof(struct agent *);
}

void agent_is_gone(struct agents *agents, struct agent *agent)
{
    struct agent *last = awake_agent(agents, awake_count(agents) - 1);

    INVARIANT(awake_agent(agents, agent->awake_at) == agent);
    last->awake_at = agent->awake_at;
    memcpy(agents->awake.data + agent->awake_at * sizeof last, &last, sizeof last);
    agents->awake.size -= sizeof last;
}

/* ---- waking ---- */

static struct agent *wake(struct agents *agents, uint64_t id, uint8_t *record)
{
    struct agent *agent = agent_alloc(id);

    unpack(agent, record);
    agent->use = customer_use(agents, agent->customer);
    slab_give(&agents->small, record, record_size(record));
    (void)!dense_put(&agents->agents, id, agent); /* in the place of its record */
    agent_is_awake(agents, agent);
    return agent;
}

struct agent *agents_find(const struct agents *agents, uint64_t id)
{
    void *value = dense_get(&agents->agents, id);
    struct agent *agent = value;

    if (value == NULL)
        return NULL;
    /* Waking changes nothing that can be seen, so whoever only reads may wake as well. */
    if (is_record(value))
        return wake((struct agents *)agents, id, record_of(value));
    agent->used = true;
    return agent;
}

bool agents_has(const struct agents *agents, uint64_t id)
{
    return dense_get(&agents->agents, id) != NULL;
}

/* ---- going to sleep ---- */

static bool all_caps_saved(const struct agent *agent)
{
    for (size_t i = 0; i < sizeof agent->caps_dirty / sizeof agent->caps_dirty[0]; i++) {
        if (agent->caps_dirty[i] != 0)
            return false;
    }
    return true;
}

static bool may_sleep(const struct agent *agent)
{
    return !agent->ready && !agent->dirty && agent->inbox_first == NULL && all_caps_saved(agent);
}

/* Its pages and log lines live on in the record. */
static void free_body(struct agent *agent)
{
    free(agent->memory.pages);
    agent->memory = (struct paged){0};
    agent->log_first = NULL;
    agent->log_last = NULL;
    agent_free(agent);
}

static void fall_asleep(struct agents *agents, struct agent *agent)
{
    size_t bound = record_bound(agent);
    uint8_t *scratch;
    uint8_t *record;
    size_t size;

    if (bound > (size_t)UINT16_MAX * SLAB_GRAIN)
        return;
    bytes_clear(&agents->packing);
    scratch = bytes_extend(&agents->packing, bound);
    INVARIANT(scratch != NULL);
    size = ((size_t)(pack(scratch, agent) - scratch) + SLAB_GRAIN - 1) / SLAB_GRAIN;
    le16_put(scratch, (uint16_t)size);
    record = slab_take(&agents->small, size * SLAB_GRAIN);
    memcpy(record, scratch, size * SLAB_GRAIN);
    (void)!dense_put(&agents->agents, agent->id, record + 1); /* in the place of its struct */
    agent_is_gone(agents, agent);
    free_body(agent);
}

void agent_let_sleep(struct agents *agents, struct agent *agent)
{
    if (may_sleep(agent))
        fall_asleep(agents, agent);
}

/*
 * A clock hand goes round over those who are awake: who was asked for since it last came by stays.
 * How far it goes follows how many woke, so that many who cannot sleep cost a frame nothing.
 */
void agents_let_sleep(struct agents *agents)
{
    size_t steps = (size_t)agents->woken * 4 + 64;
    bool all = agents->awake_max == 0;

    INVARIANT(agents->turn == NULL && undo_is_empty(agents->undo));
    agents->woken = 0;
    if (all)
        steps = awake_count(agents) * 2;
    for (; steps > 0 && awake_count(agents) > agents->awake_max; steps--) {
        struct agent *agent;

        agents->hand = agents->hand < awake_count(agents) ? agents->hand : 0;
        agent = awake_agent(agents, agents->hand);
        if (may_sleep(agent) && (all || !agent->used)) {
            fall_asleep(agents, agent); /* and the last one takes its place in the list */
            continue;
        }
        agent->used = false;
        agents->hand++;
    }
}

void agents_keep_awake(struct agents *agents, size_t count)
{
    agents->awake_max = count;
}

/* ---- all of them, without waking any ---- */

struct showing {
    struct agents *agents;
    bool (*visit)(void *context, const struct agent *agent);
    void *context;
};

static bool show(void *context, uint64_t id, void *value)
{
    struct showing *showing = context;
    struct agent *copy;
    bool more;

    if (!is_record(value))
        return showing->visit(showing->context, value);
    copy = agent_alloc(id);
    unpack(copy, record_of(value));
    more = showing->visit(showing->context, copy);
    free_body(copy);
    return more;
}

void agents_each(const struct agents *agents, uint64_t first,
                 bool (*visit)(void *context, const struct agent *agent), void *context)
{
    struct showing showing = {(struct agents *)agents, visit, context};

    dense_each(&agents->agents, first, show, &showing);
}

static bool free_one(void *context, uint64_t id, void *value)
{
    struct agents *agents = context;
    struct agent *agent = value;

    if (is_record(value)) {
        uint8_t *record = record_of(value);

        agent = agent_alloc(id);
        unpack(agent, record);
        slab_give(&agents->small, record, record_size(record));
    }
    agent_free(agent);
    return true;
}

void agents_free_all(struct agents *agents)
{
    dense_each(&agents->agents, 0, free_one, agents);
    dense_fini(&agents->agents);
    bytes_fini(&agents->awake);
    bytes_fini(&agents->packing);
}
