/* Dropping all pages of an object, with their rows. */
#include "agents/pages/page_drop.h"

#include "agents/changes.h"
#include "agents/pages/paged.h"
#include "agents/rows/keys.h"
#include "agents/set.h"

void page_log_drop(struct agents *agents, struct paged *paged, bool lives)
{
    struct page_log *log = &agents->pages.log;

    for (uint32_t i = 0; i < paged->used; i++) {
        uint8_t key[ROW_PART_KEY_BYTES];

        /*
         * Only pages that have a row of their own need a tombstone; rows of the log are freed with
         * the log.
         */
        if (paged->pages[i]->image == 0)
            continue;
        row_key_part(key, paged->object, paged->pages[i]->number);
        tombstone_add(&agents->changes, STORE_PAGE, key, sizeof key);
        log->images--;
    }
    /*
     * Deltas of an object that is gone are ignored when the log is read.  One that lives on needs
     * an entry that ends all before it (PAGE_ALL).
     */
    if (lives && paged->used > 0)
        bytes_append(&log->resets, &paged->object, sizeof paged->object);
    INVARIANT(!log->resets.failed);
    paged_fini(paged);
}
