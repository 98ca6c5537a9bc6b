#include "site/cli/statement.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/loss_record.h"
#include "site/cli/render.h"
#include "site/cli/site.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

enum { EXPORT_LINE_BYTES = 64 * 1024 }; /* ours are below 1 KiB, but for a book of prices */

void statement_free(struct statement *statement)
{
    if (statement == NULL)
        return;
    for (size_t i = 0; i <= LINK_INTERFACES_MAX; i++) {
        reconcile_lines_fini(&statement->links[i].sent);
        reconcile_lines_fini(&statement->links[i].received);
    }
    free(statement->heads);
    free(statement);
}

/* ---- frames and lines of a journal, from either source ---- */

const struct hash *statement_head_at(const struct statement *statement, uint64_t frame)
{
    if (frame < statement->first_frame || frame - statement->first_frame >= statement->head_count)
        return NULL;
    return &statement->heads[frame - statement->first_frame];
}

static enum status statement_take_frame(void *context, const struct frame_header *header,
                                        struct fault *fault)
{
    struct statement *statement = context;
    struct hash *heads;

    if (statement->head_count == 0)
        statement->first_frame = header->frame;
    if (header->frame != statement->first_frame + statement->head_count)
        return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 " is not the next", header->frame);
    heads = array_grow(statement->heads, &statement->head_capacity, statement->head_count + 1,
                       sizeof *heads);
    if (heads == NULL)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": out of memory", header->frame);
    statement->heads = heads;
    heads[statement->head_count++] = header->head;
    return ST_OK;
}

/*
 * Take a transfer if it moves an account of a link.  Only messages and settlements move money
 * there; anything else would escape the comparison, so it is refused.
 */
static enum status statement_take_transfer(struct statement *statement, uint64_t frame,
                                           const struct transfer *transfer, struct fault *fault)
{
    uint32_t interface = 0;
    enum account_kind kind = KIND_LINK_SETTLING;
    bool in = account_link(transfer->debit, &interface, &kind);
    bool out = account_link(transfer->credit, &interface, &kind);
    const struct reconcile_line line = {
        .seq = transfer->object, .frame = frame, .amount = transfer->amount};
    uint64_t account = out ? transfer->credit : transfer->debit;
    bool done;

    if (!out && !in)
        return ST_OK;
    if (kind == KIND_LINK_SETTLING &&
        (transfer->code == TRANSFER_SETTLEMENT_OUT || transfer->code == TRANSFER_SETTLEMENT_IN ||
         transfer->code == TRANSFER_SETTLEMENT_BACK))
        return ST_OK; /* not a message: the statements have what was settled */
    if (out && !in && kind == KIND_LINK_OUT && transfer->code == TRANSFER_LINK_LOST &&
        interface <= LINK_INTERFACES_MAX) {
        const struct reconcile_loss loss = {transfer->object, transfer->quantity, line};

        done = reconcile_add_loss(&statement->links[interface].sent, &loss);
        return done ? ST_OK : fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": out of memory", frame);
    }
    if (interface != 0 && interface <= LINK_INTERFACES_MAX && out != in &&
        (transfer->code == TRANSFER_LINK_ACCEPTED || transfer->code == TRANSFER_LINK_RETURNED)) {
        struct statement_link *link = &statement->links[interface];

        if (kind != KIND_LINK_SETTLING) /* what was settled is not compared by messages */
            (out ? &link->sent : &link->received)->accepted_nanos += money_nanos(transfer->amount);
        return ST_OK;
    }
    if (interface == 0 || interface > LINK_INTERFACES_MAX || (out && in) ||
        kind != (out ? KIND_LINK_OUT : KIND_LINK_IN) ||
        transfer->code != (out ? TRANSFER_LINK_SENT : TRANSFER_LINK_RECEIVED))
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": account %" PRIu64
                         " of a link is moved by something else than a message (%s)",
                         frame, account, transfer_code_text(transfer->code));
    done = reconcile_add(
        out ? &statement->links[interface].sent : &statement->links[interface].received, &line);
    return done ? ST_OK : fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": out of memory", frame);
}

/* ---- from a directory ---- */

/* The head of a statement while the rows of links are read for it. */
struct statement_head {
    struct statement *statement;
    struct links *links;
};

/* Up to where the two directions count as one sum each, if the record says it. */
static void statement_count_loss(struct statement_link *link)
{
    struct loss_plan plan;
    struct fault fault;

    if (!link->has_loss || loss_record_error(&link->loss) != NULL ||
        position_plan(&plan, &link->loss.ours.position, &link->loss.theirs.position, &fault) !=
            ST_OK)
        return;
    link->sent.accepted = plan.sent.seq;
    link->received.accepted = plan.received.seq;
}

/* A link of the site, with how far its own counters are: the books are compared up to there. */
static void statement_take_link(void *context, struct link *link)
{
    struct statement_head *head = context;
    struct statement *statement = head->statement;
    const struct specie_signed *evidence = link_evidence(head->links, link);
    const struct loss_record *loss = link_loss_record(head->links, link);
    struct statement_link *taken = &statement->links[link->interface];

    taken->known = true;
    memcpy(taken->key, link->key, LINK_KEY_BYTES);
    memcpy(taken->name, link->name, sizeof taken->name);
    taken->removed = link->removed;
    taken->sent.through = link->sent_seq;
    taken->received.through = link->received_seq;
    taken->has_evidence = evidence != NULL;
    if (evidence != NULL)
        taken->evidence = *evidence;
    taken->has_loss = loss != NULL;
    if (loss != NULL)
        taken->loss = *loss;
    statement_count_loss(taken);
}

static enum status statement_read_key(const struct cli *cli, uint8_t key[LINK_KEY_BYTES],
                                      struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, cli->dir, SITE_KEY_PUBLIC, fault);

    return status == ST_OK ? keyfile_read_public(path, key, fault) : status;
}

/*
 * Read which site it is and its links, before the journal is read.  A site that runs goes on
 * meanwhile:  its books are then at least as new as these counters.
 */
static enum status statement_take_head(struct statement *statement, const struct cli *cli,
                                       const struct books *books, struct fault *fault)
{
    struct links *links = NULL;
    struct store_read read;
    enum status status = statement_read_key(cli, statement->key, fault);

    if (status == ST_OK && links_new(&links) != ST_OK)
        status = fault_set(fault, ST_NOMEM, "%s: out of memory", cli->dir);
    if (status == ST_OK)
        status = store_read_begin(&read, &books->store, fault);
    if (status == ST_OK) {
        status = links_load(links, &read, fault);
        store_read_end(&read);
    }
    if (status == ST_OK) {
        struct statement_head head = {statement, links};

        links_each_ever(links, statement_take_link, &head); /* the journal knows those removed */
        statement->known = true;
        (void)snprintf(statement->currency, sizeof statement->currency, "%s", books->currency);
    }
    links_free(links);
    return status;
}

static enum status statement_take_line(void *context, const struct journal_line *line,
                                       struct fault *fault)
{
    return statement_take_transfer(context, line->frame, &line->transfer, fault);
}

/* Read the store of a site that lies on this machine. */
static int statement_read_directory(const struct cli *cli, const char *archives,
                                    struct statement *statement)
{
    const struct journal_reader reader = {
        .frame = statement_take_frame, .line = statement_take_line, .context = statement};
    struct cli other = *cli;
    struct books books;
    struct fault fault = {0};
    enum status status;
    int code = cli_site(&other, statement->path);

    if (code == EXIT_OK)
        code = books_open_whole(&other, &books, archives, other.dir, "--archive-a or --archive-b");
    if (code != EXIT_OK)
        return code;
    status = statement_take_head(statement, &other, &books, &fault);
    if (status == ST_OK)
        status = journal_read(&books.store, books.past, &reader, &fault);
    books_close(&books);
    return status == ST_OK ? EXIT_OK : cli_fail(EXIT_BAD_DATA, "%s: %s", other.dir, fault.text);
}

/*
 * ---- from an export ----
 *
 * The file may come from another site's operator, so each value is checked.  A function that reads
 * a line returns NULL, or what is wrong with it.
 */

/* The text under a key; empty when there is none. */
static const char *statement_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/*
 * Read a number, or a text of digits: exports write large numbers as texts, which no program
 * rounds.
 */
static bool statement_number(const json_t *object, const char *key, uint64_t *number)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    char *end;

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *number = (uint64_t)json_integer_value(value);
        return true;
    }
    if (text == NULL || *text < '0' || *text > '9' || strlen(text) > 20)
        return false;
    *number = strtoull(text, &end, 10);
    return *end == '\0';
}

static const char *statement_take_site_line(struct statement *statement, const json_t *line)
{
    const char *currency = statement_text(line, "currency");

    if (statement->known)
        return "it names a site twice";
    if (!hex_parse(statement->key, LINK_KEY_BYTES, statement_text(line, "key")))
        return "the site's key is no key";
    if (*currency == '\0' || strlen(currency) >= sizeof statement->currency)
        return "the site's currency is missing";
    (void)snprintf(statement->currency, sizeof statement->currency, "%s", currency);
    statement->known = true;
    return NULL;
}

/* The peer's statement of a line, if it has one.  NULL: it is good as far as it can be read. */
static const char *statement_take_evidence(struct statement_link *link, const json_t *line)
{
    const char *hex = statement_text(line, "signed");
    uint8_t bytes[SPECIE_BYTES_MAX];
    struct fault fault;

    if (*hex == '\0')
        return NULL;
    if (strlen(hex) / 2 > sizeof bytes || !hex_parse(bytes, strlen(hex) / 2, hex) ||
        specie_decode(&link->evidence, bytes, strlen(hex) / 2, &fault) != ST_OK)
        return "what the peer signed is no statement";
    if (!hex_parse(link->evidence.signature, SPECIE_SIGNATURE_BYTES,
                   statement_text(line, "signature")))
        return "the peer's signature is none";
    link->has_evidence = true;
    return NULL;
}

static const char *statement_take_link_line(struct statement *statement, const json_t *line)
{
    struct statement_link *link;
    const char *wrong;
    uint64_t interface;

    if (!statement_number(line, "interface", &interface) || interface == 0 ||
        interface > LINK_INTERFACES_MAX)
        return "there is no such interface";
    link = &statement->links[interface];
    if (link->known)
        return "it names an interface twice";
    if (!hex_parse(link->key, LINK_KEY_BYTES, statement_text(line, "key")))
        return "the peer's key is no key";
    if (strlen(statement_text(line, "name")) > LINK_NAME_BYTES_MAX)
        return "the link's name is too long";
    if (!statement_number(line, "sent", &link->sent.through) ||
        !statement_number(line, "received", &link->received.through))
        return "a sequence of the link is missing";
    (void)snprintf(link->name, sizeof link->name, "%s", statement_text(line, "name"));
    link->known = true;
    wrong = loss_record_read(&link->loss, line, &link->has_loss);
    if (wrong != NULL)
        return wrong;
    statement_count_loss(link);
    return statement_take_evidence(link, line);
}

static const char *statement_take_frame_line(struct statement *statement, const json_t *line,
                                             struct fault *fault)
{
    struct frame_header header = {0};

    if (!statement_number(line, "frame", &header.frame))
        return "a number of it is missing";
    if (!hex_parse(header.head.bytes, HASH_BYTES, statement_text(line, "head")))
        return "the frame's head is no hash";
    return statement_take_frame(statement, &header, fault) == ST_OK ? NULL : fault->text;
}

/* The code of a text; exports have codes as texts.  0: another one than those of links. */
static uint64_t statement_code(const char *text)
{
    static const enum transfer_code codes[] = {TRANSFER_LINK_SENT,       TRANSFER_LINK_RECEIVED,
                                               TRANSFER_SETTLEMENT_OUT,  TRANSFER_SETTLEMENT_IN,
                                               TRANSFER_SETTLEMENT_BACK, TRANSFER_LINK_LOST,
                                               TRANSFER_LINK_ACCEPTED,   TRANSFER_LINK_RETURNED};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(text, transfer_code_text(codes[i])) == 0)
            return codes[i];
    return 0;
}

static const char *statement_take_money_line(struct statement *statement, const json_t *line,
                                             struct fault *fault)
{
    struct transfer transfer = {
        .code = (enum transfer_code)statement_code(statement_text(line, "code"))};
    uint64_t frame;

    if (!statement_number(line, "frame", &frame) ||
        !statement_number(line, "debit_id", &transfer.debit) ||
        !statement_number(line, "credit_id", &transfer.credit) ||
        !statement_number(line, "object", &transfer.object) ||
        (transfer.code == TRANSFER_LINK_LOST &&
         !statement_number(line, "quantity", &transfer.quantity)))
        return "a number of it is missing";
    if (money_parse(&transfer.amount, statement_text(line, "amount"), fault) != ST_OK)
        return fault->text;
    return statement_take_transfer(statement, frame, &transfer, fault) == ST_OK ? NULL
                                                                                : fault->text;
}

/*
 * Read one line, by its `type`.  A line of the journal has none; lines of other types, such as
 * books of prices, are passed over.
 */
static const char *statement_take_export_line(struct statement *statement, const char *text,
                                              size_t size, struct fault *fault)
{
    json_error_t error;
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    const char *type;
    const char *wrong = NULL;

    if (!json_is_object(line)) {
        json_decref(line);
        return "it is no JSON object";
    }
    type = statement_text(line, "type");
    if (strcmp(type, "site") == 0)
        wrong = statement_take_site_line(statement, line);
    else if (strcmp(type, "link") == 0)
        wrong = statement_take_link_line(statement, line);
    else if (strcmp(type, "frame") == 0)
        wrong = statement_take_frame_line(statement, line, fault);
    else if (*type == '\0')
        wrong = statement_take_money_line(statement, line, fault);
    json_decref(line);
    return wrong;
}

static int statement_read_export(struct statement *statement, FILE *file)
{
    /* Static: too large for the stack, and one file is read at a time. */
    static char text[EXPORT_LINE_BYTES];
    struct fault fault = {0};

    for (uint64_t number = 1; fgets(text, sizeof text, file) != NULL; number++) {
        size_t size = strlen(text);
        const char *wrong = NULL;

        if (size == 0 || text[size - 1] != '\n')
            wrong = "it is cut off, or longer than any line of an export";
        else
            wrong = statement_take_export_line(statement, text, size, &fault);
        if (wrong != NULL)
            return cli_fail(EXIT_BAD_DATA, "%s: line %" PRIu64 ": %s", statement->path, number,
                            wrong);
    }
    if (ferror(file))
        return cli_fail(EXIT_IO, "%s cannot be read", statement->path);
    return EXIT_OK;
}

int statement_read(struct cli *cli, const char *path, const char *archives,
                   struct statement **statement)
{
    struct statement *made = calloc(1, sizeof *made);
    struct stat about;
    int code;

    *statement = NULL;
    if (made == NULL)
        return cli_fail(EXIT_INTERNAL, "out of memory");
    made->path = path;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        code = statement_read_directory(cli, archives, made);
    } else {
        FILE *file = fopen(path, "r");

        code = file == NULL
                   ? cli_fail(EXIT_MISSING, "%s is no export and no site's directory", path)
                   : statement_read_export(made, file);
        if (file != NULL)
            (void)fclose(file); /* only read */
    }
    if (code == EXIT_OK)
        *statement = made;
    else
        statement_free(made);
    return code;
}

/* ---- writing ---- */

static void statement_write_evidence(const struct statement_link *link, FILE *out)
{
    char bytes[2 * SPECIE_BYTES_MAX + 1];
    char signature[2 * SPECIE_SIGNATURE_BYTES + 1];

    if (link->has_evidence)
        fprintf(out, ",\"signed\":\"%s\",\"signature\":\"%s\"",
                hex_print(bytes, link->evidence.bytes, link->evidence.size),
                hex_print(signature, link->evidence.signature, SPECIE_SIGNATURE_BYTES));
    if (link->has_loss)
        loss_record_write(&link->loss, out);
}

enum status statement_write_head(const struct cli *cli, const struct books *books, FILE *out,
                                 struct fault *fault)
{
    char hex[2 * LINK_KEY_BYTES + 1];
    struct statement *head = calloc(1, sizeof *head);
    enum status status;

    if (head == NULL)
        return fault_set(fault, ST_NOMEM, "export: out of memory");
    status = statement_take_head(head, cli, books, fault);
    if (status == ST_OK)
        fprintf(out, "{\"type\":\"site\",\"key\":\"%s\",\"currency\":\"%s\"}\n",
                hex_print(hex, head->key, LINK_KEY_BYTES), head->currency);
    /* Interfaces are given out from 1 without a gap, and those of removed links are known, too. */
    for (size_t i = 1; status == ST_OK && i <= LINK_INTERFACES_MAX && head->links[i].known; i++) {
        const struct statement_link *link = &head->links[i];

        fprintf(out, "{\"type\":\"link\",\"interface\":%zu,\"name\":", i);
        render_json_text(out, link->name);
        fprintf(out,
                ",\"key\":\"%s\",\"sent\":\"%" PRIu64 "\",\"received\":\"%" PRIu64
                "\",\"removed\":%s",
                hex_print(hex, link->key, LINK_KEY_BYTES), link->sent.through,
                link->received.through, link->removed ? "true" : "false");
        statement_write_evidence(link, out);
        fputs("}\n", out);
    }
    statement_free(head);
    return status;
}
