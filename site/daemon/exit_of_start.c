#include "site/daemon/exit_of_start.h"

#include "site/control/exit_code.h"

int exit_of_start(enum status status)
{
    switch (status) {
    case ST_OK:
        return EXIT_OK;
    case ST_BUSY:
        return EXIT_TRY_AGAIN;
    case ST_IO:
    case ST_CORRUPT:
    case ST_FULL:
    case ST_MISSING:
        return EXIT_IO;
    case ST_INVALID:
        return EXIT_CONFIG;
    case ST_NOMEM:
    case ST_EXISTS:
    case ST_DENIED:
    case ST_UNKNOWN:
        break;
    }
    return EXIT_INTERNAL;
}
