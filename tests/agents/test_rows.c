/* Agents written to a store and read back: nothing is lost, nothing damaged is believed. */
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/death.h"
#include "agents/leash.h"
#include "agents/logs.h"
#include "agents/objects.h"
#include "agents/pages/paged.h"
#include "agents/program.h"
#include "agents/ready.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/keys.h"
#include "agents/set.h"

#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/views.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"
#include "tests/reading.h"

/* ---- tests of keeping ---- */

START_TEST(an_empty_store_is_a_fresh_start)
{
    struct ledger_claims *claims = calloc(1, sizeof *claims);
    struct world world = {0};
    struct fault fault = {0};

    ck_assert_ptr_nonnull(claims);
    world_start(&world);
    ck_assert_int_eq(store_memory_new(&world.memory), ST_OK);
    world.store = store_from_memory(world.memory);
    ck_assert_int_eq(WITH_READ(&world.store, agents_load(world.agents, &read, claims, &fault)),
                     ST_OK);
    ck_assert(world.agents->changes.counters);
    free(claims);
    world_free(&world);
}
END_TEST

START_TEST(newborns_come_back_with_what_waits_for_them)
{
    struct world world = world_new();
    struct world loaded;

    world_check_round_trip(&world);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    /* Ready in the order of their numbers. */
    ck_assert_ptr_eq(ready_next(loaded.agents), world_agent(&loaded, 0));
    ck_assert_ptr_eq(loaded.agents->ready.last->ready_last, world_agent(&loaded, AGENTS - 1));
    world_run_all(&loaded);
    ck_assert_uint_eq(world_agent(&loaded, 3)->program.globals[0], 8);
    world_stop(&loaded);
    world_free(&world);
}
END_TEST

START_TEST(one_of_everything_comes_back)
{
    struct world world = world_new();

    world_fill(&world);
    world_check_round_trip(&world);
    world_free(&world);
}
END_TEST

START_TEST(an_agent_of_another_fuel_table_is_refused_by_that_name)
{
    struct world world = world_new();
    struct agent *agent = world_agent(&world, 0);
    const uint8_t tables[] = {0, ENGINE_FUEL_TABLE_ID - 1, ENGINE_FUEL_TABLE_ID + 1, 23};
    struct bytes row = {0};

    row_encode_agent(&row, agent);
    ck_assert(!row.failed);
    for (size_t i = 0; i < sizeof tables; i++) {
        struct agent *other = calloc(1, sizeof *other);
        struct agent_row refers = {0};
        struct fault fault = {.text = ""};
        uint8_t *at = row.data;

        ck_assert_ptr_nonnull(other);
        /* It stands before the code: an array of 2, 32 bytes. */
        while (memcmp(at + 4, agent->program.code.code->id.bytes, HASH_BYTES) != 0)
            at++;
        ck_assert_uint_eq(*at, ENGINE_FUEL_TABLE_ID);
        *at = tables[i];
        ck_assert_int_eq(row_decode_agent(other, &refers, row.data, row.size, &fault), ST_INVALID);
        ck_assert_ptr_nonnull(strstr(fault.text, "metered by another fuel table than fuel-3"));
        *at = ENGINE_FUEL_TABLE_ID;
        free(other->program.globals);
        free(other);
    }
    bytes_fini(&row);
    world_free(&world);
}
END_TEST

START_TEST(what_was_delivered_first_is_first_again)
{
    struct world world = world_new();
    struct world loaded;

    world_fill(&world);
    world_commit(&world);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    ck_assert_int_eq(world_agent(&loaded, 1)->inbox.first->m.kind, SERAI_EVENT_BECAME);
    ck_assert_int_eq(world_agent(&loaded, 1)->inbox.last->m.kind, SERAI_EVENT_MESSAGE);
    world_stop(&loaded);
    world_free(&world);
}
END_TEST

START_TEST(a_site_that_came_back_goes_on_as_if_it_had_not_stopped)
{
    struct world world = world_new();
    struct world loaded;

    world_commit(&world);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    agents_set_time(world.agents, 9000000);
    agents_set_time(loaded.agents, 9000000);
    world_run_all(&world);
    world_run_all(&loaded);
    world_check_same(&loaded, &world);
    world_stop(&loaded);
    world_free(&world);
}
END_TEST

START_TEST(timers_are_due_again)
{
    struct world world = world_new();
    struct heapq_item item = {0};
    struct world loaded;

    world_fill(&world);
    world_commit(&world);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    ck_assert_uint_eq(loaded.agents->objects.timers.count, 1);
    ck_assert(heapq_peek(&loaded.agents->objects.timers, &item));
    ck_assert_uint_eq(item.due, UINT64_C(1) << 60);
    ck_assert_ptr_nonnull(object_find(&loaded.agents->objects, item.id, OBJECT_TIMER));
    world_stop(&loaded);
    world_free(&world);
}
END_TEST

START_TEST(a_save_makes_final_what_was_done_before_it)
{
    struct world world = world_new();
    struct object *buffer;

    world_fill(&world);
    buffer = world_add_buffer(&world, world_agent(&world, 0), 5000);
    world_commit(&world);
    world_agent(&world, 0)->owns.buffer_bytes -= 5000;
    quota_give(world.agents, world_agent(&world, 0)->use, CUSTOMER_BUFFER_BYTES, 5000);
    agent_dirty(&world.agents->changes, world_agent(&world, 0));
    object_remove(world.agents, buffer); /* its pages go when this is committed */
    world_check_round_trip(&world);
    ck_assert(undo_is_empty(world.undo));
    world_free(&world);
}
END_TEST

START_TEST(what_was_just_read_needs_no_writing)
{
    struct world world = world_new();
    struct store_batch batch;
    struct world loaded;

    world_fill(&world);
    world_commit(&world);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    store_batch_init(&batch);
    agents_write_rows(loaded.agents, &batch);
    agents_end_frame(loaded.agents);
    ck_assert_uint_eq(batch.count, 0);
    store_batch_fini(&batch);
    world_stop(&loaded);
    world_free(&world);
}
END_TEST

START_TEST(a_second_save_writes_only_what_changed)
{
    struct world world = world_new();
    struct store_batch batch;

    world_fill(&world);
    world_commit(&world);
    store_batch_init(&batch);
    agents_write_rows(world.agents, &batch);
    agents_end_frame(world.agents);
    ck_assert_uint_eq(batch.count, 0);
    agent_log(world.agents, world_agent(&world, 0), LOG_BY_AGENT, "x", 1);
    agents_write_rows(world.agents, &batch);
    agents_end_frame(world.agents);
    ck_assert_uint_eq(batch.count, 3); /* the line, its agent, the counters */
    store_batch_fini(&batch);
    world_free(&world);
}
END_TEST

START_TEST(an_upgrade_that_waits_is_read_again)
{
    struct world world = world_new();
    struct agent *first = world_agent(&world, 0);
    struct money reserve = {77};

    world_fill(&world);
    upgrade_begin(world.agents, first,
                  code_ref_take(world.agents, first->use, first->program.kept[0].code), reserve);
    undo_commit(world.undo);
    ledger_event_begin(world.ledger);
    ledger_move(world.ledger, first->id, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, 0);
    world_event_end(&world);
    world_send_first(&world, first);
    world_check_round_trip(&world);
    world_free(&world);
}
END_TEST

START_TEST(what_is_taken_away_leaves_no_row)
{
    struct world world = world_new();
    struct agent *first = world_agent(&world, 0);
    struct cap cap = {.kind = SERAI_KIND_BUFFER, .rights = 7};
    struct cap nothing = {0};
    struct object *buffer;

    world_fill(&world);
    buffer = world_add_buffer(&world, first, 5000);
    world_commit(&world);
    first->owns.buffer_bytes -= 5000;
    quota_give(world.agents, first->use, CUSTOMER_BUFFER_BYTES, 5000);
    cap.object = buffer->id;
    agent_cap_set(world.agents, first, (uint64_t)cap_table_find(&first->caps, &cap), &nothing);
    object_remove(world.agents, buffer);
    undo_commit(world.undo);
    world_run_all(&world); /* takes messages out of the inboxes */
    for (int i = 0; i < AGENT_LOG_LINES_MAX + 10; i++)
        agent_log(world.agents, first, LOG_BY_AGENT, "more", 4);
    agent_become(world.agents, first,
                 code_ref_take(world.agents, first->use, first->program.kept[0].code));
    undo_commit(world.undo);
    world_check_round_trip(&world);
    world_free(&world);
}
END_TEST

/* Count the rows of a table whose keys begin with an agent's number. */
static enum status count_rows_of(const struct store_read *read, enum store_table table,
                                 uint64_t agent, size_t *rows)
{
    struct store_cursor cursor;
    struct store_row stored;
    uint8_t prefix[8];

    be64_put(prefix, agent);
    store_cursor_open(&cursor, read, table, prefix, sizeof prefix, NULL);
    while (store_cursor_next(&cursor, &stored))
        (*rows)++;
    return store_cursor_close(&cursor, ST_OK);
}

START_TEST(a_dead_agent_leaves_no_row_of_its_own)
{
    static const enum store_table tables[] = {STORE_AGENT, STORE_CAPS, STORE_PAGE, STORE_INBOX,
                                              STORE_LOG};
    struct world world = world_new();
    size_t rows = 0;

    world_fill(&world);
    agent_log(world.agents, world_agent(&world, 1), LOG_BY_AGENT, "last words", 10);
    world_commit(&world);
    agent_log(world.agents, world_agent(&world, 1), LOG_BY_AGENT, "unsaved", 7);
    ledger_event_begin(world.ledger);
    agent_die(world.agents, world_agent(&world, 1));
    world_event_end(&world);
    world_check_round_trip(&world);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        ck_assert_int_eq(
            WITH_READ(&world.store, count_rows_of(&read, tables[i], world.ids[1], &rows)), ST_OK);
    ck_assert_uint_eq(rows, 0);
    world_run_all(&world); /* the queue does not know the dead */
    world_free(&world);
}
END_TEST

START_TEST(code_that_nobody_runs_is_dropped)
{
    struct world world = world_new();
    struct hash id = hash_of(other_module, sizeof other_module);
    struct agent *first = world_agent(&world, 0);

    world_fill(&world);
    world_commit(&world);
    ck_assert_ptr_nonnull(modules_find(&world.agents->modules, &id));
    code_ref_drop(world.agents, first, &first->program.kept[0]);
    first->program.kept_count = 0;
    agent_dirty(&world.agents->changes, first);
    world_check_round_trip(&world);
    ck_assert_ptr_null(modules_find(&world.agents->modules, &id));
    world_free(&world);
}
END_TEST

static void random_step(struct world *world)
{
    struct agent *agent = world_agent(world, (int)rng_below(&world->rng, AGENTS));
    struct agent *other = world_agent(world, (int)rng_below(&world->rng, AGENTS));
    struct agents *agents = world->agents;

    if (agent == NULL || other == NULL)
        return;
    switch (rng_below(&world->rng, 10)) {
    case 0:
        if (rng_coin(&world->rng))
            world_add_heap_entry(world, agent, world_add_facet(world, agent)->id);
        else
            (void)world_add_reply(world, agent, other);
        break;
    case 1:
        (void)world_add_buffer(world, agent, 3 + rng_below(&world->rng, 20000));
        break;
    case 2:
        world_add_timer(world, agent);
        break;
    case 3:
        agent_log(agents, agent, LOG_BY_AGENT, "words", rng_below(&world->rng, 6));
        break;
    case 4:
        agents_set_time(agents, agents_time(agents) + rng_below(&world->rng, 1000000));
        break;
    case 5:
        if (rng_below(&world->rng, 20) == 0) {
            ledger_event_begin(world->ledger);
            agent_die(agents, agent);
            world_event_end(world);
        }
        break;
    case 6:
        (void)agents_run_one(agents);
        break;
    default:
        world_send(world, agent, other, UINT64_C(1) << 40);
        break;
    }
}

START_TEST(random_lives_come_back_after_every_frame)
{
    struct world world = world_new();

    world.rng = rng_for_test();
    world_fill(&world); /* the first object is a facet that messages may name */
    for (int frame = 0; frame < 25; frame++) {
        for (uint64_t steps = rng_below(&world.rng, 12); steps > 0; steps--)
            random_step(&world);
        world_check_round_trip(&world);
    }
    world_free(&world);
}
END_TEST

/* ---- tests of damage: rows that the store holds to be good ---- */

struct row {
    uint8_t key[STORE_KEY_BYTES_MAX];
    size_t key_size;
    struct bytes value;
};

/* Copy the n-th row of a table that is the agents' own.  ST_MISSING: there are fewer. */
static enum status pick_row(const struct store_read *read, enum store_table table, size_t n,
                            struct row *row)
{
    static const uint8_t counters = ROW_META_KEY_COUNTERS;
    enum status status = ST_MISSING;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, table, &counters, table == STORE_META ? 1 : 0, NULL);
    while (status == ST_MISSING && store_cursor_next(&cursor, &stored)) {
        if (n-- != 0)
            continue;
        memcpy(row->key, stored.key, stored.key_size);
        row->key_size = stored.key_size;
        bytes_clear(&row->value);
        bytes_append(&row->value, stored.value, stored.value_size);
        status = ST_OK;
    }
    return store_cursor_close(&cursor, status);
}

/* The n-th row of a table that is the agents' own; false when there are fewer. */
static bool row_at(const struct world *world, enum store_table table, size_t n, struct row *row)
{
    return WITH_READ(&world->store, pick_row(&read, table, n, row)) == ST_OK;
}

static void row_put(const struct world *world, enum store_table table, const struct row *row,
                    const void *value, size_t size)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_put(&batch, table, row->key, row->key_size, value, size);
    ck_assert_int_eq(store_commit(&world->store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

static void row_drop(const struct world *world, enum store_table table, const struct row *row)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_delete(&batch, table, row->key, row->key_size);
    ck_assert_int_eq(store_commit(&world->store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

static void check_refused(const struct world *world, const char *expected)
{
    struct fault fault = {0};
    struct world loaded;

    ck_assert_int_eq(world_load(&loaded, world, &fault), ST_CORRUPT);
    ck_assert_int_eq(fault.status, ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "'%s' has no '%s'", fault.text, expected);
    world_stop(&loaded);
}

static const enum store_table own_tables[] = {STORE_META, STORE_CODE,  STORE_AGENT,  STORE_CAPS,
                                              STORE_PAGE, STORE_INBOX, STORE_OBJECT, STORE_HEAP,
                                              STORE_LOG,  STORE_DELTA};
enum { OWN_TABLES = sizeof own_tables / sizeof own_tables[0] };

START_TEST(a_garbled_row_is_refused_by_the_name_of_its_table)
{
    enum store_table table = own_tables[_i];
    struct world world = world_new();
    struct row row = {0};
    char name[40];

    world_fill(&world);
    world_commit(&world);
    (void)snprintf(name, sizeof name, "table %s, ", store_table_name(table));
    for (size_t n = 0; row_at(&world, table, n, &row); n++) {
        uint8_t first = row.value.data[0];

        row_put(&world, table, &row, row.value.data, row.value.size - 1);
        check_refused(&world, name);
        row_put(&world, table, &row, row.value.data, 0);
        check_refused(&world, name);
        row.value.data[0] = 0xff;
        row_put(&world, table, &row, row.value.data, row.value.size);
        check_refused(&world, name);
        row.value.data[0] = first;
        row_put(&world, table, &row, row.value.data, row.value.size);
    }
    ck_assert_uint_gt(row.value.size, 0);
    bytes_fini(&row.value);
    world_check_round_trip(&world); /* all put back */
    world_free(&world);
}
END_TEST

START_TEST(a_row_under_a_strange_key_is_refused)
{
    enum store_table table = own_tables[_i];
    struct world world = world_new();
    struct row row = {0};
    char name[40];

    world_fill(&world);
    world_commit(&world);
    (void)snprintf(name, sizeof name, "table %s, ", store_table_name(table));
    ck_assert(row_at(&world, table, 0, &row));
    row.key[row.key_size++] = 9;
    row_put(&world, table, &row, row.value.data, row.value.size);
    if (table != STORE_META) /* there, longer keys are other parts' */
        check_refused(&world, name);
    bytes_fini(&row.value);
    world_free(&world);
}
END_TEST

START_TEST(a_lost_row_is_missed)
{
    enum store_table table = own_tables[_i];
    struct world world = world_new();
    struct row row = {0};

    world_fill(&world);
    world_commit(&world);
    for (size_t n = 0; row_at(&world, table, n, &row); n++) {
        row_drop(&world, table, &row);
        if (table != STORE_HEAP) /* an entry is missed by its deposit (verification) */
            check_refused(&world, "table ");
        row_put(&world, table, &row, row.value.data, row.value.size);
    }
    bytes_fini(&row.value);
    world_free(&world);
}
END_TEST

/* Each changes the state so that its row, well-formed, makes no sense. */
static void dead_and_stored(struct world *world)
{
    world_agent(world, 0)->state = AGENT_DEAD;
}
static void upgrade_from_the_future(struct world *world)
{
    struct agent *agent = world_agent(world, 0);

    upgrade_begin(world->agents, agent,
                  code_ref_take(world->agents, agent->use, agent->program.kept[0].code),
                  money_zero());
    agent->upgrade.code.share_index = (u128)1 << 100;
}
static void upgrade_without_its_event(struct world *world)
{
    struct agent *agent = world_agent(world, 0);

    upgrade_begin(world->agents, agent,
                  code_ref_take(world->agents, agent->use, agent->program.kept[0].code),
                  money_zero());
}
static void desk_with_two_facets(struct world *world)
{
    (void)world_add_facet(world, world_agent(world, 0));
    (void)world_add_facet(world, world_agent(world, 0));
    world_agent(world, 0)->state = AGENT_DESK;
}
static void too_much_memory(struct world *world)
{
    world_agent(world, 0)->program.memory_pages = MODULE_PAGES_MAX + 1;
}
static void too_little_memory(struct world *world)
{
    world_agent(world, 0)->program.memory_pages = 0;
}
static void another_customer(struct world *world)
{
    world_agent(world, 0)->customer = 12345;
}
static void share_from_the_future(struct world *world)
{
    world_agent(world, 0)->program.code.share_index = (u128)1 << 100;
}
static void too_many_facets(struct world *world)
{
    world_agent(world, 0)->owns.facets++;
}
static void too_few_messages(struct world *world)
{
    world_agent(world, 1)->inbox.total--;
}
static void facet_of_nobody(struct world *world)
{
    struct object *object = table_get(&world->agents->objects.by_id, UINT64_C(1) << 40);

    object->owner = 5;
    object_dirty(&world->agents->changes, object);
}
static void reply_of_no_facet(struct world *world)
{
    struct object *reply = world_add_reply(world, world_agent(world, 1), world_agent(world, 0));

    reply->u.facet.asked = UINT64_C(1) << 40; /* a facet of the other one */
}
static void reply_that_nobody_holds(struct world *world)
{
    struct object *reply = world_add_reply(world, world_agent(world, 0), world_agent(world, 1));
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = reply->id};
    struct cap none = {0};

    agent_cap_set(world->agents, world_agent(world, 1),
                  (uint64_t)cap_table_find(&world_agent(world, 1)->caps, &cap), &none);
}
static void reply_that_two_hold(struct world *world)
{
    struct object *reply = world_add_reply(world, world_agent(world, 0), world_agent(world, 1));

    world_send(world, world_agent(world, 0), world_agent(world, 1), reply->id);
}
static void reply_in_the_heap(struct world *world)
{
    struct object *reply = world_add_reply(world, world_agent(world, 0), world_agent(world, 1));

    world_add_heap_entry(world, world_agent(world, 0), reply->id);
}
static void asked_by_none(struct world *world)
{
    world_agent(world, 1)->inbox.last->m.asker = world_agent(world, 0)->customer;
    world_agent(world, 1)->inbox.last->saved = false;
    world_agent(world, 1)->inbox.changed = true;
    agent_dirty(&world->agents->changes, world_agent(world, 1));
}
/* The one leash of the world, by which the third agent holds the second. */
static struct object *leash_of_world(struct world *world)
{
    struct object *leash = leash_of(world->agents, world_agent(world, 1));

    ck_assert_ptr_nonnull(leash);
    object_dirty(&world->agents->changes, leash);
    return leash;
}
static void leash_of_another_child(struct world *world)
{
    leash_of_world(world)->u.leash.child = world_agent(world, 0)->id;
}
static void leash_of_nobody(struct world *world)
{
    leash_of_world(world)->u.leash.child = 5;
}
static void leash_that_is_not_there(struct world *world)
{
    world_agent(world, 0)->leash = world_agent(world, 1)->leash;
}
static void leash_that_nobody_names(struct world *world)
{
    struct agent *child = world_agent(world, 1);

    ck_assert_uint_ne(child->leash, 0);
    child->leash = 0;
    agent_dirty(&world->agents->changes, child);
}
static void leash_watched_by_another(struct world *world)
{
    struct object *reply = world_add_reply(world, world_agent(world, 0), world_agent(world, 1));

    leash_of_world(world)->u.leash.watch = reply->id;
}
static void leash_watched_by_what_never_was(struct world *world)
{
    leash_of_world(world)->u.leash.watch = world->agents->objects.next;
}
static void cap_above_the_counter(struct world *world)
{
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = world->agents->objects.next};

    agent_cap_set(world->agents, world_agent(world, 0), 20, &cap);
}
static void cap_of_another_kind(struct world *world)
{
    struct cap cap = {.kind = SERAI_KIND_BUFFER, .rights = 1, .object = UINT64_C(1) << 40};

    agent_cap_set(world->agents, world_agent(world, 0), 20, &cap);
}
static void cap_of_no_kind(struct world *world)
{
    struct cap cap = {.kind = SERAI_KINDS};

    agent_cap_set(world->agents, world_agent(world, 0), 20, &cap);
}
static void page_outside(struct world *world)
{
    uint8_t page[PAGED_BYTES] = {1};

    paged_grow(&world_agent(world, 0)->program.memory, 41);
    paged_set(&world_agent(world, 0)->program.memory, &world->agents->pages.dirty, 40, page, 1);
}
static void message_above_the_counter(struct world *world)
{
    world->agents->next_message = 2;
    world->agents->changes.counters = true;
}
static void object_above_the_counter(struct world *world)
{
    world->agents->objects.next = UINT64_C(1) << 40;
    world->agents->changes.counters = true;
}
static void serial_above_the_counter(struct world *world)
{
    world->agents->heap.next_serial = 1;
    world->agents->changes.counters = true;
}
static void line_above_the_counter(struct world *world)
{
    world_agent(world, 0)->log.next--;
}
static void code_refs_too_many(struct world *world)
{
    world_agent(world, 0)->program.kept[0].code->refs++;
    code_dirty(&world->agents->changes, world_agent(world, 0)->program.kept[0].code);
}

static const struct {
    void (*change)(struct world *world);
    const char *expected;
} nonsense[] = {
    {dead_and_stored, "a dead agent"},
    {upgrade_from_the_future, "code that it is to try is missing, or paid for past its share"},
    {upgrade_without_its_event, "its next event is not BECAME"},
    {desk_with_two_facets, "a desk asks with one facet, and it has "},
    {too_much_memory, "memory of 3 pages is over its module's maximum of 2"},
    {too_little_memory, "memory of 0 pages is under its module's first 1"},
    {another_customer, "its account has another customer"},
    {share_from_the_future, "paid for past its share"},
    {too_many_facets, "table object, agent 4097: 1 facets are there, but its row"},
    {too_few_messages, "table inbox, agent 4098: 3 messages are there, but its row"},
    {facet_of_nobody, "object 1099511627776: its owner, agent 5, is missing"},
    {reply_of_no_facet, "a reply to a question that was asked with no facet of its owner's"},
    {reply_that_nobody_holds, "a reply that nobody holds"},
    {reply_that_two_hold, "a reply that is held in another place, too"},
    {reply_in_the_heap, "a reply, which the heap does not hold"},
    {asked_by_none, "its asker was never an agent"},
    {leash_of_another_child, "as the numbers of its leashes are there, but its row"},
    {leash_of_nobody, "its child, agent 5, is missing"},
    {leash_that_is_not_there, "0 as the numbers of its leashes are there, but its row"},
    {leash_that_nobody_names, ": a leash that its child does not name"},
    {leash_watched_by_another, "a leash that is watched by what is no reply of its holder's"},
    {leash_watched_by_what_never_was, "a leash that is watched by what is no reply of its"},
    {cap_above_the_counter, "slot 20: a capability to an object whose number is above"},
    {cap_of_another_kind, "slot 20: a capability to an object of another kind"},
    {cap_of_no_kind, "slot 4 of the group: a capability of no known kind"},
    {page_outside, "page 40 of 4097, which has only 16"},
    {message_above_the_counter, "table inbox, agent 4098, message"},
    {object_above_the_counter, "table object, object 1099511627776: its number is above"},
    {serial_above_the_counter, "table heap, an entry: serial 1: its serial is above"},
    {line_above_the_counter, "table agent, agent 4097: row: more log lines than were written"},
    {code_refs_too_many, "1 references are there, but its row counts 2"},
};
enum { NONSENSE = sizeof nonsense / sizeof nonsense[0] };

START_TEST(rows_that_contradict_each_other_are_refused)
{
    struct world world = world_new();

    world_fill(&world);
    nonsense[_i].change(&world);
    agent_dirty(&world.agents->changes, world_agent(&world, 0));
    undo_commit(world.undo);
    world_commit(&world);
    check_refused(&world, nonsense[_i].expected);
    world_free(&world);
}
END_TEST

START_TEST(claims_refuse_a_garbled_row_too)
{
    static const enum store_table tables[] = {STORE_AGENT, STORE_INBOX, STORE_OBJECT, STORE_HEAP};
    struct world world = world_new();
    struct ledger_claims *claims = calloc(1, sizeof *claims);
    struct row row = {0};
    struct fault fault = {0};
    char name[40];

    ck_assert_ptr_nonnull(claims);
    world_fill(&world);
    world_commit(&world);
    (void)snprintf(name, sizeof name, "table %s, ", store_table_name(tables[_i]));
    ck_assert(row_at(&world, tables[_i], 0, &row));
    row_put(&world, tables[_i], &row, row.value.data, row.value.size - 1);
    ck_assert_int_eq(WITH_READ(&world.store, agents_claims(&read, claims, &fault)), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, name));
    bytes_fini(&row.value);
    free(claims);
    world_free(&world);
}
END_TEST

START_TEST(a_fault_does_not_tell_a_heap_number)
{
    const uint8_t number[SERAI_HEAP_NUMBER_BYTES] = "secretnumbe";
    const struct store_row row = {.table = STORE_HEAP, .key = number, .key_size = sizeof number};
    struct fault fault = {0};

    ck_assert_int_eq(row_corrupt(&fault, &row, "no"), ST_CORRUPT);
    ck_assert_str_eq(fault.text, "table heap, an entry: no");
}
END_TEST

static Suite *rows_suite(void)
{
    Suite *suite = suite_create("rows of agents");
    TCase *keeping = tcase_create("keeping");
    TCase *damage = tcase_create("damage");

    tcase_set_timeout(keeping, 60);
    tcase_add_test(keeping, an_empty_store_is_a_fresh_start);
    tcase_add_test(keeping, newborns_come_back_with_what_waits_for_them);
    tcase_add_test(keeping, one_of_everything_comes_back);
    tcase_add_test(keeping, an_agent_of_another_fuel_table_is_refused_by_that_name);
    tcase_add_test(keeping, what_was_delivered_first_is_first_again);
    tcase_add_test(keeping, a_site_that_came_back_goes_on_as_if_it_had_not_stopped);
    tcase_add_test(keeping, timers_are_due_again);
    tcase_add_test(keeping, a_save_makes_final_what_was_done_before_it);
    tcase_add_test(keeping, what_was_just_read_needs_no_writing);
    tcase_add_test(keeping, a_second_save_writes_only_what_changed);
    tcase_add_test(keeping, an_upgrade_that_waits_is_read_again);
    tcase_add_test(keeping, what_is_taken_away_leaves_no_row);
    tcase_add_test(keeping, a_dead_agent_leaves_no_row_of_its_own);
    tcase_add_test(keeping, code_that_nobody_runs_is_dropped);
    tcase_add_test(keeping, random_lives_come_back_after_every_frame);
    suite_add_tcase(suite, keeping);
    tcase_set_timeout(damage, 60);
    tcase_add_loop_test(damage, a_garbled_row_is_refused_by_the_name_of_its_table, 0, OWN_TABLES);
    tcase_add_loop_test(damage, a_row_under_a_strange_key_is_refused, 0, OWN_TABLES);
    tcase_add_loop_test(damage, a_lost_row_is_missed, 0, OWN_TABLES);
    tcase_add_loop_test(damage, rows_that_contradict_each_other_are_refused, 0, NONSENSE);
    tcase_add_loop_test(damage, claims_refuse_a_garbled_row_too, 0, 4);
    tcase_add_test(damage, a_fault_does_not_tell_a_heap_number);
    suite_add_tcase(suite, damage);
    return suite;
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    return check_main(rows_suite());
}
