/*
 * Reading an endpoint: its form alone.  Each *_error() returns NULL, or what is wrong in words for
 * whoever typed it, and fills its part of *endpoint.
 */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

enum { LABEL_BYTES_MAX = 63, PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

static const char tcp_prefix[] = "tcp://";
static const char ipc_prefix[] = "ipc://";
static const char digits[] = "0123456789";

static enum status endpoint_wrong(struct fault *fault, const char *what)
{
    return fault_set(fault, ST_INVALID, "%s; wants tcp://HOST:PORT or ipc:///PATH", what);
}

/* ---- tcp ---- */

/* Letters, digits, '-' and '_' between dots, as in names of hosts and of network interfaces. */
static bool endpoint_is_name(const char *host)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    for (;;) {
        size_t label = strspn(host, letters);

        if (label == 0 || label > LABEL_BYTES_MAX || host[0] == '-' || host[label - 1] == '-')
            return false;
        if (host[label] == '\0')
            return true;
        if (host[label] != '.')
            return false;
        host += label + 1;
        if (host[0] == '\0') /* a dot at the end: the name is complete */
            return true;
    }
}

/* An IPv6 address, with a zone (fe80::1%eth0) or without. */
static bool endpoint_is_ipv6(const char *host)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t raw[16];
    const char *zone = strchr(host, '%');
    size_t size = zone == NULL ? strlen(host) : (size_t)(zone - host);

    if (size >= sizeof address || (zone != NULL && !endpoint_is_name(zone + 1)))
        return false;
    memcpy(address, host, size);
    address[size] = '\0';
    return inet_pton(AF_INET6, address, raw) == 1;
}

/* Whether the host means all addresses of a machine: `*`, 0.0.0.0 or ::. */
static bool endpoint_is_anywhere(const struct endpoint *endpoint)
{
    uint8_t raw[16] = {0};
    static const uint8_t zero[16];

    if (!endpoint->is_address)
        return strcmp(endpoint->host, "*") == 0;
    if (inet_pton(endpoint->is_ipv6 ? AF_INET6 : AF_INET, endpoint->host, raw) != 1)
        return false; /* with a zone: an address of one network interface */
    return memcmp(raw, zero, sizeof raw) == 0;
}

static const char *endpoint_host_error(struct endpoint *endpoint, bool bracketed,
                                       enum endpoint_use use)
{
    uint8_t raw[4];

    if (bracketed) {
        endpoint->is_address = true;
        endpoint->is_ipv6 = true;
        if (!endpoint_is_ipv6(endpoint->host))
            return "what stands in brackets is no IPv6 address";
    } else if (strchr(endpoint->host, ':') != NULL) {
        return "an IPv6 address stands in brackets, as in tcp://[::1]:9901";
    } else if (strspn(endpoint->host, "0123456789.") == strlen(endpoint->host)) {
        endpoint->is_address = true;
        if (inet_pton(AF_INET, endpoint->host, raw) != 1)
            return "the host is no IPv4 address, and no name has only digits and dots";
    } else if (strcmp(endpoint->host, "*") != 0 && !endpoint_is_name(endpoint->host)) {
        return "the host is no name and no address";
    }
    /* It would reach this machine itself, which is never what was meant. */
    if (use == ENDPOINT_DIAL && endpoint_is_anywhere(endpoint))
        return "that host means every address of a machine: one can listen there, and not dial it";
    return NULL;
}

static const char *endpoint_port_error(struct endpoint *endpoint, const char *text)
{
    unsigned port = 0;
    size_t size = strlen(text);

    if (size == 0)
        return "the port is missing";
    if (strspn(text, digits) != size || text[0] == '0' || size > PORT_DIGITS_MAX)
        return "the port is no number from 1 to 65535";
    for (; *text != '\0'; text++)
        port = port * 10 + (unsigned)(*text - '0');
    if (port > PORT_MAX)
        return "the port is no number from 1 to 65535";
    endpoint->port = (uint16_t)port;
    return NULL;
}

static const char *endpoint_tcp_error(struct endpoint *endpoint, const char *at,
                                      enum endpoint_use use)
{
    bool bracketed = at[0] == '[';
    const char *end;
    const char *error;
    size_t size;

    if (strchr(at, '/') != NULL)
        return "tcp:// has a host and a port, and no path";
    /* The last colon: what is before it shows whether it was an IPv6 address without brackets. */
    end = bracketed ? strstr(at, "]:") : strrchr(at, ':');
    if (end == NULL)
        return "the port is missing";
    at += bracketed;
    size = (size_t)(end - at);
    if (size == 0)
        return "the host is missing";
    memcpy(endpoint->host, at, size);
    endpoint->host[size] = '\0';
    error = endpoint_host_error(endpoint, bracketed, use);
    return error != NULL ? error : endpoint_port_error(endpoint, end + 1 + bracketed);
}

/* ---- ipc ---- */

static const char *endpoint_ipc_error(struct endpoint *endpoint, const char *path)
{
    size_t size = strlen(path);

    /* Relative to what, for a daemon?  So the whole path. */
    if (path[0] != '/' || path[size - 1] == '/')
        return "ipc:// has the whole path of a socket, beginning with a slash";
    if (size > ENDPOINT_PATH_BYTES_MAX)
        return "the path of a socket has at most 107 bytes";
    memcpy(endpoint->host, path, size + 1);
    return NULL;
}

/* ---- either ---- */

enum status endpoint_parse(struct endpoint *endpoint, const char *text, enum endpoint_use use,
                           struct fault *fault)
{
    const char *error;

    *endpoint = (struct endpoint){0};
    if (strlen(text) > ENDPOINT_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "an endpoint has at most %d bytes", ENDPOINT_BYTES_MAX);
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return endpoint_wrong(fault,
                                  "an endpoint has printable ASCII characters only, and no spaces");
    if (strncmp(text, tcp_prefix, strlen(tcp_prefix)) == 0) {
        error = endpoint_tcp_error(endpoint, text + strlen(tcp_prefix), use);
    } else if (strncmp(text, ipc_prefix, strlen(ipc_prefix)) == 0) {
        endpoint->transport = ENDPOINT_IPC;
        error = endpoint_ipc_error(endpoint, text + strlen(ipc_prefix));
    } else {
        error = "it begins with neither tcp:// nor ipc://";
    }
    return error == NULL ? ST_OK : endpoint_wrong(fault, error);
}
