/*
 * What a wire agent knows: its wires, the sites that it is joined with, and for each of these four
 * tables.  An index means nothing but in the table of one session, and each side keeps its own.
 *
 *     exports    what that site has of this one: a slot each
 *     imports    what this site has of that one: a facet of ours each (a *surrogate*), by badge
 *     questions  of ours to that site: whose answer is waited for here
 *     answers    to that site: the promise of what was asked here for it
 *
 * All of it is memory, and so survives whatever the site does.  Private to this folder.
 */
#ifndef SERAI_SDK_WIRE_STATE_H
#define SERAI_SDK_WIRE_STATE_H

#include "sdk/serai.h"
#include "sdk/serai_outbox.h"
#include "sdk/wire/ops.h"
#include "sdk/wire/queue.h"

/* What our facets are, and to what of which session they belong: the badge says it. */
enum badge_kind {
    BADGE_DOOR = 1,    /* for all on this site: fetch, site */
    BADGE_IMPORT = 2,  /* surrogate of an object there */
    BADGE_PIPE = 3,    /* what is sent to an answer that has not come yet */
    BADGE_HEAR = 4,    /* the answer to what we asked here for the other side */
    BADGE_PROMISE = 5, /* we ask ourselves, for a promise that we can resolve */
    BADGE_DRAIN = 6,   /* a message to ourselves, behind all that waits in our inbox */
    BADGE_SYNC = 10,   /* the same, for the other side */
    BADGE_PATH = 12,   /* as BADGE_IMPORT, for a third site; unlike that it is not watched */
    BADGE_GIFT = 11,   /* we ask ourselves, for who comes for a gift */
    BADGE_WIRE = 7,    /* packets of a wire that another agent holds for us */
    BADGE_FAMILY = 8,  /* such an agent comes */
    BADGE_RELAY = 9,   /* in that agent: what is to be sent on */
};

struct export
{
    uint32_t mentions; /* in packets to that site, not taken back yet; 0 and no gifts: free */
    uint32_t gifts;    /* that others may come for */
    int32_t slot;      /* ours; of a path a facet for this */
    bool is_path;      /* it is an import of ours from a third site: */
    uint8_t path_session;
    uint16_t path_generation; /* of that session */
    uint32_t path_index;
};

struct import {
    uint32_t mentions; /* in packets of that site since the last gc; 0: free */
    uint32_t paths;    /* exports to third sites that are this one */
    int64_t ask;       /* nanos, with the part of the other side */
    bool shown;        /* somebody on this site has its facet */
};

enum question_kind {
    QUESTION_FREE = 0,
    QUESTION_ASKED = 1,    /* by a message: what is sent meanwhile goes to the answer there */
    QUESTION_LISTENS = 2,  /* of a promise there: what is sent meanwhile goes to that */
    QUESTION_WITHDRAWS = 3 /* a gift: as asked */
};

struct question {
    enum question_kind kind;
    int32_t reply;  /* slot of that on which it is answered here; SERAI_SLOT_NONE: none yet */
    int32_t pipe;   /* slot of the facet for what is sent meanwhile, or SERAI_SLOT_NONE */
    uint32_t piped; /* messages that came so */
    int64_t ask;    /* nanos that one of them has to bring, with the part of the other side */
    bool has_end;   /* it has come, and waits in the queue */
    bool asks_sync; /* and so for OP_SYNCED */
    uint32_t index; /* import: ASKED the target + 1 or 0; LISTENS the promise; WITHDRAWS the path */
    uint8_t from;   /* LISTENS, WITHDRAWS: session of who told of it, and which one it was */
    uint16_t from_generation;
};

/* Another site waits for OP_SYNCED, and we for a third one's. */
struct sync {
    bool used;
    uint8_t from;
    uint8_t at;        /* session of the third one */
    uint32_t question; /* of the other site */
};

struct answer {
    bool used;
    bool has_ended;  /* the other side has been told, and lets go next */
    int32_t promise; /* slot, or SERAI_SLOT_NONE: it could not be asked */
    int32_t hear;    /* slot of the facet that hears the answer; it stays for the next one */
    uint32_t
        fails_as;  /* it was asked of this answer, which had failed, and fails so; 0: it was not */
    int64_t money; /* that came with it then, and goes back */
};

/* An export that a site, which has it, leaves for another one. */
struct gift {
    bool used;
    bool has_come;   /* `index` counts */
    uint8_t from;    /* session of who gives it */
    uint32_t number; /* of his */
    uint32_t index;  /* of his exports */
    int32_t reply;   /* on which who came for it gets it; SERAI_SLOT_NONE: nobody came so far */
    uint32_t serial; /* unlike that of what was in this row before */
    uint8_t key[OP_KEY_BYTES]; /* of the site for which it is */
};

/* The same on the side of who gives: so that what is not taken can be taken back. */
struct given {
    bool used;
    uint8_t at; /* session of the site that keeps it */
    uint32_t number;
    uint8_t to; /* session of the site that was told, and the export there */
    uint32_t index;
};

struct session {
    bool open;
    uint16_t generation; /* so that nothing of an earlier one is taken for this one's */
    int32_t wire;        /* on which we send */
    uint8_t key[OP_KEY_BYTES];
    uint8_t secret[OP_SECRET_BYTES]; /* who knows it is who we speak to */
    uint8_t theirs[OP_SECRET_BYTES]; /* all zero: not told yet */
    uint32_t gift_next;
    const char *ends;   /* why, when this turn is over; NULL: it does not */
    bool ends_silently; /* the other side knows */
    struct export exports[WIRE_EXPORTS_MAX];
    struct import imports[WIRE_IMPORTS_MAX];
    struct question questions[WIRE_QUESTIONS_MAX]; /* from 1 on, as what they are to be called */
    struct answer answers[WIRE_QUESTIONS_MAX];
};

enum wire_state {
    WIRE_FREE = 0,
    WIRE_BOUGHT = 1,  /* the site has not answered yet */
    WIRE_WAITS = 2,   /* to be loaded, behind another one */
    WIRE_LOADS = 3,   /* our code is on its way */
    WIRE_UP = 4,      /* a packet can be sent on it */
    WIRE_GREETED = 5, /* and the other side has said who it is */
};

struct wire {
    enum wire_state state;
    uint16_t generation; /* so that nothing of an earlier one is taken for this one's */
    bool is_relayed;     /* another agent of ours holds its end; `end` is a facet of that one */
    bool is_verified;    /* the site has said whose site is at its other end */
    bool is_joined;      /* it belongs to the session of that key */
    int32_t end;         /* slot */
    int32_t session;     /* if it is joined */
    int32_t asker;       /* slot of the reply of who asked for it, or SERAI_SLOT_NONE */
    int64_t money;       /* that he sent for it */
    uint32_t unacked;    /* relayed: packets that its agent has not sent on */
    uint8_t key[OP_KEY_BYTES]; /* of the site there, as it was said */
    struct serai_credit credit;
};

struct wire_agent {
    bool is_relay;             /* only an end, for the wire agent that was here before */
    uint8_t key[OP_KEY_BYTES]; /* of this site */
    uint8_t
        family[SERAI_HEAP_NUMBER_BYTES]; /* heap number by which those of ours find each other */
    uint8_t door[SERAI_HEAP_NUMBER_BYTES];
    int32_t core;            /* relay: slot of the facet for its packets, or SERAI_SLOT_NONE */
    int32_t door_slot;       /* for this site's; it asks what a way to far sites may take */
    int32_t inner_door_slot; /* the same for other sites, whose messages are paid for already */
    int32_t drain_slot;
    struct serai_load load;
    int32_t load_wire; /* that is loaded now, or -1 */
    struct queue queue;
    struct wire wires[WIRE_WIRES_MAX];
    struct session sessions[WIRE_SESSIONS_MAX];
    struct gift gifts[WIRE_GIFTS_MAX];
    struct given given[WIRE_GIFTS_MAX];
    struct sync syncs[WIRE_SYNCS_MAX]; /* what we ask a third site has WIRE_QUESTIONS_MAX added */
};

extern struct wire_agent here;
/* Of this turn: the event, its data, and room for a packet. */
extern struct serai_event event;
extern uint8_t event_data[WIRE_PACKET_BYTES_MAX];
extern uint8_t packet_room[WIRE_PACKET_BYTES_MAX];

/* Owners in the queue: wires by their index, and the ends of questions by their session. */
enum { QUEUE_ENDS = WIRE_WIRES_MAX };

static inline bool export_is_used(const struct export *row)
{
    return row->mentions > 0 || row->gifts > 0;
}

static inline uint8_t session_index(const struct session *session)
{
    return (uint8_t)(session - here.sessions);
}

/* The badge of a facet that belongs to no session. */
static inline uint64_t badge_plain(enum badge_kind kind, uint32_t index)
{
    return (uint64_t)kind << 56 | index;
}

static inline uint64_t badge_of(enum badge_kind kind, uint32_t session, uint32_t index)
{
    return (uint64_t)kind << 56 | (uint64_t)session << 48 |
           (uint64_t)here.sessions[session].generation << 32 | index;
}

static inline enum badge_kind badge_kind(uint64_t badge)
{
    return (enum badge_kind)(badge >> 56);
}

/* The session of a badge of one of its tables, or NULL: it has ended. */
static inline struct session *badge_session(uint64_t badge)
{
    struct session *session = &here.sessions[(badge >> 48 & 0xff) % WIRE_SESSIONS_MAX];

    return session->open && session->generation == (uint16_t)(badge >> 32) ? session : NULL;
}

static inline uint32_t badge_index(uint64_t badge)
{
    return (uint32_t)badge;
}

static inline uint64_t badge_wire(const struct wire *wire)
{
    return (uint64_t)BADGE_WIRE << 56 | (uint64_t)wire->generation << 32 |
           (uint64_t)(wire - here.wires);
}

/* The relayed wire of a badge, or NULL: it has ended. */
static inline struct wire *wire_of_badge(uint64_t badge)
{
    struct wire *wire = &here.wires[badge_index(badge) % WIRE_WIRES_MAX];

    return wire->state != WIRE_FREE && wire->is_relayed &&
                   wire->generation == (uint16_t)(badge >> 32)
               ? wire
               : NULL;
}

#endif
