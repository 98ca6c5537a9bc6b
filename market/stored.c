/*
 * The stored form of a price book:
 *     [3, currency, [values in the order of the table of keys], default, [order, price, ...]]
 * and, when links have prices of their own, one item more:
 *     [name, [which, price, ...], ...]
 */
#include "base/bytes.h"
#include "base/cbor.h"
#include "market/keys.h"

#include <string.h>

enum { BOOK_FORMAT = 3, BOOK_ITEMS = 5 };

/* Only what has a price of its own: the rest follows `links.*`. */
static void stored_encode_links(const struct pricebook *book, struct bytes *out)
{
    cbor_put_array(out, 2 * book->link_count);
    for (size_t i = 0; i < book->link_count; i++) {
        const struct pricebook_link *link = &book->links[i];
        uint64_t priced = 0;

        for (size_t which = 0; which < LINK_PRICES; which++)
            priced += link->priced[which] ? 1 : 0;
        cbor_put_text(out, link->name);
        cbor_put_array(out, 2 * priced);
        for (size_t which = 0; which < LINK_PRICES; which++) {
            if (!link->priced[which])
                continue;
            cbor_put_uint(out, which);
            cbor_put_money(out, link->price[which]);
        }
    }
}

/* Row of docs/records.md, "Rows of the site": format, currency, keys in order, orders, links. */
void pricebook_encode(const struct pricebook *book, struct bytes *out)
{
    uint64_t priced = 0;

    for (int i = 0; i < PRICEBOOK_ORDERS_MAX; i++)
        priced += book->order_priced[i] ? 1 : 0;
    cbor_put_array(out, book->link_count == 0 ? BOOK_ITEMS : BOOK_ITEMS + 1);
    cbor_put_uint(out, BOOK_FORMAT);
    cbor_put_text(out, book->currency);
    cbor_put_array(out, pricebook_keys());
    for (size_t i = 0; i < pricebook_keys(); i++)
        cbor_put_uint(out, pricebook_raw(book, i));
    cbor_put_money(out, book->order_default);
    cbor_put_array(out, 2 * priced);
    for (unsigned int i = 0; i < PRICEBOOK_ORDERS_MAX; i++) {
        if (!book->order_priced[i])
            continue;
        cbor_put_uint(out, i);
        cbor_put_money(out, book->order_price[i]);
    }
    if (book->link_count > 0)
        stored_encode_links(book, out);
}

/* By their stored form, which is one for each book: no field can be forgotten here. */
bool pricebook_equal(const struct pricebook *a, const struct pricebook *b)
{
    struct bytes first = {0};
    struct bytes second = {0};
    bool equal;

    pricebook_encode(a, &first);
    pricebook_encode(b, &second);
    INVARIANT(!first.failed && !second.failed);
    equal = first.size == second.size && memcmp(first.data, second.data, first.size) == 0;
    bytes_fini(&first);
    bytes_fini(&second);
    return equal;
}

/* A price within its bound; otherwise the error is left in *in, and no money is returned. */
static struct money stored_decode_price(struct cbor *in)
{
    struct money price = money_zero();

    if (money_from_nanos(&price, cbor_get_uint(in, PRICEBOOK_PRICE_NANOS_MAX)) != ST_OK)
        cbor_fail(in, "not a price");
    return price;
}

static void stored_decode_orders(struct pricebook *book, struct cbor *in)
{
    uint64_t count = cbor_get_array_any(in, (uint64_t)2 * PRICEBOOK_ORDERS_MAX);
    uint64_t least = 0; /* one book has one encoding: numbers rise */

    /* Flat pairs: an odd count has half of one. */
    if (count % 2 != 0)
        cbor_fail(in, "an order without a price");
    for (uint64_t i = 0; i < count / 2 && in->error == NULL; i++) {
        uint64_t number = cbor_get_uint(in, PRICEBOOK_ORDERS_MAX - 1);

        if (number < least)
            cbor_fail(in, "orders that do not rise");
        least = number + 1;
        book->order_price[number] = stored_decode_price(in);
        book->order_priced[number] = true;
    }
}

/* The prices of one link's own; at least one, or it would not be in the book. */
static void stored_decode_link(struct pricebook_link *link, struct cbor *in)
{
    uint64_t count = cbor_get_array_any(in, (uint64_t)2 * LINK_PRICES);
    uint64_t least = 0;

    if (count == 0 || count % 2 != 0)
        cbor_fail(in, "a link without a price");
    for (uint64_t i = 0; i < count / 2 && in->error == NULL; i++) {
        uint64_t which = cbor_get_uint(in, LINK_PRICES - 1);

        if (which < least)
            cbor_fail(in, "prices of a link that do not rise");
        least = which + 1;
        link->price[which] = stored_decode_price(in);
        link->priced[which] = true;
    }
}

/* As stored_encode_links() writes them, and nothing else: names and numbers rise. */
static void stored_decode_links(struct pricebook *book, struct cbor *in)
{
    uint64_t count = cbor_get_array_any(in, (uint64_t)2 * PRICEBOOK_LINKS_MAX);
    char before[PRICEBOOK_LINK_NAME_BYTES] = "";

    if (count == 0 || count % 2 != 0)
        cbor_fail(in, "no links");
    for (uint64_t i = 0; i < count / 2 && in->error == NULL; i++) {
        char name[PRICEBOOK_LINK_NAME_BYTES];

        cbor_get_text(in, name, sizeof name - 1);
        if (in->error == NULL && (!pricebook_is_link_name(name) || strcmp(name, before) <= 0))
            cbor_fail(in, "names of links that do not rise");
        if (in->error != NULL)
            return;
        memcpy(before, name, sizeof before);
        stored_decode_link(pricebook_add_link(book, name),
                           in); /* there is room: count is bounded */
    }
}

enum status pricebook_decode(struct pricebook *book, const void *data, size_t size,
                             struct fault *fault)
{
    struct pricebook decoded;
    char text[PRICEBOOK_CURRENCY_BYTES];
    struct pricebook_entry currency = {"currency", PRICEBOOK_TEXT, text};
    struct cbor in;
    uint64_t items;
    uint64_t count;
    enum status status;

    /* A book of an older program ends early; what it did not know keeps its default. */
    pricebook_default(&decoded, NULL);
    cbor_init(&in, data, size);
    items = cbor_get_array_any(&in, BOOK_ITEMS + 1);
    if (items < BOOK_ITEMS)
        cbor_fail(&in, "too few items");
    if (cbor_get_uint(&in, UINT64_MAX) != BOOK_FORMAT)
        cbor_fail(&in, "an unknown format");
    cbor_get_text(&in, text, sizeof text - 1);
    count = cbor_get_array_any(&in, pricebook_keys());
    for (size_t i = 0; i < count && in.error == NULL; i++) {
        if (!pricebook_set_raw(&decoded, i, cbor_get_uint(&in, UINT64_MAX)))
            cbor_fail(&in, "a value out of range");
    }
    decoded.order_default = stored_decode_price(&in);
    stored_decode_orders(&decoded, &in);
    if (items > BOOK_ITEMS)
        stored_decode_links(&decoded, &in);
    /* The form is right: now the rules between entries, as for a file. */
    status = cbor_done(&in, fault, "price book");
    if (status != ST_OK)
        return status;
    if (pricebook_set(&decoded, NULL, &currency, fault) != ST_OK)
        return fault_prefix(fault, "price book");
    status = pricebook_check(&decoded, fault);
    if (status == ST_OK)
        *book = decoded;
    return status;
}
