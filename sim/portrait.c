/*
 * All state of a core as text, so that two of them can be compared and a difference be read.  What
 * is painted must come back from the rows alone; what a start may forget (caches, who is packed) is
 * not painted.
 */
#include "sim/portrait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/views.h"
#include "exchange/ends.h"
#include "site/core/state.h"

#define U(value) ((unsigned long long)(value))

/* Where lines go, and what they are of. */
struct painter {
    FILE *out;
    const struct agents *agents;
    const struct exchange *exchange;
};

static void paint_hex(FILE *out, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        (void)fprintf(out, "%02x", bytes[i]);
}

/* Bytes by a part of their hash: enough to differ, and a line stays readable. */
static void paint_hash(FILE *out, const void *data, size_t size)
{
    struct hash hash = hash_of(data, size);

    paint_hex(out, hash.bytes, 8);
}

static void paint_account(void *context, const struct account *account)
{
    struct painter *painter = context;
    char debits[U128_TEXT_BYTES];
    char credits[U128_TEXT_BYTES];

    (void)fprintf(painter->out,
                  "account %llu kind %d customer %llu closed %d debits %s credits %s\n",
                  U(account->id), (int)account->kind, U(account->customer), account->closed,
                  u128_print(debits, account->debits), u128_print(credits, account->credits));
}

/* Each slot that is not empty, by its number: a capability must come back in its slot. */
static void paint_caps(struct painter *painter, const struct agent *agent)
{
    for (uint64_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap != NULL && cap->kind != SERAI_KIND_EMPTY)
            (void)fprintf(painter->out, "  cap %llu kind %d rights %d object %llu\n", U(slot),
                          cap->kind, cap->rights, U(cap->object));
    }
}

/* Messages in their order: it decides who is served. */
static void paint_inbox(struct painter *painter, const struct inbox *inbox)
{
    for (const struct inbox_message *at = inbox->first; at != NULL; at = at->next) {
        const struct message *m = &at->m;

        (void)fprintf(
            painter->out,
            "  message %llu kind %d front %d sender %llu for %llu of %llu end %llu badge %llu "
            "status %d fee %llu money %llu postage %llu spent %llu reserve %llu reply %d/%llu "
            "caps %d size %zu ",
            U(m->id), (int)m->kind, at->front, U(m->sender), U(m->asker), U(m->sender_customer),
            U(m->end), U(m->badge), m->status, U(money_nanos(m->fee)), U(money_nanos(m->money)),
            U(money_nanos(m->postage)), U(money_nanos(m->spent)), U(money_nanos(m->reserve)),
            m->reply.kind, U(m->reply.object), m->cap_count, m->size);
        paint_hash(painter->out, m->data, m->size);
        for (size_t i = 0; i < m->cap_count; i++)
            (void)fprintf(painter->out, " %d/%d/%llu", m->caps[i].kind, m->caps[i].rights,
                          U(m->caps[i].object));
        (void)fprintf(painter->out, "\n");
    }
}

/* Pages by their content.  A page that is as in the initial image may be kept, but is no state. */
static void paint_pages(struct painter *painter, const struct agent *agent,
                        const struct paged *paged)
{
    for (uint32_t i = 0; i < paged->used; i++) {
        const struct paged_page *page = paged->pages[i];
        uint8_t initial[PAGED_BYTES] = {0};

        if (page->data == NULL && page->own == 0)
            continue;
        page_cache_fetch((struct agents *)painter->agents, (struct paged *)paged, page->number,
                         page->number); /* which changes nothing that can be seen */
        INVARIANT(page->data != NULL);
        if (agent != NULL) /* else a buffer */
            agent_initial_page(agent, page->number, initial);
        if (memcmp(page->data, initial, PAGED_BYTES) == 0)
            continue;
        (void)fprintf(painter->out, "  page %u ", page->number);
        paint_hash(painter->out, page->data, PAGED_BYTES);
        (void)fprintf(painter->out, "\n");
    }
}

/* The agent's module and those it keeps, with how often each is in use, and its globals. */
static void paint_code(struct painter *painter, const struct agent *agent)
{
    (void)fprintf(painter->out, "  code ");
    paint_hex(painter->out, agent->program.code.code->id.bytes, 8);
    if (agent->upgrade.code.code != NULL) {
        (void)fprintf(painter->out, " to try ");
        paint_hex(painter->out, agent->upgrade.code.code->id.bytes, 8);
    }
    (void)fprintf(painter->out, " refs %llu builtin %d size %zu globals ",
                  U(agent->program.code.code->refs), agent->program.code.code->builtin,
                  agent->program.code.code->size);
    paint_hex(painter->out, agent->program.globals,
              engine_code_globals(agent->program.code.code->engine) *
                  sizeof *agent->program.globals);
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        (void)fprintf(painter->out, " kept ");
        paint_hex(painter->out, agent->program.kept[i].code->id.bytes, 8);
        (void)fprintf(painter->out, " refs %llu", U(agent->program.kept[i].code->refs));
    }
    (void)fprintf(painter->out, "\n");
}

static void paint_log(struct painter *painter, const struct agent *agent)
{
    (void)fprintf(painter->out, "  log next %llu bytes %llu lines %llu\n", U(agent->log.next),
                  U(agent->log.bytes), U(agent->log.lines));
    for (const struct agent_log_line *line = agent->log.first; line != NULL; line = line->next) {
        (void)fprintf(painter->out, "  line %llu at %llu ", U(line->line), U(line->time_us));
        paint_hash(painter->out, line->text, line->size);
        (void)fprintf(painter->out, "\n");
    }
}

/* What is owed of each rent since it was last billed, and what charges left over. */
static void paint_rent(struct painter *painter, const struct agent *agent)
{
    char owed[U128_TEXT_BYTES];
    char index[U128_TEXT_BYTES];

    for (int resource = 0; resource < RENT_RESOURCES; resource++)
        (void)fprintf(painter->out, "  rent %d owed %s index %s\n", resource,
                      u128_print(owed, agent->rent.owed[resource]),
                      u128_print(index, agent->rent.index[resource]));
    for (int carry = 0; carry < CARRIES; carry++)
        (void)fprintf(painter->out, "  carry %d %llu\n", carry, U(agent->carry[carry]));
}

static void paint_agent(void *context, const struct agent *agent)
{
    struct painter *painter = context;

    (void)fprintf(
        painter->out,
        "agent %llu of %llu parent %llu leash %llu confined %d name %s state %d reason "
        "%s born %llu children %llu pages %u "
        "caps %u inbox %llu/%llu/%llu facets %llu timers %llu buffers %llu "
        "mark %llu armed %d reserve %llu burial %llu turns %llu traps %llu fuel %llu "
        "frozen since %llu needs %llu begun %d upgrade reserve %llu\n",
        U(agent->id), U(agent->customer), U(agent->parent), U(agent->leash), agent->confined,
        agent->name, (int)agent->state, agent->reason, U(agent->born_frame), U(agent->children),
        agent->program.memory_pages, agent->caps.used, U(agent->inbox.count), U(agent->inbox.bytes),
        U(agent->inbox.total), U(agent->owns.facets), U(agent->owns.timers),
        U(agent->owns.buffer_bytes), U(money_nanos(agent->low.mark)), agent->low.armed,
        U(money_nanos(agent->low.reserve)), U(money_nanos(agent->burial)), U(agent->usage.turns),
        U(agent->usage.traps), U(agent->usage.fuel), U(agent->frozen_us),
        U(money_nanos(agent->needs)), agent->program.begun, U(money_nanos(agent->upgrade.reserve)));
    paint_code(painter, agent);
    paint_caps(painter, agent);
    paint_inbox(painter, &agent->inbox);
    for (const struct inbox_message *at = agent->sent.newest; at != NULL; at = at->older_sent)
        (void)fprintf(painter->out, "  sent %llu on promise %llu\n", U(at->m.id),
                      U(at->promise->id));
    paint_pages(painter, agent, &agent->program.memory);
    paint_log(painter, agent);
    paint_rent(painter, agent);
}

/* With what waits on it, in its order. */
static void paint_promise(struct painter *painter, const struct object *object)
{
    const struct promise *promise = &object->u.promise;

    (void)fprintf(painter->out,
                  "owner %llu state %d status %d target %d/%d/%llu reply %llu in %llu at %llu "
                  "postage %llu pipe %llu holders %u\n",
                  U(object->owner), (int)promise->state, promise->status, promise->target.kind,
                  promise->target.rights, U(promise->target.object), U(promise->reply),
                  U(promise->waits_in), U(promise->waits_at), U(money_nanos(promise->postage)),
                  U(promise->pipe), object->holders);
    paint_hash(painter->out, promise->reason, promise->reason_size);
    (void)fprintf(painter->out, "\n");
    if (promise_has_queue(object))
        paint_inbox(painter, promise->queue);
}

static void paint_object(struct painter *painter, const struct object *object)
{
    (void)fprintf(painter->out, "object %llu kind %d ", U(object->id), (int)object->kind);
    switch (object->kind) {
    case OBJECT_FACET:
        (void)fprintf(painter->out,
                      "owner %llu badge %llu postage %llu once %d reserve %llu "
                      "asked %llu promise %llu named %d holders %u\n",
                      U(object->owner), U(object->u.facet.badge),
                      U(money_nanos(object->u.facet.postage)), object->one_shot,
                      U(money_nanos(object->u.facet.reserve)), U(object->u.facet.asked),
                      U(object->u.facet.promise), object->named, object->holders);
        break;
    case OBJECT_BUFFER:
        (void)fprintf(painter->out, "owner %llu size %llu\n", U(object->owner),
                      U(object->u.buffer.size));
        paint_pages(painter, NULL, &object->u.buffer.pages);
        break;
    case OBJECT_TIMER:
        (void)fprintf(painter->out, "owner %llu at %llu badge %llu reserve %llu\n",
                      U(object->owner), U(object->u.timer.at_us), U(object->u.timer.badge),
                      U(money_nanos(object->u.timer.reserve)));
        break;
    case OBJECT_LEASH:
        (void)fprintf(painter->out, "owner %llu child %llu watch %llu estate %d\n",
                      U(object->owner), U(object->u.leash.child), U(object->u.leash.watch),
                      object->u.leash.estate);
        break;
    case OBJECT_PROMISE:
        paint_promise(painter, object);
        break;
    }
}

/* By number, as the table has no order of its own. */
static void paint_objects(struct painter *painter)
{
    uint64_t *ids;
    size_t count;

    table_keys_sorted(&painter->agents->objects.by_id, &ids, &count);
    for (size_t i = 0; i < count; i++)
        paint_object(painter, table_get(&painter->agents->objects.by_id, ids[i]));
    free(ids);
}

/* For qsort(): by serial number. */
static int paint_heap_order(const void *a, const void *b)
{
    const struct heap_entry *left = a;
    const struct heap_entry *right = b;

    return left->serial < right->serial ? -1 : 1;
}

/* Entries in the order in which they were made: buckets depend on the table's size. */
static void paint_heap(struct painter *painter)
{
    const struct agents *agents = painter->agents;
    struct heap_entry *entries = calloc(agents->heap.count + 1, sizeof *entries);
    size_t count = 0;

    INVARIANT(entries != NULL);
    for (size_t bucket = 0; bucket < agents->heap.bucket_count; bucket++) {
        for (const struct heap_entry *at = agents->heap.buckets[bucket]; at != NULL; at = at->next)
            entries[count++] = *at;
    }
    INVARIANT(count == agents->heap.count);
    qsort(entries, count, sizeof *entries, paint_heap_order);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(painter->out, "heap %llu payer %llu deposit %llu cap %d/%d/%llu number ",
                      U(entries[i].serial), U(entries[i].payer), U(money_nanos(entries[i].deposit)),
                      entries[i].cap.kind, entries[i].cap.rights, U(entries[i].cap.object));
        paint_hex(painter->out, entries[i].number, sizeof entries[i].number);
        (void)fprintf(painter->out, "\n");
    }
    free(entries);
}

static void paint_end(void *context, struct channel_end *end)
{
    struct painter *painter = context;
    const struct exchange_end *held = ends_held(painter->exchange, end);

    (void)fprintf(
        painter->out,
        "end %llu owner %llu customer %llu number %u side %d state %d armed %llu/%llu received "
        "%llu/%llu credit %llu/%llu sent %llu/%llu room %d money %llu %llu %llu %llu "
        "%llu %llu asked %llu %llu\n",
        U(end->id), U(end->owner), U(held->customer), end->number, (int)end->side, (int)end->state,
        U(end->granted_packets), U(end->granted_bytes), U(end->received_packets),
        U(end->received_bytes), U(end->window_packets), U(end->window_bytes), U(end->sent_packets),
        U(end->sent_bytes), end->room_asked, U(money_nanos(held->deposit)),
        U(money_nanos(held->grant_reserve)), U(money_nanos(held->answer_reserve)),
        U(money_nanos(held->room_reserve)), U(money_nanos(held->close_reserve)),
        U(money_nanos(held->birth_money)), U(money_nanos(held->asked_endowment)),
        U(money_nanos(held->asked_fee)));
}

static void paint_checkpoints(struct painter *painter, const struct core *core)
{
    const struct link_checkpoint *all;
    size_t count = links_checkpoints(core->links, &all);

    for (size_t i = 0; i < count; i++) {
        char sent[U128_TEXT_BYTES];
        char received[U128_TEXT_BYTES];

        (void)fprintf(painter->out, "checkpoint %u %s at %llu sent %s received %s\n",
                      (unsigned)all[i].interface, all[i].name, U(all[i].site_time_us),
                      u128_print(sent, all[i].sent_total),
                      u128_print(received, all[i].received_total));
    }
}

static void paint_invitations(struct painter *painter, const struct core *core)
{
    const struct invitation *all;
    size_t count = invitations_all(core->invitations, &all);

    for (size_t i = 0; i < count; i++) {
        (void)fprintf(painter->out, "invitation %llu %s limit %llu from %llu to %llu state %d ",
                      U(all[i].number), all[i].name, U(money_nanos(all[i].limit)),
                      U(all[i].made_us), U(all[i].until_us), (int)all[i].state);
        paint_hash(painter->out, all[i].peer, sizeof all[i].peer);
        (void)fputc('\n', painter->out);
    }
}

/* Customers with their last request and what they hold: a repeat must get the same answer. */
/* What a customer calls the capabilities that it holds itself; they are in its desk's slots. */
static void paint_desk(struct painter *painter, const struct desk *desk)
{
    if (desk == NULL)
        return;
    (void)fprintf(painter->out, "  desk %llu", U(desk->agent));
    for (size_t i = 0; i < desk->count; i++)
        (void)fprintf(painter->out, " %llu %s", U(desk->caps[i].slot), desk->caps[i].name);
    (void)fprintf(painter->out, "\n");
}

static void paint_customers(struct painter *painter, const struct core *core)
{
    for (size_t i = 0; i < core->customers.count; i++) {
        const struct customer *customer = core->customers.items[i];
        const struct customer_use *use = table_get(&core->agents->customers, customer->account);

        (void)fprintf(painter->out, "customer %llu %s share %u number %llu answer ",
                      U(customer->account), customer->name, (unsigned)customer->share,
                      U(customer->number));
        paint_hash(painter->out, customer->answer.data, customer->answer.size);
        (void)fprintf(painter->out, " suspended %d bounds %x", (int)customer->suspended,
                      (unsigned)customer->own);
        for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++)
            (void)fprintf(painter->out, " %llu", U(customer->max[resource]));
        (void)fprintf(painter->out, " uses");
        for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++)
            (void)fprintf(painter->out, " %llu", U(use == NULL ? 0 : use->used[resource]));
        (void)fprintf(painter->out, "\n");
        paint_desk(painter, customer->desk);
    }
}

char *portrait_of(const struct core *core)
{
    char *text = NULL;
    size_t size = 0;
    struct painter painter = {.agents = core->agents, .exchange = core->exchange};
    struct hash head = ledger_head(core->ledger);

    painter.out = open_memstream(&text, &size);
    INVARIANT(painter.out != NULL);
    /* Site time is stored with what happened at it: time in which nothing did is not there. */
    (void)fprintf(painter.out, "frame %llu object %llu message %llu serial %llu\n",
                  U(ledger_frame(core->ledger)), U(painter.agents->objects.next),
                  U(painter.agents->next_message), U(painter.agents->heap.next_serial));
    (void)fprintf(painter.out, "head ");
    paint_hex(painter.out, head.bytes, sizeof head.bytes);
    (void)fprintf(painter.out, "\n");
    (void)fprintf(painter.out, "drain %d until %llu\n", (int)core->drain.state,
                  U(core->drain.until_us));
    ledger_each_account(core->ledger, paint_account, &painter);
    paint_customers(&painter, core);
    paint_checkpoints(&painter, core);
    paint_invitations(&painter, core);
    (void)agents_list(core->agents, 0, SIZE_MAX, paint_agent, &painter);
    paint_objects(&painter);
    paint_heap(&painter);
    channels_each(core->channels, paint_end, &painter);
    INVARIANT(fclose(painter.out) == 0);
    return text;
}

/* The line that `at` lies in, copied. */
static void portrait_line(const char *text, size_t at, char *line, size_t size)
{
    size_t start = at;
    size_t length;

    while (start > 0 && text[start - 1] != '\n')
        start--;
    length = strcspn(text + start, "\n");
    (void)snprintf(line, size, "%.*s", (int)(length < size ? length : size - 1), text + start);
}

bool portraits_differ(const char *before, const char *after, char *words, size_t size)
{
    char left[512];
    char right[512];
    size_t at = 0;

    if (strcmp(before, after) == 0)
        return false;
    /* They differ somewhere, so this ends before either does, or at the end of the shorter one. */
    while (before[at] == after[at])
        at++;
    portrait_line(before, at, left, sizeof left);
    portrait_line(after, at, right, sizeof right);
    (void)snprintf(words, size, "before: %s\nafter:  %s", left, right);
    return true;
}
