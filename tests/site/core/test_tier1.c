/* Code on its way to tier 1 and back: told once, and nothing of it shows in the books. */
#include <stdlib.h>
#include <string.h>

#include "agents/death.h"
#include "agents/modules.h"
#include "tests/engine/native_build.h"
#include "tests/site/core/probe.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 400000000, HOT = 60000, SKIPPED = 77, ROUNDS = 80 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, 100000000000);
    site_customer(&site, 1, "one", 20000000000);
}

static void teardown(void)
{
    site_end(&site);
}

static uint64_t deploy(struct site *to, const char *module, const char *args)
{
    const struct deploy spec = {.module = module, .args = args, .nanos = MONEY, .gifts = "stcr"};

    return site_deploy(to, 1, &spec);
}

static bool paid; /* the last one that was told */

static bool next_hot(struct site *of, struct hash *id)
{
    struct hot_code hot;
    struct hash check;

    if (!agents_hot_code(core_agents(of->core), &hot))
        return false;
    *id = hot.id;
    paid = hot.paid;
    check = hash_of(hot.bytes, hot.size); /* the very module */
    ck_assert(hash_equal(&check, id));
    return true;
}

/* How it is compiled does not matter here, but how long that takes does. */
static const char quick[] = "-O0 -DANY_FRAME";

/* As the daemon does it, with the compiler but without its jail. */
static void build(struct site *of, const struct hash *id, char path[512])
{
    const struct code *code = modules_find(&core_agents(of->core)->modules, id);
    struct bytes text = {0};
    struct fault fault = {0};

    ck_assert_ptr_nonnull(code);
    ck_assert_msg(agents_code_emit(code->bytes, code->size, &text, &fault) == ST_OK, "%s",
                  fault.text);
    ck_assert(native_build_text(&text, "cc", quick, path));
    bytes_fini(&text);
}

static void load(struct site *of, const struct hash *id)
{
    struct fault fault = {0};
    char path[512];

    build(of, id, path);
    ck_assert_msg(agents_code_load(core_agents(of->core), id, path, &fault) == ST_OK, "%s",
                  fault.text);
}

static struct code_view seen;
static char seen_reason[200];

static void see(void *context, const struct code_view *code)
{
    if (!hash_equal(&code->id, context))
        return;
    seen = *code;
    (void)snprintf(seen_reason, sizeof seen_reason, "%s", code->reason); /* it is lent */
    seen.reason = seen_reason;
}

static const struct code_view *view(struct site *of, struct hash *id)
{
    memset(&seen, 0, sizeof seen);
    ck_assert_uint_ge(agents_code_list(core_agents(of->core), 0, 100, see, id), 1);
    ck_assert_uint_gt(seen.size, 0);
    return &seen;
}

static void work(struct site *of, uint64_t agent, int messages)
{
    for (int i = 0; i < messages; i++)
        ck_assert_int_eq(site_send(of, 1, agent, "go", 0), CONTROL_DONE);
    site_settle(of);
}

/* The agent dies, and with it the last that ran its code. */
static void end(uint64_t agent)
{
    struct event event = event_of_time(agent, site.core->site_time_us);

    ledger_event_begin(site.core->ledger);
    agent_die(site.core->agents, site_agent(&site, agent));
    (void)ledger_event_end(site.core->ledger, &event);
    undo_commit(site.core->undo);
    site.core->frame_open = true;
    site_frame(&site);
}

START_TEST(hot_code_is_told_once)
{
    uint64_t agent = deploy(&site, "spender", "work=500");
    struct hash id;

    work(&site, agent, 8);
    ck_assert(!next_hot(&site, &id)); /* nobody watches */
    agents_watch_code(core_agents(site.core), 1000000000, 0);
    work(&site, agent, 1);
    ck_assert(!next_hot(&site, &id)); /* not yet so hot */
    ck_assert_ptr_nonnull(
        strstr(view(&site, &site_agent(&site, agent)->program.code.code->id)->reason, "used "));
    agents_watch_code(core_agents(site.core), HOT, 0);
    work(&site, agent, 1);
    ck_assert(next_hot(&site, &id));
    ck_assert(paid); /* no effort, no more to burn */
    ck_assert(hash_equal(&id, &site_agent(&site, agent)->program.code.code->id));
    ck_assert_uint_ge(view(&site, &id)->fuel, HOT);
    work(&site, agent, 20);
    ck_assert(!next_hot(&site, &id));
}
END_TEST

/* What a unit of the effort must cost for the code's compile to be worth so much fuel. */
static uint64_t price_for(const struct code *code, uint64_t fuel, uint64_t *worth)
{
    struct fault fault = {0};
    uint64_t effort = 0;

    ck_assert_int_eq(engine_native_effort(code->engine, &effort, &fault), ST_OK);
    ck_assert_uint_gt(effort, 100); /* lines, more or less, of a module of some KiB */
    ck_assert_uint_lt(effort, code->size * 4);
    *worth = fuel / effort * effort;
    return fuel / effort;
}

START_TEST(a_compile_is_paid_for_by_its_effort)
{
    struct agents *agents = core_agents(site.core);
    uint64_t agent = deploy(&site, "spender", "work=500");
    struct code *code = site_agent(&site, agent)->program.code.code;
    uint64_t worth;
    struct hash id;

    agents_watch_code(agents, HOT, price_for(code, 20 * HOT, &worth));
    work(&site, agent, 1);
    ck_assert_ptr_nonnull(strstr(view(&site, &code->id)->reason, " of 60000 fuel"));
    work(&site, agent, 9);
    ck_assert_uint_lt(code->fuel, worth);
    ck_assert(next_hot(&site, &id)); /* what was compiled before is worth it now */
    ck_assert(hash_equal(&id, &code->id));
    ck_assert(!paid);
    ck_assert_ptr_nonnull(strstr(view(&site, &id)->reason, "which a compile of it is worth"));
    for (;;) {
        uint64_t before = code->fuel;

        work(&site, agent, 1);
        if (next_hot(&site, &id)) {
            ck_assert_uint_lt(before, worth);
            break;
        }
        ck_assert_uint_lt(code->fuel, worth);
    }
    ck_assert(hash_equal(&id, &code->id));
    ck_assert(paid);
    ck_assert_str_eq(view(&site, &id)->reason, "the compiler has it, or will");
    work(&site, agent, 20);
    ck_assert(!next_hot(&site, &id)); /* that was all */
}
END_TEST

START_TEST(what_is_refused_is_not_told_again_when_it_is_hotter)
{
    struct agents *agents = core_agents(site.core);
    uint64_t agent = deploy(&site, "spender", "work=500");
    struct code *code = site_agent(&site, agent)->program.code.code;
    uint64_t worth;
    struct hash id;

    agents_watch_code(agents, HOT, price_for(code, 4 * HOT, &worth));
    while (!next_hot(&site, &id))
        work(&site, agent, 1);
    ck_assert(!paid);
    agents_code_note(agents, &id, "not this one");
    while (code->fuel < 2 * worth)
        work(&site, agent, 1);
    ck_assert(!next_hot(&site, &id));
    ck_assert_str_eq(view(&site, &id)->reason, "not this one");
}
END_TEST

START_TEST(code_that_nobody_has_any_more_is_not_told)
{
    uint64_t agent = deploy(&site, "spender", "work=500");
    struct hash id = site_agent(&site, agent)->program.code.code->id;
    struct fault fault = {0};
    char path[512];

    agents_watch_code(core_agents(site.core), 1, 0);
    work(&site, agent, 1);
    build(&site, &id, path);
    end(agent);
    while (next_hot(&site, &id)) /* the loader is hot as well */
        ck_assert(modules_find(&core_agents(site.core)->modules, &id)->builtin);
    id = hash_of("gone", 4);
    ck_assert_int_eq(agents_code_load(core_agents(site.core), &id, path, &fault), ST_MISSING);
    agents_code_note(core_agents(site.core), &id, "nobody hears this");
}
END_TEST

START_TEST(loaded_code_goes_back_when_others_want_its_place)
{
    struct agents *agents = core_agents(site.core);
    uint64_t first = deploy(&site, "spender", "work=500");
    uint64_t second = deploy(&site, "forwarder", "");
    struct hash first_id = site_agent(&site, first)->program.code.code->id;
    struct hash second_id = site_agent(&site, second)->program.code.code->id;
    struct hash id;

    agents_watch_code(agents, HOT, 0);
    load(&site, &first_id);
    load(&site, &second_id);
    load(&site, &second_id); /* again: nothing to do */
    ck_assert_uint_eq(agents_codes_native(agents), 2);
    ck_assert(view(&site, &first_id)->native);
    site_settle(&site);
    work(&site, first, 1); /* the second is the older one now */
    agents_code_unload(agents);
    ck_assert_uint_eq(agents_codes_native(agents), 1);
    ck_assert(view(&site, &first_id)->native);
    ck_assert(!view(&site, &second_id)->native);
    agents_code_unload(agents);
    agents_code_unload(agents); /* none is left */
    ck_assert_uint_eq(agents_codes_native(agents), 0);
    while (next_hot(&site, &id))
        ;
    work(&site, first, 20); /* hot again, from the beginning */
    ck_assert(next_hot(&site, &id));
    ck_assert(hash_equal(&id, &first_id));
}
END_TEST

START_TEST(loaded_code_may_be_dropped)
{
    uint64_t agent = deploy(&site, "spender", "work=500");
    struct hash id = site_agent(&site, agent)->program.code.code->id;

    load(&site, &id);
    work(&site, agent, 1);
    end(agent);
    ck_assert_ptr_null(modules_find(&core_agents(site.core)->modules, &id));
    ck_assert_uint_eq(agents_codes_native(core_agents(site.core)), 0);
}
END_TEST

START_TEST(an_object_of_other_code_is_refused_and_the_reason_is_listed)
{
    struct agents *agents = core_agents(site.core);
    uint64_t first = deploy(&site, "spender", "work=500");
    uint64_t second = deploy(&site, "forwarder", "");
    struct hash first_id = site_agent(&site, first)->program.code.code->id;
    struct hash second_id = site_agent(&site, second)->program.code.code->id;
    struct fault fault = {0};
    char path[512];

    build(&site, &second_id, path);
    ck_assert_int_eq(agents_code_load(agents, &first_id, path, &fault), ST_INVALID);
    ck_assert_int_eq(agents_code_load(agents, &first_id, "/nowhere.so", &fault), ST_IO);
    agents_code_note(agents, &first_id, fault.text);
    ck_assert_str_eq(view(&site, &first_id)->reason, fault.text);
    load(&site, &first_id);
    ck_assert_str_eq(view(&site, &first_id)->reason, "");
    work(&site, first, 2);
}
END_TEST

START_TEST(what_is_no_module_becomes_no_text)
{
    struct bytes text = {0};
    struct fault fault = {0};

    ck_assert_int_eq(agents_code_emit((const uint8_t *)"wasm", 4, &text, &fault), ST_INVALID);
    bytes_fini(&text);
}
END_TEST

/* ---- the same books ---- */

static void chaos(struct site *of, struct rng *rng)
{
    uint64_t seed = rng_u64(rng);
    const struct deploy spec = {.module = "chaos",
                                .args = (const char *)&seed,
                                .args_size = sizeof seed,
                                .nanos = MONEY / 4,
                                .gifts = "stcr"};

    (void)site_try_deploy(of, 1, &spec); /* the population may be full */
}

static void live(struct site *of, struct rng *rng, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        uint64_t agent = ACCOUNT_FIRST_FREE + rng_below(rng, 30);

        if (rng_below(rng, 8) == 0)
            chaos(of, rng);
        (void)site_send(of, 1, agent, "chaos", 1000); /* any answer will do, if it is the same */
        (void)core_run(of->core, 40);
        site_pass(of, rng_below(rng, 100000));
    }
}

START_TEST(frames_are_the_same_in_both_tiers)
{
    struct rng rng = rng_for_test();
    struct rng other_rng;
    struct site other;
    char *portrait;
    char *other_portrait;
    struct hash head;
    struct hash other_head;
    struct hash id;
    int loaded = 0;

    site_open(&other, 7, 100000000000);
    site_customer(&other, 1, "one", 20000000000);
    for (int i = 0; i < 6; i++) {
        struct rng same = rng;

        chaos(&site, &rng);
        chaos(&other, &same);
    }
    agents_watch_code(core_agents(other.core), HOT, 0);
    for (int phase = 0; phase < 6; phase++) {
        other_rng = rng;
        live(&site, &rng, ROUNDS);
        live(&other, &other_rng, ROUNDS);
        while (next_hot(&other, &id)) { /* in the midst of everything */
            load(&other, &id);
            loaded++;
        }
        if (phase == 4)
            agents_code_unload(core_agents(other.core));
    }
    ck_assert_int_ge(loaded, 2); /* chaos and the loader */
    ck_assert_uint_gt(core_count(site.core).turns, 500);
    head = ledger_head(core_ledger(site.core));
    other_head = ledger_head(core_ledger(other.core));
    ck_assert_mem_eq(&head, &other_head, sizeof head);
    portrait = site_portrait(&site);
    other_portrait = site_portrait(&other);
    portraits_equal(portrait, other_portrait);
    free(portrait);
    free(other_portrait);
    site_verify(&other);
    site_close(&other);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (system("command -v cc >/dev/null") != 0) {
        printf("skipped: there is no compiler \"cc\"\n");
        return SKIPPED;
    }
    suite = suite_create("tier1");
    tcase = tcase_create("tier1");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, hot_code_is_told_once);
    tcase_add_test(tcase, a_compile_is_paid_for_by_its_effort);
    tcase_add_test(tcase, what_is_refused_is_not_told_again_when_it_is_hotter);
    tcase_add_test(tcase, code_that_nobody_has_any_more_is_not_told);
    tcase_add_test(tcase, loaded_code_goes_back_when_others_want_its_place);
    tcase_add_test(tcase, loaded_code_may_be_dropped);
    tcase_add_test(tcase, an_object_of_other_code_is_refused_and_the_reason_is_listed);
    tcase_add_test(tcase, what_is_no_module_becomes_no_text);
    tcase_add_test(tcase, frames_are_the_same_in_both_tiers);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
