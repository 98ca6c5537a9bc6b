/* The table of agents of `serai top`: as many columns as the page has room for. */
#ifndef SERAI_SITE_CLI_TOP_TABLE_H
#define SERAI_SITE_CLI_TOP_TABLE_H

#include "site/cli/top_out.h"

/* Put the header and the rows around the one that is selected. */
void top_view_table(struct top_out *out, const struct top *top);

#endif
