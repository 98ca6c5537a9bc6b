/* Rows to be written with the next frame, at most once each.  Private to this part. */
#ifndef SERAI_AGENTS_CHANGES_H
#define SERAI_AGENTS_CHANGES_H

#include "base/status.h"
#include "base/store.h"

struct agent;
struct code;
struct heap_entry;
struct object;

/* A row to delete with the next frame. */
struct tombstone {
    enum store_table table;
    uint8_t key[40];
    size_t key_size;
};

/* The rows that the next save writes; one whose number is found no more is deleted. */
struct changes {
    bool counters;
    struct bytes agents;     /* of u64 */
    struct bytes objects;    /* of u64 */
    struct bytes heap;       /* of 12-byte numbers */
    struct bytes codes;      /* of struct hash */
    struct bytes tombstones; /* of struct tombstone */
    struct bytes dead; /* of struct agent *: freed at the next save, when nothing points there */
};

/*
 * agent_dirty(), object_dirty(), code_dirty() and heap_dirty() mark a row to be written with the
 * next frame, at most once; if it is not there any more then, its row is deleted.  Not undone:
 * writing an unchanged row is harmless.
 */
void agent_dirty(struct changes *changes, struct agent *agent);
void object_dirty(struct changes *changes, struct object *object);
void code_dirty(struct changes *changes, struct code *code);
void heap_dirty(struct changes *changes, struct heap_entry *entry);

/* List a key to be deleted with the next frame. */
void tombstone_add(struct changes *changes, enum store_table table, const void *key, size_t size);

#endif
