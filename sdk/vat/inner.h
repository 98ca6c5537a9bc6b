/* What the files of the vat share.  Private to them. */
#ifndef SERAI_SDK_VAT_INNER_H
#define SERAI_SDK_VAT_INNER_H

#include "sdk/vat/syrup.h"
#include "sdk/vat/vat.h"

enum vat_entry_kind {
    VAT_ENTRY_NEAR = 1,
    VAT_ENTRY_FAR = 2,     /* another agent's, or a promise; without a slot one of nothing */
    VAT_ENTRY_LATER = 3,   /* a reply that is owed */
    VAT_ENTRY_PROMISE = 4, /* of a message that did not leave yet */
    VAT_ENTRY_ENDED = 5,   /* vat_end(): its row is free when the turn ends */
};

/* What a reference leads to. */
struct vat_entry {
    enum vat_entry_kind kind;
    int32_t slot;   /* FAR, LATER: where it is; NEAR: of its facet; else SERAI_SLOT_NONE */
    uint32_t holds; /* places that hold it: states, records, vat_keep() */
    bool kept;      /* FAR, LATER: the slot is ours when the turn is over */
    bool given;     /* NEAR: its facet left, and the site tells when nobody has it any more */
    bool wanted;    /* PROMISE: it is asked, or sent on, before there is an answer */
    bool touched;   /* it is in the list of those that the end of the turn looks at */
    uint32_t next;  /* of that list: index + 1 */
    const struct vat_type *type;
    _Alignas(8) uint8_t state[VAT_STATE_BYTES];
};

/* Somebody who waits for an answer. */
struct vat_wait {
    const struct vat_then *then; /* NULL: nobody */
    struct vat_ref self;         /* who asked */
    uint32_t generation;         /* even, another for each one who waits here */
    int32_t facet;               /* slot of that on which the answer comes */
    bool own; /* it was asked in a turn of the vat's own, and so is the answer's */
    _Alignas(8) uint8_t record[VAT_RECORD_BYTES];
};

/* A message that leaves when the turn ends. */
struct vat_sent {
    struct vat_ref target;
    struct vat_ref promise; /* of its answer; nothing: none is given */
    struct vat_ref refs[VAT_ARGS_MAX];
    int32_t ref_count;
    int32_t begin; /* of the body */
    int32_t size;
    int64_t money;
    int32_t wait;   /* index of who waits for its answer, or -1 */
    int32_t reply;  /* slot of one that is handed on with it, or SERAI_SLOT_NONE */
    bool at_once;   /* it answers the message of this turn */
    bool asks_when; /* no message, but the question when the target will be known */
};

struct vat {
    const struct vat_program *program;
    struct refs refs; /* of the entries */
    struct refs_row rows[VAT_OBJECTS_MAX];
    struct vat_entry entries[VAT_OBJECTS_MAX];
    struct vat_wait waits[VAT_WAITS_MAX];
    struct vat_ref front;
    void (*at_end)(void); /* what is to be done when the turn is over, once; NULL: nothing */
    /* Of this turn. */
    uint32_t touched; /* index + 1 of the first */
    int32_t depth;
    struct vat_ref self; /* the object that acts */
    bool own;            /* the vat's own turn, and of no message to one of its objects */
    struct vat_sent sent[VAT_SENT_MAX];
    int32_t sent_count;
    int32_t sent_done;
    uint8_t bodies[VAT_SENT_BYTES_MAX];
    int32_t bodies_size;
    char texts[VAT_TEXT_BYTES_MAX];
    int32_t texts_size;
};

extern struct vat vat_here;

_Static_assert(VAT_STATE_BYTES <= UINT16_MAX, "a type counts the bytes of its state in 16 bits");

/* A message that came. */
struct vat_message {
    struct serai_event event;
    uint8_t body[VAT_BODY_BYTES_MAX];
    int32_t size;
    struct vat_value list[VAT_ARGS_MAX + 1]; /* the method, then the arguments */
    int32_t count;
    struct vat_ref arrived[SERAI_MESSAGE_CAPS_MAX];
    const char *wrong; /* with what it speaks of; NULL: nothing */
};

/* The types of the library; each list ends with NULL. */
extern const struct vat_type *const vat_front_types[]; /* behaviours.c */
extern const struct vat_type *const vat_many_types[];  /* many.c */

/* ---- objects.c ---- */

/* The entry, or NULL; vat_entry_of() fails instead. */
struct vat_entry *vat_entry_at(struct vat_ref ref);
struct vat_entry *vat_entry_of(struct vat_ref ref);
/* A new entry, which is gone when the turn ends unless it is held by then.  VAT_TOO_MUCH. */
struct vat_ref vat_entry_new(enum vat_entry_kind kind, int32_t slot);
/* Look at the entry when the turn ends. */
void vat_touch(struct vat_ref ref);
/* Another type and state for an entry; references of the old one are let go. */
void vat_put_state(struct vat_ref ref, const struct vat_type *type, const void *state);
/* Hold or let go the references that begin a state or record; those that lead nowhere are left. */
void vat_hold_all(const void *state, int32_t count);
void vat_drop_all(const void *state, int32_t count);
/* The end of the turn: what nobody holds goes. */
void vat_sweep(void);

/* ---- vat.c ---- */

/* Call an object with a message; what is not set in `call` is set here. */
void vat_dispatch(struct vat_call *call, struct vat_ref target);
/* The object that a badge of ours belongs to. */
struct vat_ref vat_addressed(uint64_t badge);
/* Call one of the three functions of one who waited; so much money came with the answer. */
void vat_resume(const struct vat_wait *wait, vat_behaviour *what, const struct vat_value *args,
                int32_t count, int64_t money);
/* The slot of the reply of vat_later(), which leaves it: VAT_SPENT if it did before. */
int32_t vat_reply_of(struct vat_ref later);

/* ---- text.c ---- */

/* Room for a text of the turn; VAT_TOO_MUCH. */
char *vat_room(int32_t bytes);
/* So many bytes of a text as there is room for, without half a letter at the end. */
int32_t vat_fit(const char *text, int32_t size, int32_t room);
/* The text cut to that, with a NUL at its end. */
const char *vat_cut(const char *text, int32_t room);
/* Somebody's bytes as a text: in those that are none, a ? for each that is no letter. */
struct vat_value vat_text_of(uint8_t *bytes, int32_t size);

/* ---- body.c ---- */

/* Read the event of this turn and its values: NULL, or why it is no message between objects. */
const char *vat_read_message(struct vat_message *message, bool is_answer);
/* Write the values as the body of one more message; an answer is the one value without a list. */
struct vat_sent *vat_write_message(const struct vat_value *list, int32_t count, bool is_answer);
/* Write a text as it is, for people. */
struct vat_sent *vat_write_text(struct vat_value value);

/* ---- far.c ---- */

/* The reference to what came in a slot; to nothing if that is a reply. */
struct vat_ref vat_arrive(int32_t slot);
/* The slot by which others can be given what the reference leads to, or SERAI_SLOT_NONE. */
int32_t vat_slot_of(struct vat_ref ref);
/* The entry of an object or promise that is about to be asked or told; VAT_NO_OBJECT. */
struct vat_entry *vat_want(struct vat_ref ref);
/* Nobody elsewhere has the object of this badge any more, or the question of it has ended. */
void vat_unheld(uint64_t badge);
/* Who waits with this badge; NULL: nobody. */
struct vat_wait *vat_waiting(uint64_t badge);
/* The slot of the facet on which the answer comes for who waits here; or a refusal. */
int64_t vat_wait_facet(int32_t index);
/* An answer or a failure came to him. */
void vat_heard(struct vat_message *message, struct vat_wait *wait);
/* There is no answer for him; so much money is the agent's again, or came along all the same. */
void vat_wait_caught(struct vat_wait *wait, int32_t code, struct vat_value reason, int64_t money);
/* What a status says that comes without words. */
const char *vat_status_text(int32_t status);

/* ---- leave.c ---- */

/* Let all messages of the turn go. */
void vat_flush(void);
/*
 * End the question of a reply without an answer, and give the money to who asked; the slot is free
 * afterwards, and nothing is done for SERAI_SLOT_NONE.
 */
void vat_end_question(int32_t reply, int64_t money, int32_t code, const char *reason);

/*
 * Badges: the front has 0.  All others have an index below and a generation above, which is odd for
 * an object, and even for who waits for an answer.
 */
static inline bool vat_is_wait(uint64_t badge)
{
    return badge != 0 && (badge >> 32) % 2 == 0;
}

#endif
