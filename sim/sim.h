/*
 * The simulator: whole sites in one process under virtual time, joined by wires that lose, repeat,
 * delay and cut, over disks that fail, with peers that lie.  The core is the daemon's own; its
 * clock, random source, store and transport are simulated here.
 *
 * All that happens follows from the options: the same seed gives the same final hash.  What is
 * found wrong ends the process by sim_fail(), so each seed runs in a process of its own (main.c).
 * What is checked is in docs/simulation.md.
 */
#ifndef SERAI_SIM_SIM_H
#define SERAI_SIM_SIM_H

#include "agents/agents.h"
#include "sim/grants.h"
#include "site/core/state.h"

enum {
    SIM_SITES_MAX = 8,
    SIM_WIRES_MAX = 16,
    SIM_CLIENTS = 3,             /* of each site; the first one is its operator */
    SIM_FLIGHT = 512,            /* parcels under way in one direction; more are lost */
    SIM_DOWN_US_MAX = 3000000,   /* a site that died is down no longer */
    SIM_QUIET_US_MAX = 60000000, /* after quiet the network is at rest within this time */
};

/* ---- what may go wrong ---- */

/* "One in n", by chance, and 0 is never. */
struct profile {
    const char *name;
    const char *about;
    uint32_t lose, repeat, cut_short, late; /* of parcels; late: comes after a reconnection */
    uint32_t slow_us;                       /* the longest that a parcel takes */
    uint32_t partition, one_way, reconnect; /* of steps */
    uint32_t crash;                         /* of steps */
    uint32_t commit_fails;                  /* of commits */
    uint32_t rot, backup;                   /* of restarts */
    uint32_t lie;                           /* of the parcels of the site that lies */
    uint32_t short_memory;                  /* of calls into a core */
    uint32_t crowd;                         /* of runs: a thousand agents are born in one frame */
    bool tiny;                              /* bounds that are run into */
    uint64_t disk_bytes;                    /* of journal, then it is full; 0: never */
    bool hungry;                            /* guests that eat what they get */
    uint32_t power;                         /* of kills: the power is lost, not the process alone */
    bool hog;                               /* a customer with much money who wants sites to die */
};

/*
 * profile_named() and profile_at() find a profile by name or by place.  NULL: there is none, or
 * none at that place and beyond.
 */
const struct profile *profile_named(const char *name);
const struct profile *profile_at(size_t index);

/* Faults of the driver itself, on purpose, to see them caught. */
enum plant {
    PLANT_NONE = 0,
    PLANT_EARLY_REPLIES,  /* answers leave before their frame is durable */
    PLANT_EARLY_PARCELS,  /* parcels, and acknowledgements in them, likewise */
    PLANT_LOST_FRAME,     /* a crash takes the last durable frame with it */
    PLANT_STALE_DISK,     /* after a failed commit the site goes on and answers */
    PLANT_LOST_ROW,       /* a crash takes a row of a committed frame */
    PLANT_MADE_MONEY,     /* packets on their way gain a nano */
    PLANT_DOUBLE_REQUEST, /* a client without an answer asks again under a new number */
};
enum { PLANTS = 8 };
extern const char *const plant_names[PLANTS];

/* Sights that many runs of a profile must come to: each is counted, and printed at their end. */
enum seen {
    SEEN_LOST,
    SEEN_REPEATED,
    SEEN_CUT_SHORT,
    SEEN_OLD_PARCEL, /* of a connection that had ended */
    SEEN_PARTED,
    SEEN_ONE_WAY,
    SEEN_RECONNECTED,
    SEEN_KILLED,
    SEEN_KILLED_WRITING, /* with a frame on its way to the disk */
    SEEN_COMMIT_LOST,    /* a commit failed, and its frame is not on the disk */
    SEEN_COMMIT_DONE,    /* a commit failed, and its frame is there all the same */
    SEEN_ROT,
    SEEN_BACKUP,
    SEEN_LIE,
    SEEN_MEMORY_STOPPED,  /* an allocation failed and the site stopped */
    SEEN_MEMORY_REFUSED,  /* an allocation failed and the site refused something, and went on */
    SEEN_MEMORY_START,    /* an allocation failed and the site did not start */
    SEEN_CROWD,           /* a thousand agents were born in one frame */
    SEEN_INBOX_FULL,      /* as many messages wait as may, of all customers */
    SEEN_PART_FULL,       /* as many of one customer */
    SEEN_ALL_FUEL,        /* a turn ate all its fuel */
    SEEN_ALL_FUEL_AGAIN,  /* and so did the one before, of the same agent */
    SEEN_DIED_DEPOSITS,   /* an agent died with entries in the heap */
    SEEN_DIED_PROMISES,   /* ... with answers to come */
    SEEN_DIED_BUYING,     /* ... before it knew of the end that it had bought within the site */
    SEEN_DIED_BUYING_FAR, /* ... with a purchase that the peer has not answered */
    SEEN_KILLED_BUYING,   /* a site was killed right after a purchase at a peer was ordered */
    SEEN_KILLED_DEAD,     /* ... right after the death of a buyer who had no answer yet */
    SEEN_ANSWER_TO_DEAD,  /* the answer came after its death */
    SEEN_POWER_LOST,      /* ... with frames that had let parcels out */
    SEEN_ADOPTED,         /* a site took over what it had sent and forgotten */
    SEEN_DISK_FULL,       /* a disk was nearly full */
    SEEN_DISK_FROZEN,     /* ... and who wrote most was frozen */
    SEEN_DISK_RESTS,      /* ... and its site rested */
    SEEN_LINK_REMOVED,    /* an operator took a link away */
    SEEN_LINK_BACK,       /* ... and joined the peer again */
    SEEN_BIRTHS_UNDONE,   /* a turn gave birth and was undone */
    SEEN_DIED_FULL,       /* an agent died with all the messages that one customer may send it */
    SEEN_SETTLED,         /* an operator confirmed a payment of a peer's */
    SEEN_SETTLE_REFUSED,  /* ... said that it did not come */
    SEEN_CLEARED,         /* at the end, links whose last payment a house made */
    SEEN_CLEARING_FAILED, /* ... or refused */
    SEEN_WIRE_JOINED,     /* at the end: sites that wire agents have joined */
    SEEN_WIRE_LIES,       /* ... lies that one of them told another, and that were answered */
    SEEN_ARCHIVED,        /* at the end: sites that dropped archived frames */
    SEEN_LOSS_ACCEPTED,   /* an operator accepted what an older copy had lost */
    SEEN_QUOTA,           /* refused for a bound of a customer: one for each resource */
    SEEN_KINDS = SEEN_QUOTA + CUSTOMER_RESOURCES
};
extern const char *const seen_names[SEEN_KINDS];

/* Whether runs of this profile must come to see it. */
bool seen_belongs(const struct profile *profile, enum seen seen);

struct sim_options {
    uint64_t seed;
    const struct profile *profile;
    uint32_t sites; /* 0: by the seed */
    uint32_t steps;
    uint32_t agents; /* deployed at each site before the first step; UINT32_MAX: by the seed */
    uint32_t awake;  /* agents of a site kept awake with nothing to do; UINT32_MAX: as it does */
    uint32_t calm;   /* percent of faults that are left out */
    enum plant plant;
    bool trace;
};

/* The result of a run. */
struct sim_result {
    struct hash hash; /* of every row of every site, at the end */
    uint64_t virtual_us;
    uint64_t frames, turns, births, crashes, parcels, messages, requests, freezes;
    uint64_t seen[SEEN_KINDS];
};

/* ---- parts ---- */

struct cursors { /* of one link, as of a frame */
    uint64_t sent_seq, received_seq, epoch, regrants_seq;
    u128 sent_total, received_total;
};

struct sim_client {
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    uint64_t account;
    uint64_t number; /* of the last request */
    struct bytes request;
    struct bytes answer;
    bool waiting;
    bool answered;
    uint64_t again_us;
    uint64_t money_in, money_out; /* asked for by the last request */
};

struct sim_site {
    struct sim *sim;
    uint32_t index;
    char name[2];      /* "a", ...: what its peers call it */
    struct core *core; /* NULL: it is down */
    struct store_memory *memory;
    struct store store;
    struct store_memory *archive; /* segments of its journal that it may have dropped */
    struct store_memory *backup;  /* an older copy; NULL: none was made */
    uint64_t backup_treasury;
    struct rng random; /* what the core draws from */
    struct pricebook book;
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    struct sim_client clients[SIM_CLIENTS];
    uint64_t up_us;   /* when it starts again */
    uint64_t tick_us; /* when links are looked at next */
    /* One frame may be with the writer while the next one fills. */
    struct core_frame frame;
    struct cursors frame_cursors[SIM_WIRES_MAX];
    bool writing;
    uint64_t durable_us;
    /* With a bounded link: frames that are closed and wait for one commit, as in the daemon. */
    struct core_frame joined;
    struct cursors closed_cursors[SIM_WIRES_MAX]; /* as of the last frame that was closed */
    uint64_t closed_caps;
    bool has_joined;
    uint64_t joined_us;                    /* since when */
    bool kept;                             /* the frame with the writer is in the redo log */
    bool ran_ahead;                        /* messages of the joined frames have left */
    bool accepted_loss;                    /* on a link; what was settled may be in suspense */
    bool lost_memory;                      /* the power was lost, or an older copy put back */
    struct cursors durable[SIM_WIRES_MAX]; /* by wire */
    struct hash head;                      /* of the last durable frame */
    struct grants *grants;                 /* who may hold which capability */
    uint64_t frame_caps, durable_caps;     /* digests of all that is held, as of a frame */
    bool caps_known;                       /* durable_caps is of the disk as it is */
    uint64_t asked_agent, asked_message;   /* of the turn that runs (calls_mark()) */
    struct strain *strain;                 /* what its agents go through (strain.c) */
    bool abandoned;                        /* its core is not to be touched any more */
    uint64_t frame_number;                 /* of it */
    uint64_t answered_frame;               /* the last frame that an answer which left speaks of */
    uint64_t last_agent;                   /* whose birth was reported to a client */
    uint64_t money_in, money_out;          /* that were reported to clients */
    bool verify_next;                      /* its disk failed */
    char *portrait; /* of all its state, when it stopped in good order; else NULL */
    bool restored;  /* an older copy was put back, once */
    bool lies;
    uint64_t disk_used;               /* bytes of journal since room was made */
    uint64_t disk_bytes;              /* of all rows, since the beginning */
    uint64_t past_turns, past_births; /* of cores that are gone */
};

struct flying {
    struct bytes bytes;
    uint64_t due_us;
};

struct sim_wire {
    uint32_t ends[2];                     /* sites; the first one dials */
    uint32_t interfaces[2];               /* the link's number at each */
    struct flying flights[2][SIM_FLIGHT]; /* by the sender's end, a ring */
    size_t first[2], count[2];
    struct bytes late[2]; /* one parcel of an older connection */
    uint64_t heal_us;     /* cut until then; 0: whole */
    bool mute[2];         /* what this end sends is lost, until then */
    bool connect;         /* the connection is to be made */
    bool removed[2];      /* by that end's operator, as of the last look */
};

struct sim {
    struct sim_options options;
    struct profile faults; /* the profile; all zero after quiet */
    struct rng world, people, wires_rng, disks;
    uint64_t now_us;
    uint32_t step;
    uint32_t site_count;
    struct sim_site sites[SIM_SITES_MAX];
    size_t wire_count;
    struct sim_wire wires[SIM_WIRES_MAX];
    bool faulty;                     /* not yet quiet */
    uint32_t crowd_site, crowd_step; /* where and when a thousand are born; UINT32_MAX: nowhere */
    struct sim_result result;
};

/* Run it all, for main.  Anything wrong ends the process by sim_fail(). */
void sim_run(const struct sim_options *options, struct sim_result *result);

/* End the process with status 1 and a line on stderr: the step, and what is wrong. */
_Noreturn void sim_fail(const struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print a line with the virtual time, if the options ask for a trace. */
void sim_trace(const struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);

/* Count that something was seen, while faults happen. */
void sim_saw(struct sim *sim, enum seen seen);

/* True by chance, one in n; never for 0. */
bool sim_chance(const struct sim *sim, struct rng *rng, uint32_t n);

#endif
