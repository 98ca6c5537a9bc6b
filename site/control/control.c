/* The envelope of control requests, and their answers: docs/control.md. */
#include "site/control/control.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/*
 * The first item of each kind of message names it, so no signature passes for one of another kind.
 */
static const char REQUEST_FORMAT[] = "serai-control-1";
static const char READ_FORMAT[] = "serai-read-1";
static const char SIGNED_READ_FORMAT[] = "serai-read-2";

enum { FORMAT_BYTES_MAX = 16 };

/* Append an encoded item.  A failure of `item` becomes one of `out`, which the caller looks at. */
static void control_put_raw(struct bytes *out, const struct bytes *item)
{
    bytes_append(out, item->data, item->size);
    if (item->failed)
        out->failed = true;
}

bool control_is_key(const uint8_t key[CONTROL_KEY_BYTES])
{
    uint8_t image[crypto_scalarmult_curve25519_BYTES];

    return crypto_core_ed25519_is_valid_point(key) == 1 &&
           crypto_sign_ed25519_pk_to_curve25519(image, key) == 0;
}

/*
 * Append an envelope (docs/control.md, "Messages") with either kind of payload: `number` is the
 * number of a request or the time of a read.
 */
static void control_put_envelope(struct bytes *out, const char *format,
                                 const struct control_signer *by, uint64_t number,
                                 const char *command, const struct bytes *args)
{
    struct bytes payload = {0};
    uint8_t signature[CONTROL_SIGNATURE_BYTES] = {0};

    static_assert(CONTROL_SIGNATURE_BYTES == crypto_sign_BYTES, "an Ed25519 signature");
    static_assert(CONTROL_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "an Ed25519 key");
    static_assert(CONTROL_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "an Ed25519 secret");

    cbor_put_array(&payload, 6);
    cbor_put_text(&payload, format);
    cbor_put_bytes(&payload, by->site_key, CONTROL_KEY_BYTES);
    cbor_put_bytes(&payload, by->key, CONTROL_KEY_BYTES);
    cbor_put_uint(&payload, number);
    cbor_put_text(&payload, command);
    control_put_raw(&payload, args);

    /* What could not be encoded is not signed: the envelope fails as a whole. */
    if (payload.failed)
        out->failed = true;
    else
        (void)!crypto_sign_detached(signature, NULL, payload.data, payload.size,
                                    by->secret); /* is 0 */
    cbor_put_array(out, 2);
    cbor_put_bytes(out, payload.data, payload.size);
    cbor_put_bytes(out, signature, sizeof signature);
    bytes_fini(&payload);
}

void control_sign(struct bytes *out, const uint8_t site_key[CONTROL_KEY_BYTES],
                  const uint8_t key[CONTROL_KEY_BYTES], const uint8_t secret[CONTROL_SECRET_BYTES],
                  uint64_t number, const char *command, const struct bytes *args)
{
    const struct control_signer by = {.site_key = site_key, .key = key, .secret = secret};

    control_put_envelope(out, REQUEST_FORMAT, &by, number, command, args);
}

void control_read_signed(struct bytes *out, const struct control_signer *by, uint64_t site_time_us,
                         const char *command, const struct bytes *args)
{
    control_put_envelope(out, SIGNED_READ_FORMAT, by, site_time_us, command, args);
}

void control_read(struct bytes *out, const char *command, const struct bytes *args)
{
    cbor_put_array(out, 3);
    cbor_put_text(out, READ_FORMAT);
    cbor_put_text(out, command);
    control_put_raw(out, args);
}

static void control_get_format(struct cbor *in, const char *format)
{
    char text[FORMAT_BYTES_MAX + 1];

    cbor_get_text(in, text, FORMAT_BYTES_MAX);
    if (in->error == NULL && strcmp(text, format) != 0)
        cbor_fail(in, "unknown format of request");
}

/* The args stay encoded: each command decodes its own. */
static void control_get_args(struct control_request *request, struct cbor *in)
{
    if (cbor_peek(in) != CBOR_ARRAY)
        cbor_fail(in, "args are not an array");
    request->args = cbor_get_raw(in, &request->args_size);
}

static enum status control_decode_read(struct control_request *request, struct cbor *in,
                                       struct fault *fault)
{
    request->is_read = true;
    control_get_format(in, READ_FORMAT);
    cbor_get_text(in, request->command, CONTROL_COMMAND_BYTES_MAX);
    control_get_args(request, in);
    return cbor_done(in, fault, "control read");
}

/* The payload of an envelope: of a command or of a signed read, by its format. */
static enum status control_decode_payload(struct control_request *request, struct fault *fault)
{
    struct cbor in;
    char format[FORMAT_BYTES_MAX + 1];
    uint64_t number;

    cbor_init(&in, request->payload, request->payload_size);
    cbor_get_array(&in, 6);
    cbor_get_text(&in, format, FORMAT_BYTES_MAX);
    request->is_read = strcmp(format, SIGNED_READ_FORMAT) == 0;
    if (in.error == NULL && !request->is_read && strcmp(format, REQUEST_FORMAT) != 0)
        cbor_fail(&in, "unknown format of request");
    request->is_signed = true;
    cbor_get_bytes_exact(&in, request->site_key, CONTROL_KEY_BYTES);
    cbor_get_bytes_exact(&in, request->key, CONTROL_KEY_BYTES);
    number = cbor_get_uint(&in, UINT64_MAX);
    *(request->is_read ? &request->site_time_us : &request->number) = number;
    cbor_get_text(&in, request->command, CONTROL_COMMAND_BYTES_MAX);
    control_get_args(request, &in);
    return cbor_done(&in, fault, "control request");
}

/* The envelope is read to its end before the payload, so no byte of it is left unread. */
static enum status control_decode_envelope(struct control_request *request, struct cbor *in,
                                           struct fault *fault)
{
    enum status status;

    request->payload = cbor_get_bytes(in, &request->payload_size, CONTROL_BYTES_MAX);
    cbor_get_bytes_exact(in, request->signature, CONTROL_SIGNATURE_BYTES);
    status = cbor_done(in, fault, "control envelope");
    if (status != ST_OK)
        return status;
    return control_decode_payload(request, fault);
}

enum status control_check_signature(const struct control_request *request, struct fault *fault)
{
    if (request->is_signed && crypto_sign_verify_detached(request->signature, request->payload,
                                                          request->payload_size, request->key) != 0)
        return fault_set(fault, ST_DENIED, "control request: the signature does not fit the key");
    return ST_OK;
}

enum status control_parse(struct control_request *request, const uint8_t *bytes, size_t size,
                          struct fault *fault)
{
    struct cbor in;
    uint64_t count;

    *request = (struct control_request){0};
    if (size > CONTROL_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "control request: %zu bytes, the most is %d", size,
                         CONTROL_BYTES_MAX);
    cbor_init(&in, bytes, size);
    /* The number of items tells the two forms apart: a read has 3, an envelope has 2. */
    count = cbor_get_array_any(&in, 3);
    if (in.error == NULL && count == 3)
        return control_decode_read(request, &in, fault);
    if (in.error == NULL && count == 2)
        return control_decode_envelope(request, &in, fault);
    cbor_fail(&in, "neither an envelope of 2 items nor a read of 3");
    return cbor_done(&in, fault, "control request");
}

enum status control_decode(struct control_request *request, const uint8_t *bytes, size_t size,
                           struct fault *fault)
{
    enum status status = control_parse(request, bytes, size, fault);

    return status == ST_OK ? control_check_signature(request, fault) : status;
}

/*
 * Append a message for people, cut to its bound.  It may quote what a client sent, and must decode
 * as text whatever that was: bytes beyond plain ASCII become '?'.
 */
static void control_put_message(struct bytes *out, const char *message)
{
    char text[CONTROL_MESSAGE_BYTES_MAX + 1];
    size_t used = 0;

    for (; used < CONTROL_MESSAGE_BYTES_MAX && message[used] != '\0'; used++) {
        unsigned char byte = (unsigned char)message[used];
        bool plain = byte == '\n' || (byte >= 0x20 && byte < 0x7f);

        text[used] = plain ? message[used] : '?';
    }
    text[used] = '\0';
    cbor_put_text(out, text);
}

void control_answer(struct bytes *out, enum control_status status, uint64_t frame,
                    const char *message, const struct bytes *result)
{
    cbor_put_array(out, 4);
    cbor_put_uint(out, (uint64_t)status);
    cbor_put_uint(out, frame);
    control_put_message(out, message == NULL ? "" : message);
    if (result == NULL || result->size == 0)
        cbor_put_null(out);
    else
        bytes_append(out, result->data, result->size);
    if (result != NULL && result->failed)
        out->failed = true;
}

void control_head(struct bytes *out, const uint8_t site_key[CONTROL_KEY_BYTES])
{
    cbor_put_array(out, 2);
    cbor_put_bytes(out, site_key, CONTROL_KEY_BYTES);
}

enum status control_head_decode(uint8_t site_key[CONTROL_KEY_BYTES],
                                const uint8_t head[CONTROL_HEAD_BYTES], struct fault *fault)
{
    /* CBOR: an array of two, and a byte string of that length. */
    static const uint8_t form[] = {0x82, 0x58, CONTROL_KEY_BYTES};

    if (memcmp(head, form, sizeof form) != 0)
        return fault_set(fault, ST_INVALID, "the answer does not begin with the key of a site");
    memcpy(site_key, head + sizeof form, CONTROL_KEY_BYTES);
    return ST_OK;
}

/* Statuses are exit codes, so they are not a range. */
static bool control_is_status(uint64_t value)
{
    return value == CONTROL_DONE || value == CONTROL_REFUSED || value == CONTROL_BAD_REQUEST ||
           value == CONTROL_MISSING || value == CONTROL_TRY_AGAIN || value == CONTROL_DENIED;
}

enum status control_reply_decode(struct control_reply *reply, const uint8_t *bytes, size_t size,
                                 struct fault *fault)
{
    struct cbor in;
    uint64_t status;

    *reply = (struct control_reply){0};
    cbor_init(&in, bytes, size);
    cbor_get_array(&in, 4);
    status = cbor_get_uint(&in, UINT8_MAX);
    if (in.error == NULL && !control_is_status(status))
        cbor_fail(&in, "unknown status");
    reply->status = (enum control_status)status;
    reply->frame = cbor_get_uint(&in, UINT64_MAX);
    cbor_get_text(&in, reply->message, CONTROL_MESSAGE_BYTES_MAX);
    reply->result = cbor_get_raw(&in, &reply->result_size);
    return cbor_done(&in, fault, "control answer");
}
