#include "site/core/news.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

enum { TEXT_BYTES = 600, LOOK_US = 1000000 };

static const char *news_event(enum agents_news what)
{
    switch (what) {
    case NEWS_FROZEN:
        return "agent.frozen";
    case NEWS_THAWED:
        return "agent.thawed";
    case NEWS_UNDONE:
        return "agent.undone";
    case NEWS_DIED:
        return "agent.died";
    }
    return "agent.changed";
}

/* Two agents may have one place: then the one before is reported and forgotten. */
static struct news_place *news_place_of(struct news *news, const struct agents_told *told)
{
    return &news->places[(told->agent * 4 + (uint64_t)told->what) % NEWS_PLACES];
}

/* Report what was left out of a place. */
static void news_report(struct news *news, struct news_place *place)
{
    if (place->left_out == 0)
        return;
    log_write_often(LOG_INFO, news_event(place->what), "agent=%" PRIu64 " left_out=%" PRIu64,
                    place->agent, place->left_out);
    place->left_out = 0;
    news->waiting--;
}

/* The words of an agent are any bytes: a NUL would end them. */
static void news_copy(char text[TEXT_BYTES], const struct agents_told *told)
{
    size_t size = told->size < TEXT_BYTES ? told->size : TEXT_BYTES - 1;

    for (size_t i = 0; i < size; i++)
        text[i] = told->text[i] == '\0' ? '?' : told->text[i];
    text[size] = '\0';
}

void core_news(struct news *news, uint64_t now_us, const struct agents_told *told)
{
    struct news_place *place = news_place_of(news, told);
    bool same = place->agent == told->agent && place->what == told->what;
    char text[TEXT_BYTES];

    if (same && now_us - place->since_us < NEWS_PERIOD_US) {
        news->waiting += place->left_out == 0;
        place->left_out++;
        return;
    }
    news_report(news, place);
    *place = (struct news_place){.agent = told->agent, .what = told->what, .since_us = now_us};
    news_copy(text, told);
    if (text[0] == '\0')
        log_write_often(LOG_INFO, news_event(told->what), "agent=%" PRIu64 " name=%s", told->agent,
                        told->name);
    else
        log_write_often(LOG_INFO, news_event(told->what), "agent=%" PRIu64 " name=%s reason=\"%s\"",
                        told->agent, told->name, text);
}

void core_news_catch_up(struct news *news, uint64_t now_us)
{
    if (news->waiting == 0 || now_us - news->looked_us < LOOK_US)
        return;
    news->looked_us = now_us;
    for (size_t i = 0; i < NEWS_PLACES; i++)
        if (now_us - news->places[i].since_us >= NEWS_PERIOD_US)
            news_report(news, &news->places[i]);
}
