/* Orders for agent code that is tested on the build machine: they record, and answer as told. */
#ifndef SERAI_TESTS_SDK_FAKE_ORDERS_H
#define SERAI_TESTS_SDK_FAKE_ORDERS_H

#include "sdk/serai.h"

enum { FAKE_PACKETS_MAX = 256, FAKE_ID_FIRST_BYTE = 0xc0 };

struct fake_packet {
    int32_t end;
    int32_t size;
    int64_t money;
    uint8_t bytes[8192];
};

struct fake_message {
    int32_t facet;
    int32_t size;
    int64_t money;
    int64_t postage;
    int32_t reply;
    uint8_t first_byte;
};

struct fake {
    /* what the site answers */
    uint8_t event[SERAI_MESSAGE_BYTES_MAX];
    int32_t event_size;
    int32_t credit;       /* packets that may still be sent */
    int64_t send_refusal; /* 0: as credit says */
    int64_t room_answer;
    int64_t code_put_answer;
    int64_t become_answer;
    int64_t heap_get_answer;
    int64_t postage_answer;
    int64_t message_refusal; /* 0: messages are taken */
    int64_t return_refusal;  /* of reply_return() alone */
    int32_t interfaces;      /* as interface_names has them */
    int64_t code_answer;     /* 0: own_code is read */
    uint8_t own_code[64 * 1024];
    int32_t own_code_size;
    bool put_another_id;
    /* what was ordered */
    struct fake_packet sent[FAKE_PACKETS_MAX];
    int32_t sent_count;
    int32_t room_asked;
    int64_t armed_packets;
    int64_t armed_bytes;
    uint8_t put[1024 * 1024];
    int32_t put_size;
    int32_t code_drops;
    uint8_t became[SERAI_CODE_ID_BYTES];
    uint8_t became_args[SERAI_ARGS_BYTES_MAX];
    int32_t became_args_size; /* -1: nothing was become */
    uint8_t heap_number[SERAI_HEAP_NUMBER_BYTES];
    int32_t heap_gets;
    int32_t deaths;
    struct fake_message said;
    int32_t said_count;
    int32_t broken_code; /* of the last reply that was broken */
    int32_t broken_size;
    int32_t dropped; /* slot of the last drop; SERAI_SLOT_SELF: none */
    char log[4096];
    int32_t log_size;
};

extern struct fake fake;

/* As it is before each test: all zero but became_args_size. */
void fake_reset(void);
/* The code id that code_put() and self_code_id() tell: 32 bytes that count up. */
void fake_code_id(uint8_t *id);

#endif
