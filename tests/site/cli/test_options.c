#include "site/cli/options.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/check_main.h"

enum { USAGE = 64 };

static struct cli_args args;

/* What the command says to people is not for the test's own output. */
static void setup(void)
{
    int null = open("/dev/null", O_WRONLY);

    ck_assert_int_ge(null, 0);
    ck_assert_int_ge(dup2(null, STDOUT_FILENO), 0);
    ck_assert_int_ge(dup2(null, STDERR_FILENO), 0);
    ck_assert_int_eq(close(null), 0);
}

#define PARSE(...) parse((const char *[]){"serai", __VA_ARGS__, NULL})

static int parse(const char **words)
{
    char *argv[16] = {0};
    int argc = 0;

    /* argv of main is not const, though nobody writes to it. */
    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return cli_parse(&args, argc, argv);
}

START_TEST(a_command_is_found_with_its_words)
{
    ck_assert_int_eq(PARSE("agent", "fund", "scout", "0.5", "--json"), -1);
    ck_assert_str_eq(args.command->group, "agent");
    ck_assert_str_eq(args.command->verb, "fund");
    ck_assert_uint_eq(args.operand_count, 2);
    ck_assert_str_eq(args.operands[0], "scout");
    ck_assert_str_eq(args.operands[1], "0.5");
    ck_assert(args.given[OPT_JSON]);
    ck_assert(!args.given[OPT_KEY]);
}
END_TEST

START_TEST(a_command_may_be_one_word_or_its_groups_default)
{
    ck_assert_int_eq(PARSE("support-bundle", "x.tar.gz", "--log", "y"), -1);
    ck_assert_str_eq(args.command->verb, "bundle");
    ck_assert_str_eq(args.operands[0], "x.tar.gz");
    ck_assert_str_eq(args.values[OPT_LOG_FILE], "y");
    ck_assert_int_eq(PARSE("top", "--once"), -1);
    ck_assert_str_eq(args.command->verb, "show");
    ck_assert_int_eq(PARSE("doctor"), -1);
    ck_assert_str_eq(args.command->verb, "run");
    ck_assert_int_eq(PARSE("support-bundles", "x"), USAGE);
    ck_assert_int_eq(PARSE("support-bundle"), USAGE);
    ck_assert_int_eq(PARSE("top", "all"), USAGE);
}
END_TEST

START_TEST(options_take_their_value_either_way)
{
    ck_assert_int_eq(PARSE("money", "in", "--site", "a", "1", "--key=b"), -1);
    ck_assert_str_eq(args.values[OPT_SITE], "a");
    ck_assert_str_eq(args.values[OPT_KEY], "b");
    ck_assert_str_eq(args.operands[0], "1");
    ck_assert_int_eq(PARSE("money", "in", "1", "--key="), -1);
    ck_assert_str_eq(args.values[OPT_KEY], "");
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
    ck_assert_int_eq(PARSE("agent", "send", "7", "--", "--json"), -1);
    ck_assert_str_eq(args.operands[1], "--json");
    ck_assert(!args.given[OPT_JSON]);
}
END_TEST

START_TEST(modules_may_be_repeated_up_to_a_bound)
{
    ck_assert_int_eq(PARSE("agent", "deploy", "a.wasm", "--with", "b", "--with=c"), -1);
    ck_assert_uint_eq(args.with_count, 2);
    ck_assert_str_eq(args.with[1], "c");
    ck_assert_int_eq(PARSE("agent", "deploy", "a.wasm", "--with=1", "--with=2", "--with=3",
                           "--with=4", "--with=5", "--with=6", "--with=7", "--with=8", "--with=9"),
                     USAGE);
}
END_TEST

START_TEST(the_version_is_told_by_either_word)
{
    ck_assert_int_eq(PARSE("--version"), 0);
    ck_assert_int_eq(PARSE("version"), 0);
    ck_assert_int_eq(PARSE("--version", "--json"), 0);
    ck_assert_int_eq(PARSE("--version", "--site"), USAGE);
    ck_assert_int_eq(PARSE("version", "--json", "--json"), USAGE);
}
END_TEST

START_TEST(wrong_command_lines_are_refused)
{
    ck_assert_int_eq(PARSE("frob"), USAGE);
    ck_assert_int_eq(PARSE("agent"), USAGE);
    ck_assert_int_eq(PARSE("agent", "frob"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "2"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--frob"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--retry"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--offline"), USAGE);
    ck_assert_int_eq(PARSE("agent", "freeze", "1", "--offline"), -1);
    ck_assert_int_eq(PARSE("audit", "verify", "--key", "x"), USAGE);
    ck_assert_int_eq(PARSE("code", "check", "f", "--site-key", "x"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--site"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--json=yes"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--json", "--json"), USAGE);
    ck_assert_int_eq(PARSE("agent", "show", "1", "--jso"), USAGE);
}
END_TEST

START_TEST(help_is_there_at_every_level)
{
    ck_assert_int_eq(PARSE("help"), 0);
    ck_assert_int_eq(PARSE("--help"), 0);
    ck_assert_int_eq(PARSE("agent", "--help"), 0);
    ck_assert_int_eq(PARSE("agent", "show", "--help"), 0);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        ck_assert_int_eq(PARSE(command->group, command->verb, "--help"), 0);
}
END_TEST

START_TEST(a_retry_needs_no_words)
{
    ck_assert_int_eq(PARSE("money", "in", "--retry"), -1);
    ck_assert_int_eq(PARSE("agent", "fund", "--retry"), -1);
}
END_TEST

START_TEST(an_option_of_two_meanings_has_that_of_the_command)
{
    ck_assert_int_eq(PARSE("link", "add", "b", "--key", "k", "--limit=1", "--sign-with", "f"), -1);
    ck_assert(!args.given[OPT_KEY] && !args.given[OPT_LIMIT]);
    ck_assert_str_eq(args.values[OPT_PEER], "k");
    ck_assert_str_eq(args.values[OPT_DEBT], "1");
    ck_assert_str_eq(args.values[OPT_SIGN_WITH], "f");
    ck_assert_int_eq(PARSE("link", "freeze", "b", "--key", "k"), -1);
    ck_assert_str_eq(args.values[OPT_KEY], "k");
    ck_assert_int_eq(PARSE("link", "freeze", "b", "--sign-with", "k"), USAGE);
    ck_assert_int_eq(PARSE("link", "show", "b", "--since", "m"), -1);
    ck_assert(!args.given[OPT_SINCE]);
    ck_assert_str_eq(args.values[OPT_SINCE_MARK], "m");
    ck_assert_int_eq(PARSE("ledger", "transfers", "--since", "7"), -1);
    ck_assert_str_eq(args.values[OPT_SINCE], "7");
}
END_TEST

START_TEST(a_local_command_takes_no_site)
{
    ck_assert_int_eq(PARSE("code", "run", "a.wasm", "add", "-1", "2", "--tier", "1", "--json"), -1);
    ck_assert_uint_eq(args.operand_count, 4);
    ck_assert_str_eq(args.operands[2], "-1");
    ck_assert_int_eq(PARSE("code", "run", "a.wasm", "add", "--site", "s"), USAGE);
    ck_assert_int_eq(PARSE("code", "run", "a.wasm"), USAGE);
    ck_assert_int_eq(PARSE("code", "check", "a.wasm", "--fuel", "1"), USAGE);
}
END_TEST

START_TEST(no_command_is_there_twice)
{
    for (const struct cli_command *a = cli_commands; a->group != NULL; a++) {
        ck_assert_ptr_nonnull(a->run);
        ck_assert_uint_le(a->operands_min, a->operands_max);
        ck_assert_uint_le(a->operands_max, CLI_OPERANDS_MAX);
        for (const struct cli_command *b = cli_commands; b != a; b++)
            ck_assert(strcmp(a->group, b->group) != 0 || strcmp(a->verb, b->verb) != 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_command_is_found_with_its_words);
    tcase_add_test(tcase, a_command_may_be_one_word_or_its_groups_default);
    tcase_add_test(tcase, options_take_their_value_either_way);
    tcase_add_test(tcase, two_dashes_end_the_options);
    tcase_add_test(tcase, modules_may_be_repeated_up_to_a_bound);
    tcase_add_test(tcase, the_version_is_told_by_either_word);
    tcase_add_test(tcase, wrong_command_lines_are_refused);
    tcase_add_test(tcase, help_is_there_at_every_level);
    tcase_add_test(tcase, a_retry_needs_no_words);
    tcase_add_test(tcase, an_option_of_two_meanings_has_that_of_the_command);
    tcase_add_test(tcase, a_local_command_takes_no_site);
    tcase_add_test(tcase, no_command_is_there_twice);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
