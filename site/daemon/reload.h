/*
 * The site's files read again while it runs: for SIGHUP, and for the read `reload`, whose client is
 * answered when what changed is in force.  They are read and checked whole before anything of them
 * is taken over: an error changes nothing.  The edge's, so that the core waits for no file.
 */
#ifndef SERAI_SITE_DAEMON_RELOAD_H
#define SERAI_SITE_DAEMON_RELOAD_H

#include "site/daemon/opened.h"
#include "site/daemon/parts.h"

struct connection;

/* Findings that are logged and answered one by one; the rest is counted. */
enum { RELOAD_ITEMS_MAX = 512 };

struct reload {
    const struct daemon_reader *reader; /* NULL: no file is read again */
    struct opened *opened;
    struct parts *parts;
    const char *socket_path;
    struct pricebook book; /* in force, or on its way */
    uint32_t books_pushed;
    bool under_way; /* until what was read is in force, or was refused */

    /* What the reading found. */
    struct bytes items; /* CBOR, one map each */
    uint64_t item_count;
    uint64_t changed;
    uint64_t at_start;
    uint64_t wrong;
    uint64_t prices;           /* of the changes */
    struct connection *client; /* waits for the answer; NULL: nobody does */
    uint64_t frame;            /* that its request was in */
};

/*
 * Begin.  `site` is open and `book` in force; all pointers are borrowed, and `reader` may be NULL.
 */
void reload_init(struct reload *reload, const struct daemon_reader *reader, struct opened *opened,
                 struct parts *parts, const char *socket_path, const struct pricebook *book);

/* Free what it holds. */
void reload_fini(struct reload *reload);

/*
 * Read the files, log what was found, and take it over if all is well.  Nothing may be under way
 * from before.  `client` (NULL: nobody) is answered with what
 * reload_end() gives, when reload_is_done(); `frame` is that of its request.
 */
void reload_begin(struct reload *reload, struct connection *client, uint64_t frame);

/* Whether what is under way is in force by now, or was refused. */
bool reload_is_done(const struct reload *reload);

/* End what is under way, and append the answer for the client. */
void reload_end(struct reload *reload, struct bytes *answer);

/* Append the answer for a client whose request cannot be done now: nothing was read. */
void reload_answer_busy(struct bytes *answer, uint64_t frame, const char *why);

#endif
