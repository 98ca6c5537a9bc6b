/* What lands on stderr: the form of a line, levels, escapes, the rate limit, the journal's prefix.
 */
#include "base/log.h"

#include "base/log_json.h"
#include "base/text.h"
#include "tests/check_main.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* stderr is a file from capture_start() on; each test runs in a process of its own. */
static FILE *captured;
static char text[1024 * 1024];

static void capture_start(void)
{
    captured = tmpfile();
    ck_assert_ptr_nonnull(captured);
    ck_assert_int_ge(dup2(fileno(captured), STDERR_FILENO), 0);
}

/* All that was logged so far; returns its number of lines. */
static unsigned capture_read(void)
{
    unsigned lines = 0;
    size_t size;

    rewind(captured);
    size = fread(text, 1, sizeof text - 1, captured);
    text[size] = '\0';
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    return lines;
}

static void sleep_past_a_second(void)
{
    struct timespec time = {.tv_sec = 1, .tv_nsec = 100000000};

    while (nanosleep(&time, &time) != 0)
        ck_assert_int_eq(errno, EINTR);
}

START_TEST(a_line_is_time_level_event_and_text)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int us;
    int used = 0;

    capture_start();
    log_write(LOG_INFO, "site.started", "frame=%d", 7);
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_int_eq(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &year, &month, &day, &hour,
                            &minute, &second, &us, &used),
                     7);
    ck_assert_int_eq(used, 27);
    ck_assert_int_ge(year, 2023);
    ck_assert_str_eq(text + used, " info site.started frame=7\n");
}
END_TEST

START_TEST(a_line_without_text_ends_after_the_event)
{
    const char *none = "";

    capture_start();
    log_write(LOG_ERROR, "site.stopped", "%s", none);
    capture_read();
    ck_assert_str_eq(text + 27, " error site.stopped\n");
}
END_TEST

START_TEST(lines_above_the_level_are_left_out)
{
    capture_start();
    log_write(LOG_DEBUG, "a", "x=1");
    ck_assert_uint_eq(capture_read(), 0);
    log_set_level(LOG_DEBUG);
    log_write(LOG_DEBUG, "b", "x=2");
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_ptr_nonnull(strstr(text, " debug b x=2\n"));
    log_set_level(LOG_ERROR);
    log_write(LOG_WARN, "c", "x=3");
    log_write(LOG_INFO, "d", "x=4");
    ck_assert_uint_eq(capture_read(), 1);
    log_write(LOG_ERROR, "e", "x=5");
    ck_assert_uint_eq(capture_read(), 2);
}
END_TEST

START_TEST(control_characters_cannot_forge_lines)
{
    capture_start();
    log_write(LOG_INFO, "a", "reason=\"%s\"",
              "x\n2026 error fake\r\x1b[31m\x7f\xc2\x9b\\n\xe2\x80\xae");
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_ptr_nonnull(
        strstr(text, "reason=\"x\\n2026 error fake\\r\\x1b[31m\\x7f\\u{009b}\\\\n\\u{202e}\"\n"));
}
END_TEST

START_TEST(long_text_is_cut_and_says_so)
{
    char longer[5000];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    capture_start();
    log_write(LOG_INFO, "a", "reason=\"%s\" next=%d", longer, 7);
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_uint_lt(strlen(text), 1100);
    ck_assert_ptr_nonnull(strstr(text, "xxx\\...\" next=7\n"));
    memset(longer, 1, sizeof longer - 1); /* four times as long once escaped */
    log_write(LOG_INFO, "a", "reason=\"%s\" b=\"%s\" c=\"%s\" next=%d", longer, longer, longer, 7);
    ck_assert_uint_eq(capture_read(), 2);
    ck_assert_ptr_nonnull(strstr(text, "\\x01\\...\" next=7\n"));
    log_write(LOG_INFO, "a", "name=\"%.3s\" same=\"%.3s\"", "four", "all");
    ck_assert_uint_eq(capture_read(), 3);
    ck_assert_ptr_nonnull(strstr(text, " name=\"fou\\...\" same=\"all\"\n"));
}
END_TEST

/* What a neighbour or an agent chose, in a value between quotes and in a bare one. */
START_TEST(a_value_cannot_forge_another_key)
{
    capture_start();
    log_write(LOG_INFO, "a", "link=%s reason=\"%s\" size=%zu part=%" PRIu32 " %s%%", "north x=1",
              "gone\" state=up reason=\"fine\\", (size_t)12, UINT32_MAX, "50");
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_ptr_nonnull(strstr(text, " link=north\\x20x=1 reason=\"gone\\\" state=up "
                                       "reason=\\\"fine\\\\\" size=12 part=4294967295 50%\n"));
}
END_TEST

/* The mark of what is cut is nobody's to write. */
START_TEST(a_whole_text_never_looks_cut)
{
    capture_start();
    log_write(LOG_INFO, "a", "reason=\"%s\"", "all of it" TEXT_CUT);
    ck_assert_uint_eq(capture_read(), 1);
    ck_assert_ptr_nonnull(strstr(text, "reason=\"all of it\\\\...\"\n"));
}
END_TEST

START_TEST(errno_survives_a_log_line)
{
    capture_start();
    errno = ENOSPC;
    log_write(LOG_INFO, "a", "x=1");
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(a_flood_of_one_event_is_limited_and_counted)
{
    const char *said;
    unsigned left_out;
    unsigned written;

    capture_start();
    for (int i = 0; i < 500; i++)
        log_write(LOG_WARN, "flood", "i=%d", i);
    written = capture_read();
    ck_assert_uint_ge(written, LOG_PER_SECOND_MAX);
    ck_assert_uint_lt(written, 500);
    log_write(LOG_WARN, "other", "x=1"); /* has a limit of its own */
    ck_assert_uint_eq(capture_read(), written + 1);
    sleep_past_a_second();
    log_write(LOG_WARN, "other", "x=2");
    capture_read();
    said = strstr(text, " warn log.limited event=flood left_out=");
    ck_assert_ptr_nonnull(said);
    ck_assert_int_eq(sscanf(said, " warn log.limited event=flood left_out=%u", &left_out), 1);
    if (written == LOG_PER_SECOND_MAX) /* unless the machine is so slow that a second passed */
        ck_assert_uint_eq(left_out, 500 - written);
    ck_assert_ptr_nonnull(strstr(text, " warn other x=2\n"));
    log_write(LOG_WARN, "flood", "again=1");
    capture_read();
    ck_assert_ptr_nonnull(strstr(text, " warn flood again=1\n"));
}
END_TEST

START_TEST(info_and_errors_are_never_limited)
{
    capture_start();
    for (int i = 0; i < 200; i++) {
        log_write(LOG_INFO, "many", "i=%d", i);
        log_write(LOG_ERROR, "bad", "i=%d", i);
    }
    ck_assert_uint_eq(capture_read(), 400);
}
END_TEST

START_TEST(more_event_names_than_room_still_log)
{
    capture_start();
    for (int i = 0; i < 300; i++) {
        char event[32];

        (void)snprintf(event, sizeof event, "event.%d", i);
        log_write(LOG_WARN, event, "x=1");
    }
    ck_assert_uint_gt(capture_read(), 128);
    ck_assert_uint_lt(capture_read(), 300); /* those beyond the room share one limit */
}
END_TEST

static void set_journal_stream(uintmax_t device, uintmax_t inode)
{
    char stream[64];

    (void)snprintf(stream, sizeof stream, "%ju:%ju", device, inode);
    ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
}

START_TEST(the_journal_gets_a_priority)
{
    static const char *const want[] = {"<3>", "<4>", "<6>", "<7>"};
    struct stat stat;

    capture_start();
    ck_assert_int_eq(fstat(STDERR_FILENO, &stat), 0);
    set_journal_stream(stat.st_dev, stat.st_ino);
    log_set_level(LOG_DEBUG);
    log_write((enum log_level)_i, "a", "x=1");
    capture_read();
    ck_assert_int_eq(strncmp(text, want[_i], 3), 0);
    ck_assert_str_eq(text + 30 + strlen(text + 30) - strlen(" a x=1\n"), " a x=1\n");
}
END_TEST

START_TEST(another_stream_gets_no_priority)
{
    struct stat stat;

    capture_start();
    ck_assert_int_eq(fstat(STDERR_FILENO, &stat), 0);
    set_journal_stream(stat.st_dev, stat.st_ino + 1);
    log_write(LOG_INFO, "a", "x=1");
    capture_read();
    ck_assert_int_ne(text[0], '<');
}
END_TEST

enum { THREADS = 4, LINES_EACH = 200 };

static void *log_many(void *context)
{
    for (int i = 0; i < LINES_EACH; i++)
        log_write(LOG_INFO, "thread", "name=%s abcdefghijklmnopqrstuvwxyz", (const char *)context);
    return NULL;
}

START_TEST(lines_of_threads_do_not_mix)
{
    static char names[THREADS][2] = {"0", "1", "2", "3"};
    pthread_t threads[THREADS];
    unsigned whole = 0;

    capture_start();
    /* The file's offset is shared by all writers only with O_APPEND or one descriptor: it is one.
     */
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(capture_read(), THREADS * LINES_EACH);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ck_assert_uint_eq(strlen(line), 27 + strlen(" info thread name=0 ") + 26);
        whole += strcmp(line + strlen(line) - 26, "abcdefghijklmnopqrstuvwxyz") == 0;
    }
    ck_assert_uint_eq(whole, THREADS * LINES_EACH);
}
END_TEST

/* ---- JSON ---- */

/* The object that a text becomes, behind "event". */
static const char *as_json(const char *line)
{
    static char object[LOG_JSON_BYTES_MAX + 1];
    const struct log_head head = {"2026-01-31T23:59:59.000000Z", "info", "a.b"};
    const char begin[] =
        "{\"time\":\"2026-01-31T23:59:59.000000Z\",\"level\":\"info\",\"event\":\"a.b\"";
    size_t size = log_json(object, &head, line);

    ck_assert_uint_lt(size, LOG_JSON_BYTES_MAX);
    ck_assert_int_eq(object[size - 1], '\n');
    object[size - 1] = '\0';
    ck_assert_int_eq(strncmp(object, begin, sizeof begin - 1), 0);
    ck_assert_ptr_eq(memchr(object, '\n', size - 1), NULL);
    return object + sizeof begin - 1;
}

START_TEST(an_object_has_the_keys_of_the_line)
{
    ck_assert_str_eq(as_json(""), "}");
    ck_assert_str_eq(as_json("frame=7 agent_id=-3"), ",\"frame\":7,\"agent_id\":-3}");
    ck_assert_str_eq(as_json("a=x b=\"y z\" c=1"), ",\"a\":\"x\",\"b\":\"y z\",\"c\":1}");
    ck_assert_str_eq(as_json("a= b=\"\" c=-"), ",\"a\":\"\",\"b\":\"\",\"c\":\"-\"}");
    ck_assert_str_eq(as_json("plain words"), ",\"text\":\"plain words\"}");
    ck_assert_str_eq(as_json("a=1 plain"), ",\"a\":1,\"text\":\"plain\"}");
}
END_TEST

/* No reader of JSON loses digits of a number, or takes an amount or a hash for one. */
START_TEST(what_is_no_small_whole_number_is_a_string)
{
    ck_assert_str_eq(as_json("a=999999999999999"), ",\"a\":999999999999999}");
    ck_assert_str_eq(as_json("a=9999999999999999"), ",\"a\":\"9999999999999999\"}");
    ck_assert_str_eq(as_json("a=007 b=0 c=1.5"), ",\"a\":\"007\",\"b\":0,\"c\":\"1.5\"}");
    ck_assert_str_eq(as_json("a=\"7\""), ",\"a\":\"7\"}");
}
END_TEST

START_TEST(values_are_unescaped_and_escaped_as_json_wants)
{
    ck_assert_str_eq(as_json("a=b\\x20c"), ",\"a\":\"b c\"}");
    ck_assert_str_eq(as_json("a=\"say \\\"x\\\" \\\\n\" b=1"),
                     ",\"a\":\"say \\\"x\\\" \\\\n\",\"b\":1}");
    ck_assert_str_eq(as_json("a=\"\\n\\r\\t\\x1b\\x7f\""), ",\"a\":\"\\n\\r\\t\\u001b\\u007f\"}");
    ck_assert_str_eq(as_json("a=\"\\xff\""), ",\"a\":\"\\udcff\"}");
    ck_assert_str_eq(as_json("a=\"\\u{202e}\\u{e0001}\""), ",\"a\":\"\\u202e\\udb40\\udc01\"}");
    ck_assert_str_eq(as_json("a=\"\xc3\xa9\""), ",\"a\":\"\xc3\xa9\"}");
    ck_assert_str_eq(as_json("a=\"x\\...\""), ",\"a\":\"x\\\\...\"}");
}
END_TEST

START_TEST(a_line_that_is_too_long_loses_whole_keys)
{
    char line[3000];
    const char *object;

    memset(line, '\0', sizeof line);
    for (size_t i = 0; i + 8 < sizeof line; i += 8)
        memcpy(line + i, "k=\"\\x1b ", 8);
    memcpy(line, "a=1 b=\"", 7);
    object = as_json(line);
    ck_assert_ptr_nonnull(strstr(object, ",\"a\":1"));
    /* One value that has no place: the keys before it stay. */
    memset(line, 'x', sizeof line - 1);
    memcpy(line, "a=1 b=", 6);
    for (size_t i = 6; i + 4 < sizeof line; i += 4)
        memcpy(line + i, "\\x1b", 4);
    ck_assert_str_eq(as_json(line), ",\"a\":1,\"cut\":true}");
}
END_TEST

/* Whoever is quoted adds no key, ends no string and begins no line. */
START_TEST(nobody_who_is_quoted_adds_a_key)
{
    struct rng rng = rng_for_test();
    char value[64];

    log_set_form(LOG_AS_JSON);
    for (int round = 0; round < 500; round++) {
        static const char nasty[] = "\"\\ ={},:\n\r\t\x1b\x7f"
                                    "ab\xc3\xa9\xff\xe2\x80\xae";
        size_t size = rng_below(&rng, sizeof value);
        const char *at;
        int strings = 0;

        for (size_t i = 0; i < size; i++)
            value[i] = nasty[rng_below(&rng, sizeof nasty - 1)];
        value[size == sizeof value ? size - 1 : size] = '\0';
        capture_start();
        log_write(LOG_INFO, "a.b", "v=%s w=\"%s\" x=7", value, value);
        ck_assert_uint_eq(capture_read(), 1);
        (void)fclose(captured);
        at = text;
        ck_assert_int_eq(strncmp(at, "{\"time\":", 8), 0);
        for (; *at != '\0'; at++) { /* strings begin and end: six keys, five of whose values are */
            if (*at != '"')
                continue;
            for (at++; *at != '"'; at++) {
                ck_assert_int_ge((unsigned char)*at, 0x20);
                at += *at == '\\';
            }
            strings++;
        }
        ck_assert_msg(strings == 6 + 5, "%d: %s", strings, text);
        ck_assert_ptr_nonnull(strstr(text, ",\"x\":7}\n"));
    }
}
END_TEST

START_TEST(often_is_limited_at_every_level)
{
    capture_start();
    for (int i = 0; i < 3 * LOG_PER_SECOND_MAX; i++)
        log_write_often(LOG_INFO, "agent.undone", "agent=%d", i);
    ck_assert_uint_eq(capture_read(), LOG_PER_SECOND_MAX);
    sleep_past_a_second();
    log_catch_up();
    ck_assert_uint_eq(capture_read(), LOG_PER_SECOND_MAX + 1);
    ck_assert_ptr_nonnull(strstr(text, "event=agent.undone left_out=100"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");

    (void)unsetenv("JOURNAL_STREAM");
    tcase_add_test(tcase, a_line_is_time_level_event_and_text);
    tcase_add_test(tcase, a_line_without_text_ends_after_the_event);
    tcase_add_test(tcase, lines_above_the_level_are_left_out);
    tcase_add_test(tcase, control_characters_cannot_forge_lines);
    tcase_add_test(tcase, long_text_is_cut_and_says_so);
    tcase_add_test(tcase, a_value_cannot_forge_another_key);
    tcase_add_test(tcase, a_whole_text_never_looks_cut);
    tcase_add_test(tcase, errno_survives_a_log_line);
    tcase_add_test(tcase, a_flood_of_one_event_is_limited_and_counted);
    tcase_add_test(tcase, info_and_errors_are_never_limited);
    tcase_add_test(tcase, more_event_names_than_room_still_log);
    tcase_add_loop_test(tcase, the_journal_gets_a_priority, LOG_ERROR, LOG_DEBUG + 1);
    tcase_add_test(tcase, another_stream_gets_no_priority);
    tcase_add_test(tcase, lines_of_threads_do_not_mix);
    tcase_add_test(tcase, an_object_has_the_keys_of_the_line);
    tcase_add_test(tcase, what_is_no_small_whole_number_is_a_string);
    tcase_add_test(tcase, values_are_unescaped_and_escaped_as_json_wants);
    tcase_add_test(tcase, a_line_that_is_too_long_loses_whole_keys);
    tcase_add_test(tcase, nobody_who_is_quoted_adds_a_key);
    tcase_add_test(tcase, often_is_limited_at_every_level);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
