/* A capability, as a slot or a message holds it. */
#ifndef SERAI_AGENTS_CAP_H
#define SERAI_AGENTS_CAP_H

#include "base/bytes.h"

struct cap {
    uint8_t kind; /* enum serai_kind */
    uint8_t rights;
    uint64_t object; /* facet, buffer or channel end; 0 where the kind says all */
};

#endif
