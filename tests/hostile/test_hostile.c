/* What attacks get for their money: see trials.h. */
#include "tests/hostile/trials.h"

int main(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("trials");

    tcase_set_timeout(tcase, 60);
    trials_of_shops(tcase);
    trials_of_journal(tcase);
    trials_of_code(tcase);
    trials_of_hoards(tcase);
    trials_of_waits(tcase);
    trials_of_turns(tcase);
    trials_of_neighbours(tcase);
    trials_of_requests(tcase);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
