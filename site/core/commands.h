/*
 * Signed requests: what the operator and the customers may change.  docs/control.md lists them, in
 * the same words as the table in commands.c.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_COMMANDS_H
#define SERAI_SITE_CORE_COMMANDS_H

#include "site/core/outcome.h"

struct agent;
struct core;
struct customer;
struct link;

/*
 * Carry out a signed request that is fresh, for the customer who signed it, as part of the running
 * event; fills in `outcome`.
 */
void core_command(struct core *core, struct customer *by, const struct control_request *request,
                  struct outcome *outcome);

/*
 * Whether `by`, who may give the command of this name (INVARIANT: there is one) at all, may give it
 * now; false: the outcome says why not.
 */
bool core_command_is_open(const struct core *core, const struct customer *by, const char *name,
                          struct outcome *outcome);

/*
 * The handlers of the table: command_*() carry out the command of that name.  `by` may give it,
 * `in` is at its arguments, and `outcome` is filled in.  What is refused has changed nothing.
 */

/* customer_commands.c: command_*() that only the operator gives */
void command_money_in(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void command_money_out(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);
void command_customer_add(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome);
void command_customer_share(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome);
void command_customer_quota(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome);
void command_customer_suspend(struct core *core, struct customer *by, struct cbor *in,
                              struct outcome *outcome);
void command_customer_resume(struct core *core, struct customer *by, struct cbor *in,
                             struct outcome *outcome);

/* The customer of an argument, 0 being the operator.  NULL: the outcome says that there is none. */
struct customer *core_customer_argument(struct core *core, uint64_t account,
                                        struct outcome *outcome);

/* claims.c: command_customer_claim() */
void command_customer_claim(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome);

/* deploy.c: command_agent_deploy() */
void command_agent_deploy(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome);

/* agent_commands.c: command_*() on agents that are there */
void command_agent_fund(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_agent_send(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_agent_rename(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome);
void command_agent_freeze(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome);
void command_agent_thaw(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_agent_end(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);
void command_agent_stop(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_agent_withdraw(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome);

/* call_commands.c, call_taking.c: command_*() by which customers ask, and keep what comes back */
void command_agent_call(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_agent_upgrade(struct core *core, struct customer *by, struct cbor *in,
                           struct outcome *outcome);
void command_call_take(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);
void command_call_drop(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);
void command_cap_drop(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void command_cap_name(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);

/* drain.c: command_site_drain(), which only the operator gives */
void command_site_drain(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);

/* joining.c: command_*() that only the operator gives */
void command_link_invite(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_revoke(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);

/* link_commands.c: command_*() that only the operator gives */
void command_link_add(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);
void command_link_mark(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome);
void command_link_unmark(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_freeze(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_resume(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_remove(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_ack(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);

/* link_setting.c: command_link_set() */
void command_link_set(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome);

/* link_loss.c */
void command_link_accept_loss(struct core *core, struct customer *by, struct cbor *in,
                              struct outcome *outcome);

/* settlements.c: command_*() that only the operator gives */
void command_link_terms(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome);
void command_link_settle(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome);
void command_link_settled(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome);

/* dropping.c: command_ledger_archive(), which only the operator gives */
void command_ledger_archive(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome);

/*
 * The agent of this number, which `by`, or the operator too, may rule over, and which takes turns.
 * NULL: the outcome says why not.
 */
struct agent *core_agent_argument(struct core *core, const struct customer *by, uint64_t id,
                                  bool operator_too, struct outcome *outcome);

/*
 * Whether no agent of the customer is called so but this one (0: none at all); false: the outcome
 * says which is.
 */
bool core_name_is_free(const struct core *core, uint64_t customer, const char *name, uint64_t agent,
                       struct outcome *outcome);

/* Whether the customer has not had too much code checked in vain; false: the outcome says so. */
bool core_may_check_code(const struct core *core, struct customer *by, struct outcome *outcome);

/* Say why a module was not taken in. */
void core_refuse_module(const struct fault *fault, struct outcome *outcome);

/* Whether this much more may be brought in; false: the outcome says why not. */
bool core_money_fits_site(const struct core *core, struct money amount, struct outcome *outcome);

#endif
