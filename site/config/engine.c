/* The keys of [engine] in site.toml: tier 1 and its compiler. */
#include "site/config/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "market/market.h"
#include "site/config/config.h"

/* Read a decimal number from `min` to `max`, both allowed. */
static enum status config_parse_count(uint64_t *count, const char *key, const char *text,
                                      uint64_t min, uint64_t max, struct fault *fault)
{
    char *end;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < min || number > max)
        return fault_set(fault, ST_INVALID,
                         "%s: wants a number from %" PRIu64 " to %" PRIu64 " in quotes", key, min,
                         max);
    *count = number;
    return ST_OK;
}

/* Read a size such as "4MiB", from `min` to `max`, both allowed. */
static enum status config_parse_bytes(uint64_t *bytes, const char *key, const char *text,
                                      uint64_t min, uint64_t max, struct fault *fault)
{
    char least[PRICEBOOK_VALUE_BYTES];
    char most[PRICEBOOK_VALUE_BYTES];
    uint64_t number;

    if (market_parse_bytes(&number, text, fault) != ST_OK)
        return fault_prefix(fault, "%s", key);
    if (number < min || number > max)
        return fault_set(fault, ST_INVALID, "%s: wants from %s to %s", key,
                         market_print_bytes(least, min), market_print_bytes(most, max));
    *bytes = number;
    return ST_OK;
}

enum status config_set_tier1(struct site_config *config, const char *text, struct fault *fault)
{
    static const char *const names[] = {"off", "named", "all"}; /* by enum tier1_mode */

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            config->engine.mode = (enum tier1_mode)i;
            return ST_OK;
        }
    }
    return fault_set(fault, ST_INVALID, "engine.tier1: wants off, named or all");
}

/* Ids between blanks or commas, also over several lines, as one copies them out of a list. */
enum status config_set_codes(struct site_config *config, const char *text, struct fault *fault)
{
    static const char blank[] = " \t\r\n,";
    struct tier1_settings *engine = &config->engine;
    size_t count = 0;

    for (text += strspn(text, blank); *text != '\0'; text += strspn(text, blank)) {
        size_t size = strcspn(text, blank);
        char hex[HASH_TEXT_BYTES] = "";

        if (count == TIER1_CODES_MAX)
            return fault_set(fault, ST_INVALID, "engine.codes: at most %d can be named",
                             TIER1_CODES_MAX);
        if (size == sizeof hex - 1)
            memcpy(hex, text, size);
        if (!hex_parse(engine->codes[count].bytes, HASH_BYTES, hex))
            return fault_set(fault, ST_INVALID,
                             "engine.codes: \"%.*s\" is no code id: 64 digits of hex, as `serai "
                             "code ls` shows them",
                             size > 70 ? 70 : (int)size, text);
        count++;
        text += size;
    }
    engine->code_count = count;
    return ST_OK;
}

enum status config_set_compiler(struct site_config *config, const char *text, struct fault *fault)
{
    size_t size = strlen(text);

    /* A relative path would depend on where the daemon was started. */
    if (size < 1 || size >= TIER1_COMPILER_BYTES || (strchr(text, '/') != NULL && text[0] != '/'))
        return fault_set(fault, ST_INVALID,
                         "engine.compiler: wants a name such as \"cc\", or an absolute path of at "
                         "most %d bytes",
                         TIER1_COMPILER_BYTES - 1);
    memcpy(config->engine.compiler, text, size + 1);
    return ST_OK;
}

enum status config_set_jail(struct site_config *config, const char *text, struct fault *fault)
{
    config->engine.weak_jail = strcmp(text, "weak") == 0;
    if (!config->engine.weak_jail && strcmp(text, "full") != 0)
        return fault_set(fault, ST_INVALID, "engine.jail: wants full or weak");
    return ST_OK;
}

enum status config_set_hot_fuel(struct site_config *config, const char *text, struct fault *fault)
{
    return config_parse_count(&config->engine.hot_fuel, "engine.hot_fuel", text, 1,
                              UINT64_C(1000000000000000000), fault);
}

/* With the largest value the effort of any module times it still fits in 64 bits. */
enum status config_set_effort_fuel(struct site_config *config, const char *text,
                                   struct fault *fault)
{
    return config_parse_count(&config->engine.effort_fuel, "engine.effort_fuel", text, 0,
                              UINT64_C(1000000000000), fault);
}

enum status config_set_objects(struct site_config *config, const char *text, struct fault *fault)
{
    return config_parse_count(&config->engine.objects_max, "engine.objects", text, 1, 4096, fault);
}

enum status config_set_compile_seconds(struct site_config *config, const char *text,
                                       struct fault *fault)
{
    return config_parse_count(&config->engine.compile_s, "engine.compile_seconds", text, 1, 3600,
                              fault);
}

enum status config_set_compile_memory(struct site_config *config, const char *text,
                                      struct fault *fault)
{
    return config_parse_bytes(&config->engine.compile_bytes, "engine.compile_memory", text,
                              64 << 20, UINT64_C(1) << 40, fault);
}

enum status config_set_module_bytes(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    return config_parse_bytes(&config->engine.module_bytes_max, "engine.module_bytes", text, 1,
                              1 << 20, fault);
}

enum status config_set_object_bytes(struct site_config *config, const char *text,
                                    struct fault *fault)
{
    return config_parse_bytes(&config->engine.object_bytes_max, "engine.object_bytes", text,
                              1 << 16, 256 << 20, fault);
}

enum status config_set_cache_bytes(struct site_config *config, const char *text,
                                   struct fault *fault)
{
    return config_parse_bytes(&config->engine.cache_bytes_max, "engine.cache_bytes", text, 1 << 20,
                              UINT64_C(1) << 40, fault);
}

enum status config_set_cache_objects(struct site_config *config, const char *text,
                                     struct fault *fault)
{
    return config_parse_count(&config->engine.cache_objects_max, "engine.cache_objects", text, 1,
                              65536, fault);
}

enum status config_check_engine(const struct site_config *config, struct fault *fault)
{
    const struct tier1_settings *engine = &config->engine;

    if (engine->cache_bytes_max < engine->object_bytes_max)
        return fault_set(fault, ST_INVALID,
                         "engine.cache_bytes: wants at least engine.object_bytes, or the cache "
                         "cannot keep one object");
    if (engine->mode == TIER1_NAMED && engine->code_count == 0)
        return fault_set(fault, ST_INVALID,
                         "engine.codes: names no code, and engine.tier1 = \"named\" wants some");
    return ST_OK;
}
