/*
 * The price book: one table says for each key where its value lives, how it is written, its default
 * and its bounds.  Setting, printing and storing (stored.c) all read that table.
 */
#include "market/keys.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How the value of a key is written. */
enum key_kind { KEY_MONEY, KEY_COUNT, KEY_SIZE };

struct key {
    const char *path;
    enum key_kind kind;
    size_t offset; /* of the struct money or uint64_t in struct pricebook */
    const char *fallback;
    const char *unit;
    uint64_t min; /* of counts and sizes; prices go from 0 to PRICEBOOK_PRICE_NANOS_MAX */
    uint64_t max;
};

#define PRICE(path, field, fallback, unit)                                                         \
    {                                                                                              \
        path, KEY_MONEY, offsetof(struct pricebook, field), fallback, unit, 0, 0                   \
    }
#define COUNT(path, field, fallback, unit, min, max)                                               \
    {                                                                                              \
        path, KEY_COUNT, offsetof(struct pricebook, field), fallback, unit, min, max               \
    }
#define SIZE(path, field, fallback, unit, min, max)                                                \
    {                                                                                              \
        path, KEY_SIZE, offsetof(struct pricebook, field), fallback, unit, min, max                \
    }

#define FUEL_MAX ((uint64_t)1000000000000)
#define BYTES_MAX ((uint64_t)1 << 46)
#define FROZEN_ANSWER_S_MAX ((uint64_t)10 * 366 * 86400)

/* Stored books name their values by place: another order here is another BOOK_FORMAT. */
static const struct key keys[] = {
    PRICE("compute.price", compute, "0.001", "per 10^9 fuel"),
    COUNT("compute.turn_fuel_max", turn_fuel_max, "10000000", "fuel", 1000, FUEL_MAX),
    COUNT("compute.reserve_fuel", reserve_fuel, "100000", "fuel", 1, FUEL_MAX),
    PRICE("memory.rent", memory_rent, "0.01", "per GiB-hour"),
    PRICE("buffer.rent", buffer_rent, "0.02", "per GiB-hour"),
    PRICE("code.rent", code_rent, "0.002", "per GiB-hour"),
    PRICE("log.price", log, "0.000001", "per KiB"),
    PRICE("packets.price", packets, "0.000001", "per 1000 packets"),
    PRICE("packets.data", packet_data, "0.00001", "per MiB"),
    PRICE("heap.deposit", heap_deposit, "0.002", "per entry, refunded"),
    PRICE("channels.fee", channel_fee, "0.0001", "per channel"),
    PRICE("channels.deposit", channel_deposit, "0.0005", "per channel, refunded"),
    PRICE("agents.birth_fee", birth_fee, "0.0001", "per birth"),
    PRICE("agents.burial_reserve", burial_reserve, "0.0005", "per agent, held from birth"),
    COUNT("agents.frozen_answer_s", frozen_answer_s, "86400",
          "seconds after which a frozen agent's messages go back; 0: never", 0,
          FROZEN_ANSWER_S_MAX),
    COUNT("agents.max", agents_max, "100000", "agents on the site", 1, 10000000),
    COUNT("inbox.messages_max", inbox_messages_max, "256", "messages waiting for one agent", 1,
          INBOX_MESSAGES_MAX),
    SIZE("inbox.bytes_max", inbox_bytes_max, "1MiB", "waiting for one agent", 65536,
         INBOX_BYTES_MAX),
    COUNT("customers.agents_max", customer_agents_max, "10000",
          "agents of one customer; 0: no bound", 0, 10000000),
    SIZE("customers.buffer_bytes_max", customer_buffer_bytes_max, "256MiB",
         "of buffers of one customer; 0: no bound", 0, BYTES_MAX),
    SIZE("customers.memory_bytes_max", customer_memory_bytes_max, "1GiB",
         "of state of one customer; 0: no bound", 0, BYTES_MAX),
    COUNT("customers.facets_max", customer_facets_max, "100000",
          "facets of one customer, with the replies it waits for; 0: no bound", 0, 1000000000),
    COUNT("customers.timers_max", customer_timers_max, "20000",
          "timers of one customer that are set; 0: no bound", 0, 1000000000),
    COUNT("customers.heap_entries_max", customer_heap_entries_max, "100000",
          "heap entries of one customer; 0: no bound", 0, 1000000000),
    SIZE("customers.code_bytes_max", customer_code_bytes_max, "256MiB",
         "of memory for modules that one customer's agents run or keep; 0: no bound", 0, BYTES_MAX),
    COUNT("customers.events_max", customer_events_max, "250000",
          "events of one customer that were paid for in advance and not handled yet", 1,
          CUSTOMER_EVENTS_MAX),
    SIZE("customers.event_bytes_max", customer_event_bytes_max, "1GiB",
         "that such events bring or may bring to one customer; 0: no bound", 0, BYTES_MAX),
    COUNT("customers.ends_max", customer_ends_max, "20000",
          "ends of channels of one customer; 0: no bound", 0, 1000000000),
    COUNT("customers.inbox_percent", customer_inbox_percent, "50",
          "percent of one inbox that one customer may fill", 1, 100),
    PRICE("links.birth_fee", link_birth_fee, "0.0001", "per birth for a peer"),
    PRICE("links.channel_fee", link_channel_fee, "0.0001", "per channel that a peer buys"),
    PRICE("links.packets", link_packets, "0.000001", "per 1000 packets sent over a link"),
    PRICE("links.packet_data", link_packet_data, "0.00001", "per MiB sent over a link"),
    PRICE("links.drain", link_drain, "0.01", "per 1.00 sent over a link at its hard limit"),
    PRICE("links.priority", link_priority, "0.000001", "more per 1000 packets, for each class"),
    PRICE("links.priority_data", link_priority_data, "0.00001", "more per MiB, for each class"),
    PRICE("links.strict_packet", link_strict_packet, "0", "more per packet over a strict link"),
    PRICE("journal.price", journal, "0.0001", "per MiB, kept for ever"),
};

enum { KEYS = sizeof keys / sizeof keys[0] };

static const char currency_path[] = "currency";
static const char order_prefix[] = "orders.";
static const char order_default_path[] = "orders.default";
static const char order_default_price[] = "0.000000001";
static const char order_unit[] = "per call";

/* Orders that start a turn elsewhere cost more than a look at one's own table. */
static const char *const send_orders[] = {"facet_send",   "facet_ask",           "facet_when",
                                          "channel_send", "channel_send_buffer", "reply_break",
                                          "reply_return"};
static const char send_price[] = "0.000000005";

/* key_money(), key_number() and key_raw(): the value of a key within a book. */
static struct money *key_money(struct pricebook *book, const struct key *key)
{
    return (struct money *)(void *)((char *)book + key->offset);
}

static uint64_t *key_number(struct pricebook *book, const struct key *key)
{
    return (uint64_t *)(void *)((char *)book + key->offset);
}

static uint64_t key_raw(const struct pricebook *book, const struct key *key)
{
    const void *at = (const char *)book + key->offset;

    if (key->kind == KEY_MONEY)
        return money_nanos(*(const struct money *)at);
    return *(const uint64_t *)at;
}

size_t pricebook_keys(void)
{
    return KEYS;
}

uint64_t pricebook_raw(const struct pricebook *book, size_t place)
{
    INVARIANT(place < KEYS);
    return key_raw(book, &keys[place]);
}

bool pricebook_set_raw(struct pricebook *book, size_t place, uint64_t value)
{
    const struct key *key;

    INVARIANT(place < KEYS);
    /* A stored book is held to the bounds of today's table, as a file is. */
    key = &keys[place];
    if (key->kind == KEY_MONEY)
        return value <= PRICEBOOK_PRICE_NANOS_MAX &&
               money_from_nanos(key_money(book, key), value) == ST_OK;
    if (value < key->min || value > key->max)
        return false;
    *key_number(book, key) = value;
    return true;
}

/* A count, written as an integer, or a size, written as one or as a text such as "64KiB". */
static enum status pricebook_parse_number(uint64_t *number, const struct key *key,
                                          const struct pricebook_entry *entry, struct fault *fault)
{
    uint64_t value;
    bool as_size = entry->kind == PRICEBOOK_TEXT && key->kind == KEY_SIZE;

    /* A count in quotes is refused, so that one value is written in one way. */
    if (entry->kind != PRICEBOOK_INTEGER && !as_size)
        return fault_set(fault, ST_INVALID, "%s: wants %s", entry->path,
                         key->kind == KEY_SIZE ? "a size such as \"64KiB\""
                                               : "a whole number without quotes");
    if (entry->text[0] == '-')
        return fault_set(fault, ST_INVALID, "%s: %.40s is negative", entry->path, entry->text);
    /* The digits of a count are a size in bytes, too: one reader serves both. */
    if (market_parse_bytes(&value, entry->text, fault) != ST_OK)
        return fault_prefix(fault, "%s", entry->path);
    if (value < key->min || value > key->max)
        return fault_set(fault, ST_INVALID,
                         "%s: %.40s is out of range, from %" PRIu64 " to %" PRIu64, entry->path,
                         entry->text, key->min, key->max);
    *number = value;
    return ST_OK;
}

static enum status pricebook_set_currency(struct pricebook *book,
                                          const struct pricebook_entry *entry, struct fault *fault)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t size = strlen(entry->text);

    /* Letters only: ledgers of plain text take a unit without quotes then. */
    if (entry->kind != PRICEBOOK_TEXT || size < 1 || size >= PRICEBOOK_CURRENCY_BYTES ||
        strspn(entry->text, allowed) != size)
        return fault_set(fault, ST_INVALID, "%s: wants a text of 1 to 8 letters, such as \"%s\"",
                         entry->path, MONEY_UNIT);
    memcpy(book->currency, entry->text, size + 1);
    return ST_OK;
}

/* Candidates for a hint: every key, or every order, by index until NULL. */

static const char *pricebook_candidate_key(const void *context, size_t index)
{
    (void)context;
    if (index < KEYS)
        return keys[index].path;
    if (index == KEYS)
        return currency_path;
    return index == KEYS + 1 ? order_default_path : NULL;
}

static const char *pricebook_candidate_order(const void *context, size_t index)
{
    const struct order_names *names = context;

    return index < PRICEBOOK_ORDERS_MAX ? names->name((int)index) : NULL;
}

/* `orders.NAME` (docs/prices.md, "Orders"); every order without one costs `orders.default`. */
static enum status pricebook_set_order(struct pricebook *book, const struct order_names *names,
                                       const struct pricebook_entry *entry, struct fault *fault)
{
    const char *name = entry->path + strlen(order_prefix);
    struct money price;
    enum status status;
    int number = names == NULL ? -1 : names->number(name);
    bool is_default = strcmp(entry->path, order_default_path) == 0;

    /* No such order: a slip of the key, which must not be taken in silence. */
    if (!is_default && (number < 0 || number >= PRICEBOOK_ORDERS_MAX)) {
        const char *nearest =
            names == NULL ? NULL : market_nearest(name, pricebook_candidate_order, names);

        return pricebook_unknown(entry, strlen(order_prefix), nearest, fault);
    }
    status = pricebook_parse_price(&price, entry, fault);
    if (status != ST_OK)
        return status;
    if (is_default) {
        book->order_default = price;
        return ST_OK;
    }
    book->order_price[number] = price;
    book->order_priced[number] = true;
    return ST_OK;
}

/*
 * A key of the table, an order, or a link's own price.  Whatever else is written is an error: a
 * price that is misspelt must not leave the default in force.
 */
enum status pricebook_set(struct pricebook *book, const struct order_names *names,
                          const struct pricebook_entry *entry, struct fault *fault)
{
    if (strcmp(entry->path, currency_path) == 0)
        return pricebook_set_currency(book, entry, fault);
    if (strncmp(entry->path, order_prefix, strlen(order_prefix)) == 0)
        return pricebook_set_order(book, names, entry, fault);
    if (pricebook_is_link_path(entry->path))
        return pricebook_set_link(book, entry, fault);
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(entry->path, keys[i].path) != 0)
            continue;
        if (keys[i].kind == KEY_MONEY)
            return pricebook_parse_price(key_money(book, &keys[i]), entry, fault);
        return pricebook_parse_number(key_number(book, &keys[i]), &keys[i], entry, fault);
    }
    return pricebook_unknown(entry, 0, market_nearest(entry->path, pricebook_candidate_key, NULL),
                             fault);
}

bool pricebook_has_table(const char *path)
{
    size_t size = strlen(path);

    if (strcmp(path, "orders") == 0 || strcmp(path, "link") == 0 || pricebook_is_link_path(path))
        return true;
    for (size_t i = 0; i < KEYS; i++) {
        if (strncmp(keys[i].path, path, size) == 0 && keys[i].path[size] == '.')
            return true;
    }
    return false;
}

enum status pricebook_check(const struct pricebook *book, struct fault *fault)
{
    struct money cost;

    /* The reserve of an event pays for its turn, and no turn has more fuel than the maximum. */
    if (book->reserve_fuel > book->turn_fuel_max)
        return fault_set(fault, ST_INVALID,
                         "compute.reserve_fuel is more than compute.turn_fuel_max");
    /* Then the price of any turn is an amount, and no charge for fuel can overflow. */
    if (!money_cost_ceil(&cost, book->compute, book->turn_fuel_max, MARKET_FUEL_UNIT))
        return fault_set(fault, ST_INVALID,
                         "a turn of compute.turn_fuel_max at compute.price costs too much to say");
    return ST_OK;
}

void pricebook_default(struct pricebook *book, const struct order_names *names)
{
    struct pricebook_entry entry = {.path = currency_path, .text = MONEY_UNIT};

    /* By pricebook_set(), so a default is read and bounded like an operator's entry. */
    memset(book, 0, sizeof *book);
    INVARIANT(pricebook_set(book, names, &entry, NULL) == ST_OK);
    /* Each default is within its own bounds, or the program does not start. */
    for (size_t i = 0; i < KEYS; i++) {
        entry.path = keys[i].path;
        entry.text = keys[i].fallback;
        entry.kind = keys[i].kind == KEY_COUNT ? PRICEBOOK_INTEGER : PRICEBOOK_TEXT;
        INVARIANT(pricebook_set(book, names, &entry, NULL) == ST_OK);
    }
    INVARIANT(money_parse(&book->order_default, order_default_price, NULL) == ST_OK);
    for (size_t i = 0; names != NULL && i < sizeof send_orders / sizeof send_orders[0]; i++) {
        int number = names->number(send_orders[i]);

        if (number < 0 || number >= PRICEBOOK_ORDERS_MAX)
            continue;
        INVARIANT(money_parse(&book->order_price[number], send_price, NULL) == ST_OK);
        book->order_priced[number] = true;
    }
}

/* A price of its own, or `orders.default`. */
struct money pricebook_order(const struct pricebook *book, int number)
{
    INVARIANT(number >= 0 && number < PRICEBOOK_ORDERS_MAX);
    return book->order_priced[number] ? book->order_price[number] : book->order_default;
}

struct money pricebook_rent(const struct pricebook *book, enum rent_resource resource)
{
    switch (resource) {
    case RENT_MEMORY:
        return book->memory_rent;
    case RENT_BUFFERS:
        return book->buffer_rent;
    case RENT_CODE:
        return book->code_rent;
    }
    return money_zero();
}

static const char *const customer_keys[CUSTOMER_RESOURCES] = {
    [CUSTOMER_AGENTS] = "agents_max",
    [CUSTOMER_MEMORY_BYTES] = "memory_bytes_max",
    [CUSTOMER_BUFFER_BYTES] = "buffer_bytes_max",
    [CUSTOMER_FACETS] = "facets_max",
    [CUSTOMER_TIMERS] = "timers_max",
    [CUSTOMER_HEAP_ENTRIES] = "heap_entries_max",
    [CUSTOMER_CODE_BYTES] = "code_bytes_max",
    [CUSTOMER_EVENTS] = "events_max",
    [CUSTOMER_EVENT_BYTES] = "event_bytes_max",
    [CUSTOMER_ENDS] = "ends_max",
};

const char *pricebook_customer_key(enum customer_resource resource)
{
    return customer_keys[resource];
}

enum status pricebook_check_customer_max(enum customer_resource resource, uint64_t max,
                                         struct fault *fault)
{
    static const char prefix[] = "customers.";
    const struct key *key = keys;

    while (strncmp(key->path, prefix, strlen(prefix)) != 0 ||
           strcmp(key->path + strlen(prefix), customer_keys[resource]) != 0)
        key++; /* each is there */
    if (max < key->min || max > key->max)
        return fault_set(fault, ST_INVALID,
                         "%s: %" PRIu64 " is out of range, from %" PRIu64 " to %" PRIu64,
                         customer_keys[resource], max, key->min, key->max);
    return ST_OK;
}

uint64_t pricebook_customer_max(const struct pricebook *book, enum customer_resource resource)
{
    switch (resource) {
    case CUSTOMER_AGENTS:
        return book->customer_agents_max;
    case CUSTOMER_MEMORY_BYTES:
        return book->customer_memory_bytes_max;
    case CUSTOMER_BUFFER_BYTES:
        return book->customer_buffer_bytes_max;
    case CUSTOMER_FACETS:
        return book->customer_facets_max;
    case CUSTOMER_TIMERS:
        return book->customer_timers_max;
    case CUSTOMER_HEAP_ENTRIES:
        return book->customer_heap_entries_max;
    case CUSTOMER_CODE_BYTES:
        return book->customer_code_bytes_max;
    case CUSTOMER_EVENTS:
        return book->customer_events_max;
    case CUSTOMER_EVENT_BYTES:
        return book->customer_event_bytes_max;
    case CUSTOMER_ENDS:
        return book->customer_ends_max;
    case CUSTOMER_RESOURCES:
        break;
    }
    INVARIANT(false); /* there is no such resource */
    return 0;
}

/* ---- printing ---- */

/* pricebook_each(): what is visited, and by whom. */
struct pricebook_printer {
    const struct pricebook *book;
    void (*visit)(void *context, const struct pricebook_line *line);
    void *context;
};

/* One line of an amount; its unit begins with the currency of the book. */
static void pricebook_print_price(const struct pricebook_printer *printer, const char *path,
                                  struct money price, const char *unit)
{
    char value[MONEY_TEXT_BYTES];
    char unit_text[80];
    struct pricebook_line line = {path, value, unit_text, true};

    (void)money_print(value, price);
    (void)snprintf(unit_text, sizeof unit_text, "%s %s", printer->book->currency, unit);
    printer->visit(printer->context, &line);
}

static void pricebook_print_link_price(void *context, const char *path, struct money price,
                                       const char *unit)
{
    pricebook_print_price(context, path, price, unit);
}

static void pricebook_print_number(const struct pricebook_printer *printer, const struct key *key)
{
    char value[PRICEBOOK_VALUE_BYTES];
    struct pricebook_line line = {key->path, value, key->unit, key->kind == KEY_SIZE};
    uint64_t number = key_raw(printer->book, key);

    if (key->kind == KEY_SIZE)
        (void)market_print_bytes(value, number);
    else
        (void)snprintf(value, sizeof value, "%" PRIu64, number);
    printer->visit(printer->context, &line);
}

static void pricebook_print_key(const struct pricebook_printer *printer, const struct key *key)
{
    struct money price;

    if (key->kind != KEY_MONEY) {
        pricebook_print_number(printer, key);
        return;
    }
    INVARIANT(money_from_nanos(&price, key_raw(printer->book, key)) == ST_OK);
    pricebook_print_price(printer, key->path, price, key->unit);
}

static bool key_shares_table(const struct key *a, const struct key *b)
{
    size_t size = strcspn(a->path, ".") + 1;

    return strncmp(a->path, b->path, size) == 0;
}

/* Whether no key before this one belongs to its table. */
static bool key_begins_table(size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (key_shares_table(&keys[i], &keys[place]))
            return false;
    return true;
}

/*
 * A key is added at the end of keys[], whose order is that of stored books; but a file has each
 * table in one piece.  So a table comes as a whole where its first key stands.
 */
static void pricebook_print_tables(const struct pricebook_printer *printer)
{
    for (size_t first = 0; first < KEYS; first++) {
        if (!key_begins_table(first))
            continue;
        for (size_t i = first; i < KEYS; i++)
            if (key_shares_table(&keys[first], &keys[i]))
                pricebook_print_key(printer, &keys[i]);
    }
}

void pricebook_each(const struct pricebook *book, const struct order_names *names,
                    void (*visit)(void *context, const struct pricebook_line *line), void *context)
{
    struct pricebook_printer printer = {book, visit, context};
    struct pricebook_line currency = {currency_path, book->currency, "the unit of amounts", true};

    /* In this order prices.toml can be written from it: top-level keys before the tables. */
    visit(context, &currency);
    pricebook_print_tables(&printer);
    pricebook_each_link(book, pricebook_print_link_price, &printer);
    pricebook_print_price(&printer, order_default_path, book->order_default, order_unit);
    for (int i = 0; names != NULL && i < PRICEBOOK_ORDERS_MAX && names->name(i) != NULL; i++) {
        char path[PRICEBOOK_PATH_BYTES];

        if (!book->order_priced[i])
            continue;
        (void)snprintf(path, sizeof path, "%s%s", order_prefix, names->name(i));
        pricebook_print_price(&printer, path, book->order_price[i], order_unit);
    }
}
