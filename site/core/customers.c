/*
 * Customers by account, by key and by link and tag; those that end; and their rows
 * (docs/records.md, "Rows of the site").
 */
#include "site/core/customers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/quotas.h"
#include "site/core/desks.h"
#include "site/core/state.h"

/* ---- finding ---- */

static int customer_compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int customer_by_account(const struct customer *a, const struct customer *b)
{
    return customer_compare(a->account, b->account);
}

static int customer_by_key(const struct customer *a, const struct customer *b)
{
    return memcmp(a->key, b->key, CONTROL_KEY_BYTES);
}

/*
 * A number that comes with another key is another customer: a peer that was restored from a backup
 * may give one out again, and must not give away what the first one has here.
 */
static int customer_by_tag(const struct customer *a, const struct customer *b)
{
    if (a->interface != b->interface)
        return customer_compare(a->interface, b->interface);
    return a->tag == b->tag ? customer_by_key(a, b) : customer_compare(a->tag, b->tag);
}

/* All of one key together, through whichever peers they came. */
static int customer_by_claim(const struct customer *a, const struct customer *b)
{
    int order = customer_by_key(a, b);

    return order != 0 ? order : customer_by_tag(a, b);
}

bool core_is_operator(const struct core *core, const struct customer *customer)
{
    return customer == core->customers.items[0];
}

struct customer *core_customer_by_key(struct core *core, const uint8_t *key)
{
    struct customer wanted = {0};

    memcpy(wanted.key, key, CONTROL_KEY_BYTES);
    return customer_index_find(&core->by_key, customer_by_key, &wanted);
}

struct customer *core_customer_by_account(const struct core *core, uint64_t account)
{
    const struct customer wanted = {.account = account};

    return customer_index_find(&core->customers, customer_by_account, &wanted);
}

bool core_customer_rules(const struct core *core, const struct customer *customer, uint64_t account)
{
    const struct customer *row;

    if (customer->account == account)
        return true;
    row = core_customer_by_account(core, account);
    return row != NULL && row->interface != 0 &&
           memcmp(row->key, customer->key, CONTROL_KEY_BYTES) == 0;
}

size_t core_customers_after(const struct core *core, uint64_t account)
{
    const struct customer wanted = {.account = account + 1};

    return account == UINT64_MAX
               ? core->customers.count
               : customer_index_from(&core->customers, customer_by_account, &wanted);
}

struct customer *core_customer_of_link(const struct core *core, uint32_t interface, uint64_t tag,
                                       const uint8_t key[CONTROL_KEY_BYTES])
{
    struct customer wanted = {.interface = interface, .tag = tag};

    memcpy(wanted.key, key, CONTROL_KEY_BYTES);
    return customer_index_find(&core->by_tag, customer_by_tag, &wanted);
}

struct customer *core_customer_abroad(const struct core *core, const uint8_t *key, size_t index)
{
    static const uint8_t none[CONTROL_KEY_BYTES];
    struct customer wanted = {0};
    size_t at;

    if (memcmp(key, none, sizeof none) == 0)
        return NULL; /* nobody's */
    memcpy(wanted.key, key, CONTROL_KEY_BYTES);
    at = customer_index_from(&core->by_claim, customer_by_claim, &wanted);
    if (index >= core->by_claim.count - at)
        return NULL;
    return memcmp(core->by_claim.items[at + index]->key, key, CONTROL_KEY_BYTES) == 0
               ? core->by_claim.items[at + index]
               : NULL;
}

/* ---- lists of what changed ---- */

/* By account and not by pointer: a customer may go in the frame that lists it. */
static void accounts_add(struct bytes *accounts, uint64_t account)
{
    bytes_append(accounts, &account, sizeof account);
    INVARIANT(!accounts->failed);
}

static uint64_t accounts_at(const struct bytes *accounts, size_t index)
{
    uint64_t account;

    memcpy(&account, accounts->data + index * sizeof account, sizeof account);
    return account;
}

void core_customer_changed(struct core *core, struct customer *customer)
{
    if (!customer->dirty)
        accounts_add(&core->changed_customers, customer->account);
    customer->dirty = true;
}

void core_customer_answered(struct core *core, struct customer *customer)
{
    if (!customer->request_dirty)
        accounts_add(&core->answered_customers, customer->account);
    customer->request_dirty = true;
}

/* ---- making ---- */

/* Keep a copy of the customer, which has an account, and a key or a link and tag of its own. */
static struct customer *customer_admit(struct core *core, const struct customer *customer)
{
    struct customer *made = malloc(sizeof *made);

    INVARIANT(made != NULL);
    *made = *customer;
    customer_index_add(&core->customers, customer_by_account, made);
    customer_index_add(made->interface == 0 ? &core->by_key : &core->by_tag,
                       made->interface == 0 ? customer_by_key : customer_by_tag, made);
    if (made->interface != 0)
        customer_index_add(&core->by_claim, customer_by_claim, made);
    if (made->interface != 0 && ++core->link_customers[made->interface - 1] > LINK_CUSTOMERS_OWN)
        core->shared_customers++;
    return made;
}

static void customer_release(struct customer *customer)
{
    bytes_fini(&customer->answer);
    free(customer->desk);
    free(customer);
}

bool core_customer_name_taken(const struct core *core, const char *name)
{
    for (size_t i = 0; i < core->by_key.count; i++) {
        if (strcmp(core->by_key.items[i]->name, name) == 0)
            return true;
    }
    return false;
}

enum status core_customer_add(struct core *core, const char *name, const uint8_t *key,
                              uint64_t *account, struct fault *fault)
{
    struct customer customer = {.share = 1};

    if (core->by_key.count >= CUSTOMERS_MAX)
        return fault_set(fault, ST_FULL, "this site has %d customers, the most it keeps",
                         CUSTOMERS_MAX);
    if (core_customer_name_taken(core, name))
        return fault_set(fault, ST_EXISTS, "there is a customer named %s already", name);
    if (core_customer_by_key(core, key) != NULL)
        return fault_set(fault, ST_EXISTS, "that key is customer %s's already",
                         core_customer_by_key(core, key)->name);
    if (ledger_open(core->ledger, KIND_CUSTOMER, 0, account) != ST_OK)
        return fault_set(fault, ST_NOMEM, "out of memory");
    customer.account = *account;
    (void)snprintf(customer.name, sizeof customer.name, "%s", name);
    memcpy(customer.key, key, CONTROL_KEY_BYTES);
    core_customer_changed(core, customer_admit(core, &customer));
    return ST_OK;
}

void core_customer_apply(struct core *core, const struct customer *customer)
{
    agents_set_share(core->agents, customer->account, customer->share);
    for (int i = 0; i < CUSTOMER_RESOURCES; i++) {
        bool own = (customer->own & UINT32_C(1) << i) != 0;

        agents_set_quota(core->agents, customer->account, (enum customer_resource)i,
                         own ? &customer->max[i] : NULL);
    }
    agents_suspend(core->agents, customer->account, customer->suspended);
}

/* ---- customers of peers ---- */

/*
 * Agents born of a peer's purchase have a customer who has no account here: a row with the key that
 * the peer named, whose account keeps what its agents leave until that key claims it.
 */
bool core_link_customer_fits(const struct core *core, uint32_t interface)
{
    uint64_t has = core->link_customers[interface - 1];
    uint64_t taken = core->shared_customers;

    if (has < LINK_CUSTOMERS_OWN)
        return true;
    /* What it has of the shared ones, with this one, is at most what is free. */
    return taken <= LINK_CUSTOMERS_SHARED &&
           has - LINK_CUSTOMERS_OWN < LINK_CUSTOMERS_SHARED - taken;
}

struct customer *core_customer_of_link_new(struct core *core, const struct link *link, uint64_t tag,
                                           const uint8_t key[CONTROL_KEY_BYTES])
{
    struct customer customer = {.interface = link->interface, .tag = tag, .share = 1};
    struct customer *made;

    memcpy(customer.key, key, CONTROL_KEY_BYTES);
    INVARIANT(ledger_open(core->ledger, KIND_UNCLAIMED, 0, &customer.account) == ST_OK);
    (void)snprintf(customer.name, sizeof customer.name, "%.18s:%llu", link->name,
                   (unsigned long long)tag);
    made = customer_admit(core, &customer);
    core_customer_changed(core, made);
    return made;
}

void core_customer_may_be_over(void *context, uint64_t account)
{
    struct core *core = context;
    const struct customer *customer = core_customer_by_account(core, account);

    if (customer != NULL && customer->interface != 0)
        accounts_add(&core->over_customers, account);
}

/* Only a peer's customer ends: the operator's own keep their key and their last request. */
static bool customer_is_over(const struct core *core, const struct customer *customer)
{
    return customer->interface != 0 && agents_lineage_holds(core->agents, customer->account) == 0 &&
           money_is_zero(ledger_balance(core->ledger, customer->account));
}

/* What others still hold of its dead agents goes to `unclaimed` from now on. */
static void customer_give_up(struct core *core, struct customer *customer,
                             struct store_batch *batch)
{
    uint8_t key[8];

    /* Row, account, lineage and the three indexes go together: none may name what is not there. */
    be64_put(key, customer->account);
    store_batch_delete(batch, STORE_CUSTOMER, key, sizeof key);
    ledger_close(core->ledger, customer->account);
    agents_lineage_forget(core->agents, customer->account);
    if (core->link_customers[customer->interface - 1]-- > LINK_CUSTOMERS_OWN)
        core->shared_customers--;
    customer_index_remove(&core->customers, customer_by_account, customer);
    customer_index_remove(&core->by_tag, customer_by_tag, customer);
    customer_index_remove(&core->by_claim, customer_by_claim, customer);
    customer_release(customer);
}

void core_customers_give_up(struct core *core, struct store_batch *batch)
{
    size_t count = core->over_customers.size / sizeof(uint64_t);
    size_t given_up = 0;

    /* From the end, so that what this frame has no room for stays listed for the next. */
    for (; count > 0 && given_up < CUSTOMERS_OVER_STEP; count--) {
        struct customer *customer =
            core_customer_by_account(core, accounts_at(&core->over_customers, count - 1));

        if (customer == NULL || !customer_is_over(core, customer))
            continue;
        /* The event begins with the first that ends: most frames have none, and no record of it. */
        if (given_up++ == 0)
            ledger_event_begin(core->ledger);
        customer_give_up(core, customer, batch);
    }
    core->over_customers.size = count * sizeof(uint64_t);
    if (given_up > 0)
        exchange_event_end(core->exchange);
}

void core_customers_fini(struct core *core)
{
    for (size_t i = 0; i < core->customers.count; i++)
        customer_release(core->customers.items[i]);
    customer_index_fini(&core->customers);
    customer_index_fini(&core->by_key);
    customer_index_fini(&core->by_tag);
    customer_index_fini(&core->by_claim);
    bytes_fini(&core->over_customers);
    bytes_fini(&core->changed_customers);
    bytes_fini(&core->answered_customers);
}

/* ---- rows ---- */

static enum account_kind customer_account_kind(const struct customer *customer)
{
    return customer->interface == 0 ? KIND_CUSTOMER : KIND_UNCLAIMED;
}

enum { CUSTOMER_FIELDS = 8 };

/* Bounds of its own: the resource and the bound, in order of resources. */
static void customer_put_quotas(struct bytes *row, const struct customer *customer)
{
    cbor_put_array(row, 2 * (uint64_t)__builtin_popcount(customer->own));
    for (unsigned resource = 0; resource < CUSTOMER_RESOURCES; resource++) {
        if ((customer->own & UINT32_C(1) << resource) == 0)
            continue;
        cbor_put_uint(row, resource);
        cbor_put_uint(row, customer->max[resource]);
    }
}

static void customer_get_quotas(struct cbor *in, struct customer *customer)
{
    uint64_t items = cbor_get_array_any(in, 2 * CUSTOMER_RESOURCES);
    unsigned next = 0;

    if (items % 2 != 0)
        cbor_fail(in, "a bound without a resource");
    for (uint64_t i = 0; i + 1 < items; i += 2) {
        unsigned resource = (unsigned)cbor_get_uint(in, CUSTOMER_RESOURCES - 1);
        uint64_t max = cbor_get_uint(in, UINT64_MAX);

        if (resource < next ||
            pricebook_check_customer_max((enum customer_resource)resource, max, NULL) != ST_OK) {
            cbor_fail(in, "no bound that a customer may have there");
            return;
        }
        customer->own |= UINT32_C(1) << resource;
        customer->max[resource] = max;
        next = resource + 1;
    }
}

/* Its account is the key of the row; its own key, or that with link and tag, are in no other. */
static enum status customer_load(struct core *core, const struct store_row *stored,
                                 struct fault *fault)
{
    struct customer read = {0};
    struct customer *customer = &read;
    const struct account *account;
    const uint8_t *desk;
    size_t desk_size;
    struct cbor in;

    if (stored->key_size != 8)
        return fault_set(fault, ST_CORRUPT, "customer row: its key has %zu bytes, not 8",
                         stored->key_size);
    customer->account = be64_get(stored->key);
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, CUSTOMER_FIELDS);
    cbor_get_text(&in, customer->name, CONTROL_NAME_BYTES_MAX);
    cbor_get_bytes_exact(&in, customer->key, CONTROL_KEY_BYTES);
    customer->interface = (uint32_t)cbor_get_uint(&in, UINT32_MAX);
    customer->tag = cbor_get_uint(&in, UINT64_MAX);
    customer->share = (uint32_t)cbor_get_uint(&in, CUSTOMER_SHARE_MAX);
    if (customer->share == 0 || (customer->interface != 0 && customer->share != 1))
        cbor_fail(&in, "no share that a customer may have");
    customer->suspended = cbor_get_bool(&in);
    customer_get_quotas(&in, customer);
    if (customer->interface != 0 && (customer->suspended || customer->own != 0))
        cbor_fail(&in, "a peer's customer that is suspended or has bounds");
    desk = cbor_get_raw(&in, &desk_size);
    if (cbor_done(&in, fault, "customer row") != ST_OK || read.interface > LINK_INTERFACES_MAX)
        return fault_set(fault, ST_CORRUPT, "customer row %llu does not decode",
                         (unsigned long long)customer->account);
    /* The books were read before: a row may only name what is there. */
    account = ledger_account(core->ledger, customer->account);
    if (account == NULL || account->kind != customer_account_kind(customer))
        return fault_set(fault, ST_CORRUPT, "customer row %llu (%s) has no account of a customer",
                         (unsigned long long)customer->account, customer->name);
    if (read.interface == 0
            ? core_customer_by_key(core, read.key) != NULL
            : core_customer_of_link(core, read.interface, read.tag, read.key) != NULL)
        return fault_set(fault, ST_CORRUPT,
                         "customer row %llu (%s) has the key, or the link, tag and key, of another",
                         (unsigned long long)customer->account, customer->name);
    customer = customer_admit(core, &read);
    cbor_init(&in, desk, desk_size);
    core_desk_get(&in, &customer->desk);
    if (cbor_done(&in, fault, "desk") != ST_OK || (read.interface != 0 && customer->desk != NULL))
        return fault_set(fault, ST_CORRUPT, "customer row %llu (%s): its desk does not decode",
                         (unsigned long long)customer->account, customer->name);
    return ST_OK;
}

static enum status customer_load_request(struct core *core, const struct store_row *stored,
                                         struct fault *fault)
{
    struct customer *customer =
        stored->key_size == CONTROL_KEY_BYTES ? core_customer_by_key(core, stored->key) : NULL;
    const uint8_t *answer;
    size_t answer_size;
    struct cbor in;

    if (customer == NULL)
        return fault_set(fault, ST_CORRUPT, "request row: its key is no customer's");
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, 3);
    customer->number = cbor_get_uint(&in, UINT64_MAX);
    cbor_get_bytes_exact(&in, customer->request.bytes, HASH_BYTES);
    answer = cbor_get_bytes(&in, &answer_size, CONTROL_BYTES_MAX);
    if (cbor_done(&in, fault, "request row") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "request row of customer %s does not decode",
                         customer->name);
    bytes_append(&customer->answer, answer, answer_size);
    if (customer->answer.failed) /* a repeat must never get another answer */
        return fault_set(fault, ST_NOMEM, "request row of customer %s: out of memory",
                         customer->name);
    return ST_OK;
}

enum status core_customers_load(struct core *core, const struct store_read *read,
                                struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_CUSTOMER, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = customer_load(core, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status != ST_OK)
        return status;
    for (size_t i = 0; i < core->by_key.count; i++)
        core_customer_apply(core, core->by_key.items[i]);
    store_cursor_open(&cursor, read, STORE_REQUEST, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = customer_load_request(core, &stored, fault);
    return store_cursor_close(&cursor, status);
}

static void customer_save(struct customer *customer, struct store_batch *batch)
{
    struct bytes row = {0};
    uint8_t key[8];

    be64_put(key, customer->account);
    cbor_put_array(&row, CUSTOMER_FIELDS);
    cbor_put_text(&row, customer->name);
    cbor_put_bytes(&row, customer->key, CONTROL_KEY_BYTES); /* zeroes where there is none */
    cbor_put_uint(&row, customer->interface);
    cbor_put_uint(&row, customer->tag);
    cbor_put_uint(&row, customer->share);
    cbor_put_bool(&row, customer->suspended);
    customer_put_quotas(&row, customer);
    core_desk_put(&row, customer->desk);
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_CUSTOMER, key, sizeof key, row.data, row.size);
    bytes_fini(&row);
    customer->dirty = false;
}

static void customer_save_request(struct customer *customer, struct store_batch *batch)
{
    struct bytes row = {0};

    cbor_put_array(&row, 3);
    cbor_put_uint(&row, customer->number);
    cbor_put_bytes(&row, customer->request.bytes, HASH_BYTES);
    cbor_put_bytes(&row, customer->answer.data, customer->answer.size);
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_REQUEST, customer->key, CONTROL_KEY_BYTES, row.data, row.size);
    bytes_fini(&row);
    customer->request_dirty = false;
}

void core_customers_save(struct core *core, struct store_batch *batch)
{
    for (size_t i = 0; i < core->changed_customers.size / sizeof(uint64_t); i++) {
        /* NULL: it was given up in the frame that made it. */
        struct customer *customer =
            core_customer_by_account(core, accounts_at(&core->changed_customers, i));

        if (customer != NULL)
            customer_save(customer, batch);
    }
    core->changed_customers.size = 0;
}

void core_requests_save(struct core *core, struct store_batch *batch)
{
    for (size_t i = 0; i < core->answered_customers.size / sizeof(uint64_t); i++)
        /* A customer that signs has a key, and its row is never given up. */
        customer_save_request(
            core_customer_by_account(core, accounts_at(&core->answered_customers, i)), batch);
    core->answered_customers.size = 0;
}

/* The last thing of one may have gone in the frame that the site stopped with. */
void core_customers_loaded(struct core *core)
{
    for (size_t i = 0; i < core->by_tag.count; i++)
        if (customer_is_over(core, core->by_tag.items[i]))
            accounts_add(&core->over_customers, core->by_tag.items[i]->account);
}
