/* Returning messages that will never be delivered.  Private to this part. */
#ifndef SERAI_AGENTS_RETURN_H
#define SERAI_AGENTS_RETURN_H

#include "agents/inbox.h"

/*
 * End a reply that will have no answer, if this is a cap to one: FAILED goes to its owner, paid by
 * its reserve.  Undone by rollback.
 */
void facet_fail(struct agents *agents, const struct cap *cap, int32_t status);

/* End each reply facet that a message carries, as facet_fail(). */
void message_fail_replies(struct agents *agents, const struct message *message, int32_t status);

/* End each reply facet that an agent holds, as facet_fail(). */
void agent_fail_replies(struct agents *agents, struct agent *agent, int32_t status);

/* Give back what a message that will never be delivered holds, and end the replies it carries. */
void inbox_return(struct agents *agents, struct agent *agent, struct inbox_message *message,
                  int32_t status, bool postage_too);

#endif
