/* What the core is made of; private to this folder. */
#ifndef SERAI_SITE_CORE_STATE_H
#define SERAI_SITE_CORE_STATE_H

#include "agents/agents.h"
#include "channels/channels.h"
#include "site/core/core.h"

enum {
    CUSTOMERS_MAX = 65536,
    TIME_STEP_US_MAX =
        2 * 60000000,     /* of site time in one step: a quiet site settles each minute */
    READ_LIMIT_MAX = 256, /* items of one list answer */
};

struct customer {
    uint64_t account;
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    bool dirty;
    /* The last signed request of its key, kept so that a repeat gets the first answer. */
    uint64_t number;
    struct hash request;
    struct bytes answer;
    bool request_dirty;
};

struct core {
    struct core_options options;
    struct ledger *ledger;
    struct undo *undo;
    struct agents *agents;
    struct channels *channels;
    struct hash loader;

    struct customer *customers; /* in order of account; the first is the operator */
    size_t customer_count;
    size_t customer_capacity;

    struct price_index rent[RENT_RESOURCES];
    struct pricebook book;
    bool meta_dirty;

    uint64_t site_time_us;
    uint64_t monotonic_us; /* of the last core_advance() */
    bool clock_started;
    uint64_t unspent_us; /* time that passed while a frame was open */
    bool frame_open;     /* something happened since the last close */

    struct core_reply *replies;
    size_t reply_count;
    size_t reply_capacity;

    uint8_t packet[CHANNEL_PACKET_BYTES_MAX]; /* scratch: a packet read out of a buffer */
};

/* wire.c: carry a message to the end it is for; within the site that is at once. */
void core_wire(struct core *core, const struct channel_message *message);
/* The owner sells the end: refunds to its account, the far end is told. */
void core_sell_end(struct core *core, struct channel_end *end);
/* An event for the owner of an end, paid by `reserve`. */
void core_end_event(struct core *core, struct channel_end *end, enum serai_event_kind kind,
                    struct money reserve);

/* orders_channel.c: agents_env.channel_order */
int64_t core_channel_order(void *context, struct turn *turn, enum serai_order order,
                           const uint64_t *args);

/* customers.c */
struct customer *core_customer_by_key(struct core *core, const uint8_t *key); /* NULL: none */
struct customer *core_customer_by_account(struct core *core, uint64_t account);
/* Opens the account in the running event.  ST_FULL, ST_EXISTS (name or key), ST_NOMEM. */
MUST_CHECK enum status core_customer_add(struct core *core, const char *name, const uint8_t *key,
                                         uint64_t *account, struct fault *fault);
MUST_CHECK enum status core_customers_load(struct core *core, const struct store *store,
                                           struct fault *fault);
void core_customers_save(struct core *core, struct store_batch *batch);

/* meta.c: time, price book and its number, indexes */
MUST_CHECK enum status core_meta_load(struct core *core, const struct store *store,
                                      struct fault *fault);
void core_meta_save(struct core *core, struct store_batch *batch);
void core_apply_prices(struct core *core);

/* commands.c: a signed request that is fresh; fills status, message and result. */
struct outcome {
    enum control_status status;
    char message[CONTROL_MESSAGE_BYTES_MAX + 1];
    struct bytes result;
};
void core_command(struct core *core, struct customer *by, const struct control_request *request,
                  struct outcome *outcome);
void outcome_set(struct outcome *outcome, enum control_status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* reads.c */
void core_read(struct core *core, const struct control_request *request, struct outcome *outcome);

#endif
