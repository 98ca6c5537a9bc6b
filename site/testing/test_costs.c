#include "site/testing/test_costs.h"

#include <string.h>

void test_costs_add(struct test_costs *costs, const struct transfer *line)
{
    if (line->credit < ACCOUNT_REVENUE_COMPUTE ||
        line->credit - ACCOUNT_REVENUE_COMPUTE >= TEST_RESOURCES)
        return;
    money_accumulate(&costs->of[line->credit - ACCOUNT_REVENUE_COMPUTE], line->amount);
    if (line->code == TRANSFER_COMPUTE)
        costs->fuel += line->quantity;
}

struct money test_costs_sum(const struct test_costs *costs)
{
    struct money sum = money_zero();

    for (size_t i = 0; i < TEST_RESOURCES; i++)
        money_accumulate(&sum, costs->of[i]);
    return sum;
}

json_t *test_amount_json(struct money amount)
{
    char text[MONEY_TEXT_BYTES];

    return json_string(money_print(text, amount));
}

json_t *test_costs_json(const struct test_costs *costs)
{
    json_t *object = json_object();

    for (size_t i = 0; i < TEST_RESOURCES; i++) {
        char name[ACCOUNT_NAME_BYTES];

        if (money_is_zero(costs->of[i]))
            continue;
        (void)account_name(name, ACCOUNT_REVENUE_COMPUTE + i, KIND_REVENUE);
        (void)json_object_set_new(object, strchr(name, ':') + 1, test_amount_json(costs->of[i]));
    }
    return object;
}
