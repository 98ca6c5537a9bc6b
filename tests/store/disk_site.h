/*
 * A site on the real store for the tests of crashes: it runs a life of some dozens of frames while
 * its file is recorded, and any file can be put in the place of images and opened by the real
 * recovery.
 */
#ifndef SERAI_TESTS_STORE_DISK_SITE_H
#define SERAI_TESTS_STORE_DISK_SITE_H

#include "store/store.h"
#include "tests/site/core/fixture.h"
#include "tests/store/disk_recorder.h"
#include "tests/temp_dir.h"

enum {
    DISK_MAP_BYTES = 64 * 1024 * 1024,
    DISK_LOG_BYTES = 128 * 1024,
    DISK_FRAMES = 24, /* of one life, at least */
    DISK_FRAMES_MAX = 4 * DISK_FRAMES,
    DISK_CHAOS = 5, /* agents that try everything */
};

struct disk_site {
    struct site site;
    struct rng rng;
    char dir[TEMP_DIR_BYTES];    /* where the site lives */
    char images[TEMP_DIR_BYTES]; /* where crashes are looked at */
    struct store_lmdb *lmdb;     /* NULL between lives */
    struct store disk;
    struct disk_trace trace;                  /* of the last life */
    uint64_t frames;                          /* committed in it */
    struct hash digests[DISK_FRAMES_MAX + 1]; /* of all rows after each commit; [0]: before it */
    /* The journal's last frame after each: one that refused everything adds none. */
    uint64_t numbers[DISK_FRAMES_MAX + 1];
    uint64_t agents[DISK_CHAOS];
    struct bytes image; /* room for what a crash left */
};

/* A populated site, on the disk, that has not lived yet. */
void disk_site_open(struct disk_site *run);
void disk_site_close(struct disk_site *run);

/* Load from the disk, some dozens of frames of everything, and the disk is closed. */
void disk_site_live(struct disk_site *run);
/* The same in steps: a frame tells what its commit answered. */
void disk_site_begin(struct disk_site *run);
MUST_CHECK enum status disk_site_frame(struct disk_site *run, struct fault *fault);
void disk_site_end(struct disk_site *run);
void disk_site_reopen(struct disk_site *run); /* the disk as the last life left it */
/* Make `image` the disk that the next life begins with. */
void disk_site_wake(struct disk_site *run);

/* Put a file where disk_site_recover() finds it. */
void disk_site_put(const struct disk_site *run, const struct bytes *image);
/* Open it as a daemon and an audit do; the frame it stands at, and a hash of all rows. */
MUST_CHECK enum status disk_site_recover(const struct disk_site *run, uint64_t *frame,
                                         struct hash *digest, struct fault *fault);
/* Is that what the `nth` commit of the last life left, whole? */
bool disk_site_is_frame(const struct disk_site *run, uint64_t nth, uint64_t frame,
                        const struct hash *digest);

#endif
