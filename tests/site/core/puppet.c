#include "tests/site/core/puppet.h"

#include <string.h>

#include "agents/cap.h"

enum engine_outcome puppet_hears(void *context, struct part *part)
{
    struct heard *heard = context;

    ck_assert(heard->count < EVENTS_MAX);
    part_event(part, &heard->events[heard->count]);
    if (part->size > 0) {
        ck_assert_int_eq(part_order(part, event_read, AT_DATA, 1, 0), 1);
        heard->first_byte[heard->count] = *part_memory(part, AT_DATA, 1);
    }
    heard->count++;
    return ENGINE_DONE;
}

enum engine_outcome puppet_keeps(void *slot, struct part *part)
{
    struct serai_event event;

    part_event(part, &event);
    *(int32_t *)slot = event.reply;
    if (event.reply >= 0)
        ck_assert_int_eq(part_order(part, cap_keep, event.reply), 0);
    return ENGINE_DONE;
}

enum engine_outcome puppet_idles(void *context, struct part *part)
{
    (void)context;
    (void)part;
    return ENGINE_DONE;
}

enum engine_outcome puppet_traps(void *context, struct part *part)
{
    (void)context;
    (void)part;
    return ENGINE_TRAP_UNREACHABLE;
}

enum engine_outcome puppet_dies(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, self_die, SERAI_SLOT_SELF), 0);
    return ENGINE_DONE;
}

enum engine_outcome puppet_fills(void *left, struct part *part)
{
    const struct cap cap = {.kind = SERAI_KIND_CLOCK};
    uint32_t free_slots = left == NULL ? 0 : *(const uint32_t *)left;

    /* By hand: a turn has fuel for some thousand orders that fill a slot. */
    while (turn_give_cap(part->instance->host, &cap) >= 0)
        ;
    for (int64_t slot = 500; free_slots > 0; slot++, free_slots--)
        ck_assert_int_eq(part_order(part, cap_drop, slot), 0);
    return ENGINE_DONE;
}

size_t heard_of(const struct heard *heard, int32_t kind)
{
    size_t count = 0;

    for (size_t i = 0; i < heard->count; i++)
        count += heard->events[i].kind == kind;
    return count;
}

const struct serai_event *heard_last(const struct heard *heard, int32_t kind)
{
    for (size_t i = heard->count; i > 0; i--) {
        if (heard->events[i - 1].kind == kind)
            return &heard->events[i - 1];
    }
    ck_abort_msg("no event of kind %d was heard", kind);
    return NULL;
}

static uint64_t deploy(struct site *site, int person, const struct deploy *how)
{
    uint64_t agent = site_deploy(site, person, how);

    probe_play(agent, puppet_idles, NULL);
    site_settle(site);
    return agent;
}

uint64_t puppet_new(struct site *site, int person, uint64_t nanos, const char *gifts)
{
    struct deploy how = {
        .module = "spin", .nanos = nanos + money_nanos(site->book.burial_reserve), .gifts = gifts};

    return deploy(site, person, &how);
}

uint64_t puppet_keeping(struct site *site, int person, uint64_t nanos, const char *keeps)
{
    struct deploy how = {
        .module = "spin", .nanos = nanos + money_nanos(site->book.burial_reserve), .keeps = keeps};

    return deploy(site, person, &how);
}

static int owner_of(const struct site *site, uint64_t agent)
{
    uint64_t customer = site_agent(site, agent)->customer;
    int person = 0;

    while (person < PEOPLE && site->people[person].account != customer)
        person++;
    ck_assert(person < PEOPLE);
    return person;
}

void puppet_play(struct site *site, uint64_t agent, part_fn play, void *context)
{
    probe_play(agent, play, context);
    ck_assert_int_eq(site_send(site, owner_of(site, agent), agent, "go", 0), CONTROL_DONE);
    site_settle(site);
    probe_play(agent, puppet_idles, NULL);
}

struct publishing {
    uint64_t badge;
    int64_t postage;
    uint8_t *number;
};

static enum engine_outcome publish(void *context, struct part *part)
{
    struct publishing *publishing = context;
    int64_t facet = part_order(part, self_facet, SERAI_SLOT_SELF, (int64_t)publishing->badge,
                               publishing->postage);

    ck_assert_int_ge(facet, 0);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, facet, AT_NUMBER), 0);
    memcpy(publishing->number, part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES),
           SERAI_HEAP_NUMBER_BYTES);
    return ENGINE_DONE;
}

void puppet_publish(struct site *site, uint64_t agent, uint64_t badge, int64_t postage,
                    uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    struct publishing publishing = {badge, postage, number};

    puppet_play(site, agent, publish, &publishing);
}

int64_t part_fetch(struct part *part, const uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    memcpy(part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES), number, SERAI_HEAP_NUMBER_BYTES);
    return part_order(part, heap_get, SERAI_SLOT_HEAP, AT_NUMBER);
}

void site_end(struct site *site)
{
    site_reload_same(site);
    site_verify(site);
    probe_play_none();
    site_close(site);
}

uint64_t price_of(const struct site *site, enum serai_order order)
{
    return money_nanos(pricebook_order(&site->book, (int)order));
}

uint64_t fuel_cost(const struct site *site, uint64_t agent)
{
    return site_agent(site, agent)->usage.fuel * money_nanos(site->book.compute) / MARKET_FUEL_UNIT;
}

uint64_t worth_of(const struct site *site, uint64_t agent)
{
    return site_balance(site, agent) + fuel_cost(site, agent);
}
