/* Taking a link away: what stands against it, what is left, and what a neighbour that does not know
 * of it loses: nothing. */
#include <string.h>

#include "tests/site/core/network.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 2000000000, LIMIT = 1000000000, ENDOWMENT = 10000000, FEE = 1000000 };

static struct network *network;
static struct site *here;
static struct site *there;
static uint64_t buyer; /* an agent there, that buys here */
static struct heard heard;

static enum engine_outcome buys_next_door(void *context, struct part *part)
{
    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(context, part);
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 1, ENDOWMENT, FEE), 0);
    return ENGINE_DONE;
}

static void setup(void)
{
    network = network_new(2, 3, MONEY, NULL);
    here = &network->sites[0];
    there = &network->sites[1];
    (void)network_join(network, 0, 1, LIMIT);
    network_settle(network);
    site_customer(there, 1, "one", 500000000);
    buyer = puppet_new(there, 1, 100000000, NULL);
    heard = (struct heard){0};
    probe_play(buyer, buys_next_door, &heard);
}

static void teardown(void)
{
    probe_play_none();
    network_free(network);
}

static enum control_status by_name(struct site *site, const char *command, const char *name)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    return site_request(site, OPERATOR, command, &args);
}

static enum control_status add(struct site *site, const char *name, const uint8_t *key,
                               uint64_t limit)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, limit);
    return site_request(site, OPERATOR, "link.add", &args);
}

static void says(const struct site *site, const char *words)
{
    if (strstr(site->reply.message, words) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", words, site->reply.message);
}

static void refused(struct site *site, const char *name, const char *words)
{
    ck_assert_int_eq(by_name(site, "link.remove", name), CONTROL_REFUSED);
    says(site, "cannot be removed yet");
    says(site, words);
}

START_TEST(an_even_link_goes_and_stays_away)
{
    uint8_t other[CONTROL_KEY_BYTES];

    key_numbered(other, 9);
    ck_assert_int_eq(by_name(here, "link.remove", "nobody"), CONTROL_MISSING);
    ck_assert_int_eq(by_name(here, "link.remove", "site-b"), CONTROL_DONE);
    ck_assert_int_eq(by_name(here, "link.freeze", "site-b"), CONTROL_MISSING);
    site_reload_same(here);
    ck_assert_uint_eq(links_count(here->core->links), 0);
    ck_assert_int_eq(by_name(here, "link.remove", "site-b"), CONTROL_MISSING);
    ck_assert_int_eq(add(here, "site-b", other, LIMIT), CONTROL_DONE);
    ck_assert_uint_eq(site_result(here, "interface"), 2);
    site_reload_same(here);
    site_verify(here);
}
END_TEST

START_TEST(only_the_operator_takes_a_link_away)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, "site-a");
    ck_assert_int_eq(site_request(there, 1, "link.remove", &args), CONTROL_DENIED);
    ck_assert_uint_eq(links_count(there->core->links), 1);
}
END_TEST

/* All links that ever were, as whoever holds the sockets hears of them. */
START_TEST(the_edge_is_told_whom_to_let_in_no_more)
{
    struct core_frame frame = {0};
    struct link *link = network_link(network, 0, 0);

    link_remove(here->core->links, link);
    here->core->links_changed = true;
    core_frame_close(here->core, 1, &frame);
    ck_assert_uint_eq(frame.link_count, 1);
    ck_assert(frame.links[0].removed && !frame.links[0].dials);
    ck_assert_int_eq(memcmp(frame.links[0].key, there->site_key, CONTROL_KEY_BYTES), 0);
    core_frame_fini(&frame);
}
END_TEST

START_TEST(what_is_not_even_stands_against_it)
{
    ck_assert_int_eq(site_send(there, 1, buyer, "go", 0), CONTROL_DONE);
    network_settle(network);
    ck_assert_ptr_nonnull(heard_last(&heard, SERAI_EVENT_ANSWER));
    refused(there, "site-a", "ends of channels that agents have: 1");
    says(there, "this site owes it 0.01");
    refused(here, "site-b", "it owes this site 0.01");
    network_cut(network, 0);
    ck_assert_int_eq(site_on_agent(there, OPERATOR, "agent.end", buyer), CONTROL_DONE);
    refused(there, "site-a", "sold ends that the peer has not let go: 1");
    says(there, "messages that are not acknowledged: 1");
    ck_assert_int_eq(by_name(there, "link.freeze", "site-a"), CONTROL_DONE);
    refused(there, "site-a", "serai link resume site-a");
    ck_assert_int_eq(by_name(there, "link.resume", "site-a"), CONTROL_DONE);
    network_connect(network, 0);
    network_settle(network);
    network_agrees(network);
}
END_TEST

START_TEST(a_neighbour_that_does_not_know_loses_nothing)
{
    network_cut(network, 0);
    ck_assert_int_eq(site_send(there, 1, buyer, "go", 0), CONTROL_DONE);
    network_settle(network);
    ck_assert_int_eq(by_name(here, "link.remove", "site-b"), CONTROL_DONE);
    network_connect(network, 0); /* as if nobody kept it out */
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 0);
    refused(there, "site-a", "messages that are not acknowledged: 1");

    ck_assert_int_eq(add(here, "site-b", there->site_key, LIMIT - 1), CONTROL_REFUSED);
    says(here, "with a limit of 1.000000000");
    ck_assert_int_eq(add(here, "bee", there->site_key, LIMIT), CONTROL_DONE);
    ck_assert_uint_eq(site_result(here, "interface"), 1);
    network_connect(network, 0);
    network_settle(network);
    ck_assert_ptr_nonnull(heard_last(&heard, SERAI_EVENT_ANSWER));
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ANSWER)->status, 0);
    network_agrees(network);
    site_reload_same(here);
    site_reload_same(there);
}
END_TEST

static enum engine_outcome counts_interfaces(void *context, struct part *part)
{
    int64_t *found = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    found[0] = part_order(part, channel_count, SERAI_SLOT_CHANNELS);
    found[1] = part_order(part, channel_describe, SERAI_SLOT_CHANNELS, 1, AT_DATA, 32);
    found[2] = part_order(part, channel_describe, SERAI_SLOT_CHANNELS, 2, AT_DATA, 32);
    found[3] = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 1, ENDOWMENT, FEE);
    return ENGINE_DONE;
}

START_TEST(agents_find_nothing_where_a_link_was)
{
    uint8_t other[CONTROL_KEY_BYTES];
    int64_t found[4] = {0};

    key_numbered(other, 9);
    ck_assert_int_eq(by_name(there, "link.remove", "site-a"), CONTROL_DONE);
    ck_assert_int_eq(add(there, "sea", other, LIMIT), CONTROL_DONE);
    puppet_play(there, buyer, counts_interfaces, found);
    ck_assert_int_eq(found[0], 3);
    ck_assert_int_eq(found[1], SERAI_E_MISSING);
    ck_assert_int_eq(found[2], 3); /* bytes of its name */
    ck_assert_int_eq(found[3], SERAI_E_MISSING);
}
END_TEST

/* The key of the site there, while there is a link, and of this one; both as anybody knows them. */
static enum engine_outcome asks_who_is_there(void *context, struct part *part)
{
    const int64_t *expected = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, channel_peer, SERAI_SLOT_CHANNELS, 1, AT_DATA), *expected);
    if (*expected > 0)
        ck_assert(memcmp(part_memory(part, AT_DATA, CONTROL_KEY_BYTES), here->site_key,
                         CONTROL_KEY_BYTES) == 0);
    ck_assert_int_eq(part_order(part, channel_peer, SERAI_SLOT_CHANNELS, 0, AT_DATA),
                     SERAI_SITE_KEY_BYTES);
    ck_assert(memcmp(part_memory(part, AT_DATA, CONTROL_KEY_BYTES), there->site_key,
                     CONTROL_KEY_BYTES) == 0);
    ck_assert_int_eq(part_order(part, channel_peer, SERAI_SLOT_CHANNELS, 2, AT_DATA),
                     SERAI_E_MISSING);
    ck_assert_int_eq(part_order(part, channel_peer, SERAI_SLOT_CHANNELS, 0, UINT32_MAX),
                     SERAI_E_MEMORY);
    return ENGINE_DONE;
}

START_TEST(agents_know_sites_by_their_keys)
{
    int64_t expected = SERAI_SITE_KEY_BYTES;

    puppet_play(there, buyer, asks_who_is_there, &expected);
    ck_assert_int_eq(by_name(there, "link.remove", "site-a"), CONTROL_DONE);
    expected = SERAI_E_MISSING;
    puppet_play(there, buyer, asks_who_is_there, &expected);
    ck_assert_uint_eq(site_agent(there, buyer)->usage.traps, 0);
}
END_TEST

/* A row of an end by itself must not bring a link back. */
START_TEST(an_end_over_a_removed_link_is_noticed)
{
    struct fault fault = {0};

    ck_assert_int_eq(site_send(there, 1, buyer, "go", 0), CONTROL_DONE);
    network_settle(network);
    network_link(network, 0, 1)->removed = true;
    ck_assert_int_eq(core_check(there->core, &fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "is over a link that there is not"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link removal");
    TCase *tcase = tcase_create("removal");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_even_link_goes_and_stays_away);
    tcase_add_test(tcase, only_the_operator_takes_a_link_away);
    tcase_add_test(tcase, the_edge_is_told_whom_to_let_in_no_more);
    tcase_add_test(tcase, what_is_not_even_stands_against_it);
    tcase_add_test(tcase, a_neighbour_that_does_not_know_loses_nothing);
    tcase_add_test(tcase, agents_find_nothing_where_a_link_was);
    tcase_add_test(tcase, agents_know_sites_by_their_keys);
    tcase_add_test(tcase, an_end_over_a_removed_link_is_noticed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
