/* Promises, what waits on them, and facets by their badge: back from their rows, or refused. */
#include <check.h>
#include <string.h>

#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/check_holders.h"
#include "agents/facets.h"
#include "agents/objects.h"
#include "agents/promises.h"
#include "agents/return.h"
#include "agents/rows/keys.h"
#include "agents/sleep.h"
#include "agents/turn.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"

enum { MESSAGE_MONEY = 300, RESERVE = 1000 };

/*
 * Promises of the first agent: two that are open, on which the second one's messages wait, and one
 * that is resolved to the first of them, with its queue in its place there.
 */
struct promised {
    struct world world;
    struct object *open;
    struct object *other;
    struct object *linked;
    struct object *named; /* a facet of the first agent, that is watched */
};

static struct money nanos(uint64_t amount)
{
    struct money money;

    ck_assert_int_eq(money_from_nanos(&money, amount), ST_OK);
    return money;
}

static struct object *make_promise(struct world *world)
{
    struct agent *owner = world_agent(world, 0);
    struct object *promise = promise_new(world->agents, owner, nanos(7));
    struct object *reply = reply_new(world->agents, owner, NULL, promise, money_zero());
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = promise->id};

    ck_assert_int_ge(agent_cap_give(world->agents, world_agent(world, 1), &cap), 0);
    cap.object = reply->id;
    ck_assert_int_ge(agent_cap_give(world->agents, world_agent(world, 2), &cap), 0);
    return promise;
}

static void send_to(struct world *world, struct object *promise, uint8_t what)
{
    struct agent *sender = world_agent(world, 1);
    struct message message = {.kind = SERAI_EVENT_MESSAGE,
                              .sender = sender->id,
                              .sender_customer = sender->customer,
                              .money = nanos(MESSAGE_MONEY),
                              .data = &what,
                              .size = 1};

    agents_move(world->agents, sender->id, ACCOUNT_HELD_MESSAGE, message.money,
                TRANSFER_MESSAGE_HOLD, world->agents->next_message);
    promise_queue_add(world->agents, promise, sender, &message);
}

static void listen_to(struct world *world, struct object *promise)
{
    struct agent *listener = world_agent(world, 1);
    struct object *asked = world_add_facet(world, listener);
    struct object *reply = reply_new(world->agents, listener, asked, NULL, nanos(RESERVE));
    struct message message = {.kind = (enum serai_event_kind)WAITING_LISTENER,
                              .sender = listener->id,
                              .sender_customer = listener->customer,
                              .reply = {.kind = SERAI_KIND_FACET, .object = reply->id}};

    agents_move(world->agents, listener->id, ACCOUNT_HELD_RESERVE, nanos(RESERVE),
                TRANSFER_RESERVE_HOLD, reply->id);
    promise_queue_add(world->agents, promise, listener, &message);
}

static void resolve(struct world *world, struct object *promise, const struct object *to)
{
    struct object *reply =
        object_find(&world->agents->objects, promise->u.promise.reply, OBJECT_FACET);
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = reply->id};
    struct cap none = {0};

    agent_cap_set(world->agents, world_agent(world, 2),
                  (uint64_t)cap_table_find(&world_agent(world, 2)->caps, &cap), &none);
    facet_remove(world->agents, reply);
    cap.object = to->id;
    promise_answer(world->agents, promise, &cap);
    agents_follow_up(world->agents);
}

static struct promised promised_new(void)
{
    struct promised made = {.world = world_new()};
    struct world *world = &made.world;
    struct agent *owner;

    ledger_event_begin(world->ledger);
    owner = world_agent(world, 0);
    made.open = make_promise(world);
    made.other = make_promise(world);
    made.linked = make_promise(world);
    send_to(world, made.open, 'a');
    send_to(world, made.linked, 'b');
    listen_to(world, made.linked);
    resolve(world, made.linked, made.open);
    send_to(world, made.open, 'c');
    send_to(world, made.other, 'd');
    made.named = facet_new_named(world->agents, owner, 7, money_zero());
    facet_watch(world->agents, made.named, nanos(RESERVE));
    agents_move(world->agents, owner->id, ACCOUNT_HELD_RESERVE, nanos(RESERVE),
                TRANSFER_RESERVE_HOLD, made.named->id);
    world_event_end(world);
    return made;
}

START_TEST(what_waits_comes_back_in_its_order)
{
    struct promised made = promised_new();
    struct fault fault = {0};

    ck_assert_uint_eq(made.open->u.promise.queue->total, 3); /* a, the queue of the other, c */
    ck_assert_msg(agents_check_holders(made.world.agents, &fault) == ST_OK, "%s", fault.text);
    world_check_round_trip(&made.world);
    /* Also of agents that are packed. */
    agents_keep_awake(made.world.agents, 0);
    agents_end_frame(made.world.agents);
    ck_assert_msg(agents_check_holders(made.world.agents, &fault) == ST_OK, "%s", fault.text);
    world_check_round_trip(&made.world);
    world_free(&made.world);
}
END_TEST

START_TEST(what_was_just_read_is_checked_and_needs_no_writing)
{
    struct promised made = promised_new();
    struct store_batch batch;
    struct fault fault = {0};
    struct world loaded;

    world_commit(&made.world);
    ck_assert_int_eq(world_load(&loaded, &made.world, &fault), ST_OK);
    ck_assert_msg(agents_check_holders(loaded.agents, &fault) == ST_OK, "%s", fault.text);
    store_batch_init(&batch);
    agents_write_rows(loaded.agents, &batch);
    agents_end_frame(loaded.agents);
    ck_assert_uint_eq(batch.count, 0);
    store_batch_fini(&batch);
    world_stop(&loaded);
    world_free(&made.world);
}
END_TEST

/* As many as one event could end: of an agent, of a customer, of the site. */
START_TEST(what_waits_has_a_bound_for_all_promises_together)
{
    struct promised made = promised_new();
    struct agents *agents = made.world.agents;
    struct agent *sender = world_agent(&made.world, 1);
    uint64_t *counts[] = {&sender->sent.messages, &sender->use->waiting, &agents->waiting};
    const uint64_t most[] = {AGENT_WAITING_MAX, CUSTOMER_WAITING_MAX, PROMISES_WAITING_MAX};

    for (size_t i = 0; i < 3; i++) {
        uint64_t before = *counts[i];

        ck_assert_uint_gt(before, 0);
        *counts[i] = most[i] - 1;
        ck_assert_int_eq(promise_room(agents, made.open, sender, 1), 0);
        *counts[i] = most[i];
        ck_assert_int_eq(promise_room(agents, made.open, sender, 1), SERAI_E_FULL);
        *counts[i] = before;
    }
    world_free(&made.world);
}
END_TEST

/* ---- rows that are lost ---- */

static size_t rows_of(const struct world *world, enum store_table table)
{
    struct store_read read;
    struct store_cursor cursor;
    struct store_row stored;
    size_t count = 0;

    ck_assert_int_eq(store_read_begin(&read, &world->store, NULL), ST_OK);
    store_cursor_open(&cursor, &read, table, NULL, 0, NULL);
    while (store_cursor_next(&cursor, &stored))
        count++;
    ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
    store_read_end(&read);
    return count;
}

static void drop_row(const struct world *world, enum store_table table, const uint8_t *key,
                     size_t size)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_delete(&batch, table, key, size);
    ck_assert_int_eq(store_commit(&world->store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

static void refused(const struct world *world, const char *expected)
{
    struct fault fault = {0};
    struct world loaded;

    ck_assert_int_eq(world_load(&loaded, world, &fault), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "'%s' has no '%s'", fault.text, expected);
    world_stop(&loaded);
}

START_TEST(a_message_that_is_lost_is_missed)
{
    struct promised made = promised_new();
    uint8_t key[ROW_ITEM_KEY_BYTES];

    world_commit(&made.world);
    row_key_item(key, made.other->id, made.other->u.promise.queue->first->m.id);
    drop_row(&made.world, STORE_INBOX, key, sizeof key);
    refused(&made.world, "fewer messages wait on the promise than its row counts");
    world_free(&made.world);
}
END_TEST

START_TEST(a_promise_that_is_lost_is_missed)
{
    struct promised made = promised_new();
    uint8_t key[ROW_ID_KEY_BYTES];

    world_commit(&made.world);
    row_key_id(key, made.other->id);
    drop_row(&made.world, STORE_OBJECT, key, sizeof key);
    refused(&made.world, "a reply that resolves no open promise of its owner's, or a second one");
    world_free(&made.world);
}
END_TEST

START_TEST(what_ended_leaves_no_row)
{
    static const uint8_t words[] = "no more";
    const struct failure why = {SERAI_FAIL_CODE_MIN, words, sizeof words};
    struct promised made = promised_new();
    struct world *world = &made.world;

    world_commit(world);
    ledger_event_begin(world->ledger);
    promise_break(world->agents, made.open, why);
    promise_break(world->agents, made.other, failure_of(SERAI_E_SILENT));
    agents_follow_up(world->agents);
    world_event_end(world);
    world_check_round_trip(world);
    /* What is left waits in inboxes: BORN of each agent, and FAILED of the one that listened. */
    ck_assert_uint_eq(rows_of(world, STORE_INBOX), AGENTS + 1);
    world_free(world);
}
END_TEST

/* ---- pipes ---- */

/* What waits goes to the inbox of the pipe's agent, and who listens waits on. */
START_TEST(a_pipe_comes_back)
{
    struct promised made = promised_new();
    struct world *world = &made.world;
    struct fault fault = {0};

    ledger_event_begin(world->ledger);
    promise_pipe(world->agents, made.open, made.named);
    agents_follow_up(world->agents);
    world_event_end(world);
    ck_assert_uint_eq(made.open->u.promise.pipe, made.named->id);
    ck_assert(made.open->u.promise.quiet && made.linked->u.promise.quiet);
    ck_assert_uint_eq(made.open->u.promise.queue->total, 1); /* the queue of the other */
    ck_assert_uint_eq(made.linked->u.promise.queue->total, 1);
    ck_assert_msg(agents_check_holders(world->agents, &fault) == ST_OK, "%s", fault.text);
    world_check_round_trip(world);
    world_free(world);
}
END_TEST

START_TEST(a_pipe_comes_back_though_its_facet_is_gone)
{
    struct promised made = promised_new();
    struct world *world = &made.world;
    struct object *facet;

    ledger_event_begin(world->ledger);
    facet = world_add_facet(world, world_agent(world, 0));
    promise_pipe(world->agents, made.open, facet);
    agents_follow_up(world->agents);
    facet_remove(world->agents, facet);
    world_event_end(world);
    ck_assert_uint_ne(made.open->u.promise.pipe, 0);
    ck_assert_ptr_null(promise_pipe_facet(world->agents, made.open));
    world_check_round_trip(world);
    world_free(world);
}
END_TEST

/* ---- rows that contradict each other ---- */

/* As if the message had never been sent. */
static void give_back(struct promised *made, struct inbox_message *entry)
{
    agents_move(made->world.agents, ACCOUNT_HELD_MESSAGE, entry->m.sender, entry->m.money,
                TRANSFER_MESSAGE_BACK, entry->m.id);
    inbox_message_free(entry);
}

static void of_another_agent(struct promised *made)
{
    struct object *reply =
        object_find(&made->world.agents->objects, made->open->u.promise.reply, OBJECT_FACET);

    reply->u.facet.promise = made->linked->id; /* which has ended */
    object_dirty(&made->world.agents->changes, reply);
}

static void resolved_to_itself(struct promised *made)
{
    made->linked->u.promise.target.object = made->linked->id;
    object_dirty(&made->world.agents->changes, made->linked);
}

static void resolved_to_nothing(struct promised *made)
{
    made->linked->u.promise.target = (struct cap){0};
    object_dirty(&made->world.agents->changes, made->linked);
}

static void resolved_to_the_future(struct promised *made)
{
    made->linked->u.promise.target.object = made->world.agents->objects.next;
    object_dirty(&made->world.agents->changes, made->linked);
}

static void waits_in_nothing(struct promised *made)
{
    made->linked->u.promise.waits_in = made->world.agents->objects.next;
    object_dirty(&made->world.agents->changes, made->linked);
}

static void waits_nowhere(struct promised *made)
{
    made->linked->u.promise.waits_in = 0;
    made->linked->u.promise.waits_at = 0;
    object_dirty(&made->world.agents->changes, made->linked);
}

static void broken_for_no_reason(struct promised *made)
{
    made->other->u.promise.state = PROMISE_BROKEN;
    object_dirty(&made->world.agents->changes, made->other);
}

static void no_promise_at_all(struct promised *made)
{
    made->other->u.promise.state = PROMISE_DATA;
    object_dirty(&made->world.agents->changes, made->other);
}

static void piped_though_ended(struct promised *made)
{
    made->linked->u.promise.pipe = made->named->id;
    object_dirty(&made->world.agents->changes, made->linked);
}

static void piped_to(struct promised *made, struct object *promise, uint64_t facet)
{
    promise->u.promise.pipe = facet;
    object_dirty(&made->world.agents->changes, promise);
}

static void piped_to_a_promise(struct promised *made)
{
    piped_to(made, made->open, made->other->id);
}

static void piped_to_a_reply(struct promised *made)
{
    piped_to(made, made->open, made->other->u.promise.reply);
}

static void piped_to_the_future(struct promised *made)
{
    piped_to(made, made->open, made->world.agents->objects.next);
}

static void piped_and_waited_on(struct promised *made)
{
    piped_to(made, made->other, made->named->id);
}

/* All that waits there was taken out; but a message waits in the queue that waits in it. */
static void piped_and_waited_in(struct promised *made)
{
    struct inbox_message *first = made->open->u.promise.queue->first;
    struct inbox_message *last = made->open->u.promise.queue->last;

    ledger_event_begin(made->world.ledger);
    promise_queue_take(made->world.agents, first);
    promise_queue_take(made->world.agents, last);
    give_back(made, first);
    give_back(made, last);
    world_event_end(&made->world);
    piped_to(made, made->open, made->named->id);
}

static void of_a_dead_sender(struct promised *made)
{
    struct inbox_message *entry = made->other->u.promise.queue->first;

    entry->m.sender = 5;
}

/* Its place in the order is that of a message which is there. */
static void waits_in_the_place_of_another(struct promised *made)
{
    made->linked->u.promise.waits_at = made->open->u.promise.queue->first->m.id;
}

static void an_event_that_does_not_wait(struct promised *made)
{
    made->other->u.promise.queue->first->m.kind = SERAI_EVENT_WAKE;
}

static void a_listener_in_an_inbox(struct promised *made)
{
    world_agent(&made->world, 1)->inbox.first->m.kind = (enum serai_event_kind)WAITING_LISTENER;
    agent_dirty(&made->world.agents->changes, world_agent(&made->world, 1));
}

static void two_of_one_badge(struct promised *made)
{
    struct object *second = world_add_facet(&made->world, world_agent(&made->world, 0));

    second->u.facet.badge = made->named->u.facet.badge;
    second->named = FACET_NAMED;
}

static void a_reply_by_its_badge(struct promised *made)
{
    struct object *reply =
        object_find(&made->world.agents->objects, made->open->u.promise.reply, OBJECT_FACET);

    reply->named = FACET_NAMED;
    object_dirty(&made->world.agents->changes, reply);
}

static const struct {
    void (*change)(struct promised *made);
    const char *expected;
} nonsense[] = {
    {of_another_agent, "a reply that resolves no open promise of its owner's"},
    {resolved_to_itself, "a promise that is resolved to itself"},
    {resolved_to_nothing, "a promise that is resolved to nothing"},
    {resolved_to_the_future, "a promise that is resolved to what never was"},
    {waits_in_nothing, "a promise whose messages wait on one that has ended"},
    {waits_nowhere, "a promise that has ended, on which messages wait"},
    {broken_for_no_reason, "a promise that is broken without a reason"},
    {no_promise_at_all, "a promise that has ended, on which messages wait"},
    {piped_though_ended, "a promise that has ended, with a pipe"},
    {piped_to_a_promise, "a promise whose pipe leads to no facet"},
    {piped_to_a_reply, "a promise whose pipe leads to no facet"},
    {piped_to_the_future, "a promise whose pipe leads to no facet"},
    {piped_and_waited_on, "a message waits where there is a pipe"},
    {piped_and_waited_in, "a message waits where there is a pipe"},
    {of_a_dead_sender, "its sender is missing, which would have taken it back"},
    {waits_in_the_place_of_another, "order of the queue of promise"},
    {an_event_that_does_not_wait, "an event of a kind that does not wait on a promise"},
    {a_listener_in_an_inbox, "an agent's inbox has what only waits on a promise"},
    {two_of_one_badge, "another facet that is found by the same badge"},
    {a_reply_by_its_badge, "a reply that is found by its badge"},
};
enum { NONSENSE = sizeof nonsense / sizeof nonsense[0] };

START_TEST(rows_that_contradict_each_other_are_refused)
{
    struct promised made = promised_new();

    nonsense[_i].change(&made);
    world_commit(&made.world);
    refused(&made.world, nonsense[_i].expected);
    world_free(&made.world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows of promises");
    TCase *tcase = tcase_create("promises");

    tcase_add_test(tcase, what_waits_comes_back_in_its_order);
    tcase_add_test(tcase, what_was_just_read_is_checked_and_needs_no_writing);
    tcase_add_test(tcase, what_waits_has_a_bound_for_all_promises_together);
    tcase_add_test(tcase, a_message_that_is_lost_is_missed);
    tcase_add_test(tcase, a_promise_that_is_lost_is_missed);
    tcase_add_test(tcase, what_ended_leaves_no_row);
    tcase_add_test(tcase, a_pipe_comes_back);
    tcase_add_test(tcase, a_pipe_comes_back_though_its_facet_is_gone);
    tcase_add_loop_test(tcase, rows_that_contradict_each_other_are_refused, 0, NONSENSE);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
