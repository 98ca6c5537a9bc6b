#include "tests/sdk/fake_orders.h"

#include <check.h>
#include <string.h>

struct fake fake;

void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.became_args_size = -1;
}

void fake_code_id(uint8_t *id)
{
    for (int i = 0; i < SERAI_CODE_ID_BYTES; i++)
        id[i] = (uint8_t)(FAKE_ID_FIRST_BYTE + i);
}

int64_t event_read(void *to, int32_t size, int32_t offset)
{
    int32_t left = fake.event_size - offset;
    int32_t part = size < left ? size : left;

    if (part <= 0)
        return 0;
    memcpy(to, fake.event + offset, (size_t)part);
    return part;
}

int64_t log_append(int32_t log, const void *text, int32_t size)
{
    ck_assert_int_eq(log, SERAI_SLOT_LOG);
    ck_assert_int_le(size, SERAI_LOG_LINE_BYTES_MAX);
    ck_assert_int_lt(fake.log_size + size, (int)sizeof fake.log);
    memcpy(fake.log + fake.log_size, text, (size_t)size);
    fake.log_size += size;
    fake.log[fake.log_size] = 0;
    return 0;
}

static const char *const interface_names[] = {"self", "a", "c", "7"};

int64_t channel_count(int32_t pool)
{
    ck_assert_int_eq(pool, SERAI_SLOT_CHANNELS);
    return fake.interfaces;
}

int64_t channel_describe(int32_t pool, int32_t interface, void *to, int32_t size)
{
    int32_t length;

    ck_assert_int_eq(pool, SERAI_SLOT_CHANNELS);
    if (interface < 0 || interface >= fake.interfaces)
        return SERAI_E_MISSING;
    length = (int32_t)strlen(interface_names[interface]);
    ck_assert_int_ge(size, length);
    memcpy(to, interface_names[interface], (size_t)length);
    return length;
}

int64_t channel_send(int32_t end, const void *data, int32_t size, int64_t money)
{
    struct fake_packet *packet = &fake.sent[fake.sent_count];

    if (fake.send_refusal < 0)
        return fake.send_refusal;
    if (fake.credit == 0)
        return SERAI_E_CREDIT;
    ck_assert_int_lt(fake.sent_count, FAKE_PACKETS_MAX);
    ck_assert_int_le(size, (int)sizeof packet->bytes);
    fake.credit--;
    fake.sent_count++;
    packet->end = end;
    packet->size = size;
    packet->money = money;
    memcpy(packet->bytes, data, (size_t)size);
    return 0;
}

int64_t channel_room(int32_t end)
{
    (void)end;
    fake.room_asked++;
    return fake.room_answer;
}

int64_t channel_arm(int32_t end, int32_t packets, int32_t bytes)
{
    (void)end;
    ck_assert_int_ge(packets, 1);
    ck_assert_int_ge(bytes, 1);
    fake.armed_packets += packets;
    fake.armed_bytes += bytes;
    return 0;
}

int64_t self_code(int32_t self, void *to, int32_t size, int32_t offset)
{
    int32_t left = fake.own_code_size - offset;
    int32_t part = size < left ? size : left;

    ck_assert_int_eq(self, SERAI_SLOT_SELF);
    if (fake.code_answer < 0)
        return fake.code_answer;
    if (part <= 0)
        return 0;
    memcpy(to, fake.own_code + offset, (size_t)part);
    return part;
}

int64_t self_code_id(int32_t self, void *id)
{
    ck_assert_int_eq(self, SERAI_SLOT_SELF);
    if (fake.code_answer < 0)
        return fake.code_answer;
    fake_code_id(id);
    return fake.own_code_size;
}

int64_t self_become(int32_t self, const void *code_id, const void *args, int32_t args_size)
{
    ck_assert_int_eq(self, SERAI_SLOT_SELF);
    if (fake.become_answer < 0)
        return fake.become_answer;
    memcpy(fake.became, code_id, SERAI_CODE_ID_BYTES);
    memcpy(fake.became_args, args, (size_t)args_size);
    fake.became_args_size = args_size;
    return 0;
}

int64_t self_die(int32_t self)
{
    ck_assert_int_eq(self, SERAI_SLOT_SELF);
    fake.deaths++;
    return 0;
}

int64_t code_put(int32_t code, const void *bytes, int32_t size, void *id)
{
    ck_assert_int_eq(code, SERAI_SLOT_CODE);
    if (fake.code_put_answer < 0)
        return fake.code_put_answer;
    memcpy(fake.put, bytes, (size_t)size);
    fake.put_size = size;
    fake_code_id(id);
    if (fake.put_another_id)
        *(uint8_t *)id = 0;
    return 0;
}

int64_t code_drop(int32_t code, const void *id)
{
    (void)code;
    (void)id;
    fake.code_drops++;
    return 0;
}

int64_t heap_get(int32_t heap, const void *number)
{
    ck_assert_int_eq(heap, SERAI_SLOT_HEAP);
    memcpy(fake.heap_number, number, SERAI_HEAP_NUMBER_BYTES);
    fake.heap_gets++;
    return fake.heap_get_answer;
}

int64_t facet_postage(int32_t facet)
{
    (void)facet;
    return fake.postage_answer;
}

int64_t facet_send(int32_t facet, const void *data, int32_t size, const int32_t *caps,
                   int32_t cap_count, int64_t money, int64_t postage, int32_t reply)
{
    (void)caps;
    ck_assert_int_eq(cap_count, 0);
    if (fake.message_refusal < 0)
        return fake.message_refusal;
    fake.said = (struct fake_message){facet, size, money, postage, reply, *(const uint8_t *)data};
    fake.said_count++;
    return 0;
}

int64_t reply_break(int32_t reply, int32_t code, const void *reason, int32_t size)
{
    ck_assert(size == 0 || reason != NULL);
    if (fake.message_refusal != 0)
        return fake.message_refusal;
    fake.said_count++;
    fake.said = (struct fake_message){.facet = reply};
    fake.broken_code = code;
    fake.broken_size = size;
    return 0;
}

int64_t reply_return(int32_t reply, int32_t code, const void *reason, int32_t size, int64_t money)
{
    int64_t answer = fake.return_refusal;

    if (answer == 0)
        answer = reply_break(reply, code, reason, size);
    if (answer == 0)
        fake.said.money = money;
    return answer;
}

int64_t reply_pipe(int32_t reply, int32_t facet)
{
    (void)reply;
    (void)facet;
    return fake.message_refusal;
}

int64_t cap_drop(int32_t slot)
{
    fake.dropped = slot;
    return 0;
}
