/*
 * Modules: validated once, shared by all agents that run or keep them, each paying an equal share
 * of the rent for its bytes.
 */
#include "agents/code.h"

#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/imports.h"
#include "agents/limits.h"
#include "agents/modules.h"
#include "agents/set.h"
#include "base/hash.h"
#include "base/table.h"
#include "engine/native.h"

struct code *modules_find(const struct modules *modules, const struct hash *id)
{
    struct code *code = table_get(&modules->by_id, be64_get(id->bytes));

    while (code != NULL && !hash_equal(&code->id, id))
        code = code->same;
    return code;
}

void modules_add(struct modules *modules, struct code *code)
{
    uint64_t key = be64_get(code->id.bytes);

    code->previous = NULL;
    code->next = modules->first;
    if (code->next != NULL)
        code->next->previous = code;
    modules->first = code;
    code->same = table_get(&modules->by_id, key);
    (void)!table_put(&modules->by_id, key, code); /* what was there follows it */
}

/*
 * Take the module out of both the table and the list.  Others whose ids begin with the same 8 bytes
 * stay in the table, under the first that is left.
 */
void modules_remove(struct modules *modules, struct code *code)
{
    uint64_t key = be64_get(code->id.bytes);
    struct code *first = table_remove(&modules->by_id, key);
    struct code **same = &first;

    while (*same != code)
        same = &(*same)->same;
    *same = code->same;
    if (first != NULL)
        (void)!table_put(&modules->by_id, key, first); /* its place is free */
    if (code->native != NULL)
        modules->natives--;
    if (code->next != NULL)
        code->next->previous = code->previous;
    if (code->previous != NULL)
        code->previous->next = code->next;
    else
        modules->first = code->next;
}

void code_free(struct code *code)
{
    if (code == NULL)
        return;
    engine_code_free(code->engine);
    engine_native_free(code->native); /* after the code that used it */
    free(code->tier_reason);
    free(code->bytes);
    free(code);
}

/*
 * Refuse exports that a toolchain expects its host to call and no site calls: the module would run
 * without its constructors, and its author would not learn why.
 */
static enum status code_refuse_uncalled(const struct engine_code *engine,
                                        const struct code_entry *entry, struct fault *fault)
{
    uint32_t ignored;

    if (engine_code_export(engine, "_start", "", 0, &ignored, fault) != ST_MISSING)
        return fault_set(fault, ST_INVALID,
                         "the module exports _start, which no site calls: build it without main() "
                         "(a reactor, not a command)");
    if (!entry->initializes &&
        engine_code_export(engine, "__wasm_call_ctors", "", 0, &ignored, fault) != ST_MISSING)
        return fault_set(fault, ST_INVALID,
                         "the module exports __wasm_call_ctors, and nobody would call it: export a "
                         "function _initialize() that does, and a site runs it before the first "
                         "turn");
    return ST_OK;
}

/*
 * docs/guest-abi.md, "The module": serai_turn is needed, _initialize may be there, and others that
 * look like an entry are refused.
 */
enum status agents_code_entry(const struct engine_code *engine, struct code_entry *entry,
                              struct fault *fault)
{
    uint32_t ignored;
    enum status status = engine_code_export(engine, "serai_turn", "iii", 0, &entry->turn, fault);

    if (status == ST_MISSING)
        return fault_set(fault, ST_INVALID,
                         "the module exports no function serai_turn(i32, i32, i32)%s",
                         engine_code_export(engine, "_start", "", 0, &ignored, NULL) != ST_MISSING
                             ? ": it exports _start, which no site calls"
                             : "");
    if (status != ST_OK)
        return status;
    status = engine_code_export(engine, "_initialize", "", 0, &entry->initialize, fault);
    entry->initializes = status == ST_OK;
    if (status == ST_INVALID)
        return status;
    return code_refuse_uncalled(engine, entry, fault);
}

enum status code_make(struct code **code, const struct hash *id, const uint8_t *bytes, size_t size,
                      struct fault *fault)
{
    struct code *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "module: out of memory");
    made->bytes = malloc(size > 0 ? size : 1);
    if (made->bytes == NULL) {
        status = fault_set(fault, ST_NOMEM, "module: out of memory");
        goto out;
    }
    memcpy(made->bytes, bytes, size);
    made->size = size;
    made->id = *id;
    status = engine_code_new(&made->engine, made->bytes, size, &turn_imports, fault);
    if (status != ST_OK)
        goto out;
    /* Rent is paid for both forms of the module: as it came, and as it is run. */
    made->held = size + engine_code_bytes(made->engine);
    status = agents_code_entry(made->engine, &made->entry, fault);
    if (status != ST_OK)
        goto out;
    *code = made;
    made = NULL;
out:
    code_free(made);
    return status;
}

uint64_t agents_check_fuel(size_t size)
{
    uint64_t first = size < WORK_CHECK_FIRST ? size : WORK_CHECK_FIRST;

    return first * WORK_CHECK_BYTE_FIRST + (size - first) * WORK_CHECK_BYTE;
}

enum status agents_code_check(const uint8_t *bytes, size_t size, struct fault *fault)
{
    struct code *code = NULL;
    struct hash id = hash_of(bytes, size);
    enum status status = code_make(&code, &id, bytes, size, fault);

    code_free(code);
    return status;
}

/*
 * The module of these bytes: the one that is here already, or a new one, without references yet.
 * It is validated only when it is new.
 */
static enum status code_keep(struct agents *agents, const uint8_t *bytes, size_t size,
                             struct code **code, struct fault *fault)
{
    struct hash id = hash_of(bytes, size);
    enum status status;

    *code = modules_find(&agents->modules, &id);
    if (*code != NULL)
        return ST_OK;
    status = code_make(code, &id, bytes, size, fault);
    if (status != ST_OK)
        return status;
    /* No rent before its first reference; the row that is listed is not written if it gets none. */
    (*code)->market_index = rent_index_now(agents, RENT_CODE);
    modules_add(&agents->modules, *code);
    code_dirty(&agents->changes, *code);
    return ST_OK;
}

enum status agents_code_stage(struct agents *agents, const uint8_t *bytes, size_t size,
                              struct hash *id, struct fault *fault)
{
    struct code *code;
    enum status status = code_keep(agents, bytes, size, &code, fault);

    if (status != ST_OK)
        return status;
    code_dirty(&agents->changes, code);
    *id = code->id;
    return ST_OK;
}

bool agents_code_is_here(const struct agents *agents, const struct hash *id)
{
    return modules_find(&agents->modules, id) != NULL;
}

/* Take a module out of the list of rows to write, or a frame would be written for it alone. */
static void code_forget_dirty(struct bytes *list, const struct hash *id)
{
    for (size_t at = list->size; at >= sizeof *id; at -= sizeof *id) {
        uint8_t *entry = list->data + at - sizeof *id;

        if (memcmp(entry, id->bytes, sizeof *id) != 0)
            continue;
        memmove(entry, entry + sizeof *id, list->size - at);
        list->size -= sizeof *id;
        return;
    }
}

void agents_code_unstage(struct agents *agents, const struct hash *id)
{
    struct code *code = modules_find(&agents->modules, id);

    INVARIANT(code != NULL && code->refs == 0 && !code->stored && !code->builtin);
    code_forget_dirty(&agents->changes.codes, id);
    modules_remove(&agents->modules, code);
    code_free(code);
}

enum status agents_code_builtin(struct agents *agents, const uint8_t *bytes, size_t size,
                                struct hash *id, struct fault *fault)
{
    struct code *code;
    enum status status = code_keep(agents, bytes, size, &code, fault);

    if (status != ST_OK)
        return status;
    /* Agents that run it already do not hold it any more: the loader is nobody's. */
    if (!code->builtin)
        quota_frees_code(agents, code);
    code->builtin = true;
    *id = code->id;
    return ST_OK;
}

struct code_ref code_ref_take(struct agents *agents, struct customer_use *use, struct code *code)
{
    /*
     * The share index is brought up to date by the old number of references, then the number
     * changes.
     */
    code_share_update(agents, code);
    quota_take_code(agents, use, code);
    undo_save(agents->undo, &code->refs, sizeof code->refs);
    code->refs++;
    code_dirty(&agents->changes, code);
    return (struct code_ref){.code = code, .share_index = code->share_index};
}

void code_ref_drop(struct agents *agents, struct agent *agent, struct code_ref *ref)
{
    rent_accrue(agents, agent); /* what the reference owes goes to the agent's accrual first */
    code_share_update(agents, ref->code);
    undo_save(agents->undo, &ref->code->refs, sizeof ref->code->refs);
    INVARIANT(ref->code->refs > 0);
    ref->code->refs--;
    quota_give_code(agents, agent->use, ref->code);
    code_dirty(&agents->changes, ref->code);
    undo_save(agents->undo, ref, sizeof *ref);
    *ref = (struct code_ref){0};
}

/* Whether the agent keeps this very module; running it does not count. */
static bool code_is_kept_by(const struct agent *agent, const struct code *code)
{
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        if (agent->program.kept[i].code == code)
            return true;
    }
    return false;
}

enum status agents_code_put(struct agents *agents, struct agent *keeper, const uint8_t *bytes,
                            size_t size, struct hash *id, struct fault *fault)
{
    struct code *code;
    enum status status;

    if (keeper->program.kept_count == AGENT_CODES_MAX)
        return fault_set(fault, ST_FULL, "agent %llu keeps %d modules already: drop one first",
                         (unsigned long long)keeper->id, AGENT_CODES_MAX);
    /*
     * A module that stays without a reference goes with the next frame (save_code()), so nothing is
     * undone here.
     */
    status = code_keep(agents, bytes, size, &code, fault);
    if (status != ST_OK)
        return status;
    *id = code->id;
    if (code_is_kept_by(keeper, code))
        return ST_OK;
    if (!quota_allows_code(agents, keeper->use, code))
        return fault_set(fault, ST_DENIED,
                         "the agents of the customer of agent %llu run and keep as many bytes of "
                         "code, decoded, as they may (customers.code_bytes_max): drop some first",
                         (unsigned long long)keeper->id);
    rent_accrue(agents, keeper);
    agent_make_kept(keeper);
    undo_save(agents->undo, keeper->program.kept, AGENT_CODES_MAX * sizeof *keeper->program.kept);
    undo_save(agents->undo, &keeper->program.kept_count, sizeof keeper->program.kept_count);
    keeper->program.kept[keeper->program.kept_count++] = code_ref_take(agents, keeper->use, code);
    agent_dirty(&agents->changes, keeper);
    return ST_OK;
}

void code_unkeep(struct agents *agents, struct agent *agent, uint32_t at)
{
    struct agent_program *program = &agent->program;

    rent_accrue(agents, agent);
    undo_save(agents->undo, program->kept, AGENT_CODES_MAX * sizeof *program->kept);
    undo_save(agents->undo, &program->kept_count, sizeof program->kept_count);
    code_ref_drop(agents, agent, &program->kept[at]);
    /* The last one takes its place: the order of what is kept is not promised. */
    program->kept[at] = program->kept[--program->kept_count];
    program->kept[program->kept_count] = (struct code_ref){0};
    agent_dirty(&agents->changes, agent);
}

bool agents_code_is_kept(const struct agents *agents, const struct agent *agent,
                         const struct hash *id)
{
    const struct code *code = modules_find(&agents->modules, id);

    return code != NULL && code_is_kept_by(agent, code);
}

bool agents_code_fits(const struct agents *agents, const struct agent *agent,
                      const struct agents_module *module)
{
    const struct code *code = modules_find(&agents->modules, &module->id);

    INVARIANT(code != NULL);
    return code_is_kept_by(agent, code) || (agent->program.kept_count < AGENT_CODES_MAX &&
                                            quota_allows_code(agents, agent->use, code));
}

/* ---- code: a module counts once, however many of a customer's agents run or keep it ---- */

/* A module that is named twice counts once. */
static bool module_named_before(const struct agents_module *modules, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (hash_equal(&modules[k].id, &modules[i].id))
            return true;
    }
    return false;
}

uint64_t agents_code_adds(const struct agents *agents, uint64_t customer,
                          const struct agents_module *modules, size_t count)
{
    const struct customer_use *use = customer_use(agents, customer);
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        const struct code *code = modules_find(&agents->modules, &modules[i].id);

        if (!module_named_before(modules, i))
            bytes += code != NULL ? customer_code_adds(use, code) : modules[i].size;
    }
    return bytes;
}
