/* The functions of the commands; the table of commands (commands.c) names them. */
#ifndef SERAI_SITE_CLI_COMMANDS_H
#define SERAI_SITE_CLI_COMMANDS_H

#include <stdbool.h>

struct bytes;
struct cli;

/*
 * Each cmd_*() is the function of its row in the table.  It reads cli->args, does its work, prints
 * the result or what went wrong, and returns the exit code.
 */
int cmd_site_init(struct cli *cli);
int cmd_site_run(struct cli *cli);
int cmd_site_status(struct cli *cli);
int cmd_top_show(struct cli *cli);
int cmd_doctor_run(struct cli *cli);
int cmd_host_ls(struct cli *cli);
int cmd_support_bundle(struct cli *cli);
int cmd_site_reload(struct cli *cli);
int cmd_site_drain(struct cli *cli);
int cmd_site_key(struct cli *cli);
int cmd_site_backup(struct cli *cli);
int cmd_site_restore(struct cli *cli);
int cmd_link_add(struct cli *cli);
int cmd_link_invite(struct cli *cli);
int cmd_link_invites(struct cli *cli);
int cmd_link_revoke(struct cli *cli);
int cmd_link_join(struct cli *cli);
int cmd_link_ls(struct cli *cli);
int cmd_link_show(struct cli *cli);
int cmd_link_mark(struct cli *cli);
int cmd_link_unmark(struct cli *cli);
int cmd_link_freeze(struct cli *cli);
int cmd_link_resume(struct cli *cli);
int cmd_link_remove(struct cli *cli);
int cmd_link_set(struct cli *cli);
int cmd_link_ack(struct cli *cli);
int cmd_link_accept_loss(struct cli *cli);
int cmd_link_settle(struct cli *cli);
int cmd_link_settled(struct cli *cli);
int cmd_link_settlements(struct cli *cli);

/* Append the bytes of a module that is in a file.  Prints why it cannot and returns the exit code.
 */
int cli_append_module(struct bytes *args, const char *path);

/* Whether `link set` is given terms of settling, and giving them to the site. */
bool cli_has_terms(const struct cli *cli);
int cli_set_terms(struct cli *cli);
int cmd_money_in(struct cli *cli);
int cmd_money_out(struct cli *cli);
int cmd_customer_add(struct cli *cli);
int cmd_customer_share(struct cli *cli);
int cmd_customer_show(struct cli *cli);
int cmd_customer_quota(struct cli *cli);
int cmd_customer_suspend(struct cli *cli);
int cmd_customer_resume(struct cli *cli);
int cmd_customer_evict(struct cli *cli);
int cmd_customer_claim(struct cli *cli);
int cmd_customer_ls(struct cli *cli);
int cmd_agent_deploy(struct cli *cli);
int cmd_agent_ls(struct cli *cli);
int cmd_agent_show(struct cli *cli);
int cmd_agent_fund(struct cli *cli);
int cmd_agent_rename(struct cli *cli);
int cmd_agent_send(struct cli *cli);
int cmd_agent_statement(struct cli *cli);
int cmd_events_show(struct cli *cli);
int cmd_agent_call(struct cli *cli);
int cmd_agent_upgrade(struct cli *cli);
int cmd_agent_logs(struct cli *cli);
int cmd_agent_test(struct cli *cli);
int cmd_agent_freeze(struct cli *cli);
int cmd_agent_thaw(struct cli *cli);
int cmd_agent_end(struct cli *cli);
int cmd_agent_withdraw(struct cli *cli);
int cmd_agent_stop(struct cli *cli);
int cmd_call_ls(struct cli *cli);
int cmd_call_drop(struct cli *cli);
int cmd_cap_ls(struct cli *cli);
int cmd_cap_name(struct cli *cli);
int cmd_cap_drop(struct cli *cli);
int cmd_heap_ls(struct cli *cli);
int cmd_code_ls(struct cli *cli);
int cmd_price_ls(struct cli *cli);
int cmd_price_show(struct cli *cli);
int cmd_price_show_kept(struct cli *cli); /* --id */
int cmd_revenue_show(struct cli *cli);
int cmd_ledger_accounts(struct cli *cli);
int cmd_ledger_transfers(struct cli *cli);
int cmd_ledger_export(struct cli *cli);
int cmd_ledger_archive(struct cli *cli);
int cmd_code_check(struct cli *cli);
int cmd_code_run(struct cli *cli);
int cmd_code_where(struct cli *cli);
int cmd_code_disasm(struct cli *cli);
int cmd_audit_verify(struct cli *cli);
int cmd_audit_network(struct cli *cli);
int cmd_audit_reconcile(struct cli *cli);

#endif
