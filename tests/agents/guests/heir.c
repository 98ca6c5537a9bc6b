/*
 * A counter that is upgraded: version 1 counts in 32 bits, version 2 in 64 and with a name, version
 * 3 with a cell beside.  HEIR_VERSION is that of this program, HEIR_TRAPS makes its last step fail,
 * HEIR_PAD makes version 1 larger.  It knows its customer's words, and becomes the module that it
 * keeps by "upgrade".
 */
#include "sdk/examples/spritely/meet.h"
#include <vat/portrait.h>

#ifndef HEIR_TRAPS
#define HEIR_TRAPS 0
#endif

struct counter_1 {
    struct vat_ref friend;
    int32_t count;
#ifdef HEIR_PAD
    char pad[HEIR_PAD];
#endif
};

struct counter_2 {
    struct vat_ref friend;
    int64_t count;
    char name[16];
};

struct counter_3 {
    struct vat_ref friend;
    struct vat_ref times;
    char name[16];
};

static void to_2(void *state)
{
    struct counter_1 old = *(struct counter_1 *)state;
    struct counter_2 new = {.friend = old.friend, .count = old.count, .name = "Ada"};

    memcpy(state, &new, sizeof new);
}

static void to_3(void *state)
{
    struct counter_2 old = *(struct counter_2 *)state;
    struct counter_3 new = {.friend = old.friend, .times = vat_cell(old.count)};

    if (HEIR_TRAPS)
        __builtin_trap();
    memcpy(new.name, old.name, sizeof new.name);
    memcpy(state, &new, sizeof new);
}

static void (*const steps[])(void *state) = {to_2, to_3};

#if HEIR_VERSION == 1
typedef struct counter_1 counter_now;
enum { REFS = 1 };
#elif HEIR_VERSION == 2
typedef struct counter_2 counter_now;
enum { REFS = 1 };
#else
typedef struct counter_3 counter_now;
enum { REFS = 2 };
#endif

static void heard(struct vat_call *call)
{
    vat_log("heard in version %d: %s", HEIR_VERSION, vat_arg(call, 0));
}
struct question {
    struct vat_ref friend;
};
VAT_THEN(question, 1, .heard = heard);

static int64_t count_up(counter_now *me, int64_t by)
{
#if HEIR_VERSION == 3
    (void)vat_near(me->times, "set", vat_near_int(me->times, "get") + by);
    return vat_near_int(me->times, "get");
#else
    me->count += by;
    return me->count;
#endif
}

static void upgrade(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    if (code_kept(SERAI_SLOT_CODE, 0, id) < 0)
        vat_fail(VAT_CODE_OWN, "there is no other program");
    vat_upgrade(id, SERAI_UPGRADE_TRY);
}

static void counter(struct vat_call *call)
{
    counter_now *me = call->state;

    if (vat_is(call, "count")) {
        (void)count_up(me, 1);
    } else if (vat_is(call, "show")) {
        vat_return_text(call, "version %d: %d", HEIR_VERSION, count_up(me, 0));
    } else if (vat_is(call, "publish")) {
        meet_publish(call->self);
    } else if (vat_is(call, "befriend")) {
        vat_set(&me->friend, vat_arg_ref(call, 0));
    } else if (vat_is(call, "ask")) {
        vat_on(vat_ask(me->friend, "take"), question, .friend = me->friend);
    } else if (vat_is(call, "upgrade")) {
        upgrade();
    } else {
        vat_fail_method(call);
    }
}

static const struct vat_type counter_type = {.name = "counter",
                                             .act = counter,
                                             .bytes = sizeof(counter_now),
                                             .refs = REFS,
                                             .version = HEIR_VERSION,
                                             .migrate = steps};

static void born(struct vat_call *call)
{
    counter_now state = {.friend = {0}};

#if HEIR_VERSION == 3
    state.times = vat_cell(0);
#endif
    (void)call;
    vat_front(vat_make(&counter_type, &state));
}
VAT_PROGRAM(.born = born, .types = VAT_TYPES(&counter_type), .thens = VAT_THENS(&question_then),
            .portraits = vat_portraits)
