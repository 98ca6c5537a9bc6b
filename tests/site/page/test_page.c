/* The page as the server has it: its files, and what it says before there is anything to show. */
#include "site/page/page.h"

#include "site/page/files.h"
#include "site/page/limits.h"
#include "tests/check_main.h"

static struct page *page;

static uint64_t now_us(void *context)
{
    (void)context;
    return 1;
}

static void setup(void)
{
    ck_assert_int_eq(
        page_new(&page, "/nowhere/control.sock", (struct clock_source){.now_us = now_us}), ST_OK);
}

static void teardown(void)
{
    page_free(page);
}

static const struct http_route *route_of(const char *path)
{
    struct http_table table = page_table(page);

    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.routes[i].path, path) == 0)
            return &table.routes[i];
    return NULL;
}

static struct http_answer ask(const char *path)
{
    struct http_answer answer = {.status = 200};
    struct http_query query = {.path = path};
    const struct http_route *route = route_of(path);

    ck_assert_ptr_nonnull(route);
    route->answer(page_table(page).context, &query, &answer);
    ck_assert(!answer.body.failed);
    return answer;
}

START_TEST(each_file_has_its_type_and_all_are_small)
{
    size_t bytes = 0;

    for (size_t i = 0; i < page_file_count; i++) {
        struct http_answer answer = ask(page_files[i].path);

        ck_assert_uint_eq(answer.status, 200);
        ck_assert_uint_eq(answer.body.size, page_files[i].size);
        ck_assert_uint_gt(strlen(answer.type), 0);
        ck_assert_int_eq(answer.etag[0], '"');
        ck_assert_uint_eq(strlen(answer.etag), 34);
        bytes += answer.body.size;
        bytes_fini(&answer.body);
    }
    ck_assert_ptr_nonnull(route_of("/"));
    ck_assert_ptr_null(route_of("/index.html"));
    ck_assert_uint_gt(bytes, 10000);
    ck_assert_uint_lt(bytes, PAGE_BYTES_MAX);
}
END_TEST

START_TEST(no_file_names_anything_elsewhere)
{
    static const char *const forbidden[] = {"http:",          "https:",  "//",
                                            "innerHTML",      "eval(",   "document.write",
                                            "insertAdjacent", " style=", " onclick="};

    for (size_t i = 0; i < page_file_count; i++) {
        struct bytes text = {0};

        bytes_append(&text, page_files[i].bytes, page_files[i].size);
        bytes_append(&text, "", 1);
        ck_assert(!text.failed);
        for (size_t j = 0; j < sizeof forbidden / sizeof forbidden[0]; j++) {
            const char *found = strstr((const char *)text.data, forbidden[j]);

            /* A name space is no address, and // begins a comment. */
            while (found != NULL &&
                   (strncmp(found, "http://www.w3.org/", 18) == 0 ||
                    strncmp(found, "//www.w3.org/", 13) == 0 || strncmp(found, "// ", 3) == 0))
                found = strstr(found + 1, forbidden[j]);
            ck_assert_msg(found == NULL, "%s has %s", page_files[i].path, forbidden[j]);
        }
        bytes_fini(&text);
    }
}
END_TEST

START_TEST(before_the_site_serves_every_answer_says_so)
{
    struct http_table table = page_table(page);
    int count = 0;

    ck_assert(table.own_names);
    for (size_t i = 0; i < table.count; i++) {
        struct http_answer answer;

        if (strncmp(table.routes[i].path, "/api/", 5) != 0 ||
            strcmp(table.routes[i].path, "/api/words") == 0)
            continue;
        answer = ask(table.routes[i].path);
        bytes_append(&answer.body, "", 1);
        ck_assert_uint_eq(answer.status, 503);
        ck_assert_str_eq(answer.type, "application/json");
        ck_assert_str_eq((const char *)answer.body.data, "{\"error\":\"the site starts\"}");
        bytes_fini(&answer.body);
        count++;
    }
    ck_assert_int_eq(count, 14);
}
END_TEST

START_TEST(a_site_that_does_not_answer_is_said_to)
{
    struct store store = {0}; /* open, as far as the page knows; reads do not look at it */
    struct http_answer answer;

    page_open(page, &store);
    answer = ask("/api/status");
    ck_assert_uint_eq(answer.status, 503);
    bytes_append(&answer.body, "", 1);
    ck_assert_ptr_nonnull(strstr((const char *)answer.body.data, "nobody listens"));
    bytes_fini(&answer.body);
    answer = ask("/api/agent"); /* its number is missing */
    ck_assert_uint_eq(answer.status, 400);
    bytes_fini(&answer.body);
    page_stop(page);
    answer = ask("/api/transfers");
    ck_assert_uint_eq(answer.status, 503);
    bytes_fini(&answer.body);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page");
    TCase *tcase = tcase_create("page");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_file_has_its_type_and_all_are_small);
    tcase_add_test(tcase, no_file_names_anything_elsewhere);
    tcase_add_test(tcase, before_the_site_serves_every_answer_says_so);
    tcase_add_test(tcase, a_site_that_does_not_answer_is_said_to);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
