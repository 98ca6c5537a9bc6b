/* A table of lines may be any bytes: it is taken or refused, and every place can be looked for. */
#include "engine/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct engine_lines *lines;
    const char *file;
    uint32_t line;

    (void)engine_same_code(data, size, data, size / 2);
    if (engine_lines_new(&lines, data, size, NULL) != ST_OK)
        return 0;
    for (uint32_t offset = 0; offset < 4096; offset += 7)
        (void)engine_lines_find(lines, offset, &file, &line);
    engine_lines_free(lines);
    return 0;
}
