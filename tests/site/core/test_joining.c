/* JOIN at the core: who is let in by an invitation, once, and what each other is told. */
#include <sodium.h>
#include <string.h>

#include "links/invitations.h"
#include "site/control/invite.h"
#include "tests/site/core/fixture.h"

enum { MONEY = 2000000000, LIMIT = 7000000 };

static struct site site;
static uint8_t invitation[INVITE_KEY_BYTES];
static uint8_t peer_key[CONTROL_KEY_BYTES];
static uint8_t peer_secret[CONTROL_SECRET_BYTES];
static struct joined answer; /* to the last JOIN */
static size_t told;          /* keys that the edge was told */

static void keys_of(uint8_t number, uint8_t key[CONTROL_KEY_BYTES],
                    uint8_t secret[CONTROL_SECRET_BYTES])
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {number, 77};

    ck_assert_int_eq(crypto_sign_seed_keypair(key, secret, seed), 0);
}

static enum control_status invite(const char *name, uint64_t lasts_us)
{
    uint8_t secret[INVITE_SECRET_BYTES] = {(uint8_t)name[0], (uint8_t)lasts_us};
    struct bytes args = {0};

    invite_keys(invitation, NULL, secret);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, invitation, sizeof invitation);
    cbor_put_uint(&args, LIMIT);
    cbor_put_uint(&args, lasts_us);
    return site_request(&site, OPERATOR, "link.invite", &args);
}

static void setup(void)
{
    site_open(&site, 5, MONEY);
    site_pass(&site, 1); /* the clock runs from here on */
    keys_of(1, peer_key, peer_secret);
    ck_assert_int_eq(invite("inn", 60000000), CONTROL_DONE);
}

static void teardown(void)
{
    site_close(&site);
}

/* What the edge would do with the frame, and its answer to the call. */
static void take_frame(uint64_t call)
{
    struct core_frame frame = {0};
    struct fault fault;

    core_frame_close(site.core, 1000000 + site.now_us, &frame);
    if (frame.writes)
        ck_assert_int_eq(store_commit(&site.store, &frame.batch, &fault), ST_OK);
    ck_assert_uint_eq(frame.joined_count, 1);
    ck_assert_uint_eq(frame.joined[0].call, call);
    ck_assert_int_eq(
        joined_decode(&answer, frame.joined[0].bytes.data, frame.joined[0].bytes.size, &fault),
        ST_OK);
    told = frame.invited_count;
    core_frame_fini(&frame);
    ck_assert_msg(core_check(site.core, &fault) == ST_OK, "%s", fault.text);
}

static void give(const struct join *join)
{
    static uint64_t call;
    struct bytes bytes = {0};

    join_encode(&bytes, join);
    core_join(site.core, invitation, ++call, bytes.data, bytes.size);
    bytes_fini(&bytes);
    take_frame(call);
}

static struct join join_of(const uint8_t *key, const uint8_t *secret)
{
    struct join join = {.version = LINK_VERSION};

    (void)snprintf(join.currency, sizeof join.currency, "%s", site.book.currency);
    memcpy(join.key, key, sizeof join.key);
    join_sign(&join, site.site_key, invitation, secret);
    return join;
}

static void refused(const struct join *join, const char *words)
{
    size_t links = links_count(site.core->links);

    give(join);
    ck_assert(!answer.done);
    ck_assert_msg(strstr(answer.text, words) != NULL, "%s", answer.text);
    ck_assert_uint_eq(links_count(site.core->links), links);
}

START_TEST(whoever_shows_the_secret_gets_a_link_with_the_limit_that_was_offered)
{
    struct join join = join_of(peer_key, peer_secret);
    const struct link *link;

    give(&join);
    ck_assert_msg(answer.done, "%s", answer.text);
    link = links_named(site.core->links, "inn");
    ck_assert_ptr_nonnull(link);
    ck_assert_mem_eq(link->key, peer_key, sizeof peer_key);
    ck_assert_uint_eq(money_nanos(link->limit), LIMIT);
    ck_assert_str_eq(link->endpoint, "");
    site_reload_same(&site);
    ck_assert_ptr_nonnull(links_named(site.core->links, "inn"));
    site_verify(&site);
}
END_TEST

/* An answer may be lost: the same site may ask again, also after a crash, and has one link. */
START_TEST(the_same_site_asks_again_and_has_one_link)
{
    struct join join = join_of(peer_key, peer_secret);

    for (int i = 0; i < 3; i++) {
        give(&join);
        ck_assert_msg(answer.done, "%s", answer.text);
        ck_assert_uint_eq(links_count(site.core->links), 1);
        site_reload(&site);
    }
}
END_TEST

START_TEST(another_site_is_refused_once_it_was_used)
{
    struct join join = join_of(peer_key, peer_secret);
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];

    give(&join);
    keys_of(2, key, secret);
    join = join_of(key, secret);
    refused(&join, "used already, by another site");
    site_reload(&site);
    refused(&join, "used already, by another site");
}
END_TEST

START_TEST(a_used_one_is_no_way_back_for_a_link_that_was_removed)
{
    struct join join = join_of(peer_key, peer_secret);
    struct bytes args = {0};

    give(&join);
    cbor_put_array(&args, 1);
    cbor_put_text(&args, "inn");
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.remove", &args), CONTROL_DONE);
    refused(&join, "the link that came of it was removed");
}
END_TEST

START_TEST(late_and_revoked_ones_are_refused_by_name)
{
    struct join join = join_of(peer_key, peer_secret);
    struct bytes args = {0};

    site_pass(&site, 63000000);
    refused(&join, "late: it ended 3 s ago");
    ck_assert_int_eq(invite("two", 60000000), CONTROL_DONE);
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, 2);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.revoke", &args), CONTROL_DONE);
    join = join_of(peer_key, peer_secret);
    refused(&join, "was revoked");
    /* Neither is of use again: what is over is over. */
    for (uint64_t number = 1; number <= 2; number++) {
        args = (struct bytes){0};
        cbor_put_array(&args, 1);
        cbor_put_uint(&args, number);
        ck_assert_int_eq(site_request(&site, OPERATOR, "link.revoke", &args), CONTROL_REFUSED);
    }
}
END_TEST

START_TEST(a_key_that_is_not_the_callers_own_is_refused)
{
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    struct join join;

    keys_of(3, key, secret);
    join = join_of(key, peer_secret); /* names a key that it has not the secret of */
    refused(&join, "its signature does not fit");
    join = join_of(peer_key, peer_secret);
    invitation[0] ^= 1; /* signed for another invitation than the one that was shown */
    join_sign(&join, site.site_key, invitation, peer_secret);
    invitation[0] ^= 1;
    refused(&join, "its signature does not fit");
    join = join_of(peer_key, peer_secret);
    give(&join); /* none of these has used it up */
    ck_assert(answer.done);
}
END_TEST

START_TEST(another_version_or_currency_is_refused_by_name)
{
    struct join join = join_of(peer_key, peer_secret);

    join.version = 1;
    refused(&join, "versions of the wire format differ");
    join = join_of(peer_key, peer_secret);
    memcpy(join.currency, "EUR", 4);
    join_sign(&join, site.site_key, invitation, peer_secret);
    refused(&join, "currencies differ");
}
END_TEST

START_TEST(a_site_that_has_a_link_needs_no_invitation)
{
    struct bytes args = {0};
    struct join join = join_of(peer_key, peer_secret);

    cbor_put_array(&args, 4);
    cbor_put_text(&args, "old");
    cbor_put_bytes(&args, peer_key, sizeof peer_key);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, 1);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.add", &args), CONTROL_DONE);
    refused(&join, "the key is that of link old");
    memcpy(join.key, site.site_key, sizeof join.key);
    refused(&join, "signature");
}
END_TEST

START_TEST(what_is_no_join_is_refused_and_an_unknown_one_too)
{
    static const uint8_t alive[] = {0x81, 0x03};
    struct join join = join_of(peer_key, peer_secret);

    core_join(site.core, invitation, 7, alive, sizeof alive);
    take_frame(7);
    ck_assert(!answer.done && strstr(answer.text, "is no JOIN") != NULL);
    invitation[1] ^= 1;
    refused(&join, "given up long ago");
    invitation[1] ^= 1;
}
END_TEST

/* What is promised counts as what is given: all that peers may come to owe fits the site. */
START_TEST(the_limits_of_open_ones_count_and_their_names_are_taken)
{
    struct bytes args = {0};
    uint8_t key[INVITE_KEY_BYTES] = {8};
    struct money most = money_share_floor(money_site_max(), 1, 4);

    cbor_put_array(&args, 4);
    cbor_put_text(&args, "");
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_money(&args, most);
    cbor_put_uint(&args, 1000000);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.invite", &args), CONTROL_REFUSED);
    args = (struct bytes){0};
    cbor_put_array(&args, 4);
    cbor_put_text(&args, "inn");
    cbor_put_bytes(&args, peer_key, sizeof peer_key);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, 1);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.add", &args), CONTROL_REFUSED);
    ck_assert_int_eq(invite("inn", 1000000), CONTROL_REFUSED);
    ck_assert_int_eq(invite("agent", 1000000), CONTROL_BAD_REQUEST);
}
END_TEST

START_TEST(only_so_many_are_open_at_once)
{
    for (uint8_t i = 1; i < INVITATIONS_OPEN_MAX; i++)
        ck_assert_int_eq(invite("", 60000000 + i), CONTROL_DONE);
    ck_assert_int_eq(invite("", 60000000), CONTROL_REFUSED);
    site_pass(&site, 61000000);
    ck_assert_int_eq(invite("", 60000000), CONTROL_DONE); /* the others are late */
}
END_TEST

START_TEST(the_edge_is_told_of_all_that_are_kept)
{
    struct join join = join_of(peer_key, peer_secret);

    give(&join);
    ck_assert_uint_eq(told, 0); /* nothing changed for it */
    site_reload(&site);
    give(&join);
    ck_assert_uint_eq(told, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joining");
    TCase *tcase = tcase_create("joining");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, whoever_shows_the_secret_gets_a_link_with_the_limit_that_was_offered);
    tcase_add_test(tcase, the_same_site_asks_again_and_has_one_link);
    tcase_add_test(tcase, another_site_is_refused_once_it_was_used);
    tcase_add_test(tcase, a_used_one_is_no_way_back_for_a_link_that_was_removed);
    tcase_add_test(tcase, late_and_revoked_ones_are_refused_by_name);
    tcase_add_test(tcase, a_key_that_is_not_the_callers_own_is_refused);
    tcase_add_test(tcase, another_version_or_currency_is_refused_by_name);
    tcase_add_test(tcase, a_site_that_has_a_link_needs_no_invitation);
    tcase_add_test(tcase, what_is_no_join_is_refused_and_an_unknown_one_too);
    tcase_add_test(tcase, the_limits_of_open_ones_count_and_their_names_are_taken);
    tcase_add_test(tcase, only_so_many_are_open_at_once);
    tcase_add_test(tcase, the_edge_is_told_of_all_that_are_kept);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
