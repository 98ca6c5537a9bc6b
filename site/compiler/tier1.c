#include "site/compiler/tier1.h"

#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/modules.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/native.h"
#include "site/control/paths.h"

/*
 * Modules that are at the compiler at once, each a copy of up to module_bytes_max bytes.  Others
 * wait in the core's list of hot modules.
 */
enum { JOBS_MAX = 4 };

/*
 * The processes and files that a compile may make besides the compiler itself.  A driver starts
 * compiler, assembler, and the linker by way of a helper, and each makes a file or two.  A run that
 * needs more is no compiler of ours.
 */
enum { PROCESSES_MAX = 16, FILES_MAX_MADE = 32 };

/* How much longer than its CPU time a compile may take on a machine that is busy. */
enum { WALL_FACTOR = 4 };

enum job_kind {
    JOB_HELLO, /* the service has looked at its compiler */
    JOB_CODE,
    JOB_GONE, /* the service died */
};

struct tier1_job {
    enum job_kind kind;
    struct hash code;
    bool paid; /* else only what was compiled before is wanted, and `module` is empty */
    struct bytes module;
    struct compiler_answer answer;
    bool answered; /* else the service died before it did */
};

struct tier1 {
    struct tier1_settings settings;
    struct compiler *compiler; /* NULL: the mode is off */
    struct wake wake;          /* the thread's */
    struct ring jobs;
    struct ring done;
    _Atomic bool stopping;
    struct compiler_hello hello;
    /* Reports about the service itself; not from the pool, so neither can lack a place. */
    struct tier1_job report_hello;
    struct tier1_job report_gone;

    /* The core thread's. */
    struct tier1_job pool[JOBS_MAX];
    struct tier1_job *spare[JOBS_MAX];
    size_t spare_count;
    bool watches; /* hot code: from the start on, so that none is missed before the hello */
    bool works;
    struct core_tier1 state;
    bool changed; /* the state differs from what the core was given last */
};

/* ---- life ---- */

static const char *tier1_mode_name(enum tier1_mode mode)
{
    switch (mode) {
    case TIER1_OFF:
        return "off";
    case TIER1_NAMED:
        return "named";
    case TIER1_ALL:
        return "all";
    }
    return "off";
}

/* The one place where the settings of [engine] become bounds of the jail and of the cache. */
static enum status tier1_start_compiler(struct tier1 *tier1, const char *dir, struct fault *fault)
{
    const struct tier1_settings *settings = &tier1->settings;
    char path[FILE_PATH_BYTES];
    struct compiler_options compiler = {
        .cache = {.dir = path,
                  .bytes_max = settings->cache_bytes_max,
                  .objects_max = settings->cache_objects_max,
                  .object_bytes_max = settings->object_bytes_max},
        .program = settings->compiler,
        .flags = engine_native_flags(),
        .engine_id = engine_native_id(),
        .weak_jail = settings->weak_jail,
        .limits = {.cpu_s = settings->compile_s,
                   .wall_ms = settings->compile_s * 1000 * WALL_FACTOR,
                   .memory_bytes = settings->compile_bytes,
                   .file_bytes = settings->object_bytes_max * 4, /* assembler's text is larger */
                   .processes = PROCESSES_MAX,
                   .files = FILES_MAX_MADE},
        .emit = agents_code_emit,
    };
    enum status status = file_path(path, dir, SITE_COMPILED, fault);

    if (status != ST_OK)
        return status;
    return compiler_start(&tier1->compiler, &compiler, fault);
}

enum status tier1_new(struct tier1 **tier1, const struct tier1_settings *settings, const char *dir,
                      struct fault *fault)
{
    static const struct tier1_settings off;
    struct tier1 *made = calloc(1, sizeof *made);
    enum status status = ST_OK;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "tier 1: out of memory");
    if (settings == NULL)
        settings = &off;
    made->settings = *settings;
    made->wake.fd = -1;
    atomic_init(&made->stopping, false);
    made->changed = true; /* the core has seen no state yet */
    (void)snprintf(made->state.mode, sizeof made->state.mode, "%s",
                   tier1_mode_name(settings->mode));
    for (size_t i = 0; i < JOBS_MAX; i++)
        made->spare[made->spare_count++] = &made->pool[i];
    if (settings->mode != TIER1_OFF) {
        status = tier1_start_compiler(made, dir, fault);
        if (status == ST_OK)
            status = wake_init(&made->wake, fault);
        ring_init(&made->jobs, &made->wake);
        ring_init(&made->done, &made->wake); /* until it is connected */
    }
    if (status != ST_OK) {
        tier1_free(made);
        return status;
    }
    *tier1 = made;
    return ST_OK;
}

void tier1_free(struct tier1 *tier1)
{
    if (tier1 == NULL)
        return;
    compiler_free(tier1->compiler);
    wake_fini(&tier1->wake);
    for (size_t i = 0; i < JOBS_MAX; i++)
        bytes_fini(&tier1->pool[i].module);
    free(tier1);
}

void tier1_connect(struct tier1 *tier1, struct wake *core_wake)
{
    if (tier1 != NULL)
        ring_init(&tier1->done, core_wake);
}

bool tier1_has_thread(const struct tier1 *tier1)
{
    return tier1 != NULL && tier1->compiler != NULL;
}

void tier1_stop(struct tier1 *tier1)
{
    if (!tier1_has_thread(tier1))
        return;
    atomic_store(&tier1->stopping, true);
    compiler_stop(tier1->compiler);
    wake_up(&tier1->wake);
}

/* ---- the compiler thread ---- */

static void tier1_give_back(struct tier1 *tier1, struct tier1_job *job)
{
    INVARIANT(ring_push(&tier1->done, job)); /* it has a place for each */
}

/*
 * Wait for a job.  NULL: the service ended, or the thread is to.  The service may die while nothing
 * is asked of it, so its socket is watched too.
 */
static struct tier1_job *tier1_next_job(struct tier1 *tier1)
{
    for (;;) {
        struct tier1_job *job = ring_pop(&tier1->jobs);
        struct pollfd fds[] = {
            {.fd = tier1->wake.fd, .events = POLLIN},
            {.fd = compiler_fd(tier1->compiler), .events = POLLIN},
        };

        if (job != NULL || atomic_load(&tier1->stopping))
            return job;
        (void)!poll(fds, 2, wake_begins(&tier1->wake) ? -1 : 0); /* a signal: look again */
        wake_take(&tier1->wake, fds[0].revents != 0);
        if (fds[1].revents != 0)
            return NULL;
    }
}

void *tier1_thread(void *context)
{
    struct tier1 *tier1 = context;
    bool lives = compiler_read_hello(tier1->compiler, &tier1->hello);

    if (lives) {
        tier1->report_hello.kind = JOB_HELLO;
        tier1_give_back(tier1, &tier1->report_hello);
        /* A compiler that does not work is asked nothing; the service has ended by itself then. */
        if (!tier1->hello.works)
            return NULL;
    }
    while (lives) {
        struct tier1_job *job = tier1_next_job(tier1);

        if (job == NULL)
            break;
        lives = compiler_ask(tier1->compiler, &job->code, job->paid ? job->module.data : NULL,
                             job->module.size, &job->answer);
        job->answered = lives;
        tier1_give_back(tier1, job);
    }
    /* A service that ended without being stopped has died: that must be seen, and once. */
    if (!atomic_load(&tier1->stopping)) {
        tier1->report_gone.kind = JOB_GONE;
        tier1_give_back(tier1, &tier1->report_gone); /* after it nothing is given back */
    }
    return NULL;
}

/* ---- the core thread ---- */

/* The last reason for which something was not compiled; `serai site status` shows it. */
static void tier1_set_reason(struct tier1 *tier1, const char *reason)
{
    (void)snprintf(tier1->state.reason, sizeof tier1->state.reason, "%s", reason);
    tier1->changed = true;
}

/* The service looked at its compiler.  If that does not work, no module is watched any more. */
static void tier1_take_hello(struct tier1 *tier1, struct core *core)
{
    const struct compiler_hello *hello = &tier1->hello;

    tier1->works = hello->works;
    (void)snprintf(tier1->state.compiler, sizeof tier1->state.compiler, "%.255s%s%.300s",
                   hello->program, hello->version[0] == '\0' ? "" : ": ", hello->version);
    if (!hello->works) {
        tier1_set_reason(tier1, hello->reason);
        agents_watch_code(core_agents(core), 0, 0);
        log_write(LOG_WARN, "tier1.unavailable",
                  "compiler=%s reason=\"%s\" next=\"all code runs in tier 0\"",
                  tier1->settings.compiler, hello->reason);
        return;
    }
    tier1->changed = true;
    log_write(LOG_INFO, "tier1.ready", "compiler=%s version=\"%.200s\"", hello->program,
              hello->version);
}

/*
 * Note that a module stays in tier 0, and log it once: a module that was noted is reported hot no
 * more.  The service keeps what failed in its cache, so the next start does not try again.
 */
static void tier1_refuse(struct tier1 *tier1, struct core *core, const struct hash *code,
                         const char *reason)
{
    char hex[HASH_TEXT_BYTES];

    agents_code_note(core_agents(core), code, reason);
    tier1->state.failed++;
    tier1_set_reason(tier1, reason);
    log_write(LOG_WARN, "code.tier0", "code=%s reason=\"%s\"", hash_print(hex, code), reason);
}

/*
 * Load the object that an answer names, between two turns: no code of it is running.  Modules that
 * ran longest ago make room.
 */
static void tier1_load(struct tier1 *tier1, struct core *core, const struct tier1_job *job)
{
    struct agents *agents = core_agents(core);
    struct fault fault = {0};
    char hex[HASH_TEXT_BYTES];
    enum status status;

    while (agents_codes_native(agents) >= tier1->settings.objects_max)
        agents_code_unload(agents);
    status = agents_code_load(agents, &job->code, job->answer.path, &fault);
    if (status == ST_MISSING) /* its last agent died meanwhile; the object waits for the next */
        return;
    if (status != ST_OK) {
        tier1_refuse(tier1, core, &job->code, fault.text);
        return;
    }
    tier1->state.compiled++;
    tier1->changed = true;
    log_write(LOG_INFO, "code.tier1", "code=%s took_ms=%" PRIu64 " kept=%s",
              hash_print(hex, &job->code), job->answer.took_us / 1000,
              job->answer.result == COMPILER_KEPT ? "yes" : "no");
}

/* Act on what became of a job, and put it back into the pool. */
static void tier1_take_answer(struct tier1 *tier1, struct core *core, struct tier1_job *job)
{
    const struct compiler_answer *answer = &job->answer;
    char hex[HASH_TEXT_BYTES];

    if (job->answered && answer->was_damaged)
        log_write(LOG_WARN, "tier1.object-damaged", "code=%s next=\"compiled again\"",
                  hash_print(hex, &job->code));
    if (!job->answered)
        tier1_refuse(tier1, core, &job->code, "the compiler's service died");
    else if (answer->result == COMPILER_MADE || answer->result == COMPILER_KEPT)
        tier1_load(tier1, core, job);
    else if (answer->result != COMPILER_NOT_TRIED) /* that one is hot again once it has paid */
        tier1_refuse(tier1, core, &job->code, answer->reason);
    bytes_fini(&job->module);
    tier1->spare[tier1->spare_count++] = job;
    tier1->changed = true;
}

/*
 * The service died.  It cannot be started again (compiler.h), so jobs that still wait are answered
 * here, after the thread has ended, and no module is watched any more.
 */
static void tier1_take_gone(struct tier1 *tier1, struct core *core)
{
    struct tier1_job *job;

    agents_watch_code(core_agents(core), 0, 0);
    tier1->works = false;
    while ((job = ring_pop(&tier1->jobs)) != NULL) { /* its thread has ended */
        job->answered = false;
        tier1_take_answer(tier1, core, job);
    }
    tier1_set_reason(tier1, "the compiler's service died");
    log_write(LOG_ERROR, "tier1.service-died",
              "next=\"what is in tier 1 stays there, other code stays in tier 0 until the site is "
              "started again\"");
}

/* Handle one report of the thread. */
static void tier1_take(struct tier1 *tier1, struct core *core, struct tier1_job *job)
{
    switch (job->kind) {
    case JOB_HELLO:
        tier1_take_hello(tier1, core);
        return;
    case JOB_GONE:
        tier1_take_gone(tier1, core);
        return;
    case JOB_CODE:
        tier1_take_answer(tier1, core, job);
        return;
    }
}

static bool tier1_is_wanted(const struct tier1 *tier1, const struct hash *code)
{
    if (tier1->settings.mode == TIER1_ALL)
        return true;
    for (size_t i = 0; i < tier1->settings.code_count; i++) {
        if (hash_equal(&tier1->settings.codes[i], code))
            return true;
    }
    return false;
}

/*
 * Send hot modules to the compiler while there are free jobs.  A module is reported hot twice:
 * first for an object that was made before, and, once its agents used the fuel that its compile is
 * worth, with `paid`, to be compiled.
 */
static void tier1_send_hot(struct tier1 *tier1, struct core *core)
{
    struct hot_code hot;

    while (tier1->works && tier1->spare_count > 0 && agents_hot_code(core_agents(core), &hot)) {
        struct tier1_job *job = tier1->spare[tier1->spare_count - 1];

        if (!tier1_is_wanted(tier1, &hot.id)) {
            agents_code_note(core_agents(core), &hot.id, "engine.codes does not name it");
            continue;
        }
        if (hot.size > tier1->settings.module_bytes_max) {
            tier1_refuse(tier1, core, &hot.id, "the module is larger than engine.module_bytes");
            continue;
        }
        job->kind = JOB_CODE;
        job->code = hot.id;
        job->paid = hot.paid;
        if (hot.paid)
            bytes_append(&job->module, hot.bytes, hot.size);
        if (job->module.failed) { /* a site without room for one module has no use for tier 1 */
            bytes_fini(&job->module);
            tier1_refuse(tier1, core, &hot.id, "out of memory");
            continue;
        }
        tier1->spare_count--;
        tier1->changed = true;
        INVARIANT(ring_push(&tier1->jobs, job)); /* it has a place for each */
    }
}

void tier1_step(struct tier1 *tier1, struct core *core)
{
    struct tier1_job *job;

    if (tier1 == NULL)
        return;
    if (tier1->compiler != NULL) {
        /* From the first step on, not from the hello on: what gets hot in between is not missed. */
        if (!tier1->watches)
            agents_watch_code(core_agents(core), tier1->settings.hot_fuel,
                              tier1->settings.effort_fuel);
        tier1->watches = true;
        while ((job = ring_pop(&tier1->done)) != NULL)
            tier1_take(tier1, core, job);
        tier1_send_hot(tier1, core);
    }
    /*
     * The core keeps a copy of the state for `serai site status`; it is given only when it changed.
     */
    if (!tier1->changed)
        return;
    tier1->state.compiling = JOBS_MAX - tier1->spare_count;
    core_set_tier1(core, &tier1->state);
    tier1->changed = false;
}
