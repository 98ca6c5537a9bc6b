/* The text format: exact numbers, escapes, histograms. */
#include "site/metrics/exposition.h"

#include "tests/check_main.h"

static struct bytes out;

static void setup(void)
{
    out = (struct bytes){0};
}

static void teardown(void)
{
    bytes_fini(&out);
}

static void says(const char *expected)
{
    bytes_append(&out, "", 1);
    ck_assert(!out.failed);
    ck_assert_str_eq((const char *)out.data, expected);
}

START_TEST(a_family_has_help_type_and_samples)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{"a", "x"}, {"b", "y"}};

    exposition_family(&out, "n", "gauge", "What it is.");
    exposition_number(&out, "n", NULL, 0);
    exposition_number(&out, "n", labels, 7);
    says("# HELP n What it is.\n# TYPE n gauge\nn 0\nn{a=\"x\",b=\"y\"} 7\n");
}
END_TEST

START_TEST(numbers_are_whole_whatever_their_size)
{
    exposition_number(&out, "n", NULL, (UINT64_C(1) << 53) + 1);
    exposition_number(&out, "n", NULL, UINT64_MAX);
    exposition_number(&out, "n", NULL, ~(u128)0);
    says("n 9007199254740993\nn 18446744073709551615\n"
         "n 340282366920938463463374607431768211455\n");
}
END_TEST

START_TEST(microseconds_are_exact_seconds)
{
    exposition_seconds(&out, "n", NULL, 0);
    exposition_seconds(&out, "n", NULL, 1);
    exposition_seconds(&out, "n", NULL, 1500000);
    exposition_seconds(&out, "n", NULL, 10000000);
    exposition_seconds(&out, "n", NULL, UINT64_MAX);
    says("n 0\nn 0.000001\nn 1.5\nn 10\nn 18446744073709.551615\n");
}
END_TEST

START_TEST(a_label_cannot_end_its_line_or_its_quotes)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{"a", "\"} 1\nserai_lie 2\\"}};

    exposition_number(&out, "n", labels, 0);
    says("n{a=\"\\\"} 1\\nserai_lie 2\\\\\"} 0\n");
}
END_TEST

START_TEST(what_is_not_utf_8_is_replaced_and_the_rest_is_kept)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{"a", "\xc3\xa9\xff\xc3"}};

    exposition_number(&out, "n", labels, 0);
    says("n{a=\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"} 0\n");
}
END_TEST

START_TEST(a_histogram_adds_up)
{
    static const uint64_t bounds[] = {10, 1000, 2500000};
    struct histogram histogram;

    histogram_init(&histogram, bounds, 3);
    histogram_add(&histogram, 10, 1); /* on a bound: below it */
    histogram_add(&histogram, 11, 2);
    histogram_add(&histogram, 3000000, 1);
    exposition_histogram(&out, "h_seconds", &histogram, EXPOSITION_US_AS_SECONDS);
    exposition_histogram(&out, "h", &histogram, EXPOSITION_PLAIN);
    says("h_seconds_bucket{le=\"0.00001\"} 1\nh_seconds_bucket{le=\"0.001\"} 3\n"
         "h_seconds_bucket{le=\"2.5\"} 3\nh_seconds_bucket{le=\"+Inf\"} 4\n"
         "h_seconds_sum 3.000032\nh_seconds_count 4\n"
         "h_bucket{le=\"10\"} 1\nh_bucket{le=\"1000\"} 3\nh_bucket{le=\"2500000\"} 3\n"
         "h_bucket{le=\"+Inf\"} 4\nh_sum 3000032\nh_count 4\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exposition");
    TCase *tcase = tcase_create("exposition");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_family_has_help_type_and_samples);
    tcase_add_test(tcase, numbers_are_whole_whatever_their_size);
    tcase_add_test(tcase, microseconds_are_exact_seconds);
    tcase_add_test(tcase, a_label_cannot_end_its_line_or_its_quotes);
    tcase_add_test(tcase, what_is_not_utf_8_is_replaced_and_the_rest_is_kept);
    tcase_add_test(tcase, a_histogram_adds_up);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
