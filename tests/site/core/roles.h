/*
 * Agents that play a few orders one after the other, by name, and write down what they hear: for
 * tests of messages that go over several agents.
 */
#ifndef SERAI_TESTS_SITE_CORE_ROLES_H
#define SERAI_TESTS_SITE_CORE_ROLES_H

#include "tests/site/core/puppet.h"

enum { REGISTERS = 24, NO_REGISTER = -1, ROLE_KEEPS_MAX = 160 };

/* What an agent does with a message that is not the one that makes it play. */
enum reaction { REACTION_HEARS, REACTION_KEEPS, REACTION_TRAPS };

/* Orders that a role still has to give. */
struct script {
    const struct step *steps;
    size_t count;
    bool played;
};

/* An agent, and the slots that it knows by the numbers of its registers. */
struct role {
    uint64_t agent;
    int person;
    int64_t registers[REGISTERS];
    enum reaction reaction;
    int64_t replies[ROLE_KEEPS_MAX]; /* slots of replies that it kept, in the order of questions */
    size_t reply_count;
    int64_t caps[ROLE_KEEPS_MAX]; /* and of what came as the first cap of a message */
    size_t cap_count;
    struct heard heard;
    struct script script;
};

enum verb {
    VERB_FETCH,      /* into: what is in the heap at `number` */
    VERB_PUBLISH,    /* `to` into the heap at `number`, by heap_add_at */
    VERB_TAKE,       /* as VERB_FETCH, by heap_take */
    VERB_FACET,      /* into: a facet of badge `money` */
    VERB_FACET_OF,   /* into: self_facet_of badge `money`, postage `postage`, flags `reply` */
    VERB_SEND,       /* to, cap, reply, money, postage, data */
    VERB_ASK,        /* the same, into */
    VERB_ANSWER,     /* the kept reply number `to`: cap, money, data */
    VERB_PASS,       /* to, money; the kept reply number `reply` is handed on as the reply */
    VERB_WHEN,       /* to, reply */
    VERB_STATE,      /* to */
    VERB_SAME,       /* to, cap */
    VERB_KIND,       /* to */
    VERB_DROP,       /* to */
    VERB_DROP_REPLY, /* the kept reply number `to` */
    VERB_BREAK,      /* the same, by reply_break with code `money` and the reason `data` */
    VERB_RETURN,     /* the same, by reply_return with `money` */
    VERB_PIPE,       /* the kept reply number `to`, cap */
    VERB_BADGE,      /* to: self_badge, and with 1 or 2 so many thousands and the badge */
    VERB_REVOKE,     /* to */
    VERB_POSTAGE,    /* to */
    VERB_FUND,       /* to, money */
    VERB_BUFFER,     /* into: a share of a buffer */
    VERB_DIE,
    VERB_TRAP,
};

/* One order, and what it has to answer: at least 0, unless `expects` says another. */
struct step {
    enum verb verb;
    int to;
    int cap;   /* a register, 0 for none: register 0 is never sent */
    int reply; /* the same */
    int into;
    int64_t money;
    int64_t postage; /* 0: what the target asks */
    uint8_t data;
    uint8_t number;
    bool from_kept;  /* `to` or, of VERB_ANSWER, `cap` counts the caps that it kept */
    int64_t expects; /* 0: success; below: that refusal; above: that result */
};

/* Make an agent of that person which plays. */
void role_new(struct site *site, struct role *role, int person, uint64_t nanos);

/* One turn with these orders; then everything settles. */
void role_plays(struct site *site, struct role *role, const struct step *steps, size_t count);
#define PLAY(site, role, ...)                                                                      \
    role_plays((site), (role), (const struct step[]){__VA_ARGS__},                                 \
               sizeof((struct step[]){__VA_ARGS__}) / sizeof(struct step))

/* The same in two steps: the message that makes it play waits, and later it has played. */
void role_will_play(struct site *site, struct role *role, const struct step *steps, size_t count);
void role_has_played(struct site *site, struct role *role);
#define WILL_PLAY(site, role, ...)                                                                 \
    role_will_play((site), (role), (const struct step[]){__VA_ARGS__},                             \
                   sizeof((struct step[]){__VA_ARGS__}) / sizeof(struct step))

/* A new facet with this badge, in that register, is what the heap has at `number`. */
void role_publish(struct site *site, struct role *role, int reg, int64_t badge, uint8_t number);

/* The object that the role holds in a register. */
struct object *role_object(const struct site *site, const struct role *role, int reg);

/* It heard one end of one question and nothing else: FAILED with this badge and status. */
void role_heard_failed(const struct role *role, uint64_t badge, int32_t status);

/*
 * It heard these bytes with this badge, in this order; it may have heard others besides, and
 * messages without a word.
 */
void role_heard_at(const struct role *role, uint64_t badge, const char *bytes);

/* Forget what it heard. */
void role_forget(struct role *role);

#endif
