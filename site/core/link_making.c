#include "site/core/link_making.h"

#include <string.h>

#include "links/invitations.h"
#include "site/core/connections.h"
#include "site/core/state.h"

/* ---- limits ---- */

static void limit_add(void *context, struct link *link)
{
    struct money *sum = context;

    money_accumulate(sum, link->limit); /* core_limits_fit() held for each when it was set */
}

/*
 * What all peers together may come to owe is money on this site besides what was brought in:
 * bounded by a quarter of that, so that no balance and no sum of a turn outgrows an amount.
 */
bool core_limits_fit(struct core *core, struct money more, struct outcome *outcome)
{
    struct money most = money_share_floor(money_site_max(), 1, 4);
    struct money sum = invitations_limits(core->invitations, core->site_time_us);
    char text[MONEY_TEXT_BYTES];

    links_each(core->links, limit_add, &sum);
    if (money_add(&sum, sum, more) && money_compare(sum, most) <= 0)
        return true;
    outcome_set(outcome, CONTROL_REFUSED,
                "the limits of all links and open invitations come to at most %s: give less",
                money_print(text, most));
    return false;
}

/* ---- one link ---- */

/* Customers of a link are called LINK:TAG, and agent:5 is the agent of that number. */
static bool link_name_is_kind(const char *name)
{
    static const char *const kinds[] = {"agent", "customer", "link", "unclaimed", "account"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(name, kinds[i]) == 0)
            return true;
    return false;
}

bool core_link_name_is_free(const struct core *core, const char *name, struct outcome *outcome)
{
    if (link_name_is_kind(name)) {
        outcome_set(outcome, CONTROL_BAD_REQUEST,
                    "a link cannot be called %s: its customers' names would be read as numbers of "
                    "%ss",
                    name, name);
        return false;
    }
    if (name[0] != '\0' && invitations_named(core->invitations, name, core->site_time_us) != NULL) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "the name %s is that of an open invitation: take another, or revoke that one "
                    "(`serai link invites` lists them)",
                    name);
        return false;
    }
    return true;
}

/* Whether a link may have this key. */
static bool link_key_is_good(const struct core *core, const uint8_t key[LINK_KEY_BYTES],
                             struct outcome *outcome)
{
    if (memcmp(key, core->options.site_key, LINK_KEY_BYTES) == 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "that is this site's own key: give the peer's (`serai site key` there)");
        return false;
    }
    if (control_is_key(key))
        return true;
    outcome_set(outcome, CONTROL_REFUSED,
                "key: that is no site's key, for it is no point of Ed25519: copy the whole of "
                "what `serai site key` prints at the peer");
    return false;
}

struct link *core_link_make(struct core *core, const struct link_wish *wish,
                            struct outcome *outcome)
{
    enum status opened;
    struct link *link;
    struct fault fault;

    if (!link_key_is_good(core, wish->key, outcome))
        return NULL;
    if (links_add(core->links, wish->name, wish->key, wish->endpoint, wish->limit, &link, &fault) !=
        ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return NULL;
    }
    opened = ledger_open_link(core->ledger, link->interface);
    INVARIANT(opened == ST_OK || opened == ST_EXISTS); /* a new number, or one joined before */
    core_link_added(core, link);
    return link;
}
