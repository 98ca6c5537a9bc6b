/*
 * One turn: an event delivered to an agent and run to its end, all or nothing.
 *
 * State is changed in place under `undo`; money waits on the stage.  A good turn books, in this
 * order, its transfers as they were staged, then its fees, then its fuel: each was checked against
 * what would be left, so none can fail.  A trap restores all state and books only fees and fuel,
 * which draw on nothing but the balance at its start and the event's postage.
 */
#include "agents/turns/run.h"

#include <stdio.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/burn.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/code.h"
#include "agents/death.h"
#include "agents/deliver.h"
#include "agents/follow_up.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/leash.h"
#include "agents/life_tell.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/low_balance.h"
#include "agents/message.h"
#include "agents/modules.h"
#include "agents/program.h"
#include "agents/rent.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turns/begin.h"
#include "agents/turns/end.h"
#include "agents/turns/turn.h"
#include "agents/upgrade.h"
#include "agents/views.h"

/* How a turn ended that is undone, in words; a code that its agent chose is put into `text`. */
static const char *turn_end_name(const struct turn *turn, enum engine_outcome outcome, char *text,
                                 size_t size)
{
    if (turn->fail_code == 0)
        return engine_outcome_name(outcome);
    (void)snprintf(text, size, "failed with code %d", turn->fail_code);
    return text;
}

/*
 * For its author, in the log, and for who watches, with the number of the message.  The turn was
 * rolled back: this is final.
 */
static void turn_tell_undone(struct turn *turn, const char *text, size_t size)
{
    const struct agents_told told = {.what = NEWS_UNDONE,
                                     .agent = turn->agent->id,
                                     .name = turn->agent->name,
                                     .text = text,
                                     .size = size};

    agent_log(turn->agents, turn->agent, LOG_BY_SITE, text, size);
    life_tell_message(turn->agents, turn->agent, LIFE_UNDONE, turn->event->m.id, text, size);
    if (turn->agents->env.news != NULL)
        turn->agents->env.news(turn->agents->env.context, &told);
}

/*
 * Write the reason of a trap into the agent's log, where its author reads it: the kind, the
 * function by name if the module has names, and the byte; last the agent's own words, which are
 * any bytes.
 */
static void turn_log_trap(struct turn *turn, enum engine_outcome outcome)
{
    const char *name;
    uint32_t function;
    uint32_t offset;
    char code[40];
    char text[200 + ENGINE_NAME_BYTES + SERAI_REASON_BYTES_MAX];
    size_t size;

    /* No slot: the fuel did not reach for laying out, so no function of the guest ran. */
    if (turn->slot == NULL) {
        static const char early[] = "turn undone: out of fuel before it began, as its memory and "
                                    "slots ask; fuel and fees stand";

        turn_tell_undone(turn, early, sizeof early - 1);
        return;
    }
    engine_trap_place(turn->agents->stack, &function, &offset);
    name = engine_function_name(turn->agent->program.code.code->engine, function);
    (void)snprintf(text, sizeof text - SERAI_REASON_BYTES_MAX,
                   "turn undone: %s, in function %u%s%s%s at byte 0x%x; fuel and fees stand%s",
                   turn_end_name(turn, outcome, code, sizeof code), function,
                   name == NULL ? "" : " (", name == NULL ? "" : name, name == NULL ? "" : ")",
                   offset, turn->fail_size == 0 ? "" : ": ");
    size = strlen(text);
    memcpy(text + size, turn->fail_reason, turn->fail_size);
    turn_tell_undone(turn, text, size + turn->fail_size);
}

/* What those who wait for an answer are told of a turn that was undone. */
static struct failure turn_failure(const struct turn *turn, enum engine_outcome outcome)
{
    if (turn->fail_code == 0)
        return failure_of((int32_t)outcome);
    return (struct failure){turn->fail_code, turn->fail_reason, turn->fail_size};
}

/*
 * A trap ends the event: its money goes back, its postage stays, its replies fail with the trap's
 * code, or with what its agent said.
 */
static void turn_trapped(struct turn *turn, enum engine_outcome outcome)
{
    struct failure failure = turn_failure(turn, outcome);

    message_return(turn->agents, turn->agent, &turn->event->m, failure, false);
    turn_log_trap(turn, outcome);
    leash_tell(turn->agents, turn->agent, SERAI_LEASH_UNDONE,
               agent_funds(turn->agents, turn->agent), failure);
    if (turn->tries)
        upgrade_fails(turn, failure);
    /* Nothing has begun (struct birth, `trial`): whoever deployed it gets back what is left. */
    if (turn->event->m.kind == SERAI_EVENT_BORN && turn->event->m.status == BORN_ON_TRIAL)
        agent_die(turn->agents, turn->agent);
}

/*
 * What the next try needs: twice what this one had, which buys twice the fuel.  So an event is
 * tried a few times at most, the last time with all the fuel that any turn may use.
 */
static struct money turn_needs_next(const struct turn *turn)
{
    struct money most = agent_needs_most(turn->agents);
    struct money twice;

    return money_scale(&twice, turn->pot, 2) ? money_min(twice, most) : most;
}

/*
 * The agent ran out of money, not of the fuel that a turn may use: the event goes back to the head
 * of the inbox and waits there, the agent frozen, until there is more.  Its postage and reserve
 * have become the agent's and are used up.
 */
static void turn_ran_dry(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct message *m = &turn->event->m;
    char needs[MONEY_TEXT_BYTES];
    char text[200];

    money_accumulate(&m->spent, m->postage);
    m->postage = money_zero();
    m->reserve = money_zero();
    inbox_put_back(agents, agent, turn->event);
    agent->needs = turn_needs_next(turn);
    (void)money_print(needs, agent_head_needs(agents, agent));
    (void)snprintf(text, sizeof text,
                   "turn undone: out of money; its event waits until the agent has %s; fuel "
                   "and fees stand",
                   needs);
    agent_log(agents, agent, LOG_BY_SITE, text, strlen(text));
    agent_freeze_dry(agents, agent, DRY_IN_TURN);
}

/*
 * What was lent and not kept leaves its slots, so no frame ever shows a loan.  For a reply among it
 * FAILED with status SILENT goes to the agent that asked; that event was paid for with the
 * question.
 */
static void turn_take_lent_back(struct turn *turn)
{
    const struct cap empty = {.kind = SERAI_KIND_EMPTY};

    for (uint32_t i = 0; i < turn->lent_count; i++) {
        struct cap cap = *cap_table_at(&turn->agent->caps, turn->lent[i]);

        agent_cap_set(turn->agents, turn->agent, turn->lent[i], &empty);
        /* Who asked for an upgrade learns by any answer that it stands. */
        if (turn->event->m.kind == SERAI_EVENT_BECAME)
            facet_answer_nothing(turn->agents, turn->agent, &cap);
        else
            facet_fail(turn->agents, &cap, failure_of(SERAI_E_SILENT));
    }
}

/*
 * Who asked for an upgrade hears its end, not that of the turn which ordered it: the reply, if it
 * was not used, goes along with BECAME.
 */
static struct cap turn_asked_to_upgrade(struct turn *turn)
{
    struct cap reply = {.kind = SERAI_KIND_EMPTY};

    if (turn->event->m.kind != SERAI_EVENT_UPGRADE)
        return reply;
    for (uint32_t i = 0; i < turn->lent_count; i++) {
        if ((int64_t)turn->lent[i] != turn->reply_slot)
            continue;
        reply = *cap_table_at(&turn->agent->caps, turn->lent[i]);
        turn_take_cap(turn, turn->lent[i]);
        break;
    }
    return reply;
}

/*
 * What was asked for "when this turn commits", in an order that matters: loans end while the old
 * program's slots are as the turn left them, then the program changes, and death comes last.
 */
static void turn_carry_out(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    struct cap asked = {.kind = SERAI_KIND_EMPTY};

    if (turn->become && !turn->die)
        asked = turn_asked_to_upgrade(turn);
    if (!turn->die) /* then all that it holds ends otherwise */
        turn_take_lent_back(turn);
    if (turn->become) {
        struct message became = {.kind = SERAI_EVENT_BECAME,
                                 .data = turn->become_args,
                                 .size = turn->become_args_size,
                                 .reserve = turn->become_reserve,
                                 .reply = asked};

        /*
         * The quota that the order took in advance is given back, and taken again by what comes
         * true.
         */
        turn_give_become(turn);
        if (turn->become_try)
            upgrade_begin(agents, agent, turn->become_code, turn->kept_reserve);
        else
            agent_become(agents, agent, turn->become_code);
        agents_deliver_first(agents, agent, &became);
    }
    for (uint32_t i = 0; i < turn->leash_count; i++)
        leash_carry_out(agents, &turn->leashes[i]);
    if (turn->die)
        agent_die(agents, agent);
}

/*
 * The first turn of a code begins with its _initialize, the constructors of C and C++ for instance,
 * as a part of that turn: what undoes the turn undoes it too, and then the next one begins with it.
 */
static enum engine_outcome turn_run_program(struct turn *turn)
{
    const struct inbox_message *event = turn->event;
    const struct code_entry *entry = &turn->agent->program.code.code->entry;
    uint64_t args[3] = {(uint32_t)event->m.kind, (uint32_t)turn->event_slot,
                        (uint32_t)event->m.size};
    enum engine_outcome outcome = ENGINE_DONE;
    uint64_t nothing;

    if (turn->exhausted)
        return ENGINE_OUT_OF_FUEL;
    if (entry->initializes && !turn->agent->program.begun)
        outcome =
            engine_run(&turn->instance, turn->agents->stack, entry->initialize, NULL, &nothing);
    if (outcome == ENGINE_DONE)
        outcome = engine_run(&turn->instance, turn->agents->stack, entry->turn, args, args);
    return turn->exhausted ? ENGINE_OUT_OF_FUEL : outcome;
}

/* First the turn's own work, as one piece; then, outside of it, what follows from its end. */
static void turn_conclude(struct turn *turn, enum engine_outcome outcome, bool waits)
{
    uint64_t fuel = turn->budget - turn->instance.fuel;

    if (outcome == ENGINE_DONE) {
        turn_commit(turn, fuel);
        turn_carry_out(turn);
        return;
    }
    turn_undo_all(turn, fuel);
    if (waits)
        turn_ran_dry(turn);
    else
        turn_trapped(turn, outcome);
}

/*
 * Begin, run, commit or undo, carry out: docs/architecture.md, "The turn, a transaction".  False:
 * the event is in the inbox again, which owns it.
 */
bool turn_run(struct agents *agents, struct agent *agent, struct inbox_message *event)
{
    struct turn *turn = agents->turn_memory;
    bool waits;
    uint64_t globals[ENGINE_GLOBALS_MAX];
    enum engine_outcome outcome;

    /* All lines of the turn, of whatever kind, have this event as their cause. */
    ledger_event_begin(agents->ledger);
    turn_begin(turn, agents, agent, event, globals);
    /* Quarantine: if the process dies from here on, the next start blames this event. */
    if (agents->env.mark != NULL)
        agents->env.mark(agents->env.context, agent->id, event->m.id);
    outcome = turn_run_program(turn);
    /* A trial does not wait for more money: it has failed, and the agent goes on as it was. */
    waits = outcome == ENGINE_OUT_OF_FUEL && turn->poor && !turn->tries;
    agent->usage.turns++;
    agents->counters.turns++;
    turn_conclude(turn, outcome, waits);
    agents_follow_up(agents);
    /* The balance has changed: the alert may be due, and rent runs out at another time. */
    if (agent->state != AGENT_DEAD) {
        agent_check_mark(agents, agent);
        rent_schedule(agents, agent);
        burn_sample(agents, agent);
    }
    if (!waits && agent->state != AGENT_DEAD)
        upgrade_was_asked(agents, agent, event);
    undo_commit(agents->undo); /* what followed the turn is final */
    turn_event_end(turn);
    /* Only now: an event that stops the site while it is booked is blamed as well. */
    if (agents->env.mark != NULL)
        agents->env.mark(agents->env.context, 0, 0);
    return !waits;
}
