#include "site/cli/loss_record.h"

#include <string.h>

static void loss_write_half(FILE *out, const char *prefix, const struct position_signed *position,
                            const uint8_t acceptance[SPECIE_SIGNATURE_BYTES])
{
    char bytes[2 * POSITION_BYTES_MAX + 1];
    char signature[2 * SPECIE_SIGNATURE_BYTES + 1];
    char accepted[2 * SPECIE_SIGNATURE_BYTES + 1];

    fprintf(out, ",\"%sloss\":\"%s\",\"%sloss_signature\":\"%s\",\"%sloss_acceptance\":\"%s\"",
            prefix, hex_print(bytes, position->bytes, position->size), prefix,
            hex_print(signature, position->signature, SPECIE_SIGNATURE_BYTES), prefix,
            hex_print(accepted, acceptance, SPECIE_SIGNATURE_BYTES));
}

void loss_record_write(const struct loss_record *record, FILE *out)
{
    loss_write_half(out, "", &record->ours, record->our_acceptance);
    loss_write_half(out, "peer_", &record->theirs, record->their_acceptance);
}

static const char *loss_text(const json_t *line, const char *prefix, const char *name)
{
    char key[32];
    const char *text;

    (void)snprintf(key, sizeof key, "%s%s", prefix, name);
    text = json_string_value(json_object_get(line, key));
    return text == NULL ? "" : text;
}

static const char *loss_read_half(struct position_signed *position,
                                  uint8_t acceptance[SPECIE_SIGNATURE_BYTES], const json_t *line,
                                  const char *prefix)
{
    const char *hex = loss_text(line, prefix, "loss");
    size_t size = strlen(hex) / 2;
    uint8_t bytes[POSITION_BYTES_MAX];
    struct fault fault;

    if (size == 0 || size > sizeof bytes || !hex_parse(bytes, size, hex) ||
        position_decode(position, bytes, size, &fault) != ST_OK)
        return "where a site stood in a loss is no position";
    if (!hex_parse(position->signature, SPECIE_SIGNATURE_BYTES,
                   loss_text(line, prefix, "loss_signature")) ||
        !hex_parse(acceptance, SPECIE_SIGNATURE_BYTES, loss_text(line, prefix, "loss_acceptance")))
        return "a signature of a loss is none";
    return NULL;
}

const char *loss_record_read(struct loss_record *record, const json_t *line, bool *has)
{
    const char *wrong;

    *has = *loss_text(line, "", "loss") != '\0' || *loss_text(line, "peer_", "loss") != '\0';
    if (!*has)
        return NULL;
    wrong = loss_read_half(&record->ours, record->our_acceptance, line, "");
    return wrong != NULL ? wrong
                         : loss_read_half(&record->theirs, record->their_acceptance, line, "peer_");
}
