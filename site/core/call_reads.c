/* What customers asked, what came back, and what they hold.  Keys: docs/control.md, "Reads". */
#include <string.h>

#include "agents/agents.h"
#include "site/core/calls.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/read_list.h"
#include "site/core/state.h"

/* ---- one answer ---- */

void core_call_data(struct map *map, const struct message *answer)
{
    const char *data = answer->size > 0 ? (const char *)answer->data : "";
    struct bytes exact = {0};

    map_text_sized(map, "text", data, answer->size);
    if (memchr(data, '\0', answer->size) == NULL && utf8_is_valid(data, answer->size))
        return;
    cbor_put_bytes(&exact, data, answer->size); /* `text` has ? in the place of some */
    map_raw(map, "bytes", &exact);
    bytes_fini(&exact);
}

void core_call_entries(struct map *map, uint64_t call, const struct message *answer)
{
    map_uint(map, "call", call);
    if (answer == NULL) {
        map_text(map, "state", "waiting");
        return;
    }
    if (answer->kind == SERAI_EVENT_MESSAGE)
        map_text(map, "state", "answered");
    else
        map_text(map, "state", answer->status == SERAI_E_SILENT ? "silent" : "broken");
    if (answer->kind == SERAI_EVENT_FAILED) {
        map_text(map, "failure", agents_failure_word(answer->status));
        map_text(map, "why", agents_failure_text(answer->status));
        if (answer->status >= SERAI_FAIL_CODE_MIN)
            map_uint(map, "code", (uint64_t)answer->status);
    }
    map_uint(map, "size", answer->size);
    map_money(map, "money", answer->money);
    map_uint(map, "cap_count", agents_desk_answer_caps(answer));
}

/* ---- whose desk ---- */

/*
 * The customer of the first argument: 0 is whoever asks, and without a signature the operator.
 * NULL: the outcome says why nothing is shown.
 */
static const struct customer *desk_viewed(const struct core *core, const struct viewer *viewer,
                                          uint64_t account, struct outcome *outcome)
{
    const struct customer *customer;

    if (account == 0)
        account = viewer->customer != 0 ? viewer->customer : core->customers.items[0]->account;
    customer = core_customer_by_account(core, account);
    if (customer == NULL)
        outcome_set(outcome, CONTROL_MISSING, "there is no customer %llu",
                    (unsigned long long)account);
    else if (viewer_sees(viewer, account))
        return customer;
    else
        outcome_set(outcome, CONTROL_DENIED, "what customer %llu holds is its own",
                    (unsigned long long)account);
    return NULL;
}

void core_read_call(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    const struct message *answer = NULL;
    const struct customer *customer;
    struct agent *desk;
    uint64_t account;
    struct map map;
    uint64_t call;

    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    call = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    customer = desk_viewed(core, viewer, account, outcome);
    if (customer == NULL)
        return;
    desk = core_desk_agent(core, customer);
    if (desk != NULL)
        answer = agents_desk_answer(desk, call);
    if (answer == NULL && (desk == NULL || !agents_desk_waits(desk, call))) {
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no call %llu: its answer was taken, or it was dropped",
                    (unsigned long long)call);
        return;
    }
    map_init(&map);
    core_call_entries(&map, call, answer);
    if (answer != NULL)
        core_call_data(&map, answer);
    map_end(&map, &outcome->result);
}

/* ---- lists ---- */

/* The three arguments of a list of what is on a desk.  NULL: the outcome says what is wrong. */
static const struct customer *desk_list_begin(struct read_list *list, struct cbor *in,
                                              struct outcome *outcome)
{
    uint64_t account;

    cbor_get_array(in, 3);
    account = cbor_get_uint(in, UINT64_MAX);
    list->after = cbor_get_uint(in, UINT64_MAX);
    list->limit = read_list_limit(in);
    if (!outcome_args_done(in, outcome))
        return NULL;
    return desk_viewed(list->core, list->viewer, account, outcome);
}

static bool call_list_one(void *context, uint64_t call, const struct message *answer)
{
    struct read_list *list = context;
    struct map map;

    if (list->count == list->limit)
        return false;
    map_init(&map);
    core_call_entries(&map, call, answer);
    map_end(&map, &list->items);
    list->count++;
    return true;
}

void core_read_calls(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    const struct customer *customer = desk_list_begin(&list, in, outcome);
    struct agent *desk;

    if (customer == NULL)
        return;
    desk = core_desk_agent(core, customer);
    if (desk != NULL)
        agents_desk_each(desk, list.after, call_list_one, &list);
    read_list_end(&list, outcome);
}

const char *core_cap_word(const struct core *core, const struct agent *desk, uint64_t slot)
{
    switch ((enum serai_kind)agents_desk_kind(desk, slot)) {
    case SERAI_KIND_FACET:
        return agents_desk_is_reply(core->agents, desk, slot) ? "reply" : "facet";
    case SERAI_KIND_BUFFER:
        return "buffer";
    case SERAI_KIND_SPAWNER:
        return "spawner";
    case SERAI_KIND_TIMER:
        return "timer";
    case SERAI_KIND_CLOCK:
        return "clock";
    case SERAI_KIND_RANDOM:
        return "random";
    case SERAI_KIND_EMPTY:
    case SERAI_KIND_SELF:
    case SERAI_KIND_BUFFER_POOL:
    case SERAI_KIND_CHANNEL_POOL:
    case SERAI_KIND_CHANNEL:
    case SERAI_KIND_HEAP:
    case SERAI_KIND_CODE:
    case SERAI_KIND_LOG:
    case SERAI_KIND_LEASH:
    case SERAI_KINDS:
    case SERAI_KIND_ANY:
    case SERAI_KIND_FREE:
        break; /* no message carries these */
    }
    return "other";
}

/* The capability with the lowest slot above this one; NULL: there is no more. */
static const struct desk_cap *cap_after(const struct desk *desk, uint64_t slot)
{
    const struct desk_cap *lowest = NULL;

    for (size_t i = 0; i < desk->count; i++) {
        if (desk->caps[i].slot > slot && (lowest == NULL || desk->caps[i].slot < lowest->slot))
            lowest = &desk->caps[i];
    }
    return lowest;
}

void core_read_caps(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    const struct customer *customer = desk_list_begin(&list, in, outcome);
    const struct desk_cap *cap;
    struct agent *desk;

    if (customer == NULL)
        return;
    desk = core_desk_agent(core, customer);
    for (uint64_t after = list.after; desk != NULL && list.count < list.limit; after = cap->slot) {
        struct map map;

        cap = cap_after(customer->desk, after);
        if (cap == NULL)
            break;
        map_init(&map);
        map_uint(&map, "slot", cap->slot);
        map_text(&map, "name", cap->name);
        map_text(&map, "kind", core_cap_word(core, desk, cap->slot));
        map_text(&map, "state",
                 agents_desk_is_dead(core->agents, desk, cap->slot) ? "dead" : "live");
        map_end(&map, &list.items);
        list.count++;
    }
    read_list_end(&list, outcome);
}
