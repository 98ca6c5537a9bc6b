/*
 * What an agent says when it fails reaches the asker as a code and a reason; and an agent knows its
 * own facets when they come back to it.
 */
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 9, SERVERS = 5, PRICE = 700, CODE = 4711, SMALL = 4 };

static const char reason[] = "Yikes, I broke!\n\x1b[31m\xff";
enum { REASON = sizeof reason - 1 };

static struct site site;
static uint64_t asker;
static uint64_t server;
static uint8_t servers[SERAI_HEAP_NUMBER_BYTES];
static int32_t own;  /* slot of the facet that the asker asks with */
static int32_t kept; /* slot of a reply */
static bool asked;

/* What the asker hears. */
static struct serai_event heard;
static char told[SERAI_REASON_BYTES_MAX];
static uint32_t failures;

static void small_quota(struct pricebook *book)
{
    book->customer_event_bytes_max = SMALL;
}

static void setup_book(void (*change)(struct pricebook *book))
{
    site_open_book(&site, 7, 10000000000, change);
    site_customers(&site, 3, 2000000000);
    asker = puppet_new(&site, 1, MONEY, NULL);
    server = puppet_new(&site, 2, MONEY, NULL);
    puppet_publish(&site, server, SERVERS, 0, servers);
    asked = false;
    failures = 0;
    kept = SERAI_SLOT_NONE;
}

static void setup(void)
{
    setup_book(NULL);
}

static void setup_small(void)
{
    setup_book(small_quota);
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- parts ---- */

static enum engine_outcome hears(void *context, struct part *part)
{
    (void)context;
    part_event(part, &heard);
    if (heard.kind != SERAI_EVENT_FAILED)
        return ENGINE_DONE;
    failures++;
    ck_assert_int_le(heard.size, (int)sizeof told);
    ck_assert_int_eq(part_order(part, event_read, AT_DATA, sizeof told, 0), heard.size);
    memcpy(told, part_memory(part, AT_DATA, sizeof told), sizeof told);
    return ENGINE_DONE;
}

static enum engine_outcome asks(void *context, struct part *part)
{
    if (asked)
        return hears(context, part);
    asked = true;
    own = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    ck_assert_int_eq(part_order(part, facet_send, part_fetch(part, servers), AT_DATA, 1, AT_CAPS, 0,
                                PRICE, 100000, own),
                     0);
    return ENGINE_DONE;
}

static void ask(part_fn then, void *context)
{
    asked = false;
    failures = 0;
    probe_play(server, then, context);
    puppet_play(&site, asker, asks, NULL);
    probe_play(asker, hears, NULL);
    site_settle(&site);
}

static void expect_failure(int32_t status, const char *text, int32_t size)
{
    site_settle(&site);
    ck_assert_uint_eq(failures, 1);
    ck_assert_int_eq(heard.status, status);
    ck_assert_uint_eq(heard.badge, BADGE);
    ck_assert_int_eq(heard.size, size);
    ck_assert(memcmp(told, text, (size_t)size) == 0);
    site_holds_nothing(&site);
}

static void lay_reason(struct part *part)
{
    memcpy(part_memory(part, AT_DATA, REASON), reason, REASON);
}

/* ---- self_fail ---- */

static enum engine_outcome fails(void *context, struct part *part)
{
    int64_t facet = part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);

    (void)context;
    ck_assert_int_ge(facet, 0); /* it is undone with all else */
    lay_reason(part);
    return part_fail(part, CODE, AT_DATA, REASON);
}

struct last_line {
    char text[SERAI_LOG_LINE_BYTES_MAX + 1];
    size_t size;
};

static void keep_line(void *context, const struct agent_log_view *line)
{
    struct last_line *last = context;

    ck_assert_int_eq(line->by, LOG_BY_SITE);
    ck_assert_uint_lt(line->size, sizeof last->text);
    memcpy(last->text, line->text, line->size);
    last->text[line->size] = '\0';
    last->size = line->size;
}

START_TEST(who_asks_hears_code_and_reason_of_a_turn_that_failed_itself)
{
    struct last_line last = {.size = 0};
    uint64_t worth = site_balance(&site, asker);
    uint64_t facets = site_agent(&site, server)->owns.facets;

    ask(fails, NULL);
    expect_failure(CODE, reason, REASON);
    ck_assert_uint_eq(site_agent(&site, server)->owns.facets, facets);
    ck_assert_uint_eq(site_agent(&site, server)->usage.traps, 1);
    /* The money of the question came back: what is gone is postage, fees and fuel. */
    ck_assert_uint_gt(site_balance(&site, asker) + 110000, worth);
    (void)agents_log_list(site.core->agents, site_agent(&site, server), 0, 99, keep_line, &last);
    ck_assert_ptr_nonnull(strstr(last.text, "turn undone: failed with code 4711, in function "));
    ck_assert_uint_gt(last.size, REASON);
    ck_assert(memcmp(last.text + last.size - REASON, reason, REASON) == 0);
}
END_TEST

static enum engine_outcome fails_without_a_word(void *context, struct part *part)
{
    (void)context;
    return part_fail(part, INT32_MAX, AT_DATA, 0);
}

START_TEST(a_reason_may_be_empty)
{
    ask(fails_without_a_word, NULL);
    expect_failure(INT32_MAX, "", 0);
}
END_TEST

/* The turn goes on when self_fail is refused. */
static enum engine_outcome fails_wrongly(void *context, struct part *part)
{
    uint32_t end = part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;

    (void)context;
    ck_assert_int_eq(part_order(part, self_fail, 0, SERAI_FAIL_CODE_MIN - 1, AT_DATA, 1),
                     SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, self_fail, 0, -1, AT_DATA, 1), SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, self_fail, 0, 3, AT_DATA, 1), SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, self_fail, 0, CODE, AT_DATA, SERAI_REASON_BYTES_MAX + 1),
                     SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, self_fail, 0, CODE, AT_DATA, -1), SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, self_fail, 0, CODE, end - 1, 2), SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, self_fail, 1, CODE, AT_DATA, 1), SERAI_E_SLOT);
    ck_assert_int_eq(part_order(part, self_fail, 2, CODE, AT_DATA, 1), SERAI_E_KIND);
    return ENGINE_DONE;
}

START_TEST(codes_of_the_site_cannot_be_claimed)
{
    ask(fails_wrongly, NULL);
    expect_failure(SERAI_E_SILENT, "", 0);
    ck_assert_uint_eq(site_agent(&site, server)->usage.traps, 0);
}
END_TEST

/* What was kept before is no part of the turn that fails. */
START_TEST(a_kept_reply_outlives_a_turn_that_fails)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, server, fails, NULL);
    ck_assert_uint_eq(failures, 0);
    ck_assert_uint_eq(site_agent(&site, server)->usage.traps, 1);
}
END_TEST

static enum engine_outcome fails_at_first(void *context, struct part *part)
{
    (void)context;
    lay_reason(part);
    return part_fail(part, CODE, AT_DATA, REASON);
}

START_TEST(a_reason_waits_over_a_restart)
{
    probe_play(server, fails_at_first, NULL);
    probe_play(asker, asks, NULL);
    ck_assert_int_eq(site_send(&site, 1, asker, "go", 0), CONTROL_DONE);
    while (!asked || site_agent(&site, server)->usage.traps == 0)
        ck_assert_uint_gt(core_run(site.core, 1), 0);
    site_frame(&site);
    ck_assert_uint_eq(failures, 0);
    site_reload_same(&site);
    expect_failure(CODE, reason, REASON);
}
END_TEST

/* ---- reply_break ---- */

static int64_t breaks_with(struct part *part, int64_t slot, int64_t code, int64_t size)
{
    lay_reason(part);
    return part_order(part, reply_break, slot, code, AT_DATA, size);
}

/* The turn goes on, and stands: its money is its own. */
static enum engine_outcome breaks(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(breaks_with(part, event.reply, CODE, REASON), 0);
    ck_assert_int_eq(breaks_with(part, event.reply, CODE, REASON), SERAI_E_SLOT);
    ck_assert_int_ge(part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0), 0);
    return ENGINE_DONE;
}

START_TEST(a_reply_that_is_broken_ends_its_question_and_no_more)
{
    uint64_t before = site_balance(&site, server);
    uint64_t facets = site_agent(&site, server)->owns.facets;

    ask(breaks, NULL);
    expect_failure(CODE, reason, REASON);
    ck_assert_uint_eq(site_agent(&site, server)->usage.traps, 0);
    ck_assert_uint_eq(site_agent(&site, server)->owns.facets, facets + 1);
    ck_assert_uint_ge(site_balance(&site, server), before + PRICE);
    ck_assert_uint_eq(price_of(&site, SERAI_ORDER_reply_break), 5);
}
END_TEST

static enum engine_outcome breaks_kept(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(breaks_with(part, kept, CODE, 5), 0);
    return ENGINE_DONE;
}

START_TEST(a_kept_reply_can_be_broken_turns_later)
{
    ask(puppet_keeps, &kept);
    site_reload_same(&site);
    puppet_play(&site, server, breaks_kept, NULL);
    expect_failure(CODE, reason, 5);
}
END_TEST

static enum engine_outcome breaks_and_traps(void *context, struct part *part)
{
    (void)breaks_kept(context, part);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(a_break_is_undone_with_its_turn)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, server, breaks_and_traps, NULL);
    ck_assert_uint_eq(failures, 0);
    puppet_play(&site, server, breaks_kept, NULL);
    expect_failure(CODE, reason, 5);
}
END_TEST

static enum engine_outcome breaks_wrongly(void *context, struct part *part)
{
    uint32_t end = part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
    int64_t facet = part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(breaks_with(part, facet, CODE, 1), SERAI_E_RIGHT);
    ck_assert_int_eq(breaks_with(part, SERAI_SLOT_SELF, CODE, 1), SERAI_E_KIND);
    ck_assert_int_eq(breaks_with(part, event.reply, SERAI_E_CLOSED, 1), SERAI_E_INVALID);
    ck_assert_int_eq(breaks_with(part, event.reply, SERAI_FAIL_CODE_MIN - 1, 1), SERAI_E_INVALID);
    ck_assert_int_eq(breaks_with(part, event.reply, CODE, SERAI_REASON_BYTES_MAX + 1),
                     SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, reply_break, event.reply, CODE, end, 1), SERAI_E_MEMORY);
    return ENGINE_DONE;
}

START_TEST(only_a_reply_is_broken_and_only_with_a_code_of_ones_own)
{
    ask(breaks_wrongly, NULL);
    expect_failure(SERAI_E_SILENT, "", 0);
}
END_TEST

static enum engine_outcome revokes(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, own), 0);
    return ENGINE_DONE;
}

static enum engine_outcome breaks_closed(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(breaks_with(part, kept, CODE, 1), SERAI_E_CLOSED);
    return ENGINE_DONE;
}

START_TEST(who_no_longer_waits_hears_no_reason)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, asker, revokes, NULL);
    puppet_play(&site, server, breaks_closed, NULL);
    ck_assert_uint_eq(failures, 0);
}
END_TEST

/* The asker's quota bounds what others may store at it: the code comes alone. */
START_TEST(a_reason_that_the_askers_quota_does_not_hold_is_left_out)
{
    ask(puppet_keeps, &kept);
    puppet_play(&site, server, breaks_kept, NULL);
    expect_failure(CODE, "", 0);
}
END_TEST

/* ---- self_badge ---- */

static int64_t badge_of(struct part *part, int64_t slot, uint64_t *badge)
{
    int64_t answer;

    memset(part_memory(part, AT_DATA, 8), 0x55, 8);
    answer = part_order(part, self_badge, SERAI_SLOT_SELF, slot, AT_DATA);
    *badge = le64_get(part_memory(part, AT_DATA, 8));
    return answer;
}

static enum engine_outcome looks_at_badges(void *context, struct part *part)
{
    const uint64_t large = UINT64_MAX - 3;
    const uint64_t untouched = UINT64_C(0x5555555555555555);
    uint32_t end = part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
    int64_t mine = part_order(part, self_facet, SERAI_SLOT_SELF, (int64_t)large, 0);
    int64_t theirs = part_fetch(part, servers);
    struct serai_event event;
    uint64_t badge;

    (void)context;
    part_event(part, &event);
    ck_assert_int_eq(badge_of(part, mine, &badge), 1);
    ck_assert_uint_eq(badge, large);
    /* The server's facet is not the asker's, nor is anything else, a reply of its own included. */
    ck_assert_int_eq(badge_of(part, theirs, &badge), 0);
    ck_assert_uint_eq(badge, untouched);
    ck_assert_int_eq(badge_of(part, SERAI_SLOT_SELF, &badge), 0);
    ck_assert_int_eq(badge_of(part, SERAI_SLOTS_MAX - 1, &badge), SERAI_E_SLOT);
    ck_assert_int_eq(part_order(part, self_badge, SERAI_SLOT_SELF, mine, end - 7), SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, mine), 0);
    return ENGINE_DONE;
}

START_TEST(an_agent_knows_its_own_facets)
{
    puppet_play(&site, asker, looks_at_badges, NULL);
}
END_TEST

/* Sends two of its facets, the second revoked meanwhile, home with its own reply among them. */
static enum engine_outcome asks_itself(void *context, struct part *part)
{
    struct serai_event event;
    uint64_t badge;

    (void)context;
    part_event(part, &event);
    if (asked) {
        ck_assert_int_eq(badge_of(part, event.reply, &badge), 0);
        ck_assert_int_eq(badge_of(part, event.caps[0], &badge), 1);
        ck_assert_uint_eq(badge, BADGE);
        asked = false;
        return ENGINE_DONE;
    }
    if (event.kind != SERAI_EVENT_MESSAGE || event.size != 2)
        return ENGINE_DONE;
    asked = true;
    own = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    memcpy(part_memory(part, AT_CAPS, 4), &own, 4);
    ck_assert_int_eq(part_order(part, facet_send, own, AT_DATA, 1, AT_CAPS, 1, 0, 100000, own), 0);
    return ENGINE_DONE;
}

START_TEST(a_reply_is_no_facet_of_ones_own)
{
    asked = false;
    puppet_play(&site, asker, asks_itself, NULL);
    ck_assert(!asked);
    ck_assert_uint_eq(site_agent(&site, asker)->usage.traps, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failures and badges");
    TCase *tcase = tcase_create("failures");
    TCase *small = tcase_create("small");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, who_asks_hears_code_and_reason_of_a_turn_that_failed_itself);
    tcase_add_test(tcase, a_reason_may_be_empty);
    tcase_add_test(tcase, codes_of_the_site_cannot_be_claimed);
    tcase_add_test(tcase, a_kept_reply_outlives_a_turn_that_fails);
    tcase_add_test(tcase, a_reason_waits_over_a_restart);
    tcase_add_test(tcase, a_reply_that_is_broken_ends_its_question_and_no_more);
    tcase_add_test(tcase, a_kept_reply_can_be_broken_turns_later);
    tcase_add_test(tcase, a_break_is_undone_with_its_turn);
    tcase_add_test(tcase, only_a_reply_is_broken_and_only_with_a_code_of_ones_own);
    tcase_add_test(tcase, who_no_longer_waits_hears_no_reason);
    tcase_add_test(tcase, an_agent_knows_its_own_facets);
    tcase_add_test(tcase, a_reply_is_no_facet_of_ones_own);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(small, setup_small, teardown);
    tcase_add_test(small, a_reason_that_the_askers_quota_does_not_hold_is_left_out);
    suite_add_tcase(suite, small);
    return check_main(suite);
}
