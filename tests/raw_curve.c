#include "tests/raw_curve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GREETING_BYTES = 64, COMMAND = 4, LONG = 2, NONCE_BYTES = crypto_box_NONCEBYTES };

static void die(const char *what)
{
    perror(what);
    exit(71);
}

static void wait_for(struct raw_curve *raw, short events)
{
    struct pollfd item = {.fd = raw->fd, .events = events};

    if (raw->wait != NULL)
        raw->wait();
    else
        (void)poll(&item, 1, 1000);
}

/* ---- bytes ---- */

static bool write_all(struct raw_curve *raw, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = send(raw->fd, bytes, size, MSG_NOSIGNAL);

        if (done < 0 && errno == EAGAIN) {
            wait_for(raw, POLLOUT);
            continue;
        }
        if (done < 0)
            return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

static bool read_all(struct raw_curve *raw, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = recv(raw->fd, bytes, size, 0);

        if (got < 0 && errno == EAGAIN) {
            wait_for(raw, POLLIN);
            continue;
        }
        if (got <= 0)
            return false;
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

static size_t frame_head(uint8_t head[9], uint8_t flags, size_t size)
{
    head[0] = (uint8_t)(flags | (size > 255 ? LONG : 0));
    if (size <= 255) {
        head[1] = (uint8_t)size;
        return 2;
    }
    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    return 9;
}

static bool write_command(struct raw_curve *raw, const uint8_t *bytes, size_t size)
{
    uint8_t head[9];

    return write_all(raw, head, frame_head(head, COMMAND, size)) && write_all(raw, bytes, size);
}

/* Handshakes have short frames, or long ones of which only so much is of interest. */
static bool read_command(struct raw_curve *raw, uint8_t *bytes, size_t size_max)
{
    uint8_t head[9];
    size_t size;

    if (!read_all(raw, head, 2))
        return false;
    size = head[1];
    if ((head[0] & LONG) != 0) {
        if (!read_all(raw, head + 2, 7))
            return false;
        size = (size_t)head[7] << 8 | head[8];
    }
    return size <= size_max && read_all(raw, bytes, size);
}

/* ---- boxes ---- */

static void nonce_of(struct raw_curve *raw, uint8_t nonce[NONCE_BYTES], const char *prefix,
                     uint8_t shown[8])
{
    raw->nonce++;
    for (int i = 0; i < 8; i++)
        shown[i] = (uint8_t)(raw->nonce >> (56 - 8 * i));
    memcpy(nonce, prefix, 16);
    memcpy(nonce + 16, shown, 8);
}

static void put_box(uint8_t *box, const uint8_t *plain, size_t size,
                    const uint8_t nonce[NONCE_BYTES], const uint8_t *to, const uint8_t *from)
{
    if (crypto_box_easy(box, plain, size, nonce, to, from) != 0)
        die("box");
}

/* ---- the handshake ---- */

static bool greet(struct raw_curve *raw)
{
    uint8_t greeting[GREETING_BYTES] = {0xff, [9] = 0x7f, [10] = 3, [11] = 1};
    uint8_t theirs[GREETING_BYTES];

    memcpy(greeting + 12, "CURVE", 5);
    return write_all(raw, greeting, sizeof greeting) && read_all(raw, theirs, sizeof theirs);
}

static bool say_hello(struct raw_curve *raw, const uint8_t *server, const uint8_t *public_once)
{
    static const uint8_t zeros[64];
    uint8_t hello[200] = "\5HELLO\1";
    uint8_t nonce[NONCE_BYTES];

    memcpy(hello + 80, public_once, RAW_KEY_BYTES);
    nonce_of(raw, nonce, "CurveZMQHELLO---", hello + 112);
    put_box(hello + 120, zeros, sizeof zeros, nonce, server, raw->secret_once);
    return write_command(raw, hello, sizeof hello);
}

static bool be_welcomed(struct raw_curve *raw, const uint8_t *server, uint8_t cookie[96])
{
    uint8_t welcome[512];
    uint8_t nonce[NONCE_BYTES] = "WELCOME-";
    uint8_t plain[128];

    if (!read_command(raw, welcome, sizeof welcome) || memcmp(welcome, "\7WELCOME", 8) != 0)
        return false;
    memcpy(nonce + 8, welcome + 8, 16);
    if (crypto_box_open_easy(plain, welcome + 24, 144, nonce, server, raw->secret_once) != 0)
        return false;
    memcpy(raw->server_once, plain, RAW_KEY_BYTES);
    memcpy(cookie, plain + RAW_KEY_BYTES, 96);
    return true;
}

static bool initiate(struct raw_curve *raw, const uint8_t *server, const uint8_t *public,
                     const uint8_t *secret, const uint8_t *public_once, const uint8_t cookie[96])
{
    static const char metadata[] = "\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0";
    uint8_t vouched[2 * RAW_KEY_BYTES];
    uint8_t plain[128 + sizeof metadata];
    uint8_t command[113 + 16 + sizeof plain] = "\10INITIATE";
    uint8_t nonce[NONCE_BYTES] = "VOUCH---";
    uint8_t ready[512];

    memcpy(vouched, public_once, RAW_KEY_BYTES);
    memcpy(vouched + RAW_KEY_BYTES, server, RAW_KEY_BYTES);
    randombytes_buf(nonce + 8, 16);
    memcpy(plain, public, RAW_KEY_BYTES);
    memcpy(plain + 32, nonce + 8, 16);
    put_box(plain + 48, vouched, sizeof vouched, nonce, raw->server_once, secret);
    memcpy(plain + 128, metadata, sizeof metadata);
    memcpy(command + 9, cookie, 96);
    nonce_of(raw, nonce, "CurveZMQINITIATE", command + 105);
    put_box(command + 113, plain, sizeof plain, nonce, raw->server_once, raw->secret_once);
    return write_command(raw, command, sizeof command) && read_command(raw, ready, sizeof ready) &&
           memcmp(ready, "\5READY", 6) == 0;
}

static bool shake_hands(struct raw_curve *raw, const uint8_t *server, const uint8_t *public,
                        const uint8_t *secret)
{
    uint8_t public_once[RAW_KEY_BYTES];
    uint8_t cookie[96];

    randombytes_buf(raw->secret_once, sizeof raw->secret_once);
    (void)crypto_scalarmult_base(public_once, raw->secret_once);
    return greet(raw) && say_hello(raw, server, public_once) && be_welcomed(raw, server, cookie) &&
           initiate(raw, server, public, secret, public_once, cookie);
}

bool raw_curve_open(struct raw_curve *raw, uint16_t port, const uint8_t server[RAW_KEY_BYTES],
                    const uint8_t public[RAW_KEY_BYTES], const uint8_t secret[RAW_KEY_BYTES],
                    void (*wait)(void))
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    *raw = (struct raw_curve){.wait = wait, .fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (raw->fd < 0 || connect(raw->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fcntl(raw->fd, F_SETFL, O_NONBLOCK) != 0)
        die("connect");
    return shake_hands(raw, server, public, secret);
}

/* ---- messages ---- */

/* A frame that was begun is ended before the next. */
static bool write_left(struct raw_curve *raw, bool *over)
{
    while (raw->left_size > 0) {
        ssize_t done = send(raw->fd, raw->left + raw->left_first, raw->left_size, MSG_NOSIGNAL);

        *over = done < 0 && errno != EAGAIN;
        if (done < 0)
            return false;
        raw->left_first += (size_t)done;
        raw->left_size -= (size_t)done;
    }
    return true;
}

bool raw_curve_send(struct raw_curve *raw, const uint8_t *bytes, size_t size, bool more, bool *over)
{
    static uint8_t plain[sizeof raw->left];
    uint8_t nonce[NONCE_BYTES];
    uint8_t *body;
    size_t head;

    *over = false;
    if (!write_left(raw, over))
        return false;
    plain[0] = more ? 1 : 0;
    memcpy(plain + 1, bytes, size);
    head = frame_head(raw->left, 0, 16 + 16 + 1 + size);
    body = raw->left + head;
    memcpy(body, "\7MESSAGE", 8);
    nonce_of(raw, nonce, "CurveZMQMESSAGEC", body + 8);
    put_box(body + 16, plain, size + 1, nonce, raw->server_once, raw->secret_once);
    raw->left_first = 0;
    raw->left_size = head + 16 + 16 + 1 + size;
    (void)write_left(raw, over);
    return true;
}

void raw_curve_close(struct raw_curve *raw)
{
    (void)close(raw->fd);
}
