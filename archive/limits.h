/* Bounds of archives, each with its reason. */
#ifndef SERAI_ARCHIVE_LIMITS_H
#define SERAI_ARCHIVE_LIMITS_H

enum {
    /* What is compressed at once: enough to compress well, and no more memory for a reader,
     * whatever a file says. */
    ARCHIVE_BLOCK_BYTES = 1 << 20,
    /* Of a file: a segment of the largest size, and the largest frame on top, are 8 GiB. */
    ARCHIVE_BLOCKS_MAX = 1 << 16,
    /* Of a directory: each has a name and a few numbers in memory. */
    ARCHIVE_FILES_MAX = 1 << 20,
    /* Where more takes several times as long and gives a percent. */
    ARCHIVE_LEVEL = 9,
};

#endif
