#include "site/daemon/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { MESSAGE_BYTES_MAX = 1024, SEND_S = 1 };

/* The time within which a beat is wanted, if it is this process that is watched. */
static uint64_t notify_watchdog_us(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    const char *text = getenv("WATCHDOG_USEC");

    if (text == NULL || (pid != NULL && strtoull(pid, NULL, 10) != (unsigned long long)getpid()))
        return 0;
    return strtoull(text, NULL, 10); /* what is no number is 0: no beat is wanted */
}

/* A path, or with '@' in the place of the NUL an abstract name of Linux. */
static bool notify_connect(int fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || size >= sizeof address.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy(address.sun_path, name, size);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    return connect(fd, (const struct sockaddr *)&address,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) == 0;
}

void notify_open(struct notify *notify)
{
    const struct timeval wait = {.tv_sec = SEND_S};
    const char *name = getenv("NOTIFY_SOCKET");

    *notify = (struct notify){.fd = -1};
    if (name == NULL || name[0] == '\0')
        return;
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd >= 0 &&
        setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        notify_connect(notify->fd, name)) {
        notify->watchdog_us = notify_watchdog_us();
        return;
    }
    log_write(LOG_WARN, "site.no-manager",
              "socket=\"%s\" reason=\"%s\" effect=\"the service manager is told nothing\"", name,
              strerror(errno));
    notify_close(notify);
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        (void)!close(notify->fd); /* datagrams that were sent have arrived */
    *notify = (struct notify){.fd = -1};
}

bool notify_is_open(const struct notify *notify)
{
    return notify->fd >= 0;
}

void notify_send(const struct notify *notify, const char *fields, const char *status, ...)
{
    char message[MESSAGE_BYTES_MAX];
    size_t begin;
    va_list args;

    if (notify->fd < 0)
        return;
    begin = (size_t)snprintf(message, sizeof message, "%s%sSTATUS=", fields,
                             fields[0] == '\0' ? "" : "\n");
    INVARIANT(begin < sizeof message); /* fields are our own, and few */
    va_start(args, status);
    /* A longer one is cut. */
    (void)vsnprintf(message + begin, sizeof message - begin, status, args);
    va_end(args);
    for (char *byte = message + begin; *byte != '\0'; byte++)
        if ((unsigned char)*byte < ' ')
            *byte = '?';
    /* A manager that is gone, or too slow, is no reason not to serve. */
    (void)!send(notify->fd, message, strlen(message),
                MSG_NOSIGNAL | (strncmp(fields, "WATCHDOG", 8) == 0 ? MSG_DONTWAIT : 0));
}
