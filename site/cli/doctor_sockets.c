/* Whether somebody answers where the running site is to be reached. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "site/cli/cli.h"
#include "site/cli/connects.h"
#include "site/cli/doctor.h"
#include "site/cli/setup.h"

/* ---- metrics ---- */

static void sockets_look_at_metrics(struct doctor *doctor, const struct metrics_settings *metrics)
{
    char place[CONNECTS_PLACE_BYTES];
    struct bytes body = {0};
    int status = connects_get(metrics, "/readyz", &body);
    int error = errno;

    (void)connects_place(place, metrics);
    if (status == 200)
        doctor_find(doctor, DOCTOR_OK, "metrics", "they are served at %s", place);
    else if (status != 0)
        doctor_find(doctor, DOCTOR_WARN, "metrics", "/readyz at %s: %.100s", place,
                    (const char *)body.data);
    else
        doctor_find(doctor, DOCTOR_FAULT, "metrics", "no answer at %s: %s", place,
                    error == 0 ? "what answers is no HTTP" : strerror(error));
    if (status != 200)
        doctor_next(doctor,
                    "serai site run --check-config --site %s; a change of metrics.listen "
                    "takes a restart",
                    doctor->cli->dir);
    bytes_fini(&body);
}

/* ---- links ---- */

/* Where peers dial: tcp://ADDRESS:PORT; what is not an address in digits is not tried. */
static void sockets_look_at_listen(struct doctor *doctor, const char *endpoint)
{
    char host[64];
    const char *at = endpoint + strlen("tcp://");
    const char *colon = strrchr(endpoint, ':');
    size_t size;
    int fd;

    if (strncmp(endpoint, "tcp://", strlen("tcp://")) != 0 || colon == NULL || colon < at)
        return;
    size = (size_t)(colon - at);
    if (size >= 2 && at[0] == '[') { /* an address of IPv6 stands in brackets */
        at++;
        size -= 2;
    }
    if (size >= sizeof host)
        return;
    memcpy(host, at, size);
    host[size] = '\0';
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    fd = connects_tcp(host, colon + 1);
    if (fd < 0 && errno == EDESTADDRREQ)
        return;
    if (fd >= 0) {
        (void)!close(fd);
        doctor_find(doctor, DOCTOR_OK, "links", "peers find it at %s", endpoint);
        return;
    }
    doctor_find(doctor, DOCTOR_FAULT, "links", "nobody answers at link.listen, %s: %s", endpoint,
                strerror(errno));
    doctor_next(doctor, "serai site status --site %s: a change of link.listen takes a restart",
                doctor->cli->dir);
}

void doctor_look_sockets(struct doctor *doctor)
{
    const struct site_config *config = &doctor->setup->config;

    if (!doctor->runs || !doctor->configured)
        return;
    if (metrics_are_served(&config->metrics))
        sockets_look_at_metrics(doctor, &config->metrics);
    if (config->link_listen[0] != '\0')
        sockets_look_at_listen(doctor, config->link_listen);
}
