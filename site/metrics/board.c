#include "site/metrics/board.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { BOARD_SLOTS = 3, BOARD_SLOT = 3, BOARD_FRESH = 4 };

struct board {
    struct snapshot slots[BOARD_SLOTS];
    unsigned back;           /* being filled: the core thread's */
    unsigned front;          /* being read: the reader's */
    bool has;                /* the front has figures: the reader's */
    _Atomic unsigned middle; /* the third; BOARD_FRESH: newer than the front */
    _Atomic uint64_t beat_us;
    _Atomic uint64_t commit_since_us;
    _Atomic int phase;
};

enum status board_new(struct board **board)
{
    struct board *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    made->front = 1;
    atomic_init(&made->middle, 2U);
    *board = made;
    return ST_OK;
}

void board_free(struct board *board)
{
    free(board);
}

struct snapshot *board_blank(struct board *board)
{
    return &board->slots[board->back];
}

void board_publish(struct board *board)
{
    board->back = atomic_exchange(&board->middle, board->back | BOARD_FRESH) & BOARD_SLOT;
}

void board_beat(struct board *board, uint64_t now_us)
{
    atomic_store(&board->beat_us, now_us);
}

void board_commit_since(struct board *board, uint64_t since_us)
{
    atomic_store(&board->commit_since_us, since_us);
}

void board_set_phase(struct board *board, enum board_phase phase)
{
    atomic_store(&board->phase, (int)phase);
}

enum board_phase board_phase(struct board *board)
{
    return (enum board_phase)atomic_load(&board->phase);
}

uint64_t board_beat_us(struct board *board)
{
    return atomic_load(&board->beat_us);
}

uint64_t board_commit_since_us(struct board *board)
{
    return atomic_load(&board->commit_since_us);
}

const struct snapshot *board_latest(struct board *board)
{
    if ((atomic_load(&board->middle) & BOARD_FRESH) != 0) {
        board->front = atomic_exchange(&board->middle, board->front) & BOARD_SLOT;
        board->has = true;
    }
    return board->has ? &board->slots[board->front] : NULL;
}
