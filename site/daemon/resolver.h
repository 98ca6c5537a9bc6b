/*
 * Looks up names of peers, each in a thread of its own: a name server that is silent keeps
 * nobody waiting but the link whose name it is.  libzmq would do it in the one thread that carries
 * all links, and stand still.
 *
 * A look-up cannot be called off: its thread ends when the system's resolver gives up (some ten
 * seconds), also when nobody wants the answer any more.  At most LOOKUPS_MAX go on at a time.
 */
#ifndef SERAI_SITE_DAEMON_RESOLVER_H
#define SERAI_SITE_DAEMON_RESOLVER_H

#include "base/endpoint.h"
#include "site/daemon/limits.h"

/* As libzmq takes them: an IPv4 address, or an IPv6 address in brackets. */
enum { ADDRESS_BYTES = 72, LOOKUP_ERROR_BYTES = 80 };

struct addresses {
    char text[ADDRESSES_MAX][ADDRESS_BYTES];
    size_t count;                   /* 0: it does not resolve, and `error` says why */
    char error[LOOKUP_ERROR_BYTES]; /* empty: no reason */
};

/* Fill in the addresses of a name; may take long.  Called in a thread of its own. */
typedef void (*resolve_name)(const char *host, struct addresses *addresses);

/* Look up with the system's resolver: /etc/hosts, DNS, whatever it is set up to use. */
void resolve_by_system(const char *host, struct addresses *addresses);

struct resolver; /* opaque; one thread asks and takes */

/* Make a resolver, to be ended with resolver_free().  ST_NOMEM, ST_IO. */
MUST_CHECK enum status resolver_new(struct resolver **resolver, resolve_name resolve,
                                    struct fault *fault);

/*
 * Free a resolver; NULL is allowed.  Look-ups that go on end by themselves, and use nothing of the
 * caller's.
 */
void resolver_free(struct resolver *resolver);

/*
 * Begin to look up a name.  The answer comes under `ticket`.  ST_FULL: too many go on; ask later.
 */
MUST_CHECK enum status resolver_ask(struct resolver *resolver, uint64_t ticket, const char *host,
                                    struct fault *fault);

/* A descriptor that can be read when an answer is there. */
int resolver_fd(const struct resolver *resolver);

/* Take the next answer.  False: there is none yet. */
bool resolver_take(struct resolver *resolver, uint64_t *ticket, struct addresses *addresses);

#endif
