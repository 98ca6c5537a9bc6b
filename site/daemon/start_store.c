#include "site/daemon/start_store.h"

#include "site/daemon/signals.h"

/* Rows between two looks: a row takes from a microsecond to, with a module in it, milliseconds. */
enum { ROWS_STEP = 16 };

struct walk {
    struct start_store *start;
    store_visit visit;
    void *context;
};

static enum status visit_row(void *context, const uint8_t *key, size_t key_size,
                             const uint8_t *value, size_t value_size, struct fault *fault)
{
    const struct walk *walk = context;
    struct start_store *start = walk->start;

    if (++start->rows >= ROWS_STEP) {
        start->rows = 0;
        signals_take(start->signals);
    }
    if (start->signals->stop != 0)
        return fault_set(fault, ST_BUSY, "a signal ended the start");
    return walk->visit(walk->context, key, key_size, value, value_size, fault);
}

static enum status walk_table(void *context, enum store_table table, const void *prefix,
                              size_t prefix_size, store_visit visit, void *visit_context,
                              struct fault *fault)
{
    struct start_store *start = context;
    struct walk walk = {.start = start, .visit = visit, .context = visit_context};
    /* A page that is wanted again must come: site/core/core.h takes any failure there for a lost
     * page. */
    bool is_page = table == STORE_PAGE && prefix_size != 0;

    if (start->signals == NULL || is_page)
        return start->store.walk(start->store.context, table, prefix, prefix_size, visit,
                                 visit_context, fault);
    return start->store.walk(start->store.context, table, prefix, prefix_size, visit_row, &walk,
                             fault);
}

static enum status commit(void *context, const struct store_batch *batch, struct fault *fault)
{
    const struct start_store *start = context;

    return start->store.commit(start->store.context, batch, fault);
}

struct store start_store_init(struct start_store *start, const struct store *store,
                              struct signals *signals)
{
    *start = (struct start_store){.store = *store, .signals = signals};
    return (struct store){.commit = commit, .walk = walk_table, .context = start};
}

void start_store_done(struct start_store *start)
{
    start->signals = NULL;
}
