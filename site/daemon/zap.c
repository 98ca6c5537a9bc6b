#include "site/daemon/zap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/log.h"
#include "links/link.h"
#include "site/daemon/limits.h"

struct friend
{
    uint8_t curve[CURVE_KEY_BYTES];
    char user_id[ZAP_USER_ID_BYTES];
};

struct zap {
    void *socket;
    zap_told told;
    void *context;
    struct friend friends[LINKS_MAX];
    size_t friend_count;
    /* Strangers that were told of, so that each is told once; all are forgotten together. */
    uint8_t strangers[STRANGERS_MAX][CURVE_KEY_BYTES];
    size_t stranger_count;
    uint64_t forget_us; /* when; 0: there are none */
    uint64_t tell_us;   /* when those that were only counted are told; 0: there are none */
    uint64_t untold;
    uint64_t refused;
};

enum status zap_new(struct zap **zap, void *zmq_context, zap_told told, void *context,
                    struct fault *fault)
{
    const int linger = 0;
    struct zap *made = calloc(1, sizeof *made);

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    made->told = told;
    made->context = context;
    made->socket = zmq_socket(zmq_context, ZMQ_REP);
    if (made->socket == NULL || zmq_setsockopt(made->socket, ZMQ_LINGER, &linger, sizeof linger) ||
        zmq_bind(made->socket, "inproc://zeromq.zap.01") != 0) {
        (void)fault_set(fault, ST_IO, "links: bind the authenticator: %s", zmq_strerror(errno));
        zap_free(made);
        return ST_IO;
    }
    *zap = made;
    return ST_OK;
}

void zap_free(struct zap *zap)
{
    if (zap == NULL)
        return;
    if (zap->socket != NULL)
        (void)!zmq_close(zap->socket); /* only fails for what is no socket */
    free(zap);
}

enum status zap_allow(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES], struct fault *fault)
{
    struct friend *place;

    if (zap->friend_count == LINKS_MAX)
        return fault_set(fault, ST_FULL, "a site has at most %d links", LINKS_MAX);
    place = &zap->friends[zap->friend_count];
    if (curve_public(place->curve, key, fault) != ST_OK)
        return ST_INVALID;
    (void)hex_print(place->user_id, key, CONTROL_KEY_BYTES);
    zap->friend_count++;
    /* It may be a stranger of a minute ago, whose next refusal, if any, is worth a line again. */
    zap->stranger_count = 0;
    return ST_OK;
}

void zap_forbid(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES])
{
    char user_id[ZAP_USER_ID_BYTES];

    (void)hex_print(user_id, key, CONTROL_KEY_BYTES);
    for (size_t i = 0; i < zap->friend_count; i++)
        if (strcmp(zap->friends[i].user_id, user_id) == 0) {
            zap->friends[i] = zap->friends[--zap->friend_count];
            return;
        }
}

void *zap_socket(struct zap *zap)
{
    return zap->socket;
}

uint64_t zap_refused(const struct zap *zap)
{
    return zap->refused;
}

/* ---- strangers ---- */

static bool zap_is_reported(const struct zap *zap, const uint8_t curve[CURVE_KEY_BYTES])
{
    for (size_t i = 0; i < zap->stranger_count; i++)
        if (memcmp(zap->strangers[i], curve, CURVE_KEY_BYTES) == 0)
            return true;
    return false;
}

static void zap_report_unknown(struct zap *zap, const uint8_t curve[CURVE_KEY_BYTES],
                               const char *address, uint64_t now_us)
{
    char hex[2 * CURVE_KEY_BYTES + 1];

    zap->refused++;
    if (zap_is_reported(zap, curve))
        return;
    if (zap->stranger_count == STRANGERS_MAX) {
        zap->untold++;
        if (zap->tell_us == 0)
            zap->tell_us = now_us + STRANGERS_TELL_US;
        return;
    }
    if (zap->stranger_count == 0)
        zap->forget_us = now_us + STRANGERS_FORGET_US;
    memcpy(zap->strangers[zap->stranger_count++], curve, CURVE_KEY_BYTES);
    log_write(LOG_WARN, "link.refused",
              "curve_key=%s address=%s reason=\"no link has this key\" "
              "next=\"if it is a neighbour, add it with serai link add\"",
              hex_print(hex, curve, CURVE_KEY_BYTES), address);
}

void zap_sweep(struct zap *zap, uint64_t now_us)
{
    if (zap->tell_us != 0 && now_us >= zap->tell_us) {
        log_write(LOG_WARN, "link.strangers", "refused=%" PRIu64 " since_s=%" PRIu64, zap->untold,
                  STRANGERS_TELL_US / UINT64_C(1000000));
        zap->untold = 0;
        zap->tell_us = 0;
    }
    if (zap->forget_us != 0 && now_us >= zap->forget_us) {
        zap->stranger_count = 0;
        zap->forget_us = 0;
    }
}

/* ---- requests ---- */

/* The frames of a request that matter, in the order of RFC 27. */
struct request_frames {
    char version[8];
    uint8_t id[64];
    size_t id_size;
    char domain[24]; /* ours: the number of the call */
    char mechanism[16];
    uint8_t key[CURVE_KEY_BYTES];
    bool has_key;
};

static void zap_copy_text(char *to, size_t size_max, const zmq_msg_t *from)
{
    size_t size = zmq_msg_size(from);
    const char *text = zmq_msg_data((zmq_msg_t *)(uintptr_t)from);

    if (size >= size_max)
        size = size_max - 1;
    for (size_t i = 0; i < size; i++) /* it goes into the log */
        to[i] = text[i] > ' ' && text[i] <= '~' && text[i] != '"' ? text[i] : '?';
    to[size] = '\0';
}

static void request_take_frame(struct request_frames *frames, size_t index, zmq_msg_t *frame)
{
    size_t size = zmq_msg_size(frame);

    switch (index) {
    case 0:
        zap_copy_text(frames->version, sizeof frames->version, frame);
        break;
    case 1:
        frames->id_size = size < sizeof frames->id ? size : sizeof frames->id;
        memcpy(frames->id, zmq_msg_data(frame), frames->id_size);
        break;
    case 2:
        zap_copy_text(frames->domain, sizeof frames->domain, frame);
        break;
    case 5:
        zap_copy_text(frames->mechanism, sizeof frames->mechanism, frame);
        break;
    case 6:
        frames->has_key = size == sizeof frames->key;
        if (frames->has_key)
            memcpy(frames->key, zmq_msg_data(frame), sizeof frames->key);
        break;
    default: /* the relay's own address, and a routing id, which the peer chose */
        break;
    }
}

/* False when there is none.  Frames beyond the seventh are read and passed over. */
static bool zap_next_request(struct zap *zap, struct request_frames *frames)
{
    zmq_msg_t frame;
    bool more = true;

    memset(frames, 0, sizeof *frames);
    for (size_t index = 0; more; index++) {
        (void)zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, zap->socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&frame);
            return false;
        }
        request_take_frame(frames, index, &frame);
        more = zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
    return true;
}

static const struct friend *zap_find_peer(const struct zap *zap,
                                          const struct request_frames *frames)
{
    if (strcmp(frames->version, "1.0") != 0 || strcmp(frames->mechanism, "CURVE") != 0 ||
        !frames->has_key)
        return NULL;
    for (size_t i = 0; i < zap->friend_count; i++)
        if (memcmp(zap->friends[i].curve, frames->key, CURVE_KEY_BYTES) == 0)
            return &zap->friends[i];
    return NULL;
}

/* It goes to libzmq itself, in this process: it fails only when the peer is gone already. */
static void zap_answer(struct zap *zap, const struct request_frames *frames,
                       const struct friend *friend)
{
    const char *code = friend == NULL ? "400" : "200";
    const char *text = friend == NULL ? "unknown key" : "OK";
    const char *user_id = friend == NULL ? "" : friend->user_id;

    (void)!zmq_send(zap->socket, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)!zmq_send(zap->socket, frames->id, frames->id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)!zmq_send(zap->socket, code, 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)!zmq_send(zap->socket, text, strlen(text), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)!zmq_send(zap->socket, user_id, strlen(user_id), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)!zmq_send(zap->socket, "", 0, ZMQ_DONTWAIT);
}

void zap_serve(struct zap *zap, uint64_t now_us)
{
    struct request_frames frames;

    for (int i = 0; i < ZAP_STEP_MAX && zap_next_request(zap, &frames); i++) {
        const struct friend *friend = zap_find_peer(zap, &frames);
        const char *address = zap->told(zap->context, strtoull(frames.domain, NULL, 10),
                                        friend == NULL ? NULL : friend->user_id);

        zap_answer(zap, &frames, friend);
        if (friend == NULL)
            zap_report_unknown(zap, frames.key, address, now_us);
    }
}
