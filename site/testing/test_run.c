#include "site/testing/test_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/testing/test_state.h"

/* What the person who deploys has at the beginning. */
static const char person_money[] = "1000";

static enum status run_people(struct test_run *run, struct fault *fault)
{
    struct money money = money_zero();
    const char *name;
    const json_t *amount;
    struct fault why = {0};
    enum status status;

    INVARIANT(money_parse(&money, person_money, NULL) == ST_OK);
    status = memory_site_person(&run->site, "me", money, fault);
    json_object_foreach(json_object_get(run->file, "people"), name, amount)
    {
        if (status != ST_OK)
            return status;
        INVARIANT(money_parse(&money, json_string_value(amount), NULL) == ST_OK);
        status = memory_site_person(&run->site, name, money, &why);
        if (status != ST_OK)
            return fault_set(fault, status, "people.%.60s: %.200s", name, why.text);
    }
    return status;
}

/* Make the neighbours, each with its link. */
static enum status run_neighbours(struct test_run *run, const struct pricebook *book,
                                  struct fault *fault)
{
    const char *name;
    const json_t *object;
    size_t i = 0;

    json_object_foreach(json_object_get(run->file, "neighbours"), name, object)
    {
        struct pricebook prices = *book;
        struct money limit = money_zero();
        struct fault why = {0};
        char place[100];
        enum status status;

        (void)snprintf(place, sizeof place, "neighbours.%.60s", name);
        INVARIANT(money_parse(&limit, person_money, NULL) == ST_OK);
        run->neighbours[i] = calloc(1, sizeof *run->neighbours[i]);
        if (run->neighbours[i] == NULL)
            return fault_set(fault, ST_NOMEM, "out of memory");
        run->neighbour_names[i] = name;
        status = test_set_prices(&prices, json_object_get(object, "prices"), place, fault);
        if (status != ST_OK)
            return status;
        status = memory_site_open(run->neighbours[i], &prices,
                                  (test_count(run->file, "seed", 1) << 4) + i + 1, &why);
        run->neighbours[i]->turn = test_record_turn;
        run->neighbours[i]->turn_context = run;
        if (status == ST_OK)
            status = memory_site_join(&run->site, run->neighbours[i], name,
                                      test_amount(object, "limit", limit), &why);
        if (status != ST_OK)
            return fault_set(fault, status, "%s: %.200s", place, why.text);
        i++;
    }
    return ST_OK;
}

static enum status run_begin(struct test_run *run, const struct pricebook *book,
                             struct fault *fault)
{
    struct pricebook prices = *book;
    enum status status =
        test_set_prices(&prices, json_object_get(run->file, "prices"), "prices", fault);

    run->report = json_object();
    (void)json_object_set_new(run->report, "steps", json_array());
    run->steps = calloc(TEST_STEPS_MAX + 1, sizeof *run->steps);
    if (run->report == NULL || run->steps == NULL)
        return fault_set(fault, ST_NOMEM, "out of memory");
    if (status == ST_OK)
        status = memory_site_open(&run->site, &prices, test_count(run->file, "seed", 1), fault);
    run->site.turn = test_record_turn;
    run->site.turn_context = run;
    if (status == ST_OK)
        status = run_people(run, fault);
    return status == ST_OK ? run_neighbours(run, book, fault) : status;
}

static enum status run_steps(struct test_run *run, struct fault *fault)
{
    const json_t *step;
    size_t i;
    enum status status = test_deploy_others(run, fault);

    test_record_begin(run);
    if (status == ST_OK)
        status = test_deploy_agent(run, fault);
    json_array_foreach(json_object_get(run->file, "steps"), i, step)
    {
        char place[40];

        if (status != ST_OK)
            return status;
        (void)snprintf(place, sizeof place, "steps[%zu]", i);
        status = test_do_step(run, step, place, fault);
        if (status == ST_FULL)
            return fault_set(fault, status, "%s: %.200s", place, fault->text);
    }
    if (status == ST_OK && run->fault.status != ST_OK) {
        *fault = run->fault;
        status = fault->status;
    }
    return status;
}

enum status test_run(const json_t *file, const struct bytes *module, const struct pricebook *book,
                     const struct test_env *env, json_t **report, struct fault *fault)
{
    struct test_run *run = calloc(1, sizeof *run);
    enum status status;

    *report = NULL;
    if (run == NULL)
        return fault_set(fault, ST_NOMEM, "out of memory");
    run->file = file;
    run->module = module;
    run->env = env;
    status = run_begin(run, book, fault);
    if (status == ST_OK)
        status = run_steps(run, fault);
    for (size_t i = 0; i <= run->site.peer_count && status == ST_OK; i++)
        status = core_check(test_site(run, i)->core, fault);
    if (status == ST_OK)
        status = test_record_costs(run, fault);
    if (status == ST_OK)
        *report = json_incref(run->report);
    json_decref(run->report);
    for (size_t i = 0; i < MEMORY_PEERS_MAX && run->neighbours[i] != NULL; i++) {
        memory_site_close(run->neighbours[i]);
        free(run->neighbours[i]);
    }
    memory_site_close(&run->site);
    for (size_t i = 0; i < TEST_SITES_MAX; i++)
        free(run->turns[i].items);
    free(run->steps);
    free(run->paid);
    free(run);
    return status;
}
