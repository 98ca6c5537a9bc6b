#include "site/daemon/poller.h"

#include <poll.h>

zmq_pollitem_t poller_socket(void *socket, bool reads, bool *touched)
{
    zmq_pollitem_t item = {.socket = socket, .events = reads ? ZMQ_POLLIN : 0};

    /* While it is not read it stays touched: what it has then is looked for later. */
    if (!reads)
        return item;
    item.revents = *touched ? ZMQ_POLLIN : 0;
    *touched = false;
    return item;
}

/* What is to be read now; if there is nothing, the descriptor tells of what comes from now on. */
static short poller_ask(void *socket)
{
    int events = 0;
    size_t size = sizeof events;

    /* It fails for what is no socket, or when the context has ended: nothing is read then. */
    if (zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) != 0)
        return 0;
    return (short)(events & ZMQ_POLLIN);
}

static int poller_descriptor(void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

/* The item for poll(): -1 where nothing is wanted, or is known to be there. */
static struct pollfd poller_begin(zmq_pollitem_t *item)
{
    struct pollfd fd = {.fd = item->fd};

    if (item->socket == NULL) {
        item->revents = 0;
        fd.events = (short)((item->events & ZMQ_POLLIN ? POLLIN : 0) |
                            (item->events & ZMQ_POLLOUT ? POLLOUT : 0));
        return fd;
    }
    if (item->revents != 0)
        item->revents = poller_ask(item->socket);
    fd.fd = item->events == 0 || item->revents != 0 ? -1 : poller_descriptor(item->socket);
    fd.events = POLLIN;
    return fd;
}

static void poller_end(zmq_pollitem_t *item, const struct pollfd *fd)
{
    if (fd->revents == 0)
        return;
    if (item->socket != NULL)
        item->revents = poller_ask(item->socket);
    else
        item->revents = (short)((fd->revents & POLLIN ? ZMQ_POLLIN : 0) |
                                (fd->revents & POLLOUT ? ZMQ_POLLOUT : 0) |
                                (fd->revents & ~(POLLIN | POLLOUT) ? ZMQ_POLLERR : 0));
}

void poller_poll(zmq_pollitem_t *items, size_t count, int timeout_ms)
{
    struct pollfd fds[POLLER_ITEMS_MAX];
    int found;

    INVARIANT(count <= POLLER_ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        fds[i] = poller_begin(&items[i]);
        if (items[i].revents != 0)
            timeout_ms = 0;
    }
    found = poll(fds, (nfds_t)count, timeout_ms);
    for (size_t i = 0; found > 0 && i < count; i++)
        poller_end(&items[i], &fds[i]);
}
