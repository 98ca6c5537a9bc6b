#include "site/cli/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
    int fd;
};

static enum status connect_to(struct client *client, const char *path, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = CLIENT_TIMEOUT_S};

    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, ST_MISSING, "socket %s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client->fd < 0 ||
        setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
        setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0)
        return fault_set(fault, ST_IO, "socket: %s", strerror(errno));
    if (connect(client->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return ST_OK;
    if (errno == EACCES || errno == EPERM)
        return fault_set(fault, ST_DENIED, "%s belongs to another user", path);
    return fault_set(fault, ST_MISSING, "no site answers at %s (%s)", path, strerror(errno));
}

enum status client_open(struct client **client, const char *path, struct fault *fault)
{
    struct client *opened = calloc(1, sizeof *opened);
    enum status status;

    *client = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "connect: memory is short");
    opened->fd = -1;
    status = connect_to(opened, path, fault);
    if (status != ST_OK) {
        client_close(opened);
        return status;
    }
    *client = opened;
    return ST_OK;
}

void client_close(struct client *client)
{
    if (client == NULL)
        return;
    if (client->fd >= 0)
        (void)!close(client->fd); /* all that mattered was received */
    free(client);
}

static bool send_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

static bool receive_all(int fd, uint8_t *to, size_t size)
{
    while (size > 0) {
        ssize_t got = recv(fd, to, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        size -= (size_t)got;
    }
    return true;
}

enum status client_ask(struct client *client, const struct bytes *request, struct bytes *answer,
                       struct fault *fault)
{
    uint8_t prefix[4];
    uint8_t *room;
    uint32_t size;

    if (request->failed || request->size > CONTROL_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "the request has %zu bytes, the most is %d",
                         request->size, CONTROL_BYTES_MAX);
    be32_put(prefix, (uint32_t)request->size);
    /*
     * The daemon may refuse a request before it has read all of it, and then sending fails though
     * an answer is waiting: so that is looked for in any case.
     */
    if (send_all(client->fd, prefix, sizeof prefix))
        (void)!send_all(client->fd, request->data, request->size);
    if (!receive_all(client->fd, prefix, sizeof prefix))
        return fault_set(fault, ST_UNKNOWN, "the connection was lost before the answer came");
    size = be32_get(prefix);
    if (size > CONTROL_BYTES_MAX)
        return fault_set(fault, ST_UNKNOWN, "the answer is too long to be one");
    room = bytes_extend(answer, size);
    if (room == NULL)
        return fault_set(fault, ST_UNKNOWN, "no memory for the answer");
    if (!receive_all(client->fd, room, size))
        return fault_set(fault, ST_UNKNOWN, "the connection was lost in the middle of the answer");
    return ST_OK;
}
