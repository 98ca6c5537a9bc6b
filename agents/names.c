/* Names of agents. */
#include "agents/names.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/set.h"

/*
 * Customers choose names, so the hash is keyed, with the key that the capability heap has.  Two
 * names of one hash would refuse a deployment; that takes 2^32 names of one site.
 */
static uint64_t name_hash(const struct agents *agents, uint64_t customer, const char *name)
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint8_t text[8 + AGENT_NAME_BYTES_MAX + 1]; /* with its NUL, which is not hashed */
    size_t size = strlen(name);

    INVARIANT(size <= AGENT_NAME_BYTES_MAX);
    le64_put(text, customer);
    memcpy(text + 8, name, size + 1);
    (void)crypto_shorthash(hash, text, 8 + size, agents->heap.key);
    return le64_get(hash);
}

/* A child's name has a slash, which no name has that a customer gives. */
static bool name_is_given(const struct agent *agent)
{
    return agent->state != AGENT_DESK && strchr(agent->name, '/') == NULL;
}

void name_index_put(struct agents *agents, const struct agent *agent)
{
    if (name_is_given(agent))
        (void)table_put(&agents->names.by_hash, name_hash(agents, agent->customer, agent->name),
                        (void *)(uintptr_t)agent->id); /* the former one has the name, too */
}

void name_index_remove(struct agents *agents, const struct agent *agent)
{
    if (agents_named(agents, agent->customer, agent->name) == agent->id)
        (void)table_remove(&agents->names.by_hash, name_hash(agents, agent->customer, agent->name));
}

uint64_t agents_named(const struct agents *agents, uint64_t customer, const char *name)
{
    return (uintptr_t)table_get(&agents->names.by_hash, name_hash(agents, customer, name));
}

void agents_rename(struct agents *agents, struct agent *agent, const char *name)
{
    INVARIANT(agents->turn == NULL && strlen(name) <= AGENT_NAME_BYTES_MAX);
    name_index_remove(agents, agent);
    (void)snprintf(agent->name, sizeof agent->name, "%s", name);
    name_index_put(agents, agent);
    agent_dirty(&agents->changes, agent);
}

void name_child(struct agents *agents, struct agent *child, struct agent *parent)
{
    char number[24];
    size_t room;

    undo_save(agents->undo, &parent->children, sizeof parent->children);
    parent->children++;
    agent_dirty(&agents->changes, parent);
    (void)snprintf(number, sizeof number, "/%llu", (unsigned long long)parent->children);
    room = AGENT_NAME_BYTES_MAX - strlen(number);
    /* One that does not fit is called by its own number, which no other agent has. */
    if (strlen(parent->name) > room) {
        (void)snprintf(number, sizeof number, "/n%llu", (unsigned long long)child->id);
        room = AGENT_NAME_BYTES_MAX - strlen(number);
    }
    (void)snprintf(child->name, sizeof child->name, "%.*s%s", (int)room, parent->name, number);
}
