/*
 * `serai --version`: what this program is and which formats it speaks.  Each number is taken from
 * the code that refuses all others.
 */
#include <stdio.h>

#include "archive/archive.h"
#include "engine/engine.h"
#include "ledger/journal.h"
#include "links/link.h"
#include "sdk/abi.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "store/store.h"

struct format {
    const char *label;
    const char *key;    /* in JSON */
    const char *before; /* the number, for people */
    int number;
};

static const struct format formats[] = {
    {"guest ABI", "guest_abi", "", SERAI_ABI_VERSION},
    {"fuel table", "fuel_table", "fuel-", ENGINE_FUEL_TABLE_ID},
    {"wire", "wire", "", LINK_VERSION},
    {"store", "store", "", STORE_FORMAT_VERSION},
    {"journal", "journal", "", CHUNK_FORMAT & 0xff},
    {"archive", "archive", "", ARCHIVE_FORMAT},
    {"JSON", "json", "", JSON_VERSION},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

void cli_print_version(FILE *out, bool json)
{
    char text[32];

    if (json) {
        (void)fprintf(out, "{\"serai\":\"%s\"", SERAI_VERSION);
        for (size_t i = 0; i < FORMATS; i++)
            (void)fprintf(out, ",\"%s\":%d", formats[i].key, formats[i].number);
        (void)fprintf(out, "}\n");
        return;
    }
    render_field(out, "serai", SERAI_VERSION);
    for (size_t i = 0; i < FORMATS; i++) {
        (void)snprintf(text, sizeof text, "%s%d", formats[i].before, formats[i].number);
        render_field(out, formats[i].label, text);
    }
}
