#include "tests/e2e/speech.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum { TRY_MS = 300 };

static void die(const char *what)
{
    (void)fprintf(stderr, "rogue: %s: %s\n", what, zmq_strerror(errno));
    exit(71);
}

/* False: there is no connection, or it takes no more for now. */
static bool send_parcel(struct speech *speech, struct bytes *bytes)
{
    bool sent;

    if (bytes->failed)
        die("memory");
    speech->said += bytes->size;
    sent = zmq_send(speech->socket, bytes->data, bytes->size, ZMQ_DONTWAIT) >= 0;
    if (!sent && errno != EAGAIN)
        die("send");
    bytes_fini(bytes);
    return sent;
}

bool speech_hello(struct speech *speech)
{
    struct bytes bytes = {0};
    struct hello hello = {
        .epoch = speech->epoch,
        .peer_epoch = speech->site_epoch,
        .sent = speech->sent,
        .received = speech->received,
        .acked = speech->sent,
    };

    (void)snprintf(hello.currency, sizeof hello.currency, "%s", speech->currency);
    if (money_from_nanos(&hello.limit, LINK_MESSAGE_NANOS_MAX) != ST_OK)
        die("money");
    hello_encode(&bytes, &hello);
    return send_parcel(speech, &bytes);
}

static bool same(struct cursor a, struct cursor b)
{
    return a.seq == b.seq && a.total == b.total;
}

/*
 * Where it says other than we did, we say what it says, as of a new connection.  What it said
 * before it heard our last HELLO is no answer to that.
 */
static void hear_hello(struct speech *speech, const struct hello *hello)
{
    speech->hellos++;
    if (hello->epoch == speech->site_epoch && hello->peer_epoch < speech->epoch)
        return;
    speech->up = hello->epoch == speech->site_epoch && hello->peer_epoch == speech->epoch &&
                 same(hello->received, speech->sent) && same(hello->sent, speech->received);
    if (speech->up)
        return;
    speech->epoch = (hello->peer_epoch > speech->epoch ? hello->peer_epoch : speech->epoch) + 1;
    speech->site_epoch = hello->epoch;
    speech->sent = hello->received;
    speech->received = hello->sent;
}

static void hear_data(struct speech *speech, struct parcel_head *head)
{
    speech->site_epoch = head->data.epoch;
    speech->sent = head->data.received;
    for (uint64_t i = 0; i < head->data.count; i++) {
        struct channel_message message;

        message_decode(&head->messages, 0, &message);
        if (head->data.before.seq + i != speech->received.seq + 1)
            continue;
        speech->received.seq++;
        speech->received.total += money_nanos(message_money(&message));
    }
}

static void hear(struct speech *speech)
{
    static uint8_t bytes[LINK_PARCEL_BYTES_MAX];
    struct parcel_head head;
    struct fault fault;
    int size = zmq_recv(speech->socket, bytes, sizeof bytes, 0);

    if (size < 0)
        die("receive");
    if (size <= 2) /* ALIVE, LEFT */
        return;
    if (parcel_decode(&head, bytes, (size_t)size, &fault) != ST_OK) {
        (void)fprintf(stderr, "rogue: %s\n", fault.text);
        exit(65);
    }
    if (head.kind == PARCEL_HELLO)
        hear_hello(speech, &head.hello);
    else if (head.kind == PARCEL_DATA) /* a statement asks for nothing */
        hear_data(speech, &head);
}

void speech_listen(struct speech *speech, long wait_ms)
{
    zmq_pollitem_t item = {.socket = speech->socket, .events = ZMQ_POLLIN};

    while (zmq_poll(&item, 1, wait_ms) > 0) {
        hear(speech);
        wait_ms = 0;
    }
}

bool speech_is_up(struct speech *speech, int tries)
{
    for (; !speech->up && tries > 0; tries--) {
        (void)speech_hello(speech);
        speech_listen(speech, TRY_MS);
    }
    return speech->up;
}

void speech_say(struct speech *speech, const struct channel_message *messages, size_t count)
{
    struct bytes bytes = {0};
    struct data_head head = {
        .epoch = speech->epoch,
        .peer_epoch = speech->site_epoch,
        .received = speech->received,
        .count = count,
    };

    if (count > 0)
        head.before = (struct cursor){speech->sent.seq + 1, speech->sent.total};
    data_head_encode(&bytes, &head);
    for (size_t i = 0; i < count; i++)
        message_encode(&bytes, &messages[i]);
    (void)send_parcel(speech, &bytes); /* what does not leave is said again */
}
