/*
 * What must hold after every frame and step, and what must hold when all is quiet:
 * docs/simulation.md, "What is checked".
 */
#include "sim/check.h"

#include <stdio.h>
#include <string.h>

#include "agents/views.h"
#include "sim/client.h"
#include "sim/hog.h"
#include "sim/losses.h"
#include "sim/network.h"
#include "sim/past.h"
#include "sim/settle.h"
#include "sim/sim.h"

/* ---- one site ---- */

/* What one link may owe and know, whatever its peer does. */
static void check_exposure(void *context, struct link *link)
{
    struct sim_site *site = context;

    /*
     * What was lost counts for ever.  What we paid may come on top: it was on its way while the
     * peer sent up to the limit, and is our credit from then on.
     */
    if (link_it_owes(link) > 0 &&
        link_it_owes(link) + money_nanos(link->lost) > money_nanos(link->limit) + link->paid.total)
        sim_fail(site->sim, "site %s: its peer %s owes it more than the limit", site->name,
                 link->name);
    if (link->acked_seq > link->sent_seq || link->acked_total > link->sent_total)
        sim_fail(site->sim, "site %s: %s has more than was sent to it", site->name, link->name);
    if (link->state == LINK_FROZEN && link->reason[0] == '\0')
        sim_fail(site->sim, "site %s: its link to %s is frozen without a reason", site->name,
                 link->name);
}

/*
 * All fuel was paid at its price, but for less than a nano that each agent born still has as a
 * remainder.
 */
static void check_fuel(const struct sim_site *site)
{
    const struct core *core = site->core;
    struct agents_counters count = agents_count(core->agents);
    u128 due = (u128)money_nanos(core->book.compute) * count.fuel;
    u128 paid = ledger_account(core->ledger, ACCOUNT_REVENUE_COMPUTE)->credits * MARKET_FUEL_UNIT;

    if (paid > due || due - paid > (u128)count.births * MARKET_FUEL_UNIT)
        sim_fail(site->sim, "site %s: its revenue is not the price of %llu fuel", site->name,
                 (unsigned long long)count.fuel);
}

void check_site(struct sim_site *site)
{
    struct fault fault = {0};

    if (core_check(site->core, &fault) != ST_OK)
        sim_fail(site->sim, "site %s: %s", site->name, fault.text);
    check_fuel(site);
    hog_check(site);
    links_each(site->core->links, check_exposure, site);
}

enum status check_verify(const struct sim_site *site, struct verify_report *report,
                         struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, &site->store, fault);

    if (status != ST_OK)
        return status;
    status = audit_verify(&read, &core_audit, report, fault);
    store_read_end(&read);
    return status;
}

void check_books(struct sim_site *site, struct verify_report *report)
{
    struct fault fault = {0};

    if (check_verify(site, report, &fault) != ST_OK)
        sim_fail(site->sim, "site %s: its books: %s", site->name, fault.text);
}

/* A site that has just started: nothing that was durable, or that was reported, is gone. */
void check_loaded(struct sim_site *site)
{
    const struct sim *sim = site->sim;
    const struct ledger *ledger = core_ledger(site->core);
    struct hash head = ledger_head(ledger);

    check_site(site);
    if (site->restored) /* all bets are off, but for links (check_wires) */
        return;
    if (site->frame_number > 0 && !hash_equal(&head, &site->head))
        sim_fail(sim, "site %s: it starts from another frame than its last durable one",
                 site->name);
    if (site->answered_frame >= ledger_frame(ledger))
        sim_fail(sim, "site %s: it reported frame %llu and has it no more", site->name,
                 (unsigned long long)site->answered_frame);
    if (site->last_agent != 0 && ledger_account(ledger, site->last_agent) == NULL)
        sim_fail(site->sim, "site %s: it reported agent %llu and has it no more", site->name,
                 (unsigned long long)site->last_agent);
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            const struct cursors *was = &site->durable[i];
            const struct link *link;

            if (sim->wires[i].ends[end] != site->index)
                continue;
            link = network_link(sim, &sim->wires[i], end);
            if (link == NULL || link->sent_seq != was->sent_seq || link->epoch < was->epoch ||
                link->epoch > was->epoch + link->unsure || /* one more to ask the peer in */
                link->received_seq != was->received_seq || link->sent_total != was->sent_total ||
                link->received_total != was->received_total)
                sim_fail(sim, "site %s: the cursors of wire %zu are not those of its last frame",
                         site->name, i);
        }
    }
}

/* ---- two ends ---- */

/*
 * Whether one of a wire's ends lies: then nothing is promised about it but what each site checks
 * alone.
 */
static bool wire_lies(const struct sim *sim, const struct sim_wire *wire)
{
    return sim->sites[wire->ends[0]].lies || sim->sites[wire->ends[1]].lies;
}

static bool wire_was_restored(const struct sim *sim, const struct sim_wire *wire)
{
    return sim->sites[wire->ends[0]].restored || sim->sites[wire->ends[1]].restored;
}

/* Whether a person froze a link: its reason says so. */
static bool check_by_hand(const struct link *link)
{
    return strstr(link->reason, "operator") != NULL;
}

/*
 * One direction of a wire.  What one end has received, the other had made durable before it left;
 * what a sender takes for acknowledged is durable at the receiver.
 */
static void check_direction(const struct sim *sim, size_t number, int from)
{
    const struct sim_wire *wire = &sim->wires[number];
    const struct sim_site *sender = &sim->sites[wire->ends[from]];
    const struct sim_site *receiver = &sim->sites[wire->ends[1 - from]];
    const struct cursors *sent = &sender->durable[number];
    const struct cursors *taken = &receiver->durable[number];
    const struct link *link = network_link(sim, wire, 1 - from);
    const struct link *own = network_link(sim, wire, from);
    /* Of a bounded link some money may have run ahead of the disk, and any number of packets. */
    bool bounded =
        own == NULL ? sim->options.profile->power != 0 : !money_is_zero(own->flush_amount);
    u128 ahead = bounded && own != NULL ? money_nanos(own->flush_amount) : 0;

    if (link != NULL && !(bounded && own == NULL) &&
        ((!bounded && link->received_seq > sent->sent_seq) ||
         link->received_total > sent->sent_total + ahead))
        sim_fail(sim, "site %s has message %llu of %s, which is durable up to %llu", receiver->name,
                 (unsigned long long)link->received_seq, sender->name,
                 (unsigned long long)sent->sent_seq);
    if (link != NULL && link->received_seq == sent->sent_seq &&
        link->received_total != sent->sent_total)
        sim_fail(sim, "sites %s and %s: totals differ after message %llu", sender->name,
                 receiver->name, (unsigned long long)sent->sent_seq);
    link = network_link(sim, wire, from);
    if (link != NULL &&
        (link->acked_seq > taken->received_seq || link->acked_total > taken->received_total))
        sim_fail(sim, "site %s takes message %llu for durable at %s, which is at %llu",
                 sender->name, (unsigned long long)link->acked_seq, receiver->name,
                 (unsigned long long)taken->received_seq);
}

/* A link of honest sites is frozen by persons only. */
static void check_freeze(const struct sim *sim, const struct sim_wire *wire, int end)
{
    const struct link *link = network_link(sim, wire, end);

    if (link != NULL && link->state == LINK_FROZEN && !check_by_hand(link))
        sim_fail(sim, "site %s: its link to %s froze though nobody lied: %s",
                 sim->sites[wire->ends[end]].name, link->name, link->reason);
}

/* Each wire whose ends are honest and remember all they said. */
void check_wires(const struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        if (wire_lies(sim, &sim->wires[i]) || wire_was_restored(sim, &sim->wires[i]))
            continue;
        check_direction(sim, i, 0);
        check_direction(sim, i, 1);
        check_freeze(sim, &sim->wires[i], 0);
        check_freeze(sim, &sim->wires[i], 1);
        settle_check_wire(sim, &sim->wires[i]);
    }
}

/* ---- at rest ---- */

struct resting {
    const struct sim *sim;
    const struct sim_site *site;
    char *why;
    size_t why_size;
    bool rests;
};

static bool wire_is_frozen(const struct sim *sim, const struct sim_wire *wire)
{
    const struct link *a = network_link(sim, wire, 0);
    const struct link *b = network_link(sim, wire, 1);

    return a->state == LINK_FROZEN || b->state == LINK_FROZEN;
}

/* Both ends of a link know the same: sequences, totals and acknowledgements. */
static bool check_ends_agree(const struct link *a, const struct link *b)
{
    return a->state == LINK_UP && b->state == LINK_UP && a->sent_seq == b->received_seq &&
           b->sent_seq == a->received_seq && a->sent_total == b->received_total &&
           b->sent_total == a->received_total && a->acked_seq == a->sent_seq &&
           b->acked_seq == b->sent_seq;
}

/* Nobody waits for an answer that does not come.  Over a link that lies or forgot, it may. */
static void check_end_rests(void *context, struct channel_end *end)
{
    struct resting *resting = context;
    int side;

    if (!resting->rests || (end->state != CHANNEL_PENDING && !channel_is_sold(end)))
        return;
    if (end->interface != CHANNEL_INTERFACE_SELF) {
        size_t wire = network_wire_of(resting->sim, resting->site->index, end->interface, &side);

        if (wire_lies(resting->sim, &resting->sim->wires[wire]) ||
            wire_was_restored(resting->sim, &resting->sim->wires[wire]))
            return;
    }
    resting->rests = false;
    (void)snprintf(resting->why, resting->why_size, "site %s: channel end %llu is %s",
                   resting->site->name, (unsigned long long)end->id,
                   end->state == CHANNEL_PENDING   ? "pending"
                   : end->state == CHANNEL_CLOSING ? "closing"
                                                   : "given up");
}

bool check_at_rest(const struct sim *sim, char *why, size_t why_size)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        const struct sim_site *site = &sim->sites[i];
        struct resting resting = {sim, site, why, why_size, true};

        if (site->core == NULL || core_ready(site->core) || clients_wait(site) || site->writing ||
            site->has_joined) {
            (void)snprintf(why, why_size, "site %s is busy", site->name);
            return false;
        }
        channels_each(site->core->channels, check_end_rests, &resting);
        if (!resting.rests)
            return false;
    }
    for (size_t i = 0; i < sim->wire_count; i++) {
        const struct sim_wire *wire = &sim->wires[i];

        if (losses_await(sim, wire)) {
            (void)snprintf(why, why_size, "wire %zu, sites %s and %s, is frozen after a loss", i,
                           sim->sites[wire->ends[0]].name, sim->sites[wire->ends[1]].name);
            return false;
        }
        if (!wire_is_frozen(sim, wire) &&
            !check_ends_agree(network_link(sim, wire, 0), network_link(sim, wire, 1))) {
            (void)snprintf(why, why_size, "wire %zu, sites %s and %s, do not agree", i,
                           sim->sites[wire->ends[0]].name, sim->sites[wire->ends[1]].name);
            return false;
        }
        if (!wire_is_frozen(sim, wire) && !wire_lies(sim, wire) && !wire_was_restored(sim, wire) &&
            !settle_rests(sim, wire)) {
            (void)snprintf(why, why_size, "wire %zu, sites %s and %s, do not agree on settlements",
                           i, sim->sites[wire->ends[0]].name, sim->sites[wire->ends[1]].name);
            return false;
        }
    }
    (void)snprintf(why, why_size, "parcels are under way");
    return network_is_empty(sim);
}

/* ---- the end ---- */

/*
 * Over all sites: what was minted, what accounts hold, and what was sent and received over links.
 */
struct sums {
    u128 minted, held, out, in, paid, got;
    u128 lost; /* by losses of power or of books: sent, and debited to suspense */
    bool all_agree;
    bool all_honest; /* who says that it posted a payment, and did not, harms itself alone */
};

static void check_add_report(struct sums *sums, const struct verify_report *report)
{
    sums->minted += report->treasury_debit;
    sums->lost += report->suspense_debit;
    sums->held += report->suspense_credit;
    sums->out += report->link_out;
    sums->in += report->link_in;
    sums->paid += report->link_settling_debit;
    sums->got += report->link_settling_credit;
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
        if (kind != KIND_LINK_OUT && kind != KIND_LINK_SETTLING)
            sums->held += report->by_kind_credit[kind];
    }
}

/* What a site's treasury brought in is what its clients had reported to them, in and out. */
static void check_treasury(const struct sim_site *site, const struct verify_report *report)
{
    /* Settlements leave and come through the treasury, too, and nobody is told of a sum. */
    if (!site->restored && !site->accepted_loss &&
        report->treasury_debit + site->money_out + report->link_settling_debit !=
            site->money_in + report->link_settling_credit)
        sim_fail(site->sim,
                 "site %s: its treasury has brought in %llu nanos, and reported to clients %llu in "
                 "and %llu out",
                 site->name, (unsigned long long)report->treasury_debit,
                 (unsigned long long)site->money_in, (unsigned long long)site->money_out);
}

void check_end(struct sim *sim)
{
    struct sums sums = {.all_agree = true, .all_honest = true};

    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct verify_report report = {0};

        check_books(&sim->sites[i], &report);
        past_check(&sim->sites[i]);
        check_treasury(&sim->sites[i], &report);
        if (sim->options.profile->hog)
            hog_check_disk(&sim->sites[i], &report);
        check_add_report(&sums, &report);
    }
    for (size_t i = 0; i < sim->wire_count; i++) {
        bool frozen = wire_is_frozen(sim, &sim->wires[i]);

        sums.all_agree = sums.all_agree && !frozen;
        sums.all_honest = sums.all_honest && !wire_lies(sim, &sim->wires[i]);
        sim->result.freezes += frozen;
        if (frozen && !wire_lies(sim, &sim->wires[i]))
            sim_fail(sim, "wire %zu is frozen though nobody lied", i);
    }
    settle_note_houses(sim);
    /*
     * Money is conserved over all sites (docs/simulation.md).  Where links agree, what was sent was
     * received, to the nano.
     */
    if (sums.minted + sums.in + sums.paid + sums.lost != sums.held + sums.out + sums.got)
        sim_fail(sim, "over all sites, what was minted is not what is held");
    if (sums.all_agree && sums.out != sums.in)
        sim_fail(sim, "over all sites, more or less was sent than received");
    if (sums.all_agree && sums.all_honest && sums.paid != sums.got + settle_pending(sim))
        sim_fail(sim, "over all sites, more or less was settled than is posted or pending");
    if (sums.all_agree && sums.all_honest &&
        sums.minted + settle_pending(sim) + sums.lost != sums.held)
        sim_fail(sim, "over all sites, minted and held differ");
}

static void hash_row(struct hasher *hasher, const struct store_row *stored)
{
    uint8_t sizes[16];

    le64_put(sizes, stored->key_size);
    le64_put(sizes + 8, stored->value_size);
    hasher_add(hasher, sizes, sizeof sizes);
    hasher_add(hasher, stored->key, stored->key_size);
    hasher_add(hasher, stored->value, stored->value_size);
}

static enum status hash_store(struct hasher *hasher, const struct store *store, struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, &read, (enum store_table)table, NULL, 0, fault);
        while (store_cursor_next(&cursor, &stored))
            hash_row(hasher, &stored);
        status = store_cursor_close(&cursor, ST_OK);
    }
    store_read_end(&read);
    return status;
}

void check_hash(struct sim *sim)
{
    struct hasher *hasher = hasher_new();
    struct fault fault;

    INVARIANT(hasher != NULL);
    hasher_start(hasher);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        if (hash_store(hasher, &sim->sites[i].store, &fault) != ST_OK)
            sim_fail(sim, "site %s: %s", sim->sites[i].name, fault.text);
    }
    sim->result.hash = hasher_end(hasher);
    hasher_free(hasher);
}
