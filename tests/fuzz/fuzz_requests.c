/*
 * Clients whose requests are signed and whole, with wild contents: any command with any values as
 * arguments, by the operator or a customer, and reads by nobody.  Values are mostly what could be
 * meant: keys, names and numbers of this site, a module.  The script is the fuzzer's.  After each
 * frame every sum holds.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/script.h"
#include "tests/fuzz/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, ITEMS_MAX = 8, DEEP_MAX = 3, STEP_US = 100000, TEXT_BYTES_MAX = 32 };

static struct fuzz_site site;
static struct script script;

static const char *const commands[] = {
    "agent.deploy", "agent.fund",     "agent.send",     "agent.freeze", "agent.thaw",
    "agent.end",    "agent.withdraw", "agent.stop",     "customer.add", "customer.rename",
    "money.in",     "money.out",      "link.add",       "link.set",     "link.freeze",
    "link.resume",  "link.remove",    "link.mark",      "link.unmark",  "customer.key",
    "none.such",    "agent.call",     "call.take",      "call.drop",    "cap.name",
    "cap.drop",     "agent.upgrade",  "ledger.archive", "agent.rename",
};
static const char *const reads[] = {
    "site",      "status", "reload",   "prices",  "agents", "agent",  "logs",
    "customers", "heap",   "accounts", "codes",   "links",  "link",   "none",
    "call",      "calls",  "caps",     "figures", "deploy", "events", "turn",
};

enum { COMMANDS = sizeof commands / sizeof *commands, READS = sizeof reads / sizeof *reads };

/* ---- values ---- */

static void put_number(struct bytes *out)
{
    switch (script_below(&script, 5)) {
    case 4: /* messages, and so calls */
        cbor_put_uint(out, script_u8(&script));
        break;
    case 0: /* accounts of this site, its agents among them */
        cbor_put_uint(out, ACCOUNT_FIRST_FREE + script_below(&script, 8));
        break;
    case 1:
        cbor_put_uint(out, script_u8(&script) * UINT64_C(1000000));
        break;
    default:
        cbor_put_uint(out, script_u64(&script));
        break;
    }
}

static void put_text(struct bytes *out)
{
    static const char *const likely[] = {FUZZ_LINK, "one",   "",    "operator", "tcp://127.0.0.1:1",
                                         "now",     "chaos", "two", "cap",      "cap-2"};
    char text[TEXT_BYTES_MAX + 1];
    size_t size = script_u8(&script) % TEXT_BYTES_MAX;
    const uint8_t *bytes;

    if (script_below(&script, 4) != 3) {
        cbor_put_text(out, likely[script_below(&script, sizeof likely / sizeof *likely)]);
        return;
    }
    bytes = script_bytes(&script, &size);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)(bytes[i] % 127 + 1);
    text[size] = '\0';
    cbor_put_text(out, text);
}

static void put_bytes(struct bytes *out)
{
    size_t size = script_u8(&script);
    const uint8_t *bytes;

    switch (script_below(&script, 5)) {
    case 0:
        cbor_put_bytes(out, fuzz_neighbour_keys[FUZZ_PEER], CONTROL_KEY_BYTES);
        break;
    case 1:
        cbor_put_bytes(out, fuzz_keys[script_below(&script, FUZZ_PEOPLE)], CONTROL_KEY_BYTES);
        break;
    case 2:
        cbor_put_bytes(out, fuzz_chaos, fuzz_chaos_size);
        break;
    default:
        bytes = script_bytes(&script, &size);
        cbor_put_bytes(out, bytes, size);
        break;
    }
}

static void put_value(struct bytes *out, int deep)
{
    uint64_t kind = script_below(&script, deep < DEEP_MAX ? 7 : 5);
    uint64_t count = kind < 5 ? 0 : script_below(&script, ITEMS_MAX);

    switch (kind) {
    case 0:
    case 1:
        put_number(out);
        break;
    case 2:
        put_text(out);
        break;
    case 3:
        put_bytes(out);
        break;
    case 4:
        cbor_put_null(out);
        break;
    default:
        cbor_put_array(out, count);
        for (uint64_t i = 0; i < count; i++)
            put_value(out, deep + 1);
        break;
    }
}

/* A letter a value: n number, t text, b bytes, o bool; a, m, s array of numbers, of bytes, of
 * texts. */
static void put_like(struct bytes *out, const char *letters)
{
    cbor_put_array(out, strlen(letters));
    for (const char *at = letters; *at != '\0'; at++) {
        uint64_t count = strchr("ams", *at) != NULL ? script_below(&script, 4) : 0;

        if (*at == 'n')
            put_number(out);
        else if (*at == 't')
            put_text(out);
        else if (*at == 'o')
            cbor_put_bool(out, script_chance(&script, 2));
        else if (*at == 'b')
            put_bytes(out);
        else
            cbor_put_array(out, count);
        for (uint64_t i = 0; i < count; i++) {
            if (*at == 'a')
                cbor_put_uint(out, script_below(&script, SERAI_KINDS));
            else if (*at == 's')
                put_text(out);
            else
                put_bytes(out);
        }
    }
}

static void put_args(struct bytes *out)
{
    static const char *const shapes[] = {"",   "n",     "nn",   "nbn",    "t",   "tb",
                                         "tn", "tbtn",  "tt",   "tbbnam", "b",   "nb",
                                         "nt", "tbbna", "nbsn", "tbsn",   "nnn", "nbo"};

    if (script_chance(&script, 8))
        put_value(out, 0);
    else
        put_like(out, shapes[script_below(&script, sizeof shapes / sizeof *shapes)]);
}

/* ---- asking ---- */

static void read_something(void)
{
    const char *what = reads[script_below(&script, READS)];
    uint64_t by = script_below(&script, FUZZ_PEOPLE + 1);
    struct bytes args = {0};
    struct bytes bytes = {0};

    put_args(&args);
    if (by == FUZZ_PEOPLE) {
        control_read(&bytes, what, &args);
    } else {
        struct control_signer signer = {fuzz_site_key, fuzz_keys[by], fuzz_secrets[by]};

        control_read_signed(&bytes, &signer, site.core->site_time_us, what, &args);
    }
    core_request(site.core, 2, CORE_PEER_UNKNOWN, bytes.data, bytes.size);
    bytes_fini(&args);
    bytes_fini(&bytes);
}

static void raw_bytes(void)
{
    size_t size = script_u8(&script);
    const uint8_t *bytes = script_bytes(&script, &size);

    core_request(site.core, 3, CORE_PEER_UNKNOWN, bytes, size);
}

static void step(void)
{
    uint64_t what = script_below(&script, 16);
    struct bytes args = {0};

    if (what == 0 && script_chance(&script, 4)) { /* a start is dear */
        fuzz_site_crash(&site);
    } else if (what == 1) {
        raw_bytes();
    } else if (what < 5) {
        read_something();
    } else {
        const char *command = commands[script_below(&script, COMMANDS)];

        put_args(&args);
        fuzz_site_ask(&site, (int)script_below(&script, FUZZ_PEOPLE), command, &args);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    script = (struct script){data, size};
    fuzz_site_open(&site);
    for (int i = 0; i < STEPS_MAX && script.left > 0; i++) {
        for (uint64_t together = 1 + script_below(&script, 4); together > 0; together--)
            step();
        fuzz_site_pass(&site, script_u8(&script) * (uint64_t)STEP_US,
                       1 + (uint32_t)script_below(&script, 8));
    }
    fuzz_site_close(&site);
    return 0;
}
