/* See v8.h. */
#include "tests/differential/v8.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/differential/host.h"

enum { ANSWER_MS = 60000, ORDERS_BYTES = 4096 };

struct v8 {
    pid_t child; /* 0: none now */
    int to;
    int from;
    struct bytes pack;
    struct bytes answer;
};

/* The host's imports as v8.js wants them: name:letters,name:letters,... */
static void orders_text(char text[ORDERS_BYTES])
{
    size_t at = 0;

    for (uint32_t i = 0; i < host_imports.count; i++)
        at += (size_t)snprintf(text + at, ORDERS_BYTES - at, "%s%s:%s", i == 0 ? "" : ",",
                               host_imports.items[i].name, host_imports.items[i].params);
    INVARIANT(at < ORDERS_BYTES);
}

/* The baseline compiler alone: a module runs for microseconds. */
_Noreturn static void become_node(int in, int out)
{
    char orders[ORDERS_BYTES];

    orders_text(orders);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
        _exit(127);
    (void)execlp("node", "node", "--liftoff-only", "--no-wasm-tier-up", "--single-threaded",
                 "--stack-size=900", DIFFERENTIAL_V8_JS, orders, (char *)NULL);
    _exit(127);
}

static enum status start(struct v8 *v8, struct fault *fault)
{
    int down[2];
    int up[2];

    if (pipe(down) != 0 || pipe(up) != 0)
        return fault_set(fault, ST_IO, "pipe: %s", strerror(errno));
    v8->child = fork();
    if (v8->child == 0) {
        (void)close(down[1]);
        (void)close(up[0]);
        become_node(down[0], up[1]);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    v8->to = down[1];
    v8->from = up[0];
    if (v8->child < 0) {
        v8->child = 0;
        return fault_set(fault, ST_IO, "fork: %s", strerror(errno));
    }
    return ST_OK;
}

static void stop(struct v8 *v8)
{
    if (v8->child == 0)
        return;
    (void)close(v8->to);
    (void)close(v8->from);
    (void)kill(v8->child, SIGKILL);
    (void)waitpid(v8->child, NULL, 0);
    v8->child = 0;
}

enum status v8_new(struct v8 **v8, struct fault *fault)
{
    *v8 = NULL;
    if (system("node --version >/dev/null 2>&1") != 0)
        return fault_set(fault, ST_MISSING, "no `node` on the path: V8 is not compared with");
    *v8 = calloc(1, sizeof **v8);
    if (*v8 == NULL)
        return fault_set(fault, ST_NOMEM, "no memory");
    (void)signal(SIGPIPE, SIG_IGN); /* a child that died is an error of write() */
    return ST_OK;
}

void v8_free(struct v8 *v8)
{
    if (v8 == NULL)
        return;
    stop(v8);
    bytes_fini(&v8->pack);
    bytes_fini(&v8->answer);
    free(v8);
}

/* ---- a pack ---- */

static void put_u8(struct bytes *out, uint32_t value)
{
    const uint8_t byte = (uint8_t)value;

    bytes_append(out, &byte, 1);
}

static void put_u64(struct bytes *out, uint64_t value)
{
    uint8_t raw[8];

    le64_put(raw, value);
    bytes_append(out, raw, sizeof raw);
}

static void put_name(struct bytes *out, const struct diff_name *name)
{
    put_u8(out, name->size);
    bytes_append(out, name->text, name->size);
}

static void put_case(struct bytes *out, const struct diff_case *diff)
{
    const struct diff_plan *plan = &diff->plan;
    uint8_t size[4];

    le32_put(size, (uint32_t)diff->wasm.size);
    bytes_append(out, size, sizeof size);
    put_u8(out, plan->foreign);
    put_u8(out, plan->globals_count);
    put_name(out, &plan->memory);
    for (uint32_t i = 0; i < plan->globals_count; i++) {
        put_u8(out, (uint8_t)plan->global_types[i]);
        put_name(out, &plan->globals[i]);
    }
    for (uint32_t i = 0; i < plan->foreign; i++) {
        const struct diff_call *call = &plan->calls[i];

        put_name(out, &call->name);
        put_u8(out, (uint8_t)call->result);
        put_u8(out, call->params_count);
        for (uint32_t k = 0; k < call->params_count; k++) {
            put_u8(out, (uint8_t)call->params[k]);
            put_u64(out, call->args[k]);
        }
    }
    bytes_append(out, diff->wasm.data, diff->wasm.size);
}

/* ---- the answer ---- */

static const uint8_t *get_case(const uint8_t *from, struct diff_case *diff)
{
    const struct diff_plan *plan = &diff->plan;
    struct diff_seen *seen = &diff->v8;
    uint32_t why;

    memset(seen, 0, sizeof *seen);
    seen->accepted = *from++ == 1;
    why = *from++;
    memcpy(seen->why, from, why < sizeof seen->why ? why : sizeof seen->why - 1);
    from += why;
    seen->calls_count = plan->foreign;
    for (uint32_t i = 0; i < plan->foreign; i++) {
        seen->outcome[i] = *from;
        seen->result[i] = le64_get(from + 1);
        from += 9;
    }
    seen->pages = le32_get(from);
    seen->memory_hash = le32_get(from + 4);
    from += 8;
    for (uint32_t i = 0; i < plan->globals_count; i++, from += 8)
        seen->globals[i] = le64_get(from);
    return from;
}

static bool write_all(const struct v8 *v8, const uint8_t *from, size_t size)
{
    while (size > 0) {
        ssize_t count = write(v8->to, from, size);

        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            from += count;
            size -= (size_t)count;
        }
    }
    return true;
}

static bool read_all(const struct v8 *v8, uint8_t *to, size_t size)
{
    struct pollfd wait = {.fd = v8->from, .events = POLLIN};

    while (size > 0) {
        ssize_t count;

        if (poll(&wait, 1, ANSWER_MS) == 0)
            return false;
        count = read(v8->from, to, size);
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        if (count > 0) {
            to += count;
            size -= (size_t)count;
        }
    }
    return true;
}

static bool exchange(struct v8 *v8)
{
    uint8_t size[4];
    uint8_t *to;

    le32_put(size, (uint32_t)v8->pack.size);
    if (!write_all(v8, size, sizeof size) || !write_all(v8, v8->pack.data, v8->pack.size) ||
        !read_all(v8, size, sizeof size))
        return false;
    bytes_clear(&v8->answer);
    to = bytes_extend(&v8->answer, le32_get(size));
    INVARIANT(to != NULL);
    return read_all(v8, to, v8->answer.size);
}

enum status v8_run(struct v8 *v8, struct diff_case *cases, size_t count, struct fault *fault)
{
    const uint8_t *from;

    if (v8->child == 0 && start(v8, fault) != ST_OK)
        return ST_IO;
    bytes_clear(&v8->pack);
    for (size_t i = 0; i < count; i++)
        put_case(&v8->pack, &cases[i]);
    INVARIANT(!v8->pack.failed);
    if (!exchange(v8)) {
        stop(v8);
        return fault_set(fault, ST_IO, "V8 died, or gave no answer for %d s", ANSWER_MS / 1000);
    }
    from = v8->answer.data;
    for (size_t i = 0; i < count; i++)
        from = get_case(from, &cases[i]);
    INVARIANT(from == v8->answer.data + v8->answer.size);
    return ST_OK;
}
