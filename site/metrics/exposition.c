#include "site/metrics/exposition.h"

#include <inttypes.h>
#include <stdio.h>

static void put_text(struct bytes *out, const char *text)
{
    bytes_append(out, text, strlen(text));
}

void exposition_family(struct bytes *out, const char *name, const char *type, const char *help)
{
    put_text(out, "# HELP ");
    put_text(out, name);
    put_text(out, " ");
    put_text(out, help); /* ours: nothing in it needs an escape */
    put_text(out, "\n# TYPE ");
    put_text(out, name);
    put_text(out, " ");
    put_text(out, type);
    put_text(out, "\n");
}

/* One character of a label's value.  Returns how many bytes of `text` it took. */
static size_t put_character(struct bytes *out, const char *text, size_t size)
{
    uint32_t character;
    size_t taken = utf8_next(text, size, &character);

    if (taken == 0) {
        put_text(out, "\xef\xbf\xbd"); /* U+FFFD: the format wants UTF-8, and so do its readers */
        return 1;
    }
    if (character == '\n')
        put_text(out, "\\n");
    else if (character == '"')
        put_text(out, "\\\"");
    else if (character == '\\')
        put_text(out, "\\\\");
    else
        bytes_append(out, text, taken);
    return taken;
}

static void put_label(struct bytes *out, const struct label *label, const char *before)
{
    size_t size = strlen(label->value);

    put_text(out, before);
    put_text(out, label->name);
    put_text(out, "=\"");
    for (size_t at = 0; at < size;)
        at += put_character(out, label->value + at, size - at);
    put_text(out, "\"");
}

/* A sample up to its value. */
static void put_sample(struct bytes *out, const char *name, const struct label *labels)
{
    bool any = labels != NULL && labels[0].name != NULL;

    put_text(out, name);
    for (size_t i = 0; any && i < EXPOSITION_LABELS_MAX && labels[i].name != NULL; i++)
        put_label(out, &labels[i], i == 0 ? "{" : ",");
    put_text(out, any ? "} " : " ");
}

void exposition_number(struct bytes *out, const char *name, const struct label *labels, u128 value)
{
    char text[U128_TEXT_BYTES];

    put_sample(out, name, labels);
    put_text(out, u128_print(text, value));
    put_text(out, "\n");
}

enum { SECONDS_TEXT_BYTES = 32 };

/* "0.000001", "12": without zeros at the end, as bounds of a histogram are compared as texts. */
static const char *seconds_print(char text[SECONDS_TEXT_BYTES], uint64_t us)
{
    int size =
        snprintf(text, SECONDS_TEXT_BYTES, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);

    while (text[size - 1] == '0')
        text[--size] = '\0';
    if (text[size - 1] == '.')
        text[--size] = '\0';
    return text;
}

void exposition_seconds(struct bytes *out, const char *name, const struct label *labels,
                        uint64_t us)
{
    char text[SECONDS_TEXT_BYTES];

    put_sample(out, name, labels);
    put_text(out, seconds_print(text, us));
    put_text(out, "\n");
}

static void put_histogram_value(struct bytes *out, const char *name, const char *ending,
                                uint64_t value, enum exposition_unit unit)
{
    char full[128];

    (void)snprintf(full, sizeof full, "%s%s", name, ending);
    if (unit == EXPOSITION_US_AS_SECONDS)
        exposition_seconds(out, full, NULL, value);
    else
        exposition_number(out, full, NULL, value);
}

static void put_bucket(struct bytes *out, const char *name, const char *bound, uint64_t count)
{
    const struct label labels[EXPOSITION_LABELS_MAX] = {{"le", bound}};
    char full[128];

    (void)snprintf(full, sizeof full, "%s_bucket", name);
    exposition_number(out, full, labels, count);
}

void exposition_histogram(struct bytes *out, const char *name, const struct histogram *histogram,
                          enum exposition_unit unit)
{
    uint64_t count = 0;

    for (size_t i = 0; i < histogram->bound_count; i++) {
        char text[SECONDS_TEXT_BYTES];

        count += histogram->counts[i];
        if (unit == EXPOSITION_US_AS_SECONDS)
            (void)seconds_print(text, histogram->bounds[i]);
        else
            (void)snprintf(text, sizeof text, "%" PRIu64, histogram->bounds[i]);
        put_bucket(out, name, text, count);
    }
    count += histogram->counts[histogram->bound_count];
    put_bucket(out, name, "+Inf", count);
    put_histogram_value(out, name, "_sum", histogram->sum, unit);
    put_histogram_value(out, name, "_count", count, EXPOSITION_PLAIN);
}
