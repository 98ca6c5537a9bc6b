#include "tests/sdk/vat/visit.h"

#include <string.h>

struct site site;
uint64_t zoo;
uint64_t stranger;
uint8_t numbers[OBJECTS][SERAI_HEAP_NUMBER_BYTES];
struct heard heard;

static void find_numbers(void)
{
    char hex[2 * SERAI_HEAP_NUMBER_BYTES + 1] = {0};
    int found = 0;

    for (const struct agent_log_line *line = site_agent(&site, zoo)->log.first; line != NULL;
         line = line->next) {
        if (line->size != 31 || memcmp(line->text, "number ", 7) != 0)
            continue;
        ck_assert_int_lt(found, OBJECTS);
        memcpy(hex, line->text + 7, sizeof hex - 1);
        ck_assert(hex_parse(numbers[found++], SERAI_HEAP_NUMBER_BYTES, hex));
    }
    ck_assert_int_eq(found, OBJECTS);
}

void visit_setup(void)
{
    struct deploy how = {.module = "zoo", .nanos = MONEY};

    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    zoo = site_deploy(&site, 1, &how);
    stranger = puppet_new(&site, 2, MONEY, "");
    site_settle(&site);
    find_numbers();
}

void visit_teardown(void)
{
    site_end(&site);
}

static enum engine_outcome hears(struct speech *speech, struct part *part)
{
    struct serai_event event;

    part_event(part, &event);
    if (speech->keeps && event.cap_count > 0) {
        speech->kept = event.caps[0];
        ck_assert_int_eq(part_order(part, cap_keep, speech->kept), 0);
    }
    return puppet_hears(&heard, part);
}

static enum engine_outcome says(void *context, struct part *part)
{
    struct speech *speech = context;
    int64_t size = (int64_t)(speech->size == 0 ? strlen(speech->body) : speech->size);
    int32_t caps[SERAI_MESSAGE_CAPS_MAX];
    int64_t to = speech->slot;
    int64_t reply = SERAI_SLOT_NONE;

    if (speech->said)
        return hears(speech, part);
    speech->said = true;
    if (speech->slot == 0)
        to = part_fetch(part, numbers[speech->object]);
    if (!speech->sends)
        reply = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);
    caps[0] = (int32_t)(speech->gives != NULL ? part_fetch(part, speech->gives)
                                              : part_order(part, self_facet, SERAI_SLOT_SELF,
                                                           (int64_t)speech->badge, speech->asks));
    for (int i = 1; i < speech->caps; i++)
        caps[i] = caps[0];
    memcpy(part_memory(part, AT_CAPS, sizeof caps), caps, sizeof caps);
    memcpy(part_memory(part, 16384, (uint32_t)size), speech->body, (size_t)size);
    speech->refusal = part_order(part, facet_send, to, 16384, size, AT_CAPS, speech->caps,
                                 speech->money, POSTAGE, reply);
    if (speech->gives_up)
        ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, reply), 0);
    ck_assert_int_eq(part_order(part, cap_drop, caps[0]), 0);
    if (speech->slot == 0)
        ck_assert_int_eq(part_order(part, cap_drop, to), 0);
    return ENGINE_DONE;
}

void say(struct speech *speech)
{
    memset(&heard, 0, sizeof heard);
    speech->said = false;
    puppet_play(&site, stranger, says, speech);
    ck_assert_int_eq(speech->refusal, 0);
}

int64_t say_and_keep(struct speech *speech)
{
    speech->keeps = true;
    say(speech);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_MESSAGE)->cap_count, 1);
    return speech->kept;
}

void fails_with(struct speech *speech, int32_t code)
{
    uint64_t before = site_balance(&site, zoo);
    uint32_t slots = site_agent(&site, zoo)->caps.used;

    say(speech);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, code);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
    ck_assert_uint_le(site_balance(&site, zoo), before + POSTAGE); /* less the turn */
    ck_assert_uint_eq(site_agent(&site, zoo)->caps.used, slots);
}
