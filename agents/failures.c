/* Why a question has no answer, in words: docs/guest-abi.md, "Events". */
#include <stddef.h>

#include "agents/message.h"
#include "engine/engine.h"

static const struct why {
    int32_t status;
    const char *word;
    const char *text;
} failures[] = {
    {SERAI_E_CLOSED, "CLOSED", "the agent that had the question has ended"},
    {SERAI_E_SILENT, "SILENT", "the agent that had the question neither answered nor kept it"},
    {SERAI_E_FROZEN, "FROZEN", "the agent that had the question has been frozen for long"},
    {SERAI_E_FULL, "FULL", "there was no slot for a capability that came with the question"},
    {SERAI_E_BROKEN, "BROKEN", "the question waited on a promise that was broken"},
    {SERAI_E_KIND, "KIND", "the question waited on a promise that came to no capability"},
    {SERAI_E_POSTAGE, "POSTAGE", "who the question was passed on to asks more postage"},
};

/* What is above 0 has no row: a code that an agent chose, or how a turn was undone. */
static const struct why *failure_find(int32_t status)
{
    static const struct why other = {0, "REFUSED", "the question was refused on its way"};

    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].status == status)
            return &failures[i];
    }
    return status < 0 ? &other : NULL;
}

const char *agents_failure_word(int32_t status)
{
    const struct why *why = failure_find(status);

    if (why != NULL)
        return why->word;
    return status >= SERAI_FAIL_CODE_MIN ? "CODE" : "TRAP";
}

const char *agents_failure_text(int32_t status)
{
    const struct why *why = failure_find(status);

    if (why != NULL)
        return why->text;
    return status >= SERAI_FAIL_CODE_MIN ? "the agent gave a code, and a reason if there is a text"
                                         : engine_outcome_name((enum engine_outcome)status);
}
