/* The read `deploy`: it says what agent.deploy would do and cost, and changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "agents/modules.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

static struct site site;

static void put_args(struct bytes *args, const struct deploy *deploy)
{
    size_t size;
    const uint8_t *bytes = module_bytes(deploy->module, &size);

    cbor_put_array(args, 6);
    cbor_put_text(args, "one");
    cbor_put_bytes(args, bytes, size);
    cbor_put_bytes(args, NULL, 0);
    cbor_put_uint(args, deploy->nanos);
    cbor_put_array(args, deploy->gifts == NULL ? 0 : 1);
    if (deploy->gifts != NULL)
        cbor_put_uint(args, SERAI_KIND_TIMER);
    cbor_put_array(args, deploy->keeps == NULL ? 0 : 2);
    if (deploy->keeps == NULL)
        return;
    for (int i = 0; i < 2; i++) { /* named twice, kept once */
        bytes = module_bytes(deploy->keeps, &size);
        cbor_put_bytes(args, bytes, size);
    }
}

/* Ask for the person, by a signed read; nothing of the site changes. */
static enum control_status dry_run(int person, const struct deploy *deploy)
{
    struct bytes args = {0};
    const struct control_signer by = {site.site_key, site.people[person].key,
                                      site.people[person].secret};
    char *before = site_portrait(&site);
    char *after;
    enum control_status status;
    struct bytes request = {0};

    put_args(&args, deploy);
    control_read_signed(&request, &by, site.core->site_time_us, "deploy", &args);
    ck_assert(!request.failed);
    site.peer = CORE_PEER_UNKNOWN;
    status = site_request_raw(&site, request.data, request.size);
    site.peer = CORE_PEER_OWN;
    bytes_fini(&request);
    bytes_fini(&args);
    after = site_portrait(&site);
    portraits_equal(before, after);
    free(before);
    free(after);
    return status;
}

/* A number of nanos that the answer has as a text. */
static uint64_t amount(const char *name)
{
    struct money value = money_zero();
    const char *text = site_result_text(&site, name);

    ck_assert_msg(money_parse(&value, text, NULL) == ST_OK, "%s is \"%s\"", name, text);
    return money_nanos(value);
}

START_TEST(it_says_exactly_what_the_deployment_does)
{
    static const struct deploy cases[] = {
        {.module = "ready", .nanos = 50000000},
        {.module = "service", .nanos = 60000000, .gifts = "t", .keeps = "customer"},
        {.module = "ready", .nanos = 70000000, .keeps = "ready"},
        {.module = "ready", .nanos = 80000000, .keeps = "customer"},
    };

    site_open(&site, 1, 5000000000);
    site_customers(&site, 1, 1000000000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t balance = site_balance(&site, site.people[1].account);
        struct agent_view view;
        uint64_t total;
        uint64_t left;
        uint64_t own;
        uint64_t memory;
        uint64_t agent;
        uint64_t frames = site.frames;

        ck_assert_int_eq(dry_run(1, &cases[i]), CONTROL_DONE);
        ck_assert_str_eq(site_result_text(&site, "refused"), "");
        ck_assert_uint_eq(site.frames, frames);
        total = amount("total");
        left = amount("left");
        own = amount("agent_balance");
        memory = site_result(&site, "memory_bytes");
        ck_assert_uint_eq(amount("balance"), balance);
        ck_assert_uint_eq(amount("missing"), 0);
        ck_assert_uint_eq(total, cases[i].nanos + amount("birth_fee"));
        ck_assert_uint_eq(cases[i].nanos, own + amount("burial_reserve") + amount("event_reserve"));

        agent = site_deploy(&site, 1, &cases[i]);
        ck_assert_uint_eq(site_balance(&site, site.people[1].account), left);
        ck_assert_uint_eq(site_balance(&site, agent), own);
        agents_view(site.core->agents, site_agent(&site, agent), &view);
        /* Before its first turn, but for BORN and the capabilities that wait with it. */
        ck_assert_uint_eq(memory, agents_stored_bytes(site_agent(&site, agent)) - view.inbox_bytes +
                                      (cases[i].gifts == NULL ? 0 : 16));
    }
    site_end(&site);
}
END_TEST

START_TEST(the_share_of_modules_is_what_will_be_paid)
{
    const struct deploy deploy = {.module = "service", .nanos = 50000000, .keeps = "customer"};
    uint64_t alone;

    site_open(&site, 2, 5000000000);
    site_customers(&site, 2, 1000000000);
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    alone = site_result(&site, "code_bytes");
    ck_assert_uint_gt(alone, 0);
    (void)site_deploy(&site, 1, &deploy);
    site_settle(&site);
    ck_assert_int_eq(dry_run(2, &deploy), CONTROL_DONE);
    /* Each of the two modules has another reference now (the hired agent may have one more). */
    ck_assert_uint_le(site_result(&site, "code_bytes"), alone / 2 + 1);
    site_end(&site);
}
END_TEST

START_TEST(it_says_what_would_be_refused_and_why)
{
    struct deploy deploy = {.module = "ready", .nanos = 2000000000};

    site_open(&site, 3, 5000000000);
    site_customers(&site, 1, 1000000000);
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    ck_assert_ptr_nonnull(strstr(site_result_text(&site, "refused"), "customer one has 1.0000"));
    ck_assert_uint_eq(amount("missing"), 1000000000 + amount("birth_fee"));
    ck_assert_uint_eq(amount("left"), 0);

    deploy.nanos = 1;
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    ck_assert_ptr_nonnull(strstr(site_result_text(&site, "refused"), "an agent needs at least"));
    ck_assert_uint_eq(amount("agent_balance"), 0);
    deploy.nanos = amount("endowment_least");
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    ck_assert_str_eq(site_result_text(&site, "refused"), "");
    deploy.nanos--;
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    ck_assert_str_ne(site_result_text(&site, "refused"), "");
    deploy.nanos = 50000000;
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "customer.suspend", site.people[1].account),
                     CONTROL_DONE);
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_DONE);
    ck_assert_ptr_nonnull(strstr(site_result_text(&site, "refused"), "one is suspended"));
    site_end(&site);
}
END_TEST

START_TEST(modules_are_not_checked_without_end)
{
    const struct deploy deploy = {.module = "chaos", .nanos = 50000000};
    enum control_status status = CONTROL_DONE;
    size_t size;

    (void)module_bytes(deploy.module, &size);
    site_open(&site, 4, 5000000000);
    site_customers(&site, 2, 1000000000);
    for (size_t checked = 0; checked < 4 * 1024 * 1024; checked += size) {
        ck_assert_int_eq(status, CONTROL_DONE);
        status = dry_run(1, &deploy);
    }
    ck_assert_int_eq(dry_run(1, &deploy), CONTROL_TRY_AGAIN);
    ck_assert_int_eq(dry_run(2, &deploy), CONTROL_DONE); /* another customer has its own */
    site_end(&site);
}
END_TEST

START_TEST(a_module_that_is_none_is_refused_as_by_the_command)
{
    struct bytes args = {0};
    struct bytes request = {0};

    site_open(&site, 5, 5000000000);
    cbor_put_array(&args, 6);
    cbor_put_text(&args, "one");
    cbor_put_bytes(&args, "no module", 9);
    cbor_put_bytes(&args, NULL, 0);
    cbor_put_uint(&args, 50000000);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, 0);
    control_read(&request, "deploy", &args);
    ck_assert_int_eq(site_request_raw(&site, request.data, request.size), CONTROL_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "the module is refused: "));
    /* Whoever is neither the daemon's user nor a customer is told nothing. */
    site.peer = CORE_PEER_UNKNOWN;
    ck_assert_int_eq(site_request_raw(&site, request.data, request.size), CONTROL_DENIED);
    bytes_fini(&request);
    bytes_fini(&args);
    site_end(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dry_run");
    TCase *cases = tcase_create("deploy");

    tcase_add_test(cases, it_says_exactly_what_the_deployment_does);
    tcase_add_test(cases, the_share_of_modules_is_what_will_be_paid);
    tcase_add_test(cases, it_says_what_would_be_refused_and_why);
    tcase_add_test(cases, modules_are_not_checked_without_end);
    tcase_add_test(cases, a_module_that_is_none_is_refused_as_by_the_command);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
