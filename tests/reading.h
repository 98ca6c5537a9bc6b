/*
 * Reads of a store in tests: one read for one call, which must be given one.
 *
 *     ck_assert_int_eq(WITH_READ(&store, agents_load(agents, &read, &fault)), ST_OK);
 */
#ifndef SERAI_TESTS_READING_H
#define SERAI_TESTS_READING_H

#include "base/store.h"

/* The status of `call`, in which `read` is a read of *of that goes on. */
#define WITH_READ(of, call)                                                                        \
    (__extension__({                                                                               \
        struct store_read read;                                                                    \
        enum status began = store_read_begin(&read, of, NULL);                                     \
                                                                                                   \
        INVARIANT(began == ST_OK);                                                                 \
        began = (call);                                                                            \
        store_read_end(&read);                                                                     \
        began;                                                                                     \
    }))

#endif
