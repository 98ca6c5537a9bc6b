#include "site/cli/turn_wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/follow.h"
#include "site/cli/read.h"
#include "site/cli/render.h"

enum { TURN_S = 5, TURN_S_MAX = 7 * 24 * 3600, LOOK_US_FIRST = 2000, LOOK_US_MAX = 200000 };

static bool turn_is(const struct cli_answer *answer, const char *key, const char *value)
{
    char text[RENDER_TEXT_BYTES];

    return render_text(answer->reply.result, answer->reply.result_size, key, text) &&
           strcmp(text, value) == 0;
}

/* Look once; the caller ends *answer. */
static int turn_look(struct cli *cli, const struct turn_wait *wait, struct cli_answer *answer)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, wait->agent);
    cbor_put_uint(&args, wait->message);
    return cli_read(cli, "turn", &args, answer);
}

/* A frozen agent takes no turn until somebody acts, so waiting on is for nothing. */
static bool turn_may_come(const struct cli_answer *answer)
{
    return turn_is(answer, "state", "waiting") && turn_is(answer, "agent_state", "running");
}

/* Look until it is over; the caller ends *answer, which is the last one. */
static int turn_watch(struct cli *cli, const struct turn_wait *wait, uint64_t seconds,
                      struct cli_answer *answer)
{
    struct follow follow;
    int code = turn_look(cli, wait, answer);

    follow_begin(&follow, seconds, LOOK_US_FIRST, LOOK_US_MAX);
    while (code == EXIT_OK && turn_may_come(answer) && follow_pause(&follow)) {
        cli_answer_fini(answer);
        code = turn_look(cli, wait, answer);
    }
    return code;
}

/* Say what went wrong, or what is still to come. */
static int turn_judge(const struct turn_wait *wait, const struct cli_answer *answer)
{
    const struct control_reply *reply = &answer->reply;
    char why[RENDER_TEXT_BYTES];
    char reason[RENDER_TEXT_BYTES];

    (void)!render_text(reply->result, reply->result_size, "why", why); /* missing: empty */
    (void)!render_text(reply->result, reply->result_size, "reason", reason);
    if (turn_is(answer, "state", "undone"))
        return cli_fail(EXIT_UNDONE, "%s: %s", wait->what, why);
    if (turn_is(answer, "state", "returned") || turn_is(answer, "state", "gone"))
        return cli_fail(EXIT_UNDONE,
                        "%s, and no turn came of it: the message went back, or its "
                        "agent has ended",
                        wait->what);
    if (turn_is(answer, "state", "waiting"))
        return cli_fail(EXIT_OK, "%s, and message %" PRIu64 " waits for its turn%s%s", wait->what,
                        wait->message, reason[0] == '\0' ? "" : ": the agent is frozen, ", reason);
    return EXIT_OK;
}

int turn_wait(struct cli *cli, const struct turn_wait *wait)
{
    struct cli_answer answer;
    uint64_t seconds = TURN_S;
    int code = EXIT_OK;

    if (cli->args.given[OPT_WAIT_TURN])
        code = cli_number(cli->args.values[OPT_WAIT_TURN], "--timeout", &seconds);
    if (code == EXIT_OK && seconds > TURN_S_MAX)
        code = cli_fail(EXIT_USAGE, "--timeout: at most %d seconds", TURN_S_MAX);
    /* In the books of a site at rest no agent runs. */
    if (code != EXIT_OK || (seconds == 0 && !wait->prints) || cli->args.given[OPT_OFFLINE])
        return code;
    code = turn_watch(cli, wait, seconds, &answer);
    if (code == EXIT_OK && wait->prints && cli->args.given[OPT_JSON])
        cli_print_result(cli, &answer);
    if (code == EXIT_OK)
        code = turn_judge(wait, &answer);
    else
        (void)cli_fail(EXIT_OK, "%s; what became of its turn is not known by that", wait->what);
    cli_answer_fini(&answer);
    return code;
}
