/*
 * The key of the site that a command means, as far as it is known without asking: --site-key, the
 * site's directory, or the pin of the key that signs.
 */
#ifndef SERAI_SITE_CLI_SITE_KEY_H
#define SERAI_SITE_CLI_SITE_KEY_H

#include "base/file.h"
#include "site/control/control.h"

struct cli;

/* The key file that is to sign; NULL when the command line names none. */
const char *cli_key_path(const struct cli *cli);

/*
 * Write the path of the pin of a key file, KEY.site: the public key of the site that it first
 * signed for by a socket alone.  ST_INVALID: too long.
 */
MUST_CHECK enum status cli_pin_path(char path[FILE_PATH_BYTES], const char *key_path,
                                    struct fault *fault);

/*
 * Find the site's public key.  *known is false when nothing says it.  Every answer is checked
 * against it.  A fault: the file that holds the key cannot be read.
 */
MUST_CHECK enum status cli_meant_site(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES],
                                      bool *known, struct fault *fault);

#endif
