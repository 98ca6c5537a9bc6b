/*
 * Control requests as they come in: signature, key and number are checked here, so that a command
 * runs once however often it is sent (docs/control.md, "Once, and only once").
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "site/core/claims.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/map.h"
#include "site/core/read_list.h"
#include "site/core/reads.h"
#include "site/core/state.h"

/* The reply waits for the frame: nothing is answered before it is durable. */
static void request_reply(struct core *core, const struct core_reply *reply,
                          const struct bytes *bytes)
{
    struct core_reply *place;

    core->replies = array_grow(core->replies, &core->reply_capacity, core->reply_count + 1,
                               sizeof *core->replies);
    INVARIANT(core->replies != NULL);
    place = &core->replies[core->reply_count++];
    *place = *reply;
    bytes_append(&place->bytes, bytes->data, bytes->size);
    INVARIANT(!place->bytes.failed);
}

static void request_encode_answer(const struct core *core, const struct outcome *outcome,
                                  struct bytes *answer)
{
    bytes_clear(answer);
    control_answer(answer, outcome->status, ledger_frame(core->ledger), outcome->message,
                   &outcome->result);
    INVARIANT(!answer->failed);
}

/* The event that a fresh command is: caused by (key, number), whatever came of it (docs/records.md,
 * event kind 1). */
static void request_end_event(struct core *core, const struct customer *by,
                              const struct control_request *request)
{
    struct event event =
        event_of_request(by->account, request->key, request->number, core->site_time_us);

    event.bytes = hash_of(request->payload, request->payload_size);
    (void)ledger_event_end(core->ledger, &event);
}

/* `by` is NULL for a first claim, which makes its customer in this event.  Returns whose it was. */
static struct customer *request_run_fresh(struct core *core, struct customer *by,
                                          const struct control_request *request,
                                          const struct hash *hash, struct outcome *outcome)
{
    ledger_event_begin(core->ledger);
    if (by == NULL)
        by = core_claim_begin(core, request->key);
    core_command(core, by, request, outcome);
    undo_commit(core->undo); /* outside of turns nothing is undone */
    request_end_event(core, by, request);
    /* In the frame of what the request did: a repeat after any crash finds both or neither. */
    by->number = request->number;
    by->request = *hash;
    core_customer_answered(core, by);
    request_encode_answer(core, outcome, &by->answer);
    core->frame_open = true;
    core->frame_answers = core->frame_answers || outcome->status == CONTROL_DONE;
    return by;
}

/* Nothing was done, and the result names the number above which the client may sign again. */
static void request_deny_number(const struct customer *by, const struct control_request *request,
                                const char *why, struct outcome *outcome)
{
    struct map map;

    outcome_set(outcome, CONTROL_DENIED,
                "request number %llu %s: this key is at %llu, so sign with a higher one",
                (unsigned long long)request->number, why, (unsigned long long)by->number);
    map_init(&map);
    map_uint(&map, "number", by->number);
    map_end(&map, &outcome->result);
}

/* True when the saved answer of `by` is the one to give. */
static bool request_run_signed(struct core *core, struct customer *by,
                               const struct control_request *request, struct outcome *outcome)
{
    struct hash hash = hash_of(request->payload, request->payload_size);

    if (request->number == by->number && by->number != 0) {
        if (hash_equal(&hash, &by->request))
            return true;
        request_deny_number(by, request, "was another request", outcome);
        return false;
    }
    if (request->number <= by->number) {
        request_deny_number(by, request, "was used already", outcome);
        return false;
    }
    (void)request_run_fresh(core, by, request, &hash, outcome);
    return true;
}

/*
 * A claim by a key that is no customer's yet.  NULL: it was refused, and nothing is kept of it;
 * else its customer, who has the answer.
 */
static struct customer *request_run_claim(struct core *core, const struct control_request *request,
                                          struct outcome *outcome)
{
    struct hash hash = hash_of(request->payload, request->payload_size);
    struct cbor in;

    /* The arguments, too, before it makes anybody a customer: there are none. */
    cbor_init(&in, request->args, request->args_size);
    cbor_get_array(&in, 0);
    if (!outcome_args_done(&in, outcome) || !core_claim_may_begin(core, request, outcome))
        return NULL;
    return request_run_fresh(core, NULL, request, &hash, outcome);
}

/*
 * The customer whose request this is; NULL with the answer filled when it is nobody's, or without
 * one for a claim by a key that is to become a customer.  The
 * signature comes last: to check that of a long request takes milliseconds, and whoever has no key
 * here pays nothing.
 */
static struct customer *request_authenticate(struct core *core,
                                             const struct control_request *request,
                                             struct outcome *outcome)
{
    struct customer *by = core_customer_by_key(core, request->key);
    struct fault fault;

    if (memcmp(request->site_key, core->options.site_key, CONTROL_KEY_BYTES) != 0) {
        outcome_set(outcome, CONTROL_DENIED, "this request was signed for another site");
        return NULL;
    }
    if (by == NULL && !core_claim_is_of(core, request)) {
        outcome_set(outcome, CONTROL_DENIED,
                    "no customer has this key: the operator adds one with `serai customer add`");
        return NULL;
    }
    if (control_check_signature(request, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_DENIED, "%.400s", fault.text);
        return NULL;
    }
    return by;
}

/* What somebody kept of a signed read is worth nothing after this window. */
static bool request_is_timely(const struct core *core, const struct control_request *request)
{
    uint64_t signed_us = request->site_time_us;
    uint64_t now_us = core->site_time_us;

    return (signed_us > now_us ? signed_us - now_us : now_us - signed_us) <= CONTROL_READ_WINDOW_US;
}

/* A signature decides what is shown; without one, who holds the other end of the connection. */
static void request_run_read(struct core *core, enum core_peer peer, const struct customer *by,
                             const struct control_request *request, struct outcome *outcome)
{
    struct viewer viewer = {.all = peer == CORE_PEER_OWN};

    if (by != NULL) {
        if (!request_is_timely(core, request)) {
            outcome_set(outcome, CONTROL_DENIED,
                        "this read was signed at another time of the site: read `site` for its "
                        "time, and sign again");
            return;
        }
        viewer.all = core_is_operator(core, by);
        viewer.customer = by->account;
        viewer.core = core;
        viewer.by = by;
    }
    core_read(core, &viewer, request, outcome);
}

void core_request(struct core *core, uint64_t token, enum core_peer peer, const uint8_t *bytes,
                  size_t size)
{
    struct control_request request;
    struct outcome outcome = {.command = request.command, .status = CONTROL_DONE};
    struct bytes answer = {0};
    struct customer *by = NULL;
    bool saved = false;
    struct fault fault;

    /* By the first of these that fails the request is answered; each leaves a status behind. */
    if (control_parse(&request, bytes, size, &fault) != ST_OK)
        outcome_set(&outcome, CONTROL_BAD_REQUEST, "%.400s", fault.text);
    else if (request.is_signed)
        by = request_authenticate(core, &request, &outcome);
    /* A read changes nothing, so it needs no number; a command needs a signature that held. */
    if (outcome.status == CONTROL_DONE && request.is_read)
        request_run_read(core, peer, by, &request, &outcome);
    else if (by != NULL)
        saved = request_run_signed(core, by, &request, &outcome);
    else if (outcome.status == CONTROL_DONE && request.is_signed)
        saved = (by = request_run_claim(core, &request, &outcome)) != NULL;
    /* A command's answer is the one that its key's row keeps, byte for byte. */
    if (!saved)
        request_encode_answer(core, &outcome, &answer);
    request_reply(core,
                  &(struct core_reply){.token = token,
                                       .by_operator = core_is_operator(core, by),
                                       .reloads = outcome.reloads},
                  saved ? &by->answer : &answer);
    bytes_fini(&answer);
    bytes_fini(&outcome.result);
}
