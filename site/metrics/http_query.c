#include "site/metrics/http_query.h"

#include <microhttpd.h>

const char *http_value(const struct http_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->items[i].name, name) == 0)
            return query->items[i].value;
    return NULL;
}

/* Copy a text; NULL: there is no room. */
static const char *query_copy(struct http_query *query, const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);
    char *to = query->text + query->used;

    if (size >= sizeof query->text - query->used)
        return NULL;
    if (size != 0)
        memcpy(to, text, size);
    to[size] = '\0';
    query->used += size + 1;
    return to;
}

static enum MHD_Result query_add(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct http_query *query = context;

    (void)kind;
    query->too_much = query->too_much || query->count == HTTP_QUERY_MAX;
    if (query->too_much)
        return MHD_NO;
    query->items[query->count].name = query_copy(query, name);
    query->items[query->count].value = query_copy(query, value);
    query->too_much =
        query->items[query->count].name == NULL || query->items[query->count].value == NULL;
    query->count += query->too_much ? 0 : 1;
    return MHD_YES;
}

void http_query_read(struct http_query *query, struct MHD_Connection *connection,
                     const struct http_route *route)
{
    *query = (struct http_query){.path = route->path};
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, query_add, query);
}
