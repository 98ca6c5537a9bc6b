/*
 * What a neighbour's births leave here.  Rows of its customers: made when a birth is paid for and
 * accepted, so many for each neighbour that the others find places, and given up when nothing is
 * left of them.  Births that are refused, and what else is in vain: only so much is heard.
 */
#include "exchange/limits.h"
#include "tests/exchange/deceived.h"

enum { TAG = 99 };

static const uint8_t no_key[CONTROL_KEY_BYTES];

static size_t rows(void)
{
    return site.core->by_tag.count;
}

static uint64_t account_of(uint64_t tag)
{
    const struct customer *customer = core_customer_of_link(site.core, 1, tag, no_key);

    ck_assert_ptr_nonnull(customer);
    return customer->account;
}

/* What the site answers. */
static int32_t answer_to(struct channel_message birth)
{
    uint64_t from = liar.heard_to.seq;

    taken(birth);
    return liar_heard(&liar, CHANNEL_ANSWER, from)->status;
}

START_TEST(a_birth_that_a_bound_refuses_makes_no_row)
{
    struct heard heard = {0};

    (void)born(2, &heard);
    ck_assert_uint_eq(rows(), 1);
    site.core->agents->prices.customer_agents_max = 1;
    for (uint32_t i = 2; i < 50; i++)
        ck_assert_int_eq(answer_to(says_birth(2 * i, ENDOWMENT, FEE, TAG + i)), SERAI_E_QUOTA);
    ck_assert_uint_eq(rows(), 1);
}
END_TEST

/* The one child of that tag, over channel 2, has ended; both ends are gone. */
static uint64_t child_has_ended(void)
{
    uint64_t child;
    uint64_t account;

    ck_assert_int_eq(answer_to(says_birth(2, ENDOWMENT, FEE, TAG)), 0);
    account = account_of(TAG);
    child = account + 1; /* its account was opened next */
    ck_assert(site_lives(&site, child));
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.end", child), CONTROL_DONE);
    taken(says(CHANNEL_CLOSED, 2, CHANNEL_BORN));
    ck_assert(!site_lives(&site, child));
    return account;
}

static void pay_out(uint64_t account)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, account);
    cbor_put_uint(&args, site_balance(&site, account));
    ck_assert_int_eq(site_request(&site, OPERATOR, "money.out", &args), CONTROL_DONE);
}

START_TEST(a_row_stays_while_it_has_money_and_goes_with_it)
{
    uint64_t account = child_has_ended();

    ck_assert_uint_gt(site_balance(&site, account), 0);
    ck_assert_uint_eq(rows(), 1);
    site_reload_same(&site);
    liar.link = links_find(site.core->links, 1);
    liar_hello(&liar);
    ck_assert_uint_eq(account_of(TAG), account);
    pay_out(account);
    ck_assert_uint_eq(rows(), 0);
    ck_assert(ledger_account(site.core->ledger, account)->closed);
    ck_assert_ptr_null(core_customer_by_account(site.core, account));
    ck_assert_uint_eq(site.core->link_customers[0], 0);
    site_reload_same(&site);
    ck_assert_uint_eq(rows(), 0);
}
END_TEST

START_TEST(a_tag_that_comes_again_has_another_row)
{
    uint64_t account = child_has_ended();

    pay_out(account);
    ck_assert_int_eq(answer_to(says_birth(4, ENDOWMENT, FEE, TAG)), 0);
    ck_assert_uint_gt(account_of(TAG), account);
    ck_assert_uint_eq(rows(), 1);
}
END_TEST

/* An end that the peer does not let go names its customer, who cannot go before it. */
START_TEST(a_row_stays_while_an_end_is_closing)
{
    uint64_t account;

    ck_assert_int_eq(answer_to(says_birth(2, ENDOWMENT, FEE, TAG)), 0);
    account = account_of(TAG);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.end", account + 1), CONTROL_DONE);
    pay_out(account);
    ck_assert_uint_eq(rows(), 1);
    taken(says(CHANNEL_CLOSED, 2, CHANNEL_BORN));
    ck_assert_uint_eq(rows(), 0);
}
END_TEST

/* ---- shares ---- */

static size_t fill(uint32_t interface)
{
    struct link link = {.interface = interface, .name = "greedy"};
    size_t made = 0;

    for (; core_link_customer_fits(site.core, interface); made++)
        (void)core_customer_of_link_new(site.core, &link, made * UINT64_C(0x9e3779b97f4a7c15),
                                        no_key);
    return made;
}

/* Each takes all it may have; nobody keeps the next one out. */
START_TEST(every_neighbour_finds_places_whatever_the_others_take)
{
    struct event event = event_of_time(0, site.core->site_time_us);
    size_t shared = LINK_CUSTOMERS_SHARED;

    ledger_event_begin(site.core->ledger);
    for (uint32_t interface = 2; interface < 40; interface++) {
        size_t made = fill(interface);

        ck_assert_uint_ge(made, LINK_CUSTOMERS_OWN);
        ck_assert_uint_eq(made - LINK_CUSTOMERS_OWN, (shared + 1) / 2);
        shared -= made - LINK_CUSTOMERS_OWN;
        if (shared == 1) /* the last one is nobody's half */
            break;
    }
    (void)ledger_event_end(site.core->ledger, &event);
    site.core->frame_open = true;
    site_frame(&site);
    ck_assert(core_link_customer_fits(site.core, 1));
    ck_assert_ptr_nonnull(core_customer_of_link(site.core, 2, 0, no_key));
    ck_assert_ptr_null(core_customer_of_link(site.core, 2, 1, no_key));
}
END_TEST

/* ---- what costs nothing ---- */

enum { AT_ONCE = 512, KNOCKS = 2 * EXCHANGE_VAIN_BURST };

/* The same, which costs the neighbour nothing, until the site takes no more of it. */
static uint64_t knock(struct channel_message message)
{
    static struct channel_message messages[AT_ONCE];
    uint64_t before = liar.link->received_seq;
    uint64_t taken_before;

    for (uint32_t i = 0; i < AT_ONCE; i++)
        messages[i] = message;
    do {
        taken_before = liar.link->received_seq;
        liar_say(&liar, messages, AT_ONCE);
        ck_assert_uint_lt(liar.link->received_seq - before, KNOCKS);
    } while (liar.link->received_seq - taken_before == AT_ONCE);
    return liar.link->received_seq - before;
}

/* It says them at once and for ever; a burst is heard, and then so many a second of site time. */
static void is_heard_at_a_rate(struct channel_message first, struct channel_message later)
{
    const uint64_t second = 1000000 / EXCHANGE_VAIN_US;
    uint64_t heard;

    ck_assert_uint_eq(knock(first), EXCHANGE_VAIN_BURST);
    ck_assert_uint_eq(knock(later), 0);
    ck_assert_int_eq(liar.link->state, LINK_UP);
    ck_assert_uint_eq(rows(), 0);
    site_pass(&site, 1000000);
    heard = knock(later);
    ck_assert_uint_ge(heard, second);
    ck_assert_uint_le(heard, 2 * second);
    /* What does no harm waits no longer than that. */
    site_pass(&site, 1000000);
    ck_assert_int_eq(answer_to(says_birth(2, ENDOWMENT, FEE, TAG)), 0);
}

START_TEST(refused_births_are_heard_at_a_rate)
{
    is_heard_at_a_rate(says_birth(2, 0, 1, TAG), says_birth(2, 0, 0, TAG));
}
END_TEST

/* After two sales at once each side says it, and of no end that is still there. */
START_TEST(answers_to_closes_that_are_over_are_heard_at_a_rate)
{
    is_heard_at_a_rate(says(CHANNEL_CLOSED, 4, CHANNEL_BUYER),
                       says(CHANNEL_CLOSED, 6, CHANNEL_BORN));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tags");
    TCase *tcase = tcase_create("tags");

    tcase_add_checked_fixture(tcase, deceived_setup, deceived_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_birth_that_a_bound_refuses_makes_no_row);
    tcase_add_test(tcase, a_row_stays_while_it_has_money_and_goes_with_it);
    tcase_add_test(tcase, a_tag_that_comes_again_has_another_row);
    tcase_add_test(tcase, a_row_stays_while_an_end_is_closing);
    tcase_add_test(tcase, every_neighbour_finds_places_whatever_the_others_take);
    tcase_add_test(tcase, refused_births_are_heard_at_a_rate);
    tcase_add_test(tcase, answers_to_closes_that_are_over_are_heard_at_a_rate);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
