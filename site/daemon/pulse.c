#include "site/daemon/pulse.h"

#include <inttypes.h>

/* How often the status line is renewed when no beat is wanted. */
#define STATUS_US (UINT64_C(20) * 1000 * 1000)
/* Beats in the time that the manager waits for one. */
enum { BEATS = 4 };

void pulse_init(struct pulse *pulse, const struct notify *notify, struct pulse_line *line,
                struct wake *core_wake, const char *word, uint64_t now_us)
{
    uint64_t beat_us = notify->watchdog_us / BEATS;

    *pulse = (struct pulse){
        .notify = notify,
        .line = line,
        .core_wake = core_wake,
        .word = word,
        .every_us = beat_us > 0 && beat_us < STATUS_US ? beat_us : STATUS_US,
        .asked_us = now_us,
    };
}

void pulse_tell(const struct pulse *pulse, const char *fields)
{
    notify_send(pulse->notify, fields, "%s: %" PRIu64 " agents, frame %" PRIu64, pulse->word,
                atomic_load(&pulse->line->agents), atomic_load(&pulse->line->frame));
}

void pulse_step(struct pulse *pulse, uint64_t now_us, bool stopping)
{
    if (!notify_is_open(pulse->notify))
        return;
    if (pulse->waits &&
        (stopping || atomic_load(&pulse->line->given) == atomic_load(&pulse->line->asked))) {
        pulse->waits = false;
        if (stopping)
            notify_send(pulse->notify, "WATCHDOG=1", "stopping");
        else
            pulse_tell(pulse, "WATCHDOG=1");
    }
    if (pulse->waits || now_us - pulse->asked_us < pulse->every_us)
        return;
    pulse->asked_us = now_us;
    pulse->waits = true;
    (void)atomic_fetch_add(&pulse->line->asked, 1);
    wake_up(pulse->core_wake);
}

uint64_t pulse_due_us(const struct pulse *pulse)
{
    if (!notify_is_open(pulse->notify) || pulse->waits)
        return UINT64_MAX;
    return pulse->asked_us + pulse->every_us;
}

bool pulse_is_asked(const struct pulse_line *line)
{
    return atomic_load(&line->asked) != atomic_load(&line->given);
}

void pulse_give(struct pulse_line *line, uint64_t agents, uint64_t frame)
{
    atomic_store(&line->agents, agents);
    atomic_store(&line->frame, frame);
    atomic_store(&line->given, atomic_load(&line->asked));
}
