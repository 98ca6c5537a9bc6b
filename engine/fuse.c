/*
 * Which words are taken together, and back to what they were.  The tables are indexed by operators,
 * so each question is one access; see fuse.h.
 */
#include "engine/fuse.h"

/* Of a comparison and the branch behind it, in this order. */
enum { BRANCH_IF, BRANCH_UNLESS, BRANCHES };

static const uint16_t with_branch[OP_COUNT][BRANCHES] = {
#define X(name, ...)                                                                               \
    [OP_##name] = {OP_##name##_BR_IF, OP_##name##_BR_UNLESS},                                      \
    [OP_##name##_CONST] = {OP_##name##_CONST_BR_IF, OP_##name##_CONST_BR_UNLESS},
    OPS_COMPARE(X)
#undef X
        [OP_I32_EQZ] = {OP_I32_EQZ_BR_IF, OP_I32_EQZ_BR_UNLESS},
};

/*
 * An I32_ADD_CONST with the load that takes its sum; 0, which is no such word, for other operators.
 */
static const uint16_t with_address[OP_COUNT] = {
#define X(name, ...) [OP_##name] = OP_ADDRESS_##name,
    OPS_LOAD(X)
#undef X
};

/* Of each fused operator the one that its first word had. */
static const uint16_t firsts[OP_COUNT] = {
#define X(name, ...)                                                                               \
    [OP_##name##_BR_IF] = OP_##name, [OP_##name##_BR_UNLESS] = OP_##name,                          \
    [OP_##name##_CONST_BR_IF] = OP_##name##_CONST,                                                 \
    [OP_##name##_CONST_BR_UNLESS] = OP_##name##_CONST,
    OPS_COMPARE(X)
#undef X
#define X(name, ...) [OP_ADDRESS_##name] = OP_I32_ADD_CONST,
        OPS_LOAD(X)
#undef X
#define X(name, first) [OP_##name] = OP_##first,
            OPS_FUSED(X)
#undef X
};

enum op fuse_first(const union word *word)
{
    return (enum op)(word->op < OP_PLAIN_COUNT ? word->op : firsts[word->op]);
}

uint32_t fuse_words(const union word *word)
{
    static const uint8_t counts[OP_COUNT] = {
#define X(name, ...) [OP_##name##_CONST] = 2,
        OPS_INTEGER(X)
#undef X
#define X(name, ...) [OP_##name] = 2,
            OPS_LOAD(X) OPS_STORE(X)
#undef X
                [OP_CONST] = 2,
        [OP_SELECT] = 2,
        [OP_GLOBAL_GET] = 2,
        [OP_CALL_INDIRECT] = 2,
    };
    enum op op = fuse_first(word);

    /* The word, the count, and an entry for each label with the default. */
    if (op == OP_BR_TABLE)
        return 3 + (uint32_t)word[1].constant;
    return counts[op] == 0 ? 1 : counts[op];
}

/*
 * What `word` becomes with the one behind it, OP_COUNT for nothing.  The second must read the cell
 * that the first defines.
 */
static uint32_t fuse_pair(const union word *word, const union word *next)
{
    if (with_branch[word->op][BRANCH_IF] != 0 && next->a == word->a) {
        if (next->op == OP_BR_IF)
            return with_branch[word->op][BRANCH_IF];
        if (next->op == OP_BR_UNLESS)
            return with_branch[word->op][BRANCH_UNLESS];
    }
    if (word->op == OP_I32_ADD_CONST && with_address[next->op] != 0 && next->b == word->a)
        return with_address[next->op];
    /* Sums and products only where the second operand is what the first word computes. */
    if (next->c != word->a)
        return OP_COUNT;
    if (word->op == OP_F64_LOAD && next->op == OP_F64_MUL)
        return OP_F64_LOAD_F64_MUL;
    if (word->op == OP_F64_MUL && next->op == OP_F64_ADD)
        return OP_F64_MUL_F64_ADD;
    return word->op == OP_F64_ADD && next->op == OP_F64_ADD ? OP_F64_ADD_F64_ADD : OP_COUNT;
}

void fuse_function(union word *words, uint32_t first, uint32_t end)
{
    uint32_t at = first;

    while (at < end) {
        uint32_t next = at + fuse_words(&words[at]);
        uint32_t op = next < end ? fuse_pair(&words[at], &words[next]) : OP_COUNT;

        if (op == OP_COUNT) {
            at = next;
            continue;
        }
        /* Three at once: an address, the load there, and the product of what was loaded. */
        if (op == OP_ADDRESS_F64_LOAD && next + 2 < end &&
            fuse_pair(&words[next], &words[next + 2]) == OP_F64_LOAD_F64_MUL) {
            op = OP_ADDRESS_F64_LOAD_F64_MUL;
            next += 2;
        }
        words[at].op = (uint16_t)op;
        at = next + fuse_words(&words[next]);
    }
}
