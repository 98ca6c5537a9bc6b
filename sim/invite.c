#include "sim/invite.h"

#include <sodium.h>
#include <string.h>

#include "sim/requests.h"
#include "sim/sim.h"
#include "sim/site.h"
#include "site/control/invite.h"

/* One JOIN by these keys, and what becomes durable with it. */
static void invite_join(struct sim_site *site, const uint8_t invitation[INVITE_KEY_BYTES],
                        const uint8_t key[CONTROL_KEY_BYTES],
                        const uint8_t secret[CONTROL_SECRET_BYTES])
{
    struct join join = {.version = LINK_VERSION};
    struct bytes bytes = {0};

    memcpy(join.currency, site->core->book.currency, sizeof site->core->book.currency);
    memcpy(join.key, key, sizeof join.key);
    join_sign(&join, site->key, invitation, secret);
    join_encode(&bytes, &join);
    core_join(site->core, invitation, 1, bytes.data, bytes.size);
    bytes_fini(&bytes);
    site_flush(site);
}

uint32_t invite_peer(struct sim_site *site, const struct sim_site *peer, uint64_t limit)
{
    uint8_t drawn[INVITE_SECRET_BYTES] = {(uint8_t)site->index, (uint8_t)peer->index};
    uint8_t invitation[INVITE_KEY_BYTES];
    const struct link *link;
    uint32_t interface;
    struct bytes args = {0};

    invite_keys(invitation, NULL, drawn);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, peer->name);
    cbor_put_bytes(&args, invitation, sizeof invitation);
    cbor_put_uint(&args, limit);
    cbor_put_uint(&args, UINT64_C(3600000000));
    (void)request_now(site, 0, "link.invite", &args, "invitation");
    invite_join(site, invitation, peer->key, peer->secret);
    invite_join(site, invitation, peer->key, peer->secret);
    /* A client's key is as good as any for a site that nobody invited. */
    invite_join(site, invitation, site->clients[1].key, site->clients[1].secret);
    link = links_keyed(site->core->links, peer->key);
    interface = link == NULL ? 0 : link->interface;
    if (interface == 0 || links_keyed(site->core->links, site->clients[1].key) != NULL)
        sim_fail(site->sim, "site %s: an invitation is good for the site that joined by it alone",
                 site->name);
    return interface;
}
