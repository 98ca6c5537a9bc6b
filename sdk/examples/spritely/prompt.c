/*
 * A prompt: it asks another agent's object what it is told in words, and writes what it hears.
 *
 *     $ serai agent deploy prompt.wasm --name alice --money 0.05 --args at=NUMBER
 *     $ serai agent send alice "greet Alice"
 *
 * "@1" as a word is the object of with=NUMBER; "@2" and so on are the objects that it was given.
 * "use 2" asks that one from then on; "use 0" the first again.  The prompt itself is "@1" when no
 * with= is given, and writes what is "published" to it.
 */
#include "sdk/examples/spritely/meet.h"

enum { KEPT_MAX = 10 };

struct prompt {
    struct vat_ref kept[KEPT_MAX]; /* what was named by its number at first, then what came */
    int32_t count;
    int32_t used;
};

struct question {
    struct vat_ref prompt;
};

/* An answer: it is written, or kept if it is an object. */
static void heard(struct vat_call *call)
{
    struct question *mine = call->state;
    struct vat_value answer = vat_arg(call, 0);

    if (answer.kind == VAT_REF)
        answer = vat_near(mine->prompt, "keep", answer);
    if (answer.kind != VAT_NOTHING)
        vat_log("%s", answer);
}

static void caught(struct vat_call *call)
{
    vat_log("error %d: %s", vat_arg(call, 0), vat_arg(call, 1));
}
VAT_THEN(question, 1, .heard = heard, .caught = caught);

/* The number of a kept object. */
static int64_t number_kept(const struct prompt *me, int64_t number)
{
    if (number < 0 || number >= me->count)
        vat_fail(VAT_CODE_OWN, "there is no object %d here", number);
    return number;
}

static void ask(const struct prompt *me, const struct vat_call *call)
{
    struct vat_value list[VAT_ARGS_MAX + 1] = {vat_method(call)};

    for (int32_t i = 0; i < call->count; i++) {
        struct vat_value word = call->args[i];
        int32_t used;

        if (word.kind == VAT_TEXT && word.size == 2 && word.bytes[0] == '@')
            word = vat_of_ref(me->kept[number_kept(me, serai_digits(word.bytes + 1, 1, &used))]);
        list[i + 1] = word;
    }
    if (call->money > 0 && call->count == VAT_ARGS_MAX)
        vat_fail(VAT_TOO_MUCH, "%d values and money are too much", call->count);
    if (call->money > 0)
        list[1 + call->count] = vat_money(call->money);
    vat_on(vat_ask_list(me->kept[me->used], list, 1 + call->count + (call->money > 0)), question,
           .prompt = call->self);
}

static void prompt(struct vat_call *call)
{
    struct prompt *me = call->state;

    if (vat_is(call, "use")) {
        me->used = (int32_t)number_kept(me, vat_arg_int(call, 0));
    } else if (vat_is(call, "keep")) {
        if (me->count == KEPT_MAX)
            vat_fail(VAT_TOO_MUCH, "%d objects are kept already", me->count);
        vat_set(&me->kept[me->count], vat_arg_ref(call, 0));
        vat_return_text(call, "object @%d", me->count++);
    } else if (vat_is(call, "same")) {
        vat_return(call, vat_same(me->kept[number_kept(me, vat_arg_int(call, 0))],
                                  me->kept[number_kept(me, vat_arg_int(call, 1))]));
    } else if (vat_is(call, "published")) {
        vat_log("published: %s", vat_arg(call, 0));
    } else {
        ask(me, call);
    }
}
VAT_TYPE(prompt, KEPT_MAX);

static void born(struct vat_call *call)
{
    struct vat_ref front = vat_new(prompt);

    (void)vat_near(front, "keep", meet(call, "at", front));
    (void)vat_near(front, "keep", meet(call, "with", front));
    vat_front(front);
}
VAT_PROGRAM(.born = born)
