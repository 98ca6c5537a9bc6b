/*
 * A program of sdk/examples/spritely, played from a transcript: each line that begins with $ is
 * done, and what the agents then write into their logs has to be the lines that follow.
 *
 *     test_spritely TRANSCRIPT
 *
 *     $ deploy NAME PROGRAM [ARGS...]    @other in ARGS is the number that `other` has published,
 *                                        and @other.2 its second one
 *                                        /PROGRAM is one of tests/agents/guests, and
 *                                        PROGRAM+OTHER keeps that one as well
 *     $ send NAME WORDS...               as `serai agent send`
 *     $ queue NAME WORDS...              so that it begins together with what follows
 *     $ pay NAME NANOS WORDS...          with so much money
 *     $ turns NAME                       how many there were since this was asked last
 *     $ restart                          the site begins anew from what it has on disk
 *     gary: Hello Alice!                 NAME: LINE; a line of the site's own begins with a *
 *
 * SHOW=1 prints the transcript as it came out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "tests/site/core/fixture.h"

enum {
    MONEY = 500000000,
    NAMES_MAX = 16,
    NUMBERS_MAX = 12,
    TEXT_MAX = 65536,
    LINE_MAX_BYTES = 2048
};

struct player {
    char name[32];
    char numbers[NUMBERS_MAX][32]; /* what it published, in hex */
    size_t number_count;
    uint64_t agent;
    uint64_t turns; /* as they were shown */
    uint64_t seen;  /* number of the last line that was looked at */
};

static const char *path;
static struct site site;
static struct player players[NAMES_MAX];
static size_t player_count;
static char shown[TEXT_MAX]; /* the transcript as it comes out */
static size_t shown_size;

static void show(const char *text, size_t size)
{
    ck_assert_uint_lt(size, TEXT_MAX - shown_size - 1);
    memcpy(shown + shown_size, text, size);
    shown_size += size;
    shown[shown_size++] = '\n';
}

static struct player *player_named(const char *name, size_t size)
{
    for (size_t i = 0; i < player_count; i++) {
        if (strlen(players[i].name) == size && memcmp(players[i].name, name, size) == 0)
            return &players[i];
    }
    ck_abort_msg("%s: there is no %.*s", path, (int)size, name);
    return NULL;
}

/* One line of a log; what tells a place in the module is left out. */
static void show_line(struct player *player, const struct agent_log_line *line)
{
    char text[2 * LINE_MAX_BYTES];
    char said[LINE_MAX_BYTES];
    const char *reason;
    size_t size = line->size < 1024 ? line->size : 1024;
    bool by_site = line->by != LOG_BY_AGENT;
    int written;

    if (size == 31 && memcmp(line->text, "number ", 7) == 0) {
        ck_assert_uint_lt(player->number_count, NUMBERS_MAX);
        memcpy(player->numbers[player->number_count++], line->text + 7, 24);
        return;
    }
    (void)snprintf(said, sizeof said, "%.*s", (int)size, line->text);
    reason = by_site ? strstr(said, " stand: ") : NULL;
    if (by_site)
        said[strcspn(said, ",;")] = 0;
    written = snprintf(text, sizeof text, "%s%s: %s%s", by_site ? "*" : "", player->name, said,
                       reason == NULL ? "" : reason + 6);
    show(text, (size_t)written);
}

static void show_logs(void)
{
    site_settle(&site);
    for (size_t i = 0; i < player_count; i++) {
        struct player *player = &players[i];

        for (const struct agent_log_line *line = site_agent(&site, player->agent)->log.first;
             line != NULL; line = line->next) {
            if (line->line > player->seen) {
                player->seen = line->line;
                show_line(player, line);
            }
        }
    }
}

/* Arguments with the numbers put in. */
static void put_numbers(char *to, const char *args)
{
    while (*args != 0) {
        if (*args == '@') {
            size_t size = strcspn(args + 1, ". ");
            const struct player *player = player_named(args + 1, size);
            size_t which = 0;

            args += 1 + size;
            if (*args == '.') {
                which = strtoul(++args, NULL, 10) - 1;
                args += strspn(args, "0123456789");
            }
            ck_assert_uint_lt(which, player->number_count);
            to = stpcpy(to, player->numbers[which]);
        } else {
            *to++ = *args++;
        }
    }
    *to = 0;
}

static void deploy(const char *name, const char *program, const char *args)
{
    char module[64];
    char text[LINE_MAX_BYTES];
    struct deploy how = {.module = module, .args = text, .nanos = MONEY, .gifts = "s"};
    struct player *player = &players[player_count++];
    const char *keeps = strchr(program, '+');

    ck_assert_uint_le(player_count, NAMES_MAX);
    memset(player, 0, sizeof *player);
    (void)snprintf(player->name, sizeof player->name, "%s", name);
    how.keeps = keeps == NULL ? NULL : keeps + 1;
    (void)snprintf(module, sizeof module, "%s%.*s", program[0] == '/' ? "" : "spritely/",
                   (int)strcspn(program, "+") - (program[0] == '/'), program + (program[0] == '/'));
    put_numbers(text, args);
    player->agent = site_deploy(&site, 1, &how);
}

/* Up to `count` words of the line, and the rest of it. */
static const char *split(char *line, char *words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words[i] = line;
        line += strcspn(line, " ");
        if (*line != 0)
            *line++ = 0;
    }
    return line;
}

static void show_turns(struct player *player)
{
    uint64_t turns = site_agent(&site, player->agent)->usage.turns;
    char text[64];
    int written =
        snprintf(text, sizeof text, "%s: %d turns", player->name, (int)(turns - player->turns));

    show(text, (size_t)written);
    player->turns = turns;
}

/* Do what the line says, and look at what all write then. */
static void command(char *line)
{
    char *words[3];
    const char *rest;

    if (strncmp(line, "deploy ", 7) == 0) {
        rest = split(line, words, 3);
        deploy(words[1], words[2], rest);
    } else if (strncmp(line, "send ", 5) == 0) {
        rest = split(line, words, 2);
        ck_assert_int_eq(
            site_send(&site, 1, player_named(words[1], strlen(words[1]))->agent, rest, 0),
            CONTROL_DONE);
    } else if (strncmp(line, "queue ", 6) == 0) {
        rest = split(line, words, 2);
        site.many_in_frame = true;
        (void)!site_send(&site, 1, player_named(words[1], strlen(words[1]))->agent, rest, 0);
        site.many_in_frame = false;
        return;
    } else if (strncmp(line, "turns ", 6) == 0) {
        (void)split(line, words, 2);
        show_turns(player_named(words[1], strlen(words[1])));
    } else if (strncmp(line, "pay ", 4) == 0) {
        rest = split(line, words, 3);
        ck_assert_int_eq(site_send(&site, 1, player_named(words[1], strlen(words[1]))->agent, rest,
                                   strtoull(words[2], NULL, 10)),
                         CONTROL_DONE);
    } else {
        ck_assert_str_eq(line, "restart");
        site_reload_same(&site);
    }
    show_logs();
}

START_TEST(it_goes_as_the_transcript_says)
{
    static char wanted[TEXT_MAX];
    char line[LINE_MAX_BYTES];
    FILE *file = fopen(path, "r");
    size_t size = 0;

    ck_assert_msg(file != NULL, "%s cannot be read", path);
    site_open(&site, 7, 10000000000);
    site_customer(&site, 1, "one", 8000000000);
    while (fgets(line, sizeof line, file) != NULL) {
        ck_assert_uint_lt(size + strlen(line), sizeof wanted);
        size += (size_t)snprintf(wanted + size, sizeof wanted - size, "%s", line);
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || line[0] == 0 || line[0] == '$')
            show(line, strlen(line));
        if (line[0] != '$')
            continue;
        command(line + 2);
    }
    (void)fclose(file);
    shown[shown_size] = 0;
    if (getenv("SHOW") != NULL)
        (void)fputs(shown, stdout);
    else
        ck_assert_str_eq(shown, wanted);
    site_reload_same(&site);
    site_verify(&site);
    site_close(&site);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("spritely");
    TCase *tcase = tcase_create("spritely");

    if (argc != 2)
        return 64;
    path = argv[1];
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, it_goes_as_the_transcript_says);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
