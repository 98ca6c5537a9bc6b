/*
 * What happened, written into the report: turns as they end, states after each step, and costs from
 * the journal when all is over, as that is read in one go.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "base/array.h"
#include "ledger/journal.h"
#include "site/testing/test_state.h"

enum { PLACE_TEXT_BYTES = 400 };

static const char *const event_names[] = {
    [SERAI_EVENT_BORN] = "BORN",       [SERAI_EVENT_BECAME] = "BECAME",
    [SERAI_EVENT_MESSAGE] = "MESSAGE", [SERAI_EVENT_PACKET] = "PACKET",
    [SERAI_EVENT_ANSWER] = "ANSWER",   [SERAI_EVENT_ROOM] = "ROOM",
    [SERAI_EVENT_CLOSED] = "CLOSED",   [SERAI_EVENT_LOW] = "LOW",
    [SERAI_EVENT_WAKE] = "WAKE",       [SERAI_EVENT_THAWED] = "THAWED",
    [SERAI_EVENT_FAILED] = "FAILED",   [SERAI_EVENT_LEAVING] = "LEAVING",
    [SERAI_EVENT_LEASH] = "LEASH",     [SERAI_EVENT_KEPT] = "KEPT",
    [SERAI_EVENT_UPGRADE] = "UPGRADE", [SERAI_EVENT_UNHELD] = "UNHELD",
};

/* What an author wrote: a text, or if it is none its bytes in hex. */
static json_t *record_text(const char *text, size_t size)
{
    char *hex;
    json_t *value;

    if (utf8_is_valid(text, size) && memchr(text, '\0', size) == NULL)
        return json_stringn(text, size);
    hex = malloc(2 * size + 5);
    if (hex == NULL)
        return NULL;
    memcpy(hex, "hex:", 4);
    (void)hex_print(hex + 4, (const uint8_t *)text, size);
    value = json_string(hex);
    free(hex);
    return value;
}

struct memory_site *test_site(struct test_run *run, size_t site)
{
    return site == 0 ? &run->site : run->neighbours[site - 1];
}

/* ---- turns ---- */

static const struct test_actor *record_find(const struct test_run *run, size_t site, uint64_t agent)
{
    for (size_t i = 0; i < run->actor_count; i++)
        if (run->actors[i].agent == agent && run->actors[i].site == site)
            return &run->actors[i];
    return NULL;
}

/* Give an agent that the file does not name the next name that is free. */
static const struct test_actor *record_child(struct test_run *run, size_t site, uint64_t agent)
{
    char name[TEST_NAME_BYTES];
    struct test_actor *actor;

    if (run->child_count == TEST_CHILDREN_MAX)
        return NULL;
    do {
        (void)snprintf(name, sizeof name, "%.40s%schild-%zu",
                       site == 0 ? "" : run->neighbour_names[site - 1], site == 0 ? "" : "/",
                       ++run->child_count);
    } while (test_find_actor(run, name, "", &actor, NULL) == ST_OK);
    actor = test_actor_new(run, name);
    if (actor == NULL)
        return NULL;
    actor->site = site;
    actor->agent = agent;
    return actor;
}

static json_t *record_name(struct test_run *run, size_t site, uint64_t agent)
{
    const struct test_actor *actor = record_find(run, site, agent);

    /* That the file names it is known only when its deployment was answered, before any turn. */
    if (actor == NULL)
        actor = record_child(run, site, agent);
    return actor != NULL ? json_string(actor->name) : json_sprintf("agent:%" PRIu64, agent);
}

/* The last line that the site wrote into a log. */
struct last_line {
    json_t *text;
};

static void record_last(void *context, const struct agent_log_view *line)
{
    struct last_line *last = context;

    if (line->by != LOG_BY_SITE)
        return;
    json_decref(last->text);
    last->text = record_text(line->text, line->size);
}

/* Why a turn was undone, and where: the words of the site, and a line for each activation. */
static void record_undone(struct test_run *run, const struct memory_site *site,
                          const struct memory_turn *turn, json_t *object)
{
    const struct agents *agents = core_agents(site->core);
    const struct agent *agent = agents_find(agents, turn->agent);
    struct last_line last = {NULL};
    struct agent_view view;
    json_t *at;

    if (agent == NULL)
        return;
    agents_view(agents, agent, &view);
    (void)agents_log_list(agents, agent, view.log_line == 0 ? 0 : view.log_line - 1, 1, record_last,
                          &last);
    (void)json_object_set_new(object, "trap", last.text == NULL ? json_string("") : last.text);
    at = json_array();
    for (uint32_t i = 0; i < turn->at_size; i++) {
        char text[PLACE_TEXT_BYTES] = "";

        run->env->place(run->env->context, &view.code, &turn->at[i], text, sizeof text);
        (void)json_array_append_new(at, json_string(text));
    }
    (void)json_object_set_new(object, "at", at);
}

void test_record_turn(void *context, const struct memory_site *site, const struct memory_turn *turn)
{
    struct test_run *run = context;
    size_t at = 0;
    json_t *name;
    json_t *object;
    struct test_turns *turns;
    struct test_turn *items;

    while (test_site(run, at) != site)
        at++;
    name = record_name(run, at, turn->agent);
    if (run->step == NULL) { /* what is before the first step is not shown */
        json_decref(name);
        return;
    }
    turns = &run->turns[at];
    items = array_grow(turns->items, &turns->capacity, turns->count + 1, sizeof *items);
    object = json_object();
    (void)json_object_set_new(object, "agent", name);
    if (items == NULL || object == NULL) {
        json_decref(object);
        (void)fault_set(&run->fault, ST_NOMEM, "out of memory");
        return;
    }
    turns->items = items;
    (void)json_object_set_new(object, "undone", json_boolean(turn->undone));
    if (turn->undone)
        record_undone(run, site, turn, object);
    items[turns->count++] =
        (struct test_turn){.frame = turn->frame, .agent = turn->agent, .object = object};
    (void)json_array_append_new(json_object_get(run->step, "turns"), object);
}

static void record_frames(struct test_run *run, struct test_stretch *stretch)
{
    for (size_t i = 0; i <= run->site.peer_count; i++)
        stretch->frames[i] = memory_site_frame(test_site(run, i)) - 1;
}

void test_record_begin(struct test_run *run)
{
    record_frames(run, &run->before);
}

/* ---- steps ---- */

void test_begin_step(struct test_run *run, json_t *does)
{
    run->step = json_object();
    (void)json_object_set_new(run->step, "step", json_integer((json_int_t)run->step_count));
    (void)json_object_set_new(run->step, "does", does);
    (void)json_object_set_new(run->step, "turns", json_array());
    (void)json_array_append_new(json_object_get(run->report, "steps"), run->step);
}

/* The lines that an agent and the site wrote into its log since the last step. */
struct new_lines {
    struct test_actor *actor;
    json_t *log;
    json_t *site_log;
};

static void record_line(void *context, const struct agent_log_view *line)
{
    struct new_lines *lines = context;

    (void)json_array_append_new(line->by == LOG_BY_SITE ? lines->site_log : lines->log,
                                record_text(line->text, line->size));
    lines->actor->log_seen = line->line;
}

static json_t *record_actor(struct test_run *run, struct test_actor *actor)
{
    const struct core *core = test_site(run, actor->site)->core;
    const struct agents *agents = core_agents(test_site(run, actor->site)->core);
    const struct agent *agent = actor->agent == 0 ? NULL : agents_find(agents, actor->agent);
    struct new_lines lines = {actor, json_array(), json_array()};
    struct money balance = money_zero();
    const char *state = actor->agent == 0 ? "unborn" : "ended";
    const char *reason = "";
    struct agent_view view;
    json_t *object = json_object();

    if (agent != NULL) {
        agents_view(agents, agent, &view);
        state = view.state;
        reason = view.reason;
        balance = ledger_balance(core_ledger(core), actor->agent);
        (void)agents_log_list(agents, agent, actor->log_seen, SIZE_MAX, record_line, &lines);
    }
    (void)json_object_set_new(object, "state", json_string(state));
    (void)json_object_set_new(object, "reason", json_string(reason));
    (void)json_object_set_new(object, "balance", test_amount_json(balance));
    (void)json_object_set_new(object, "log", lines.log);
    (void)json_object_set_new(object, "site_log", lines.site_log);
    return object;
}

void test_end_step(struct test_run *run)
{
    json_t *after = json_object();

    for (size_t i = 0; i < run->actor_count; i++)
        (void)json_object_set_new(after, run->actors[i].name, record_actor(run, &run->actors[i]));
    (void)json_object_set_new(run->step, "agents", after);
    record_frames(run, &run->steps[run->step_count]);
    run->steps[run->step_count++].object = run->step;
}

/* ---- costs ---- */

static size_t payer_count(const struct test_run *run)
{
    return run->site.person_count + run->actor_count + 1;
}

/* The place of who paid among the payers; the last is for all that have no name. */
static size_t payer_of(const struct test_run *run, size_t site, uint64_t account)
{
    for (size_t i = 0; site == 0 && i < run->site.person_count; i++)
        if (run->site.people[i].account == account)
            return i;
    for (size_t i = 0; i < run->actor_count; i++)
        if (run->actors[i].agent == account && run->actors[i].site == site)
            return run->site.person_count + i;
    return run->site.person_count + run->actor_count;
}

static const char *payer_name(const struct test_run *run, size_t payer)
{
    if (payer < run->site.person_count)
        return run->site.people[payer].name;
    payer -= run->site.person_count;
    return payer < run->actor_count ? run->actors[payer].name : "others";
}

/* The step that a frame of a site is in; the number of steps: it was before the first. */
static size_t step_of(const struct test_run *run, size_t site, uint64_t frame)
{
    size_t low = 0;

    if (frame <= run->before.frames[site])
        return run->step_count;
    for (size_t high = run->step_count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (run->steps[middle].frames[site] < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The turn whose lines are in a frame; NULL: there is none. */
static struct test_turn *turn_of(const struct test_turns *turns, uint64_t frame)
{
    size_t low = 0;

    for (size_t high = turns->count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (turns->items[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low < turns->count && turns->items[low].frame == frame ? &turns->items[low] : NULL;
}

/* The reading of the journal of a site. */
struct reading {
    struct test_run *run;
    size_t site;
    struct journal_event event;
};

static enum status reading_event(void *context, const struct journal_event *event,
                                 struct fault *fault)
{
    struct reading *reading = context;

    (void)fault;
    reading->event = *event;
    return ST_OK;
}

static void reading_turn_line(struct reading *reading, const struct journal_line *line)
{
    struct test_turn *turn = turn_of(&reading->run->turns[reading->site], line->frame);

    if (turn == NULL || reading->event.kind != EVENT_TURN || turn->agent != reading->event.subject)
        return;
    turn->event = reading->event.source.numbers[2];
    if (line->transfer.debit == turn->agent)
        test_costs_add(&turn->costs, &line->transfer);
}

static enum status reading_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct reading *reading = context;
    struct test_run *run = reading->run;
    size_t step = step_of(run, reading->site, line->frame);
    size_t payer = payer_of(run, reading->site, line->transfer.debit);

    (void)fault;
    reading_turn_line(reading, line);
    if (step < run->step_count)
        test_costs_add(&run->paid[step * payer_count(run) + payer], &line->transfer);
    return ST_OK;
}

static enum status reading_run(struct test_run *run, size_t site, struct fault *fault)
{
    struct reading reading = {.run = run, .site = site};
    const struct journal_reader reader = {
        .event = reading_event, .line = reading_line, .context = &reading};

    return journal_read(&test_site(run, site)->store, NULL, &reader, fault);
}

/* Put what was paid into an object: fuel, the sum and the parts. */
static void costs_put(json_t *object, const struct test_costs *costs)
{
    (void)json_object_set_new(object, "fuel", json_integer((json_int_t)costs->fuel));
    (void)json_object_set_new(object, "cost", test_amount_json(test_costs_sum(costs)));
    (void)json_object_set_new(object, "costs", test_costs_json(costs));
}

static void costs_put_turn(const struct test_turn *turn)
{
    const char *name =
        turn->event < sizeof event_names / sizeof event_names[0] ? event_names[turn->event] : NULL;

    (void)json_object_set_new(turn->object, "event", json_string(name == NULL ? "" : name));
    costs_put(turn->object, &turn->costs);
}

/* What each payer paid, in one step or in all, by name; who paid nothing is left out. */
static json_t *costs_of_payers(const struct test_run *run, const struct test_costs *paid)
{
    json_t *object = json_object();

    for (size_t i = 0; i < payer_count(run); i++) {
        json_t *part;

        if (money_is_zero(test_costs_sum(&paid[i])) && paid[i].fuel == 0)
            continue;
        part = json_object();
        costs_put(part, &paid[i]);
        (void)json_object_set_new(object, payer_name(run, i), part);
    }
    return object;
}

static void costs_sum_up(struct test_run *run, struct test_costs *sums)
{
    for (size_t i = 0; i < run->step_count * payer_count(run); i++) {
        struct test_costs *sum = &sums[i % payer_count(run)];

        for (size_t at = 0; at < TEST_RESOURCES; at++)
            money_accumulate(&sum->of[at], run->paid[i].of[at]);
        sum->fuel += run->paid[i].fuel;
    }
}

enum status test_record_costs(struct test_run *run, struct fault *fault)
{
    struct test_costs sums[TEST_PAYERS_MAX] = {0};
    enum status status = ST_OK;

    run->paid = calloc(run->step_count * payer_count(run), sizeof *run->paid);
    if (run->paid == NULL)
        return fault_set(fault, ST_NOMEM, "out of memory");
    for (size_t site = 0; site <= run->site.peer_count && status == ST_OK; site++) {
        status = reading_run(run, site, fault);
        for (size_t i = 0; i < run->turns[site].count; i++)
            costs_put_turn(&run->turns[site].items[i]);
    }
    if (status != ST_OK)
        return status;
    for (size_t i = 0; i < run->step_count; i++)
        (void)json_object_set_new(run->steps[i].object, "paid",
                                  costs_of_payers(run, &run->paid[i * payer_count(run)]));
    costs_sum_up(run, sums);
    (void)json_object_set_new(run->report, "paid", costs_of_payers(run, sums));
    return ST_OK;
}
