/*
 * A customer makes an agent.  What is cheap to check comes before the modules, which are dear:
 * name, money, bounds, code that is here already.  A customer that is refused all the same, for
 * what the check of a module found, pays nothing.  So that nobody keeps the site checking without
 * end, what is checked in vain is bounded by a rate (docs/control.md, "Commands").
 */
#include <string.h>

#include "agents/life.h"
#include "agents/message.h"
#include "agents/modules.h"
#include "agents/quotas.h"
#include "agents/views.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/map.h"
#include "site/core/read_list.h"
#include "site/core/reads.h"
#include "site/core/state.h"

enum { GIFTS_MAX = 8, DEPLOY_CODES_MAX = 8, DEPLOY_ARGS = 6 };

struct deployment {
    char name[CONTROL_NAME_BYTES_MAX + 1];
    const uint8_t *args;
    size_t args_size;
    struct money endowment;
    bool trial;
    uint8_t gifts[GIFTS_MAX];
    size_t gift_count;
    struct agents_module modules[1 + DEPLOY_CODES_MAX]; /* the one to run, then those to keep */
    size_t module_count;
    bool staged[1 + DEPLOY_CODES_MAX]; /* it was not here before */
};

/* ---- reading the arguments ---- */

/* The standard endowment has the other kinds, or they are made by orders. */
static bool gift_is_allowed(uint64_t kind)
{
    return kind == SERAI_KIND_SPAWNER || kind == SERAI_KIND_TIMER || kind == SERAI_KIND_CLOCK ||
           kind == SERAI_KIND_RANDOM;
}

static void deployment_read_module(struct cbor *in, struct deployment *deployment)
{
    struct agents_module *module = &deployment->modules[deployment->module_count++];

    module->bytes = cbor_get_bytes(in, &module->size, CONTROL_BYTES_MAX);
}

/*
 * The arguments of agent.deploy in docs/control.md, of which the last may be left out; what is
 * wrong with them stays in `in`.
 */
static void deployment_read(struct cbor *in, struct deployment *deployment)
{
    uint64_t count = cbor_get_array_any(in, DEPLOY_ARGS + 1);
    uint64_t codes;

    if (count < DEPLOY_ARGS)
        cbor_fail(in, "array of another length");
    cbor_get_text(in, deployment->name, CONTROL_NAME_BYTES_MAX);
    deployment_read_module(in, deployment);
    deployment->args = cbor_get_bytes(in, &deployment->args_size, SERAI_ARGS_BYTES_MAX);
    deployment->endowment = cbor_get_money(in);
    deployment->gift_count = (size_t)cbor_get_array_any(in, GIFTS_MAX);
    for (size_t i = 0; i < deployment->gift_count; i++) {
        uint64_t kind = cbor_get_uint(in, UINT8_MAX);

        if (!gift_is_allowed(kind))
            cbor_fail(in, "only spawner, timer, clock and random can be given");
        deployment->gifts[i] = (uint8_t)kind;
    }
    codes = cbor_get_array_any(in, DEPLOY_CODES_MAX);
    for (uint64_t i = 0; i < codes; i++)
        deployment_read_module(in, deployment);
    deployment->trial = count > DEPLOY_ARGS && cbor_get_bool(in);
}

/* ---- what is cheap to check ---- */

/* Whether the customer can pay: the endowment, and the fee of the birth as well. */
static bool deploy_check_funds(struct core *core, const struct customer *by,
                               const struct deployment *deployment, struct outcome *outcome)
{
    struct money least = agents_birth_min(core->agents);
    struct money balance = ledger_balance(core->ledger, by->account);
    struct money total;
    char need[MONEY_TEXT_BYTES];
    char has[MONEY_TEXT_BYTES];

    if (money_compare(deployment->endowment, least) < 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "an agent needs at least %s to be born: burial reserve and first event",
                    money_print(need, least));
        return false;
    }
    if (!money_add(&total, deployment->endowment, core->book.birth_fee) ||
        money_compare(total, balance) > 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has %s; the endowment and the birth fee come to %s", by->name,
                    money_print(has, balance), money_print(need, total));
        return false;
    }
    return true;
}

/* Names are for people, who act by them: so one of a customer's is one agent. */
bool core_name_is_free(const struct core *core, uint64_t customer, const char *name, uint64_t agent,
                       struct outcome *outcome)
{
    uint64_t has = agents_named(core->agents, customer, name);

    if (has == 0 || has == agent)
        return true;
    outcome_set(
        outcome, CONTROL_REFUSED,
        "agent %llu of customer %llu is called \"%s\" already: choose another name, or give "
        "that one another (serai agent rename)",
        (unsigned long long)has, (unsigned long long)customer, name);
    return false;
}

/* The outcome of a birth, or of a check before it. */
static bool deploy_is_done(enum birth_result result, struct outcome *outcome)
{
    if (result == BIRTH_DONE)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "%s", birth_result_text(result));
    return false;
}

/* A module is known by the hash of its bytes; from here on they are compared by that alone. */
static void deploy_name_modules(struct deployment *deployment)
{
    for (size_t i = 0; i < deployment->module_count; i++) {
        struct agents_module *module = &deployment->modules[i];

        module->id = hash_of(module->bytes, module->size);
    }
}

/*
 * Called twice: what modules decode to counts, too, and for those that are new that shows only
 * after they were decoded.
 */
static bool deploy_check_quota(const struct core *core, const struct customer *by,
                               const struct deployment *deployment, struct outcome *outcome)
{
    uint64_t bytes =
        agents_code_adds(core->agents, by->account, deployment->modules, deployment->module_count);

    if (agents_quota_allows(core->agents, by->account, CUSTOMER_CODE_BYTES, bytes))
        return true;
    outcome_set(outcome, CONTROL_REFUSED,
                "%llu bytes of its modules, decoded, are new to the customer's agents, which would "
                "run and keep more code than they may (customers.code_bytes_max): drop some first",
                (unsigned long long)bytes);
    return false;
}

/* ---- what is dear ---- */

static bool deploy_needs_no_check(const struct core *core, const struct deployment *deployment)
{
    for (size_t i = 0; i < deployment->module_count; i++) {
        if (!agents_code_is_here(core->agents, &deployment->modules[i].id))
            return false;
    }
    return true;
}

bool core_may_check_code(const struct core *core, struct customer *by, struct outcome *outcome)
{
    static const struct allowance_rule rule = {REFUSED_CODE_BYTES_MAX, REFUSED_CODE_BYTES_PER_S};
    unsigned long long wait_s = allowance_wait_s(&by->refused_code, &rule, core->site_time_us);

    if (wait_s == 0)
        return true;
    outcome_set(outcome, CONTROL_TRY_AGAIN,
                "so many modules of customer %s were checked in vain, or for upgrades, that it "
                "has to wait: try again in %llu s",
                by->name, wait_s);
    return false;
}

/* Nothing to check is always allowed. */
static bool deploy_may_check(const struct core *core, struct customer *by,
                             const struct deployment *deployment, struct outcome *outcome)
{
    return deploy_needs_no_check(core, deployment) || core_may_check_code(core, by, outcome);
}

/* In the opposite order of staging: the same module may be listed twice, and was staged once. */
static void deploy_unstage(struct core *core, const struct deployment *deployment)
{
    for (size_t i = deployment->module_count; i-- > 0;) {
        if (deployment->staged[i])
            agents_code_unstage(core->agents, &deployment->modules[i].id);
    }
}

void core_refuse_module(const struct fault *fault, struct outcome *outcome)
{
    enum control_status status =
        fault->status == ST_NOMEM ? CONTROL_TRY_AGAIN : CONTROL_BAD_REQUEST;

    outcome_set(outcome, status, "the module is refused: %.400s", fault->text);
}

static void deploy_refuse_module(size_t i, const struct fault *fault, struct outcome *outcome)
{
    enum control_status status =
        fault->status == ST_NOMEM ? CONTROL_TRY_AGAIN : CONTROL_BAD_REQUEST;

    if (i == 0)
        core_refuse_module(fault, outcome);
    else
        outcome_set(outcome, status, "module %zu to keep is refused: %.380s", i, fault->text);
}

/*
 * Check the modules that are not here yet, and take them in; they have no keeper until the agent is
 * born.  `*bytes` is increased by what was checked, also when one is refused.
 */
static bool deploy_stage(struct core *core, struct deployment *deployment, uint64_t *bytes,
                         struct outcome *outcome)
{
    for (size_t i = 0; i < deployment->module_count; i++) {
        struct agents_module *module = &deployment->modules[i];
        struct fault fault;

        if (agents_code_is_here(core->agents, &module->id))
            continue;
        *bytes += module->size;
        if (agents_code_stage(core->agents, module->bytes, module->size, &module->id, &fault) !=
            ST_OK) {
            deploy_refuse_module(i, &fault, outcome);
            return false;
        }
        deployment->staged[i] = true;
    }
    return true;
}

/* NULL: refused, and all is as it was but for what the customer had checked in vain. */
static struct agent *deploy_make_agent(struct core *core, struct customer *by,
                                       struct deployment *deployment, struct birth *birth,
                                       struct outcome *outcome)
{
    struct agent *agent = NULL;
    uint64_t checked = 0;

    if (deploy_stage(core, deployment, &checked, outcome) &&
        deploy_check_quota(core, by, deployment, outcome)) {
        birth->code = deployment->modules[0].id;
        if (deploy_is_done(agents_birth(core->agents, birth, &agent), outcome))
            return agent;
    }
    deploy_unstage(core, deployment);
    allowance_use(&by->refused_code, checked);
    return NULL;
}

/* ---- the command ---- */

static void deploy_fill_birth(const struct customer *by, const struct deployment *deployment,
                              struct birth *birth)
{
    *birth = (struct birth){.customer = by->account,
                            .payer = by->account,
                            .endowment_code = TRANSFER_ENDOWMENT,
                            .name = deployment->name,
                            .args = deployment->args,
                            .args_size = deployment->args_size,
                            .endowment = deployment->endowment,
                            .trial = deployment->trial,
                            .gift_count = deployment->gift_count};
    memcpy(birth->gifts, deployment->gifts, sizeof birth->gifts);
}

static void deploy_keep_modules(struct core *core, struct agent *agent,
                                const struct deployment *deployment)
{
    for (size_t i = 1; i < deployment->module_count; i++) {
        const struct agents_module *module = &deployment->modules[i];
        struct fault fault;
        struct hash id;

        /* It is here; within the quota; and a newborn's list has room. */
        INVARIANT(agents_code_put(core->agents, agent, module->bytes, module->size, &id, &fault) ==
                  ST_OK);
    }
}

static void deploy_result(struct core *core, const struct agent *agent, struct outcome *outcome)
{
    struct agent_view view;
    struct map map;

    agents_view(core->agents, agent, &view);
    map_init(&map);
    map_uint(&map, "agent", view.id);
    map_text(&map, "name", view.name);
    map_hex(&map, "code", view.code.bytes, HASH_BYTES);
    map_money(&map, "balance", ledger_balance(core->ledger, view.id));
    map_uint(&map, "message", agents_newest_message(core->agents)); /* BORN */
    map_end(&map, &outcome->result);
}

void command_agent_deploy(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome)
{
    struct deployment deployment = {0};
    struct birth birth;
    struct transfer fee = {.debit = by->account,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = core->book.id,
                           .amount = core->book.birth_fee};
    struct agent *agent;

    deployment_read(in, &deployment);
    if (!outcome_args_done(in, outcome))
        return;

    deploy_fill_birth(by, &deployment, &birth);
    deploy_name_modules(&deployment);
    /* From the cheap to the dear: the first that refuses has cost the site the least. */
    if (!outcome_name_is_plain(deployment.name, "an agent's", outcome) ||
        !core_name_is_free(core, by->account, deployment.name, 0, outcome) ||
        !deploy_check_funds(core, by, &deployment, outcome) ||
        !deploy_is_done(agents_birth_check_early(core->agents, &birth), outcome) ||
        !deploy_check_quota(core, by, &deployment, outcome) ||
        !deploy_may_check(core, by, &deployment, outcome))
        return;

    agent = deploy_make_agent(core, by, &deployment, &birth, outcome);
    if (agent == NULL)
        return;
    /* The check of its funds saw to both: the agent is born, so neither can be refused now. */
    ledger_transfer_checked(core->ledger, &fee);
    deploy_keep_modules(core, agent, &deployment);
    deploy_result(core, agent, outcome);
}

/* ---- the read ---- */

/* What is known of the cost once the modules are here. */
static void deploy_cost_result(const struct core *core, const struct customer *by,
                               const struct deployment *deployment, const struct birth *birth,
                               const struct outcome *refused, struct outcome *outcome)
{
    struct money balance = ledger_balance(core->ledger, by->account);
    struct money least = agents_birth_min(core->agents);
    struct money total = deployment->endowment;
    struct money held;
    struct hash ids[1 + DEPLOY_CODES_MAX];
    struct birth_cost cost;
    struct map map;

    for (size_t i = 0; i < deployment->module_count; i++)
        ids[i] = deployment->modules[i].id;
    agents_birth_cost(core->agents, birth, ids, deployment->module_count, &cost);
    held = cost.burial;
    money_accumulate(&held, cost.reserve);
    if (!money_add(&total, total, core->book.birth_fee))
        total = money_site_max(); /* refused: no customer has that much */
    map_init(&map);
    map_text(&map, "name", deployment->name);
    map_hex(&map, "code", ids[0].bytes, HASH_BYTES);
    map_money(&map, "endowment", deployment->endowment);
    map_money(&map, "birth_fee", core->book.birth_fee);
    map_money(&map, "total", total);
    map_money(&map, "balance", balance);
    map_money(&map, "left", money_sub_clamped(balance, total));
    map_money(&map, "missing", money_sub_clamped(total, balance));
    map_money(&map, "endowment_least", least);
    map_money(&map, "burial_reserve", cost.burial);
    map_money(&map, "event_reserve", cost.reserve);
    map_money(&map, "agent_balance", money_sub_clamped(deployment->endowment, held));
    map_uint(&map, "memory_bytes", cost.memory_bytes);
    map_uint(&map, "code_bytes", cost.code_bytes);
    map_money(&map, "rent_day", cost.rent_day);
    if (refused->status != CONTROL_DONE)
        map_text(&map, "refused", refused->message);
    map_end(&map, &outcome->result);
}

/*
 * What agent.deploy checks, in its order; the first refusal stays in *refused, and the cost is
 * worked out all the same, for which the modules have to be here: they count as checked in vain.
 */
static void deploy_try(struct core *core, struct customer *by, struct deployment *deployment,
                       struct outcome *outcome)
{
    struct outcome refused = {.command = "agent.deploy", .status = CONTROL_DONE};
    enum birth_result result = BIRTH_DONE;
    uint64_t checked = 0;
    struct birth birth;

    deploy_fill_birth(by, deployment, &birth);
    (void)(core_command_is_open(core, by, refused.command, &refused) &&
           outcome_name_is_plain(deployment->name, "an agent's", &refused) &&
           core_name_is_free(core, by->account, deployment->name, 0, &refused) &&
           deploy_check_funds(core, by, deployment, &refused) &&
           deploy_is_done(agents_birth_check_early(core->agents, &birth), &refused) &&
           deploy_check_quota(core, by, deployment, &refused));
    if (!deploy_may_check(core, by, deployment, outcome))
        return;
    if (deploy_stage(core, deployment, &checked, outcome)) {
        birth.code = deployment->modules[0].id;
        if (refused.status == CONTROL_DONE && deploy_check_quota(core, by, deployment, &refused) &&
            !agents_birth_check(core->agents, &birth, &result))
            (void)deploy_is_done(result, &refused);
        deploy_cost_result(core, by, deployment, &birth, &refused, outcome);
    }
    deploy_unstage(core, deployment);
    allowance_use(&by->refused_code, checked);
}

void core_read_deploy(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct deployment deployment = {0};
    struct customer *by = viewer->customer == 0 ? core->customers.items[0]
                                                : core_customer_by_account(core, viewer->customer);

    deployment_read(in, &deployment);
    if (!outcome_args_done(in, outcome))
        return;
    INVARIANT(by != NULL); /* whoever signed is one */
    deploy_name_modules(&deployment);
    deploy_try(core, by, &deployment, outcome);
}
