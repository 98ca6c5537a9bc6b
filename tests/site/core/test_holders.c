/* Who holds a facet besides its own agent is counted, and the agent can be told when nobody does.
 */
#include "tests/site/core/roles.h"

enum { MONEY = 50000000, BADGE = 77, HEAP = 5, SECOND = 6 };
/* Registers. */
enum { OWN = 1, AGAIN, OTHERS, THEIRS };

static struct site site;
static struct role owner;
static struct role holder;
static struct role third;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 3, 2000000000);
    role_new(&site, &owner, 1, MONEY);
    role_new(&site, &holder, 2, MONEY);
    role_new(&site, &third, 3, MONEY);
    /* The others can be reached by what the heap names. */
    role_publish(&site, &third, OWN, 1, SECOND);
    role_publish(&site, &holder, OWN, 1, HEAP);
    PLAY(&site, &owner, {VERB_FETCH, .number = HEAP, .into = OTHERS},
         {VERB_FACET_OF, .money = BADGE, .reply = SERAI_FACET_WATCH, .into = OWN});
}

static void teardown(void)
{
    site_end(&site);
}

static void holders_are(uint32_t expected)
{
    ck_assert_uint_eq(role_object(&site, &owner, OWN)->holders, expected);
    site_reload_same(&site);
    ck_assert_uint_eq(role_object(&site, &owner, OWN)->holders, expected);
}

/* The holder gets the owner's facet, and keeps it. */
static void hand_out(void)
{
    holder.reaction = REACTION_KEEPS;
    PLAY(&site, &owner, {VERB_SEND, .to = OTHERS, .cap = OWN});
    holder.registers[THEIRS] = holder.caps[holder.cap_count - 1];
    holders_are(1);
}

static void told(size_t times)
{
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&owner.heard, SERAI_EVENT_UNHELD), times);
    if (times == 0)
        return;
    ck_assert_uint_eq(heard_last(&owner.heard, SERAI_EVENT_UNHELD)->badge, BADGE);
    ck_assert_ptr_null(role_object(&site, &owner, OWN)); /* it is gone, and its slot is dead */
    site_holds_nothing(&site);
    PLAY(&site, &owner, {VERB_SEND, .to = OWN, .expects = SERAI_E_CLOSED});
}

/* ---- counting ---- */

START_TEST(its_own_slots_do_not_count)
{
    holders_are(0);
    PLAY(&site, &owner, {VERB_FACET_OF, .money = BADGE, .into = AGAIN},
         {VERB_SAME, .to = OWN, .cap = AGAIN, .expects = 1});
    holders_are(0);
    told(0);
}
END_TEST

START_TEST(slots_messages_and_the_heap_count)
{
    hand_out();
    PLAY(&site, &holder, {VERB_PUBLISH, .to = THEIRS, .number = 9});
    holders_are(2);
    ck_assert_int_eq(site_on_agent(&site, 3, "agent.freeze", third.agent), CONTROL_DONE);
    PLAY(&site, &holder, {VERB_FETCH, .number = SECOND, .into = OTHERS},
         {VERB_SEND, .to = OTHERS, .cap = THEIRS});
    holders_are(3); /* a message that waits */
    ck_assert_int_eq(site_on_agent(&site, 3, "agent.thaw", third.agent), CONTROL_DONE);
    site_settle(&site);
    holders_are(2); /* it was lent */
    PLAY(&site, &third, {VERB_TAKE, .number = 9, .into = THEIRS});
    holders_are(2);
    PLAY(&site, &third, {VERB_DROP, .to = THEIRS});
    holders_are(1);
    told(0);
}
END_TEST

START_TEST(what_an_undone_turn_did_counts_nothing)
{
    hand_out();
    PLAY(&site, &holder, {VERB_PUBLISH, .to = THEIRS, .number = 9}, {VERB_DROP, .to = THEIRS},
         {.verb = VERB_TRAP});
    holders_are(1);
    PLAY(&site, &owner, {VERB_SEND, .to = OTHERS, .cap = OWN}, {.verb = VERB_TRAP});
    holders_are(1);
    told(0);
}
END_TEST

/* ---- UNHELD ---- */

START_TEST(the_last_one_drops_it)
{
    hand_out();
    PLAY(&site, &holder, {VERB_DROP, .to = THEIRS});
    told(1);
}
END_TEST

START_TEST(the_last_one_dies)
{
    hand_out();
    PLAY(&site, &holder, {.verb = VERB_DIE});
    told(1);
}
END_TEST

START_TEST(it_was_only_lent)
{
    PLAY(&site, &owner, {VERB_SEND, .to = OTHERS, .cap = OWN});
    told(1);
}
END_TEST

START_TEST(the_message_that_brought_it_is_undone)
{
    holder.reaction = REACTION_TRAPS;
    PLAY(&site, &owner, {VERB_SEND, .to = OTHERS, .cap = OWN});
    told(1);
}
END_TEST

START_TEST(nobody_ever_held_it)
{
    PLAY(&site, &owner, {VERB_DROP, .to = OWN});
    told(0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), site_reserve(&site));
}
END_TEST

START_TEST(only_one_that_is_watched_is_told_of)
{
    hand_out();
    PLAY(&site, &owner, {VERB_FACET_OF, .money = 5, .into = AGAIN},
         {VERB_SEND, .to = OTHERS, .cap = AGAIN});
    PLAY(&site, &holder, {VERB_DROP, .from_kept = true, .to = 1});
    told(0);
    PLAY(&site, &owner, {VERB_STATE, .to = AGAIN});
}
END_TEST

/* UNHELD waits in the inbox of the owner, behind a message in whose turn it plays `steps`. */
static void owner_is_late(const struct step *steps, size_t count)
{
    hand_out();
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", owner.agent), CONTROL_DONE);
    role_will_play(&site, &owner, steps, count);
    PLAY(&site, &holder, {VERB_DROP, .to = THEIRS});
    ck_assert_int_eq(role_object(&site, &owner, OWN)->named, FACET_TOLD);
    site_reload_same(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", owner.agent), CONTROL_DONE);
    role_has_played(&site, &owner);
}

START_TEST(whoever_holds_it_again_keeps_it)
{
    const struct step again[] = {{VERB_FACET_OF, .money = BADGE, .into = OWN},
                                 {VERB_SEND, .to = OTHERS, .cap = OWN}};

    owner_is_late(again, 2);
    told(0);
    ck_assert_int_eq(role_object(&site, &owner, OWN)->named, FACET_WATCHED);
    holders_are(1);
    PLAY(&site, &holder, {VERB_DROP, .from_kept = true, .to = 1});
    told(1);
}
END_TEST

START_TEST(its_own_slot_does_not_keep_it)
{
    const struct step again[] = {{VERB_FACET_OF, .money = BADGE, .into = OWN}};

    owner_is_late(again, 1);
    told(1);
}
END_TEST

START_TEST(one_that_was_revoked_is_not_told_of)
{
    const struct step revokes[] = {{VERB_REVOKE, .to = OWN}};

    owner_is_late(revokes, 1);
    told(0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0); /* it came back */
}
END_TEST

START_TEST(it_is_told_once_though_the_turn_is_undone)
{
    hand_out();
    owner.reaction = REACTION_TRAPS;
    PLAY(&site, &holder, {VERB_DROP, .to = THEIRS});
    ck_assert_ptr_null(role_object(&site, &owner, OWN));
    owner.reaction = REACTION_HEARS;
    told(0); /* it was, in the turn that is undone */
}
END_TEST

START_TEST(a_question_that_waits_holds_the_facet_it_was_asked_with)
{
    hand_out();
    holder.reply_count = 0;
    PLAY(&site, &owner, {VERB_SEND, .to = OTHERS, .reply = OWN});
    holders_are(2);
    PLAY(&site, &holder, {VERB_DROP, .to = THEIRS});
    told(0);
    PLAY(&site, &holder, {VERB_ANSWER, .to = 0});
    ck_assert_uint_eq(heard_of(&owner.heard, SERAI_EVENT_MESSAGE), 1);
    told(1);
}
END_TEST

/* ---- the facet of a badge ---- */

START_TEST(there_is_one_facet_of_a_badge)
{
    uint64_t id = role_object(&site, &owner, OWN)->id;
    uint64_t facets = site_agent(&site, owner.agent)->owns.facets;

    PLAY(&site, &owner, {VERB_DROP, .to = OWN},
         {VERB_FACET_OF, .money = BADGE, .postage = 123456, .into = OWN},
         {VERB_POSTAGE, .to = OWN, .expects = 123456}, {VERB_FACET, .money = BADGE, .into = AGAIN},
         {VERB_SAME, .to = OWN, .cap = OTHERS, .expects = 0});
    ck_assert_uint_eq(role_object(&site, &owner, OWN)->id, id);
    ck_assert_uint_ne(role_object(&site, &owner, AGAIN)->id, id);
    ck_assert_uint_eq(site_agent(&site, owner.agent)->owns.facets, facets + 1);
    site_reload_same(&site);
    PLAY(&site, &owner, {VERB_FACET_OF, .money = BADGE, .into = AGAIN},
         {VERB_SAME, .to = OWN, .cap = AGAIN, .expects = 1}, {VERB_REVOKE, .to = OWN},
         {VERB_FACET_OF, .money = BADGE, .into = OWN});
    ck_assert_uint_ne(role_object(&site, &owner, OWN)->id, id);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0); /* it came back */
}
END_TEST

START_TEST(an_undone_turn_finds_no_other_facet)
{
    uint64_t id = role_object(&site, &owner, OWN)->id;

    PLAY(&site, &owner, {VERB_REVOKE, .to = OWN}, {VERB_FACET_OF, .money = BADGE, .into = AGAIN},
         {VERB_FACET_OF, .money = 5, .reply = SERAI_FACET_WATCH}, {.verb = VERB_TRAP});
    PLAY(&site, &owner, {VERB_FACET_OF, .money = BADGE, .into = AGAIN});
    ck_assert_uint_eq(role_object(&site, &owner, AGAIN)->id, id);
    ck_assert_uint_eq(site.core->agents->facets.count, 1);
}
END_TEST

START_TEST(it_is_refused_for_each_reason)
{
    struct pricebook *book = &site.core->agents->prices;
    struct customer_use *use = site_agent(&site, owner.agent)->use;

    PLAY(&site, &owner, {VERB_FACET_OF, .money = 1, .postage = -1, .expects = SERAI_E_INVALID},
         {VERB_FACET_OF, .money = 1, .reply = 2, .expects = SERAI_E_INVALID});
    book->customer_facets_max = use->used[CUSTOMER_FACETS];
    PLAY(&site, &owner, {VERB_FACET_OF, .money = 1, .expects = SERAI_E_QUOTA},
         {VERB_FACET_OF, .money = BADGE});
    book->customer_facets_max = 0;
    book->customer_events_max = use->used[CUSTOMER_EVENTS];
    PLAY(&site, &owner,
         {VERB_FACET_OF, .money = 1, .reply = SERAI_FACET_WATCH, .expects = SERAI_E_QUOTA},
         {VERB_FACET_OF, .money = BADGE, .reply = SERAI_FACET_WATCH});
    book->customer_events_max = 0;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("holders");
    TCase *tcase = tcase_create("holders");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, its_own_slots_do_not_count);
    tcase_add_test(tcase, slots_messages_and_the_heap_count);
    tcase_add_test(tcase, what_an_undone_turn_did_counts_nothing);
    tcase_add_test(tcase, the_last_one_drops_it);
    tcase_add_test(tcase, the_last_one_dies);
    tcase_add_test(tcase, it_was_only_lent);
    tcase_add_test(tcase, the_message_that_brought_it_is_undone);
    tcase_add_test(tcase, nobody_ever_held_it);
    tcase_add_test(tcase, only_one_that_is_watched_is_told_of);
    tcase_add_test(tcase, whoever_holds_it_again_keeps_it);
    tcase_add_test(tcase, its_own_slot_does_not_keep_it);
    tcase_add_test(tcase, one_that_was_revoked_is_not_told_of);
    tcase_add_test(tcase, it_is_told_once_though_the_turn_is_undone);
    tcase_add_test(tcase, a_question_that_waits_holds_the_facet_it_was_asked_with);
    tcase_add_test(tcase, there_is_one_facet_of_a_badge);
    tcase_add_test(tcase, an_undone_turn_finds_no_other_facet);
    tcase_add_test(tcase, it_is_refused_for_each_reason);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
