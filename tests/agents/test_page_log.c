/* Pages on disk: deltas, images, the sweep between them, and what is made of both at a start. */
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/code.h"
#include "agents/death.h"
#include "agents/objects.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/page_rows.h"
#include "agents/pages/paged.h"
#include "agents/program.h"
#include "agents/rows/keys.h"
#include "agents/set.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"
#include "tests/reading.h"

/* ---- rows ---- */

static uint8_t page[PAGED_BYTES];

static void fill_page(struct rng *rng)
{
    rng_fill(rng, page, sizeof page);
}

START_TEST(an_image_keeps_its_granules_and_its_frame)
{
    static const uint64_t granules[] = {1, UINT64_C(1) << 63, 0xf0f0, UINT64_MAX};
    struct rng rng = rng_for_test();

    fill_page(&rng);
    for (size_t i = 0; i < sizeof granules / sizeof granules[0]; i++) {
        uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX];
        uint8_t back[PAGED_BYTES];
        struct page_image image;
        size_t size = page_image_encode(row, 77, granules[i], page);

        ck_assert_int_eq(page_image_decode(&image, row, size, NULL), ST_OK);
        ck_assert_uint_eq(image.frame, 77);
        ck_assert_uint_eq(image.granules, granules[i]);
        for (size_t at = 0; at < PAGED_BYTES; at++)
            back[at] = (uint8_t)~page[at];
        page_apply(back, image.granules, image.bytes);
        ck_assert_uint_eq(paged_differs(back, page), ~granules[i]);
    }
}
END_TEST

START_TEST(a_wrong_image_is_refused)
{
    uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX + 1] = {0};
    struct page_image image;
    size_t size = page_image_encode(row, 77, 3, page);

    ck_assert_int_eq(page_image_decode(&image, row, size - 1, NULL), ST_INVALID);
    ck_assert_int_eq(page_image_decode(&image, row, size + 1, NULL), ST_INVALID);
    ck_assert_int_eq(page_image_decode(&image, row, 3, NULL), ST_INVALID);
    row[0] = 9;
    ck_assert_int_eq(page_image_decode(&image, row, size, NULL), ST_INVALID);
    size = page_image_encode(row, 77, 0, page);
    ck_assert_int_eq(page_image_decode(&image, row, size, NULL), ST_INVALID);
    size = page_image_encode(row, 0, 3, page);
    ck_assert_int_eq(page_image_decode(&image, row, size, NULL), ST_INVALID);
}
END_TEST

START_TEST(granules_that_do_not_fit_go_into_the_next_row)
{
    struct paged_item item = {.object = 9, .page = 4};
    struct rng rng = rng_for_test();
    uint8_t back[PAGED_BYTES] = {0};
    uint64_t left = UINT64_MAX;
    struct bytes row = {0};
    size_t rows = 1;

    fill_page(&rng);
    page_delta_begin(&row, 5);
    while (true) {
        bool done = page_delta_add(&row, &item, &left, page);
        struct page_entry entry;
        uint64_t frame;
        size_t at;

        ck_assert_uint_le(row.size, PAGE_DELTA_ROW_BYTES);
        ck_assert_int_eq(page_delta_decode(&frame, &at, row.data, row.size, NULL), ST_OK);
        ck_assert_uint_eq(frame, 5);
        ck_assert_int_eq(page_delta_next(&entry, &at, row.data, row.size, NULL), ST_OK);
        ck_assert_uint_eq(entry.object, 9);
        ck_assert_uint_eq(entry.page, 4);
        page_apply(back, entry.granules, entry.bytes);
        ck_assert_int_eq(page_delta_next(&entry, &at, row.data, row.size, NULL), ST_MISSING);
        if (done)
            break;
        page_delta_begin(&row, 5);
        rows++;
    }
    ck_assert_uint_eq(rows, 2); /* a page and its head are more than one */
    ck_assert_mem_eq(back, page, sizeof page);
    bytes_fini(&row);
}
END_TEST

START_TEST(a_row_is_filled_to_the_last_entry_that_fits)
{
    struct paged_item item = {.object = 9};
    struct bytes row = {0};
    uint64_t one = 1;
    uint64_t none = 0;

    page_delta_begin(&row, 5);
    while (page_delta_add(&row, &item, &one, page))
        one = 1;
    ck_assert_uint_eq(one, 1);
    ck_assert_uint_gt(row.size + PAGE_ENTRY_HEAD_BYTES + PAGED_GRANULE_BYTES, PAGE_DELTA_ROW_BYTES);
    while (page_delta_add(&row, &item, &none, page))
        continue;
    ck_assert_uint_gt(row.size + PAGE_ENTRY_HEAD_BYTES, PAGE_DELTA_ROW_BYTES);
    ck_assert_uint_le(row.size, PAGE_DELTA_ROW_BYTES);
    bytes_fini(&row);
}
END_TEST

static enum status read_all(const uint8_t *value, size_t size)
{
    struct page_entry entry;
    uint64_t frame;
    size_t at;
    enum status status = page_delta_decode(&frame, &at, value, size, NULL);

    while (status == ST_OK)
        status = page_delta_next(&entry, &at, value, size, NULL);
    return status;
}

START_TEST(wrong_deltas_are_refused)
{
    struct paged_item item = {.object = 9, .page = 4};
    uint64_t granules = 5;
    struct bytes row = {0};

    page_delta_begin(&row, 5);
    ck_assert_int_eq(read_all(row.data, row.size), ST_INVALID); /* none */
    ck_assert(page_delta_add(&row, &item, &granules, page));
    ck_assert_int_eq(read_all(row.data, row.size), ST_MISSING);
    for (size_t size = 0; size < row.size; size++)
        ck_assert_int_eq(read_all(row.data, size), ST_INVALID);
    row.data[0] = 2;
    ck_assert_int_eq(read_all(row.data, row.size), ST_INVALID);
    row.data[0] = 1;
    le32_put(row.data + PAGE_DELTA_HEAD_BYTES + 8, PAGE_ALL);
    ck_assert_int_eq(read_all(row.data, row.size), ST_INVALID);
    bytes_fini(&row);
}
END_TEST

/* ---- a life of pages ---- */

static struct world world;
static struct object *buffer;

enum { BUFFER_PAGES = 100, SMALL_LOG = 6000 };

static void setup(void)
{
    world = world_new();
    world_run_all(&world);
    buffer = world_add_buffer(&world, world_agent(&world, 0), BUFFER_PAGES * PAGED_BYTES);
    world_commit(&world);
}

static void teardown(void)
{
    world_free(&world);
}

static struct paged *memory_of(int agent)
{
    return &world_agent(&world, agent)->program.memory;
}

/* Set bytes as a good turn does. */
static void poke(struct paged *paged, uint32_t number, uint32_t offset, uint32_t size, uint8_t byte)
{
    uint8_t before[PAGED_BYTES];
    uint8_t now[PAGED_BYTES];
    const uint8_t *own = paged_page(paged, number);
    uint64_t changed;

    page_initial(world.agents, paged->object, number, before);
    if (own != NULL)
        memcpy(before, own, PAGED_BYTES);
    memcpy(now, before, PAGED_BYTES);
    memset(now + offset, byte, size);
    changed = paged_differs(before, now);
    if (changed != 0)
        paged_set(paged, &world.agents->pages.dirty, number, now, changed);
}

static void expect(const struct world *loaded, uint32_t number, uint32_t offset, uint8_t byte)
{
    const uint8_t *data = paged_page(&world_agent(loaded, 1)->program.memory, number);

    ck_assert_uint_eq(data == NULL ? 0 : data[offset], byte);
}

static size_t image_rows(void)
{
    return world.agents->pages.log.images;
}

static size_t log_rows(void)
{
    return world.agents->pages.log.next_row - world.agents->pages.log.first_row;
}

/* All that is in the log becomes images, and the log becomes empty. */
static void sweep_all(void)
{
    struct page_log *log = &world.agents->pages.log;

    for (int i = 0; i < 40 && (log_rows() > 1 || i < 4); i++) {
        log->bytes_max = 1;
        poke(&buffer->u.buffer.pages, BUFFER_PAGES - 1, 100, 1, (uint8_t)(i + 1));
        world_commit(&world);
    }
    log->bytes_max = PAGE_LOG_BYTES;
    ck_assert_uint_le(log_rows(), 1);
}

START_TEST(a_frame_appends_what_changed_and_no_more)
{
    uint64_t rows = world.agents->pages.log.next_row;
    uint64_t bytes = world.agents->pages.log.filling.bytes;
    size_t images = image_rows();

    poke(memory_of(1), 3, 70, 1, 9);
    poke(memory_of(1), 3, 4000, 1, 9);
    poke(memory_of(2), 3, 0, 64, 9);
    world_commit(&world);
    ck_assert_uint_eq(world.agents->pages.log.next_row - rows, 1);
    ck_assert_uint_eq(world.agents->pages.log.filling.bytes - bytes,
                      PAGE_DELTA_HEAD_BYTES + 2 * PAGE_ENTRY_HEAD_BYTES + 3 * PAGED_GRANULE_BYTES);
    ck_assert_uint_eq(image_rows(), images);
    world_commit(&world);
    ck_assert_uint_eq(world.agents->pages.log.next_row - rows, 1);
    world_check_round_trip(&world);
}
END_TEST

START_TEST(a_page_that_changed_wholly_is_written_as_an_image)
{
    size_t images = image_rows();
    size_t rows = log_rows();

    poke(memory_of(1), 3, 0, PAGED_BYTES, 9);
    world_commit(&world);
    ck_assert_uint_eq(image_rows(), images + 1);
    ck_assert_uint_eq(log_rows(), rows);
    world_check_round_trip(&world);
}
END_TEST

START_TEST(the_log_is_swept_into_images)
{
    struct world loaded;

    for (uint32_t number = 0; number < 10; number++)
        poke(memory_of(1), number, number * 7, 1, (uint8_t)(number + 1));
    world_commit(&world);
    sweep_all();
    ck_assert_uint_ge(image_rows(), 10);
    ck_assert_uint_eq(paged_find(memory_of(1), 4)->logged, false);
    ck_assert_int_eq(world_load(&loaded, &world, NULL), ST_OK);
    for (uint32_t number = 0; number < 10; number++)
        expect(&loaded, number, number * 7, (uint8_t)(number + 1));
    world_stop(&loaded);
    world_check_round_trip(&world);
}
END_TEST

START_TEST(a_page_that_is_as_at_birth_again_loses_its_row)
{
    size_t images;

    sweep_all();
    images = image_rows();
    poke(memory_of(1), 3, 0, PAGED_BYTES, 9);
    world_commit(&world);
    ck_assert_uint_eq(image_rows(), images + 1);
    poke(memory_of(1), 3, 0, PAGED_BYTES, 0);
    world_check_round_trip(&world); /* the image is there still, and the log unsays it */
    ck_assert_ptr_null(paged_page(memory_of(1), 3));
    sweep_all();
    ck_assert_uint_eq(image_rows(), images);
    ck_assert_ptr_null(paged_find(memory_of(1), 3));
    world_check_round_trip(&world);
}
END_TEST

/* An image is of a frame; older deltas, which the log still has, say nothing of it. */
START_TEST(deltas_older_than_an_image_are_not_applied_to_it)
{
    struct page_log *log = &world.agents->pages.log;
    uint64_t row;

    /* Many rows first, so that the one that matters is freed late. */
    for (uint32_t number = 0; number < BUFFER_PAGES; number++)
        poke(&buffer->u.buffer.pages, number, 0, 40 * PAGED_GRANULE_BYTES, 3);
    poke(memory_of(1), 3, 0, 1, 1);
    world_commit(&world);
    row = log->next_row - 1;
    log->bytes_max = 1;
    for (uint8_t frame = 0; frame < 2; frame++) {
        poke(memory_of(1), 4, 0, 1, (uint8_t)(frame + 1));
        world_commit(&world);
    }
    log->bytes_max = PAGE_LOG_BYTES;
    ck_assert(!paged_find(memory_of(1), 3)->logged);
    poke(memory_of(1), 3, 0, PAGED_BYTES, 7); /* an image, of which the log says nothing */
    world_commit(&world);
    ck_assert_uint_le(log->first_row, row); /* else this shows nothing */
    ck_assert(!paged_find(memory_of(1), 3)->logged);
    world_check_round_trip(&world);
}
END_TEST

START_TEST(what_became_another_program_is_not_haunted_by_the_log)
{
    struct agent *agent = world_agent(&world, 1);
    struct code *code = agent->program.code.code;

    poke(memory_of(1), 3, 0, 100, 9);
    poke(memory_of(1), 5, 0, PAGED_BYTES, 9);
    world_commit(&world);
    agent_become(world.agents, agent, code_ref_take(world.agents, agent->use, code));
    undo_commit(world.undo);
    world_check_round_trip(&world);
    ck_assert_uint_eq(agent->program.memory.used, 0);
    poke(memory_of(1), 3, 200, 1, 5); /* and what it does since is kept */
    world_check_round_trip(&world);
    poke(memory_of(1), 3, 300, 1, 6);
    agent_become(world.agents, agent, code_ref_take(world.agents, agent->use, code));
    undo_commit(world.undo);
    poke(memory_of(1), 4, 300, 1, 7); /* in the same frame */
    world_check_round_trip(&world);
    ck_assert_uint_eq(agent->program.memory.used, 1);
    sweep_all();
    world_check_round_trip(&world);
}
END_TEST

START_TEST(the_log_of_the_dead_says_nothing)
{
    poke(memory_of(1), 3, 0, 100, 9);
    world_commit(&world);
    ledger_event_begin(world.ledger);
    agent_die(world.agents, world_agent(&world, 1));
    world_event_end(&world);
    world_check_round_trip(&world);
    sweep_all();
    world_check_round_trip(&world);
}
END_TEST

/* One step of a random life. */
static void random_poke(struct rng *rng)
{
    struct paged *paged =
        rng_coin(rng) ? &buffer->u.buffer.pages : memory_of((int)rng_below(rng, 3));
    uint32_t number = (uint32_t)rng_below(rng, rng_coin(rng) ? 3 : 16);
    uint32_t offset = (uint32_t)rng_below(rng, PAGED_BYTES);
    uint32_t size = 1 + (uint32_t)rng_below(rng, rng_coin(rng) ? 8 : PAGED_BYTES - offset);

    if (offset + size > PAGED_BYTES)
        size = PAGED_BYTES - offset;
    page_cache_fetch(world.agents, paged, number, number);
    switch (rng_below(rng, 12)) {
    case 0:
        poke(paged, number, 0, PAGED_BYTES, 0);
        break;
    case 1:
        poke(paged, number, 0, PAGED_BYTES, (uint8_t)rng_u64(rng));
        break;
    case 2: {
        struct agent *agent = world_agent(&world, 2);

        agent_become(world.agents, agent,
                     code_ref_take(world.agents, agent->use, agent->program.code.code));
        undo_commit(world.undo);
        break;
    }
    default:
        poke(paged, number, offset, size, (uint8_t)rng_below(rng, 3));
    }
}

static uint64_t pages_read;

static enum status copy_page(const struct store_read *read, const void *key, size_t key_size,
                             struct bytes *row)
{
    struct store_row stored;
    enum status status = store_get(read, STORE_PAGE, key, key_size, &stored, NULL);

    if (status == ST_OK)
        bytes_append(row, stored.value, stored.value_size);
    return status;
}

static void read_page(void *context, const void *key, size_t key_size, struct bytes *row)
{
    (void)context;
    ck_assert_int_eq(WITH_READ(&world.store, copy_page(&read, key, key_size, row)), ST_OK);
    pages_read++;
}

/* Few pages stay in RAM from now on. */
static void give_up_pages(uint64_t most)
{
    world.agents->env.read_page = read_page;
    agents_set_pages(world.agents, world.agents->pages.log.bytes_max, most);
}

/* Pages of those that have a slot stay; here they all have had one turn. */
static void forget_slots(void)
{
    for (int i = 0; i < AGENTS; i++) {
        if (world_agent(&world, i) != NULL)
            arena_forget(world.agents->pages.arena, world.ids[i]);
    }
}

START_TEST(pages_that_are_durable_are_given_up_and_read_again)
{
    struct paged_page *kept;
    uint8_t byte = 0;

    give_up_pages(2);
    forget_slots();
    for (uint32_t number = 0; number < 10; number++)
        poke(&buffer->u.buffer.pages, number, 0, PAGED_BYTES, (uint8_t)(number + 1));
    poke(memory_of(1), 3, 0, PAGED_BYTES, 77);
    poke(memory_of(1), 4, 0, 1, 78); /* this one is in the log: it stays */
    world_commit(&world);
    ck_assert_ptr_nonnull(paged_page(memory_of(1), 3)); /* its image is not durable yet */
    for (uint8_t frame = 0; frame < 4; frame++) {
        poke(&buffer->u.buffer.pages, 50, 0, 1, (uint8_t)(frame + 1));
        world_commit(&world);
    }
    ck_assert_ptr_null(paged_page(memory_of(1), 3));
    ck_assert_ptr_nonnull(paged_page(memory_of(1), 4));
    kept = paged_find(&buffer->u.buffer.pages, 7);
    ck_assert_ptr_null(kept->data);
    pages_read = 0;
    buffer_fetch(world.agents, &buffer->u.buffer, 7 * PAGED_BYTES + 4000, 200);
    ck_assert_uint_eq(pages_read, 2);
    paged_read(&buffer->u.buffer.pages, 7 * PAGED_BYTES + 4000, &byte, 1);
    ck_assert_uint_eq(byte, 8);
    page_cache_fetch(world.agents, memory_of(1), 0, UINT32_MAX);
    ck_assert_uint_eq(pages_read, 3);
    ck_assert_uint_eq(paged_page(memory_of(1), 3)[9], 77);
    world_check_round_trip(&world);
}
END_TEST

START_TEST(pages_of_an_agent_in_a_slot_stay)
{
    give_up_pages(1);
    poke(memory_of(1), 3, 0, PAGED_BYTES, 77);
    (void)arena_take(world.agents->pages.arena, world_agent(&world, 1));
    for (uint8_t frame = 0; frame < 4; frame++) {
        poke(&buffer->u.buffer.pages, 50, 0, 1, (uint8_t)(frame + 1));
        world_commit(&world);
    }
    ck_assert_ptr_nonnull(paged_page(memory_of(1), 3));
    forget_slots();
    poke(&buffer->u.buffer.pages, 50, 0, 1, 9);
    world_commit(&world);
    ck_assert_ptr_null(paged_page(memory_of(1), 3));
}
END_TEST

/* A restart in earnest: the world that was read goes on. */
static void restart(void)
{
    struct fault fault = {0};
    struct world loaded;
    uint64_t id = buffer->id;

    ck_assert_msg(world_load(&loaded, &world, &fault) == ST_OK, "%s", fault.text);
    loaded.memory = world.memory;
    world_stop(&world);
    world = loaded;
    buffer = object_find(&world.agents->objects, id, OBJECT_BUFFER);
    ck_assert_ptr_nonnull(buffer);
    world.agents->pages.log.bytes_max = SMALL_LOG;
    if (pages_read > 0)
        give_up_pages(3);
}

START_TEST(random_lives_of_pages_come_back_after_every_frame)
{
    struct rng rng = rng_for_test();
    struct page_log *log;

    world.agents->pages.log.bytes_max = SMALL_LOG;
    pages_read = (uint64_t)_i;
    if (pages_read > 0) /* the second time */
        give_up_pages(3);
    forget_slots();
    for (int frame = 0; frame < 90; frame++) {
        for (uint64_t steps = rng_below(&rng, 6); steps > 0; steps--)
            random_poke(&rng);
        world_check_round_trip(&world);
        log = &world.agents->pages.log;
        /* Three generations and a frame; a row is rarely full in a frame as small as these. */
        ck_assert_uint_le(log_rows(), 3 * SMALL_LOG / 100 + 40);
        if (rng_below(&rng, 12) == 0)
            restart();
    }
    log = &world.agents->pages.log;
    ck_assert_uint_gt(log->first_row, 10); /* it was swept indeed */
    ck_assert(_i == 0 || pages_read > 10);
}
END_TEST

/* ---- damage ---- */

static void put_row(enum store_table table, const void *key, size_t key_size, const void *value,
                    size_t size)
{
    struct store_batch batch;

    store_batch_init(&batch);
    if (size == 0)
        store_batch_delete(&batch, table, key, key_size);
    else
        store_batch_put(&batch, table, key, key_size, value, size);
    ck_assert_int_eq(store_commit(&world.store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

static void check_refused(const char *expected)
{
    struct fault fault = {0};
    struct world loaded;

    ck_assert_int_eq(world_load(&loaded, &world, &fault), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, expected) != NULL, "'%s' has no '%s'", fault.text, expected);
    world_stop(&loaded);
}

static void put_image(uint64_t object, uint32_t number, uint64_t frame, uint64_t granules)
{
    uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX];
    uint8_t key[ROW_PART_KEY_BYTES];

    row_key_part(key, object, number);
    put_row(STORE_PAGE, key, sizeof key, row, page_image_encode(row, frame, granules, page));
}

START_TEST(images_that_cannot_be_are_refused)
{
    uint64_t agent = world.ids[1];
    uint64_t frame = ledger_frame(world.ledger);

    memset(page, 7, sizeof page);
    put_image(agent, 16, 1, 1);
    check_refused("table page, object 4098, page 16: it has only 16 pages");
    put_row(STORE_PAGE, (uint8_t[12]){[6] = 0x10, [7] = 2, [11] = 16}, 12, NULL, 0);
    put_image(agent, 3, frame, 1);
    check_refused("which is not there");
    page[0] = 0;
    memset(page, 0, 64);
    put_image(agent, 3, frame - 1, 3);
    check_refused("it repeats what is in the initial image");
    put_image(agent, 3, frame - 1, 2);
    check_refused("rows are there, but the counters say");
    put_image(999999, 3, frame - 1, 2);
    check_refused("the agent or buffer is missing");
}
END_TEST

static void put_delta(uint64_t row_number, uint64_t frame, uint64_t object, uint32_t number)
{
    struct paged_item item = {.object = object, .page = number};
    uint8_t key[ROW_ID_KEY_BYTES];
    struct bytes row = {0};
    uint64_t granules = number == PAGE_ALL ? 0 : 1;

    row_key_id(key, row_number);
    page_delta_begin(&row, frame);
    ck_assert(page_delta_add(&row, &item, &granules, page));
    put_row(STORE_DELTA, key, sizeof key, row.data, row.size);
    bytes_fini(&row);
}

START_TEST(deltas_that_cannot_be_are_refused)
{
    uint64_t last = world.agents->pages.log.next_row - 1;
    uint64_t frame = ledger_frame(world.ledger);

    put_delta(last, frame - 1, world.ids[1], 16);
    check_refused("page 16 of 4098, which has only 16");
    put_delta(last, frame - 1, 999999, 1);
    check_refused("agent or buffer 999999 never was");
    put_delta(last, frame - 1, world.customer, 1);
    check_refused("never was");
    put_delta(last, frame - 1, world.agents->objects.next, 1);
    check_refused("never was");
    put_delta(last, frame, world.ids[1], 1);
    check_refused("which is not there");
    put_delta(last, 0, world.ids[1], 1);
    check_refused("which is not there");
    put_delta(last + 1, frame - 1, world.ids[1], 1);
    check_refused("table delta");
}
END_TEST

START_TEST(a_lost_row_of_the_log_is_missed_wherever_it_was)
{
    for (int frame = 0; frame < 4; frame++) {
        poke(memory_of(1), 3, 0, 1, (uint8_t)(frame + 1));
        world_commit(&world);
    }
    for (uint64_t row = world.agents->pages.log.first_row; row < world.agents->pages.log.next_row;
         row++) {
        uint8_t key[ROW_ID_KEY_BYTES];
        struct store_memory *whole;

        row_key_id(key, row);
        ck_assert_int_eq(store_memory_copy(&whole, world.memory), ST_OK);
        put_row(STORE_DELTA, key, sizeof key, NULL, 0);
        check_refused(row + 1 == world.agents->pages.log.next_row ? "missing" : "should come here");
        store_memory_free(world.memory);
        world.memory = whole;
        world.store = store_from_memory(whole);
    }
    world_check_round_trip(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page_log");
    TCase *rows = tcase_create("rows");
    TCase *life = tcase_create("life");

    tcase_add_test(rows, an_image_keeps_its_granules_and_its_frame);
    tcase_add_test(rows, a_wrong_image_is_refused);
    tcase_add_test(rows, granules_that_do_not_fit_go_into_the_next_row);
    tcase_add_test(rows, a_row_is_filled_to_the_last_entry_that_fits);
    tcase_add_test(rows, wrong_deltas_are_refused);
    suite_add_tcase(suite, rows);
    tcase_add_checked_fixture(life, setup, teardown);
    tcase_add_test(life, a_frame_appends_what_changed_and_no_more);
    tcase_add_test(life, a_page_that_changed_wholly_is_written_as_an_image);
    tcase_add_test(life, the_log_is_swept_into_images);
    tcase_add_test(life, a_page_that_is_as_at_birth_again_loses_its_row);
    tcase_add_test(life, deltas_older_than_an_image_are_not_applied_to_it);
    tcase_add_test(life, what_became_another_program_is_not_haunted_by_the_log);
    tcase_add_test(life, the_log_of_the_dead_says_nothing);
    tcase_add_test(life, pages_that_are_durable_are_given_up_and_read_again);
    tcase_add_test(life, pages_of_an_agent_in_a_slot_stay);
    tcase_add_loop_test(life, random_lives_of_pages_come_back_after_every_frame, 0, 2);
    tcase_add_test(life, images_that_cannot_be_are_refused);
    tcase_add_test(life, deltas_that_cannot_be_are_refused);
    tcase_add_test(life, a_lost_row_of_the_log_is_missed_wherever_it_was);
    suite_add_tcase(suite, life);
    return check_main(suite);
}
