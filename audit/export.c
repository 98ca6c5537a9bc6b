#include "audit/export.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

char *export_total(char text[TOTAL_TEXT_BYTES], u128 nanos)
{
    char whole[U128_TEXT_BYTES];

    (void)snprintf(text, TOTAL_TEXT_BYTES, "%s.%09" PRIu64,
                   u128_print(whole, nanos / MONEY_NANOS_PER_UNIT),
                   (uint64_t)(nanos % MONEY_NANOS_PER_UNIT));
    return text;
}

char *export_date(char text[DATE_TEXT_BYTES], uint64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm day;

    INVARIANT(gmtime_r(&seconds, &day) != NULL); /* any 64-bit microsecond is in range */
    INVARIANT(strftime(text, DATE_TEXT_BYTES, "%Y-%m-%d", &day) > 0);
    return text;
}

char *export_name(char text[ACCOUNT_NAME_BYTES], const struct accounts *accounts, uint64_t id)
{
    const struct account *account = accounts_find(accounts, id);

    return account_name(text, id, account == NULL ? KIND_TREASURY : account->kind);
}

enum status export_opening(struct accounts *accounts, const struct journal_opening *opening,
                           struct fault *fault)
{
    struct account account = journal_opened_account(opening);
    enum status status;

    /* A closed account keeps its name: earlier lines have it. */
    if (opening->closing)
        return ST_OK;
    status = accounts_add(accounts, &account);
    if (status == ST_NOMEM)
        return fault_set(fault, ST_NOMEM, "export: no memory for account %" PRIu64, account.id);
    if (status != ST_OK)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": account %" PRIu64 " is out of order", opening->frame,
                         account.id);
    return ST_OK;
}

enum status export_end(FILE *out, struct fault *fault)
{
    if (fflush(out) != 0 || ferror(out))
        return fault_set(fault, ST_IO, "export: the output cannot be written: %s", strerror(errno));
    return ST_OK;
}
