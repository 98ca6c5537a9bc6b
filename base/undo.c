/*
 * The pre-images of a turn: a vector of steps, and one run of bytes that holds all the images.
 * Steps are undone from the last to the first, so bytes that were saved twice end as they were
 * before the first save.
 */
#include "base/undo.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* A turn that saved much gives the memory back; below this it is kept for the next. */
enum { KEPT_BYTES_MAX = 1024 * 1024 };

enum step_kind { STEP_SAVE, STEP_ON_ROLLBACK, STEP_ON_COMMIT };

struct undo_step {
    enum step_kind kind;
    void (*action)(void *context, void *argument);
    void *context;  /* of a save: the memory */
    void *argument; /* of a save: unused */
    size_t size;    /* of a save: its image is the last `size` bytes that are not yet restored */
};

struct undo {
    struct undo_step *steps;
    size_t count;
    size_t capacity;
    struct bytes images;
    bool ending; /* inside a rollback or commit, where nothing may be added */
};

enum status undo_new(struct undo **undo)
{
    *undo = calloc(1, sizeof **undo);
    return *undo == NULL ? ST_NOMEM : ST_OK;
}

void undo_free(struct undo *undo)
{
    if (undo == NULL)
        return;
    free(undo->steps);
    bytes_fini(&undo->images);
    free(undo);
}

/* Out of memory stops the program: half an undo log is none. */
static void undo_add_step(struct undo *undo, struct undo_step step)
{
    INVARIANT(!undo->ending);
    undo->steps = array_grow(undo->steps, &undo->capacity, undo->count + 1, sizeof step);
    INVARIANT(undo->steps != NULL);
    undo->steps[undo->count++] = step;
}

void undo_save(struct undo *undo, void *memory, size_t size)
{
    if (size == 0)
        return;
    undo_add_step(undo, (struct undo_step){.kind = STEP_SAVE, .context = memory, .size = size});
    bytes_append(&undo->images, memory, size);
    INVARIANT(!undo->images.failed);
}

void undo_on_rollback(struct undo *undo, void (*action)(void *context, void *argument),
                      void *context, void *argument)
{
    undo_add_step(undo, (struct undo_step){STEP_ON_ROLLBACK, action, context, argument, 0});
}

void undo_on_commit(struct undo *undo, void (*action)(void *context, void *argument), void *context,
                    void *argument)
{
    undo_add_step(undo, (struct undo_step){STEP_ON_COMMIT, action, context, argument, 0});
}

/* Between turns the log is empty; its memory is kept, unless one turn needed very much. */
static void undo_make_empty(struct undo *undo)
{
    undo->count = 0;
    undo->ending = false;
    bytes_clear(&undo->images);
    if (undo->images.capacity > KEPT_BYTES_MAX)
        bytes_fini(&undo->images);
    if (undo->capacity * sizeof *undo->steps > KEPT_BYTES_MAX) {
        free(undo->steps);
        undo->steps = NULL;
        undo->capacity = 0;
    }
}

void undo_rollback(struct undo *undo)
{
    size_t end = undo->images.size;

    INVARIANT(!undo->ending);
    undo->ending = true;
    /* Images come off the end of the run in the order in which the steps do. */
    for (size_t i = undo->count; i-- > 0;) {
        const struct undo_step *step = &undo->steps[i];

        switch (step->kind) {
        case STEP_SAVE:
            end -= step->size;
            memcpy(step->context, undo->images.data + end, step->size);
            break;
        case STEP_ON_ROLLBACK:
            step->action(step->context, step->argument);
            break;
        case STEP_ON_COMMIT:
            break;
        }
    }
    INVARIANT(end == 0);
    undo_make_empty(undo);
}

void undo_commit(struct undo *undo)
{
    INVARIANT(!undo->ending);
    undo->ending = true;
    for (size_t i = 0; i < undo->count; i++) {
        const struct undo_step *step = &undo->steps[i];

        if (step->kind == STEP_ON_COMMIT)
            step->action(step->context, step->argument);
    }
    undo_make_empty(undo);
}

bool undo_is_empty(const struct undo *undo)
{
    return undo->count == 0;
}
