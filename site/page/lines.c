#include "site/page/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/reading.h"
#include "site/page/limits.h"
#include "site/page/number.h"

/* A line that was found, with what its frame and event say of it. */
struct found_line {
    struct journal_line line;
    enum event_kind kind;
    uint64_t subject;
    uint64_t site_time_us;
    uint64_t wall_us;
};

/* The last lines found in one frame: a frame may have more than are wanted. */
struct lines_search {
    const struct lines_wanted *wanted;
    size_t room;      /* lines that still fit into the answer */
    uint64_t wall_us; /* of the frame that is read */
    struct journal_event event;
    struct found_line *ring; /* SEARCH_LINES_MAX */
    uint64_t found;          /* in the frame; the last `room` of them are in the ring */
};

/* ---- places ---- */

static bool place_is_before(const struct journal_line *line, const struct line_place *place)
{
    if (line->frame != place->frame)
        return line->frame < place->frame;
    if (line->event != place->event)
        return line->event < place->event;
    return line->index < place->line;
}

bool line_place_read(struct line_place *place, const char *text)
{
    uint64_t numbers[3] = {0, UINT32_MAX, UINT32_MAX};
    size_t count = 0;
    char part[24];

    for (;; text++) {
        size_t size = strcspn(text, ":");

        if (count == 3 || size >= sizeof part)
            return false;
        memcpy(part, text, size);
        part[size] = '\0';
        if (!number_read(part, &numbers[count]) || (count > 0 && numbers[count] > UINT32_MAX))
            return false;
        count++;
        text += size;
        if (*text == '\0')
            break;
    }
    if (count == 2)
        return false;
    *place = (struct line_place){numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
    return true;
}

/* ---- one frame ---- */

static enum status lines_see_frame(void *context, const struct frame_header *header,
                                   struct fault *fault)
{
    struct lines_search *search = context;

    (void)fault;
    search->wall_us = header->wall_us;
    return ST_OK;
}

static enum status lines_see_event(void *context, const struct journal_event *event,
                                   struct fault *fault)
{
    struct lines_search *search = context;

    (void)fault;
    search->event = *event;
    return ST_OK;
}

static enum status lines_see_line(void *context, const struct journal_line *line,
                                  struct fault *fault)
{
    struct lines_search *search = context;
    const struct lines_wanted *wanted = search->wanted;

    (void)fault;
    if ((wanted->code != 0 && wanted->code != (uint64_t)line->transfer.code) ||
        !(account_filter_takes(&wanted->accounts, line->transfer.debit) ||
          account_filter_takes(&wanted->accounts, line->transfer.credit)) ||
        !place_is_before(line, &wanted->before))
        return ST_OK;
    search->ring[search->found % search->room] =
        (struct found_line){.line = *line,
                            .kind = search->event.kind,
                            .subject = search->event.subject,
                            .site_time_us = search->event.site_time_us,
                            .wall_us = search->wall_us};
    search->found++;
    return ST_OK;
}

/* ---- the answer ---- */

static void json_put_line(struct json *json, const struct store_read *read,
                          const struct found_line *found)
{
    const struct journal_line *line = &found->line;
    const struct transfer *transfer = &line->transfer;
    char name[ACCOUNT_NAME_BYTES];

    json_open(json, '{');
    json_put_uint(json, "frame", line->frame);
    json_put_uint(json, "event", line->event);
    json_put_uint(json, "line", line->index);
    json_put_text(json, "kind", event_kind_name(found->kind));
    json_put_uint(json, "subject", found->subject);
    json_put_uint(json, "site_time_us", found->site_time_us);
    json_put_uint(json, "wall_us", found->wall_us);
    json_put_text(json, "debit", account_name_in(read, transfer->debit, name));
    json_put_text(json, "credit", account_name_in(read, transfer->credit, name));
    json_put_total(json, "amount", money_nanos(transfer->amount));
    json_put_text(json, "code", transfer_code_text((uint64_t)transfer->code));
    json_put_uint(json, "quantity", transfer->quantity);
    json_put_uint(json, "price_id", transfer->price_id);
    json_put_uint(json, "object", transfer->object);
    json_close(json, '}');
}

/* The lines of one frame, the last first.  Returns how many. */
static size_t lines_put_frame(struct json *json, const struct store_read *read,
                              const struct lines_search *search)
{
    size_t count = search->found < search->room ? (size_t)search->found : search->room;

    for (size_t i = 1; i <= count; i++)
        json_put_line(json, read, &search->ring[(search->found - i) % search->room]);
    return count;
}

static void json_put_next(struct json *json, const struct line_place *place)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%" PRIu64 ":%" PRIu32 ":%" PRIu32, place->frame,
                   place->event, place->line);
    json_put_text(json, "next", text);
}

/* One frame into the answer; *next is set if there is more of it than fits. */
static enum status lines_take_frame(struct json *json, const struct store *store,
                                    struct lines_search *search, uint64_t frame,
                                    struct line_place *next, struct fault *fault)
{
    const struct journal_reader reader = {.frame = lines_see_frame,
                                          .event = lines_see_event,
                                          .line = lines_see_line,
                                          .context = search};
    struct store_read read;
    enum status status;

    search->found = 0;
    status = books_read_frame(store, frame, &reader, fault);
    if (status != ST_OK || search->found == 0)
        return status;
    status = store_read_begin(&read, store, fault);
    if (status != ST_OK)
        return status;
    (void)lines_put_frame(json, &read, search);
    store_read_end(&read);
    if (search->found >= search->room) {
        const struct journal_line *oldest = &search->ring[search->found % search->room].line;

        *next = (struct line_place){oldest->frame, oldest->event, oldest->index};
        search->room = 0;
    } else {
        search->room -= (size_t)search->found;
    }
    return ST_OK;
}

/* The account that is wanted, with its totals as of now, which its lines add up to. */
static enum status lines_put_account(struct json *json, const struct store *store,
                                     const struct lines_wanted *wanted, struct fault *fault)
{
    struct account account;
    struct store_read read;
    enum status status;

    if (wanted->accounts.by != FILTER_ONE)
        return ST_OK;
    status = store_read_begin(&read, store, fault);
    if (status != ST_OK)
        return status;
    status = account_get(&read, wanted->accounts.account, &account, fault);
    store_read_end(&read);
    if (status != ST_OK)
        return status == ST_MISSING ? ST_OK : status;
    json_name(json, "account");
    json_open(json, '{');
    json_put_account(json, &account);
    json_close(json, '}');
    return ST_OK;
}

static enum status lines_search_back(struct json *json, const struct store *store,
                                     const struct clock_source *clock, struct lines_search *search,
                                     struct fault *fault)
{
    const struct lines_wanted *wanted = search->wanted;
    uint64_t until_us = clock->now_us(clock->context) + SEARCH_US;
    struct line_place next = {0};
    struct frame_header last;
    enum status status = books_header_now(store, &last, fault);
    uint64_t frame = wanted->before.frame < last.frame ? wanted->before.frame : last.frame;
    uint64_t from = wanted->from == 0 ? 1 : wanted->from;

    json_name(json, "lines");
    json_open(json, '[');
    for (; status == ST_OK && search->room != 0 && frame >= from; frame--) {
        if (clock->now_us(clock->context) > until_us) {
            next = (struct line_place){frame, UINT32_MAX, UINT32_MAX};
            break;
        }
        status = lines_take_frame(json, store, search, frame, &next, fault);
    }
    json_close(json, ']');
    json_put_uint(json, "last_frame", last.frame);
    if (status == ST_OK && next.frame != 0)
        json_put_next(json, &next);
    return status;
}

enum status lines_answer(struct json *json, const struct store *store,
                         const struct clock_source *clock, const struct lines_wanted *wanted,
                         struct fault *fault)
{
    struct lines_search search = {.wanted = wanted, .room = wanted->limit};
    enum status status;

    search.ring = calloc(wanted->limit, sizeof *search.ring);
    if (search.ring == NULL)
        return fault_set(fault, ST_NOMEM, "no memory for lines of the journal");
    json_open(json, '{');
    status = lines_put_account(json, store, wanted, fault);
    if (status == ST_OK)
        status = lines_search_back(json, store, clock, &search, fault);
    json_close(json, '}');
    free(search.ring);
    return status;
}
