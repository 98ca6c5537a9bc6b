/*
 * The two files that an operator writes, in the site's directory: site.toml (this daemon) and
 * prices.toml (the price book).  Read whole, checked whole: every error is reported with file, line
 * and column, not only the first, and nothing is taken over unless all is well.
 */
#ifndef SERAI_SITE_CONFIG_CONFIG_H
#define SERAI_SITE_CONFIG_CONFIG_H

#include <sys/types.h>

#include "base/hash.h"
#include "base/log.h"
#include "market/market.h"
#include "site/compiler/settings.h"
#include "site/metrics/settings.h"

enum {
    CONFIG_FILE_BYTES_MAX = 1 << 20,
    CONFIG_NAME_BYTES = 33,  /* a site's name: 1 to 32 of a-z 0-9 and '-', and the NUL */
    CONFIG_PATH_BYTES = 512, /* room for dir plus file name */
    CONFIG_ENDPOINT_BYTES = 129,
    CONFIG_SOCKET_BYTES = 108, /* sun_path of a unix socket */
    DISK_SHARE_MAX = 90,       /* percent */
    CONFIG_KEYS_MAX = 64,      /* of site.toml */
    CONFIG_TEXT_BYTES = 64,    /* of a value, for people: a longer one is cut */
};

/* site.toml; comments give key and default. */
struct site_config {
    char name[CONFIG_NAME_BYTES];     /* name = "site" */
    char socket[CONFIG_SOCKET_BYTES]; /* control.socket = "control.sock": in the directory, or
                                         absolute */
    mode_t socket_mode;               /* control.mode = "0600": who may connect; octal */
    /* control.group = "": the group of the socket, by name or number; CONFIG_NO_GROUP: none */
    gid_t socket_group;
    enum log_level log_level; /* log.level = "info": error, warn, info, debug */
    uint64_t map_bytes;     /* ledger.map_bytes = "4GiB": mapped at first; never above max_bytes */
    uint64_t segment_bytes; /* ledger.segment_bytes = "64MiB": of journal, in one archive */
    uint64_t max_bytes;     /* store.max_bytes = "": how large the store may grow */
    uint64_t disk_low_percent;  /* store.disk_low = "30%": below it the site warns */
    uint64_t disk_full_percent; /* store.disk_full = "15%": below it it holds back */
    uint64_t log_bytes;         /* store.log_bytes = "256MiB": what is not swept to its tables */
    /* link.listen = "": where peers dial this site, tcp:// or ipc://; empty: nowhere */
    char link_listen[CONFIG_ENDPOINT_BYTES];
    struct metrics_settings metrics; /* [metrics]; its path, too, is one to open */
    struct tier1_settings engine;    /* [engine] */
    /* The values as they were written, or the defaults, by the order of the table in config.c. */
    char texts[CONFIG_KEYS_MAX][CONFIG_TEXT_BYTES];
};

#define CONFIG_NO_GROUP ((gid_t)-1) /* the socket keeps the daemon's own */

struct config_error {
    const char *file; /* "site.toml", "prices.toml", or of config_load_prices() the path */
    uint32_t line;    /* from 1; 0 when the whole file is meant */
    uint32_t column;  /* from 1, in characters */
    const char *text;
};

struct config_reader {
    const struct order_names *orders; /* of the guest ABI; NULL: none has a price of its own */
    void (*report)(void *context, const struct config_error *error); /* each error, in order */
    void *context;
};

/* Whether a text may be a site's name: 1 to 32 of a-z, 0-9 and '-'. */
bool config_is_name(const char *text);

/*
 * Read who may write to a socket, which is who may connect: an octal mode in which the daemon's own
 * user may, and nobody executes it.  False: the text is none.
 */
MUST_CHECK bool config_read_mode(const char *text, mode_t *mode);

/*
 * Fill *config with the defaults.  The socket's path is relative to the site's directory until
 * config_load() makes it one to open.
 */
void site_config_default(struct site_config *config);

/*
 * Read dir/site.toml and dir/prices.toml over the defaults.  config->socket comes back as the path
 * to open.  ST_INVALID: errors were reported, the fault counts them.  ST_MISSING: a file is not
 * there, ST_IO: it cannot be read; these are in the fault alone.  Both results are written only on
 * ST_OK.
 */
MUST_CHECK enum status config_load(const char *dir, const struct config_reader *reader,
                                   struct site_config *config, struct pricebook *book,
                                   struct fault *fault);

/*
 * Read a file of prices alone, over the defaults.  config_error.file is its path; fails as
 * config_load().
 */
MUST_CHECK enum status config_load_prices(const char *path, const struct config_reader *reader,
                                          struct pricebook *book, struct fault *fault);

/* A key of site.toml whose value differs. */
struct config_change {
    const char *key;
    const char *old; /* as they were written; cut */
    const char *new;
    bool reloads; /* it takes effect while the site runs; else at the next start */
};

/* Visit the keys that have one value in `old` and another in `new`, in the table's order. */
void config_each_change(const struct site_config *old, const struct site_config *new,
                        void (*visit)(void *context, const struct config_change *change),
                        void *context);

/*
 * Take over from `new` the keys that take effect while the site runs.  The others stay as the site
 * was started with them, so that they are found to differ until the next start.
 */
void config_take_reloads(struct site_config *running, const struct site_config *new);

/*
 * Write both files new, with every key, its default and its unit, for `site init`.  ST_EXISTS: one
 * is there already, and it is left alone; ST_INVALID: the name is not one; ST_IO.
 */
MUST_CHECK enum status config_write_new(const char *dir, const char *name,
                                        const struct order_names *orders, struct fault *fault);

#endif
