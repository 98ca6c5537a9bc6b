#include "site/page/page.h"

#include <assert.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "site/page/files.h"
#include "site/page/history.h"
#include "site/page/limits.h"
#include "site/page/lines.h"
#include "site/page/number.h"
#include "site/page/overview.h"
#include "site/page/reads.h"

enum { PAGE_ANSWERS = 15 };

struct page {
    struct ask ask;
    _Atomic bool stopping;
    struct board *_Atomic board;       /* NULL: not yet */
    const struct store *_Atomic store; /* NULL: the books are not open yet */
    struct http_route routes[PAGE_ANSWERS + PAGE_FILES_MAX];
    size_t route_count;
};

static const char page_json[] = "application/json";

/* ---- files ---- */

static void page_answer_file(void *context, const struct http_query *query,
                             struct http_answer *answer)
{
    (void)context;
    for (size_t i = 0; i < page_file_count; i++) {
        const struct page_file *file = &page_files[i];

        if (strcmp(file->path, query->path) != 0)
            continue;
        answer->type = file->type;
        answer->etag = file->etag;
        bytes_append(&answer->body, file->bytes, file->size);
        return;
    }
}

/* ---- figures ---- */

/* By the server's thread, which is the one that reads the board. */
static void page_answer_overview(void *context, const struct http_query *query,
                                 struct http_answer *answer)
{
    struct page *page = context;
    struct board *board = atomic_load(&page->board);
    const struct snapshot *snapshot = board == NULL ? NULL : board_latest(board);
    struct json json = {.out = &answer->body};

    (void)query;
    if (snapshot == NULL) {
        page_say_error(answer, 503, "the site starts");
        return;
    }
    answer->type = page_json;
    overview_put(&json, snapshot, board_phase(board));
}

/* ---- reads ---- */

static void page_answer_read(void *context, const struct http_query *query,
                             struct http_answer *answer, const struct page_read *read)
{
    const struct page *page = context;

    if (atomic_load(&page->store) == NULL)
        page_say_error(answer, 503, "the site starts");
    else
        page_read_answer(&page->ask, read, query, answer);
}

/* One function of a route for each read. */
#define PAGE_READ(name, ...)                                                                       \
    static void page_answer_##name(void *context, const struct http_query *query,                  \
                                   struct http_answer *answer)                                     \
    {                                                                                              \
        static const struct page_read read = {#name, {__VA_ARGS__}};                               \
                                                                                                   \
        page_answer_read(context, query, answer, &read);                                           \
    }

#define PAGE_LIST                                                                                  \
    {"after", ARGUMENT_OPTIONAL},                                                                  \
    {                                                                                              \
        "limit", ARGUMENT_OPTIONAL                                                                 \
    }

PAGE_READ(status, {NULL, ARGUMENT_NONE})
PAGE_READ(agents, PAGE_LIST)
PAGE_READ(agent, {"id", ARGUMENT_NUMBER})
PAGE_READ(logs, {"id", ARGUMENT_NUMBER}, PAGE_LIST)
PAGE_READ(customers, PAGE_LIST)
PAGE_READ(customer, {"id", ARGUMENT_NUMBER})
PAGE_READ(link, {"name", ARGUMENT_TEXT})
PAGE_READ(settlements, {"name", ARGUMENT_TEXT})
PAGE_READ(prices, {NULL, ARGUMENT_NONE})

/* ---- the books ---- */

/* What became of an answer out of the store. */
static void page_end_books(struct http_answer *answer, enum status status,
                           const struct fault *fault)
{
    answer->type = page_json;
    if (status == ST_MISSING)
        page_say_error(answer, 404, "there is no such account, or no such frame");
    else if (status != ST_OK)
        page_say_error(answer, 503, fault->text);
}

/* NULL: the answer says that there are no books yet. */
static const struct store *page_store(struct page *page, struct http_answer *answer)
{
    const struct store *store = atomic_load(&page->store);

    if (store == NULL || atomic_load(&page->stopping)) {
        page_say_error(answer, 503, store == NULL ? "the site starts" : "the site stops");
        return NULL;
    }
    return store;
}

/* An optional number.  False: it is none. */
static bool page_number(const struct http_query *query, const char *name, uint64_t *number)
{
    const char *text = http_value(query, name);

    return text == NULL || text[0] == '\0' || number_read(text, number);
}

/* A reason by its text.  False: there is no such reason. */
static bool page_code(const struct http_query *query, uint64_t *code)
{
    const char *text = http_value(query, "code");

    if (text == NULL || text[0] == '\0')
        return true;
    for (*code = 1; *code <= UINT8_MAX; (*code)++)
        if (transfer_code_known(*code) && strcmp(transfer_code_text(*code), text) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with a parameter. */
static const char *lines_read_query(struct lines_wanted *wanted, const struct http_query *query)
{
    const char *before = http_value(query, "before");
    uint64_t limit = SEARCH_LINES;
    uint64_t to = UINT64_MAX - 1;

    *wanted = (struct lines_wanted){.limit = SEARCH_LINES};
    if (!account_filter_read(&wanted->accounts, http_value(query, "account")))
        return "account: wants a number, or a name that `serai ledger accounts` shows";
    if (!page_code(query, &wanted->code))
        return "code: there is no such reason for a transfer";
    if (!page_number(query, "from", &wanted->from) || !page_number(query, "to", &to))
        return "from, to: want the number of a frame";
    if (!page_number(query, "limit", &limit) || limit < 1 || limit > SEARCH_LINES_MAX)
        return "limit: wants 1 to 200";
    wanted->limit = (size_t)limit;
    wanted->before = (struct line_place){to, UINT32_MAX, UINT32_MAX};
    if (before != NULL && before[0] != '\0' && !line_place_read(&wanted->before, before))
        return "before: wants what `next` of the last answer said";
    return NULL;
}

static void page_answer_transfers(void *context, const struct http_query *query,
                                  struct http_answer *answer)
{
    struct page *page = context;
    const struct store *store = page_store(page, answer);
    struct json json = {.out = &answer->body};
    struct lines_wanted wanted;
    struct fault fault = {0};
    const char *wrong;

    if (store == NULL)
        return;
    wrong = lines_read_query(&wanted, query);
    if (wrong != NULL)
        page_say_error(answer, 400, wrong);
    else
        page_end_books(answer, lines_answer(&json, store, &page->ask.clock, &wanted, &fault),
                       &fault);
}

static void page_answer_history(void *context, const struct http_query *query,
                                struct http_answer *answer)
{
    struct page *page = context;
    const struct store *store = page_store(page, answer);
    struct json json = {.out = &answer->body};
    struct account_filter filter;
    struct fault fault = {0};
    uint64_t before = 0;

    if (store == NULL)
        return;
    if (!account_filter_read(&filter, http_value(query, "account")) || filter.by != FILTER_ONE ||
        !page_number(query, "before", &before))
        page_say_error(answer, 400, "wants an account, and the number of a frame");
    else
        page_end_books(
            answer, history_answer(&json, store, &page->ask.clock, filter.account, before, &fault),
            &fault);
}

static void page_answer_burn(void *context, const struct http_query *query,
                             struct http_answer *answer)
{
    struct page *page = context;
    const struct store *store = page_store(page, answer);
    struct json json = {.out = &answer->body};
    struct fault fault = {0};
    uint64_t from = 0;
    uint64_t to = 0;

    if (store == NULL)
        return;
    if (!page_number(query, "from", &from) || !page_number(query, "to", &to) || from > to ||
        to - from >= BURN_ACCOUNTS_MAX)
        page_say_error(answer, 400, "wants two numbers of accounts, 4096 at most");
    else
        page_end_books(answer, burn_answer(&json, store, &page->ask.clock, from, to, &fault),
                       &fault);
}

/* ---- words ---- */

/* What can be searched for: every reason, and the site's own accounts. */
static void page_answer_words(void *context, const struct http_query *query,
                              struct http_answer *answer)
{
    struct json json = {.out = &answer->body};
    enum account_kind kind = KIND_TREASURY;
    char name[ACCOUNT_NAME_BYTES];

    (void)context;
    (void)query;
    answer->type = page_json;
    json_open(&json, '{');
    json_name(&json, "codes");
    json_open(&json, '[');
    for (uint64_t code = 1; code <= UINT8_MAX; code++)
        if (transfer_code_known(code))
            json_text(&json, transfer_code_text(code), strlen(transfer_code_text(code)));
    json_close(&json, ']');
    json_name(&json, "accounts");
    json_open(&json, '[');
    for (uint64_t id = account_own_next(0, &kind); id != ACCOUNT_NONE;
         id = account_own_next(id, &kind)) {
        (void)account_name(name, id, kind);
        json_text(&json, name, strlen(name));
    }
    json_close(&json, ']');
    json_put_text(&json, "version", SERAI_VERSION);
    json_close(&json, '}');
}

/* ---- life ---- */

static const struct http_route page_answers[] = {
    {"/api/overview", page_answer_overview, HTTP_AT_ONCE},
    {"/api/events", page_answer_overview, HTTP_LIVE},
    {"/api/words", page_answer_words, HTTP_AT_ONCE},
    {"/api/status", page_answer_status, HTTP_LATER},
    {"/api/agents", page_answer_agents, HTTP_LATER},
    {"/api/agent", page_answer_agent, HTTP_LATER},
    {"/api/logs", page_answer_logs, HTTP_LATER},
    {"/api/customers", page_answer_customers, HTTP_LATER},
    {"/api/customer", page_answer_customer, HTTP_LATER},
    {"/api/link", page_answer_link, HTTP_LATER},
    {"/api/settlements", page_answer_settlements, HTTP_LATER},
    {"/api/prices", page_answer_prices, HTTP_LATER},
    {"/api/transfers", page_answer_transfers, HTTP_LATER},
    {"/api/history", page_answer_history, HTTP_LATER},
    {"/api/burn", page_answer_burn, HTTP_LATER},
};

static_assert(sizeof page_answers / sizeof page_answers[0] == PAGE_ANSWERS, "all of them");

enum status page_new(struct page **page, const char *control_path, struct clock_source clock)
{
    struct page *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    made->ask = (struct ask){.socket = control_path, .clock = clock, .stopping = &made->stopping};
    memcpy(made->routes, page_answers, sizeof page_answers);
    made->route_count = PAGE_ANSWERS;
    INVARIANT(page_file_count <= PAGE_FILES_MAX);
    for (size_t i = 0; i < page_file_count; i++)
        made->routes[made->route_count++] =
            (struct http_route){page_files[i].path, page_answer_file, HTTP_AT_ONCE};
    *page = made;
    return ST_OK;
}

void page_free(struct page *page)
{
    free(page);
}

struct http_table page_table(struct page *page)
{
    return (struct http_table){
        .routes = page->routes, .count = page->route_count, .context = page, .own_names = true};
}

void page_watch(struct page *page, struct board *board)
{
    atomic_store(&page->board, board);
}

void page_open(struct page *page, const struct store *store)
{
    atomic_store(&page->store, store);
}

void page_stop(struct page *page)
{
    if (page != NULL)
        atomic_store(&page->stopping, true);
}
