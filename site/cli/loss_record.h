/*
 * A loss that two sites accepted, as exports have it (docs/links.md, "Accepting a loss"): keys of
 * the line of a link, all in hexadecimal.
 *
 *     "loss":POSITION,"loss_signature":..,"loss_acceptance":..          of the site of the export
 *     "peer_loss":POSITION,"peer_loss_signature":..,"peer_loss_acceptance":..
 */
#ifndef SERAI_SITE_CLI_LOSS_RECORD_H
#define SERAI_SITE_CLI_LOSS_RECORD_H

#include <jansson.h>
#include <stdio.h>

#include "links/acceptance.h"

/* Write the keys, with a comma before each. */
void loss_record_write(const struct loss_record *record, FILE *out);

/*
 * Read them.  *has: the line has any.  Returns NULL, or what is wrong with one.  Signatures are not
 * checked.
 */
MUST_CHECK const char *loss_record_read(struct loss_record *record, const json_t *line, bool *has);

#endif
