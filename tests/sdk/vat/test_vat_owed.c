/* What a vat owes: answers, money that goes on, and room for its owner, whoever visits it. */
#include <stdio.h>
#include <string.h>

#include "tests/sdk/vat/visit.h"

enum { ROUNDS = 100, PRICE = 700, BACK = 300, TARGET_BADGE = 5, SMALL = 24 };

/* ---- replies ---- */

static uint8_t door[SERAI_HEAP_NUMBER_BYTES]; /* of the stranger */
static uint64_t client;                       /* who asks the stranger something */

static enum engine_outcome asks_stranger(void *context, struct part *part)
{
    struct heard *hears = context;
    int64_t to;

    if (part->kind == SERAI_EVENT_FAILED)
        return puppet_hears(hears, part);
    if (hears->count > 0)
        return ENGINE_DONE;
    to = part_fetch(part, door);
    ck_assert_int_eq(part_order(part, facet_send, to, AT_DATA, 0, AT_CAPS, 0, 0, POSTAGE,
                                part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0)),
                     0);
    ck_assert_int_eq(part_order(part, cap_drop, to), 0);
    return ENGINE_DONE;
}

/* The client's question is no object: the stranger hands its reply to the vat as if it were one. */
static enum engine_outcome hands_over(void *context, struct part *part)
{
    const char *body = context;
    struct serai_event event;
    int64_t to;

    part_event(part, &event);
    if (event.reply == SERAI_SLOT_NONE)
        return puppet_hears(&heard, part);
    to = part_fetch(part, numbers[SEAL]);
    memcpy(part_memory(part, AT_CAPS, 4), &event.reply, 4);
    memcpy(part_memory(part, AT_DATA, (uint32_t)strlen(body)), body, strlen(body));
    ck_assert_int_eq(part_order(part, facet_send, to, AT_DATA, (int64_t)strlen(body), AT_CAPS, 1, 0,
                                POSTAGE, part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0)),
                     0);
    return ENGINE_DONE;
}

static void reply_is_refused(const char *body)
{
    struct heard clients = {0};
    uint32_t slots = site_agent(&site, zoo)->caps.used;

    memset(&heard, 0, sizeof heard);
    probe_play(stranger, hands_over, (void *)(uintptr_t)body);
    puppet_play(&site, client, asks_stranger, &clients);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_MALFORMED);
    ck_assert_uint_eq(clients.count, 1); /* no answer comes */
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots);
}

/* Kept as an object, the reply of one could be told to another, who would answer in its place. */
START_TEST(a_reply_is_no_object)
{
    client = puppet_new(&site, 1, MONEY, "");
    puppet_publish(&site, stranger, BADGE, 0, door);
    reply_is_refused("[4'seal<3'cap0+>]");
    reply_is_refused("seal @0");
    reply_is_refused("[4'once1+2+<3'cap0+>]");
}
END_TEST

/* Where nothing has a price, no facet asks for postage, and a reply is told all the same. */
START_TEST(a_reply_is_no_object_where_all_is_free)
{
    struct speech seals = {.object = SEAL, .body = "[4'seal<3'cap0+>]", .caps = 1};

    site.book.compute = money_zero();
    site_reload(&site);
    client = puppet_new(&site, 1, MONEY, "");
    puppet_publish(&site, stranger, BADGE, 0, door);
    reply_is_refused("[4'seal<3'cap0+>]");
    say(&seals);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->cap_count, 1);
}
END_TEST

/* Nor can a vat tell it to others itself. */
START_TEST(a_question_that_waits_is_told_to_nobody)
{
    struct speech waits = {.object = AGENCY, .body = "[4'wait]"};
    struct speech tells = {.object = AGENCY, .body = "[4'tell<3'cap0+>]", .caps = 1};
    struct speech answers = {.object = AGENCY, .body = "[6'answer5+]"};

    say(&waits);
    ck_assert_uint_eq(heard.count, 0);
    fails_with(&tells, VAT_NO_OBJECT);
    say(&answers); /* both hear */
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 2);
}
END_TEST

/* ---- answers that nobody takes ---- */

START_TEST(an_answer_to_who_is_gone_leaves_nothing)
{
    struct speech waits = {.object = AGENCY, .body = "[4'wait]", .gives_up = true};
    struct speech answers = {.object = AGENCY, .body = "[6'answer5+]"};
    uint32_t slots = 0;

    for (int i = 0; i < ROUNDS; i++) {
        say(&waits);
        say(&answers);
        ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
        if (i == 0)
            slots = site_agent(&site, zoo)->caps.used;
    }
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots);
}
END_TEST

/* What is put is for the first who still waits. */
START_TEST(a_queue_passes_over_who_is_gone)
{
    struct speech leaves = {.object = QUEUE, .body = "[4'take]", .gives_up = true};
    struct speech takes = {.object = QUEUE, .body = "[4'take]"};
    struct speech puts = {.object = QUEUE, .body = "[3'put5+]"};

    for (int i = 0; i < 2 * VAT_OBJECTS_MAX; i++) /* its bound is for those who wait */
        say(&leaves);
    say(&takes);
    ck_assert_uint_eq(heard.count, 0);
    say(&leaves);
    say(&puts);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 2);
    say(&leaves);
    say(&puts);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    say(&takes);
    ck_assert_int_eq(heard.first_byte[0], '5');
}
END_TEST

/* Its bytes of events are the asker's own matter: it loses its answer, and others go on. */
START_TEST(an_answer_without_room_stops_nobody_else)
{
    struct speech takes = {.object = QUEUE, .body = "[4'take]"};
    struct speech puts_much = {.object = QUEUE, .body = "[3'put22\"1234567890123456789012]"};
    struct speech puts = {.object = QUEUE, .body = "[3'put5+]"};

    site.book.customer_event_bytes_max = SMALL;
    site_reload(&site);
    say(&takes);
    ck_assert_uint_eq(heard.count, 0);
    say(&puts_much);
    ck_assert_uint_eq(heard.count, 2);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_LOST);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1); /* it was put */
    say(&takes);
    say(&puts);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 2);
}
END_TEST

/* An answer at once is another thing: what was asked is undone, and stops nobody. */
START_TEST(an_answer_without_room_undoes_what_was_asked)
{
    struct speech takes = {.object = QUEUE, .body = "[4'take]"};
    struct speech puts_much = {.object = QUEUE, .body = "[3'put22\"1234567890123456789012]"};

    say(&puts_much);
    site.book.customer_event_bytes_max = SMALL;
    site_reload(&site);
    fails_with(&takes, VAT_LOST);
    site.book.customer_event_bytes_max = 2 * SMALL;
    site_reload(&site);
    say(&takes);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
}
END_TEST

/* ---- money that goes on ---- */

/* What another agent does with a message that was handed on to it. */
struct target {
    int32_t fails;  /* with this code; 0: it answers */
    int64_t answer; /* so much money, and bytes that are no value */
    int64_t money;  /* that came last */
    bool drops;     /* neither */
};

static uint64_t target;
static uint8_t target_number[SERAI_HEAP_NUMBER_BYTES];

static enum engine_outcome is_target(void *context, struct part *part)
{
    struct target *how = context;
    struct serai_event event;

    part_event(part, &event);
    how->money = event.money;
    memcpy(part_memory(part, AT_DATA, 5), "\xff\xfe!no", 5);
    if (how->fails != 0)
        return part_fail(part, how->fails, AT_DATA, 5);
    if (!how->drops)
        ck_assert_int_eq(part_order(part, facet_send, event.reply, AT_DATA, 5, AT_CAPS, 0,
                                    how->answer, 0, SERAI_SLOT_NONE),
                         0);
    return ENGINE_DONE;
}

/* The slot of an object in front of the target, which agency makes by this body. */
static int64_t in_front(const char *body, struct target *how)
{
    struct speech makes = {.object = AGENCY, .body = body, .caps = 1};

    target = puppet_new(&site, 1, MONEY, "");
    puppet_publish(&site, target, TARGET_BADGE, 0, target_number);
    probe_play(target, is_target, how);
    makes.gives = target_number;
    return say_and_keep(&makes);
}

/* The balances of the two, but for fees and postage. */
static void paid(uint64_t before, uint64_t vat_before, int64_t spent)
{
    uint64_t now = site_balance(&site, stranger) + (uint64_t)spent;

    ck_assert_uint_le(now, before);
    ck_assert_uint_ge(now + POSTAGE + 500, before);
    ck_assert_uint_le(site_balance(&site, zoo), vat_before + POSTAGE);
    ck_assert_uint_ge(site_balance(&site, zoo) + 500, vat_before);
}

static void comes_back(int32_t status)
{
    const struct serai_event *failed = heard_last(&heard, SERAI_EVENT_FAILED);

    ck_assert_int_eq(failed->status, status);
    ck_assert_int_eq(failed->money, PRICE);
}

static const char *const fronts[] = {"[7'forward<3'cap0+>]", "[4'once<3'cap0+>]",
                                     "[8'restrict<3'cap0+>3\"pay]", "[4'lend<3'cap0+>]"};

/* It comes back to who paid, with the reason, as if nothing stood between. */
START_TEST(money_comes_back_from_behind_the_one_in_front)
{
    struct target how = {.fails = 5000};
    struct speech pays = {.body = "[3'pay<5'money700+>]", .money = PRICE};
    uint64_t before;
    uint64_t vat_before;

    pays.slot = in_front(fronts[_i], &how);
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&pays);
    ck_assert_int_eq(how.money, PRICE);
    ck_assert_uint_eq(heard.count, 1);
    comes_back(5000);
    paid(before, vat_before, 0);
}
END_TEST

START_TEST(money_comes_back_however_the_other_one_fails)
{
    struct target how = {.drops = true};
    struct speech pays = {.body = "[3'pay<5'money700+>]", .money = PRICE};
    uint64_t before;
    uint64_t vat_before;

    pays.slot = in_front(fronts[0], &how);
    say(&pays); /* it takes the money and says nothing: that is its own affair */
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->money, 0);

    probe_play(target, NULL, NULL); /* it is out of fuel */
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&pays);
    comes_back(1);
    paid(before, vat_before, 0);

    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", target), CONTROL_DONE);
    site_settle(&site);
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&pays); /* and is dead, so that nothing goes on to it */
    comes_back(VAT_LOST);
    paid(before, vat_before, 0);
}
END_TEST

/* The answer is the other one's, whatever it is, and so is the money that it brings. */
START_TEST(an_answer_for_money_comes_as_it_is)
{
    struct target how = {.answer = BACK};
    struct speech pays = {.body = "[3'pay<5'money700+>]", .money = PRICE};
    uint64_t before;
    uint64_t vat_before;

    pays.slot = in_front(fronts[0], &how);
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&pays);
    ck_assert_int_eq(how.money, PRICE);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->money, BACK);
    ck_assert_int_eq(heard.first_byte[0], 0xff);
    paid(before, vat_before, PRICE - BACK);
}
END_TEST

/* Nobody would hear that it was refused, so nobody could have it back. */
START_TEST(money_does_not_go_on_without_a_question)
{
    struct target how = {.answer = BACK};
    struct speech pays = {.body = "[3'pay<5'money700+>]", .money = PRICE, .sends = true};
    uint64_t before;
    uint64_t vat_before;

    pays.slot = in_front(fronts[0], &how);
    how.money = -1;
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&pays);
    ck_assert_int_eq(how.money, -1);
    paid(before, vat_before, 0);
}
END_TEST

/* Who refuses later gives back what came with the question. */
START_TEST(a_question_that_is_refused_later_has_its_money_back)
{
    struct speech waits = {.object = AGENCY, .body = "[4'wait]", .money = 100 * PRICE};
    struct speech refuses = {.object = AGENCY, .body = "[6'refuse70000+]"};
    uint64_t before = site_balance(&site, stranger);

    say(&waits);
    say(&refuses);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_CODE_OWN);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->money, 100 * PRICE);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    ck_assert_uint_ge(site_balance(&site, stranger) + 4 * POSTAGE, before);
}
END_TEST

/* There is no room for the answer, but money takes none. */
START_TEST(money_of_an_answer_without_room_gets_there)
{
    struct speech waits = {.object = AGENCY, .body = "[4'wait]", .money = 100 * PRICE};
    struct speech pays = {.object = AGENCY, .body = "[3'pay70000+]"};
    uint64_t before = site_balance(&site, stranger);

    site.book.customer_event_bytes_max = SMALL / 2;
    site_reload(&site);
    say(&waits);
    say(&pays);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_LOST);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    ck_assert_uint_ge(site_balance(&site, stranger) + 4 * POSTAGE, before);
}
END_TEST

/* ---- money that is paid out ---- */

START_TEST(a_purse_keeps_what_nobody_takes)
{
    struct speech fills = {.object = BANK, .body = "[5'purse<5'money700+>]", .money = PRICE};
    struct speech sends = {.body = "[7'pay-out700+]", .sends = true};
    struct speech leaves = {.body = "[7'pay-out700+]", .gives_up = true};
    struct speech asks = {.body = "[7'pay-out700+]"};
    uint64_t before;
    uint64_t vat_before;

    sends.slot = leaves.slot = asks.slot = say_and_keep(&fills);
    say(&sends);
    say(&leaves);
    before = site_balance(&site, stranger);
    vat_before = site_balance(&site, zoo);
    say(&asks);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->money, PRICE);
    ck_assert_uint_ge(site_balance(&site, stranger) + POSTAGE + 500, before + PRICE);
    ck_assert_uint_le(site_balance(&site, zoo) + PRICE, vat_before + POSTAGE);
}
END_TEST

/* ---- those who are gone ---- */

/* An object is told of a facet that ends with the turn. */
struct going {
    int object;
    const char *body;
};

static enum engine_outcome tells_and_goes(void *context, struct part *part)
{
    const struct going *going = context;
    int64_t size = (int64_t)strlen(going->body);
    int64_t to = part_fetch(part, numbers[going->object]);
    int32_t cap = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    memcpy(part_memory(part, AT_CAPS, 4), &cap, 4);
    memcpy(part_memory(part, AT_DATA, (uint32_t)size), going->body, (size_t)size);
    ck_assert_int_eq(
        part_order(part, facet_send, to, AT_DATA, size, AT_CAPS, 1, 0, POSTAGE, SERAI_SLOT_NONE),
        0);
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, cap), 0);
    ck_assert_int_eq(part_order(part, cap_drop, to), 0);
    return ENGINE_DONE;
}

/* They do not take the places of those who listen, and are let go when something is published. */
START_TEST(a_topic_forgets_listeners_that_are_gone)
{
    struct speech listens = {.object = TOPIC, .body = "[9'subscribe<3'cap0+>]", .caps = 1};
    struct speech publishes = {.object = TOPIC, .body = "[7'publish5+]"};
    struct going going = {TOPIC, "[9'subscribe<3'cap0+>]"};
    uint32_t slots = site_agent(&site, zoo)->caps.used;

    say(&listens);
    for (int i = 0; i < ROUNDS; i++)
        puppet_play(&site, stranger, tells_and_goes, &going);
    say(&listens);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_FAILED), 0);
    say(&publishes);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 3);
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots + 2);
}
END_TEST

/* Who waits for what is gone is told so, and the turn that waits goes on. */
START_TEST(what_is_gone_is_heard_of)
{
    struct going going = {AGENCY, "[6'follow<3'cap0+>]"};
    uint32_t slots = site_agent(&site, zoo)->caps.used;

    puppet_play(&site, stranger, tells_and_goes, &going);
    ck_assert(site_logged(&site, zoo, "caught -9: it is gone"));
    ck_assert_uint_eq(site_agent(&site, zoo)->usage.traps, 0);
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots);
}
END_TEST

/* ---- logs ---- */

/* What an object in front writes is bounded, however much is said: what it stands for gets it all.
 */
START_TEST(a_long_message_is_logged_in_short)
{
    static char body[8000];
    struct speech makes = {.object = AGENCY, .body = "[3'log<3'cap0+><3'cap1+>3\"Bob]", .caps = 2};
    struct speech speaks = {.body = body};
    int at = snprintf(body, sizeof body, "[5'words");

    for (int i = 0; i < VAT_ARGS_MAX; i++)
        at += snprintf(body + at, sizeof body - (size_t)at, "900\"%0900d", 7);
    (void)snprintf(body + at, sizeof body - (size_t)at, "]");
    speaks.slot = say_and_keep(&makes);
    say(&speaks);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_FAILED), 1); /* it is silent about what it got */
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_SILENT);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 2);
    ck_assert_int_lt(heard.events[0].size, 120);
    ck_assert_int_eq(heard.events[1].size, (int32_t)strlen(body));
}
END_TEST

/* ---- room ---- */

START_TEST(a_list_and_a_queue_do_not_take_all_room)
{
    struct speech puts = {.object = QUEUE, .body = "[3'put5+]"};
    struct speech pushes = {.object = LIST, .body = "[4'push5+]"};
    struct speech pulls = {.object = LIST, .body = "[4'take]"};

    for (int i = 0; i < VAT_OBJECTS_MAX / 4; i++) {
        say(&puts);
        say(&pushes);
        ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    }
    fails_with(&puts, VAT_TOO_MUCH);
    fails_with(&pushes, VAT_TOO_MUCH);
    say(&pulls);
    ck_assert_int_eq(heard.first_byte[0], '5');
    say(&pushes);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
}
END_TEST

/* Whoever fills the table is refused, as are all others; the owner has room left. */
START_TEST(the_owner_has_room_when_strangers_have_taken_it_all)
{
    struct speech mints = {.object = MINT, .body = "[5'purse1+]", .keeps = true};
    struct speech balances = {.body = "[7'balance]"};
    int made = 0;

    for (; made < VAT_OBJECTS_MAX; made++) {
        say(&mints);
        if (heard_of(&heard, SERAI_EVENT_FAILED) > 0)
            break;
        balances.slot = mints.kept;
    }
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_TOO_MUCH);
    ck_assert_int_gt(made, VAT_OBJECTS_MAX / 2);
    say(&balances); /* what needs no room goes on */
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    ck_assert_int_eq(site_send(&site, 1, zoo, "objects 20", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, zoo, "ask", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert(site_logged(&site, zoo, "heard 1"));
}
END_TEST

static enum engine_outcome keeps_questions(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    return part_order(part, cap_keep, event.reply) == 0 ? ENGINE_DONE : ENGINE_TRAP_UNREACHABLE;
}

/* Questions whose answers never come. */
START_TEST(the_owner_asks_when_strangers_wait_for_ever)
{
    struct target how = {.drops = true};
    struct speech asks = {.object = AGENCY, .body = "[4'quiz<3'cap0+>]", .caps = 1};
    int waiting = 0;

    (void)in_front(fronts[0], &how);
    asks.gives = target_number;
    probe_play(target, keeps_questions, NULL);
    for (; waiting < 2 * VAT_WAITS_MAX; waiting++) {
        say(&asks);
        if (heard_of(&heard, SERAI_EVENT_FAILED) > 0)
            break;
    }
    ck_assert_int_eq(waiting, VAT_WAITS_MAX - VAT_WAITS_OWN);
    fails_with(&asks, VAT_TOO_MUCH);
    ck_assert_int_eq(site_send(&site, 1, zoo, "questions 8", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert(site_logged(&site, zoo, "heard 8"));
    /* They hear in the end, and then there is room again. */
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", target), CONTROL_DONE);
    site_settle(&site);
    ck_assert(site_logged(&site, zoo, "caught -9: it is gone"));
    asks.gives = NULL;
    say(&asks);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_FAILED), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vat_owed");
    TCase *tcase = tcase_create("vat_owed");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, visit_setup, visit_teardown);
    tcase_add_test(tcase, a_reply_is_no_object);
    tcase_add_test(tcase, a_reply_is_no_object_where_all_is_free);
    tcase_add_test(tcase, a_question_that_waits_is_told_to_nobody);
    tcase_add_test(tcase, an_answer_to_who_is_gone_leaves_nothing);
    tcase_add_test(tcase, a_queue_passes_over_who_is_gone);
    tcase_add_test(tcase, an_answer_without_room_stops_nobody_else);
    tcase_add_test(tcase, an_answer_without_room_undoes_what_was_asked);
    tcase_add_loop_test(tcase, money_comes_back_from_behind_the_one_in_front, 0,
                        (int)(sizeof fronts / sizeof fronts[0]));
    tcase_add_test(tcase, money_comes_back_however_the_other_one_fails);
    tcase_add_test(tcase, an_answer_for_money_comes_as_it_is);
    tcase_add_test(tcase, money_does_not_go_on_without_a_question);
    tcase_add_test(tcase, a_question_that_is_refused_later_has_its_money_back);
    tcase_add_test(tcase, money_of_an_answer_without_room_gets_there);
    tcase_add_test(tcase, a_purse_keeps_what_nobody_takes);
    tcase_add_test(tcase, a_topic_forgets_listeners_that_are_gone);
    tcase_add_test(tcase, what_is_gone_is_heard_of);
    tcase_add_test(tcase, a_long_message_is_logged_in_short);
    tcase_add_test(tcase, a_list_and_a_queue_do_not_take_all_room);
    tcase_add_test(tcase, the_owner_has_room_when_strangers_have_taken_it_all);
    tcase_add_test(tcase, the_owner_asks_when_strangers_wait_for_ever);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
