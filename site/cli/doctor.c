#include "site/cli/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "ledger/ledger.h"
#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/render.h"
#include "site/cli/setup.h"
#include "site/control/paths.h"
#include "site/core/core.h"
#include "store/store.h"

/* ---- findings ---- */

void doctor_find(struct doctor *doctor, enum doctor_level level, const char *area,
                 const char *format, ...)
{
    struct doctor_finding *findings = NULL;
    va_list args;

    doctor->counts[level]++;
    if (doctor->count < DOCTOR_FINDINGS_MAX)
        findings =
            array_grow(doctor->findings, &doctor->capacity, doctor->count + 1, sizeof *findings);
    if (findings == NULL) {
        doctor->left_out++;
        return;
    }
    doctor->findings = findings;
    findings += doctor->count++;
    *findings = (struct doctor_finding){.level = level, .area = area};
    va_start(args, format);
    (void)vsnprintf(findings->text, sizeof findings->text, format, args); /* cut to fit */
    va_end(args);
}

void doctor_next(struct doctor *doctor, const char *format, ...)
{
    va_list args;

    if (doctor->left_out > 0 || doctor->count == 0)
        return;
    va_start(args, format);
    (void)vsnprintf(doctor->findings[doctor->count - 1].next, DOCTOR_TEXT_BYTES, format, args);
    va_end(args);
}

void doctor_fini(struct doctor *doctor)
{
    free(doctor->findings);
    free(doctor->setup);
    *doctor = (struct doctor){0};
}

/* ---- the configuration, and what a start would refuse ---- */

static void doctor_take_error(void *context, const struct config_error *error)
{
    struct doctor *doctor = context;

    doctor_find(doctor, DOCTOR_FAULT, "config", "%s:%u:%u: %s", error->file, error->line,
                error->column, error->text);
    doctor_next(doctor, "$EDITOR %s/%s", doctor->cli->dir, error->file);
}

/* Read both files and the public keys: without them nothing else of a start can be looked at. */
static void doctor_look_config(struct doctor *doctor)
{
    const struct config_reader reader = {
        .orders = &core_order_names, .report = doctor_take_error, .context = doctor};
    size_t faults = doctor->counts[DOCTOR_FAULT];
    char said[DOCTOR_TEXT_BYTES] = "";
    struct fault fault = {0};
    enum status status;

    site_config_default(&doctor->setup->config);
    pricebook_default(&doctor->setup->book, &core_order_names);
    status = config_load(doctor->cli->dir, &reader, &doctor->setup->config, &doctor->setup->book,
                         &fault);
    if (status != ST_OK && doctor->counts[DOCTOR_FAULT] == faults) {
        doctor_find(doctor, DOCTOR_FAULT, "config", "%s", fault.text);
        if (status == ST_MISSING)
            doctor_next(doctor, "serai site init %s, or --site with another directory",
                        doctor->cli->dir);
    }
    if (status != ST_OK)
        return;
    cli_keep_messages(said, sizeof said);
    doctor->configured = setup_fill_options(doctor->cli, doctor->setup) == EXIT_OK;
    cli_keep_messages(NULL, 0);
    if (!doctor->configured) {
        doctor_find(doctor, DOCTOR_FAULT, "keys", "%s", said);
        doctor_next(doctor, "put back %s/site.pub and operator.pub, which stand in every backup",
                    doctor->cli->dir);
    } else {
        doctor_find(doctor, DOCTOR_OK, "config", "site.toml and prices.toml have no error");
    }
}

static void doctor_take_fault(void *context, const struct fault *fault)
{
    struct doctor *doctor = context;

    doctor_find(doctor, DOCTOR_FAULT, "start", "%s", fault->text);
    doctor_next(doctor, "mend it, then: serai site run --check-config --site %s", doctor->cli->dir);
}

/* As --check-config; while a daemon runs, without loading the books once more. */
static void doctor_look_start(struct doctor *doctor)
{
    struct fault running = {0};
    size_t faults = doctor->counts[DOCTOR_FAULT];
    char path[FILE_PATH_BYTES];
    const char *process;

    if (file_path(path, doctor->cli->dir, SITE_STORE, NULL) == ST_OK &&
        store_lmdb_look(path, &running) == ST_BUSY)
        doctor->runs = true;
    process = doctor->runs ? strstr(running.text, "process ") : NULL;
    if (process != NULL)
        doctor->pid = strtol(process + strlen("process "), NULL, 10);
    if (!doctor->configured)
        return;
    doctor->setup->options.skip_books = doctor->runs;
    (void)!daemon_check(&doctor->setup->options, doctor_take_fault, doctor, &running);
    if (doctor->counts[DOCTOR_FAULT] == faults)
        doctor_find(doctor, DOCTOR_OK, "start",
                    doctor->runs ? "nothing stands against a start but the daemon that runs"
                                 : "a start would find nothing wrong, the books included");
}

/* ---- all ---- */

void doctor_look(struct doctor *doctor, struct cli *cli)
{
    *doctor = (struct doctor){.cli = cli, .setup = calloc(1, sizeof *doctor->setup)};
    if (doctor->setup == NULL) {
        doctor_find(doctor, DOCTOR_FAULT, "config", "no memory to look at the site");
        return;
    }
    /* What a check logs besides is found here in other words. */
    log_set_level(LOG_ERROR);
    client_set_timeout(DOCTOR_ANSWER_S);
    doctor_look_config(doctor);
    doctor_look_files(doctor);
    doctor_look_start(doctor);
    doctor_look_process(doctor);
    doctor_look_disk(doctor);
    doctor_look_clocks(doctor);
    doctor_look_books(doctor);
    doctor_look_site(doctor);
    doctor_look_sockets(doctor);
    log_set_level(LOG_INFO);
    client_set_timeout(CLIENT_TIMEOUT_S);
}

/* ---- printing ---- */

static const char *const level_names[DOCTOR_LEVELS] = {
    [DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_WARN] = "warn", [DOCTOR_FAULT] = "fault"};

static void doctor_print_json(const struct doctor *doctor, FILE *out)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_finding *finding = &doctor->findings[i];

        fprintf(out, "{\"type\":\"finding\",\"level\":\"%s\",\"area\":\"%s\",\"what\":",
                level_names[finding->level], finding->area);
        render_json_text(out, finding->text);
        if (finding->next[0] != '\0') {
            fputs(",\"next\":", out);
            render_json_text(out, finding->next);
        }
        fputs("}\n", out);
    }
    fputs("{\"type\":\"summary\",\"site\":", out);
    render_json_text(out, doctor->cli->dir);
    fprintf(out, ",\"running\":%s,\"faults\":%zu,\"warnings\":%zu,\"notes\":%zu,\"ok\":%zu}\n",
            doctor->runs ? "true" : "false", doctor->counts[DOCTOR_FAULT],
            doctor->counts[DOCTOR_WARN], doctor->counts[DOCTOR_NOTE], doctor->counts[DOCTOR_OK]);
}

void doctor_print(const struct doctor *doctor, FILE *out, bool json)
{
    if (json) {
        doctor_print_json(doctor, out);
        return;
    }
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_finding *finding = &doctor->findings[i];

        fprintf(out, "%-6s%-8s ", level_names[finding->level], finding->area);
        render_escaped(out, finding->text);
        if (finding->next[0] != '\0') {
            fprintf(out, "\n%-15snext: ", "");
            render_escaped(out, finding->next);
        }
        putc('\n', out);
    }
    if (doctor->left_out > 0)
        fprintf(out, "%zu more were found\n", doctor->left_out);
    fprintf(out, "\nfaults: %zu; warnings: %zu; notes: %zu; in order: %zu\n",
            doctor->counts[DOCTOR_FAULT], doctor->counts[DOCTOR_WARN], doctor->counts[DOCTOR_NOTE],
            doctor->counts[DOCTOR_OK]);
}
