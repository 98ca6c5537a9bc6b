#include "site/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/cli/render.h"

enum { MESSAGE_BYTES_MAX = 8192 }; /* a path and a reason fit */

static char *kept_text; /* where messages go; NULL: to stderr */
static size_t kept_room;

void cli_keep_messages(char *text, size_t room_bytes)
{
    kept_text = text;
    kept_room = room_bytes;
}

int cli_fail(enum exit_code code, const char *format, ...)
{
    char text[MESSAGE_BYTES_MAX];
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (kept_text != NULL) {
        (void)snprintf(kept_text, kept_room, "%s", text);
        return (int)code;
    }
    /*
     * Escaped: the message quotes what was typed, and what the site sent, which a terminal might
     * obey.
     */
    fputs("serai: ", stderr);
    render_escaped(stderr, text);
    fputs(length >= (int)sizeof text ? TEXT_CUT "\n" : "\n", stderr);
    return (int)code;
}

/* docs/operate.md, "Exit codes"; what has no code of its own is a fault of the program. */
static enum exit_code exit_of(enum status status)
{
    switch (status) {
    case ST_OK:
        return EXIT_OK;
    case ST_INVALID:
        return EXIT_BAD_DATA;
    case ST_MISSING:
        return EXIT_MISSING;
    case ST_EXISTS:
        return EXIT_REFUSED;
    case ST_FULL:
    case ST_CORRUPT:
    case ST_IO:
        return EXIT_IO;
    case ST_BUSY:
    case ST_UNKNOWN:
        return EXIT_TRY_AGAIN;
    case ST_DENIED:
        return EXIT_DENIED;
    case ST_NOMEM:
        break;
    }
    return EXIT_INTERNAL;
}

int cli_fault(const struct fault *fault)
{
    return cli_fail(exit_of(fault->status), "%s", fault->text);
}

const char *cli_value(const struct cli *cli, enum cli_option_id option, const char *fallback)
{
    return cli->args.given[option] ? cli->args.values[option] : fallback;
}

bool cli_is_number(const char *text, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9' || (text[0] == '0' && text[1] != '\0'))
        return false; /* 007 is a slip, or octal to somebody */
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

int cli_number(const char *text, const char *what, uint64_t *number)
{
    if (!cli_is_number(text, number))
        return cli_fail(EXIT_USAGE, "%s: \"%s\" is not a number", what, text);
    return EXIT_OK;
}

int cli_money(const char *text, struct money *amount)
{
    struct fault fault = {0};

    if (money_parse(amount, text, &fault) != ST_OK)
        return cli_fail(EXIT_USAGE, "%s", fault.text);
    return EXIT_OK;
}
