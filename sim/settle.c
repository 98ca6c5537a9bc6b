#include "sim/settle.h"

#include "links/settlement.h"
#include "sim/client.h"
#include "sim/network.h"
#include "sim/requests.h"

/* ---- what operators ask for ---- */

static void settle_ask_terms(struct sim_site *site, struct sim_client *client,
                             const struct link *link)
{
    struct rng *rng = &site->sim->people;
    uint64_t threshold = rng_coin(rng) ? 0 : 1 + rng_below(rng, 2000000);
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_text(&args, rng_below(rng, 8) == 0 ? "none" : "manual:a bank");
    cbor_put_uint(&args, threshold);
    cbor_put_uint(&args, threshold == 0 ? 0 : rng_below(rng, threshold));
    client_sign(site, client, "link.terms", &args);
}

static void settle_ask_pay(struct sim_site *site, struct sim_client *client,
                           const struct link *link)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, link->name);
    if (rng_below(rng, 3) != 0)
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, rng_below(rng, 3000000)); /* also more than is owed */
    client_sign(site, client, "link.settle", &args);
}

/* The claim that there is, or one that there is not. */
static void settle_ask_decide(struct sim_site *site, struct sim_client *client,
                              const struct link *link)
{
    struct rng *rng = &site->sim->people;
    uint64_t index = link_settlement(site->core->links, link)->claimed.index;
    bool accepted = rng_below(rng, 3) != 0;
    struct bytes args = {0};

    if (index != 0)
        sim_saw(site->sim, accepted ? SEEN_SETTLED : SEEN_SETTLE_REFUSED);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_uint(&args, rng_below(rng, 6) == 0 ? rng_below(rng, 4) : index);
    cbor_put_bool(&args, accepted);
    cbor_put_text(&args, "a payment");
    client_sign(site, client, "link.settled", &args);
}

void settle_agree(struct sim_site *site, const char *peer)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, peer);
    cbor_put_text(&args, "manual:a bank");
    cbor_put_uint(&args, 1000);
    cbor_put_uint(&args, 0);
    (void)request_now(site, 0, "link.terms", &args, NULL);
}

struct claimed_search {
    struct links *links;
    const struct link *link;
};

static void settle_find_claimed(void *context, struct link *link)
{
    struct claimed_search *search = context;

    if (!money_is_zero(link_settlement(search->links, link)->claimed.amount))
        search->link = link;
}

bool settle_decide_some(struct sim_site *site, struct sim_client *client)
{
    struct claimed_search search = {.links = site->core->links};

    links_each(search.links, settle_find_claimed, &search);
    if (search.link == NULL || rng_below(&site->sim->people, 5) == 0)
        return false;
    settle_ask_decide(site, client, search.link);
    return true;
}

void settle_ask(struct sim_site *site, struct sim_client *client, const struct link *link)
{
    bool is_claimed = !money_is_zero(link_settlement(site->core->links, link)->claimed.amount);
    uint64_t what = rng_below(&site->sim->people, 6);

    if (is_claimed ? what < 4 : what == 0)
        settle_ask_decide(site, client, link);
    else if (link_settlement(site->core->links, link)->by == SETTLE_BY_NOBODY || what == 5)
        settle_ask_terms(site, client, link);
    else
        settle_ask_pay(site, client, link);
}

/* ---- what must hold ---- */

/*
 * What `payer` paid is what `creditor` posted, or the creditor is one payment ahead: the one that
 * is pending, of which the payer does not know yet.
 */
static void settle_check_direction(const struct sim *sim, const struct sim_wire *wire, int from)
{
    const struct link *payer = network_link(sim, wire, from);
    const struct link *creditor = network_link(sim, wire, 1 - from);
    const struct settlement *settlement;

    if (payer == NULL || creditor == NULL)
        return;
    settlement = link_settlement(sim->sites[wire->ends[from]].core->links, payer);
    if (creditor->got.total != payer->paid.total &&
        creditor->got.total != payer->paid.total + money_nanos(settlement->pending.amount))
        sim_fail(sim, "site %s posted another sum of settlements than site %s paid",
                 sim->sites[wire->ends[1 - from]].name, sim->sites[wire->ends[from]].name);
    if (creditor->got.index != payer->paid.index &&
        creditor->got.index != settlement->pending.index)
        sim_fail(sim, "site %s decided settlement %llu, which site %s does not know",
                 sim->sites[wire->ends[1 - from]].name, (unsigned long long)creditor->got.index,
                 sim->sites[wire->ends[from]].name);
}

void settle_check_wire(const struct sim *sim, const struct sim_wire *wire)
{
    settle_check_direction(sim, wire, 0);
    settle_check_direction(sim, wire, 1);
}

static bool settle_direction_rests(const struct sim *sim, const struct sim_wire *wire, int from)
{
    const struct link *payer = network_link(sim, wire, from);
    const struct link *creditor = network_link(sim, wire, 1 - from);

    return payer->paid.index == creditor->got.index &&
           link_settlement(sim->sites[wire->ends[from]].core->links, payer)->pending.index ==
               link_settlement(sim->sites[wire->ends[1 - from]].core->links, creditor)
                   ->claimed.index;
}

bool settle_rests(const struct sim *sim, const struct sim_wire *wire)
{
    return settle_direction_rests(sim, wire, 0) && settle_direction_rests(sim, wire, 1);
}

struct pending_sum {
    struct links *links;
    u128 total;
};

static void settle_add_pending(void *context, struct link *link)
{
    struct pending_sum *sum = context;

    sum->total += money_nanos(link_settlement(sum->links, link)->pending.amount);
}

u128 settle_pending(const struct sim *sim)
{
    struct pending_sum sum = {0};

    for (uint32_t i = 0; i < sim->site_count; i++) {
        if (sim->sites[i].core == NULL)
            continue;
        sum.links = sim->sites[i].core->links;
        links_each_ever(sum.links, settle_add_pending, &sum);
    }
    return sum.total;
}
