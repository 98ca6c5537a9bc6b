/*
 * Many sites at once, each in a process of its own: one whose daemon stands, or whose disk hangs,
 * is given up and holds nobody up.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "site/cli/host.h"

enum {
    AT_ONCE = 16,
    GIVEN_MS = 1000, /* to each */
};

struct host_asking {
    struct host_site *site;
    pid_t pid;
    int fd; /* -1: it is done */
};

static uint64_t host_now_ms(void)
{
    struct clock_source clock = clock_system();

    return clock.now_us(clock.context) / 1000;
}

static void host_child(struct host_site *site, int to)
{
    struct host_site found = *site;

    host_look(&found);
    /* One write, which a pipe takes whole. */
    _exit(write(to, &found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
}

static void host_fail(struct host_site *site, const char *state, const char *why)
{
    (void)snprintf(site->state, sizeof site->state, "%s", state);
    (void)snprintf(site->why, sizeof site->why, "%s", why);
}

static void host_begin(struct host_asking *asking, struct host_site *site)
{
    int ends[2];

    *asking = (struct host_asking){.site = site, .pid = -1, .fd = -1};
    if (pipe(ends) != 0) {
        host_fail(site, "silent", strerror(errno));
        return;
    }
    asking->pid = fork();
    if (asking->pid == 0) {
        (void)!close(ends[0]);
        host_child(site, ends[1]);
    }
    (void)!close(ends[1]);
    if (asking->pid < 0) {
        host_fail(site, "silent", strerror(errno));
        (void)!close(ends[0]);
        return;
    }
    asking->fd = ends[0];
}

/* What it said, or that it said nothing; the process is gone after this, or hangs in the kernel and
 * is left to it. */
static void host_end(struct host_asking *asking, bool in_time)
{
    struct host_site found;
    int status;

    if (!in_time) {
        host_fail(asking->site, "silent", "no answer within a second");
        (void)!kill(asking->pid, SIGKILL); /* it is ours, and not waited for yet */
        (void)!waitpid(asking->pid, &status, WNOHANG);
    } else if (read(asking->fd, &found, sizeof found) == (ssize_t)sizeof found) {
        *asking->site = found;
        (void)!waitpid(asking->pid, &status, 0); /* it has nothing left to do */
    } else {
        host_fail(asking->site, "broken", "the look at it has failed");
        (void)!waitpid(asking->pid, &status, 0);
    }
    (void)!close(asking->fd);
    asking->fd = -1;
}

static size_t host_left(const struct host_asking *asking, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++)
        left += asking[i].fd >= 0;
    return left;
}

/* Take what has come, until all have, or their time is over. */
static void host_wait(struct host_asking *asking, size_t count)
{
    uint64_t until_ms = host_now_ms() + GIVEN_MS;

    while (host_left(asking, count) > 0) {
        struct pollfd polled[AT_ONCE];
        uint64_t now_ms = host_now_ms();

        if (now_ms >= until_ms)
            break;
        for (size_t i = 0; i < count; i++) /* those that are done have -1, and poll() passes on */
            polled[i] = (struct pollfd){.fd = asking[i].fd, .events = POLLIN};
        if (poll(polled, (nfds_t)count, (int)(until_ms - now_ms)) <= 0)
            continue;
        for (size_t i = 0; i < count; i++)
            if (asking[i].fd >= 0 && polled[i].revents != 0)
                host_end(&asking[i], true);
    }
    for (size_t i = 0; i < count; i++)
        if (asking[i].fd >= 0)
            host_end(&asking[i], false);
}

void host_look_at_all(struct host_site *sites, size_t count)
{
    for (size_t from = 0; from < count; from += AT_ONCE) {
        struct host_asking asking[AT_ONCE] = {0};
        size_t some = count - from < AT_ONCE ? count - from : AT_ONCE;

        for (size_t i = 0; i < some; i++)
            host_begin(&asking[i], &sites[from + i]);
        host_wait(asking, some);
    }
}
