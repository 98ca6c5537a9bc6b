/*
 * [engine] of site.toml: what runs as native code, and how that is made (docs/operate.md,
 * docs/engine.md).  site/config/ reads the settings, tier1_new() takes them as they are; comments
 * give the key's default.
 */
#ifndef SERAI_SITE_COMPILER_SETTINGS_H
#define SERAI_SITE_COMPILER_SETTINGS_H

#include "base/hash.h"

enum {
    TIER1_CODES_MAX = 256, /* more of them, and "all" is meant */
    TIER1_COMPILER_BYTES = 200,
};

enum tier1_mode { TIER1_OFF = 0, TIER1_NAMED = 1, TIER1_ALL = 2 };

struct tier1_settings {
    enum tier1_mode mode;               /* tier1 = "off" */
    struct hash codes[TIER1_CODES_MAX]; /* codes = "": ids between blanks, for "named" */
    size_t code_count;
    char compiler[TIER1_COMPILER_BYTES]; /* compiler = "cc": a path, or a name to look for */
    bool weak_jail;                      /* jail = "full"; "weak": also without Landlock */
    /* hot_fuel = "100000000": that a code's agents use before it is looked at */
    uint64_t hot_fuel;
    /* effort_fuel = "2000000": and for each unit of its effort, before it is compiled */
    uint64_t effort_fuel;
    uint64_t objects_max;       /* objects = "256": loaded at once */
    uint64_t compile_s;         /* compile_seconds = "30": of CPU */
    uint64_t compile_bytes;     /* compile_memory = "1GiB": of each process */
    uint64_t module_bytes_max;  /* module_bytes = "256KiB": larger ones stay in tier 0 */
    uint64_t object_bytes_max;  /* object_bytes = "4MiB" */
    uint64_t cache_bytes_max;   /* cache_bytes = "256MiB" */
    uint64_t cache_objects_max; /* cache_objects = "1024" */
};

#endif
