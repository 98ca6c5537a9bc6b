#include "site/config/config.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/endpoint.h"
#include "base/text.h"
#include "site/config/engine.h"
#include "site/config/metrics.h"
#include "site/config/toml.h"

#define MAP_BYTES_DEFAULT ((uint64_t)4 << 30)
#define MAP_BYTES_MIN ((uint64_t)1 << 20)
#define LOG_BYTES_MIN ((uint64_t)1 << 20)
#define LOG_BYTES_MAX ((uint64_t)64 << 30)
#define SEGMENT_BYTES_MIN ((uint64_t)64 << 10)
#define SEGMENT_BYTES_MAX ((uint64_t)4 << 30)
#define MAP_BYTES_MAX ((uint64_t)1 << 46)

static const char site_file[] = "site.toml";
static const char prices_file[] = "prices.toml";

/*
 * One file that is being read: where its items go (either `config` or `book`), and how many errors
 * it has so far.  An error does not end the reading, so that all are reported at once.
 */
struct reading {
    const struct config_reader *reader;
    const char *file;
    uint32_t errors;
    struct site_config *config;
    struct pricebook *book;
};

/* Report an error and count it.  Line 0: the file as a whole. */
static void config_report(struct reading *reading, uint32_t line, uint32_t column, const char *text)
{
    struct config_error error = {reading->file, line, column, text};

    reading->errors++;
    if (reading->reader->report != NULL)
        reading->reader->report(reading->reader->context, &error);
}

/*
 * ---- site.toml ----
 *
 * Each config_set_*() reads the text of its key, and on failure says what the key wants.
 */

bool config_is_name(const char *text)
{
    size_t size = strlen(text);

    return text_is_name(text) && size < CONFIG_NAME_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static enum status config_set_name(struct site_config *config, const char *text,
                                   struct fault *fault)
{
    if (!config_is_name(text))
        return fault_set(fault, ST_INVALID,
                         "name: wants 1 to 32 of a-z, 0-9 and '-', first a letter");
    memcpy(config->name, text, strlen(text) + 1);
    return ST_OK;
}

static enum status config_set_socket(struct site_config *config, const char *text,
                                     struct fault *fault)
{
    size_t size = strlen(text);

    if (size < 1 || size >= CONFIG_SOCKET_BYTES)
        return fault_set(fault, ST_INVALID, "control.socket: wants a path of 1 to %d bytes",
                         CONFIG_SOCKET_BYTES - 1);
    memcpy(config->socket, text, size + 1);
    return ST_OK;
}

bool config_read_mode(const char *text, mode_t *mode)
{
    size_t size = strlen(text);
    unsigned long bits = strtoul(text, NULL, 8);

    *mode = (mode_t)bits;
    return size >= 3 && size <= 4 && strspn(text, "01234567") == size && (bits & ~0666UL) == 0 &&
           (bits & 0600) == 0600;
}

static enum status config_set_mode(struct site_config *config, const char *text,
                                   struct fault *fault)
{
    mode_t mode;

    if (!config_read_mode(text, &mode))
        return fault_set(fault, ST_INVALID,
                         "control.mode: wants an octal mode such as \"0600\" (only the daemon's "
                         "user) or \"0660\" (its group, too)");
    config->socket_mode = mode;
    return ST_OK;
}

static enum status config_set_group_number(struct site_config *config, const char *text,
                                           struct fault *fault)
{
    unsigned long long number = strtoull(text, NULL, 10);

    if (strlen(text) > 10 || number >= UINT32_MAX) /* that one means "leave it as it is" */
        return fault_set(fault, ST_INVALID, "control.group: %.20s is no number of a group", text);
    config->socket_group = (gid_t)number;
    return ST_OK;
}

/*
 * A group is looked up when the file is read, so that a name that is not there is an error of a
 * line.
 */
static enum status config_set_group(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    char room[4096];
    struct group group;
    struct group *found = NULL;

    config->socket_group = CONFIG_NO_GROUP;
    if (*text == '\0')
        return ST_OK;
    if (strspn(text, "0123456789") == strlen(text))
        return config_set_group_number(config, text, fault);
    if (getgrnam_r(text, &group, room, sizeof room, &found) != 0 || found == NULL)
        return fault_set(fault, ST_INVALID, "control.group: there is no group \"%.60s\" here",
                         text);
    config->socket_group = found->gr_gid;
    return ST_OK;
}

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static enum status config_set_level(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        if (strcmp(text, level_names[level]) == 0) {
            config->log_level = (enum log_level)level;
            return ST_OK;
        }
    }
    return fault_set(fault, ST_INVALID, "log.level: wants error, warn, info or debug");
}

static enum status config_set_map_bytes(struct site_config *config, const char *text,
                                        struct fault *fault)
{
    uint64_t bytes;

    if (market_parse_bytes(&bytes, text, fault) != ST_OK)
        return fault_prefix(fault, "ledger.map_bytes");
    if (bytes < MAP_BYTES_MIN || bytes > MAP_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "ledger.map_bytes: wants from 1MiB to 64TiB");
    config->map_bytes = bytes;
    return ST_OK;
}

static enum status config_set_segment_bytes(struct site_config *config, const char *text,
                                            struct fault *fault)
{
    uint64_t bytes;

    if (market_parse_bytes(&bytes, text, fault) != ST_OK)
        return fault_prefix(fault, "ledger.segment_bytes");
    if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "ledger.segment_bytes: wants from 64KiB to 4GiB");
    config->segment_bytes = bytes;
    return ST_OK;
}

/* The bound of the file; without one the disk is it. */
static enum status config_set_max_bytes(struct site_config *config, const char *text,
                                        struct fault *fault)
{
    uint64_t bytes = MAP_BYTES_MAX;

    if (*text != '\0' && market_parse_bytes(&bytes, text, fault) != ST_OK)
        return fault_prefix(fault, "store.max_bytes");
    if (bytes < MAP_BYTES_MIN || bytes > MAP_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "store.max_bytes: wants \"\" or from 1MiB to 64TiB");
    config->max_bytes = bytes;
    return ST_OK;
}

static enum status config_set_log_bytes(struct site_config *config, const char *text,
                                        struct fault *fault)
{
    uint64_t bytes;

    if (market_parse_bytes(&bytes, text, fault) != ST_OK)
        return fault_prefix(fault, "store.log_bytes");
    if (bytes < LOG_BYTES_MIN || bytes > LOG_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "store.log_bytes: wants from 1MiB to 64GiB");
    config->log_bytes = bytes;
    return ST_OK;
}

/* Read a share such as "15%". */
static enum status config_set_share(uint64_t *percent, const char *key, const char *text,
                                    struct fault *fault)
{
    char *end;
    unsigned long share = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || strcmp(end, "%") != 0 || share > DISK_SHARE_MAX)
        return fault_set(fault, ST_INVALID, "%s: wants a share from \"0%%\" to \"%d%%\"", key,
                         DISK_SHARE_MAX);
    *percent = share;
    return ST_OK;
}

static enum status config_set_disk_low(struct site_config *config, const char *text,
                                       struct fault *fault)
{
    return config_set_share(&config->disk_low_percent, "store.disk_low", text, fault);
}

static enum status config_set_disk_full(struct site_config *config, const char *text,
                                        struct fault *fault)
{
    return config_set_share(&config->disk_full_percent, "store.disk_full", text, fault);
}

/* Empty, or an address of ZeroMQ.  Whether the daemon can listen there is seen when it starts. */
static enum status config_set_listen(struct site_config *config, const char *text,
                                     struct fault *fault)
{
    struct endpoint endpoint;
    struct fault inner = {0};

    static_assert((int)ENDPOINT_BYTES_MAX < (int)CONFIG_ENDPOINT_BYTES, "what is good has room");
    if (text[0] != '\0' && endpoint_parse(&endpoint, text, ENDPOINT_LISTEN, &inner) != ST_OK)
        return fault_set(fault, ST_INVALID,
                         "link.listen: wants \"\" or an address such as \"tcp://127.0.0.1:9901\": "
                         "%s",
                         inner.text);
    memcpy(config->link_listen, text, strlen(text) + 1);
    return ST_OK;
}

/* When a changed value of a key takes effect: docs/operate.md has the same in its table. */
enum { AT_START, AT_RELOAD };

/* The place of a key's value in struct site_config. */
#define AT(field)                                                                                  \
    offsetof(struct site_config, field), sizeof((const struct site_config *)NULL)->field

/* One key, several fields: what kind of place, and where. */
#define AT_METRICS_LISTEN                                                                          \
    offsetof(struct site_config, metrics.place),                                                   \
        offsetof(struct site_config, metrics.mode) - offsetof(struct site_config, metrics.place)

/*
 * All keys of site.toml.  The texts that config_write_new() writes have the same defaults
 * (write.c).
 */
static const struct site_key {
    const char *path;
    enum status (*set)(struct site_config *config, const char *text, struct fault *fault);
    const char *value; /* the default */
    int effect;
    size_t offset; /* of the field, whose bytes are the same for the same value */
    size_t size;
} site_keys[] = {
    {"name", config_set_name, "site", AT_START, AT(name)},
    {"control.socket", config_set_socket, "control.sock", AT_START, AT(socket)},
    {"control.mode", config_set_mode, "0600", AT_RELOAD, AT(socket_mode)},
    {"control.group", config_set_group, "", AT_RELOAD, AT(socket_group)},
    {"log.level", config_set_level, "info", AT_RELOAD, AT(log_level)},
    {"ledger.map_bytes", config_set_map_bytes, "4GiB", AT_START, AT(map_bytes)},
    {"ledger.segment_bytes", config_set_segment_bytes, "64MiB", AT_START, AT(segment_bytes)},
    {"store.max_bytes", config_set_max_bytes, "", AT_START, AT(max_bytes)},
    {"store.disk_low", config_set_disk_low, "30%", AT_RELOAD, AT(disk_low_percent)},
    {"store.disk_full", config_set_disk_full, "15%", AT_RELOAD, AT(disk_full_percent)},
    {"store.log_bytes", config_set_log_bytes, "256MiB", AT_START, AT(log_bytes)},
    {"link.listen", config_set_listen, "", AT_START, AT(link_listen)},
    {"metrics.listen", config_set_metrics_listen, "", AT_START, AT_METRICS_LISTEN},
    {"metrics.mode", config_set_metrics_mode, "0600", AT_START, AT(metrics.mode)},
    {"metrics.remote", config_set_metrics_remote, "no", AT_START, AT(metrics.remote)},
    {"metrics.page", config_set_metrics_page, "no", AT_START, AT(metrics.page)},
    {"engine.tier1", config_set_tier1, "off", AT_START, AT(engine.mode)},
    {"engine.codes", config_set_codes, "", AT_START, AT(engine.codes)},
    {"engine.compiler", config_set_compiler, "cc", AT_START, AT(engine.compiler)},
    {"engine.jail", config_set_jail, "full", AT_START, AT(engine.weak_jail)},
    {"engine.hot_fuel", config_set_hot_fuel, "100000000", AT_START, AT(engine.hot_fuel)},
    {"engine.effort_fuel", config_set_effort_fuel, "2000000", AT_START, AT(engine.effort_fuel)},
    {"engine.objects", config_set_objects, "256", AT_START, AT(engine.objects_max)},
    {"engine.compile_seconds", config_set_compile_seconds, "30", AT_START, AT(engine.compile_s)},
    {"engine.compile_memory", config_set_compile_memory, "1GiB", AT_START,
     AT(engine.compile_bytes)},
    {"engine.module_bytes", config_set_module_bytes, "256KiB", AT_START,
     AT(engine.module_bytes_max)},
    {"engine.object_bytes", config_set_object_bytes, "4MiB", AT_START, AT(engine.object_bytes_max)},
    {"engine.cache_bytes", config_set_cache_bytes, "256MiB", AT_START, AT(engine.cache_bytes_max)},
    {"engine.cache_objects", config_set_cache_objects, "1024", AT_START,
     AT(engine.cache_objects_max)},
};

enum { SITE_KEYS = sizeof site_keys / sizeof site_keys[0] };
static_assert((int)SITE_KEYS <= (int)CONFIG_KEYS_MAX, "each has a text");

/* The name of a key by its index, for market_nearest(). */
static const char *site_key_name(const void *context, size_t index)
{
    (void)context;
    return index < SITE_KEYS ? site_keys[index].path : NULL;
}

static bool config_has_table(const char *path)
{
    size_t size = strlen(path);

    for (size_t i = 0; i < SITE_KEYS; i++) {
        if (strncmp(site_keys[i].path, path, size) == 0 && site_keys[i].path[size] == '.')
            return true;
    }
    return false;
}

/* A key that is not known is an error, and a slip gets a hint. */
static enum status config_unknown_key(const char *path, struct fault *fault)
{
    const char *nearest = market_nearest(path, site_key_name, NULL);

    if (nearest == NULL)
        return fault_set(fault, ST_MISSING, "no setting is called \"%.60s\"", path);
    return fault_set(fault, ST_MISSING, "no setting is called \"%.60s\"; did you mean \"%s\"?",
                     path, nearest);
}

/* Set a key, and keep its text for people, with a mark at the end of one that is cut. */
static enum status config_set_key(struct site_config *config, size_t key, const char *text,
                                  struct fault *fault)
{
    enum status status = site_keys[key].set(config, text, fault);

    if (status == ST_OK)
        (void)text_escape(config->texts[key], CONFIG_TEXT_BYTES, text, strlen(text));
    return status;
}

static enum status config_set_item(struct site_config *config, const struct toml_item *item,
                                   struct fault *fault)
{
    for (size_t i = 0; i < SITE_KEYS; i++) {
        if (strcmp(item->path, site_keys[i].path) != 0)
            continue;
        if (item->kind != TOML_TEXT)
            return fault_set(fault, ST_INVALID, "%s: wants a text in quotes, such as \"%s\"",
                             item->path, site_keys[i].value);
        return config_set_key(config, i, item->text, fault);
    }
    return config_unknown_key(item->path, fault);
}

/* ---- both files ---- */

static enum pricebook_kind config_price_kind(enum toml_kind kind)
{
    switch (kind) {
    case TOML_TEXT:
        return PRICEBOOK_TEXT;
    case TOML_INTEGER:
        return PRICEBOOK_INTEGER;
    case TOML_FLOAT:
        return PRICEBOOK_FLOAT;
    case TOML_TABLE:
    case TOML_OTHER:
        return PRICEBOOK_OTHER;
    }
    return PRICEBOOK_OTHER;
}

/*
 * Take one item of the file, and report it if it is wrong: an unknown key where its name stands, a
 * wrong value where the value stands.
 */
static void config_take_item(void *context, const struct toml_item *item)
{
    struct reading *reading = context;
    struct pricebook_entry entry = {item->path, config_price_kind(item->kind), item->text};
    struct fault fault;
    enum status status;

    /* A table alone sets nothing, but one that has no keys of ours is a slip. */
    if (item->kind == TOML_TABLE &&
        (reading->book != NULL ? pricebook_has_table(item->path) : config_has_table(item->path)))
        return;
    if (reading->book != NULL)
        status = pricebook_set(reading->book, reading->reader->orders, &entry, &fault);
    else
        status = config_set_item(reading->config, item, &fault);
    if (status == ST_MISSING)
        config_report(reading, item->key_line, item->key_column, fault.text);
    else if (status != ST_OK)
        config_report(reading, item->line, item->column, fault.text);
}

static enum status config_join_path(char path[CONFIG_PATH_BYTES], const char *dir, const char *file,
                                    struct fault *fault)
{
    int size = snprintf(path, CONFIG_PATH_BYTES, "%s/%s", dir, file);

    if (size < 0 || size >= CONFIG_PATH_BYTES)
        return fault_set(fault, ST_INVALID, "the path of %s in %.100s is too long", file, dir);
    return ST_OK;
}

/*
 * Read the whole file, one byte more than allowed so that a longer one is noticed.  On ST_OK the
 * caller frees *data.
 */
static enum status config_read_file(const char *path, char **data, size_t *size,
                                    struct fault *fault)
{
    enum status status = ST_OK;
    struct stat found;
    FILE *file;

    *data = NULL;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) /* a pipe would wait for its writer */
        return fault_set(fault, ST_IO, "%s is no regular file", path);
    file = fopen(path, "rb");
    if (file == NULL)
        return fault_set(fault, errno == ENOENT ? ST_MISSING : ST_IO, "open %s: %s", path,
                         strerror(errno));
    *data = malloc(CONFIG_FILE_BYTES_MAX + 1);
    if (*data == NULL) {
        status = fault_set(fault, ST_NOMEM, "read %s: out of memory", path);
        goto out;
    }
    *size = fread(*data, 1, CONFIG_FILE_BYTES_MAX + 1, file);
    if (ferror(file))
        status = fault_set(fault, ST_IO, "read %s: %s", path, strerror(errno));
    else if (*size > CONFIG_FILE_BYTES_MAX)
        status = fault_set(fault, ST_INVALID, "read %s: more than %d bytes", path,
                           CONFIG_FILE_BYTES_MAX);
out:
    if (status != ST_OK) {
        free(*data);
        *data = NULL;
    }
    (void)fclose(file); /* it was only read */
    return status;
}

/*
 * Read and parse one file.  Errors in its text are reported and counted; only a file that cannot be
 * read is a fault.
 */
static enum status config_load_path(struct reading *reading, const char *path, struct fault *fault)
{
    char *data = NULL;
    size_t size = 0;
    struct toml_error bad = {0, 0, ""};
    enum toml_result result;
    enum status status = config_read_file(path, &data, &size, fault);

    if (status != ST_OK)
        return status;
    result = toml_visit(data, size, config_take_item, reading, &bad);
    free(data);
    if (result == TOML_NOMEM)
        return fault_set(fault, ST_NOMEM, "parse %s: out of memory", path);
    if (result == TOML_BAD)
        config_report(reading, bad.line, bad.column, bad.text);
    return ST_OK;
}

/* As config_load_path(), of a file of a site's directory. */
static enum status config_load_file(struct reading *reading, const char *dir, struct fault *fault)
{
    char path[CONFIG_PATH_BYTES];
    enum status status = config_join_path(path, dir, reading->file, fault);

    return status == ST_OK ? config_load_path(reading, path, fault) : status;
}

/* Make a socket's path one to open: a relative one lies in the site's directory. */
static enum status config_place_path(char path[CONFIG_SOCKET_BYTES], const char *key,
                                     const char *dir, struct fault *fault)
{
    char name[CONFIG_SOCKET_BYTES];
    int size;

    if (path[0] == '/')
        return ST_OK;
    memcpy(name, path, sizeof name);
    size = snprintf(path, CONFIG_SOCKET_BYTES, "%s/%s", dir, name);
    if (size < 0 || size >= CONFIG_SOCKET_BYTES)
        return fault_set(fault, ST_INVALID,
                         "%s: %.100s/%s is longer than a unix socket's path may be "
                         "(%d bytes); give a shorter absolute path in site.toml",
                         key, dir, name, CONFIG_SOCKET_BYTES - 1);
    return ST_OK;
}

static enum status config_place_sockets(struct site_config *config, const char *dir,
                                        struct fault *fault)
{
    enum status status = config_place_path(config->socket, "control.socket", dir, fault);

    static_assert((int)METRICS_PATH_BYTES == (int)CONFIG_SOCKET_BYTES, "both are of sockets");
    if (status == ST_OK && config->metrics.place == METRICS_UNIX)
        status = config_place_path(config->metrics.path, "metrics.listen", dir, fault);
    return status;
}

void site_config_default(struct site_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < SITE_KEYS; i++) {
        INVARIANT(site_keys[i].size > 0); /* without its place a change would go unseen */
        INVARIANT(config_set_key(config, i, site_keys[i].value, NULL) == ST_OK);
    }
    INVARIANT(config->map_bytes == MAP_BYTES_DEFAULT); /* the table and the constant agree */
}

/* ---- two configurations ---- */

void config_each_change(const struct site_config *old, const struct site_config *new,
                        void (*visit)(void *context, const struct config_change *change),
                        void *context)
{
    for (size_t i = 0; i < SITE_KEYS; i++) {
        const struct site_key *key = &site_keys[i];
        const struct config_change change = {.key = key->path,
                                             .old = old->texts[i],
                                             .new = new->texts[i],
                                             .reloads = key->effect == AT_RELOAD};

        /* By the value: "1GiB" is no other than "1024MiB". */
        if (memcmp((const char *)old + key->offset, (const char *)new + key->offset, key->size) !=
            0)
            visit(context, &change);
    }
}

void config_take_reloads(struct site_config *running, const struct site_config *new)
{
    for (size_t i = 0; i < SITE_KEYS; i++) {
        const struct site_key *key = &site_keys[i];

        if (key->effect != AT_RELOAD)
            continue;
        memcpy((char *)running + key->offset, (const char *)new + key->offset, key->size);
        memcpy(running->texts[i], new->texts[i], CONFIG_TEXT_BYTES);
    }
}

/*
 * Read prices, of prices.toml in `dir` or if that is NULL of the file alone, over the defaults, and
 * check what must hold between entries once each alone is good.  Errors are counted in `reading`.
 */
static enum status config_read_prices(struct reading *reading, const char *dir, struct fault *fault)
{
    struct fault between;
    enum status status;

    pricebook_default(reading->book, reading->reader->orders);
    status = dir == NULL ? config_load_path(reading, reading->file, fault)
                         : config_load_file(reading, dir, fault);
    if (status == ST_OK && reading->errors == 0 &&
        pricebook_check(reading->book, &between) != ST_OK)
        config_report(reading, 0, 0, between.text);
    return status;
}

enum status config_load_prices(const char *path, const struct config_reader *reader,
                               struct pricebook *book, struct fault *fault)
{
    struct pricebook new_book;
    struct reading prices = {reader, path, 0, NULL, &new_book};
    enum status status = config_read_prices(&prices, NULL, fault);

    if (status != ST_OK)
        return status;
    if (prices.errors > 0)
        return fault_set(fault, ST_INVALID, "%u errors in %.200s", prices.errors, path);
    *book = new_book;
    return ST_OK;
}

enum status config_load(const char *dir, const struct config_reader *reader,
                        struct site_config *config, struct pricebook *book, struct fault *fault)
{
    struct site_config new_config;
    struct pricebook new_book;
    struct reading site = {reader, site_file, 0, &new_config, NULL};
    struct reading prices = {reader, prices_file, 0, NULL, &new_book};
    struct fault between;
    enum status status;

    site_config_default(&new_config);
    /* Both files are read before either counts: an operator sees the errors of both. */
    status = config_load_file(&site, dir, fault);
    if (status != ST_OK)
        return status;
    status = config_read_prices(&prices, dir, fault);
    if (status != ST_OK)
        return status;
    /* Between keys, once each alone is good: a value that was refused would be compared else. */
    if (site.errors == 0 && new_config.disk_full_percent > new_config.disk_low_percent)
        config_report(&site, 0, 0, "store.disk_full: wants no more than store.disk_low");
    if (site.errors == 0 && config_check_engine(&new_config, &between) != ST_OK)
        config_report(&site, 0, 0, between.text);
    if (site.errors == 0 && config_check_metrics(&new_config, &between) != ST_OK)
        config_report(&site, 0, 0, between.text);
    if (site.errors + prices.errors > 0)
        return fault_set(fault, ST_INVALID, "%u errors in %s and %u in %s of %.200s", site.errors,
                         site_file, prices.errors, prices_file, dir);
    status = config_place_sockets(&new_config, dir, fault);
    if (status != ST_OK)
        return status;
    /* The bound holds for the first map, too. */
    if (new_config.map_bytes > new_config.max_bytes)
        new_config.map_bytes = new_config.max_bytes;
    *config = new_config;
    *book = new_book;
    return ST_OK;
}
