#include "site/metrics/health.h"

struct health health_alive(enum board_phase phase, uint64_t now_us, uint64_t beat_us)
{
    /* Reading and verifying books takes as long as it takes. */
    if (phase == BOARD_STARTING || beat_us == 0)
        return (struct health){true, "alive: the site starts\n"};
    if (now_us > beat_us && now_us - beat_us > CORE_STANDS_US)
        return (struct health){false, "the core stands: no round for ten seconds\n"};
    return (struct health){true, "alive\n"};
}

struct health health_ready(enum board_phase phase, bool has_snapshot, bool drained)
{
    switch (phase) {
    case BOARD_STARTING:
        return (struct health){false, "not ready: the site starts\n"};
    case BOARD_STOPPING:
        return (struct health){false, "not ready: the site stops\n"};
    case BOARD_SERVING:
        break;
    }
    if (!has_snapshot)
        return (struct health){false, "not ready: the first frame is not durable yet\n"};
    if (drained)
        return (struct health){false, "not ready: the site is drained\n"};
    return (struct health){true, "ready\n"};
}
