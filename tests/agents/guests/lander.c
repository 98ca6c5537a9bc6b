/*
 * Lander: sends its own code over the interface that its arguments name (none: the site itself),
 * and arms the answers into a buffer; its child answers with two packets.  It logs where each
 * landed, and what is there.
 */
#include "tests/agents/guests/guest.h"

enum { PLACE = 64, PLACES = 4 };

static struct serai_load load;
static int32_t buffer = SERAI_SLOT_NONE;
static int32_t told;

static void set_out(int32_t size)
{
    char name[64];
    int32_t named = (int32_t)event_read(name, sizeof name, 0);
    int32_t interface = size == 0 ? SERAI_INTERFACE_SELF : serai_interface_named(name, named);

    buffer = (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, PLACE * PLACES);
    if (channel_buy(SERAI_SLOT_CHANNELS, interface, 50000000, 1000000) < 0)
        serai_log("no channel");
}

static void begin(int32_t end)
{
    if (channel_priority(end, 5) != 0)
        serai_log("no priority");
    if (channel_arm_into(end, buffer, 0, PLACE, PLACES) != 0)
        serai_log("not armed");
    (void)serai_load_self(&load, end, "child", 5);
}

/* The child: the parent may have armed nothing yet. */
static void tell(void)
{
    static const char words[2][8] = {"packet 1", "packet 2"};

    while (told < 2 && channel_send(SERAI_SLOT_ORIGIN, words[told], sizeof words[told], 0) == 0)
        told++;
    if (told < 2)
        (void)channel_room(SERAI_SLOT_ORIGIN);
}

static void hear(void)
{
    struct serai_event event;
    char words[PLACE];
    int32_t offset = -1;
    int32_t size;

    (void)event_info(&event);
    size = serai_landed(&event, &offset);
    if (size == 0) {
        serai_log_values("it did not land: %d bytes", event.size);
        return;
    }
    (void)buffer_read(buffer, offset, words, size);
    serai_log_values("landed at %d, with %d in its event", offset, event_read(words, 0, 0));
    (void)serai_log_bytes("it says: ", words, size);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    if (kind == SERAI_EVENT_BORN)
        set_out(size);
    else if (kind == SERAI_EVENT_ANSWER)
        begin(slot);
    else if (kind == SERAI_EVENT_BECAME)
        tell();
    else if (kind == SERAI_EVENT_ROOM && slot == SERAI_SLOT_ORIGIN)
        tell();
    else if (kind == SERAI_EVENT_ROOM)
        (void)serai_load_continue(&load);
    else if (kind == SERAI_EVENT_PACKET)
        hear();
}
