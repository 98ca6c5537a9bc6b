/*
 * A loss that both operators accept, between two whole sites: one is put back to an older copy of
 * its books at a random moment of random traffic, and both go on from where their signed positions
 * say.  The two agree then, no money is made or lost, and agents can buy and send again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/exchange.h"
#include "links/acceptance.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { MONEY = 2000000000, LIMIT = 1000000000, ENDOWMENT = 10000000, FEE = 1000000 };
enum { CODE_BYTES = 33, AGENTS = 3 };

static struct network *network;
static struct rng rng;
static uint64_t agents[2][AGENTS]; /* that buy, of each site */
static int64_t slots[2][AGENTS];   /* of an end that each bought; -1: none */
static struct heard heard[2][AGENTS];

static struct site *site_at(int which)
{
    return &network->sites[which];
}

static void setup(void)
{
    rng = rng_for_test();
    network = network_new(2, 7, MONEY, NULL);
    for (int i = 0; i < 2; i++) {
        site_at(i)->signs = true;
        site_reload(site_at(i));
    }
    (void)network_join(network, 0, 1, LIMIT);
    network_settle(network);
    for (int i = 0; i < 2; i++) {
        site_customer(site_at(i), 1, "one", 500000000);
        for (int j = 0; j < AGENTS; j++) {
            agents[i][j] = puppet_new(site_at(i), 1, 100000000, NULL);
            slots[i][j] = -1;
            heard[i][j] = (struct heard){0};
        }
    }
}

static void teardown(void)
{
    probe_play_none();
    network_free(network);
}

/* ---- traffic ---- */

static void some_act(int which)
{
    int i = (int)rng_below(&rng, AGENTS);
    struct acting acting = {.interface = 1, .slot = slots[which][i], .a = 1, .b = 1000, .times = 3};

    if (slots[which][i] < 0) {
        acting.deed = DEED_BUY;
        acting.a =
            rng_below(&rng, 4) == 0 ? 1000 : ENDOWMENT; /* too little for a birth, at times */
        acting.b = FEE;
        acting.times = 1;
    } else {
        acting.deed = rng_below(&rng, 6) == 0 ? DEED_SELL : DEED_SEND;
    }
    (void)act(site_at(which), agents[which][i], &acting);
    slots[which][i] = acting.deed == DEED_SELL ? -1 : acting.slot;
}

static void traffic(int times)
{
    for (int i = 0; i < times; i++) {
        some_act((int)rng_below(&rng, 2));
        for (uint64_t steps = rng_below(&rng, 4); steps > 0; steps--)
            (void)network_step(network, 16);
    }
}

/* ---- a loss ---- */

static void restore(int which, struct store_memory *copy)
{
    struct site *at = site_at(which);

    store_memory_free(at->memory);
    at->memory = copy;
    at->store = store_from_memory(copy);
    network_crash(network, which);
    /* Their slots are as of then; those that are empty now refuse what is tried. */
    for (int i = 0; i < AGENTS; i++)
        slots[which][i] = -1;
}

static void pass(int times)
{
    for (int i = 0; i < times; i++) {
        (void)network_step(network, 64);
        for (int j = 0; j < 2 && i % 8 == 7; j++) {
            site_pass(site_at(j), 5000000);
            (void)core_links_tick(site_at(j)->core); /* reminders */
            site_frame(site_at(j));
        }
    }
}

static struct link *link_at(int which)
{
    return network_link(network, 0, which);
}

static enum control_status link_request(int which, const char *command, const char *code)
{
    static const char *const names[] = {"site-b", "site-a"};
    struct bytes args = {0};
    enum control_status status;

    cbor_put_array(&args, code == NULL ? 1 : 2);
    cbor_put_text(&args, names[which]);
    if (code != NULL)
        cbor_put_text(&args, code);
    status = site_request(site_at(which), OPERATOR, command, &args);
    if (status != CONTROL_DONE)
        printf("%s: %s\n", command, site_at(which)->reply.message);
    return status;
}

static void code_of(int which, char code[CODE_BYTES])
{
    struct hash pair = {0};

    (void)link_acceptance(site_at(which)->core->links, link_at(which), &pair);
    (void)hex_print(code, pair.bytes, CODE_BYTES / 2);
}

static void freeze_both(void)
{
    for (int i = 0; i < 2; i++)
        (void)link_request(i, "link.freeze", NULL);
}

static void maybe_crash(void)
{
    if (rng_below(&rng, 3) == 0)
        network_crash(network, (int)rng_below(&rng, 2));
    if (rng_below(&rng, 4) == 0)
        network_connect(network, 0);
}

static void state_both(void)
{
    int first = (int)rng_below(&rng, 2);

    ck_assert_int_eq(link_request(first, "link.accept-loss", ""), CONTROL_DONE);
    pass((int)rng_below(&rng, 4));
    maybe_crash();
    ck_assert_int_eq(link_request(1 - first, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
}

static void accept_both(void)
{
    int first = (int)rng_below(&rng, 2);
    char code[CODE_BYTES];

    code_of(first, code);
    ck_assert_int_eq(link_request(first, "link.accept-loss", code), CONTROL_DONE);
    ck_assert(link_acceptance_binds(site_at(first)->core->links, link_at(first)));
    ck_assert_int_eq(link_request(first, "link.resume", NULL), CONTROL_REFUSED);
    pass((int)rng_below(&rng, 4));
    maybe_crash();
    ck_assert_int_eq(link_request(1 - first, "link.accept-loss", code), CONTROL_DONE);
    for (int i = 0; i < 3; i++) {
        pass((int)rng_below(&rng, 3));
        maybe_crash();
    }
    pass(40);
}

static u128 suspense(int which)
{
    const struct account *account = ledger_account(site_at(which)->core->ledger, ACCOUNT_SUSPENSE);

    return account->credits - account->debits; /* wraps when it is in debt: only sums are used */
}

/* All ends over the link are over: what is left was not told yet, or not sold. */
static void check_end(void *context, struct channel_end *end)
{
    (void)context;
    ck_assert_int_eq(end->state, CHANNEL_FAR_CLOSED);
}

static void lose_and_accept(int which, int before, int since)
{
    struct store_memory *copy = NULL;

    traffic(before);
    ck_assert(store_memory_copy(&copy, site_at(which)->memory) == ST_OK);
    traffic(since);
    restore(which, copy);
    pass((int)rng_below(&rng, 20)); /* it may find out by itself, or be told by its operator */
    freeze_both();
    state_both();
    accept_both();
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(link_at(i)->state == LINK_UP, "side %d: %s", i, link_reason(link_at(i)));
        channels_each(site_at(i)->core->channels, check_end, NULL);
    }
    network_settle(network);
    network_agrees(network);
    for (int i = 0; i < 2; i++) {
        site_reload_same(site_at(i));
        site_verify(site_at(i));
    }
    network_connect(network, 0);
    network_settle(network);
}

/* What was accepted stays a record while another loss is stated, and over a restart. */
static void begin_another(void)
{
    freeze_both();
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_DONE);
    ck_assert_int_eq(link_acceptance(site_at(0)->core->links, link_at(0), NULL), ACCEPTANCE_STATED);
    ck_assert_ptr_nonnull(link_loss_record(site_at(0)->core->links, link_at(0)));
    site_reload_same(site_at(0));
    ck_assert_ptr_nonnull(link_loss_record(site_at(0)->core->links, link_at(0)));
    ck_assert_ptr_null(loss_record_error(link_loss_record(site_at(0)->core->links, link_at(0))));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(link_request(i, "link.resume", NULL), CONTROL_DONE);
    network_connect(network, 0);
    network_settle(network);
}

START_TEST(any_loss_is_accepted_and_the_link_goes_on)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    uint64_t births;
    int64_t answer;

    rng_init(&rng, rng_u64(&rng) + (uint64_t)_i); /* each another one */
    lose_and_accept(_i % 2, 3 + (int)rng_below(&rng, 12), (int)rng_below(&rng, 16));
    births = agents_count(site_at(1)->core->agents).births;
    answer = act(site_at(0), agents[0][0], &end);
    ck_assert_int_ge(answer, 0);
    network_settle(network);
    network_agrees(network);
    ck_assert_uint_eq(agents_count(site_at(1)->core->agents).births, births + 1);
    begin_another();
    lose_and_accept((_i / 2) % 2, 5, 8); /* once more over the same link */
}
END_TEST

/* What was on its way when nothing was lost comes back to who sent it, and nothing is in question.
 */
START_TEST(what_was_on_its_way_comes_back)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct acting packets = {.deed = DEED_SEND, .a = 1, .b = 1000, .times = 3};
    uint64_t worth;

    ck_assert_int_ge(act(site_at(0), agents[0][0], &end), 0);
    network_settle(network);
    network_cut(network, 0);
    worth = worth_of(site_at(0), agents[0][0]);
    packets.slot = end.slot;
    ck_assert_int_ge(act(site_at(0), agents[0][0], &packets), 0);
    ck_assert_int_eq(packets.done, 3);
    ck_assert_uint_lt(worth_of(site_at(0), agents[0][0]), worth - 2 * 1000);
    worth = worth_of(site_at(0), agents[0][0]);
    probe_play(agents[0][0], puppet_hears, &heard[0][0]);
    freeze_both();
    network_connect(network, 0);
    state_both();
    accept_both();
    network_settle(network);
    network_agrees(network);
    ck_assert_uint_ge(worth_of(site_at(0), agents[0][0]), worth + 3 * 1000);
    ck_assert(suspense(0) == 0 && suspense(1) == 0);
    ck_assert_uint_eq(heard_of(&heard[0][0], SERAI_EVENT_CLOSED), 1);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(one_operator_alone_changes_nothing)
{
    char code[CODE_BYTES];

    traffic(6);
    network_settle(network);
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_REFUSED); /* it is up */
    freeze_both();
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
    ck_assert_int_eq(link_acceptance(site_at(0)->core->links, link_at(0), NULL), ACCEPTANCE_STATED);
    ck_assert_int_eq(link_request(0, "link.accept-loss", "00112233445566778899aabbccddeeff"),
                     CONTROL_TRY_AGAIN);
    ck_assert_int_eq(link_request(1, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
    ck_assert_int_eq(link_request(0, "link.accept-loss", "00112233445566778899aabbccddeeff"),
                     CONTROL_REFUSED);
    code_of(0, code);
    ck_assert_int_eq(link_request(0, "link.accept-loss", code), CONTROL_DONE);
    pass(48);
    ck_assert_int_eq(link_at(0)->state, LINK_FROZEN);
    ck_assert_int_eq(link_at(1)->state, LINK_FROZEN);
    ck_assert_int_eq(link_request(0, "link.remove", NULL), CONTROL_REFUSED);
    /* The other one takes its position back, and all is as before. */
    ck_assert_int_eq(link_request(1, "link.resume", NULL), CONTROL_DONE);
    ck_assert_int_eq(link_acceptance(site_at(1)->core->links, link_at(1), NULL), ACCEPTANCE_NONE);
    network_settle(network);
    ck_assert_int_eq(link_at(0)->state, LINK_FROZEN);
    /* It states another one, so what the first had accepted is void. */
    ck_assert_int_eq(link_request(1, "link.freeze", NULL), CONTROL_DONE);
    ck_assert_int_eq(link_request(1, "link.accept-loss", ""), CONTROL_DONE);
    pass(48);
    accept_both();
    network_settle(network);
    network_agrees(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses that both sites accept");
    TCase *tcase = tcase_create("losses");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, any_loss_is_accepted_and_the_link_goes_on, 0, 24);
    tcase_add_test(tcase, what_was_on_its_way_comes_back);
    tcase_add_test(tcase, one_operator_alone_changes_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
