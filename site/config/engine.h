/* How the keys of [engine] are read; private to this folder.  Each: ST_INVALID with what it wants.
 */
#ifndef SERAI_SITE_CONFIG_ENGINE_H
#define SERAI_SITE_CONFIG_ENGINE_H

#include "base/status.h"

struct site_config;

enum status config_set_tier1(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_codes(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_compiler(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_jail(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_hot_fuel(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_effort_fuel(struct site_config *config, const char *text,
                                   struct fault *fault);
enum status config_set_objects(struct site_config *config, const char *text, struct fault *fault);
enum status config_set_compile_seconds(struct site_config *config, const char *text,
                                       struct fault *fault);
enum status config_set_compile_memory(struct site_config *config, const char *text,
                                      struct fault *fault);
enum status config_set_module_bytes(struct site_config *config, const char *text,
                                    struct fault *fault);
enum status config_set_object_bytes(struct site_config *config, const char *text,
                                    struct fault *fault);
enum status config_set_cache_bytes(struct site_config *config, const char *text,
                                   struct fault *fault);
enum status config_set_cache_objects(struct site_config *config, const char *text,
                                     struct fault *fault);

/* What one key alone cannot get wrong. */
MUST_CHECK enum status config_check_engine(const struct site_config *config, struct fault *fault);

#endif
