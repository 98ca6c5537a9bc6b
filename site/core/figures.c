#include "site/core/figures.h"

#include <assert.h>
#include <string.h>

#include "agents/agents.h"
#include "site/core/state.h"

#define HOUR_US (UINT64_C(3600) * 1000 * 1000)

static_assert((int)ACCOUNT_DEPOSIT_BURIAL < (int)ACCOUNT_LINKS, "own accounts lie before links'");

/* ---- accounts ---- */

/* What an account holds goes to `out` or `in`, as sums of totals: differences may be negative. */
struct figures_sums {
    u128 debits;
    u128 credits;
};

static void sums_add(struct figures_sums *sums, const struct account *account)
{
    if (account == NULL)
        return;
    sums->debits += account->debits;
    sums->credits += account->credits;
}

static void figures_own_accounts(const struct ledger *ledger, struct core_figures *figures,
                                 struct figures_sums *sums)
{
    for (uint64_t id = ACCOUNT_TREASURY; id < ACCOUNT_LINKS; id++) {
        const struct account *account = ledger_account(ledger, id);

        if (account == NULL)
            continue;
        INVARIANT(figures->account_count < FIGURES_ACCOUNTS_MAX);
        figures->accounts[figures->account_count++] =
            (struct core_account_figures){.id = id,
                                          .kind = (enum account_kind)account->kind,
                                          .debits = account->debits,
                                          .credits = account->credits};
        sums_add(sums, account);
    }
}

/*
 * All accounts sum to zero.  So what customers and agents hold is what all others lack, and nobody
 * has to add up a million balances for it.
 */
static u128 figures_liabilities(const struct core *core, struct figures_sums sums)
{
    for (uint32_t i = 1; i <= links_interfaces(core->links); i++) {
        sums_add(&sums, ledger_account(core->ledger, account_of_link(i, KIND_LINK_OUT)));
        sums_add(&sums, ledger_account(core->ledger, account_of_link(i, KIND_LINK_IN)));
        sums_add(&sums, ledger_account(core->ledger, account_of_link(i, KIND_LINK_SETTLING)));
    }
    return sums.debits - sums.credits;
}

/* ---- links ---- */

struct figures_linking {
    const struct core *core;
    struct core_figures *figures;
};

static void figures_link(void *context, struct link *link)
{
    const struct figures_linking *linking = context;
    const struct core *core = linking->core;
    struct core_link_figures *to;

    INVARIANT(linking->figures->link_count < LINKS_MAX);
    to = &linking->figures->links[linking->figures->link_count++];
    *to = (struct core_link_figures){
        .interface = link->interface,
        .state = link->state,
        .unchanged_us = core->site_time_us - link->since_us,
        .we_owe = link_we_owe(link),
        .peer_limit = money_nanos(link->peer_limit),
        .it_owes = link_it_owes(link),
        .limit = money_nanos(link->limit),
        .sent_total = link->sent_total,
        .acked_total = link->acked_total,
        .received_total = link->received_total,
        .lost = money_nanos(link->lost),
        .sent_messages = link->sent_seq,
        .received_messages = link->received_seq,
    };
    memcpy(to->name, link->name, sizeof to->name);
    link_outstanding(core->links, link, &to->outstanding_messages, &to->outstanding_bytes);
}

/* ---- all ---- */

void core_figures(struct core *core, struct core_figures *figures)
{
    const struct frame_header *last = ledger_last_frame(core->ledger);
    struct figures_linking linking = {core, figures};
    struct figures_sums sums = {0};

    *figures = (struct core_figures){
        .frame = last->frame,
        .frame_wall_us = last->wall_us,
        .site_time_us = core->site_time_us,
        .agents = agents_count(core->agents),
        .ready = agents_ready_count(core->agents),
        .customers = core->customers.count,
        .channel_ends = channels_count(core->channels),
        .disk = core->disk.room,
        .drained = core_is_drained(core),
    };
    memcpy(figures->currency, core->book.currency, sizeof figures->currency);
    figures_own_accounts(core->ledger, figures, &sums);
    figures->liabilities = figures_liabilities(core, sums);
    links_each(core->links, figures_link, &linking);
}

/* ---- the survey ---- */

struct surveying {
    const struct core *core;
    struct core_survey *survey;
};

static void survey_agent(void *context, const struct agent *agent)
{
    const struct surveying *surveying = context;
    struct core_tally *tally = &surveying->survey->so_far;
    struct agent_view view;
    uint64_t lasts_us;

    agents_view(surveying->core->agents, agent, &view);
    tally->agents++;
    tally->memory_bytes += view.memory_bytes;
    tally->buffer_bytes += view.buffer_bytes;
    tally->inbox_messages += view.inbox_messages;
    tally->inbox_bytes += view.inbox_bytes;
    if (strcmp(view.state, "running") != 0)
        return;
    lasts_us =
        market_rent_lasts_us(ledger_balance(surveying->core->ledger, view.id), view.rent_rate, 0);
    tally->dry_in_hour += lasts_us < HOUR_US;
    tally->dry_in_day += lasts_us < 24 * HOUR_US;
}

void core_survey_step(const struct core *core, struct core_survey *survey, size_t count)
{
    struct surveying surveying = {core, survey};
    uint64_t end = ledger_last_frame(core->ledger)->next_account;

    if (survey->next < ACCOUNT_FIRST_FREE)
        survey->next = ACCOUNT_FIRST_FREE;
    agents_list_of(core->agents, survey->next, count, survey_agent, &surveying);
    survey->next += count;
    if (survey->next < end)
        return;
    survey->last = survey->so_far;
    survey->rounds++;
    survey->next = 0;
    memset(&survey->so_far, 0, sizeof survey->so_far);
}
