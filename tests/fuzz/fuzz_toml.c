/* Whatever an operator's file holds, each item has a place within it and a text that ends. */
#include "base/status.h"
#include "site/config/toml.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see(void *context, const struct toml_item *item)
{
    const size_t *size = context;

    INVARIANT(item->key_line >= 1 && item->key_line <= *size + 1);
    INVARIANT(item->line >= item->key_line || item->kind == TOML_TABLE);
    INVARIANT(strlen(item->path) <= 4 * *size + 300);
    INVARIANT(item->kind == TOML_TEXT || strlen(item->text) < 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toml_error bad = {0, 0, ""};

    if (toml_visit((const char *)data, size, see, &size, &bad) == TOML_BAD)
        INVARIANT(memchr(bad.text, '\0', sizeof bad.text) != NULL);
    return 0;
}
