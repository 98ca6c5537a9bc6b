/*
 * The brake before the end of the disk: who wrote how much of the journal lately, how near the end
 * is (core_set_disk() in core.h), and who is held back for it.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_DISK_H
#define SERAI_SITE_CORE_DISK_H

#include "links/link.h"
#include "site/core/core.h"

enum disk_level {
    DISK_ROOMY,
    DISK_LOW,   /* the operator is warned */
    DISK_FULL,  /* nothing is born, and whoever would fill the rest within seconds is held */
    DISK_RESTS, /* nobody runs, links' messages wait, site time stands still */
};
enum {
    DISK_WRITERS = 1024,
    /* Of what `full` keeps for agents: at each such part down, who writes most is held. */
    DISK_STEPS = 8,
    /* Unless it wrote less than that lately, or less than such a part. */
    DISK_WRITER_BYTES_MIN = 64 * 1024,
    DISK_FRAME_BYTES_MIN = 64 * 1024,
    /* A request waits for the frame at the writer and for its own: each is written well within
     * half a second. */
    DISK_FRAME_BYTES_MAX = 32 * 1024 * 1024,
};
#define DISK_WINDOW_US ((uint64_t)10000000)

struct disk_writer {
    uint64_t writer;   /* an agent, or the first account of a link */
    uint64_t customer; /* whose */
    uint64_t bytes;    /* that it wrote lately */
};

struct disk {
    struct core_disk room; /* as last measured; all zero: never, and there is room */
    enum disk_level level;
    uint64_t hold_below; /* free bytes: below it who writes most is held, and the next step set */
    uint64_t halved_us;  /* monotonic: until when the counts were halved */
    struct disk_writer writers[DISK_WRITERS]; /* by writer modulo their number */
    bool link_rests[LINK_INTERFACES_MAX + 1]; /* by interface */
};

/* Count bytes of the journal, and of rows that are more now, that an agent or a link wrote. */
void core_disk_wrote(struct core *core, uint64_t writer, uint64_t customer, uint64_t bytes);

/*
 * Bytes that the agent has stored, to be asked before and after a turn; 0 while the disk is roomy,
 * and for an agent that is gone.
 */
uint64_t core_disk_stored(const struct core *core, uint64_t agent);

/* The state of the disk in a word, for `status`. */
const char *core_disk_word(const struct core *core);

/* Whether the site rests because its disk is nearly full: no turn runs. */
bool core_disk_rests(const struct core *core);

/* Whether messages of this link wait at the peer, which sends them again. */
bool core_disk_link_rests(const struct core *core, uint32_t interface);

/* Whether the disk is so full that nothing is deployed. */
bool core_disk_is_full(const struct core *core);

#endif
