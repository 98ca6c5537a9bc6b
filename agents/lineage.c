/* How many things name a customer itself, whichever others it shares its quotas with. */
#include "agents/lineage.h"

#include <stdlib.h>

#include "agents/quotas.h"
#include "agents/set.h"
#include "base/table.h"

struct lineage *lineage_in(struct table *lineages, uint64_t customer)
{
    struct lineage *lineage = table_get(lineages, customer);

    if (lineage == NULL) {
        lineage = calloc(1, sizeof *lineage);
        INVARIANT(lineage != NULL);
        (void)!table_put(lineages, customer, lineage); /* there was none */
    }
    return lineage;
}

static void free_lineage(void *context, uint64_t customer, void *lineage)
{
    (void)context;
    (void)customer;
    free(lineage);
}

void lineages_free(struct table *lineages)
{
    table_each(lineages, free_lineage, NULL);
    table_fini(lineages);
}

uint64_t agents_lineage_holds(const struct agents *agents, uint64_t customer)
{
    const struct lineage *lineage = table_get(&agents->lineages, customer);

    return lineage == NULL ? 0 : lineage->holds;
}

void agents_lineage_take(struct agents *agents, uint64_t customer)
{
    struct lineage *lineage = lineage_in(&agents->lineages, customer);

    if (agents->turn != NULL)
        undo_save(agents->undo, &lineage->holds, sizeof lineage->holds);
    lineage->holds++;
}

void agents_lineage_give(struct agents *agents, uint64_t customer)
{
    struct lineage *lineage = lineage_in(&agents->lineages, customer);

    INVARIANT(lineage->holds > 0);
    if (agents->turn != NULL)
        undo_save(agents->undo, &lineage->holds, sizeof lineage->holds);
    lineage->holds--;
    /* Perhaps in a turn that is undone: lineage_over() must bear that (struct agents_env). */
    if (lineage->holds == 0 && agents->env.lineage_over != NULL)
        agents->env.lineage_over(agents->env.context, customer);
}

void agents_lineage_forget(struct agents *agents, uint64_t customer)
{
    struct lineage *lineage = table_remove(&agents->lineages, customer);

    INVARIANT(lineage == NULL || lineage->holds == 0);
    free(lineage);
}
