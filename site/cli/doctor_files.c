/* Who may read and write the files of a site, and whether there is room for its books. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "site/cli/cli.h"
#include "site/cli/doctor.h"
#include "site/cli/setup.h"
#include "site/cli/top_view.h"
#include "site/control/paths.h"

enum {
    OTHERS_WRITE = S_IWGRP | S_IWOTH,
    OTHERS_READ = S_IRGRP | S_IROTH,
    FILES_LEFT_MIN = 100, /* of the file system's: a store needs few, its neighbours may not */
};

/* What is asked of each.  A file that a site need not have is looked at if it is there. */
static const struct {
    const char *name; /* "": the directory */
    bool needed;
    mode_t never; /* bits of the mode that are a fault */
    mode_t better_not;
    const char *mode; /* what it has by `site init` */
} files[] = {
    {"", true, OTHERS_WRITE, OTHERS_READ, "700"},
    {SITE_KEY, true, OTHERS_WRITE | OTHERS_READ, 0, "600"},
    {SITE_OPERATOR, false, OTHERS_WRITE | OTHERS_READ, 0, "600"},
    {SITE_OPERATOR ".number", false, OTHERS_WRITE, 0, "600"},
    {SITE_OPERATOR ".pending", false, OTHERS_WRITE, OTHERS_READ, "600"},
    {SITE_KEY_PUBLIC, true, OTHERS_WRITE, 0, "644"},
    {SITE_OPERATOR_PUBLIC, true, OTHERS_WRITE, 0, "644"},
    {SITE_CONFIG, true, OTHERS_WRITE, 0, "600"},
    {SITE_PRICES, true, OTHERS_WRITE, 0, "600"},
    {SITE_STORE, true, OTHERS_WRITE, OTHERS_READ, "700"},
    {SITE_STORE "/data.mdb", true, OTHERS_WRITE, OTHERS_READ, "600"},
    {SITE_STORE "/lock.mdb", false, OTHERS_WRITE, 0, "600"},
    {SITE_STORE "/lock", false, OTHERS_WRITE, 0, "600"},
    {SITE_REDO, false, OTHERS_WRITE, OTHERS_READ, "600"},
    {SITE_MARKER, false, OTHERS_WRITE, 0, "600"},
    {SITE_COMPILED, false, OTHERS_WRITE, 0, "700"},
};
enum { FILES = sizeof files / sizeof files[0] };

/* Returns whether all is well with it. */
static bool files_look_at(struct doctor *doctor, size_t i, const struct stat *folder)
{
    char path[FILE_PATH_BYTES];
    struct stat info;

    if (file_path(path, doctor->cli->dir, files[i].name, NULL) != ST_OK)
        return true; /* its path is too long, which the configuration has said */
    if (stat(path, &info) != 0) {
        if (errno == ENOENT && !files[i].needed)
            return true;
        doctor_find(doctor, DOCTOR_FAULT, "files", "%s: %s", path, strerror(errno));
        doctor_next(doctor, errno == EACCES
                                ? "ask as the user of the site, or root"
                                : "serai site restore BACKUP brings back what was lost");
        return false;
    }
    if ((info.st_mode & files[i].never) != 0 || (info.st_mode & files[i].better_not) != 0) {
        bool never = (info.st_mode & files[i].never) != 0;
        bool reads = (info.st_mode & files[i].never & OTHERS_WRITE) == 0;

        doctor_find(doctor, never ? DOCTOR_FAULT : DOCTOR_WARN, "files",
                    "%s: others may %s it (mode %04o)", path, reads ? "read" : "write",
                    (unsigned)(info.st_mode & 07777));
        doctor_next(doctor, "chmod %s %s", files[i].mode, path);
        return false;
    }
    if (info.st_uid != folder->st_uid) {
        doctor_find(doctor, DOCTOR_FAULT, "files",
                    "%s: it belongs to user %u, and the directory to user %u", path,
                    (unsigned)info.st_uid, (unsigned)folder->st_uid);
        doctor_next(doctor, "chown --reference=%s %s", doctor->cli->dir, path);
        return false;
    }
    return true;
}

void doctor_look_files(struct doctor *doctor)
{
    struct stat folder;
    bool well = true;

    if (stat(doctor->cli->dir, &folder) != 0) {
        doctor_find(doctor, DOCTOR_FAULT, "files", "%s: %s", doctor->cli->dir, strerror(errno));
        return;
    }
    for (size_t i = 0; i < FILES; i++)
        well = files_look_at(doctor, i, &folder) && well;
    if (well)
        doctor_find(doctor, DOCTOR_OK, "files",
                    "the files are those of user %u, and nobody else writes them or reads a key",
                    (unsigned)folder.st_uid);
}

/* ---- the disk ---- */

/* What the site holds back by, of what there is in all; a site that answers knows it better. */
static void disk_judge(struct doctor *doctor, uint64_t free_bytes, uint64_t total_bytes)
{
    const struct site_config *config = &doctor->setup->config;
    char free_text[32];
    char total_text[32];
    uint64_t part = total_bytes / 100;
    bool full = free_bytes < part * config->disk_full_percent;
    bool low = free_bytes < part * config->disk_low_percent;

    doctor_find(doctor,
                full  ? DOCTOR_FAULT
                : low ? DOCTOR_WARN
                      : DOCTOR_OK,
                "disk", "%s of %s are free for the books%s", top_print_bytes(free_text, free_bytes),
                top_print_bytes(total_text, total_bytes),
                full  ? ": below store.disk_full nothing is born, and below a third of it no agent "
                        "runs"
                : low ? ": below store.disk_low"
                      : "");
    if (full || low)
        doctor_next(doctor, "df -h %s; make room, or raise store.max_bytes in %s/" SITE_CONFIG,
                    doctor->cli->dir, doctor->cli->dir);
}

void doctor_look_disk(struct doctor *doctor)
{
    char path[FILE_PATH_BYTES];
    struct statvfs disk;
    struct stat data;
    uint64_t room;
    uint64_t used = 0;

    if (statvfs(doctor->cli->dir, &disk) != 0)
        return; /* the files have been told of */
    room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (file_path(path, doctor->cli->dir, SITE_STORE "/data.mdb", NULL) == ST_OK &&
        stat(path, &data) == 0)
        used = (uint64_t)data.st_size;
    /* Room within the file is not seen from outside; so this errs on the side of too little. */
    if (doctor->configured) {
        uint64_t most = doctor->setup->config.max_bytes;

        if (most != 0 && most < used + room)
            disk_judge(doctor, most > used ? most - used : 0, most);
        else
            disk_judge(doctor, room, used + room);
    }
    if (disk.f_files != 0 && disk.f_favail < FILES_LEFT_MIN) {
        doctor_find(doctor, DOCTOR_WARN, "disk",
                    "the file system has room for %" PRIu64 " more files", (uint64_t)disk.f_favail);
        doctor_next(doctor, "df -i %s", doctor->cli->dir);
    }
    if ((disk.f_flag & ST_RDONLY) != 0) {
        doctor_find(doctor, DOCTOR_FAULT, "disk", "the file system can only be read");
        doctor_next(doctor, "mount -o remount,rw, and look why: dmesg");
    }
}
