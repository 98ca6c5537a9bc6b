#include "site/daemon/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * SIGXFSZ: a file at its limit is a failed commit, and is logged as one.  SIGTTOU would stop the
 * daemon when it logs to a terminal that it is in the background of (`stty tostop`).
 */
static const int ignored[] = {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGTTIN, SIGTTOU};

/*
 * The signals that the descriptor takes.  Blocked ones are kept for it even where a parent such as
 * nohup(1) ignored them.
 */
static void signals_wanted(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void signals_hold(void)
{
    sigset_t set;

    signals_wanted(&set);
    (void)!pthread_sigmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)!signal(ignored[i], SIG_IGN); /* the same */
}

enum status signals_open(struct signals *signals, struct fault *fault)
{
    sigset_t set;

    signals_wanted(&set);
    *signals = (struct signals){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (signals->fd < 0)
        return fault_set(fault, ST_IO, "signalfd: %s", strerror(errno));
    return ST_OK;
}

void signals_close(struct signals *signals)
{
    if (signals->fd >= 0)
        (void)!close(signals->fd); /* nothing was written */
    signals->fd = -1;
}

void signals_take(struct signals *signals)
{
    struct signalfd_siginfo info;

    while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            signals->hang_up = true;
        else if (signals->stop == 0)
            signals->stop = (int)info.ssi_signo;
    }
}
