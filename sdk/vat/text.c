/* Arguments, and the texts that a turn makes. */
#include "sdk/vat/inner.h"

/* ---- arguments and results ---- */

struct vat_value vat_arg(const struct vat_call *call, int32_t index)
{
    if (index < 0 || index >= call->count)
        vat_fail(VAT_NO_ARGUMENT, "argument %d is missing", index + 1);
    return call->args[index];
}

static _Noreturn void vat_fail_kind(const char *wanted)
{
    vat_fail(VAT_NO_ARGUMENT, "a value is no %s", wanted);
}

int64_t vat_int(struct vat_value value)
{
    if (value.kind != VAT_INT && value.kind != VAT_BOOL && !vat_is_money(value))
        vat_fail_kind("number");
    return value.number;
}

struct vat_ref vat_ref_of(struct vat_value value)
{
    if (value.kind != VAT_REF)
        vat_fail_kind("reference");
    return value.ref;
}

int64_t vat_arg_int(const struct vat_call *call, int32_t index)
{
    return vat_int(vat_arg(call, index));
}

struct vat_ref vat_arg_ref(const struct vat_call *call, int32_t index)
{
    return vat_ref_of(vat_arg(call, index));
}

const char *vat_arg_text(const struct vat_call *call, int32_t index)
{
    struct vat_value value = vat_arg(call, index);

    if (value.kind != VAT_TEXT && value.kind != VAT_SYMBOL)
        vat_fail_kind("text");
    return vat_text("%s", value);
}

void vat_copy(char *to, size_t room, const char *text)
{
    size_t size = strlen(text) + 1;

    if (size > room)
        vat_fail(VAT_TOO_MUCH, "a text has %d bytes, and there is room for %d", size - 1, room - 1);
    memcpy(to, text, size);
}

/* ---- texts of the turn ---- */

char *vat_room(int32_t bytes)
{
    char *room = vat_here.texts + vat_here.texts_size;

    if (bytes > VAT_TEXT_BYTES_MAX - vat_here.texts_size)
        vat_fail_with(VAT_TOO_MUCH, "the texts of one turn are too large");
    vat_here.texts_size += bytes;
    return room;
}

int32_t vat_fit(const char *text, int32_t size, int32_t room)
{
    if (size <= room)
        return size;
    while (room > 0 && ((uint8_t)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

const char *vat_cut(const char *text, int32_t room)
{
    struct vat_value value = vat_of_text(text);

    if (value.size <= room)
        return text;
    value.size = vat_fit(text, value.size, room);
    return vat_text("%s", value);
}

struct vat_value vat_text_of(uint8_t *bytes, int32_t size)
{
    if (!syrup_is_utf8(bytes, size)) {
        for (int32_t i = 0; i < size; i++)
            bytes[i] = bytes[i] < 0x80 ? bytes[i] : '?';
    }
    return (struct vat_value){.kind = VAT_TEXT, .bytes = (const char *)bytes, .size = size};
}

static void vat_add_bytes(const char *bytes, int32_t size)
{
    memcpy(vat_room(size), bytes, (size_t)size);
}

static void vat_add_number(int64_t number, bool as_money)
{
    struct serai_text digits;

    digits.size = 0;
    if (as_money)
        serai_text_add_money(&digits, number);
    else
        serai_text_add_int(&digits, number);
    vat_add_bytes(digits.bytes, digits.size);
}

static void vat_add_value(struct vat_value value, bool as_money)
{
    switch (value.kind) {
    case VAT_NOTHING:
        break;
    case VAT_BOOL:
        vat_add_bytes(value.number != 0 ? "yes" : "no", value.number != 0 ? 3 : 2);
        break;
    case VAT_INT:
    case VAT_MONEY:
    case VAT_PAID:
        vat_add_number(value.number, as_money || vat_is_money(value));
        break;
    case VAT_REF:
        vat_add_bytes("an object", 9);
        break;
    case VAT_TEXT:
    case VAT_SYMBOL:
        vat_add_bytes(value.bytes, value.size);
        break;
    case VAT_BYTES:
    case VAT_SYRUP:
        vat_add_number(value.size, false); /* they need not be text */
        vat_add_bytes(" bytes", 6);
        break;
    }
}

const char *vat_text_list(const struct vat_value *list, int32_t count)
{
    const char *begin = vat_here.texts + vat_here.texts_size;
    const char *format = list[0].bytes;
    int32_t next = 1;

    for (; *format != 0; format++) {
        if (*format != '%' || format[1] == 0 || format[1] == '%') {
            vat_add_bytes(format, 1);
            format += *format == '%' && format[1] == '%';
        } else {
            format++;
            if (next < count)
                vat_add_value(list[next++], *format == 'm');
        }
    }
    *vat_room(1) = 0;
    return begin;
}
