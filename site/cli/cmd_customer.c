/* serai customer show | quota | suspend | resume | evict */
#include <inttypes.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

/* ---- show ---- */

/* The agents of one customer, while the list of all is read. */
struct holdings {
    uint64_t customer;
    u128 money; /* that they have together */
    struct table_text *table;
};

static bool holdings_add(void *context, const uint8_t *item, size_t size)
{
    static const char *const keys[] = {"id", "name", "state", "balance", "memory_bytes", "reason"};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct holdings *holdings = context;
    char texts[KEYS][RENDER_TEXT_BYTES];
    const char *cells[KEYS];
    uint64_t customer;

    if (!render_number(item, size, "customer", &customer) || customer != holdings->customer)
        return true;
    for (size_t i = 0; i < KEYS; i++) {
        (void)!render_text(item, size, keys[i], texts[i]); /* missing: empty */
        cells[i] = texts[i];
    }
    table_text_row(holdings->table, cells);
    holdings->money += render_total_or_0(item, size, "balance");
    return true;
}

static int holdings_print(struct cli *cli, uint64_t customer)
{
    static const char *const headers[] = {"AGENT", "NAME", "STATE", "BALANCE", "BYTES", "REASON"};
    const struct cli_list list = {.command = "agents", .cursor_key = "id", .limit = UINT64_MAX};
    struct holdings holdings = {
        .customer = customer, .table = table_text_new(headers, sizeof headers / sizeof headers[0])};
    char text[64];
    int code = cli_list_each(cli, &list, holdings_add, &holdings);

    putchar('\n');
    table_text_print(holdings.table, stdout);
    printf("agents have      %s %s\n", render_total(text, holdings.money), cli->currency);
    return code;
}

static void quota_add(void *context, const uint8_t *item, size_t size)
{
    char key[RENDER_TEXT_BYTES];
    char used[RENDER_TEXT_BYTES];
    char max[RENDER_TEXT_BYTES];

    (void)!render_text(item, size, "key", key); /* missing: empty, as below */
    (void)!render_text(item, size, "used", used);
    (void)!render_text(item, size, "max", max);
    table_text_row(
        context, (const char *const[]){key, used, strcmp(max, "0") == 0 ? "none" : max,
                                       render_true(item, size, "own") ? "its own" : "price book"});
}

/* What the customer is, and its bounds; the words are those of `customer ls`. */
static void customer_print(const struct cli *cli, const struct control_reply *reply)
{
    static const char *const headers[] = {"BOUND", "USED", "MOST", "BY"};
    static const char *const keys[] = {"customer", "name", "state", "share", "agents", "key"};
    struct table_text *table = table_text_new(headers, sizeof headers / sizeof headers[0]);
    char text[RENDER_TEXT_BYTES];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (render_text(reply->result, reply->result_size, keys[i], text))
            render_field(stdout, keys[i], text);
    if (render_text(reply->result, reply->result_size, "balance", text))
        printf("balance          %s %s\n", text, cli->currency);
    render_each(reply->result, reply->result_size, quota_add, table);
    putchar('\n');
    table_text_print(table, stdout);
}

static void customer_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    (void)context;
    if (!cli->args.given[OPT_JSON]) {
        customer_print(cli, reply);
        return;
    }
    render_json(stdout, reply->result, reply->result_size);
    putchar('\n');
}

/* The customer as the site has it.  cli_answer_fini() in any case. */
static int customer_read(struct cli *cli, uint64_t customer, struct cli_answer *answer)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, customer);
    return cli_read(cli, "customer", &args, answer);
}

int cmd_customer_show(struct cli *cli)
{
    struct cli_answer answer;
    uint64_t customer = 0;
    int code = cli_customer(cli, cli->args.operands[0], &customer);

    if (code != EXIT_OK)
        return code;
    code = customer_read(cli, customer, &answer);
    if (code == EXIT_OK)
        customer_show(cli, &answer.reply, NULL);
    cli_answer_fini(&answer);
    return code == EXIT_OK && !cli->args.given[OPT_JSON] ? holdings_print(cli, customer) : code;
}

/* ---- bounds ---- */

/* Append KEY=BOUND as [key, bound]; the site knows the keys and what a bound may be. */
static int quota_put(struct bytes *args, const char *word)
{
    const char *value = strchr(word, '=');
    char key[CONTROL_NAME_BYTES_MAX + 1];

    if (value == NULL || value == word || (size_t)(value - word) >= sizeof key ||
        strlen(value + 1) > CONTROL_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE,
                        "\"%.60s\" is no KEY=BOUND, such as agents_max=10 or "
                        "memory_bytes_max=64MiB",
                        word);
    (void)snprintf(key, sizeof key, "%.*s", (int)(value - word), word);
    cbor_put_array(args, 2);
    cbor_put_text(args, key);
    cbor_put_text(args, value + 1);
    return EXIT_OK;
}

int cmd_customer_quota(struct cli *cli)
{
    struct bytes bounds = {0};
    struct bytes args = {0};
    uint64_t customer = 0;
    int code = EXIT_OK;

    if (cli_is_kept(&cli->args))
        return cli_kept_show(cli, customer_show, NULL);
    cbor_put_array(&bounds, cli->args.operand_count - 1);
    for (size_t i = 1; i < cli->args.operand_count && code == EXIT_OK; i++)
        code = quota_put(&bounds, cli->args.operands[i]);
    if (code == EXIT_OK)
        code = cli_customer(cli, cli->args.operands[0], &customer);
    if (code == EXIT_OK) {
        cbor_put_array(&args, 2);
        cbor_put_uint(&args, customer);
        bytes_append(&args, bounds.data, bounds.size);
    }
    bytes_fini(&bounds);
    return code == EXIT_OK ? cli_signed_show(cli, "customer.quota", &args, customer_show, NULL)
                           : code;
}

/* ---- suspending ---- */

static int customer_change_state(struct cli *cli, const char *command)
{
    struct bytes args = {0};
    uint64_t customer = 0;
    int code;

    if (cli_is_kept(&cli->args))
        return cli_kept_show(cli, customer_show, NULL);
    code = cli_customer(cli, cli->args.operands[0], &customer);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, customer);
    return cli_signed_show(cli, command, &args, customer_show, NULL);
}

int cmd_customer_suspend(struct cli *cli)
{
    return customer_change_state(cli, "customer.suspend");
}

int cmd_customer_resume(struct cli *cli)
{
    return customer_change_state(cli, "customer.resume");
}

/* ---- eviction ---- */

/* The agents of a customer that are to be ended, and what came of that. */
struct eviction {
    uint64_t customer;
    struct bytes agents; /* uint64_t each */
    uint64_t ended;
    u128 came_back;
    struct table_text *table;
};

/* A desk has nothing and goes with nobody's money: it is left. */
static bool eviction_add(void *context, const uint8_t *item, size_t size)
{
    struct eviction *eviction = context;
    char state[RENDER_TEXT_BYTES];
    uint64_t customer;
    uint64_t agent;

    if (render_number(item, size, "customer", &customer) && customer == eviction->customer &&
        render_number(item, size, "id", &agent) && render_text(item, size, "state", state) &&
        strcmp(state, "desk") != 0)
        bytes_append(&eviction->agents, &agent, sizeof agent);
    return true;
}

static void eviction_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    static const char *const keys[] = {"agent", "name", "came_back"};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct eviction *eviction = context;
    char texts[KEYS][RENDER_TEXT_BYTES];
    const char *cells[KEYS];

    (void)cli;
    for (size_t i = 0; i < KEYS; i++) {
        (void)!render_text(reply->result, reply->result_size, keys[i], texts[i]); /* or empty */
        cells[i] = texts[i];
    }
    table_text_row(eviction->table, cells);
    eviction->ended++;
    eviction->came_back += render_total_or_0(reply->result, reply->result_size, "came_back");
}

/* Only of one whose agents stand: none is born while others are ended. */
static int eviction_check(struct cli *cli, uint64_t customer)
{
    struct cli_answer answer;
    char state[RENDER_TEXT_BYTES] = "";
    int code = customer_read(cli, customer, &answer);

    if (code == EXIT_OK)
        (void)!render_text(answer.reply.result, answer.reply.result_size, "state", state);
    cli_answer_fini(&answer);
    if (code == EXIT_OK && strcmp(state, "suspended") != 0)
        return cli_fail(EXIT_REFUSED,
                        "nothing was done: `serai customer suspend %s` comes first, "
                        "or its agents would go on while they are ended",
                        cli->args.operands[0]);
    return code;
}

static int eviction_run(struct cli *cli, struct eviction *eviction)
{
    int code = EXIT_OK;

    for (size_t at = 0; at < eviction->agents.size && code == EXIT_OK; at += sizeof(uint64_t)) {
        struct bytes args = {0};
        uint64_t agent;

        memcpy(&agent, eviction->agents.data + at, sizeof agent);
        cbor_put_array(&args, 1);
        cbor_put_uint(&args, agent);
        code = cli_signed_show(cli, "agent.end", &args, eviction_show, eviction);
    }
    return code;
}

/* The closing statement: what each agent left, and what the customer has now. */
static int eviction_print(struct cli *cli, struct eviction *eviction)
{
    char came_back[64];
    char balance[64];
    struct cli_answer answer;
    int code = customer_read(cli, eviction->customer, &answer);

    if (code == EXIT_OK)
        (void)render_total(
            balance, render_total_or_0(answer.reply.result, answer.reply.result_size, "balance"));
    cli_answer_fini(&answer);
    if (code != EXIT_OK)
        return code;
    (void)render_total(came_back, eviction->came_back);
    if (cli->args.given[OPT_JSON]) {
        printf("{\"customer\":%" PRIu64 ",\"ended\":%" PRIu64
               ",\"came_back\":\"%s\",\"balance\":\"%s\"}\n",
               eviction->customer, eviction->ended, came_back, balance);
        return EXIT_OK;
    }
    table_text_print(eviction->table, stdout);
    eviction->table = NULL;
    printf("\nended            %" PRIu64 "\ncame back        %s %s\nbalance          %s %s\n",
           eviction->ended, came_back, cli->currency, balance, cli->currency);
    printf("next             serai money out %s --customer %" PRIu64 "\n", balance,
           eviction->customer);
    return EXIT_OK;
}

int cmd_customer_evict(struct cli *cli)
{
    static const char *const headers[] = {"AGENT", "NAME", "CAME BACK"};
    const struct cli_list list = {.command = "agents", .cursor_key = "id", .limit = UINT64_MAX};
    struct eviction eviction = {.table =
                                    table_text_new(headers, sizeof headers / sizeof headers[0])};
    int code = cli_customer(cli, cli->args.operands[0], &eviction.customer);

    cli->asks_on = true;
    if (code == EXIT_OK)
        code = eviction_check(cli, eviction.customer);
    if (code == EXIT_OK)
        code = cli_list_each(cli, &list, eviction_add, &eviction);
    if (code == EXIT_OK && eviction.agents.failed)
        code = cli_fail(EXIT_INTERNAL, "no memory for its agents");
    if (code == EXIT_OK && !cli->args.given[OPT_YES])
        code = cli_fail(EXIT_REFUSED, "nothing was done: --yes ends its %zu agents for good",
                        eviction.agents.size / sizeof(uint64_t));
    if (code == EXIT_OK)
        code = eviction_run(cli, &eviction);
    if (code == EXIT_OK)
        code = eviction_print(cli, &eviction);
    bytes_fini(&eviction.agents);
    table_text_free(eviction.table);
    return code;
}
