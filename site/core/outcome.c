#include "site/core/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void outcome_set(struct outcome *outcome, enum control_status status, const char *format, ...)
{
    va_list list;

    outcome->status = status;
    va_start(list, format);
    (void)vsnprintf(outcome->message, sizeof outcome->message, format, list);
    va_end(list);
}

bool outcome_args_done(const struct cbor *in, struct outcome *outcome)
{
    struct fault fault;

    if (cbor_done(in, &fault, outcome->command) == ST_OK)
        return true;
    outcome_set(outcome, CONTROL_BAD_REQUEST, "%.300s", fault.text);
    return false;
}

bool outcome_name_is_plain(const char *name, const char *whose, struct outcome *outcome)
{
    /* A subset of what text_is_name() takes: no space, capital or letter beyond ASCII either. */
    if (text_is_name(name) &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name))
        return true;
    outcome_set(outcome, CONTROL_BAD_REQUEST,
                "%s name is 1 to %d of a-z, 0-9, '.', '_' and '-', and begins with a letter, so "
                "that it is never taken for a number: \"%s\" is none",
                whose, CONTROL_NAME_BYTES_MAX, name);
    return false;
}

bool outcome_transfer(struct ledger *ledger, const struct transfer *line, struct outcome *outcome)
{
    enum transfer_result result = ledger_transfer(ledger, line);
    char amount[MONEY_TEXT_BYTES];
    char balance[MONEY_TEXT_BYTES];
    char name[ACCOUNT_NAME_BYTES];

    if (result == TRANSFER_DONE)
        return true;
    if (result == TRANSFER_SHORT_OF_FUNDS &&
        ledger_account(ledger, line->debit)->class != ACCOUNT_NO_OVERDRAFT) {
        /* Not the payer is short, but what it pays from: the treasury has no more to give out. */
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s is more than was brought in to this site and not taken out: bring it in "
                    "first (`serai money in`)",
                    money_print(amount, line->amount));
    } else if (result == TRANSFER_SHORT_OF_FUNDS) {
        /* The one refusal that a customer can mend, so it names the account and both amounts. */
        account_name(name, line->debit, ledger_account(ledger, line->debit)->kind);
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s has %s, and %s is asked for: bring money in first", name,
                    money_print(balance, ledger_balance(ledger, line->debit)),
                    money_print(amount, line->amount));
    } else {
        outcome_set(outcome, CONTROL_REFUSED, "the transfer was refused: %s",
                    transfer_result_text(result));
    }
    return false;
}
