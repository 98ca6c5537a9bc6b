/* Where a site's figures are served, as [metrics] of site.toml says. */
#ifndef SERAI_SITE_METRICS_SETTINGS_H
#define SERAI_SITE_METRICS_SETTINGS_H

#include <sys/types.h>

#include "base/status.h"

enum {
    METRICS_HOST_BYTES = 64,  /* an address in digits, without brackets */
    METRICS_PATH_BYTES = 108, /* sun_path of a unix socket */
};

enum metrics_place { METRICS_NOWHERE = 0, METRICS_TCP, METRICS_UNIX };

struct metrics_settings {
    enum metrics_place place; /* metrics.listen = "" */
    char host[METRICS_HOST_BYTES];
    uint16_t port;
    char path[METRICS_PATH_BYTES]; /* of a socket: to open, once the configuration was loaded */
    mode_t mode;                   /* metrics.mode = "0600": of that socket; octal */
    bool remote;                   /* metrics.remote = "no": an address beyond loopback is meant */
    bool page;                     /* metrics.page = "no": the page is served beside the figures */
};

/* Whether they are served anywhere; NULL: nowhere. */
static inline bool metrics_are_served(const struct metrics_settings *settings)
{
    return settings != NULL && settings->place != METRICS_NOWHERE;
}

/* Whether the page is, beside them; NULL: no. */
static inline bool page_is_served(const struct metrics_settings *settings)
{
    return metrics_are_served(settings) && settings->page;
}

#endif
