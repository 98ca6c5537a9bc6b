/* Messages of inboxes come from a slab and go back to it, with their data. */
#include "agents/inbox.h"

#include <string.h>

#include "base/slab.h"
#include "tests/check_main.h"

enum { MESSAGES = 1000 };

static struct slab slab;

static void setup(void)
{
    slab = (struct slab){0};
}

static void teardown(void)
{
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}

static struct inbox_message *make(const uint8_t *data, size_t size)
{
    const struct message message = {.id = 7, .badge = size, .data = data, .size = size};

    return inbox_message_new(&slab, &message);
}

START_TEST(a_message_has_a_copy_of_its_data_whatever_their_size)
{
    static uint8_t data[SERAI_MESSAGE_BYTES_MAX];
    static const size_t sizes[] = {0, 1, 63, 64, 65, 500, 700, 705, 2000, SERAI_MESSAGE_BYTES_MAX};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct inbox_message *message;

        memset(data, (int)i + 1, sizes[i]);
        message = make(data, sizes[i]);
        memset(data, 0, sizes[i]);
        ck_assert_uint_eq(message->m.id, 7);
        ck_assert_uint_eq(message->m.badge, sizes[i]);
        ck_assert(!message->saved && !message->changed && !message->front);
        ck_assert_ptr_null(message->next);
        for (size_t at = 0; at < sizes[i]; at++)
            ck_assert_uint_eq(message->m.data[at], i + 1);
        ck_assert_uint_eq(slab.used, 1);
        inbox_message_free(message);
        ck_assert_uint_eq(slab.used, 0);
    }
    inbox_message_free(NULL);
}
END_TEST

/* As with each frame: what came before has gone, and no more memory is taken for what comes. */
START_TEST(messages_that_come_and_go_take_no_memory_of_the_system)
{
    static struct inbox_message *messages[MESSAGES];
    const uint8_t data[64] = {0};
    const struct slab_page *all = NULL;

    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < MESSAGES; i++)
            messages[i] = make(data, i % sizeof data);
        for (size_t i = 0; i < MESSAGES; i++)
            inbox_message_free(messages[i]);
        if (round > 0)
            ck_assert_ptr_eq(slab.all, all); /* a new page would be the first */
        all = slab.all;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory of messages");
    TCase *tcase = tcase_create("memory of messages");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_message_has_a_copy_of_its_data_whatever_their_size);
    tcase_add_test(tcase, messages_that_come_and_go_take_no_memory_of_the_system);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
