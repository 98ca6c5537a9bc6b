/*
 * Links as whoever holds the sockets knows them: parcels in and out, connections made and lost, and
 * the changes of state that are logged.
 */
#include "site/core/connections.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "links/acceptance.h"
#include "links/clearing.h"
#include "links/settlement.h"
#include "links/specie.h"
#include "site/core/disk.h"
#include "site/core/link_loss.h"
#include "site/core/settlements.h"
#include "site/core/state.h"

/* ---- its state ---- */

/* `unreported`: changes that this line stands for, besides the last one. */
static void connection_log_state(const struct link *link, uint32_t unreported)
{
    const char *state = link_state_word(link->state);
    const char *reason = link_reason(link);

    if (unreported != 0)
        log_write(LOG_WARN, "link.flapping",
                  "link=%s state=%s unreported=%" PRIu32
                  " reason=\"%s\" next=\"look at the network "
                  "between the two\"",
                  link->name, state, unreported, reason);
    else if (reason[0] != '\0')
        log_write(LOG_INFO, "link.state", "link=%s state=%s reason=\"%s\"", link->name, state,
                  reason);
    else
        log_write(LOG_INFO, "link.state", "link=%s state=%s", link->name, state);
}

bool core_link_report(struct core *core, struct link *link, enum link_state before)
{
    struct link_reports *reports = &core->reports[link->interface - 1];

    if (link->state == before)
        return false;
    link_state_since(link, core->site_time_us);
    /* While some are unreported the old minute goes on, until the sweep has logged them. */
    if (core->monotonic_us - reports->since_us >= LINK_REPORT_US && reports->unreported == 0)
        *reports = (struct link_reports){.since_us = core->monotonic_us};
    if (reports->reported >= LINK_REPORTS_MAX) {
        reports->unreported++;
        return false;
    }
    reports->reported++;
    connection_log_state(link, 0);
    return true;
}

/*
 * The two may connect and ask as often as they like: what is wrong with a HELLO is logged when it
 * is news, and counts as a change of state does.
 */
static void connection_log_unfit(struct core *core, const struct link *link, const char *why_before)
{
    struct link_reports *reports = &core->reports[link->interface - 1];

    if (strcmp(link->why, why_before) == 0 || reports->reported >= LINK_REPORTS_MAX)
        return;
    reports->reported++;
    log_write(LOG_WARN, "link.unfit", "link=%s reason=\"%s\"", link->name, link->why);
}

/* When the minute is over: the state that a link which flapped has come to. */
static void connection_log_unreported(void *context, struct link *link)
{
    struct core *core = context;
    struct link_reports *reports = &core->reports[link->interface - 1];

    if (reports->unreported == 0 || core->monotonic_us - reports->since_us < LINK_REPORT_US)
        return;
    connection_log_state(link, reports->unreported);
    *reports = (struct link_reports){.since_us = core->monotonic_us};
}

/* ---- parcels in ---- */

static void connection_decided(void *context, struct link *link)
{
    core_settlement_decided(context, link);
}

/* Its bytes of the journal count against the link, as those of a turn against its agent. */
static void connection_take_parcel(struct core *core, struct link *link, struct parcel *parcel)
{
    uint64_t account = account_of_link(link->interface, KIND_LINK_OUT);
    uint64_t bytes = ledger_frame_bytes(core->ledger);
    bool rests = core_disk_link_rests(core, link->interface) || core_is_drained(core);

    core->frame_open |= exchange_receive(core->exchange, link, parcel, rests);
    core_disk_wrote(core, account, account, ledger_frame_bytes(core->ledger) - bytes);
}

static void connection_log_frozen(const struct link *link)
{
    log_write(LOG_ERROR, "link.frozen", "link=%s reason=\"%s\"", link->name, link->reason);
}

static void connection_adopt(struct core *core, struct link *link, struct parcel *parcel)
{
    uint64_t messages = parcel->loss.seq - link->sent_seq;
    struct money before = link->lost;
    char text[MONEY_TEXT_BYTES];

    if (!exchange_adopt(core->exchange, link, parcel)) {
        connection_log_frozen(link);
        return;
    }
    core->frame_open = true;
    log_write(LOG_WARN, "link.lost-power",
              "link=%s messages=%" PRIu64 " money=%s effect=\"they had left before they were "
              "durable here, and are booked to suspense\"",
              link->name, messages, money_print(text, money_sub_clamped(link->lost, before)));
}

void core_parcel(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], const uint8_t *bytes,
                 size_t size)
{
    struct link *link = links_keyed(core->links, key);
    char why_before[LINK_REASON_BYTES_MAX + 1];
    enum link_state before;
    struct parcel parcel;
    struct fault fault;

    if (link == NULL) { /* the edge lets only known keys in; this link was just taken away */
        log_write(LOG_WARN, "link.unknown-key", "size=%zu", size);
        return;
    }
    before = link->state;
    memcpy(why_before, link->why, sizeof why_before);

    /* docs/wire.md, "Order and money": links/ decides by its tables what comes of a parcel. */
    switch (link_parcel_in(core->links, link, bytes, size, &parcel, &fault)) {
    case PARCEL_TAKEN:
        connection_take_parcel(core, link, &parcel);
        if (link->state == LINK_FROZEN)
            connection_log_frozen(link);
        break;
    case PARCEL_STALE:
        break;
    case PARCEL_KEPT: /* durable with the next frame, or that of the next tick */
        core_settlement_order(core, link);
        /* A house answers over its own link, so any payment may be decided. */
        links_each(core->links, connection_decided, core);
        break;
    case PARCEL_REFUSED:
        log_write(LOG_WARN, "link.parcel-refused", "link=%s reason=\"%s\"", link->name, fault.text);
        break;
    case PARCEL_FROZE:
        connection_log_frozen(link);
        break;
    case PARCEL_LOST:
        connection_adopt(core, link, &parcel);
        break;
    case PARCEL_ACCEPTED:
        core_loss_accepted(core, link);
        break;
    case PARCEL_UNFIT:
        connection_log_unfit(core, link, why_before);
        break;
    }

    /* An acknowledgement may have given places back to ends that wait for them. */
    core->frame_open |= exchange_give_room(core->exchange, link);
    /*
     * What its HELLO said is remembered over a crash.  A peer that changes its mind without end
     * gets no frame of its own for each: its row goes with the next one that something pays for.
     */
    if (core_link_report(core, link, before) ||
        (link->state == LINK_FROZEN && link->state != before))
        core->frame_open = true;
}

/* ---- connections made and lost ---- */

void core_link_connected(struct core *core, uint32_t interface)
{
    struct link *link = links_find(core->links, interface);
    enum link_state before;

    if (link == NULL) /* removed while the news was on its way */
        return;
    before = link->state;
    link_connected(core->links, link);
    (void)core_link_report(core, link, before);
    core->frame_open = true; /* the raised epoch is durable before the HELLO leaves */
}

/* A row may say that the link is up: it reads back as down, so nothing has to be written. */
void core_link_trouble(struct core *core, uint32_t interface, const char *reason)
{
    struct link *link = links_find(core->links, interface);
    enum link_state before;

    if (link == NULL)
        return;
    before = link->state;
    link_lost(core->links, link, reason);
    (void)core_link_report(core, link, before);
}

bool core_links_tick(struct core *core)
{
    /* Evidence that came rides with other frames, and gets one of its own after a second. */
    bool settles = core_settlements_tick(core);
    bool waits = links_specie_waits(core->links, core->monotonic_us) || settles;

    core->frame_open |= waits;
    if (core->monotonic_us - core->reminded_us < LINK_REMIND_US)
        return waits;
    core->reminded_us = core->monotonic_us;
    links_each(core->links, connection_log_unreported, core);
    return links_remind(core->links) || waits;
}

/* ---- parcels out ---- */

static void connection_add_parcel(struct core_frame *frame, uint32_t interface, bool early,
                                  struct bytes *bytes)
{
    frame->parcels = array_grow(frame->parcels, &frame->parcel_capacity, frame->parcel_count + 1,
                                sizeof *frame->parcels);
    INVARIANT(frame->parcels != NULL);
    frame->parcels[frame->parcel_count++] =
        (struct core_parcel){.interface = interface, .early = early, .bytes = *bytes};
    frame->early_count += early;
}

struct connection_out {
    struct core *core;
    struct core_frame *frame;
    struct link_books books;
};

/* The books as of the frame that was just closed, which is durable before a statement leaves. */
static struct link_books connection_books(const struct core *core)
{
    const struct frame_header *last = ledger_last_frame(core->ledger);

    return (struct link_books){
        .frame = last->frame, .head = last->head, .now_us = core->monotonic_us};
}

/* All that the link may send now: its window bounds how much that is. */
static void connection_collect(void *context, struct link *link)
{
    const struct connection_out *out = context;

    for (;;) {
        struct bytes bytes = {0};
        bool early = exchange_parcel_out(out->core->exchange, link, &bytes);

        /* What is signed or claimed is durable first, over any link. */
        if (!early && !link_loss_out(out->core->links, link, &bytes) &&
            !link_clearing_out(out->core->links, link, &bytes) &&
            !link_claim_out(out->core->links, link, &bytes) &&
            !link_specie_out(out->core->links, link, &out->books, &bytes)) {
            bytes_fini(&bytes);
            return;
        }
        INVARIANT(!bytes.failed);
        connection_add_parcel(out->frame, link->interface, early && link_is_bounded(link), &bytes);
    }
}

static void connection_collect_between(void *context, struct link *link)
{
    const struct connection_out *out = context;

    for (;;) {
        struct bytes bytes = {0};

        if (!link_parcel_between(out->core->links, link, &bytes)) {
            bytes_fini(&bytes);
            return;
        }
        connection_add_parcel(out->frame, link->interface, true, &bytes);
    }
}

void core_between_out(struct core *core, struct core_frame *frame)
{
    struct connection_out out = {.core = core, .frame = frame};

    links_each(core->links, connection_collect_between, &out);
}

/* The site that was given the other's endpoint dials.  Both may; one wire is enough. */
static void connection_list(void *context, struct link *link)
{
    struct core_frame *frame = context;
    struct core_link *place = &frame->links[frame->link_count++];

    *place = (struct core_link){.interface = link->interface};
    memcpy(place->key, link->key, sizeof place->key);
    (void)snprintf(place->endpoint, sizeof place->endpoint, "%s", link->endpoint);
    place->removed = link->removed;
    place->dials = link->endpoint[0] != '\0' && !link->removed;
}

void core_links_out(struct core *core, struct core_frame *frame)
{
    struct connection_out out = {core, frame, connection_books(core)};

    links_each(core->links, connection_collect, &out);
    if (!core->links_changed)
        return;
    /* Always the whole list: the edge finds by itself what is new in it. */
    frame->links = calloc(links_interfaces(core->links) + 1, sizeof *frame->links);
    INVARIANT(frame->links != NULL);
    links_each_ever(core->links, connection_list, frame);
    core->links_changed = false;
}

/* ---- a link begins, or is removed ---- */

/* Nothing is known of it in this run: it is down until it connects. */
static void connection_begin(void *context, struct link *link)
{
    struct core *core = context;

    link_state_since(link, core->site_time_us);
    link_lost(core->links, link,
              link->endpoint[0] == '\0' ? "waiting for the peer to connect" : "not connected yet");
}

void core_links_sign(struct core *core)
{
    struct link_signer signer = {.sign = core->options.sign, .context = core->options.sign_context};

    static_assert((int)SPECIE_SIGNATURE_BYTES == (int)CONTROL_SIGNATURE_BYTES, "one signature");
    memcpy(signer.key, core->options.site_key, sizeof signer.key);
    links_set_signer(core->links, &signer);
}

void core_links_begin(struct core *core)
{
    links_each(core->links, connection_begin, core);
    core->links_changed = true;
}

void core_link_added(struct core *core, struct link *link)
{
    connection_begin(core, link);
    core->links_changed = true;
}

void core_link_forget(struct core *core, const struct link *link)
{
    exchange_forget_link(core->exchange, link);
    core->reports[link->interface - 1] = (struct link_reports){0};
    core->disk.link_rests[link->interface] = false;
    core->links_changed = true;
}
