/* Rows that are taken and given back, and references that tell the difference. */
#include "sdk/vat/refs.h"

static void refs_free_row(struct refs *refs, uint32_t index)
{
    struct refs_row *row = &refs->rows[index];

    if (row->generation == UINT32_MAX - 1)
        return; /* its numbers are used up: a reference of old could be right again */
    row->next = refs->free;
    refs->free = index + 1;
}

/* The next row that was never taken. */
static uint32_t refs_touch(struct refs *refs)
{
    refs->rows[refs->fresh].generation = refs->base;
    return refs->fresh++;
}

static struct vat_ref refs_begin(struct refs *refs, uint32_t index)
{
    refs->used++;
    refs->rows[index].generation++;
    return (struct vat_ref){.index = index, .generation = refs->rows[index].generation};
}

bool refs_take(struct refs *refs, struct vat_ref *ref)
{
    if (refs->free != 0) {
        uint32_t index = refs->free - 1;

        refs->free = refs->rows[index].next;
        *ref = refs_begin(refs, index);
        return true;
    }
    if (refs->fresh == refs->row_count)
        return false;
    *ref = refs_begin(refs, refs_touch(refs));
    return true;
}

bool refs_take_at(struct refs *refs, struct vat_ref ref)
{
    if (ref.index < refs->fresh || ref.index >= refs->row_count || ref.generation % 2 == 0 ||
        ref.generation > refs->base)
        return false;
    while (refs->fresh < ref.index)
        refs_free_row(refs, refs_touch(refs));
    (void)refs_touch(refs);
    refs->used++;
    refs->rows[ref.index].generation = ref.generation;
    return true;
}

void refs_give(struct refs *refs, struct vat_ref ref)
{
    refs->used--;
    refs->rows[ref.index].generation++;
    refs_free_row(refs, ref.index);
}

bool refs_holds(const struct refs *refs, struct vat_ref ref)
{
    return ref.index < refs->fresh && ref.generation % 2 == 1 &&
           refs->rows[ref.index].generation == ref.generation;
}

struct vat_ref refs_at(const struct refs *refs, uint32_t index)
{
    struct vat_ref ref = {.index = index};

    if (index < refs->fresh)
        ref.generation = refs->rows[index].generation;
    return refs_holds(refs, ref) ? ref : (struct vat_ref){0};
}
