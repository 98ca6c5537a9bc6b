/* Row 7: modules that are many times as large once they are decoded. */
#include <stdlib.h>
#include <string.h>

#include "engine/code.h"
#include "tests/engine/assembler.h"
#include "tests/hostile/trials.h"

enum { MODULES = 6, MODULE_BYTES = 900000, BODY_BYTES = 100000 };

/* Constants that are stored: most words for their bytes. */
static void put_body(struct bytes *out, size_t size)
{
    struct bytes body = {0};

    put_byte(&body, 0);
    while (body.size < size)
        bytes_append(&body, BYTES(0x41, 0, 0x41, 0, 0x36, 2, 0));
    put_byte(&body, 0x0b);
    put_u32(out, (uint32_t)body.size);
    bytes_append(out, body.data, body.size);
    bytes_fini(&body);
}

/* An agent's module of nearly a MiB, another one for each `serial`. */
static void make_module(struct bytes *out, uint8_t serial)
{
    enum { FUNCTIONS = MODULE_BYTES / BODY_BYTES };
    struct bytes section = {0};

    put_header(out);
    put_section(out, 1, BYTES(1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0));
    put_u32(&section, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++)
        put_byte(&section, 0);
    put_section(out, 3, section.data, section.size);
    put_section(out, 5, BYTES(1, 1, 1, 1)); /* one page of memory, at most one */
    bytes_clear(&section);
    put_byte(&section, 1);
    put_name(&section, "serai_turn");
    bytes_append(&section, BYTES(0, 0));
    put_section(out, 7, section.data, section.size);
    bytes_clear(&section);
    put_u32(&section, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++)
        put_body(&section, i == 0 ? 10 : BODY_BYTES);
    put_section(out, 10, section.data, section.size);
    put_section(out, 0, BYTES(1, 'n', serial));
    bytes_fini(&section);
}

static enum control_status deploy(uint8_t serial)
{
    struct bytes module = {0};
    struct bytes args = {0};
    char name[16];

    make_module(&module, serial);
    cbor_put_array(&args, 6);
    (void)snprintf(name, sizeof name, "big-%u", (unsigned)serial);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, module.data, module.size);
    cbor_put_bytes(&args, "", 0);
    cbor_put_uint(&args, 1000000000);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, 0);
    bytes_fini(&module);
    return site_request(&trial_site, HOG, "agent.deploy", &args);
}

START_TEST(what_modules_take_in_memory_pays_rent)
{
    struct trial_held before;

    trial_open(NULL);
    before = trial_held();
    for (uint8_t serial = 0; serial < MODULES; serial++)
        ck_assert_msg(deploy(serial) == CONTROL_DONE, "%s", trial_site.reply.message);
    site_settle(&trial_site);
    trial_tells_held(7, "RAM of modules of 1 MiB, for each byte of rent", "18", before);
    trial_close();
}
END_TEST

static void little_code(struct pricebook *book)
{
    book->customer_code_bytes_max = 16 << 20;
}

START_TEST(what_modules_take_in_memory_is_bounded)
{
    uint64_t ram;
    uint8_t serial = 0;

    trial_open(little_code);
    ram = trial_ram();
    while (serial < UINT8_MAX && deploy(serial) == CONTROL_DONE)
        serial++;
    ck_assert_int_eq(trial_site.reply.status, CONTROL_REFUSED);
    site_settle(&trial_site);
    ram = trial_ram() - ram;
    figure_tells(7, "RAM of all modules of a customer, whose quota is 16", "4 GiB for 0.02",
                 (double)ram / (1 << 20), 2 * 16, "MiB");
    trial_close();
}
END_TEST

void trials_of_code(TCase *tcase)
{
    tcase_add_test(tcase, what_modules_take_in_memory_pays_rent);
    tcase_add_test(tcase, what_modules_take_in_memory_is_bounded);
}
