#include "site/page/history.h"

#include <assert.h>
#include <stdlib.h>

#include "ledger/reading.h"
#include "site/page/accounts.h"
#include "site/page/limits.h"

/* What a line is to whose account it moves. */
enum line_sort {
    LINE_RUNS,  /* the price of running, or pay for work */
    LINE_MOVES, /* money that was brought, taken back, or comes back: no burn, and no income */
};

static enum line_sort line_sort_of(enum transfer_code code)
{
    /* Those that are not named here, and codes to come, count as running. */
    static const enum transfer_code moves[] = {
        TRANSFER_MONEY_IN,       TRANSFER_MONEY_OUT,       TRANSFER_ENDOWMENT,
        TRANSFER_FUND,           TRANSFER_BIRTH_HOLD,      TRANSFER_BIRTH_ENDOWMENT,
        TRANSFER_BIRTH_CHANGE,   TRANSFER_BIRTH_BACK,      TRANSFER_HEAP_DEPOSIT,
        TRANSFER_HEAP_REFUND,    TRANSFER_CHANNEL_DEPOSIT, TRANSFER_CHANNEL_REFUND,
        TRANSFER_BURIAL_DEPOSIT, TRANSFER_BURIAL_REFUND,   TRANSFER_ESTATE,
        TRANSFER_FORWARDED,      TRANSFER_WITHDRAWAL,      TRANSFER_CLAIMED,
        TRANSFER_RECALLED,
    };

    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (moves[i] == code)
            return LINE_MOVES;
    return LINE_RUNS;
}

/* ---- one account over time ---- */

struct history_point {
    uint64_t frame; /* the last of those in it */
    uint64_t wall_us;
    uint64_t site_time_us;
    u128 in;
    u128 out;
    u128 used; /* of these, LINE_RUNS */
    u128 earned;
};

/* The latest first.  When all places are taken, two by two become one. */
struct history {
    uint64_t account;
    struct history_point points[HISTORY_POINTS_MAX];
    size_t count;
    uint64_t stride; /* frames with lines that one point has */
    uint64_t frames; /* that the last point has */
    struct history_point now;
};

static enum status history_see_frame(void *context, const struct frame_header *header,
                                     struct fault *fault)
{
    struct history *history = context;

    (void)fault;
    history->now = (struct history_point){
        .frame = header->frame, .wall_us = header->wall_us, .site_time_us = header->site_time_us};
    return ST_OK;
}

static enum status history_see_line(void *context, const struct journal_line *line,
                                    struct fault *fault)
{
    struct history *history = context;
    const struct transfer *transfer = &line->transfer;
    u128 amount = money_nanos(transfer->amount);
    bool runs = line_sort_of(transfer->code) == LINE_RUNS;

    (void)fault;
    if (transfer->debit == history->account) {
        history->now.out += amount;
        history->now.used += runs ? amount : 0;
    }
    if (transfer->credit == history->account) {
        history->now.in += amount;
        history->now.earned += runs ? amount : 0;
    }
    return ST_OK;
}

/* Add what came before to a point that is later. */
static void point_add(struct history_point *later, const struct history_point *earlier)
{
    later->in += earlier->in;
    later->out += earlier->out;
    later->used += earlier->used;
    later->earned += earlier->earned;
}

static void history_thin(struct history *history)
{
    for (size_t i = 0; i < HISTORY_POINTS_MAX / 2; i++) {
        history->points[i] = history->points[2 * i];
        point_add(&history->points[i], &history->points[2 * i + 1]);
    }
    history->count = HISTORY_POINTS_MAX / 2;
    history->stride *= 2;
}

static_assert(HISTORY_POINTS_MAX % 2 == 0, "two by two");

static void history_keep(struct history *history)
{
    if (history->now.in == 0 && history->now.out == 0)
        return;
    if (history->count != 0 && history->frames < history->stride) {
        point_add(&history->points[history->count - 1], &history->now);
        history->frames++;
        return;
    }
    if (history->count == HISTORY_POINTS_MAX)
        history_thin(history);
    history->points[history->count++] = history->now;
    history->frames = 1;
}

static void json_put_point(struct json *json, const struct history_point *point)
{
    json_open(json, '{');
    json_put_uint(json, "frame", point->frame);
    json_put_uint(json, "wall_us", point->wall_us);
    json_put_uint(json, "site_time_us", point->site_time_us);
    json_put_total(json, "in", point->in);
    json_put_total(json, "out", point->out);
    json_put_total(json, "used", point->used);
    json_put_total(json, "earned", point->earned);
    json_close(json, '}');
}

/* The account and the header of the last frame, of one moment. */
static enum status history_account(const struct store *store, uint64_t id, struct account *account,
                                   struct frame_header *last, struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    status = books_header(&read, last, fault);
    if (status == ST_OK)
        status = account_get(&read, id, account, fault);
    store_read_end(&read);
    return status;
}

/* Frames from *frame down to `first`, as far as the time goes; *frame is the first not looked at.
 */
static enum status history_look_back(struct history *history, const struct store *store,
                                     const struct clock_source *clock, uint64_t *frame,
                                     uint64_t first, struct fault *fault)
{
    const struct journal_reader reader = {
        .frame = history_see_frame, .line = history_see_line, .context = history};
    uint64_t until_us = clock->now_us(clock->context) + SEARCH_US;
    enum status status = ST_OK;

    for (; *frame >= first && status == ST_OK; (*frame)--) {
        if (clock->now_us(clock->context) > until_us)
            break;
        status = books_read_frame(store, *frame, &reader, fault);
        if (status == ST_OK)
            history_keep(history);
    }
    return status;
}

static void history_put(struct json *json, const struct history *history,
                        const struct account *account, const struct frame_header *last,
                        uint64_t before, uint64_t frame)
{
    json_open(json, '{');
    if (before == 0) {
        json_name(json, "account");
        json_open(json, '{');
        json_put_account(json, account);
        json_put_uint(json, "opened_frame", account->opened_frame);
        json_put_uint(json, "frame", last->frame);
        json_put_uint(json, "wall_us", last->wall_us);
        json_put_uint(json, "site_time_us", last->site_time_us);
        json_close(json, '}');
    }
    json_name(json, "points");
    json_open(json, '[');
    for (size_t i = 0; i < history->count; i++)
        json_put_point(json, &history->points[i]);
    json_close(json, ']');
    if (frame >= account->opened_frame && frame != 0)
        json_put_uint(json, "next", frame);
    json_close(json, '}');
}

enum status history_answer(struct json *json, const struct store *store,
                           const struct clock_source *clock, uint64_t id, uint64_t before,
                           struct fault *fault)
{
    struct history *history;
    struct frame_header last;
    struct account account;
    enum status status = history_account(store, id, &account, &last, fault);
    uint64_t frame;

    if (status != ST_OK)
        return status;
    history = calloc(1, sizeof *history);
    if (history == NULL)
        return fault_set(fault, ST_NOMEM, "no memory for an account's past");
    history->account = id;
    history->stride = 1;
    frame = before != 0 && before < last.frame ? before : last.frame;
    status = history_look_back(history, store, clock, &frame,
                               account.opened_frame == 0 ? 1 : account.opened_frame, fault);
    if (status == ST_OK)
        history_put(json, history, &account, &last, before, frame);
    free(history);
    return status;
}

/* ---- the burn of many ---- */

struct burn_account {
    u128 used;
    u128 earned;
};

struct burn {
    uint64_t from;
    uint64_t to;
    struct burn_account *accounts; /* by number less `from` */
    uint64_t site_time_us;         /* of the frame that was read last */
};

static enum status burn_see_frame(void *context, const struct frame_header *header,
                                  struct fault *fault)
{
    struct burn *burn = context;

    (void)fault;
    burn->site_time_us = header->site_time_us;
    return ST_OK;
}

static enum status burn_see_line(void *context, const struct journal_line *line,
                                 struct fault *fault)
{
    struct burn *burn = context;
    const struct transfer *transfer = &line->transfer;
    u128 amount = money_nanos(transfer->amount);

    (void)fault;
    if (line_sort_of(transfer->code) != LINE_RUNS)
        return ST_OK;
    if (transfer->debit >= burn->from && transfer->debit <= burn->to)
        burn->accounts[transfer->debit - burn->from].used += amount;
    if (transfer->credit >= burn->from && transfer->credit <= burn->to)
        burn->accounts[transfer->credit - burn->from].earned += amount;
    return ST_OK;
}

/* The last frames, as far as BURN_SPAN_US of site time and the time for it go. */
static enum status burn_look_back(struct burn *burn, const struct store *store,
                                  const struct clock_source *clock, const struct frame_header *last,
                                  uint64_t *frame, struct fault *fault)
{
    const struct journal_reader reader = {
        .frame = burn_see_frame, .line = burn_see_line, .context = burn};
    uint64_t until_us = clock->now_us(clock->context) + SEARCH_US;
    enum status status = ST_OK;

    for (*frame = last->frame; *frame > 0 && status == ST_OK; (*frame)--) {
        if (clock->now_us(clock->context) > until_us ||
            last->site_time_us - burn->site_time_us > BURN_SPAN_US)
            break;
        status = books_read_frame(store, *frame, &reader, fault);
    }
    return status;
}

static void burn_put(struct json *json, const struct burn *burn, const struct frame_header *last,
                     uint64_t frame)
{
    json_open(json, '{');
    json_put_uint(json, "first_frame", frame + 1);
    json_put_uint(json, "last_frame", last->frame);
    json_put_uint(json, "span_us", last->site_time_us - burn->site_time_us);
    json_name(json, "accounts");
    json_open(json, '[');
    for (uint64_t id = burn->from; id <= burn->to; id++) {
        const struct burn_account *account = &burn->accounts[id - burn->from];

        if (account->used == 0 && account->earned == 0)
            continue;
        json_open(json, '{');
        json_put_uint(json, "id", id);
        json_put_total(json, "used", account->used);
        json_put_total(json, "earned", account->earned);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

enum status burn_answer(struct json *json, const struct store *store,
                        const struct clock_source *clock, uint64_t from, uint64_t to,
                        struct fault *fault)
{
    struct burn burn = {.from = from, .to = to};
    struct frame_header last;
    uint64_t frame;
    enum status status = books_header_now(store, &last, fault);

    INVARIANT(from <= to && to - from < BURN_ACCOUNTS_MAX);
    if (status != ST_OK)
        return status;
    burn.accounts = calloc((size_t)(to - from + 1), sizeof *burn.accounts);
    if (burn.accounts == NULL)
        return fault_set(fault, ST_NOMEM, "no memory for the burn of accounts");
    burn.site_time_us = last.site_time_us;
    status = burn_look_back(&burn, store, clock, &last, &frame, fault);
    if (status == ST_OK)
        burn_put(json, &burn, &last, frame);
    free(burn.accounts);
    return status;
}
