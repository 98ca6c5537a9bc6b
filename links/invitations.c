/* A small table in order of number, and its rows (docs/records.md, "Rows of links"). */
#include "links/invitations.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"

enum { KEY_BYTES = 13, KEY_KIND_AT = 4, KEY_NUMBER_AT = 5, KEY_INVITATION = 11 };
enum { INVITATION_FIELDS = 7 };

struct invitations {
    struct invitation list[INVITATIONS_MAX]; /* by number */
    bool dirty[INVITATIONS_MAX];             /* the row must be written */
    size_t count;
    uint64_t dropped[INVITATIONS_MAX]; /* numbers whose rows must be deleted */
    size_t dropped_count;
    uint64_t last; /* number that was given */
};

enum status invitations_new(struct invitations **set)
{
    *set = calloc(1, sizeof **set);
    return *set == NULL ? ST_NOMEM : ST_OK;
}

void invitations_free(struct invitations *set)
{
    free(set);
}

/* ---- finding ---- */

bool invitation_is_open(const struct invitation *invitation, uint64_t now_us)
{
    return invitation->state == INVITATION_OPEN && now_us < invitation->until_us;
}

const char *invitation_state_word(const struct invitation *invitation, uint64_t now_us)
{
    switch (invitation->state) {
    case INVITATION_OPEN:
        return now_us < invitation->until_us ? "open" : "late";
    case INVITATION_USED:
        return "used";
    case INVITATION_REVOKED:
        return "revoked";
    }
    return "unknown";
}

const struct invitation *invitations_numbered(const struct invitations *set, uint64_t number)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].number == number)
            return &set->list[i];
    return NULL;
}

const struct invitation *invitations_keyed(const struct invitations *set,
                                           const uint8_t key[LINK_KEY_BYTES])
{
    for (size_t i = 0; i < set->count; i++)
        if (memcmp(set->list[i].key, key, LINK_KEY_BYTES) == 0)
            return &set->list[i];
    return NULL;
}

const struct invitation *invitations_named(const struct invitations *set, const char *name,
                                           uint64_t now_us)
{
    for (size_t i = 0; i < set->count; i++)
        if (invitation_is_open(&set->list[i], now_us) && strcmp(set->list[i].name, name) == 0)
            return &set->list[i];
    return NULL;
}

size_t invitations_all(const struct invitations *set, const struct invitation **first)
{
    *first = set->list;
    return set->count;
}

struct money invitations_limits(const struct invitations *set, uint64_t now_us)
{
    struct money sum = money_zero();

    for (size_t i = 0; i < set->count; i++)
        if (invitation_is_open(&set->list[i], now_us))
            money_accumulate(&sum, set->list[i].limit); /* each was checked when it was made */
    return sum;
}

/* ---- changing ---- */

static size_t invitations_open(const struct invitations *set, uint64_t now_us)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++)
        count += invitation_is_open(&set->list[i], now_us);
    return count;
}

/* The oldest that is not open gives its place up; there is one (INVARIANT). */
static void invitations_drop_one(struct invitations *set, uint64_t now_us)
{
    size_t at = 0;

    while (at < set->count && invitation_is_open(&set->list[at], now_us))
        at++;
    INVARIANT(at < set->count);
    INVARIANT(set->dropped_count < INVITATIONS_MAX); /* one each time that one is added */
    set->dropped[set->dropped_count++] = set->list[at].number;
    set->count--;
    memmove(&set->list[at], &set->list[at + 1], (set->count - at) * sizeof set->list[0]);
    memmove(&set->dirty[at], &set->dirty[at + 1], (set->count - at) * sizeof set->dirty[0]);
}

enum status invitations_add(struct invitations *set, const struct invitation *wanted,
                            const struct invitation **made, struct fault *fault)
{
    struct invitation *place;

    if (wanted->name[0] != '\0' && !link_is_name(wanted->name))
        return fault_set(fault, ST_INVALID,
                         "invite: a name has 1 to 32 letters, digits or any of -_., and begins "
                         "with a letter");
    if (invitations_keyed(set, wanted->key) != NULL)
        return fault_set(fault, ST_EXISTS, "invite: that key is another invitation's");
    if (wanted->name[0] != '\0' && invitations_named(set, wanted->name, wanted->made_us) != NULL)
        return fault_set(fault, ST_EXISTS, "invite: an open invitation has the name %s already",
                         wanted->name);
    if (invitations_open(set, wanted->made_us) == INVITATIONS_OPEN_MAX)
        return fault_set(fault, ST_FULL,
                         "invite: a site has at most %d open invitations: revoke one "
                         "(`serai link invites` lists them)",
                         INVITATIONS_OPEN_MAX);
    /* A frame may hold many of these: then the rows of those that never had one are not deleted. */
    if (set->count == INVITATIONS_MAX) {
        if (set->dropped_count == INVITATIONS_MAX)
            return fault_set(fault, ST_FULL, "invite: too many at once: try again");
        invitations_drop_one(set, wanted->made_us);
    }
    place = &set->list[set->count];
    *place = *wanted;
    place->number = ++set->last;
    place->state = INVITATION_OPEN;
    memset(place->peer, 0, sizeof place->peer);
    set->dirty[set->count++] = true;
    *made = place;
    return ST_OK;
}

/* One of this set, which its number finds in place. */
static struct invitation *invitation_of(struct invitations *set, const struct invitation *one)
{
    size_t index = (size_t)(one - set->list);

    INVARIANT(one >= set->list && index < set->count);
    INVARIANT(one->state == INVITATION_OPEN);
    set->dirty[index] = true;
    return &set->list[index];
}

void invitation_use(struct invitations *set, const struct invitation *invitation,
                    const uint8_t peer[LINK_KEY_BYTES])
{
    struct invitation *own = invitation_of(set, invitation);

    own->state = INVITATION_USED;
    memcpy(own->peer, peer, sizeof own->peer);
}

void invitation_revoke(struct invitations *set, const struct invitation *invitation)
{
    invitation_of(set, invitation)->state = INVITATION_REVOKED;
}

/* ---- rows ---- */

static void invitation_make_key(uint8_t key[KEY_BYTES], uint64_t number)
{
    be32_put(key, 0);
    key[KEY_KIND_AT] = KEY_INVITATION;
    be64_put(key + KEY_NUMBER_AT, number);
}

static void invitation_save(const struct invitation *invitation, struct store_batch *batch)
{
    uint8_t key[KEY_BYTES];
    struct bytes value = {0};

    cbor_put_array(&value, INVITATION_FIELDS);
    cbor_put_text(&value, invitation->name);
    cbor_put_bytes(&value, invitation->key, LINK_KEY_BYTES);
    cbor_put_money(&value, invitation->limit);
    cbor_put_uint(&value, invitation->made_us);
    cbor_put_uint(&value, invitation->until_us);
    cbor_put_uint(&value, (uint64_t)invitation->state);
    cbor_put_bytes(&value, invitation->peer, LINK_KEY_BYTES);
    INVARIANT(!value.failed); /* a frame cannot be written by half */
    invitation_make_key(key, invitation->number);
    store_batch_put(batch, STORE_LINK, key, sizeof key, value.data, value.size);
    bytes_fini(&value);
}

void invitations_save(struct invitations *set, struct store_batch *batch)
{
    uint8_t key[KEY_BYTES];

    for (size_t i = 0; i < set->dropped_count; i++) {
        invitation_make_key(key, set->dropped[i]);
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
    }
    set->dropped_count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->dirty[i])
            invitation_save(&set->list[i], batch);
        set->dirty[i] = false;
    }
}

/* What holds for each that the calls can make. */
static const char *invitation_error(const struct invitations *set, const struct invitation *one)
{
    static const uint8_t none[LINK_KEY_BYTES];

    if (one->number <= set->last)
        return "its number is not above the one before";
    if (one->name[0] != '\0' && !link_is_name(one->name))
        return "its name is none";
    if (one->until_us < one->made_us)
        return "it ended before it was made";
    if ((memcmp(one->peer, none, sizeof none) != 0) != (one->state == INVITATION_USED))
        return "a peer goes with one that was used, and with no other";
    if (invitations_keyed(set, one->key) != NULL)
        return "its key is there twice";
    return set->count == INVITATIONS_MAX ? "there are more than a site keeps" : NULL;
}

static enum status invitation_load(struct invitations *set, const struct store_row *row,
                                   struct fault *fault)
{
    struct invitation one = {.number = be64_get(row->key + KEY_NUMBER_AT)};
    struct fault inner = {0};
    const char *error;
    struct cbor in;

    cbor_init(&in, row->value, row->value_size);
    cbor_get_array(&in, INVITATION_FIELDS);
    cbor_get_text(&in, one.name, LINK_NAME_BYTES_MAX);
    cbor_get_bytes_exact(&in, one.key, LINK_KEY_BYTES);
    one.limit = cbor_get_money(&in);
    one.made_us = cbor_get_uint(&in, UINT64_MAX);
    one.until_us = cbor_get_uint(&in, UINT64_MAX);
    one.state = (enum invitation_state)cbor_get_uint(&in, INVITATION_REVOKED);
    cbor_get_bytes_exact(&in, one.peer, LINK_KEY_BYTES);
    error = invitation_error(set, &one);
    if (error != NULL)
        cbor_fail(&in, error);
    if (cbor_done(&in, &inner, "row") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "table link, invitation %" PRIu64 ": %s", one.number,
                         inner.text);
    set->list[set->count++] = one;
    set->last = one.number;
    return ST_OK;
}

enum status invitations_load(struct invitations *set, const struct store_read *read,
                             struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    uint8_t key[KEY_BYTES];
    struct store_row row;

    INVARIANT(set->count == 0);
    invitation_make_key(key, 0);
    store_cursor_open(&cursor, read, STORE_LINK, key, KEY_NUMBER_AT, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row)) {
        if (row.key_size == KEY_BYTES)
            status = invitation_load(set, &row, fault);
        else
            status = fault_set(fault, ST_CORRUPT,
                               "table link: the key of an invitation has %zu bytes", row.key_size);
    }
    return store_cursor_close(&cursor, status);
}
