/* The families of links, each sample labelled by the link's name.  Private to this part. */
#ifndef SERAI_SITE_METRICS_LINKS_H
#define SERAI_SITE_METRICS_LINKS_H

#include "base/bytes.h"
#include "site/core/figures.h"

/* Append them; without a link a family has no sample. */
void metrics_render_links(struct bytes *out, const struct core_figures *figures);

#endif
