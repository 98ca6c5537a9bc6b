/* Modules that become hot.  Private to this part. */
#ifndef SERAI_AGENTS_CODE_NATIVE_H
#define SERAI_AGENTS_CODE_NATIVE_H

#include "agents/code.h"

/* Count the fuel of a turn for the module that ran, and report it when it became hot. */
void code_used(struct agents *agents, struct code *code, uint64_t fuel);

#endif
