/* Parcels that are changed on purpose. */
#ifndef SERAI_SIM_LIAR_H
#define SERAI_SIM_LIAR_H

struct bytes;
struct sim_site;

/* Change a parcel as a lying site does. */
void liar_change(const struct sim_site *site, struct bytes *parcel);

/* Add a nano to each packet of a parcel: a planted fault. */
void liar_add_money(struct bytes *parcel);

#endif
