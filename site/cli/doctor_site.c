/* What a site says of itself: its links and agents; and its books as they lie on the disk. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "ledger/reading.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/doctor.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/top_view.h"
#include "site/control/paths.h"

enum {
    DRY_SOON_S = 24 * 3600,
    AGENTS_NAMED_MAX = 5, /* of those that run dry; the rest is counted */
    STILL_S = 300,        /* a running site with agents that wait closes frames well within it */
};

/* ---- the books ---- */

void doctor_look_books(struct doctor *doctor)
{
    struct clock_source clock = clock_system();
    uint64_t wall_us = clock.wall_us(clock.context);
    struct frame_header header = {0};
    struct fault fault = {0};
    struct books books;
    struct stat pending;
    char said[DOCTOR_TEXT_BYTES];
    char path[FILE_PATH_BYTES];
    char age[32];

    if (books_open_quietly(doctor->cli, &books, said, sizeof said) != EXIT_OK) {
        doctor_find(doctor, DOCTOR_FAULT, "books", "%s", said);
        return;
    }
    if (books_header_now(&books.store, &header, &fault) != ST_OK) {
        doctor_find(doctor, DOCTOR_FAULT, "books", "%s", fault.text);
        doctor_next(doctor,
                    "serai audit verify --site %s; then docs/operate.md, \"What survives "
                    "what\"",
                    doctor->cli->dir);
    } else {
        doctor_find(doctor, DOCTOR_OK, "books",
                    header.frame == 0 ? "their format is this program's; there is no frame yet"
                                      : "their format is this program's; frame %" PRIu64
                                        " is the last, %s old",
                    header.frame,
                    top_print_seconds(
                        age, header.wall_us > wall_us ? 0 : (wall_us - header.wall_us) / 1000000));
    }
    books_close(&books);
    doctor_find(doctor, DOCTOR_NOTE, "books", "no record is kept of when they were checked last");
    doctor_next(doctor, "serai audit verify --site %s", doctor->cli->dir);
    if (file_path(path, doctor->cli->dir, SITE_OPERATOR ".pending", NULL) == ST_OK &&
        stat(path, &pending) == 0) {
        doctor_find(doctor, DOCTOR_WARN, "keys",
                    "a request of the operator's key has got no answer: no new one is sent");
        doctor_next(doctor, "the same command again with --retry --site %s", doctor->cli->dir);
    }
}

/* ---- links ---- */

static void links_judge_debt(struct doctor *doctor, const char *name, u128 owes, u128 limit,
                             bool ours)
{
    if (!top_debt_is_near(owes, limit))
        return;
    doctor_find(doctor, DOCTOR_WARN, "links", "%s: %s %u%% of the limit", name,
                ours ? "this site owes" : "the peer owes", top_debt_percent(owes, limit));
    if (ours)
        doctor_next(doctor, "serai link settle %s --site %s", name, doctor->cli->dir);
    else
        doctor_next(doctor,
                    "serai link show %s --site %s; ask the peer to settle, or raise the "
                    "limit: serai link set %s --limit AMOUNT",
                    name, doctor->cli->dir, name);
}

static void links_look_at(void *context, const uint8_t *item, size_t size)
{
    struct doctor *doctor = context;
    char name[RENDER_TEXT_BYTES];
    char state[RENDER_TEXT_BYTES];
    char since[32];

    (void)!render_text(item, size, "name", name);
    (void)!render_text(item, size, "state", state);
    (void)top_print_seconds(since, render_number_or_0(item, size, "unchanged_s"));
    if (strcmp(state, "up") == 0) {
        doctor_find(doctor, DOCTOR_OK, "links", "%s: up for %s", name, since);
    } else {
        doctor_find(doctor, strcmp(state, "frozen") == 0 ? DOCTOR_FAULT : DOCTOR_WARN, "links",
                    "%s: %s for %s", name, state, since);
        doctor_next(doctor, "serai link show %s --site %s", name, doctor->cli->dir);
    }
    links_judge_debt(doctor, name, render_total_or_0(item, size, "we_owe"),
                     render_total_or_0(item, size, "peer_limit"), true);
    links_judge_debt(doctor, name, render_total_or_0(item, size, "it_owes"),
                     render_total_or_0(item, size, "limit"), false);
}

/* ---- agents ---- */

struct drying {
    struct doctor *doctor;
    uint64_t soon;
    uint64_t by_site;
};

static bool agents_look_at(void *context, const uint8_t *item, size_t size)
{
    struct drying *drying = context;
    struct doctor *doctor = drying->doctor;
    char name[RENDER_TEXT_BYTES];
    char state[RENDER_TEXT_BYTES];
    char reason[RENDER_TEXT_BYTES];
    uint64_t id = render_number_or_0(item, size, "id");
    uint64_t dry_in_s = UINT64_MAX;
    char left[32];

    (void)!render_text(item, size, "name", name);
    (void)!render_text(item, size, "state", state);
    (void)!render_text(item, size, "reason", reason);
    if (strstr(reason, "quarantine") != NULL) {
        doctor_find(doctor, DOCTOR_FAULT, "agents", "agent:%" PRIu64 " %s: %s", id, name, reason);
        doctor_next(doctor, "serai agent logs %" PRIu64 " --site %s; report it", id,
                    doctor->cli->dir);
    }
    if (strcmp(state, "running") != 0 || !render_number(item, size, "dry_in_s", &dry_in_s) ||
        dry_in_s >= DRY_SOON_S)
        return true;
    drying->soon++;
    if (drying->soon > AGENTS_NAMED_MAX)
        return true;
    doctor_find(doctor, DOCTOR_WARN, "agents", "agent:%" PRIu64 " %s has rent for %s", id, name,
                top_print_seconds(left, dry_in_s));
    doctor_next(doctor, "serai agent fund %" PRIu64 " AMOUNT --site %s", id, doctor->cli->dir);
    return true;
}

static void site_look_at_agents(struct doctor *doctor, uint64_t agents, uint64_t dry)
{
    const struct cli_list list = {.command = "agents", .cursor_key = "id", .limit = TOP_AGENTS_MAX};
    struct drying drying = {.doctor = doctor};

    (void)!cli_list_each(doctor->cli, &list, agents_look_at, &drying); /* what came is told */
    if (drying.soon > AGENTS_NAMED_MAX)
        doctor_find(doctor, DOCTOR_WARN, "agents",
                    "%" PRIu64 " agents in all have rent for less than a day", drying.soon);
    if (drying.soon > AGENTS_NAMED_MAX)
        doctor_next(doctor, "serai top --once --sort lasts --site %s", doctor->cli->dir);
    if (dry > 0) {
        doctor_find(doctor, DOCTOR_NOTE, "agents", "%" PRIu64 " of %" PRIu64 " are out of money",
                    dry, agents);
        doctor_next(doctor, "serai agent ls --site %s", doctor->cli->dir);
    }
    if (drying.soon == 0 && dry == 0)
        doctor_find(doctor, DOCTOR_OK, "agents", "%" PRIu64 ", and none is about to run dry",
                    agents);
}

/* ---- the site ---- */

static void site_judge_state(struct doctor *doctor, const uint8_t *map, size_t size)
{
    char disk[RENDER_TEXT_BYTES];
    char state[RENDER_TEXT_BYTES];

    (void)!render_text(map, size, "disk", disk);
    (void)!render_text(map, size, "state", state);
    if (*disk != '\0' && strcmp(disk, "roomy") != 0) {
        doctor_find(doctor, strcmp(disk, "low") == 0 ? DOCTOR_WARN : DOCTOR_FAULT, "disk",
                    "the site says that its disk is %s", disk);
        doctor_next(doctor, "serai site status --site %s", doctor->cli->dir);
    }
    if (strcmp(state, "frozen") == 0) {
        doctor_find(doctor, DOCTOR_WARN, "daemon", "it was started with --frozen: no agent runs");
        doctor_next(doctor, "stop it, then: serai site run --site %s", doctor->cli->dir);
    } else if (strncmp(state, "drain", 5) == 0) {
        doctor_find(doctor, DOCTOR_NOTE, "daemon", "the site is %s", state);
        doctor_next(doctor, "if it is to stay: serai site drain --cancel --site %s",
                    doctor->cli->dir);
    }
}

void doctor_look_site(struct doctor *doctor)
{
    struct bytes args = {0};
    struct cli_answer answer;
    char said[DOCTOR_TEXT_BYTES] = "";
    uint64_t agents = 0;
    uint64_t dry = 0;
    int code;

    if (!doctor->runs)
        return;
    cbor_put_array(&args, 0);
    cli_keep_messages(said, sizeof said);
    code = cli_read(doctor->cli, "figures", &args, &answer);
    cli_keep_messages(NULL, 0);
    doctor->answers = code == EXIT_OK;
    if (doctor->answers) {
        const uint8_t *map = answer.reply.result;
        size_t size = answer.reply.result_size;

        agents = render_number_or_0(map, size, "agents");
        dry = render_number_or_0(map, size, "dry");
        doctor_find(doctor, DOCTOR_OK, "control", "it answers at %s", doctor->cli->socket);
        site_judge_state(doctor, map, size);
        render_list(map, size, "links", links_look_at, doctor);
    } else {
        doctor_find(doctor, DOCTOR_FAULT, "control", "%s", said);
        doctor_next(doctor,
                    "its log says why it does not serve, as journalctl -u serai@NAME; "
                    "if it stands still: kill -ABRT %ld, and start it again",
                    doctor->pid);
    }
    cli_answer_fini(&answer);
    if (doctor->answers)
        site_look_at_agents(doctor, agents, dry);
}
