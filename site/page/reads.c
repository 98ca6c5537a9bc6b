#include "site/page/reads.h"

#include "base/cbor.h"
#include "site/page/number.h"

void page_say_error(struct http_answer *answer, unsigned status, const char *text)
{
    struct json json = {.out = &answer->body};

    bytes_clear(&answer->body);
    answer->status = status;
    answer->type = "application/json";
    json_open(&json, '{');
    json_put_text(&json, "error", text);
    json_close(&json, '}');
}

/* ---- arguments ---- */

/* Append one argument.  NULL, or what is wrong with it. */
static const char *read_put_argument(struct bytes *args, const struct page_argument *argument,
                                     const struct http_query *query)
{
    const char *text = http_value(query, argument->name);
    uint64_t number = 0;

    if (argument->kind == ARGUMENT_TEXT) {
        if (text == NULL || text[0] == '\0' || !utf8_is_valid(text, strlen(text)))
            return "a parameter is missing, or is no text";
        cbor_put_text(args, text);
        return NULL;
    }
    if (text == NULL && argument->kind == ARGUMENT_NUMBER)
        return "a number is missing";
    if (text != NULL && !number_read(text, &number))
        return "a parameter wants a number";
    cbor_put_uint(args, number);
    return NULL;
}

static const char *read_put_arguments(struct bytes *args, const struct page_read *read,
                                      const struct http_query *query)
{
    size_t count = 0;
    const char *wrong = NULL;

    while (count < 3 && read->arguments[count].kind != ARGUMENT_NONE)
        count++;
    cbor_put_array(args, count);
    for (size_t i = 0; i < count && wrong == NULL; i++)
        wrong = read_put_argument(args, &read->arguments[i], query);
    return wrong;
}

/* ---- the answer ---- */

static unsigned read_http_status(enum control_status status)
{
    switch (status) {
    case CONTROL_DONE:
        return 200;
    case CONTROL_BAD_REQUEST:
        return 400;
    case CONTROL_MISSING:
        return 404;
    case CONTROL_DENIED:
        return 403;
    case CONTROL_REFUSED:
    case CONTROL_TRY_AGAIN:
        break;
    }
    return 503;
}

static void read_show(struct http_answer *answer, const struct control_reply *reply)
{
    struct json json = {.out = &answer->body};

    if (reply->status != CONTROL_DONE) {
        page_say_error(answer, read_http_status(reply->status), reply->message);
        return;
    }
    answer->type = "application/json";
    json_cbor(&json, reply->result, reply->result_size);
}

void page_read_answer(const struct ask *ask, const struct page_read *read,
                      const struct http_query *query, struct http_answer *answer)
{
    struct control_reply reply;
    struct fault fault = {0};
    struct bytes args = {0};
    struct bytes bytes = {0};
    const char *wrong = read_put_arguments(&args, read, query);

    if (wrong != NULL)
        page_say_error(answer, 400, wrong);
    else if (page_ask(ask, read->command, &args, &bytes, &reply, &fault) != ST_OK)
        page_say_error(answer, 503, fault.text);
    else
        read_show(answer, &reply);
    bytes_fini(&args);
    bytes_fini(&bytes);
}
