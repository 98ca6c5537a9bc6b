/* Objects that hold many others, and purses. */
#include "sdk/vat/behaviours.h"
#include "sdk/vat/inner.h"

/* One value of many, and the next one. */
struct vat_node {
    struct vat_ref next;
    struct vat_kept value;
};

static void vat_node(struct vat_call *call)
{
    vat_fail_method(call); /* only their owner sees them, and it does not call them */
}
VAT_TYPE(vat_node, 2);

static struct vat_node *vat_node_at(struct vat_ref ref)
{
    return vat_state_of(vat_node, ref);
}

/* A row of them. */
struct vat_chain {
    struct vat_ref first;
    struct vat_ref last;
};

static void vat_chain_add(struct vat_chain *chain, struct vat_value value)
{
    struct vat_ref ref = vat_new(vat_node);

    vat_store(&vat_node_at(ref)->value, value);
    if (vat_is_nothing(chain->first))
        vat_set(&chain->first, ref);
    else
        vat_set(&vat_node_at(chain->last)->next, ref);
    vat_set(&chain->last, ref);
}

/* The first one goes; its value is good until the turn ends. */
static struct vat_value vat_chain_take(struct vat_chain *chain)
{
    struct vat_node *node = vat_node_at(chain->first);

    vat_set(&chain->first, node->next);
    if (vat_is_nothing(chain->first))
        vat_set(&chain->last, chain->first);
    return vat_load(&node->value);
}

/* Those that are gone (vat_is_gone()) go, and those that are this object.  Returns how many. */
static int64_t vat_chain_forget(struct vat_chain *chain, struct vat_ref leaves)
{
    struct vat_ref before = {0};
    struct vat_ref next;
    int64_t gone = 0;

    for (struct vat_ref at = chain->first; !vat_is_nothing(at); at = next) {
        const struct vat_node *node = vat_node_at(at);

        next = node->next;
        if (!vat_is_gone(node->value.ref) && !vat_same(node->value.ref, leaves)) {
            before = at;
            continue;
        }
        vat_set(vat_is_nothing(before) ? &chain->first : &vat_node_at(before)->next, next);
        if (vat_is_nothing(next))
            vat_set(&chain->last, before);
        gone++;
    }
    return gone;
}

static int64_t vat_chain_count(const struct vat_chain *chain)
{
    int64_t count = 0;

    for (struct vat_ref at = chain->first; !vat_is_nothing(at); at = vat_node_at(at)->next)
        count++;
    return count;
}

static void vat_check_room(int64_t count)
{
    if (count >= VAT_VALUES_MAX)
        vat_fail(VAT_TOO_MUCH, "there are %d already, and there is no room for more", count);
}

/* ---- list ---- */

struct vat_values {
    struct vat_chain chain;
    int64_t count;
};

static void vat_values(struct vat_call *call)
{
    struct vat_values *me = call->state;

    if (vat_is(call, "size")) {
        vat_return(call, me->count);
    } else if (vat_is(call, "push")) {
        vat_check_room(me->count);
        vat_chain_add(&me->chain, vat_arg(call, 0));
        me->count++;
    } else if (vat_is(call, "take") && me->count > 0) {
        vat_return(call, vat_chain_take(&me->chain));
        me->count--;
    } else if (vat_is(call, "take")) {
        vat_fail(VAT_NO_ARGUMENT, "there are no values");
    } else if (vat_is(call, "get")) {
        int64_t left = vat_arg_int(call, 0);
        struct vat_ref at = me->chain.first;

        if (left < 0 || left >= me->count)
            vat_fail(VAT_NO_ARGUMENT, "there are %d values, and none at %d", me->count, left);
        for (; left > 0; left--)
            at = vat_node_at(at)->next;
        vat_return(call, vat_load(&vat_node_at(at)->value));
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(vat_values, 2);

struct vat_ref vat_list(void)
{
    return vat_new(vat_values);
}

/* ---- queue ---- */

struct vat_line {
    struct vat_chain values;
    struct vat_chain takers; /* questions that have no answer yet; one of both is empty */
};

/* The first who still waits to take; nothing: there is none. */
static struct vat_ref vat_line_taker(struct vat_line *me)
{
    while (!vat_is_nothing(me->takers.first)) {
        struct vat_ref taker = vat_ref_of(vat_chain_take(&me->takers));

        if (!vat_is_gone(taker))
            return taker;
    }
    return (struct vat_ref){0};
}

static void vat_line_put(struct vat_line *me, struct vat_value value)
{
    struct vat_ref taker = vat_line_taker(me);

    if (!vat_is_nothing(taker)) {
        vat_answer(taker, value);
        return;
    }
    vat_check_room(vat_chain_count(&me->values));
    vat_chain_add(&me->values, value);
}

static void vat_line_wait(struct vat_line *me, struct vat_call *call)
{
    int64_t count = vat_chain_count(&me->takers);

    if (count == VAT_VALUES_MAX)
        count -= vat_chain_forget(&me->takers, (struct vat_ref){0});
    vat_check_room(count);
    vat_chain_add(&me->takers, vat_of_ref(vat_later(call)));
}

static void vat_line(struct vat_call *call)
{
    struct vat_line *me = call->state;

    if (vat_is(call, "put"))
        vat_line_put(me, vat_arg(call, 0));
    else if (!vat_is(call, "take"))
        vat_fail_method(call);
    else if (!vat_is_nothing(me->values.first))
        vat_return(call, vat_chain_take(&me->values));
    else
        vat_line_wait(me, call);
}
VAT_TYPE(vat_line, 4);

struct vat_ref vat_queue(void)
{
    return vat_new(vat_line);
}

/* ---- topic ---- */

struct vat_channel {
    struct vat_chain listeners;
    int64_t count;
};

static void vat_channel(struct vat_call *call)
{
    struct vat_channel *me = call->state;

    if (vat_is(call, "subscribe")) {
        if (me->count == VAT_LISTENERS_MAX)
            me->count -= vat_chain_forget(&me->listeners, (struct vat_ref){0});
        if (me->count == VAT_LISTENERS_MAX)
            vat_fail(VAT_TOO_MUCH, "%d listen already", me->count);
        vat_chain_add(&me->listeners, vat_of_ref(vat_arg_ref(call, 0)));
        me->count++;
    } else if (vat_is(call, "unsubscribe")) {
        me->count -= vat_chain_forget(&me->listeners, vat_arg_ref(call, 0));
    } else if (vat_is(call, "publish")) {
        struct vat_ref at;

        me->count -= vat_chain_forget(&me->listeners, (struct vat_ref){0});
        for (at = me->listeners.first; !vat_is_nothing(at); at = vat_node_at(at)->next)
            vat_send(vat_node_at(at)->value.ref, "published", vat_arg(call, 0));
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(vat_channel, 2);

struct vat_ref vat_topic(void)
{
    return vat_new(vat_channel);
}

/* ---- mint and purse ---- */

struct vat_issuer {
    bool is_backed; /* by money of the site, which the agent has */
};

struct vat_purse {
    struct vat_ref mint;
    int64_t balance;
};

static void vat_purse(struct vat_call *call);
VAT_TYPE(vat_purse, 1);

static void vat_purse_add(struct vat_purse *purse, int64_t amount)
{
    if (amount < 0 || amount > INT64_MAX - purse->balance)
        vat_fail(VAT_NO_ARGUMENT, "a purse cannot get %d", amount);
    purse->balance += amount;
}

static void vat_purse_take(struct vat_purse *purse, int64_t amount)
{
    if (amount < 0 || amount > purse->balance)
        vat_fail(VAT_SHORT, "the purse has %d, and %d are wanted", purse->balance, amount);
    purse->balance -= amount;
}

static void vat_issuer(struct vat_call *call)
{
    struct vat_issuer *me = call->state;
    struct vat_ref purse;

    if (!vat_is(call, "purse"))
        vat_fail_method(call);
    purse = vat_new(vat_purse, .mint = call->self);
    vat_purse_add(vat_state_of(vat_purse, purse),
                  me->is_backed ? call->money : vat_arg_int(call, 0));
    vat_return(call, purse);
}
VAT_TYPE(vat_issuer, 0);

/* The amount moves from the purse of the second argument, if both are of one mint. */
static void vat_purse_deposit(struct vat_purse *me, const struct vat_call *call)
{
    struct vat_purse *from = vat_state_of(vat_purse, vat_arg_ref(call, 1));

    if (from == NULL || !vat_same(from->mint, me->mint))
        vat_fail(VAT_NOT_YOURS, "this is no purse of the same mint");
    vat_purse_take(from, vat_arg_int(call, 0));
    vat_purse_add(me, vat_arg_int(call, 0));
}

static void vat_purse(struct vat_call *call)
{
    struct vat_purse *me = call->state;
    const struct vat_issuer *mint = vat_state_of(vat_issuer, me->mint);
    bool is_backed = mint != NULL && mint->is_backed;

    if (vat_is(call, "balance")) {
        vat_return(call, me->balance);
    } else if (vat_is(call, "sprout")) {
        vat_return(call, vat_new(vat_purse, .mint = me->mint));
    } else if (vat_is(call, "deposit")) {
        vat_purse_deposit(me, call);
    } else if (is_backed && vat_is(call, "pay-in")) {
        vat_purse_add(me, call->money);
    } else if (is_backed && vat_is(call, "pay-out")) {
        vat_purse_take(me, vat_arg_int(call, 0));
        vat_return(call, vat_money(vat_arg_int(call, 0)));
    } else {
        vat_fail_method(call);
    }
}

struct vat_ref vat_mint(void)
{
    return vat_new(vat_issuer);
}

struct vat_ref vat_bank(void)
{
    return vat_new(vat_issuer, .is_backed = true);
}

const struct vat_type *const vat_many_types[] = {&vat_node_type,
                                                 &vat_values_type,
                                                 &vat_line_type,
                                                 &vat_channel_type,
                                                 &vat_issuer_type,
                                                 &vat_purse_type,
                                                 NULL};
