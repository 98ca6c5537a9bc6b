/* Who asks hears an end, once, whatever becomes of the one that was asked; and nothing stays held.
 */
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 9, PRICE = 700, FROZEN_S = 300, SERVERS = 5, OTHERS = 6 };

static struct site site;
static uint64_t asker;
static uint64_t server;
static uint64_t other;
static uint8_t servers[SERAI_HEAP_NUMBER_BYTES];
static uint8_t others[SERAI_HEAP_NUMBER_BYTES];
static struct heard heard; /* by the asker */
static int32_t own;        /* slot of the facet that the asker asks with */
static int32_t kept;       /* slot of the reply that the server, or the other, keeps */

static void soon(struct pricebook *book)
{
    book->frozen_answer_s = FROZEN_S;
}

static void setup(void)
{
    site_open_book(&site, 7, 10000000000, soon);
    site_customers(&site, 3, 2000000000);
    asker = puppet_new(&site, 1, MONEY, "s");
    server = puppet_new(&site, 2, 2 * MONEY, "s");
    other = puppet_new(&site, 3, MONEY, NULL);
    puppet_publish(&site, server, SERVERS, 0, servers);
    puppet_publish(&site, other, OTHERS, 0, others);
    memset(&heard, 0, sizeof heard);
    kept = SERAI_SLOT_NONE;
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- parts ---- */

static int64_t send(struct part *part, int64_t facet, int64_t money, const int32_t *caps,
                    int32_t count, int64_t reply)
{
    for (int32_t i = 0; i < count; i++)
        memcpy(part_memory(part, (uint32_t)(AT_CAPS + 4 * i), 4), &caps[i], 4);
    return part_order(part, facet_send, facet, AT_DATA, 1, AT_CAPS, count, money,
                      part_order(part, facet_postage, facet), reply);
}

static enum engine_outcome asks(void *context, struct part *part)
{
    const uint8_t *number = context;

    if (own != SERAI_SLOT_NONE)
        return puppet_hears(&heard, part);
    own = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    ck_assert_int_eq(send(part, part_fetch(part, number), PRICE, NULL, 0, own), 0);
    return ENGINE_DONE;
}

/* What was asked, `then` says what the server does with it; from then on the asker only hears. */
static void ask(part_fn then, void *context)
{
    own = SERAI_SLOT_NONE;
    probe_play(server, then, context);
    puppet_play(&site, asker, asks, servers);
    probe_play(asker, puppet_hears, &heard);
    site_settle(&site);
}

static void heard_one(int32_t status)
{
    const struct serai_event *failed;

    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
    failed = heard_last(&heard, SERAI_EVENT_FAILED);
    ck_assert_uint_eq(failed->badge, BADGE);
    ck_assert_int_eq(failed->status, status);
    site_holds_nothing(&site);
    ck_assert_uint_eq(site_agent(&site, asker)->owns.facets, 1); /* the one that it asks with */
}

static enum engine_outcome becomes(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_BECAME)
        return ENGINE_DONE;
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    ck_assert_int_eq(part_order(part, self_become, SERAI_SLOT_SELF, AT_ID, AT_DATA, 0), 0);
    return ENGINE_DONE;
}

static enum engine_outcome drops(void *context, struct part *part)
{
    int32_t slot = *(const int32_t *)context;
    struct serai_event event;

    part_event(part, &event);
    ck_assert_int_eq(part_order(part, cap_drop, event.reply >= 0 ? event.reply : slot), 0);
    return ENGINE_DONE;
}

/* An answer uses the reply up: its slot is empty. */
static enum engine_outcome answers(void *context, struct part *part)
{
    const int64_t *expects = context;

    ck_assert_int_eq(send(part, kept, 11, NULL, 0, SERAI_SLOT_NONE), *expects);
    ck_assert_int_eq(part_order(part, cap_kind, kept),
                     *expects == 0 ? SERAI_E_SLOT : SERAI_KIND_FACET);
    return ENGINE_DONE;
}

/* ---- the one that was asked goes ---- */

START_TEST(it_dies_in_the_turn_of_the_question)
{
    ask(puppet_dies, NULL);
    heard_one(SERAI_E_CLOSED);
}
END_TEST

START_TEST(it_keeps_the_reply_and_dies_later)
{
    ask(puppet_keeps, &kept);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), site_reserve(&site));
    site_reload_same(&site);
    puppet_play(&site, server, puppet_dies, NULL);
    heard_one(SERAI_E_CLOSED);
}
END_TEST

START_TEST(it_traps)
{
    ask(puppet_traps, NULL);
    heard_one(ENGINE_TRAP_UNREACHABLE);
}
END_TEST

static enum engine_outcome tries_the_heap(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, event.reply, AT_NUMBER),
                     SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, heap_add_at, SERAI_SLOT_HEAP, event.reply, AT_NUMBER),
                     SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, event.reply), SERAI_E_RIGHT);
    return puppet_dies(NULL, part);
}

START_TEST(the_heap_takes_no_reply)
{
    size_t entries = site.core->agents->heap.count;

    ask(tries_the_heap, NULL);
    heard_one(SERAI_E_CLOSED);
    ck_assert_uint_eq(site.core->agents->heap.count, entries);
}
END_TEST

START_TEST(it_says_nothing)
{
    uint64_t before = site_balance(&site, server);

    ask(puppet_idles, NULL);
    heard_one(SERAI_E_SILENT);
    ck_assert_uint_eq(site_agent(&site, server)->usage.traps,
                      0); /* its turn stands, and what it earned */
    ck_assert_uint_ge(site_balance(&site, server), before + PRICE);
}
END_TEST

START_TEST(it_says_nothing_and_becomes_another)
{
    ask(becomes, NULL);
    heard_one(SERAI_E_SILENT);
}
END_TEST

START_TEST(it_drops_the_reply)
{
    ask(drops, &kept);
    heard_one(SERAI_E_SILENT);
}
END_TEST

START_TEST(it_drops_the_reply_turns_later)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, server, drops, &kept);
    heard_one(SERAI_E_SILENT);
}
END_TEST

static enum engine_outcome drops_and_traps(void *context, struct part *part)
{
    (void)drops(context, part);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(a_drop_that_is_undone_was_none)
{
    int64_t done = 0;

    ask(puppet_keeps, &kept);
    puppet_play(&site, server, drops_and_traps, &kept);
    ck_assert_uint_eq(heard.count, 0);
    puppet_play(&site, server, answers, &done);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->money, 11);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

START_TEST(a_question_outlives_what_the_asked_one_was)
{
    int64_t done = 0;

    ask(puppet_keeps, &kept);
    puppet_play(&site, server, becomes, NULL);
    ck_assert_uint_eq(heard.count, 0);
    puppet_play(&site, server, answers, &done);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
}
END_TEST

/* ---- the question is handed on ---- */

static enum engine_outcome hands_on(void *context, struct part *part)
{
    const bool *as_cap = context;
    int64_t to = part_fetch(part, others);
    struct serai_event event;
    int32_t twice[2];

    part_event(part, &event);
    twice[0] = twice[1] = event.reply;
    ck_assert_int_eq(send(part, to, 1, twice, 2, SERAI_SLOT_NONE), SERAI_E_INVALID);
    ck_assert_int_eq(send(part, to, 1, twice, 1, event.reply), SERAI_E_INVALID);
    ck_assert_int_eq(send(part, event.reply, 1, twice, 1, SERAI_SLOT_NONE), SERAI_E_INVALID);
    ck_assert_int_eq(send(part, event.reply, 1, NULL, 0, event.reply), SERAI_E_INVALID);
    if (*as_cap)
        ck_assert_int_eq(send(part, to, 0, twice, 1, SERAI_SLOT_NONE), 0);
    else
        ck_assert_int_eq(send(part, to, 0, NULL, 0, event.reply), 0);
    ck_assert_int_eq(part_order(part, cap_kind, event.reply), SERAI_E_SLOT); /* it has moved */
    return ENGINE_DONE;
}

static enum engine_outcome keeps_the_cap(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    kept = event.cap_count == 1 ? event.caps[0] : event.reply;
    ck_assert_int_eq(part_order(part, cap_keep, kept), 0);
    return ENGINE_DONE;
}

START_TEST(a_question_is_handed_on_and_answered_by_another)
{
    static const bool ways[] = {false, true};
    int64_t done = 0;

    for (size_t way = 0; way < 2; way++) {
        bool as_cap = ways[way];

        memset(&heard, 0, sizeof heard);
        probe_play(other, keeps_the_cap, NULL);
        ask(hands_on, &as_cap);
        site_reload_same(&site);
        ck_assert_uint_eq(heard.count, 0);
        puppet_play(&site, other, answers, &done);
        ck_assert_uint_eq(heard.count, 1);
        ck_assert_uint_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->badge, BADGE);
        ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    }
}
END_TEST

START_TEST(who_handed_it_on_may_die)
{
    bool as_cap = false;

    probe_play(other, keeps_the_cap, NULL);
    ask(hands_on, &as_cap);
    puppet_play(&site, server, puppet_dies, NULL);
    ck_assert_uint_eq(heard.count, 0);
    puppet_play(&site, other, puppet_dies, NULL);
    heard_one(SERAI_E_CLOSED);
}
END_TEST

START_TEST(who_it_is_handed_to_says_nothing)
{
    static const bool ways[] = {false, true};

    for (size_t way = 0; way < 2; way++) {
        bool as_cap = ways[way];

        memset(&heard, 0, sizeof heard);
        probe_play(other, puppet_idles, NULL);
        ask(hands_on, &as_cap);
        ck_assert_uint_eq(heard.count, 1);
        ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
        ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    }
}
END_TEST

START_TEST(the_message_that_carries_it_is_undone)
{
    bool as_cap = true;

    probe_play(other, puppet_traps, NULL);
    ask(hands_on, &as_cap);
    heard_one(ENGINE_TRAP_UNREACHABLE);
}
END_TEST

static enum engine_outcome hands_on_and_traps(void *context, struct part *part)
{
    int64_t to = part_fetch(part, others);
    int32_t caps[1] = {kept};

    (void)context;
    ck_assert_int_eq(send(part, to, 0, caps, 1, SERAI_SLOT_NONE), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(handed_on_in_a_turn_that_is_undone_it_stays)
{
    int64_t done = 0;

    ask(puppet_keeps, &kept);
    puppet_play(&site, server, hands_on_and_traps, NULL);
    ck_assert_uint_eq(heard.count, 0);
    puppet_play(&site, server, answers, &done);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
}
END_TEST

static enum engine_outcome gives_it_to_a_child(void *context, struct part *part)
{
    struct serai_event event;
    int32_t spawner = SERAI_SLOT_FIRST_FREE;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(part_order(part, cap_kind, spawner), SERAI_KIND_SPAWNER);
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    memcpy(part_memory(part, AT_CAPS, 4), &event.reply, 4);
    /* The slot that the reply left is the first that is free: the child's facet is there now. */
    ck_assert_int_eq(part_order(part, spawn, spawner, AT_ID, AT_DATA, 0, AT_CAPS, 1, 0, 50000000),
                     event.reply);
    return ENGINE_DONE;
}

START_TEST(a_child_born_with_the_reply_fails_it)
{
    ask(gives_it_to_a_child, NULL); /* the child runs "spin": out of fuel with BORN */
    heard_one(ENGINE_OUT_OF_FUEL);
}
END_TEST

/* ---- who asked no longer waits ---- */

static enum engine_outcome revokes(void *context, struct part *part)
{
    int64_t before = part_order(part, self_balance, SERAI_SLOT_SELF);
    int64_t cost = 2 * (int64_t)price_of(&site, SERAI_ORDER_self_revoke);

    (void)context;
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, own), 0);
    ck_assert_int_ge(part_order(part, self_balance, SERAI_SLOT_SELF),
                     before - cost + (int64_t)site_reserve(&site));
    return ENGINE_DONE;
}

START_TEST(the_asker_ends_its_waiting)
{
    uint64_t before;
    int64_t closed = SERAI_E_CLOSED;

    ask(puppet_keeps, &kept);
    site_reload_same(&site);
    puppet_play(&site, asker, revokes, NULL);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_uint_eq(site_agent(&site, asker)->owns.facets, 0);
    before = site_balance(&site, server);
    puppet_play(&site, server, answers, &closed);
    ck_assert_uint_le(before, site_balance(&site, server) + 100); /* the order's fee, no money */
    puppet_play(&site, server, puppet_dies, NULL);
    ck_assert_uint_eq(heard.count, 0);
}
END_TEST

static enum engine_outcome revokes_and_traps(void *context, struct part *part)
{
    (void)revokes(context, part);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(a_revocation_that_is_undone_was_none)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, asker, revokes_and_traps, NULL);
    probe_play(asker, puppet_hears, &heard);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), site_reserve(&site));
    puppet_play(&site, server, puppet_dies, NULL);
    heard_one(SERAI_E_CLOSED);
}
END_TEST

START_TEST(the_asker_dies_first)
{
    int64_t closed = SERAI_E_CLOSED;

    ask(puppet_keeps, &kept);
    puppet_play(&site, asker, puppet_dies, NULL);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    puppet_play(&site, server, answers, &closed);
    puppet_play(&site, server, puppet_dies, NULL);
}
END_TEST

static enum engine_outcome asks_itself(void *context, struct part *part)
{
    (void)context;
    if (own != SERAI_SLOT_NONE)
        return puppet_keeps(&kept, part);
    own = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    ck_assert_int_eq(send(part, own, PRICE, NULL, 0, own), 0);
    return ENGINE_DONE;
}

START_TEST(who_asks_itself_may_die_with_the_question)
{
    own = SERAI_SLOT_NONE;
    puppet_play(&site, asker, asks_itself, NULL);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), site_reserve(&site));
    puppet_play(&site, asker, puppet_dies, NULL);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

/* ---- frozen for good ---- */

START_TEST(who_asks_a_frozen_agent_hears_in_time)
{
    uint64_t before;

    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", server), CONTROL_DONE);
    before = site_balance(&site, asker);
    ask(puppet_keeps, &kept);
    site_pass(&site, (FROZEN_S - 60) * UINT64_C(1000000));
    site_reload_same(&site);
    site_pass(&site, 50 * UINT64_C(1000000));
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), PRICE + site_reserve(&site));
    site_pass(&site, 20 * UINT64_C(1000000));
    heard_one(SERAI_E_FROZEN);
    ck_assert_uint_le(before, site_balance(&site, asker) + 100); /* fees; no money, no postage */
    ck_assert_uint_eq(site_agent(&site, server)->inbox.total, 0);
    ck_assert(agents_is_held(site_agent(&site, server)));
}
END_TEST

START_TEST(so_does_who_is_asked_something_by_one_that_freezes)
{
    int64_t closed = SERAI_E_CLOSED;

    ask(puppet_keeps, &kept);
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", server), CONTROL_DONE);
    agents_keep_awake(site.core->agents, 0);
    site_pass(&site, (FROZEN_S + 100) * UINT64_C(1000000));
    heard_one(SERAI_E_FROZEN);
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.thaw", server), CONTROL_DONE);
    puppet_play(&site, server, answers, &closed); /* its slots are as they were */
}
END_TEST

START_TEST(what_a_frozen_agent_ordered_waits_for_it)
{
    struct heard woken = {0};
    int64_t done = 0;

    ask(puppet_keeps, &kept);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", asker), CONTROL_DONE);
    puppet_play(&site, server, answers, &done); /* an answer to a frozen agent */
    site_pass(&site, 3 * FROZEN_S * UINT64_C(1000000));
    probe_play(asker, puppet_hears, &woken);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", asker), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&woken, SERAI_EVENT_MESSAGE), 1);
    ck_assert_int_eq(heard_last(&woken, SERAI_EVENT_MESSAGE)->money, 11);
}
END_TEST

START_TEST(a_site_may_let_them_wait)
{
    site.core->agents->prices.frozen_answer_s = 0;
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", server), CONTROL_DONE);
    ask(puppet_keeps, &kept);
    site_pass(&site, 3 * FROZEN_S * UINT64_C(1000000));
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.thaw", server), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_ge(kept, 0);
}
END_TEST

/* ---- a table that is full ---- */

START_TEST(a_question_to_a_full_table_is_refused_before_it_is_heard)
{
    uint64_t before;
    uint64_t turns;

    puppet_play(&site, server, puppet_fills, NULL);
    before = site_balance(&site, asker);
    turns = site_agent(&site, server)->usage.turns;
    ask(puppet_keeps, &kept);
    heard_one(SERAI_E_FULL);
    ck_assert_int_eq(kept, SERAI_SLOT_NONE);
    ck_assert_uint_eq(site_agent(&site, server)->usage.turns, turns);
    ck_assert_uint_le(before, site_balance(&site, asker) + 100);
    puppet_play(&site, server, puppet_dies, NULL); /* a message without caps is heard */
    ck_assert(!site_lives(&site, server));
}
END_TEST

static enum engine_outcome brings_three(void *context, struct part *part)
{
    int64_t to = part_fetch(part, servers);
    int32_t caps[3];

    (void)context;
    if (own != SERAI_SLOT_NONE)
        return puppet_hears(&heard, part);
    own = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    caps[0] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    caps[1] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, 2, 0);
    caps[2] = caps[0]; /* the same twice takes two slots */
    ck_assert_int_eq(send(part, to, 3, caps, 3, own), 0);
    return ENGINE_DONE;
}

START_TEST(nothing_arrives_by_halves)
{
    uint32_t three = 3;
    uint32_t four = 4;
    struct serai_event event;
    struct heard hears = {0};

    puppet_play(&site, server, puppet_fills, &three); /* three caps and the reply want four */
    probe_play(server, puppet_hears, &hears);
    own = SERAI_SLOT_NONE;
    puppet_play(&site, asker, brings_three, NULL);
    ck_assert_uint_eq(hears.count, 0);
    ck_assert_uint_eq(site_agent(&site, server)->caps.used, SERAI_SLOTS_MAX - 1 - 3);
    puppet_play(&site, server, puppet_fills, &four);
    probe_play(server, puppet_hears, &hears);
    own = SERAI_SLOT_NONE;
    puppet_play(&site, asker, brings_three, NULL);
    ck_assert_uint_eq(hears.count, 1);
    event = *heard_last(&hears, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(event.cap_count, 3);
    ck_assert_int_ge(event.caps[0], 0);
    ck_assert_int_ne(event.caps[0], event.caps[2]);
    ck_assert_int_ge(event.reply, 0);
    site_settle(&site);
}
END_TEST

static enum engine_outcome answers_with_caps(void *context, struct part *part)
{
    int32_t caps[1];

    (void)context;
    caps[0] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    ck_assert_int_eq(send(part, kept, 40, caps, 1, SERAI_SLOT_NONE), 0);
    return ENGINE_DONE;
}

START_TEST(an_answer_that_does_not_fit_is_an_end_too)
{
    uint64_t before;

    ask(puppet_keeps, &kept);
    puppet_play(&site, asker, puppet_fills, NULL);
    probe_play(asker, puppet_hears, &heard);
    before = site_balance(&site, server);
    puppet_play(&site, server, answers_with_caps, NULL);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_FULL);
    ck_assert_uint_eq(heard_last(&heard, SERAI_EVENT_FAILED)->badge, BADGE);
    ck_assert_uint_le(before, site_balance(&site, server) + 100);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

/* ---- nobody pays for being asked ---- */

enum { FORTUNE = MONEY / 2, SHOP_PRICE = 100000 };

struct thief {
    uint8_t number[SERAI_HEAP_NUMBER_BYTES]; /* of whom it asks */
    int64_t asks_for;                        /* postage, of its own facet */
    int64_t refusal;
    struct heard heard;
};

static enum engine_outcome steals(void *context, struct part *part)
{
    struct thief *thief = context;
    int64_t facet;

    if (heard_of(&thief->heard, SERAI_EVENT_MESSAGE) > 0 || part->kind != SERAI_EVENT_MESSAGE ||
        thief->refusal != 0)
        return puppet_hears(&thief->heard, part);
    facet = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, thief->asks_for);
    thief->refusal = send(part, part_fetch(part, thief->number), SHOP_PRICE, NULL, 0, facet);
    if (thief->refusal == 0)
        thief->refusal = 1; /* it has asked */
    return ENGINE_DONE;
}

/* The number that a shop of sdk/examples has put into the heap, and tells whom it serves. */
static void find_shop(uint64_t shop, uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    const struct agents *agents = site.core->agents;

    for (size_t i = 0; i < agents->heap.bucket_count; i++) {
        for (const struct heap_entry *entry = agents->heap.buckets[i]; entry != NULL;
             entry = entry->next) {
            if (entry->payer == shop) {
                memcpy(number, entry->number, sizeof entry->number);
                return;
            }
        }
    }
    ck_abort_msg("the shop is not open");
}

/* Its balance grows by the price, or but for what the turn costs. */
static void robs(const char *module, const char *args, const char *keeps)
{
    struct deploy how = {
        .module = module, .args = args, .nanos = 3 * (uint64_t)MONEY, .gifts = "s", .keeps = keeps};
    struct thief thief = {.asks_for = FORTUNE};
    uint64_t shop = site_deploy(&site, 2, &how);
    uint64_t before;
    uint64_t put_down;

    site_settle(&site);
    find_shop(shop, thief.number);
    before = site_balance(&site, shop);
    put_down = site_balance(&site, asker);
    probe_play(asker, steals, &thief);
    ck_assert_int_eq(site_send(&site, 1, asker, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(thief.refusal, 1);
    ck_assert_uint_eq(heard_of(&thief.heard, SERAI_EVENT_MESSAGE), 1);
    ck_assert_int_eq(heard_last(&thief.heard, SERAI_EVENT_MESSAGE)->postage, 0);
    ck_assert_uint_ge(site_balance(&site, shop) + 1000, before + SHOP_PRICE);
    ck_assert_uint_le(site_balance(&site, asker), put_down + site_reserve(&site));
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}

START_TEST(an_outpost_pays_nothing_for_its_answers)
{
    robs("outpost", "price=0.0001", NULL);
}
END_TEST

START_TEST(a_service_pays_nothing_for_its_answers)
{
    robs("service", "calls=0 price=0.0001", "customer");
}
END_TEST

START_TEST(who_asks_puts_down_what_its_facet_asks)
{
    struct thief thief = {.asks_for = FORTUNE};
    uint64_t before = site_balance(&site, server);

    memcpy(thief.number, servers, sizeof thief.number);
    probe_play(server, puppet_keeps, &kept);
    probe_play(asker, steals, &thief);
    ck_assert_int_eq(site_send(&site, 1, asker, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(thief.refusal, 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), FORTUNE);
    site_reload_same(&site);
    puppet_play(&site, server, drops, &kept);
    ck_assert_uint_eq(heard_of(&thief.heard, SERAI_EVENT_FAILED), 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0); /* it has it again */
    ck_assert_uint_ge(site_balance(&site, asker) + SHOP_PRICE + 2000, MONEY);
    ck_assert_uint_ge(site_balance(&site, server) + 1000, before);
}
END_TEST

START_TEST(who_cannot_put_it_down_cannot_ask)
{
    struct thief thief = {.asks_for = 2 * (int64_t)MONEY};

    memcpy(thief.number, servers, sizeof thief.number);
    probe_play(asker, steals, &thief);
    ck_assert_int_eq(site_send(&site, 1, asker, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(thief.refusal, SERAI_E_SHORT);
    ck_assert_uint_eq(site_agent(&site, server)->usage.turns, 2); /* its own, until here */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core replies");
    TCase *tcase = tcase_create("replies");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_dies_in_the_turn_of_the_question);
    tcase_add_test(tcase, it_keeps_the_reply_and_dies_later);
    tcase_add_test(tcase, it_traps);
    tcase_add_test(tcase, the_heap_takes_no_reply);
    tcase_add_test(tcase, it_says_nothing);
    tcase_add_test(tcase, it_says_nothing_and_becomes_another);
    tcase_add_test(tcase, it_drops_the_reply);
    tcase_add_test(tcase, it_drops_the_reply_turns_later);
    tcase_add_test(tcase, a_drop_that_is_undone_was_none);
    tcase_add_test(tcase, a_question_outlives_what_the_asked_one_was);
    tcase_add_test(tcase, a_question_is_handed_on_and_answered_by_another);
    tcase_add_test(tcase, who_handed_it_on_may_die);
    tcase_add_test(tcase, who_it_is_handed_to_says_nothing);
    tcase_add_test(tcase, the_message_that_carries_it_is_undone);
    tcase_add_test(tcase, handed_on_in_a_turn_that_is_undone_it_stays);
    tcase_add_test(tcase, a_child_born_with_the_reply_fails_it);
    tcase_add_test(tcase, the_asker_ends_its_waiting);
    tcase_add_test(tcase, a_revocation_that_is_undone_was_none);
    tcase_add_test(tcase, the_asker_dies_first);
    tcase_add_test(tcase, who_asks_itself_may_die_with_the_question);
    tcase_add_test(tcase, who_asks_a_frozen_agent_hears_in_time);
    tcase_add_test(tcase, so_does_who_is_asked_something_by_one_that_freezes);
    tcase_add_test(tcase, what_a_frozen_agent_ordered_waits_for_it);
    tcase_add_test(tcase, a_site_may_let_them_wait);
    tcase_add_test(tcase, a_question_to_a_full_table_is_refused_before_it_is_heard);
    tcase_add_test(tcase, nothing_arrives_by_halves);
    tcase_add_test(tcase, an_answer_that_does_not_fit_is_an_end_too);
    tcase_add_test(tcase, an_outpost_pays_nothing_for_its_answers);
    tcase_add_test(tcase, a_service_pays_nothing_for_its_answers);
    tcase_add_test(tcase, who_asks_puts_down_what_its_facet_asks);
    tcase_add_test(tcase, who_cannot_put_it_down_cannot_ask);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
