/* One instance of a site on this machine, as `serai host ls` shows it. */
#ifndef SERAI_SITE_CLI_HOST_H
#define SERAI_SITE_CLI_HOST_H

#include <assert.h>

#include "base/int128.h"
#include "base/status.h"

enum { HOST_PATH_BYTES = 512, HOST_WHY_BYTES = 300, HOST_SITES_MAX = 256 };

struct host_site {
    char dir[HOST_PATH_BYTES]; /* as it was given or found */
    /* running, draining, drained, frozen, rests; stopped; silent: no answer in time; broken; denied
     */
    char state[16];
    char why[HOST_WHY_BYTES]; /* of the last three */
    char currency[16];
    bool has_money; /* the next three are known */
    uint64_t frame;
    u128 revenue;     /* ever earned */
    u128 liabilities; /* what customers and agents hold */
    bool is_asked;    /* it runs and has answered: the next four are known */
    uint64_t agents;
    uint64_t links;
    uint64_t links_up;
    uint64_t free_bytes; /* for its books */
    uint64_t disk_bytes; /* that its books take */
};

static_assert(sizeof(struct host_site) <= 4096, "a pipe takes one whole");

/* Find out about the site in `site->dir`, and fill in the rest.  May wait for long. */
void host_look(struct host_site *site);

/*
 * host_look() for all, each in a process of its own that is given up after a second: what it was
 * about is silent then.
 */
void host_look_at_all(struct host_site *sites, size_t count);

#endif
