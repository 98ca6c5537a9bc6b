#include "site/daemon/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "site/daemon/limits.h"

static_assert(FILES_OWN + CONNECTIONS_MIN + FILES_CALL < FILES_MIN, "some are left for a link");

static size_t files_bounded(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Clients get a quarter and callers an eighth, so that most are left for links' connections. */
enum status files_share(struct files *files, size_t allowed, bool listens, struct fault *fault)
{
    *files = (struct files){.allowed = allowed, .wanted = listens ? FILES_MAX : FILES_QUIET};
    if (allowed < FILES_MIN)
        return fault_set(fault, ST_INVALID,
                         "too few file descriptors: %zu are allowed and not open yet, the least is "
                         "%d, and %zu are wanted; raise the hard limit (ulimit -Hn, LimitNOFILE=)",
                         allowed, FILES_MIN, files->wanted);
    files->connections = files_bounded((allowed - FILES_OWN) / 4, CONNECTIONS_MIN, CONNECTIONS_MAX);
    files->callers = files_bounded(allowed / 8 / FILES_CALL, CALLERS_MIN, CALLERS_MAX);
    return ST_OK;
}

/* By trying, as other threads of the process open and close some, too. */
bool files_left(int fd, size_t count)
{
    int copies[FILES_CALL + FILES_SPARE];
    size_t made = 0;

    INVARIANT(count <= sizeof copies / sizeof copies[0]);
    while (made < count && (copies[made] = fcntl(fd, F_DUPFD_CLOEXEC, 0)) >= 0)
        made++;
    for (size_t i = 0; i < made; i++)
        (void)!close(copies[i]); /* a copy: nothing is lost */
    return made == count;
}

/* Descriptors that whoever started us left open are not ours to use, nor to close. */
static size_t files_inherited(size_t allowed)
{
    size_t count = 0;

    for (int fd = 3; fd < (int)allowed; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

enum status files_ask(struct files *files, bool listens, size_t others, struct fault *fault)
{
    struct rlimit limit;
    size_t allowed;
    enum status status;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return fault_set(fault, ST_IO, "getrlimit: %s", strerror(errno));
    /* Upwards only: a limit above what we want is left as it is. */
    if (limit.rlim_cur < FILES_MAX) {
        limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return fault_set(fault, ST_IO, "setrlimit: %s", strerror(errno));
    }
    allowed = limit.rlim_cur < FILES_MAX ? (size_t)limit.rlim_cur : FILES_MAX;
    /* Above FILES_MAX there is room enough for what was left open. */
    if (limit.rlim_cur < 2 * FILES_MAX)
        allowed -= files_inherited(allowed);
    allowed -= others < allowed ? others : allowed;
    status = files_share(files, allowed, listens, fault);
    if (status == ST_OK && limit.rlim_cur < files->wanted)
        log_write(LOG_WARN, "limits.descriptors",
                  "allowed=%zu wanted=%zu connections=%zu of=%d effect=\"%s\" next=\"raise the "
                  "hard limit: ulimit -Hn, LimitNOFILE=\"",
                  files->allowed, files->wanted, files->connections, CONNECTIONS_MAX,
                  listens ? "unknown peers at link.listen make the known wait sooner"
                          : "fewer clients are served at once");
    return status;
}
