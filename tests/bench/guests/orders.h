/*
 * What the guest `orders` does over and over: X(what is told of it, how often at most in a
 * turn, statements).  The guest makes
 * a loop of each, the bench its name.  The plain loop is the first.
 */
#ifndef SERAI_TESTS_BENCH_GUESTS_ORDERS_H
#define SERAI_TESTS_BENCH_GUESTS_ORDERS_H

enum { PAGES = 100 };                        /* of its memory to change */
enum { ORDERS_FILL = 999, FILL_TURNS = 64 }; /* in place of a loop: fills the slots but one */

#define ORDER_LOOPS(X)                                                                             \
    X("the plain loop", 300000, sum = (sum ^ (sum >> 5)) * 3 + (uint32_t)i)                        \
    X("event_info", 500, (void)event_info(&event))                                                 \
    X("event_read, 0 bytes", 500, (void)event_read(big, 0, 0))                                     \
    X("self_balance", 500, (void)self_balance(SERAI_SLOT_SELF))                                    \
    X("self_facet, self_revoke", 500,                                                              \
      (void)self_revoke(SERAI_SLOT_SELF, (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0)))              \
    X("self_facet, cap_drop", 20, (void)cap_drop((int32_t)self_facet(SERAI_SLOT_SELF, 1, 0)))      \
    X("self_mark, anew", 500, (void)self_mark(SERAI_SLOT_SELF, 1))                                 \
    X("self_mark, on and off", 500, (void)self_mark(SERAI_SLOT_SELF, 1),                           \
      (void)self_mark(SERAI_SLOT_SELF, 0))                                                         \
    X("self_code, all of it", 500, (void)self_code(SERAI_SLOT_SELF, big, BIG, 0))                  \
    X("self_code_id", 500, (void)self_code_id(SERAI_SLOT_SELF, code_id))                           \
    X("self_become, no such code", 500, (void)self_become(SERAI_SLOT_SELF, missing, NULL, 0))      \
    X("self_upgrade, no such code", 500,                                                           \
      (void)self_upgrade(SERAI_SLOT_SELF, missing, NULL, 0, SERAI_UPGRADE_TRY))                    \
    X("cap_kind", 500, (void)cap_kind(SERAI_SLOT_SELF))                                            \
    X("cap_kind, empty slot", 500, (void)cap_kind(SERAI_SLOTS_MAX - 1))                            \
    X("cap_keep, not lent", 500, (void)cap_keep(facet))                                            \
    X("cap_same", 500, (void)cap_same(facet, child))                                               \
    X("buffer_share, cap_drop", 500,                                                               \
      (void)cap_drop((int32_t)buffer_share(buffer, SERAI_RIGHT_WRITE)))                            \
    X("facet_postage", 500, (void)facet_postage(facet))                                            \
    X("facet_fund", 500, (void)facet_fund(child, 1))                                               \
    X("facet_send to itself, and the turn", 100, ask(facet, NULL, 0, 0, SERAI_SLOT_NONE))          \
    X("facet_send, 8 caps, and the turn", 100, ask(facet, NULL, 0, 8, SERAI_SLOT_NONE))            \
    X("facet_send, 64 KiB, and the turn", 8, ask(facet, big, BIG, 0, SERAI_SLOT_NONE))             \
    X("facet_send to another, and the turn", 100, ask(child, NULL, 0, 0, SERAI_SLOT_NONE))         \
    X("a question, dropped unanswered", 60, ask(facet, NULL, 0, 0, facet))                         \
    X("a question, met by silence", 60, ask(facet, big, 33, 0, facet))                             \
    X("a question, broken with a reason", 60, ask(facet, big, 34, 0, facet))                       \
    X("self_badge", 500, (void)self_badge(SERAI_SLOT_SELF, facet, (uint64_t *)(void *)big))        \
    X("self_fail, no such code", 500, (void)self_fail(SERAI_SLOT_SELF, 1, big, 256))               \
    X("reply_break, no reply", 500,                                                                \
      (void)reply_break(facet, SERAI_FAIL_CODE_MIN, big, SERAI_REASON_BYTES_MAX))                  \
    X("reply_return, no reply", 500,                                                               \
      (void)reply_return(facet, SERAI_FAIL_CODE_MIN, big, SERAI_REASON_BYTES_MAX, 0))              \
    X("reply_pipe, no reply", 500, (void)reply_pipe(facet, facet))                                 \
    X("facet_send to a promise that is piped then", 40, slot = promise_of(facet, 35);              \
      ask((int32_t)slot, big, 33, 0, SERAI_SLOT_NONE); (void)cap_drop((int32_t)slot))              \
    X("questions, then self_revoke", 60, if (i == 0) slot = self_facet(SERAI_SLOT_SELF, 2, 0);     \
      ask(facet, NULL, 0, 0, (int32_t)slot);                                                       \
      if (i == count - 1)(void) self_revoke(SERAI_SLOT_SELF, (int32_t)slot))                       \
    X("facet_ask, a break, cap_drop", 60, slot = promise(facet), (void)cap_drop((int32_t)slot))    \
    X("facet_send to a promise that breaks", 40, slot = promise(facet);                            \
      ask((int32_t)slot, NULL, 0, 0, SERAI_SLOT_NONE); (void)cap_drop((int32_t)slot))              \
    X("facet_ask of a promise that breaks", 40, slot = promise(facet);                             \
      (void)cap_drop((int32_t)promise((int32_t)slot)); (void)cap_drop((int32_t)slot))              \
    X("facet_when, and the turn", 60, (void)facet_when(child, facet))                              \
    X("facet_state", 500, (void)facet_state(facet))                                                \
    X("self_facet_of, cap_drop", 500,                                                              \
      (void)cap_drop((int32_t)self_facet_of(SERAI_SLOT_SELF, 1, 0, 0)))                            \
    X("facet_send, too little postage", 500,                                                       \
      (void)facet_send(facet, NULL, 0, NULL, 0, 0, 0, SERAI_SLOT_NONE))                            \
    X("facet_send, 64 KiB, too little postage", 500,                                               \
      (void)facet_send(facet, big, BIG, NULL, 0, 0, 0, SERAI_SLOT_NONE))                           \
    X("buffer_buy, buffer_sell, a byte", 500, slot = buffer_buy(SERAI_SLOT_BUFFERS, 1),            \
      (void)buffer_sell(SERAI_SLOT_BUFFERS, (int32_t)slot))                                        \
    X("buffer_buy, buffer_sell, 16 MiB", 500,                                                      \
      slot = buffer_buy(SERAI_SLOT_BUFFERS, SERAI_BUFFER_BYTES_MAX),                               \
      (void)buffer_sell(SERAI_SLOT_BUFFERS, (int32_t)slot))                                        \
    X("buffer_terms", 500, (void)buffer_terms(SERAI_SLOT_BUFFERS))                                 \
    X("buffer_size", 500, (void)buffer_size(buffer))                                               \
    X("buffer_read, 0 bytes", 500, (void)buffer_read(buffer, 0, big, 0))                           \
    X("buffer_read, 64 KiB", 500, (void)buffer_read(buffer, 0, big, BIG))                          \
    X("buffer_read, a byte a page", 500, (void)buffer_read(large, (i & 4095) * 4096, big, 1))      \
    X("buffer_write, 0 bytes", 500, (void)buffer_write(buffer, 0, big, 0))                         \
    X("buffer_write, a byte a page", 500, (void)buffer_write(large, (i & 4095) * 4096, big, 1))    \
    X("buffer_write, 64 KiB", 500, (void)buffer_write(buffer, 0, big, BIG))                        \
    X("channel_count", 500, (void)channel_count(SERAI_SLOT_CHANNELS))                              \
    X("channel_describe", 500, (void)channel_describe(SERAI_SLOT_CHANNELS, 0, big, BIG))           \
    X("channel_peer", 500, (void)channel_peer(SERAI_SLOT_CHANNELS, 0, big))                        \
    X("channel_quote", 500, (void)channel_quote(SERAI_SLOT_CHANNELS, 0, 1000))                     \
    X("channel_terms", 500, (void)channel_terms(SERAI_SLOT_CHANNELS, 0, 0, 7))                     \
    X("channel_priority", 500, (void)channel_priority(end, 3))                                     \
    X("channel_arm", 100, (void)channel_arm(end, 1, 1))                                            \
    X("channel_arm_into", 100, (void)channel_arm_into(end, buffer, 0, 64, 1))                      \
    X("channel_arm, refused", 500, (void)channel_arm(end, 1 << 20, 1))                             \
    X("channel_room", 300, (void)channel_room(end))                                                \
    X("channel_credit", 500, (void)channel_credit(end))                                            \
    X("channel_send, no credit", 500, (void)channel_send(end, big, 0, 0))                          \
    X("channel_send, no credit, 64 KiB", 500, (void)channel_send(end, big, BIG, 0))                \
    X("channel_send_buffer, no credit", 500, (void)channel_send_buffer(end, buffer, 0, BIG, 0))    \
    X("channel_buy, channel_sell", 100,                                                            \
      slot = channel_buy(SERAI_SLOT_CHANNELS, 0, 20000000, 1000000),                               \
      (void)channel_sell(SERAI_SLOT_CHANNELS, (int32_t)slot))                                      \
    X("channel_buy, no such interface", 500,                                                       \
      (void)channel_buy(SERAI_SLOT_CHANNELS, 77, 20000000, 1000000))                               \
    X("heap_add, heap_take, cap_drop", 500, (void)heap_add(SERAI_SLOT_HEAP, facet, big),           \
      (void)cap_drop((int32_t)heap_take(SERAI_SLOT_HEAP, big)))                                    \
    X("heap_add_at, exists", 500, (void)heap_add_at(SERAI_SLOT_HEAP, facet, number))               \
    X("heap_get, cap_drop", 500, (void)cap_drop((int32_t)heap_get(SERAI_SLOT_HEAP, number)))       \
    X("heap_get, missing", 500, (void)heap_get(SERAI_SLOT_HEAP, missing))                          \
    X("code_put, 8 bytes, refused", 500, (void)code_put(SERAI_SLOT_CODE, big, 8, big + 64))        \
    X("code_put, code_drop", 500, (void)code_put(SERAI_SLOT_CODE, module, module_size, big),       \
      (void)code_drop(SERAI_SLOT_CODE, big))                                                       \
    X("code_kept", 500, (void)code_kept(SERAI_SLOT_CODE, 0, big))                                  \
    X("code_drop, missing", 500, (void)code_drop(SERAI_SLOT_CODE, missing))                        \
    X("log_append, 0 bytes", 500, (void)log_append(SERAI_SLOT_LOG, "", 0))                         \
    X("log_append, 1 KiB", 500, (void)log_append(SERAI_SLOT_LOG, big, SERAI_LOG_LINE_BYTES_MAX))   \
    X("spawn, and the turn", 100, (void)spawn(spawner, kept_id, NULL, 0, NULL, 0, 0, 10000000))    \
    X("leash_info", 500, (void)leash_info(leash, (struct serai_leash *)(void *)big))               \
    X("leash_take, and back", 100, (void)leash_take(leash, 1), (void)facet_fund(child, 1))         \
    X("leash_stop, and go", 8, (void)leash_stop(leash, 1), (void)leash_stop(leash, 0))             \
    X("leash_watch, self_revoke", 100, slot = self_facet(SERAI_SLOT_SELF, 3, 0),                   \
      (void)leash_watch(leash, (int32_t)slot), (void)self_revoke(SERAI_SLOT_SELF, (int32_t)slot))  \
    X("spawn with a leash, leash_end", 1,                                                          \
      slot = spawn(spawner, kept_id, NULL, 0, NULL, 0, SERAI_SPAWN_LEASH, 10000000),               \
      (void)leash_end((int32_t)slot + 1))                                                          \
    X("spawn with a leash, no such code", 500,                                                     \
      (void)spawn(spawner, missing, NULL, 0, NULL, 0, SERAI_SPAWN_LEASH, 10000000))                \
    X("spawn, no such code", 500, (void)spawn(spawner, missing, NULL, 0, NULL, 0, 0, 10000000))    \
    X("timer_wake, and the turn", 60, (void)timer_wake(timer, 1, 1))                               \
    X("clock_now", 500, (void)clock_now(clock))                                                    \
    X("random_bytes, 1", 500, (void)random_bytes(random, big, 1))                                  \
    X("random_bytes, 4 KiB", 500, (void)random_bytes(random, big, 4096))                           \
    X("a page of memory changed", PAGES, pages[(i + 1) * 4096 - 1]++)                              \
    X("memory.grow, refused", 500, (void)__builtin_wasm_memory_grow(0, 1000))

#endif
