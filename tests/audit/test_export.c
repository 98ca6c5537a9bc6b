/* The exports as text: exact, declared, deterministic. */
#include "audit/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ledger/books_check.h"

static struct books books;
static const struct export_options by_frame = {.commodity = "SRI"};
static const struct export_options by_event = {.commodity = "SRI", .by_event = true};

static void setup(void)
{
    books_open(&books);
}

static void teardown(void)
{
    books_close(&books);
}

typedef enum status (*export_fn)(const struct store *store, const struct export_options *options,
                                 FILE *out, struct fault *fault);

/* The caller frees it. */
static char *export_text(export_fn export, const struct export_options *options)
{
    struct fault fault = {.text = ""};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    ck_assert_msg(export(&books.store, options, out, &fault) == ST_OK, "%s", fault.text);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void ck_assert_holds(const char *text, const char *want)
{
    ck_assert_msg(strstr(text, want) != NULL, "\"%s\" is not in:\n%s", want, text);
}

START_TEST(totals_and_dates_are_printed_exactly)
{
    char text[TOTAL_TEXT_BYTES];
    char date[DATE_TEXT_BYTES];

    ck_assert_str_eq(export_total(text, 0), "0.000000000");
    ck_assert_str_eq(export_total(text, 100), "0.000000100");
    ck_assert_str_eq(export_total(text, 1000000000), "1.000000000");
    ck_assert_str_eq(export_total(text, ~(u128)0), "340282366920938463463374607431.768211455");
    ck_assert_str_eq(export_date(date, 0), "1970-01-01");
    ck_assert_str_eq(export_date(date, UINT64_C(1795300000000000)), "2026-11-21");
    ck_assert_str_eq(export_date(date, UINT64_MAX), "586524-01-19");
}
END_TEST

START_TEST(an_empty_journal_exports_no_transaction)
{
    char *text = export_text(audit_export_hledger, &by_frame);

    ck_assert_str_eq(text, "; A Serai site's journal. Plus is a credit, minus a debit.\n"
                           "commodity 1.000000000 SRI\n\n");
    free(text);
    text = export_text(audit_export_jsonl, &by_frame);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(the_export_by_frame_has_sums_and_assertions)
{
    char *text;

    (void)books_live(&books);
    text = export_text(audit_export_hledger, &by_frame);
    ck_assert_holds(text, "\naccount treasury\n");
    ck_assert_holds(text, "\naccount agent:4098\n");
    ck_assert_holds(text, "\n2026-11-21 frame 3\n"
                          "    agent:4097  -0.000000500 SRI  ; compute\n"
                          "    revenue:compute  0.000000500 SRI\n");
    ck_assert_holds(text, " balances after frame 4\n"
                          "    treasury  0.000000000 SRI = -1.000000000 SRI\n");
    ck_assert_holds(text, "    agent:4098  0.000000000 SRI = 0.000000000 SRI\n");
    ck_assert_holds(text, "    deposit:heap  0.000000000 SRI = 0.002000000 SRI\n");
    free(text);
}
END_TEST

START_TEST(the_export_by_event_has_every_line)
{
    char *text;
    int lines = 0;

    (void)books_live(&books);
    text = export_text(audit_export_hledger, &by_event);
    ck_assert_holds(text, "frame 3 event 0 tick of 0  ; hash: ");
    for (const char *at = text; (at = strstr(at, "-0.000000100 SRI  ; compute\n")) != NULL; at++)
        lines++;
    ck_assert_int_eq(lines, 5);
    ck_assert_holds(text, "    treasury  0.000000000 SRI = -1.000000000 SRI\n");
    free(text);
}
END_TEST

START_TEST(dates_never_fall_though_the_clock_does)
{
    char *text;

    books.wall_us = UINT64_C(1795300000000000);
    (void)books_live(&books);
    books.wall_us = 0;
    books_moved(&books, ACCOUNT_TREASURY, 4096, 1, TRANSFER_MONEY_IN);
    (void)books_frame_done(&books);
    text = export_text(audit_export_hledger, &by_frame);
    ck_assert_holds(text, "\n2026-11-21 frame 5\n");
    ck_assert_ptr_null(strstr(text, "1970"));
    free(text);
}
END_TEST

START_TEST(json_lines_hold_every_line_with_its_event)
{
    char frame[64 + HASH_TEXT_BYTES];
    char head[HASH_TEXT_BYTES];
    char *text;
    size_t lines = 0;

    (void)books_live(&books);
    text = export_text(audit_export_jsonl, &by_frame);
    (void)snprintf(frame, sizeof frame, "{\"type\":\"frame\",\"frame\":4,\"head\":\"%s\"}\n",
                   hash_print(head, &ledger_last_frame(books.ledger)->head));
    ck_assert_holds(text, frame);
    ck_assert_holds(text, "{\"frame\":1,\"event\":1,\"line\":0,\"kind\":\"tick\",\"subject\":0,"
                          "\"source\":\"f6\",\"hash\":\"");
    ck_assert_holds(text, ",\"debit\":\"treasury\",\"debit_id\":1,\"credit\":\"customer:4096\","
                          "\"credit_id\":4096,\"code\":\"money in\",\"amount\":\"1.000000000\","
                          "\"unit\":\"SRI\",\"quantity\":\"0\",\"price_id\":0,\"object\":\"0\","
                          "\"carry\":\"0\"}\n");
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, 4 + 11); /* of frames, and of the journal */
    free(text);
}
END_TEST

START_TEST(the_same_journal_exports_to_the_same_text)
{
    char *first;
    char *second;

    (void)books_live(&books);
    first = export_text(audit_export_hledger, &by_event);
    second = export_text(audit_export_hledger, &by_event);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

START_TEST(an_output_that_is_full_is_told)
{
    FILE *out = fopen("/dev/full", "w");
    struct fault fault;

    ck_assert_ptr_nonnull(out);
    (void)books_live(&books);
    ck_assert_int_eq(audit_export_hledger(&books.store, &by_frame, out, &fault), ST_IO);
    ck_assert_int_eq(audit_export_jsonl(&books.store, &by_frame, out, &fault), ST_IO);
    (void)fclose(out);
}
END_TEST

START_TEST(a_damaged_journal_is_not_exported)
{
    static const uint8_t key[12] = {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1};
    struct fault fault;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)books_live(&books);
    ck_assert_int_eq(store_memory_damage(books.memory, STORE_JOURNAL, key, sizeof key, 300), ST_OK);
    ck_assert_int_eq(audit_export_hledger(&books.store, &by_frame, out, &fault), ST_CORRUPT);
    ck_assert_int_eq(audit_export_jsonl(&books.store, &by_frame, out, &fault), ST_CORRUPT);
    (void)fclose(out);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit/export");
    TCase *text = tcase_create("text");

    tcase_add_checked_fixture(text, setup, teardown);
    tcase_add_test(text, totals_and_dates_are_printed_exactly);
    tcase_add_test(text, an_empty_journal_exports_no_transaction);
    tcase_add_test(text, the_export_by_frame_has_sums_and_assertions);
    tcase_add_test(text, the_export_by_event_has_every_line);
    tcase_add_test(text, dates_never_fall_though_the_clock_does);
    tcase_add_test(text, json_lines_hold_every_line_with_its_event);
    tcase_add_test(text, the_same_journal_exports_to_the_same_text);
    tcase_add_test(text, an_output_that_is_full_is_told);
    tcase_add_test(text, a_damaged_journal_is_not_exported);
    suite_add_tcase(suite, text);
    return check_main(suite);
}
