/*
 * A loss that both operators accept, between two whole sites: one is put back to an older copy of
 * its books at a random moment of random traffic, and both go on from where their signed positions
 * say.  The two agree then, no money is made or lost, and agents can buy and send again.
 */
#include "tests/exchange/losing.h"

static int64_t slots[2][AGENTS]; /* of an end that each bought; -1: none */

static void setup(void)
{
    losing_setup();
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < AGENTS; j++)
            slots[i][j] = -1;
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

/* All ends over the link are over: what is left was not told yet, or not sold. */
static void check_end(void *context, struct channel_end *end)
{
    (void)context;
    ck_assert_int_eq(end->state, CHANNEL_FAR_CLOSED);
}

static void lose_and_accept(int which, int before, int since)
{
    struct store_memory *copy;

    traffic(before);
    copy = backup(which);
    traffic(since);
    restore(which, copy);
    /* Their slots are as of then; those that are empty now refuse what is tried. */
    for (int i = 0; i < AGENTS; i++)
        slots[which][i] = -1;
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

int main(void)
{
    Suite *suite = suite_create("losses that both sites accept");
    TCase *tcase = tcase_create("losses");

    tcase_add_checked_fixture(tcase, setup, losing_teardown);
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, any_loss_is_accepted_and_the_link_goes_on, 0, 24);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
