/* What a bundle has.  Nothing here reads a secret key, memory of agents, or what they send. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/connects.h"
#include "site/cli/doctor.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/setup.h"
#include "site/cli/support.h"
#include "site/control/paths.h"

/* ---- this program, and the site's settings ---- */

static void items_version(struct support *support)
{
    FILE *out = support_open(support, "version.txt");
    struct utsname system;

    if (out == NULL)
        return;
    cli_print_version(out, false);
    if (uname(&system) == 0)
        fprintf(out, "system           %s %s %s\n", system.sysname, system.release, system.machine);
    support_close(support, out);
}

static void items_print_change(void *context, const struct config_change *change)
{
    FILE *out = context;

    fprintf(out, "%s = ", change->key);
    render_json_text(out, change->new);
    putc('\n', out);
}

static void items_print_price(void *context, const struct pricebook_line *line)
{
    fprintf(context, "%s = \"%s\" # %s\n", line->path, line->value, line->unit);
}

/* The values that were read, and not the files: a comment in them may hold anything. */
static void items_settings(struct support *support, const struct doctor *doctor)
{
    struct site_config ours;
    FILE *out;

    if (!doctor->configured) {
        support_lacks(support, "settings.txt", "site.toml or prices.toml cannot be read");
        return;
    }
    out = support_open(support, "settings.txt");
    if (out == NULL)
        return;
    site_config_default(&ours);
    fprintf(out, "# what differs from the defaults in site.toml\n");
    config_each_change(&ours, &doctor->setup->config, items_print_change, out);
    fprintf(out, "\n# all of prices.toml\n");
    pricebook_each(&doctor->setup->book, &core_order_names, items_print_price, out);
    support_close(support, out);
}

/* ---- what the site says ---- */

/* One read whose args are an empty array, as JSON. */
static void items_read(struct support *support, const char *name, const char *command)
{
    struct bytes args = {0};
    struct cli_answer answer;
    char said[SUPPORT_WHY_BYTES] = "";
    FILE *out;
    int code;

    cbor_put_array(&args, 0);
    cli_keep_messages(said, sizeof said);
    code = cli_read_unsigned(support->cli, command, &args, &answer);
    cli_keep_messages(NULL, 0);
    if (code != EXIT_OK) {
        support_lacks(support, name, "%s", said);
    } else {
        out = support_open(support, name);
        if (out != NULL) {
            render_json(out, answer.reply.result, answer.reply.result_size);
            putc('\n', out);
            support_close(support, out);
        }
    }
    cli_answer_fini(&answer);
}

static void items_metrics(struct support *support, const struct doctor *doctor)
{
    struct bytes body = {0};
    FILE *out;
    int status;

    if (!doctor->configured || !metrics_are_served(&doctor->setup->config.metrics)) {
        support_lacks(support, "metrics.txt", "metrics.listen is empty");
        return;
    }
    status = connects_get(&doctor->setup->config.metrics, "/metrics", &body);
    if (status != 200) {
        support_lacks(support, "metrics.txt", "no answer: status %d", status);
    } else {
        out = support_open(support, "metrics.txt");
        if (out != NULL) {
            (void)fwrite(body.data, 1, body.size, out); /* support_close() sees a failure */
            support_close(support, out);
        }
    }
    bytes_fini(&body);
}

static void items_doctor(struct support *support, const struct doctor *doctor)
{
    FILE *out = support_open(support, "doctor.txt");

    if (out == NULL)
        return;
    doctor_print(doctor, out, false);
    support_close(support, out);
}

/* ---- the books: headers of frames, and not what is in them ---- */

static enum status items_print_frame(void *context, const struct frame_header *header,
                                     struct fault *fault)
{
    char head[HASH_TEXT_BYTES];

    (void)fault;
    fprintf(context,
            "{\"frame\":%" PRIu64 ",\"site_time_us\":%" PRIu64 ",\"wall_us\":%" PRIu64
            ",\"events\":%" PRIu64 ",\"lines\":%" PRIu64 ",\"chunks\":%" PRIu64
            ",\"head\":\"%s\"}\n",
            header->frame, header->site_time_us, header->wall_us, header->events, header->lines,
            header->chunks, hash_print(head, &header->head));
    return ST_OK;
}

static void items_frames(struct support *support)
{
    struct journal_reader reader = {.frame = items_print_frame};
    struct books books;
    struct fault fault = {0};
    char said[SUPPORT_WHY_BYTES];
    uint64_t after = 0;
    FILE *out;

    if (books_open_quietly(support->cli, &books, said, sizeof said) != EXIT_OK) {
        support_lacks(support, "frames.jsonl", "%s", said);
        return;
    }
    out = support_open(support, "frames.jsonl");
    if (out != NULL) {
        reader.context = out;
        if (journal_read_after(&books.store, &after, SUPPORT_FRAMES, &reader, &fault) != ST_OK) {
            fputs("{\"fault\":", out);
            render_json_text(out, fault.text);
            fputs("}\n", out);
        }
        support_close(support, out);
    }
    books_close(&books);
}

/* ---- the machine ---- */

static void items_copy_proc(FILE *out, const char *path)
{
    struct bytes text = {0};

    fprintf(out, "\n== %s\n", path);
    if (file_read(path, 65536, &text, NULL) == ST_OK)
        (void)fwrite(text.data, 1, text.size, out);
    else
        fprintf(out, "%s\n", strerror(errno));
    bytes_fini(&text);
}

static void items_print_file(FILE *out, const char *dir, const char *name)
{
    char path[FILE_PATH_BYTES];
    struct stat info;

    if (file_path(path, dir, name, NULL) == ST_OK && stat(path, &info) == 0)
        fprintf(out, "%06o %u:%u %12" PRIu64 " %s\n", (unsigned)info.st_mode, (unsigned)info.st_uid,
                (unsigned)info.st_gid, (uint64_t)info.st_size, *name == '\0' ? "." : name);
}

static void items_machine(struct support *support, const struct doctor *doctor)
{
    static const struct {
        const char *name;
    } names[] = {{""},
                 {SITE_CONFIG},
                 {SITE_PRICES},
                 {SITE_KEY},
                 {SITE_KEY_PUBLIC},
                 {SITE_OPERATOR},
                 {SITE_OPERATOR_PUBLIC},
                 {SITE_STORE},
                 {SITE_STORE "/data.mdb"},
                 {SITE_STORE "/lock.mdb"},
                 {SITE_STORE "/lock"},
                 {SITE_REDO},
                 {SITE_MARKER},
                 {SITE_SOCKET},
                 {SITE_COMPILED}};
    FILE *out = support_open(support, "machine.txt");
    struct statvfs disk;
    char path[64];

    if (out == NULL)
        return;
    fputs("== files: mode, owner, bytes\n", out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        items_print_file(out, support->cli->dir, names[i].name);
    if (statvfs(support->cli->dir, &disk) == 0)
        fprintf(out,
                "\n== file system: bytes, free bytes, files, free files\n%" PRIu64 " %" PRIu64
                " %" PRIu64 " %" PRIu64 "\n",
                (uint64_t)disk.f_blocks * disk.f_frsize, (uint64_t)disk.f_bavail * disk.f_frsize,
                (uint64_t)disk.f_files, (uint64_t)disk.f_favail);
    if (doctor->pid > 0) {
        (void)snprintf(path, sizeof path, "/proc/%ld/limits", doctor->pid);
        items_copy_proc(out, path);
        (void)snprintf(path, sizeof path, "/proc/%ld/status", doctor->pid);
        items_copy_proc(out, path);
    }
    items_copy_proc(out, "/proc/meminfo");
    items_copy_proc(out, "/proc/loadavg");
    items_copy_proc(out, "/proc/uptime");
    support_close(support, out);
}

/* ---- the log ---- */

/* The end of a file, from a line's beginning on. */
static void items_log(struct support *support, const char *path)
{
    struct bytes text = {0};
    struct stat info;
    const uint8_t *from;
    FILE *out;
    off_t begin;
    int fd;

    if (path == NULL) {
        support_lacks(support, "log.txt",
                      "none was given: --log FILE, as journalctl -u serai@NAME "
                      ">FILE makes one");
        return;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        support_lacks(support, "log.txt", "%s: %s", path,
                      fd < 0 ? strerror(errno) : "it is no file");
        if (fd >= 0)
            (void)!close(fd);
        return;
    }
    begin = info.st_size > SUPPORT_LOG_BYTES_MAX ? info.st_size - SUPPORT_LOG_BYTES_MAX : 0;
    while (text.size < SUPPORT_LOG_BYTES_MAX) {
        uint8_t piece[16384];
        ssize_t got = pread(fd, piece, sizeof piece, begin + (off_t)text.size);

        if (got <= 0)
            break;
        bytes_append(&text, piece, (size_t)got);
    }
    (void)!close(fd);
    from = begin == 0 || text.size == 0 ? text.data : memchr(text.data, '\n', text.size);
    out = support_open(support, "log.txt");
    if (out != NULL) {
        if (from != NULL && !text.failed)
            (void)fwrite(from, 1, text.size - (size_t)(from - text.data), out);
        support_close(support, out);
    }
    bytes_fini(&text);
}

/* ---- all ---- */

static void items_manifest(struct support *support)
{
    FILE *out = support_open(support, "manifest.txt");

    if (out == NULL)
        return;
    for (size_t i = 0; i + 1 < support->count; i++) {
        const struct support_item *item = &support->items[i];

        if (item->why[0] == '\0')
            fprintf(out, "%-14s %" PRIu64 " bytes\n", item->name, item->bytes);
        else
            fprintf(out, "%-14s not there: %s\n", item->name, item->why);
    }
    fputs("Never taken: secret keys, memory and messages of agents, packets, lines of the journal, "
          "comments of the settings.\n",
          out);
    support_close(support, out);
}

void support_take_all(struct support *support, const struct doctor *doctor, const char *log)
{
    items_version(support);
    items_settings(support, doctor);
    items_doctor(support, doctor);
    items_read(support, "status.json", "status");
    items_read(support, "figures.json", "figures");
    items_metrics(support, doctor);
    items_frames(support);
    items_machine(support, doctor);
    items_log(support, log);
    items_manifest(support);
}
