#include "site/page/overview.h"

static void overview_put_agents(struct json *json, const struct core_figures *figures)
{
    static const char *const frozen[AGENTS_FROZEN_KINDS] = {
        [FROZEN_DRY] = "dry",
        [FROZEN_BY_SITE] = "frozen_by_site",
        [FROZEN_BY_CUSTOMER] = "frozen_by_customer",
        [FROZEN_BY_LEASH] = "frozen_by_leash",
    };
    const struct agents_counters *agents = &figures->agents;

    json_name(json, "agents");
    json_open(json, '{');
    json_put_uint(json, "all", agents->agents - agents->desks);
    json_put_uint(json, "running", agents->agents - agents->frozen - agents->desks);
    for (int kind = 0; kind < AGENTS_FROZEN_KINDS; kind++)
        json_put_uint(json, frozen[kind], agents->frozen_by[kind]);
    json_put_uint(json, "ready", figures->ready);
    json_close(json, '}');
    json_put_uint(json, "turns", agents->turns);
    json_put_uint(json, "traps", agents->traps);
    json_put_uint(json, "births", agents->births);
    json_put_uint(json, "messages", agents->messages);
    json_put_uint(json, "fuel", agents->fuel);
    json_put_uint(json, "customers", figures->customers);
    json_put_uint(json, "channel_ends", figures->channel_ends);
}

/* Sums over agents, of the last whole look at all of them. */
static void overview_put_tally(struct json *json, const struct core_survey *survey)
{
    const struct core_tally *tally = &survey->last;

    json_name(json, "survey");
    json_open(json, '{');
    json_put_uint(json, "memory_bytes", tally->memory_bytes);
    json_put_uint(json, "buffer_bytes", tally->buffer_bytes);
    json_put_uint(json, "inbox_messages", tally->inbox_messages);
    json_put_uint(json, "dry_in_hour", tally->dry_in_hour);
    json_put_uint(json, "dry_in_day", tally->dry_in_day);
    json_close(json, '}');
}

static void overview_put_disk(struct json *json, const struct core_figures *figures)
{
    json_name(json, "disk");
    json_open(json, '{');
    json_put_uint(json, "free_bytes", figures->disk.free_bytes);
    json_put_uint(json, "total_bytes", figures->disk.total_bytes);
    json_put_uint(json, "low_bytes", figures->disk.low_bytes);
    json_put_uint(json, "full_bytes", figures->disk.full_bytes);
    json_close(json, '}');
    json_put_bool(json, "drained", figures->drained);
}

static void overview_put_money(struct json *json, const struct core_figures *figures)
{
    json_put_total(json, "liabilities", figures->liabilities);
    json_name(json, "accounts");
    json_open(json, '[');
    for (size_t i = 0; i < figures->account_count; i++) {
        const struct core_account_figures *account = &figures->accounts[i];
        char name[ACCOUNT_NAME_BYTES];

        json_open(json, '{');
        json_put_uint(json, "id", account->id);
        json_put_text(json, "name", account_name(name, account->id, account->kind));
        json_put_total(json, "debits", account->debits);
        json_put_total(json, "credits", account->credits);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void overview_put_link(struct json *json, const struct core_link_figures *link)
{
    json_open(json, '{');
    json_put_uint(json, "interface", link->interface);
    json_put_text(json, "name", link->name);
    json_put_text(json, "state", link_state_word(link->state));
    json_put_total(json, "we_owe", link->we_owe);
    json_put_total(json, "peer_limit", link->peer_limit);
    json_put_total(json, "it_owes", link->it_owes);
    json_put_total(json, "limit", link->limit);
    json_put_total(json, "sent_total", link->sent_total);
    json_put_total(json, "received_total", link->received_total);
    json_put_total(json, "in_flight", link->sent_total - link->acked_total);
    json_put_total(json, "lost", link->lost);
    json_put_uint(json, "sent", link->sent_messages);
    json_put_uint(json, "received", link->received_messages);
    json_put_uint(json, "outstanding", link->outstanding_messages);
    json_put_uint(json, "outstanding_bytes", link->outstanding_bytes);
    json_close(json, '}');
}

/* Nothing of it goes on by itself, so that on a site where nothing happens nothing is sent. */
void overview_put(struct json *json, const struct snapshot *snapshot, enum board_phase phase)
{
    static const char *const phases[] = {"starting", "serving", "stopping"};
    const struct core_figures *figures = &snapshot->figures;

    json_open(json, '{');
    json_put_text(json, "phase", phases[phase]);
    json_put_text(json, "currency", figures->currency);
    json_put_uint(json, "frame", figures->frame);
    json_put_uint(json, "frame_wall_us", figures->frame_wall_us);
    overview_put_agents(json, figures);
    overview_put_tally(json, &snapshot->survey);
    overview_put_disk(json, figures);
    overview_put_money(json, figures);
    json_name(json, "links");
    json_open(json, '[');
    for (size_t i = 0; i < figures->link_count; i++)
        overview_put_link(json, &figures->links[i]);
    json_close(json, ']');
    json_close(json, '}');
}
