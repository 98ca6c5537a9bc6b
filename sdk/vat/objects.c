/* The table of what references lead to, and who holds what. */
#include "sdk/vat/inner.h"

struct vat vat_here;

struct vat_entry *vat_entry_at(struct vat_ref ref)
{
    struct vat_entry *entry = &vat_here.entries[ref.index % VAT_OBJECTS_MAX];

    return refs_holds(&vat_here.refs, ref) && entry->kind != VAT_ENTRY_ENDED ? entry : NULL;
}

struct vat_entry *vat_entry_of(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);

    if (entry == NULL)
        vat_fail(VAT_NO_OBJECT, "the reference leads to nothing");
    return entry;
}

void vat_touch(struct vat_ref ref)
{
    struct vat_entry *entry = &vat_here.entries[ref.index];

    if (entry->touched)
        return;
    entry->touched = true;
    entry->next = vat_here.touched;
    vat_here.touched = ref.index + 1;
}

struct vat_ref vat_entry_new(enum vat_entry_kind kind, int32_t slot)
{
    struct vat_ref ref;
    struct vat_entry *entry;

    vat_here.refs.rows = vat_here.rows;
    vat_here.refs.row_count = VAT_OBJECTS_MAX;
    if ((!vat_here.own && vat_here.refs.used >= VAT_OBJECTS_MAX - VAT_OBJECTS_OWN) ||
        !refs_take(&vat_here.refs, &ref))
        vat_fail(VAT_TOO_MUCH, "the table of objects is full");
    entry = &vat_here.entries[ref.index];
    entry->kind = kind;
    entry->slot = slot;
    entry->holds = 0;
    entry->kept = false;
    entry->wanted = false;
    entry->type = NULL;
    vat_touch(ref);
    return ref;
}

void vat_keep(struct vat_ref ref)
{
    struct vat_entry *entry;

    if (vat_is_nothing(ref))
        return;
    entry = vat_entry_of(ref);
    entry->holds++;
    vat_touch(ref); /* so that the slot is kept when the turn ends */
}

void vat_drop(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);

    if (entry == NULL || entry->holds == 0)
        return;
    entry->holds--;
    vat_touch(ref);
}

void vat_set(struct vat_ref *place, struct vat_ref ref)
{
    struct vat_ref before = *place;

    vat_keep(ref); /* first: it may be the same */
    *place = ref;
    vat_drop(before);
}

void vat_hold_all(const void *state, int32_t count)
{
    const struct vat_ref *refs = state;

    for (int32_t i = 0; i < count; i++) {
        if (vat_entry_at(refs[i]) != NULL) /* its object may have ended: vat_end() */
            vat_keep(refs[i]);
    }
}

void vat_drop_all(const void *state, int32_t count)
{
    const struct vat_ref *refs = state;

    for (int32_t i = 0; i < count; i++)
        vat_drop(refs[i]);
}

void vat_put_state(struct vat_ref ref, const struct vat_type *type, const void *state)
{
    struct vat_entry *entry = vat_entry_of(ref);
    struct vat_entry before = *entry; /* `state` may lie within it */

    /* VAT_TYPE() sees to it already; a type that was written by hand is looked at here. */
    if (type->bytes > VAT_STATE_BYTES)
        vat_fail(VAT_TOO_MUCH, "the state of %s has %d bytes, and there is room for %d", type->name,
                 type->bytes, VAT_STATE_BYTES);
    if (type->refs * sizeof(struct vat_ref) > type->bytes)
        vat_fail(VAT_TOO_MUCH, "the state of %s has no room for %d references", type->name,
                 type->refs);
    vat_hold_all(state, type->refs);
    memmove(entry->state, state, type->bytes);
    entry->type = type;
    if (before.type != NULL)
        vat_drop_all(before.state, before.type->refs);
}

struct vat_ref vat_make(const struct vat_type *type, const void *state)
{
    struct vat_ref ref = vat_entry_new(VAT_ENTRY_NEAR, SERAI_SLOT_NONE);

    vat_put_state(ref, type, state);
    return ref;
}

void vat_become_of(struct vat_call *call, const struct vat_type *type, const void *state)
{
    char *copy = vat_room(type->bytes + 7); /* `state` may be gone when the call returns */

    copy += -(uintptr_t)copy % 8;
    memcpy(copy, state, type->bytes);
    call->next_type = type;
    call->next_state = copy;
}

bool vat_is_near(struct vat_ref ref)
{
    const struct vat_entry *entry = vat_entry_at(ref);

    return entry != NULL && entry->kind == VAT_ENTRY_NEAR;
}

void *vat_state_as(const struct vat_type *type, struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);

    return entry != NULL && entry->kind == VAT_ENTRY_NEAR && entry->type == type ? entry->state
                                                                                 : NULL;
}

/* The entry of an object here also for a promise of it, which is a capability to its facet by now.
 */
static const struct vat_entry *vat_entry_home(struct vat_ref ref)
{
    const struct vat_entry *entry = vat_entry_at(ref);
    uint64_t badge;

    if (entry != NULL && entry->kind == VAT_ENTRY_FAR &&
        self_badge(SERAI_SLOT_SELF, entry->slot, &badge) == 1)
        return vat_entry_at(vat_addressed(badge));
    return entry;
}

bool vat_same(struct vat_ref a, struct vat_ref b)
{
    const struct vat_entry *one;
    const struct vat_entry *other;

    if (vat_is_nothing(a) || vat_is_nothing(b))
        return false;
    one = vat_entry_home(a);
    other = vat_entry_home(b);
    if (one == NULL || other == NULL)
        return false;
    if (one == other)
        return true;
    return one->kind == VAT_ENTRY_FAR && other->kind == VAT_ENTRY_FAR &&
           cap_same(one->slot, other->slot) == 1;
}

/* What the entry had is let go, and its row is free. */
static void vat_entry_free(uint32_t index)
{
    struct vat_entry *entry = &vat_here.entries[index];

    if (entry->type != NULL)
        vat_drop_all(entry->state, entry->type->refs);
    if (entry->slot != SERAI_SLOT_NONE && entry->kept)
        (void)cap_drop(entry->slot); /* a reply that is answered has left it already */
    refs_give(&vat_here.refs, refs_at(&vat_here.refs, index));
}

void vat_end(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_of(ref);

    if (entry->kind != VAT_ENTRY_NEAR)
        vat_fail(VAT_NOT_NEAR, "only an object of this agent can be ended here");
    if (entry->slot != SERAI_SLOT_NONE)
        (void)self_revoke(SERAI_SLOT_SELF, entry->slot);
    entry->slot = SERAI_SLOT_NONE;
    entry->kind = VAT_ENTRY_ENDED; /* its row waits: it may be acting right now */
    entry->holds = 0;
    vat_touch(ref);
}

void vat_sweep(void)
{
    /* A list and no recursion: what goes may let go others, which come behind. */
    while (vat_here.touched != 0) {
        uint32_t index = vat_here.touched - 1;
        struct vat_entry *entry = &vat_here.entries[index];
        bool abroad = entry->kind == VAT_ENTRY_NEAR && entry->slot != SERAI_SLOT_NONE;

        vat_here.touched = entry->next;
        entry->touched = false;
        if (abroad && !entry->given) { /* what was to bring it was refused */
            (void)self_revoke(SERAI_SLOT_SELF, entry->slot);
            entry->slot = SERAI_SLOT_NONE;
            abroad = false;
        }
        if (entry->holds == 0 && !abroad)
            vat_entry_free(index);
        else if (entry->kind != VAT_ENTRY_NEAR && !entry->kept && entry->slot != SERAI_SLOT_NONE)
            entry->kept = cap_keep(entry->slot) >= 0;
    }
}
