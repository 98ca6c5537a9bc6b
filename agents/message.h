/* Events of agents: messages, answers and others, in their inboxes. */
#ifndef SERAI_AGENTS_MESSAGE_H
#define SERAI_AGENTS_MESSAGE_H

#include "agents/cap.h"
#include "base/money.h"
#include "sdk/abi.h"

struct agents;
struct agent;

/* The status of BORN. */
enum { BORN_FOR_GOOD = 0, BORN_ON_TRIAL = 1 };

struct message {
    uint64_t id;
    enum serai_event_kind kind;
    uint64_t sender;          /* account that gets postage back, and money if there is no asker */
    uint64_t asker;           /* agent whose reply was handed on with it: gets money back; or 0 */
    uint64_t sender_customer; /* whose quarter of the inbox it fills; 0: reserved room */
    uint64_t end;             /* channel end, or 0 */
    uint64_t badge;
    int32_t status;
    struct money fee;
    /* In held:message until its turn (MESSAGE only), else informative: of FAILED what came back. */
    struct money money;
    struct money postage; /* in held:message until its turn */
    struct money reserve; /* in held:reserve until its turn */
    struct money spent;   /* postage that its receiver has had already, and waits again */
    struct cap reply;     /* one-shot facet or EMPTY */
    uint8_t cap_count;
    struct cap caps[SERAI_MESSAGE_CAPS_MAX];
    const uint8_t *data; /* copied by agents_deliver() */
    size_t size;
};

/* Whether a message of `size` bytes can be queued: 0, SERAI_E_FULL or SERAI_E_CLOSED. */
int64_t agents_inbox_room(const struct agents *agents, const struct agent *to,
                          uint64_t sender_customer, size_t size);

/*
 * Queue a copy of *message (its id is set here) at the end of the agent's inbox.  Undone by the
 * running turn's rollback.  Money fields must be in the held accounts already, or staged to go
 * there.
 */
void agents_deliver(struct agents *agents, struct agent *to, const struct message *message);

/*
 * Write bytes into a buffer, in place of an event that would bring them to its owner.  Undone by
 * the running turn's rollback.  False: there is no such buffer, it is not `owner`'s, or it is too
 * small; nothing was written.
 */
MUST_CHECK bool agents_buffer_put(struct agents *agents, uint64_t owner, uint64_t buffer,
                                  uint64_t offset, const uint8_t *data, size_t size);

/*
 * Why there is no answer, by the status of FAILED: a word, such as "SILENT" or "TRAP", and a text
 * for people.  Never NULL.
 */
const char *agents_failure_word(int32_t status);
const char *agents_failure_text(int32_t status);

/* The number of the newest message of all; 0: there was none. */
uint64_t agents_newest_message(const struct agents *agents);

/* Whether a message of this number waits in the agent's inbox. */
bool agents_message_waits(const struct agent *agent, uint64_t message);

/* The money that one event costs to reserve now. */
struct money agents_reserve(const struct agents *agents);

#endif
