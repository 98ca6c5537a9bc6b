/* The parts of the core; private to this folder. */
#ifndef SERAI_SITE_CORE_STATE_H
#define SERAI_SITE_CORE_STATE_H

#include "agents/agents.h"
#include "base/table.h"
#include "channels/channels.h"
#include "exchange/exchange.h"
#include "links/link.h"
#include "site/core/allowance.h"
#include "site/core/core.h"
#include "site/core/customer_index.h"

enum {
    CUSTOMERS_MAX = 65536, /* that the operator added */
    /* Customers of neighbours, who choose their tags.  Each neighbour has the first number of rows
     * in any case, and of the second, shared by all, as many as are free: so nobody's customers
     * keep another's out. */
    LINK_CUSTOMERS_OWN = 64,
    LINK_CUSTOMERS_SHARED = 16384,
    CUSTOMERS_OVER_STEP = 256, /* rows given up in one frame: each ends an account */
    TIME_STEP_US_MAX =
        2 * 60000000,     /* of site time in one step: a quiet site settles each minute */
    READ_LIMIT_MAX = 256, /* items of one list answer */
};

struct customer {
    uint64_t account;
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    uint32_t interface; /* not 0: made for a neighbour's customer, and has no key */
    uint64_t tag;       /* that customer's number at the neighbour */
    uint32_t share;     /* agents_set_share(); of a neighbour's customers always 1 */
    bool dirty;         /* and among changed_customers */
    /* The last signed request of its key, kept so that a repeat gets the first answer. */
    uint64_t number;
    struct hash request;
    struct bytes answer;
    bool request_dirty;             /* and among answered_customers */
    struct allowance refused_code;  /* bytes of modules that were checked in vain */
    struct allowance free_commands; /* that were done, and cost it nothing */
};
/*
 * To check a module takes about a quarter of a second of core for each MiB.  A deployment that
 * stands pays for a birth; one that is refused after that work uses up this much of the customer's
 * allowance, which comes back at this rate: 1.6 percent of a core.
 */
enum { REFUSED_CODE_BYTES_MAX = 4 * 1024 * 1024, REFUSED_CODE_BYTES_PER_S = 64 * 1024 };
/*
 * A command that only moves the customer's own money or stops an agent is free, or one that is out
 * of money could do nothing about it; but each is 300 to 500 bytes of the journal, for ever.  At
 * this rate a customer writes 43 MB a day.
 */
enum { FREE_COMMANDS_MAX = 1024, FREE_COMMANDS_PER_S = 1 };

/* ---- the brake before the end of the disk (disk.c) ---- */

enum disk_level {
    DISK_ROOMY,
    DISK_LOW,   /* told */
    DISK_FULL,  /* nothing is born, and who would fill the rest within seconds is held */
    DISK_RESTS, /* nobody runs, links' messages wait, site time stands still */
};
enum {
    DISK_WRITERS = 1024,
    DISK_FRAME_BYTES_MIN = 64 * 1024,
    /* A request waits for the frame at the writer and for its own: each is written well within
     * half a second. */
    DISK_FRAME_BYTES_MAX = 32 * 1024 * 1024,
};
#define DISK_WINDOW_US ((uint64_t)10000000)

struct disk_writer {
    uint64_t writer;   /* an agent, or the first account of a link */
    uint64_t customer; /* whose */
    uint64_t bytes;    /* of the journal, lately */
};

struct disk {
    struct core_disk told; /* all zero: nothing was told, and there is room */
    enum disk_level level;
    uint64_t halved_us;
    struct disk_writer writers[DISK_WRITERS]; /* by writer modulo their number */
    bool link_rests[LINK_INTERFACES_MAX + 1]; /* by interface */
};

/* How often a neighbour that has not acknowledged everything is asked where it stands. */
enum { LINK_REMIND_US = 3000000 };

/* Changes of a link's state that were logged, so that one that flaps does not fill the log. */
struct link_telling {
    uint64_t since_us; /* monotonic */
    uint32_t told;     /* since then */
    uint32_t untold;
};
enum { LINK_TELL_US = 60000000, LINK_TELL_MAX = 10 };

struct core {
    struct core_options options;
    struct ledger *ledger;
    struct undo *undo;
    struct store store; /* to read pages again; else only while loading */
    struct agents *agents;
    struct channels *channels;
    struct links *links;
    struct exchange *exchange;                        /* of these four, and the ledger */
    struct link_telling telling[LINK_INTERFACES_MAX]; /* by interface - 1 */
    uint64_t reminded_us;                             /* monotonic time of the last reminder */
    bool links_changed; /* the edge has to be told of links it does not know */

    struct customer_index customers; /* in order of account; the first is the operator */
    struct customer_index by_key;    /* those that the operator added */
    struct customer_index by_tag;    /* neighbours', in order of interface and tag */
    uint32_t link_customers[LINK_INTERFACES_MAX]; /* by interface - 1 */
    uint64_t shared_customers;                    /* beyond LINK_CUSTOMERS_OWN of each */
    struct bytes over_customers;     /* u64: accounts of neighbours' that may be given up */
    struct bytes changed_customers;  /* u64: accounts whose rows must be written */
    struct bytes answered_customers; /* ... and whose last request */

    struct price_index rent[RENT_RESOURCES];
    struct pricebook book;
    bool meta_dirty;

    uint64_t site_time_us;
    uint64_t monotonic_us; /* of the last core_advance() */
    bool clock_started;
    uint64_t unspent_us; /* time that passed while a frame was open */
    bool frame_open;     /* something happened since the last close */
    bool frame_answers;  /* a command was done in it: who asked is given its number */

    struct core_tier1 tier1;
    struct disk disk;

    struct core_reply *replies;
    size_t reply_count;
    size_t reply_capacity;
};

struct map;
struct outcome;

/* connections.c */

/* Begin a run: no link is connected yet, and the edge has to be told of all; once they are read. */
void core_links_begin(struct core *core);

/* Put the parcels that are due into the frame, after the parts were saved, and what the edge has to
 * know of links if that changed. */
void core_links_out(struct core *core, struct core_frame *frame);

/*
 * Log a change of a link's state and record since when, after anything that may have changed it.
 * False: it did not change, or changes so often that it is logged later, all in one.
 */
bool core_link_tell(struct core *core, struct link *link, enum link_state before);

/* Forget what is kept of a link besides its row, before it is removed. */
void core_link_forget(struct core *core, const struct link *link);

/* link_removal.c */

/*
 * Whether a link may be removed; false when something stands against it, which `outcome` then says.
 */
bool core_link_may_go(struct core *core, const struct link *link, struct outcome *outcome);

/* link_commands.c */

/*
 * core_link_add() to core_link_remove() carry out the commands of links: rows of the table in
 * commands.c.  Only the operator gives them; `in` is at the arguments, `outcome` is filled in.
 */
void core_link_add(struct core *core, struct customer *by, struct cbor *in,
                   struct outcome *outcome);
void core_link_set(struct core *core, struct customer *by, struct cbor *in,
                   struct outcome *outcome);
void core_link_mark(struct core *core, struct customer *by, struct cbor *in,
                    struct outcome *outcome);
void core_link_unmark(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void core_link_freeze(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void core_link_resume(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void core_link_remove(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);

/* Carry out a read of links; `in` is at its arguments, `outcome` is filled in. */
void core_link_read(struct core *core, const struct control_request *request, struct cbor *in,
                    struct outcome *outcome);

/* Add the number of links that are up, down and frozen, and the state of each by name, to `map`. */
void core_link_states(struct core *core, struct map *map);

/* disk.c */

/* Count bytes of the journal that an agent or a link wrote lately. */
void core_disk_wrote(struct core *core, uint64_t writer, uint64_t customer, uint64_t bytes);

/* The state of the disk in a word, for `status`. */
const char *core_disk_word(const struct core *core);

/* Whether the site rests because its disk is nearly full: no turn runs. */
bool core_disk_rests(const struct core *core);

/* Whether messages of this link wait at the neighbour, which sends them again. */
bool core_disk_link_rests(const struct core *core, uint32_t interface);

/* Whether the disk is so full that nothing is deployed. */
bool core_disk_is_full(const struct core *core);

/* customers.c */

/* The customer with this key; NULL: there is none. */
struct customer *core_customer_by_key(struct core *core, const uint8_t *key);

/* The customer of this account; NULL: there is none. */
struct customer *core_customer_by_account(const struct core *core, uint64_t account);

/* The place of the first customer whose account comes after this one. */
size_t core_customers_after(const struct core *core, uint64_t account);

/*
 * Add a customer, whose account is opened in the running event.  ST_FULL, ST_EXISTS (name or key),
 * ST_NOMEM.
 */
MUST_CHECK enum status core_customer_add(struct core *core, const char *name, const uint8_t *key,
                                         uint64_t *account, struct fault *fault);

/* The customer of a neighbour's, by its number there.  NULL: it has no row, or none any more. */
struct customer *core_customer_of_link(const struct core *core, uint32_t interface, uint64_t tag);

/* Whether this neighbour may have one more customer here. */
bool core_link_customer_fits(const struct core *core, uint32_t interface);

/* Add a customer of a neighbour's, which fits and is not there, in the running event. */
struct customer *core_customer_of_link_new(struct core *core, const struct link *link,
                                           uint64_t tag);

/* List a customer whose row must be written with the frame. */
void core_customer_changed(struct core *core, struct customer *customer);

/*
 * List a customer whose last request has another answer: that row must be written with the frame.
 */
void core_customer_answered(struct core *core, struct customer *customer);

/*
 * List a customer that may have nothing left; this is agents_env.lineage_over, and is called
 * whenever all money of a customer has gone.
 */
void core_customer_may_be_over(void *context, uint64_t account);

/*
 * Remove customers of neighbours' who have nothing and no money any more, in an event of its own.
 * At frame close.
 */
void core_customers_give_up(struct core *core, struct store_batch *batch);

/* Free all customers and their lists. */
void core_customers_fini(struct core *core);

/* Read customers and their last requests back.  ST_CORRUPT names the row. */
MUST_CHECK enum status core_customers_load(struct core *core, const struct store *store,
                                           struct fault *fault);

/* Look for customers that have nothing left, after everything that they may have was loaded. */
void core_customers_loaded(struct core *core);

/* Write the rows of the customers that changed. */
void core_customers_save(struct core *core, struct store_batch *batch);

/* Write the last request of each key that had another answer. */
void core_requests_save(struct core *core, struct store_batch *batch);

/* meta.c: time, price book and its number, indexes */

/* Read site time, the price book in force and the indexes of rent back.  ST_CORRUPT. */
MUST_CHECK enum status core_meta_load(struct core *core, const struct store *store,
                                      struct fault *fault);

/* Write the price book in force, its number and the indexes of rent, if they changed. */
void core_meta_save(struct core *core, struct store_batch *batch);

/* Hand the prices in force to the agents. */
void core_apply_prices(struct core *core);

/* commands.c: the answer to a request. */
struct outcome {
    const char *command; /* or read, that is answered; borrowed */
    enum control_status status;
    char message[CONTROL_MESSAGE_BYTES_MAX + 1];
    struct bytes result;
};

/* Carry out a signed request that is fresh, for the customer who signed it; fills in `outcome`. */
void core_command(struct core *core, struct customer *by, const struct control_request *request,
                  struct outcome *outcome);

/* Set status and message; a longer message is cut. */
void outcome_set(struct outcome *outcome, enum control_status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Find the agent that `by`, or the operator too, may rule over; NULL: `outcome` says why not. */
struct agent *core_own_agent(struct core *core, const struct customer *by, uint64_t id,
                             struct outcome *outcome, bool operator_too);

/* Whether the arguments decoded to their end; false: the outcome says what is wrong with them. */
bool outcome_args_done(const struct cbor *in, struct outcome *outcome);

/*
 * Whether a name is one for people and for exports: short, plain, and without surprises in a file.
 * False: the outcome says what one of `whose` may be.
 */
bool core_name_is_plain(const char *name, const char *whose, struct outcome *outcome);

/* deploy.c */

/* Carry out agent.deploy. */
void core_agent_deploy(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);

/* owner_commands.c */

/* core_agent_end() and core_agent_withdraw() carry out agent.end and agent.withdraw. */
void core_agent_end(struct core *core, struct customer *by, struct cbor *in,
                    struct outcome *outcome);
void core_agent_withdraw(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);

/* reads.c */
struct viewer {
    bool all;          /* is shown everything: the operator, or who runs the daemon */
    uint64_t customer; /* else this customer's; 0: nobody's */
};

/* Carry out a read for whom it is shown to; fills in `outcome`. */
void core_read(struct core *core, const struct viewer *viewer,
               const struct control_request *request, struct outcome *outcome);

#endif
