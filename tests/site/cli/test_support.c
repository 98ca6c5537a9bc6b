/* A secret is found in whatever form it stands in a bundle, and nothing else is taken for one. */
#include "site/cli/support.h"

#include <sodium.h>
#include <string.h>

#include "tests/check_main.h"

enum { TEXT_BYTES = 400 };

static uint8_t seed[SUPPORT_SEED_BYTES];

static void setup(void)
{
    ck_assert_int_ge(sodium_init(), 0);
    randombytes_buf(seed, sizeof seed);
}

static bool holds(const void *data, size_t size)
{
    return support_holds(data, size, seed);
}

/* The text with something before and behind it, and a small change of it. */
static void found_within(const char *text)
{
    char line[TEXT_BYTES];
    size_t size = strlen(text);

    ck_assert(holds(text, size));
    (void)snprintf(line, sizeof line, "secret %s and more\n", text);
    ck_assert(holds(line, strlen(line)));
    ck_assert(!holds(text, size - 2));
    line[7 + size / 2] = line[7 + size / 2] == '0' ? '1' : '0';
    ck_assert(!holds(line, strlen(line)));
}

START_TEST(bytes_and_hex_are_found)
{
    char hex[2 * SUPPORT_SEED_BYTES + 1];
    uint8_t data[100] = {0};

    ck_assert(!holds(data, sizeof data));
    ck_assert(!holds(data, 0));
    memcpy(data + 68, seed, sizeof seed); /* the very end */
    ck_assert(holds(data, sizeof data));
    ck_assert(!holds(data, sizeof data - 1));
    (void)sodium_bin2hex(hex, sizeof hex, seed, sizeof seed);
    found_within(hex);
    for (size_t i = 0; hex[i] != '\0'; i++)
        if (hex[i] >= 'a')
            hex[i] = (char)(hex[i] - 'a' + 'A');
    found_within(hex);
}
END_TEST

/* A secret may stand in the middle of what was encoded: all that is around it is random. */
START_TEST(base64_is_found_wherever_the_secret_begins)
{
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE,
                                   sodium_base64_VARIANT_ORIGINAL_NO_PADDING};

    for (size_t variant = 0; variant < 3; variant++)
        for (size_t before = 0; before < 9; before++)
            for (size_t behind = 0; behind < 4; behind++) {
                uint8_t data[64];
                char hex[2 * SUPPORT_SEED_BYTES + 1];
                char line[9 + sizeof hex];
                char text[TEXT_BYTES];
                size_t size = before + sizeof seed + behind;

                randombytes_buf(data, sizeof data);
                memcpy(data + before, seed, sizeof seed);
                (void)sodium_bin2base64(text, sizeof text, data, size, variants[variant]);
                ck_assert_msg(holds(text, strlen(text)), "%zu before, %zu behind", before, behind);
                data[before + 16] ^= 1;
                (void)sodium_bin2base64(text, sizeof text, data, size, variants[variant]);
                ck_assert(!holds(text, strlen(text)));
                (void)sodium_bin2hex(hex, sizeof hex, seed, sizeof seed);
                memset(line, 'x', before);
                memcpy(line + before, hex, sizeof hex);
                (void)sodium_bin2base64(text, sizeof text, (const uint8_t *)line, strlen(line),
                                        variants[variant]);
                ck_assert_msg(holds(text, strlen(text)), "%zu before its digits", before);
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/support");
    TCase *tcase = tcase_create("secrets");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, bytes_and_hex_are_found);
    tcase_add_test(tcase, base64_is_found_wherever_the_secret_begins);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
