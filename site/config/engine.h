/*
 * The keys of [engine] in site.toml; private to this folder.
 *
 * Each config_set_*() reads the text of its key into config->engine.  ST_INVALID, with what the key
 * wants: the text is no such value or out of range.
 */
#ifndef SERAI_SITE_CONFIG_ENGINE_H
#define SERAI_SITE_CONFIG_ENGINE_H

#include "base/status.h"

struct site_config;

/* Set engine.tier1: off, named or all. */
enum status config_set_tier1(struct site_config *config, const char *text, struct fault *fault);

/*
 * Set engine.codes: at most TIER1_CODES_MAX ids in hex, between blanks or commas; newlines are
 * blanks.
 */
enum status config_set_codes(struct site_config *config, const char *text, struct fault *fault);

/* Set engine.compiler: a name to look for in PATH, or an absolute path. */
enum status config_set_compiler(struct site_config *config, const char *text, struct fault *fault);

/* Set engine.jail: full or weak. */
enum status config_set_jail(struct site_config *config, const char *text, struct fault *fault);

/* Set engine.hot_fuel, 1 to 10^18. */
enum status config_set_hot_fuel(struct site_config *config, const char *text, struct fault *fault);

/*
 * Set engine.effort_fuel, fuel for each unit of effort, 0 to 10^12; with 0 hot_fuel alone decides.
 */
enum status config_set_effort_fuel(struct site_config *config, const char *text,
                                   struct fault *fault);

/* Set engine.objects, loaded at once, 1 to 4096. */
enum status config_set_objects(struct site_config *config, const char *text, struct fault *fault);

/* Set engine.compile_seconds of CPU, 1 to 3600. */
enum status config_set_compile_seconds(struct site_config *config, const char *text,
                                       struct fault *fault);

/* Set engine.compile_memory, 64MiB to 1TiB. */
enum status config_set_compile_memory(struct site_config *config, const char *text,
                                      struct fault *fault);

/* Set engine.module_bytes, 1 byte to 1MiB. */
enum status config_set_module_bytes(struct site_config *config, const char *text,
                                    struct fault *fault);

/* Set engine.object_bytes, 64KiB to 256MiB. */
enum status config_set_object_bytes(struct site_config *config, const char *text,
                                    struct fault *fault);

/* Set engine.cache_bytes, 1MiB to 1TiB. */
enum status config_set_cache_bytes(struct site_config *config, const char *text,
                                   struct fault *fault);

/* Set engine.cache_objects, 1 to 65536. */
enum status config_set_cache_objects(struct site_config *config, const char *text,
                                     struct fault *fault);

/* Check what must hold between keys, once all are set.  ST_INVALID. */
MUST_CHECK enum status config_check_engine(const struct site_config *config, struct fault *fault);

#endif
