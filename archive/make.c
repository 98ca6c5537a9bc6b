/* A segment becomes a file, which is not believed before it was read back. */
#include <sys/stat.h>

#include "archive/archive.h"

/* Add all chunks of a frame, by a read of its own: no snapshot is held for long. */
static enum status make_add_frame(struct archive_writer *writer, const struct store *store,
                                  uint64_t frame, struct fault *fault)
{
    struct store_cursor cursor;
    struct store_read read;
    struct store_row row;
    uint8_t prefix[8];
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    be64_put(prefix, frame);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, prefix, sizeof prefix, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row))
        status = archive_writer_add(writer, &row, fault);
    status = store_cursor_close(&cursor, status);
    store_read_end(&read);
    return status;
}

static enum status make_write(const char *path, const struct archive_facts *facts,
                              const struct store *store, struct fault *fault)
{
    struct archive_writer *writer = NULL;
    enum status status = archive_writer_new(&writer, path, facts, fault);

    for (uint64_t frame = facts->first; status == ST_OK && frame <= facts->last; frame++)
        status = make_add_frame(writer, store, frame, fault);
    if (status == ST_OK)
        status = archive_writer_keep(writer, fault);
    archive_writer_free(writer);
    return status;
}

enum status archive_make(const char *path, const struct archive_facts *facts,
                         const struct store *store, bool *was_there, struct fault *fault)
{
    struct stat found;
    enum status status = ST_OK;

    *was_there = lstat(path, &found) == 0;
    if (!*was_there)
        status = make_write(path, facts, store, fault);
    return status == ST_OK ? archive_check(path, facts, store, fault) : status;
}
