#include "tests/engine/assembler.h"

#include <string.h>

void put_byte(struct bytes *out, uint8_t byte)
{
    bytes_append(out, &byte, 1);
}

void put_u32(struct bytes *out, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(out, (uint8_t)(value | 0x80));
    put_byte(out, (uint8_t)value);
}

void put_s64(struct bytes *out, int64_t value)
{
    while (value < -64 || value > 63) {
        put_byte(out, (uint8_t)((value & 0x7f) | 0x80));
        value >>= 7;
    }
    put_byte(out, (uint8_t)(value & 0x7f));
}

void put_name(struct bytes *out, const char *name)
{
    put_u32(out, (uint32_t)strlen(name));
    bytes_append(out, name, strlen(name));
}

void put_header(struct bytes *out)
{
    bytes_append(out, "\0asm\1\0\0\0", 8);
}

void put_section(struct bytes *out, uint8_t id, const uint8_t *body, size_t size)
{
    put_byte(out, id);
    put_u32(out, (uint32_t)size);
    bytes_append(out, body, size);
}

static uint8_t type_of(char letter)
{
    return letter == 'i' ? 0x7f : letter == 'l' ? 0x7e : letter == 'f' ? 0x7d : 0x7c;
}

static void put_type(struct bytes *out, const char *params, char result)
{
    put_byte(out, 0x60);
    put_u32(out, (uint32_t)strlen(params));
    for (size_t i = 0; params[i] != '\0'; i++)
        put_byte(out, type_of(params[i]));
    put_byte(out, result == 0 ? 0 : 1);
    if (result != 0)
        put_byte(out, type_of(result));
}

static void take_section(struct bytes *out, uint8_t id, struct bytes *body)
{
    put_section(out, id, body->data, body->size);
    bytes_clear(body);
}

static void put_body(struct bytes *out, const struct program *program)
{
    struct bytes body = {0};

    put_u32(&body, program->locals == 0 ? 0 : 1);
    if (program->locals > 0) {
        put_u32(&body, program->locals);
        put_byte(&body, 0x7e);
    }
    bytes_append(&body, program->code, program->size);
    put_byte(&body, 0x0b);
    put_u32(out, (uint32_t)body.size);
    bytes_append(out, body.data, body.size);
    bytes_fini(&body);
}

/* A body of so many bytes: it does nothing, then nothing more. */
static void put_idle(struct bytes *out, uint32_t size)
{
    put_u32(out, size);
    put_byte(out, 0);
    for (uint32_t i = 3; i < size; i++)
        put_byte(out, 0x01);
    put_byte(out, 0x00);
    put_byte(out, 0x0b);
}

void assemble(struct bytes *out, const struct program *program)
{
    static const char *const names[] = {"add", "stop", "none", "poke"};
    static const char *const params[] = {"il", "", "", "ii"};
    struct bytes body = {0};
    uint32_t idle = 0;

    while (idle < IDLE_MAX && program->idle_bytes[idle] > 0)
        idle++;
    bytes_clear(out);
    put_header(out);
    put_u32(&body, 5);
    put_type(&body, program->params, program->result);
    for (uint32_t i = 0; i < 4; i++)
        put_type(&body, params[i], 'l');
    take_section(out, 1, &body);
    put_u32(&body, 4);
    for (uint32_t i = 0; i < 4; i++) {
        put_name(&body, "serai");
        put_name(&body, names[i]);
        put_byte(&body, 0);
        put_u32(&body, i + 1);
    }
    take_section(out, 2, &body);
    put_u32(&body, 1 + idle);
    for (uint32_t i = 0; i <= idle; i++)
        put_byte(&body, i == 0 ? 0 : 3); /* "none": () -> i64 */
    take_section(out, 3, &body);
    if (program->table) {
        bytes_append(&body, "\x01\x70\x00\x04", 4);
        take_section(out, 4, &body);
    }
    if (program->memory) {
        bytes_append(&body, "\x01\x01\x01", 3);
        put_u32(&body, program->pages_max == 0 ? 2 : program->pages_max);
        take_section(out, 5, &body);
    }
    /* A variable and a constant, both i64. */
    bytes_append(&body, "\x02\x7e\x01\x42\x05\x0b\x7e\x00\x42\x06\x0b", 11);
    take_section(out, 6, &body);
    bytes_append(&body,
                 "\x01\x01"
                 "f\x00\x04",
                 5);
    take_section(out, 7, &body);
    if (program->table) {
        /* Entries 1 and 2: f and the import "add"; 0 and 3 stay empty. */
        bytes_append(&body, "\x01\x00\x41\x01\x0b\x02\x04\x00", 8);
        take_section(out, 9, &body);
    }
    put_u32(&body, 1 + idle);
    put_body(&body, program);
    for (uint32_t i = 0; i < idle; i++)
        put_idle(&body, program->idle_bytes[i]);
    take_section(out, 10, &body);
    bytes_fini(&body);
}
