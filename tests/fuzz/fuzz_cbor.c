/* Whatever the CBOR reader accepts must encode to the same bytes; nothing may crash it. */
#include "tests/base/cbor_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)cbor_walk_check(data, size);
    return 0;
}
