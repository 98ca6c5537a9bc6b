/* Wires: what is under way on them, and what is lost. */
#ifndef SERAI_SIM_NETWORK_H
#define SERAI_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct bytes;
struct core_parcel;
struct link;
struct sim;
struct sim_site;
struct sim_wire;

/* ---- finding ---- */

/* The wire of a site's interface, and which end of it the site has.  There must be one. */
size_t network_wire_of(const struct sim *sim, uint32_t site, uint32_t interface, int *end);

/* The link at one end of a wire, also one that was removed; NULL when that site is down. */
struct link *network_link(const struct sim *sim, const struct sim_wire *wire, int end);

/*
 * The link of a site that is up to the site with the index `peer`, also one that was removed; NULL:
 * there is none.
 */
struct link *network_link_to(const struct sim_site *site, uint32_t peer);

/* ---- parcels ---- */

/* Put a parcel on its wire, with the faults of the profile. */
void network_post(struct sim_site *site, const struct core_parcel *parcel);

/*
 * Take the next parcel that an end of a wire sent and whose time has come.  False: there is none.
 * The caller ends *parcel with bytes_fini().
 */
MUST_CHECK bool network_take(const struct sim *sim, struct sim_wire *wire, int end,
                             struct bytes *parcel);

/* Whether no parcel is under way and no connection is to be made. */
bool network_is_empty(const struct sim *sim);

/* ---- connections ---- */

/* End the connection of a wire: what was under way is gone, but for a late parcel now and then. */
void network_disconnect(struct sim *sim, struct sim_wire *wire);

/* End the connections of a site; they are made again when both ends are there. */
void network_lost(struct sim *sim, uint32_t site);

/* Cut wires and end connections, by the profile. */
void network_faults(struct sim *sim);

/* Make all wires whole, with new connections. */
void network_heal(struct sim *sim);

#endif
