/* Row 13: what requests that are refused leave on the disk, and take of the core. */
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/trials.h"

enum { REQUESTS = 500, NANOS = 1000000000, MODULE_BYTES = 1000000, SECONDS = 60 };

START_TEST(refused_requests_leave_nothing)
{
    uint64_t before;

    trial_open(NULL);
    ck_assert_int_eq(site_fund(&trial_site, HOG, UINT64_MAX / 4, 1), CONTROL_MISSING);
    before = trial_kept_bytes();
    for (int i = 0; i < REQUESTS; i++)
        ck_assert_int_eq(site_fund(&trial_site, HOG, UINT64_MAX / 4, 1), CONTROL_MISSING);
    /* The number of the last one may have grown by some bytes. */
    figure_tells(13, "bytes that a refused request leaves", "150",
                 (double)(trial_kept_bytes() - before) / REQUESTS, 0.1, "bytes");
    trial_close();
}
END_TEST

/* A sound module, another one for each number, and one that is none beside it. */
static enum control_status deploys_in_vain(int number)
{
    static const uint8_t custom[] = {0, 0xc0, 0x84, 0x3d, 0}; /* a section, its size and name */
    struct bytes module = {0};
    struct bytes args = {0};
    size_t size;
    const uint8_t *spin = module_bytes("spin", &size);
    uint8_t *fill;

    bytes_append(&module, spin, size);
    bytes_append(&module, custom, sizeof custom);
    fill = bytes_extend(&module, MODULE_BYTES - 1);
    ck_assert_ptr_nonnull(fill);
    memset(fill, number, MODULE_BYTES - 1);
    cbor_put_array(&args, 6);
    cbor_put_text(&args, "vain");
    cbor_put_bytes(&args, module.data, module.size);
    cbor_put_bytes(&args, NULL, 0);
    cbor_put_uint(&args, NANOS);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, 1);
    cbor_put_bytes(&args, "no module", 9);
    bytes_fini(&module);
    return site_request(&trial_site, HOG, "agent.deploy", &args);
}

START_TEST(modules_are_checked_in_vain_at_a_rate)
{
    int checked = 0;

    trial_open(NULL);
    for (int second = 0; second < SECONDS; second++) {
        site_pass(&trial_site, 1000000);
        while (deploys_in_vain(checked % 256) == CONTROL_BAD_REQUEST)
            checked++;
        ck_assert_int_eq(trial_site.reply.status, CONTROL_TRY_AGAIN);
    }
    figure_tells(13, "modules of a MB checked in vain, in a minute", "240, a core's minute",
                 (double)checked, 10, "modules");
    trial_close();
}
END_TEST

void trials_of_requests(TCase *tcase)
{
    tcase_add_test(tcase, refused_requests_leave_nothing);
    tcase_add_test(tcase, modules_are_checked_in_vain_at_a_rate);
}
