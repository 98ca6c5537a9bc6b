/*
 * A wire agent that is born where there is one of its family already holds the end of its wire for
 * that one, as an end cannot be given away.  Private to this folder.
 */
#ifndef SERAI_SDK_WIRE_RELAY_H
#define SERAI_SDK_WIRE_RELAY_H

#include "sdk/wire/state.h"

/* Begin, with a facet of the one that was here before, and the arguments of the load. */
void relay_begin(int32_t family_slot, const char *args, int32_t size);
/* Any event but BECAME. */
void relay_event(void);

#endif
