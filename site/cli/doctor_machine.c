/* The machine around a site: the daemon's process and its limits, and the clocks. */
#define _DEFAULT_SOURCE /* adjtimex */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ledger/reading.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/doctor.h"
#include "site/cli/top_view.h"

enum {
    PROC_BYTES_MAX = 65536,
    DESCRIPTORS_FEW = 1024,       /* with fewer, places for clients and callers are cut */
    LOCKED_BYTES_FEW = 64 * 1024, /* the least that keeps the key out of swap */
};

/* ---- the process ---- */

/* Read a file of a process, or with pid 0 of the machine, as text.  False: there is none. */
static bool machine_read(long pid, const char *name, struct bytes *text)
{
    char path[64];

    if (pid == 0)
        (void)snprintf(path, sizeof path, "/proc/%s", name);
    else
        (void)snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    if (file_read(path, PROC_BYTES_MAX, text, NULL) != ST_OK)
        return false;
    bytes_append(text, "", 1);
    return !text->failed;
}

/* When a process began, in seconds after the boot; by proc(5) the 22nd field of `stat`, some of
 * which stand behind the name in brackets.  UINT64_MAX: it is not known. */
static uint64_t machine_began_s(long pid)
{
    struct bytes text = {0};
    const char *at = NULL;
    long ticks = sysconf(_SC_CLK_TCK);
    uint64_t began_s = UINT64_MAX;

    if (ticks > 0 && machine_read(pid, "stat", &text))
        at = strrchr((const char *)text.data, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL)
        began_s = strtoull(at, NULL, 10) / (uint64_t)ticks;
    bytes_fini(&text);
    return began_s;
}

static bool machine_uptime_s(long pid, uint64_t *uptime_s)
{
    struct bytes text = {0};
    uint64_t began_s = machine_began_s(pid);
    uint64_t up_s = 0;

    if (machine_read(0, "uptime", &text))
        up_s = strtoull((const char *)text.data, NULL, 10);
    bytes_fini(&text);
    *uptime_s = up_s - began_s;
    return began_s <= up_s;
}

/* The hard limit of a line of `limits`, its second figure; UINT64_MAX: none. */
static uint64_t machine_hard_limit(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    if (at == NULL)
        return UINT64_MAX;
    at += strlen(name);
    at += strspn(at, " ");
    at += strcspn(at, " ");
    at += strspn(at, " ");
    return *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : UINT64_MAX;
}

static void machine_judge_limits(struct doctor *doctor, uint64_t descriptors, uint64_t locked)
{
    bool few = descriptors < DESCRIPTORS_FEW;
    bool unlocked = locked < LOCKED_BYTES_FEW;

    if (few) {
        doctor_find(doctor, DOCTOR_WARN, "limits",
                    "%llu open files are allowed: fewer clients and callers find a place",
                    (unsigned long long)descriptors);
        doctor_next(doctor, "LimitNOFILE= in the unit, or ulimit -n; then start the site again");
    }
    if (unlocked) {
        doctor_find(doctor, DOCTOR_WARN, "limits",
                    "%llu bytes can be kept out of swap: the secret key may be written there",
                    (unsigned long long)locked);
        doctor_next(doctor, "LimitMEMLOCK= in the unit, or ulimit -l; then start the site again");
    }
    if (!few && !unlocked)
        doctor_find(doctor, DOCTOR_OK, "limits", "open files and locked memory suffice");
}

/* Those of the daemon that runs, else those that one started from here would have. */
static void machine_look_limits(struct doctor *doctor)
{
    struct bytes text = {0};
    struct rlimit files = {0};
    struct rlimit locked = {0};

    if (doctor->runs && doctor->pid > 0 && machine_read(doctor->pid, "limits", &text))
        machine_judge_limits(doctor, machine_hard_limit((const char *)text.data, "Max open files"),
                             machine_hard_limit((const char *)text.data, "Max locked memory"));
    else if (getrlimit(RLIMIT_NOFILE, &files) == 0 && getrlimit(RLIMIT_MEMLOCK, &locked) == 0)
        machine_judge_limits(doctor, files.rlim_max, locked.rlim_max);
    bytes_fini(&text);
}

void doctor_look_process(struct doctor *doctor)
{
    char since[32];
    uint64_t uptime_s = 0;

    if (!doctor->runs) {
        doctor_find(doctor, DOCTOR_NOTE, "daemon", "no daemon runs this site");
        doctor_next(doctor, "serai site run --site %s, or systemctl start serai@NAME",
                    doctor->cli->dir);
    } else if (doctor->pid > 0 && machine_uptime_s(doctor->pid, &uptime_s)) {
        doctor_find(doctor, DOCTOR_OK, "daemon", "process %ld has run for %s", doctor->pid,
                    top_print_seconds(since, uptime_s));
    } else {
        doctor_find(doctor, DOCTOR_OK, "daemon", "a daemon runs this site");
    }
    machine_look_limits(doctor);
}

/* ---- clocks ---- */

static void clocks_look_at_kernel(struct doctor *doctor)
{
    struct timex state = {.modes = 0};
    int code = adjtimex(&state);

    if (code < 0)
        return; /* not to be told here */
    if (code == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        doctor_find(doctor, DOCTOR_NOTE, "clocks",
                    "nothing sets this machine's clock right: dates in the books may be wrong, "
                    "prices and rent are not");
        doctor_next(doctor, "timedatectl set-ntp true");
    } else {
        doctor_find(doctor, DOCTOR_OK, "clocks", "the machine's clock is kept right");
    }
}

/* The wall clock against that of the last frame: it never matters for money, but dates do. */
static void clocks_look_at_books(struct doctor *doctor, uint64_t frame_wall_us)
{
    struct clock_source clock = clock_system();
    uint64_t wall_us = clock.wall_us(clock.context);
    char ahead[32];

    if (frame_wall_us <= wall_us)
        return;
    doctor_find(doctor, DOCTOR_WARN, "clocks",
                "the last frame was written %s in the future: the machine's clock was set back",
                top_print_seconds(ahead, (frame_wall_us - wall_us) / 1000000));
    doctor_next(doctor, "date; timedatectl");
}

void doctor_look_clocks(struct doctor *doctor)
{
    struct frame_header header = {0};
    struct books books;
    char said[DOCTOR_TEXT_BYTES];

    clocks_look_at_kernel(doctor);
    if (books_open_quietly(doctor->cli, &books, said, sizeof said) != EXIT_OK)
        return; /* doctor_look_books() tells why */
    if (books_header_now(&books.store, &header, NULL) == ST_OK)
        clocks_look_at_books(doctor, header.wall_us);
    books_close(&books);
}
