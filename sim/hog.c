/*
 * The customer with much money: its bounds, what it deploys, and what of it reached a bound.
 * Refusals are seen where quotas are asked: these functions are wrapped at link time
 * (CMakeLists.txt).
 */
#include "sim/hog.h"

#include <stdio.h>

#include "agents/customers.h"
#include "agents/set.h"
#include "sim/sim.h"

enum {
    SALT_BYTES = 32,
    SALT_BYTES_LARGE = 120000,
    LARGE_ONE_IN = 8,
    DISK_BYTES_FOR_NANO = 4, /* with all requests, modules, and a frame for a dozen turns */
};

void hog_book(struct pricebook *book)
{
    book->turn_fuel_max = 4000000;
    book->agents_max = 60;
    book->inbox_messages_max = 64;
    book->inbox_bytes_max = 262144;
    book->customer_agents_max = 24;
    book->customer_memory_bytes_max = 6 << 20;
    book->customer_buffer_bytes_max = 1 << 17;
    book->customer_facets_max = 200;
    book->customer_timers_max = 100;
    book->customer_heap_entries_max = 60;
    book->customer_code_bytes_max = 1 << 19;
    book->customer_events_max = 400;
    book->customer_event_bytes_max = 1 << 18;
    book->customer_ends_max = 16;
}

/* One guest, whose arguments say what to take of: memory, messages, timers, births and so on. */
void hog_args(struct rng *rng, char *text, size_t size)
{
    static const char *const works[] = {
        "do=wakes n=50",    "do=rooms n=30", "do=births n=6",     "do=messages n=20",
        "do=bytes n=3",     "do=marks n=50", "do=heap n=20",      "do=buffers n=20",
        "do=facets n=20",   "do=lines n=20", "do=loop n=2000",    "do=big mib=1 turns=60",
        "do=crowd n=40",    "do=hoard",      "do=hoard turns=50", "do=death turns=9",
        "do=death turns=40"};

    (void)snprintf(text, size, "%s", works[rng_below(rng, sizeof works / sizeof *works)]);
}

/* A custom section, which no engine looks at: id, size, a name of one letter, and the rest. */
void hog_module(struct rng *rng, const uint8_t *module, size_t size, struct bytes *out)
{
    size_t salt = rng_below(rng, LARGE_ONE_IN) == 0 ? SALT_BYTES_LARGE : SALT_BYTES;
    size_t left = salt + 2;
    uint8_t *at;

    bytes_append(out, module, size);
    bytes_append(out, &(uint8_t){0}, 1);
    /* The section's size in LEB128. */
    for (; left >= 128; left >>= 7)
        bytes_append(out, &(uint8_t){(uint8_t)(left | 128)}, 1);
    bytes_append(out, &(uint8_t){(uint8_t)left}, 1);
    bytes_append(out, "\1h", 2);
    at = bytes_extend(out, salt);
    INVARIANT(at != NULL);
    rng_fill(rng, at, salt);
}

/* ---- what was refused ---- */

/* By resource, since the last look; each seed is a process of its own. */
static uint64_t refused[CUSTOMER_RESOURCES];

/* The names are the linker's: --wrap=quota_allows makes them of quota_allows. */
bool __real_quota_allows(const struct agents *agents, const struct customer_use *use,
                         enum customer_resource resource, uint64_t more);
bool __real_quota_allows_code(const struct agents *agents, const struct customer_use *use,
                              const struct code *code);
bool __real_agents_quota_allows(const struct agents *agents, uint64_t customer,
                                enum customer_resource resource, uint64_t more);
bool __wrap_quota_allows(const struct agents *agents, const struct customer_use *use,
                         enum customer_resource resource, uint64_t more);
bool __wrap_quota_allows_code(const struct agents *agents, const struct customer_use *use,
                              const struct code *code);
bool __wrap_agents_quota_allows(const struct agents *agents, uint64_t customer,
                                enum customer_resource resource, uint64_t more);

/* Count a refusal, and pass the answer on. */
static bool hog_note(bool allowed, enum customer_resource resource)
{
    refused[resource] += !allowed;
    return allowed;
}

bool __wrap_quota_allows(const struct agents *agents, const struct customer_use *use,
                         enum customer_resource resource, uint64_t more)
{
    return hog_note(__real_quota_allows(agents, use, resource, more), resource);
}

bool __wrap_quota_allows_code(const struct agents *agents, const struct customer_use *use,
                              const struct code *code)
{
    return hog_note(__real_quota_allows_code(agents, use, code), CUSTOMER_CODE_BYTES);
}

bool __wrap_agents_quota_allows(const struct agents *agents, uint64_t customer,
                                enum customer_resource resource, uint64_t more)
{
    return hog_note(__real_agents_quota_allows(agents, customer, resource, more), resource);
}

void hog_look(struct sim *sim)
{
    for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++) {
        if (refused[resource] > 0)
            sim_saw(sim, (enum seen)(SEEN_QUOTA + resource));
        refused[resource] = 0;
    }
}

/* ---- what must hold ---- */

struct hog_check {
    const struct sim_site *site;
    const struct pricebook *prices;
};

/* No customer holds more of anything than its bound; 0 is no bound. */
static void hog_check_use(void *context, uint64_t customer, void *value)
{
    const struct hog_check *holding = context;
    const struct customer_use *use = value;

    for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++) {
        uint64_t max = pricebook_customer_max(holding->prices, (enum customer_resource)resource);

        if (max != 0 && use->used[resource] > max)
            sim_fail(holding->site->sim,
                     "site %s: customer %llu holds %llu of resource %d, of %llu",
                     holding->site->name, (unsigned long long)customer,
                     (unsigned long long)use->used[resource], resource, (unsigned long long)max);
    }
}

void hog_check(const struct sim_site *site)
{
    struct hog_check holding = {site, &site->core->agents->prices};

    table_each(&site->core->agents->customers, hog_check_use, &holding);
}

void hog_check_disk(const struct sim_site *site, const struct verify_report *report)
{
    u128 paid = report->by_kind_credit[KIND_REVENUE];

    if (site->disk_bytes > paid * DISK_BYTES_FOR_NANO)
        sim_fail(site->sim, "site %s: %llu bytes went to its disk, for %llu nanos", site->name,
                 (unsigned long long)site->disk_bytes, (unsigned long long)paid);
}
