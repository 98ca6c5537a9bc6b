/* The figures of the board as one document: what the page shows first, and what it streams. */
#ifndef SERAI_SITE_PAGE_OVERVIEW_H
#define SERAI_SITE_PAGE_OVERVIEW_H

#include "site/metrics/board.h"
#include "site/page/json.h"

/* Append the snapshot; `phase` as of now. */
void overview_put(struct json *json, const struct snapshot *snapshot, enum board_phase phase);

#endif
