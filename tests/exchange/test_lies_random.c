/*
 * A neighbour that says anything, mostly what could be true: after each parcel every sum of the
 * site is exact, whatever its agents do meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "exchange/ends.h"
#include "tests/site/core/liar.h"

enum { STEPS = 3000, AGENTS = 3, NUMBERS = 24, FEE = 1000000, CHARGED = 200000 };
enum { MONEY = 2000000000, LIMIT = 300000000 };

static struct site site;
static struct liar liar;
static struct rng rng;
static unsigned long froze, stale;

static void populate(void)
{
    struct deploy deploy = {.module = "chaos", .nanos = 60000000, .gifts = "stcr"};

    for (int i = 0; i < AGENTS; i++) {
        uint64_t seed = rng_u64(&rng);

        deploy.args = (const char *)&seed;
        deploy.args_size = sizeof seed;
        (void)site_deploy(&site, OPERATOR, &deploy);
    }
}

/* Agents act when they hear something. */
static void poke(void)
{
    uint64_t agent = ACCOUNT_FIRST_FREE + 1 + rng_below(&rng, 40);

    if (!site_lives(&site, agent))
        return;
    if (rng_coin(&rng))
        (void)site_fund(&site, OPERATOR, agent, 5000000);
    (void)site_send(&site, OPERATOR, agent, "poke", rng_below(&rng, 3) * 1000);
}

/* ---- anything ---- */

static uint64_t any_money(void)
{
    static const uint64_t likely[] = {0, 1, 1000, 200000, 800000, 1000000, 10000000, 50000000};
    uint64_t pick = rng_below(&rng, sizeof likely / sizeof *likely + 1);

    if (pick < sizeof likely / sizeof *likely)
        return likely[pick];
    return rng_edgy(&rng) % (LINK_MESSAGE_NANOS_MAX + 2);
}

static uint64_t any_count(uint64_t likely_max)
{
    return rng_below(&rng, 8) == 0 ? rng_edgy(&rng) : rng_below(&rng, likely_max + 1);
}

static uint32_t any_number(void)
{
    return rng_below(&rng, 30) == 0 ? (uint32_t)rng_edgy(&rng)
                                    : (uint32_t)rng_below(&rng, NUMBERS) * 2;
}

struct picking {
    uint64_t seen;
    struct channel_end *end;
};

static void pick(void *context, struct channel_end *end)
{
    struct picking *picking = context;

    if (end->interface == liar.link->interface && rng_below(&rng, ++picking->seen) == 0)
        picking->end = end;
}

/* Mostly it opens. */
static struct channel_message likely_answer(const struct channel_end *end)
{
    const struct exchange_end *held = ends_held(site.core->exchange, end);
    uint64_t most = held->asked_fee.nanos;
    uint64_t fee = most < CHARGED ? most : CHARGED;

    if (rng_below(&rng, 3) == 0)
        return says_answer(end->number, SERAI_E_FULL, 0, held->asked_endowment.nanos + most);
    return says_answer(end->number, 0, fee, most - fee);
}

static struct channel_message likely_on(const struct channel_end *end)
{
    if (end->state == CHANNEL_PENDING || end->state == CHANNEL_GIVEN_UP)
        return likely_answer(end);
    if (end->state == CHANNEL_CLOSING)
        return says(CHANNEL_CLOSED, end->number, end->side);
    if (rng_below(&rng, 20) == 0)
        return says(CHANNEL_CLOSE, end->number, end->side);
    if (channel_granted_open(end) > 0 && rng_coin(&rng))
        return says_packet(end->number, end->side, rng_below(&rng, 1000), 1);
    return says_credit(end->number, end->side, end->window_packets + rng_below(&rng, 4),
                       end->window_bytes + rng_below(&rng, 100));
}

/* Something that one of the link's ends may hear; false: there is none that may hear anything. */
static bool likely_message(struct channel_message *message)
{
    struct picking picking = {0};

    channels_each(site.core->channels, pick, &picking);
    if (picking.end == NULL || picking.end->state == CHANNEL_FAR_CLOSED)
        return false;
    *message = likely_on(picking.end);
    return true;
}

/* Mostly to a purchase that the site made, and mostly what adds up. */
static struct channel_message any_answer(void)
{
    struct channel_message answer = says_answer(any_number(), 0, any_money(), any_money());

    for (int tries = 0; tries < 40 && liar.heard_to.seq > 0; tries++) {
        const struct channel_message *birth = &liar.heard[rng_below(&rng, liar.heard_to.seq)];
        bool refusal = rng_below(&rng, 3) == 0;
        uint64_t fee = birth->fee.nanos < CHARGED ? birth->fee.nanos : CHARGED;

        if (birth->kind != CHANNEL_BIRTH || rng_below(&rng, 10) == 0)
            continue;
        answer = refusal ? says_answer(birth->number, SERAI_E_FULL, 0, birth->money.nanos)
                         : says_answer(birth->number, 0, fee, birth->fee.nanos - fee);
        break;
    }
    return answer;
}

static struct channel_message any_message(void)
{
    enum channel_side to = rng_coin(&rng) ? CHANNEL_BUYER : CHANNEL_BORN;
    struct channel_message likely;

    if (rng_below(&rng, 8) != 0 && likely_message(&likely))
        return likely;
    if (rng_below(&rng, 4) != 0)
        return says_birth((uint32_t)rng_below(&rng, 4096) * 2, 10000000, FEE, 1);
    switch ((enum channel_message_kind)(1 + rng_below(&rng, 6))) {
    case CHANNEL_BIRTH:
        return says_birth(any_number(), any_money(), rng_coin(&rng) ? FEE : any_money(),
                          any_count(3));
    case CHANNEL_ANSWER:
        return any_answer();
    case CHANNEL_PACKET:
        return says_packet(any_number(), to, any_money(), (size_t)rng_below(&rng, 300));
    case CHANNEL_CREDIT:
        return says_credit(any_number(), to, any_count(200), any_count(200000));
    case CHANNEL_CLOSE:
        return says(CHANNEL_CLOSE, any_number(), to);
    case CHANNEL_CLOSED:
        return says(CHANNEL_CLOSED, any_number(), to);
    }
    return says(CHANNEL_CLOSE, any_number(), to);
}

static void untrue_hello(void)
{
    struct hello hello;

    liar.epoch += rng_below(&rng, 2);
    hello = liar_true_hello(&liar);
    switch (rng_below(&rng, 5)) {
    case 0:
        hello.received.seq = any_count(liar.heard_to.seq) & INT64_MAX;
        break;
    case 1:
        hello.sent.seq += 1 + rng_below(&rng, 3);
        hello.sent.total += any_money();
        break;
    case 2:
        hello.peer_epoch = any_count(liar.link->epoch + 1) & INT64_MAX;
        break;
    case 3:
        hello.limit.nanos = any_money();
        break;
    default:
        hello.acked = (struct cursor){0};
        break;
    }
    liar_say_hello(&liar, &hello);
}

static void any_parcel(void)
{
    struct channel_message messages[4];
    struct data_head head = liar_true_head(&liar, 1 + (size_t)rng_below(&rng, 2));

    for (uint64_t i = 0; i < head.count; i++)
        messages[i] = any_message();
    switch (rng_below(&rng, 40)) {
    case 0:
        head.before.seq += rng_below(&rng, 3);
        break;
    case 1:
        head.before.seq -= head.before.seq > 1;
        break;
    case 2:
        head.before.total += any_money();
        break;
    case 3:
        head.received.total++;
        break;
    case 4:
        head.epoch--;
        break;
    default:
        break;
    }
    liar_say_data(&liar, &head, messages);
}

/* ---- the life of both ---- */

static void resume(void)
{
    struct bytes args = {0};

    froze++;
    cbor_put_array(&args, 1);
    cbor_put_text(&args, "liar");
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.resume", &args), CONTROL_DONE);
    /* What a hello lied about is not remembered: the next one can be true. */
    liar.epoch = liar.link->peer_epoch > liar.epoch ? liar.link->peer_epoch : liar.epoch;
    liar_hello(&liar);
}

static void crash(void)
{
    site_reload(&site);
    liar.link = links_named(site.core->links, "liar");
}

static void step(void)
{
    uint64_t received;

    if (rng_below(&rng, 100) == 0)
        crash();
    received = liar.link->received_seq;
    if (liar.link->state == LINK_FROZEN)
        resume();
    else if (rng_below(&rng, 40) == 0)
        untrue_hello();
    else
        any_parcel();
    stale += liar.link->received_seq == received;
    if (rng_below(&rng, 30) == 0)
        liar.silent = !liar.silent;
    if (liar.link->state == LINK_DOWN)
        liar_hello(&liar);
    if (rng_below(&rng, 4) == 0)
        poke();
    site.now_us += rng_below(&rng, 20000);
    core_advance(site.core, site.now_us);
    (void)core_run(site.core, 1 + (uint32_t)rng_below(&rng, 8));
    site_frame(&site);
}

START_TEST(whatever_a_neighbour_says_every_sum_is_exact)
{
    rng = rng_for_test();
    site_open(&site, rng_u64(&rng) >> 8, MONEY);
    liar_join(&liar, &site, 60 * (uint64_t)LIMIT, LIMIT);
    populate();
    for (int i = 0; i < STEPS; i++)
        step();
    printf("%lu freezes, %lu of %d parcels not taken; %llu messages taken, %llu sent\n", froze,
           stale, STEPS, (unsigned long long)liar.link->received_seq,
           (unsigned long long)liar.link->sent_seq);
    fflush(stdout);
    ck_assert_uint_gt(liar.link->received_seq, STEPS / 3);
    site_reload_same(&site);
    site_verify(&site);
    site_close(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core random lies");
    TCase *tcase = tcase_create("random");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, whatever_a_neighbour_says_every_sum_is_exact, 0, 3);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
