/*
 * Which site answers, and for which site a key signs.
 *
 * Each function prints why when it cannot, and returns the exit code; else EXIT_OK.
 */
#ifndef SERAI_SITE_CLI_WHO_H
#define SERAI_SITE_CLI_WHO_H

#include "base/bytes.h"
#include "site/control/control.h"

struct cli;

/* Fill cli->facts by asking the site, unless they are known and fresh. */
MUST_CHECK int cli_facts(struct cli *cli);

/*
 * Find the site's public key: the one that was given, that of its directory, or, where only its
 * socket is known, the one that was pinned when the key at `key_path` first signed (NULL: what the
 * site says).
 */
MUST_CHECK int cli_site_key(struct cli *cli, const char *key_path, uint8_t key[CONTROL_KEY_BYTES]);

/* Append a read to `request`, signed by the key at `key_path`. */
MUST_CHECK int cli_sign_read(struct cli *cli, const char *key_path, const char *command,
                             const struct bytes *args, struct bytes *request);

#endif
