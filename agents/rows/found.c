/*
 * An agent's row counts its rows in other tables.  What is found of them is subtracted while these
 * are read; what is left at the end names the agent that lost a row.
 */
#include "agents/rows/found.h"

#include "agents/set.h"

struct expected_agent *row_expected_at(const struct rows_loading *loading, size_t at)
{
    return (struct expected_agent *)(void *)loading->rows.data + at;
}

void row_found(struct agents *agents, uint64_t agent, enum row_part part, uint64_t amount)
{
    struct rows_loading *loading = agents->loading;
    size_t low = 0;
    size_t high = loading->rows.size / sizeof(struct expected_agent);

    /* Tables are in order of agent, or nearly: it is the last one that was found, or soon after. */
    if (loading->last < high && row_expected_at(loading, loading->last)->id <= agent) {
        low = loading->last;
        if (low + 2 < high && row_expected_at(loading, low + 2)->id > agent)
            high = low + 2;
    }
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;

        if (row_expected_at(loading, middle)->id <= agent)
            low = middle;
        else
            high = middle;
    }
    INVARIANT(low < high && row_expected_at(loading, low)->id == agent); /* the caller found it */
    row_expected_at(loading, low)->missing[part] -= amount;
    loading->last = low;
}
