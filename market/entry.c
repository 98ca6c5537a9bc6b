/* One entry of prices.toml: reading its amount, and refusing a key that there is not. */
#include "market/keys.h"

enum status pricebook_parse_price(struct money *price, const struct pricebook_entry *entry,
                                  struct fault *fault)
{
    struct money value;
    enum status status;

    /* A number without quotes was rounded, or may be, before we could read it. */
    if (entry->kind == PRICEBOOK_FLOAT || entry->kind == PRICEBOOK_INTEGER)
        return fault_set(fault, ST_INVALID,
                         "%s: an amount is a text in decimal: write \"%.40s\" in quotes",
                         entry->path, entry->text);
    if (entry->kind == PRICEBOOK_OTHER)
        return fault_set(fault, ST_INVALID, "%s: an amount is a text such as \"0.002\"",
                         entry->path);
    /* Into a value of our own: on failure the book keeps what it had. */
    status = money_parse(&value, entry->text, fault);
    if (status != ST_OK)
        return fault_prefix(fault, "%s", entry->path);
    if (money_nanos(value) > PRICEBOOK_PRICE_NANOS_MAX)
        return fault_set(fault, ST_INVALID, "%s: \"%.40s\" is more than a million, surely a slip",
                         entry->path, entry->text);
    *price = value;
    return ST_OK;
}

enum status pricebook_unknown(const struct pricebook_entry *entry, size_t kept, const char *nearest,
                              struct fault *fault)
{
    if (nearest == NULL)
        return fault_set(fault, ST_MISSING, "no price is called \"%.60s\"", entry->path);
    return fault_set(fault, ST_MISSING, "no price is called \"%.60s\"; did you mean \"%.*s%s\"?",
                     entry->path, (int)kept, entry->path, nearest);
}
