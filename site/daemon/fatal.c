#include "site/daemon/fatal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "site/control/exit_code.h"
#include "site/daemon/marker.h"

static struct marker *volatile blamed;

/* Everything in the two handlers is async-signal-safe: it may run in the middle of malloc(). */
static void fatal_by_fault(int number)
{
    if (blamed != NULL)
        marker_blame_signal(blamed);
    log_last_words(
        "serai: fatal signal; the books are as of the last frame; start the site again\n");
    /* SA_RESETHAND put the default action back, so this ends the process and dumps its core. */
    (void)!raise(number);
}

/* The disk's fault: for the turn that ran it is a death like a kill, not one by signal. */
static void fatal_by_store(int number)
{
    (void)number;
    if (blamed != NULL)
        marker_store_failed(blamed);
    log_last_words(
        "serai: SIGBUS: a page of a mapped file could not be read or written: the disk failed, is "
        "full, or the store was cut short while the site ran; check the disk, then run "
        "`serai audit verify`\n");
    _exit(EXIT_IO);
}

enum status fatal_install(struct marker *marker, struct fault *fault)
{
    static const int faults[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL};
    struct sigaction action = {.sa_handler = fatal_by_fault, .sa_flags = (int)SA_RESETHAND};
    struct sigaction by_store = {.sa_handler = fatal_by_store};

    blamed = marker;
    sigemptyset(&action.sa_mask);
    sigemptyset(&by_store.sa_mask);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (sigaction(faults[i], &action, NULL) != 0)
            return fault_set(fault, ST_IO, "sigaction %d: %s", faults[i], strerror(errno));
    if (sigaction(SIGBUS, &by_store, NULL) != 0)
        return fault_set(fault, ST_IO, "sigaction %d: %s", SIGBUS, strerror(errno));
    return ST_OK;
}

void fatal_release(void)
{
    blamed = NULL;
}
