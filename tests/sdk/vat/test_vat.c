/* A vat that hears what no vat says: each is a stated refusal, costs its sender alone, and leaves
 * nothing behind. */
#include <stdio.h>
#include <string.h>

#include "tests/sdk/vat/visit.h"

enum { ROUNDS = 400, LONG = 9000, CHANCES = 3000, SAYING_BYTES_MAX = 64 };

/* ---- bodies ---- */

static const char *const malformed[] = {
    "\xff",
    "take \xc3",
    "[",
    "[]",
    "[t]",
    "[4\"take]",
    "[[]]",
    "[4'take",
    "[4'take]]",
    "[3'put01+]",
    "[3'put<3'cap0+>]",
    "[3'put<3'cap1->]",
    "[3'put<3'cap9223372036854775807+>]",
    "[3'put<5'money1235+>]",
    "[3'put<5'money1->]",
    "[3'put<5'money1000+><5'money235+>]",
    "[3'put1+2+3+4+5+6+7+8+9+]",
    "[3'put{1'b1+1'a2+}]",
    "[3'put2\"\xff\xff]",
    "[3'put[<3'cap0+>]]", /* what it means is not known where it is told next */
    "[3'put[1+<5'money1+>]]",
    "[3'put{1'a<3'cap0+>}]",
    "[3'put<3'box<3'box<5'money1+>>>]",
    "[3'put#<3'cap7+>$]",
};

START_TEST(what_is_no_message_between_objects_is_refused)
{
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct speech speech = {.body = malformed[i], .size = strlen(malformed[i]), .money = PAID};

        fails_with(&speech, VAT_MALFORMED);
    }
}
END_TEST

START_TEST(values_that_the_vat_knows_not_are_kept_as_they_are)
{
    static const char *const strange[] = {"[3'put[1+2+]]",    "[3'put{1'a1+}]", "[3'put<3'box0+>]",
                                          "[3'put<4'none>]",  "[3'put<3'cap>]", "[3'put#t$]",
                                          "[3'put2:\xff\xff]"};

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct speech puts = {.body = strange[i], .size = strlen(strange[i])};
        struct speech takes = {.body = "[4'take]", .size = 8};

        say(&puts);
        ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
        say(&takes);
        ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->size,
                         (int32_t)strlen(strange[i]) - 7);
        ck_assert_int_eq(heard.first_byte[0], strange[i][6]);
    }
}
END_TEST

START_TEST(a_body_that_is_too_long_is_refused)
{
    static char body[LONG];
    struct speech speech = {.body = body, .size = sizeof body};

    memset(body, 'x', sizeof body);
    fails_with(&speech, VAT_MALFORMED);
}
END_TEST

/* Money that came is told again as a number: it is paid once, however often it is said. */
START_TEST(money_is_not_paid_twice)
{
    struct speech puts = {.body = "[3'put<5'money1234+>]", .size = 21, .money = PAID};
    struct speech takes = {.body = "[4'take]", .size = 8};

    say(&puts);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->money, 0);
    say(&takes);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->money, 0);
    ck_assert_int_eq(heard.first_byte[0], '1');
}
END_TEST

/* ---- what only the site can say ---- */

/* A facet of the stranger's with the badge of each object of the vat, in turn. */
START_TEST(a_forged_badge_is_no_object)
{
    for (uint64_t index = 0; index < 24; index++) {
        struct speech speech = {.object = UNSEAL,
                                .body = "[6'unseal<3'cap0+>]",
                                .size = 19,
                                .caps = 1,
                                .badge = UINT64_C(1) << 32 | index};

        fails_with(&speech, VAT_NOT_YOURS);
    }
}
END_TEST

START_TEST(an_unsealer_opens_no_box_of_another_seal)
{
    struct speech seal = {.object = SEAL, .body = "[4'seal42+]", .size = 11};
    struct speech number = {.object = UNSEAL, .body = "[6'unseal42+]", .size = 13};

    say(&seal);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->cap_count, 1);
    fails_with(&number, VAT_NOT_YOURS);
    number.object = OTHER_UNSEAL;
    fails_with(&number, VAT_NOT_YOURS);
}
END_TEST

/* ---- what a stranger leaves behind ---- */

/* It asks a fortune for each message; the topic publishes all the same, and does not pay. */
START_TEST(a_greedy_listener_hears_nothing)
{
    struct speech listens = {.object = TOPIC,
                             .body = "[9'subscribe<3'cap0+>]",
                             .size = 22,
                             .caps = 1,
                             .asks = MONEY / 10};
    struct speech publishes = {.object = TOPIC, .body = "[7'publish5+]", .size = 13};
    uint64_t before;

    say(&listens);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    before = site_balance(&site, zoo);
    say(&publishes);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
    ck_assert_uint_ge(site_balance(&site, zoo) + 1000, before);
    /* Nor does anything stay of objects that were to be told to it and to nobody else. */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(site_send(&site, 1, zoo, "offers 20", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, zoo, "objects 200", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, zoo)->usage.traps, 0);
}
END_TEST

START_TEST(caps_that_nobody_keeps_fill_nothing)
{
    uint32_t slots = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct speech speech = {.object = MINT, .body = "[4'none<3'cap0+><3'cap1+>]", .caps = 8};

        if (i == 1)
            slots = site_agent(&site, zoo)->caps.used;
        speech.size = strlen(speech.body);
        say(&speech);
        ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_NO_METHOD);
    }
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots);
}
END_TEST

/* An object that was made for somebody who lets it go is let go here, too. */
START_TEST(what_nobody_holds_abroad_is_gone)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct speech speech = {.object = MINT, .body = "[5'purse1+]", .size = 11};

        say(&speech);
        ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->cap_count, 1);
    }
    ck_assert_uint_lt(site_agent(&site, zoo)->caps.used, 50);
}
END_TEST

/* Questions that wait for ever, each a kept reply: the table of the vat is their bound. */
START_TEST(replies_that_are_kept_have_a_bound)
{
    int kept = 0;
    struct speech puts = {.body = "[3'put5+]", .size = 9};

    for (; kept < ROUNDS; kept++) {
        struct speech takes = {.body = "[4'take]", .size = 8};

        say(&takes);
        if (heard.count > 0)
            break;
    }
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, VAT_TOO_MUCH);
    ck_assert_int_gt(kept, 50);
    ck_assert_int_lt(kept, VAT_OBJECTS_MAX);
    for (int i = 0; i < kept; i++) { /* each of them has its answer still */
        say(&puts);
        ck_assert_uint_eq(heard.count, 2);
        ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 2);
    }
    say(&puts);
    ck_assert_uint_eq(heard.count, 1);
}
END_TEST

/* ---- chance ---- */

static const struct saying {
    int object; /* that knows what is said */
    const char *body;
} sayings[] = {
    {QUEUE, "[3'put5+]"},
    {QUEUE, "[4'take]"},
    {QUEUE, "put 5"},
    {QUEUE, "take"},
    {TOPIC, "[9'subscribe<3'cap0+>]"},
    {TOPIC, "[11'unsubscribe<3'cap0+>]"},
    {TOPIC, "[7'publish<3'cap0+>]"},
    {MINT, "[5'purse9+]"},
    {MINT, "purse 3"},
    {BANK, "[5'purse<5'money7+>]"},
    {SEAL, "[4'seal[1+t]]"},
    {UNSEAL, "[6'unseal<3'cap1+>]"},
    {AGENCY, "[4'once<3'cap0+>]"},
    {AGENCY, "[3'log<3'cap0+><3'cap1+>3\"Bob]"},
    {AGENCY, "[4'lend<3'cap1+>]"},
    {AGENCY, "[6'revoke]"},
    {LIST, "[4'push2\"ab]"},
    {LIST, "[3'get0+]"},
    {LIST, "push @0"},
};

/* A saying, sometimes damaged or cut, sometimes to the wrong object. */
static void chance_says(struct rng *rng, struct speech *speech, char body[SAYING_BYTES_MAX])
{
    const struct saying *saying = &sayings[rng_below(rng, sizeof sayings / sizeof sayings[0])];
    size_t size = strlen(saying->body);

    (void)snprintf(body, SAYING_BYTES_MAX, "%s", saying->body);
    for (uint64_t changes = rng_below(rng, 6); changes > 3; changes--)
        body[rng_below(rng, size)] = (char)rng_below(rng, 256);
    *speech = (struct speech){.object = saying->object, .body = body, .size = size};
    if (rng_below(rng, 8) == 0)
        speech->object = (int)rng_below(rng, OBJECTS);
    if (rng_below(rng, 8) == 0)
        speech->size = rng_below(rng, size);
    speech->caps = (int)rng_below(rng, 3);
    speech->money = rng_coin(rng) ? 7 : 0;
}

/* Whatever is said: each question has one end, and what is left behind has a bound. */
START_TEST(the_vat_goes_on_whatever_it_is_told)
{
    struct rng rng = rng_for_test();
    int answered = 0;

    for (int i = 0; i < CHANCES; i++) {
        char body[SAYING_BYTES_MAX];
        struct speech speech;

        chance_says(&rng, &speech, body);
        say(&speech);
        ck_assert_uint_le(heard_of(&heard, SERAI_EVENT_FAILED), 1);
        answered += heard_of(&heard, SERAI_EVENT_MESSAGE) > 0;
        ck_assert_uint_lt(site_agent(&site, zoo)->caps.used, VAT_OBJECTS_MAX + 64);
    }
    ck_assert_int_gt(answered, CHANCES / 20);
    for (size_t i = 0; i < VAT_OBJECTS_MAX; i++) { /* takers that wait have an answer, or values */
        struct speech puts = {.body = i % 2 == 0 ? "[3'put5+]" : "[4'take]",
                              .size = i % 2 == 0 ? 9 : 8};

        say(&puts);
    }
    ck_assert(site_lives(&site, zoo));
}
END_TEST

/* ---- answers ---- */

static const char *answer; /* what the stranger answers, with a facet of its own */

/* Fails its question instead, with a reason that is no text. */
static enum engine_outcome fails(void *context, struct part *part)
{
    (void)context;
    memcpy(part_memory(part, AT_DATA, 6), "a\xff\x80\xc3?b", 6);
    return part_fail(part, VAT_CODE_OWN, AT_DATA, 6);
}

static enum engine_outcome answers(void *context, struct part *part)
{
    struct serai_event event;
    int64_t facet;

    (void)context;
    part_event(part, &event);
    facet = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    memcpy(part_memory(part, AT_CAPS, 4), &(int32_t){(int32_t)facet}, 4);
    for (uint32_t i = 0; i < strlen(answer); i++)
        *part_memory(part, AT_DATA + i, 1) = (uint8_t)answer[i];
    ck_assert_int_eq(part_order(part, facet_send, event.reply, AT_DATA, (int64_t)strlen(answer),
                                AT_CAPS, 1, 0, 0, SERAI_SLOT_NONE),
                     0);
    ck_assert_int_eq(part_order(part, cap_drop, facet), 0);
    return ENGINE_DONE;
}

/* A prompt that asks the stranger, and what it writes is looked for. */
static uint64_t prompt_new(void)
{
    static char args[64] = "at=";
    struct deploy how = {.module = "spritely/prompt", .args = args, .nanos = MONEY};
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint64_t prompt;

    puppet_publish(&site, stranger, BADGE, 0, number);
    for (int i = 0; i < SERAI_HEAP_NUMBER_BYTES; i++)
        (void)snprintf(args + 3 + 2 * i, 3, "%02x", number[i]);
    prompt = site_deploy(&site, 1, &how);
    site_settle(&site);
    probe_play(stranger, answers, NULL);
    return prompt;
}

static void prompt_hears(uint64_t prompt, const char *what, const char *logs)
{
    answer = what;
    ck_assert_int_eq(site_send(&site, 1, prompt, "question", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_msg(site_logged(&site, prompt, logs), "%s is not logged", logs);
}

START_TEST(an_answer_that_is_no_value_is_caught)
{
    uint64_t prompt = prompt_new();

    for (int i = 0; i < 2 * VAT_WAITS_MAX; i++)
        prompt_hears(prompt, i % 2 == 0 ? "garbage" : "<3'cap1+>",
                     "error 4100: the message is not one between objects");
    ck_assert_uint_eq(site_agent(&site, prompt)->usage.traps, 0);
    prompt_hears(prompt, "1234567+", "1234567");
}
END_TEST

START_TEST(a_reason_is_text)
{
    uint64_t prompt = prompt_new();

    probe_play(stranger, fails, NULL);
    prompt_hears(prompt, "", "error 4200: a????b");
    probe_play(stranger, answers, NULL);
    prompt_hears(prompt, "[<3'cap0+>]", "error 4100: a reference or money stands within another");
}
END_TEST

/* The prompt keeps ten objects, and its turn fails with each one more; nothing waits on for that.
 */
START_TEST(an_answer_whose_turn_fails_leaves_no_wait_behind)
{
    uint64_t prompt = prompt_new();

    for (int i = 0; i < 2 * VAT_WAITS_MAX; i++)
        prompt_hears(prompt, "<3'cap0+>", "object @2");
    ck_assert_uint_gt(site_agent(&site, prompt)->usage.traps, VAT_WAITS_MAX);
    prompt_hears(prompt, "1234567+", "1234567");
    ck_assert_uint_lt(site_agent(&site, prompt)->caps.used, 40);
}
END_TEST

/* An event of a badge of nobody: the front gives no such facet, but a word to it is words. */
START_TEST(a_message_without_an_object_is_refused)
{
    ck_assert_int_eq(site_send(&site, 1, zoo, "", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, zoo, "   ", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, zoo, "a b c d e f g h i j k", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert(site_logged(&site, zoo, "there is no method "));
    ck_assert(site_logged(&site, zoo, "the message is not one between objects"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vat");
    TCase *tcase = tcase_create("vat");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, visit_setup, visit_teardown);
    tcase_add_test(tcase, what_is_no_message_between_objects_is_refused);
    tcase_add_test(tcase, values_that_the_vat_knows_not_are_kept_as_they_are);
    tcase_add_test(tcase, a_body_that_is_too_long_is_refused);
    tcase_add_test(tcase, money_is_not_paid_twice);
    tcase_add_test(tcase, a_forged_badge_is_no_object);
    tcase_add_test(tcase, an_unsealer_opens_no_box_of_another_seal);
    tcase_add_test(tcase, a_greedy_listener_hears_nothing);
    tcase_add_test(tcase, caps_that_nobody_keeps_fill_nothing);
    tcase_add_test(tcase, what_nobody_holds_abroad_is_gone);
    tcase_add_test(tcase, replies_that_are_kept_have_a_bound);
    tcase_add_test(tcase, the_vat_goes_on_whatever_it_is_told);
    tcase_add_test(tcase, an_answer_that_is_no_value_is_caught);
    tcase_add_test(tcase, a_reason_is_text);
    tcase_add_test(tcase, an_answer_whose_turn_fails_leaves_no_wait_behind);
    tcase_add_test(tcase, a_message_without_an_object_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
