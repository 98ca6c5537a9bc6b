#include "tests/exchange/losing.h"

#include <stdio.h>

struct network *network;
struct rng rng;
uint64_t agents[2][AGENTS];

struct site *site_at(int which)
{
    return &network->sites[which];
}

void losing_setup(void)
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
        for (int j = 0; j < AGENTS; j++)
            agents[i][j] = puppet_new(site_at(i), 1, 100000000, NULL);
    }
}

void losing_teardown(void)
{
    probe_play_none();
    network_free(network);
}

struct link *link_at(int which)
{
    return network_link(network, 0, which);
}

/* ---- copies ---- */

struct store_memory *backup(int which)
{
    struct store_memory *copy = NULL;

    ck_assert(store_memory_copy(&copy, site_at(which)->memory) == ST_OK);
    return copy;
}

void restore(int which, struct store_memory *copy)
{
    struct site *at = site_at(which);

    store_memory_free(at->memory);
    at->memory = copy;
    at->store = store_from_memory(copy);
    network_crash(network, which);
}

/* ---- steps ---- */

void pass(int times)
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

enum control_status link_request(int which, const char *command, const char *code)
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

void code_of(int which, char code[LOSS_CODE_TEXT_BYTES])
{
    struct hash pair = {0};

    (void)link_acceptance(site_at(which)->core->links, link_at(which), &pair);
    (void)loss_code(code, &pair);
}

void freeze_both(void)
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

void state_both(void)
{
    int first = (int)rng_below(&rng, 2);

    ck_assert_int_eq(link_request(first, "link.accept-loss", ""), CONTROL_DONE);
    pass((int)rng_below(&rng, 4));
    maybe_crash();
    ck_assert_int_eq(link_request(1 - first, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
}

void accept_both(void)
{
    int first = (int)rng_below(&rng, 2);
    char code[LOSS_CODE_TEXT_BYTES];

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

u128 suspense(int which)
{
    const struct account *account = ledger_account(site_at(which)->core->ledger, ACCOUNT_SUSPENSE);

    return account->credits - account->debits;
}
