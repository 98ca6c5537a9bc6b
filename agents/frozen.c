/* Messages and questions that wait for an agent that stays frozen go back after a time. */
#include "agents/frozen.h"

#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/follow_up.h"
#include "agents/freeze.h"
#include "agents/inbox.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/upgrade.h"

/* Whether somebody else sent it and waits: a message that is no answer, a person's UPGRADE. */
static bool frozen_is_from_others(const struct message *message)
{
    return message->kind == SERAI_EVENT_UPGRADE ||
           (message->kind == SERAI_EVENT_MESSAGE && !message_is_answer(message));
}

/*
 * Messages go back to their senders.  Events that the agent ordered itself stay, as all its state
 * does; only the replies that they carry fail, so that nobody else waits.
 */
static void frozen_send_inbox_back(struct agents *agents, struct agent *agent)
{
    struct inbox_message *next;

    for (struct inbox_message *at = agent->inbox.first; at != NULL; at = next) {
        next = at->next;
        if (!frozen_is_from_others(&at->m)) {
            message_fail_replies(agents, &at->m, failure_of(SERAI_E_FROZEN));
            continue;
        }
        inbox_take(agents, agent, at);
        upgrade_was_asked(agents, agent, at);
        message_return(agents, agent, &at->m, failure_of(SERAI_E_FROZEN), true);
        inbox_message_free(at);
    }
}

void frozen_send_back(struct agents *agents, struct agent *agent)
{
    if (!agent_is_frozen(agent) || agents->now_us < frozen_waits_until_us(agents, agent))
        return;
    agent->frozen_us = agents->now_us; /* what comes from now on waits as long */
    agent_dirty(&agents->changes, agent);
    frozen_send_inbox_back(agents, agent);
    agent_fail_replies(agents, agent, failure_of(SERAI_E_FROZEN));
    agents_follow_up(agents);
    agents_try_thaw(agents, agent); /* another event may be at the head now */
}
