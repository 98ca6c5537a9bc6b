/*
 * The core's life, its clock, its turns and its frames: what core.h promises its driver, each from
 * the parts that do it.
 */
#include "site/core/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/desk.h"
#include "agents/life.h"
#include "agents/modules.h"
#include "agents/views.h"
#include "base/log.h"
#include "site/core/check.h"
#include "site/core/connections.h"
#include "site/core/customers.h"
#include "site/core/disk.h"
#include "site/core/dropping.h"
#include "site/core/joining.h"
#include "site/core/meta.h"
#include "site/core/state.h"

static_assert((int)CHANNEL_KEY_BYTES == (int)CONTROL_KEY_BYTES &&
                  (int)LINK_KEY_BYTES == (int)CONTROL_KEY_BYTES,
              "keys are passed from one part to the other");

/* ---- what agents ask of the rest of the site ---- */

/* The account under which what a customer holds is bounded; a peer's customers share one. */
static uint64_t core_quota_owner(void *context, uint64_t customer)
{
    const struct customer *found = core_customer_by_account(context, customer);

    return found == NULL || found->interface == 0
               ? customer
               : account_of_link(found->interface, KIND_LINK_OUT);
}

/* ---- what the exchange asks of it ---- */

static void core_customer_key(void *context, uint64_t account, uint8_t key[CHANNEL_KEY_BYTES])
{
    const struct customer *customer = core_customer_by_account(context, account);

    /* Agents whose customer is gone descend from nobody who could sign. */
    if (customer != NULL)
        memcpy(key, customer->key, CHANNEL_KEY_BYTES);
    else
        memset(key, 0, CHANNEL_KEY_BYTES);
}

static bool core_customer_fits(void *context, uint32_t interface, uint64_t tag,
                               const uint8_t key[CHANNEL_KEY_BYTES])
{
    return core_customer_of_link(context, interface, tag, key) != NULL ||
           core_link_customer_fits(context, interface);
}

/* The check before this saw that there may be one more (core_customer_fits()). */
static uint64_t core_customer_account(void *context, const struct link *link, uint64_t tag,
                                      const uint8_t key[CHANNEL_KEY_BYTES])
{
    const struct customer *customer = core_customer_of_link(context, link->interface, tag, key);

    if (customer == NULL)
        customer = core_customer_of_link_new(context, link, tag, key);
    return customer->account;
}

/* The quarantine's marker: which turn runs, should the process die in it. */
static void core_mark(void *context, uint64_t agent, uint64_t message)
{
    struct core *core = context;

    if (core->options.mark != NULL)
        core->options.mark(core->options.mark_context, agent, message);
}

/* For the log alone: no state follows from it. */
static void core_agent_news(void *context, const struct agents_told *told)
{
    struct core *core = context;

    core_news(&core->news, core->monotonic_us, told);
}

/* The row is a page that left RAM.  Without it no turn of its agent can be right: the site ends. */
static void core_read_page(void *context, const void *key, size_t key_size, struct bytes *row)
{
    struct core *core = context;
    struct fault fault = {.text = "a row of table page is missing"};
    struct store_row stored;
    struct store_read read;
    enum status status = store_read_begin(&read, &core->store, &fault);

    if (status == ST_OK) {
        status = store_get(&read, STORE_PAGE, key, key_size, &stored, &fault);
        if (status == ST_OK)
            bytes_append(row, stored.value, stored.value_size);
        store_read_end(&read);
    }
    if (status == ST_OK)
        return;
    log_write(LOG_ERROR, "store.page-lost", "reason=\"%s\"", fault.text);
    core->options.page_lost(core->options.page_lost_context);
    INVARIANT(false); /* it returned */
}

/* ---- life ---- */

static enum status core_make_exchange(struct core *core, struct fault *fault)
{
    struct exchange_env env = {.context = core,
                               .quota_owner = core_quota_owner,
                               .customer_key = core_customer_key,
                               .customer_fits = core_customer_fits,
                               .customer_of = core_customer_account};
    struct exchange_parts parts = {.agents = core->agents,
                                   .channels = core->channels,
                                   .links = core->links,
                                   .ledger = core->ledger,
                                   .undo = core->undo};

    memcpy(env.site_key, core->options.site_key, sizeof env.site_key);
    if (exchange_new(&core->exchange, &parts, &env) != ST_OK)
        return fault_set(fault, ST_NOMEM, "core: out of memory");
    return ST_OK;
}

static enum status core_make_parts(struct core *core, struct fault *fault)
{
    struct agents_env env = {
        .context = core,
        .random = core->options.random,
        .rent = core->rent,
        .quota_owner = core_quota_owner,
        .lineage_over = core_customer_may_be_over,
        .read_page = core->options.page_lost == NULL ? NULL : core_read_page,
        .news = core_agent_news,
        .mark = core_mark,
        .order_mark = core->options.order_mark,
    };
    enum status status = ledger_new(&core->ledger);

    if (status == ST_OK && core->options.segment_bytes > 0)
        ledger_set_segment_bytes(core->ledger, core->options.segment_bytes);
    if (status == ST_OK)
        status = undo_new(&core->undo);
    if (status == ST_OK)
        status = channels_new(&core->channels);
    if (status == ST_OK)
        status = links_new(&core->links);
    if (status == ST_OK)
        status = invitations_new(&core->invitations);
    if (status != ST_OK)
        return fault_set(fault, status, "core: out of memory");
    core_links_sign(core);
    status = agents_new(&core->agents, core->ledger, core->undo, &env, fault);
    if (status == ST_OK)
        agents_set_pages(core->agents, core->options.page_log_bytes, core->options.pages_cached);
    return status == ST_OK ? core_make_exchange(core, fault) : status;
}

enum status core_new(struct core **core, const struct core_options *options, struct fault *fault)
{
    struct core *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "core: out of memory");
    made->options = *options;
    /* What was handed in is checked first: an operator can mend that, and nothing was made yet. */
    status = pricebook_check(&options->book, fault);
    if (status == ST_OK)
        status = agents_code_check(options->loader, options->loader_size, fault);
    if (status == ST_OK)
        status = core_make_parts(made, fault);
    if (status != ST_OK) {
        core_free(made);
        return status;
    }
    *core = made;
    return ST_OK;
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    agents_free(core->agents); /* before the exchange, which handles channels for them */
    channels_free(core->channels);
    links_free(core->links);
    invitations_free(core->invitations);
    exchange_free(core->exchange);
    undo_free(core->undo);
    ledger_free(core->ledger);
    core_customers_fini(core);
    for (size_t i = 0; i < core->reply_count; i++)
        bytes_fini(&core->replies[i].bytes);
    free(core->replies);
    for (size_t i = 0; i < core->joined_count; i++)
        bytes_fini(&core->joined[i].bytes);
    free(core->joined);
    free(core);
}

/* A fresh site has one customer: its operator. */
static enum status core_open_operator(struct core *core, struct fault *fault)
{
    struct event event = event_of_time(0, core->site_time_us);
    uint64_t account;
    enum status status;

    if (core->customers.count > 0) {
        if (memcmp(core->customers.items[0]->key, core->options.operator_key, CONTROL_KEY_BYTES) !=
            0)
            return fault_set(fault, ST_CORRUPT,
                             "the books name another operator's key than this site's operator.key");
        return ST_OK;
    }
    ledger_event_begin(core->ledger);
    status = core_customer_add(core, "operator", core->options.operator_key, &account, fault);
    (void)ledger_event_end(core->ledger, &event);
    core->frame_open = true;
    return status;
}

/*
 * Each part checks its rows against those loaded before it: accounts, then who owns them, then what
 * they own.
 */
static enum status core_load_rows(struct core *core, const struct store_read *read,
                                  struct ledger_claims *claims, struct fault *fault)
{
    enum status status = ledger_load(core->ledger, read, fault);

    if (status == ST_OK)
        status = core_meta_load(core, read, fault);
    if (status == ST_OK)
        status = core_customers_load(core, read, fault);
    if (status == ST_OK)
        status = agents_load(core->agents, read, claims, fault);
    if (status == ST_OK)
        status = channels_load(core->channels, read, fault);
    if (status == ST_OK)
        status = links_load(core->links, read, fault);
    if (status == ST_OK)
        status = invitations_load(core->invitations, read, fault);
    if (status == ST_OK)
        status = core_drain_load(core, read, fault);
    if (status == ST_OK)
        status = exchange_load(core->exchange, read, fault);
    /* Rows that are right one by one may still claim what no account holds. */
    return status == ST_OK ? core_check_claims(core, claims, fault) : status;
}

enum status core_load(struct core *core, const struct store_read *read, struct fault *fault)
{
    struct ledger_claims *claims = calloc(1, sizeof *claims);
    enum status status;
    struct hash loader;

    if (claims == NULL)
        return fault_set(fault, ST_NOMEM, "core: out of memory");
    core->store = *read->store;
    status = core_load_rows(core, read, claims, fault);
    free(claims);
    /* With all rows there: what no row says, because it is of this run only. */
    if (status == ST_OK) {
        core_links_begin(core);
        core->invitations_changed = true;
        core_customers_loaded(core);
    }
    if (status == ST_OK)
        status = core_open_operator(core, fault);
    if (status == ST_OK)
        status = agents_code_builtin(core->agents, core->options.loader, core->options.loader_size,
                                     &loader, fault);
    if (status == ST_OK)
        status = agents_desk_begin(core->agents, fault);
    /* Rows of different parts may still not fit together: then nothing is served. */
    if (status == ST_OK) {
        agents_frames_durable(core->agents, ledger_frame(core->ledger));
        core->run = ledger_frame(core->ledger);
        exchange_set_loader(core->exchange, &loader);
        status = core_check_parts(core, fault);
    }
    return status;
}

enum status core_quarantine(struct core *core, uint64_t agent, const char *reason)
{
    struct agent *found = agents_find(core->agents, agent);

    if (found == NULL)
        return ST_MISSING;
    agents_quarantine(core->agents, found, reason);
    core->frame_open = true;
    return ST_OK;
}

/* A walk through all agents: first those of a customer are counted, then listed. */
struct customer_search {
    uint64_t customer;
    uint64_t *list; /* its agents; NULL: they are counted */
    size_t count;
};

static void quarantine_find(void *context, const struct agent *agent)
{
    struct customer_search *search = context;

    if (agent_customer(agent) != search->customer)
        return;
    if (search->list != NULL)
        search->list[search->count] = agent_id(agent);
    search->count++;
}

enum status core_quarantine_customer(struct core *core, uint64_t agent, const char *reason)
{
    struct agent *found = agents_find(core->agents, agent);
    struct customer_search search = {0};

    if (found == NULL)
        return ST_MISSING;
    search.customer = agent_customer(found);
    (void)agents_list(core->agents, 0, SIZE_MAX, quarantine_find, &search);
    search.list = calloc(search.count, sizeof *search.list);
    if (search.list == NULL)
        return ST_NOMEM;
    search.count = 0;
    /* Listed first and frozen after: a walk must not meet changes. */
    (void)agents_list(core->agents, 0, SIZE_MAX, quarantine_find, &search);
    for (size_t i = 0; i < search.count; i++)
        (void)!core_quarantine(core, search.list[i], reason); /* it was just found */
    free(search.list);
    return ST_OK;
}

bool core_same_customer(const struct core *core, uint64_t left, uint64_t right)
{
    const struct agent *one = agents_find(core->agents, left);
    const struct agent *other = agents_find(core->agents, right);

    return one != NULL && other != NULL && agent_customer(one) == agent_customer(other);
}

/* ---- time ---- */

/* Site time is constant within a frame, so what passes while one is open waits for the next. */
void core_advance(struct core *core, uint64_t monotonic_us)
{
    uint64_t step;

    /* The first call sets the clock: what passed before it was not this site's time. */
    if (!core->clock_started) {
        core->clock_started = true;
        core->monotonic_us = monotonic_us;
    }
    if (monotonic_us > core->monotonic_us) {
        core->unspent_us += monotonic_us - core->monotonic_us;
        core->monotonic_us = monotonic_us;
    }
    core_news_catch_up(&core->news, core->monotonic_us);
    if (core->frame_open)
        return;
    /* As while a site is down: no agent runs, so none pays, and no timer is due. */
    if (core_disk_rests(core) || core_is_drained(core)) {
        core->unspent_us = 0;
        return;
    }
    step = core->unspent_us < TIME_STEP_US_MAX ? core->unspent_us : TIME_STEP_US_MAX;
    core->unspent_us = 0; /* what a long pause held beyond one step never was site time */
    core->site_time_us += step;
    agents_set_time(core->agents, core->site_time_us);
    links_sample_pace(core->links, core->site_time_us);
    if (agents_next_due_us(core->agents) <= core->site_time_us) {
        core->frame_open = true;
        agents_tick(core->agents);
    }
    core_drain_step(core);
}

uint64_t core_next_due_us(const struct core *core)
{
    uint64_t due = agents_next_due_us(core->agents);

    if (core_is_drained(core))
        return UINT64_MAX;
    if (core->drain.state == DRAIN_LEAVING && core->drain.until_us < due)
        due = core->drain.until_us;
    if (due == UINT64_MAX)
        return UINT64_MAX;
    if (due <= core->site_time_us)
        return core->monotonic_us;
    return core->monotonic_us + (due - core->site_time_us);
}

/* ---- turns ---- */

bool core_run(struct core *core, uint32_t turns_max)
{
    for (uint32_t turn = 0; turn < turns_max; turn++) {
        uint64_t bytes = ledger_frame_bytes(core->ledger);
        uint64_t before;
        uint64_t after;
        struct ready ready;

        if (!core_ready(core))
            return false;
        core->frame_open = true;
        ready = agents_next_ready(core->agents);
        before = core_disk_stored(core, ready.agent);
        (void)agents_run_one(core->agents); /* readiness was just asked */
        after = core_disk_stored(core, ready.agent);
        bytes = ledger_frame_bytes(core->ledger) - bytes;
        core_disk_wrote(core, ready.agent, ready.customer,
                        bytes + (after > before ? after - before : 0));
    }
    return core_ready(core);
}

bool core_ready(const struct core *core)
{
    return agents_ready(core->agents) && !core_disk_rests(core) && !core_is_drained(core);
}

/* ---- frames ---- */

/*
 * The order matters: first what may still move money or change rows, then the rows, then the
 * ledger, whose header closes over all of them.
 */
void core_frame_close(struct core *core, uint64_t wall_us, struct core_frame *frame)
{
    INVARIANT(undo_is_empty(core->undo)); /* no turn is half done */
    store_batch_init(&frame->batch);
    frame->writes = false;
    if (core->frame_open) {
        /* Messages of this frame get their numbers now, so their money is in its books. */
        exchange_give_room_all(core->exchange);
        exchange_number(core->exchange);
        core_customers_give_up(core, &frame->batch);

        agents_write_rows(core->agents, &frame->batch);
        agents_end_frame(core->agents);
        channels_save(core->channels, &frame->batch);
        exchange_save(core->exchange, &frame->batch);
        links_save(core->links, &frame->batch);
        invitations_save(core->invitations, &frame->batch);
        core_customers_save(core, &frame->batch);
        core_meta_save(core, &frame->batch);
        core_drain_save(core, &frame->batch);

        /* Events that moved nothing and changed no row need no frame, unless an answer names it. */
        (void)ledger_frame_close(core->ledger, &frame->batch, core->site_time_us, wall_us,
                                 frame->batch.count > 0 || core->frame_answers, NULL);
        frame->header = *ledger_last_frame(core->ledger);
        /* Numbers that refusals used up are put over the last ones, and the journal has no record
         * of them: so a client that is refused writes nothing that grows. */
        core_requests_save(core, &frame->batch);
        core_drop_save(core, &frame->batch);
        frame->writes = frame->batch.count > 0;
        INVARIANT(!store_batch_failed(&frame->batch));
    }

    /* After the saves: a parcel carries only what this frame makes durable. */
    core_links_out(core, frame);
    core_joining_out(core, frame);
    frame->ends = core->drain.ends;
    core->drain.ends = false;
    frame->urgent = frame->ends || core->reply_count > 0 ||
                    frame->parcel_count > frame->early_count || frame->links != NULL ||
                    frame->joined_count > 0 || frame->invited != NULL ||
                    links_want_commit(core->links);
    frame->replies = core->replies;
    frame->reply_count = core->reply_count;
    core->replies = NULL;
    core->reply_count = 0;
    core->reply_capacity = 0;
    core->frame_open = false;
    core->frame_answers = false;
}

void core_commit_begins(struct core *core)
{
    links_commit_begins(core->links);
    core->committing_frame = ledger_frame(core->ledger);
}

void core_commit_ended(struct core *core)
{
    links_commit_ended(core->links);
    agents_frames_durable(core->agents, core->committing_frame);
}

uint32_t core_flush_ms(const struct core *core)
{
    return links_flush_ms(core->links);
}

void core_lost_memory(struct core *core)
{
    links_lost_memory(core->links);
    core->frame_open = true;
}

uint64_t core_frame(const struct core *core)
{
    return ledger_frame(core->ledger);
}

struct core_counters core_count(const struct core *core)
{
    struct agents_counters agents = agents_count(core->agents);

    return (struct core_counters){
        .turns = agents.turns,
        .traps = agents.traps,
        .births = agents.births,
        .messages = agents.messages,
        .fuel = agents.fuel,
        .agents = agents.agents,
        .frozen = agents.frozen,
    };
}

struct agents *core_agents(struct core *core)
{
    return core->agents;
}

void core_set_tier1(struct core *core, const struct core_tier1 *tier1)
{
    core->tier1 = *tier1;
}

const struct ledger *core_ledger(const struct core *core)
{
    return core->ledger;
}
