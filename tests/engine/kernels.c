/*
 * Real work for the engine, compiled for WebAssembly and for the machine that runs the test: both
 * must agree.  Each kernel takes a size and returns a digest of what it did.
 */
#include "tests/engine/kernels.h"

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

static u32 state;

static u32 chance(void)
{
    state = state * 1664525U + 1013904223U;
    return state >> 8;
}

/* ---- SHA-256's compression, over `n` blocks ---- */

static u32 rotate(u32 x, u32 n)
{
    return x >> n | x << (32 - n);
}

static u32 k_of(u32 i)
{
    /* Not the real constants: any will do to compare two machines. */
    return i * 0x9e3779b9U + 0x428a2f98U;
}

u64 kernel_sha(u32 n)
{
    u32 h[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    u32 w[64];

    for (u32 block = 0; block < n; block++) {
        u32 s[8];

        for (u32 i = 0; i < 16; i++)
            w[i] = block * 31 + i;
        for (u32 i = 16; i < 64; i++)
            w[i] = w[i - 16] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
                   w[i - 7] + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
        for (u32 i = 0; i < 8; i++)
            s[i] = h[i];
        for (u32 i = 0; i < 64; i++) {
            u32 t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                     ((s[4] & s[5]) ^ (~s[4] & s[6])) + k_of(i) + w[i];
            u32 t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

            for (u32 j = 7; j > 0; j--)
                s[j] = s[j - 1];
            s[4] += t1;
            s[0] = t1 + t2;
        }
        for (u32 i = 0; i < 8; i++)
            h[i] += s[i];
    }
    return (u64)h[0] << 32 | h[7];
}

/* ---- quicksort, recursive ---- */

static int numbers[4096];

static void sort(int *low, int *high)
{
    int *i = low;
    int *j = high;
    int pivot = low[(high - low) / 2];

    while (i <= j) {
        while (*i < pivot)
            i++;
        while (*j > pivot)
            j--;
        if (i <= j) {
            int swap = *i;

            *i++ = *j;
            *j-- = swap;
        }
    }
    if (low < j)
        sort(low, j);
    if (i < high)
        sort(i, high);
}

u64 kernel_sort(u32 n)
{
    u64 digest = 0;

    n = n < 4096 ? n : 4096;
    state = 1;
    for (u32 i = 0; i < n; i++)
        numbers[i] = (int)(chance() - 0x7fffff);
    if (n > 1)
        sort(numbers, numbers + n - 1);
    for (u32 i = 0; i < n; i++)
        digest = digest * 1099511628211ULL + (u32)numbers[i];
    return digest;
}

/* ---- calls ---- */

__attribute__((noinline)) static u32 fib(u32 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

u64 kernel_fib(u32 n)
{
    return fib(n);
}

/* ---- floats ---- */

static double left[24][24];
static double right[24][24];
static double product[24][24];

u64 kernel_matrix(u32 n)
{
    union {
        double value;
        u64 bits;
    } digest = {.value = 0};

    state = 7;
    for (u32 i = 0; i < 24; i++)
        for (u32 j = 0; j < 24; j++) {
            left[i][j] = (double)chance() / 16777216.0 - 0.5;
            right[i][j] = (float)chance() / 3.0f;
        }
    for (u32 round = 0; round < n; round++)
        for (u32 i = 0; i < 24; i++)
            for (u32 j = 0; j < 24; j++) {
                double sum = 0;

                for (u32 k = 0; k < 24; k++)
                    sum += left[i][k] * right[k][j];
                product[i][j] = sum;
                left[j][i] = sum / 100000000.0 + (double)(int)(sum / 1000.0) * 0.0000001;
            }
    for (u32 i = 0; i < 24; i++)
        digest.value += product[i][i];
    return digest.bits;
}

/* ---- indirect calls and a jump table ---- */

static u32 op_add(u32 a, u32 b)
{
    return a + b;
}
static u32 op_mul(u32 a, u32 b)
{
    return a * b;
}
static u32 op_div(u32 a, u32 b)
{
    return a / (b | 1);
}
static u32 op_mix(u32 a, u32 b)
{
    switch (b % 7) {
    case 0:
        return a ^ b;
    case 1:
        return rotate(a, 5);
    case 2:
        return a - b;
    case 3:
        return (u32)((int)a >> 3);
    case 4:
        return (u32)((u64)a * b >> 32);
    case 5:
        return (u32)(int)(short)a;
    default:
        return ~a;
    }
}

static u32 (*const ops[4])(u32, u32) = {op_add, op_mul, op_div, op_mix};

u64 kernel_indirect(u32 n)
{
    u32 a = 1;

    state = 3;
    for (u32 i = 0; i < n; i++) {
        u32 r = chance();

        a = ops[r & 3](a, r >> 2);
    }
    return a;
}

/* ---- bytes ---- */

static u8 text[8192];

u64 kernel_bytes(u32 n)
{
    u64 digest = 14695981039346656037ULL;

    state = 9;
    for (u32 i = 0; i < sizeof text; i++)
        text[i] = (u8)chance();
    for (u32 round = 0; round < n; round++)
        for (u32 i = 0; i + 8 < sizeof text; i++) {
            if (text[i] > text[i + 7])
                text[i + 1] = (u8)(text[i + 1] + round);
            digest = (digest ^ (u64)(signed char)text[i]) * 1099511628211ULL;
        }
    return digest;
}
