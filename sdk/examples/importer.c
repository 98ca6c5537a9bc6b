/*
 * Importer: runs a library that it does not trust as a child that reaches nothing but this agent,
 * with a budget, and recalls it when it misbehaves.
 *
 * Deploy it with the library and a spawner: `--with library.wasm --give spawner`.
 *
 *   budget=0.01   what the library gets to spend
 */
#include <serai.h>

enum { ANSWERS = 1, KEEPER = 2 };

/* Neither buffers nor channels, heap, code or log; and what is left of the budget comes back. */
enum {
    CONFINED = SERAI_SPAWN_NO_BUFFERS | SERAI_SPAWN_NO_CHANNELS | SERAI_SPAWN_NO_HEAP |
               SERAI_SPAWN_NO_CODE | SERAI_SPAWN_NO_LOG | SERAI_SPAWN_LEASH | SERAI_SPAWN_ESTATE,
};

struct count {
    int64_t words;
    int64_t ways_out;
};

static int64_t budget;
static int32_t library; /* a facet of it; its leash is in the next slot */
static int32_t answers; /* own facets: where answers come, */
static int32_t keeper;  /* and news of the library */

static void ask(const char *text)
{
    int64_t postage = facet_postage(library);
    int64_t asked = facet_send(library, text, (int32_t)strlen(text), NULL, 0, 0, postage, answers);

    if (asked < 0)
        serai_log_values("importer: cannot ask, refusal %d", asked);
}

static void import_library(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];
    char args[256];
    int32_t size = (int32_t)event_read(args, sizeof args, 0);
    struct serai_event event;
    int64_t slot;

    (void)event_info(&event);
    budget = serai_arg_money("budget", args, size, 10000000);
    if (event.cap_count < 1 || code_kept(SERAI_SLOT_CODE, 0, id) < 0) {
        serai_log("importer: deploy me --with library.wasm --give spawner");
        return;
    }
    slot = spawn(event.caps[0], id, NULL, 0, NULL, 0, CONFINED, budget);
    if (slot < 0) {
        serai_log_values("importer: cannot spawn, refusal %d", slot);
        return;
    }
    library = (int32_t)slot;
    answers = (int32_t)self_facet(SERAI_SLOT_SELF, ANSWERS, 0);
    keeper = (int32_t)self_facet(SERAI_SLOT_SELF, KEEPER, 0);
    (void)leash_watch(library + 1, keeper);
    serai_log_values("importer: the library has a budget of %m", budget);
    ask("the quick brown fox jumps");
}

static void take_answer(void)
{
    struct count count = {0}; /* an answer may be of any size */

    (void)event_read(&count, sizeof count, 0);
    serai_log_values("library: %d words; it can reach %d things of the site", count.words,
                     count.ways_out);
    ask(""); /* it will refuse that */
}

/* FAILED: a code that the library chose comes with its reason, which is whatever it likes. */
static void take_failure(int32_t size)
{
    char reason[SERAI_REASON_BYTES_MAX];
    struct serai_event event;
    struct serai_text text;

    (void)event_info(&event);
    (void)event_read(reason, size, 0);
    serai_text_values(&text, "library: no answer, status %d", event.status);
    serai_text_add(&text, size > 0 ? ": " : "");
    serai_text_add_bytes(&text, reason, size);
    (void)serai_text_log(&text);
}

/* Everything back: its money, and its place on the site. */
static void recall(void)
{
    struct serai_leash info;

    (void)leash_info(library + 1, &info);
    serai_log_values("importer: recalled after %d turns, %d of them undone", (int64_t)info.turns,
                     (int64_t)info.traps);
    (void)leash_watch(library + 1, keeper);
    (void)leash_end(library + 1);
}

static void take_news(void)
{
    struct serai_event event;
    int32_t code = 0;

    (void)event_info(&event);
    (void)event_read(&code, sizeof code, 0);
    if (event.status == SERAI_LEASH_DIED) {
        serai_log(event.money > budget / 2 ? "keeper: it is dead, most of the budget is back"
                                           : "keeper: it is dead, the budget is used up");
        (void)cap_drop(library + 1);
        (void)cap_drop(library);
        return;
    }
    serai_log_values("keeper: news %d, code %d", event.status, code);
    /* A failure that it chose is its right.  Whatever else becomes of it is enough. */
    if (event.status != SERAI_LEASH_UNDONE || code < SERAI_FAIL_CODE_MIN) {
        recall();
        return;
    }
    (void)leash_watch(library + 1, keeper);
    ask("for ever"); /* and this is more than a turn may do */
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    switch (kind) {
    case SERAI_EVENT_BORN:
        import_library();
        break;
    case SERAI_EVENT_MESSAGE:
        take_answer();
        break;
    case SERAI_EVENT_FAILED:
        take_failure(size);
        break;
    case SERAI_EVENT_LEASH:
        take_news();
        break;
    default:
        break;
    }
}
