/* Whatever Syrup takes is written again byte for byte; nothing may crash it. */
#include <stdlib.h>
#include <string.h>

#include "sdk/vat/syrup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syrup_in in = {.bytes = data, .size = (int32_t)size};
    struct syrup_token token;
    uint8_t again[4096];
    struct syrup_out out = {.bytes = again, .room = sizeof again};

    if (size > sizeof again)
        return 0;
    if (!syrup_is_value(data, (int32_t)size)) {
        while (syrup_next(&in, &token) > SYRUP_END)
            ;
        return 0;
    }
    while (syrup_next(&in, &token) > SYRUP_END)
        syrup_put(&out, &token);
    if (in.at != in.size || out.size != in.size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}
