/*
 * `serai top`: what a site earns and what its agents spend, live.  The model here is plain data,
 * filled by top_read.c, ordered by top_model.c, laid out as lines by top_view.c and drawn by
 * top_terminal.c.
 *
 * Texts that others chose are escaped (base/text.h) when they come into the model, so nothing in it
 * can move a cursor.  Each pace is the difference of two exact totals over the time between their
 * reads.
 */
#ifndef SERAI_SITE_CLI_TOP_H
#define SERAI_SITE_CLI_TOP_H

#include "base/int128.h"
#include "base/table.h"
#include "ledger/ledger.h"

struct cli;

enum {
    TOP_AGENTS_MAX = 65536, /* rows that are kept: 40 MB; the view says how many there are more */
    TOP_PAGES_MAX = 16,     /* of agents in a round: each is a request of its own */
    TOP_LINES_MAX = 256,    /* of the agent that is followed */
    TOP_FRAMES_MAX = 1024,  /* of the journal in a round; who is further behind skips */
    TOP_NAME_BYTES = 100,
    TOP_REASON_BYTES = 200,
    TOP_RESOURCES_MAX = 32,
    TOP_LINKS_MAX = 256,
    TOP_FILTER_BYTES = 40,
    TOP_FAULT_BYTES = 600,
};
#define TOP_SECOND_US UINT64_C(1000000)
#define TOP_MINUTE_US (60 * TOP_SECOND_US)

/* ---- totals over time ---- */

/* A total at a moment of this machine's monotonic clock; us 0: none yet. */
struct top_point {
    uint64_t us;
    u128 total;
};

/* A total that only rises: now, at the read before, and one to two minutes ago. */
struct top_series {
    struct top_point begun;
    struct top_point middle; /* becomes `begun` when it is a minute old */
    struct top_point before;
    struct top_point now;
};

/* What a pace is taken over. */
enum top_window {
    TOP_MINUTE, /* the last one to two minutes: rent is paid once a minute */
    TOP_LATEST, /* the time between the last two reads */
};

/* Add a read.  A total that has fallen is another site's: the series begins anew. */
void top_series_add(struct top_series *series, uint64_t now_us, u128 total);

/* How much it rises in `per_us`, rounded down.  False: it was not read twice yet. */
MUST_CHECK bool top_pace(const struct top_series *series, enum top_window window, uint64_t per_us,
                         u128 *pace);

/* ---- the model ---- */

struct top_agent {
    uint64_t id;
    uint64_t customer;
    char name[TOP_NAME_BYTES];
    char state[16]; /* running, dry, frozen, desk */
    char reason[TOP_REASON_BYTES];
    u128 balance;
    uint64_t memory_bytes;
    uint64_t inbox;
    struct top_series out;  /* all that left its account */
    struct top_series in;   /* all that came to it */
    struct top_series paid; /* of `out`, what the site earned, since the command began */
    u128 paid_total;
    uint64_t sweep; /* the sweep that saw it last */
};

/* An account of revenue. */
struct top_resource {
    char name[TOP_NAME_BYTES]; /* without "revenue:" */
    u128 total;
    struct top_series earned;
};

struct top_link {
    char name[TOP_NAME_BYTES];
    char state[16];
    uint64_t unchanged_s;
    u128 we_owe;
    u128 peer_limit;
    u128 it_owes;
    u128 limit;
    uint64_t outstanding;
    struct top_series sent;
    struct top_series received;
    uint64_t sweep;
};

/* A line of the journal, from the view of the agent that is followed. */
struct top_line {
    uint64_t frame;
    char other[ACCOUNT_NAME_BYTES]; /* the account at its other end */
    bool is_out;
    u128 amount;
    const char *why; /* the text of its code */
    uint64_t quantity;
};

enum top_key {
    TOP_BY_BURN,
    TOP_BY_PAID,
    TOP_BY_IN,
    TOP_BY_BALANCE,
    TOP_BY_LASTS,
    TOP_BY_MEMORY,
    TOP_BY_INBOX,
    TOP_BY_NAME,
    TOP_BY_AGENT,
    TOP_KEYS,
};

enum top_per {
    TOP_PER_SECOND,
    TOP_PER_HOUR,
    TOP_PER_DAY,
    TOP_PERS,
};

/* What is shown, and how: the person's choice. */
struct top_choice {
    enum top_key by;
    bool reversed;
    enum top_window window;
    enum top_per per;
    char filter[TOP_FILTER_BYTES]; /* escaped; empty: all */
    bool filtering;                /* it is being typed */
    bool helps;
    uint64_t selected; /* an agent; 0: the first row */
    uint64_t followed; /* 0: none */
};

struct top {
    struct top_choice choice;
    char site[TOP_NAME_BYTES]; /* what it is called here: directory or socket */
    char currency[16];
    uint64_t frame;
    uint64_t site_time_us;
    uint64_t agents; /* as the site counts them, as are the next ones */
    uint64_t running;
    uint64_t dry;
    uint64_t frozen;
    uint64_t ready;
    uint64_t customers;
    char disk[32];
    uint64_t disk_free_bytes;
    char state[16]; /* running, draining, frozen, drained, rests */
    u128 liabilities;
    u128 revenue;
    struct top_series earned;
    struct top_series turns;
    struct top_series traps;
    struct top_series messages;
    struct top_resource resources[TOP_RESOURCES_MAX];
    size_t resource_count;
    struct top_link *links[TOP_LINKS_MAX]; /* each of memory of its own */
    size_t link_count;
    struct table by_id;
    struct top_agent **rows; /* each of memory of its own; in the order of top_order() after it */
    size_t row_count;
    size_t row_capacity;
    size_t shown; /* of the rows, those that the filter lets through: the first ones */
    uint64_t memory_bytes;
    uint64_t inbox;
    uint64_t sweep;  /* the one that goes on */
    uint64_t cursor; /* of it */
    uint64_t sweeps; /* that came to an end */
    /* Lines of the agent that is followed, a ring; and whether the books could be read. */
    struct top_line lines[TOP_LINES_MAX];
    size_t line_first;
    size_t line_count;
    bool wants_lines; /* of before it was followed: they were not read yet */
    bool has_books;
    char books_fault[TOP_FAULT_BYTES]; /* why not; empty: they can */
    uint64_t skipped_frames;           /* that came faster than they could be read */
    /* Reads of the site. */
    uint64_t read_us; /* the last one that was answered; 0: none yet */
    uint64_t lost_us; /* since when none is; 0: it answers */
    char fault[TOP_FAULT_BYTES];
};

/* Begin an empty model, or free what one holds. */
void top_init(struct top *top);
void top_fini(struct top *top);

/*
 * The row of an agent, made if need be.  NULL: TOP_AGENTS_MAX are there, or there is no memory.
 */
struct top_agent *top_row(struct top *top, uint64_t id);

/* The link or resource of this name, made if need be; NULL: there is no room for it. */
struct top_link *top_link_row(struct top *top, const char *name);
struct top_resource *top_resource_row(struct top *top, const char *name);

/* A sweep over all agents, or all links, is over: rows that it did not see are gone. */
void top_sweep_end(struct top *top);
void top_links_end(struct top *top);

/* Note a line of the followed agent. */
void top_line_add(struct top *top, const struct top_line *line);

/* Follow an agent, or none (0): its lines begin anew. */
void top_follow(struct top *top, uint64_t agent);

/*
 * How much the balance falls in `per_us`: what goes out less what comes in, some of which is money
 * that was only held.  *rises: it is how much it rises.  False: no pace is known yet.
 */
MUST_CHECK bool top_burn(const struct top_agent *agent, enum top_window window, uint64_t per_us,
                         u128 *burn, bool *rises);

/*
 * How long the balance lasts at the pace at which it falls, in seconds.  False: it does not fall,
 * or no pace is known yet.
 */
MUST_CHECK bool top_lasts(const struct top_agent *agent, enum top_window window, uint64_t *lasts_s);

/* Put the rows into the order that was chosen, those that the filter hides behind all others. */
void top_order(struct top *top);

/* Where the selected agent is among the rows shown; 0 when it is none of them. */
size_t top_selected(const struct top *top);

/* Select another row: `by` rows down, or up; it stays within those that are shown. */
void top_select(struct top *top, long by);

/* The microseconds of a unit of paces, and its short name. */
uint64_t top_per_us(enum top_per per);
const char *top_per_name(enum top_per per);

/* What a key of the order is called: in `--sort` and on the screen. */
const char *top_key_name(enum top_key key);

/* Find a key by its name.  False: there is none. */
MUST_CHECK bool top_key_find(const char *name, enum top_key *key);

/* A key was pressed, or a character typed (top_keys.c). */
enum top_effect {
    TOP_NOTHING,
    TOP_CHANGED, /* draw */
    TOP_READ,    /* read now */
    TOP_QUIT,
};
enum {
    TOP_KEY_UP = 1000, /* above all characters */
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACKSPACE,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
    TOP_KEY_RESIZE,
};
enum top_effect top_press(struct top *top, int key, size_t page_rows);

#endif
