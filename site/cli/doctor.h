/*
 * `serai doctor`: everything that is wrong with a site, as findings: what, and the next command.
 * Each doctor_look_*() adds its own; none changes anything of the site.
 */
#ifndef SERAI_SITE_CLI_DOCTOR_H
#define SERAI_SITE_CLI_DOCTOR_H

#include <stdio.h>

#include "base/status.h"

struct cli;
struct setup;

enum doctor_level {
    DOCTOR_OK,    /* looked at, and well */
    DOCTOR_NOTE,  /* worth to be known */
    DOCTOR_WARN,  /* will be wrong if nothing is done */
    DOCTOR_FAULT, /* is wrong */
    DOCTOR_LEVELS,
};

enum {
    DOCTOR_FINDINGS_MAX = 500, /* later ones are counted alone */
    DOCTOR_TEXT_BYTES = 700,
    DOCTOR_ANSWER_S = 3, /* that the site may take to answer */
};

struct doctor_finding {
    enum doctor_level level;
    const char *area; /* a literal */
    char text[DOCTOR_TEXT_BYTES];
    char next[DOCTOR_TEXT_BYTES]; /* the next command; empty: none */
};

struct doctor {
    struct cli *cli;
    struct setup *setup; /* as far as the configuration could be read */
    bool configured;     /* it could */
    bool runs;           /* a daemon has the site's lock */
    long pid;            /* of it; 0: not known */
    bool answers;        /* it answers reads */
    struct doctor_finding *findings;
    size_t count;
    size_t capacity;
    size_t counts[DOCTOR_LEVELS];
    size_t left_out;
};

/* Add a finding; out of memory, or beyond DOCTOR_FINDINGS_MAX, it is counted alone. */
void doctor_find(struct doctor *doctor, enum doctor_level level, const char *area,
                 const char *format, ...) PRINTF_LIKE(4, 5);

/* Say the next command of the finding that was added last. */
void doctor_next(struct doctor *doctor, const char *format, ...) PRINTF_LIKE(2, 3);

/* Look at all.  doctor_fini() frees the findings. */
void doctor_look(struct doctor *doctor, struct cli *cli);
void doctor_fini(struct doctor *doctor);

/* Print all findings: as lines, or one JSON object each and one of the counts. */
void doctor_print(const struct doctor *doctor, FILE *out, bool json);

/* ---- parts ---- */

/* doctor_files.c: who may read and write the files, and room on the disk. */
void doctor_look_files(struct doctor *doctor);
void doctor_look_disk(struct doctor *doctor);

/* doctor_machine.c: the process of the daemon, its limits, the clocks. */
void doctor_look_process(struct doctor *doctor);
void doctor_look_clocks(struct doctor *doctor);

/* doctor_site.c: what the site itself says: links, agents; and the books as they lie there. */
void doctor_look_site(struct doctor *doctor);
void doctor_look_books(struct doctor *doctor);

/* doctor_sockets.c: whether somebody answers where the site listens. */
void doctor_look_sockets(struct doctor *doctor);

#endif
