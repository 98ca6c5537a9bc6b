#include "site/config/metrics.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const char listen_wants[] = "metrics.listen: wants \"\", an address such as "
                                   "\"127.0.0.1:9464\" or \"[::1]:9464\", or \"unix:PATH\"";

static enum status config_set_metrics_path(struct metrics_settings *metrics, const char *path,
                                           struct fault *fault)
{
    size_t size = strlen(path);

    if (size < 1 || size >= METRICS_PATH_BYTES)
        return fault_set(fault, ST_INVALID, "metrics.listen: wants a path of 1 to %d bytes",
                         METRICS_PATH_BYTES - 1);
    metrics->place = METRICS_UNIX;
    memcpy(metrics->path, path, size + 1);
    return ST_OK;
}

/* In digits, as nothing is looked up; whether the machine has the address is seen in a start. */
static bool config_is_address(const char *host, bool brackets)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(brackets ? AF_INET6 : AF_INET, host, address) == 1;
}

enum status config_set_metrics_listen(struct site_config *config, const char *text,
                                      struct fault *fault)
{
    struct metrics_settings metrics = {.mode = config->metrics.mode,
                                       .remote = config->metrics.remote,
                                       .page = config->metrics.page};
    bool brackets = text[0] == '[';
    const char *colon = strrchr(text, ':');
    size_t size;
    unsigned long port;

    if (text[0] == '\0') {
        config->metrics = metrics;
        return ST_OK;
    }
    if (strncmp(text, "unix:", 5) == 0) {
        enum status status = config_set_metrics_path(&metrics, text + 5, fault);

        if (status == ST_OK)
            config->metrics = metrics;
        return status;
    }
    if (colon == NULL || colon[1] < '1' || colon[1] > '9' || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return fault_set(fault, ST_INVALID, "%s", listen_wants);
    port = strtoul(colon + 1, NULL, 10);
    size = (size_t)(colon - text) - (brackets ? 2 : 0);
    if (port > UINT16_MAX || size >= METRICS_HOST_BYTES ||
        (brackets && (colon < text + 2 || colon[-1] != ']')))
        return fault_set(fault, ST_INVALID, "%s", listen_wants);
    memcpy(metrics.host, text + (brackets ? 1 : 0), size);
    if (!config_is_address(metrics.host, brackets))
        return fault_set(fault, ST_INVALID, "%s", listen_wants);
    metrics.place = METRICS_TCP;
    metrics.port = (uint16_t)port;
    config->metrics = metrics;
    return ST_OK;
}

enum status config_set_metrics_mode(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    mode_t mode;

    if (!config_read_mode(text, &mode))
        return fault_set(fault, ST_INVALID,
                         "metrics.mode: wants an octal mode such as \"0600\" (only the daemon's "
                         "user) or \"0666\" (everybody on the machine)");
    config->metrics.mode = mode;
    return ST_OK;
}

enum status config_set_metrics_remote(struct site_config *config, const char *text,
                                      struct fault *fault)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return fault_set(fault, ST_INVALID, "metrics.remote: wants \"no\" or \"yes\"");
    config->metrics.remote = text[0] == 'y';
    return ST_OK;
}

enum status config_set_metrics_page(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return fault_set(fault, ST_INVALID, "metrics.page: wants \"no\" or \"yes\"");
    config->metrics.page = text[0] == 'y';
    return ST_OK;
}

static bool config_is_loopback(const char *host)
{
    unsigned char four[4];
    struct in6_addr six;

    if (inet_pton(AF_INET, host, four) == 1)
        return four[0] == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

enum status config_check_metrics(const struct site_config *config, struct fault *fault)
{
    const struct metrics_settings *metrics = &config->metrics;

    if (metrics->place == METRICS_TCP && !metrics->remote && !config_is_loopback(metrics->host))
        return fault_set(fault, ST_INVALID,
                         "metrics.listen: %s can be reached from other machines, and whoever does "
                         "reads this site's figures, without a password: say metrics.remote = "
                         "\"yes\" if that is meant",
                         metrics->host);
    /* It shows every agent's and customer's money, and asks for no password. */
    if (metrics->page && metrics->remote)
        return fault_set(fault, ST_INVALID,
                         "metrics.page: the page is for this machine alone, and metrics.remote is "
                         "\"yes\": reach it by `ssh -L`, or through a proxy that asks who it is");
    return ST_OK;
}
