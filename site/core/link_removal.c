/*
 * A link that is removed keeps its interface, accounts and totals, and nothing that waits: so it
 * has to be even, with nothing under way and no end of a channel on it.
 */
#include "site/core/link_removal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "links/settlement.h"
#include "site/core/state.h"

/* The ends of channels over one link, whatever their state. */
struct ends_over {
    uint32_t interface;
    size_t count;
    size_t sold;    /* of these: only the peer has to do with them */
    uint64_t owner; /* of the first of the others */
};

static void removal_count_end(void *context, struct channel_end *end)
{
    struct ends_over *over = context;

    if (end->interface != over->interface)
        return;
    over->count++;
    if (channel_is_sold(end))
        over->sold++;
    else if (over->owner == 0)
        over->owner = end->owner;
}

/* Append one reason, as far as an answer's message holds it. */
static void PRINTF_LIKE(2, 3)
    removal_add_reason(char text[CONTROL_MESSAGE_BYTES_MAX + 1], const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text + used, CONTROL_MESSAGE_BYTES_MAX + 1 - used, format, arguments);
    va_end(arguments);
}

static void removal_add_debt(const struct link *link, char text[CONTROL_MESSAGE_BYTES_MAX + 1])
{
    bool we_owe = link_we_owe(link) != 0;
    u128 debt = we_owe ? link_we_owe(link) : link_it_owes(link);
    struct money amount;
    char printed[MONEY_TEXT_BYTES];

    INVARIANT(money_from_total(&amount, debt)); /* limits and what a site holds bound it */
    removal_add_reason(
        text,
        we_owe ? "; this site owes it %s (it is even when as much has come back over it)"
               : "; it owes this site %s (it is even when as much has gone back over it)",
        money_print(printed, amount));
}

static void removal_add_ends(const struct ends_over *over, char text[CONTROL_MESSAGE_BYTES_MAX + 1])
{
    if (over->count > over->sold)
        removal_add_reason(
            text,
            "; ends of channels that agents have: %zu, one is of agent %" PRIu64
            " (they end when they are sold, or with their agents: `serai agent end`)",
            over->count - over->sold, over->owner);
    if (over->sold != 0)
        removal_add_reason(text, "; sold ends that the peer has not let go: %zu (wait for it)",
                           over->sold);
}

bool core_link_may_go(struct core *core, const struct link *link, struct outcome *outcome)
{
    struct ends_over over = {.interface = link->interface};
    uint64_t messages = link_unfinished(core->links, link);

    channels_each(core->channels, removal_count_end, &over);
    if (link_is_even(link) && messages == 0 && over.count == 0 &&
        !link_is_settling(core->links, link) && !link_is_house(core->links, link))
        return true;

    /* All reasons at once: the operator deals with one after the other without asking between. */
    outcome_set(outcome, CONTROL_REFUSED, "link %s cannot be removed yet", link->name);
    if (messages != 0)
        removal_add_reason(outcome->message,
                           "; messages that are not acknowledged: %" PRIu64 " (wait for the peer)",
                           messages);
    removal_add_ends(&over, outcome->message);
    if (!link_is_even(link))
        removal_add_debt(link, outcome->message);
    if (link_is_settling(core->links, link))
        removal_add_reason(outcome->message,
                           "; a settlement is not decided (`serai link settlements %s`)",
                           link->name);
    if (link_is_house(core->links, link))
        removal_add_reason(
            outcome->message,
            "; it is asked to pay a settlement of another link (wait for its answer)");
    if (link->state == LINK_FROZEN)
        removal_add_reason(outcome->message,
                           "; it is frozen (`serai link resume %s` lets it go on)", link->name);
    return false;
}
