/*
 * Rows 10 and 11: what a neighbour's messages that cost it nothing leave on our disk, and what the
 * rows of its customers leave for others.
 */
#include "base/log.h"
#include "exchange/limits.h"
#include "tests/hostile/trials.h"
#include "tests/site/core/liar.h"

enum {
    LIMIT = 1000000000,
    ENDOWMENT = 10000000,
    FEE = 1000000,
    NUMBER = 2, /* of the one channel that is open; those above were never opened */
    TAG = 7,
};
#define LIMIT_RICH UINT64_C(1000000000000)

static struct liar greedy;
static struct liar honest;

static void open_with(uint64_t limit)
{
    log_set_level(LOG_ERROR); /* not what 50 lines a second tell of parcels that are none */
    trial_open(NULL);
    liar_join(&greedy, &trial_site, limit, LIMIT);
}

/* A child of the peer's, born and paid for. */
static void open_channel(uint32_t number)
{
    const struct channel_message birth = says_birth(number, ENDOWMENT, FEE, TAG);

    liar_say(&greedy, &birth, 1);
    site_settle(&trial_site);
    ck_assert_int_eq(liar_heard(&greedy, CHANNEL_ANSWER, 0)->status, 0);
}

/* ---- row 10 ---- */

enum { SECONDS = 30, PARCELS_S = 100, MANY = 512, BEFORE = 12 };

static uint32_t round_of; /* counts what was said */

static uint32_t another_number(void)
{
    return NUMBER + 2 * (1 + round_of++ % 1000);
}

static struct channel_message poor_birth(void)
{
    return says_birth(another_number(), 0, 0, round_of);
}

static struct channel_message refused_birth(void)
{
    return says_birth(another_number(), 0, 1, round_of);
}

static struct channel_message idle_credit(void)
{
    return says_credit(NUMBER, CHANNEL_BORN, SERAI_FIRST_CREDIT_PACKETS, SERAI_FIRST_CREDIT_BYTES);
}

static struct channel_message growing_credit(void)
{
    return says_credit(NUMBER, CHANNEL_BORN, ++round_of, 1000);
}

static struct channel_message late_packet(void)
{
    return says_packet(another_number(), CHANNEL_BORN, 0, 1);
}

static struct channel_message late_close(void)
{
    return says(CHANNEL_CLOSE, another_number(), CHANNEL_BORN);
}

static struct channel_message late_closed(void)
{
    return says(CHANNEL_CLOSED, another_number(), CHANNEL_BUYER);
}

static struct channel_message unasked_answer(void)
{
    return says_answer(another_number(), 0, 0, 0);
}

/* As messages there are none: parcels alone. */
static void hello_again(void)
{
    liar_hello(&greedy);
}

static void nothing_new(void)
{
    liar_say(&greedy, NULL, 0);
}

static void first_again(void)
{
    const struct channel_message birth = says_birth(NUMBER, ENDOWMENT, FEE, TAG);
    struct data_head head = liar_true_head(&greedy, 1);

    head.before = (struct cursor){1, 0};
    liar_say_data(&greedy, &head, &birth);
}

static void no_parcel(void)
{
    struct bytes bytes = {0};

    bytes_append(&bytes, "\xff", 1);
    liar_say_raw(&greedy, &bytes);
    bytes_fini(&bytes);
}

static const struct way {
    const char *what;
    struct channel_message (*message)(void); /* NULL: it is a whole parcel */
    void (*parcel)(void);
} ways[] = {
    {"births that bring nothing", poor_birth, NULL},
    {"births whose money comes back", refused_birth, NULL},
    {"credit that grants nothing", idle_credit, NULL},
    {"credit that grants a packet", growing_credit, NULL},
    {"packets on no channel", late_packet, NULL},
    {"closes of no channel", late_close, NULL},
    {"answers to closes that were not said", late_closed, NULL},
    {"answers to births that were not said", unasked_answer, NULL},
    {"HELLO", NULL, hello_again},
    {"acknowledgements alone", NULL, nothing_new},
    {"what was said before", NULL, first_again},
    {"parcels that are none", NULL, no_parcel},
};

static void say_many(const struct way *way, size_t count)
{
    static struct channel_message messages[MANY];

    for (size_t i = 0; i < count; i++)
        messages[i] = way->message();
    liar_say(&greedy, messages, count);
}

/* One of many messages, and many of one, each with a frame of its own. */
static void say_for_a_second(const struct way *way)
{
    for (int i = 0; i < PARCELS_S; i++) {
        if (way->message == NULL)
            way->parcel();
        else
            say_many(way, i == 0 ? MANY : 1);
    }
    site_pass(&trial_site, 1000000);
}

/* What a burst leaves, which comes once, and what each second leaves after it. */
START_TEST(what_costs_a_neighbour_nothing_leaves_little)
{
    const struct way *way = &ways[_i];
    uint64_t before;
    uint64_t burst;
    uint64_t said;
    uint64_t kept;
    char what[64];

    round_of = SERAI_FIRST_CREDIT_PACKETS;
    open_with(LIMIT);
    open_channel(NUMBER);
    before = trial_kept_bytes();
    for (int second = 0; second < BEFORE; second++)
        say_for_a_second(way);
    burst = trial_kept_bytes() - before;
    said = greedy.said_bytes;
    before = trial_kept_bytes();
    for (int second = 0; second < SECONDS; second++)
        say_for_a_second(way);
    said = greedy.said_bytes - said;
    kept = trial_kept_bytes();
    kept = kept > before ? kept - before : 0;
    (void)snprintf(what, sizeof what, "%s, a second", way->what);
    figure_tells(10, what, "63 MB (341 bytes for 9 sent)", (double)kept / SECONDS / 1000, 50, "kB");
    (void)snprintf(what, sizeof what, "... for a byte sent; at once before: %.2f MB",
                   (double)burst / 1e6);
    figure_tells(10, what, "38", (double)kept / (double)said, 4, "bytes");
    ck_assert_uint_le(burst, 4 << 20);
    if (greedy.link->state == LINK_FROZEN)
        liar_is_resumed(&greedy);
    trial_close();
}
END_TEST

/* ---- row 11 ---- */

enum {
    ROWS_MAX = LINK_CUSTOMERS_OWN + (LINK_CUSTOMERS_SHARED + 1) / 2,
    FINDS = 200000,
    WALKS = 200
};

static uint32_t fresh; /* a channel, and a customer for it: another one each time */

static size_t rows(void)
{
    return trial_site.core->by_tag.count;
}

/* Births that bring nothing, each for another customer, for so many seconds. */
static size_t say_tags(int seconds)
{
    static const struct way way = {"", poor_birth, NULL};
    uint64_t before = greedy.link->received_seq;

    for (int second = 0; second < seconds; second++) {
        for (int i = 0; i < 2 * EXCHANGE_VAIN_BURST / MANY; i++)
            say_many(&way, MANY);
        site_pass(&trial_site, 1000000);
    }
    return greedy.link->received_seq - before;
}

/*
 * So many births that are paid for, each for another customer, or until one is refused.  How many
 * rows they made.
 */
static size_t take_rows(struct liar *liar, size_t most)
{
    static struct channel_message births[MANY];
    size_t made = 0;
    size_t count = 0;
    size_t before;

    do {
        before = rows();
        for (count = 0; count < MANY && made + count < most; count++) {
            fresh += 2;
            births[count] = says_birth(fresh, ENDOWMENT, FEE, fresh);
        }
        liar_say(liar, births, count);
        made += rows() - before;
    } while (rows() == before + count && made < most);
    return made;
}

/* Of finding one, by its account and by its tag; and of looking at all of them in turn. */
static void find_each(double *find_ns, double *walk_ns)
{
    const struct core *core = trial_site.core;
    size_t count = core->by_tag.count;
    size_t found = 0;
    double start = figure_cpu_ns();

    for (size_t i = 0; i < FINDS; i++) {
        const struct customer *at = core->by_tag.items[i * 7919 % count];

        found += core_customer_by_account(core, at->account) == at;
        found += core_customer_of_link(core, at->interface, at->tag, at->key) == at;
    }
    *find_ns = (figure_cpu_ns() - start) / (2.0 * FINDS);
    ck_assert_uint_eq(found, 2 * (size_t)FINDS);
    start = figure_cpu_ns();
    for (size_t i = 0; i < WALKS; i++)
        for (size_t place = 0; place < count; place++)
            found += core->by_tag.items[place]->tag == i;
    *walk_ns = (figure_cpu_ns() - start) / WALKS;
    ck_assert_uint_ge(found, 2 * (size_t)FINDS);
}

/* Of orders that count what their customer has. */
static double fuel_ns(void)
{
    uint64_t fuel = core_count(trial_site.core).fuel;
    double ns = 0;
    bool more = true;

    (void)trial_hog("do=heap n=500 turns=20");
    while (more) {
        double start;

        trial_site.now_us++;
        core_advance(trial_site.core, trial_site.now_us);
        start = figure_cpu_ns();
        more = core_run(trial_site.core, 1);
        ns += figure_cpu_ns() - start;
    }
    site_frame(&trial_site);
    fuel = core_count(trial_site.core).fuel - fuel;
    ck_assert_uint_gt(fuel, 1000000);
    return ns / (double)fuel;
}

START_TEST(a_neighbours_customers_leave_room_for_others)
{
    double fuel_before;
    double find_ns;
    double walk_ns;
    size_t taken;

    fresh = 0;
    open_with(LIMIT_RICH);
    liar_join_beside(&honest, &greedy, "honest", LIMIT_RICH, LIMIT);
    fuel_before = fuel_ns();
    ck_assert_uint_gt(say_tags(2), EXCHANGE_VAIN_BURST);
    figure_tells(11, "rows of customers who pay nothing, after 2 s", "32,766", (double)rows(), 0,
                 "rows");
    taken = take_rows(&greedy, SIZE_MAX);
    ck_assert_uint_gt(taken, ROWS_MAX / 2);
    figure_tells(11, "rows of customers who pay all that is asked", "32,766", (double)taken,
                 ROWS_MAX, "rows");
    figure_tells(11, "... customers of another neighbour with no place", "all of them",
                 (double)(LINK_CUSTOMERS_OWN - take_rows(&honest, LINK_CUSTOMERS_OWN)), 0, "of 64");
    site_settle(&trial_site);
    find_each(&find_ns, &walk_ns);
    figure_tells_time(11, "... a look-up of a customer, for a walk through all", "1",
                      find_ns / walk_ns, 0.1, "of its time");
    figure_tells_time(11, "... orders that count for their customer, for a fuel", "310 ns",
                      fuel_ns(), 3 * fuel_before, "ns");
    trial_close();
}
END_TEST

void trials_of_neighbours(TCase *tcase)
{
    tcase_add_loop_test(tcase, what_costs_a_neighbour_nothing_leaves_little, 0,
                        sizeof ways / sizeof ways[0]);
    tcase_add_test(tcase, a_neighbours_customers_leave_room_for_others);
}
