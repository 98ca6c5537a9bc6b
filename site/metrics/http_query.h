/* What stands behind the ? of a request, taken from libmicrohttpd.  Private to this folder. */
#ifndef SERAI_SITE_METRICS_HTTP_QUERY_H
#define SERAI_SITE_METRICS_HTTP_QUERY_H

#include "site/metrics/http.h"

struct MHD_Connection;

/* Copy all names and values; query->too_much says that there was no room for them. */
void http_query_read(struct http_query *query, struct MHD_Connection *connection,
                     const struct http_route *route);

#endif
