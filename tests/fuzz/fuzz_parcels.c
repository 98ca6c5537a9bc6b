/*
 * Neighbours that speak valid parcels with wild contents, in whatever order: HELLO and DATA that
 * are mostly true, messages that mostly could be, packets with any bytes, statements, claims,
 * orders and receipts that are signed.  The script is the fuzzer's.  Meanwhile the site's agents
 * act, its operator does what an operator does with links, callers join by invitations, and the
 * site crashes.  After each frame every sum holds, and the neighbours owe at most their limits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "links/link_set.h"
#include "site/control/invite.h"
#include "tests/fuzz/neighbour.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, POKE_US = 30000, SECRETS = 4 };

static struct fuzz_site site;
static struct script script;
static struct neighbour neighbours[FUZZ_NEIGHBOURS];

static void hear(void *context, const struct core_parcel *parcel)
{
    (void)context;
    for (int i = 0; i < FUZZ_NEIGHBOURS; i++) {
        const struct link *link = neighbour_link(&neighbours[i]);

        if (link != NULL && link->interface == parcel->interface)
            neighbour_hear(&neighbours[i], &parcel->bytes);
    }
}

/* ---- the operator ---- */

/* An agent hears something, and acts. */
static void poke(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, ACCOUNT_FIRST_FREE + 1 + script_below(&script, 16));
    cbor_put_bytes(&args, "poke", 4);
    cbor_put_uint(&args, script_u8(&script));
    fuzz_site_ask(&site, 0, "agent.send", &args);
}

static void ask_named(const char *command, const struct link *link)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, link == NULL ? FUZZ_LINK : link->name);
    fuzz_site_ask(&site, 0, command, &args);
}

/* Without a code, or with that of what can be accepted now, if there is any. */
static void ask_accept_loss(const struct link *link)
{
    char code[LOSS_CODE_TEXT_BYTES] = "";
    struct bytes args = {0};
    struct hash pair;

    if (link != NULL && script_below(&script, 2) == 1 &&
        link_acceptance(site.core->links, link, &pair) >= ACCEPTANCE_PAIRED)
        (void)loss_code(code, &pair);

    cbor_put_array(&args, 2);
    cbor_put_text(&args, link == NULL ? FUZZ_LINK : link->name);
    cbor_put_text(&args, code);
    fuzz_site_ask(&site, 0, "link.accept-loss", &args);
}

static void put_money_or_null(struct bytes *args)
{
    if (script_below(&script, 3) == 0)
        cbor_put_null(args);
    else
        cbor_put_money(args, neighbour_money(&script));
}

/* What may be lost is taken from the limit, which is raised by as much. */
static void set_durability(const struct link *link)
{
    struct money limit = link->limit;
    struct money flush = neighbour_money(&script);
    struct bytes args = {0};

    money_accumulate(&limit, flush);
    cbor_put_array(&args, 5);
    cbor_put_text(&args, link->name);
    cbor_put_text(&args, "limit");
    cbor_put_money(&args, limit);
    cbor_put_text(&args, "durability");
    cbor_put_array(&args, 2);
    cbor_put_money(&args, flush);
    cbor_put_uint(&args, money_is_zero(flush) ? 0 : 1000);
    fuzz_site_ask(&site, 0, "link.set", &args);
}

static void set_soft_limit(const struct link *link)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_text(&args, link->name);
    cbor_put_text(&args, "soft_limit");
    put_money_or_null(&args);
    fuzz_site_ask(&site, 0, "link.set", &args);
}

static void set_terms(const struct link *link)
{
    static const char *const ways[] = {"manual", "clearing:" FUZZ_HOUSE, "clearing:" FUZZ_LINK,
                                       "none", "manual:there"};
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_text(&args, ways[script_below(&script, sizeof ways / sizeof *ways)]);
    put_money_or_null(&args);
    put_money_or_null(&args);
    fuzz_site_ask(&site, 0, "link.terms", &args);
}

static void settle(const struct link *link)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, link->name);
    put_money_or_null(&args);
    fuzz_site_ask(&site, 0, "link.settle", &args);
}

static void say_settled(const struct link *link)
{
    const struct settlement *settlement = link_settlement(site.core->links, link);
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, link->name);
    cbor_put_uint(&args, settlement->claimed.index + (script_chance(&script, 16) ? 1 : 0));
    cbor_put_bool(&args, script_below(&script, 4) != 3);
    cbor_put_text(&args, "by hand");
    fuzz_site_ask(&site, 0, "link.settled", &args);
}

static void drain(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    if (core_is_drained(site.core) || script_below(&script, 2) == 0)
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, script_u8(&script) * (uint64_t)POKE_US);
    fuzz_site_ask(&site, 0, "site.drain", &args);
}

/* ---- invitations ---- */

/* One of a few secrets, and the key that it stands for. */
static void some_invitation(uint8_t key[INVITE_KEY_BYTES])
{
    uint8_t secret[INVITE_SECRET_BYTES] = {(uint8_t)script_below(&script, SECRETS)};

    invite_keys(key, NULL, secret);
}

static void invite(void)
{
    static const char *const names[] = {"guest", "", FUZZ_LINK, FUZZ_HOUSE};
    uint8_t key[INVITE_KEY_BYTES];
    struct bytes args = {0};

    some_invitation(key);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, names[script_below(&script, 4)]);
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_uint(&args, FUZZ_LIMIT_NANOS);
    cbor_put_uint(&args, (1 + script_u8(&script)) * UINT64_C(100000));
    fuzz_site_ask(&site, 0, "link.invite", &args);
}

static void revoke(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, 1 + script_below(&script, 4));
    fuzz_site_ask(&site, 0, "link.revoke", &args);
}

/* Mostly with a key that is invited, and signed for it. */
static void call(void)
{
    const int who = script_chance(&script, 4) ? FUZZ_PEER : FUZZ_GUEST;
    struct join join = {.version = LINK_VERSION};
    uint8_t signed_for[INVITE_KEY_BYTES];
    uint8_t key[INVITE_KEY_BYTES];
    struct bytes bytes = {0};

    some_invitation(key);
    memcpy(signed_for, key, sizeof key);
    (void)snprintf(join.currency, sizeof join.currency, "%s", site.core->book.currency);
    memcpy(join.key, neighbours[who].key, sizeof join.key);
    switch (script_below(&script, 16)) {
    case 1:
        join.version = script_u64(&script);
        break;
    case 2:
        join.currency[0] = 'X';
        break;
    case 3:
        signed_for[0] ^= 1;
        break;
    default:
        break;
    }
    join_sign(&join, fuzz_site_key, signed_for, neighbours[who].secret);
    join_encode(&bytes, &join);
    if (bytes.failed)
        abort();
    if (script_chance(&script, 16))
        bytes.data[script_u8(&script) % bytes.size] ^= (uint8_t)(1 << script_below(&script, 8));
    core_join(site.core, key, 1, bytes.data, bytes.size);
    bytes_fini(&bytes);
}

/* ---- steps ---- */

/* What needs no link. */
static void operator_acts(const struct link *link)
{
    switch (script_below(&script, 16)) {
    case 0:
        ask_named("link.freeze", link);
        break;
    case 1:
        ask_named("link.remove", link);
        break;
    case 2:
        fuzz_site_join(&site, FUZZ_PEER);
        break;
    case 3:
        fuzz_site_join(&site, FUZZ_OTHER);
        break;
    case 4:
        ask_named("link.ack", link);
        break;
    case 5:
        if (script_chance(&script, 2))
            ask_accept_loss(link);
        else
            drain();
        break;
    case 6:
    case 7:
        invite();
        break;
    case 8:
        revoke();
        break;
    case 9:
    case 10:
    case 11:
        call();
        break;
    default:
        ask_named("link.resume", link);
        break;
    }
}

static void operator_sets(const struct link *link)
{
    switch (script_below(&script, 8)) {
    case 0:
        set_durability(link);
        break;
    case 1:
        set_soft_limit(link);
        break;
    case 2:
    case 3:
        set_terms(link);
        break;
    case 4:
    case 5:
        settle(link);
        break;
    default:
        say_settled(link);
        break;
    }
}

/* Of money that is owed, and of what moved. */
static void say_debts(struct neighbour *neighbour)
{
    switch (script_below(&script, 8)) {
    case 0:
    case 1:
        neighbour_claim(neighbour);
        break;
    case 2:
        neighbour_pay(neighbour);
        break;
    case 3:
    case 4:
        neighbour_paid(neighbour);
        break;
    default:
        neighbour_specie(neighbour);
        break;
    }
}

/* A start is dear. */
static void crash(void)
{
    switch (script_below(&script, 8)) {
    case 1:
        fuzz_site_crash(&site);
        break;
    case 2:
        fuzz_site_lose_power(&site);
        break;
    default:
        poke();
        break;
    }
}

/* Two operators on their way out of a freeze. */
static void step_frozen(struct neighbour *neighbour, const struct link *link, uint64_t what)
{
    if (what < 12)
        neighbour_loss(neighbour);
    else if (what < 18)
        ask_accept_loss(link);
    else if (what < 20)
        ask_named("link.resume", link);
    else
        say_debts(neighbour);
}

static void step(void)
{
    uint8_t who = script_u8(&script);
    struct neighbour *neighbour = &neighbours[who < 192   ? FUZZ_PEER
                                              : who < 232 ? FUZZ_OTHER
                                                          : FUZZ_GUEST];
    struct link *link = neighbour_link(neighbour);
    uint64_t what = script_below(&script, 24);

    if (link == NULL || what == 0)
        operator_acts(link);
    else if (what == 1)
        crash();
    else if (what == 2)
        core_link_trouble(site.core, link->interface, "cut");
    else if (what == 3)
        core_link_connected(site.core, link->interface);
    else if (what < 7)
        operator_sets(link);
    else if (link->state == LINK_FROZEN && what >= 9)
        step_frozen(neighbour, link, script_below(&script, 24));
    else if (what < 9 || link->state != LINK_UP)
        neighbour_hello(neighbour);
    else if (what < 11)
        poke();
    else if (what < 16)
        say_debts(neighbour);
    else
        neighbour_data(neighbour);
}

/*
 * What came in messages keeps to the limit whatever this site pays: that it counts as come only
 * when the neighbour says so, which may be after it has sent up to the limit.  A loss that was
 * accepted goes by no limit.
 */
static void check_limits(void)
{
    for (int i = 0; i < FUZZ_NEIGHBOURS; i++) {
        const struct link *link = neighbour_link(&neighbours[i]);

        if (link != NULL && !neighbours[i].has_counted &&
            link_came(link) - link->paid.total > link_went(link) + money_nanos(link->limit))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    script = (struct script){data, size};
    fuzz_site_open(&site);
    for (int i = 0; i < FUZZ_NEIGHBOURS; i++)
        neighbours[i] = neighbour_of(&site, &script, i);
    site.post = hear;
    neighbour_hello(&neighbours[FUZZ_PEER]);
    neighbour_hello(&neighbours[FUZZ_OTHER]);
    for (int i = 0; i < STEPS_MAX && script.left > 0; i++) {
        step();
        for (int j = 0; j < FUZZ_NEIGHBOURS; j++)
            neighbour_note_counted(&neighbours[j]);
        fuzz_site_pass(&site, script_u8(&script) * (uint64_t)POKE_US,
                       1 + (uint32_t)script_below(&script, 8));
        check_limits();
    }
    fuzz_site_close(&site);
    return 0;
}
