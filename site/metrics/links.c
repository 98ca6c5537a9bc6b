#include "site/metrics/links.h"

#include "site/metrics/exposition.h"

typedef u128 (*link_value)(const struct core_link_figures *link);

/* ---- one value of a link ---- */

static u128 of_in_flight(const struct core_link_figures *link)
{
    return link->sent_total - link->acked_total;
}

static u128 of_sent(const struct core_link_figures *link)
{
    return link->sent_total;
}

static u128 of_received(const struct core_link_figures *link)
{
    return link->received_total;
}

static u128 of_lost(const struct core_link_figures *link)
{
    return link->lost;
}

static u128 of_sent_messages(const struct core_link_figures *link)
{
    return link->sent_messages;
}

static u128 of_received_messages(const struct core_link_figures *link)
{
    return link->received_messages;
}

static u128 of_in_flight_messages(const struct core_link_figures *link)
{
    return link->outstanding_messages;
}

static u128 of_in_flight_bytes(const struct core_link_figures *link)
{
    return link->outstanding_bytes;
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    link_value value;
} link_families[] = {
    {"serai_link_sent_nanos_total", "counter", "Money that was sent over the link.", of_sent},
    {"serai_link_received_nanos_total", "counter", "Money that came over the link.", of_received},
    {"serai_link_in_flight_nanos", "gauge", "Money sent that is not durable at the peer yet.",
     of_in_flight},
    {"serai_link_lost_nanos_total", "counter", "Money sent and forgotten in losses of power.",
     of_lost},
    {"serai_link_sent_messages_total", "counter", "Messages that were numbered.", of_sent_messages},
    {"serai_link_received_messages_total", "counter", "Messages that were taken.",
     of_received_messages},
    {"serai_link_in_flight_messages", "gauge", "Messages that are not durable at the peer yet.",
     of_in_flight_messages},
    {"serai_link_in_flight_bytes", "gauge", "Bytes of these.", of_in_flight_bytes},
};
enum { LINK_FAMILIES = sizeof link_families / sizeof link_families[0] };

/* ---- families with two labels ---- */

static void put_two(struct bytes *out, const char *name, const struct core_link_figures *link,
                    const char *label, const char *value, u128 number)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{"link", link->name}, {label, value}};

    exposition_number(out, name, labels, number);
}

static void put_states(struct bytes *out, const struct core_figures *figures)
{
    exposition_family(out, "serai_link_state", "gauge", "1 for the state that the link is in.");
    for (size_t i = 0; i < figures->link_count; i++)
        for (int state = LINK_DOWN; state <= LINK_FROZEN; state++)
            put_two(out, "serai_link_state", &figures->links[i], "state",
                    link_state_word((enum link_state)state), (int)figures->links[i].state == state);
    exposition_family(out, "serai_link_unchanged_seconds", "gauge",
                      "Site time for which the link has been in that state.");
    for (size_t i = 0; i < figures->link_count; i++) {
        const struct label labels[EXPOSITION_LABELS_MAX] = {{"link", figures->links[i].name}};

        exposition_seconds(out, "serai_link_unchanged_seconds", labels,
                           figures->links[i].unchanged_us);
    }
}

/* Debts and their limits have the same labels, so that one can be divided by the other. */
static void put_debts(struct bytes *out, const struct core_figures *figures)
{
    exposition_family(out, "serai_link_owed_nanos", "gauge",
                      "The debt on the link, by who owes it: self is this site.");
    for (size_t i = 0; i < figures->link_count; i++) {
        put_two(out, "serai_link_owed_nanos", &figures->links[i], "by", "self",
                figures->links[i].we_owe);
        put_two(out, "serai_link_owed_nanos", &figures->links[i], "by", "peer",
                figures->links[i].it_owes);
    }
    exposition_family(out, "serai_link_limit_nanos", "gauge", "The most that it may be.");
    for (size_t i = 0; i < figures->link_count; i++) {
        put_two(out, "serai_link_limit_nanos", &figures->links[i], "by", "self",
                figures->links[i].peer_limit);
        put_two(out, "serai_link_limit_nanos", &figures->links[i], "by", "peer",
                figures->links[i].limit);
    }
}

void metrics_render_links(struct bytes *out, const struct core_figures *figures)
{
    put_states(out, figures);
    put_debts(out, figures);
    for (size_t family = 0; family < LINK_FAMILIES; family++) {
        exposition_family(out, link_families[family].name, link_families[family].type,
                          link_families[family].help);
        for (size_t i = 0; i < figures->link_count; i++) {
            const struct label labels[EXPOSITION_LABELS_MAX] = {{"link", figures->links[i].name}};

            exposition_number(out, link_families[family].name, labels,
                              link_families[family].value(&figures->links[i]));
        }
    }
}
