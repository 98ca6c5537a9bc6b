/* Customers: accounts that the operator opened for a key.  The operator is the first of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/core/state.h"

struct customer *core_customer_by_key(struct core *core, const uint8_t *key)
{
    for (size_t i = 0; i < core->customer_count; i++) {
        if (core->customers[i].interface == 0 &&
            memcmp(core->customers[i].key, key, CONTROL_KEY_BYTES) == 0)
            return &core->customers[i];
    }
    return NULL;
}

struct customer *core_customer_by_account(struct core *core, uint64_t account)
{
    size_t low = 0;
    size_t high = core->customer_count;

    /* They stand in order of account, and each order that counts something asks. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (core->customers[middle].account < account)
            low = middle + 1;
        else
            high = middle;
    }
    return low < core->customer_count && core->customers[low].account == account
               ? &core->customers[low]
               : NULL;
}

static struct customer *append(struct core *core)
{
    struct customer *customer;

    if (core->customer_count == core->customer_capacity) {
        size_t capacity = core->customer_capacity == 0 ? 16 : core->customer_capacity * 2;
        struct customer *grown = realloc(core->customers, capacity * sizeof *grown);

        INVARIANT(grown != NULL);
        core->customers = grown;
        core->customer_capacity = capacity;
    }
    customer = &core->customers[core->customer_count++];
    memset(customer, 0, sizeof *customer);
    customer->share = 1;
    return customer;
}

static bool name_taken(const struct core *core, const char *name)
{
    for (size_t i = 0; i < core->customer_count; i++) {
        if (strcmp(core->customers[i].name, name) == 0)
            return true;
    }
    return false;
}

enum status core_customer_add(struct core *core, const char *name, const uint8_t *key,
                              uint64_t *account, struct fault *fault)
{
    struct customer *customer;

    if (core->customer_count >= CUSTOMERS_MAX)
        return fault_set(fault, ST_FULL, "this site has %d customers, the most it keeps",
                         CUSTOMERS_MAX);
    if (name_taken(core, name))
        return fault_set(fault, ST_EXISTS, "there is a customer named %s already", name);
    if (core_customer_by_key(core, key) != NULL)
        return fault_set(fault, ST_EXISTS, "that key is customer %s's already",
                         core_customer_by_key(core, key)->name);
    if (ledger_open(core->ledger, KIND_CUSTOMER, 0, account) != ST_OK)
        return fault_set(fault, ST_NOMEM, "memory is short");
    customer = append(core);
    customer->account = *account;
    (void)snprintf(customer->name, sizeof customer->name, "%s", name);
    memcpy(customer->key, key, CONTROL_KEY_BYTES);
    customer->dirty = true;
    return ST_OK;
}

/*
 * Agents born of a neighbour's purchase have a customer whom we do not know: a row without a key,
 * whose account keeps what its agents leave until somebody claims it.
 */
enum status core_customer_of_link(struct core *core, const struct link *link, uint64_t tag,
                                  uint64_t *account)
{
    struct customer *customer;

    for (size_t i = 0; i < core->customer_count; i++) {
        if (core->customers[i].interface == link->interface && core->customers[i].tag == tag) {
            *account = core->customers[i].account;
            return ST_OK;
        }
    }
    /* Neighbours choose tags: half of the places stay for those whom the operator adds. */
    if (core->customer_count >= CUSTOMERS_MAX / 2)
        return ST_FULL;
    if (ledger_open(core->ledger, KIND_UNCLAIMED, 0, account) != ST_OK)
        return ST_FULL;
    customer = append(core);
    customer->account = *account;
    customer->interface = link->interface;
    customer->tag = tag;
    (void)snprintf(customer->name, sizeof customer->name, "%.18s:%llu", link->name,
                   (unsigned long long)tag);
    customer->dirty = true;
    return ST_OK;
}

/* ---- rows ---- */

static enum account_kind account_kind_of(const struct customer *customer)
{
    return customer->interface == 0 ? KIND_CUSTOMER : KIND_UNCLAIMED;
}

static enum status load_customer(void *context, const uint8_t *key, size_t key_size,
                                 const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct core *core = context;
    struct customer *customer;
    const struct account *account;
    struct cbor in;

    if (key_size != 8)
        return fault_set(fault, ST_CORRUPT, "customer row: its key has %zu bytes, not 8", key_size);
    customer = append(core);
    customer->account = be64_get(key);
    cbor_init(&in, value, value_size);
    cbor_get_array(&in, 5);
    cbor_get_text(&in, customer->name, CONTROL_NAME_BYTES_MAX);
    cbor_get_bytes_exact(&in, customer->key, CONTROL_KEY_BYTES);
    customer->interface = (uint32_t)cbor_get_uint(&in, UINT32_MAX);
    customer->tag = cbor_get_uint(&in, UINT64_MAX);
    customer->share = (uint32_t)cbor_get_uint(&in, CUSTOMER_SHARE_MAX);
    if (customer->share == 0 || (customer->interface != 0 && customer->share != 1))
        cbor_fail(&in, "no share that a customer may have");
    if (cbor_done(&in, fault, "customer row") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "customer row %llu does not decode",
                         (unsigned long long)customer->account);
    account = ledger_account(core->ledger, customer->account);
    if (account == NULL || account->kind != account_kind_of(customer))
        return fault_set(fault, ST_CORRUPT, "customer row %llu (%s) has no account of a customer",
                         (unsigned long long)customer->account, customer->name);
    return ST_OK;
}

static enum status load_request(void *context, const uint8_t *key, size_t key_size,
                                const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct core *core = context;
    struct customer *customer =
        key_size == CONTROL_KEY_BYTES ? core_customer_by_key(core, key) : NULL;
    const uint8_t *answer;
    size_t answer_size;
    struct cbor in;

    if (customer == NULL)
        return fault_set(fault, ST_CORRUPT, "request row: its key is no customer's");
    cbor_init(&in, value, value_size);
    cbor_get_array(&in, 3);
    customer->number = cbor_get_uint(&in, UINT64_MAX);
    cbor_get_bytes_exact(&in, customer->request.bytes, HASH_BYTES);
    answer = cbor_get_bytes(&in, &answer_size, CONTROL_BYTES_MAX);
    if (cbor_done(&in, fault, "request row") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "request row of customer %s does not decode",
                         customer->name);
    bytes_append(&customer->answer, answer, answer_size);
    if (customer->answer.failed) /* a repeat must never get another answer */
        return fault_set(fault, ST_NOMEM, "request row of customer %s: memory is short",
                         customer->name);
    return ST_OK;
}

enum status core_customers_load(struct core *core, const struct store *store, struct fault *fault)
{
    enum status status =
        store->walk(store->context, STORE_CUSTOMER, NULL, 0, load_customer, core, fault);

    if (status != ST_OK)
        return status;
    for (size_t i = 0; i < core->customer_count; i++) {
        const struct customer *customer = &core->customers[i];

        if (customer->interface == 0)
            agents_set_share(core->agents, customer->account, customer->share);
    }
    return store->walk(store->context, STORE_REQUEST, NULL, 0, load_request, core, fault);
}

static void save_customer(struct customer *customer, struct store_batch *batch)
{
    struct bytes row = {0};
    uint8_t key[8];

    be64_put(key, customer->account);
    cbor_put_array(&row, 5);
    cbor_put_text(&row, customer->name);
    cbor_put_bytes(&row, customer->key, CONTROL_KEY_BYTES); /* zeroes where there is none */
    cbor_put_uint(&row, customer->interface);
    cbor_put_uint(&row, customer->tag);
    cbor_put_uint(&row, customer->share);
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_CUSTOMER, key, sizeof key, row.data, row.size);
    bytes_fini(&row);
    customer->dirty = false;
}

static void save_request(struct customer *customer, struct store_batch *batch)
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
    for (size_t i = 0; i < core->customer_count; i++) {
        if (core->customers[i].dirty)
            save_customer(&core->customers[i], batch);
    }
}

void core_requests_save(struct core *core, struct store_batch *batch)
{
    for (size_t i = 0; i < core->customer_count; i++) {
        if (core->customers[i].request_dirty)
            save_request(&core->customers[i], batch);
    }
}
