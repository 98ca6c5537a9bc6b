/*
 * The site's side of the orders that guests/turns.c gives, the same for every engine: it fills in
 * an event, takes an answer, and does no more, so what is measured is the way there and back.
 */
#ifndef SERAI_TESTS_BENCH_HOST_H
#define SERAI_TESTS_BENCH_HOST_H

#include "tests/bench/guests/turns.h"

enum { HOST_ANSWER_BYTES = 24 };

/* The next message, the same sequence in each process.  `to`: sizeof(struct turns_event) bytes. */
void host_next_event(void *to);
/* HOST_ANSWER_BYTES of an answer. */
void host_take_answer(const void *from);

#endif
