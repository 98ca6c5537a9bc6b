#include "site/config/config.h"
#include "tests/check_main.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const orders[] = {"event_info", "facet_send"};

static int order_number(const char *name)
{
    for (int i = 0; i < 2; i++) {
        if (strcmp(orders[i], name) == 0)
            return i;
    }
    return -1;
}

static const char *order_name(int number)
{
    return number >= 0 && number < 2 ? orders[number] : NULL;
}

static const struct order_names names = {order_number, order_name};

static char dir[64];
static char reported[4000];
static struct fault fault;
static struct site_config config;
static struct pricebook book;

static void path_in(char path[200], const char *name)
{
    (void)snprintf(path, 200, "%s/%s", dir, name);
}

static void write_file(const char *name, const char *text)
{
    char path[200];
    FILE *file;

    path_in(path, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void make_dir(void)
{
    (void)strcpy(dir, "/tmp/serai-config-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    reported[0] = '\0';
    memset(&fault, 0, sizeof fault);
}

static void remove_dir(void)
{
    static const char *const files[] = {"site.toml", "prices.toml"};
    char path[200];

    for (int i = 0; i < 2; i++) {
        path_in(path, files[i]);
        ck_assert(unlink(path) == 0 || errno == ENOENT || rmdir(path) == 0);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}

static void note(void *context, const struct config_error *error)
{
    size_t size = strlen(reported);

    (void)context;
    (void)snprintf(reported + size, sizeof reported - size, "%s:%u:%u: %s\n", error->file,
                   error->line, error->column, error->text);
}

static enum status load(void)
{
    struct config_reader reader = {&names, note, NULL};

    return config_load(dir, &reader, &config, &book, &fault);
}

static void expect_error(const char *text)
{
    ck_assert_msg(strstr(reported, text) != NULL, "\"%s\" is not among:\n%s", text, reported);
}

START_TEST(new_files_load_as_the_defaults)
{
    struct site_config fallback;
    struct pricebook posted;
    char socket[200];

    ck_assert_int_eq(config_write_new(dir, "north-1", &names, &fault), ST_OK);
    ck_assert_msg(load() == ST_OK, "%s\n%s", fault.text, reported);
    site_config_default(&fallback);
    pricebook_default(&posted, &names);
    path_in(socket, "control.sock");
    ck_assert_str_eq(config.name, "north-1");
    ck_assert_str_eq(config.socket, socket);
    ck_assert_int_eq(config.log_level, LOG_INFO);
    ck_assert_int_eq(config.log_level, fallback.log_level);
    ck_assert_uint_eq(config.map_bytes, (uint64_t)4 << 30);
    ck_assert_uint_eq(config.max_bytes, (uint64_t)64 << 40); /* as far as the disk has room */
    ck_assert_uint_eq(config.disk_low_percent, 30);
    ck_assert_uint_eq(config.disk_full_percent, 15);
    ck_assert_uint_eq(config.log_bytes, 256 << 20);
    ck_assert_uint_eq(config.segment_bytes, 64 << 20);
    ck_assert_uint_eq(book.heap_deposit.nanos, posted.heap_deposit.nanos);
    ck_assert_uint_eq(pricebook_order(&book, 1).nanos, 5);
}
END_TEST

START_TEST(new_files_never_replace_old_ones)
{
    write_file("site.toml", "name = \"old\"\n");
    ck_assert_int_eq(config_write_new(dir, "new", &names, &fault), ST_EXISTS);
    write_file("prices.toml", "");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_str_eq(config.name, "old");
}
END_TEST

START_TEST(a_bad_name_writes_nothing)
{
    ck_assert_int_eq(config_write_new(dir, "No Name", &names, &fault), ST_INVALID);
    ck_assert_int_eq(config_write_new(dir, "", &names, &fault), ST_INVALID);
    ck_assert_int_eq(load(), ST_MISSING);
}
END_TEST

START_TEST(files_cannot_be_written_into_nowhere)
{
    ck_assert_int_eq(config_write_new("/nowhere/at/all", "site", &names, &fault), ST_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, "/nowhere/at/all/site.toml"));
}
END_TEST

START_TEST(the_bound_of_the_books_holds_for_their_first_map)
{
    write_file("site.toml", "name = \"old\"\nledger.map_bytes = \"64MiB\"\n");
    write_file("prices.toml", "");
    ck_assert_int_eq(load(), ST_OK); /* a file from before there was a bound: there is none */
    ck_assert_uint_eq(config.map_bytes, 64 << 20);
    ck_assert_uint_eq(config.max_bytes, (uint64_t)64 << 40);
    write_file("site.toml",
               "name = \"n\"\nledger.map_bytes = \"64MiB\"\nstore.max_bytes = \"16MiB\"\n");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_uint_eq(config.map_bytes, 16 << 20);
    ck_assert_uint_eq(config.max_bytes, 16 << 20);
    write_file("site.toml", "name = \"n\"\nstore.max_bytes = \"1KiB\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:2:19: store.max_bytes: wants \"\" or from 1MiB to 64TiB");
    write_file("site.toml", "name = \"n\"\nstore.max_bytes = \"all\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:2:19: store.max_bytes: \"all\" is not a size");
}
END_TEST

START_TEST(full_comes_after_low)
{
    write_file("prices.toml", "");
    write_file("site.toml", "name = \"n\"\nstore.disk_low = \"10%\"\nstore.disk_full = \"20%\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("store.disk_full: wants no more than store.disk_low");
    write_file("site.toml", "name = \"n\"\nstore.disk_low = \"91%\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("store.disk_low: wants a share from \"0%\" to \"90%\"");
}
END_TEST

START_TEST(every_setting_is_read)
{
    write_file("site.toml", "name = \"south\"\ncontrol.socket = \"/run/s\"\n"
                            "log = { level = \"debug\" }\n[ledger]\nmap_bytes = \"64MiB\"\n");
    write_file("prices.toml", "currency = \"USD\"\n[heap]\ndeposit = \"1\"\n[orders]\n"
                              "event_info = \"0.000000007\"\n");
    ck_assert_msg(load() == ST_OK, "%s\n%s", fault.text, reported);
    ck_assert_str_eq(config.name, "south");
    ck_assert_str_eq(config.socket, "/run/s");
    ck_assert_int_eq(config.log_level, LOG_DEBUG);
    ck_assert_uint_eq(config.map_bytes, 64 << 20);
    ck_assert_str_eq(book.currency, "USD");
    ck_assert_uint_eq(book.heap_deposit.nanos, 1000000000);
    ck_assert_uint_eq(pricebook_order(&book, 0).nanos, 7);
}
END_TEST

START_TEST(who_may_connect_is_a_mode_and_a_group)
{
    static const char *const wrong[] = {"777", "060", "01660", "0x1", "", "rw", "0600 "};
    char text[80];

    write_file("prices.toml", "");
    write_file("site.toml", "");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_uint_eq(config.socket_mode, 0600);
    ck_assert_uint_eq(config.socket_group, CONFIG_NO_GROUP);
    write_file("site.toml", "control.mode = \"0660\"\ncontrol.group = \"root\"\n");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_uint_eq(config.socket_mode, 0660);
    ck_assert_uint_ne(config.socket_group, CONFIG_NO_GROUP);
    ck_assert_uint_eq(config.socket_group, 0);
    write_file("site.toml", "control.group = \"4294967294\"\n");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_uint_eq(config.socket_group, 4294967294);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(text, sizeof text, "control.mode = \"%s\"\n", wrong[i]);
        write_file("site.toml", text);
        ck_assert_msg(load() == ST_INVALID, "mode \"%s\"", wrong[i]);
        expect_error("site.toml:1:16: control.mode: wants an octal mode");
    }
    write_file("site.toml", "control.mode = \"0600\"\ncontrol.group = \"no such one\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:2:17: control.group: there is no group \"no such one\"");
    write_file("site.toml", "control.group = \"4294967295\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:17: control.group: 4294967295 is no number of a group");
}
END_TEST

static void note_change(void *context, const struct config_change *change)
{
    size_t size = strlen(reported);

    (void)context;
    (void)snprintf(reported + size, sizeof reported - size, "%s %s > %s%s\n", change->key,
                   change->old, change->new, change->reloads ? "" : " at start");
}

/* Load site.toml with this text, and note what differs from `before`. */
static void load_other(const struct site_config *before, const char *text)
{
    write_file("site.toml", text);
    ck_assert_msg(load() == ST_OK, "%s\n%s", fault.text, reported);
    reported[0] = '\0';
    config_each_change(before, &config, note_change, NULL);
}

START_TEST(what_differs_is_told_by_value_and_by_when_it_takes_effect)
{
    struct site_config before;

    write_file("prices.toml", "");
    load_other(&config, "");
    before = config;
    load_other(&before, "ledger.map_bytes = \"4096MiB\"\ncontrol.mode = \"600\"\n");
    ck_assert_str_eq(reported, ""); /* the same values, in other words */
    load_other(&before, "log.level = \"warn\"\nname = \"abc\"\ncontrol.group = \"7\"\n"
                        "engine.tier1 = \"all\"\n");
    ck_assert_str_eq(reported, "name site > abc at start\ncontrol.group  > 7\n"
                               "log.level info > warn\nengine.tier1 off > all at start\n");
    config_take_reloads(&before, &config);
    reported[0] = '\0';
    config_each_change(&before, &config, note_change, NULL);
    ck_assert_str_eq(reported, "name site > abc at start\nengine.tier1 off > all at start\n");
    ck_assert_int_eq(before.log_level, LOG_WARN);
    ck_assert_str_eq(before.name, "site");
}
END_TEST

/* A key whose place in the table is wrong would change unseen. */
START_TEST(a_change_of_each_key_is_seen)
{
    static const char *const others[][2] = {
        {"name", "north"},
        {"control.socket", "other.sock"},
        {"control.mode", "0666"},
        {"control.group", "0"},
        {"log.level", "error"},
        {"ledger.map_bytes", "8GiB"},
        {"ledger.segment_bytes", "1MiB"},
        {"store.disk_low", "31%"},
        {"store.disk_full", "14%"},
        {"store.log_bytes", "255MiB"},
        {"link.listen", "tcp://127.0.0.1:9901"},
        {"metrics.listen", "127.0.0.1:9464"},
        {"metrics.mode", "0666"},
        {"engine.tier1", "all"},
        {"engine.compiler", "gcc"},
        {"engine.jail", "weak"},
        {"engine.hot_fuel", "100000001"},
        {"engine.effort_fuel", "2000001"},
        {"engine.objects", "255"},
        {"engine.compile_seconds", "31"},
        {"engine.compile_memory", "2GiB"},
        {"engine.module_bytes", "255KiB"},
        {"engine.object_bytes", "5MiB"},
        {"engine.cache_bytes", "255MiB"},
        {"engine.cache_objects", "1023"},
    };
    struct site_config before;
    char text[200];

    write_file("prices.toml", "");
    load_other(&config, "");
    before = config;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        (void)snprintf(text, sizeof text, "%s = \"%s\"\n", others[i][0], others[i][1]);
        load_other(&before, text);
        ck_assert_msg(strncmp(reported, others[i][0], strlen(others[i][0])) == 0 &&
                          strchr(reported, '\n') == reported + strlen(reported) - 1,
                      "%s: %s", others[i][0], reported);
    }
    load_other(&before, "engine.tier1 = \"named\"\nengine.codes = \"018756c35681a4d0b4ed59e0f7"
                        "97ae05130462457d8bd60050f0b9b6d0544588\"\n");
    ck_assert_ptr_nonnull(strstr(reported, "engine.codes  > 018756c3"));
    ck_assert_ptr_nonnull(strstr(reported, "\\... at start\n")); /* a long one is cut */
}
END_TEST

START_TEST(all_errors_of_both_files_are_reported_with_their_place)
{
    config.name[0] = 'K';
    write_file("site.toml", "nam = \"x\"\n[log]\nlevel = \"loud\"\n[extra]\n[ledger]\n"
                            "map_bytes = 5\n");
    write_file("prices.toml", "[heap]\n  deposit = 0.002\n[heep]\n[compute]\nprice = \"-1\"\n"
                              "turn_fuel_max = \"9\"\n[memory]\nrent = [\"1\"]\nrant = \"1\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:1: no setting is called \"nam\"; did you mean \"name\"?");
    expect_error("site.toml:3:9: log.level: wants error");
    expect_error("site.toml:4:2: no setting is called \"extra\"");
    expect_error("site.toml:6:13: ledger.map_bytes: wants a text");
    expect_error("prices.toml:2:13: heap.deposit: an amount is a text in decimal: write \"0.002\"");
    expect_error("prices.toml:3:2: no price is called \"heep\"");
    expect_error("prices.toml:5:9: compute.price");
    expect_error("prices.toml:6:17: compute.turn_fuel_max");
    expect_error("prices.toml:8:8: memory.rent");
    expect_error("prices.toml:9:1: no price is called \"memory.rant\"; did you mean "
                 "\"memory.rent\"?");
    ck_assert_ptr_nonnull(strstr(fault.text, "4 errors in site.toml and 6 in prices.toml"));
    ck_assert_int_eq(config.name[0], 'K');
}
END_TEST

START_TEST(a_file_that_is_not_toml_is_reported_beside_the_others_errors)
{
    write_file("site.toml", "name = \n");
    write_file("prices.toml", "bad = 1\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:");
    expect_error("prices.toml:1:1: no price is called \"bad\"");
}
END_TEST

START_TEST(a_table_in_the_place_of_a_value_is_refused)
{
    write_file("site.toml", "[name]\n");
    write_file("prices.toml", "heap = \"x\"\n[currency]\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:1: name: wants a text");
    expect_error("prices.toml:1:1: no price is called \"heap\"");
    expect_error("prices.toml:2:1: currency: wants a text");
}
END_TEST

START_TEST(a_book_that_contradicts_itself_is_refused)
{
    write_file("site.toml", "");
    write_file("prices.toml", "[compute]\nturn_fuel_max = 2000\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("prices.toml:0:0: compute.reserve_fuel is more than compute.turn_fuel_max");
}
END_TEST

START_TEST(settings_out_of_range_are_refused)
{
    char text[400];

    (void)snprintf(text, sizeof text,
                   "name = \"%0*d\"\ncontrol.socket = \"%0*d\"\nledger.map_bytes = \"1KiB\"\n", 33,
                   0, 108, 0);
    write_file("site.toml", text);
    write_file("prices.toml", "");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:8: name: wants 1 to 32");
    expect_error("site.toml:2:18: control.socket: wants a path");
    expect_error("site.toml:3:20: ledger.map_bytes: wants from 1MiB");
    write_file("site.toml", "ledger.map_bytes = \"much\"\ncontrol.socket = \"\"\n"
                            "store.log_bytes = \"65GiB\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:20: ledger.map_bytes: \"much\" is not a size");
    expect_error("site.toml:2:18: control.socket: wants a path");
    expect_error("site.toml:3:19: store.log_bytes: wants from 1MiB to 64GiB");
}
END_TEST

START_TEST(where_neighbours_dial_is_an_address_of_zeromq_or_nowhere)
{
    static const char *const good[] = {"", "tcp://127.0.0.1:9901", "tcp://*:9901", "ipc:///run/s"};
    static const char *const bad[] = {"127.0.0.1:9901", "http://a", "tcp://", "inproc://a"};
    char text[400];

    write_file("prices.toml", "");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)snprintf(text, sizeof text, "link.listen = \"%s\"\n", good[i]);
        write_file("site.toml", text);
        ck_assert_msg(load() == ST_OK, "%s\n%s", good[i], reported);
        ck_assert_str_eq(config.link_listen, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "link.listen = \"%s\"\n", bad[i]);
        write_file("site.toml", text);
        ck_assert_msg(load() == ST_INVALID, "%s is taken", bad[i]);
        expect_error("site.toml:1:15: link.listen: wants");
    }
    (void)snprintf(text, sizeof text, "link.listen = \"tcp://%0*d\"\n", CONFIG_ENDPOINT_BYTES - 6,
                   0);
    write_file("site.toml", text);
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("at most 128 bytes");
}
END_TEST

START_TEST(the_engine_is_off_until_somebody_says_otherwise)
{
    write_file("prices.toml", "");
    write_file("site.toml", "");
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_int_eq(config.engine.mode, TIER1_OFF);
    ck_assert_str_eq(config.engine.compiler, "cc");
    ck_assert(!config.engine.weak_jail);
    ck_assert_uint_eq(config.engine.hot_fuel, 100000000);
    ck_assert_uint_eq(config.engine.effort_fuel, 2000000);
    ck_assert_uint_eq(config.engine.compile_bytes, UINT64_C(1) << 30);
}
END_TEST

#define CODE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

START_TEST(the_engine_can_be_set)
{
    write_file("prices.toml", "");
    write_file("site.toml", "[engine]\n"
                            "tier1 = \"named\"\n"
                            "codes = \"\"\"\n  " CODE "\n  " CODE "\n\"\"\"\n"
                            "compiler = \"/usr/bin/clang\"\n"
                            "jail = \"weak\"\n"
                            "hot_fuel = \"5\"\n"
                            "effort_fuel = \"0\"\n"
                            "objects = \"7\"\n"
                            "compile_seconds = \"9\"\n"
                            "compile_memory = \"512MiB\"\n"
                            "module_bytes = \"64KiB\"\n"
                            "object_bytes = \"1MiB\"\n"
                            "cache_bytes = \"8MiB\"\n"
                            "cache_objects = \"11\"\n");
    ck_assert_msg(load() == ST_OK, "%s", reported);
    ck_assert_int_eq(config.engine.mode, TIER1_NAMED);
    ck_assert_uint_eq(config.engine.code_count, 2);
    ck_assert_uint_eq(config.engine.codes[1].bytes[0], 0x01);
    ck_assert_uint_eq(config.engine.codes[1].bytes[31], 0xef);
    ck_assert_str_eq(config.engine.compiler, "/usr/bin/clang");
    ck_assert(config.engine.weak_jail);
    ck_assert_uint_eq(config.engine.hot_fuel, 5);
    ck_assert_uint_eq(config.engine.effort_fuel, 0);
    ck_assert_uint_eq(config.engine.objects_max, 7);
    ck_assert_uint_eq(config.engine.compile_s, 9);
    ck_assert_uint_eq(config.engine.compile_bytes, 512 << 20);
    ck_assert_uint_eq(config.engine.module_bytes_max, 64 << 10);
    ck_assert_uint_eq(config.engine.object_bytes_max, 1 << 20);
    ck_assert_uint_eq(config.engine.cache_bytes_max, 8 << 20);
    ck_assert_uint_eq(config.engine.cache_objects_max, 11);
}
END_TEST

START_TEST(each_wrong_setting_of_the_engine_says_what_it_wants)
{
    static const struct {
        const char *line;
        const char *error;
    } bad[] = {
        {"tier1 = \"yes\"", "engine.tier1: wants off, named or all"},
        {"tier1 = true", "engine.tier1: wants a text in quotes"},
        {"tier1 = \"named\"", "engine.codes: names no code"},
        {"codes = \"abcd\"", "engine.codes: \"abcd\" is no code id: 64 digits of hex"},
        {"codes = \"x" CODE "\"", "is no code id"},
        {"compiler = \"\"", "engine.compiler: wants a name"},
        {"compiler = \"bin/cc\"", "engine.compiler: wants a name"},
        {"jail = \"none\"", "engine.jail: wants full or weak"},
        {"hot_fuel = \"0\"", "engine.hot_fuel: wants a number from 1 to"},
        {"hot_fuel = \"-1\"", "engine.hot_fuel: wants a number"},
        {"hot_fuel = \"99999999999999999999\"", "engine.hot_fuel: wants a number"},
        {"effort_fuel = \"1000000000001\"",
         "engine.effort_fuel: wants a number from 0 to 1000000000000"},
        {"objects = \"4097\"", "engine.objects: wants a number from 1 to 4096"},
        {"compile_seconds = \"1s\"", "engine.compile_seconds: wants a number from 1 to 3600"},
        {"compile_memory = \"1MiB\"", "engine.compile_memory: wants from 64MiB to 1024GiB"},
        {"compile_memory = \"much\"", "engine.compile_memory"},
        {"module_bytes = \"2MiB\"", "engine.module_bytes: wants from 1B to 1MiB"},
        {"object_bytes = \"1\"", "engine.object_bytes: wants from 64KiB to 256MiB"},
        {"cache_bytes = \"1\"", "engine.cache_bytes: wants from 1MiB to"},
        {"cache_bytes = \"2MiB\"", "engine.cache_bytes: wants at least engine.object_bytes"},
        {"cache_objects = \"0\"", "engine.cache_objects: wants a number from 1 to 65536"},
        {"tier2 = \"all\"", "did you mean \"engine.tier1\"?"},
    };
    char text[200];

    write_file("prices.toml", "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "[engine]\n%s\n", bad[i].line);
        write_file("site.toml", text);
        ck_assert_msg(load() == ST_INVALID, "%s is taken", bad[i].line);
        expect_error(bad[i].error);
    }
}
END_TEST

static void load_with(const char *text)
{
    write_file("prices.toml", "");
    write_file("site.toml", text);
    reported[0] = '\0';
    if (load() != ST_OK)
        ck_abort_msg("%s\n%s", text, reported);
}

START_TEST(figures_are_served_nowhere_until_somebody_says_where)
{
    char path[200];

    load_with("");
    ck_assert_int_eq(config.metrics.place, METRICS_NOWHERE);
    ck_assert_uint_eq(config.metrics.mode, 0600);
    ck_assert(!config.metrics.remote);
    load_with("metrics.listen = \"127.0.0.1:9464\"\n");
    ck_assert_int_eq(config.metrics.place, METRICS_TCP);
    ck_assert_str_eq(config.metrics.host, "127.0.0.1");
    ck_assert_uint_eq(config.metrics.port, 9464);
    load_with("metrics.listen = \"[::1]:65535\"\n");
    ck_assert_str_eq(config.metrics.host, "::1");
    ck_assert_uint_eq(config.metrics.port, 65535);
    load_with("metrics.mode = \"0666\"\nmetrics.listen = \"unix:m.sock\"\n");
    ck_assert_int_eq(config.metrics.place, METRICS_UNIX);
    path_in(path, "m.sock");
    ck_assert_str_eq(config.metrics.path, path);
    ck_assert_uint_eq(config.metrics.mode, 0666);
    load_with("metrics.listen = \"unix:/run/m\"\n");
    ck_assert_str_eq(config.metrics.path, "/run/m");
    load_with("[metrics]\nremote = \"yes\"\nlisten = \"0.0.0.0:1\"\n");
    ck_assert_str_eq(config.metrics.host, "0.0.0.0");
    ck_assert(config.metrics.remote);
}
END_TEST

START_TEST(other_machines_see_figures_only_where_that_is_said)
{
    static const char *const wide[] = {"0.0.0.0:9464", "10.0.0.1:9464", "[::]:9464",
                                       "[2001:db8::1]:9464"};
    char text[120];

    write_file("prices.toml", "");
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        (void)snprintf(text, sizeof text, "metrics.listen = \"%s\"\n", wide[i]);
        write_file("site.toml", text);
        ck_assert_msg(load() == ST_INVALID, "%s", text);
        ck_assert_ptr_nonnull(strstr(reported, "metrics.remote"));
    }
    load_with("metrics.listen = \"127.9.9.9:1\"\n");
}
END_TEST

START_TEST(the_page_is_off_at_first_and_never_for_other_machines)
{
    load_with("metrics.listen = \"127.0.0.1:9464\"\n");
    ck_assert(!config.metrics.page);
    load_with("[metrics]\npage = \"yes\"\nlisten = \"127.0.0.1:9464\"\n");
    ck_assert(config.metrics.page); /* in whichever order they come */
    load_with("[metrics]\nlisten = \"unix:m.sock\"\npage = \"yes\"\n");
    ck_assert(config.metrics.page);
    write_file("site.toml",
               "[metrics]\nlisten = \"0.0.0.0:1\"\nremote = \"yes\"\npage = \"yes\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(reported, "metrics.page"));
    write_file("site.toml", "metrics.page = \"on\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:16: metrics.page: wants \"no\" or \"yes\"");
}
END_TEST

START_TEST(wrong_places_for_figures_say_what_is_wanted)
{
    static const char *const wrong[] = {"9464",
                                        ":9464",
                                        "localhost:9464",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:0",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:1x",
                                        "127.0.0.1:-1",
                                        "127.0.0.1:094",
                                        "127.0.0.1:123456",
                                        "[127.0.0.1]:1",
                                        "::1:1",
                                        "[::1:1",
                                        "]:1",
                                        "[:1",
                                        "[]:1",
                                        "unix:",
                                        "http://127.0.0.1:1"};
    char text[120];

    write_file("prices.toml", "");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(text, sizeof text, "metrics.listen = \"%s\"\n", wrong[i]);
        write_file("site.toml", text);
        reported[0] = '\0';
        ck_assert_msg(load() == ST_INVALID, "%s", text);
        expect_error("site.toml:1:18: metrics.listen: wants");
    }
    write_file("site.toml", "metrics.mode = \"0777\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:16: metrics.mode: wants an octal mode");
    write_file("site.toml", "metrics.remote = \"true\"\n");
    ck_assert_int_eq(load(), ST_INVALID);
    expect_error("site.toml:1:18: metrics.remote: wants \"no\" or \"yes\"");
}
END_TEST

START_TEST(a_socket_path_that_no_socket_can_have_is_refused)
{
    char text[200];

    (void)snprintf(text, sizeof text, "control.socket = \"%0*d\"\n", 105, 0);
    write_file("site.toml", text);
    write_file("prices.toml", "");
    ck_assert_int_eq(load(), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "shorter absolute path"));
}
END_TEST

START_TEST(a_missing_file_is_told_from_an_unreadable_one)
{
    char path[200];

    ck_assert_int_eq(load(), ST_MISSING);
    ck_assert_ptr_nonnull(strstr(fault.text, "site.toml"));
    write_file("site.toml", "");
    ck_assert_int_eq(load(), ST_MISSING);
    ck_assert_ptr_nonnull(strstr(fault.text, "prices.toml"));
    path_in(path, "prices.toml");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(load(), ST_IO);
    ck_assert_str_eq(reported, "");
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
    char path[200];

    write_file("site.toml", "");
    write_file("prices.toml", "");
    path_in(path, "site.toml");
    ck_assert_int_eq(truncate(path, CONFIG_FILE_BYTES_MAX + 1), 0);
    ck_assert_int_eq(load(), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "more than"));
}
END_TEST

START_TEST(a_directory_name_that_is_too_long_is_refused)
{
    char name[2 * CONFIG_PATH_BYTES];
    struct config_reader reader = {&names, note, NULL};

    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(config_load(name, &reader, &config, &book, &fault), ST_INVALID);
    ck_assert_int_eq(config_write_new(name, "site", &names, &fault), ST_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *files = tcase_create("files");

    tcase_add_test(files, the_engine_is_off_until_somebody_says_otherwise);
    tcase_add_test(files, the_engine_can_be_set);
    tcase_add_test(files, each_wrong_setting_of_the_engine_says_what_it_wants);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(files, make_dir, remove_dir);
    tcase_add_test(files, new_files_load_as_the_defaults);
    tcase_add_test(files, new_files_never_replace_old_ones);
    tcase_add_test(files, a_bad_name_writes_nothing);
    tcase_add_test(files, files_cannot_be_written_into_nowhere);
    tcase_add_test(files, the_bound_of_the_books_holds_for_their_first_map);
    tcase_add_test(files, full_comes_after_low);
    tcase_add_test(files, every_setting_is_read);
    tcase_add_test(files, who_may_connect_is_a_mode_and_a_group);
    tcase_add_test(files, what_differs_is_told_by_value_and_by_when_it_takes_effect);
    tcase_add_test(files, a_change_of_each_key_is_seen);
    tcase_add_test(files, all_errors_of_both_files_are_reported_with_their_place);
    tcase_add_test(files, a_file_that_is_not_toml_is_reported_beside_the_others_errors);
    tcase_add_test(files, a_table_in_the_place_of_a_value_is_refused);
    tcase_add_test(files, a_book_that_contradicts_itself_is_refused);
    tcase_add_test(files, settings_out_of_range_are_refused);
    tcase_add_test(files, where_neighbours_dial_is_an_address_of_zeromq_or_nowhere);
    tcase_add_test(files, figures_are_served_nowhere_until_somebody_says_where);
    tcase_add_test(files, other_machines_see_figures_only_where_that_is_said);
    tcase_add_test(files, wrong_places_for_figures_say_what_is_wanted);
    tcase_add_test(files, the_page_is_off_at_first_and_never_for_other_machines);
    tcase_add_test(files, a_socket_path_that_no_socket_can_have_is_refused);
    tcase_add_test(files, a_missing_file_is_told_from_an_unreadable_one);
    tcase_add_test(files, a_file_that_is_too_long_is_refused);
    tcase_add_test(files, a_directory_name_that_is_too_long_is_refused);
    return check_main(suite);
}
