/* docs/architecture.md, "Quarantine", has the rules for which these numbers are kept. */
#include "site/daemon/marker.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };
#define MARKER_MAGIC UINT64_C(0x326b72616d726573) /* "sermark2" in memory */

/* An event that a daemon died in; all zero: none. */
struct death {
    uint64_t agent;
    uint64_t message;
    uint64_t order; /* the last time; its number + 1, 0: none */
    uint64_t crashes;
    uint64_t by_signal;
    uint64_t at; /* the last time, as page.deaths counts */
};

/* The page.  Read back only by the same build of the machine: no byte order to fix. */
struct marker_page {
    uint64_t magic;
    uint64_t running;
    uint64_t agent; /* of the turn that runs */
    uint64_t message;
    uint64_t order; /* that it gives; its number + 1, 0: none */
    uint64_t died_by_signal;
    uint64_t store_failed; /* a commit or a page failed, and the books were not verified since */
    uint64_t excused;      /* the daemon ends for a reason that no turn gave */
    uint64_t deaths;       /* in all */
    struct death last[DEATHS_KEPT];
};
static_assert(sizeof(struct marker_page) <= PAGE_BYTES, "one page");

struct marker {
    int fd;
    /* volatile: each store must reach the page, in order, before the turn that follows it. */
    volatile struct marker_page *page;
};

/* The entry of the event that was running; a new one takes the place of the oldest. */
static volatile struct death *marker_find_death(volatile struct marker_page *page)
{
    volatile struct death *found = &page->last[0];

    for (size_t i = 0; i < DEATHS_KEPT; i++) {
        volatile struct death *death = &page->last[i];

        if (death->crashes > 0 && death->agent == page->agent && death->message == page->message)
            return death;
        if (death->at < found->at)
            found = death;
    }
    memset((void *)found, 0, sizeof *found);
    found->agent = page->agent;
    found->message = page->message;
    return found;
}

static bool marker_is_listed(const struct marker_finding *finding, uint64_t agent)
{
    for (size_t i = 0; i < finding->alike_count; i++)
        if (finding->alike[i] == agent)
            return true;
    return false;
}

/* Agents that died of a signal in the same order as this one; none if this one did not. */
static void marker_list_alike(const volatile struct marker_page *page,
                              const volatile struct death *death, struct marker_finding *finding)
{
    for (size_t i = 0; i < DEATHS_KEPT && death->by_signal > 0; i++) {
        const volatile struct death *other = &page->last[i];

        if (other->by_signal > 0 && other->order == death->order && other->agent != death->agent &&
            !marker_is_listed(finding, other->agent))
            finding->alike[finding->alike_count++] = other->agent;
    }
}

/* Count the last daemon's death against the event that ran then. */
static void marker_blame(volatile struct marker_page *page, bool by_signal,
                         struct marker_finding *finding)
{
    volatile struct death *death = marker_find_death(page);

    death->order = page->order;
    death->crashes++;
    if (by_signal)
        death->by_signal++;
    death->at = ++page->deaths;
    finding->died = true;
    finding->quarantine =
        death->by_signal >= CRASHES_BY_SIGNAL_MAX || death->crashes >= CRASHES_MAX;
    finding->agent = death->agent;
    finding->message = death->message;
    finding->order = (int)death->order - 1;
    finding->crashes = death->crashes;
    finding->by_signal = death->by_signal;
    marker_list_alike(page, death, finding);
}

/* What the last daemon left in the page; it is cleared for this one. */
static void marker_judge(volatile struct marker_page *page, struct marker_finding *finding)
{
    bool by_signal;

    /* Each field is cleared when it was read: one death counts once. */
    *finding = (struct marker_finding){.order = MARKER_NO_ORDER};
    /* A new file, or the page of another build: it says nothing. */
    if (page->magic != MARKER_MAGIC) {
        memset((void *)page, 0, sizeof *page);
        page->magic = MARKER_MAGIC;
        return;
    }
    by_signal = page->died_by_signal != 0;
    page->died_by_signal = 0;
    finding->store_failed = page->store_failed != 0;
    if (page->running != 0 && page->excused == 0)
        marker_blame(page, by_signal, finding);
    page->running = 0;
    page->excused = 0;
}

static enum status marker_map_page(struct marker *marker, const char *path, struct fault *fault)
{
    struct stat found;
    void *memory;
    int error;

    marker->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (marker->fd < 0 || fstat(marker->fd, &found) != 0)
        return fault_set(fault, ST_IO, "open %s: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode) || found.st_nlink != 1) /* some other file, by another name */
        return fault_set(fault, ST_INVALID, "%s is no marker page; move it away", path);
    /* Reserve the block now: a full disk must not become a SIGBUS in the middle of a turn. */
    error = posix_fallocate(marker->fd, 0, PAGE_BYTES);
    if (error != 0)
        return fault_set(fault, ST_IO, "reserve %s: %s", path, strerror(error));
    memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, marker->fd, 0);
    if (memory == MAP_FAILED)
        return fault_set(fault, ST_IO, "map %s: %s", path, strerror(errno));
    marker->page = memory;
    return ST_OK;
}

enum status marker_open(struct marker **marker, const char *path, struct marker_finding *finding,
                        struct fault *fault)
{
    struct marker *opened = calloc(1, sizeof *opened);
    enum status status;

    *marker = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "open %s: out of memory", path);
    opened->fd = -1;
    status = marker_map_page(opened, path, fault);
    if (status != ST_OK) {
        marker_close(opened);
        return status;
    }
    marker_judge(opened->page, finding);
    *marker = opened;
    return ST_OK;
}

void marker_close(struct marker *marker)
{
    if (marker == NULL)
        return;
    if (marker->page != NULL)
        (void)!munmap((void *)marker->page, PAGE_BYTES); /* the kernel keeps the page itself */
    if (marker->fd >= 0)
        (void)!close(marker->fd);
    free(marker);
}

void marker_set(struct marker *marker, uint64_t agent, uint64_t message)
{
    volatile struct marker_page *page = marker->page;

    /* `running` brackets the names, so a death between two stores blames nobody wrongly. */
    page->running = 0;
    page->agent = agent;
    page->message = message;
    page->order = 0;
    page->running = agent != 0;
}

volatile uint64_t *marker_order(struct marker *marker)
{
    return &marker->page->order;
}

void marker_blame_signal(struct marker *marker)
{
    marker->page->died_by_signal = 1;
}

void marker_store_failed(struct marker *marker)
{
    marker->page->store_failed = 1;
}

void marker_commit_failed(struct marker *marker)
{
    marker->page->excused = 1;
    marker_store_failed(marker);
}

void marker_store_verified(struct marker *marker)
{
    marker->page->store_failed = 0;
}
