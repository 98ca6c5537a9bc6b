#include "site/core/read_list.h"

#include "site/core/customers.h"
#include "site/core/outcome.h"

bool viewer_sees(const struct viewer *viewer, uint64_t customer)
{
    return viewer->all || (viewer->customer != 0 && viewer->customer == customer) ||
           (viewer->by != NULL && customer != 0 &&
            core_customer_rules(viewer->core, viewer->by, customer));
}

uint64_t read_list_limit(struct cbor *in)
{
    uint64_t limit = cbor_get_uint(in, UINT64_MAX);

    return limit == 0 || limit > READ_LIMIT_MAX ? READ_LIMIT_MAX : limit;
}

bool read_list_begin(struct read_list *list, struct cbor *in, struct outcome *outcome)
{
    cbor_get_array(in, 2);
    list->after = cbor_get_uint(in, UINT64_MAX);
    list->limit = read_list_limit(in);
    list->last = list->after;
    return outcome_args_done(in, outcome);
}

void read_list_end(struct read_list *list, struct outcome *outcome)
{
    /* Only now is the number of items known, which an array of CBOR begins with. */
    INVARIANT(!list->items.failed);
    cbor_put_array(&outcome->result, list->count);
    bytes_append(&outcome->result, list->items.data, list->items.size);
    bytes_fini(&list->items);
}
