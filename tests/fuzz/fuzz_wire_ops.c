/* Whatever operation of a wire agent is taken is written again byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "sdk/wire/ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op op;
    uint8_t again[4096];

    if (size > sizeof again || !op_read(&op, data, (int32_t)size))
        return 0;
    if (op_write(&op, again, sizeof again) != (int32_t)size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}
