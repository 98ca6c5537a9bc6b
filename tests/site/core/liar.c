#include "tests/site/core/liar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what it hears ---- */

static void hear_data(struct liar *liar, struct parcel_head *head)
{
    for (uint64_t i = 0; i < head->data.count; i++) {
        struct channel_message message;

        message_decode(&head->messages, 0, &message);
        if (head->data.before.seq + i <= liar->heard_to.seq)
            continue;
        ck_assert_uint_eq(head->data.before.seq + i, liar->heard_to.seq + 1);
        ck_assert_uint_lt(liar->heard_to.seq, LIAR_HEARD_MAX);
        message.data = NULL;
        liar->heard[liar->heard_to.seq++] = message;
        liar->heard_to.total += message_money(&message).nanos;
    }
}

static void post(void *context, const struct core_parcel *parcel)
{
    struct liar *liar = context;
    struct parcel_head head;
    struct fault fault;

    while (liar != NULL && liar->interface != parcel->interface)
        liar = liar->before;
    if (liar == NULL) /* for one that is about to join */
        return;
    ck_assert_msg(parcel_decode(&head, parcel->bytes.data, parcel->bytes.size, &fault) == ST_OK,
                  "%s", fault.text);
    liar->parcels++;
    if (head.kind == PARCEL_HELLO) {
        liar->hellos++;
        liar->said = head.hello;
        return;
    }
    hear_data(liar, &head);
}

const struct channel_message *liar_heard(const struct liar *liar, enum channel_message_kind kind,
                                         uint64_t from)
{
    for (uint64_t i = from; i < liar->heard_to.seq; i++) {
        if (liar->heard[i].kind == kind)
            return &liar->heard[i];
    }
    ck_abort_msg("the site sent no message of kind %d", (int)kind);
    return NULL;
}

size_t liar_heard_of(const struct liar *liar, enum channel_message_kind kind)
{
    size_t count = 0;

    for (uint64_t i = 0; i < liar->heard_to.seq; i++)
        count += liar->heard[i].kind == kind;
    return count;
}

/* ---- joining ---- */

static void join(struct liar *liar, uint64_t site_limit)
{
    struct site *site = liar->site;
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, liar->name);
    cbor_put_bytes(&args, liar->key, sizeof liar->key);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, site_limit);
    ck_assert_int_eq(site_request(site, OPERATOR, "link.add", &args), CONTROL_DONE);
    liar->link = links_named(site->core->links, liar->name);
    ck_assert_ptr_nonnull(liar->link);
    liar->interface = liar->link->interface;
    site->post = post;
    site->post_context = liar;
    liar_hello(liar);
    liar_is_heard(liar, 0);
}

void liar_join(struct liar *liar, struct site *site, uint64_t site_limit, uint64_t liar_limit)
{
    memset(liar, 0, sizeof *liar);
    liar->site = site;
    liar->name = "liar";
    liar->limit = liar_limit;
    key_numbered(liar->key, 0x51);
    join(liar, site_limit);
}

void liar_join_beside(struct liar *liar, struct liar *before, const char *name, uint64_t site_limit,
                      uint64_t liar_limit)
{
    memset(liar, 0, sizeof *liar);
    liar->site = before->site;
    liar->before = before;
    liar->name = name;
    liar->limit = liar_limit;
    key_numbered(liar->key, (uint8_t)(0x51 + before->interface));
    join(liar, site_limit);
}

/* ---- saying ---- */

static struct cursor taken_by_site(const struct liar *liar)
{
    return (struct cursor){liar->link->received_seq, liar->link->received_total};
}

struct hello liar_true_hello(const struct liar *liar)
{
    struct hello hello = {
        .epoch = liar->epoch,
        .sent = taken_by_site(liar),
        .received = liar->heard_to,
        .acked = taken_by_site(liar),
        .limit = {liar->limit},
    };

    (void)snprintf(hello.currency, sizeof hello.currency, "%s", liar->site->core->book.currency);
    return hello;
}

struct data_head liar_true_head(const struct liar *liar, size_t count)
{
    struct data_head head = {.epoch = liar->epoch, .peer_epoch = liar->link->epoch, .count = count};

    if (!liar->silent)
        head.received = liar->heard_to;
    if (count > 0)
        head.before = (struct cursor){liar->link->received_seq + 1, liar->link->received_total};
    return head;
}

static void say_bytes(struct liar *liar, struct bytes *bytes)
{
    ck_assert(!bytes->failed);
    liar->said_bytes += bytes->size;
    core_parcel(liar->site->core, liar->key, bytes->data, bytes->size);
    site_frame(liar->site);
    bytes_fini(bytes);
}

void liar_say_hello(struct liar *liar, const struct hello *hello)
{
    struct bytes bytes = {0};

    hello_encode(&bytes, hello);
    say_bytes(liar, &bytes);
}

void liar_hello(struct liar *liar)
{
    struct hello hello;

    liar->epoch++;
    hello = liar_true_hello(liar);
    liar_say_hello(liar, &hello);
}

void liar_say_data(struct liar *liar, const struct data_head *head,
                   const struct channel_message *messages)
{
    struct bytes bytes = {0};

    data_head_encode(&bytes, head);
    for (uint64_t i = 0; i < head->count; i++)
        message_encode(&bytes, &messages[i]);
    say_bytes(liar, &bytes);
}

void liar_say(struct liar *liar, const struct channel_message *messages, size_t count)
{
    struct data_head head = liar_true_head(liar, count);

    liar_say_data(liar, &head, messages);
}

void liar_say_raw(struct liar *liar, const struct bytes *message)
{
    struct data_head head = liar_true_head(liar, 1);
    struct bytes bytes = {0};

    ck_assert(!message->failed);
    data_head_encode(&bytes, &head);
    bytes_append(&bytes, message->data, message->size);
    say_bytes(liar, &bytes);
}

/* ---- what the site made of it ---- */

void liar_is_heard(const struct liar *liar, uint64_t received)
{
    ck_assert_msg(liar->link->state == LINK_UP, "state %d: %s", (int)liar->link->state,
                  liar->link->reason);
    ck_assert_uint_eq(liar->link->received_seq, received);
}

static void operator_reads(struct liar *liar, const char *reason)
{
    const uint8_t *result;
    struct bytes args = {0};
    struct bytes bytes = {0};
    size_t size = strlen(reason);
    bool found = false;

    cbor_put_array(&args, 1);
    cbor_put_text(&args, liar->name);
    control_read(&bytes, "link", &args);
    ck_assert_int_eq(site_request_raw(liar->site, bytes.data, bytes.size), CONTROL_DONE);
    bytes_fini(&args);
    bytes_fini(&bytes);
    result = liar->site->reply.result;
    for (size_t at = 0; at + size <= liar->site->reply.result_size && !found; at++)
        found = memcmp(result + at, reason, size) == 0;
    ck_assert_msg(found, "the operator is not told: %s", reason);
}

void liar_is_frozen(struct liar *liar, const char *reason)
{
    size_t parcels;

    ck_assert_msg(liar->link->state == LINK_FROZEN, "the link goes on, not frozen for: %s", reason);
    ck_assert_str_eq(liar->link->reason, reason);
    operator_reads(liar, reason);
    parcels = liar->parcels;
    site_settle(liar->site);
    (void)links_remind(liar->site->core->links);
    site_frame(liar->site);
    ck_assert_uint_eq(liar->parcels, parcels);
}

void liar_is_resumed(struct liar *liar)
{
    struct bytes args = {0};
    uint64_t received = liar->link->received_seq;
    size_t hellos = liar->hellos;

    cbor_put_array(&args, 1);
    cbor_put_text(&args, liar->name);
    ck_assert_int_eq(site_request(liar->site, OPERATOR, "link.resume", &args), CONTROL_DONE);
    ck_assert_int_eq(liar->link->state, LINK_DOWN);
    ck_assert_str_eq(liar->link->reason, "");
    ck_assert_uint_eq(liar->hellos, hellos + 1);
    liar_hello(liar);
    liar_is_heard(liar, received);
}

char *liar_picture(const struct liar *liar)
{
    char *portrait = site_portrait(liar->site);
    char *at = strchr(portrait, '\n');
    char *picture;

    at = strchr(at + 1, '\n'); /* the frame's number, then the journal's head */
    picture = strdup(at + 1);
    ck_assert_ptr_nonnull(picture);
    free(portrait);
    return picture;
}

void liar_is_refused(struct liar *liar, const struct channel_message *messages, size_t count,
                     const char *reason)
{
    struct cursor before = taken_by_site(liar);
    char *was = liar_picture(liar);
    char *is;

    liar_say(liar, messages, count);
    is = liar_picture(liar);
    portraits_equal(was, is);
    ck_assert_uint_eq(liar->link->received_seq, before.seq);
    ck_assert(liar->link->received_total == before.total);
    liar_is_frozen(liar, reason);
    liar_say(liar, messages, count); /* it is not even looked at */
    liar_is_frozen(liar, reason);
    ck_assert_uint_eq(liar->link->received_seq, before.seq);
    free(was);
    free(is);
    liar_is_resumed(liar);
}

/* ---- messages ---- */

struct channel_message says_birth(uint32_t number, uint64_t endowment, uint64_t fee, uint64_t tag)
{
    return (struct channel_message){.kind = CHANNEL_BIRTH,
                                    .number = number,
                                    .to = CHANNEL_BORN,
                                    .money = {endowment + fee},
                                    .endowment = {endowment},
                                    .fee = {fee},
                                    .customer = tag};
}

struct channel_message says_answer(uint32_t number, int32_t status, uint64_t fee, uint64_t money)
{
    struct channel_message answer = {.kind = CHANNEL_ANSWER,
                                     .number = number,
                                     .to = CHANNEL_BUYER,
                                     .status = status,
                                     .money = {money},
                                     .fee = {fee}};

    if (status == 0) {
        answer.packets = SERAI_FIRST_CREDIT_PACKETS;
        answer.bytes = SERAI_FIRST_CREDIT_BYTES;
    }
    return answer;
}

struct channel_message says_packet(uint32_t number, enum channel_side to, uint64_t money,
                                   size_t size)
{
    static const uint8_t zeroes[CHANNEL_PACKET_BYTES_MAX];

    return (struct channel_message){.kind = CHANNEL_PACKET,
                                    .number = number,
                                    .to = to,
                                    .money = {money},
                                    .data = zeroes,
                                    .size = size};
}

struct channel_message says_credit(uint32_t number, enum channel_side to, uint64_t packets,
                                   uint64_t bytes)
{
    return (struct channel_message){
        .kind = CHANNEL_CREDIT, .number = number, .to = to, .packets = packets, .bytes = bytes};
}

struct channel_message says(enum channel_message_kind kind, uint32_t number, enum channel_side to)
{
    return (struct channel_message){.kind = kind, .number = number, .to = to};
}
