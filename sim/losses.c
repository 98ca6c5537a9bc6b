#include "sim/losses.h"

#include "links/acceptance.h"
#include "links/settlement.h"
#include "sim/network.h"
#include "sim/requests.h"

bool losses_await(const struct sim *sim, const struct sim_wire *wire)
{
    bool restored = false;
    bool frozen = false;

    for (int end = 0; end < 2; end++) {
        const struct sim_site *site = &sim->sites[wire->ends[end]];

        if (site->lies)
            return false;
        restored = restored || site->restored;
        frozen = frozen || network_link(sim, wire, end)->state == LINK_FROZEN;
    }
    return restored && frozen;
}

static void losses_ask(struct sim_site *site, const struct link *link, const char *command,
                       const char *code)
{
    struct bytes args = {0};

    cbor_put_array(&args, code == NULL ? 1 : 2);
    cbor_put_text(&args, link->name);
    if (code != NULL)
        cbor_put_text(&args, code);
    (void)request_now(site, 0, command, &args, NULL);
}

/* A claim that one site has forgotten stands in the way: it is void. */
static void losses_void_claim(struct sim_site *site, const struct link *link)
{
    uint64_t index = link_settlement(site->core->links, link)->claimed.index;
    struct bytes args = {0};

    if (index == 0)
        return;
    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_uint(&args, index);
    cbor_put_bool(&args, false);
    cbor_put_text(&args, "forgotten");
    (void)request_now(site, 0, "link.settled", &args, NULL);
}

/* Whether the link froze again after a loss was accepted: then neither end waits for the other. */
static bool losses_begin_again(const struct sim *sim, const struct sim_wire *wire)
{
    for (int end = 0; end < 2; end++) {
        const struct links *links = sim->sites[wire->ends[end]].core->links;

        if (link_acceptance_binds(links, network_link(sim, wire, end)))
            return false;
    }
    return true;
}

static void losses_step(struct sim *sim, const struct sim_wire *wire, int end)
{
    struct sim_site *site = &sim->sites[wire->ends[end]];
    const struct link *link = network_link(sim, wire, end);
    char code[LOSS_CODE_TEXT_BYTES];
    struct hash pair;
    enum acceptance_state state = link_acceptance(site->core->links, link, &pair);

    if (state == ACCEPTANCE_DONE && losses_begin_again(sim, wire))
        state = ACCEPTANCE_NONE;
    switch (state) {
    case ACCEPTANCE_NONE:
        losses_ask(site, link, "link.freeze", NULL);
        losses_void_claim(site, link);
        losses_ask(site, link, "link.accept-loss", "");
        break;
    case ACCEPTANCE_PAIRED:
        losses_ask(site, link, "link.accept-loss", loss_code(code, &pair));
        if (link_acceptance(site->core->links, link, NULL) == ACCEPTANCE_PAIRED) {
            /* Something changed since this site signed: it signs anew. */
            losses_void_claim(site, link);
            losses_ask(site, link, "link.accept-loss", "");
            break;
        }
        sim->result.seen[SEEN_LOSS_ACCEPTED]++; /* in quiet, where sim_saw() counts nothing */
        site->accepted_loss = true;
        break;
    case ACCEPTANCE_STATED:
    case ACCEPTANCE_AWAITED:
    case ACCEPTANCE_DONE:
        break;
    }
}

void losses_accept(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++)
            if (losses_await(sim, &sim->wires[i]))
                losses_step(sim, &sim->wires[i], end);
    }
}
