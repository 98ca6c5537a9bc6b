/* The row of an agent, and the rows of its slots.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_AGENT_ROW_H
#define SERAI_AGENTS_ROWS_AGENT_ROW_H

#include "agents/agent.h"
#include "agents/limits.h"
#include "agents/rows/codec.h"
#include "base/hash.h"

/* The parts of an agent's row besides the agent's own fields. */
struct agent_row {
    bool upgrades; /* then the next */
    struct hash upgrade;
    struct hash code;
    struct hash kept[AGENT_CODES_MAX];
    uint64_t globals; /* how many it has */
    /* How many rows of other tables are its own: a lost one is found by it. */
    uint64_t caps;
    uint64_t messages;
    uint64_t facets;
    uint64_t timers;
    uint64_t buffer_bytes;
    uint64_t log_lines;
};

/* Append an agent's row, by docs/records-agents.md. */
void row_encode_agent(struct bytes *out, const struct agent *agent);

/* Decode an agent's row.  Its references to code have no code yet: *row names it. */
MUST_CHECK enum status row_decode_agent(struct agent *agent, struct agent_row *row,
                                        const uint8_t *value, size_t size, struct fault *fault);

/* Write the row of a chunk of slots.  False: all its slots are empty, and then it has no row. */
bool row_encode_caps(uint8_t to[ROW_CAPS_BYTES], const struct cap *chunk);

/* Read the row of a chunk of slots.  ST_INVALID: the fault says why. */
MUST_CHECK enum status row_decode_caps(struct cap *chunk, const uint8_t *value, size_t size,
                                       struct fault *fault);

#endif
