/*
 * A client of ZMTP 3.1 with CURVE (RFC 23, 26) that keeps to no other rule: libzmq would send no
 * part of a message before its last.  For tests; any failure of the system ends the program.
 */
#ifndef SERAI_TESTS_RAW_CURVE_H
#define SERAI_TESTS_RAW_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RAW_KEY_BYTES = 32 };

struct raw_curve {
    int fd;
    uint64_t nonce;
    uint8_t server_once[RAW_KEY_BYTES]; /* its key of this connection */
    uint8_t secret_once[RAW_KEY_BYTES];
    /* Called while nothing can be read or written; NULL: the calls wait themselves. */
    void (*wait)(void);
    uint8_t left[300 * 1024]; /* of a frame that could not be written whole */
    size_t left_first;
    size_t left_size;
};

/* Connect over loopback and shake hands; false: the other side hung up. */
bool raw_curve_open(struct raw_curve *raw, uint16_t port, const uint8_t server[RAW_KEY_BYTES],
                    const uint8_t public[RAW_KEY_BYTES], const uint8_t secret[RAW_KEY_BYTES],
                    void (*wait)(void));
/* One part of a message, at most 256 KiB; false: it cannot be sent now, or the other side hung up
 * (`*over`). */
bool raw_curve_send(struct raw_curve *raw, const uint8_t *bytes, size_t size, bool more,
                    bool *over);
void raw_curve_close(struct raw_curve *raw);

#endif
