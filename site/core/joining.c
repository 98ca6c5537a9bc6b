/*
 * Commands and reads of invitations, and JOIN: a peer that was let in by an invitation's key names
 * its own, and gets a link for it.
 */
#include "site/core/joining.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "links/invitations.h"
#include "site/control/invite.h"
#include "site/core/commands.h"
#include "site/core/link_making.h"
#include "site/core/map.h"
#include "site/core/read_list.h"
#include "site/core/state.h"

/* ---- commands and reads ---- */

static void invitation_map(const struct core *core, const struct invitation *invitation,
                           struct bytes *out)
{
    uint64_t now_us = core->site_time_us;
    bool open = invitation_is_open(invitation, now_us);
    struct map map;

    map_init(&map);
    map_uint(&map, "invitation", invitation->number);
    map_text(&map, "name", invitation->name);
    map_money(&map, "limit", invitation->limit);
    map_text(&map, "state", invitation_state_word(invitation, now_us));
    map_uint(&map, "left_s", open ? (invitation->until_us - now_us) / 1000000 : 0);
    if (invitation->state == INVITATION_USED)
        map_hex(&map, "peer", invitation->peer, LINK_KEY_BYTES);
    map_end(&map, out);
}

void command_link_invite(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct invitation wanted = {.made_us = core->site_time_us};
    const struct invitation *made;
    struct fault fault;
    uint64_t lasts_us;

    (void)by;
    cbor_get_array(in, 4);
    cbor_get_text(in, wanted.name, LINK_NAME_BYTES_MAX);
    cbor_get_bytes_exact(in, wanted.key, sizeof wanted.key);
    wanted.limit = cbor_get_money(in);
    lasts_us = cbor_get_uint(in, INVITATION_US_MAX);
    if (!outcome_args_done(in, outcome) || !core_link_name_is_free(core, wanted.name, outcome))
        return;
    if (links_named(core->links, wanted.name) != NULL) {
        outcome_set(outcome, CONTROL_REFUSED, "the name %s is that of a link: take another",
                    wanted.name);
        return;
    }
    wanted.until_us = wanted.made_us + lasts_us;
    if (!core_limits_fit(core, wanted.limit, outcome))
        return;
    if (invitations_add(core->invitations, &wanted, &made, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    core->invitations_changed = true;
    invitation_map(core, made, &outcome->result);
}

void command_link_revoke(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    const struct invitation *invitation;
    uint64_t number;

    (void)by;
    cbor_get_array(in, 1);
    number = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    invitation = invitations_numbered(core->invitations, number);
    if (invitation == NULL) {
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no invitation %" PRIu64 ": `serai link invites` lists them", number);
        return;
    }
    if (!invitation_is_open(invitation, core->site_time_us)) {
        outcome_set(outcome, CONTROL_REFUSED, "invitation %" PRIu64 " is %s already", number,
                    invitation_state_word(invitation, core->site_time_us));
        return;
    }
    invitation_revoke(core->invitations, invitation);
    invitation_map(core, invitation, &outcome->result);
}

void core_read_invitations(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    const struct invitation *all;
    size_t count;

    if (!read_list_begin(&list, in, outcome))
        return;
    count = invitations_all(core->invitations, &all);
    for (size_t i = 0; i < count && list.count < list.limit; i++) {
        if (all[i].number <= list.after)
            continue;
        invitation_map(core, &all[i], &list.items);
        list.count++;
    }
    read_list_end(&list, outcome);
}

/* ---- JOIN ---- */

/* Keep the answer until the frame leaves.  As ASCII: a cut must not make it anything but text. */
static void join_answer(struct core *core, uint64_t call, const struct outcome *outcome)
{
    struct joined joined = {.done = outcome->status == CONTROL_DONE};
    struct core_joined *place;

    (void)snprintf(joined.text, sizeof joined.text, "%.*s", JOIN_TEXT_BYTES_MAX, outcome->message);
    for (char *at = joined.text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    core->joined = array_grow(core->joined, &core->joined_capacity, core->joined_count + 1,
                              sizeof *core->joined);
    INVARIANT(core->joined != NULL);
    place = &core->joined[core->joined_count++];
    *place = (struct core_joined){.call = call};
    joined_encode(&place->bytes, &joined);
    INVARIANT(!place->bytes.failed);
}

/* Whoever was let in once may come again and again, so refusals are logged together. */
static void join_log_refused(struct core *core, const struct outcome *outcome)
{
    core->joins_refused++;
    if (core->join_log_us != 0 && core->monotonic_us - core->join_log_us < JOIN_LOG_US)
        return;
    log_write(LOG_WARN, "link.join-refused", "count=%" PRIu64 " reason=\"%s\"", core->joins_refused,
              outcome->message);
    core->joins_refused = 0;
    core->join_log_us = core->monotonic_us == 0 ? 1 : core->monotonic_us;
}

/* Whether what the peer says of itself is so; false: the outcome says what is wrong. */
static bool join_is_good(const struct core *core, const struct invitation *invitation,
                         const struct join *join, struct outcome *outcome)
{
    if (join->version != LINK_VERSION)
        outcome_set(outcome, CONTROL_REFUSED,
                    "versions of the wire format differ: this site has %d and the other %" PRIu64
                    ": the one with the lower needs a newer program",
                    LINK_VERSION, join->version);
    else if (strcmp(join->currency, core->book.currency) != 0)
        outcome_set(outcome, CONTROL_REFUSED,
                    "currencies differ: this site counts in %s and the other in %s",
                    core->book.currency, join->currency);
    else if (!join_is_signed(join, core->options.site_key, invitation->key))
        outcome_set(outcome, CONTROL_REFUSED,
                    "the key that was named is not that of the site that asks: its signature "
                    "does not fit");
    return outcome->status == CONTROL_DONE;
}

/* One that is not open any more: whoever joined by it may ask again, as its answer may be lost. */
static void join_answer_again(struct core *core, const struct invitation *invitation,
                              const struct join *join, struct outcome *outcome)
{
    uint64_t over_us = core->site_time_us - invitation->until_us;

    switch (invitation->state) {
    case INVITATION_OPEN:
        outcome_set(outcome, CONTROL_REFUSED,
                    "the invitation is late: it ended %" PRIu64
                    " s ago by this site's time; ask its operator for another",
                    over_us / 1000000);
        return;
    case INVITATION_REVOKED:
        outcome_set(outcome, CONTROL_REFUSED,
                    "the invitation was revoked: ask this site's operator for another");
        return;
    case INVITATION_USED:
        break;
    }
    if (memcmp(invitation->peer, join->key, LINK_KEY_BYTES) != 0)
        outcome_set(outcome, CONTROL_REFUSED,
                    "the invitation was used already, by another site: each is good for one link; "
                    "ask this site's operator for another");
    else if (links_keyed(core->links, join->key) == NULL)
        outcome_set(outcome, CONTROL_REFUSED,
                    "the invitation was used already, and the link that came of it was removed");
}

/* Make the link.  The limit stands among those of open invitations already, and the name too. */
static void join_make_link(struct core *core, const struct invitation *invitation,
                           const struct join *join, const struct hash *parcel,
                           struct outcome *outcome)
{
    struct link_wish wish = {.limit = invitation->limit};
    char begin[2 * 4 + 1];
    struct event event;
    struct link *link;

    memcpy(wish.key, join->key, sizeof wish.key);
    memcpy(wish.name, invitation->name, sizeof wish.name);
    if (wish.name[0] == '\0')
        (void)snprintf(wish.name, sizeof wish.name, "site-%s", hex_print(begin, join->key, 4));
    ledger_event_begin(core->ledger);
    link = core_link_make(core, &wish, outcome);
    event = event_of_link(link == NULL ? 0 : link->interface, 0, core->site_time_us);
    event.bytes = *parcel;
    (void)ledger_event_end(core->ledger, &event);
    if (link == NULL)
        return;
    invitation_use(core->invitations, invitation, join->key);
    core->frame_open = true;
    log_write(LOG_INFO, "link.joined", "link=%s interface=%" PRIu32 " invitation=%" PRIu64,
              link->name, link->interface, invitation->number);
}

void core_join(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], uint64_t call,
               const uint8_t *bytes, size_t size)
{
    const struct invitation *invitation = invitations_keyed(core->invitations, key);
    struct outcome outcome = {.command = "join", .status = CONTROL_DONE};
    struct hash parcel = hash_of(bytes, size);
    struct fault fault = {0};
    struct join join;

    if (invitation == NULL)
        outcome_set(&outcome, CONTROL_REFUSED, "the invitation was given up long ago");
    else if (join_decode(&join, LINK_VERSION, bytes, size, &fault) != ST_OK)
        outcome_set(&outcome, CONTROL_BAD_REQUEST, "%.300s", fault.text);
    else if (join_is_good(core, invitation, &join, &outcome)) {
        if (invitation_is_open(invitation, core->site_time_us))
            join_make_link(core, invitation, &join, &parcel, &outcome);
        else
            join_answer_again(core, invitation, &join, &outcome);
    }
    if (outcome.status != CONTROL_DONE)
        join_log_refused(core, &outcome);
    join_answer(core, call, &outcome);
    bytes_fini(&outcome.result);
}

void core_joining_out(struct core *core, struct core_frame *frame)
{
    const struct invitation *all;

    frame->joined = core->joined;
    frame->joined_count = core->joined_count;
    core->joined = NULL;
    core->joined_count = 0;
    core->joined_capacity = 0;
    if (!core->invitations_changed)
        return;
    /* Those that are not open any more, too: whoever has one hears why it is refused. */
    frame->invited_count = invitations_all(core->invitations, &all);
    frame->invited = calloc(INVITATIONS_MAX, sizeof *frame->invited);
    INVARIANT(frame->invited != NULL);
    for (size_t i = 0; i < frame->invited_count; i++)
        memcpy(frame->invited[i].key, all[i].key, sizeof frame->invited[i].key);
    core->invitations_changed = false;
}
