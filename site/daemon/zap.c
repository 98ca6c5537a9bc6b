/* RFC 27: requests of seven frames, answered one by one over an inproc socket of libzmq. */
#include "site/daemon/zap.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/log.h"
#include "links/invitations.h"
#include "site/daemon/limits.h"
#include "site/daemon/poller.h"

struct zap_peer {
    uint8_t curve[CURVE_KEY_BYTES];
    char user_id[ZAP_USER_ID_BYTES];
};

struct zap {
    void *socket;
    bool touched; /* for poller_socket() */
    zap_report report;
    void *context;
    struct zap_peer peers[LINKS_MAX];
    size_t peer_count;
    uint8_t invited[INVITATIONS_MAX][CURVE_KEY_BYTES];
    size_t invited_count;
    /* Unknown keys that were logged, so that each is logged once; all are forgotten together. */
    uint8_t unknown[UNKNOWN_KEYS_MAX][CURVE_KEY_BYTES];
    size_t unknown_count;
    uint64_t forget_us; /* when; 0: there are none */
    uint64_t log_us;    /* when those that were only counted are logged; 0: there are none */
    uint64_t unlogged;
    uint64_t refused;
};

enum status zap_new(struct zap **zap, void *zmq_context, zap_report report, void *context,
                    struct fault *fault)
{
    const int linger = 0;
    struct zap *made = calloc(1, sizeof *made);

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    made->report = report;
    made->context = context;
    made->touched = true;
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
    struct zap_peer *place;

    if (zap->peer_count == LINKS_MAX)
        return fault_set(fault, ST_FULL, "a site has at most %d links", LINKS_MAX);
    place = &zap->peers[zap->peer_count];
    if (curve_public(place->curve, key, fault) != ST_OK)
        return ST_INVALID;
    (void)hex_print(place->user_id, key, CONTROL_KEY_BYTES);
    zap->peer_count++;
    /* It may be an unknown key of a minute ago, whose next refusal, if any, is worth a line. */
    zap->unknown_count = 0;
    return ST_OK;
}

void zap_forbid(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES])
{
    char user_id[ZAP_USER_ID_BYTES];

    (void)hex_print(user_id, key, CONTROL_KEY_BYTES);
    for (size_t i = 0; i < zap->peer_count; i++)
        if (strcmp(zap->peers[i].user_id, user_id) == 0) {
            zap->peers[i] = zap->peers[--zap->peer_count];
            return;
        }
}

void zap_invite(struct zap *zap, const struct core_invited *invited, size_t count)
{
    static_assert(sizeof zap->invited[0] == sizeof invited->key, "a key of CURVE");
    INVARIANT(count <= INVITATIONS_MAX);
    for (size_t i = 0; i < count; i++)
        memcpy(zap->invited[i], invited[i].key, CURVE_KEY_BYTES);
    zap->invited_count = count;
}

zmq_pollitem_t zap_poll(struct zap *zap)
{
    return poller_socket(zap->socket, true, &zap->touched);
}

uint64_t zap_refused(const struct zap *zap)
{
    return zap->refused;
}

/* ---- unknown keys ---- */

static bool zap_is_logged(const struct zap *zap, const uint8_t curve[CURVE_KEY_BYTES])
{
    for (size_t i = 0; i < zap->unknown_count; i++)
        if (memcmp(zap->unknown[i], curve, CURVE_KEY_BYTES) == 0)
            return true;
    return false;
}

static void zap_log_unknown(struct zap *zap, const uint8_t curve[CURVE_KEY_BYTES],
                            const char *address, uint64_t now_us)
{
    char hex[2 * CURVE_KEY_BYTES + 1];

    zap->refused++;
    if (zap_is_logged(zap, curve))
        return;
    /* Beyond the table they are only counted, and the count is logged a while later. */
    if (zap->unknown_count == UNKNOWN_KEYS_MAX) {
        zap->unlogged++;
        if (zap->log_us == 0)
            zap->log_us = now_us + UNKNOWN_KEYS_LOG_US;
        return;
    }
    if (zap->unknown_count == 0)
        zap->forget_us = now_us + UNKNOWN_KEYS_FORGET_US;
    memcpy(zap->unknown[zap->unknown_count++], curve, CURVE_KEY_BYTES);
    log_write(LOG_WARN, "link.refused",
              "curve_key=%s address=%s reason=\"no link has this key\" "
              "next=\"if it is a peer of yours, add it with serai link add\"",
              hex_print(hex, curve, CURVE_KEY_BYTES), address);
}

void zap_sweep(struct zap *zap, uint64_t now_us)
{
    if (zap->log_us != 0 && now_us >= zap->log_us) {
        log_write(LOG_WARN, "link.strangers", "refused=%" PRIu64 " since_s=%" PRIu64, zap->unlogged,
                  UNKNOWN_KEYS_LOG_US / UINT64_C(1000000));
        zap->unlogged = 0;
        zap->log_us = 0;
    }
    if (zap->forget_us != 0 && now_us >= zap->forget_us) {
        zap->unknown_count = 0;
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

/* What is no plain character becomes '?', and what does not fit is cut. */
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

/* `index` counts from 0: version, request id, domain, address, identity, mechanism, key. */
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

/* Nobody's: another mechanism than CURVE, or the key of no link and no invitation. */
static struct zap_shown zap_find_key(const struct zap *zap, const struct request_frames *frames)
{
    struct zap_shown shown = {0};

    if (strcmp(frames->version, "1.0") != 0 || strcmp(frames->mechanism, "CURVE") != 0 ||
        !frames->has_key)
        return shown;
    for (size_t i = 0; i < zap->peer_count; i++)
        if (memcmp(zap->peers[i].curve, frames->key, CURVE_KEY_BYTES) == 0)
            shown.user_id = zap->peers[i].user_id;
    for (size_t i = 0; i < zap->invited_count && shown.user_id == NULL; i++)
        if (memcmp(zap->invited[i], frames->key, CURVE_KEY_BYTES) == 0)
            shown.invited = zap->invited[i];
    return shown;
}

/* It goes to libzmq itself, in this process: sending fails only when the peer is gone already. */
static void zap_answer(struct zap *zap, const struct request_frames *frames,
                       const struct zap_shown *shown)
{
    bool good = shown->user_id != NULL || shown->invited != NULL;
    const char *code = good ? "200" : "400";
    const char *text = good ? "OK" : "unknown key";
    const char *user_id = shown->user_id == NULL ? "" : shown->user_id;

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

    zap->touched = true; /* more of them may wait */
    for (int i = 0; i < ZAP_STEP_MAX && zap_next_request(zap, &frames); i++) {
        const struct zap_shown shown = zap_find_key(zap, &frames);
        /* Before the answer: with it libzmq lets the peer send, whose connection must be known. */
        const char *address = zap->report(zap->context, strtoull(frames.domain, NULL, 10), &shown);

        zap_answer(zap, &frames, &shown);
        if (shown.user_id == NULL && shown.invited == NULL)
            zap_log_unknown(zap, frames.key, address, now_us);
    }
}
