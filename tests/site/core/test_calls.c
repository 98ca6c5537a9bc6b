/* People ask agents: what comes back, what it costs, and what they keep of it. */
#include <stdlib.h>
#include <string.h>

#include "agents/desk.h"
#include "agents/life.h"
#include "agents/rent.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 9, SENT = 700, BACK = 300, HOURS = 30 };

static struct site site;
static uint64_t agent; /* of person 1 */
static uint64_t other; /* of person 2 */
static struct heard heard;
static int32_t kept; /* slot of a reply that the agent keeps */

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    agent = puppet_new(&site, 1, MONEY, "s");
    other = puppet_new(&site, 2, MONEY, NULL);
    memset(&heard, 0, sizeof heard);
    kept = SERAI_SLOT_NONE;
}

static void teardown(void)
{
    site_end(&site);
}

static uint64_t customer(int person)
{
    return site_balance(&site, site.people[person].account);
}

static const struct customer *row_of(int person)
{
    return core_customer_by_account(site.core, site.people[person].account);
}

static struct agent *desk_of(int person)
{
    return core_desk_agent(site.core, row_of(person));
}

/* Whether the answer's result has this text under this key. */
static bool shows(const char *key, const char *text)
{
    return strcmp(site_result_text(&site, key), text) == 0;
}

/* ---- what is asked for ---- */

struct wish {
    uint64_t to; /* 0: the capability `target` */
    const char *target;
    const char *caps[2];
    size_t cap_count;
    uint64_t money;
};

static enum control_status try_call(int person, const struct wish *wish)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    if (wish->target != NULL)
        cbor_put_text(&args, wish->target);
    else
        cbor_put_uint(&args, wish->to);
    cbor_put_bytes(&args, "hi", 2);
    cbor_put_array(&args, wish->cap_count);
    for (size_t i = 0; i < wish->cap_count; i++)
        cbor_put_text(&args, wish->caps[i]);
    cbor_put_uint(&args, wish->money);
    return site_request(&site, person, "agent.call", &args);
}

static uint64_t call(int person, const struct wish *wish)
{
    uint64_t number;

    ck_assert_msg(try_call(person, wish) == CONTROL_DONE, "%s", site.reply.message);
    number = site_result(&site, "call");
    site_settle(&site);
    return number;
}

static uint64_t call_agent(int person, uint64_t to)
{
    return call(person, &(struct wish){.to = to, .money = SENT});
}

static enum control_status on_call(int person, const char *command, uint64_t number,
                                   const char *name)
{
    struct bytes args = {0};

    cbor_put_array(&args, name == NULL ? 1 : 2);
    cbor_put_uint(&args, number);
    if (name != NULL)
        cbor_put_text(&args, name);
    return site_request(&site, person, command, &args);
}

static enum control_status take(int person, uint64_t number, const char *name)
{
    return on_call(person, "call.take", number, name);
}

static enum control_status on_cap(int person, const char *command, const char *name,
                                  const char *more)
{
    struct bytes args = {0};

    cbor_put_array(&args, more == NULL ? 1 : 2);
    cbor_put_text(&args, name);
    if (more != NULL)
        cbor_put_text(&args, more);
    return site_request(&site, person, command, &args);
}

/* Nothing is held that nobody waits for. */
static void nothing_held(void)
{
    site_holds_nothing(&site);
}

/* ---- what agents do ---- */

/* Answers with its data, some money, and facets of its own. */
static enum engine_outcome answers_with(struct part *part, int32_t count, int64_t reply)
{
    struct serai_event event;
    int32_t caps[2];

    part_event(part, &event);
    for (int32_t i = 0; i < count; i++) {
        caps[i] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE + i, 0);
        memcpy(part_memory(part, (uint32_t)(AT_CAPS + 4 * i), 4), &caps[i], 4);
    }
    memcpy(part_memory(part, AT_DATA, 3), "yes", 3);
    ck_assert_int_eq(part_order(part, facet_send, event.reply, AT_DATA, 3, AT_CAPS, count,
                                event.money >= BACK ? BACK : 0, 0, reply),
                     0);
    return ENGINE_DONE;
}

static enum engine_outcome answers(void *context, struct part *part)
{
    return answers_with(part, *(const int32_t *)context, SERAI_SLOT_NONE);
}

static enum engine_outcome asks_back(void *context, struct part *part)
{
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    (void)context;
    if (part->kind == SERAI_EVENT_MESSAGE && kept == SERAI_SLOT_NONE) {
        kept = 0;
        return answers_with(part, 0, own);
    }
    return puppet_hears(&heard, part);
}

/* Keeps its question, and answers it with the second message. */
static enum engine_outcome answers_later(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    if (kept == SERAI_SLOT_NONE) {
        kept = event.reply;
        ck_assert_int_eq(part_order(part, cap_keep, kept), 0);
        return ENGINE_DONE;
    }
    heard.count = 1;
    heard.events[0].status = (int32_t)part_order(part, facet_send, kept, AT_DATA, 1, AT_CAPS, 0,
                                                 BACK, 0, SERAI_SLOT_NONE);
    return ENGINE_DONE;
}

/* Hands on what came with its message, and answers. */
static enum engine_outcome uses_cap(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(event.cap_count, 1);
    ck_assert_int_eq(part_order(part, facet_send, event.caps[0], AT_DATA, 1, AT_CAPS, 0, 0,
                                part_order(part, facet_postage, event.caps[0]), SERAI_SLOT_NONE),
                     0);
    return answers_with(part, 0, SERAI_SLOT_NONE);
}

static const int32_t no_caps = 0;
static const int32_t one_cap = 1;
static const int32_t two_caps = 2;

/* A capability to the agent, under this name. */
static void has_cap(const char *name)
{
    uint64_t number;

    probe_play(agent, answers, (void *)&one_cap);
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, name), CONTROL_DONE);
}

/* ---- tests ---- */

START_TEST(an_answer_brings_data_money_and_capabilities)
{
    uint64_t desk_price = money_nanos(agents_desk_price(site.core->agents));
    uint64_t had = customer(1);
    uint64_t number;

    probe_play(agent, answers, (void *)&two_caps);
    number = call_agent(1, agent);
    ck_assert_uint_eq(customer(1), had - SENT - site_reserve(&site) - desk_price -
                                       money_nanos(site.book.birth_fee));
    had = customer(1);
    ck_assert_int_eq(take(1, number, "car"), CONTROL_DONE);
    ck_assert(shows("state", "answered") && shows("text", "yes"));
    ck_assert(shows("money", "0.000000300"));
    ck_assert_uint_eq(customer(1), had + BACK);
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "car"));
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "car-2"));
    nothing_held();
    /* It is taken once. */
    ck_assert_int_eq(take(1, number, "car"), CONTROL_MISSING);
}
END_TEST

START_TEST(what_came_back_is_called_and_passed_on)
{
    uint64_t number;

    has_cap("car");
    probe_play(agent, puppet_hears, &heard);
    (void)call(1, &(struct wish){.target = "car"});
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_uint_eq(heard.events[0].badge, BADGE);

    /* A second agent of hers is given it, and calls the first by it. */
    other = puppet_new(&site, 1, MONEY, NULL);
    probe_play(other, uses_cap, NULL);
    number = call(1, &(struct wish){.to = other, .caps = {"car"}, .cap_count = 1});
    ck_assert_uint_eq(heard.count, 2);
    ck_assert_uint_eq(heard.events[1].badge, BADGE);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "car")); /* a copy went along */
}
END_TEST

START_TEST(a_question_that_fails_says_how)
{
    uint64_t number;

    probe_play(agent, puppet_idles, NULL);
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert(shows("state", "silent") && shows("failure", "SILENT"));

    probe_play(agent, puppet_traps, NULL);
    {
        uint64_t had = customer(1);

        number = call_agent(1, agent);
        ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
        ck_assert(shows("state", "broken") && shows("failure", "TRAP"));
        ck_assert_uint_eq(customer(1), had - site_reserve(&site)); /* the money came back */
    }

    probe_play(agent, answers_later, NULL);
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, ""), CONTROL_TRY_AGAIN);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert(shows("state", "broken") && shows("failure", "CLOSED"));
    nothing_held();
}
END_TEST

START_TEST(an_answer_outlives_restarts)
{
    uint64_t number;
    uint64_t had;

    probe_play(agent, answers_later, NULL);
    number = call_agent(1, agent);
    site_reload_same(&site);
    probe_play(agent, answers_later, NULL);
    ck_assert_int_eq(site_send(&site, 1, agent, "now", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(heard.events[0].status, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), BACK);
    site_reload_same(&site);
    had = customer(1);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert_uint_eq(customer(1), had + BACK);
}
END_TEST

START_TEST(a_repeat_asks_nothing_twice)
{
    struct bytes again = {0};
    uint64_t had;

    probe_play(agent, answers, (void *)&no_caps);
    (void)call_agent(1, agent);
    bytes_append(&again, site.sent.data, site.sent.size);
    had = customer(1);
    ck_assert_int_eq(site_request_raw(&site, again.data, again.size), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(customer(1), had);
    ck_assert_uint_eq(agents_desk_calls(desk_of(1)), 1);
    bytes_fini(&again);
}
END_TEST

START_TEST(a_call_that_is_refused_changes_nothing)
{
    char long_name[CONTROL_NAME_BYTES_MAX + 1];
    uint64_t messages;
    uint64_t had[2];

    has_cap("car");
    messages = site.core->agents->next_message;
    had[0] = customer(1);
    had[1] = customer(2);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = other}), CONTROL_DENIED);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = 999999}), CONTROL_MISSING);
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "bus"}), CONTROL_MISSING);
    ck_assert_int_eq(try_call(2, &(struct wish){.target = "car"}), CONTROL_MISSING);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent, .caps = {"bus"}, .cap_count = 1}),
                     CONTROL_MISSING);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent, .money = customer(1)}),
                     CONTROL_REFUSED);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent, .money = MONEY_NANOS_MAX}),
                     CONTROL_REFUSED);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent_id(desk_of(1))}), CONTROL_REFUSED);
    /* A first call has to pay for the desk as well. */
    ck_assert_int_eq(try_call(2, &(struct wish){.to = other, .money = customer(2) - 1000}),
                     CONTROL_REFUSED);
    ck_assert_ptr_null(row_of(2)->desk);
    ck_assert_int_eq(take(1, 12345, ""), CONTROL_MISSING);
    ck_assert_int_eq(on_call(1, "call.drop", 12345, NULL), CONTROL_MISSING);
    ck_assert_int_eq(on_cap(1, "cap.drop", "bus", NULL), CONTROL_MISSING);
    ck_assert_int_eq(on_cap(1, "cap.name", "car", "car"), CONTROL_REFUSED);
    ck_assert_int_eq(on_cap(1, "cap.name", "car", "7"), CONTROL_BAD_REQUEST);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    ck_assert_uint_eq(customer(1), had[0]);
    ck_assert_uint_eq(customer(2), had[1]);
    ck_assert_uint_eq(site.core->agents->next_message, messages);
    ck_assert_uint_eq(agents_desk_calls(desk_of(1)), 0);
    ck_assert_int_eq(on_cap(1, "cap.name", "car", long_name), CONTROL_DONE);
    ck_assert_int_eq(on_cap(1, "cap.name", long_name, "bus"), CONTROL_DONE);
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "bus"));
}
END_TEST

START_TEST(an_answer_under_a_name_that_is_taken_waits)
{
    uint64_t number;

    has_cap("car");
    probe_play(agent, answers, (void *)&two_caps);
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, "car"), CONTROL_REFUSED);
    ck_assert_int_eq(take(1, number, "Car"), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "cap"));
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "cap-2"));
}
END_TEST

START_TEST(calls_and_capabilities_are_bounded)
{
    uint64_t number = 0;

    probe_play(agent, answers, (void *)&two_caps);
    for (int i = 0; i < DESK_CAPS_MAX / 2; i++) {
        number = call_agent(1, agent);
        ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    }
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, ""), CONTROL_REFUSED);
    ck_assert_int_eq(on_cap(1, "cap.drop", "cap", NULL), CONTROL_DONE);
    ck_assert_int_eq(on_cap(1, "cap.drop", "cap-2", NULL), CONTROL_DONE);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);

    for (int i = 0; i < DESK_CALLS_MAX; i++)
        (void)call_agent(1, agent);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent}), CONTROL_REFUSED);
    /* One that is thrown away makes room, and its money comes back. */
    {
        uint64_t had = customer(1);
        uint64_t first = number;

        while (agents_desk_answer(desk_of(1), first) == NULL)
            first++;
        ck_assert_int_eq(on_call(1, "call.drop", first, NULL), CONTROL_DONE);
        ck_assert_uint_eq(customer(1), had + BACK);
    }
    (void)call_agent(1, agent);
}
END_TEST

START_TEST(a_call_that_is_given_up_gets_no_answer)
{
    uint64_t number;

    probe_play(agent, answers_later, NULL);
    number = call_agent(1, agent);
    ck_assert_int_eq(on_call(1, "call.drop", number, NULL), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, agent, "now", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(heard.events[0].status, SERAI_E_CLOSED);
    ck_assert_uint_eq(agents_desk_calls(desk_of(1)), 0);
    ck_assert_int_eq(take(1, number, ""), CONTROL_MISSING);
    nothing_held();
}
END_TEST

/* An agent that asks back gets its answer, as data or, if its question is dropped, as SILENT. */
START_TEST(a_reply_is_kept_moved_answered_or_dropped)
{
    uint64_t had;

    probe_play(agent, asks_back, NULL);
    ck_assert_int_eq(take(1, call_agent(1, agent), "q"), CONTROL_DONE);
    had = customer(1);
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "q"}), CONTROL_DONE);
    ck_assert(shows("state", "sent"));
    ck_assert_uint_eq(customer(1), had); /* an answer needs no postage */
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard.events[0].kind, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(heard.first_byte[0], 'h');
    ck_assert_ptr_null(core_desk_find(row_of(1), "q"));

    kept = SERAI_SLOT_NONE;
    ck_assert_int_eq(take(1, call_agent(1, agent), "q"), CONTROL_DONE);
    ck_assert_int_eq(on_cap(1, "cap.drop", "q", NULL), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);

    /* It is in one place: it goes along once, and not to itself. */
    kept = SERAI_SLOT_NONE;
    ck_assert_int_eq(take(1, call_agent(1, agent), "q"), CONTROL_DONE);
    ck_assert_int_eq(try_call(1, &(struct wish){.to = agent, .caps = {"q", "q"}, .cap_count = 2}),
                     CONTROL_REFUSED);
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "q", .caps = {"q"}, .cap_count = 1}),
                     CONTROL_REFUSED);
    (void)call(1, &(struct wish){.to = agent, .caps = {"q"}, .cap_count = 1});
    ck_assert_ptr_null(core_desk_find(row_of(1), "q"));
    /* It came home with the message, which let it end. */
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
    nothing_held();
}
END_TEST

static int64_t promised; /* slot of a promise that the agent has of a person's answer */

/* Answers a person with a question of its own, whose answer it wants as a promise, and uses it. */
static enum engine_outcome wants_a_promise(void *context, struct part *part)
{
    struct serai_event event;
    int64_t own;

    (void)context;
    if (kept != SERAI_SLOT_NONE)
        return puppet_hears(&heard, part);
    kept = 0;
    part_event(part, &event);
    promised =
        part_order(part, facet_ask, event.reply, AT_DATA, 3, AT_CAPS, 0, 0, 0, SERAI_SLOT_NONE);
    ck_assert_int_ge(promised, 0);
    own = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE + 5, 0);
    ck_assert_int_eq(part_order(part, facet_send, promised, AT_DATA, 1, AT_CAPS, 0, 0,
                                part_order(part, facet_postage, promised), own),
                     0);
    return ENGINE_DONE;
}

/* A person answers a promise as an agent does: nobody hears it, and what waited goes on. */
START_TEST(a_promise_of_a_persons_answer_is_resolved_or_broken)
{
    static struct heard of_other;
    uint64_t had;

    has_cap("car"); /* of the agent, which hears what is sent to it */
    probe_play(agent, wants_a_promise, NULL);
    ck_assert_int_eq(take(1, call_agent(1, agent), "q"), CONTROL_DONE);
    had = site_balance(&site, agent);
    ck_assert_uint_eq(site_agent(&site, agent)->sent.messages, 1);
    ck_assert_int_eq(
        try_call(1, &(struct wish){.target = "q", .caps = {"car"}, .cap_count = 1, .money = 50}),
        CONTROL_DONE);
    ck_assert(shows("state", "sent"));
    site_settle(&site);
    ck_assert_uint_ge(site_balance(&site, agent), had + 50 - site_reserve(&site));
    ck_assert_uint_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->badge, BADGE);
    ck_assert_uint_eq(site_agent(&site, agent)->sent.messages, 0);

    /* And one that a person drops is broken. */
    memset(&of_other, 0, sizeof of_other);
    kept = SERAI_SLOT_NONE;
    ck_assert_int_eq(take(1, call_agent(1, agent), "q"), CONTROL_DONE);
    ck_assert_int_eq(on_cap(1, "cap.drop", "q", NULL), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
    nothing_held();
}
END_TEST

static enum engine_outcome gives_its_promise(void *context, struct part *part)
{
    struct serai_event event;
    int32_t slot;

    (void)context;
    part_event(part, &event);
    promised = part_order(part, facet_ask, part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0),
                          AT_DATA, 1, AT_CAPS, 0, 0, (int64_t)site_reserve(&site), SERAI_SLOT_NONE);
    ck_assert_int_ge(promised, 0);
    slot = (int32_t)promised;
    memcpy(part_memory(part, AT_CAPS, 4), &slot, 4);
    ck_assert_int_eq(
        part_order(part, facet_send, event.reply, AT_DATA, 1, AT_CAPS, 1, 0, 0, SERAI_SLOT_NONE),
        0);
    probe_play(agent, answers_later, NULL); /* its own question is kept */
    return ENGINE_DONE;
}

/* A person who holds a promise calls it when it is known what it is. */
START_TEST(a_promise_on_a_desk_is_called_when_it_is_resolved)
{
    probe_play(agent, gives_its_promise, NULL);
    ck_assert_int_eq(take(1, call_agent(1, agent), "later"), CONTROL_DONE);
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "later"}), CONTROL_TRY_AGAIN);
    site_reload_same(&site);
    probe_play(agent, puppet_dies, NULL);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "later"}), CONTROL_REFUSED);
    nothing_held();
}
END_TEST

START_TEST(a_dead_capability_is_no_target)
{
    has_cap("car");
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert(
        agents_desk_is_dead(site.core->agents, desk_of(1), core_desk_find(row_of(1), "car")->slot));
    ck_assert_int_eq(try_call(1, &(struct wish){.target = "car"}), CONTROL_REFUSED);
    ck_assert_int_eq(on_cap(1, "cap.drop", "car", NULL), CONTROL_DONE);
}
END_TEST

static void hours_pass(void)
{
    for (int i = 0; i < HOURS; i++)
        site_pass(&site, UINT64_C(3600000000));
}

START_TEST(a_customer_pays_the_rent_of_its_desk)
{
    struct bytes args = {0};
    uint64_t had;
    uint64_t burial;

    has_cap("car");
    burial = site_balance(&site, ACCOUNT_DEPOSIT_BURIAL);
    hours_pass(); /* what the desk was made with is used up */
    had = customer(1);
    hours_pass();
    ck_assert_uint_lt(customer(1), had);
    ck_assert_uint_eq(site_balance(&site, agent_id(desk_of(1))), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_BURIAL), burial);
    /* Without any money what is on it stays, as what an agent has that ran dry. */
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, site.people[1].account);
    cbor_put_uint(&args, customer(1));
    ck_assert_int_eq(site_request(&site, OPERATOR, "money.out", &args), CONTROL_DONE);
    hours_pass();
    ck_assert_uint_eq(customer(1), 0);
    ck_assert_uint_lt(site_balance(&site, ACCOUNT_DEPOSIT_BURIAL), burial);
    ck_assert(agent_is_desk(desk_of(1)));
    ck_assert_ptr_nonnull(core_desk_find(row_of(1), "car"));
}
END_TEST

START_TEST(a_desk_takes_no_turns_and_ends_with_all_it_holds)
{
    uint64_t desk;
    uint64_t all;

    has_cap("car");
    probe_play(agent, answers_later, NULL);
    (void)call_agent(1, agent);
    desk = agent_id(desk_of(1));
    ck_assert_int_eq(site_send(&site, 1, desk, "x", 0), CONTROL_REFUSED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", desk), CONTROL_REFUSED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", desk), CONTROL_REFUSED);
    ck_assert_int_eq(core_quarantine_customer(site.core, agent, "it ends the site"), ST_OK);
    ck_assert(agent_is_desk(desk_of(1)));
    all = customer(1) + site_balance(&site, desk) + money_nanos(site.book.burial_reserve);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", desk), CONTROL_DONE);
    ck_assert_ptr_null(row_of(1)->desk);
    ck_assert_uint_eq(customer(1), all);
    nothing_held();
    /* The next call makes another one. */
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    probe_play(agent, answers, (void *)&one_cap);
    ck_assert_int_eq(take(1, call_agent(1, agent), "car"), CONTROL_DONE);
}
END_TEST

/* Whoever is asked may die by its own hand while it has the question. */
START_TEST(an_agent_that_dies_of_the_question_closes_it)
{
    uint64_t number;
    uint64_t had = customer(1);

    probe_play(agent, puppet_dies, NULL);
    number = call_agent(1, agent);
    ck_assert_int_eq(take(1, number, ""), CONTROL_DONE);
    ck_assert(shows("state", "broken") || shows("state", "silent"));
    ck_assert_uint_gt(customer(1), had); /* it inherits */
    nothing_held();
}
END_TEST

START_TEST(each_failure_has_a_word)
{
    ck_assert_str_eq(agents_failure_word(SERAI_E_SILENT), "SILENT");
    ck_assert_str_eq(agents_failure_word(SERAI_E_BROKEN), "BROKEN");
    ck_assert_str_eq(agents_failure_word(SERAI_E_LIMIT), "REFUSED");
    ck_assert_str_eq(agents_failure_word(ENGINE_OUT_OF_FUEL), "TRAP");
    ck_assert_str_eq(agents_failure_text(ENGINE_OUT_OF_FUEL), "out of fuel");
    ck_assert_str_eq(agents_failure_word(SERAI_FAIL_CODE_MIN), "CODE");
}
END_TEST

/* ---- what the disk says is checked ---- */

static enum status checked(void)
{
    struct fault fault;

    return core_check(site.core, &fault);
}

START_TEST(a_desk_that_is_not_as_it_was_made_is_noticed)
{
    struct customer *row;
    struct desk *desk;

    has_cap("car");
    row = core_customer_by_account(site.core, site.people[1].account);
    desk = row->desk;
    desk->caps[0].slot++;
    ck_assert_int_eq(checked(), ST_CORRUPT);
    desk->caps[0].slot--;
    desk->count--;
    ck_assert_int_eq(checked(), ST_CORRUPT);
    desk->count++;
    desk->agent = agent;
    ck_assert_int_eq(checked(), ST_CORRUPT);
    desk->agent = agent + 12345;
    ck_assert_int_eq(checked(), ST_CORRUPT);
    row->desk = NULL;
    ck_assert_int_eq(checked(), ST_CORRUPT);
    row->desk = desk;
    desk->agent =
        agent_id(core_desk_agent(site.core, row) == NULL ? site_agent(&site, agent + 2)
                                                         : core_desk_agent(site.core, row));
    ck_assert_int_eq(checked(), ST_OK);
}
END_TEST

/* Whether a row's last item is taken for a desk. */
static bool desk_decodes(const struct bytes *item)
{
    struct desk *desk = NULL;
    struct fault fault;
    struct cbor in;
    bool done;

    cbor_init(&in, item->data, item->size);
    core_desk_get(&in, &desk);
    done = cbor_done(&in, &fault, "desk") == ST_OK;
    free(desk);
    return done;
}

static bool decodes_two(const char *first, uint64_t slot, const char *second)
{
    struct bytes item = {0};
    bool done;

    cbor_put_array(&item, 5);
    cbor_put_uint(&item, agent);
    cbor_put_uint(&item, 7);
    cbor_put_text(&item, first);
    cbor_put_uint(&item, slot);
    cbor_put_text(&item, second);
    done = desk_decodes(&item);
    bytes_fini(&item);
    return done;
}

START_TEST(a_row_with_another_desk_is_refused)
{
    struct bytes item = {0};

    ck_assert(decodes_two("car", 8, "bus"));
    ck_assert(!decodes_two("car", 8, "car"));
    ck_assert(!decodes_two("car", 7, "bus"));
    ck_assert(!decodes_two("car", 8, ""));
    ck_assert(!decodes_two("7", 8, "bus"));
    ck_assert(!decodes_two("car", SERAI_SLOTS_MAX, "bus"));
    cbor_put_array(&item, 2);
    cbor_put_uint(&item, agent);
    cbor_put_uint(&item, 7);
    ck_assert(!desk_decodes(&item));
    bytes_fini(&item);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls");
    TCase *tcase = tcase_create("calls");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_answer_brings_data_money_and_capabilities);
    tcase_add_test(tcase, what_came_back_is_called_and_passed_on);
    tcase_add_test(tcase, a_question_that_fails_says_how);
    tcase_add_test(tcase, an_answer_outlives_restarts);
    tcase_add_test(tcase, a_repeat_asks_nothing_twice);
    tcase_add_test(tcase, a_call_that_is_refused_changes_nothing);
    tcase_add_test(tcase, an_answer_under_a_name_that_is_taken_waits);
    tcase_add_test(tcase, calls_and_capabilities_are_bounded);
    tcase_add_test(tcase, a_call_that_is_given_up_gets_no_answer);
    tcase_add_test(tcase, a_reply_is_kept_moved_answered_or_dropped);
    tcase_add_test(tcase, a_promise_of_a_persons_answer_is_resolved_or_broken);
    tcase_add_test(tcase, a_promise_on_a_desk_is_called_when_it_is_resolved);
    tcase_add_test(tcase, a_dead_capability_is_no_target);
    tcase_add_test(tcase, a_customer_pays_the_rent_of_its_desk);
    tcase_add_test(tcase, a_desk_takes_no_turns_and_ends_with_all_it_holds);
    tcase_add_test(tcase, an_agent_that_dies_of_the_question_closes_it);
    tcase_add_test(tcase, each_failure_has_a_word);
    tcase_add_test(tcase, a_desk_that_is_not_as_it_was_made_is_noticed);
    tcase_add_test(tcase, a_row_with_another_desk_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
