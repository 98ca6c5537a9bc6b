#include "tests/site/core/roles.h"

#include <string.h>

static int64_t slot_of(const struct role *role, int reg)
{
    return reg > 0 ? role->registers[reg] : SERAI_SLOT_NONE;
}

static void put_number(struct part *part, uint8_t number)
{
    memset(part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES), number, SERAI_HEAP_NUMBER_BYTES);
}

static int64_t sends(struct role *role, struct part *part, const struct step *step, int64_t to)
{
    int64_t cap = step->verb == VERB_ANSWER && step->from_kept ? role->caps[step->cap]
                                                               : slot_of(role, step->cap);
    int64_t postage = step->postage != 0 ? step->postage : part_order(part, facet_postage, to);
    bool ask = step->verb == VERB_ASK;

    le32_put(part_memory(part, AT_CAPS, 4), (uint32_t)cap);
    *part_memory(part, AT_DATA, 1) = step->data;
    if (postage < 0)
        postage = 0; /* the order itself shall say why */
    return ask ? part_order(part, facet_ask, to, AT_DATA, 1, AT_CAPS, cap >= 0, step->money,
                            postage, slot_of(role, step->reply))
               : part_order(part, facet_send, to, AT_DATA, 1, AT_CAPS, cap >= 0, step->money,
                            postage, slot_of(role, step->reply));
}

static int64_t passes(struct role *role, struct part *part, const struct step *step, int64_t to)
{
    return part_order(part, facet_send, to, AT_DATA, 0, AT_CAPS, 0, step->money,
                      part_order(part, facet_postage, to), role->replies[step->reply]);
}

static int64_t share_of_buffer(struct part *part)
{
    int64_t buffer = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 100);

    ck_assert_int_ge(buffer, 0);
    return part_order(part, buffer_share, buffer, SERAI_RIGHT_READ);
}

static int64_t badge_of(struct part *part, int64_t slot)
{
    int64_t result = part_order(part, self_badge, SERAI_SLOT_SELF, slot, AT_NUMBER);

    return result <= 0 ? result
                       : 1000 * result + (int64_t)le64_get(part_memory(part, AT_NUMBER, 8));
}

static int64_t do_step(struct role *role, struct part *part, const struct step *step)
{
    int64_t to = step->from_kept && step->verb != VERB_ANSWER ? role->caps[step->to]
                                                              : slot_of(role, step->to);

    put_number(part, step->number);
    switch (step->verb) {
    case VERB_FETCH:
        return part_order(part, heap_get, SERAI_SLOT_HEAP, AT_NUMBER);
    case VERB_TAKE:
        return part_order(part, heap_take, SERAI_SLOT_HEAP, AT_NUMBER);
    case VERB_PUBLISH:
        return part_order(part, heap_add_at, SERAI_SLOT_HEAP, to, AT_NUMBER);
    case VERB_FACET:
        return part_order(part, self_facet, SERAI_SLOT_SELF, step->money, step->postage);
    case VERB_FACET_OF:
        return part_order(part, self_facet_of, SERAI_SLOT_SELF, step->money, step->postage,
                          step->reply);
    case VERB_SEND:
    case VERB_ASK:
        return sends(role, part, step, to);
    case VERB_ANSWER:
        return sends(role, part, step, role->replies[step->to]);
    case VERB_PASS:
        return passes(role, part, step, to);
    case VERB_WHEN:
        return part_order(part, facet_when, to, slot_of(role, step->reply));
    case VERB_STATE:
        return part_order(part, facet_state, to);
    case VERB_SAME:
        return part_order(part, cap_same, to, slot_of(role, step->cap));
    case VERB_KIND:
        return part_order(part, cap_kind, to);
    case VERB_DROP:
        return part_order(part, cap_drop, to);
    case VERB_DROP_REPLY:
        return part_order(part, cap_drop, role->replies[step->to]);
    case VERB_BREAK:
        *part_memory(part, AT_DATA, 1) = step->data;
        return part_order(part, reply_break, role->replies[step->to], step->money, AT_DATA, 1);
    case VERB_RETURN:
        return part_order(part, reply_return, role->replies[step->to], SERAI_FAIL_CODE_MIN, AT_DATA,
                          0, step->money);
    case VERB_PIPE:
        return part_order(part, reply_pipe, role->replies[step->to], slot_of(role, step->cap));
    case VERB_BADGE:
        return badge_of(part, to);
    case VERB_REVOKE:
        return part_order(part, self_revoke, SERAI_SLOT_SELF, to);
    case VERB_POSTAGE:
        return part_order(part, facet_postage, to);
    case VERB_FUND:
        return part_order(part, facet_fund, to, step->money);
    case VERB_BUFFER:
        return share_of_buffer(part);
    case VERB_DIE:
        return part_order(part, self_die, SERAI_SLOT_SELF);
    case VERB_TRAP:
        break;
    }
    return 0;
}

/* The step that answers otherwise than it expects is named. */
static enum engine_outcome plays_steps(struct role *role, struct part *part)
{
    role->script.played = true;
    for (size_t i = 0; i < role->script.count; i++) {
        const struct step *step = &role->script.steps[i];
        int64_t result;

        if (step->verb == VERB_TRAP)
            return ENGINE_TRAP_UNREACHABLE;
        result = do_step(role, part, step);
        ck_assert_msg(step->expects == 0 ? result >= 0 : result == step->expects,
                      "step %zu answered %lld", i, (long long)result);
        if (step->into > 0)
            role->registers[step->into] = result;
    }
    return ENGINE_DONE;
}

static void keep(struct role *role, struct part *part)
{
    const struct serai_event *event = &role->heard.events[role->heard.count - 1];

    if (event->reply >= 0) {
        ck_assert_int_eq(part_order(part, cap_keep, event->reply), 0);
        role->replies[role->reply_count++] = event->reply;
    }
    if (event->cap_count > 0) {
        ck_assert_int_eq(part_order(part, cap_keep, event->caps[0]), 0);
        role->caps[role->cap_count++] = event->caps[0];
    }
}

static enum engine_outcome plays(void *context, struct part *part)
{
    struct role *role = context;

    if (role->script.count > 0 && !role->script.played && part->kind == SERAI_EVENT_MESSAGE &&
        part->size == 2)
        return plays_steps(role, part);
    if (role->reaction == REACTION_TRAPS)
        return ENGINE_TRAP_UNREACHABLE;
    (void)puppet_hears(&role->heard, part);
    if (role->reaction == REACTION_KEEPS)
        keep(role, part);
    return ENGINE_DONE;
}

void role_new(struct site *site, struct role *role, int person, uint64_t nanos)
{
    memset(role, 0, sizeof *role);
    role->person = person;
    role->agent = puppet_new(site, person, nanos, NULL);
    for (int i = 0; i < REGISTERS; i++)
        role->registers[i] = SERAI_SLOT_NONE;
    probe_play(role->agent, plays, role);
}

void role_will_play(struct site *site, struct role *role, const struct step *steps, size_t count)
{
    role->script = (struct script){steps, count, false};
    ck_assert_int_eq(site_send(site, role->person, role->agent, "go", 0), CONTROL_DONE);
}

void role_has_played(struct site *site, struct role *role)
{
    site_settle(site);
    ck_assert(role->script.played);
    role->script = (struct script){0};
}

void role_plays(struct site *site, struct role *role, const struct step *steps, size_t count)
{
    role_will_play(site, role, steps, count);
    role_has_played(site, role);
}

void role_publish(struct site *site, struct role *role, int reg, int64_t badge, uint8_t number)
{
    PLAY(site, role, {VERB_FACET, .money = badge, .into = reg},
         {VERB_PUBLISH, .to = reg, .number = number});
}

struct object *role_object(const struct site *site, const struct role *role, int reg)
{
    const struct agent *agent = site_agent(site, role->agent);
    const struct cap *cap = cap_table_at(&agent->caps, (uint64_t)role->registers[reg]);

    ck_assert_ptr_nonnull(cap);
    return table_get(&site->core->agents->objects.by_id, cap->object);
}

void role_heard_failed(const struct role *role, uint64_t badge, int32_t status)
{
    ck_assert_uint_eq(role->heard.count, 1);
    ck_assert_int_eq(role->heard.events[0].kind, SERAI_EVENT_FAILED);
    ck_assert_int_eq(role->heard.events[0].status, status);
    ck_assert_uint_eq(role->heard.events[0].badge, badge);
}

void role_heard_at(const struct role *role, uint64_t badge, const char *bytes)
{
    char heard[80] = {0};
    size_t count = 0;

    for (size_t i = 0; i < role->heard.count; i++) {
        if (role->heard.events[i].kind == SERAI_EVENT_MESSAGE &&
            role->heard.events[i].badge == badge && role->heard.first_byte[i] != 0 &&
            count < sizeof heard - 1)
            heard[count++] = (char)role->heard.first_byte[i];
    }
    ck_assert_str_eq(heard, bytes);
}

void role_forget(struct role *role)
{
    memset(&role->heard, 0, sizeof role->heard);
}
