/* Which agent or buffer a number of a paged object names, and what its pages begin with. */
#include "agents/pages/page_owner.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/set.h"

/* ---- laying out ---- */

void agent_initial_page(const struct agent *agent, uint32_t page, uint8_t to[PAGED_BYTES])
{
    const struct engine_code *code = agent->program.code.code->engine;
    uint64_t initial = (uint64_t)engine_code_memory_pages(code) * ENGINE_WASM_PAGE_BYTES;

    if ((uint64_t)page * PAGED_BYTES < initial)
        engine_code_initial_memory(code, page * PAGED_BYTES, PAGED_BYTES, to);
    else
        memset(to, 0, PAGED_BYTES);
}

void page_initial(const struct agents *agents, uint64_t object, uint32_t page,
                  uint8_t to[PAGED_BYTES])
{
    const struct agent *agent = agents_find(agents, object);

    if (agent != NULL)
        agent_initial_page(agent, page, to);
    else
        memset(to, 0, PAGED_BYTES);
}

/* ---- by number ---- */

struct paged *row_paged_of(const struct agents *agents, uint64_t object)
{
    struct agent *agent = agents_find(agents, object);
    struct object *buffer;

    if (agent != NULL)
        return &agent->program.memory;
    buffer = object_find(&agents->objects, object, OBJECT_BUFFER);
    return buffer != NULL ? &buffer->u.buffer.pages : NULL;
}
