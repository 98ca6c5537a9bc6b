/*
 * Money that agents of a peer's customer left here: claimed by the key that the peer named, once,
 * and by no other.
 */
#include <string.h>

#include "agents/life.h"
#include "site/core/claims.h"
#include "tests/exchange/deceived.h"

enum { TAG = 99, OTHER_TAG = 100, ABROAD = 2, STRANGER = 3 };

/* An agent of the peer's customer `tag`, whose key is a person's, lived here and ended. */
static uint64_t left_by(uint64_t tag, int person, uint32_t number, uint64_t endowment)
{
    struct channel_message birth = says_birth(number, endowment, FEE, tag);
    const struct customer *customer;
    uint64_t account = ACCOUNT_FIRST_FREE;
    bool known;

    if (person >= 0)
        memcpy(birth.customer_key, site.people[person].key, CONTROL_KEY_BYTES);
    known = core_customer_of_link(site.core, 1, tag, birth.customer_key) != NULL;
    while (ledger_account(site.core->ledger, account) != NULL)
        account++;
    taken(birth);
    customer = core_customer_of_link(site.core, 1, tag, birth.customer_key);
    ck_assert_ptr_nonnull(customer);
    account += known ? 0 : 1; /* the row was opened before the child */
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.end", account), CONTROL_DONE);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BORN));
    customer = core_customer_of_link(site.core, 1, tag, birth.customer_key);
    ck_assert_ptr_nonnull(customer);
    return customer->account;
}

/* An agent of the peer's customer, whose key is a person's, lives here. */
static uint64_t lives_by(uint64_t tag, int person, uint32_t number)
{
    struct channel_message birth = says_birth(number, ENDOWMENT, FEE, tag);
    uint64_t account = ACCOUNT_FIRST_FREE;

    memcpy(birth.customer_key, site.people[person].key, CONTROL_KEY_BYTES);
    while (ledger_account(site.core->ledger, account) != NULL)
        account++;
    taken(birth);
    return account + 1; /* the row of its customer was opened before it */
}

static enum control_status claim(int person)
{
    struct bytes args = {0};

    cbor_put_array(&args, 0);
    return site_request(&site, person, "customer.claim", &args);
}

static void says_so(const char *words)
{
    if (strstr(site.reply.message, words) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", words, site.reply.message);
}

static uint64_t customers(void)
{
    return site.core->by_key.count;
}

START_TEST(the_key_takes_what_was_left_and_is_a_customer_from_then_on)
{
    uint64_t row = left_by(TAG, ABROAD, 2, ENDOWMENT);
    uint64_t left = site_balance(&site, row);
    uint64_t account;

    ck_assert_uint_gt(left, 0);
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    account = site_result(&site, "customer");
    ck_assert_uint_eq(site_balance(&site, account), left);
    ck_assert_int_eq(ledger_account(site.core->ledger, account)->kind, KIND_CUSTOMER);
    ck_assert(ledger_account(site.core->ledger, row)->closed);
    ck_assert_uint_eq(site.core->by_tag.count, 0);
    ck_assert_uint_eq(site.core->by_claim.count, 0);
    ck_assert_int_eq(site_fund(&site, ABROAD, buyer, left / 2), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, account), left - left / 2);
    /* More that is left later goes to the same customer. */
    (void)left_by(TAG, ABROAD, 4, ENDOWMENT);
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    ck_assert_uint_eq(site_result(&site, "customer"), account);
    ck_assert_int_eq(claim(ABROAD), CONTROL_MISSING);
}
END_TEST

START_TEST(what_a_customer_of_this_site_left_over_a_link_goes_to_its_account)
{
    uint64_t before = site_balance(&site, site.people[1].account);
    uint64_t left = site_balance(&site, left_by(TAG, 1, 2, ENDOWMENT));

    ck_assert_int_eq(claim(1), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before + left);
}
END_TEST

START_TEST(nobody_claims_anothers)
{
    uint64_t row = left_by(TAG, ABROAD, 2, ENDOWMENT);
    uint64_t left = site_balance(&site, row);
    uint64_t count = customers();

    ck_assert_int_eq(claim(STRANGER), CONTROL_DENIED);
    says_so("no customer has this key");
    ck_assert_int_eq(claim(1), CONTROL_MISSING);
    ck_assert_int_eq(claim(OPERATOR), CONTROL_MISSING);
    ck_assert_uint_eq(site_balance(&site, row), left);
    ck_assert_uint_eq(customers(), count);
    /* A key that may claim may do nothing else before it did. */
    ck_assert_int_eq(site_fund(&site, ABROAD, buyer, 5), CONTROL_DENIED);
    says_so("no customer has this key");
}
END_TEST

START_TEST(a_forged_claim_changes_nothing)
{
    uint64_t row = left_by(TAG, ABROAD, 2, ENDOWMENT);
    uint64_t left = site_balance(&site, row);
    uint64_t count = customers();
    struct bytes args = {0};
    struct bytes forged = {0};

    /* Signed by a stranger in the name of the key. */
    cbor_put_array(&args, 0);
    control_sign(&forged, site.site_key, site.people[ABROAD].key, site.people[STRANGER].secret, 9,
                 "customer.claim", &args);
    ck_assert_int_eq(site_request_raw(&site, forged.data, forged.size), CONTROL_DENIED);
    /* Signed for another site. */
    bytes_clear(&forged);
    control_sign(&forged, site.people[1].key, site.people[ABROAD].key, site.people[ABROAD].secret,
                 9, "customer.claim", &args);
    ck_assert_int_eq(site_request_raw(&site, forged.data, forged.size), CONTROL_DENIED);
    says_so("for another site");
    bytes_fini(&args);
    bytes_fini(&forged);
    ck_assert_uint_eq(site_balance(&site, row), left);
    ck_assert_uint_eq(customers(), count);
}
END_TEST

START_TEST(a_claim_is_done_once)
{
    struct bytes first = {0};
    uint64_t account;
    uint64_t has;
    uint64_t row;

    (void)left_by(TAG, ABROAD, 2, ENDOWMENT);
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    account = site_result(&site, "customer");
    bytes_append(&first, site.sent.data, site.sent.size);
    has = site_balance(&site, account);
    row = left_by(TAG, ABROAD, 4, ENDOWMENT);
    site_reload_same(&site);
    liar.link = links_find(site.core->links, 1);
    liar_hello(&liar);
    /* The same bytes get the first answer again, and move nothing. */
    ck_assert_int_eq(site_request_raw(&site, first.data, first.size), CONTROL_DONE);
    ck_assert_uint_eq(site_result(&site, "customer"), account);
    ck_assert_uint_eq(site_balance(&site, account), has);
    ck_assert_uint_gt(site_balance(&site, row), 0);
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    ck_assert_uint_gt(site_balance(&site, account), has);
    /* After a later request the first is an old one. */
    ck_assert_int_eq(site_request_raw(&site, first.data, first.size), CONTROL_DENIED);
    says_so("was used already");
    bytes_fini(&first);
}
END_TEST

START_TEST(a_refused_first_claim_leaves_no_customer)
{
    struct bytes args = {0};
    uint64_t row = left_by(TAG, ABROAD, 2, ENDOWMENT);
    uint64_t count = customers();
    uint64_t least = money_nanos(agents_birth_min(site.core->agents));

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, 5);
    ck_assert_int_eq(site_request(&site, ABROAD, "customer.claim", &args), CONTROL_BAD_REQUEST);
    /* Too little is left for an agent to be born with. */
    args = (struct bytes){0};
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, row);
    cbor_put_uint(&args, site_balance(&site, row) - least + 1);
    ck_assert_int_eq(site_request(&site, OPERATOR, "money.out", &args), CONTROL_DONE);
    ck_assert_int_eq(claim(ABROAD), CONTROL_REFUSED);
    says_so("what was left here for this key comes to");
    /* A customer that the operator called so. */
    ck_assert_uint_eq(customers(), count);
    (void)left_by(TAG, ABROAD, 4, ENDOWMENT);
    {
        char hex[2 * CONTROL_KEY_BYTES + 1];
        char name[CONTROL_NAME_BYTES_MAX + 1];

        hex_print(hex, site.people[ABROAD].key, CONTROL_KEY_BYTES);
        (void)snprintf(name, sizeof name, "key-%.24s", hex);
        site_customer(&site, STRANGER, name, 0);
        ck_assert_int_eq(claim(ABROAD), CONTROL_REFUSED);
        says_so("a customer is called key-");
    }
    ck_assert_uint_eq(customers(), count + 1);
}
END_TEST

START_TEST(a_number_with_another_key_is_another_customer)
{
    uint64_t first = left_by(TAG, ABROAD, 2, ENDOWMENT);
    uint64_t second = left_by(TAG, STRANGER, 4, ENDOWMENT);
    uint64_t left = site_balance(&site, second);

    ck_assert_uint_ne(first, second);
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, second), left);
    ck_assert_int_eq(claim(STRANGER), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, site_result(&site, "customer")), left);
}
END_TEST

START_TEST(one_claim_takes_all_that_a_key_has)
{
    uint64_t sum = site_balance(&site, left_by(TAG, ABROAD, 2, ENDOWMENT));

    sum += site_balance(&site, left_by(OTHER_TAG, ABROAD, 4, 2 * ENDOWMENT));
    ck_assert_int_eq(claim(ABROAD), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, site_result(&site, "customer")), sum);
    ck_assert_uint_eq(site.core->by_tag.count, 0);
}
END_TEST

/* A peer that names no key, as for agents whose customer is gone: the operator pays it out. */
START_TEST(what_has_no_key_is_nobodys_to_claim)
{
    static const uint8_t none[CONTROL_KEY_BYTES];

    (void)left_by(TAG, -1, 2, ENDOWMENT);
    ck_assert_ptr_null(core_customer_abroad(site.core, none, 0));
    ck_assert_int_eq(claim(ABROAD), CONTROL_DENIED);
}
END_TEST

static enum control_status read_of(int person, const char *command, uint64_t value)
{
    const struct control_signer by = {.site_key = site.site_key,
                                      .key = site.people[person].key,
                                      .secret = site.people[person].secret};
    struct bytes args = {0};
    struct bytes bytes = {0};
    enum control_status status;

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, value);
    control_read_signed(&bytes, &by, site.core->site_time_us, command, &args);
    status = site_request_raw(&site, bytes.data, bytes.size);
    bytes_fini(&args);
    bytes_fini(&bytes);
    return status;
}

START_TEST(a_customer_rules_what_came_over_a_link_from_its_own_key)
{
    uint64_t agent = lives_by(TAG, 1, 2);
    uint64_t row = agent - 1;
    uint64_t account = site.people[1].account;
    uint64_t before = site_balance(&site, account);
    uint64_t has;

    ck_assert_int_eq(read_of(1, "agent", agent), CONTROL_DONE);
    ck_assert_int_eq(read_of(STRANGER, "agent", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, STRANGER, "agent.end", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1000), CONTROL_DONE);
    has = site_balance(&site, agent);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.stop", agent), CONTROL_DONE);
    /* What is taken out comes to the one who asked, and not to the peer's row. */
    ck_assert_uint_eq(site_balance(&site, account), before - 1000 + has);
    ck_assert_uint_eq(site_balance(&site, row), 0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(site_result(&site, "customer"), account);
    ck_assert_uint_gt(site_balance(&site, account), before - 1000 + has);
    ck_assert(!site_lives(&site, agent));
}
END_TEST

START_TEST(what_the_operator_ends_stays_with_the_row_until_it_is_claimed)
{
    uint64_t agent = lives_by(TAG, 1, 2);
    uint64_t before = site_balance(&site, site.people[1].account);

    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before);
    ck_assert_uint_gt(site_balance(&site, agent - 1), 0);
}
END_TEST

/* What this site sends names the key of its customer, also of one that came over a link. */
START_TEST(a_birth_names_its_customers_key)
{
    struct acting purchase;
    uint64_t from = liar.heard_to.seq;

    (void)bought(&purchase);
    ck_assert_mem_eq(liar_heard(&liar, CHANNEL_BIRTH, from)->customer_key, site.people[1].key,
                     CONTROL_KEY_BYTES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("claims");
    TCase *tcase = tcase_create("claims");

    tcase_add_checked_fixture(tcase, deceived_setup, deceived_teardown);
    tcase_add_test(tcase, the_key_takes_what_was_left_and_is_a_customer_from_then_on);
    tcase_add_test(tcase, what_a_customer_of_this_site_left_over_a_link_goes_to_its_account);
    tcase_add_test(tcase, nobody_claims_anothers);
    tcase_add_test(tcase, a_forged_claim_changes_nothing);
    tcase_add_test(tcase, a_claim_is_done_once);
    tcase_add_test(tcase, a_refused_first_claim_leaves_no_customer);
    tcase_add_test(tcase, a_number_with_another_key_is_another_customer);
    tcase_add_test(tcase, one_claim_takes_all_that_a_key_has);
    tcase_add_test(tcase, what_has_no_key_is_nobodys_to_claim);
    tcase_add_test(tcase, a_birth_names_its_customers_key);
    tcase_add_test(tcase, a_customer_rules_what_came_over_a_link_from_its_own_key);
    tcase_add_test(tcase, what_the_operator_ends_stays_with_the_row_until_it_is_claimed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
