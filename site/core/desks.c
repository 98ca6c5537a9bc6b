/* Desks of customers: which agent each is, and the names of what is on it. */
#include "site/core/desks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "base/text.h"
#include "site/core/customers.h"
#include "site/core/outcome.h"
#include "site/core/state.h"

struct agent *core_desk_agent(const struct core *core, const struct customer *customer)
{
    return customer->desk == NULL ? NULL : agents_find(core->agents, customer->desk->agent);
}

struct agent *core_desk_make(struct core *core, struct customer *customer, struct outcome *outcome)
{
    struct transfer fee = {.debit = customer->account,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = core->book.id,
                           .amount = core->book.birth_fee};
    struct agent *agent = NULL;
    enum birth_result result = agents_desk_new(core->agents, customer->account, &agent);

    if (result != BIRTH_DONE) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "a first call makes a desk, which holds what comes back: %s",
                    birth_result_text(result));
        return NULL;
    }
    ledger_transfer_checked(core->ledger, &fee);
    customer->desk = calloc(1, sizeof *customer->desk);
    INVARIANT(customer->desk != NULL);
    customer->desk->agent = agent_id(agent);
    core_customer_changed(core, customer);
    return agent;
}

void core_desk_over(struct core *core, struct customer *customer)
{
    free(customer->desk);
    customer->desk = NULL;
    core_customer_changed(core, customer);
}

/* ---- names ---- */

const struct desk_cap *core_desk_find(const struct customer *customer, const char *name)
{
    const struct desk *desk = customer->desk;

    for (size_t i = 0; desk != NULL && i < desk->count; i++) {
        if (strcmp(desk->caps[i].name, name) == 0)
            return &desk->caps[i];
    }
    return NULL;
}

void core_desk_name(struct core *core, struct customer *customer, uint64_t slot, const char *name)
{
    struct desk *desk = customer->desk;
    struct desk_cap *cap;

    INVARIANT(desk->count < DESK_CAPS_MAX && core_desk_find(customer, name) == NULL);
    cap = &desk->caps[desk->count++];
    cap->slot = slot;
    (void)snprintf(cap->name, sizeof cap->name, "%s", name);
    core_customer_changed(core, customer);
}

void core_desk_unname(struct core *core, struct customer *customer, const char *name)
{
    struct desk *desk = customer->desk;
    size_t at = (size_t)(core_desk_find(customer, name) - desk->caps);

    desk->count--;
    memmove(&desk->caps[at], &desk->caps[at + 1], (desk->count - at) * sizeof desk->caps[0]);
    core_customer_changed(core, customer);
}

/* ---- the row ---- */

void core_desk_put(struct bytes *row, const struct desk *desk)
{
    cbor_put_array(row, desk == NULL ? 0 : 1 + 2 * desk->count);
    if (desk == NULL)
        return;
    cbor_put_uint(row, desk->agent);
    for (size_t i = 0; i < desk->count; i++) {
        cbor_put_uint(row, desk->caps[i].slot);
        cbor_put_text(row, desk->caps[i].name);
    }
}

/* Whether a name or a slot comes a second time: then one of the two would be lost. */
static bool desk_repeats(const struct desk *desk, const struct desk_cap *cap)
{
    for (size_t i = 0; i < desk->count; i++) {
        if (desk->caps[i].slot == cap->slot || strcmp(desk->caps[i].name, cap->name) == 0)
            return true;
    }
    return false;
}

void core_desk_get(struct cbor *in, struct desk **desk)
{
    uint64_t items = cbor_get_array_any(in, 1 + 2 * DESK_CAPS_MAX);
    struct desk *read;

    *desk = NULL;
    if (items == 0)
        return;
    if (items % 2 == 0)
        cbor_fail(in, "a slot without a name");
    read = calloc(1, sizeof *read);
    INVARIANT(read != NULL);
    read->agent = cbor_get_uint(in, UINT64_MAX);
    for (uint64_t i = 0; i < items / 2; i++) {
        struct desk_cap *cap = &read->caps[read->count];

        cap->slot = cbor_get_uint(in, SERAI_SLOTS_MAX - 1);
        cbor_get_text(in, cap->name, CONTROL_NAME_BYTES_MAX);
        if (in->error == NULL && (!text_is_name(cap->name) || desk_repeats(read, cap)))
            cbor_fail(in, "a name that is none, or one name or slot twice");
        read->count++;
    }
    *desk = read;
}

/* ---- checking ---- */

static enum status desk_check(const struct core *core, const struct customer *customer,
                              struct fault *fault)
{
    const struct desk *desk = customer->desk;
    const struct agent *agent = core_desk_agent(core, customer);
    struct agent_view view;

    if (agent == NULL || !agent_is_desk(agent) || agent_customer(agent) != customer->account)
        return fault_set(fault, ST_CORRUPT, "customer %s: agent %" PRIu64 " is not its desk",
                         customer->name, desk->agent);
    for (size_t i = 0; i < desk->count; i++) {
        if (desk->caps[i].slot < SERAI_SLOT_FIRST_FREE ||
            agents_desk_kind(agent, desk->caps[i].slot) == SERAI_KIND_EMPTY)
            return fault_set(fault, ST_CORRUPT, "customer %s: nothing is called %s", customer->name,
                             desk->caps[i].name);
    }
    agents_view(core->agents, agent, &view);
    /* Every slot is inborn or has a name: of those that an agent is born with, origin is empty. */
    if (view.slots != desk->count + SERAI_SLOT_FIRST_FREE - 1)
        return fault_set(fault, ST_CORRUPT, "customer %s: a capability on its desk has no name",
                         customer->name);
    return ST_OK;
}

enum status core_desks_check(const struct core *core, struct fault *fault)
{
    uint64_t desks = 0;

    for (size_t i = 0; i < core->customers.count; i++) {
        const struct customer *customer = core->customers.items[i];

        if (customer->desk == NULL)
            continue;
        if (desk_check(core, customer, fault) != ST_OK)
            return ST_CORRUPT;
        desks++; /* of this customer alone */
    }
    if (desks != agents_count(core->agents).desks)
        return fault_set(fault, ST_CORRUPT, "a desk is no customer's");
    return ST_OK;
}
