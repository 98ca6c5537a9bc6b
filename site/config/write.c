/* The first site.toml and prices.toml, which name every key: what can be set can be seen. */
#include "site/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* site.toml as it is written new; %s is the name.  Its values are the defaults of config.c. */
static const char site_text[] =
    "# This site's daemon.  `serai site run --check-config` checks it; `serai site reload` puts\n"
    "# into force what it can, and names what takes a restart.\n"
    "name = \"%s\"\n"
    "\n"
    "[control]\n"
    "socket = \"control.sock\" # in this directory, or an absolute path; other users' customers "
    "need one that they can reach\n"
    "mode = \"0600\" # who may connect: 0600 this daemon's user, 0660 the group, too, 0666 "
    "everybody\n"
    "group = \"\" # of the socket, by name or number; \"\": the daemon's own\n"
    "\n"
    "[log]\n"
    "level = \"info\" # error, warn, info or debug\n"
    "\n"
    "[ledger]\n"
    "map_bytes = \"4GiB\" # addresses taken at a start; the map grows by itself\n"
    "segment_bytes = \"64MiB\" # of journal, in one file of `serai ledger archive`\n"
    "\n"
    "[store]\n"
    "max_bytes = \"\" # how large the books may grow; \"\": as far as their disk has room\n"
    "# shares of max_bytes, or of what the disk has if that is less\n"
    "disk_low = \"30%%\" # with less free the site warns\n"
    "disk_full = \"15%%\" # with less it freezes who writes most, and takes no more agents\n"
    "log_bytes = \"256MiB\" # changes that may wait to be swept to their tables: memory, and the "
    "time of a start\n"
    "\n"
    "[link]\n"
    "listen = \"\" # where peers dial this site, such as tcp://127.0.0.1:9901; \"\": "
    "nowhere\n"
    "\n"
    "[metrics] # figures for Prometheus, /healthz and /readyz: docs/metrics.md\n"
    "# listen = \"127.0.0.1:9464\" # or unix:PATH; without it they are served nowhere\n"
    "# mode = \"0600\" # of a socket at unix:PATH: who may connect, as control.mode\n"
    "# remote = \"no\" # yes: an address that other machines reach is meant\n"
    "# page = \"no\" # yes: a page for browsers, too, with all agents and money: docs/page.md\n"
    "\n"
    "[engine] # agents' code as native code: docs/operate.md, \"Native code\"\n"
    "tier1 = \"off\" # off, named (those of `codes`) or all\n"
    "codes = \"\" # code ids between blanks, as `serai code ls` shows them\n"
    "compiler = \"cc\" # a name, or an absolute path\n"
    "jail = \"full\" # weak: compile also where the kernel cannot lock the compiler in fully\n"
    "hot_fuel = \"100000000\" # what a code's agents use before it is compiled, at least\n"
    "effort_fuel = \"2000000\" # and for each unit of the compile's effort\n"
    "objects = \"256\" # loaded at once\n"
    "compile_seconds = \"30\" # of CPU; by the wall clock four times as many\n"
    "compile_memory = \"1GiB\" # of each process of the compiler\n"
    "module_bytes = \"256KiB\" # a larger module is not compiled\n"
    "object_bytes = \"4MiB\" # the largest object that is taken\n"
    "cache_bytes = \"256MiB\" # all objects on disk\n"
    "cache_objects = \"1024\"\n";

static const char prices_text[] =
    "# What this site's customers pay.  Amounts are texts in decimal, exact to nine places.\n"
    "# A key that is left out keeps the value that `serai site init` wrote here.\n";

/* Make a file.  One that is there already is left alone: ST_EXISTS. */
static enum status config_create(FILE **file, const char *dir, const char *name,
                                 struct fault *fault)
{
    char path[CONFIG_PATH_BYTES];
    int size = snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd;

    if (size < 0 || (size_t)size >= sizeof path)
        return fault_set(fault, ST_INVALID, "the path of %s in %.100s is too long", name, dir);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return fault_set(fault, errno == EEXIST ? ST_EXISTS : ST_IO, "create %s: %s", path,
                         strerror(errno));
    *file = fdopen(fd, "w");
    if (*file == NULL) {
        (void)close(fd); /* nothing was written to it */
        return fault_set(fault, ST_NOMEM, "create %s: %s", path, strerror(errno));
    }
    return ST_OK;
}

/* Sync and close a file that was made.  All errors of writing are seen here, at the end. */
static enum status config_finish(FILE *file, const char *name, struct fault *fault)
{
    bool failed = fflush(file) != 0 || ferror(file) || fsync(fileno(file)) != 0;

    if (fclose(file) != 0 || failed)
        return fault_set(fault, ST_IO, "write %s: %s", name, strerror(errno));
    return ST_OK;
}

/*
 * A price book as it is written.  Lines come in the order of tables, so a new table begins where
 * the first part of a path changes.
 */
struct prices_writer {
    FILE *file;
    char table[PRICEBOOK_PATH_BYTES];
};

/* Write one price with its unit, and before it the head of its table if that is a new one. */
static void prices_write_line(void *context, const struct pricebook_line *line)
{
    struct prices_writer *writer = context;
    const char *dot = strchr(line->path, '.');
    const char *key = dot == NULL ? line->path : dot + 1;
    size_t size = dot == NULL ? 0 : (size_t)(dot - line->path);
    const char *quote = line->is_text ? "\"" : "";

    if (size != strlen(writer->table) || strncmp(writer->table, line->path, size) != 0) {
        memcpy(writer->table, line->path, size);
        writer->table[size] = '\0';
        (void)fprintf(writer->file, "\n[%s]\n", writer->table);
    }
    (void)fprintf(writer->file, "%s = %s%s%s # %s\n", key, quote, line->value, quote, line->unit);
}

/* Write prices.toml with the default book; what is left out there keeps these values. */
static enum status prices_write(const char *dir, const struct order_names *orders,
                                struct fault *fault)
{
    struct prices_writer writer = {NULL, ""};
    struct pricebook book;
    enum status status = config_create(&writer.file, dir, "prices.toml", fault);

    if (status != ST_OK)
        return status;
    pricebook_default(&book, orders);
    (void)fputs(prices_text, writer.file);
    pricebook_each(&book, orders, prices_write_line, &writer);
    return config_finish(writer.file, "prices.toml", fault);
}

enum status config_write_new(const char *dir, const char *name, const struct order_names *orders,
                             struct fault *fault)
{
    FILE *file = NULL;
    enum status status;

    /* Before anything is made: a name goes into the text as it is. */
    if (!config_is_name(name))
        return fault_set(fault, ST_INVALID,
                         "\"%.40s\" is no name of a site: 1 to 32 of a-z, 0-9 and '-'", name);
    status = config_create(&file, dir, "site.toml", fault);
    if (status != ST_OK)
        return status;
    (void)fprintf(file, site_text, name);
    /* site.toml first: it is what a directory with a site is known by. */
    status = config_finish(file, "site.toml", fault);
    if (status != ST_OK)
        return status;
    return prices_write(dir, orders, fault);
}
