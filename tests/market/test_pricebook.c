#include "base/bytes.h"
#include "base/cbor.h"
#include "market/keys.h"
#include "tests/check_main.h"
#include <stdio.h>
#include <string.h>

static const char *const orders[] = {"event_info", "facet_send", "channel_send", "heap_add"};

enum { ORDERS = sizeof orders / sizeof orders[0] };

static int order_number(const char *name)
{
    for (int i = 0; i < ORDERS; i++) {
        if (strcmp(orders[i], name) == 0)
            return i;
    }
    return -1;
}

static const char *order_name(int number)
{
    return number >= 0 && number < ORDERS ? orders[number] : NULL;
}

static const struct order_names names = {order_number, order_name};
static struct fault fault;

static enum status set(struct pricebook *book, const char *path, enum pricebook_kind kind,
                       const char *text)
{
    struct pricebook_entry entry = {path, kind, text};

    memset(&fault, 0, sizeof fault);
    return pricebook_set(book, &names, &entry, &fault);
}

static void assert_same(const struct pricebook *a, const struct pricebook *b)
{
    struct bytes first = {0};
    struct bytes second = {0};

    pricebook_encode(a, &first);
    pricebook_encode(b, &second);
    ck_assert(!first.failed && !second.failed);
    ck_assert_uint_eq(first.size, second.size);
    ck_assert_mem_eq(first.data, second.data, first.size);
    bytes_fini(&first);
    bytes_fini(&second);
}

static void refuse(const char *path, enum pricebook_kind kind, const char *text,
                   enum status expected, const char *why)
{
    struct pricebook book;
    struct pricebook before;

    pricebook_default(&book, &names);
    before = book;
    ck_assert_int_eq(set(&book, path, kind, text), expected);
    ck_assert_msg(strstr(fault.text, why) != NULL, "\"%s\" does not say \"%s\"", fault.text, why);
    assert_same(&book, &before);
}

START_TEST(the_default_book_has_the_posted_prices)
{
    struct pricebook book;

    pricebook_default(&book, &names);
    ck_assert_str_eq(book.currency, "SRI");
    ck_assert_uint_eq(book.compute.nanos, 1000000);
    ck_assert_uint_eq(book.turn_fuel_max, 10000000);
    ck_assert_uint_eq(book.reserve_fuel, 100000);
    ck_assert_uint_eq(book.memory_rent.nanos, 10000000);
    ck_assert_uint_eq(book.buffer_rent.nanos, 20000000);
    ck_assert_uint_eq(book.code_rent.nanos, 2000000);
    ck_assert_uint_eq(book.log.nanos, 1000);
    ck_assert_uint_eq(book.packets.nanos, 1000);
    ck_assert_uint_eq(book.packet_data.nanos, 10000);
    ck_assert_uint_eq(book.heap_deposit.nanos, 2000000);
    ck_assert_uint_eq(book.channel_fee.nanos, 100000);
    ck_assert_uint_eq(book.channel_deposit.nanos, 500000);
    ck_assert_uint_eq(book.birth_fee.nanos, 100000);
    ck_assert_uint_eq(book.burial_reserve.nanos, 500000);
    ck_assert_uint_eq(book.inbox_messages_max, 256);
    ck_assert_uint_eq(book.inbox_bytes_max, 1 << 20);
    ck_assert_uint_eq(pricebook_order(&book, 0).nanos, 1);
    ck_assert_uint_eq(pricebook_order(&book, 1).nanos, 5);
    ck_assert_uint_eq(pricebook_order(&book, 3).nanos, 1);
    ck_assert_uint_eq(pricebook_order(&book, PRICEBOOK_ORDERS_MAX - 1).nanos, 1);
    ck_assert_uint_eq(book.link_strict_packet.nanos, 0);
    ck_assert_uint_eq(book.journal.nanos, 100000);
    ck_assert_int_eq(pricebook_check(&book, &fault), ST_OK);
}
END_TEST

START_TEST(without_names_all_orders_cost_alike)
{
    struct pricebook book;

    pricebook_default(&book, NULL);
    ck_assert_uint_eq(pricebook_order(&book, 1).nanos, 1);
}
END_TEST

START_TEST(amounts_counts_and_sizes_are_set)
{
    struct pricebook book;

    pricebook_default(&book, &names);
    ck_assert_int_eq(set(&book, "heap.deposit", PRICEBOOK_TEXT, "0.5"), ST_OK);
    ck_assert_uint_eq(book.heap_deposit.nanos, 500000000);
    ck_assert_int_eq(set(&book, "compute.price", PRICEBOOK_TEXT, "0"), ST_OK);
    ck_assert_uint_eq(book.compute.nanos, 0);
    ck_assert_int_eq(set(&book, "agents.max", PRICEBOOK_INTEGER, "7"), ST_OK);
    ck_assert_uint_eq(book.agents_max, 7);
    ck_assert_int_eq(set(&book, "inbox.bytes_max", PRICEBOOK_TEXT, "128KiB"), ST_OK);
    ck_assert_uint_eq(book.inbox_bytes_max, 131072);
    ck_assert_int_eq(set(&book, "inbox.bytes_max", PRICEBOOK_INTEGER, "65536"), ST_OK);
    ck_assert_uint_eq(book.inbox_bytes_max, 65536);
    ck_assert_int_eq(set(&book, "currency", PRICEBOOK_TEXT, "USD"), ST_OK);
    ck_assert_str_eq(book.currency, "USD");
}
END_TEST

START_TEST(an_order_keeps_its_own_price_when_the_default_changes)
{
    struct pricebook book;

    pricebook_default(&book, &names);
    ck_assert_int_eq(set(&book, "orders.heap_add", PRICEBOOK_TEXT, "0.000000009"), ST_OK);
    ck_assert_int_eq(set(&book, "orders.default", PRICEBOOK_TEXT, "0.000000003"), ST_OK);
    ck_assert_uint_eq(pricebook_order(&book, 0).nanos, 3);
    ck_assert_uint_eq(pricebook_order(&book, 1).nanos, 5);
    ck_assert_uint_eq(pricebook_order(&book, 3).nanos, 9);
}
END_TEST

START_TEST(amounts_that_are_not_texts_are_refused)
{
    refuse("heap.deposit", PRICEBOOK_FLOAT, "0.002", ST_INVALID, "write \"0.002\" in quotes");
    refuse("heap.deposit", PRICEBOOK_INTEGER, "2", ST_INVALID, "write \"2\" in quotes");
    refuse("heap.deposit", PRICEBOOK_OTHER, "", ST_INVALID, "heap.deposit");
    refuse("orders.heap_add", PRICEBOOK_FLOAT, "0.1", ST_INVALID, "orders.heap_add");
    refuse("orders.default", PRICEBOOK_INTEGER, "1", ST_INVALID, "orders.default");
}
END_TEST

START_TEST(texts_that_are_not_amounts_are_refused)
{
    refuse("heap.deposit", PRICEBOOK_TEXT, "-0.002", ST_INVALID, "heap.deposit");
    refuse("heap.deposit", PRICEBOOK_TEXT, "0.0000000001", ST_INVALID, "heap.deposit");
    refuse("heap.deposit", PRICEBOOK_TEXT, "1e3", ST_INVALID, "heap.deposit");
    refuse("heap.deposit", PRICEBOOK_TEXT, "", ST_INVALID, "heap.deposit");
    refuse("orders.heap_add", PRICEBOOK_TEXT, "cheap", ST_INVALID, "orders.heap_add");
    refuse("heap.deposit", PRICEBOOK_TEXT, "1000000.000000001", ST_INVALID, "a slip");
}
END_TEST

START_TEST(counts_that_are_not_counts_are_refused)
{
    refuse("agents.max", PRICEBOOK_TEXT, "7", ST_INVALID, "whole number");
    refuse("agents.max", PRICEBOOK_FLOAT, "7.5", ST_INVALID, "whole number");
    refuse("agents.max", PRICEBOOK_OTHER, "", ST_INVALID, "whole number");
    refuse("agents.max", PRICEBOOK_INTEGER, "-7", ST_INVALID, "negative");
    refuse("agents.max", PRICEBOOK_INTEGER, "0", ST_INVALID, "out of range");
    refuse("inbox.messages_max", PRICEBOOK_INTEGER, "257", ST_INVALID, "from 1 to 256");
    refuse("inbox.bytes_max", PRICEBOOK_TEXT, "2MiB", ST_INVALID, "out of range");
    refuse("inbox.bytes_max", PRICEBOOK_TEXT, "a lot", ST_INVALID, "not a size");
    refuse("inbox.bytes_max", PRICEBOOK_FLOAT, "1.5", ST_INVALID, "a size such as");
    refuse("customers.inbox_percent", PRICEBOOK_INTEGER, "101", ST_INVALID, "out of range");
}
END_TEST

START_TEST(unknown_keys_are_refused_with_the_nearest_name)
{
    refuse("heap.depost", PRICEBOOK_TEXT, "1", ST_MISSING, "did you mean \"heap.deposit\"?");
    refuse("curency", PRICEBOOK_TEXT, "SRI", ST_MISSING, "did you mean \"currency\"?");
    refuse("orders.heap_ad", PRICEBOOK_TEXT, "1", ST_MISSING, "did you mean \"orders.heap_add\"?");
    refuse("orders.zzzzzzzzzz", PRICEBOOK_TEXT, "1", ST_MISSING, "no price is called");
    refuse("entirely.different", PRICEBOOK_TEXT, "1", ST_MISSING, "no price is called");
    refuse("heap", PRICEBOOK_TEXT, "1", ST_MISSING, "no price is called");
    refuse("", PRICEBOOK_TEXT, "1", ST_MISSING, "no price is called");
}
END_TEST

START_TEST(a_currency_is_one_to_eight_letters)
{
    refuse("currency", PRICEBOOK_TEXT, "", ST_INVALID, "1 to 8 letters");
    refuse("currency", PRICEBOOK_TEXT, "NINELETTE", ST_INVALID, "1 to 8 letters");
    refuse("currency", PRICEBOOK_TEXT, "A B", ST_INVALID, "1 to 8 letters");
    refuse("currency", PRICEBOOK_INTEGER, "5", ST_INVALID, "1 to 8 letters");
}
END_TEST

START_TEST(a_reserve_above_a_turn_is_refused_by_the_check)
{
    struct pricebook book;

    pricebook_default(&book, &names);
    ck_assert_int_eq(set(&book, "compute.turn_fuel_max", PRICEBOOK_INTEGER, "2000"), ST_OK);
    ck_assert_int_eq(pricebook_check(&book, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "compute.reserve_fuel"));
}
END_TEST

START_TEST(tables_are_known_by_name)
{
    ck_assert(pricebook_has_table("heap"));
    ck_assert(pricebook_has_table("orders"));
    ck_assert(pricebook_has_table("links"));
    ck_assert(pricebook_has_table("link"));
    ck_assert(pricebook_has_table("link.b"));
    ck_assert(pricebook_has_table("link.b.c"));
    ck_assert(!pricebook_has_table("linked"));
    ck_assert(!pricebook_has_table("hea"));
    ck_assert(!pricebook_has_table("heap.deposit"));
    ck_assert(!pricebook_has_table("currency"));
    ck_assert(!pricebook_has_table(""));
}
END_TEST

/* Give each entry that a book prints to another book. */
struct copy {
    struct pricebook to;
    int lines;
};

static void copy_line(void *context, const struct pricebook_line *line)
{
    struct copy *copy = context;

    ck_assert_uint_gt(strlen(line->unit), 0);
    ck_assert_uint_lt(strlen(line->path), PRICEBOOK_PATH_BYTES);
    ck_assert_int_eq(
        set(&copy->to, line->path, line->is_text ? PRICEBOOK_TEXT : PRICEBOOK_INTEGER, line->value),
        ST_OK);
    copy->lines++;
}

static void scramble(struct pricebook *book, struct rng *rng)
{
    char text[PRICEBOOK_VALUE_BYTES];

    for (int i = 0; i < ORDERS; i++) {
        char path[PRICEBOOK_PATH_BYTES] = "orders.";

        if (rng_coin(rng))
            continue;
        (void)strcat(path, orders[i]);
        (void)money_print(text, (struct money){.nanos = rng_below(rng, 1000000000000)});
        ck_assert_int_eq(set(book, path, PRICEBOOK_TEXT, text), ST_OK);
    }
    for (uint64_t i = rng_below(rng, 6); i > 0; i--) {
        static const char *const prices[] = {"birth_fee",     "channel_fee",  "packets",
                                             "packet_data",   "drain",        "priority",
                                             "priority_data", "strict_packet"};
        char path[PRICEBOOK_PATH_BYTES];

        (void)snprintf(path, sizeof path, "link.b%c.%s", (char)('a' + rng_below(rng, 3)),
                       prices[rng_below(rng, LINK_PRICES)]);
        (void)money_print(text, (struct money){.nanos = rng_below(rng, 1000000000000)});
        ck_assert_int_eq(set(book, path, PRICEBOOK_TEXT, text), ST_OK);
    }
    (void)money_print(text, (struct money){.nanos = rng_below(rng, 1000000000000)});
    ck_assert_int_eq(set(book, "buffer.rent", PRICEBOOK_TEXT, text), ST_OK);
    (void)market_print_bytes(text, 65536 + rng_below(rng, 100000));
    ck_assert_int_eq(set(book, "inbox.bytes_max", PRICEBOOK_TEXT, text), ST_OK);
}

START_TEST(what_is_printed_makes_the_same_book)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 200; round++) {
        struct pricebook book;
        struct copy copy = {.lines = 0};

        pricebook_default(&book, &names);
        scramble(&book, &rng);
        pricebook_default(&copy.to, &names);
        pricebook_each(&book, &names, copy_line, &copy);
        ck_assert_int_ge(copy.lines, 23);
        assert_same(&book, &copy.to);
    }
}
END_TEST

struct seen {
    char tables[16][PRICEBOOK_PATH_BYTES];
    size_t count;
};

/* The order of keys[] is that of stored books; that of a file has each table in one piece. */
static void see_table(void *context, const struct pricebook_line *line)
{
    struct seen *seen = context;
    size_t size = strcspn(line->path, ".");

    if (line->path[size] == '\0' ||
        (seen->count > 0 && strncmp(seen->tables[seen->count - 1], line->path, size + 1) == 0))
        return;
    for (size_t i = 0; i < seen->count; i++)
        ck_assert_msg(strncmp(seen->tables[i], line->path, size + 1) != 0, "%s comes late",
                      line->path);
    ck_assert_uint_lt(seen->count, sizeof seen->tables / sizeof seen->tables[0]);
    memcpy(seen->tables[seen->count++], line->path, size + 1);
}

START_TEST(each_table_is_printed_in_one_piece)
{
    struct pricebook book;
    struct seen seen = {0};

    pricebook_default(&book, &names);
    pricebook_each(&book, &names, see_table, &seen);
    ck_assert_uint_ge(seen.count, 10);
}
END_TEST

START_TEST(what_is_stored_reads_back)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 200; round++) {
        struct pricebook book;
        struct pricebook read;
        struct bytes bytes = {0};

        pricebook_default(&book, &names);
        scramble(&book, &rng);
        book.id = 9;
        pricebook_encode(&book, &bytes);
        ck_assert_int_eq(pricebook_decode(&read, bytes.data, bytes.size, &fault), ST_OK);
        assert_same(&book, &read);
        ck_assert_uint_eq(read.id, 0);
        ck_assert_uint_eq(pricebook_order(&read, 3).nanos, pricebook_order(&book, 3).nanos);
        bytes_fini(&bytes);
    }
}
END_TEST

static void refuse_bytes(const struct bytes *bytes)
{
    struct pricebook book;
    struct pricebook before;

    pricebook_default(&book, &names);
    before = book;
    ck_assert_int_eq(pricebook_decode(&book, bytes->data, bytes->size, &fault), ST_INVALID);
    assert_same(&book, &before);
}

START_TEST(a_stored_book_cut_anywhere_is_refused)
{
    struct pricebook book;
    struct bytes bytes = {0};
    size_t size;

    pricebook_default(&book, &names);
    pricebook_encode(&book, &bytes);
    size = bytes.size;
    for (bytes.size = 0; bytes.size < size; bytes.size++)
        refuse_bytes(&bytes);
    bytes_fini(&bytes);
}
END_TEST

/* A stored book with one thing wrong. */
static void put_book(struct bytes *out, uint64_t format, const char *currency, uint64_t compute)
{
    cbor_put_array(out, 5);
    cbor_put_uint(out, format);
    cbor_put_text(out, currency);
    cbor_put_array(out, 1);
    cbor_put_uint(out, compute);
    cbor_put_uint(out, 1);
}

/* A stored book that has the first `count` values of this one, and no prices of orders. */
static void put_values(struct bytes *out, const struct pricebook *book, uint64_t count)
{
    cbor_put_array(out, 5);
    cbor_put_uint(out, 3);
    cbor_put_text(out, book->currency);
    cbor_put_array(out, count);
    for (uint64_t i = 0; i < count; i++)
        cbor_put_uint(out, pricebook_raw(book, i));
    cbor_put_money(out, book->order_default);
    cbor_put_array(out, 0);
}

START_TEST(an_older_shorter_book_gets_defaults_for_the_rest)
{
    struct bytes bytes = {0};
    struct pricebook book;

    put_book(&bytes, 3, "SRI", 77);
    cbor_put_array(&bytes, 0);
    ck_assert_int_eq(pricebook_decode(&book, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert_uint_eq(book.compute.nanos, 77);
    ck_assert_uint_eq(book.reserve_fuel, 100000);
    bytes_fini(&bytes);
}
END_TEST

static uint64_t link_price(const struct pricebook *book, const char *name, enum link_price which)
{
    return pricebook_link_price_at(book, pricebook_link_place(book, name), which).nanos;
}

START_TEST(a_link_has_its_own_prices_or_those_of_all_links)
{
    struct pricebook book;

    pricebook_default(&book, &names);
    ck_assert_uint_eq(link_price(&book, "b", LINK_PRICE_BIRTH_FEE), 100000);
    ck_assert_uint_eq(link_price(&book, "b", LINK_PRICE_PACKETS), 1000);
    ck_assert_int_eq(set(&book, "links.packets", PRICEBOOK_TEXT, "0.5"), ST_OK);
    ck_assert_int_eq(set(&book, "link.b.packets", PRICEBOOK_TEXT, "0.25"), ST_OK);
    ck_assert_int_eq(set(&book, "link.a.x.packets", PRICEBOOK_TEXT, "0"), ST_OK);
    ck_assert_uint_eq(link_price(&book, "b", LINK_PRICE_PACKETS), 250000000);
    ck_assert_uint_eq(link_price(&book, "a.x", LINK_PRICE_PACKETS), 0);
    ck_assert_uint_eq(link_price(&book, "a", LINK_PRICE_PACKETS), 500000000);
    ck_assert_uint_eq(link_price(&book, "b", LINK_PRICE_CHANNEL_FEE), 100000);
    ck_assert_uint_eq(link_price(&book, "b", LINK_PRICE_PACKET_DATA), 10000);
    ck_assert_uint_eq(book.packets.nanos, 1000);
}
END_TEST

START_TEST(prices_of_a_link_that_are_none_are_refused)
{
    refuse("link.b.brith_fee", PRICEBOOK_TEXT, "1", ST_MISSING, "\"link.b.birth_fee\"");
    refuse("link.b.colour", PRICEBOOK_TEXT, "1", ST_MISSING, "no price");
    refuse("link.b", PRICEBOOK_TEXT, "1", ST_MISSING, "no price");
    refuse("link.", PRICEBOOK_TEXT, "1", ST_MISSING, "no price");
    refuse("link..packets", PRICEBOOK_TEXT, "1", ST_INVALID, "no link");
    refuse("link.a b.packets", PRICEBOOK_TEXT, "1", ST_INVALID, "no link");
    refuse("link.a23456789012345678901234567890123.packets", PRICEBOOK_TEXT, "1", ST_MISSING,
           "no price");
    refuse("link.b.packets", PRICEBOOK_FLOAT, "0.5", ST_INVALID, "in quotes");
    refuse("link.b.packets", PRICEBOOK_TEXT, "1000001", ST_INVALID, "a slip");
}
END_TEST

START_TEST(only_so_many_links_have_prices_of_their_own)
{
    struct pricebook book;
    struct bytes bytes = {0};
    struct pricebook read;

    pricebook_default(&book, &names);
    for (int i = 0; i <= PRICEBOOK_LINKS_MAX; i++) {
        char path[PRICEBOOK_PATH_BYTES];

        (void)snprintf(path, sizeof path, "link.n%d.packets", i);
        ck_assert_int_eq(set(&book, path, PRICEBOOK_TEXT, "1"),
                         i < PRICEBOOK_LINKS_MAX ? ST_OK : ST_INVALID);
    }
    ck_assert_ptr_nonnull(strstr(fault.text, "at most 64"));
    ck_assert_int_eq(set(&book, "link.n7.packets", PRICEBOOK_TEXT, "2"), ST_OK);
    pricebook_encode(&book, &bytes);
    ck_assert_int_eq(pricebook_decode(&read, bytes.data, bytes.size, &fault), ST_OK);
    assert_same(&book, &read);
    bytes_fini(&bytes);
}
END_TEST

/* A stored book with this as its sixth item. */
static void refuse_links(const struct bytes *links)
{
    struct bytes bytes = {0};

    cbor_put_array(&bytes, 6);
    cbor_put_uint(&bytes, 1);
    cbor_put_text(&bytes, "SRI");
    cbor_put_array(&bytes, 0);
    cbor_put_uint(&bytes, 1);
    cbor_put_array(&bytes, 0);
    bytes_append(&bytes, links->data, links->size);
    refuse_bytes(&bytes);
    bytes_fini(&bytes);
}

static void put_link(struct bytes *out, const char *name, uint64_t which)
{
    cbor_put_text(out, name);
    cbor_put_array(out, 2);
    cbor_put_uint(out, which);
    cbor_put_uint(out, 5);
}

START_TEST(stored_prices_of_links_that_make_no_sense_are_refused)
{
    struct bytes links = {0};

    cbor_put_array(&links, 0);
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 1);
    cbor_put_text(&links, "b");
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 4);
    put_link(&links, "b", 1);
    put_link(&links, "a", 1);
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 4);
    put_link(&links, "a", 1);
    put_link(&links, "a", 2);
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 2);
    put_link(&links, "a", LINK_PRICES);
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 2);
    put_link(&links, "a b", 1);
    refuse_links(&links);
    bytes_clear(&links);
    cbor_put_array(&links, 2);
    cbor_put_text(&links, "a");
    cbor_put_array(&links, 0);
    refuse_links(&links);
    bytes_fini(&links);
}
END_TEST

/* As a program stored it that knew no price of the journal: 37 values, one less than today. */
START_TEST(a_book_from_before_the_price_of_the_journal_has_the_default)
{
    struct pricebook book;
    struct pricebook older;
    struct bytes bytes = {0};

    pricebook_default(&book, NULL);
    ck_assert_int_eq(set(&book, "links.strict_packet", PRICEBOOK_TEXT, "0.5"), ST_OK);
    ck_assert_uint_eq(pricebook_keys(), 38);
    put_values(&bytes, &book, 37);
    ck_assert_int_eq(pricebook_decode(&older, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert(pricebook_equal(&book, &older));
    ck_assert_uint_eq(older.journal.nanos, 100000);
    bytes_fini(&bytes);
}
END_TEST

/* As a program stored it that knew no share of a flush: 36 values. */
START_TEST(a_book_from_before_the_share_of_a_flush_charges_none)
{
    struct pricebook book;
    struct pricebook older;
    struct bytes bytes = {0};

    pricebook_default(&book, NULL);
    ck_assert_int_eq(set(&book, "links.priority_data", PRICEBOOK_TEXT, "0.5"), ST_OK);
    put_values(&bytes, &book, 36);
    ck_assert_int_eq(pricebook_decode(&older, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert(pricebook_equal(&book, &older));
    ck_assert_uint_eq(older.link_strict_packet.nanos, 0);
    bytes_fini(&bytes);
}
END_TEST

START_TEST(a_stored_book_that_makes_no_sense_is_refused)
{
    static const struct {
        uint64_t format;
        const char *currency;
        uint64_t compute;
        uint64_t order_count;
        uint64_t orders[4];
    } bad[] = {
        {2, "SRI", 1, 0, {0}},
        {3, "S1", 1, 0, {0}},
        {3, "", 1, 0, {0}},
        {3, "SRI", PRICEBOOK_PRICE_NANOS_MAX + 1, 0, {0}},
        {3, "SRI", 1, 1, {0}},
        {3, "SRI", 1, 4, {3, 1, 3, 1}},
        {3, "SRI", 1, 4, {3, 1, 2, 1}},
        {3, "SRI", 1, 2, {PRICEBOOK_ORDERS_MAX, 1}},
        {3, "SRI", 1, 2, {1, PRICEBOOK_PRICE_NANOS_MAX + 1}},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bytes bytes = {0};

        put_book(&bytes, bad[i].format, bad[i].currency, bad[i].compute);
        cbor_put_array(&bytes, bad[i].order_count);
        for (uint64_t j = 0; j < bad[i].order_count; j++)
            cbor_put_uint(&bytes, bad[i].orders[j]);
        refuse_bytes(&bytes);
        bytes_fini(&bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("price book");
    TCase *entries = tcase_create("entries");
    TCase *stored = tcase_create("stored");

    suite_add_tcase(suite, entries);
    tcase_add_test(entries, the_default_book_has_the_posted_prices);
    tcase_add_test(entries, without_names_all_orders_cost_alike);
    tcase_add_test(entries, amounts_counts_and_sizes_are_set);
    tcase_add_test(entries, an_order_keeps_its_own_price_when_the_default_changes);
    tcase_add_test(entries, amounts_that_are_not_texts_are_refused);
    tcase_add_test(entries, texts_that_are_not_amounts_are_refused);
    tcase_add_test(entries, counts_that_are_not_counts_are_refused);
    tcase_add_test(entries, unknown_keys_are_refused_with_the_nearest_name);
    tcase_add_test(entries, a_currency_is_one_to_eight_letters);
    tcase_add_test(entries, a_reserve_above_a_turn_is_refused_by_the_check);
    tcase_add_test(entries, tables_are_known_by_name);
    suite_add_tcase(suite, stored);
    tcase_add_test(stored, what_is_printed_makes_the_same_book);
    tcase_add_test(stored, each_table_is_printed_in_one_piece);
    tcase_add_test(stored, what_is_stored_reads_back);
    tcase_add_test(stored, a_stored_book_cut_anywhere_is_refused);
    tcase_add_test(stored, an_older_shorter_book_gets_defaults_for_the_rest);
    tcase_add_test(stored, a_book_from_before_the_share_of_a_flush_charges_none);
    tcase_add_test(stored, a_book_from_before_the_price_of_the_journal_has_the_default);
    tcase_add_test(stored, a_stored_book_that_makes_no_sense_is_refused);
    tcase_add_test(stored, a_link_has_its_own_prices_or_those_of_all_links);
    tcase_add_test(stored, prices_of_a_link_that_are_none_are_refused);
    tcase_add_test(stored, only_so_many_links_have_prices_of_their_own);
    tcase_add_test(stored, stored_prices_of_links_that_make_no_sense_are_refused);
    return check_main(suite);
}
