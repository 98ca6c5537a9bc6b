/*
 * Objects in an agent.  A vat is an agent whose state is objects that send each other messages: at
 * once within the agent (vat_near), in a turn of their own to any object of any agent (vat_ask,
 * vat_send).  docs/objects.md teaches it from an empty file.
 *
 *     struct greeter { char name[24]; };
 *
 *     static void greeter(struct vat_call *call)
 *     {
 *         struct greeter *me = call->state;
 *
 *         if (!vat_is(call, "greet"))
 *             vat_fail_method(call);
 *         vat_return_text(call, "Hello %s, my name is %s!", vat_arg_text(call, 0), me->name);
 *     }
 *     VAT_TYPE(greeter, 0);
 *
 *     static void born(struct vat_call *call)
 *     {
 *         (void)call;
 *         vat_front(vat_new(greeter, .name = "Gary"));
 *     }
 *     VAT_PROGRAM(.born = born)
 *
 * Build it with `serai-cc --vat -o hello.wasm hello.c`.
 *
 * A turn is a transaction: a failure in it, of whatever depth, undoes all that all objects did, and
 * who asked learns the code and the reason.  So there is no way to catch a failure of a near call;
 * who wants to survive one asks, and hears it in vat_on().
 *
 * References are lent for the turn, as all that a message brings, and so are new objects: what an
 * object wants later stands in its state, in references that come first there, and is written by
 * vat_set().  What nobody holds when the turn ends, here or abroad, is gone.
 *
 * Everything here is for the one thread of a turn; texts that are returned live until it ends.
 */
#ifndef SERAI_SDK_VAT_VAT_H
#define SERAI_SDK_VAT_VAT_H

#include "sdk/serai.h"
#include "sdk/vat/limits.h"
#include "sdk/vat/refs.h"

/* ---- values ---- */

enum vat_kind {
    VAT_NOTHING = 0,
    VAT_BOOL = 1,  /* `number` */
    VAT_INT = 2,   /* `number` */
    VAT_MONEY = 3, /* `number`, nanos that go with the message */
    VAT_PAID = 4,  /* `number`, nanos that came with one.  To send them on takes vat_money(): what
                      is said twice is paid once */
    VAT_REF = 5,   /* `ref` */
    VAT_TEXT = 6,  /* `bytes` and `size`, UTF-8 without a NUL at the end; so the next three */
    VAT_SYMBOL = 7,
    VAT_BYTES = 8,
    VAT_SYRUP = 9, /* any other value, as it was encoded (sdk/vat/syrup.h): without references */
};

struct vat_value {
    enum vat_kind kind;
    int32_t size;
    union {
        int64_t number;
        const char *bytes;
        struct vat_ref ref;
    };
};

static inline struct vat_value vat_of_int(int64_t number)
{
    return (struct vat_value){.kind = VAT_INT, .number = number};
}

static inline struct vat_value vat_of_bool(bool value)
{
    return (struct vat_value){.kind = VAT_BOOL, .number = value};
}

static inline struct vat_value vat_of_text(const char *text)
{
    return (struct vat_value){.kind = VAT_TEXT, .size = (int32_t)strlen(text), .bytes = text};
}

static inline struct vat_value vat_of_ref(struct vat_ref ref)
{
    return (struct vat_value){.kind = VAT_REF, .ref = ref};
}

static inline struct vat_value vat_of_value(struct vat_value value)
{
    return value;
}

/* Money that goes with a message: vat_ask(shop, "buy", vat_money(5000)). */
static inline struct vat_value vat_money(int64_t nanos)
{
    return (struct vat_value){.kind = VAT_MONEY, .number = nanos};
}

static inline bool vat_is_money(struct vat_value value)
{
    return value.kind == VAT_MONEY || value.kind == VAT_PAID;
}

/* What is written as an argument, as a value: a text, any whole number, a bool, a reference. */
#define VAT_VALUE(x)                                                                               \
    _Generic((x), char *                                                                           \
             : vat_of_text, const char *                                                           \
             : vat_of_text, struct vat_ref                                                         \
             : vat_of_ref, struct vat_value                                                        \
             : vat_of_value, bool                                                                  \
             : vat_of_bool, default                                                                \
             : vat_of_int)(x)

/* VAT_LIST(a, b, ...): an array of one to nine values, and their number. */
#define VAT_LIST(...)                                                                              \
    (const struct vat_value[]){VAT_EACH(__VA_ARGS__)},                                             \
        (int32_t)(sizeof((const struct vat_value[]){VAT_EACH(__VA_ARGS__)}) /                      \
                  sizeof(struct vat_value))
#define VAT_EACH(...)                                                                              \
    VAT_PICK(__VA_ARGS__, VAT_E9, VAT_E8, VAT_E7, VAT_E6, VAT_E5, VAT_E4, VAT_E3, VAT_E2, VAT_E1,  \
             0)                                                                                    \
    (__VA_ARGS__)
#define VAT_PICK(a, b, c, d, e, f, g, h, i, picked, ...) picked
#define VAT_E1(a) VAT_VALUE(a)
#define VAT_E2(a, ...) VAT_VALUE(a), VAT_E1(__VA_ARGS__)
#define VAT_E3(a, ...) VAT_VALUE(a), VAT_E2(__VA_ARGS__)
#define VAT_E4(a, ...) VAT_VALUE(a), VAT_E3(__VA_ARGS__)
#define VAT_E5(a, ...) VAT_VALUE(a), VAT_E4(__VA_ARGS__)
#define VAT_E6(a, ...) VAT_VALUE(a), VAT_E5(__VA_ARGS__)
#define VAT_E7(a, ...) VAT_VALUE(a), VAT_E6(__VA_ARGS__)
#define VAT_E8(a, ...) VAT_VALUE(a), VAT_E7(__VA_ARGS__)
#define VAT_E9(a, ...) VAT_VALUE(a), VAT_E8(__VA_ARGS__)

/* ---- objects ---- */

/* A message that is being handled. */
struct vat_call {
    void *state;         /* of the object, or the record of what was waited for */
    struct vat_ref self; /* the object */
    const char *method;  /* with its size: not a NUL at its end */
    int32_t method_size;
    int32_t count; /* of the arguments */
    const struct vat_value *args;
    int64_t money;           /* nanos that came with it, the agent's already */
    struct vat_value result; /* what vat_return...() set */
    /* The rest is the library's own. */
    bool is_near;   /* its caller gets the result at once */
    int32_t reply;  /* slot of the reply, or SERAI_SLOT_NONE */
    bool handed_on; /* the reply, by vat_later() or vat_pass() */
    const struct vat_type *next_type;
    const void *next_state;
};

typedef void vat_behaviour(struct vat_call *call);

/*
 * What objects of one kind are.  Their state is plain data that begins with `refs` references.
 * `name` and `version` name them in a portrait, and migrate[i] makes the state of version i + 1
 * into that of version i + 2 (sdk/vat/portrait.h).
 */
struct vat_type {
    const char *name;
    vat_behaviour *act;
    uint16_t bytes; /* of the state, at most VAT_STATE_BYTES */
    uint16_t refs;
    uint16_t version; /* from 1 on; 0 counts as 1 */
    void (*const *migrate)(void *state);
};

/* References come first in a state or record, and its name goes into portraits. */
#define VAT_CHECK(word, refs_count)                                                                \
    _Static_assert((refs_count) * sizeof(struct vat_ref) <= sizeof(struct word),                   \
                   "there are fewer references in it");                                            \
    _Static_assert(sizeof #word <= VAT_NAME_BYTES_MAX, "its name is too long")

/* The type of struct NAME, with the behaviour NAME and so many references in front. */
#define VAT_TYPE(word, refs_count)                                                                 \
    _Static_assert(sizeof(struct word) <= VAT_STATE_BYTES, "the state of an object is too large"); \
    VAT_CHECK(word, refs_count);                                                                   \
    static const struct vat_type word##_type = {                                                   \
        .name = #word, .act = word, .bytes = sizeof(struct word), .refs = (refs_count)}

/* Make an object: vat_new(greeter, .name = "Gary").  Fails with VAT_TOO_MUCH. */
#define vat_new(word, ...) vat_make(&word##_type, &(const struct word){__VA_ARGS__})
struct vat_ref vat_make(const struct vat_type *type, const void *state);

/* When this call returns, the object is one of another type or state, under all its references. */
#define vat_become(call, word, ...)                                                                \
    vat_become_of((call), &word##_type, &(const struct word){__VA_ARGS__})
void vat_become_of(struct vat_call *call, const struct vat_type *type, const void *state);

/* Write a reference into the state of an object, in place of what was there. */
void vat_set(struct vat_ref *place, struct vat_ref ref);
/* Hold a reference elsewhere than in a state, and let it go again. */
void vat_keep(struct vat_ref ref);
void vat_drop(struct vat_ref ref);
/* End an object of this agent: from now on all references to it lead to nothing. */
void vat_end(struct vat_ref ref);

/* Whether both are the same object, also if it is another agent's. */
bool vat_same(struct vat_ref a, struct vat_ref b);
static inline bool vat_is_nothing(struct vat_ref ref)
{
    return ref.generation == 0;
}
/* Whether it is an object of this agent, which can be called at once. */
bool vat_is_near(struct vat_ref ref);
/*
 * Whether it leads to nothing any more: the object has ended, or its agent; the promise is broken,
 * or no promise of an object; or nobody waits for the answer that vat_later() owes.
 */
bool vat_is_gone(struct vat_ref ref);
/* The state of an object of this type in this agent; NULL if it is none: this is the brand. */
#define vat_state_of(word, ref) ((struct word *)vat_state_as(&word##_type, (ref)))
void *vat_state_as(const struct vat_type *type, struct vat_ref ref);

/* ---- handling a message ---- */

static inline bool vat_is(const struct vat_call *call, const char *method)
{
    return call->method_size == (int32_t)strlen(method) &&
           memcmp(call->method, method, (size_t)call->method_size) == 0;
}
/* The method as a value, to be shown or sent on. */
static inline struct vat_value vat_method(const struct vat_call *call)
{
    return (struct vat_value){.kind = VAT_SYMBOL, .size = call->method_size, .bytes = call->method};
}
/* The argument at an index; each fails with VAT_NO_ARGUMENT if there is no such one. */
int64_t vat_arg_int(const struct vat_call *call, int32_t index);
const char *vat_arg_text(const struct vat_call *call, int32_t index); /* with a NUL at its end */
struct vat_ref vat_arg_ref(const struct vat_call *call, int32_t index);
struct vat_value vat_arg(const struct vat_call *call, int32_t index); /* of any kind */
/* Copy a text into a state; fails with VAT_TOO_MUCH when it does not fit with its NUL. */
void vat_copy(char *to, size_t room, const char *text);

/*
 * The result.  The last one counts; without any it is nothing.  Money goes with it, and the turn
 * fails if nobody takes that (VAT_NOT_NEAR, VAT_LOST).
 */
#define vat_return(call, x) ((call)->result = VAT_VALUE(x))
#define vat_return_text(call, ...) ((call)->result = vat_of_text(vat_text(__VA_ARGS__)))

/*
 * Undo the turn; who asked hears `caught` with the code, of VAT_CODE_OWN or above, and the text.
 * Does not return.
 */
#define vat_fail(code, ...) vat_fail_with((code), vat_text(__VA_ARGS__))
_Noreturn void vat_fail_with(int32_t code, const char *reason);
/* The object has no such method. */
_Noreturn void vat_fail_method(const struct vat_call *call);

/*
 * Answer later: what is returned can be kept, until vat_answer() or vat_refuse() is given it, once.
 * Fails with VAT_NOT_NEAR in a near call, whose caller does not wait.  It is no object: nobody can
 * be sent it.  An answer for which who asked has no room is lost, and he hears VAT_LOST and gets
 * its money.
 */
struct vat_ref vat_later(struct vat_call *call);
#define vat_answer(later, x) vat_answer_with((later), VAT_VALUE(x))
void vat_answer_with(struct vat_ref later, struct vat_value value);
void vat_refuse(struct vat_ref later, int32_t code, const char *reason);
/* With the money that the question brought, or as much of it as is to go back. */
void vat_refuse_paid(struct vat_ref later, int64_t money, int32_t code, const char *reason);

/*
 * Hand the message on as it is: the answer goes straight to who asked.  Money goes on with it, and
 * back to who asked if the other one fails; it goes to another agent only if somebody waits for the
 * answer (VAT_NOT_NEAR).
 */
void vat_pass(struct vat_call *call, struct vat_ref target);

/* ---- sending ---- */

/*
 * Call an object of this agent: vat_near(cell, "set", 5).  Its result, at once.  Fails with
 * VAT_NOT_NEAR, VAT_NO_OBJECT, VAT_TOO_MUCH (too deep), and with what the object fails with.
 */
#define vat_near(ref, ...) vat_near_list((ref), VAT_LIST(__VA_ARGS__))
struct vat_value vat_near_list(struct vat_ref ref, const struct vat_value *list, int32_t count);
/* Its result, which has to be of this kind (VAT_NO_ARGUMENT). */
#define vat_near_int(ref, ...) vat_int(vat_near((ref), __VA_ARGS__))
#define vat_near_text(ref, ...) vat_text("%s", vat_near((ref), __VA_ARGS__))
#define vat_near_ref(ref, ...) vat_ref_of(vat_near((ref), __VA_ARGS__))
int64_t vat_int(struct vat_value value);
struct vat_ref vat_ref_of(struct vat_value value);

/*
 * Send a message to an object, near or far: it gets a turn of its own.  vat_ask() returns a promise
 * of the answer, which can be listened to (vat_on), and be sent on and asked at once, as if it were
 * the answer.  Both go out when this turn ends, in order; if it fails, they never were.
 */
#define vat_ask(ref, ...) vat_ask_list((ref), VAT_LIST(__VA_ARGS__))
#define vat_send(ref, ...) ((void)vat_ask_list((ref), VAT_LIST(__VA_ARGS__)))
struct vat_ref vat_ask_list(struct vat_ref ref, const struct vat_value *list, int32_t count);

/*
 * What is to happen when a promise is settled, in the turn of the answer: `heard` with the answer
 * as its argument, or `caught` with the code (below 0: a refusal of sdk/abi.h) and the reason; then
 * `finally`.  Each may be NULL.  The call's state is the record, its money what came with the
 * answer or has come back.
 */
struct vat_then {
    const char *name; /* in a portrait */
    vat_behaviour *heard;
    vat_behaviour *caught;
    vat_behaviour *finally;
    uint16_t bytes; /* of the record, at most VAT_RECORD_BYTES */
    uint16_t refs;  /* with which it begins */
};
/* VAT_THEN(drive, 0, .heard = drove): waits with a record `struct drive` */
#define VAT_THEN(word, refs_count, ...)                                                            \
    _Static_assert(sizeof(struct word) <= VAT_RECORD_BYTES, "the record is too large");            \
    VAT_CHECK(word, refs_count);                                                                   \
    static const struct vat_then word##_then = {                                                   \
        .name = #word, .bytes = sizeof(struct word), .refs = (refs_count), __VA_ARGS__}

/* vat_on(vat_ask(car, "drive"), drive, .who = 5) */
#define vat_on(promise, word, ...)                                                                 \
    vat_on_with((promise), &word##_then, &(const struct word){__VA_ARGS__})
void vat_on_with(struct vat_ref promise, const struct vat_then *then, const void *record);

/* ---- the agent ---- */

/*
 * The object that gets what is sent to the agent itself: by its customer, and by its parent.  To it
 * and to all others people can speak in words, with `serai agent send` and `agent call`: "greet
 * Alice 3" is the method greet with the text Alice and the number 3; @0, @1 are capabilities that
 * come with it.  The answer is text then, and goes into the log if nobody waits for it.
 */
void vat_front(struct vat_ref ref);

/* Put a reference into the capability heap, and get one that was put there (VAT_NO_OBJECT). */
void vat_publish(struct vat_ref ref, uint8_t number[SERAI_HEAP_NUMBER_BYTES]);
struct vat_ref vat_fetch(const uint8_t number[SERAI_HEAP_NUMBER_BYTES]);
/* A reference to what is in a slot, which is the agent's own: a facet that an order gave. */
struct vat_ref vat_from_slot(int64_t slot);

/*
 * A text of the turn: vat_text("%s has %m", name, nanos).  %m writes the next value as money, % and
 * any other letter as what it is, %% a %.
 */
#define vat_text(...) vat_text_list(VAT_LIST(__VA_ARGS__))
const char *vat_text_list(const struct vat_value *list, int32_t count);
#define vat_log(...) ((void)serai_log(vat_text(__VA_ARGS__)))

struct vat_program {
    vat_behaviour *born; /* at the beginning: its argument is the text of --args, or of a load */
    void (*other)(int32_t kind, int32_t slot, int32_t size); /* events that are no message; NULL */
    /* For portraits (sdk/vat/portrait.h); both lists end with NULL, and all three may be NULL. */
    const struct vat_type *const *types;
    const struct vat_then *const *thens;
    bool (*portraits)(int32_t kind);
};
#define VAT_PROGRAM(...)                                                                           \
    static const struct vat_program vat_program = {__VA_ARGS__};                                   \
    void serai_turn(int32_t kind, int32_t slot, int32_t size)                                      \
    {                                                                                              \
        vat_turn(&vat_program, kind, slot, size);                                                  \
    }
void vat_turn(const struct vat_program *program, int32_t kind, int32_t slot, int32_t size);

#endif
