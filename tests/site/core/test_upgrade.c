/* An agent becomes another program, and stays what it was if the first turn of that fails. */
#include <string.h>

#include "agents/desk.h"
#include "agents/life.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 9, WAITING = 5 };

static struct site site;
static uint64_t agent;
static struct heard heard;
static struct hash other; /* a module that the agent keeps */

static void setup(void)
{
    size_t size;
    const uint8_t *module = module_bytes("version2", &size);

    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    agent = puppet_keeping(&site, 1, MONEY, "version2");
    other = hash_of(module, size);
    memset(&heard, 0, sizeof heard);
}

static void teardown(void)
{
    site_end(&site);
}

static const struct hash *program_of(uint64_t id)
{
    return &site_agent(&site, id)->program.code.code->id;
}

static bool is_other(void)
{
    return hash_equal(program_of(agent), &other);
}

static void nothing_held(void)
{
    site_holds_nothing(&site);
    ck_assert_ptr_null(site_agent(&site, agent)->upgrade.code.code);
}

/* ---- what the agent does ---- */

/* Its script: an upgrade in the first turn, and in the trial what the test wants. */
struct script {
    int64_t flags;
    enum engine_outcome trial;
    int64_t answers[4];
    part_fn in_trial; /* NULL: nothing */
    size_t turns;
};
static struct script script;

static int64_t upgrade(struct part *part, int64_t flags)
{
    memcpy(part_memory(part, AT_ID, HASH_BYTES), other.bytes, HASH_BYTES);
    memcpy(part_memory(part, AT_DATA, 5), "state", 5);
    return part_order(part, self_upgrade, SERAI_SLOT_SELF, AT_ID, AT_DATA, 5, flags);
}

static enum engine_outcome plays(void *context, struct part *part)
{
    struct script *played = context;

    if (part->kind == SERAI_EVENT_BECAME) {
        *part_memory(part, 100, 1) = 'n';
        if (played->in_trial != NULL)
            (void)played->in_trial(context, part);
        return played->trial;
    }
    if (played->turns++ > 0)
        return puppet_hears(&heard, part);
    *part_memory(part, 100, 1) = 'o';
    played->answers[0] = upgrade(part, played->flags);
    played->answers[1] = upgrade(part, played->flags);
    return ENGINE_DONE;
}

/* The agent orders an upgrade in one turn, and has not had the next yet. */
static void ordered(int64_t flags, enum engine_outcome trial)
{
    script = (struct script){.flags = flags, .trial = trial, .in_trial = script.in_trial};
    probe_play(agent, plays, &script);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    (void)core_run(site.core, 1);
    site_frame(&site);
    ck_assert_uint_eq(script.turns, 1);
}

/* The first byte that the agent wrote, as its memory has it now. */
static uint8_t memory_of(uint64_t id)
{
    const uint8_t *page = paged_page(&site_agent(&site, id)->program.memory, 0);

    return page == NULL ? 0 : page[100];
}

static void send_some(void)
{
    for (int i = 0; i < WAITING; i++)
        ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
}

/* ---- tests of the order ---- */

START_TEST(a_trial_that_stands_is_the_agent)
{
    uint64_t slots = site_agent(&site, agent)->caps.used;

    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    ck_assert_int_eq(script.answers[0], 0);
    ck_assert_int_eq(script.answers[1], SERAI_E_EXISTS);
    ck_assert(!is_other()); /* not before the trial */
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 2 * site_reserve(&site));
    site_settle(&site);
    ck_assert(is_other());
    ck_assert_int_eq(memory_of(agent), 'n');
    ck_assert_uint_eq(site_agent(&site, agent)->caps.used, slots);
    ck_assert_uint_eq(heard.count, 0);
    nothing_held();
}
END_TEST

START_TEST(a_trial_that_fails_leaves_the_agent_as_it_was)
{
    const struct serai_event *kept;

    ordered(SERAI_UPGRADE_TRY, ENGINE_TRAP_MEMORY);
    send_some();
    site_settle(&site);
    ck_assert(!is_other());
    ck_assert_int_eq(memory_of(agent), 'o');
    /* KEPT is the next event, before all that waits, and none of that is lost. */
    ck_assert_uint_eq(heard.count, 1 + WAITING);
    kept = &heard.events[0];
    ck_assert_int_eq(kept->kind, SERAI_EVENT_KEPT);
    ck_assert_int_eq(kept->status, ENGINE_TRAP_MEMORY);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), WAITING);
    nothing_held();
    /* The way is free for another one. */
    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    site_settle(&site);
    ck_assert(is_other());
}
END_TEST

START_TEST(without_the_flag_it_becomes_the_other_in_any_case)
{
    ordered(0, ENGINE_TRAP_MEMORY);
    site_settle(&site);
    ck_assert(is_other());
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_KEPT), 0);
    nothing_held();
}
END_TEST

static enum engine_outcome does_much(void *context, struct part *part)
{
    struct script *played = context;
    int64_t facet = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    ck_assert_int_ge(facet, 0);
    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 1, AT_CAPS, 0, 0,
                                part_order(part, facet_postage, facet), facet),
                     0);
    ck_assert_int_ge(part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 4096), 0);
    ck_assert_int_eq(part_order(part, code_drop, SERAI_SLOT_CODE, AT_ID), SERAI_E_MISSING);
    played->answers[2] = upgrade(part, SERAI_UPGRADE_TRY);
    ck_assert_int_eq(part_order(part, code_drop, SERAI_SLOT_CODE, AT_ID), 0); /* of AT_ID */
    return ENGINE_DONE;
}

START_TEST(what_a_failed_trial_ordered_is_undone)
{
    uint64_t facets = site_agent(&site, agent)->owns.facets;

    script.in_trial = does_much;
    ordered(SERAI_UPGRADE_TRY, ENGINE_TRAP_UNREACHABLE);
    site_settle(&site);
    ck_assert_int_eq(script.answers[2], SERAI_E_EXISTS);
    ck_assert_uint_eq(site_agent(&site, agent)->owns.facets, facets);
    ck_assert_uint_eq(site_agent(&site, agent)->owns.buffer_bytes, 0);
    ck_assert_uint_eq(site_agent(&site, agent)->program.kept_count, 1);
    nothing_held();
    script.in_trial = does_much;
    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    site_settle(&site);
    ck_assert(is_other());
    ck_assert_uint_eq(site_agent(&site, agent)->program.kept_count, 0);
    script.in_trial = NULL;
}
END_TEST

START_TEST(a_restart_before_the_trial_changes_nothing)
{
    ordered(SERAI_UPGRADE_TRY, ENGINE_TRAP_MEMORY);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert(!is_other());
    ck_assert_int_eq(memory_of(agent), 'o');
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_KEPT), 1);
    site_reload_same(&site);
    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert(is_other());
    ck_assert_int_eq(memory_of(agent), 'n');
}
END_TEST

START_TEST(an_agent_that_ends_before_the_trial_gives_all_back)
{
    uint64_t before = site_balance(&site, site.people[1].account);
    uint64_t all;

    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    all = site_balance(&site, agent) + money_nanos(site.book.burial_reserve) +
          2 * site_reserve(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_le(site_balance(&site, site.people[1].account),
                      before + all); /* less its message's postage */
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    site_frame(&site);
    ck_assert(!agents_code_is_here(site.core->agents, &other)); /* nobody keeps it */
}
END_TEST

START_TEST(a_frozen_agent_tries_when_it_is_thawed)
{
    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert(!is_other());
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
    site_settle(&site);
    ck_assert(is_other());
    nothing_held();
}
END_TEST

static enum engine_outcome gives_reason(void *context, struct part *part)
{
    if (part->kind == SERAI_EVENT_BECAME) {
        memcpy(part_memory(part, AT_DATA, 2), "no", 2);
        return part_fail(part, SERAI_FAIL_CODE_MIN + 3, AT_DATA, 2);
    }
    return plays(context, part);
}

/* The new program says why it will not be the agent. */
START_TEST(kept_has_the_code_and_the_reason)
{
    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    probe_play(agent, gives_reason, &script);
    site_settle(&site);
    ck_assert(!is_other());
    ck_assert_int_eq(heard.events[0].kind, SERAI_EVENT_KEPT);
    ck_assert_int_eq(heard.events[0].status, SERAI_FAIL_CODE_MIN + 3);
    ck_assert_int_eq(heard.events[0].size, 2);
    ck_assert_int_eq(heard.first_byte[0], 'n');
    nothing_held();
}
END_TEST

/* Out of money in the trial: it does not wait for more, since the old program can go on. */
START_TEST(a_trial_without_the_money_for_it_fails)
{
    struct bytes args = {0};

    ordered(SERAI_UPGRADE_TRY, ENGINE_OUT_OF_FUEL);
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    cbor_put_null(&args);
    ck_assert_int_eq(site_request(&site, 1, "agent.withdraw", &args), CONTROL_DONE);
    site_settle(&site);
    ck_assert(!is_other());
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_KEPT), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_KEPT)->status, ENGINE_OUT_OF_FUEL);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_RUNNING);
    nothing_held();
}
END_TEST

static enum engine_outcome asks_badly(void *context, struct part *part)
{
    int64_t *answers = context;

    answers[0] = upgrade(part, 2);
    answers[1] = upgrade(part, -1);
    memset(part_memory(part, AT_ID, HASH_BYTES), 7, HASH_BYTES);
    answers[2] = part_order(part, self_upgrade, SERAI_SLOT_SELF, AT_ID, AT_DATA, 5, 1);
    answers[3] = part_order(part, self_upgrade, SERAI_SLOT_SELF, AT_ID, AT_DATA, 4097, 1);
    return ENGINE_DONE;
}

START_TEST(what_cannot_be_is_refused)
{
    int64_t answers[4] = {0};

    puppet_play(&site, agent, asks_badly, answers);
    ck_assert_int_eq(answers[0], SERAI_E_INVALID);
    ck_assert_int_eq(answers[1], SERAI_E_INVALID);
    ck_assert_int_eq(answers[2], SERAI_E_MISSING);
    ck_assert_int_eq(answers[3], SERAI_E_INVALID);
    nothing_held();
}
END_TEST

START_TEST(an_upgrade_without_its_trial_is_noticed)
{
    struct agent *of;
    struct inbox_message *head;
    struct fault fault;

    ordered(SERAI_UPGRADE_TRY, ENGINE_DONE);
    of = site_agent(&site, agent);
    head = of->inbox.first;
    head->m.kind = SERAI_EVENT_KEPT;
    ck_assert_int_eq(core_check(site.core, &fault), ST_CORRUPT);
    head->m.kind = SERAI_EVENT_BECAME;
    ck_assert_int_eq(core_check(site.core, &fault), ST_OK);
}
END_TEST

/* ---- tests of the request ---- */

static enum control_status ask_upgrade(int person, uint64_t to, const char *name, bool tries)
{
    struct bytes args = {0};
    size_t size;
    const uint8_t *module = module_bytes(name, &size);

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, to);
    cbor_put_bytes(&args, module, size);
    cbor_put_bool(&args, tries);
    return site_request(&site, person, "agent.upgrade", &args);
}

static const struct message *answer_to(uint64_t call)
{
    const struct customer *row = core_customer_by_account(site.core, site.people[1].account);

    return agents_desk_answer(core_desk_agent(site.core, row), call);
}

static bool runs(uint64_t id, const char *name)
{
    size_t size;
    const uint8_t *module = module_bytes(name, &size);
    struct hash hash = hash_of(module, size);

    return hash_equal(program_of(id), &hash);
}

static uint64_t deploy_version(const char *name)
{
    struct deploy how = {.module = name, .nanos = MONEY};
    uint64_t made = site_deploy(&site, 1, &how);

    site_settle(&site);
    return made;
}

/* One of each end: it stands, it fails, it is not followed. */
START_TEST(a_person_hears_what_became_of_it)
{
    uint64_t old = deploy_version("version1");
    uint64_t call;

    ck_assert_int_eq(ask_upgrade(1, old, "version3", true), CONTROL_DONE);
    call = site_result(&site, "call");
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 1); /* until it is decided */
    site_settle(&site);
    ck_assert(runs(old, "version1"));
    ck_assert_int_eq(answer_to(call)->kind, SERAI_EVENT_FAILED);
    ck_assert_int_eq(answer_to(call)->status, ENGINE_TRAP_UNREACHABLE);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);

    ck_assert_int_eq(ask_upgrade(1, old, "version5", true), CONTROL_DONE);
    call = site_result(&site, "call");
    site_settle(&site);
    ck_assert(runs(old, "version5"));
    ck_assert_int_eq(answer_to(call)->kind, SERAI_EVENT_MESSAGE);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);

    /* Version 5 knows nothing of it. */
    ck_assert_int_eq(ask_upgrade(1, old, "version1", true), CONTROL_DONE);
    call = site_result(&site, "call");
    site_settle(&site);
    ck_assert(runs(old, "version5"));
    ck_assert_int_eq(answer_to(call)->status, SERAI_E_SILENT);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);
    nothing_held();
}
END_TEST

/* The module is kept for all who asked, whoever of them brought it. */
START_TEST(two_upgrades_to_one_module_wait)
{
    uint64_t old = deploy_version("version1");
    uint64_t calls[2];

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(ask_upgrade(1, old, "version5", true), CONTROL_DONE);
        calls[i] = site_result(&site, "call");
    }
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 1);
    (void)core_run(site.core, 1); /* the first */
    site_frame(&site);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 1);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert(runs(old, "version5"));
    ck_assert_int_eq(answer_to(calls[0])->kind, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(answer_to(calls[1])->status, SERAI_E_SILENT); /* version 5 knows nothing */
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);
}
END_TEST

/* Who heard that nothing came of it must not see it happen later. */
START_TEST(an_agent_that_stays_frozen_is_not_upgraded)
{
    enum { ANSWER_S = 300 };
    uint64_t old = deploy_version("version1");
    uint64_t call;

    site.core->agents->prices.frozen_answer_s = ANSWER_S;
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", old), CONTROL_DONE);
    ck_assert_int_eq(ask_upgrade(1, old, "version5", true), CONTROL_DONE);
    call = site_result(&site, "call");
    site_pass(&site, (ANSWER_S + 100) * UINT64_C(1000000));
    ck_assert_int_eq(answer_to(call)->status, SERAI_E_FROZEN);
    ck_assert_ptr_null(site_agent(&site, old)->inbox.first);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", old), CONTROL_DONE);
    site_settle(&site);
    ck_assert(runs(old, "version1"));
    nothing_held();
}
END_TEST

/* Only the trial has the module by then, and owes rent for it. */
START_TEST(a_trial_that_waits_owes_rent_over_a_restart)
{
    uint64_t old = deploy_version("version1");

    ck_assert_int_eq(ask_upgrade(1, old, "version5", true), CONTROL_DONE);
    (void)core_run(site.core, 1);
    site_frame(&site);
    ck_assert_ptr_nonnull(site_agent(&site, old)->upgrade.code.code);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", old), CONTROL_DONE);
    site_pass(&site, UINT64_C(4) * 3600 * 1000000);
    site_reload_same(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", old), CONTROL_DONE);
    site_settle(&site);
    ck_assert(runs(old, "version5"));
}
END_TEST

/* Fills all slots that cost its customer no memory and some more, and becomes the other. */
static enum engine_outcome fills_and_becomes(void *context, struct part *part)
{
    int64_t slot = 0;

    (void)context;
    if (part->kind != SERAI_EVENT_UPGRADE)
        return ENGINE_DONE;
    while (slot >= 0 && slot < (CAPS_CHUNKS_COMMON + 1) * AGENT_CAPS_CHUNK)
        slot = part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    ck_assert_int_ge(slot, 0);
    ck_assert_int_eq(upgrade(part, SERAI_UPGRADE_TRY), 0);
    return ENGINE_DONE;
}

/* The reply that BECAME brings finds no slot: its asker is told, and the agent becomes it. */
START_TEST(an_agent_without_a_slot_becomes_it_all_the_same)
{
    uint64_t call;

    probe_play(agent, fills_and_becomes, NULL);
    ck_assert_int_eq(ask_upgrade(1, agent, "version2", true), CONTROL_DONE);
    call = site_result(&site, "call");
    (void)core_run(site.core, 1);
    site_frame(&site);
    site.core->agents->prices.customer_memory_bytes_max =
        site_agent(&site, agent)->use->used[CUSTOMER_MEMORY_BYTES];
    site_settle(&site);
    ck_assert(is_other());
    ck_assert_ptr_null(site_agent(&site, agent)->upgrade.code.code);
    ck_assert_int_eq(answer_to(call)->status, SERAI_E_FULL);
}
END_TEST

START_TEST(an_agent_whose_list_is_full_becomes_what_is_on_it)
{
    static const char *const names[AGENT_CODES_MAX] = {
        "version1", "version2",  "version3", "version5", "chaos",    "hog",
        "strain",   "spin",      "grow",     "service",  "customer", "scout",
        "outpost",  "forwarder", "spender",  "talker"};
    uint64_t old = deploy_version("version1");
    struct fault fault;
    struct hash id;

    for (size_t i = 0; i < AGENT_CODES_MAX; i++) {
        size_t size;
        const uint8_t *module = module_bytes(names[i], &size);

        ck_assert_msg(agents_code_put(site.core->agents, site_agent(&site, old), module, size, &id,
                                      &fault) == ST_OK,
                      "%s: %s", names[i], fault.text);
    }
    undo_commit(site.core->undo);
    site_frame(&site);
    ck_assert_int_eq(ask_upgrade(1, old, "version5", true), CONTROL_DONE);
    ck_assert_int_eq(ask_upgrade(1, old, "version4", true), CONTROL_REFUSED); /* one too many */
    site_settle(&site);
    ck_assert(runs(old, "version5"));
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, AGENT_CODES_MAX);
}
END_TEST

START_TEST(an_upgrade_that_is_refused_changes_nothing)
{
    uint64_t old = deploy_version("version1");
    uint64_t had = site_balance(&site, site.people[1].account);
    struct bytes args = {0};

    ck_assert_int_eq(ask_upgrade(2, old, "version2", true), CONTROL_DENIED);
    ck_assert_int_eq(ask_upgrade(1, 999999, "version2", true), CONTROL_MISSING);
    cbor_put_array(&args, 3);
    cbor_put_uint(&args, old);
    cbor_put_bytes(&args, "no module", 9);
    cbor_put_bool(&args, true);
    ck_assert_int_eq(site_request(&site, 1, "agent.upgrade", &args), CONTROL_BAD_REQUEST);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), had);
    ck_assert_ptr_null(core_customer_by_account(site.core, site.people[1].account)->desk);
    ck_assert_uint_eq(site_agent(&site, old)->program.kept_count, 0);
}
END_TEST

/* It was kept before, and is kept on. */
START_TEST(a_module_that_the_agent_kept_stays_kept)
{
    uint64_t keeper = puppet_keeping(&site, 1, MONEY, "version5");

    ck_assert_int_eq(ask_upgrade(1, keeper, "version5", true), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, keeper)->program.kept_count, 1);
}
END_TEST

START_TEST(messages_around_an_upgrade_are_all_handled_once)
{
    uint64_t old = deploy_version("version1");
    uint64_t turns;

    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(site_send(&site, 1, old, "x", 0), CONTROL_DONE);
        ck_assert_int_eq(ask_upgrade(1, old,
                                     round % 3 == 1   ? "version3"
                                     : round % 2 == 0 ? "version2"
                                                      : "version1",
                                     true),
                         CONTROL_DONE);
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(site_send(&site, 1, old, "x", 0), CONTROL_DONE);
        (void)core_run(site.core, 1 + (uint32_t)round * 7);
        site_frame(&site);
        site_reload_same(&site);
        site_settle(&site);
    }
    turns = site_agent(&site, old)->usage.turns - site_agent(&site, old)->usage.traps;
    /* 6 x 40 messages, 6 requests, a BECAME or KEPT each, and the birth. */
    ck_assert_uint_eq(turns, 6 * 40 + 6 + 6 + 1);
    ck_assert_uint_eq(site_agent(&site, old)->usage.traps, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upgrade");
    TCase *tcase = tcase_create("upgrade");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_trial_that_stands_is_the_agent);
    tcase_add_test(tcase, a_trial_that_fails_leaves_the_agent_as_it_was);
    tcase_add_test(tcase, without_the_flag_it_becomes_the_other_in_any_case);
    tcase_add_test(tcase, what_a_failed_trial_ordered_is_undone);
    tcase_add_test(tcase, a_restart_before_the_trial_changes_nothing);
    tcase_add_test(tcase, an_agent_that_ends_before_the_trial_gives_all_back);
    tcase_add_test(tcase, a_frozen_agent_tries_when_it_is_thawed);
    tcase_add_test(tcase, a_trial_without_the_money_for_it_fails);
    tcase_add_test(tcase, kept_has_the_code_and_the_reason);
    tcase_add_test(tcase, what_cannot_be_is_refused);
    tcase_add_test(tcase, an_upgrade_without_its_trial_is_noticed);
    tcase_add_test(tcase, a_person_hears_what_became_of_it);
    tcase_add_test(tcase, a_trial_that_waits_owes_rent_over_a_restart);
    tcase_add_test(tcase, an_agent_without_a_slot_becomes_it_all_the_same);
    tcase_add_test(tcase, two_upgrades_to_one_module_wait);
    tcase_add_test(tcase, an_agent_that_stays_frozen_is_not_upgraded);
    tcase_add_test(tcase, an_agent_whose_list_is_full_becomes_what_is_on_it);
    tcase_add_test(tcase, an_upgrade_that_is_refused_changes_nothing);
    tcase_add_test(tcase, a_module_that_the_agent_kept_stays_kept);
    tcase_add_test(tcase, messages_around_an_upgrade_are_all_handled_once);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
