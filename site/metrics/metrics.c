#include "site/metrics/metrics.h"

#include <stdlib.h>

#include "site/metrics/health.h"
#include "site/metrics/series.h"

struct metrics {
    struct board *board;
    struct http *http;
    struct clock_source clock;
    uint64_t start_wall_us;
    char site[2 * CONTROL_KEY_BYTES + 1];
};

static void metrics_answer_all(void *context, const struct http_query *query,
                               struct http_answer *answer)
{
    struct metrics *metrics = context;
    struct metrics_now now = {
        .snapshot = board_latest(metrics->board),
        .phase = board_phase(metrics->board),
        .beat_us = board_beat_us(metrics->board),
        .commit_since_us = board_commit_since_us(metrics->board),
        .now_us = metrics->clock.now_us(metrics->clock.context), /* after those, so not before */
        .start_wall_us = metrics->start_wall_us,
        .version = SERAI_VERSION,
        .site = metrics->site,
    };

    (void)query;
    answer->type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_render(&answer->body, &now);
}

static void metrics_say(struct http_answer *answer, struct health health)
{
    answer->status = health.good ? 200 : 503;
    bytes_append(&answer->body, health.text, strlen(health.text));
}

static void metrics_answer_health(void *context, const struct http_query *query,
                                  struct http_answer *answer)
{
    struct metrics *metrics = context;
    uint64_t beat_us = board_beat_us(metrics->board);

    (void)query;
    metrics_say(answer, health_alive(board_phase(metrics->board),
                                     metrics->clock.now_us(metrics->clock.context), beat_us));
}

static void metrics_answer_ready(void *context, const struct http_query *query,
                                 struct http_answer *answer)
{
    struct metrics *metrics = context;
    const struct snapshot *snapshot = board_latest(metrics->board);

    (void)query;
    metrics_say(answer, health_ready(board_phase(metrics->board), snapshot != NULL,
                                     snapshot != NULL && snapshot->figures.drained));
}

static const struct http_route metrics_routes[] = {
    {"/metrics", metrics_answer_all, HTTP_AT_ONCE},
    {"/healthz", metrics_answer_health, HTTP_AT_ONCE},
    {"/readyz", metrics_answer_ready, HTTP_AT_ONCE},
};

enum status metrics_new(struct metrics **metrics, const struct metrics_options *options,
                        struct fault *fault)
{
    struct metrics *made = calloc(1, sizeof *made);
    struct http_options http = {
        .listen_fd = options->listen_fd,
        .tables = {{.routes = metrics_routes,
                    .count = sizeof metrics_routes / sizeof metrics_routes[0],
                    .context = made,
                    .own_names = options->own_names},
                   options->more},
        .clock = options->clock,
    };
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "metrics.listen: out of memory");
    made->clock = options->clock;
    made->start_wall_us = options->clock.wall_us(options->clock.context);
    (void)hex_print(made->site, options->site_key, CONTROL_KEY_BYTES);
    status = board_new(&made->board);
    if (status != ST_OK)
        (void)!fault_set(fault, status, "metrics.listen: out of memory");
    else
        status = http_new(&made->http, &http, fault);
    if (status != ST_OK) {
        metrics_free(made);
        return status;
    }
    *metrics = made;
    return ST_OK;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    http_free(metrics->http); /* its thread reads the board */
    board_free(metrics->board);
    free(metrics);
}

struct board *metrics_board(struct metrics *metrics)
{
    return metrics == NULL ? NULL : metrics->board;
}
