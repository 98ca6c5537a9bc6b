/* The service with the system's compiler, and with one that means no good (badcc.c). */
#include "site/compiler/compiler.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "site/compiler/compiler_rules.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

enum { SKIPPED = 77 };

static char dir[TEMP_DIR_BYTES];
static char cache_dir[TEMP_DIR_BYTES + 16];
static char badcc[TEMP_DIR_BYTES + 32];
static struct compiler_options options;
static struct compiler *compiler;
static struct compiler_hello hello;
static struct compiler_answer answer;

static const char good[] = "int answer(void)\n{\n    return 42;\n}\n";

/* The module is its own text. */
static enum status emit(const uint8_t *module, size_t size, struct bytes *text, struct fault *fault)
{
    if (size == 0)
        return fault_set(fault, ST_INVALID, "an empty module");
    bytes_append(text, module, size);
    return ST_OK;
}

static void setup(void)
{
    static const char *const flags[] = {"-O1", "-shared", "-fPIC", "-nostdlib", NULL};

    temp_dir_init(dir);
    (void)snprintf(cache_dir, sizeof cache_dir, "%s/compiled", dir);
    options = (struct compiler_options){
        .cache = {.dir = cache_dir,
                  .bytes_max = 16 << 20,
                  .objects_max = 16,
                  .object_bytes_max = 1 << 20},
        .program = "cc",
        .flags = flags,
        .engine_id = "test-1",
        .limits = {.cpu_s = 10,
                   .wall_ms = 20000,
                   .memory_bytes = UINT64_C(1) << 30,
                   .file_bytes = 1 << 20,
                   .processes = 16,
                   .files = 32},
        .emit = emit,
    };
}

static void stop(void)
{
    compiler_free(compiler);
    compiler = NULL;
}

static void teardown(void)
{
    stop();
    temp_dir_fini(dir);
}

static void start(void)
{
    struct fault fault = {0};

    ck_assert_msg(compiler_start(&compiler, &options, &fault) == ST_OK, "%s", fault.text);
    ck_assert(compiler_read_hello(compiler, &hello));
}

static void restart(void)
{
    stop();
    start();
    ck_assert_msg(hello.works, "%s", hello.reason);
}

static void ask(const char *text)
{
    struct hash code = hash_of(text, strlen(text));

    ck_assert(compiler_ask(compiler, &code, (const uint8_t *)text, strlen(text), &answer));
}

static void use_badcc(const char *what)
{
    char command[600];

    (void)snprintf(badcc, sizeof badcc, "%s/badcc-%s", dir, what);
    (void)snprintf(command, sizeof command, "cp %s %s && echo secret >%s/site.key", BADCC, badcc,
                   dir);
    ck_assert_int_eq(system(command), 0);
    options.program = badcc;
    start();
    ck_assert_msg(hello.works, "%s", hello.reason);
}

static void result_is(enum compiler_result result, const char *reason)
{
    ck_assert_msg(answer.result == result && strstr(answer.reason, reason) != NULL, "%d: %s",
                  (int)answer.result, answer.reason);
}

static int run_object(void)
{
    void *object = dlopen(answer.path, RTLD_NOW | RTLD_LOCAL);
    int (*function)(void);
    int found;

    ck_assert_msg(object != NULL, "%s", dlerror());
    *(void **)(void *)&function = dlsym(object, "answer");
    ck_assert_ptr_nonnull(*(void **)(void *)&function);
    found = function();
    ck_assert_int_eq(dlclose(object), 0);
    return found;
}

START_TEST(a_module_becomes_an_object_once)
{
    start();
    ck_assert_msg(hello.works, "%s", hello.reason);
    ck_assert_int_eq(hello.program[0], '/');
    ck_assert_uint_gt(strlen(hello.version), 0);
    ask(good);
    result_is(COMPILER_MADE, "");
    ck_assert_int_eq(run_object(), 42);
    ask(good);
    result_is(COMPILER_KEPT, "");
    restart();
    ask(good);
    result_is(COMPILER_KEPT, "");
    ck_assert_int_eq(run_object(), 42);
}
END_TEST

START_TEST(what_is_only_wanted_if_it_is_kept_is_not_made)
{
    struct hash code = hash_of(good, strlen(good));
    struct hash broken = hash_of("int broken(\n", 12);

    start();
    ck_assert(compiler_ask(compiler, &code, NULL, 0, &answer));
    result_is(COMPILER_NOT_TRIED, "");
    ask(good);
    result_is(COMPILER_MADE, "");
    ck_assert(compiler_ask(compiler, &code, NULL, 0, &answer));
    result_is(COMPILER_KEPT, "");
    ck_assert_int_eq(run_object(), 42);
    ask("int broken(\n");
    ck_assert(compiler_ask(compiler, &broken, NULL, 0, &answer));
    result_is(COMPILER_FAILED_BEFORE, "code.c");
}
END_TEST

START_TEST(what_an_object_depends_on_is_in_its_name)
{
    static const char *const others[] = {"-O2", "-shared", "-fPIC", "-nostdlib", NULL};

    start();
    ask(good);
    options.engine_id = "test-2";
    restart();
    ask(good);
    result_is(COMPILER_MADE, "");
    options.flags = others;
    restart();
    ask(good);
    result_is(COMPILER_MADE, "");
    restart();
    ask(good);
    result_is(COMPILER_KEPT, "");
}
END_TEST

START_TEST(what_does_not_compile_is_tried_once_for_ever)
{
    start();
    ask("int broken(\n");
    result_is(COMPILER_FAILED, "the compiler ended with 1: code.c");
    ask("int broken(\n");
    result_is(COMPILER_FAILED_BEFORE, "the compiler ended with 1: code.c");
    restart();
    ask("int broken(\n");
    result_is(COMPILER_FAILED_BEFORE, "code.c");
    options.engine_id = "test-2"; /* another engine, another text */
    restart();
    ask("int broken(\n");
    result_is(COMPILER_FAILED, "code.c");
    ask(good);
    result_is(COMPILER_MADE, "");
}
END_TEST

START_TEST(what_was_damaged_is_compiled_anew)
{
    FILE *file;

    start();
    ask(good);
    file = fopen(answer.path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("damaged", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ask(good);
    result_is(COMPILER_MADE, "its hash is not the one that was kept");
    ck_assert(answer.was_damaged);
    ck_assert_int_eq(run_object(), 42);
    ask(good);
    result_is(COMPILER_KEPT, "");
}
END_TEST

START_TEST(what_is_no_module_is_not_blamed_on_the_compiler)
{
    start();
    ask("");
    result_is(COMPILER_FAILED, "an empty module");
    ask("");
    result_is(COMPILER_FAILED, "an empty module");
}
END_TEST

START_TEST(a_compiler_that_is_not_there_is_told)
{
    options.program = "no-such-compiler";
    start();
    ck_assert(!hello.works);
    ck_assert_ptr_nonnull(strstr(hello.reason, "there is no compiler \"no-such-compiler\""));
    ck_assert(!compiler_ask(compiler, &(struct hash){{0}}, (const uint8_t *)good, 1, &answer));
    stop();
    options.program = "/nowhere/cc";
    start();
    ck_assert(!hello.works);
    ck_assert_ptr_nonnull(strstr(hello.reason, "there is no compiler at /nowhere/cc"));
    stop();
    options.program = "/bin/false"; /* nor is everything one that is there */
    start();
    ck_assert(!hello.works);
    ck_assert_ptr_nonnull(strstr(hello.reason, "the compiler ended with 1"));
    stop();
    options.program = "/bin/true";
    start();
    ck_assert(!hello.works);
    ck_assert_ptr_nonnull(strstr(hello.reason, "leaves no code.so"));
}
END_TEST

START_TEST(clang_works_as_well)
{
    options.program = "clang";
    start();
    if (!hello.works && strstr(hello.reason, "there is no compiler") != NULL)
        return;
    ck_assert_msg(hello.works, "%s", hello.reason);
    ask(good);
    result_is(COMPILER_MADE, "");
    ck_assert_int_eq(run_object(), 42);
}
END_TEST

/* What the compiler tries, and what is then told of it. */
static const struct {
    const char *what;
    const char *reason;
    uint64_t wall_ms;
} attempts[] = {
    {"key", "refused: key", 20000},
    {"network", "refused: network", 20000},
    {"eat", "refused: eat", 20000},
    {"huge", "needed more than 1048576 bytes in a file", 20000},
    {"spin", "needed more than 1 s of CPU", 20000},
    {"hang", "needed more than 1500 ms", 1500},
    {"fork", "too many processes", 20000},
    {"files", "too many files", 20000},
};

START_TEST(a_compiler_that_means_no_good_gets_nowhere)
{
    if (strcmp(attempts[_i].what, "spin") == 0)
        options.limits.cpu_s = 1;
    options.limits.wall_ms = attempts[_i].wall_ms;
    options.limits.memory_bytes = 256 << 20;
    use_badcc(attempts[_i].what);
    ask(good);
    result_is(COMPILER_FAILED, attempts[_i].reason);
    ask(good);
    result_is(COMPILER_FAILED_BEFORE, attempts[_i].reason);
    ck_assert_int_eq(kill(compiler_process(compiler), 0), 0); /* the service is well */
}
END_TEST

START_TEST(badcc_can_compile) /* so the test above can fail */
{
    use_badcc("nothing");
    ask(good);
    result_is(COMPILER_MADE, "");
    ck_assert_int_eq(run_object(), 42);
}
END_TEST

START_TEST(an_object_is_bounded)
{
    static char large[100] = "char large[60000] = {1};\n";

    options.cache.object_bytes_max = 50000;
    start();
    ask(large);
    result_is(COMPILER_FAILED, "the object is larger than 50000 bytes");
    ask(large);
    result_is(COMPILER_FAILED_BEFORE, "the object is larger than 50000 bytes");
}
END_TEST

static void *kill_soon(void *context)
{
    const struct timespec step = {.tv_nsec = 300 * 1000 * 1000};

    (void)context;
    (void)!nanosleep(&step, NULL);
    (void)!kill(compiler_process(compiler), SIGKILL);
    return NULL;
}

static void *stop_soon(void *context)
{
    const struct timespec step = {.tv_nsec = 300 * 1000 * 1000};

    (void)context;
    (void)!nanosleep(&step, NULL);
    compiler_stop(compiler);
    return NULL;
}

/* How many badcc-hang there are. */
static int hanging(void)
{
    char command[200];

    (void)snprintf(command, sizeof command, "test -z \"$(grep -sl '[/]%s' /proc/[0-9]*/cmdline)\"",
                   badcc + 1); /* and not itself */
    for (int i = 0; i < 50; i++) {
        const struct timespec step = {.tv_nsec = 20 * 1000 * 1000};

        if (system(command) == 0)
            return 0;
        (void)!nanosleep(&step, NULL);
    }
    return 1;
}

START_TEST(a_service_that_is_killed_is_told_and_leaves_nobody)
{
    struct hash code = hash_of(good, sizeof good);
    pthread_t killer;

    use_badcc("hang");
    ck_assert_int_eq(pthread_create(&killer, NULL, kill_soon, NULL), 0);
    ck_assert(!compiler_ask(compiler, &code, (const uint8_t *)good, sizeof good, &answer));
    ck_assert(!compiler_ask(compiler, &code, (const uint8_t *)good, sizeof good, &answer));
    ck_assert_int_eq(pthread_join(killer, NULL), 0);
    ck_assert_int_eq(hanging(), 0);
}
END_TEST

START_TEST(it_can_be_stopped_in_the_middle)
{
    struct hash code = hash_of(good, sizeof good);
    pthread_t stopper;

    use_badcc("hang");
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
    ck_assert(!compiler_ask(compiler, &code, (const uint8_t *)good, sizeof good, &answer));
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    stop();
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(hanging(), 0);
    /* That was not the module's fault: it is not remembered. */
    start();
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
    ck_assert(!compiler_ask(compiler, &code, (const uint8_t *)good, sizeof good, &answer));
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
}
END_TEST

START_TEST(the_service_heeds_no_signal_of_the_daemons_group)
{
    start();
    ck_assert_int_eq(kill(compiler_process(compiler), SIGTERM), 0);
    ck_assert_int_eq(kill(compiler_process(compiler), SIGINT), 0);
    ask(good);
    result_is(COMPILER_MADE, "");
}
END_TEST

/* As on a kernel that has no Landlock. */
static void take_landlock_away(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    ck_assert_ptr_nonnull(filter);
    ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                      seccomp_syscall_resolve_name("landlock_create_ruleset"), 0),
                     0);
    ck_assert_int_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

START_TEST(without_landlock_it_works_only_where_that_was_agreed_to)
{
    take_landlock_away();
    start();
    ck_assert(!hello.works);
    ck_assert_ptr_nonnull(strstr(hello.reason, "this kernel has no Landlock"));
    ck_assert_ptr_nonnull(strstr(hello.reason, "engine.jail = \"weak\""));
    options.weak_jail = true;
    restart();
    ask(good);
    result_is(COMPILER_MADE, "");
    /* What does not need Landlock still holds. */
    stop();
    use_badcc("network");
    ask(good);
    result_is(COMPILER_FAILED, "refused: network");
}
END_TEST

START_TEST(a_folder_that_is_not_ours_alone_is_refused)
{
    struct fault fault = {0};

    ck_assert_int_eq(mkdir(cache_dir, 0700), 0);
    ck_assert_int_eq(chmod(cache_dir, 0777), 0);
    ck_assert_int_eq(compiler_start(&compiler, &options, &fault), ST_DENIED);
    ck_assert_ptr_null(compiler);
}
END_TEST

/* All that is in the job's folder goes with each job. */
START_TEST(a_job_folder_that_leads_elsewhere_is_not_emptied)
{
    FILE *file;

    ck_assert_int_eq(mkdir(cache_dir, 0700), 0);
    ck_assert_int_eq(mkdir(temp_path(dir, "papers"), 0700), 0);
    file = fopen(temp_path(dir, "papers/will"), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(symlink("../papers", temp_path(dir, "compiled/job")), 0);
    start();
    ck_assert(!hello.works);
    ck_assert_msg(strstr(hello.reason, "job is not a directory that only this user") != NULL, "%s",
                  hello.reason);
    ck_assert_int_eq(access(temp_path(dir, "papers/will"), F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;
    struct fault fault;

    if (!rules_have_landlock(&fault)) {
        printf("skipped: %s\n", fault.text);
        return SKIPPED;
    }
    suite = suite_create("compiler");
    tcase = tcase_create("compiler");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_module_becomes_an_object_once);
    tcase_add_test(tcase, what_is_only_wanted_if_it_is_kept_is_not_made);
    tcase_add_test(tcase, what_an_object_depends_on_is_in_its_name);
    tcase_add_test(tcase, what_does_not_compile_is_tried_once_for_ever);
    tcase_add_test(tcase, what_was_damaged_is_compiled_anew);
    tcase_add_test(tcase, what_is_no_module_is_not_blamed_on_the_compiler);
    tcase_add_test(tcase, a_compiler_that_is_not_there_is_told);
    tcase_add_test(tcase, clang_works_as_well);
    tcase_add_loop_test(tcase, a_compiler_that_means_no_good_gets_nowhere, 0,
                        sizeof attempts / sizeof attempts[0]);
    tcase_add_test(tcase, badcc_can_compile);
    tcase_add_test(tcase, an_object_is_bounded);
    tcase_add_test(tcase, a_service_that_is_killed_is_told_and_leaves_nobody);
    tcase_add_test(tcase, it_can_be_stopped_in_the_middle);
    tcase_add_test(tcase, the_service_heeds_no_signal_of_the_daemons_group);
    tcase_add_test(tcase, without_landlock_it_works_only_where_that_was_agreed_to);
    tcase_add_test(tcase, a_folder_that_is_not_ours_alone_is_refused);
    tcase_add_test(tcase, a_job_folder_that_leads_elsewhere_is_not_emptied);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
