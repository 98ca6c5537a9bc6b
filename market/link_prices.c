/*
 * Prices of one link that differ from those of all links: keys `link.NAME.birth_fee` and so on.
 * They are kept in order of name, so that one book has one stored form.
 */
#include <stdio.h>
#include <string.h>

#include "market/keys.h"

static const char link_prefix[] = "link.";

/* The last part of each key, and the unit for lists; in the order of enum link_price. */
static const struct {
    const char *name;
    const char *unit;
} prices[LINK_PRICES] = {
    [LINK_PRICE_BIRTH_FEE] = {"birth_fee", "per birth"},
    [LINK_PRICE_CHANNEL_FEE] = {"channel_fee", "per channel"},
    [LINK_PRICE_PACKETS] = {"packets", "per 1000 packets"},
    [LINK_PRICE_PACKET_DATA] = {"packet_data", "per MiB"},
    [LINK_PRICE_DRAIN] = {"drain", "per 1.00 at the hard limit"},
    [LINK_PRICE_PRIORITY] = {"priority", "per 1000 packets and class"},
    [LINK_PRICE_PRIORITY_DATA] = {"priority_data", "per MiB and class"},
    [LINK_PRICE_STRICT_PACKET] = {"strict_packet", "per packet while it is strict"},
};

bool pricebook_is_link_path(const char *path)
{
    return strncmp(path, link_prefix, strlen(link_prefix)) == 0;
}

/* The place of the link, or the place where it would be put. */
static size_t link_place_of(const struct pricebook *book, const char *name, bool *found)
{
    size_t low = 0;
    size_t high = book->link_count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(book->links[middle].name, name);

        if (order == 0)
            *found = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct pricebook_link *pricebook_add_link(struct pricebook *book, const char *name)
{
    bool found;
    size_t place = link_place_of(book, name, &found);
    struct pricebook_link *link = &book->links[place];

    if (found)
        return link;
    if (book->link_count == PRICEBOOK_LINKS_MAX)
        return NULL;
    /* In order of name, whatever the order in the file: one book has one stored form. */
    memmove(link + 1, link, (book->link_count - place) * sizeof *link);
    *link = (struct pricebook_link){0};
    (void)snprintf(link->name, sizeof link->name, "%s", name);
    book->link_count++;
    return link;
}

bool pricebook_is_link_name(const char *name)
{
    size_t size = strlen(name);

    /* Names of links (links/link.h) and a little more: the market does not know the links. */
    return size >= 1 && size < PRICEBOOK_LINK_NAME_BYTES &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
               size;
}

static const char *link_price_candidate(const void *context, size_t index)
{
    (void)context;
    return index < LINK_PRICES ? prices[index].name : NULL;
}

enum status pricebook_set_link(struct pricebook *book, const struct pricebook_entry *entry,
                               struct fault *fault)
{
    const char *last = strrchr(entry->path, '.') + 1; /* names may have points in them, too */
    const char *begin = entry->path + strlen(link_prefix);
    char name[PRICEBOOK_LINK_NAME_BYTES];
    struct pricebook_link *link;
    struct money price;
    size_t which = 0;
    enum status status;

    /* `link.NAME.WHICH`: what is between the first point and the last is the name. */
    if (last <= begin || (size_t)(last - 1 - begin) >= sizeof name)
        return pricebook_unknown(entry, 0, NULL, fault);
    (void)snprintf(name, sizeof name, "%.*s", (int)(last - 1 - begin), begin);
    while (which < LINK_PRICES && strcmp(last, prices[which].name) != 0)
        which++;
    if (which == LINK_PRICES)
        return pricebook_unknown(entry, (size_t)(last - entry->path),
                                 market_nearest(last, link_price_candidate, NULL), fault);
    if (!pricebook_is_link_name(name))
        return fault_set(fault, ST_INVALID, "%.60s: no link can have such a name", entry->path);
    /* All is checked before the link is added: a refused entry leaves no empty one. */
    status = pricebook_parse_price(&price, entry, fault);
    if (status != ST_OK)
        return status;
    link = pricebook_add_link(book, name);
    if (link == NULL)
        return fault_set(fault, ST_INVALID, "%s: at most %d links have prices of their own",
                         entry->path, PRICEBOOK_LINKS_MAX);
    link->price[which] = price;
    link->priced[which] = true;
    return ST_OK;
}

size_t pricebook_link_place(const struct pricebook *book, const char *name)
{
    bool found;
    size_t place = link_place_of(book, name, &found);

    return found ? place + 1 : 0;
}

struct money pricebook_link_price_at(const struct pricebook *book, size_t place,
                                     enum link_price which)
{
    const struct money all[LINK_PRICES] = {
        [LINK_PRICE_BIRTH_FEE] = book->link_birth_fee,
        [LINK_PRICE_CHANNEL_FEE] = book->link_channel_fee,
        [LINK_PRICE_PACKETS] = book->link_packets,
        [LINK_PRICE_PACKET_DATA] = book->link_packet_data,
        [LINK_PRICE_DRAIN] = book->link_drain,
        [LINK_PRICE_PRIORITY] = book->link_priority,
        [LINK_PRICE_PRIORITY_DATA] = book->link_priority_data,
        [LINK_PRICE_STRICT_PACKET] = book->link_strict_packet,
    };

    /* What it has no price of its own for follows `links.*`. */
    INVARIANT(place <= book->link_count);
    if (place != 0 && book->links[place - 1].priced[which])
        return book->links[place - 1].price[which];
    return all[which];
}

void pricebook_each_link(const struct pricebook *book,
                         void (*visit)(void *context, const char *path, struct money price,
                                       const char *unit),
                         void *context)
{
    for (size_t i = 0; i < book->link_count; i++) {
        const struct pricebook_link *link = &book->links[i];

        for (size_t which = 0; which < LINK_PRICES; which++) {
            char path[PRICEBOOK_PATH_BYTES];

            if (!link->priced[which])
                continue;
            (void)snprintf(path, sizeof path, "%s%s.%s", link_prefix, link->name,
                           prices[which].name);
            visit(context, path, link->price[which], prices[which].unit);
        }
    }
}
