#include "site/config/toml.h"
#include "tests/check_main.h"
#include <stdio.h>
#include <string.h>

/* Each item as "path kind text key_line:key_column line:column", joined by newlines. */
struct seen {
    char text[2000];
    size_t size;
};

static void see(void *context, const struct toml_item *item)
{
    static const char *const kinds[] = {"table", "text", "integer", "float", "other"};
    struct seen *seen = context;
    int size = snprintf(seen->text + seen->size, sizeof seen->text - seen->size,
                        "%s %s [%s] %u:%u %u:%u\n", item->path, kinds[item->kind], item->text,
                        item->key_line, item->key_column, item->line, item->column);

    ck_assert_int_gt(size, 0);
    seen->size += (size_t)size;
    ck_assert_uint_lt(seen->size, sizeof seen->text);
}

static void expect(const char *toml, const char *items)
{
    struct seen seen = {.size = 0};
    struct toml_error bad;

    ck_assert_int_eq(toml_visit(toml, strlen(toml), see, &seen, &bad), TOML_DONE);
    ck_assert_str_eq(seen.text, items);
}

static void refuse(const char *toml, size_t size, uint32_t line)
{
    struct seen seen = {.size = 0};
    struct toml_error bad = {0, 0, ""};

    ck_assert_int_eq(toml_visit(toml, size, see, &seen, &bad), TOML_BAD);
    ck_assert_uint_eq(bad.line, line);
    ck_assert_uint_gt(bad.column, 0);
    ck_assert_uint_gt(strlen(bad.text), 0);
    ck_assert_uint_eq(seen.size, 0);
}

START_TEST(values_come_with_kind_text_and_place)
{
    expect("a = \"x\"\nb = -5\n  c = 0.5\nd = true\n", "a text [x] 1:1 1:5\n"
                                                       "b integer [-5] 2:1 2:5\n"
                                                       "c float [0.5] 3:3 3:7\n"
                                                       "d other [] 4:1 4:5\n");
}
END_TEST

START_TEST(items_come_in_the_order_of_the_file)
{
    expect("[z]\nb = 1\na = 2\n[m]\nx.y = 3\n", "z table [] 1:2 1:1\n"
                                                "z.b integer [1] 2:1 2:5\n"
                                                "z.a integer [2] 3:1 3:5\n"
                                                "m table [] 4:2 4:1\n"
                                                "m.x table [] 5:1 5:1\n"
                                                "m.x.y integer [3] 5:3 5:7\n");
}
END_TEST

START_TEST(a_quoted_key_cannot_pass_for_a_path)
{
    expect("\"a.b\" = 1\n\"\" = 2\n\"n\\u0000x\" = 3\n", "\"a.b\" integer [1] 1:1 1:9\n"
                                                         "\"\" integer [2] 2:1 2:6\n"
                                                         "\"n?x\" integer [3] 3:1 3:14\n");
}
END_TEST

START_TEST(arrays_and_texts_with_a_nul_are_other)
{
    expect("a = [1, \"x\"]\nb = \"x\\u0000y\"\n", "a other [] 1:1 1:5\nb other [] 2:1 2:5\n");
    expect("[[a]]\nb = 1\n", "a other [] 1:3 1:1\n");
}
END_TEST

START_TEST(an_empty_file_has_no_items)
{
    expect("", "");
    expect("# nothing\n", "");
}
END_TEST

START_TEST(what_is_not_toml_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        uint32_t line;
    } bad[] = {
        {"a = 1\nb\n", 2},        {"a = 1\na = 2\n", 2}, {"a = \"x\n", 1},
        {"a = 1 2\n", 1},         {"[a\n", 1},           {"a = 99999999999999999999\n", 1},
        {"[a]\nb = 1\n[a]\n", 3},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(bad[i].text, strlen(bad[i].text), bad[i].line);
    refuse("a = \"\0\"\n", 9, 1);
    refuse("a = \"\xff\"\n", 8, 1);
}
END_TEST

START_TEST(letters_beyond_ascii_are_for_lines_of_comment)
{
    static const char letter[] = "b = 1\ncu=\315\247XX\n"; /* once ran into undefined behaviour */

    refuse(letter, sizeof letter - 1, 2);
    refuse("a = 1 # \303\251\n", 11, 1);
    refuse("\303\251 = 1\n", 7, 1);
    expect("# caf\303\251\n\t # caf\303\251\na = 1\n", "a integer [1] 3:1 3:5\n");
    expect("a = \"\"\"x\n# \\\n#r\303\251\n\"\"\"", "a text [x\n# #r??\n] 1:1 1:5\n");
}
END_TEST

START_TEST(deep_nesting_is_refused_and_not_followed)
{
    char text[4000] = "a = ";

    memset(text + 4, '[', sizeof text - 5);
    refuse(text, sizeof text - 1, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("toml");
    TCase *all = tcase_create("all");

    suite_add_tcase(suite, all);
    tcase_add_test(all, values_come_with_kind_text_and_place);
    tcase_add_test(all, items_come_in_the_order_of_the_file);
    tcase_add_test(all, a_quoted_key_cannot_pass_for_a_path);
    tcase_add_test(all, arrays_and_texts_with_a_nul_are_other);
    tcase_add_test(all, an_empty_file_has_no_items);
    tcase_add_test(all, what_is_not_toml_is_refused_with_its_line);
    tcase_add_test(all, letters_beyond_ascii_are_for_lines_of_comment);
    tcase_add_test(all, deep_nesting_is_refused_and_not_followed);
    return check_main(suite);
}
