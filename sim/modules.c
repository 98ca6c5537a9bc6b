/*
 * The modules that are deployed: examples of the SDK and guests of the tests, read once in a
 * process.
 */
#include "sim/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { MODULES_MAX = 24 };

static struct {
    char name[32];
    uint8_t *bytes;
    size_t size;
} modules[MODULES_MAX];

/* A whole file; NULL when it cannot be read.  It is kept until the process ends. */
static uint8_t *module_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        *size = (size_t)end;
        bytes = malloc(*size);
    }
    if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    return bytes;
}

const uint8_t *sim_module(const char *name, size_t *size)
{
    static const char *const folders[] = {SIM_GUESTS, SIM_EXAMPLES, SIM_WIRE};
    size_t i = 0;

    /* By name, in the order of first use; there are fewer than MODULES_MAX of them. */
    while (i < MODULES_MAX && modules[i].bytes != NULL && strcmp(modules[i].name, name) != 0)
        i++;
    INVARIANT(i < MODULES_MAX);
    for (size_t folder = 0; folder < sizeof folders / sizeof folders[0] && modules[i].bytes == NULL;
         folder++) {
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s.wasm", folders[folder], name);
        (void)snprintf(modules[i].name, sizeof modules[i].name, "%s", name);
        modules[i].bytes = module_read(path, &modules[i].size);
    }
    INVARIANT(modules[i].bytes != NULL); /* it was built with this program */
    *size = modules[i].size;
    return modules[i].bytes;
}
