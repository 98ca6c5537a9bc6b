/* What clients request of their site. */
#ifndef SERAI_SIM_REQUESTS_H
#define SERAI_SIM_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

struct bytes;
struct link;
struct sim_site;

/*
 * Send one request, which is done and answered at once; only while nothing fails.  `args` is taken.
 * Returns the number under the key `wanted` of the result, 0 for NULL.
 */
uint64_t request_now(struct sim_site *site, uint32_t client, const char *command,
                     struct bytes *args, const char *wanted);

/*
 * Let clients send a request now and then, and repeat it until it is answered; `fresh`: new ones
 * too.
 */
void requests_step(struct sim_site *site, bool fresh);

/* Append the arguments of link.add that joins the peer of a removed link again. */
void request_rejoin_args(const struct link *link, struct bytes *args);

/* Let each client deploy an agent that has hundreds of children at once. */
void requests_crowd(struct sim_site *site);

#endif
