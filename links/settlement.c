/* Settlements of a link: what was paid outside of it, in either direction. */
#include "links/settlement.h"

#include "links/freeze.h"

static bool settled_equal(struct settled a, struct settled b)
{
    return a.index == b.index && a.total == b.total;
}

bool settlement_check_statement(struct link_node *node, const struct specie *statement)
{
    const struct link *link = &node->link;

    if (!settled_equal(statement->got, link->paid))
        freeze_settled(node, "got", statement->got, link->paid);
    else if (!settled_equal(statement->paid, link->got))
        freeze_settled(node, "paid", statement->paid, link->got);
    return link->state != LINK_FROZEN;
}
