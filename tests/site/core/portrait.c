/* Portraits of a core (sim/portrait.h), as the tests of a whole site want them. */
#include "sim/portrait.h"

#include "tests/site/core/fixture.h"

char *site_portrait(const struct site *site)
{
    return portrait_of(site->core);
}

void portraits_equal(const char *before, const char *after)
{
    char words[1100];

    ck_assert_msg(!portraits_differ(before, after, words, sizeof words), "\n%s", words);
}
