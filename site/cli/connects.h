/* Connections of `serai doctor` and `support bundle` to where a site listens; all have an end. */
#ifndef SERAI_SITE_CLI_CONNECTS_H
#define SERAI_SITE_CLI_CONNECTS_H

#include "base/bytes.h"
#include "site/config/config.h"

enum { CONNECTS_WAIT_S = 3, CONNECTS_REPLY_BYTES_MAX = 8 * 1024 * 1024 };

/*
 * Connect to an address in digits and a port: no name server is asked.  Returns a descriptor, which
 * the caller closes; else -1 and errno, EDESTADDRREQ for what is no such address.
 */
MUST_CHECK int connects_tcp(const char *host, const char *port);

/* Where figures are served, for people. */
enum { CONNECTS_PLACE_BYTES = METRICS_PATH_BYTES + 16 };
char *connects_place(char text[CONNECTS_PLACE_BYTES], const struct metrics_settings *metrics);

/*
 * GET a path where figures are served.  Appends the body, and a NUL that is not counted, to *body.
 * Returns the status, or 0 and in errno why there is none (0: the answer is no HTTP).
 */
MUST_CHECK int connects_get(const struct metrics_settings *metrics, const char *path,
                            struct bytes *body);

#endif
