/*
 * Links joined to the rest of the site: the money of their messages, whose children their births
 * are, numbering with the frame, and parcels in and out.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "site/core/state.h"

static_assert(ACCOUNT_LINKS + LINK_INTERFACES_MAX * 4 + 3 < ACCOUNT_FIRST_FREE,
              "each interface has accounts");

static uint64_t account_out(uint32_t interface)
{
    return ACCOUNT_LINKS + (uint64_t)interface * 4;
}

static uint64_t account_in(uint32_t interface)
{
    return ACCOUNT_LINKS + (uint64_t)interface * 4 + 1;
}

struct interface_prices core_interface_prices(const struct core *core, uint32_t interface)
{
    const struct pricebook *book = &core->book;
    const struct link *link = links_find(core->links, interface);
    size_t place;

    if (link == NULL) /* self; or none, and then the order is refused */
        return (struct interface_prices){.object = core_fee_object(0, CHANNEL_INTERFACE_SELF),
                                         .birth_fee = book->birth_fee,
                                         .channel_fee = book->channel_fee,
                                         .packets = book->packets,
                                         .packet_data = book->packet_data};
    place = pricebook_link_place(book, link->name);
    return (struct interface_prices){
        .object = core_fee_object(place, interface),
        .birth_fee = pricebook_link_price_at(book, place, LINK_PRICE_BIRTH_FEE),
        .channel_fee = pricebook_link_price_at(book, place, LINK_PRICE_CHANNEL_FEE),
        .packets = pricebook_link_price_at(book, place, LINK_PRICE_PACKETS),
        .packet_data = pricebook_link_price_at(book, place, LINK_PRICE_PACKET_DATA),
    };
}

/* ---- orders ---- */

int64_t core_link_refusal(const struct core *core, uint32_t interface, uint64_t payer,
                          struct money money, size_t size)
{
    const struct link *link = links_find(core->links, interface);

    if (interface == CHANNEL_INTERFACE_SELF)
        return 0;
    if (link == NULL)
        return SERAI_E_MISSING;
    switch (link_check_send(core->links, link, payer, money, size)) {
    case LINK_FINE:
        return 0;
    case LINK_IS_FROZEN:
        return SERAI_E_CLOSED;
    case LINK_IS_FULL:
        return SERAI_E_FULL;
    case LINK_OVER_LIMIT:
        return SERAI_E_LIMIT;
    case LINK_OVER_VALUE:
        return SERAI_E_INVALID;
    }
    return SERAI_E_INVALID;
}

void core_link_say(struct core *core, const struct channel_message *message)
{
    struct link *link = links_find(core->links, message->interface);

    INVARIANT(link != NULL); /* none is taken away while an end is on it */
    agents_work_message(core->agents, message->size);
    link_queue(core->links, link, core->undo, message);
}

/* ---- what comes ---- */

void core_link_money_in(struct core *core, const struct channel_message *message, uint64_t to)
{
    struct transfer transfer = {.debit = account_in(message->interface),
                                .credit = to,
                                .amount = message->money,
                                .code = TRANSFER_LINK_RECEIVED,
                                .object = core->hearing_seq};

    if (!money_is_zero(message->money))
        agents_post(core->agents, &transfer);
}

int32_t core_link_birth(struct core *core, const struct channel_message *message,
                        struct birth *birth)
{
    struct link *link = links_find(core->links, message->interface);
    struct money both;

    INVARIANT(link != NULL);
    birth->parent = 0;
    birth->name = link->name;
    if (!money_add(&both, message->endowment, message->fee) ||
        money_compare(both, message->money) != 0)
        return SERAI_E_INVALID;
    /* Whoever has no row yet is counted with the others of its neighbour all the same. */
    birth->customer = account_out(link->interface);
    if (core_customer_of_link(core, link->interface, message->customer) == NULL &&
        !core_link_customer_fits(core, link->interface))
        return SERAI_E_FULL;
    return 0;
}

void core_link_child(struct core *core, const struct channel_message *message, struct birth *birth)
{
    const struct customer *customer =
        core_customer_of_link(core, message->interface, message->customer);

    if (customer == NULL)
        customer = core_customer_of_link_new(core, links_find(core->links, message->interface),
                                             message->customer);
    birth->customer = customer->account;
}

void core_link_wake(struct core *core, const struct channel_message *message, struct agent *owner)
{
    if (message->interface != CHANNEL_INTERFACE_SELF)
        agents_topped_up(core->agents, owner);
}

static const char *broken_rule(enum channel_verdict verdict)
{
    switch (verdict) {
    case CHANNEL_FINE:
        return "fine";
    case CHANNEL_UNARMED:
        return "it was not granted, or not asked for";
    case CHANNEL_UNKNOWN:
        return "its channel was never opened, or is gone";
    case CHANNEL_IS_CLOSED:
        return "its channel is closed";
    case CHANNEL_TOO_LARGE:
        return "it is larger than a packet may be";
    case CHANNEL_TOO_MUCH:
        return "it grants more than may be outstanding";
    case CHANNEL_NOT_OPEN:
        return "its channel is not open yet";
    case CHANNEL_NO_CREDIT:
    case CHANNEL_HAS_ASKED:
        break;
    }
    return "it breaks the rules of channels";
}

static const char *kind_name(enum channel_message_kind kind)
{
    switch (kind) {
    case CHANNEL_BIRTH:
        return "a birth";
    case CHANNEL_ANSWER:
        return "an answer to a birth";
    case CHANNEL_PACKET:
        return "a packet";
    case CHANNEL_CREDIT:
        return "credit";
    case CHANNEL_CLOSE:
        return "a close";
    case CHANNEL_CLOSED:
        return "an answer to a close";
    }
    return "something";
}

static void freeze_over(struct core *core, struct link *link, const struct channel_message *message,
                        enum channel_verdict verdict)
{
    char reason[LINK_REASON_BYTES_MAX + 1];

    (void)snprintf(reason, sizeof reason, "message %" PRIu64 ", %s on channel %" PRIu32 ": %s",
                   link->received_seq + 1, kind_name(message->kind), message->number,
                   broken_rule(verdict));
    link_freeze(core->links, link, reason);
}

static void end_event(struct core *core, const struct link *link, uint64_t seq,
                      const struct channel_message *message)
{
    struct event event = {.kind = EVENT_LINK,
                          .subject = 0,
                          .bytes = message == NULL ? hash_of(NULL, 0)
                                                   : hash_of(message->data, message->size),
                          .random = hash_of(NULL, 0),
                          .site_time_us = core->site_time_us};
    struct bytes source = {0};

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, link == NULL ? 0 : link->interface);
    cbor_put_uint(&source, seq);
    INVARIANT(!source.failed && source.size <= sizeof event.source);
    memcpy(event.source, source.data, source.size);
    event.source_size = source.size;
    bytes_fini(&source);
    (void)ledger_event_end(core->ledger, &event);
}

void core_link_event_end(struct core *core)
{
    end_event(core, NULL, ledger_frame(core->ledger), NULL);
}

/* One message, one event.  False: it froze the link, and nothing of it happened. */
static bool hear_one(struct core *core, struct link *link, struct channel_message *message)
{
    enum channel_verdict verdict;
    uint64_t seq = link->received_seq + 1;

    core->hearing_seq = seq;
    ledger_event_begin(core->ledger);
    verdict = core_hear(core, message);
    if (verdict == CHANNEL_FINE)
        link_take(core->links, link, message);
    undo_commit(core->undo);
    end_event(core, link, seq, message);
    core->hearing_seq = 0;
    if (verdict == CHANNEL_FINE)
        return true;
    freeze_over(core, link, message, verdict);
    return false;
}

/*
 * Answers are never refused, so one that buys and buys and acknowledges nothing would fill memory
 * and disk with them.  An honest neighbour is behind by a window or two: it acknowledges what it
 * hears.
 */
enum { LEFT_ANSWERS_MAX = 16 * LINK_WINDOW_MESSAGES };

static bool leaves_too_much(struct core *core, struct link *link)
{
    char reason[LINK_REASON_BYTES_MAX + 1];
    uint64_t answers = link_answers_left(core->links, link);

    if (answers < LEFT_ANSWERS_MAX)
        return false;
    (void)snprintf(reason, sizeof reason,
                   "the neighbour asks on and leaves %" PRIu64 " answers unacknowledged", answers);
    link_freeze(core->links, link, reason);
    return true;
}

void core_link_in_vain(struct core *core, uint32_t interface)
{
    uint64_t *used_us;

    if (interface == CHANNEL_INTERFACE_SELF) /* the buyer has paid for the order */
        return;
    used_us = &core->vain_us[interface - 1];
    if (*used_us < core->site_time_us)
        *used_us = core->site_time_us;
    *used_us += LINK_VAIN_US;
}

/* What follows waits at the neighbour, which says it again. */
static bool vain_enough(const struct core *core, const struct link *link)
{
    return core->vain_us[link->interface - 1] >=
           core->site_time_us + (uint64_t)LINK_VAIN_BURST * LINK_VAIN_US;
}

static void hear_all(struct core *core, struct link *link, struct parcel *parcel)
{
    struct channel_message message;

    if (parcel->left > 0 && leaves_too_much(core, link))
        return;
    if (core_disk_link_rests(core, link->interface)) {
        parcel->left = 0;
        return;
    }
    while (!vain_enough(core, link) && link_next(core->links, link, parcel, &message)) {
        uint64_t bytes = ledger_frame_bytes(core->ledger);
        bool heard;

        core->frame_open = true;
        heard = hear_one(core, link, &message);
        core_disk_wrote(core, account_out(link->interface), account_out(link->interface),
                        ledger_frame_bytes(core->ledger) - bytes);
        if (!heard)
            return;
    }
}

/* ---- ends that wait for a place ---- */

static void forget_waiting(void *context, void *argument)
{
    (void)table_remove(context, ((const struct channel_end *)argument)->id);
}

void core_link_wait(struct core *core, struct channel_end *end)
{
    struct table *waiting = &core->waiting[end->interface - 1];

    if (table_put(waiting, end->id, core) == NULL)
        undo_on_rollback(core->undo, forget_waiting, waiting, end);
}

/* An end that asked and has credit lacks a place; one without will hear when credit comes. */
static bool waits_for_place(const struct channel_end *end)
{
    return end->room_asked && end->interface != CHANNEL_INTERFACE_SELF && channel_may_send(end) > 0;
}

static bool has_place(struct core *core, const struct channel_end *end)
{
    const struct agent *owner = agents_find(core->agents, end->owner);

    INVARIANT(owner != NULL); /* an open end has one */
    return core_link_refusal(core, end->interface, core_cap_of(core, agent_customer(owner)),
                             money_zero(), CHANNEL_PACKET_BYTES_MAX) == 0;
}

static void give_room(struct core *core, struct channel_end *end)
{
    core_end_event(core, end, SERAI_EVENT_ROOM, end->room_reserve);
    channel_room_given(end, core->undo);
    core_end_changed(core, end);
    end->room_reserve = money_zero();
}

/* Places on the link may have become free: who waited for one and has one is told. */
static void tell_waiting(void *context, struct link *link)
{
    struct core *core = context;
    struct table *waiting = &core->waiting[link->interface - 1];
    uint64_t *ids;
    size_t count;

    if (!link_freed(core->links, link))
        return;
    table_keys_sorted(waiting, &ids, &count);
    if (count == 0)
        return;
    core->frame_open = true;
    ledger_event_begin(core->ledger);
    for (size_t i = 0; i < count; i++) {
        struct channel_end *end = channels_find(core->channels, ids[i]);
        bool waits = end != NULL && waits_for_place(end);

        if (waits && !has_place(core, end))
            continue;
        if (waits)
            give_room(core, end);
        (void)table_remove(waiting, ids[i]);
    }
    undo_commit(core->undo);
    end_event(core, link, 0, NULL);
    free(ids);
}

void core_links_tell_waiting(struct core *core)
{
    links_each(core->links, tell_waiting, core);
}

void core_links_fini(struct core *core)
{
    for (size_t i = 0; i < LINK_INTERFACES_MAX; i++)
        table_fini(&core->waiting[i]);
}

void core_link_forget(struct core *core, const struct link *link)
{
    table_fini(&core->waiting[link->interface - 1]); /* ends that are gone */
    core->telling[link->interface - 1] = (struct link_telling){0};
    core->disk.link_rests[link->interface] = false;
}

static void wait_again(void *context, struct channel_end *end)
{
    struct core *core = context;

    if (waits_for_place(end) && links_find(core->links, end->interface) != NULL)
        (void)table_put(&core->waiting[end->interface - 1], end->id, core); /* there was none */
}

struct ends_check {
    const struct core *core;
    uint64_t lost;     /* an end that waits and is not noted; 0: none */
    uint64_t stranded; /* an end over no link; 0: none */
};

static void check_end(void *context, struct channel_end *end)
{
    struct ends_check *check = context;

    if (end->interface != CHANNEL_INTERFACE_SELF &&
        links_find(check->core->links, end->interface) == NULL)
        check->stranded = end->id;
    else if (waits_for_place(end) &&
             table_get(&check->core->waiting[end->interface - 1], end->id) == NULL)
        check->lost = end->id;
}

static enum status check_ends(const struct core *core, struct fault *fault)
{
    struct ends_check check = {.core = core};

    channels_each(core->channels, check_end, &check);
    if (check.stranded != 0)
        return fault_set(fault, ST_CORRUPT,
                         "channel end %" PRIu64 " is over a link that there is not, or no more",
                         check.stranded);
    if (check.lost != 0)
        return fault_set(fault, ST_CORRUPT,
                         "channel end %" PRIu64 " waits for a place on its link, and nobody knows",
                         check.lost);
    return ST_OK;
}

enum status core_links_check(const struct core *core, struct fault *fault)
{
    for (uint32_t interface = 1; interface <= links_interfaces(core->links); interface++) {
        const struct link *link = links_find(core->links, interface);

        if (link != NULL && !link_places_add_up(core->links, link))
            return fault_set(
                fault, ST_CORRUPT,
                "link %s: the places that customers have are not those of its messages",
                link->name);
    }
    return check_ends(core, fault);
}

/* ---- its state ---- */

static void log_state(const struct link *link, uint32_t untold)
{
    static const char *const names[] = {
        [LINK_DOWN] = "down", [LINK_UP] = "up", [LINK_FROZEN] = "frozen"};
    const char *why = link->state == LINK_FROZEN ? link->reason : link->why;

    if (untold != 0)
        log_write(LOG_WARN, "link.flapping",
                  "link=%s state=%s untold=%" PRIu32 " reason=\"%s\" next=\"look at the network "
                  "between the two\"",
                  link->name, names[link->state], untold, why);
    else if (why[0] != '\0')
        log_write(LOG_INFO, "link.state", "link=%s state=%s reason=\"%s\"", link->name,
                  names[link->state], why);
    else
        log_write(LOG_INFO, "link.state", "link=%s state=%s", link->name, names[link->state]);
}

bool core_link_tell(struct core *core, struct link *link, enum link_state before)
{
    struct link_telling *telling = &core->telling[link->interface - 1];

    if (link->state == before)
        return false;
    link->since_us = core->site_time_us;
    if (core->monotonic_us - telling->since_us >= LINK_TELL_US && telling->untold == 0)
        *telling = (struct link_telling){.since_us = core->monotonic_us};
    if (telling->told >= LINK_TELL_MAX) {
        telling->untold++;
        return false;
    }
    telling->told++;
    log_state(link, 0);
    return true;
}

/* The two may connect and ask as often as they like; what is wrong is told as often as a change. */
static void tell_unfit(struct core *core, const struct link *link, const char *why_before)
{
    struct link_telling *telling = &core->telling[link->interface - 1];

    if (strcmp(link->why, why_before) == 0 || telling->told >= LINK_TELL_MAX)
        return;
    telling->told++;
    log_write(LOG_WARN, "link.unfit", "link=%s reason=\"%s\"", link->name, link->why);
}

/* When the minute is over: what a link that flapped has come to. */
static void tell_untold(void *context, struct link *link)
{
    struct core *core = context;
    struct link_telling *telling = &core->telling[link->interface - 1];

    if (telling->untold == 0 || core->monotonic_us - telling->since_us < LINK_TELL_US)
        return;
    log_state(link, telling->untold);
    *telling = (struct link_telling){.since_us = core->monotonic_us};
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
    switch (link_parcel_in(core->links, link, bytes, size, &parcel, &fault)) {
    case PARCEL_TAKEN:
        hear_all(core, link, &parcel);
        if (link->state == LINK_FROZEN)
            log_write(LOG_ERROR, "link.frozen", "link=%s reason=\"%s\"", link->name, link->reason);
        break;
    case PARCEL_STALE:
        break;
    case PARCEL_REFUSED:
        log_write(LOG_WARN, "link.parcel-refused", "link=%s reason=\"%s\"", link->name, fault.text);
        break;
    case PARCEL_FROZE:
        log_write(LOG_ERROR, "link.frozen", "link=%s reason=\"%s\"", link->name, link->reason);
        break;
    case PARCEL_UNFIT:
        tell_unfit(core, link, why_before);
        break;
    }
    tell_waiting(core, link);
    /* What its HELLO said is remembered over a crash.  A neighbour that changes its mind without
     * end gets no frame of its own for each: its row goes with the next one that something pays
     * for. */
    if (core_link_tell(core, link, before) || (link->state == LINK_FROZEN && link->state != before))
        core->frame_open = true;
}

void core_link_connected(struct core *core, uint32_t interface)
{
    struct link *link = links_find(core->links, interface);
    enum link_state before;

    if (link == NULL)
        return;
    before = link->state;
    link_connected(core->links, link);
    (void)core_link_tell(core, link, before);
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
    (void)core_link_tell(core, link, before);
}

bool core_links_tick(struct core *core)
{
    if (core->monotonic_us - core->reminded_us < LINK_REMIND_US)
        return false;
    core->reminded_us = core->monotonic_us;
    links_each(core->links, tell_untold, core);
    return links_remind(core->links);
}

/* ---- numbering and parcels ---- */

static void post_sent(void *context, const struct link *link, uint64_t seq,
                      const struct channel_message *message)
{
    struct core *core = context;
    struct transfer transfer = {.debit = ACCOUNT_HELD_PACKET,
                                .credit = account_out(link->interface),
                                .amount = message->money,
                                .code = TRANSFER_LINK_SENT,
                                .object = seq};

    if (!money_is_zero(message->money))
        ledger_transfer_checked(core->ledger, &transfer);
}

void core_links_number(struct core *core)
{
    if (!links_waiting(core->links))
        return;
    ledger_event_begin(core->ledger);
    (void)links_number(core->links, post_sent, core); /* it was asked: there is some */
    core_link_event_end(core);
}

struct collecting {
    struct core *core;
    struct core_frame *frame;
};

static void add_parcel(struct core_frame *frame, uint32_t interface, struct bytes *bytes)
{
    struct core_parcel *grown =
        realloc(frame->parcels, (frame->parcel_count + 1) * sizeof *frame->parcels);

    INVARIANT(grown != NULL);
    frame->parcels = grown;
    frame->parcels[frame->parcel_count++] =
        (struct core_parcel){.interface = interface, .bytes = *bytes};
}

static void collect(void *context, struct link *link)
{
    struct collecting *collecting = context;
    struct interface_prices prices = core_interface_prices(collecting->core, link->interface);
    struct link_prices shown = {.birth_fee = prices.birth_fee, .channel_fee = prices.channel_fee};

    for (;;) {
        struct bytes bytes = {0};

        if (!link_parcel_out(collecting->core->links, link, &shown, &bytes)) {
            bytes_fini(&bytes);
            return;
        }
        INVARIANT(!bytes.failed);
        add_parcel(collecting->frame, link->interface, &bytes);
    }
}

struct listing {
    const struct core *core;
    struct core_frame *frame;
};

/* Who dials: the site that was told where the other listens.  Both may; one wire is enough. */
static void list_link(void *context, struct link *link)
{
    struct listing *listing = context;
    struct core_link *place = &listing->frame->links[listing->frame->link_count++];

    *place = (struct core_link){.interface = link->interface};
    memcpy(place->key, link->key, sizeof place->key);
    (void)snprintf(place->endpoint, sizeof place->endpoint, "%s", link->endpoint);
    place->removed = link->removed;
    place->dials = link->endpoint[0] != '\0' && !link->removed;
}

void core_links_parcels(struct core *core, struct core_frame *frame)
{
    struct collecting collecting = {.core = core, .frame = frame};
    struct listing listing = {.core = core, .frame = frame};

    links_each(core->links, collect, &collecting);
    if (!core->links_changed)
        return;
    frame->links = calloc(links_interfaces(core->links) + 1, sizeof *frame->links);
    INVARIANT(frame->links != NULL);
    links_each_ever(core->links, list_link, &listing);
    core->links_changed = false;
}

/* ---- rows ---- */

static const uint8_t META_MARKS = 4;

static void put_total(struct bytes *out, u128 total)
{
    uint8_t raw[16];

    le128_put(raw, total);
    cbor_put_bytes(out, raw, sizeof raw);
}

static u128 get_total(struct cbor *in)
{
    uint8_t raw[16];

    cbor_get_bytes_exact(in, raw, sizeof raw);
    return le128_get(raw);
}

static enum status load_marks(void *context, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct core *core = context;
    uint64_t count;
    struct cbor in;

    if (key_size != 1 || key[0] != META_MARKS)
        return ST_OK;
    cbor_init(&in, value, value_size);
    count = cbor_get_array_any(&in, LINK_MARKS_MAX);
    for (uint64_t i = 0; i < count && in.error == NULL; i++) {
        struct link_mark *mark = &core->marks[core->mark_count++];

        cbor_get_array(&in, 5);
        mark->interface = (uint32_t)cbor_get_uint(&in, UINT32_MAX);
        cbor_get_text(&in, mark->name, LINK_MARK_NAME_BYTES_MAX);
        mark->site_time_us = cbor_get_uint(&in, UINT64_MAX);
        mark->sent_total = get_total(&in);
        mark->received_total = get_total(&in);
    }
    if (cbor_done(&in, fault, "meta row 4 (marks of links)") != ST_OK) {
        fault->status = ST_CORRUPT;
        return ST_CORRUPT;
    }
    return ST_OK;
}

static void check_accounts(void *context, struct link *link)
{
    struct core *core = context;
    const struct account *out = ledger_account(core->ledger, account_out(link->interface));
    const struct account *in = ledger_account(core->ledger, account_in(link->interface));

    if (out == NULL || in == NULL || out->credits - out->debits != link->sent_total ||
        in->debits - in->credits != link->received_total)
        core->links_changed = true; /* told by core_links_load() */
}

/* What a start knows of a link: nothing was heard yet. */
static void begin_run(void *context, struct link *link)
{
    struct core *core = context;

    link->since_us = core->site_time_us;
    link_lost(core->links, link,
              link->endpoint[0] == '\0' ? "waiting for the neighbour to connect"
                                        : "not connected yet");
}

enum status core_links_load(struct core *core, const struct store *store, struct fault *fault)
{
    enum status status;

    core->marks = calloc(LINK_MARKS_MAX, sizeof *core->marks);
    if (core->marks == NULL)
        return fault_set(fault, ST_NOMEM, "links: memory is short");
    status = links_load(core->links, store, fault);
    if (status == ST_OK)
        status = store->walk(store->context, STORE_META, &META_MARKS, 1, load_marks, core, fault);
    if (status != ST_OK)
        return status;
    core->links_changed = false;
    links_each(core->links, begin_run, core);
    links_each_ever(core->links, check_accounts, core);
    channels_each(core->channels, wait_again, core);
    if (core->links_changed)
        return fault_set(fault, ST_CORRUPT,
                         "the totals of a link differ from its accounts in the ledger");
    core->links_changed = true; /* the edge has to be told of all of them */
    return ST_OK;
}

void core_links_save(struct core *core, struct store_batch *batch)
{
    struct bytes row = {0};

    links_save(core->links, batch);
    if (!core->marks_dirty)
        return;
    cbor_put_array(&row, core->mark_count);
    for (size_t i = 0; i < core->mark_count; i++) {
        const struct link_mark *mark = &core->marks[i];

        cbor_put_array(&row, 5);
        cbor_put_uint(&row, mark->interface);
        cbor_put_text(&row, mark->name);
        cbor_put_uint(&row, mark->site_time_us);
        put_total(&row, mark->sent_total);
        put_total(&row, mark->received_total);
    }
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_META, &META_MARKS, 1, row.data, row.size);
    bytes_fini(&row);
    core->marks_dirty = false;
}
