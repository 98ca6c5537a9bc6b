/*
 * A neighbour that the test plays: it has a link with a whole site, knows all that the site said,
 * and may say anything.  What is not made to be a lie is true: epochs, sequences, totals.
 */
#ifndef SERAI_TESTS_SITE_CORE_LIAR_H
#define SERAI_TESTS_SITE_CORE_LIAR_H

#include "links/parcel.h"
#include "tests/site/core/fixture.h"

enum { LIAR_HEARD_MAX = 128 * 1024 };

struct liar {
    struct site *site;
    struct liar *before; /* another one that has a link with that site; NULL: none */
    const char *name;
    uint8_t key[LINK_KEY_BYTES];
    uint32_t interface; /* the site's number of the link */
    struct link *link;  /* the site's: after a crash it is another one */
    uint64_t epoch;
    uint64_t limit; /* that it gives the site */
    bool silent;    /* it acknowledges nothing */
    /* What the site said, in order; `data` is NULL. */
    struct channel_message heard[LIAR_HEARD_MAX];
    struct cursor heard_to;
    size_t hellos;       /* of the site, since the beginning */
    size_t parcels;      /* of the site, HELLOs too */
    uint64_t said_bytes; /* of parcels that it said itself */
    struct hello said;   /* its last HELLO */
};

/* The operator adds the link, and both say HELLO.  Each gives the other so much credit. */
void liar_join(struct liar *liar, struct site *site, uint64_t site_limit, uint64_t liar_limit);
/* The same beside `before`, which has joined; its name is borrowed and another one. */
void liar_join_beside(struct liar *liar, struct liar *before, const char *name, uint64_t site_limit,
                      uint64_t liar_limit);

/* The next message that the site sent after the first `from`, of this kind; it must be there. */
const struct channel_message *liar_heard(const struct liar *liar, enum channel_message_kind kind,
                                         uint64_t from);
/* How many messages of this kind. */
size_t liar_heard_of(const struct liar *liar, enum channel_message_kind kind);

/* ---- saying; each closes the site's frame and checks every sum ---- */

/* A true HELLO of a new connection. */
void liar_hello(struct liar *liar);
/* The true HELLO and DATA head that would be due now, to be made untrue. */
struct hello liar_true_hello(const struct liar *liar);
struct data_head liar_true_head(const struct liar *liar, size_t count);
void liar_say_hello(struct liar *liar, const struct hello *hello);
void liar_say_data(struct liar *liar, const struct data_head *head,
                   const struct channel_message *messages);
/* True but for what the messages say. */
void liar_say(struct liar *liar, const struct channel_message *messages, size_t count);
/* One parcel with these bytes behind a true head of one message. */
void liar_say_raw(struct liar *liar, const struct bytes *message);

/* ---- what the site made of it ---- */

/* It is up, and has taken so many messages of the liar. */
void liar_is_heard(const struct liar *liar, uint64_t received);
/* It is frozen with just this reason, which the operator can read, and the site is silent. */
void liar_is_frozen(struct liar *liar, const char *reason);
/* The operator resumes it, the liar says a true HELLO: the link is up. */
void liar_is_resumed(struct liar *liar);
/* The messages freeze the link with this reason, and nothing else happens; then it is resumed. */
void liar_is_refused(struct liar *liar, const struct channel_message *messages, size_t count,
                     const char *reason);
/* Accounts, agents, heap, customers and ends as text, without the journal's head. Caller frees. */
char *liar_picture(const struct liar *liar);

/* ---- messages ---- */

struct channel_message says_birth(uint32_t number, uint64_t endowment, uint64_t fee, uint64_t tag);
struct channel_message says_answer(uint32_t number, int32_t status, uint64_t fee, uint64_t money);
/* `size` bytes of zero, at most CHANNEL_PACKET_BYTES_MAX. */
struct channel_message says_packet(uint32_t number, enum channel_side to, uint64_t money,
                                   size_t size);
struct channel_message says_credit(uint32_t number, enum channel_side to, uint64_t packets,
                                   uint64_t bytes);
/* CLOSE or CLOSED. */
struct channel_message says(enum channel_message_kind kind, uint32_t number, enum channel_side to);

#endif
