#include "site/daemon/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 512 * 1024 };

struct lookup {
    struct lookup *next;
    struct desk *desk;
    uint64_t ticket;
    char host[ENDPOINT_BYTES_MAX + 1];
    struct addresses addresses;
};

/* Shared with the threads of look-ups; the last one that uses it frees it. */
struct desk {
    pthread_mutex_t mutex;
    resolve_name resolve;
    struct lookup *answered; /* oldest first */
    size_t going;
    int event_fd; /* -1: the resolver is freed */
};

struct resolver {
    struct desk *desk;
};

/* ---- the system's resolver ---- */

static void addresses_add(struct addresses *addresses, const struct addrinfo *info)
{
    char number[ADDRESS_BYTES - 2];
    char *to = addresses->text[addresses->count];

    /* Digits only, so nothing is asked; a scope stays with its address. */
    if (getnameinfo(info->ai_addr, info->ai_addrlen, number, sizeof number, NULL, 0,
                    NI_NUMERICHOST) != 0)
        return;
    (void)snprintf(to, ADDRESS_BYTES, info->ai_family == AF_INET6 ? "[%s]" : "%s", number);
    addresses->count++;
}

void resolve_by_system(const char *host, struct addresses *addresses)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, NULL, &hints, &found);

    if (error != 0) {
        (void)snprintf(addresses->error, sizeof addresses->error, "%s", gai_strerror(error));
        return;
    }
    for (const struct addrinfo *at = found; at != NULL && addresses->count < ADDRESSES_MAX;
         at = at->ai_next)
        if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
            addresses_add(addresses, at);
    freeaddrinfo(found);
}

/* ---- the threads ---- */

static void desk_free(struct desk *desk)
{
    while (desk->answered != NULL) {
        struct lookup *lookup = desk->answered;

        desk->answered = lookup->next;
        free(lookup);
    }
    (void)pthread_mutex_destroy(&desk->mutex);
    free(desk);
}

/* With the mutex held. */
static void desk_add_answer(struct desk *desk, struct lookup *lookup)
{
    const uint64_t one = 1;
    struct lookup **end = &desk->answered;

    while (*end != NULL)
        end = &(*end)->next;
    *end = lookup;
    (void)!write(desk->event_fd, &one, sizeof one); /* fails only when it is readable anyway */
}

/* One look-up, the body of its thread.  The resolver may be freed while the system is asked. */
static void *lookup_run(void *context)
{
    struct lookup *lookup = context;
    struct desk *desk = lookup->desk;
    bool last;

    desk->resolve(lookup->host, &lookup->addresses);
    (void)pthread_mutex_lock(&desk->mutex);
    desk->going--;
    last = desk->event_fd < 0 && desk->going == 0;
    if (desk->event_fd >= 0)
        desk_add_answer(desk, lookup);
    else
        free(lookup);
    (void)pthread_mutex_unlock(&desk->mutex);
    if (last)
        desk_free(desk);
    return NULL;
}

/* Detached: nobody waits for a name server that does not answer.  Returns 0 or an errno. */
static int lookup_start(struct lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    error = pthread_create(&thread, &attributes, lookup_run, lookup);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

/* ---- asking ---- */

enum status resolver_new(struct resolver **resolver, resolve_name resolve, struct fault *fault)
{
    struct resolver *made = calloc(1, sizeof *made);
    struct desk *desk = calloc(1, sizeof *desk);

    if (made == NULL || desk == NULL || pthread_mutex_init(&desk->mutex, NULL) != 0) {
        free(made);
        free(desk);
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    }
    made->desk = desk;
    desk->resolve = resolve;
    desk->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (desk->event_fd < 0) {
        desk_free(desk);
        free(made);
        return fault_set(fault, ST_IO, "links: eventfd: %s", strerror(errno));
    }
    *resolver = made;
    return ST_OK;
}

void resolver_free(struct resolver *resolver)
{
    struct desk *desk;
    bool last;

    if (resolver == NULL)
        return;
    desk = resolver->desk;
    /* Under the mutex, so that a look-up sees the descriptor or that it is gone, and frees the
     * desk. */
    (void)pthread_mutex_lock(&desk->mutex);
    (void)close(desk->event_fd);
    desk->event_fd = -1;
    last = desk->going == 0;
    (void)pthread_mutex_unlock(&desk->mutex);
    if (last)
        desk_free(desk);
    free(resolver);
}

/* False: LOOKUPS_MAX go on. */
static bool desk_take_place(struct desk *desk)
{
    bool is_free;

    (void)pthread_mutex_lock(&desk->mutex);
    is_free = desk->going < LOOKUPS_MAX;
    desk->going += is_free;
    (void)pthread_mutex_unlock(&desk->mutex);
    return is_free;
}

static void desk_give_place(struct desk *desk)
{
    (void)pthread_mutex_lock(&desk->mutex);
    desk->going--;
    (void)pthread_mutex_unlock(&desk->mutex);
}

enum status resolver_ask(struct resolver *resolver, uint64_t ticket, const char *host,
                         struct fault *fault)
{
    struct desk *desk = resolver->desk;
    struct lookup *lookup;
    int error;

    if (!desk_take_place(desk))
        return fault_set(fault, ST_FULL, "%d other names are being looked up already", LOOKUPS_MAX);
    /* All that the thread needs is its own: the wire may be gone when the answer comes. */
    lookup = calloc(1, sizeof *lookup);
    if (lookup != NULL) {
        lookup->desk = desk;
        lookup->ticket = ticket;
        (void)snprintf(lookup->host, sizeof lookup->host, "%s", host);
    }
    error = lookup == NULL ? ENOMEM : lookup_start(lookup);
    if (error == 0)
        return ST_OK;
    desk_give_place(desk);
    free(lookup);
    return fault_set(fault, ST_FULL, "no thread to look up a name: %s", strerror(error));
}

int resolver_fd(const struct resolver *resolver)
{
    return resolver->desk->event_fd; /* set and closed by the asking thread only */
}

bool resolver_take(struct resolver *resolver, uint64_t *ticket, struct addresses *addresses)
{
    struct desk *desk = resolver->desk;
    struct lookup *lookup;
    uint64_t count;

    (void)!read(desk->event_fd, &count, sizeof count); /* nothing to read: nothing new */
    (void)pthread_mutex_lock(&desk->mutex);
    lookup = desk->answered;
    if (lookup != NULL)
        desk->answered = lookup->next;
    (void)pthread_mutex_unlock(&desk->mutex);
    if (lookup == NULL)
        return false;
    *ticket = lookup->ticket;
    *addresses = lookup->addresses;
    free(lookup);
    return true;
}
