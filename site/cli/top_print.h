/* A snapshot of `serai top` without a terminal: for people, or one JSON object a line. */
#ifndef SERAI_SITE_CLI_TOP_PRINT_H
#define SERAI_SITE_CLI_TOP_PRINT_H

#include <stdio.h>

#include "site/cli/top.h"

/* The view as plain text, with all agents; `columns` wide, in ASCII if nothing else can be shown.
 */
void top_print_text(FILE *out, const struct top *top, size_t columns, bool ascii);

/* One object for the site, then one for each resource, link and agent that the filter lets through:
 * docs/json.md, `top show`. */
void top_print_json(FILE *out, const struct top *top);

#endif
