/* The system's clocks move forward; the manual one stands where it was put. */
#include "base/clock.h"

#include "tests/check_main.h"

START_TEST(monotonic_time_never_goes_back)
{
    struct clock_source clock = clock_system();
    uint64_t before_us = clock.now_us(clock.context);

    for (int i = 0; i < 1000; i++) {
        uint64_t now_us = clock.now_us(clock.context);

        ck_assert(now_us >= before_us);
        before_us = now_us;
    }
}
END_TEST

START_TEST(wall_time_is_in_microseconds_since_1970)
{
    struct clock_source clock = clock_system();
    uint64_t wall_us = clock.wall_us(clock.context);

    ck_assert(wall_us > UINT64_C(1700000000) * 1000000); /* 2023 */
    ck_assert(wall_us < UINT64_C(7000000000) * 1000000); /* 2191 */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");

    tcase_add_test(tcase, monotonic_time_never_goes_back);
    tcase_add_test(tcase, wall_time_is_in_microseconds_since_1970);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
