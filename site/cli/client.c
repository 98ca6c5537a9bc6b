/*
 * One exchange over the control socket: the framing of docs/control.md, "Messages", with a time-out
 * and with signals caught, so that a request whose answer did not come ends as "not known" and not
 * as a dead process.
 */
#include "site/cli/client.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client_connection {
    int fd;
};

/* On failure client->fd may be open; client_close() closes it. */
static enum status client_connect(struct client_connection *client, const char *path,
                                  struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, ST_MISSING, "socket %s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client->fd < 0)
        return fault_set(fault, ST_IO, "socket: %s", strerror(errno));
    if (client->fd >= FD_SETSIZE) /* client_wait() puts it into an fd_set */
        return fault_set(fault, ST_IO, "socket: more than %d files are open", FD_SETSIZE - 1);
    if (connect(client->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return ST_OK;
    /* The common case for a customer: the operator decides who may connect. */
    if (errno == EACCES || errno == EPERM)
        return fault_set(
            fault, ST_DENIED,
            "this user may not connect to %s: its operator lets others in by control.mode "
            "and control.group in site.toml",
            path);
    return fault_set(fault, ST_MISSING, "no site answers at %s (%s)", path, strerror(errno));
}

enum status client_open(struct client_connection **client, const char *path, struct fault *fault)
{
    struct client_connection *opened = calloc(1, sizeof *opened);
    enum status status;

    *client = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "connect: out of memory");
    opened->fd = -1;
    status = client_connect(opened, path, fault);
    if (status != ST_OK) {
        client_close(opened);
        return status;
    }
    *client = opened;
    return ST_OK;
}

void client_close(struct client_connection *client)
{
    if (client == NULL)
        return;
    if (client->fd >= 0)
        (void)!close(client->fd); /* all that mattered was received */
    free(client);
}

/* ---- signals ---- */

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT_SIGNALS = sizeof caught_signals / sizeof caught_signals[0] };

static volatile sig_atomic_t interrupted; /* set by the handler, read by client_wait() */
static struct sigaction actions_before[CAUGHT_SIGNALS];
static sigset_t mask_before; /* while a request waits; what is blocked cannot slip in before */
static bool catching;

static void client_note_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void client_catch_signals(void)
{
    const struct sigaction action = {.sa_handler = client_note_signal};
    sigset_t blocked;

    interrupted = 0;
    (void)!sigemptyset(&blocked); /* these fail only for numbers that are no signal */
    for (size_t i = 0; i < CAUGHT_SIGNALS; i++) {
        (void)!sigaction(caught_signals[i], NULL, &actions_before[i]);
        /* Somebody asked for it to be ignored, such as nohup. */
        if (actions_before[i].sa_handler == SIG_IGN)
            continue;
        (void)!sigaddset(&blocked, caught_signals[i]);
        (void)!sigaction(caught_signals[i], &action, NULL);
    }
    /* Blocked but while pselect() waits: a signal that comes just before it is not lost. */
    (void)!pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
    catching = true;
}

void client_release_signals(void)
{
    if (!catching)
        return;
    (void)!pthread_sigmask(SIG_SETMASK, &mask_before, NULL); /* one that came late is only noted */
    for (size_t i = 0; i < CAUGHT_SIGNALS; i++)
        (void)!sigaction(caught_signals[i], &actions_before[i], NULL);
    catching = false;
}

bool client_was_interrupted(void)
{
    return interrupted != 0;
}

bool client_wait_input(int fd, uint64_t wait_us)
{
    const struct timespec most = {.tv_sec = (time_t)(wait_us / 1000000),
                                  .tv_nsec = (long)(wait_us % 1000000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(fd, &set);
    return pselect(fd + 1, &set, NULL, NULL, &most, catching ? &mask_before : NULL) > 0;
}

/* ---- sending and receiving ---- */

static unsigned timeout_s = CLIENT_TIMEOUT_S;

void client_set_timeout(unsigned seconds)
{
    timeout_s = seconds;
}

/* Wait until the socket can be read or written.  NULL when it can; else why not, for people. */
static const char *client_wait(int fd, bool to_read)
{
    const struct timespec most = {.tv_sec = (time_t)timeout_s};
    fd_set set;
    int ready;

    do {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        ready = pselect(fd + 1, to_read ? &set : NULL, to_read ? NULL : &set, NULL, &most,
                        catching ? &mask_before : NULL);
        /* A signal that is not ours to catch, such as SIGWINCH, goes on waiting. */
    } while (ready < 0 && errno == EINTR && interrupted == 0);
    if (ready > 0)
        return NULL;
    return ready == 0 ? "no answer came in time" : "it was interrupted before the answer came";
}

/* NULL when all is sent; else why not. */
static const char *client_send_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const char *wrong = client_wait(fd, false);
        ssize_t put = wrong != NULL ? 0 : send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (wrong != NULL)
            return wrong;
        if (put < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (put <= 0)
            return "the connection was lost";
        data += put;
        size -= (size_t)put;
    }
    return NULL;
}

/* NULL when exactly `size` bytes came; else why not. */
static const char *client_receive_all(int fd, uint8_t *to, size_t size)
{
    while (size > 0) {
        const char *wrong = client_wait(fd, true);
        ssize_t got = wrong != NULL ? 0 : recv(fd, to, size, MSG_DONTWAIT);

        if (wrong != NULL)
            return wrong;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return "the connection was lost before the answer came";
        to += got;
        size -= (size_t)got;
    }
    return NULL;
}

enum status client_ask(struct client_connection *client, const struct bytes *request,
                       struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES], struct fault *fault)
{
    uint8_t prefix[4];
    uint8_t head[CONTROL_HEAD_BYTES];
    const char *wrong;
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
    if (client_send_all(client->fd, prefix, sizeof prefix) == NULL)
        (void)client_send_all(client->fd, request->data, request->size);
    wrong = client_receive_all(client->fd, prefix, sizeof prefix);
    if (wrong != NULL)
        return fault_set(fault, ST_UNKNOWN, "%s", wrong);
    size = be32_get(prefix);
    /* Bounds before memory is taken: whatever listens at the socket may answer anything. */
    if (size < sizeof head || size - sizeof head > CONTROL_BYTES_MAX)
        return fault_set(fault, ST_UNKNOWN, "the answer is too short or too long to be one");
    wrong = client_receive_all(client->fd, head, sizeof head);
    if (wrong != NULL)
        return fault_set(fault, ST_UNKNOWN, "%s", wrong);
    if (control_head_decode(site, head, fault) != ST_OK)
        return fault->status = ST_UNKNOWN;
    size -= (uint32_t)sizeof head;
    room = bytes_extend(answer, size);
    if (room == NULL)
        return fault_set(fault, ST_UNKNOWN, "no memory for the answer");
    wrong = client_receive_all(client->fd, room, size);
    return wrong == NULL ? ST_OK : fault_set(fault, ST_UNKNOWN, "%s", wrong);
}
