/* Objects that cross. */
#include "sdk/wire/tables.h"

#include "sdk/wire/wires.h"

_Noreturn void refuse(int32_t code, const char *reason)
{
    serai_fail(code, reason);
}

static int64_t tell(struct session *session, struct op op)
{
    return session_send(session, &op, 0, false);
}

/* ---- imports: what is there ---- */

int64_t import_facet(struct session *session, uint32_t index)
{
    int64_t postage = session->imports[index].ask + WIRE_FEE_NANOS;

    if (index == 0 && postage < WIRE_DOOR_NANOS)
        postage = WIRE_DOOR_NANOS; /* what is behind a door may be far */
    return self_facet_of(SERAI_SLOT_SELF, badge_of(BADGE_IMPORT, session_index(session), index),
                         postage, SERAI_FACET_WATCH);
}

int64_t path_facet(struct session *session, uint32_t index)
{
    return self_facet_of(SERAI_SLOT_SELF, badge_of(BADGE_PATH, session_index(session), index),
                         session->imports[index].ask + WIRE_FEE_NANOS, 0);
}

/* Let go of an import that nobody here has, neither this site nor a third one. */
static void import_release(struct session *session, uint32_t index)
{
    struct import *import = &session->imports[index];

    if (import->shown || import->paths > 0 || import->mentions == 0 || index == 0)
        return; /* the door, 0, is there as long as the site */
    (void)tell(session,
               (struct op){.kind = OP_GC_EXPORT, .index = index, .count = import->mentions});
    import->mentions = 0;
}

void import_unheld(struct session *session, uint32_t index)
{
    session->imports[index].shown = false;
    import_release(session, index);
}

void import_asks(struct session *session, uint32_t index, int64_t ask)
{
    int64_t slot;

    session->imports[index].ask = ask;
    if (!session->imports[index].shown)
        return;
    slot = import_facet(session, index);
    if (slot >= 0)
        (void)cap_drop((int32_t)slot);
}

/* ---- exports: what is here ---- */

static struct export *export_new(struct session *session)
{
    for (uint32_t i = 1; i < WIRE_EXPORTS_MAX; i++) {
        struct export *row = &session->exports[i];

        if (!export_is_used(row)) {
            *row = (struct export){.slot = SERAI_SLOT_NONE};
            return row;
        }
    }
    return NULL;
}

/* What was left elsewhere for who has this export now, and did not come for it. */
static void export_take_gifts_back(uint8_t to, uint32_t index)
{
    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        struct given *given = &here.given[i];

        if (!given->used || given->to != to || given->index != index)
            continue;
        given->used = false;
        if (here.sessions[given->at].open)
            (void)tell(&here.sessions[given->at],
                       (struct op){.kind = OP_GIFT_END, .gift = given->number});
    }
}

static void export_free(struct session *session, uint32_t index)
{
    struct export *row = &session->exports[index];
    struct session *path = &here.sessions[row->path_session];

    if (export_is_used(row))
        return;
    export_take_gifts_back(session_index(session), index);
    if (!row->is_path) {
        (void)cap_drop(row->slot);
        return;
    }
    row->is_path = false;
    if (path->open && path->generation == row->path_generation) {
        path->imports[row->path_index].paths--;
        import_release(path, row->path_index);
        if (path->imports[row->path_index].paths > 0) { /* another site has this facet, too */
            (void)cap_drop(row->slot);
            return;
        }
    }
    if (self_revoke(SERAI_SLOT_SELF, row->slot) < 0)
        (void)cap_drop(row->slot); /* it was dead already */
}

bool export_release(struct session *session, uint32_t index, uint32_t mentions)
{
    struct export *row;

    /* None of none would free what is free: its slot may be somebody else's by now. */
    if (index == 0 || index >= WIRE_EXPORTS_MAX || mentions == 0 ||
        mentions > session->exports[index].mentions)
        return false;
    row = &session->exports[index];
    row->mentions -= mentions;
    export_free(session, index);
    return true;
}

/* Mention an export once more. */
static void export_mention(struct session *to, struct export *row, struct op_place *place)
{
    int64_t postage = facet_postage(row->slot);

    row->mentions++;
    place->kind = facet_state(row->slot) == 0 ? OP_PLACE_OBJECT : OP_PLACE_PROMISE;
    place->index = (uint32_t)(row - to->exports);
    place->ask = (postage < 0 ? 0 : postage) + WIRE_FEE_NANOS;
    if (place->ask > WIRE_ASK_NANOS_MAX)
        place->ask = WIRE_ASK_NANOS_MAX;
}

/* Something of this site. */
static const char *place_of_own(struct session *to, int32_t slot, struct op_place *place)
{
    struct export *row;

    for (uint32_t i = 0; i < WIRE_EXPORTS_MAX; i++) {
        row = &to->exports[i];
        if (export_is_used(row) && !row->is_path && cap_same(slot, row->slot) == 1) {
            export_mention(to, row, place);
            return NULL;
        }
    }
    row = export_new(to);
    if (row == NULL)
        return "the other site has too many objects of this one";
    if (cap_keep(slot) < 0)
        return "the wire agent cannot keep an object";
    row->slot = slot;
    export_mention(to, row, place);
    return NULL;
}

/* Leave an object at its site, `at`, for that one; it is a path as well, if nobody comes for it. */
static void give(struct session *at, uint32_t import, struct session *to, struct op_place *place)
{
    struct given *given = NULL;
    int32_t his = 0;

    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        his += here.given[i].used && here.given[i].to == session_index(to);
        if (!here.given[i].used && given == NULL)
            given = &here.given[i];
    }
    if (given == NULL || his >= WIRE_GIFTS_PART_MAX)
        return;
    place->kind = OP_PLACE_GIFT;
    place->gift = at->gift_next++;
    memcpy(place->key, at->key, OP_KEY_BYTES);
    *given = (struct given){.used = true,
                            .at = session_index(at),
                            .number = place->gift,
                            .to = session_index(to),
                            .index = place->index};
    struct op op = {.kind = OP_GIFT, .gift = place->gift, .index = import};
    memcpy(op.key, to->key, OP_KEY_BYTES);
    (void)session_send(at, &op, 0, false);
}

/* The export to `to` that is this import of another site, or NULL. */
static struct export *path_find(struct session *to, const struct session *at, uint32_t import)
{
    for (uint32_t i = 1; i < WIRE_EXPORTS_MAX; i++) {
        struct export *row = &to->exports[i];

        if (export_is_used(row) && row->is_path && row->path_session == session_index(at) &&
            row->path_generation == at->generation && row->path_index == import)
            return row;
    }
    return NULL;
}

static struct export *path_new(struct session *to, struct session *at, uint32_t import)
{
    struct export *row = export_new(to);
    int64_t slot = row == NULL ? SERAI_E_FULL : path_facet(at, import);

    if (slot < 0)
        return NULL;
    *row = (struct export){.slot = (int32_t)slot,
                           .is_path = true,
                           .path_session = session_index(at),
                           .path_generation = at->generation,
                           .path_index = import};
    at->imports[import].paths++;
    return row;
}

/* Something of a third site. */
static const char *place_of_path(struct session *to, struct session *at, uint32_t import,
                                 struct op_place *place)
{
    struct export *row = path_find(to, at, import);

    if (row == NULL)
        row = path_new(to, at, import);
    if (row == NULL)
        return "the other site has too many objects of this one";
    export_mention(to, row, place);
    if (import != 0)
        give(at, import, to, place);
    return NULL;
}

/* An answer of that site, which has not come yet. */
static const char *place_of_answer(const struct session *to, uint32_t index, struct op_place *place)
{
    const struct question *question = &to->questions[index];

    if (question->kind == QUESTION_LISTENS)
        *place = (struct op_place){.kind = OP_PLACE_YOURS, .index = question->index};
    else
        *place = (struct op_place){.kind = OP_PLACE_ANSWER, .index = index};
    return NULL;
}

const char *place_of_slot(struct session *to, int32_t slot, struct op_place *place)
{
    uint64_t badge = 0;
    int64_t whose;
    struct session *session;

    *place = (struct op_place){.kind = OP_PLACE_NONE};
    if (cap_kind(slot) != SERAI_KIND_FACET)
        return "only objects can go to another site, and a capability is of another kind";
    whose = self_badge(SERAI_SLOT_SELF, slot, &badge);
    if (whose <= 0)
        return serai_is_reply(slot) ? "a reply cannot go to another site"
                                    : place_of_own(to, slot, place);
    if (badge_kind(badge) == BADGE_DOOR) {
        export_mention(to, &to->exports[0], place);
        return NULL;
    }
    session = badge_session(badge);
    if (session == NULL)
        return "an object was one of a site whose wire has closed";
    if (whose == 2 && badge_kind(badge) == BADGE_PIPE)
        return session == to ? place_of_answer(to, badge_index(badge), place)
                             : place_of_own(to, slot, place);
    if (badge_kind(badge) != BADGE_IMPORT && badge_kind(badge) != BADGE_PATH)
        return "the wire agent does not give this away";
    if (session == to) {
        *place = (struct op_place){.kind = OP_PLACE_YOURS, .index = badge_index(badge)};
        return NULL;
    }
    return place_of_path(to, session, badge_index(badge), place);
}

/* ---- questions, and promises that we can resolve ---- */

uint32_t question_new(struct session *session, enum question_kind kind)
{
    for (uint32_t i = 1; i < WIRE_QUESTIONS_MAX; i++) {
        struct question *question = &session->questions[i];

        if (question->kind == QUESTION_FREE) {
            *question =
                (struct question){.kind = kind, .reply = SERAI_SLOT_NONE, .pipe = SERAI_SLOT_NONE};
            return i;
        }
    }
    return 0;
}

int64_t ask_oneself(uint64_t badge, int32_t hear)
{
    return serai_ask(here.drain_slot, &badge, sizeof badge, 0, INT64_MAX, hear);
}

/* ---- from what a packet says ---- */

static int32_t slot_of_import(struct session *from, const struct op_place *place)
{
    struct import *import;
    int64_t slot;

    if (place->index >= WIRE_IMPORTS_MAX)
        return SERAI_SLOT_NONE;
    import = &from->imports[place->index];
    import->mentions++;
    import->ask = place->ask;
    slot = import_facet(from, place->index);
    if (slot >= 0)
        return (int32_t)slot;
    import_release(from, place->index);
    return SERAI_SLOT_NONE;
}

/* A promise here of what `at` is asked for with this operation, whose answer resolves it. */
static int32_t slot_of_question(struct session *at, enum question_kind kind, struct op *op,
                                const struct op_place *place, const struct session *from)
{
    uint32_t index = question_new(at, kind);
    struct question *question = &at->questions[index];
    int64_t slot;

    if (index == 0)
        return SERAI_SLOT_NONE;
    slot = ask_oneself(badge_of(BADGE_PROMISE, session_index(at), index), SERAI_SLOT_NONE);
    if (slot < 0) {
        question->kind = QUESTION_FREE;
        return SERAI_SLOT_NONE;
    }
    question->ask = place->ask;
    question->index = place->index;
    question->from = session_index(from);
    question->from_generation = from->generation;
    op->question = index;
    (void)session_send(at, op, 0, false);
    return (int32_t)slot;
}

static int32_t slot_of_promise(struct session *from, const struct op_place *place)
{
    struct op op = {.kind = OP_LISTEN, .index = place->index};
    int32_t slot = slot_of_question(from, QUESTION_LISTENS, &op, place, from);

    return slot != SERAI_SLOT_NONE ? slot : slot_of_import(from, place);
}

/* Whether so many gifts of that site are being fetched already that it may well be lying. */
static bool fetches_enough(const struct session *at, const struct session *from)
{
    int32_t count = 0;

    for (int32_t i = 1; i < WIRE_QUESTIONS_MAX; i++) {
        const struct question *question = &at->questions[i];

        count += question->kind == QUESTION_WITHDRAWS && question->from == session_index(from) &&
                 question->from_generation == from->generation;
    }
    return count >= WIRE_GIFTS_PART_MAX;
}

/* What `from` has left for us at its site: if we are joined with that, we go there for it. */
static int32_t slot_of_gift(struct session *from, const struct op_place *place)
{
    struct session *at = session_with(place->key);
    struct op op = {.kind = OP_WITHDRAW, .gift = place->gift};
    int32_t slot = SERAI_SLOT_NONE;

    memcpy(op.key, from->key, OP_KEY_BYTES);
    if (at != NULL && at != from && !fetches_enough(at, from))
        slot = slot_of_question(at, QUESTION_WITHDRAWS, &op, place, from);
    return slot != SERAI_SLOT_NONE ? slot : slot_of_import(from, place);
}

/* One of ours; of a third site what this site has of that. */
static int32_t slot_of_own(struct session *from, uint32_t index, bool *is_mine)
{
    const struct export *row = &from->exports[index % WIRE_EXPORTS_MAX];
    struct session *path = &here.sessions[row->path_session];
    int64_t slot;

    if (index >= WIRE_EXPORTS_MAX || !export_is_used(row))
        return SERAI_SLOT_NONE;
    if (!row->is_path)
        return row->slot;
    if (!path->open || path->generation != row->path_generation)
        return SERAI_SLOT_NONE;
    slot = import_facet(path, row->path_index);
    *is_mine = slot >= 0;
    return slot >= 0 ? (int32_t)slot : SERAI_SLOT_NONE;
}

uint32_t answer_origin(const struct session *from, uint32_t index)
{
    uint32_t origin = from->answers[index].fails_as;

    return origin != 0 && from->answers[origin].used ? origin : index;
}

int32_t slot_of_target(const struct session *from, const struct op_place *place)
{
    if (place->kind == OP_PLACE_YOURS && place->index == 0)
        return here.inner_door_slot;
    if (place->kind == OP_PLACE_YOURS && place->index < WIRE_EXPORTS_MAX &&
        export_is_used(&from->exports[place->index]))
        return from->exports[place->index].slot;
    if (place->kind == OP_PLACE_ANSWER && place->index < WIRE_QUESTIONS_MAX &&
        from->answers[place->index].used)
        return from->answers[answer_origin(from, place->index)].promise;
    return SERAI_SLOT_NONE;
}

int32_t slot_of_place(struct session *from, const struct op_place *place, bool *is_mine)
{
    *is_mine = place->kind == OP_PLACE_OBJECT || place->kind == OP_PLACE_PROMISE ||
               place->kind == OP_PLACE_GIFT;
    switch (place->kind) {
    case OP_PLACE_YOURS:
        return slot_of_own(from, place->index, is_mine);
    case OP_PLACE_ANSWER:
        return slot_of_target(from, place);
    case OP_PLACE_OBJECT:
        return slot_of_import(from, place);
    case OP_PLACE_PROMISE:
        return place->index < WIRE_IMPORTS_MAX ? slot_of_promise(from, place) : SERAI_SLOT_NONE;
    case OP_PLACE_GIFT:
        return place->index < WIRE_IMPORTS_MAX ? slot_of_gift(from, place) : SERAI_SLOT_NONE;
    case OP_PLACE_NONE:
    case OP_PLACE_KINDS:
        break;
    }
    return SERAI_SLOT_NONE;
}

bool slots_of_places(struct session *from, const struct op *op, int32_t *slots, bool *are_mine)
{
    bool all = true;

    /* Each of them, also if one is nothing: who tells of it counts it as told. */
    for (int32_t i = 0; i < op->cap_count; i++) {
        slots[i] = slot_of_place(from, &op->caps[i], &are_mine[i]);
        all = all && slots[i] != SERAI_SLOT_NONE;
    }
    return all;
}

/* A surrogate in a slot of ours has been given away, or not. */
static void slot_done(int32_t slot, bool was_given)
{
    uint64_t badge;
    struct session *session;
    struct import *import;

    if (self_badge(SERAI_SLOT_SELF, slot, &badge) != 1 || badge_kind(badge) != BADGE_IMPORT) {
        (void)cap_drop(slot); /* a promise */
        return;
    }
    session = badge_session(badge);
    import = &session->imports[badge_index(badge)];
    import->shown = import->shown || was_given;
    if (import->shown) {
        (void)cap_drop(slot);
        return;
    }
    (void)self_revoke(SERAI_SLOT_SELF, slot); /* nobody ever had it, so nobody would tell us */
    import_release(session, badge_index(badge));
}

void slots_done(const struct op *op, const int32_t *slots, const bool *are_mine, bool were_given)
{
    for (int32_t i = 0; i < op->cap_count; i++) {
        if (are_mine[i] && slots[i] != SERAI_SLOT_NONE)
            slot_done(slots[i], were_given);
    }
}

void places_take_back(struct session *to, const struct op *op)
{
    for (int32_t i = 0; i < op->cap_count; i++) {
        const struct op_place *place = &op->caps[i];

        if (place->kind == OP_PLACE_OBJECT || place->kind == OP_PLACE_PROMISE ||
            place->kind == OP_PLACE_GIFT)
            (void)export_release(to, place->index, 1);
    }
}

/* ---- gifts ---- */

static struct gift *gift_find(uint8_t from, uint32_t number, const uint8_t *key)
{
    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        struct gift *gift = &here.gifts[i];

        if (gift->used && gift->from == from && gift->number == number &&
            memcmp(gift->key, key, OP_KEY_BYTES) == 0)
            return gift;
    }
    return NULL;
}

/* What is wanted of a site is no part of what it gives: it does not know who makes up what. */
static bool gives_enough(uint8_t from)
{
    int32_t count = 0;

    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++)
        count += here.gifts[i].used && here.gifts[i].has_come && here.gifts[i].from == from;
    return count >= WIRE_GIFTS_PART_MAX;
}

static struct gift *gift_new(uint8_t from, uint32_t number, const uint8_t *key)
{
    int32_t count = 0;

    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++)
        count += here.gifts[i].used && memcmp(here.gifts[i].key, key, OP_KEY_BYTES) == 0;
    if (count >= WIRE_GIFTS_PART_MAX)
        return NULL;
    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        struct gift *gift = &here.gifts[i];

        if (!gift->used) {
            *gift = (struct gift){.used = true,
                                  .from = from,
                                  .number = number,
                                  .reply = SERAI_SLOT_NONE,
                                  .serial = gift->serial + 1};
            memcpy(gift->key, key, OP_KEY_BYTES);
            return gift;
        }
    }
    return NULL;
}

/* It is nobody's any more. */
static void gift_free(struct gift *gift)
{
    struct session *from = &here.sessions[gift->from];

    gift->used = false;
    if (gift->reply != SERAI_SLOT_NONE)
        (void)serai_break(gift->reply, WIRE_NO_OBJECT, "nothing was left here");
    if (!gift->has_come || !from->open)
        return;
    from->exports[gift->index].gifts--;
    export_free(from, gift->index);
}

/* Hand it over, if it is here and somebody has come for it. */
static void gift_give(struct gift *gift)
{
    int32_t slot;

    if (!gift->has_come || gift->reply == SERAI_SLOT_NONE)
        return;
    slot = here.sessions[gift->from].exports[gift->index].slot;
    if (facet_send(gift->reply, NULL, 0, &slot, 1, 0, 0, SERAI_SLOT_NONE) >= 0)
        gift->reply = SERAI_SLOT_NONE;
    gift_free(gift);
}

bool gift_comes(struct session *from, const struct op *op)
{
    struct gift *gift = gift_find(session_index(from), op->gift, op->key);

    if (op->index >= WIRE_EXPORTS_MAX || !export_is_used(&from->exports[op->index]) ||
        (gift != NULL && gift->has_come))
        return false;
    if (gift == NULL && !gives_enough(session_index(from)))
        gift = gift_new(session_index(from), op->gift, op->key);
    if (gift == NULL)
        return true; /* no room: who comes for it waits, and has the path as well */
    gift->has_come = true;
    gift->index = op->index;
    from->exports[op->index].gifts++;
    gift_give(gift);
    return true;
}

void gift_ends(struct session *from, uint32_t number)
{
    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        struct gift *gift = &here.gifts[i];

        if (gift->used && gift->has_come && gift->from == session_index(from) &&
            gift->number == number)
            gift_free(gift);
    }
}

uint64_t gift_wanted(struct session *to, const struct op *op)
{
    struct session *from = session_with(op->key);
    struct gift *gift;

    if (from == NULL)
        return 0;
    gift = gift_find(session_index(from), op->gift, to->key);
    if (gift == NULL)
        gift = gift_new(session_index(from), op->gift, to->key);
    if (gift == NULL || gift->reply != SERAI_SLOT_NONE)
        return 0;
    return badge_plain(BADGE_GIFT, gift->serial) | (uint64_t)(gift - here.gifts) << 32;
}

/* The gift of this badge, for which nobody waits so far, or NULL: its row may be another's now. */
static struct gift *gift_of_badge(uint64_t badge)
{
    struct gift *gift = &here.gifts[(badge >> 32 & 0xffff) % WIRE_GIFTS_MAX];

    return gift->used && gift->serial == badge_index(badge) && gift->reply == SERAI_SLOT_NONE
               ? gift
               : NULL;
}

void gift_unwanted(uint64_t badge)
{
    struct gift *gift = gift_of_badge(badge);

    if (gift != NULL && !gift->has_come) /* else he may come once more */
        gift_free(gift);
}

void gift_taker_waits(uint64_t badge, int32_t reply)
{
    struct gift *gift = gift_of_badge(badge);

    if (gift == NULL)
        return; /* its asker hears SILENT, and so below */
    if (cap_keep(reply) < 0) {
        gift_unwanted(badge);
        return;
    }
    gift->reply = reply;
    gift_give(gift);
}

/* ---- the end ---- */

static void gifts_end(uint8_t session, const uint8_t *key)
{
    for (int32_t i = 0; i < WIRE_GIFTS_MAX; i++) {
        struct gift *gift = &here.gifts[i];
        struct given *given = &here.given[i];

        if (gift->used && (gift->from == session || memcmp(gift->key, key, OP_KEY_BYTES) == 0))
            gift_free(gift);
        if (given->used && (given->at == session || given->to == session))
            given->used = false;
    }
}

void tables_end(struct session *session)
{
    gifts_end(session_index(session), session->key);
    for (uint32_t i = 1; i < WIRE_EXPORTS_MAX; i++) {
        struct export *row = &session->exports[i];

        if (!export_is_used(row))
            continue;
        row->mentions = 0;
        row->gifts = 0;
        export_free(session, i);
    }
    for (uint32_t i = 0; i < WIRE_IMPORTS_MAX; i++) {
        struct import *import = &session->imports[i];
        int64_t slot = import->shown ? import_facet(session, i) : SERAI_SLOT_NONE;

        if (slot >= 0)
            (void)self_revoke(SERAI_SLOT_SELF, (int32_t)slot); /* who has it hears CLOSED */
        /* A path to a third site ends with it: its slot holds a facet that is gone. */
        *import = (struct import){.mentions = 0};
    }
    for (uint32_t i = 1; i < WIRE_QUESTIONS_MAX; i++) {
        struct answer *answer = &session->answers[i];

        if (answer->used && answer->promise != SERAI_SLOT_NONE)
            (void)cap_drop(answer->promise);
        if (answer->hear != SERAI_SLOT_NONE)
            (void)self_revoke(SERAI_SLOT_SELF, answer->hear); /* nobody waits any more */
        *answer = (struct answer){.promise = SERAI_SLOT_NONE, .hear = SERAI_SLOT_NONE};
    }
}
