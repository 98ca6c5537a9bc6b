/* Reading messages back: those in the inboxes of agents, and those that wait on promises. */
#include "agents/rows/load_messages.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/inbox.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/rows/claims.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/rows/load_owned.h"
#include "agents/rows/loader.h"
#include "agents/set.h"
#include "agents/sleep.h"

/*
 * Move the message that was read last before all others: it was delivered to the front, though its
 * number is the highest so far.
 */
static void load_move_to_front(struct agent *agent)
{
    struct inbox_message *message = agent->inbox.last;

    if (message->previous == NULL)
        return;
    agent->inbox.last = message->previous;
    agent->inbox.last->next = NULL;
    message->previous = NULL;
    message->next = agent->inbox.first;
    agent->inbox.first->previous = message;
    agent->inbox.first = message;
}

/* Whether the account is an agent's, dead or alive. */
static bool load_is_agent(const struct agents *agents, uint64_t id)
{
    const struct account *account = ledger_account(agents->ledger, id);

    return account != NULL && account->kind == KIND_AGENT;
}

/* Why this is no message of this site; NULL: it may be one. */
static const char *load_message_error(const struct agents *agents, const struct message *m)
{
    const char *error = load_place_error(agents, &m->reply);

    for (uint8_t i = 0; error == NULL && i < m->cap_count; i++)
        error = load_place_error(agents, &m->caps[i]);
    if (m->id == 0 || m->id >= agents->next_message)
        error = "its number is above the counter";
    if (m->asker != 0 && !load_is_agent(agents, m->asker))
        error = "its asker was never an agent";
    return error;
}

/* A copy of the message, of which the row's bytes are borrowed. */
static struct inbox_message *load_copy_message(struct agents *agents,
                                               const struct inbox_message *read)
{
    struct inbox_message *message = inbox_message_new(&agents->small, &read->m);

    message->front = read->front;
    message->saved = true;
    return message;
}

/* Decode the row and check it by itself; its bytes are borrowed. */
static enum status load_read_message(struct rows_loader *loader, struct inbox_message *read,
                                     const struct store_row *stored, struct fault *fault)
{
    struct fault why = {0};
    const char *error;

    read->m.id = be64_get(stored->key + 8);
    if (row_decode_message(read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    error = load_message_error(loader->agents, &read->m);
    if (error != NULL)
        return row_corrupt(fault, stored, "%s", error);
    claims_of_message(loader->claims, &read->m);
    return ST_OK;
}

static bool message_listens(const struct inbox_message *message)
{
    return message->m.kind == (enum serai_event_kind)WAITING_LISTENER;
}

enum status load_agent_message(struct rows_loader *loader, struct agent *agent,
                               const struct store_row *stored, struct fault *fault)
{
    struct inbox_message read = {0};
    struct inbox_message *message;
    enum status status = load_read_message(loader, &read, stored, fault);

    if (status != ST_OK)
        return status;
    if (message_listens(&read))
        return row_corrupt(fault, stored, "an agent's inbox has what only waits on a promise");
    message = load_copy_message(loader->agents, &read);
    inbox_push_loaded(loader->agents, agent, message);
    if (message->front)
        load_move_to_front(agent);
    return ST_OK;
}

/* A message that waits on a promise, and counts for its sender. */
static const char *load_admit_waiting(struct agents *agents, struct object *promise,
                                      const struct inbox_message *read)
{
    struct agent *sender = agents_find(agents, read->m.sender);

    if (sender == NULL)
        return "its sender is missing, which would have taken it back";
    if (promise->u.promise.unread == 0)
        return "more messages wait on the promise than its row counts";
    promise->u.promise.unread--;
    promise_queue_add_loaded(agents, promise, sender, load_copy_message(agents, read));
    agent_let_sleep(agents, sender);
    return NULL;
}

enum status load_waiting_message(struct rows_loader *loader, const struct store_row *stored,
                                 struct fault *fault)
{
    struct object *promise =
        object_find(&loader->agents->objects, be64_get(stored->key), OBJECT_PROMISE);
    struct inbox_message read = {0};
    const char *error = "an event of a kind that does not wait on a promise";
    enum status status;

    if (promise == NULL)
        return row_corrupt(fault, stored, "the agent is missing");
    status = load_read_message(loader, &read, stored, fault);
    if (status != ST_OK)
        return status;
    if (message_listens(&read) || read.m.kind == SERAI_EVENT_MESSAGE)
        error = load_admit_waiting(loader->agents, promise, &read);
    return error == NULL ? ST_OK : row_corrupt(fault, stored, "%s", error);
}
