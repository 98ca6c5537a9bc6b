/* What a message brings is lent for its turn: nothing of it stays but what was kept, and nothing
 * that its receiver had goes with it. */
#include <string.h>

#include "agents/cap.h"
#include "agents/objects.h"
#include "tests/figure.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 9, OTHER = 10, DOORS = 8, ROUNDS = 150 };

static struct site site;
static uint64_t stranger;
static uint64_t host;
static uint8_t door[SERAI_HEAP_NUMBER_BYTES];  /* of the host */
static uint8_t other[SERAI_HEAP_NUMBER_BYTES]; /* of the stranger, who hears what comes of it */
static struct heard heard;                     /* by the stranger */
static struct serai_event event;               /* of the host's last message */
static bool brought;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    stranger = puppet_new(&site, 1, MONEY, "sc");
    host = puppet_new(&site, 2, MONEY, "sct");
    puppet_publish(&site, host, BADGE, 0, door);
    puppet_publish(&site, stranger, OTHER, 0, other);
    memset(&heard, 0, sizeof heard);
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- parts ---- */

static int64_t send(struct part *part, int64_t to, const int32_t *caps, int32_t count,
                    int64_t reply)
{
    memcpy(part_memory(part, AT_CAPS, 4 * SERAI_MESSAGE_CAPS_MAX), caps, 4 * (size_t)count);
    return part_order(part, facet_send, to, AT_DATA, 1, AT_CAPS, count, 0,
                      part_order(part, facet_postage, to), reply);
}

/* So many of eight new facets, once, and asks; then it only hears. */
static enum engine_outcome brings(void *context, struct part *part)
{
    const int32_t *count = context;
    int32_t caps[DOORS];
    int64_t to;

    if (brought)
        return puppet_hears(&heard, part);
    brought = true;
    to = part_fetch(part, door);
    for (int i = 0; i < DOORS; i++)
        caps[i] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, i, 0);
    ck_assert_int_eq(send(part, to, caps, *count, caps[0]), 0);
    for (int i = 0; i < DOORS; i++)
        ck_assert_int_eq(part_order(part, cap_drop, caps[i]), 0);
    ck_assert_int_eq(part_order(part, cap_drop, to), 0);
    return ENGINE_DONE;
}

/* The host does this with each message. */
static void comes(int32_t count, part_fn then, void *context)
{
    brought = false;
    memset(&heard, 0, sizeof heard);
    probe_play(host, then, context);
    puppet_play(&site, stranger, brings, &count);
}

static uint32_t slots(uint64_t agent)
{
    return site_agent(&site, agent)->caps.used;
}

static void expect_kind(int64_t slot, uint8_t kind)
{
    const struct cap *cap = cap_table_at(&site_agent(&site, host)->caps, (uint64_t)slot);

    ck_assert_uint_eq(cap == NULL ? SERAI_KIND_EMPTY : cap->kind, kind);
}

static enum engine_outcome looks(void *context, struct part *part)
{
    (void)context;
    part_event(part, &event);
    for (int32_t i = 0; i < event.cap_count; i++)
        ck_assert_int_eq(part_order(part, cap_kind, event.caps[i]), SERAI_KIND_FACET);
    return ENGINE_DONE;
}

/* ---- what stays ---- */

START_TEST(a_stranger_fills_nothing)
{
    uint32_t before = slots(host);

    for (int i = 0; i < ROUNDS; i++) {
        comes(DOORS, looks, NULL);
        ck_assert_int_eq(event.cap_count, DOORS);
        ck_assert_int_ge(event.reply, 0);
    }
    ck_assert_uint_eq(slots(host), before);
    ck_assert_uint_le(site_agent(&site, host)->caps.highest, before + 1 + DOORS + 1);
    ck_assert_uint_eq(site_agent(&site, host)->usage.traps, 0);
}
END_TEST

static enum engine_outcome keeps_two(void *context, struct part *part)
{
    (void)looks(context, part);
    ck_assert_int_eq(part_order(part, cap_keep, event.caps[1]), 0);
    ck_assert_int_eq(part_order(part, cap_keep, event.caps[1]), 0); /* it is kept already */
    ck_assert_int_eq(part_order(part, cap_keep, event.caps[3]), 0);
    ck_assert_int_eq(part_order(part, cap_keep, SERAI_SLOT_SELF), 0); /* it stays anyway */
    ck_assert_int_eq(part_order(part, cap_keep, SERAI_SLOTS_MAX - 1), SERAI_E_SLOT);
    return ENGINE_DONE;
}

START_TEST(what_is_kept_stays_over_a_restart)
{
    uint32_t before = slots(host);

    comes(4, keeps_two, NULL);
    ck_assert_uint_eq(slots(host), before + 2);
    for (int restart = 0; restart < 2; restart++) {
        expect_kind(event.caps[0], SERAI_KIND_EMPTY);
        expect_kind(event.caps[1], SERAI_KIND_FACET);
        expect_kind(event.caps[2], SERAI_KIND_EMPTY);
        expect_kind(event.caps[3], SERAI_KIND_FACET);
        expect_kind(event.reply, SERAI_KIND_EMPTY);
        site_reload_same(&site);
    }
}
END_TEST

static enum engine_outcome keeps_and_traps(void *context, struct part *part)
{
    (void)keeps_two(context, part);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(a_turn_that_is_undone_keeps_nothing)
{
    uint32_t before = slots(host);

    comes(4, keeps_and_traps, NULL);
    ck_assert_uint_eq(site_agent(&site, host)->usage.traps, 1);
    ck_assert_uint_eq(slots(host), before);
    comes(4, looks, NULL); /* nor is anything kept of what comes into those slots next */
    ck_assert_uint_eq(slots(host), before);
}
END_TEST

/* All but what is held for a turn's fuel, which then is less than a full turn's. */
static enum engine_outcome gives_its_money(void *context, struct part *part)
{
    int64_t to = part_fetch(part, other);

    (void)context;
    ck_assert_int_eq(
        part_order(part, facet_fund, to, part_order(part, self_balance, SERAI_SLOT_SELF) - 100), 0);
    return ENGINE_DONE;
}

static enum engine_outcome keeps_for_more_money(void *context, struct part *part)
{
    int *tries = context;

    (void)keeps_two(NULL, part);
    return (*tries)++ == 0 ? ENGINE_OUT_OF_FUEL : ENGINE_DONE;
}

/* The message waits with all that it brings, and brings it again. */
START_TEST(an_event_that_ran_out_of_money_is_lent_nothing_meanwhile)
{
    int tries = 0;
    uint32_t before;

    puppet_play(&site, host, gives_its_money, NULL);
    before = slots(host);
    comes(4, keeps_for_more_money, &tries);
    ck_assert_int_eq(tries, 1);
    ck_assert_uint_eq(slots(host), before);
    site_reload_same(&site);
    ck_assert_int_eq(site_fund(&site, 2, host, MONEY), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(tries, 2);
    ck_assert_uint_eq(slots(host), before + 2);
}
END_TEST

/* Into the slot that the first one left comes what an order answers: that is its own. */
static enum engine_outcome drops_and_makes(void *context, struct part *part)
{
    int64_t *made = context;

    (void)looks(NULL, part);
    ck_assert_int_eq(part_order(part, cap_drop, event.caps[0]), 0);
    made[0] = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    ck_assert_int_eq(made[0], event.caps[0]);
    made[1] = part_fetch(part, other);
    return ENGINE_DONE;
}

START_TEST(what_orders_answer_stays)
{
    int64_t made[2];
    uint32_t before = slots(host);

    comes(2, drops_and_makes, made);
    ck_assert_uint_eq(slots(host), before + 2);
    expect_kind(made[0], SERAI_KIND_FACET);
    expect_kind(made[1], SERAI_KIND_FACET);
}
END_TEST

static enum engine_outcome becomes(void *context, struct part *part)
{
    if (part->kind == SERAI_EVENT_BECAME)
        return ENGINE_DONE;
    (void)keeps_two(context, part);
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    ck_assert_int_eq(part_order(part, self_become, SERAI_SLOT_SELF, AT_ID, AT_DATA, 0), 0);
    return ENGINE_DONE;
}

START_TEST(becoming_another_keeps_no_more)
{
    uint32_t before = slots(host);

    comes(4, becomes, NULL);
    ck_assert_uint_eq(slots(host), before + 2);
}
END_TEST

static enum engine_outcome answers_with_eight(void *context, struct part *part)
{
    int32_t caps[DOORS];

    (void)context;
    part_event(part, &event);
    for (int i = 0; i < DOORS; i++)
        caps[i] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, i, 0);
    ck_assert_int_eq(send(part, event.reply, caps, DOORS, SERAI_SLOT_NONE), 0);
    return ENGINE_DONE;
}

START_TEST(what_an_answer_brings_is_lent_too)
{
    uint32_t before;

    comes(0, looks, NULL);
    before = slots(stranger);
    comes(0, answers_with_eight, NULL);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->cap_count, DOORS);
    ck_assert_uint_eq(slots(stranger), before);
}
END_TEST

/* ---- what one has oneself ---- */

/* The host's own door, and a clock, of which the host has one too. */
static enum engine_outcome brings_what_is_held(void *context, struct part *part)
{
    int32_t clock = *(const int32_t *)context;
    int64_t to = part_fetch(part, door);
    int32_t caps[3] = {(int32_t)to, (int32_t)to, clock};

    ck_assert_int_eq(part_order(part, cap_kind, clock), SERAI_KIND_CLOCK);
    ck_assert_int_eq(send(part, to, caps, 3, SERAI_SLOT_NONE), 0);
    return ENGINE_DONE;
}

static enum engine_outcome drops_all(void *context, struct part *part)
{
    (void)context;
    part_event(part, &event);
    for (int32_t i = 0; i < event.cap_count; i++)
        ck_assert_int_eq(part_order(part, cap_drop, event.caps[i]), 0);
    return ENGINE_DONE;
}

START_TEST(who_drops_what_came_has_its_own_still)
{
    int32_t clock = SERAI_SLOT_FIRST_FREE + 1; /* the second gift, of both */
    uint32_t before = slots(host);
    int64_t own = SERAI_SLOT_FIRST_FREE + 3; /* the facet behind the door */

    expect_kind(clock, SERAI_KIND_CLOCK);
    expect_kind(own, SERAI_KIND_FACET);
    probe_play(host, drops_all, NULL);
    puppet_play(&site, stranger, brings_what_is_held, &clock);
    ck_assert_int_eq(event.cap_count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(event.caps[i], own);
    ck_assert_int_ne(event.caps[0], event.caps[1]);
    figure_tells(3, "capabilities of its own lost by who drops what came",
                 "its timer, clock or door", (double)before - slots(host), 0, "of 3");
    expect_kind(clock, SERAI_KIND_CLOCK);
    expect_kind(own, SERAI_KIND_FACET);
    ck_assert_uint_eq(slots(host), before);
}
END_TEST

/* Slots do not tell what is the same: an order does. */
static enum engine_outcome compares(void *context, struct part *part)
{
    const int64_t *own = context;
    int32_t clock = SERAI_SLOT_FIRST_FREE + 1;

    part_event(part, &event);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(part_order(part, cap_same, event.caps[i], *own), 1);
        ck_assert_int_eq(part_order(part, cap_same, *own, event.caps[i]), 1);
        ck_assert_int_eq(part_order(part, cap_same, event.caps[i], event.caps[2]), 0);
    }
    ck_assert_int_eq(part_order(part, cap_same, clock, event.caps[2]), 1);
    ck_assert_int_eq(part_order(part, cap_same, *own, SERAI_SLOTS_MAX - 1), SERAI_E_SLOT);
    ck_assert_int_eq(part_order(part, cap_same, SERAI_SLOTS_MAX - 1, *own), SERAI_E_SLOT);
    return ENGINE_DONE;
}

START_TEST(what_came_is_told_apart_from_what_one_has)
{
    int32_t clock = SERAI_SLOT_FIRST_FREE + 1;
    int64_t own = SERAI_SLOT_FIRST_FREE + 3;

    probe_play(host, compares, &own);
    puppet_play(&site, stranger, brings_what_is_held, &clock);
    ck_assert_int_eq(event.cap_count, 3);
}
END_TEST

/* Its own door's number, told by a stranger. */
static enum engine_outcome fetches_and_drops(void *context, struct part *part)
{
    int64_t *own = context;
    int64_t slot = part_fetch(part, door);

    ck_assert_int_ne(slot, *own);
    ck_assert_int_eq(part_order(part, cap_drop, slot), 0);
    ck_assert_int_eq(part_order(part, cap_kind, *own), SERAI_KIND_FACET);
    return ENGINE_DONE;
}

START_TEST(nor_does_who_drops_what_a_number_names)
{
    int64_t own = SERAI_SLOT_FIRST_FREE + 3;

    puppet_play(&site, host, fetches_and_drops, &own);
    expect_kind(own, SERAI_KIND_FACET);
}
END_TEST

static enum engine_outcome shares_and_drops(void *context, struct part *part)
{
    int64_t buffer = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 100);
    int64_t mine = part_order(part, buffer_share, buffer, SERAI_RIGHT_READ);
    int64_t theirs = part_order(part, buffer_share, buffer, SERAI_RIGHT_READ);

    (void)context;
    ck_assert_int_ne(mine, theirs);
    ck_assert_int_eq(part_order(part, cap_same, mine, theirs), 1);
    ck_assert_int_eq(part_order(part, cap_same, mine, buffer), 0); /* less rights */
    ck_assert_int_eq(part_order(part, cap_drop, theirs), 0);
    ck_assert_int_eq(part_order(part, buffer_size, mine), 100);
    return ENGINE_DONE;
}

START_TEST(nor_does_who_drops_one_share_of_a_buffer)
{
    puppet_play(&site, host, shares_and_drops, NULL);
}
END_TEST

/* ---- what goes on from there ---- */

static enum engine_outcome passes_on(void *context, struct part *part)
{
    (void)looks(context, part);
    ck_assert_int_eq(send(part, part_fetch(part, other), event.caps, event.cap_count, event.reply),
                     0);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, event.caps[0], AT_NUMBER), 0);
    return ENGINE_DONE;
}

START_TEST(what_is_lent_can_be_handed_on)
{
    const struct serai_event *last;

    comes(2, passes_on, NULL);
    last = heard_last(&heard, SERAI_EVENT_MESSAGE);
    ck_assert_uint_eq(last->badge, OTHER);
    ck_assert_int_eq(last->cap_count, 2);
    ck_assert_int_ge(last->reply, 0);
    /* Who heard it said nothing, and hears that, since it is who asked. */
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
    ck_assert_uint_eq(site.core->agents->heap.count, 3);
}
END_TEST

/* ---- births ---- */

static enum engine_outcome has_child(void *context, struct part *part)
{
    int32_t caps[DOORS];

    (void)context;
    for (int i = 0; i < DOORS; i++)
        caps[i] = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, i, 0);
    memcpy(part_memory(part, AT_CAPS, sizeof caps), caps, sizeof caps);
    ck_assert_int_ge(part_order(part, code_kept, SERAI_SLOT_CODE, 0, AT_ID), 0);
    ck_assert_int_ge(part_order(part, spawn, SERAI_SLOT_FIRST_FREE, AT_ID, AT_DATA, 0, AT_CAPS,
                                DOORS, 0, 20000000),
                     0);
    return ENGINE_DONE;
}

START_TEST(what_it_is_born_with_is_a_childs_own)
{
    struct deploy how = {.module = "spin", .nanos = MONEY, .gifts = "s", .keeps = "thief"};
    uint64_t parent = site_deploy(&site, 1, &how);
    uint64_t child = parent + 1;

    puppet_play(&site, parent, has_child, NULL);
    ck_assert_uint_eq(site_agent(&site, child)->parent, parent);
    ck_assert_uint_eq(site_agent(&site, child)->usage.turns, 1);
    site_reload_same(&site);
    for (uint64_t i = 0; i < DOORS; i++) {
        const struct cap *cap =
            cap_table_at(&site_agent(&site, child)->caps, SERAI_SLOT_FIRST_FREE + i);
        const struct object *facet =
            object_find(&site.core->agents->objects, cap->object, OBJECT_FACET);

        ck_assert(facet != NULL && facet->owner == parent && facet->u.facet.badge == i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core lent");
    TCase *tcase = tcase_create("lent");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_stranger_fills_nothing);
    tcase_add_test(tcase, what_is_kept_stays_over_a_restart);
    tcase_add_test(tcase, a_turn_that_is_undone_keeps_nothing);
    tcase_add_test(tcase, an_event_that_ran_out_of_money_is_lent_nothing_meanwhile);
    tcase_add_test(tcase, what_orders_answer_stays);
    tcase_add_test(tcase, becoming_another_keeps_no_more);
    tcase_add_test(tcase, what_an_answer_brings_is_lent_too);
    tcase_add_test(tcase, who_drops_what_came_has_its_own_still);
    tcase_add_test(tcase, what_came_is_told_apart_from_what_one_has);
    tcase_add_test(tcase, nor_does_who_drops_what_a_number_names);
    tcase_add_test(tcase, nor_does_who_drops_one_share_of_a_buffer);
    tcase_add_test(tcase, what_is_lent_can_be_handed_on);
    tcase_add_test(tcase, what_it_is_born_with_is_a_childs_own);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
