#include "tests/agents/rows_world.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/cap_heap.h"
#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/deliver.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/leash.h"
#include "agents/life.h"
#include "agents/logs.h"
#include "agents/message.h"
#include "agents/modules.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/views.h"
#include "tests/reading.h"

/* Exports serai_turn, which stores its first argument at 0 and counts turns in a global. */
#define MODULE(first_count)                                                                        \
    {                                                                                              \
        0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,              /* header */                  \
            0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00,    /* types */                   \
            0x03, 0x02, 0x01, 0x00,                                  /* functions */               \
            0x05, 0x04, 0x01, 0x01, 0x01, 0x02,                      /* memory */                  \
            0x06, 0x06, 0x01, 0x7e, 0x01, 0x42, (first_count), 0x0b, /* globals */                 \
            0x07, 0x0e, 0x01, 0x0a, 's', 'e', 'r', 'a', 'i', '_', 't', 'u', 'r', 'n', 0x00, 0x00,  \
            0x0a, 0x12, 0x01, 0x10, 0x00, 0x41, 0x00, 0x20, 0x00, 0x36, 0x02, 0x00, /* code */     \
            0x23, 0x00, 0x42, 0x01, 0x7c, 0x24, 0x00, 0x0b                                         \
    }
const uint8_t loader_module[MODULE_BYTES] = MODULE(7);
const uint8_t other_module[MODULE_BYTES] = MODULE(8);

/* ---- a site around the agents ---- */

static struct money nanos(uint64_t count)
{
    return (struct money){.nanos = count};
}

static int64_t no_channels(void *context, struct turn *turn, enum serai_order order,
                           const uint64_t *args)
{
    (void)context;
    (void)turn;
    (void)order;
    (void)args;
    return SERAI_E_MISSING;
}

static void no_ends(void *context, uint64_t owner)
{
    (void)context;
    (void)owner;
}

static bool no_end_is_live(void *context, uint64_t end)
{
    (void)context;
    (void)end;
    return false;
}

static const struct channel_handlers nothing_of_channels = {
    .order = no_channels, .sell_ends = no_ends, .end_is_live = no_end_is_live};

/* A byte costs some nanos in a quarter of an hour, so that rent is due within a test. */
enum { RENT_NANOS = 3515625 };

static const struct price_index rent[RENT_RESOURCES] = {
    [RENT_MEMORY] = {.price = {.nanos = 3 * RENT_NANOS}},
    [RENT_BUFFERS] = {.price = {.nanos = 4 * RENT_NANOS}},
    [RENT_CODE] = {.price = {.nanos = 5 * RENT_NANOS}},
};

static struct pricebook test_prices(void)
{
    return (struct pricebook){
        .id = 1,
        .compute = nanos(MARKET_FUEL_UNIT), /* a nano for each fuel */
        .turn_fuel_max = 100000,
        .reserve_fuel = 1000,
        .heap_deposit = nanos(2000000),
        .burial_reserve = nanos(50000),
        .agents_max = 100,
        .inbox_messages_max = 100,
        .inbox_bytes_max = 100000,
        .customer_agents_max = 100,
        .customer_buffer_bytes_max = 1 << 20,
        .customer_memory_bytes_max = 1 << 24,
        .customer_inbox_percent = 100,
    };
}

void world_start(struct world *world)
{
    struct agents_env env = {
        .random = random_from_rng(&world->rng), .rent = rent, .channels = &nothing_of_channels};
    struct pricebook prices = test_prices();

    ck_assert_int_eq(ledger_new(&world->ledger), ST_OK);
    ck_assert_int_eq(undo_new(&world->undo), ST_OK);
    ck_assert_int_eq(agents_new(&world->agents, world->ledger, world->undo, &env, NULL), ST_OK);
    agents_set_prices(world->agents, &prices);
}

void world_stop(struct world *world)
{
    agents_free(world->agents);
    undo_free(world->undo);
    ledger_free(world->ledger);
}

void world_free(struct world *world)
{
    world_stop(world);
    store_memory_free(world->memory);
}

void world_event_end(struct world *world)
{
    struct event event = {.kind = EVENT_TICK};

    undo_commit(world->undo);
    (void)ledger_event_end(world->ledger, &event);
}

static void move(struct world *world, uint64_t debit, uint64_t credit, uint64_t amount,
                 enum transfer_code code)
{
    struct transfer transfer = {
        .debit = debit, .credit = credit, .amount = nanos(amount), .code = code};

    ledger_transfer_checked(world->ledger, &transfer);
}

void world_commit(struct world *world)
{
    struct store_batch batch;
    struct frame_header header;

    store_batch_init(&batch);
    agents_write_rows(world->agents, &batch);
    agents_end_frame(world->agents);
    (void)ledger_frame_close(world->ledger, &batch, agents_time(world->agents), 0, true, &header);
    ck_assert(!store_batch_failed(&batch));
    ck_assert_int_eq(store_commit(&world->store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

struct agent *world_agent(const struct world *world, int which)
{
    return agents_find(world->agents, world->ids[which]);
}

static uint64_t give_birth(struct world *world)
{
    struct hash code = hash_of(loader_module, sizeof loader_module);
    struct birth birth = {.customer = world->customer,
                          .name = "scout",
                          .code = code,
                          .args = (const uint8_t *)"hello",
                          .args_size = 5,
                          .gifts = {SERAI_KIND_TIMER, SERAI_KIND_SPAWNER},
                          .gift_count = 2,
                          .payer = world->customer,
                          .endowment = nanos(50000000),
                          .endowment_code = TRANSFER_ENDOWMENT};
    struct agent *agent = NULL;

    ledger_event_begin(world->ledger);
    ck_assert_int_eq(agents_birth(world->agents, &birth, &agent), BIRTH_DONE);
    world_event_end(world);
    return agent_id(agent);
}

/* ---- one of everything ---- */

struct object *world_add_facet(struct world *world, struct agent *owner)
{
    struct object *facet = facet_new(world->agents, owner, 99, nanos(1200));

    undo_commit(world->undo);
    return facet;
}

struct object *world_add_reply(struct world *world, struct agent *owner, struct agent *holder)
{
    struct cap cap = {.kind = SERAI_KIND_FACET};
    struct object *reply;

    ledger_event_begin(world->ledger);
    reply = reply_new(world->agents, owner, world_add_facet(world, owner), NULL, nanos(1000));
    cap.object = reply->id;
    ck_assert_int_ge(agent_cap_give(world->agents, holder, &cap), 0);
    move(world, owner->id, ACCOUNT_HELD_RESERVE, 1000, TRANSFER_RESERVE_HOLD);
    world_event_end(world);
    return reply;
}

struct object *world_add_leash(struct world *world, struct agent *holder, struct agent *child)
{
    struct cap cap = {.kind = SERAI_KIND_LEASH};
    struct object *leash;
    struct object *watch;

    ledger_event_begin(world->ledger);
    leash = leash_new(world->agents, holder, child, true);
    cap.object = leash->id;
    ck_assert_int_ge(agent_cap_give(world->agents, holder, &cap), 0);
    watch = reply_new(world->agents, holder, world_add_facet(world, holder), NULL, nanos(1000));
    leash_set_watch(world->agents, leash, watch);
    move(world, holder->id, ACCOUNT_HELD_RESERVE, 1000, TRANSFER_RESERVE_HOLD);
    world_event_end(world);
    return leash;
}

struct object *world_add_buffer(struct world *world, struct agent *owner, uint64_t size)
{
    struct object *buffer = object_new(world->agents, owner, OBJECT_BUFFER);
    struct cap cap = {.kind = SERAI_KIND_BUFFER, .rights = 7, .object = buffer->id};

    buffer->u.buffer.size = size;
    paged_init(&buffer->u.buffer.pages, buffer->id,
               (uint32_t)((size + PAGED_BYTES - 1) / PAGED_BYTES));
    paged_write(&buffer->u.buffer.pages, &world->agents->pages.dirty, world->undo, 1, size - 3,
                "end", 3);
    owner->owns.buffer_bytes += size;
    quota_take(world->agents, owner->use, CUSTOMER_BUFFER_BYTES, size);
    ck_assert_int_ge(agent_cap_give(world->agents, owner, &cap), 0);
    undo_commit(world->undo);
    return buffer;
}

void world_add_timer(struct world *world, struct agent *owner)
{
    struct object *timer = object_new(world->agents, owner, OBJECT_TIMER);

    ledger_event_begin(world->ledger);
    timer->u.timer = (struct timer){.at_us = UINT64_C(1) << 60, .badge = 5, .reserve = nanos(1000)};
    owner->owns.timers++;
    quota_take(world->agents, owner->use, CUSTOMER_TIMERS, 1);
    quota_take(world->agents, owner->use, CUSTOMER_EVENTS, 1);
    agent_dirty(&world->agents->changes, owner);
    heapq_push(&world->agents->objects.timers, timer->u.timer.at_us, timer->id);
    move(world, owner->id, ACCOUNT_HELD_RESERVE, 1000, TRANSFER_RESERVE_HOLD);
    world_event_end(world);
}

void world_add_heap_entry(struct world *world, struct agent *payer, uint64_t facet)
{
    struct heap_entry *entry = calloc(1, sizeof *entry);

    ck_assert_ptr_nonnull(entry);
    rng_fill(&world->rng, entry->number, sizeof entry->number);
    entry->serial = world->agents->heap.next_serial++;
    entry->payer = payer->id;
    entry->customer = payer->customer;
    quota_take(world->agents, payer->use, CUSTOMER_HEAP_ENTRIES, 1);
    entry->deposit = nanos(2000000);
    entry->cap = (struct cap){.kind = SERAI_KIND_FACET, .object = facet};
    cap_heap_insert(&world->agents->heap, entry);
    holders_gain(world->agents, &entry->cap, HOLDER_NO_AGENT);
    heap_dirty(&world->agents->changes, entry);
    ledger_event_begin(world->ledger);
    move(world, payer->id, ACCOUNT_DEPOSIT_HEAP, 2000000, TRANSFER_HEAP_DEPOSIT);
    world_event_end(world);
}

void world_send(struct world *world, struct agent *from, struct agent *to, uint64_t facet)
{
    struct message message = {
        .kind = SERAI_EVENT_MESSAGE,
        .sender = from->id,
        .asker = from->id,
        .sender_customer = from->customer,
        .badge = 77,
        .status = -5,
        .money = nanos(300),
        .postage = nanos(2000),
        .cap_count = 1,
        .caps = {{.kind = SERAI_KIND_FACET, .object = facet}},
        .data = (const uint8_t *)"some data",
        .size = 9,
    };

    ledger_event_begin(world->ledger);
    message.reply = (struct cap){.kind = SERAI_KIND_FACET, .object = facet};
    move(world, from->id, ACCOUNT_HELD_MESSAGE, 2300, TRANSFER_MESSAGE_HOLD);
    agents_deliver(world->agents, to, &message);
    world_event_end(world);
}

void world_send_first(struct world *world, struct agent *to)
{
    struct message message = {.kind = SERAI_EVENT_BECAME, .reserve = nanos(1000)};

    ledger_event_begin(world->ledger);
    move(world, to->id, ACCOUNT_HELD_RESERVE, 1000, TRANSFER_RESERVE_HOLD);
    agents_deliver_first(world->agents, to, &message);
    world_event_end(world);
}

static void set_mark(struct world *world, struct agent *agent)
{
    ledger_event_begin(world->ledger);
    agent->low.mark = nanos(10);
    agent->low.armed = true;
    quota_take(world->agents, agent->use, CUSTOMER_EVENTS, 1);
    agent->low.reserve = nanos(1000);
    agent_dirty(&world->agents->changes, agent);
    move(world, agent->id, ACCOUNT_HELD_RESERVE, 1000, TRANSFER_RESERVE_HOLD);
    world_event_end(world);
}

void world_run_all(struct world *world)
{
    while (agents_run_one(world->agents))
        continue;
}

struct world world_new(void)
{
    struct world world = {0};
    struct fault fault;
    struct hash id;

    rng_init(&world.rng, 1);
    world_start(&world);
    ck_assert_int_eq(store_memory_new(&world.memory), ST_OK);
    world.store = store_from_memory(world.memory);
    agents_set_time(world.agents, 1000);
    ck_assert_msg(agents_code_builtin(world.agents, loader_module, sizeof loader_module, &id,
                                      &fault) == ST_OK,
                  "%s", fault.text);
    ledger_event_begin(world.ledger);
    ck_assert_int_eq(ledger_open(world.ledger, KIND_CUSTOMER, 0, &world.customer), ST_OK);
    move(&world, ACCOUNT_TREASURY, world.customer, 1000000000, TRANSFER_MONEY_IN);
    world_event_end(&world);
    for (int i = 0; i < AGENTS; i++)
        world.ids[i] = give_birth(&world);
    return world;
}

void world_fill(struct world *world)
{
    struct agent *first = world_agent(world, 0);
    struct agent *second = world_agent(world, 1);
    uint8_t page[PAGED_BYTES];
    struct object *facet;
    struct hash id;

    world_run_all(world);
    agents_set_time(world->agents, 5000000);
    facet = world_add_facet(world, first);
    (void)world_add_reply(world, second, first);
    memset(page, 6, sizeof page); /* one that is not in the log of pages, as the others are */
    paged_write(&world_add_buffer(world, first, 10000)->u.buffer.pages, &world->agents->pages.dirty,
                world->undo, 2, 0, page, sizeof page);
    world_add_timer(world, second);
    world_add_heap_entry(world, first, facet->id);
    agent_log(world->agents, first, LOG_BY_AGENT, "one\xff", 4);
    agent_log(world->agents, first, LOG_BY_SITE, "", 0);
    ck_assert_int_eq(
        agents_code_put(world->agents, first, other_module, sizeof other_module, &id, NULL), ST_OK);
    world_send(world, first, second, facet->id);
    world_send(world, second, second, facet->id);
    world_send_first(world, second);
    set_mark(world, first);
    (void)world_add_leash(world, world_agent(world, 2), second);
    agents_freeze(world->agents, world_agent(world, 2), FREEZE_BY_CUSTOMER);
    world_send(world, first, world_agent(world, 2), facet->id);
    undo_commit(world->undo);
}

/* ---- state as text, to compare ---- */

static void say(struct bytes *out, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct bytes *out, const char *format, ...)
{
    char text[600];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_int_ge(size, 0);
    ck_assert_int_lt(size, (int)sizeof text);
    bytes_append(out, text, (size_t)size);
}

static void say_u128(struct bytes *out, const char *name, u128 value)
{
    char text[U128_TEXT_BYTES];

    say(out, " %s=%s", name, u128_print(text, value));
}

static void say_cap(struct bytes *out, const struct cap *cap)
{
    say(out, " cap(%d,%d,%" PRIu64 ")", cap->kind, cap->rights, cap->object);
}

static void say_hash(struct bytes *out, const char *name, const struct hash *hash)
{
    char text[HASH_TEXT_BYTES];

    say(out, " %s=%s", name, hash_print(text, hash));
}

/* A page that is as in the initial image may be kept, but is no state. */
static void say_pages(struct bytes *out, const struct agent *agent, const struct paged *paged)
{
    for (uint32_t page = 0; page < paged->count; page++) {
        const uint8_t *data = paged_page(paged, page);
        uint8_t initial[PAGED_BYTES] = {0};
        struct hash hash;

        if (data == NULL)
            continue;
        if (agent != NULL) /* else a buffer */
            agent_initial_page(agent, page, initial);
        if (memcmp(data, initial, PAGED_BYTES) == 0)
            continue;
        hash = hash_of(data, PAGED_BYTES);
        say(out, "  page %" PRIu32, page);
        say_hash(out, "is", &hash);
    }
    say(out, "\n");
}

static void say_inbox(struct bytes *out, const struct agent *agent)
{
    const struct inbox_message *last = NULL;

    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        const struct message *m = &at->m;
        struct hash data = hash_of(m->data, m->size);

        ck_assert_ptr_eq(at->previous, last);
        last = at;
        say(out,
            "  message %" PRIu64 " %d %d from %" PRIu64 " %" PRIu64 " %" PRIu64 " end %" PRIu64,
            m->id, at->front, (int)m->kind, m->sender, m->asker, m->sender_customer, m->end);
        say(out, " badge %" PRIu64 " status %d money %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
            m->badge, m->status, m->fee.nanos, m->money.nanos, m->postage.nanos, m->reserve.nanos);
        say_cap(out, &m->reply);
        for (int i = 0; i < m->cap_count; i++)
            say_cap(out, &m->caps[i]);
        say_hash(out, "data", &data);
        say(out, "\n");
    }
    ck_assert_ptr_eq(agent->inbox.last, last);
    say(out, "  inbox %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", agent->inbox.count,
        agent->inbox.bytes, agent->inbox.total);
}

static void say_money_state(struct bytes *out, const struct agent *agent)
{
    say(out, "  mark %" PRIu64 " %d %" PRIu64 " burial %" PRIu64, agent->low.mark.nanos,
        agent->low.armed, agent->low.reserve.nanos, agent->burial.nanos);
    for (int i = 0; i < RENT_RESOURCES; i++) {
        say_u128(out, "owed", agent->rent.owed[i]);
        say_u128(out, "index", agent->rent.index[i]);
    }
    for (int i = 0; i < CARRIES; i++)
        say(out, " carry %" PRIu64, agent->carry[i]);
    say(out, "\n");
}

static void say_agent(void *context, const struct agent *agent)
{
    struct bytes *out = context;

    say(out,
        "agent %" PRIu64 " of %" PRIu64 " parent %" PRIu64 " '%s' %d '%s' born %" PRIu64
        " children %" PRIu64,
        agent->id, agent->customer, agent->parent, agent->name, (int)agent->state, agent->reason,
        agent->born_frame, agent->children);
    say(out, " turns %" PRIu64 " %" PRIu64 " %" PRIu64 " begun %d ready %d pages %" PRIu32 "\n",
        agent->usage.turns, agent->usage.traps, agent->usage.fuel, agent->program.begun,
        agent->ready.queued, agent->program.memory_pages);
    say_hash(out, "code", &agent->program.code.code->id);
    say_u128(out, "share", agent->program.code.share_index);
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        say_hash(out, "kept", &agent->program.kept[i].code->id);
        say_u128(out, "share", agent->program.kept[i].share_index);
    }
    if (upgrade_is_under_way(agent)) {
        say_hash(out, "to try", &agent->upgrade.code.code->id);
        say_u128(out, "share", agent->upgrade.code.share_index);
        say(out, " reserve %" PRIu64, money_nanos(agent->upgrade.reserve));
    }
    say(out, " globals %" PRIu64 "\n", agent->program.globals[0]);
    say_pages(out, agent, &agent->program.memory);
    for (uint64_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap != NULL && cap->kind != SERAI_KIND_EMPTY)
            say_cap(out, cap);
    }
    say(out, " used %" PRIu32 "\n", agent->caps.used);
    say_inbox(out, agent);
    say(out, "  leash %" PRIu64 " confined %d\n", agent->leash, agent->confined);
    say(out, "  has %" PRIu64 " facets %" PRIu64 " timers %" PRIu64 " buffer bytes\n",
        agent->owns.facets, agent->owns.timers, agent->owns.buffer_bytes);
    for (const struct agent_log_line *line = agent->log.first; line != NULL; line = line->next)
        say(out, "  line %" PRIu64 " at %" PRIu64 " '%.*s'\n", line->line, line->time_us,
            (int)line->size, line->text);
    say(out, "  log %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", agent->log.bytes,
        agent->log.lines, agent->log.next, agent->log.deleted);
    say_money_state(out, agent);
}

static void say_promise(struct bytes *out, const struct object *object)
{
    const struct promise *promise = &object->u.promise;

    say(out,
        "promise %" PRIu64 " %d %" PRIi32 " %d/%d/%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
        " %" PRIu32 "\n",
        object->owner, (int)promise->state, promise->status, promise->target.kind,
        promise->target.rights, promise->target.object, promise->reply, promise->waits_in,
        promise->waits_at, object->holders);
    if (promise->reason_size > 0)
        say(out, "  because %.*s\n", (int)promise->reason_size, promise->reason);
    if (!promise_has_queue(object))
        return;
    for (const struct inbox_message *at = promise->queue->first; at != NULL; at = at->next)
        say(out, "  waits %" PRIu64 " kind %d of %" PRIu64 " size %zu\n", at->m.id, (int)at->m.kind,
            at->m.sender, at->m.size);
}

static void say_object(struct bytes *out, const struct object *object)
{
    say(out, "object %" PRIu64 " ", object->id);
    switch (object->kind) {
    case OBJECT_FACET:
        say(out,
            "facet %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %" PRIu64 " %" PRIu64 " %" PRIu64
            " %d %" PRIu32 "\n",
            object->owner, object->u.facet.badge, object->u.facet.postage.nanos, object->one_shot,
            object->u.facet.reserve.nanos, object->u.facet.asked, object->u.facet.promise,
            object->named, object->holders);
        break;
    case OBJECT_BUFFER:
        say(out, "buffer %" PRIu64 " %" PRIu64 "\n", object->owner, object->u.buffer.size);
        say_pages(out, NULL, &object->u.buffer.pages);
        break;
    case OBJECT_TIMER:
        say(out, "timer %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", object->owner,
            object->u.timer.at_us, object->u.timer.badge, object->u.timer.reserve.nanos);
        break;
    case OBJECT_LEASH:
        say(out, "leash %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", object->owner,
            object->u.leash.child, object->u.leash.watch, object->u.leash.estate);
        break;
    case OBJECT_PROMISE:
        say_promise(out, object);
        break;
    }
}

static void say_code(struct bytes *out, const struct agents *agents, const uint8_t *bytes,
                     size_t size)
{
    struct hash id = hash_of(bytes, size);
    const struct code *code = modules_find(&agents->modules, &id);

    if (code == NULL)
        return;
    say(out, "code refs %" PRIu64, code->refs);
    say_hash(out, "is", &code->id);
    say_u128(out, "share", code->share_index);
    say_u128(out, "market", code->market_index);
    say(out, "\n");
}

static void say_heap(void *context, const struct heap_view *entry)
{
    say(context, "entry %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", entry->serial, entry->payer,
        entry->deposit.nanos, entry->kind);
}

/* Those that were given up are state as well. */
static void read_all_pages(const struct world *world)
{
    uint64_t *ids;
    size_t count;

    for (int i = 0; i < AGENTS; i++) {
        struct agent *agent = world_agent(world, i);

        if (agent != NULL)
            page_cache_fetch(world->agents, &agent->program.memory, 0, UINT32_MAX);
    }
    table_keys_sorted(&world->agents->objects.by_id, &ids, &count);
    for (size_t i = 0; i < count; i++) {
        struct object *object = table_get(&world->agents->objects.by_id, ids[i]);

        if (object->kind == OBJECT_BUFFER)
            page_cache_fetch(world->agents, &object->u.buffer.pages, 0, UINT32_MAX);
    }
    free(ids);
}

struct bytes world_dump(const struct world *world)
{
    const struct agents *agents = world->agents;
    const struct customer_use *use = table_get(&agents->customers, world->customer);
    struct agents_counters counters = agents_count(agents);
    struct bytes out = {0};
    uint64_t *ids;
    size_t count;

    if (agents->pages.cache.pages_max != 0)
        read_all_pages(world);
    (void)agents_list(agents, 0, SIZE_MAX, say_agent, &out);
    table_keys_sorted(&agents->objects.by_id, &ids, &count);
    for (size_t i = 0; i < count; i++)
        say_object(&out, table_get(&agents->objects.by_id, ids[i]));
    free(ids);
    (void)agents_heap_list(agents, 0, SIZE_MAX, say_heap, &out);
    say_code(&out, agents, loader_module, sizeof loader_module);
    say_code(&out, agents, other_module, sizeof other_module);
    for (int i = 0; use != NULL && i < CUSTOMER_RESOURCES; i++)
        say(&out, "customer %d %" PRIu64 "\n", i, use->used[i]);
    say(&out, "next %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", agents->objects.next,
        agents->next_message, agents->heap.next_serial);
    say(&out, "counters %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, counters.turns,
        counters.traps, counters.births, counters.messages, counters.fuel);
    say(&out, " agents %" PRIu64 " frozen %" PRIu64, counters.agents, counters.frozen);
    bytes_append(&out, "\n", 2);
    ck_assert(!out.failed);
    return out;
}

/* What was claimed while rows were read is what a look at all that is in RAM finds. */
static void check_loaded_claims(const struct world *loaded, const struct ledger_claims *claimed)
{
    struct ledger_claims *live = calloc(1, sizeof *live);

    ck_assert_ptr_nonnull(live);
    agents_claims_live(loaded->agents, live);
    ck_assert_mem_eq(live, claimed, sizeof *live);
    free(live);
}

enum status world_load(struct world *loaded, const struct world *from, struct fault *fault)
{
    struct ledger_claims *claims = calloc(1, sizeof *claims);
    enum status status;
    struct hash id;

    ck_assert_ptr_nonnull(claims);

    *loaded = (struct world){.store = from->store, .customer = from->customer};
    rng_init(&loaded->rng, 2);
    world_start(loaded);
    memcpy(loaded->ids, from->ids, sizeof loaded->ids);
    status = WITH_READ(&loaded->store, ledger_load(loaded->ledger, &read, fault));
    ck_assert_int_eq(status, ST_OK);
    agents_set_time(loaded->agents, agents_time(from->agents));
    status = WITH_READ(&loaded->store, agents_load(loaded->agents, &read, claims, fault));
    if (status == ST_OK) {
        check_loaded_claims(loaded, claims);
        ck_assert_msg(agents_check(loaded->agents, fault) == ST_OK, "%s", fault->text);
    }
    free(claims);
    if (status == ST_OK) /* as a site does at each start: what is built in pays no rent */
        ck_assert_int_eq(
            agents_code_builtin(loaded->agents, loader_module, sizeof loader_module, &id, NULL),
            ST_OK);
    return status;
}

static void check_claims(const struct world *world)
{
    static const enum account_id accounts[] = {ACCOUNT_HELD_MESSAGE, ACCOUNT_HELD_RESERVE,
                                               ACCOUNT_DEPOSIT_HEAP, ACCOUNT_DEPOSIT_BURIAL};
    struct ledger_claims *live = calloc(1, sizeof *live);
    struct ledger_claims *rows = calloc(1, sizeof *rows);
    struct fault fault = {0};

    ck_assert(live != NULL && rows != NULL);
    agents_claims_live(world->agents, live);
    ck_assert_msg(WITH_READ(&world->store, agents_claims(&read, rows, &fault)) == ST_OK, "%s",
                  fault.text);
    ck_assert_mem_eq(live, rows, sizeof *live);
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        ck_assert(live->by_account[accounts[i]] ==
                  ledger_balance(world->ledger, accounts[i]).nanos);
    free(live);
    free(rows);
}

void world_check_same(const struct world *a, const struct world *b)
{
    struct bytes left = world_dump(a);
    struct bytes right = world_dump(b);
    const char *l = (const char *)left.data;
    const char *r = (const char *)right.data;
    size_t line = 0;

    /* From the line that differs: the whole is too long to print. */
    for (size_t i = 0; l[i] != '\0' && l[i] == r[i]; i++) {
        if (l[i] == '\n')
            line = i + 1;
    }
    ck_assert_msg(strcmp(l, r) == 0, "'%.300s' is not '%.300s'", l + line, r + line);
    bytes_fini(&left);
    bytes_fini(&right);
}

void world_check_round_trip(struct world *world)
{
    struct fault fault = {0};
    struct world loaded;

    world_commit(world);
    ck_assert_msg(world_load(&loaded, world, &fault) == ST_OK, "%s", fault.text);
    world_check_same(&loaded, world);
    check_claims(world);
    world_stop(&loaded);
}
