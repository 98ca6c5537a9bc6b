/* A stored price book that decodes must be usable, and encode to a book that decodes to the same.
 */
#include "base/bytes.h"
#include "market/market.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pricebook book;
    struct pricebook again;
    struct bytes first = {0};
    struct bytes second = {0};

    if (pricebook_decode(&book, data, size, NULL) != ST_OK)
        return 0;
    INVARIANT(pricebook_check(&book, NULL) == ST_OK);
    pricebook_encode(&book, &first);
    INVARIANT(!first.failed);
    INVARIANT(pricebook_decode(&again, first.data, first.size, NULL) == ST_OK);
    pricebook_encode(&again, &second);
    INVARIANT(second.size == first.size && memcmp(first.data, second.data, first.size) == 0);
    bytes_fini(&first);
    bytes_fini(&second);
    return 0;
}
