#include "sim/settle.h"

#include "links/settlement.h"
#include "sim/client.h"
#include "sim/network.h"
#include "sim/requests.h"

static const char by_house[] = "clearing:a"; /* the first site */

/* ---- what operators ask for ---- */

/* The terms that were agreed at first, or others. */
static const char *settle_some_terms(struct sim_site *site, const struct link *link)
{
    const struct settlement *settlement = link_settlement(site->core->links, link);

    if (rng_below(&site->sim->people, 8) == 0)
        return "none";
    if (settlement->by == SETTLE_BY_CLEARING)
        return by_house;
    return "manual:a bank";
}

static void settle_ask_terms(struct sim_site *site, struct sim_client *client,
                             const struct link *link)
{
    struct rng *rng = &site->sim->people;
    uint64_t threshold = rng_coin(rng) ? 0 : 1 + rng_below(rng, 2000000);
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_text(&args, settle_some_terms(site, link));
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

static void settle_set_terms(struct sim_site *site, const char *peer, const char *terms)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, peer);
    cbor_put_text(&args, terms);
    cbor_put_uint(&args, 1000);
    cbor_put_uint(&args, 0);
    (void)request_now(site, 0, "link.terms", &args, NULL);
}

void settle_agree(struct sim_site *site, const char *peer)
{
    settle_set_terms(site, peer, "manual:a bank");
}

/* A site becomes a customer of another one, with some money there. */
static void settle_open_account(struct sim_site *house, const struct sim_site *of)
{
    struct bytes args = {0};
    uint64_t account;

    cbor_put_array(&args, 2);
    cbor_put_text(&args, of->name);
    cbor_put_bytes(&args, of->key, CONTROL_KEY_BYTES);
    account = request_now(house, 0, "customer.add", &args, "customer");
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, account);
    cbor_put_uint(&args, rng_below(&house->sim->people, 50000000)); /* not always enough */
    (void)request_now(house, 0, "money.in", &args, NULL);
}

void settle_choose_house(struct sim *sim)
{
    struct sim_site *house = &sim->sites[0];
    bool knows[SIM_SITES_MAX] = {false};

    for (uint32_t i = 1; i < sim->site_count; i++) {
        knows[i] = network_link_to(house, i) != NULL;
        if (knows[i])
            settle_open_account(house, &sim->sites[i]);
    }
    for (size_t i = 0; i < sim->wire_count; i++) {
        struct sim_site *a = &sim->sites[sim->wires[i].ends[0]];
        struct sim_site *b = &sim->sites[sim->wires[i].ends[1]];

        if (!knows[a->index] || !knows[b->index])
            continue;
        settle_set_terms(a, b->name, by_house);
        settle_set_terms(b, a->name, by_house);
    }
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

/* A payment that a house was asked for and has not answered, which it cannot. */
static bool settle_house_is_away(const struct sim_site *site,
                                 const struct settlement_payment *pending)
{
    return pending->by == SETTLE_BY_CLEARING && pending->receipt.size == 0 &&
           network_link_to(site, 0)->state != LINK_UP;
}

static bool settle_direction_rests(const struct sim *sim, const struct sim_wire *wire, int from)
{
    const struct link *payer = network_link(sim, wire, from);
    const struct link *creditor = network_link(sim, wire, 1 - from);
    const struct sim_site *site = &sim->sites[wire->ends[from]];
    const struct settlement_payment *pending = &link_settlement(site->core->links, payer)->pending;
    const struct settlement_payment *claimed =
        &link_settlement(sim->sites[wire->ends[1 - from]].core->links, creditor)->claimed;

    if (payer->paid.index != creditor->got.index)
        return false;
    return pending->index == claimed->index || settle_house_is_away(site, pending);
}

bool settle_rests(const struct sim *sim, const struct sim_wire *wire)
{
    return settle_direction_rests(sim, wire, 0) && settle_direction_rests(sim, wire, 1);
}

static void settle_note_direction(struct sim *sim, const struct sim_wire *wire, int from)
{
    const struct link *payer = network_link(sim, wire, from);
    const struct settlement_payment *paid =
        &link_settlement(sim->sites[wire->ends[from]].core->links, payer)->paid;

    if (paid->by == SETTLE_BY_CLEARING)
        sim->result.seen[paid->outcome == SETTLEMENT_DONE ? SEEN_CLEARED : SEEN_CLEARING_FAILED]++;
}

void settle_note_houses(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        settle_note_direction(sim, &sim->wires[i], 0);
        settle_note_direction(sim, &sim->wires[i], 1);
    }
}

u128 settle_pending(const struct sim *sim)
{
    u128 total = 0;

    for (uint32_t i = 0; i < sim->site_count; i++)
        if (sim->sites[i].core != NULL)
            total += links_pending(sim->sites[i].core->links);
    return total;
}
