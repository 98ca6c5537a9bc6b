/* See trials.h. */
#include "tests/hostile/trials.h"

#include <malloc.h>

#include "agents/accrual.h"
#include "agents/views.h"
#include "tests/reading.h"

struct site trial_site;
static void (*trial_change)(struct pricebook *book);

/* The price of the journal as a new site has it, which the fixture's book leaves out. */
static void trial_price_journal(struct pricebook *book)
{
    struct pricebook usual;

    pricebook_default(&usual, &core_order_names);
    book->journal = usual.journal;
    if (trial_change != NULL)
        trial_change(book);
}

void trial_open(void (*change)(struct pricebook *book))
{
    trial_change = change;
    site_open_book(&trial_site, 11, UINT64_C(1000000000000), trial_price_journal);
    site_customer(&trial_site, HOG, "hog", UINT64_C(900000000000));
    site_customer(&trial_site, QUIET, "quiet", UINT64_C(10000000000));
}

void trial_close(void)
{
    site_reload_same(&trial_site);
    site_verify(&trial_site);
    site_close(&trial_site);
}

uint64_t trial_hog(const char *text)
{
    const struct deploy deploy = {
        .module = "hog", .args = text, .nanos = 1000000000, .gifts = "st"};

    return site_deploy(&trial_site, HOG, &deploy);
}

void trial_burn(uint64_t fuel, int frame_turns)
{
    uint64_t end = core_count(trial_site.core).fuel + fuel;
    bool more = true;

    while (more && core_count(trial_site.core).fuel < end) {
        for (int turn = 0; more && turn < frame_turns && core_count(trial_site.core).fuel < end;
             turn++) {
            trial_site.now_us++;
            core_advance(trial_site.core, trial_site.now_us);
            more = core_run(trial_site.core, 1);
        }
        site_frame(&trial_site);
    }
}

/* ---- disk ---- */

static enum status add_rows(const struct store_read *read, uint64_t *bytes)
{
    enum status status = ST_OK;

    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, (enum store_table)table, NULL, 0, NULL);
        while (store_cursor_next(&cursor, &stored))
            *bytes += stored.key_size + stored.value_size;
        status = store_cursor_close(&cursor, ST_OK);
    }
    return status;
}

uint64_t trial_kept_bytes(void)
{
    uint64_t bytes = 0;

    ck_assert_int_eq(WITH_READ(&trial_site.store, add_rows(&read, &bytes)), ST_OK);
    return bytes;
}

/* ---- memory ---- */

static uint64_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

uint64_t trial_ram(void)
{
    uint64_t with = heap_bytes();
    uint64_t without;

    core_free(trial_site.core);
    without = heap_bytes();
    trial_site.core = NULL;
    site_reload(&trial_site);
    return with - without;
}

static void add_agent(void *context, const struct agent *agent)
{
    *(uint64_t *)context += agent_bytes_held(agent) + agent->owns.buffer_bytes;
}

static uint64_t rented(void)
{
    const struct agents *agents = trial_site.core->agents;
    uint64_t bytes = 0;

    (void)agents_list(agents, 0, SIZE_MAX, add_agent, &bytes);
    for (const struct code *code = agents->modules.first; code != NULL; code = code->next)
        bytes += code->builtin ? 0 : code->held;
    return bytes;
}

struct trial_held trial_held(void)
{
    uint64_t ram = trial_ram();

    return (struct trial_held){.ram = ram, .rented = rented()};
}

void trial_tells_held(int row, const char *what, const char *then, struct trial_held before)
{
    struct trial_held now = trial_held();

    figure_tells(row, what, then,
                 (double)(now.ram - before.ram) / (double)(now.rented - before.rented), 2, "bytes");
}
