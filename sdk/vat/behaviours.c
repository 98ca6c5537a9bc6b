/* Cells, and objects that stand in front of others. */
#include "sdk/vat/behaviours.h"
#include "sdk/vat/inner.h"

/* ---- values in a state ---- */

void vat_store(struct vat_kept *kept, struct vat_value value)
{
    bool has_bytes = value.kind >= VAT_TEXT;

    if (vat_is_money(value))
        value.kind = VAT_INT; /* it is in no state, and would leave with each time it is told */
    if (has_bytes && value.size > VAT_KEPT_BYTES_MAX)
        vat_fail(VAT_TOO_MUCH, "a value to keep has at most %d bytes", VAT_KEPT_BYTES_MAX);
    vat_set(&kept->ref, value.kind == VAT_REF ? value.ref : (struct vat_ref){0});
    kept->kind = (uint8_t)value.kind;
    kept->number = has_bytes || value.kind == VAT_REF ? 0 : value.number;
    kept->size = has_bytes ? (uint8_t)value.size : 0;
    if (has_bytes)
        memcpy(kept->bytes, value.bytes, (size_t)value.size);
}

struct vat_value vat_load(const struct vat_kept *kept)
{
    struct vat_value value = {.kind = (enum vat_kind)kept->kind, .number = kept->number};
    char *copy;

    if (value.kind == VAT_REF && vat_entry_at(kept->ref) == NULL)
        return (struct vat_value){0}; /* its object has ended */
    if (value.kind == VAT_REF)
        value.ref = kept->ref;
    if (value.kind < VAT_TEXT)
        return value;
    copy = vat_room(kept->size); /* the state may change before the turn ends */
    memcpy(copy, kept->bytes, kept->size);
    value.size = kept->size;
    value.bytes = copy;
    return value;
}

/* ---- cell ---- */

struct vat_variable {
    struct vat_kept value;
};

static void vat_variable(struct vat_call *call)
{
    struct vat_variable *me = call->state;

    if (vat_is(call, "get"))
        vat_return(call, vat_load(&me->value));
    else if (vat_is(call, "set"))
        vat_store(&me->value, vat_arg(call, 0));
    else
        vat_fail_method(call);
}
VAT_TYPE(vat_variable, 1);

struct vat_ref vat_cell_with(struct vat_value value)
{
    struct vat_ref ref = vat_new(vat_variable);

    vat_store(&vat_state_of(vat_variable, ref)->value, value);
    return ref;
}

/* ---- forwarders ---- */

struct vat_forward {
    struct vat_ref target;
};

static void vat_forward(struct vat_call *call)
{
    struct vat_forward *me = call->state;

    vat_pass(call, me->target);
}
VAT_TYPE(vat_forward, 1);

struct vat_ref vat_forwarder(struct vat_ref target)
{
    return vat_new(vat_forward, .target = target);
}

struct vat_gate {
    struct vat_ref target;
    bool closed;
};

static void vat_gate(struct vat_call *call)
{
    struct vat_gate *me = call->state;

    if (me->closed)
        vat_fail(VAT_REVOKED, "access was revoked");
    vat_pass(call, me->target);
}
VAT_TYPE(vat_gate, 1);

struct vat_revoker {
    struct vat_ref gate;
};

static void vat_revoker(struct vat_call *call)
{
    struct vat_revoker *me = call->state;
    struct vat_gate *gate = vat_state_of(vat_gate, me->gate);
    bool revokes = vat_is(call, "revoke");

    if (!revokes && !vat_is(call, "renew"))
        vat_fail_method(call);
    if (gate != NULL) /* else it has ended, which no revoker undoes */
        gate->closed = revokes;
}
VAT_TYPE(vat_revoker, 1);

struct vat_ref vat_revocable(struct vat_ref target, struct vat_ref *revoker)
{
    struct vat_ref gate = vat_new(vat_gate, .target = target);

    *revoker = vat_new(vat_revoker, .gate = gate);
    return gate;
}

struct vat_witness {
    struct vat_ref target;
    struct vat_ref log;
    char who[VAT_NAME_BYTES_MAX];
};

/* So much of a value as an object can keep; a letter is not cut in two. */
static struct vat_value vat_shown(struct vat_value value)
{
    if (value.kind == VAT_TEXT || value.kind == VAT_SYMBOL)
        value.size = vat_fit(value.bytes, value.size, VAT_KEPT_BYTES_MAX);
    return value;
}

static void vat_witness(struct vat_call *call)
{
    struct vat_witness *me = call->state;
    struct vat_value line = vat_of_text(vat_text("%s: %s", me->who, vat_shown(vat_method(call))));

    /* What is cut off in the end is not written first: a value may be as long as a message. */
    for (int32_t i = 0; i < call->count && line.size <= VAT_KEPT_BYTES_MAX; i++)
        line = vat_of_text(vat_text("%s %s", line, vat_shown(call->args[i])));
    line = vat_shown(line);
    if (vat_is_near(me->log))
        (void)vat_near(me->log, "push", line);
    else
        vat_send(me->log, "push", line);
    vat_pass(call, me->target);
}
VAT_TYPE(vat_witness, 2);

struct vat_ref vat_logged(struct vat_ref target, struct vat_ref log, const char *who)
{
    struct vat_witness state = {.target = target, .log = log};

    vat_copy(state.who, sizeof state.who, who);
    return vat_make(&vat_witness_type, &state);
}

struct vat_filter {
    struct vat_ref target;
    char methods[VAT_KEPT_BYTES_MAX];
};

static void vat_filter(struct vat_call *call)
{
    struct vat_filter *me = call->state;
    const char *word = me->methods;

    while (*word != 0) {
        size_t size = strcspn(word, " ");

        if ((int32_t)size == call->method_size && memcmp(word, call->method, size) == 0) {
            vat_pass(call, me->target);
            return;
        }
        word += size + (word[size] == ' ');
    }
    vat_fail_method(call);
}
VAT_TYPE(vat_filter, 1);

struct vat_ref vat_restricted(struct vat_ref target, const char *methods)
{
    struct vat_filter state = {.target = target};

    vat_copy(state.methods, sizeof state.methods, methods);
    return vat_make(&vat_filter_type, &state);
}

struct vat_single {
    struct vat_ref target;
    bool spent;
};

static void vat_single(struct vat_call *call)
{
    struct vat_single *me = call->state;

    if (me->spent)
        vat_fail(VAT_SPENT, "it worked once already");
    me->spent = true; /* before it hands on: two messages at once are one and a refusal */
    vat_pass(call, me->target);
}
VAT_TYPE(vat_single, 1);

struct vat_ref vat_once(struct vat_ref target)
{
    return vat_new(vat_single, .target = target);
}

/* ---- seals ---- */

struct vat_brand {
    bool unused;
};

/* The brand is never called: it only is the same object or another. */
static void vat_brand(struct vat_call *call)
{
    vat_fail_method(call);
}
VAT_TYPE(vat_brand, 0);

struct vat_box {
    struct vat_ref brand;
    struct vat_kept value;
};

static void vat_box(struct vat_call *call)
{
    vat_fail_method(call); /* who holds a box and no more cannot look into it */
}
VAT_TYPE(vat_box, 2);

struct vat_sealer {
    struct vat_ref brand;
};

static void vat_sealer(struct vat_call *call)
{
    struct vat_sealer *me = call->state;
    struct vat_ref box;

    if (!vat_is(call, "seal"))
        vat_fail_method(call);
    box = vat_new(vat_box, .brand = me->brand);
    vat_store(&vat_state_of(vat_box, box)->value, vat_arg(call, 0));
    vat_return(call, box);
}
VAT_TYPE(vat_sealer, 1);

/* The box that the first argument is, if it has this brand. */
static struct vat_box *vat_sealed_with(const struct vat_call *call, struct vat_ref brand)
{
    struct vat_value value = vat_arg(call, 0);
    struct vat_box *box = value.kind == VAT_REF ? vat_state_of(vat_box, value.ref) : NULL;

    return box != NULL && vat_same(box->brand, brand) ? box : NULL;
}

struct vat_unsealer {
    struct vat_ref brand;
};

static void vat_unsealer(struct vat_call *call)
{
    struct vat_unsealer *me = call->state;
    struct vat_box *box = vat_sealed_with(call, me->brand);

    if (!vat_is(call, "unseal"))
        vat_fail_method(call);
    if (box == NULL)
        vat_fail(VAT_NOT_YOURS, "it was not sealed with this seal");
    vat_return(call, vat_load(&box->value));
}
VAT_TYPE(vat_unsealer, 1);

struct vat_checker {
    struct vat_ref brand;
};

static void vat_checker(struct vat_call *call)
{
    struct vat_checker *me = call->state;

    if (!vat_is(call, "sealed"))
        vat_fail_method(call);
    vat_return(call, (bool)(vat_sealed_with(call, me->brand) != NULL));
}
VAT_TYPE(vat_checker, 1);

struct vat_seals vat_seals(void)
{
    struct vat_ref brand = vat_new(vat_brand);
    struct vat_seals seals = {.seal = vat_new(vat_sealer, .brand = brand),
                              .unseal = vat_new(vat_unsealer, .brand = brand),
                              .check = vat_new(vat_checker, .brand = brand)};

    return seals;
}

const struct vat_type *const vat_front_types[] = {&vat_variable_type,
                                                  &vat_forward_type,
                                                  &vat_gate_type,
                                                  &vat_revoker_type,
                                                  &vat_witness_type,
                                                  &vat_filter_type,
                                                  &vat_single_type,
                                                  &vat_brand_type,
                                                  &vat_box_type,
                                                  &vat_sealer_type,
                                                  &vat_unsealer_type,
                                                  &vat_checker_type,
                                                  NULL};
