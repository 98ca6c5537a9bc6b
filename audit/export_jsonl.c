/*
 * The journal as JSON lines, one object for each line of the journal, after one for its frame.
 * Numbers that outside programs might round (above 2^53) are strings: amounts, quantities, objects,
 * carries.
 */
#include <inttypes.h>
#include <string.h>

#include "audit/export.h"

struct jsonl {
    const struct export_options *options;
    FILE *out;
    struct accounts accounts;
    struct frame_header frame;
    struct journal_event event; /* the last one */
};

static enum status jsonl_note_frame(void *context, const struct frame_header *header,
                                    struct fault *fault)
{
    struct jsonl *jsonl = context;
    char head[HASH_TEXT_BYTES];

    (void)fault;
    jsonl->frame = *header;
    /* The head that a statement of this site names: docs/wire.md, "SPECIE". */
    (void)fprintf(jsonl->out, "{\"type\":\"frame\",\"frame\":%" PRIu64 ",\"head\":\"%s\"}\n",
                  header->frame, hash_print(head, &header->head));
    return ST_OK;
}

static enum status jsonl_note_opening(void *context, const struct journal_opening *opening,
                                      struct fault *fault)
{
    struct jsonl *jsonl = context;

    return export_opening(&jsonl->accounts, opening, fault);
}

/* Keep the event for its lines.  A book of prices is written at once: no line names it earlier. */
static enum status jsonl_note_event(void *context, const struct journal_event *event,
                                    struct fault *fault)
{
    struct jsonl *jsonl = context;
    struct hash hash;
    uint64_t id;

    jsonl->event = *event;
    if (event->kind != EVENT_PRICES || jsonl->options->prices == NULL)
        return ST_OK;
    prices_event_get(event, &id, &hash);
    return jsonl->options->prices(jsonl->options->prices_context, jsonl->out, id, fault);
}

/* Write the fields that each line repeats of its event, so that one line can be read alone. */
static void jsonl_write_event(const struct jsonl *jsonl, uint32_t line)
{
    const struct journal_event *event = &jsonl->event;
    uint8_t item[EVENT_SOURCE_BYTES_MAX];
    struct bytes source = bytes_within(item, sizeof item);
    char text[2 * EVENT_SOURCE_BYTES_MAX + 1];
    char hash[HASH_TEXT_BYTES];

    event_source_put(&source, event->kind, &event->source);
    (void)fprintf(jsonl->out,
                  "{\"frame\":%" PRIu64 ",\"event\":%" PRIu32 ",\"line\":%" PRIu32
                  ",\"kind\":\"%s\",\"subject\":%" PRIu64 ",\"source\":\"%s\",\"hash\":\"%s\","
                  "\"site_time_us\":%" PRIu64 ",\"wall_us\":%" PRIu64,
                  jsonl->frame.frame, event->index, line, event_kind_name(event->kind),
                  event->subject, hex_print(text, item, source.size),
                  hash_print(hash, &event->hash), event->site_time_us, jsonl->frame.wall_us);
}

/* The fields are those of docs/records.md, "Exports", in that order. */
static enum status jsonl_write_line(void *context, const struct journal_line *line,
                                    struct fault *fault)
{
    struct jsonl *jsonl = context;
    const struct transfer *transfer = &line->transfer;
    char debit[ACCOUNT_NAME_BYTES];
    char credit[ACCOUNT_NAME_BYTES];
    char amount[MONEY_TEXT_BYTES];

    (void)fault;
    jsonl_write_event(jsonl, line->index);
    (void)fprintf(jsonl->out,
                  ",\"debit\":\"%s\",\"debit_id\":%" PRIu64
                  ",\"credit\":\"%s\",\"credit_id\":%" PRIu64
                  ",\"code\":\"%s\",\"amount\":\"%s\",\"unit\":\"%s\"",
                  export_name(debit, &jsonl->accounts, transfer->debit), transfer->debit,
                  export_name(credit, &jsonl->accounts, transfer->credit), transfer->credit,
                  transfer_code_text(transfer->code), money_print(amount, transfer->amount),
                  jsonl->options->commodity);
    (void)fprintf(jsonl->out,
                  ",\"quantity\":\"%" PRIu64 "\",\"price_id\":%" PRIu64 ",\"object\":\"%" PRIu64
                  "\",\"carry\":\"%" PRIu64 "\"}\n",
                  transfer->quantity, transfer->price_id, transfer->object, transfer->carry);
    return ST_OK;
}

/* One pass: an event is known before the lines that it caused. */
static enum status jsonl_write(struct jsonl *jsonl, const struct store *store, struct fault *fault)
{
    struct journal_reader reader = {.frame = jsonl_note_frame,
                                    .opening = jsonl_note_opening,
                                    .event = jsonl_note_event,
                                    .line = jsonl_write_line,
                                    .context = jsonl};
    enum status status = journal_read(store, jsonl->options->past, &reader, fault);

    return status == ST_OK ? export_end(jsonl->out, fault) : status;
}

enum status audit_export_jsonl(const struct store *store, const struct export_options *options,
                               FILE *out, struct fault *fault)
{
    struct jsonl jsonl = {.options = options, .out = out};
    enum status status;

    if (accounts_init(&jsonl.accounts) != ST_OK)
        return fault_set(fault, ST_NOMEM, "export: no memory for the accounts");
    status = jsonl_write(&jsonl, store, fault);
    accounts_fini(&jsonl.accounts);
    return status;
}
