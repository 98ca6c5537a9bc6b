/*
 * Starting again with many agents, and verifying the books; beside reading the same bytes and
 * hashing as many.
 *
 *     bench_books [agents [turns]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/site.h"
#include "tests/reading.h"

/* ---- restart ---- */

static double sample_restart(void *context)
{
    struct bench_site *site = context;
    double start;

    site_stop(site);
    start = bench_now_s();
    site_start(site);
    return (bench_now_s() - start) * 1e3;
}

static double sample_read(void *context)
{
    const struct bench_site *site = context;
    double start = bench_now_s();

    site_read_file(site);
    return (bench_now_s() - start) * 1e3;
}

/* ---- audit ---- */

static struct verify_report report;

/* Records a second by that many threads; 0: one a processor. */
static double sample_threads(struct bench_site *site, unsigned threads)
{
    struct audit_env audit = core_audit;
    double start = bench_now_s();
    struct fault fault;

    audit.threads = threads;
    if (WITH_READ(&site->store, audit_verify(&read, &audit, &report, &fault)) != ST_OK)
        bench_die("verify", &fault);
    return (double)(report.lines + report.postings + report.events) / (bench_now_s() - start);
}

static double sample_verify(void *context)
{
    return sample_threads(context, 0);
}

static double sample_verify_alone(void *context)
{
    return sample_threads(context, 1);
}

static enum status copy_journal(const struct store_read *read, struct bytes *journal,
                                struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_JOURNAL, NULL, 0, fault);
    while (store_cursor_next(&cursor, &stored))
        bytes_append(journal, stored.value, stored.value_size);
    return store_cursor_close(&cursor, ST_OK);
}

struct hashing {
    struct bytes journal;
};

/* As many records, if nothing were done with the journal but one SHA-256 over it. */
static double sample_hash(void *context)
{
    const struct hashing *hashing = context;
    volatile uint8_t keep; /* or the hash could be left out */
    double start = bench_now_s();
    struct hash hash = hash_of(hashing->journal.data, hashing->journal.size);

    keep = hash.bytes[0];
    (void)keep;
    return (double)(report.lines + report.postings + report.events) / (bench_now_s() - start);
}

static void bench_verify(struct bench_site *site)
{
    struct hashing hashing = {0};
    struct bench_side sides[] = {{"verify", sample_verify, site},
                                 {"SHA-256 of the journal, one core", sample_hash, &hashing},
                                 {"verify, one core", sample_verify_alone, site}};
    struct fault fault;

    if (WITH_READ(&site->store, copy_journal(&read, &hashing.journal, &fault)) != ST_OK)
        bench_die("journal", &fault);
    bench_compare("audit verify: events, lines and postings", "records/s", sides, 3);
    if (report.frames > 0)
        (void)printf("  of %llu events, %llu lines, %llu postings; %zu bytes of journal\n",
                     (unsigned long long)report.events, (unsigned long long)report.lines,
                     (unsigned long long)report.postings, hashing.journal.size);
    bytes_fini(&hashing.journal);
}

static void fill(struct bench_site *site, uint64_t agents, uint64_t turns)
{
    static const struct deployment pair = {"pair", NULL, "", UINT64_C(10) * 1000000000};
    char args[64];
    struct deployment nursery = {"nursery", "idle", args, UINT64_C(900) * 1000000000};
    uint64_t before;

    (void)snprintf(args, sizeof args, "count=%llu each=0.002", (unsigned long long)agents);
    site_send(site, site_deploy(site, &nursery), "go");
    site_run(site, UINT64_MAX);
    if (core_count(site->core).births != agents + 1 || core_count(site->core).traps != 0)
        bench_die("not all were born", NULL);
    (void)site_deploy(site, &pair);
    before = core_count(site->core).turns;
    site_run(site, turns);
    if (core_count(site->core).turns < before + turns || core_count(site->core).traps != 0)
        bench_die("the pair stopped talking", NULL);
}

int main(int argc, char **argv)
{
    uint64_t agents = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    uint64_t turns = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    struct bench_site site;
    struct bench_side sides[] = {{"restart", sample_restart, &site},
                                 {"reading data.mdb", sample_read, &site}};
    char what[96];

    if (agents == 0 || agents > 400000) {
        (void)fputs("usage: bench_books [agents [turns]]\n", stderr);
        return 64;
    }
    site_open(&site, true);
    fill(&site, agents, turns);
    (void)snprintf(what, sizeof what, "restart with %llu agents, the file in the page cache",
                   (unsigned long long)agents);
    bench_compare(what, "milliseconds", sides, 2);
    bench_verify(&site);
    site_close(&site);
    return 0;
}
