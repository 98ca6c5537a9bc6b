/* What passes between sites, and how their links come and go. */
#ifndef SERAI_SIM_TRAFFIC_H
#define SERAI_SIM_TRAFFIC_H

#include <stdint.h>

struct bytes;
struct sim;

/* Make connections that are due, and deliver the parcels whose time has come. */
void traffic_deliver(struct sim *sim);

/* Join two sites by links with this limit, and a wire; the first one dials. */
void traffic_join(struct sim *sim, uint32_t first, uint32_t second, uint64_t limit);

/* Remove some links, by chance, before the first agents know of them. */
void traffic_remove_some(struct sim *sim);

/* Add every link that was removed again, at quiet. */
void traffic_rejoin(struct sim *sim);

#endif
