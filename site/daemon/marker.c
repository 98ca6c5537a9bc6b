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
#define MARKER_MAGIC UINT64_C(0x316b72616d726573) /* "sermark1" in memory */

/* The page.  Read back only by the same build of the machine: no byte order to fix. */
struct page {
    uint64_t magic;
    uint64_t running;
    uint64_t agent; /* of the turn that runs */
    uint64_t message;
    uint64_t died_by_signal;
    uint64_t blamed_agent; /* of the last turn that a daemon died in */
    uint64_t blamed_message;
    uint64_t crashes;
    uint64_t by_signal;
    uint64_t store_failed; /* a commit or a page failed, and the books were not verified since */
    uint64_t excused;      /* the daemon ends for a reason that no turn gave */
};
static_assert(sizeof(struct page) <= PAGE_BYTES, "one page");

struct marker {
    int fd;
    /* volatile: each store must reach the page, in order, before the turn that follows it. */
    volatile struct page *page;
};

static void judge(volatile struct page *page, struct marker_verdict *verdict)
{
    bool by_signal;

    *verdict = (struct marker_verdict){0};
    if (page->magic != MARKER_MAGIC) {
        memset((void *)page, 0, sizeof *page);
        page->magic = MARKER_MAGIC;
        return;
    }
    by_signal = page->died_by_signal != 0;
    page->died_by_signal = 0;
    verdict->store_failed = page->store_failed != 0;
    if (page->excused != 0)
        page->running = 0;
    page->excused = 0;
    if (page->running == 0)
        return;
    if (page->blamed_agent != page->agent || page->blamed_message != page->message) {
        page->blamed_agent = page->agent;
        page->blamed_message = page->message;
        page->crashes = 0;
        page->by_signal = 0;
    }
    page->crashes++;
    if (by_signal)
        page->by_signal++;
    page->running = 0;
    *verdict = (struct marker_verdict){
        .died = true,
        .quarantine = page->by_signal >= CRASHES_BY_SIGNAL_MAX || page->crashes >= CRASHES_MAX,
        .agent = page->agent,
        .message = page->message,
        .crashes = page->crashes,
        .by_signal = page->by_signal,
        .store_failed = page->store_failed != 0,
    };
}

static enum status map_page(struct marker *marker, const char *path, struct fault *fault)
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

enum status marker_open(struct marker **marker, const char *path, struct marker_verdict *verdict,
                        struct fault *fault)
{
    struct marker *opened = calloc(1, sizeof *opened);
    enum status status;

    *marker = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "open %s: memory is short", path);
    opened->fd = -1;
    status = map_page(opened, path, fault);
    if (status != ST_OK) {
        marker_close(opened);
        return status;
    }
    judge(opened->page, verdict);
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
    volatile struct page *page = marker->page;

    /* `running` brackets the names, so a death between two stores blames nobody wrongly. */
    page->running = 0;
    page->agent = agent;
    page->message = message;
    page->running = agent != 0;
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
