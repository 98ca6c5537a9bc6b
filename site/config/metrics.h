/* The keys of [metrics] in site.toml.  Private to this folder. */
#ifndef SERAI_SITE_CONFIG_METRICS_H
#define SERAI_SITE_CONFIG_METRICS_H

#include "site/config/config.h"

/*
 * Each reads the text of its key; ST_INVALID: the fault says what the key wants.
 * config_set_metrics_listen(), config_set_metrics_mode(), config_set_metrics_remote(),
 * config_set_metrics_page().
 */
MUST_CHECK enum status config_set_metrics_listen(struct site_config *config, const char *text,
                                                 struct fault *fault);
MUST_CHECK enum status config_set_metrics_mode(struct site_config *config, const char *text,
                                               struct fault *fault);
MUST_CHECK enum status config_set_metrics_remote(struct site_config *config, const char *text,
                                                 struct fault *fault);
MUST_CHECK enum status config_set_metrics_page(struct site_config *config, const char *text,
                                               struct fault *fault);

/* Check what must hold between them.  ST_INVALID. */
MUST_CHECK enum status config_check_metrics(const struct site_config *config, struct fault *fault);

#endif
