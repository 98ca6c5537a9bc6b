/* Invitations as text and keys, and the two parcels of joining. */
#include "site/control/invite.h"

#include <sodium.h>
#include <string.h>

#include "tests/check_main.h"

static struct invite invite;
static char text[INVITE_TEXT_BYTES];

static void setup(void)
{
    ck_assert_int_ge(sodium_init(), 0);
    memset(&invite, 0, sizeof invite);
    (void)snprintf(invite.endpoint, sizeof invite.endpoint, "tcp://192.0.2.7:9901");
    (void)snprintf(invite.currency, sizeof invite.currency, "SRI");
    ck_assert_int_eq(money_from_nanos(&invite.limit, UINT64_C(25500000000)), ST_OK);
    memset(invite.site, 0x51, sizeof invite.site);
    memset(invite.secret, 0x7e, sizeof invite.secret);
    invite.until_s = 1796148000; /* 2026-12-01 18:00 UTC */
}

START_TEST(what_is_printed_is_read_again)
{
    static const char *const endpoints[] = {"tcp://192.0.2.7:9901", "tcp://[2001:db8::1]:9901",
                                            "tcp://inn.example:1", "ipc:///run/serai/link.sock"};
    struct invite found;
    struct fault fault;

    (void)snprintf(invite.endpoint, sizeof invite.endpoint, "%s", endpoints[_i]);
    (void)invite_print(text, &invite);
    ck_assert_msg(invite_parse(&found, text, &fault) == ST_OK, "%s", fault.text);
    ck_assert_mem_eq(&found, &invite, sizeof found);
}
END_TEST

START_TEST(its_text_is_as_documented)
{
    (void)invite_print(text, &invite);
    ck_assert_int_eq(strncmp(text, "serai://192.0.2.7:9901/25.5-SRI/20261201T180000Z/UVFR", 53), 0);
    ck_assert_uint_eq(strlen(strrchr(text, '/') + 1), 70);
}
END_TEST

/* Whatever one character becomes, the text is refused: the check sees it. */
START_TEST(a_slip_in_any_character_is_noticed)
{
    size_t size = strlen(invite_print(text, &invite));

    for (size_t i = 0; i < size; i++) {
        char kept = text[i];
        struct invite found;
        struct fault fault;

        for (int c = '!'; c <= '~'; c++) {
            if (c == kept)
                continue;
            text[i] = (char)c;
            ck_assert_msg(invite_parse(&found, text, &fault) == ST_INVALID, "%s", text);
        }
        text[i] = kept;
        text[size] = '\0';
    }
    for (size_t cut = 0; cut < size; cut++) {
        struct invite found;
        struct fault fault;
        char part[INVITE_TEXT_BYTES];

        memcpy(part, text, cut);
        part[cut] = '\0';
        ck_assert_int_eq(invite_parse(&found, part, &fault), ST_INVALID);
    }
}
END_TEST

START_TEST(a_secret_has_one_pair_of_keys_and_no_other)
{
    uint8_t public[INVITE_KEY_BYTES];
    uint8_t again[INVITE_KEY_BYTES];
    uint8_t private[INVITE_KEY_BYTES];

    invite_keys(public, private, invite.secret);
    ck_assert_int_eq(crypto_scalarmult_base(again, private), 0);
    ck_assert_mem_eq(public, again, sizeof public);
    invite_keys(again, NULL, invite.secret);
    ck_assert_mem_eq(public, again, sizeof public);
    invite.secret[0] ^= 1;
    invite_keys(again, NULL, invite.secret);
    ck_assert_mem_ne(public, again, sizeof public);
}
END_TEST

/* ---- parcels ---- */

static struct join signed_join(const uint8_t *site, const uint8_t *invitation)
{
    struct join join = {.version = 3};
    uint8_t secret[CONTROL_SECRET_BYTES];

    (void)snprintf(join.currency, sizeof join.currency, "SRI");
    ck_assert_int_eq(crypto_sign_keypair(join.key, secret), 0);
    join_sign(&join, site, invitation, secret);
    return join;
}

START_TEST(a_signature_is_for_one_key_site_and_invitation)
{
    uint8_t site[CONTROL_KEY_BYTES] = {1};
    uint8_t invitation[INVITE_KEY_BYTES] = {2};
    struct join join = signed_join(site, invitation);
    struct join other = signed_join(site, invitation);

    ck_assert(join_is_signed(&join, site, invitation));
    memcpy(other.signature, join.signature, sizeof other.signature);
    ck_assert(!join_is_signed(&other, site, invitation));
    site[0]++;
    ck_assert(!join_is_signed(&join, site, invitation));
    site[0]--;
    invitation[0]++;
    ck_assert(!join_is_signed(&join, site, invitation));
    invitation[0]--;
    join.currency[0] = 'E';
    ck_assert(!join_is_signed(&join, site, invitation));
}
END_TEST

START_TEST(parcels_come_back_and_damaged_ones_are_refused)
{
    uint8_t none[INVITE_KEY_BYTES] = {0};
    struct join join = signed_join(none, none);
    struct joined joined = {.text = "no"};
    struct bytes bytes = {0};
    struct join found;
    struct joined answer;
    struct fault fault;

    join_encode(&bytes, &join);
    ck_assert_uint_le(bytes.size, JOIN_PARCEL_BYTES_MAX);
    ck_assert_int_eq(join_decode(&found, 3, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert_mem_eq(&found, &join, sizeof found);
    for (size_t size = 0; size < bytes.size; size++)
        ck_assert_int_eq(join_decode(&found, 3, bytes.data, size, &fault), ST_INVALID);
    /* Of another version nothing else is read. */
    ck_assert_int_eq(join_decode(&found, 4, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert(found.version == 3 && found.currency[0] == '\0');
    ck_assert_int_eq(joined_decode(&answer, bytes.data, bytes.size, &fault), ST_INVALID);
    bytes_clear(&bytes);
    joined_encode(&bytes, &joined);
    ck_assert_int_eq(joined_decode(&answer, bytes.data, bytes.size, &fault), ST_OK);
    ck_assert(!answer.done && strcmp(answer.text, "no") == 0);
    ck_assert_int_eq(join_decode(&found, 3, bytes.data, bytes.size, &fault), ST_INVALID);
    bytes_fini(&bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invitations as text");
    TCase *tcase = tcase_create("invite");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, what_is_printed_is_read_again, 0, 4);
    tcase_add_test(tcase, its_text_is_as_documented);
    tcase_add_test(tcase, a_slip_in_any_character_is_noticed);
    tcase_add_test(tcase, a_secret_has_one_pair_of_keys_and_no_other);
    tcase_add_test(tcase, a_signature_is_for_one_key_site_and_invitation);
    tcase_add_test(tcase, parcels_come_back_and_damaged_ones_are_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
