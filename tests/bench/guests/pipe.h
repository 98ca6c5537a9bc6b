/* How the guest `pipe` asks. */
#ifndef SERAI_TESTS_BENCH_GUESTS_PIPE_H
#define SERAI_TESTS_BENCH_GUESTS_PIPE_H

enum { PIPE_LENGTH = 4 };

enum pipe_way {
    PIPE_QUESTION,  /* facet_send with a reply: what a question cost before there were promises */
    PIPE_ASK,       /* facet_ask, whose answer is heard as well */
    PIPE_BY_TURNS,  /* a chain, a turn for each answer */
    PIPE_PIPELINED, /* the same chain in one turn */
};

#endif
