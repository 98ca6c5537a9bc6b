#include "tests/site/core/probe.h"

#include <check.h>
#include <string.h>

#include "agents/imports.h"
#include "agents/message.h"
#include "agents/orders/dispatch.h"

enum { PARTS_MAX = 160, SCRATCH = 1024 };

uint64_t probe_count[SERAI_ORDER_COUNT][PROBE_ANSWERS];
uint64_t probe_failed[PROBE_FAILURES];

static struct {
    uint64_t agent;
    part_fn play;
    void *context;
} parts[PARTS_MAX];

const char *probe_order_name(uint32_t order)
{
    return turn_imports.items[order].name;
}

const char *probe_refusal_name(int refusal)
{
    static const char *const names[PROBE_ANSWERS] = {
        "done",     "E_SLOT",    "E_KIND",    "E_RIGHT",  "E_MEMORY", "E_SHORT",
        "E_FULL",   "E_INVALID", "E_MISSING", "E_CLOSED", "E_CREDIT", "E_PENDING",
        "E_EXISTS", "E_QUOTA",   "E_POSTAGE", "E_LIMIT",  "E_SILENT", "E_BROKEN"};

    return names[-refusal];
}

void probe_play(uint64_t agent, part_fn play, void *context)
{
    size_t i = 0;

    while (i < PARTS_MAX && parts[i].play != NULL && parts[i].agent != agent)
        i++;
    ck_assert(i < PARTS_MAX);
    parts[i].agent = agent;
    parts[i].play = play;
    parts[i].context = context;
}

void probe_play_none(void)
{
    memset(parts, 0, sizeof parts);
}

/* What no refused order may change; its fee, and a packet's, stand. */
struct footprint {
    struct money paid;
    struct money income;
    uint64_t counts[11];
};

static void footprint_take(struct footprint *print, const struct turn *turn)
{
    const struct agent *agent = turn->agent;

    *print = (struct footprint){
        .paid = turn->paid,
        .income = turn->income,
        .counts = {turn->transfer_count, agent->caps.used, agent->owns.facets, agent->owns.timers,
                   agent->owns.buffer_bytes, agent->program.kept_count, turn->agents->next_message,
                   turn->agents->heap.next_serial, turn->agents->heap.count,
                   turn->agents->counters.births, agent->sent.messages},
    };
}

static bool counting_call(void *host, struct engine_instance *instance, uint32_t order,
                          const uint64_t *args, int64_t *result)
{
    struct footprint before;
    struct footprint after;
    bool goes_on;

    footprint_take(&before, host);
    goes_on = turn_host_call(host, instance, order, args, result);
    footprint_take(&after, host);
    ck_assert_msg(*result >= 0 || memcmp(&before, &after, sizeof before) == 0,
                  "%s answered %lld and changed something", probe_order_name(order),
                  (long long)*result);
    ck_assert_msg(*result > -PROBE_ANSWERS, "%s answered %lld", probe_order_name(order),
                  (long long)*result);
    probe_count[order][*result < 0 ? -*result : 0]++;
    return goes_on;
}

enum engine_outcome __real_engine_run(struct engine_instance *instance, struct engine_stack *stack,
                                      uint32_t function, const uint64_t *args, uint64_t *result);
enum engine_outcome __wrap_engine_run(struct engine_instance *instance, struct engine_stack *stack,
                                      uint32_t function, const uint64_t *args, uint64_t *result);

static void count_failed(const struct message *m)
{
    if (m->kind != SERAI_EVENT_FAILED || m->status >= 0)
        return;
    ck_assert_int_gt(m->status, -PROBE_FAILURES);
    probe_failed[-m->status]++;
}

enum engine_outcome __wrap_engine_run(struct engine_instance *instance, struct engine_stack *stack,
                                      uint32_t function, const uint64_t *args, uint64_t *result)
{
    const struct turn *turn = instance->host;

    instance->host_call = counting_call;
    count_failed(&turn->event->m);
    for (size_t i = 0; i < PARTS_MAX; i++) {
        if (parts[i].play == NULL || parts[i].agent != turn->agent->id)
            continue;
        if (function != turn->agent->program.code.code->entry.turn)
            return ENGINE_DONE; /* its module would initialize memory that the test plays with */
        return parts[i].play(parts[i].context, &(struct part){.instance = instance,
                                                              .kind = (int32_t)(uint32_t)args[0],
                                                              .slot = (int32_t)(uint32_t)args[1],
                                                              .size = (int32_t)(uint32_t)args[2]});
    }
    return __real_engine_run(instance, stack, function, args, result);
}

int64_t part_order_list(struct part *part, enum serai_order order, const int64_t *args,
                        size_t count)
{
    const char *params = turn_imports.items[order].params;
    uint64_t raw[ENGINE_ARGS_MAX] = {0};
    int64_t result = 0;

    ck_assert_msg(count == strlen(params), "%s takes %zu arguments", probe_order_name(order),
                  strlen(params));
    for (size_t i = 0; i < count; i++)
        raw[i] = params[i] == 'i' ? (uint32_t)args[i] : (uint64_t)args[i];
    ck_assert(part->instance->host_call(part->instance->host, part->instance, order, raw, &result));
    return result;
}

enum engine_outcome part_fail(struct part *part, int32_t code, uint32_t reason, uint32_t size)
{
    const uint64_t raw[ENGINE_ARGS_MAX] = {SERAI_SLOT_SELF, (uint32_t)code, reason, size};
    int64_t result = -1;

    ck_assert(!part->instance->host_call(part->instance->host, part->instance,
                                         SERAI_ORDER_self_fail, raw, &result));
    ck_assert_int_eq(result, 0);
    return ENGINE_STOPPED;
}

uint8_t *part_memory(struct part *part, uint32_t address, uint32_t size)
{
    uint8_t *at = engine_guest_write(part->instance, address, size);

    ck_assert_ptr_nonnull(at);
    return at;
}

void part_event(struct part *part, struct serai_event *event)
{
    const uint8_t *at = part_memory(part, SCRATCH, sizeof *event);

    ck_assert_int_eq(part_order(part, event_info, SCRATCH), 0);
    memcpy(event, at, sizeof *event); /* both are little-endian */
}
