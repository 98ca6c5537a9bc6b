/*
 * A core without agents behind the contract of site/core/core.h, so that the threads around it are
 * tested with real books and a real disk but few moving parts.  It serves
 *
 *     read  status []           head and balance of the one account
 *     read  turns [count]       makes `count` turns ready, of agent 7, messages counting up
 *     read  link [key, endpoint] joins its one link, interface 1; an empty endpoint does not dial
 *     read  say [count]         sends so many parcels over it, that each tell their number
 *     signed money.in [_, amount]
 *
 * and every turn moves one nano from the account to revenue.
 */
#include "site/core/core.h"
#include "site/core/figures.h"

#include <stdlib.h>
#include <string.h>

#include "tests/site/daemon/mini_core.h"

enum { REPLIES_MAX = 64 };

struct core {
    struct core_options options;
    struct ledger *ledger;
    uint64_t account; /* opened by the first money.in */
    uint64_t turns_ready;
    uint64_t message;
    uint64_t frozen_agent;
    uint64_t now_us;
    struct core_counters counters;
    struct core_reply replies[REPLIES_MAX];
    size_t reply_count;
    struct core_link link;
    bool link_is_new;
    uint64_t connected; /* how often it was */
    uint64_t said;
    uint64_t to_say;
    uint64_t heard;
    uint64_t order_broken; /* parcels that were not the next one */
};

enum status core_new(struct core **core, const struct core_options *options, struct fault *fault)
{
    (void)fault;
    *core = calloc(1, sizeof **core);
    if (*core == NULL)
        return ST_NOMEM;
    (*core)->options = *options;
    return ledger_new(&(*core)->ledger);
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    for (size_t i = 0; i < core->reply_count; i++)
        bytes_fini(&core->replies[i].bytes);
    ledger_free(core->ledger);
    free(core);
}

static void find_account(void *context, const struct account *account)
{
    struct core *core = context;

    if (account->kind == KIND_CUSTOMER)
        core->account = account->id;
}

enum status core_load(struct core *core, const struct store_read *read, struct fault *fault)
{
    enum status status = ledger_load(core->ledger, read, fault);

    if (status == ST_OK)
        ledger_each_account(core->ledger, find_account, core);
    return status;
}

struct agents *core_agents(struct core *core)
{
    (void)core;
    return NULL; /* it has none, and the daemons of these tests leave tier 1 off */
}

void core_set_tier1(struct core *core, const struct core_tier1 *tier1)
{
    (void)core;
    (void)tier1;
}

enum status core_quarantine(struct core *core, uint64_t agent, const char *reason)
{
    (void)reason;
    core->frozen_agent = agent;
    return agent == MINI_AGENT ? ST_OK : ST_MISSING;
}

enum status core_quarantine_customer(struct core *core, uint64_t agent, const char *reason)
{
    return core_quarantine(core, agent, reason); /* it has no other */
}

bool core_same_customer(const struct core *core, uint64_t left, uint64_t right)
{
    (void)core;
    return left == right;
}

void core_advance(struct core *core, uint64_t monotonic_us)
{
    core->now_us = monotonic_us;
}

static void reply(struct core *core, uint64_t token, enum control_status status,
                  const char *message, const struct bytes *result)
{
    struct core_reply *to = &core->replies[core->reply_count++];

    INVARIANT(core->reply_count <= REPLIES_MAX);
    *to = (struct core_reply){.token = token};
    control_answer(&to->bytes, status, ledger_frame(core->ledger), message, result);
}

static struct event event_of(enum event_kind kind, const struct core *core)
{
    return (struct event){.kind = kind,
                          .subject = core->account,
                          .source = {.numbers = {core->message}},
                          .site_time_us = core->now_us};
}

static void bring_in(struct core *core, struct money amount)
{
    struct event event;

    ledger_event_begin(core->ledger);
    if (core->account == 0)
        INVARIANT(ledger_open(core->ledger, KIND_CUSTOMER, 0, &core->account) == ST_OK);
    ledger_transfer_checked(core->ledger, &(struct transfer){.debit = ACCOUNT_TREASURY,
                                                             .credit = core->account,
                                                             .amount = amount,
                                                             .code = TRANSFER_MONEY_IN});
    event = event_of(EVENT_REQUEST, core);
    (void)ledger_event_end(core->ledger, &event);
}

static void answer_status(struct core *core, uint64_t token)
{
    struct bytes result = {0};
    char text[MONEY_TEXT_BYTES];

    cbor_put_map(&result, 6);
    cbor_put_text(&result, "heard");
    cbor_put_uint(&result, core->heard);
    cbor_put_text(&result, "turns");
    cbor_put_uint(&result, core->counters.turns);
    cbor_put_text(&result, "frozen");
    cbor_put_uint(&result, core->frozen_agent);
    cbor_put_text(&result, "balance");
    cbor_put_text(&result, core->account == 0
                               ? "0.000000000"
                               : money_print(text, ledger_balance(core->ledger, core->account)));
    cbor_put_text(&result, "disorder");
    cbor_put_uint(&result, core->order_broken);
    cbor_put_text(&result, "connected");
    cbor_put_uint(&result, core->connected);
    reply(core, token, CONTROL_DONE, "", &result);
    bytes_fini(&result);
}

static void join(struct core *core, struct cbor *args)
{
    core->link = (struct core_link){.interface = 1};
    cbor_get_array(args, 2);
    cbor_get_bytes_exact(args, core->link.key, sizeof core->link.key);
    cbor_get_text(args, core->link.endpoint, LINK_ENDPOINT_BYTES_MAX);
    core->link.dials = core->link.endpoint[0] != '\0';
    core->link_is_new = true;
}

void core_request(struct core *core, uint64_t token, enum core_peer peer, const uint8_t *bytes,
                  size_t size)
{
    struct control_request request;
    struct fault fault = {0};
    struct cbor args;

    (void)peer;
    if (control_decode(&request, bytes, size, &fault) != ST_OK) {
        reply(core, token, fault.status == ST_DENIED ? CONTROL_DENIED : CONTROL_BAD_REQUEST,
              fault.text, NULL);
        return;
    }
    cbor_init(&args, request.args, request.args_size);
    if (strcmp(request.command, "status") == 0) {
        answer_status(core, token);
    } else if (strcmp(request.command, "turns") == 0) {
        cbor_get_array(&args, 1);
        core->turns_ready += cbor_get_uint(&args, UINT32_MAX);
        reply(core, token, CONTROL_DONE, "", NULL);
    } else if (strcmp(request.command, "link") == 0) {
        join(core, &args);
        reply(core, token, CONTROL_DONE, "", NULL);
    } else if (strcmp(request.command, "say") == 0) {
        cbor_get_array(&args, 1);
        core->to_say += cbor_get_uint(&args, UINT32_MAX);
        reply(core, token, CONTROL_DONE, "", NULL);
    } else if (strcmp(request.command, "money.in") == 0) {
        struct money amount = money_zero();

        cbor_get_array(&args, 2);
        (void)cbor_get_uint(&args, UINT64_MAX);
        INVARIANT(money_from_nanos(&amount, cbor_get_uint(&args, INT64_MAX)) == ST_OK);
        bring_in(core, amount);
        reply(core, token, CONTROL_DONE, "", NULL);
    } else {
        reply(core, token, CONTROL_REFUSED, "no such command", NULL);
    }
}

static void run_turn(struct core *core)
{
    struct transfer toll = {
        .debit = core->account, .credit = ACCOUNT_REVENUE_COMPUTE, .code = TRANSFER_COMPUTE};
    struct event event;

    core->message++;
    core->options.mark(core->options.mark_context, MINI_AGENT, core->message);
    core->counters.turns++;
    INVARIANT(money_from_nanos(&toll.amount, 1) == ST_OK);
    if (core->account != 0) {
        ledger_event_begin(core->ledger);
        (void)!ledger_transfer(core->ledger, &toll); /* short of funds is fine */
        event = event_of(EVENT_TURN, core);
        (void)ledger_event_end(core->ledger, &event);
    }
    core->options.mark(core->options.mark_context, 0, 0);
}

void core_parcel(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], const uint8_t *bytes,
                 size_t size)
{
    INVARIANT(memcmp(key, core->link.key, CONTROL_KEY_BYTES) == 0);
    INVARIANT(size >= 8);
    if (be64_get(bytes) != core->heard)
        core->order_broken++;
    core->heard++;
}

bool core_is_drained(const struct core *core)
{
    (void)core;
    return false;
}

/* Nobody is invited. */
void core_join(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], uint64_t call,
               const uint8_t *bytes, size_t size)
{
    (void)core;
    (void)key;
    (void)bytes;
    (void)size;
    INVARIANT(call == 0);
}

void core_link_connected(struct core *core, uint32_t interface)
{
    INVARIANT(interface == 1);
    core->connected++;
}

void core_link_trouble(struct core *core, uint32_t interface, const char *reason)
{
    (void)core;
    INVARIANT(interface == 1 && reason[0] != '\0');
}

bool core_links_tick(struct core *core)
{
    INVARIANT(core->link.interface == 1); /* only asked of a core that has links */
    return false;
}

static void say(struct core *core, struct core_frame *frame)
{
    frame->parcels = calloc((size_t)core->to_say + 1, sizeof *frame->parcels);
    INVARIANT(frame->parcels != NULL);
    for (; core->to_say > 0; core->to_say--) {
        struct core_parcel *parcel = &frame->parcels[frame->parcel_count++];
        uint8_t *to = bytes_extend(&parcel->bytes, 100);

        INVARIANT(to != NULL);
        memset(to, 0, 100);
        be64_put(to, core->said++);
        parcel->interface = 1;
    }
}

static void tell_links(struct core *core, struct core_frame *frame)
{
    if (!core->link_is_new)
        return;
    frame->links = malloc(sizeof *frame->links);
    INVARIANT(frame->links != NULL);
    *frame->links = core->link;
    frame->link_count = 1;
    core->link_is_new = false;
}

bool core_run(struct core *core, uint32_t turns_max)
{
    if (core->frozen_agent == MINI_AGENT)
        core->turns_ready = 0;
    for (uint32_t i = 0; i < turns_max && core->turns_ready > 0; i++) {
        core->turns_ready--;
        run_turn(core);
    }
    return core->turns_ready > 0;
}

void core_set_disk(struct core *core, const struct core_disk *disk)
{
    (void)core;
    (void)disk;
}

bool core_frame_is_full(const struct core *core)
{
    (void)core;
    return false;
}

uint64_t core_frame_bytes_max(const struct core *core)
{
    (void)core;
    return UINT64_MAX;
}

bool core_ready(const struct core *core)
{
    return core->turns_ready > 0;
}

uint64_t core_next_due_us(const struct core *core)
{
    (void)core;
    return UINT64_MAX;
}

void core_frame_close(struct core *core, uint64_t wall_us, struct core_frame *frame)
{
    *frame = (struct core_frame){0};
    store_batch_init(&frame->batch);
    frame->writes = ledger_frame_close(core->ledger, &frame->batch, core->now_us, wall_us, false,
                                       &frame->header);
    frame->replies = calloc(REPLIES_MAX, sizeof *frame->replies);
    INVARIANT(frame->replies != NULL);
    memcpy(frame->replies, core->replies, core->reply_count * sizeof *frame->replies);
    frame->reply_count = core->reply_count;
    core->reply_count = 0;
    say(core, frame);
    tell_links(core, frame);
}

void core_commit_begins(struct core *core)
{
    (void)core;
}

void core_commit_ended(struct core *core)
{
    (void)core;
}

void core_between_out(struct core *core, struct core_frame *frame)
{
    (void)core;
    (void)frame;
}

uint32_t core_flush_ms(const struct core *core)
{
    (void)core;
    return 0; /* it has no bounded link */
}

void core_lost_memory(struct core *core)
{
    (void)core;
}

uint64_t core_frame(const struct core *core)
{
    return core->ledger == NULL ? 1 : ledger_frame(core->ledger);
}

struct core_counters core_count(const struct core *core)
{
    return core->counters;
}

/* Enough of them to tell one moment from another. */
void core_figures(struct core *core, struct core_figures *figures)
{
    *figures = (struct core_figures){.frame = ledger_last_frame(core->ledger)->frame,
                                     .agents = {.turns = core->counters.turns}};
}

void core_survey_step(const struct core *core, struct core_survey *survey, size_t count)
{
    (void)core;
    (void)count;
    survey->rounds++;
}

const struct ledger *core_ledger(const struct core *core)
{
    return core->ledger;
}

enum status core_check(const struct core *core, struct fault *fault)
{
    (void)core;
    (void)fault;
    return ST_OK;
}

enum status core_claims(void *context, const struct store_read *read, struct ledger_claims *claims,
                        struct fault *fault)
{
    (void)context;
    (void)read;
    (void)claims;
    (void)fault;
    return ST_OK;
}

/* Nothing is ever archived here. */
bool core_drop_step(struct core *core)
{
    (void)core;
    return false;
}
