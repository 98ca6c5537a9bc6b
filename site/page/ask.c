#include "site/page/ask.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "site/page/limits.h"

/* One exchange that goes on. */
struct asking {
    const struct ask *ask;
    int fd;
    uint64_t until_us;
};

static enum status ask_fault(struct fault *fault, const char *what)
{
    return fault_set(fault, ST_BUSY, "the site does not answer: %s", what);
}

/* Wait until the socket can be read or written, in steps, so that an end is seen. */
static enum status ask_wait(const struct asking *asking, short events, struct fault *fault)
{
    struct pollfd item = {.fd = asking->fd, .events = events};

    for (;;) {
        const struct clock_source *clock = &asking->ask->clock;

        if (atomic_load(asking->ask->stopping))
            return ask_fault(fault, "it stops");
        if (clock->now_us(clock->context) > asking->until_us)
            return ask_fault(fault, "not in time");
        item.revents = 0;
        if (poll(&item, 1, ASK_STEP_MS) > 0)
            return ST_OK;
    }
}

static enum status ask_send(const struct asking *asking, const uint8_t *data, size_t size,
                            struct fault *fault)
{
    while (size > 0) {
        enum status status = ask_wait(asking, POLLOUT, fault);
        ssize_t put = status == ST_OK ? send(asking->fd, data, size, MSG_NOSIGNAL) : 0;

        if (status != ST_OK)
            return status;
        if (put < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (put <= 0)
            return ask_fault(fault, "the connection was lost");
        data += put;
        size -= (size_t)put;
    }
    return ST_OK;
}

static enum status ask_receive(const struct asking *asking, uint8_t *to, size_t size,
                               struct fault *fault)
{
    while (size > 0) {
        enum status status = ask_wait(asking, POLLIN, fault);
        ssize_t got = status == ST_OK ? recv(asking->fd, to, size, 0) : 0;

        if (status != ST_OK)
            return status;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return ask_fault(fault, "the connection was lost");
        to += got;
        size -= (size_t)got;
    }
    return ST_OK;
}

/* Never waits: a socket of the machine whose queue is full refuses. */
static enum status ask_connect(struct asking *asking, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(asking->ask->socket);

    if (size >= sizeof address.sun_path)
        return ask_fault(fault, "the path of its socket is too long");
    memcpy(address.sun_path, asking->ask->socket, size + 1);
    asking->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (asking->fd < 0)
        return ask_fault(fault, "the system has no descriptors");
    if (connect(asking->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return ask_fault(fault, "nobody listens at its control socket");
    return ST_OK;
}

/* The length, the key of who answers, which is ourselves, and then the answer. */
static enum status ask_answer(const struct asking *asking, struct bytes *answer,
                              struct fault *fault)
{
    uint8_t head[4 + CONTROL_HEAD_BYTES];
    enum status status = ask_receive(asking, head, sizeof head, fault);
    uint32_t size = be32_get(head);
    uint8_t *room;

    if (status != ST_OK)
        return status;
    if (size < CONTROL_HEAD_BYTES || size - CONTROL_HEAD_BYTES > CONTROL_BYTES_MAX)
        return ask_fault(fault, "its answer has an impossible length");
    size -= (uint32_t)CONTROL_HEAD_BYTES;
    room = bytes_extend(answer, size);
    if (room == NULL)
        return fault_set(fault, ST_NOMEM, "no memory for an answer of the site");
    return ask_receive(asking, room, size, fault);
}

enum status page_ask(const struct ask *ask, const char *command, const struct bytes *args,
                     struct bytes *answer, struct control_reply *reply, struct fault *fault)
{
    struct asking asking = {
        .ask = ask, .fd = -1, .until_us = ask->clock.now_us(ask->clock.context) + ASK_US};
    struct bytes request = {0};
    uint8_t prefix[4];
    enum status status;

    control_read(&request, command, args);
    if (request.failed || args->failed) {
        bytes_fini(&request);
        return fault_set(fault, ST_NOMEM, "no memory for a request");
    }
    be32_put(prefix, (uint32_t)request.size);
    status = ask_connect(&asking, fault);
    if (status == ST_OK)
        status = ask_send(&asking, prefix, sizeof prefix, fault);
    if (status == ST_OK)
        status = ask_send(&asking, request.data, request.size, fault);
    if (status == ST_OK)
        status = ask_answer(&asking, answer, fault);
    if (status == ST_OK)
        status = control_reply_decode(reply, answer->data, answer->size, fault);
    if (asking.fd >= 0)
        (void)!close(asking.fd); /* all that mattered was received */
    bytes_fini(&request);
    return status;
}
