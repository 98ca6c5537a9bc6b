#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "tests/check_main.h"

static char shown[256];

static const char *escaped(const char *text)
{
    ck_assert_uint_eq(text_escape(shown, sizeof shown, text, strlen(text)), strlen(shown));
    return shown;
}

START_TEST(plain_text_and_letters_of_any_script_stay)
{
    ck_assert_str_eq(escaped("an agent: \"ok\" 50% ~"), "an agent: \"ok\" 50% ~");
    ck_assert_str_eq(escaped("h\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\xab"),
                     "h\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\xab");
    ck_assert_str_eq(escaped(""), "");
}
END_TEST

START_TEST(what_a_terminal_obeys_is_escaped)
{
    ck_assert_str_eq(escaped("a\nb\rc\td\033[2J\a\b\x7f"), "a\\nb\\rc\\td\\x1b[2J\\x07\\x08\\x7f");
    /* C1: as UTF-8, and as the bare bytes of a terminal of eight bits */
    ck_assert_str_eq(escaped("\xc2\x80\xc2\x9b\xc2\x9f"), "\\u{0080}\\u{009b}\\u{009f}");
    ck_assert_str_eq(escaped("\x9b\x31m"), "\\x9b1m");
    ck_assert_str_eq(escaped("\xc2\xa1"), "\xc2\xa1"); /* the first beyond */
}
END_TEST

START_TEST(what_reorders_or_hides_or_breaks_lines_is_escaped)
{
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"\xe2\x80\xaa", "\\u{202a}"},       {"\xe2\x80\xae", "\\u{202e}"},
        {"\xe2\x81\xa6", "\\u{2066}"},       {"\xe2\x81\xa9", "\\u{2069}"},
        {"\xe2\x80\x8e", "\\u{200e}"},       {"\xe2\x80\x8f", "\\u{200f}"},
        {"\xd8\x9c", "\\u{061c}"},           {"\xe2\x80\x8b", "\\u{200b}"},
        {"\xe2\x80\x8d", "\\u{200d}"},       {"\xe2\x81\xa0", "\\u{2060}"},
        {"\xef\xbb\xbf", "\\u{feff}"},       {"\xe2\x80\xa8", "\\u{2028}"},
        {"\xe2\x80\xa9", "\\u{2029}"},       {"\xc2\xad", "\\u{00ad}"},
        {"\xf3\xa0\x80\xa1", "\\u{e0021}"},  {"\xef\xbf\xbf", "\\u{ffff}"},
        {"\xf4\x8f\xbf\xbf", "\\u{10ffff}"}, {"\xf0\x9f\xbf\xbf", "\\u{1ffff}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(escaped(cases[i].text), cases[i].shown);
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_told_one_by_one)
{
    ck_assert_str_eq(escaped("\xff\xc0\x80"), "\\xff\\xc0\\x80"); /* too long a form */
    ck_assert_str_eq(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* a surrogate */
    ck_assert_str_eq(escaped("\xe2\x80"), "\\xe2\\x80");          /* cut off */
    ck_assert_str_eq(escaped("\xe2\x80m"), "\\xe2\\x80m");
    ck_assert_uint_eq(text_escape(shown, sizeof shown, "a\0b", 3), 6);
    ck_assert_str_eq(shown, "a\\x00b");
}
END_TEST

START_TEST(nobody_can_write_an_escape)
{
    ck_assert_str_eq(escaped("\\x1b"), "\\\\x1b");
    ck_assert_str_eq(escaped("\\u{202e}\\\\n"), "\\\\u{202e}\\\\\\\\n");
}
END_TEST

/* The text that an escaped form stands for; its length. */
static size_t unescape(const char *from, unsigned char *to)
{
    size_t used = 0;
    unsigned value;
    int length;

    for (; *from != '\0'; from += length) {
        length = 1;
        if (*from != '\\') {
            to[used++] = (unsigned char)*from;
        } else if (sscanf(from, "\\x%2x%n", &value, &length) == 1) {
            to[used++] = (unsigned char)value;
        } else if (sscanf(from, "\\u{%x}%n", &value, &length) == 1) {
            /* Only what had two bytes or more is shown so. */
            if (value < 0x800) {
                to[used++] = (unsigned char)(0xc0 | (value >> 6));
            } else {
                if (value >= 0x10000) {
                    to[used++] = (unsigned char)(0xf0 | (value >> 18));
                    to[used++] = (unsigned char)(0x80 | ((value >> 12) & 0x3f));
                } else {
                    to[used++] = (unsigned char)(0xe0 | (value >> 12));
                }
                to[used++] = (unsigned char)(0x80 | ((value >> 6) & 0x3f));
            }
            to[used++] = (unsigned char)(0x80 | (value & 0x3f));
        } else {
            const char *at = strchr("\\\\n\nr\rt\t", from[1]);

            ck_assert_ptr_nonnull(at);
            to[used++] = (unsigned char)at[1];
            length = 2;
        }
    }
    return used;
}

START_TEST(any_bytes_come_back_from_their_escaped_form)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 20000; round++) {
        static const unsigned char likely[] = "\\xu{}n20\033\n\x80\xc2\xe2\xf0\x9b\xa8\xbb";
        unsigned char text[24];
        unsigned char back[24 * TEXT_ESCAPED_PER_BYTE];
        char form[24 * TEXT_ESCAPED_PER_BYTE + 1];
        size_t size = (size_t)rng_below(&rng, sizeof text);

        for (size_t i = 0; i < size; i++)
            text[i] = rng_coin(&rng) ? likely[rng_below(&rng, sizeof likely)]
                                     : (unsigned char)rng_below(&rng, 256);
        (void)text_escape(form, sizeof form, text, size);
        ck_assert(utf8_is_valid(form, strlen(form)));
        for (const char *at = form; *at != '\0'; at++)
            ck_assert((unsigned char)*at >= 0x20 && *at != 0x7f);
        ck_assert_uint_eq(unescape(form, back), size);
        ck_assert(memcmp(back, text, size) == 0);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_by_whole_characters)
{
    char small[6];
    char larger[9];

    ck_assert_uint_eq(text_escape(small, sizeof small, "ab\033", 3), 5);
    ck_assert_str_eq(small, "a" TEXT_CUT);
    ck_assert_uint_eq(text_escape(small, sizeof small, "abcd\xc3\xa9", 6), 5);
    ck_assert_str_eq(small, "a" TEXT_CUT);
    ck_assert_uint_eq(text_escape(small, sizeof small, "abcde", 5), 5);
    ck_assert_str_eq(small, "abcde");
    ck_assert_uint_eq(text_escape(small, 1, "a", 1), 0);
    ck_assert_str_eq(small, "");
    ck_assert_uint_eq(text_escape(larger, sizeof larger, "ab\xc3\xa9xyz..", 9), 8);
    ck_assert_str_eq(larger, "ab\xc3\xa9" TEXT_CUT);
}
END_TEST

START_TEST(a_value_ends_where_it_ends)
{
    char form[64];

    (void)text_escape_value(form, sizeof form, "a \"b\\", 5, TEXT_QUOTED, false);
    ck_assert_str_eq(form, "a \\\"b\\\\");
    (void)text_escape_value(form, sizeof form, "a \"b\n", 5, TEXT_BARE, false);
    ck_assert_str_eq(form, "a\\x20\\\"b\\n");
    (void)text_escape_value(form, sizeof form, "abc", 3, TEXT_BARE, true);
    ck_assert_str_eq(form, "abc" TEXT_CUT);
}
END_TEST

START_TEST(columns_are_counted_as_a_terminal_shows_them)
{
    ck_assert_uint_eq(text_columns("abc\\n"), 5);
    ck_assert_uint_eq(text_columns("h\xc3\xa9"), 2);
    ck_assert_uint_eq(text_columns("e\xcc\x81"), 1);                /* an accent over it */
    ck_assert_uint_eq(text_columns("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* wide */
}
END_TEST

START_TEST(a_name_is_never_read_as_a_number_or_a_kind)
{
    static const char *const numbers[] = {"",   "4097", "007", "0x10", "1e3",      "-5", "+5",
                                          "#4", ".5",   "_1",  "1_0",  "\xd9\xa3", " a", "agent:5"};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ck_assert_msg(!text_is_name(numbers[i]), "%s", numbers[i]);
    ck_assert(text_is_name("a"));
    ck_assert(text_is_name("Z-9.x_"));
    ck_assert(text_is_name("x4097"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *cases = tcase_create("text");

    tcase_add_test(cases, plain_text_and_letters_of_any_script_stay);
    tcase_add_test(cases, what_a_terminal_obeys_is_escaped);
    tcase_add_test(cases, what_reorders_or_hides_or_breaks_lines_is_escaped);
    tcase_add_test(cases, bytes_that_are_not_utf8_are_told_one_by_one);
    tcase_add_test(cases, nobody_can_write_an_escape);
    tcase_add_test(cases, any_bytes_come_back_from_their_escaped_form);
    tcase_add_test(cases, what_does_not_fit_is_left_out_by_whole_characters);
    tcase_add_test(cases, a_value_ends_where_it_ends);
    tcase_add_test(cases, columns_are_counted_as_a_terminal_shows_them);
    tcase_add_test(cases, a_name_is_never_read_as_a_number_or_a_kind);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
