/* The files of a site's directory. */
#ifndef SERAI_SITE_CONTROL_PATHS_H
#define SERAI_SITE_CONTROL_PATHS_H

#define SITE_STORE "store"           /* LMDB */
#define SITE_CONFIG "site.toml"      /* edited by the operator */
#define SITE_PRICES "prices.toml"    /* edited by the operator */
#define SITE_KEY "site.key"          /* secret, 0600 */
#define SITE_KEY_PUBLIC "site.pub"   /* what clients address */
#define SITE_OPERATOR "operator.key" /* secret, 0600; may be kept elsewhere */
#define SITE_OPERATOR_PUBLIC "operator.pub"
#define SITE_SOCKET "control.sock" /* 0600 */
#define SITE_COMPILED "compiled"   /* objects of tier 1: see site/compiler/compiler_cache.h */
#define SITE_REDO "redo"           /* frames of bounded links: see site/daemon/redo.h */
#define SITE_MARKER "marker"       /* which event is running: see site/daemon/marker.h */

#define SITE_DIR_DEFAULT "./serai-site"

#endif
