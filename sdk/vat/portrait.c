/*
 * Portraits.  A portrait is a row of Syrup records in a buffer, one each for the vat, an object and
 * a wait; so neither writing nor reading takes more memory than one record.
 */
#include "sdk/vat/portrait.h"
#include "sdk/vat/inner.h"

/* A record has a state, or what a question remembers, a name and some numbers. */
enum { RECORD_BYTES_MAX = VAT_STATE_BYTES + VAT_RECORD_BYTES + 320, PORTRAIT_VERSION = 1 };

static uint8_t portrait_code[SERAI_CODE_ID_BYTES];
static int32_t portrait_flags;
static int32_t portrait_buffer = SERAI_SLOT_NONE; /* of an upgrade that is tried */
/* While a portrait is read: of which version the state is; 0: there is none. */
static int64_t portrait_versions[VAT_OBJECTS_MAX];

/* ---- writing ---- */

/* Where records go: the first time round they are only counted. */
struct portrait {
    int32_t buffer; /* SERAI_SLOT_NONE: count */
    int32_t size;
    struct syrup_out out;
    uint8_t bytes[RECORD_BYTES_MAX];
};

static void portrait_begin(struct portrait *portrait, const char *label)
{
    portrait->out = (struct syrup_out){.bytes = portrait->bytes, .room = RECORD_BYTES_MAX};
    syrup_open(&portrait->out, SYRUP_RECORD);
    syrup_put_symbol(&portrait->out, label);
}

static void portrait_int(struct portrait *portrait, int64_t number)
{
    syrup_put_int(&portrait->out, number);
}

static void portrait_ref(struct portrait *portrait, struct vat_ref ref)
{
    portrait_int(portrait, ref.index);
    portrait_int(portrait, ref.generation);
}

static void portrait_end(struct portrait *portrait)
{
    syrup_close(&portrait->out, SYRUP_RECORD);
    if (!syrup_fits(&portrait->out))
        vat_fail(VAT_VERSION, "no portrait can be made: the name of a type or a wait is too long");
    if (portrait->buffer != SERAI_SLOT_NONE)
        (void)buffer_write(portrait->buffer, portrait->size, portrait->bytes, portrait->out.size);
    portrait->size += portrait->out.size;
}

static uint16_t portrait_version(const struct vat_type *type)
{
    return type->version == 0 ? 1 : type->version;
}

static void portrait_entry(struct portrait *portrait, struct vat_ref ref)
{
    const struct vat_entry *entry = &vat_here.entries[ref.index];

    portrait_begin(portrait, entry->kind == VAT_ENTRY_NEAR  ? "near"
                             : entry->kind == VAT_ENTRY_FAR ? "far"
                                                            : "later");
    portrait_ref(portrait, ref);
    portrait_int(portrait, entry->slot);
    if (entry->kind == VAT_ENTRY_NEAR) {
        syrup_put_symbol(&portrait->out, entry->type->name);
        portrait_int(portrait, portrait_version(entry->type));
        syrup_put_string(&portrait->out, SYRUP_BYTES, entry->state, entry->type->bytes);
    }
    portrait_end(portrait);
}

/* Also one that waits for nothing now: its generation must not come again. */
static void portrait_wait(struct portrait *portrait, uint32_t index)
{
    const struct vat_wait *wait = &vat_here.waits[index];

    portrait_begin(portrait, "wait");
    portrait_int(portrait, index);
    portrait_int(portrait, wait->generation);
    portrait_int(portrait, wait->facet);
    if (wait->then != NULL) {
        portrait_ref(portrait, wait->self);
        syrup_put_symbol(&portrait->out, wait->then->name);
        syrup_put_string(&portrait->out, SYRUP_BYTES, wait->record, wait->then->bytes);
        syrup_put_bool(&portrait->out, wait->own);
    }
    portrait_end(portrait);
}

/* A number above all generations that there were: what is free here must not come again there. */
static uint32_t portrait_base(void)
{
    uint32_t base = vat_here.refs.base;

    for (uint32_t i = 0; i < vat_here.refs.fresh; i++) {
        if (vat_here.rows[i].generation > base)
            base = vat_here.rows[i].generation;
    }
    return base + base % 2;
}

static void portrait_write(struct portrait *portrait)
{
    portrait->size = 0;
    portrait_begin(portrait, "vat");
    portrait_int(portrait, PORTRAIT_VERSION);
    portrait_int(portrait, portrait_base());
    portrait_ref(portrait, vat_here.front);
    portrait_end(portrait);
    for (uint32_t i = 0; i < vat_here.refs.fresh; i++) {
        struct vat_ref ref = refs_at(&vat_here.refs, i);

        if (!vat_is_nothing(ref))
            portrait_entry(portrait, ref);
    }
    for (uint32_t i = 0; i < VAT_WAITS_MAX; i++) {
        if (vat_here.waits[i].generation != 0)
            portrait_wait(portrait, i);
    }
}

static void portrait_must(int64_t answer)
{
    if (answer < 0)
        vat_fail(VAT_VERSION, "there is no upgrade: refusal %d", answer);
}

/* The end of the turn: everything is sent, and what nobody holds is gone. */
static void portrait_hand_over(void)
{
    static struct portrait portrait;
    struct serai_text args;
    int64_t buffer;

    portrait.buffer = SERAI_SLOT_NONE;
    portrait_write(&portrait);
    buffer = buffer_buy(SERAI_SLOT_BUFFERS, portrait.size);
    portrait_must(buffer);
    portrait.buffer = (int32_t)buffer;
    portrait_write(&portrait);
    serai_text_values(&args, "portrait=%d size=%d", buffer, portrait.size);
    portrait_must(
        self_upgrade(SERAI_SLOT_SELF, portrait_code, args.bytes, args.size, portrait_flags));
    portrait_buffer = portrait.buffer;
}

void vat_upgrade(const uint8_t code_id[SERAI_CODE_ID_BYTES], int32_t flags)
{
    memcpy(portrait_code, code_id, sizeof portrait_code);
    portrait_flags = flags;
    vat_here.at_end = portrait_hand_over;
}

/* ---- reading ---- */

static _Noreturn void portrait_fail(void)
{
    vat_fail(VAT_MALFORMED, "the portrait is damaged");
}

/* A record that is read, token by token. */
static int64_t portrait_get_int(struct syrup_in *in)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != SYRUP_INT)
        portrait_fail();
    return token.number;
}

static uint32_t portrait_get_index(struct syrup_in *in, uint32_t limit)
{
    int64_t number = portrait_get_int(in);

    if (number < 0 || number >= limit)
        portrait_fail();
    return (uint32_t)number;
}

static struct vat_ref portrait_get_ref(struct syrup_in *in)
{
    struct vat_ref ref;

    ref.index = portrait_get_index(in, UINT32_MAX);
    ref.generation = portrait_get_index(in, UINT32_MAX);
    if (ref.index >= VAT_OBJECTS_MAX)
        vat_fail(VAT_VERSION, "an object has place %d, and this program has %d places", ref.index,
                 VAT_OBJECTS_MAX);
    return ref;
}

static struct syrup_token portrait_get(struct syrup_in *in, enum syrup_kind kind)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != kind)
        portrait_fail();
    return token;
}

static bool portrait_is(const struct syrup_token *token, const char *name)
{
    return token->size == (int32_t)strlen(name) &&
           memcmp(token->bytes, name, (size_t)token->size) == 0;
}

static const struct vat_type *portrait_find(const struct vat_type *const *types,
                                            const struct syrup_token *name)
{
    for (; types != NULL && *types != NULL; types++) {
        if (portrait_is(name, (*types)->name))
            return *types;
    }
    return NULL;
}

/* The type of this name, here or among the library's. */
static const struct vat_type *portrait_type(const struct syrup_token *name)
{
    const struct vat_type *type = portrait_find(vat_here.program->types, name);
    struct vat_value shown = {
        .kind = VAT_TEXT, .bytes = (const char *)name->bytes, .size = name->size};

    if (type == NULL)
        type = portrait_find(vat_front_types, name);
    if (type == NULL)
        type = portrait_find(vat_many_types, name);
    if (type == NULL)
        vat_fail(VAT_VERSION, "this program has no type %s", shown);
    return type;
}

/* The state of an older version, step by step. */
static void portrait_migrate(struct vat_entry *entry, int64_t version)
{
    const struct vat_type *type = entry->type;

    for (; version < portrait_version(type); version++) {
        if (type->migrate == NULL)
            vat_fail(VAT_VERSION, "%s has no step from version %d", type->name, version);
        type->migrate[version - 1](entry->state);
    }
}

static void portrait_read_entry(struct syrup_in *in, enum vat_entry_kind kind)
{
    struct vat_ref ref = portrait_get_ref(in);
    struct vat_entry *entry = &vat_here.entries[ref.index];
    struct syrup_token token;
    int64_t version;
    int32_t now;

    if (!refs_take_at(&vat_here.refs, ref))
        portrait_fail();
    entry->kind = kind;
    entry->slot = (int32_t)portrait_get_int(in);
    entry->kept = kind != VAT_ENTRY_NEAR;
    entry->given = true;
    vat_touch(ref);
    if (kind != VAT_ENTRY_NEAR)
        return;
    token = portrait_get(in, SYRUP_SYMBOL);
    entry->type = portrait_type(&token);
    version = portrait_get_int(in);
    token = portrait_get(in, SYRUP_BYTES);
    now = portrait_version(entry->type);
    if (version < 1 || version > now)
        vat_fail(VAT_VERSION, "%s is of version %d, and this program knows %d", entry->type->name,
                 version, now);
    if (version == now && token.size != entry->type->bytes)
        vat_fail(VAT_VERSION, "%s has %d bytes, and in this program %d: that is another version",
                 entry->type->name, token.size, entry->type->bytes);
    if (token.size > VAT_STATE_BYTES)
        vat_fail(VAT_VERSION, "%s has %d bytes, and this program has room for %d",
                 entry->type->name, token.size, VAT_STATE_BYTES);
    memcpy(entry->state, token.bytes, (size_t)token.size);
    portrait_versions[ref.index] = version;
}

/* What waits under this name. */
static const struct vat_then *portrait_then(const struct syrup_token *name)
{
    const struct vat_then *const *thens = vat_here.program->thens;
    struct vat_value shown = {
        .kind = VAT_TEXT, .bytes = (const char *)name->bytes, .size = name->size};

    for (; thens != NULL && *thens != NULL; thens++) {
        if (portrait_is(name, (*thens)->name))
            return *thens;
    }
    vat_fail(VAT_VERSION, "this program does not know what waits as %s", shown);
}

static void portrait_read_wait(struct syrup_in *in)
{
    uint32_t index = portrait_get_index(in, UINT32_MAX);
    struct vat_wait *wait = &vat_here.waits[index % VAT_WAITS_MAX];
    const struct vat_then *then;
    struct syrup_token token;

    if (index >= VAT_WAITS_MAX)
        vat_fail(VAT_VERSION, "a question waits in place %d, and this program has %d places", index,
                 VAT_WAITS_MAX);
    wait->generation = portrait_get_index(in, UINT32_MAX);
    wait->facet = (int32_t)portrait_get_int(in);
    if (in->bytes[in->at] == '>')
        return;
    wait->self = portrait_get_ref(in);
    token = portrait_get(in, SYRUP_SYMBOL);
    then = portrait_then(&token);
    token = portrait_get(in, SYRUP_BYTES);
    if (token.size != then->bytes)
        vat_fail(VAT_VERSION, "what waits as %s has %d bytes, and in this program %d", then->name,
                 token.size, then->bytes);
    memcpy(wait->record, token.bytes, (size_t)token.size);
    wait->then = then;
    wait->own = in->bytes[in->at] != '>' && syrup_next(in, &token) == SYRUP_TRUE;
}

/* The first record. */
static void portrait_read_head(struct syrup_in *in)
{
    int64_t version = portrait_get_int(in);

    if (version != PORTRAIT_VERSION)
        vat_fail(VAT_VERSION, "the portrait has format %d, and this program knows %d", version,
                 PORTRAIT_VERSION);
    vat_here.refs.rows = vat_here.rows;
    vat_here.refs.row_count = VAT_OBJECTS_MAX;
    vat_here.refs.base = portrait_get_index(in, UINT32_MAX);
    vat_here.front = portrait_get_ref(in);
}

static void portrait_read(struct syrup_in *in)
{
    struct syrup_token label;

    (void)portrait_get(in, SYRUP_RECORD);
    label = portrait_get(in, SYRUP_SYMBOL);
    if (portrait_is(&label, "vat"))
        portrait_read_head(in);
    else if (portrait_is(&label, "wait"))
        portrait_read_wait(in);
    else if (portrait_is(&label, "near"))
        portrait_read_entry(in, VAT_ENTRY_NEAR);
    else if (portrait_is(&label, "far"))
        portrait_read_entry(in, VAT_ENTRY_FAR);
    else if (portrait_is(&label, "later"))
        portrait_read_entry(in, VAT_ENTRY_LATER);
    else
        portrait_fail();
}

/* When all rows are there: a step may make objects, in rows of their own. */
static void portrait_migrate_all(void)
{
    for (uint32_t i = 0; i < VAT_OBJECTS_MAX; i++) {
        if (portrait_versions[i] != 0)
            portrait_migrate(&vat_here.entries[i], portrait_versions[i]);
    }
}

/* Who holds what is counted anew: a step may have let something go. */
static void portrait_recount(void)
{
    for (uint32_t i = 0; i < vat_here.refs.fresh; i++)
        vat_here.entries[i].holds = 0;
    vat_hold_all(&vat_here.front, 1);
    for (uint32_t i = 0; i < vat_here.refs.fresh; i++) {
        const struct vat_entry *entry = vat_entry_at(refs_at(&vat_here.refs, i));

        if (entry != NULL && entry->kind == VAT_ENTRY_NEAR)
            vat_hold_all(entry->state, entry->type->refs);
    }
    for (uint32_t i = 0; i < VAT_WAITS_MAX; i++) {
        const struct vat_wait *wait = &vat_here.waits[i];

        if (wait->then == NULL)
            continue;
        vat_hold_all(wait->record, wait->then->refs);
        vat_hold_all(&wait->self, 1);
    }
}

static bool portrait_restore(void)
{
    static uint8_t bytes[RECORD_BYTES_MAX];
    char args[128];
    int32_t args_size = (int32_t)event_read(args, sizeof args, 0);
    int32_t buffer = (int32_t)serai_arg_int("portrait", args, args_size, SERAI_SLOT_NONE);
    int32_t left = (int32_t)serai_arg_int("size", args, args_size, 0);

    if (buffer == SERAI_SLOT_NONE)
        return false;
    for (int32_t at = 0; left > 0;) {
        struct syrup_in in = {.bytes = bytes,
                              .size = left < RECORD_BYTES_MAX ? left : RECORD_BYTES_MAX};
        struct syrup_in record = in;

        if (buffer_read(buffer, at, bytes, in.size) < 0)
            portrait_fail();
        if (!syrup_skip(&in))
            vat_fail(VAT_VERSION, "a record of the portrait is damaged, or has over %d bytes",
                     RECORD_BYTES_MAX);
        portrait_read(&record);
        at += in.at;
        left -= in.at;
    }
    portrait_migrate_all();
    portrait_recount();
    (void)buffer_sell(SERAI_SLOT_BUFFERS, buffer);
    return true;
}

bool vat_portraits(int32_t kind)
{
    struct serai_event event;
    uint8_t id[SERAI_CODE_ID_BYTES];

    (void)event_info(&event);
    if (kind == SERAI_EVENT_BECAME)
        return portrait_restore();
    if (kind == SERAI_EVENT_KEPT)
        (void)buffer_sell(SERAI_SLOT_BUFFERS, portrait_buffer);
    else if (event_read(id, sizeof id, 0) == sizeof id)
        vat_upgrade(id, event.status);
    return true;
}
