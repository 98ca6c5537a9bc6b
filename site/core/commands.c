/*
 * Which commands there are, and who may give each when.  What stands here holds for all of them; a
 * handler checks the rest.
 */
#include "site/core/commands.h"

#include <string.h>

#include "site/core/customers.h"
#include "site/core/disk.h"
#include "site/core/state.h"

enum {
    OPERATOR_ONLY = 1, /* customers may not give it */
    FREE = 2,          /* nobody is charged for it: customers give it at a rate */
    WHILE_RESTING = 4, /* customers may give it while the site rests for its disk, or they do */
    NOT_WHEN_FULL = 8, /* nobody may give it while the disk is full */
};

/* The names are those of the table in docs/control.md, "Commands". */
static const struct command {
    const char *name;
    unsigned traits; /* of the above */
    void (*run)(struct core *core, struct customer *by, struct cbor *in, struct outcome *outcome);
} commands[] = {
    {"site.drain", OPERATOR_ONLY, command_site_drain},
    {"money.in", OPERATOR_ONLY, command_money_in},
    {"money.out", OPERATOR_ONLY, command_money_out},
    {"customer.add", OPERATOR_ONLY, command_customer_add},
    {"customer.share", OPERATOR_ONLY, command_customer_share},
    {"customer.quota", OPERATOR_ONLY, command_customer_quota},
    {"customer.suspend", OPERATOR_ONLY, command_customer_suspend},
    {"customer.resume", OPERATOR_ONLY, command_customer_resume},
    {"customer.claim", FREE | WHILE_RESTING, command_customer_claim},
    {"agent.deploy", NOT_WHEN_FULL, command_agent_deploy},
    {"agent.fund", FREE | WHILE_RESTING, command_agent_fund},
    {"agent.send", 0, command_agent_send},
    {"agent.call", 0, command_agent_call},
    {"agent.upgrade", NOT_WHEN_FULL, command_agent_upgrade},
    {"agent.rename", FREE, command_agent_rename},
    {"agent.freeze", FREE | WHILE_RESTING, command_agent_freeze},
    {"agent.thaw", FREE, command_agent_thaw},
    {"agent.stop", FREE | WHILE_RESTING, command_agent_stop},
    {"agent.end", FREE | WHILE_RESTING, command_agent_end},
    {"agent.withdraw", FREE | WHILE_RESTING, command_agent_withdraw},
    {"call.take", 0, command_call_take}, /* the call was paid for, and is taken once */
    {"call.drop", 0, command_call_drop},
    {"cap.drop", 0, command_cap_drop},
    {"cap.name", FREE, command_cap_name},
    {"link.add", OPERATOR_ONLY, command_link_add},
    {"link.join", OPERATOR_ONLY, command_link_add}, /* the joining end of an invitation */
    {"link.invite", OPERATOR_ONLY, command_link_invite},
    {"link.revoke", OPERATOR_ONLY, command_link_revoke},
    {"link.set", OPERATOR_ONLY, command_link_set},
    {"link.mark", OPERATOR_ONLY, command_link_mark},
    {"link.unmark", OPERATOR_ONLY, command_link_unmark},
    {"link.freeze", OPERATOR_ONLY, command_link_freeze},
    {"link.resume", OPERATOR_ONLY, command_link_resume},
    {"link.remove", OPERATOR_ONLY, command_link_remove},
    {"link.ack", OPERATOR_ONLY, command_link_ack},
    {"link.accept-loss", OPERATOR_ONLY, command_link_accept_loss},
    {"link.terms", OPERATOR_ONLY, command_link_terms},
    {"link.settle", OPERATOR_ONLY, command_link_settle},
    {"link.settled", OPERATOR_ONLY, command_link_settled},
    {"ledger.archive", OPERATOR_ONLY, command_ledger_archive},
};

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* The operator may do almost anything on a full disk: somebody has to make room. */
static bool command_disk_allows(const struct core *core, const struct command *command,
                                bool by_operator, struct outcome *outcome)
{
    bool rests = core_disk_rests(core) && !by_operator && (command->traits & WHILE_RESTING) == 0;

    if (!rests && !(core_disk_is_full(core) && (command->traits & NOT_WHEN_FULL) != 0))
        return true;
    outcome_set(outcome, CONTROL_TRY_AGAIN,
                "the site's disk is nearly full, so %s is not done now; its operator makes room "
                "(serai site status has how much is left), then give it again",
                command->name);
    return false;
}

/* Whether `by` may give one more command that is not charged for (FREE_COMMANDS_MAX). */
static bool command_is_free_for(const struct core *core, struct customer *by,
                                struct outcome *outcome)
{
    static const struct allowance_rule rule = {FREE_COMMANDS_MAX, FREE_COMMANDS_PER_S};
    unsigned long long wait_s = allowance_wait_s(&by->free_commands, &rule, core->site_time_us);

    if (wait_s == 0)
        return true;
    outcome_set(outcome, CONTROL_TRY_AGAIN,
                "customer %s has given many commands that cost nothing, and has to wait: try again "
                "in %llu s",
                by->name, wait_s);
    return false;
}

/* Whether `by`, who may give the command at all, may give it now; false: the outcome says why not.
 */
static bool command_is_open(const struct core *core, const struct command *command,
                            const struct customer *by, struct outcome *outcome)
{
    if (by->suspended && (command->traits & WHILE_RESTING) == 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s is suspended by the site's operator: until that is over it may "
                    "fund, freeze, stop and end its agents and take money back from them",
                    by->name);
        return false;
    }
    return command_disk_allows(core, command, core_is_operator(core, by), outcome);
}

bool core_command_is_open(const struct core *core, const struct customer *by, const char *name,
                          struct outcome *outcome)
{
    const struct command *command = command_find(name);

    INVARIANT(command != NULL);
    return command_is_open(core, command, by, outcome);
}

void core_command(struct core *core, struct customer *by, const struct control_request *request,
                  struct outcome *outcome)
{
    const struct command *command = command_find(request->command);
    const bool by_operator = core_is_operator(core, by);
    struct cbor in;
    bool counts;

    if (command == NULL) {
        outcome_set(outcome, CONTROL_BAD_REQUEST, "there is no command %s", request->command);
        return;
    }
    if ((command->traits & OPERATOR_ONLY) != 0 && !by_operator) {
        outcome_set(outcome, CONTROL_DENIED, "%s is the operator's: sign with the operator's key",
                    command->name);
        return;
    }
    if (!command_is_open(core, command, by, outcome))
        return;
    counts = (command->traits & FREE) != 0 && !by_operator;
    if (counts && !command_is_free_for(core, by, outcome))
        return;

    cbor_init(&in, request->args, request->args_size);
    command->run(core, by, &in, outcome);
    /* A refusal leaves no record in the journal, so only what was done uses the allowance up. */
    if (counts && outcome->status == CONTROL_DONE)
        allowance_use(&by->free_commands, 1);
}
