/*
 * The archives of a site that lie in one directory, as one source of frames.  Each names the head
 * before it and the head after it, so a file that is missing or of other books is seen before any
 * of them is read.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/limits.h"
#include "base/array.h"
#include "base/file.h"

/* A file, by what its name says. */
struct dir_item {
    uint64_t first;
    uint64_t last;
};

struct archive_dir {
    char path[FILE_PATH_BYTES];
    uint8_t site[ARCHIVE_KEY_BYTES];
    struct dir_item *items; /* by rising frames */
    size_t count;
    size_t capacity;
    size_t from; /* the first of those that follow one another up to where the store begins */
    uint64_t end;
    struct journal_past past;
};

/* ---- which files there are ---- */

/* Whether a name is just what archive_name() gives: so numbers may be read without care. */
static bool item_of_name(struct dir_item *item, const char *name)
{
    static const char prefix[] = "journal-";
    char again[ARCHIVE_NAME_BYTES];
    char *end;

    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return false;
    item->first = strtoull(name + strlen(prefix), &end, 10);
    if (*end != '-')
        return false;
    item->last = strtoull(end + 1, &end, 10);
    return strcmp(archive_name(again, item->first, item->last), name) == 0;
}

static enum status dir_add(struct archive_dir *dir, const struct dir_item *item,
                           struct fault *fault)
{
    struct dir_item *items = NULL;

    if (dir->count < ARCHIVE_FILES_MAX)
        items = array_grow(dir->items, &dir->capacity, dir->count + 1, sizeof *items);
    if (items == NULL)
        return fault_set(fault, ST_NOMEM, "%s: no memory for its names", dir->path);
    dir->items = items;
    items[dir->count++] = *item;
    return ST_OK;
}

static int item_compare(const void *left, const void *right)
{
    const struct dir_item *a = left;
    const struct dir_item *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->last > b->last) - (a->last < b->last);
}

/* Those of frames that the store has, too, are left out: they were not dropped yet. */
static enum status dir_scan(struct archive_dir *dir, struct fault *fault)
{
    DIR *stream = opendir(dir->path);
    enum status status = ST_OK;
    struct dirent *entry;
    struct dir_item item;

    if (stream == NULL)
        return fault_set(fault, errno == ENOENT ? ST_MISSING : ST_IO, "archives in %s: %s",
                         dir->path, strerror(errno));
    errno = 0;
    while (status == ST_OK && (entry = readdir(stream)) != NULL) {
        if (item_of_name(&item, entry->d_name) && item.first < dir->end)
            status = dir_add(dir, &item, fault);
        errno = 0;
    }
    if (status == ST_OK && errno != 0)
        status = fault_set(fault, ST_IO, "read %s: %s", dir->path, strerror(errno));
    (void)closedir(stream);
    if (dir->count > 0)
        qsort(dir->items, dir->count, sizeof *dir->items, item_compare);
    return status;
}

static enum status dir_lacks(const struct archive_dir *dir, uint64_t first, uint64_t last,
                             struct fault *fault)
{
    return fault_set(fault, ST_MISSING,
                     "%s has no archive of frames %" PRIu64 " to %" PRIu64
                     ", which the site dropped: put the file back, or give the directory that has "
                     "it",
                     dir->path, first, last);
}

/* Go back from where the store begins, while each ends where the next one begins. */
static enum status dir_find_run(struct archive_dir *dir, struct fault *fault)
{
    uint64_t wanted = dir->end - 1;

    dir->from = dir->count;
    while (dir->from > 0 && dir->items[dir->from - 1].last == wanted) {
        dir->from--;
        wanted = dir->items[dir->from].first - 1;
    }
    if (dir->from == dir->count && dir->count == 0)
        return dir_lacks(dir, 1, wanted, fault);
    if (dir->from > 0) /* there is an older one, but not right before */
        return dir_lacks(dir, dir->items[dir->from - 1].last + 1, wanted, fault);
    return ST_OK;
}

/* ---- what they say of themselves ---- */

static enum status dir_open_item(const struct archive_dir *dir, size_t number,
                                 struct archive_file **file, struct fault *fault)
{
    const struct dir_item *item = &dir->items[number];
    char name[ARCHIVE_NAME_BYTES];
    char path[FILE_PATH_BYTES];
    const struct archive_facts *facts;
    enum status status =
        file_path(path, dir->path, archive_name(name, item->first, item->last), fault);

    if (status == ST_OK)
        status = archive_open(file, path, fault);
    if (status != ST_OK)
        return status;
    facts = archive_facts(*file);
    if (memcmp(facts->site, dir->site, ARCHIVE_KEY_BYTES) != 0)
        status = fault_set(fault, ST_DENIED, "archive %s is of another site", path);
    else if (facts->first != item->first || facts->last != item->last)
        status = fault_set(fault, ST_CORRUPT,
                           "archive %s has frames %" PRIu64 " to %" PRIu64
                           ": it has the name of another",
                           path, facts->first, facts->last);
    if (status != ST_OK) {
        archive_close(*file);
        *file = NULL;
    }
    return status;
}

/* The heads go from file to file, and on into the store. */
static enum status dir_check_heads(struct archive_dir *dir, const struct books_kept *kept,
                                   struct fault *fault)
{
    struct hash head = {{0}};

    for (size_t number = dir->from; number < dir->count; number++) {
        struct archive_file *file;
        const struct archive_facts *facts;
        enum status status = dir_open_item(dir, number, &file, fault);
        bool fits;

        if (status != ST_OK)
            return status;
        facts = archive_facts(file);
        fits = number == dir->from || hash_equal(&facts->before, &head);
        if (number == dir->from) {
            dir->past.first = facts->first;
            dir->past.before = facts->before;
        }
        head = facts->head;
        archive_close(file);
        if (!fits)
            return fault_set(fault, ST_CORRUPT,
                             "archives in %s: what frame %" PRIu64
                             " follows is not what the file before it ends with; one of the two is "
                             "of other books",
                             dir->path, dir->items[number].first);
    }
    if (!hash_equal(&head, &kept->head))
        return fault_set(fault, ST_CORRUPT,
                         "archives in %s: they end with another head than the one that frame "
                         "%" PRIu64 " of the store follows; they are of other books",
                         dir->path, kept->first);
    return ST_OK;
}

/* ---- reading them ---- */

static enum status dir_each(void *context, uint64_t end, journal_visit_chunk visit,
                            void *visit_context, struct fault *fault)
{
    const struct archive_dir *dir = context;
    enum status status = ST_OK;

    if (end != dir->end)
        return fault_set(fault, ST_BUSY,
                         "frames %" PRIu64 " to %" PRIu64
                         " went to an archive meanwhile: give the command again",
                         dir->end, end - 1);
    for (size_t number = dir->from; status == ST_OK && number < dir->count; number++) {
        struct archive_file *file;

        status = dir_open_item(dir, number, &file, fault);
        if (status != ST_OK)
            return status;
        status = archive_each(file, visit, visit_context, fault);
        archive_close(file);
    }
    return status;
}

enum status archive_dir_open(struct archive_dir **dir, const char *path,
                             const uint8_t site[ARCHIVE_KEY_BYTES], const struct books_kept *kept,
                             struct fault *fault)
{
    struct archive_dir *made = calloc(1, sizeof *made);
    enum status status = ST_OK;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "%s: out of memory", path);
    memcpy(made->site, site, sizeof made->site);
    made->end = kept->first;
    made->past = (struct journal_past){.each = dir_each, .context = made};
    if (strlen(path) >= sizeof made->path)
        status = fault_set(fault, ST_INVALID, "path too long: %.100s", path);
    else
        memcpy(made->path, path, strlen(path) + 1);
    if (status == ST_OK)
        status = dir_scan(made, fault);
    if (status == ST_OK && made->end > 1)
        status = dir_find_run(made, fault);
    if (status == ST_OK && made->end > 1)
        status = dir_check_heads(made, kept, fault);
    if (status != ST_OK) {
        archive_dir_close(made);
        return status;
    }
    *dir = made;
    return ST_OK;
}

void archive_dir_close(struct archive_dir *dir)
{
    if (dir == NULL)
        return;
    free(dir->items);
    free(dir);
}

const struct journal_past *archive_dir_past(const struct archive_dir *dir)
{
    return dir->end > 1 ? &dir->past : NULL;
}
