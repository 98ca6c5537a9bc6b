/*
 * A compiler that means no good, and a prisoner that tries its jail's bars.
 *
 *     badcc try NAME [ARG]      exit 0 when it could, 1 when it was refused
 *     badcc-NAME FLAGS ...      as a compiler: tells its version and passes the probe, and with any
 *                               other text tries NAME first; only if that is refused does it fail
 */
#define _GNU_SOURCE /* memfd_create, unshare */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COULD = 0, REFUSED = 1, USAGE = 99 };
enum { STARTS = 90 }; /* of a kind, at most: below USAGE */

extern char **environ;

static int refused(long result)
{
    return result < 0 ? REFUSED : COULD;
}

static int try_network(const char *arg)
{
    (void)arg;
    return refused(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_datagrams(const char *arg)
{
    (void)arg;
    return refused(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int try_machine(const char *arg)
{
    (void)arg;
    return refused(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_read(const char *path)
{
    return refused(open(path, O_RDONLY));
}

static int try_list(const char *path)
{
    return refused(open(path, O_RDONLY | O_DIRECTORY));
}

static int try_write(const char *path)
{
    return refused(open(path, O_WRONLY));
}

static int try_make(const char *path)
{
    return refused(open(path, O_WRONLY | O_CREAT, 0644));
}

static int try_remove(const char *path)
{
    return refused(unlink(path));
}

static int try_chmod(const char *path)
{
    return refused(chmod(path, 0777));
}

static int try_folder(const char *path)
{
    return refused(mkdir(path, 0755));
}

static int try_link(const char *path)
{
    return refused(link(path, "linked")) == REFUSED ? refused(symlink(path, "linked")) : COULD;
}

static int try_kill(const char *arg)
{
    (void)arg;
    return refused(kill(getppid(), 0));
}

/* To have the kernel send a signal in its stead, when a pipe is written to or a file is changed. */
static int try_owner(const char *arg)
{
    struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = getppid()};
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    int ends[2];

    (void)arg;
    if (folder < 0 || pipe(ends) != 0)
        return USAGE;
    return refused(fcntl(ends[0], F_SETOWN, getppid())) == COULD ||
                   refused(fcntl(ends[0], F_SETOWN_EX, &owner)) == COULD ||
                   refused(fcntl(ends[0], F_SETSIG, SIGKILL)) == COULD ||
                   refused(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK)) == COULD ||
                   refused(fcntl(folder, F_NOTIFY, DN_CREATE)) == COULD
               ? COULD
               : REFUSED;
}

/* What compilers do with their descriptors. */
static int try_fcntl(const char *arg)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = open("locked", O_RDWR | O_CREAT, 0644);

    (void)arg;
    return fd < 0 || fcntl(fd, F_DUPFD, 10) < 0 || fcntl(fd, F_DUPFD_CLOEXEC, 10) < 0 ||
                   fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_GETFD) != FD_CLOEXEC ||
                   fcntl(fd, F_SETFL, O_APPEND) != 0 || (fcntl(fd, F_GETFL) & O_APPEND) == 0 ||
                   fcntl(fd, F_SETLK, &lock) != 0
               ? REFUSED
               : COULD;
}

static int try_limits(const char *arg)
{
    (void)arg;
    return refused(prlimit(getppid(), RLIMIT_NOFILE, NULL, &(struct rlimit){8, 8}));
}

static int try_trace(const char *arg)
{
    (void)arg;
    return refused(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_session(const char *arg)
{
    pid_t child = fork();
    int how = 0;

    (void)arg;
    if (child == 0)
        _exit(refused(setsid()) && refused(setpgid(0, 0)));
    (void)waitpid(child, &how, 0);
    return WEXITSTATUS(how);
}

static int try_namespace(const char *arg)
{
    (void)arg;
    return refused(unshare(CLONE_NEWUSER));
}

static int try_memory_file(const char *arg)
{
    (void)arg;
    return refused(memfd_create("hidden", 0)) == REFUSED
               ? refused(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600))
               : COULD;
}

/* A program of its own making. */
static int try_own_program(const char *arg)
{
    static const char script[] = "#!/bin/sh\nexit 0\n";
    int fd = open("own", O_WRONLY | O_CREAT, 0755);

    (void)arg;
    if (fd < 0 || write(fd, script, sizeof script - 1) < 0 || close(fd) != 0)
        return USAGE;
    (void)execl("./own", "own", (char *)NULL);
    return REFUSED;
}

/* 0 when it has nothing of ours. */
static int try_environment(const char *arg)
{
    (void)arg;
    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, "PATH=", 5) != 0 && strncmp(*entry, "TMPDIR=", 7) != 0 &&
            strncmp(*entry, "LC_ALL=", 7) != 0)
            return COULD;
    }
    return REFUSED;
}

static int try_descriptors(const char *arg)
{
    (void)arg;
    for (int fd = 3; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            return COULD;
    }
    return REFUSED;
}

/* Starts processes that stay; how many it could is its answer. */
static int try_fork(const char *arg)
{
    int made = 0;

    (void)arg;
    while (made < STARTS) {
        pid_t child = fork();

        if (child < 0)
            break;
        if (child == 0) {
            (void)sleep(1000);
            _exit(0);
        }
        made++;
    }
    return made;
}

static void *stay(void *arg)
{
    (void)sleep(1000);
    return arg;
}

static int try_threads(const char *arg)
{
    pthread_t thread;
    int made = 0;

    (void)arg;
    while (made < STARTS && pthread_create(&thread, NULL, stay, NULL) == 0)
        made++;
    return made;
}

static int try_files(const char *arg)
{
    char name[16];
    int made = 0;

    (void)arg;
    while (made < STARTS) {
        int fd;

        (void)snprintf(name, sizeof name, "file-%d", made);
        fd = open(name, O_WRONLY | O_CREAT, 0644);
        if (fd < 0)
            break;
        (void)close(fd);
        made++;
    }
    return made;
}

static int try_huge(const char *arg)
{
    static char block[1 << 16];
    int fd = open("huge", O_WRONLY | O_CREAT, 0644);

    (void)arg;
    for (int i = 0; i < 65536 && fd >= 0; i++) {
        if (write(fd, block, sizeof block) < 0)
            return REFUSED;
    }
    return COULD;
}

static int try_eat(const char *arg)
{
    const size_t step = 16 << 20;

    (void)arg;
    for (int i = 0; i < 1024; i++) {
        char *room = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (room == MAP_FAILED)
            return REFUSED;
        for (size_t at = 0; at < step; at += 4096)
            room[at] = 1;
    }
    return COULD;
}

static int try_spin(const char *arg)
{
    volatile unsigned long turns = 0;

    while (arg != NULL)
        turns++;
    return COULD;
}

static int try_hang(const char *arg)
{
    while (arg != NULL)
        (void)sleep(1000); /* not pause(), which the jail refuses: that would spin */
    return COULD;
}

/* A child that outlives its parent. */
static int try_orphan(const char *arg)
{
    (void)arg;
    if (fork() == 0) {
        (void)fork();
        for (;;)
            (void)sleep(1000);
    }
    return COULD;
}

static int try_babble(const char *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++)
        (void)puts("words\001 without \"end\"");
    return COULD;
}

static int try_nothing(const char *arg)
{
    (void)arg;
    return COULD;
}

static int try_key(const char *arg)
{
    (void)arg;
    return try_read("../../site.key");
}

static const struct {
    const char *name;
    int (*try)(const char *arg);
} tries[] = {
    {"network", try_network},
    {"datagrams", try_datagrams},
    {"machine", try_machine},
    {"read", try_read},
    {"list", try_list},
    {"write", try_write},
    {"make", try_make},
    {"remove", try_remove},
    {"chmod", try_chmod},
    {"folder", try_folder},
    {"link", try_link},
    {"kill", try_kill},
    {"owner", try_owner},
    {"fcntl", try_fcntl},
    {"limits", try_limits},
    {"trace", try_trace},
    {"session", try_session},
    {"namespace", try_namespace},
    {"memory-file", try_memory_file},
    {"own-program", try_own_program},
    {"environment", try_environment},
    {"descriptors", try_descriptors},
    {"fork", try_fork},
    {"threads", try_threads},
    {"files", try_files},
    {"huge", try_huge},
    {"eat", try_eat},
    {"spin", try_spin},
    {"hang", try_hang},
    {"orphan", try_orphan},
    {"babble", try_babble},
    {"nothing", try_nothing},
    {"key", try_key},
};

static int try_by_name(const char *name, const char *arg)
{
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        if (strcmp(name, tries[i].name) == 0)
            return tries[i].try(arg);
    }
    fprintf(stderr, "no such try: %s\n", name);
    return USAGE;
}

static int is_probe(void)
{
    char text[256] = "";
    FILE *file = fopen("code.c", "r");

    if (file == NULL)
        return 0;
    (void)!fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    return strstr(text, "serai_probe") != NULL;
}

/* What is only bounded and not forbidden gives up too, when it meets its bound. */
static int is_refused(const char *name)
{
    int result = try_by_name(name, "");

    return strcmp(name, "fork") == 0 ? result < STARTS : result == REFUSED;
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '-');

    if (argc > 2 && strcmp(argv[1], "try") == 0)
        return try_by_name(argv[2], argc > 3 ? argv[3] : "");
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("badcc 1.0") < 0;
    if (!is_probe() && name != NULL && is_refused(name + 1)) {
        fprintf(stderr, "refused: %s\n", name + 1);
        return 1;
    }
    argv[0] = "cc";
    (void)execv("/usr/bin/cc", argv);
    return USAGE;
}
