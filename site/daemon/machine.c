#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "site/daemon/machine.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "agents/agents.h"
#include "base/log.h"
#include "site/daemon/daemon.h"
#include "site/daemon/limits.h"

/* How each shortage is reported: what is short, what it costs the site, and what to do. */
static const struct {
    const char *event;
    const char *what;
    const char *effect; /* of less than is wanted */
    const char *next;
} kinds[MACHINE_KINDS] = {
    [MACHINE_ADDRESSES] = {"limits.address-space", "bytes of address space", "",
                           "raise it (ulimit -v and -d, LimitAS=), or lower ledger.map_bytes"},
    [MACHINE_THREADS] = {"limits.threads", "threads", "fewer names of peers are looked up at once",
                         "raise it (ulimit -u, TasksMax=)"},
    [MACHINE_LOCKED] = {"limits.locked-memory", "bytes of locked memory",
                        "the site's secret key may be written to swap",
                        "raise it (ulimit -l, LimitMEMLOCK=)"},
};

/* ---- what is wanted ---- */

struct machine_need machine_need(enum machine_kind kind, const struct daemon_options *options)
{
    bool links = options->link_listen != NULL;
    unsigned own = OWN_THREADS +
                   (options->tier1 != NULL && options->tier1->mode != TIER1_OFF ? 1U : 0U) +
                   (links ? ZMQ_THREADS : 0U) + (metrics_are_served(options->metrics) ? 1U : 0U) +
                   (page_is_served(options->metrics) ? 1U : 0U);
    uint64_t bytes = 0;

    switch (kind) {
    case MACHINE_ADDRESSES:
        bytes = options->map_bytes + agents_address_bytes() + OWN_ADDRESS_BYTES;
        return (struct machine_need){.wanted = bytes, .least = bytes};
    case MACHINE_THREADS:
        return (struct machine_need){.wanted = own + (links ? LOOKUPS_MAX : 0U), .least = own};
    case MACHINE_LOCKED:
        break;
    }
    return (struct machine_need){.wanted = LOCKED_BYTES};
}

/* ---- what there is ---- */

static void *machine_map(uint64_t bytes, int protection)
{
    if (bytes == 0 || bytes > SIZE_MAX)
        return bytes == 0 ? NULL : MAP_FAILED;
    return mmap(NULL, (size_t)bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0);
}

static void machine_unmap(void *taken, uint64_t bytes)
{
    if (taken != MAP_FAILED && bytes != 0)
        (void)munmap(taken, (size_t)bytes);
}

/* The agents' part as they have it, to be written to: a limit of data (ulimit -d) counts that. */
static bool machine_has_addresses(uint64_t bytes)
{
    uint64_t agents = agents_address_bytes();
    uint64_t part = bytes < agents ? bytes : agents;
    void *data = machine_map(part, PROT_READ | PROT_WRITE);
    void *rest = machine_map(bytes - part, PROT_NONE);
    bool has = data != MAP_FAILED && rest != MAP_FAILED;

    machine_unmap(data, part);
    machine_unmap(rest, bytes - part);
    return has;
}

/* In whole MiB: the number is for people. */
static uint64_t machine_try_addresses(uint64_t wanted)
{
    uint64_t low = 0;             /* MiB that are there */
    uint64_t high = wanted >> 20; /* MiB that are not */

    if (machine_has_addresses(wanted))
        return wanted;
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;

        if (machine_has_addresses(middle << 20))
            low = middle;
        else
            high = middle;
    }
    return low << 20;
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opens;
    bool open;
};

/* The body of a trial thread: all of them stand until the gate opens, so they are there at once. */
static void *machine_wait_at_gate(void *context)
{
    struct gate *gate = context;

    (void)!pthread_mutex_lock(&gate->mutex); /* fails only for a mutex that is none */
    while (!gate->open)
        (void)!pthread_cond_wait(&gate->opens, &gate->mutex);
    (void)!pthread_mutex_unlock(&gate->mutex);
    return NULL;
}

static uint64_t machine_try_threads(uint64_t wanted)
{
    struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opens = PTHREAD_COND_INITIALIZER};
    pthread_t threads[THREADS_TRIED_MAX];
    pthread_attr_t attributes;
    uint64_t count = 0;

    if (pthread_attr_init(&attributes) != 0)
        return 0;
    (void)!pthread_attr_setstacksize(&attributes, TRIAL_STACK_BYTES); /* else the usual size */
    while (count < wanted && count < THREADS_TRIED_MAX &&
           pthread_create(&threads[count], &attributes, machine_wait_at_gate, &gate) == 0)
        count++;
    (void)!pthread_attr_destroy(&attributes);
    /* Counted: now all of them may end. */
    (void)!pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    (void)!pthread_cond_broadcast(&gate.opens);
    (void)!pthread_mutex_unlock(&gate.mutex);
    for (uint64_t i = 0; i < count; i++)
        (void)!pthread_join(threads[i], NULL);
    return count;
}

/* Our own limit is raised first, as far as the hard one lets us. */
static uint64_t machine_try_locked(uint64_t wanted)
{
    struct rlimit limit;
    void *taken;
    bool locked;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return 0;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)!setrlimit(RLIMIT_MEMLOCK, &limit); /* what comes of it is seen below */
    }
    taken = machine_map(wanted, PROT_READ | PROT_WRITE);
    if (taken == MAP_FAILED)
        return 0;
    locked = mlock(taken, (size_t)wanted) == 0; /* root is under no limit */
    machine_unmap(taken, wanted);
    return locked ? wanted : limit.rlim_cur;
}

uint64_t machine_try(enum machine_kind kind, uint64_t wanted)
{
    switch (kind) {
    case MACHINE_ADDRESSES:
        return machine_try_addresses(wanted);
    case MACHINE_THREADS:
        return machine_try_threads(wanted);
    case MACHINE_LOCKED:
        break;
    }
    return machine_try_locked(wanted);
}

/* ---- what follows from it ---- */

enum status machine_judge(enum machine_kind kind, const struct machine_need *need, uint64_t there,
                          struct fault *fault)
{
    if (there < need->least)
        return fault_set(fault, ST_INVALID,
                         "the system gives %" PRIu64 " %s, the least is %" PRIu64 ", and %" PRIu64
                         " are wanted; %s",
                         there, kinds[kind].what, need->least, need->wanted, kinds[kind].next);
    if (there < need->wanted)
        log_write(LOG_WARN, kinds[kind].event,
                  "there=%" PRIu64 " wanted=%" PRIu64 " effect=\"%s\" next=\"%s\"", there,
                  need->wanted, kinds[kind].effect, kinds[kind].next);
    return ST_OK;
}

enum status machine_check(const struct daemon_options *options, struct fault *fault)
{
    enum status status = ST_OK;

    for (int i = 0; i < MACHINE_KINDS && status == ST_OK; i++) {
        enum machine_kind kind = (enum machine_kind)i;
        struct machine_need need = machine_need(kind, options);

        status = machine_judge(kind, &need, machine_try(kind, need.wanted), fault);
    }
    return status;
}
