#include "base/endpoint.h"

#include <string.h>

#include "tests/check_main.h"

static void is_good(const char *text, enum endpoint_use use)
{
    struct endpoint endpoint;
    struct fault fault = {0};

    ck_assert_msg(endpoint_parse(&endpoint, text, use, &fault) == ST_OK, "%s: %s", text,
                  fault.text);
}

static void is_bad(const char *text, enum endpoint_use use, const char *says)
{
    struct endpoint endpoint;
    struct fault fault = {0};

    ck_assert_msg(endpoint_parse(&endpoint, text, use, &fault) == ST_INVALID, "%s is taken", text);
    ck_assert_msg(strstr(fault.text, says) != NULL, "%s: it says \"%s\", not \"%s\"", text,
                  fault.text, says);
}

START_TEST(what_can_work_is_taken_apart)
{
    struct endpoint endpoint;
    struct fault fault;

    ck_assert_int_eq(endpoint_parse(&endpoint, "tcp://oasis.example:9901", ENDPOINT_DIAL, &fault),
                     ST_OK);
    ck_assert_str_eq(endpoint.host, "oasis.example");
    ck_assert_uint_eq(endpoint.port, 9901);
    ck_assert(!endpoint.is_address);
    ck_assert_int_eq(endpoint_parse(&endpoint, "tcp://192.0.2.7:1", ENDPOINT_DIAL, &fault), ST_OK);
    ck_assert(endpoint.is_address && !endpoint.is_ipv6);
    ck_assert_int_eq(endpoint_parse(&endpoint, "tcp://[fe80::1%eth0]:65535", ENDPOINT_DIAL, &fault),
                     ST_OK);
    ck_assert_str_eq(endpoint.host, "fe80::1%eth0");
    ck_assert(endpoint.is_address && endpoint.is_ipv6);
    ck_assert_int_eq(endpoint_parse(&endpoint, "ipc:///run/oasis", ENDPOINT_DIAL, &fault), ST_OK);
    ck_assert_int_eq(endpoint.transport, ENDPOINT_IPC);
    ck_assert_str_eq(endpoint.host, "/run/oasis");
    is_good("tcp://a_b-c.d.:80", ENDPOINT_DIAL);
    is_good("tcp://[::1]:80", ENDPOINT_LISTEN);
    is_good("tcp://0.0.0.0:80", ENDPOINT_LISTEN);
    is_good("tcp://*:80", ENDPOINT_LISTEN);
}
END_TEST

START_TEST(what_can_never_work_is_refused_with_what_is_right)
{
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"", "neither tcp:// nor ipc://"},
        {"http://x", "neither tcp:// nor ipc://"},
        {"TCP://x:1", "neither tcp:// nor ipc://"},
        {"inproc://x", "neither tcp:// nor ipc://"},
        {"127.0.0.1:9901", "wants tcp://HOST:PORT"},
        {"tcp://", "the port is missing"},
        {"tcp://127.0.0.1", "the port is missing"},
        {"tcp://127.0.0.1:", "the port is missing"},
        {"tcp://127.0.0.1:0", "from 1 to 65535"},
        {"tcp://127.0.0.1:080", "from 1 to 65535"},
        {"tcp://127.0.0.1:99999", "from 1 to 65535"},
        {"tcp://127.0.0.1:65536", "from 1 to 65535"},
        {"tcp://127.0.0.1:4294977197", "from 1 to 65535"},
        {"tcp://127.0.0.1:-1", "from 1 to 65535"},
        {"tcp://127.0.0.1:*", "from 1 to 65535"},
        {"tcp://127.0.0.1:99x", "from 1 to 65535"},
        {"tcp://127.0.0.1:9901/path", "no path"},
        {"tcp://:9901", "the host is missing"},
        {"tcp://[]:9901", "the host is missing"},
        {"tcp://[::1:9901", "the port is missing"},
        {"tcp://[::g]:9901", "no IPv6 address"},
        {"tcp://[127.0.0.1]:9901", "no IPv6 address"},
        {"tcp://[fe80::1%]:9901", "no IPv6 address"},
        {"tcp://::1:9901", "in brackets"},
        {"tcp://256.0.0.1:9901", "no IPv4 address"},
        {"tcp://127.1:9901", "no IPv4 address"},
        {"tcp://a..b:9901", "no name and no address"},
        {"tcp://-a:9901", "no name and no address"},
        {"tcp://user@a:9901", "no name and no address"},
        {"tcp://a;b:9901", "no name and no address"},
        {"tcp://a b:9901", "no spaces"},
        {"tcp://a:9901\n", "no spaces"},
        {"tcp://\x1b[31m:9901", "no spaces"},
        {"tcp://\xc3\xa4:9901", "printable ASCII"},
        {"ipc://", "whole path"},
        {"ipc://*", "whole path"},
        {"ipc://run/x", "whole path"},
        {"ipc:///run/", "whole path"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        is_bad(bad[i].text, ENDPOINT_DIAL, bad[i].says);
        is_bad(bad[i].text, ENDPOINT_LISTEN, bad[i].says);
    }
}
END_TEST

START_TEST(where_everyone_may_listen_nobody_is_dialled)
{
    is_bad("tcp://*:9901", ENDPOINT_DIAL, "not dial it");
    is_bad("tcp://0.0.0.0:9901", ENDPOINT_DIAL, "not dial it");
    is_bad("tcp://[::]:9901", ENDPOINT_DIAL, "not dial it");
    is_good("tcp://[::]:9901", ENDPOINT_LISTEN);
}
END_TEST

START_TEST(lengths_are_bounded)
{
    char text[ENDPOINT_BYTES_MAX + 2] = "ipc:///";
    char label[] = "tcp://a23456789012345678901234567890123456789012345678901234567890123.x:1";
    char longer[] = "tcp://a234567890123456789012345678901234567890123456789012345678901234.x:1";

    memset(text + 7, 'a', sizeof text - 8);
    text[sizeof text - 1] = '\0';
    is_bad(text, ENDPOINT_DIAL, "at most 128 bytes");
    text[6 + ENDPOINT_PATH_BYTES_MAX + 1] = '\0';
    is_bad(text, ENDPOINT_DIAL, "at most 107 bytes");
    text[6 + ENDPOINT_PATH_BYTES_MAX] = '\0';
    is_good(text, ENDPOINT_DIAL);
    is_good(label, ENDPOINT_DIAL);
    is_bad(longer, ENDPOINT_DIAL, "no name");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *tcase = tcase_create("endpoint");

    tcase_add_test(tcase, what_can_work_is_taken_apart);
    tcase_add_test(tcase, what_can_never_work_is_refused_with_what_is_right);
    tcase_add_test(tcase, where_everyone_may_listen_nobody_is_dialled);
    tcase_add_test(tcase, lengths_are_bounded);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
