/*
 * The set of links, and what happens to a link as a whole: added, removed, connected, frozen,
 * resumed (docs/wire.md, "States" and "Epochs").
 */
#include "links/link.h"

#include "base/endpoint.h"
#include "links/link_set.h"
#include "links/settlement_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static_assert(offsetof(struct link_node, link) == 0, "a pointer to a link is one to its node");

/* A link that is not of this set is a bug of the caller, which the second line finds. */
struct link_node *node_of_link(const struct links *links, const struct link *link)
{
    INVARIANT(link->interface >= 1 && link->interface <= links->count);
    INVARIANT(&links->nodes[link->interface - 1]->link == link);
    return links->nodes[link->interface - 1];
}

/* ---- the set ---- */

/* Used by links_add() and by loading, so both count interfaces alike. */
struct link_node *link_node_add(struct links *links, const struct link *link)
{
    struct link_node *node;

    INVARIANT(links->count < LINK_INTERFACES_MAX);
    node = calloc(1, sizeof *node);
    if (node == NULL)
        return NULL;
    /* Interfaces count up and are never used again: their accounts stay in the books. */
    node->link = *link;
    node->link.interface = (uint32_t)links->count + 1;
    node->links = links;
    links->nodes[links->count++] = node;
    links->removed += link->removed;
    return node;
}

struct link_node *link_node_keyed(const struct links *links, const uint8_t key[LINK_KEY_BYTES])
{
    for (size_t i = 0; i < links->count; i++)
        if (memcmp(links->nodes[i]->link.key, key, LINK_KEY_BYTES) == 0)
            return links->nodes[i];
    return NULL;
}

void links_clear(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        outbox_fini(links, &links->nodes[i]->queue);
        outbox_fini(links, &links->nodes[i]->unacked);
        free(links->nodes[i]->rows.first_seqs);
        window_fini(&links->nodes[i]->window);
        bytes_fini(&links->nodes[i]->arrived);
        link_durable_fini(links->nodes[i]);
        free(links->nodes[i]);
    }
    links->count = 0;
    links->removed = 0;
    links->sampled = 0;
    links->checkpoint_count = 0;
}

enum status links_new(struct links **links)
{
    *links = calloc(1, sizeof **links);
    return *links == NULL ? ST_NOMEM : ST_OK;
}

void links_free(struct links *links)
{
    if (links == NULL)
        return;
    links_clear(links);
    bytes_fini(&links->scratch);
    slab_fini(&links->memory);
    free(links);
}

void links_set_currency(struct links *links, const char *currency)
{
    INVARIANT(strlen(currency) <= LINK_CURRENCY_BYTES_MAX);
    memcpy(links->currency, currency, strlen(currency) + 1);
}

struct link *links_find(struct links *links, uint32_t interface)
{
    struct link *link;

    if (interface == CHANNEL_INTERFACE_SELF || interface > links->count)
        return NULL;
    link = &links->nodes[interface - 1]->link;
    return link->removed ? NULL : link;
}

struct link *links_named(struct links *links, const char *name)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = &links->nodes[i]->link;

        if (!link->removed && strcmp(link->name, name) == 0)
            return link;
    }
    return NULL;
}

struct link *links_keyed(struct links *links, const uint8_t key[LINK_KEY_BYTES])
{
    struct link_node *node = link_node_keyed(links, key);

    return node == NULL || node->link.removed ? NULL : &node->link;
}

size_t links_count(const struct links *links)
{
    return links->count - links->removed;
}

uint32_t links_interfaces(const struct links *links)
{
    return (uint32_t)links->count;
}

void links_each(struct links *links, void (*visit)(void *context, struct link *link), void *context)
{
    for (size_t i = 0; i < links->count; i++)
        if (!links->nodes[i]->link.removed)
            visit(context, &links->nodes[i]->link);
}

void links_each_ever(struct links *links, void (*visit)(void *context, struct link *link),
                     void *context)
{
    for (size_t i = 0; i < links->count; i++)
        visit(context, &links->nodes[i]->link);
}

/* ---- adding ---- */

/* As docs/records.md, "Rows of links", has it. */
bool link_is_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    return text_is_name(name) && strspn(name, letters) == strlen(name);
}

/* What a person typed and what a row has is checked by the same rule. */
const char *link_address_error(const struct link *link)
{
    static const uint8_t no_key[LINK_KEY_BYTES];
    struct endpoint endpoint;

    if (!link_is_name(link->name))
        return "a name has 1 to 32 letters, digits or any of -_., and begins with a letter";
    if (memcmp(link->key, no_key, sizeof no_key) == 0)
        return "the key is zero";
    if (link->endpoint[0] != '\0' &&
        endpoint_parse(&endpoint, link->endpoint, ENDPOINT_DIAL, NULL) != ST_OK)
        return "an endpoint is empty or as tcp://HOST:PORT";
    return NULL;
}

/* Copy a text with its NUL.  False: it has more than size_max bytes, and nothing is done. */
static bool link_copy_text(char *to, size_t size_max, const char *text)
{
    size_t size = strlen(text);

    if (size > size_max)
        return false;
    memcpy(to, text, size + 1);
    return true;
}

/* Make parcels of older connections stale, and let a HELLO begin the new one. */
static void link_raise_epoch(struct link_node *node)
{
    /* One a microsecond would not reach the end; only a `known` that lied can have brought it. */
    if (node->link.epoch < SEQ_MAX)
        node->link.epoch++;
    node->hello_due = true;
    node->hello_requested = false;
    node->hello_names_peer = false;
    node->dirty = true;
    (void)loss_remind(node);
}

/*
 * Add the link of a peer that was removed before.  It goes on with the old numbers: with new ones
 * each site would take the other for one that was restored from a backup.
 */
static enum status link_join_again(struct link_node *node, const struct link *wanted,
                                   struct fault *fault)
{
    struct link *link = &node->link;
    char text[MONEY_TEXT_BYTES];

    /* As link_raise_limit(): what the peer sent under the old one may be on its way. */
    if (link->peer_epoch != 0 && money_compare(wanted->limit, link->limit) < 0)
        return fault_set(fault, ST_INVALID,
                         "add link %s: this peer was joined before with a limit of %s, and "
                         "may have sent up to it: give at least that",
                         wanted->name, money_print(text, link->limit));
    memcpy(link->name, wanted->name, sizeof link->name);
    memcpy(link->endpoint, wanted->endpoint, sizeof link->endpoint);
    link->limit = wanted->limit;
    link->removed = false;
    node->links->removed--;
    link_raise_epoch(node);
    return ST_OK;
}

enum status links_add(struct links *links, const char *name, const uint8_t key[LINK_KEY_BYTES],
                      const char *endpoint, struct money limit, struct link **link,
                      struct fault *fault)
{
    /* 0 stands for an unknown epoch, and the peer's HELLO may come before link_connected(). */
    struct link made = {.limit = limit, .epoch = 1};
    struct link_node *node;
    struct endpoint parsed;
    const char *error;

    /* The text must be right by itself, before anything of the set decides. */
    memcpy(made.key, key, LINK_KEY_BYTES);
    if (!link_copy_text(made.name, LINK_NAME_BYTES_MAX, name))
        return fault_set(fault, ST_INVALID, "add link: a name has at most %d bytes",
                         LINK_NAME_BYTES_MAX);
    if (!link_copy_text(made.endpoint, LINK_ENDPOINT_BYTES_MAX, endpoint))
        return fault_set(fault, ST_INVALID, "add link: an endpoint has at most %d bytes",
                         LINK_ENDPOINT_BYTES_MAX);
    if (endpoint[0] != '\0' && endpoint_parse(&parsed, endpoint, ENDPOINT_DIAL, fault) != ST_OK)
        return fault_prefix(fault, "add link, endpoint");
    error = link_address_error(&made);
    if (error != NULL)
        return fault_set(fault, ST_INVALID, "add link: %s", error);
    /* One name, one key, one link; those that were removed do not count as names. */
    if (links_named(links, name) != NULL)
        return fault_set(fault, ST_EXISTS, "add link: the name %s is taken", name);
    if (links_keyed(links, key) != NULL)
        return fault_set(fault, ST_EXISTS, "add link %s: the key is that of link %s", name,
                         links_keyed(links, key)->name);
    if (links_count(links) == LINKS_MAX)
        return fault_set(fault, ST_FULL, "add link %s: a site has at most %d links", name,
                         LINKS_MAX);
    /* A key that was removed before keeps its interface; LINK_INTERFACES_MAX is for new ones. */
    node = link_node_keyed(links, key);
    if (node != NULL) {
        *link = &node->link;
        return link_join_again(node, &made, fault);
    }
    if (links->count == LINK_INTERFACES_MAX)
        return fault_set(fault, ST_FULL,
                         "add link %s: a site has links to at most %d peers in its life", name,
                         LINK_INTERFACES_MAX);
    node = link_node_add(links, &made);
    if (node == NULL)
        return fault_set(fault, ST_NOMEM, "add link %s: out of memory", name);
    node->dirty = true;
    node->next_seq = 1;
    *link = &node->link;
    return ST_OK;
}

/* ---- removing ---- */

u128 link_came(const struct link *link)
{
    return link->received_total + link->paid.total;
}

u128 link_went(const struct link *link)
{
    return link->sent_total + link->got.total;
}

u128 link_we_owe(const struct link *link)
{
    return link_went(link) > link_came(link) ? link_went(link) - link_came(link) : 0;
}

u128 link_it_owes(const struct link *link)
{
    return link_came(link) > link_went(link) ? link_came(link) - link_went(link) : 0;
}

bool link_is_even(const struct link *link)
{
    return link_went(link) == link_came(link);
}

uint64_t link_unfinished(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);
    uint64_t count = node->queue.count + node->unacked.count;

    /* A link that is down can acknowledge nothing: it would count without end. */
    if (link->state == LINK_UP && node->reported_seq != link->received_seq)
        count++;
    return count;
}

void link_remove(struct links *links, struct link *link)
{
    struct link_node *node = node_of_link(links, link);

    INVARIANT(!link->removed);
    INVARIANT(link_is_even(link) && !link_is_settling(links, link));
    INVARIANT(link_unfinished(links, link) == 0);
    loss_withdraw(node);
    /* The node stays: its key and totals must be there if the peer is added again. */
    link->removed = true;
    link->has_soft_limit = false;
    link->soft_limit = money_zero();
    /* It may come back with another limit; one that is unsure cannot, and asks by its amount. */
    if (!link->unsure) {
        link->flush_amount = money_zero();
        link->flush_ms = 0;
    }
    if (node->settlement.by != SETTLE_BY_NOBODY || !money_is_zero(node->settlement.threshold))
        link_set_terms(links, link, &(struct settlement){0});
    link->state = LINK_DOWN;
    link->reason[0] = '\0';
    link->why[0] = '\0';
    node->hello_due = false;
    node->dirty = true;
    links->removed++;
}

enum status link_set_endpoint(struct links *links, struct link *link, const char *endpoint,
                              struct fault *fault)
{
    struct endpoint parsed;

    if (endpoint[0] != '\0' && endpoint_parse(&parsed, endpoint, ENDPOINT_DIAL, fault) != ST_OK)
        return fault_prefix(fault, "set link %s, endpoint", link->name);
    INVARIANT(
        link_copy_text(link->endpoint, LINK_ENDPOINT_BYTES_MAX, endpoint)); /* it was parsed */
    node_of_link(links, link)->dirty = true;
    return ST_OK;
}

void link_raise_limit(struct links *links, struct link *link, struct money limit)
{
    struct link_node *node = node_of_link(links, link);

    INVARIANT(money_compare(limit, link->limit) >= 0);
    /* A peer that is down learns it from the HELLO of its next connection. */
    link->limit = limit;
    node->dirty = true;
    node->hello_due = link->state == LINK_UP || node->hello_due; /* HELLO announces it */
}

void link_set_soft_limit(struct links *links, struct link *link, const struct money *soft_limit)
{
    link->has_soft_limit = soft_limit != NULL;
    link->soft_limit = soft_limit != NULL ? *soft_limit : money_zero();
    node_of_link(links, link)->dirty = true;
}

/* ---- connected, frozen, resumed ---- */

/* Copy a reason as printable ASCII: a row holds UTF-8, and a cut must not make it anything else. */
static void link_copy_reason(char to[LINK_REASON_BYTES_MAX + 1], const char *reason)
{
    size_t size = 0;

    for (; size < LINK_REASON_BYTES_MAX && reason[size] != '\0'; size++)
        to[size] = reason[size] >= ' ' && reason[size] <= '~' ? reason[size] : '?';
    to[size] = '\0';
}

void link_lost(struct links *links, struct link *link, const char *why)
{
    (void)node_of_link(links, link); /* it is one of ours */
    if (link->state == LINK_FROZEN)
        return;
    link->state = LINK_DOWN; /* not dirty: UP in the row reads back as DOWN */
    link_copy_reason(link->why, why);
}

void link_lost_because(struct link_node *node, const char *format, ...)
{
    char why[LINK_REASON_BYTES_MAX + 1];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments); /* a long one is cut */
    va_end(arguments);
    link_lost(node->links, &node->link, why);
}

void link_connected(struct links *links, struct link *link)
{
    link_raise_epoch(node_of_link(links, link));
    link_lost(links, link, "connected, and the peer has not yet said where it stands");
}

void link_state_since(struct link *link, uint64_t site_time_us)
{
    link->since_us = site_time_us;
}

const char *link_state_word(enum link_state state)
{
    switch (state) {
    case LINK_DOWN:
        return "down";
    case LINK_UP:
        return "up";
    case LINK_FROZEN:
        return "frozen";
    }
    return "unknown";
}

const char *link_reason(const struct link *link)
{
    return link->state == LINK_FROZEN ? link->reason : link->why;
}

/* Whether a HELLO or its answer may have vanished, or nothing is acknowledged for a while. */
static bool link_needs_reminder(const struct link_node *node)
{
    if (node->link.removed)
        return false;
    switch (node->link.state) {
    case LINK_DOWN:
        return true;
    case LINK_UP:
        return node->link.acked_seq < node->remind_seq;
    case LINK_FROZEN:
        break;
    }
    return false;
}

/*
 * Two looks apart: what was sent before the last one and is still not acknowledged has waited a
 * whole interval, which no parcel on its way does.
 */
bool links_remind(struct links *links)
{
    bool any = false;

    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];

        if (link_needs_reminder(node)) {
            node->hello_due = true;
            node->hello_wants_answer = true;
            any = true;
        }
        /* A claim that is not decided, likewise: it may be lost, or its answer. */
        settlement_remind(node);
        any = any || (node->claim_due && node->link.state == LINK_UP);
        any = loss_remind(node) || any;
        /* An answer that was awaited may be lost as well: stale parcels may call for one again. */
        node->hello_requested = false;
        node->loss_noted = false;
        node->remind_seq = node->next_seq - 1;
    }
    return any;
}

/* "otherwise" of HELLO: the peer adopts the fees that a good one names. */
void links_announce(struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->nodes[i]->link.state == LINK_UP)
            links->nodes[i]->hello_due = true;
}

void link_freeze(struct links *links, struct link *link, const char *reason)
{
    struct link_node *node = node_of_link(links, link);

    if (link->state == LINK_FROZEN)
        return; /* the first reason is the one to look into */
    if (reason[0] == '\0')
        reason = "no reason is given";
    /* Its row says so, and a restart does not thaw it. */
    link->state = LINK_FROZEN;
    node->dirty = true;
    link_copy_reason(link->reason, reason);
    link->why[0] = '\0';
}

enum status link_resume(struct links *links, struct link *link, struct fault *fault)
{
    struct link_node *node = node_of_link(links, link);

    if (link->state != LINK_FROZEN)
        return fault_set(fault, ST_INVALID, "resume link %s: it is not frozen", link->name);
    loss_withdraw(node);
    /* DOWN, not UP: what the freeze found out is compared again by HELLO. */
    link->state = LINK_DOWN;
    link->reason[0] = '\0';
    node->freed = true; /* nobody who waits for a place was woken while it was frozen */
    link_copy_reason(link->why, "resumed, and the peer has not yet said where it stands");
    link_raise_epoch(node);
    return ST_OK;
}

/* Two sites that answered every stale parcel by a HELLO would never stop: one at a time. */
void link_ask_hello(struct link_node *node)
{
    if (node->hello_requested)
        return;
    node->hello_requested = true;
    node->hello_due = true;
}
