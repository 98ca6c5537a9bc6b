#include "site/metrics/series.h"

#include <string.h>

#include "site/metrics/exposition.h"
#include "site/metrics/links.h"

/* ---- families of one sample ---- */

static void put_gauge(struct bytes *out, const char *name, const char *help, u128 value)
{
    exposition_family(out, name, "gauge", help);
    exposition_number(out, name, NULL, value);
}

static void put_counter(struct bytes *out, const char *name, const char *help, u128 value)
{
    exposition_family(out, name, "counter", help);
    exposition_number(out, name, NULL, value);
}

static void put_gauge_seconds(struct bytes *out, const char *name, const char *help, uint64_t us)
{
    exposition_family(out, name, "gauge", help);
    exposition_seconds(out, name, NULL, us);
}

/* How long ago that was; 0 is never, and a time to come is now. */
static uint64_t us_since(uint64_t now_us, uint64_t then_us)
{
    return then_us == 0 || then_us > now_us ? 0 : now_us - then_us;
}

/* ---- the process ---- */

static void put_labelled(struct bytes *out, const char *name, const char *label, const char *value,
                         u128 number)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{label, value}};

    exposition_number(out, name, labels, number);
}

static void put_process(struct bytes *out, const struct metrics_now *now)
{
    static const char *const phases[] = {"starting", "serving", "stopping"};

    exposition_family(out, "serai_build_info", "gauge", "Always 1; the version of the program.");
    put_labelled(out, "serai_build_info", "version", now->version, 1);
    exposition_family(out, "serai_site_info", "gauge", "Always 1; the key of the site.");
    put_labelled(out, "serai_site_info", "site", now->site, 1);
    put_gauge_seconds(out, "serai_start_timestamp_seconds", "When the daemon was started.",
                      now->start_wall_us);
    exposition_family(out, "serai_phase", "gauge", "1 for the phase that the daemon is in.");
    for (int phase = BOARD_STARTING; phase <= BOARD_STOPPING; phase++)
        put_labelled(out, "serai_phase", "phase", phases[phase], (int)now->phase == phase);
    put_gauge_seconds(out, "serai_core_beat_age_seconds",
                      "Time since the core thread last went round.",
                      us_since(now->now_us, now->beat_us));
    put_gauge_seconds(out, "serai_commit_age_seconds",
                      "Time that the commit under way has taken; 0 without one.",
                      us_since(now->now_us, now->commit_since_us));
}

/* ---- frames and turns ---- */

static void put_frames(struct bytes *out, const struct snapshot *snapshot)
{
    const struct core_figures *figures = &snapshot->figures;

    put_counter(out, "serai_frames_total", "Frames of the books; the number of the last one.",
                figures->frame);
    put_gauge_seconds(out, "serai_last_frame_timestamp_seconds", "When the last frame was closed.",
                      figures->frame_wall_us);
    put_gauge_seconds(out, "serai_site_time_seconds", "Site time.", figures->site_time_us);
    exposition_family(out, "serai_frame_durable_seconds", "histogram",
                      "From the close of a frame until it was durable, in this run.");
    exposition_histogram(out, "serai_frame_durable_seconds", &snapshot->frame_us,
                         EXPOSITION_US_AS_SECONDS);
    exposition_family(out, "serai_frame_turns", "histogram", "Turns of a frame, in this run.");
    exposition_histogram(out, "serai_frame_turns", &snapshot->frame_turns, EXPOSITION_PLAIN);
    exposition_family(out, "serai_turn_seconds", "histogram",
                      "How long turns took, billing before them included, in this run.");
    exposition_histogram(out, "serai_turn_seconds", &snapshot->turn_us, EXPOSITION_US_AS_SECONDS);
}

static void put_work(struct bytes *out, const struct core_figures *figures)
{
    const struct agents_counters *agents = &figures->agents;

    put_counter(out, "serai_turns_total", "Turns of agents.", agents->turns);
    put_counter(out, "serai_turns_undone_total", "Of these, those that trapped and were undone.",
                agents->traps);
    put_counter(out, "serai_births_total", "Agents that were born here.", agents->births);
    put_counter(out, "serai_messages_total", "Messages and events that reached an inbox.",
                agents->messages);
    put_counter(out, "serai_fuel_total", "Fuel that turns used.", agents->fuel);
}

/* ---- agents ---- */

static void put_agents(struct bytes *out, const struct core_figures *figures)
{
    static const char name[] = "serai_agents";
    static const char *const frozen[AGENTS_FROZEN_KINDS] = {
        [FROZEN_DRY] = "dry",
        [FROZEN_BY_SITE] = "frozen_by_site",
        [FROZEN_BY_CUSTOMER] = "frozen_by_customer",
        [FROZEN_BY_LEASH] = "frozen_by_leash",
    };
    const struct agents_counters *agents = &figures->agents;

    exposition_family(out, name, "gauge", "Agents by state.");
    put_labelled(out, name, "state", "running", agents->agents - agents->frozen - agents->desks);
    for (int kind = 0; kind < AGENTS_FROZEN_KINDS; kind++)
        put_labelled(out, name, "state", frozen[kind], agents->frozen_by[kind]);
    put_labelled(out, name, "state", "desk", agents->desks);
    put_gauge(out, "serai_agents_ready", "Agents with an event that could run now.",
              figures->ready);
    put_gauge(out, "serai_customers", "Customers, the operator included.", figures->customers);
    put_gauge(out, "serai_channel_ends", "Ends of channels.", figures->channel_ends);
}

static void put_survey(struct bytes *out, const struct core_survey *survey)
{
    static const char name[] = "serai_agents_dry_soon";
    const struct core_tally *tally = &survey->last;

    put_counter(out, "serai_survey_rounds_total", "Looks at all agents that came to an end.",
                survey->rounds);
    exposition_family(out, name, "gauge",
                      "Running agents whose balance pays their rent no longer than that.");
    put_labelled(out, name, "within", "1h", tally->dry_in_hour);
    put_labelled(out, name, "within", "1d", tally->dry_in_day);
    put_gauge(out, "serai_agents_memory_bytes", "Linear memory of all agents.",
              tally->memory_bytes);
    put_gauge(out, "serai_agents_buffer_bytes", "Buffers of all agents.", tally->buffer_bytes);
    put_gauge(out, "serai_inbox_messages", "Events that wait in inboxes.", tally->inbox_messages);
    put_gauge(out, "serai_inbox_bytes", "Bytes that these take.", tally->inbox_bytes);
}

/* ---- disk ---- */

static void put_store(struct bytes *out, const struct core_figures *figures)
{
    put_gauge(out, "serai_store_free_bytes", "What the store may still take.",
              figures->disk.free_bytes);
    put_gauge(out, "serai_store_total_bytes", "The size that the store may reach.",
              figures->disk.total_bytes);
    put_gauge(out, "serai_store_low_bytes", "With less free the site warns.",
              figures->disk.low_bytes);
    put_gauge(out, "serai_store_full_bytes",
              "With less free nothing is born; with a third of it no agent runs.",
              figures->disk.full_bytes);
    put_gauge(out, "serai_drained", "1 while the site is drained: no turn runs.", figures->drained);
}

/* ---- money ---- */

/* The second half of "revenue:compute". */
static const char *account_part(const char *name)
{
    const char *colon = strchr(name, ':');

    return colon == NULL ? name : colon + 1;
}

/* A family over the accounts of one kind; ACCOUNT_KINDS: over all. */
static void put_accounts(struct bytes *out, const struct core_figures *figures, const char *family,
                         int kind, const char *label,
                         u128 (*value)(const struct core_account_figures *account))
{
    for (size_t i = 0; i < figures->account_count; i++) {
        const struct core_account_figures *account = &figures->accounts[i];
        char name[ACCOUNT_NAME_BYTES];

        if (kind != ACCOUNT_KINDS && (int)account->kind != kind)
            continue;
        (void)account_name(name, account->id, account->kind);
        put_labelled(out, family, label, kind == ACCOUNT_KINDS ? name : account_part(name),
                     value(account));
    }
}

static u128 account_debits(const struct core_account_figures *account)
{
    return account->debits;
}

static u128 account_credits(const struct core_account_figures *account)
{
    return account->credits;
}

static u128 account_holds(const struct core_account_figures *account)
{
    return account->credits - account->debits;
}

static void put_money(struct bytes *out, const struct core_figures *figures)
{
    exposition_family(out, "serai_currency_info", "gauge",
                      "Always 1; a nano is 10^-9 of this currency.");
    put_labelled(out, "serai_currency_info", "currency", figures->currency, 1);
    exposition_family(out, "serai_revenue_nanos_total", "counter", "What was earned, by resource.");
    put_accounts(out, figures, "serai_revenue_nanos_total", KIND_REVENUE, "resource",
                 account_credits);
    exposition_family(out, "serai_account_debits_nanos_total", "counter",
                      "What left each of the site's own accounts.");
    put_accounts(out, figures, "serai_account_debits_nanos_total", ACCOUNT_KINDS, "account",
                 account_debits);
    exposition_family(out, "serai_account_credits_nanos_total", "counter",
                      "What came to each of the site's own accounts.");
    put_accounts(out, figures, "serai_account_credits_nanos_total", ACCOUNT_KINDS, "account",
                 account_credits);
    exposition_family(out, "serai_held_nanos", "gauge", "Money between owners, by what holds it.");
    put_accounts(out, figures, "serai_held_nanos", KIND_HELD, "kind", account_holds);
    exposition_family(out, "serai_deposit_nanos", "gauge",
                      "Money that comes back to who deposited it.");
    put_accounts(out, figures, "serai_deposit_nanos", KIND_DEPOSIT, "kind", account_holds);
    put_gauge(out, "serai_liabilities_nanos", "Balances of all customers and agents.",
              figures->liabilities);
}

/* ---- all ---- */

void metrics_render(struct bytes *out, const struct metrics_now *now)
{
    const struct snapshot *snapshot = now->snapshot;

    put_process(out, now);
    if (snapshot == NULL)
        return; /* the books are being read */
    put_gauge_seconds(out, "serai_snapshot_age_seconds",
                      "How old the figures below are; those of the process are of now.",
                      us_since(now->now_us, snapshot->taken_us));
    put_frames(out, snapshot);
    put_work(out, &snapshot->figures);
    put_agents(out, &snapshot->figures);
    put_survey(out, &snapshot->survey);
    put_store(out, &snapshot->figures);
    put_money(out, &snapshot->figures);
    metrics_render_links(out, &snapshot->figures);
}
