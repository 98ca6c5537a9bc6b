/* One account: classes, limits, names, and its row. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ledger/account.h"
#include "tests/check_main.h"

START_TEST(every_account_has_its_fixed_name)
{
    static const struct {
        uint64_t id;
        enum account_kind kind;
        const char *name;
    } cases[] = {
        {ACCOUNT_TREASURY, KIND_TREASURY, "treasury"},
        {ACCOUNT_SUSPENSE, KIND_SUSPENSE, "suspense"},
        {ACCOUNT_UNCLAIMED, KIND_UNCLAIMED, "unclaimed"},
        {ACCOUNT_REVENUE_COMPUTE, KIND_REVENUE, "revenue:compute"},
        {ACCOUNT_REVENUE_LOGS, KIND_REVENUE, "revenue:logs"},
        {ACCOUNT_REVENUE_FLUSHES, KIND_REVENUE, "revenue:flushes"},
        {ACCOUNT_REVENUE_JOURNAL, KIND_REVENUE, "revenue:journal"},
        {ACCOUNT_HELD_MESSAGE, KIND_HELD, "held:message"},
        {ACCOUNT_HELD_RESERVE, KIND_HELD, "held:reserve"},
        {ACCOUNT_DEPOSIT_HEAP, KIND_DEPOSIT, "deposit:heap"},
        {ACCOUNT_DEPOSIT_BURIAL, KIND_DEPOSIT, "deposit:burial"},
        {256, KIND_LINK_OUT, "link:0:out"},
        {257, KIND_LINK_IN, "link:0:in"},
        {262, KIND_LINK_SETTLING, "link:1:settling"},
        {4096, KIND_CUSTOMER, "customer:4096"},
        {4097, KIND_AGENT, "agent:4097"},
        {4098, KIND_UNCLAIMED, "unclaimed:4098"},
        {UINT64_MAX, KIND_AGENT, "agent:18446744073709551615"},
        {5, KIND_AGENT, "account:5"},
        {5000, KIND_REVENUE, "account:5000"},
    };
    char text[ACCOUNT_NAME_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(account_name(text, cases[i].id, cases[i].kind), cases[i].name);
}
END_TEST

START_TEST(own_accounts_are_walked_in_order_and_know_their_kind)
{
    enum account_kind kind;
    enum account_kind again;
    uint64_t before = 0;
    int count = 0;

    for (uint64_t id = account_own_next(0, &kind); id != 0; id = account_own_next(id, &kind)) {
        ck_assert_uint_gt(id, before);
        ck_assert(account_own_kind(id, &again));
        ck_assert_int_eq(kind, again);
        before = id;
        count++;
    }
    ck_assert_int_eq(count, 22);
    ck_assert(!account_own_kind(0, &kind));
    ck_assert(!account_own_kind(4, &kind));
    ck_assert(!account_own_kind(255, &kind));
    ck_assert(!account_own_kind(259, &kind)); /* the spare fourth account of a link */
    ck_assert(!account_own_kind(4096, &kind));
    ck_assert(account_own_kind(4094, &kind) && kind == KIND_LINK_SETTLING);
}
END_TEST

START_TEST(the_number_of_an_account_of_a_link_says_which_it_is)
{
    static const enum account_kind kinds[] = {KIND_LINK_OUT, KIND_LINK_IN, KIND_LINK_SETTLING};
    enum account_kind kind;
    uint32_t interface;

    for (uint32_t link = 0; link <= ACCOUNT_LINK_INTERFACE_MAX; link++) {
        for (uint64_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            uint64_t id = account_of_link(link, kinds[i]);

            ck_assert_uint_eq(id, 256 + (uint64_t)link * 4 + i); /* docs/records.md */
            ck_assert(account_link(id, &interface, &kind));
            ck_assert(interface == link && kind == kinds[i]);
        }
    }
    ck_assert(!account_link(255, &interface, &kind));
    ck_assert(!account_link(259, &interface, &kind)); /* the spare fourth */
    ck_assert(!account_link(4096, &interface, &kind));
}
END_TEST

START_TEST(a_link_past_the_last_number_has_no_account)
{
    (void)account_of_link(ACCOUNT_LINK_INTERFACE_MAX + 1, KIND_LINK_OUT);
}
END_TEST

START_TEST(only_source_kinds_may_owe)
{
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
        enum account_class class = account_class_of((enum account_kind)kind);

        if (kind == KIND_TREASURY || kind == KIND_LINK_IN)
            ck_assert_int_eq(class, ACCOUNT_SOURCE);
        else if (kind == KIND_SUSPENSE || kind == KIND_LINK_SETTLING)
            ck_assert_int_eq(class, ACCOUNT_EITHER);
        else
            ck_assert_int_eq(class, ACCOUNT_NO_OVERDRAFT);
    }
}
END_TEST

START_TEST(limits_are_those_of_the_class)
{
    u128 most = MONEY_NANOS_MAX;

    ck_assert_int_eq(account_limit(ACCOUNT_NO_OVERDRAFT, 5, 5), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_NO_OVERDRAFT, 6, 5), TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(account_limit(ACCOUNT_NO_OVERDRAFT, 0, most), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_NO_OVERDRAFT, 0, most + 1), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_limit(ACCOUNT_NO_OVERDRAFT, most, most + most), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_SOURCE, 5, 5), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_SOURCE, 5, 6), TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(account_limit(ACCOUNT_SOURCE, most + 1, 0), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_limit(ACCOUNT_EITHER, 6, 5), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_EITHER, 5, 6), TRANSFER_DONE);
    ck_assert_int_eq(account_limit(ACCOUNT_EITHER, 0, most + 1), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_limit(ACCOUNT_EITHER, most + 1, 0), TRANSFER_TOO_MUCH);
}
END_TEST

START_TEST(a_refused_transfer_changes_nothing)
{
    u128 top = ~(u128)0;
    struct account poor = {.id = 1, .class = ACCOUNT_NO_OVERDRAFT, .credits = 10};
    struct account other = {.id = 2, .class = ACCOUNT_NO_OVERDRAFT};
    struct account full = {.id = 3, .class = ACCOUNT_NO_OVERDRAFT, .debits = top, .credits = top};
    struct account rich = {.id = 4, .class = ACCOUNT_NO_OVERDRAFT, .credits = MONEY_NANOS_MAX};
    struct account closed = {.id = 5, .class = ACCOUNT_NO_OVERDRAFT, .closed = true};
    struct account source = {.id = 6, .class = ACCOUNT_SOURCE, .debits = 3};

    ck_assert_int_eq(account_transfer(&poor, &other, 11), TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(account_transfer(&poor, &poor, 1), TRANSFER_SAME_ACCOUNT);
    ck_assert_int_eq(account_transfer(&poor, &full, 1), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_transfer(&full, &other, 1), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_transfer(&poor, &rich, 1), TRANSFER_TOO_MUCH);
    ck_assert_int_eq(account_transfer(&poor, &closed, 1), TRANSFER_NO_ACCOUNT);
    ck_assert_int_eq(account_transfer(&closed, &other, 0), TRANSFER_NO_ACCOUNT);
    ck_assert_int_eq(account_transfer(&poor, &source, 4), TRANSFER_SHORT_OF_FUNDS);
    ck_assert(poor.debits == 0 && poor.credits == 10);
    ck_assert(other.debits == 0 && other.credits == 0);
    ck_assert(full.debits == top && full.credits == top);
    ck_assert(rich.debits == 0 && rich.credits == MONEY_NANOS_MAX);
    ck_assert(closed.credits == 0 && source.credits == 0);
    ck_assert_int_eq(account_transfer(&poor, &other, 10), TRANSFER_DONE);
    ck_assert(poor.debits == 10 && other.credits == 10);
}
END_TEST

START_TEST(every_code_and_result_has_its_text)
{
    ck_assert_str_eq(transfer_code_text(TRANSFER_MONEY_IN), "money in");
    ck_assert_str_eq(transfer_code_text(TRANSFER_FORWARDED), "forwarded from a closed account");
    ck_assert_str_eq(transfer_code_text(0), "unknown");
    ck_assert_str_eq(transfer_code_text(40), "taken back");
    ck_assert_str_eq(transfer_code_text(9999), "unknown");
    ck_assert(transfer_code_known(1) && transfer_code_known(40));
    ck_assert(!transfer_code_known(0) && !transfer_code_known(9999));
    ck_assert_str_eq(transfer_result_text(TRANSFER_DONE), "done");
    ck_assert_str_eq(transfer_result_text(TRANSFER_SHORT_OF_FUNDS), "short of funds");
    ck_assert_str_eq(transfer_result_text(TRANSFER_SAME_ACCOUNT), "from an account to itself");
    ck_assert_str_eq(transfer_result_text(TRANSFER_NO_ACCOUNT), "no such account, or it is closed");
    ck_assert_str_eq(transfer_result_text(TRANSFER_TOO_MUCH), "a total would overflow");
}
END_TEST

/* ---- rows ---- */

static const struct account sample = {.id = 4100,
                                      .class = ACCOUNT_NO_OVERDRAFT,
                                      .kind = KIND_AGENT,
                                      .customer = 4096,
                                      .opened_frame = 3,
                                      .debits = 5,
                                      .credits = 12};

static enum status decode(struct account *account, uint64_t id, const uint8_t *row, size_t size,
                          struct fault *fault)
{
    uint8_t key[ACCOUNT_KEY_BYTES];
    const struct store_row stored = {
        .key = key, .key_size = sizeof key, .value = row, .value_size = size};
    uint64_t frame;

    be64_put(key, id);
    return account_decode(account, &frame, &stored, fault);
}

START_TEST(a_row_reads_back_as_it_was_written)
{
    uint8_t row[ACCOUNT_ROW_BYTES];
    uint8_t key[ACCOUNT_KEY_BYTES];
    const struct store_row stored = {
        .key = key, .key_size = sizeof key, .value = row, .value_size = sizeof row};
    struct account account;
    uint64_t frame = 0;

    account_encode(row, &sample, 77);
    be64_put(key, sample.id);
    ck_assert_int_eq(account_decode(&account, &frame, &stored, NULL), ST_OK);
    ck_assert_uint_eq(frame, 77);
    ck_assert(account.id == sample.id && account.class == sample.class);
    ck_assert(account.kind == sample.kind && account.customer == sample.customer);
    ck_assert(account.opened_frame == 3 && !account.closed);
    ck_assert(account.debits == 5 && account.credits == 12);
}
END_TEST

static void ck_assert_row_refused(uint64_t id, const uint8_t *row, size_t size, const char *what)
{
    struct account account;
    struct fault fault = {.text = ""};

    ck_assert_int_eq(decode(&account, id, row, size, &fault), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
}

START_TEST(a_row_that_makes_no_sense_is_corrupt_and_named)
{
    uint8_t row[ACCOUNT_ROW_BYTES];
    const struct store_row short_key = {
        .key = row, .key_size = 7, .value = row, .value_size = sizeof row};
    struct account account = sample;
    uint64_t frame;

    account_encode(row, &sample, 77);
    ck_assert_row_refused(4100, row, sizeof row - 1, "account 4100: the row has 63 bytes, not 64");
    ck_assert_int_eq(account_decode(&account, &frame, &short_key, NULL), ST_CORRUPT);
    ck_assert_row_refused(16, row, sizeof row, "account 16: its number stands for another kind");
    ck_assert_row_refused(4, row, sizeof row, "account 4: its number stands for another kind");
    row[24] = ACCOUNT_EITHER;
    ck_assert_row_refused(4100, row, sizeof row, "its class is not that of its kind");
    account_encode(row, &sample, 77);
    row[25] = ACCOUNT_KINDS;
    ck_assert_row_refused(4100, row, sizeof row, "not well-formed");
    row[25] = KIND_REVENUE;
    ck_assert_row_refused(4100, row, sizeof row, "its kind is not that of a numbered account");
    account_encode(row, &sample, 77);
    row[26] = 2;
    ck_assert_row_refused(4100, row, sizeof row, "not well-formed");
    row[26] = 1;
    ck_assert_row_refused(4100, row, sizeof row, "it is closed and holds money");
    account_encode(row, &sample, 2);
    ck_assert_row_refused(4100, row, sizeof row, "opened after the frame it reflects");
    account = sample;
    account.debits = 13;
    account_encode(row, &account, 77);
    ck_assert_row_refused(4100, row, sizeof row, "its totals are past its limit");
}
END_TEST

START_TEST(every_spare_byte_of_a_row_must_be_zero)
{
    struct account account;
    uint8_t row[ACCOUNT_ROW_BYTES];

    for (size_t at = 27; at < 32; at++) {
        account_encode(row, &sample, 77);
        row[at] = 0x80;
        ck_assert_int_eq(decode(&account, 4100, row, sizeof row, NULL), ST_CORRUPT);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/account");
    TCase *rules = tcase_create("rules");
    TCase *rows = tcase_create("rows");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(rules, every_account_has_its_fixed_name);
    tcase_add_test(rules, own_accounts_are_walked_in_order_and_know_their_kind);
    tcase_add_test(rules, the_number_of_an_account_of_a_link_says_which_it_is);
    tcase_add_test_raise_signal(aborts, a_link_past_the_last_number_has_no_account, SIGABRT);
    tcase_add_test(rules, only_source_kinds_may_owe);
    tcase_add_test(rules, limits_are_those_of_the_class);
    tcase_add_test(rules, a_refused_transfer_changes_nothing);
    tcase_add_test(rules, every_code_and_result_has_its_text);
    tcase_add_test(rows, a_row_reads_back_as_it_was_written);
    tcase_add_test(rows, a_row_that_makes_no_sense_is_corrupt_and_named);
    tcase_add_test(rows, every_spare_byte_of_a_row_must_be_zero);
    suite_add_tcase(suite, rules);
    suite_add_tcase(suite, rows);
    return check_main(suite);
}
