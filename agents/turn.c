/*
 * One turn: an event delivered to an agent and run to its end, all or nothing.
 *
 * State is changed in place under `undo`; money waits on the stage.  A good turn books, in this
 * order, its transfers as they were staged, then its tolls, then its fuel: each was checked against
 * what would be left, so none can fail.  A trap restores all state and books only tolls and fuel,
 * which draw on nothing but the balance at its start and the event's postage.
 */
#include "agents/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"

/* ---- beginning ---- */

/* Memory that grows is bytes held: the customer's cap bounds it, and the rent follows it. */
static bool grow_memory(void *host, uint32_t pages_now, uint32_t pages_more)
{
    struct turn *turn = host;
    struct customer_use *use = turn->agent->use;
    uint64_t more = (uint64_t)pages_more * ENGINE_WASM_PAGE_BYTES;

    (void)pages_now;
    if (!quota_allows(turn->agents, use, CUSTOMER_MEMORY_BYTES, more))
        return false;
    quota_take(turn->agents, use, CUSTOMER_MEMORY_BYTES, more);
    return true;
}

/* Postage and reserve become the agent's when its turn begins, and stand. */
static void take_postage(struct agents *agents, struct agent *agent, const struct message *m)
{
    struct transfer postage = {.debit = ACCOUNT_HELD_MESSAGE,
                               .credit = agent->id,
                               .amount = m->postage,
                               .code = TRANSFER_POSTAGE,
                               .object = m->id};
    struct transfer reserve = {.debit = ACCOUNT_HELD_RESERVE,
                               .credit = agent->id,
                               .amount = m->reserve,
                               .code = TRANSFER_RESERVE,
                               .object = m->id};

    if (!money_is_zero(m->postage))
        ledger_transfer_checked(agents->ledger, &postage);
    if (!money_is_zero(m->reserve))
        ledger_transfer_checked(agents->ledger, &reserve);
}

/*
 * The fuel hold: what a full turn may cost, but half of a poor agent's money stays for its orders,
 * and the fuel floor comes before both.
 */
static uint64_t hold_fuel(struct turn *turn, struct money pot)
{
    const struct pricebook *prices = &turn->agents->prices;
    struct money full = money_share_floor(agent_needs_most(turn->agents), 1, 2);
    struct money hold = money_min(full, money_share_floor(pot, 1, 2));
    uint64_t fuel;

    if (money_compare(hold, agents_reserve(turn->agents)) < 0)
        hold = money_min(pot, agents_reserve(turn->agents));
    turn->poor = money_compare(hold, full) < 0;
    fuel = money_buys(hold, prices->compute, MARKET_FUEL_UNIT, turn->carry[CARRY_COMPUTE]);
    INVARIANT(money_sub(&turn->free, pot, hold));
    turn->pot = pot;
    return fuel < prices->turn_fuel_max ? fuel : prices->turn_fuel_max;
}

/*
 * What comes with an event is lent for its turn: else whoever may send something could fill the
 * table.  What an agent is born with is its own.
 */
static int64_t give_or_none(struct turn *turn, const struct cap *cap)
{
    int64_t slot;

    if (cap->kind == SERAI_KIND_EMPTY)
        return SERAI_SLOT_NONE;
    slot = turn_give_cap(turn, cap);
    INVARIANT(slot >= 0); /* what does not fit is not heard */
    if (turn->event->m.kind != SERAI_EVENT_BORN)
        turn->lent[turn->lent_count++] = (uint64_t)slot;
    return slot;
}

static void arrive(struct turn *turn)
{
    const struct message *m = &turn->event->m;
    struct cap end = {.kind = SERAI_KIND_CHANNEL, .object = m->end};

    turn->event_slot = m->end != 0 ? agent_cap_find(turn->agent, &end) : SERAI_SLOT_NONE;
    if (m->kind == SERAI_EVENT_ANSWER && m->status != 0 && turn->event_slot >= 0)
        turn_take_cap(turn, (uint64_t)turn->event_slot); /* what was refused is no end */
    turn->reply_slot = give_or_none(turn, &m->reply);
    for (size_t i = 0; i < m->cap_count; i++)
        turn->cap_slots[i] = give_or_none(turn, &m->caps[i]);
    if (m->kind == SERAI_EVENT_MESSAGE && !money_is_zero(m->money)) {
        struct transfer money = {.debit = ACCOUNT_HELD_MESSAGE,
                                 .credit = turn->agent->id,
                                 .amount = m->money,
                                 .code = TRANSFER_MESSAGE,
                                 .object = m->id};

        turn_stage(turn, &money);
    }
}

static void lay_out(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    if (!arena_has(agents->arena, agent->id))
        page_cache_fetch(agents, &agent->memory, 0, UINT32_MAX);
    turn->slot = arena_take(agents->arena, agent);
    turn->instance.memory = turn->slot->memory;
    turn->instance.cards = turn->slot->cards;
}

/*
 * What has to be ready before a turn: its memory in the arena, the index of its slots.  Most turns
 * find both, and all pay alike: fuel must not tell who ran before.
 */
static uint64_t beginning_work(const struct agent *agent)
{
    uint64_t slots = agent->caps_used > CAPS_SMALL ? agent->caps_used : 0;

    return (uint64_t)agent->memory_pages * WORK_LAY_OUT + slots * WORK_SLOT;
}

static void turn_begin(struct turn *turn, struct agents *agents, struct agent *agent,
                       struct inbox_message *event, uint64_t *globals)
{
    struct transfer *transfers = turn->transfers;

    memset(turn, 0, offsetof(struct turn, become_args));
    turn->random_size = 0;
    turn->transfers = transfers;
    turn->agents = agents;
    turn->agent = agent;
    turn->event = event;
    turn->number = agents->counters.turns + 1;
    memcpy(turn->carry, agent->carry, sizeof turn->carry);
    take_postage(agents, agent, &event->m);
    memcpy(globals, agent->globals,
           engine_code_globals(agent->code.code->engine) * sizeof *globals);
    turn->instance = (struct engine_instance){
        .code = agent->code.code->engine,
        .memory_pages = agent->memory_pages,
        .globals = globals,
        .fuel = hold_fuel(turn, agent_funds(agents, agent)),
        .host_call = turn_host_call,
        .host = turn,
        .host_grow = grow_memory,
    };
    turn->budget = turn->instance.fuel;
    agents->turn = turn;
    if (!turn_work(turn, beginning_work(agent)))
        return; /* so nothing was done for it */
    lay_out(turn);
    arrive(turn);
}

/* ---- ending ---- */

static void book(struct turn *turn, uint64_t credit, struct money amount, enum transfer_code code,
                 uint64_t quantity, uint64_t object, uint64_t carry)
{
    struct transfer transfer = {
        .debit = turn->agent->id,
        .credit = credit,
        .amount = amount,
        .code = code,
        .quantity = quantity,
        .price_id = turn->agents->prices.id,
        .object = object,
        .carry = carry,
    };

    if (quantity > 0)
        ledger_transfer_checked(turn->agents->ledger, &transfer);
}

static void book_orders(struct turn *turn)
{
    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++) {
        struct money cost;

        if (turn->orders[order] == 0)
            continue;
        INVARIANT(money_scale(&cost, pricebook_order(&turn->agents->prices, (int)order),
                              turn->orders[order]));
        book(turn, ACCOUNT_REVENUE_ORDERS, cost, TRANSFER_ORDER, turn->orders[order], order, 0);
    }
}

static void book_metered(struct turn *turn, enum carry which, struct money price, uint64_t quantity,
                         uint64_t unit, uint64_t object)
{
    uint64_t *carry = &turn->agent->carry[which];
    struct money cost;

    INVARIANT(money_cost_carry(&cost, carry, price, quantity, unit));
    book(turn, ACCOUNT_REVENUE_PACKETS, cost, TRANSFER_PACKET_FEE, quantity, object, *carry);
}

/*
 * The tolls of single packets are reckoned anew as one product an interface: with the carry the sum
 * is the same to the last numerator, in whatever steps it was taken.
 */
static void book_packets(struct turn *turn)
{
    for (uint32_t i = 0; i < turn->packet_interfaces; i++) {
        const struct turn_packets *sent = &turn->packets[i];
        uint64_t object = sent->prices.object;

        book_metered(turn, CARRY_PACKETS, sent->prices.packets, sent->count, MARKET_PACKETS_UNIT,
                     object);
        book_metered(turn, CARRY_PACKET_DATA, sent->prices.packet_data, sent->bytes,
                     MARKET_PACKET_DATA_UNIT, object + 1);
    }
    INVARIANT(turn->agent->carry[CARRY_PACKETS] == turn->carry[CARRY_PACKETS]);
    INVARIANT(turn->agent->carry[CARRY_PACKET_DATA] == turn->carry[CARRY_PACKET_DATA]);
}

static void book_tolls(struct turn *turn, uint64_t fuel)
{
    const struct pricebook *prices = &turn->agents->prices;
    struct money cost;

    book_orders(turn);
    book_packets(turn);
    book(turn, ACCOUNT_REVENUE_LOGS, turn->log_fees, TRANSFER_LOG_FEE, turn->log_bytes, 0,
         turn->carry[CARRY_LOG]);
    INVARIANT(money_cost_carry(&cost, &turn->carry[CARRY_COMPUTE], prices->compute, fuel,
                               MARKET_FUEL_UNIT));
    /* The object of a compute line is the fuel table that defines the quantity. */
    book(turn, ACCOUNT_REVENUE_COMPUTE, cost, TRANSFER_COMPUTE, fuel, ENGINE_FUEL_TABLE_ID,
         turn->carry[CARRY_COMPUTE]);
    memcpy(turn->agent->carry, turn->carry, sizeof turn->carry);
    turn->agent->fuel += fuel;
    code_burnt(turn->agents, turn->agent->code.code, fuel);
    turn->agents->counters.fuel += fuel;
}

/* Whoever got money from this turn may thaw by it. */
static void wake_payees(struct turn *turn)
{
    for (uint32_t i = 0; i < turn->transfer_count; i++) {
        uint64_t account = turn->transfers[i].credit;
        struct agent *payee;

        if (account < ACCOUNT_FIRST_FREE || account == turn->agent->id)
            continue;
        payee = agents_find(turn->agents, account);
        if (payee != NULL)
            agents_topped_up(turn->agents, payee);
    }
}

static void turn_commit(struct turn *turn, uint64_t fuel)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    rent_touch(agents, agent);
    paged_grow(&agent->memory,
               turn->instance.memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    arena_commit(turn->slot, agent, turn->instance.memory_pages, &agents->dirty_pages);
    agent->memory_pages = turn->instance.memory_pages;
    agent->begun = true;
    memcpy(agent->globals, turn->instance.globals,
           engine_code_globals(agent->code.code->engine) * sizeof *agent->globals);
    undo_commit(agents->undo);
    agents->turn = NULL;
    for (uint32_t i = 0; i < turn->transfer_count; i++)
        ledger_transfer_checked(agents->ledger, &turn->transfers[i]);
    book_tolls(turn, fuel);
    wake_payees(turn);
}

static void log_trap(struct turn *turn, enum engine_outcome outcome)
{
    const char *name;
    uint32_t function;
    uint32_t offset;
    char text[200 + ENGINE_NAME_BYTES];
    int size;

    if (turn->slot == NULL) {
        static const char early[] = "turn undone: out of fuel before it began, as its memory and "
                                    "slots ask; fuel and tolls stand";

        agent_log(turn->agents, turn->agent, LOG_BY_SITE, early, sizeof early - 1);
        return;
    }
    engine_trap_place(turn->agents->stack, &function, &offset);
    name = engine_function_name(turn->agent->code.code->engine, function);
    size = snprintf(text, sizeof text,
                    "turn undone: %s, in function %u%s%s%s at byte 0x%x; fuel and tolls "
                    "stand",
                    engine_outcome_name(outcome), function, name == NULL ? "" : " (",
                    name == NULL ? "" : name, name == NULL ? "" : ")", offset);
    if (size > 0)
        agent_log(turn->agents, turn->agent, LOG_BY_SITE, text, strlen(text));
}

static void turn_undo_all(struct turn *turn, uint64_t fuel)
{
    struct agents *agents = turn->agents;

    undo_rollback(agents->undo);
    if (turn->slot != NULL)
        arena_rollback(turn->slot, turn->agent, turn->instance.memory_pages);
    agents->turn = NULL;
    book_tolls(turn, fuel);
    turn->agent->traps++;
    agents->counters.traps++;
}

/* The event is done with. */
static void turn_trapped(struct turn *turn, enum engine_outcome outcome)
{
    inbox_return(turn->agents, turn->agent, turn->event, (int32_t)outcome, false);
    log_trap(turn, outcome);
}

/*
 * Twice as much buys twice the fuel; so an event that waits is tried a few times at most, and at
 * last with all that any event may burn.
 */
static struct money needs_next(const struct turn *turn)
{
    struct money most = agent_needs_most(turn->agents);
    struct money twice;

    return money_scale(&twice, turn->pot, 2) ? money_min(twice, most) : most;
}

/*
 * It ran out of money, not of what a turn may burn: the event waits, the agent with it, until there
 * is more.  The postage and the reserve have become the agent's, and are burnt.
 */
static void turn_ran_dry(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct message *m = &turn->event->m;
    char reason[AGENT_REASON_BYTES_MAX + 1];
    char has[MONEY_TEXT_BYTES];
    char needs[MONEY_TEXT_BYTES];
    char text[200];

    INVARIANT(money_add(&m->spent, m->spent, m->postage));
    m->postage = money_zero();
    m->reserve = money_zero();
    inbox_put_back(agents, agent, turn->event);
    agent->needs = needs_next(turn);
    (void)money_print(needs, agent_head_needs(agents, agent));
    (void)snprintf(reason, sizeof reason, "out of money in a turn: has %s, needs %s for its event",
                   money_print(has, agent_funds(agents, agent)), needs);
    (void)snprintf(text, sizeof text,
                   "turn undone: out of money; its event waits until the agent has %s; fuel "
                   "and tolls stand",
                   needs);
    agent_log(agents, agent, LOG_BY_SITE, text, strlen(text));
    agent_freeze_dry(agents, agent, reason);
}

static struct hash hash_with(struct hasher *hasher, const void *data, size_t size)
{
    if (size == 0)
        return hash_of(NULL, 0); /* a constant */
    hasher_start(hasher);
    hasher_add(hasher, data, size);
    return hasher_end(hasher);
}

static void turn_event_end(struct turn *turn)
{
    const struct message *m = &turn->event->m;
    struct event event = {
        .kind = EVENT_TURN,
        .subject = turn->agent->id,
        .bytes = hash_with(turn->agents->hasher, m->data, m->size),
        .random = hash_with(turn->agents->hasher, turn->random, turn->random_size),
        .site_time_us = turn->agents->now_us,
    };
    struct bytes source = {0};

    cbor_put_array(&source, 3);
    cbor_put_uint(&source, m->sender);
    cbor_put_uint(&source, m->id);
    cbor_put_uint(&source, (uint64_t)m->kind);
    INVARIANT(!source.failed && source.size <= sizeof event.source);
    memcpy(event.source, source.data, source.size);
    event.source_size = source.size;
    bytes_fini(&source);
    (void)ledger_event_end(turn->agents->ledger, &event);
}

/*
 * What was lent and not kept leaves its slots.  Whoever waits for an answer to a reply among it
 * hears that none comes; that event was paid for with the question.
 */
static void take_lent_back(struct turn *turn)
{
    const struct cap empty = {.kind = SERAI_KIND_EMPTY};

    for (uint32_t i = 0; i < turn->lent_count; i++) {
        struct cap cap = *agent_cap_at(turn->agent, turn->lent[i]);

        agent_cap_set(turn->agents, turn->agent, turn->lent[i], &empty);
        facet_fail(turn->agents, &cap, SERAI_E_SILENT);
    }
}

void turn_take_become(struct turn *turn)
{
    struct customer_use *use = turn->agent->use;

    quota_take(turn->agents, use, CUSTOMER_MEMORY_BYTES, turn->become_memory);
    quota_take(turn->agents, use, CUSTOMER_EVENTS, 1);
    quota_take(turn->agents, use, CUSTOMER_EVENT_BYTES, turn->become_args_size);
}

/* It is carried out now, and what it holds counts itself. */
static void give_become(struct turn *turn)
{
    struct customer_use *use = turn->agent->use;

    quota_give(turn->agents, use, CUSTOMER_MEMORY_BYTES, turn->become_memory);
    quota_give(turn->agents, use, CUSTOMER_EVENTS, 1);
    quota_give(turn->agents, use, CUSTOMER_EVENT_BYTES, turn->become_args_size);
}

static void carry_out(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    if (!turn->die) /* then all that it holds ends otherwise */
        take_lent_back(turn);
    if (turn->become) {
        struct message became = {.kind = SERAI_EVENT_BECAME,
                                 .data = turn->become_args,
                                 .size = turn->become_args_size,
                                 .reserve = turn->become_reserve};

        give_become(turn);
        agent_become(agents, agent, turn->become_code);
        agents_deliver_first(agents, agent, &became);
    }
    if (turn->die)
        agent_die(agents, agent);
}

/*
 * The first turn of a code begins with its _initialize, the constructors of C and C++ for instance,
 * as a part of that turn: what undoes the turn undoes it too, and then the next one begins with it.
 */
static enum engine_outcome run_program(struct turn *turn)
{
    const struct inbox_message *event = turn->event;
    const struct code_entry *entry = &turn->agent->code.code->entry;
    uint64_t args[3] = {(uint32_t)event->m.kind, (uint32_t)turn->event_slot,
                        (uint32_t)event->m.size};
    enum engine_outcome outcome = ENGINE_DONE;
    uint64_t nothing;

    if (turn->exhausted)
        return ENGINE_OUT_OF_FUEL;
    if (entry->initializes && !turn->agent->begun)
        outcome =
            engine_run(&turn->instance, turn->agents->stack, entry->initialize, NULL, &nothing);
    if (outcome == ENGINE_DONE)
        outcome = engine_run(&turn->instance, turn->agents->stack, entry->turn, args, args);
    return turn->exhausted ? ENGINE_OUT_OF_FUEL : outcome;
}

/* False: the event is in the inbox again. */
static bool turn_run(struct agents *agents, struct agent *agent, struct inbox_message *event)
{
    struct turn *turn = agents->turn_memory;
    bool waits;
    uint64_t globals[ENGINE_GLOBALS_MAX];
    enum engine_outcome outcome;
    uint64_t fuel;

    ledger_event_begin(agents->ledger);
    turn_begin(turn, agents, agent, event, globals);
    if (agents->env.mark != NULL)
        agents->env.mark(agents->env.context, agent->id, event->m.id);
    outcome = run_program(turn);
    waits = outcome == ENGINE_OUT_OF_FUEL && turn->poor;
    fuel = turn->budget - turn->instance.fuel;
    agent->turns++;
    agents->counters.turns++;
    if (outcome == ENGINE_DONE)
        turn_commit(turn, fuel);
    else
        turn_undo_all(turn, fuel);
    if (outcome == ENGINE_DONE)
        carry_out(turn);
    else if (waits)
        turn_ran_dry(turn);
    else
        turn_trapped(turn, outcome);
    if (agent->state != AGENT_DEAD) {
        agent_check_mark(agents, agent);
        rent_note_due(agents, agent);
    }
    undo_commit(agents->undo); /* what followed the turn is final */
    turn_event_end(turn);
    /* Only now: an event that stops the site while it is booked is to be blamed as well. */
    if (agents->env.mark != NULL)
        agents->env.mark(agents->env.context, 0, 0);
    return !waits;
}

/* ---- choosing ---- */

/* Rent is settled in a step and an event of its own, before the turn. */
static void settle_first(struct agents *agents, struct agent *agent)
{
    struct event event = event_of_time(agent->id, agents->now_us);

    if (!rent_is_due(agents, agent))
        return;
    ledger_event_begin(agents->ledger);
    rent_settle(agents, agent);
    agent_check_mark(agents, agent);
    (void)ledger_event_end(agents->ledger, &event);
}

static void refuse_to_run(struct agents *agents, struct agent *agent)
{
    char reason[AGENT_REASON_BYTES_MAX + 1];
    char has[MONEY_TEXT_BYTES];
    char needs[MONEY_TEXT_BYTES];

    (void)snprintf(reason, sizeof reason, "out of money: has %s, the next event needs %s",
                   money_print(has, agent_funds(agents, agent)),
                   money_print(needs, agent_head_needs(agents, agent)));
    agent_freeze_dry(agents, agent, reason);
}

static bool solvent(const struct agents *agents, const struct agent *agent)
{
    /* The notice that money runs low was paid when the mark was set, and is heard in any case. */
    if (agent->inbox_first->m.kind == SERAI_EVENT_LOW && money_is_zero(agent->needs))
        return true;
    return money_compare(agent_head_funds(agents, agent), agent_head_needs(agents, agent)) >= 0;
}

/* Postage of a later message is taken in early, when it pays for the event that it waits behind. */
static void take_in_postage(struct agents *agents, struct agent *agent)
{
    struct event event = event_of_time(agent->id, agents->now_us);
    struct inbox_message *sponsor = agent_sponsor(agents, agent);
    struct transfer postage = {
        .debit = ACCOUNT_HELD_MESSAGE, .credit = agent->id, .code = TRANSFER_POSTAGE};

    if (sponsor == NULL)
        return;
    postage.amount = sponsor->m.postage;
    postage.object = sponsor->m.id;
    ledger_event_begin(agents->ledger);
    ledger_transfer_checked(agents->ledger, &postage);
    (void)ledger_event_end(agents->ledger, &event);
    INVARIANT(money_add(&sponsor->m.spent, sponsor->m.spent, sponsor->m.postage));
    sponsor->m.postage = money_zero();
    agent->inbox_changed = true;
    sponsor->changed = true;
    agent_dirty(agents, agent);
}

/*
 * A message whose caps find no room in the table is refused before it is heard: no part of it
 * arrives.  Who waits for an answer that does not fit hears that instead.
 */
static void refuse_head(struct agents *agents, struct agent *agent, struct inbox_message *head)
{
    struct event event = event_of_time(agent->id, agents->now_us);
    struct message failed = {.kind = SERAI_EVENT_FAILED,
                             .status = SERAI_E_FULL,
                             .badge = head->m.badge,
                             .reserve = head->m.reserve};

    ledger_event_begin(agents->ledger);
    inbox_take(agents, agent, head);
    if (message_is_answer(&head->m)) {
        head->m.reserve = money_zero();
        agents_deliver(agents, agent, &failed);
    }
    inbox_return(agents, agent, head, SERAI_E_FULL, true);
    inbox_message_free(head);
    undo_commit(agents->undo);
    (void)ledger_event_end(agents->ledger, &event);
}

bool agents_ready(const struct agents *agents)
{
    return agents->ready_count > 0;
}

struct ready agents_next_ready(struct agents *agents)
{
    const struct agent *agent = ready_next(agents);

    if (agent == NULL)
        return (struct ready){0};
    return (struct ready){.agent = agent->id, .customer = agent->customer};
}

static void run(struct agents *agents, struct agent *agent)
{
    struct inbox_message *head;

    settle_first(agents, agent);
    agents_try_thaw(agents, agent); /* the rent took all it had, but the event brings its own */
    if (agent->state != AGENT_RUNNING)
        return;
    head = agent->inbox_first;
    take_in_postage(agents, agent);
    if (!solvent(agents, agent)) {
        refuse_to_run(agents, agent);
        return;
    }
    agent_index_caps(agents, agent);
    if (caps_fit(agent, &head->m)) {
        inbox_take(agents, agent, head);
        if (turn_run(agents, agent, head))
            inbox_message_free(head);
        else
            agents_try_thaw(agents, agent); /* a message that waits already may pay for it */
    } else {
        refuse_head(agents, agent, head);
    }
    agent_make_ready(agents, agent);
}

bool agents_run_one(struct agents *agents)
{
    struct agent *agent = ready_next(agents);
    struct customer_use *use;
    uint64_t fuel = agents->counters.fuel;

    if (agent == NULL)
        return false;
    use = agent->use;
    agent_unready(agents, agent);
    if (agent->state == AGENT_RUNNING && agent->inbox_first != NULL)
        run(agents, agent);
    ready_burnt(agents, use, agents->counters.fuel - fuel);
    return true;
}
