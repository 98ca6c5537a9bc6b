/* The bounds of a vat, and the codes of its failures. */
#ifndef SERAI_SDK_VAT_LIMITS_H
#define SERAI_SDK_VAT_LIMITS_H

/* Bounds, which the compiler's command line may change (-DVAT_OBJECTS_MAX=1000). */
#ifndef VAT_OBJECTS_MAX
#define VAT_OBJECTS_MAX 256 /* objects, and references to those of others that are held */
#endif
#ifndef VAT_STATE_BYTES
#define VAT_STATE_BYTES 128 /* of one object */
#endif
#ifndef VAT_WAITS_MAX
#define VAT_WAITS_MAX 64 /* questions whose answer somebody waits for */
#endif
#ifndef VAT_POSTAGE_NANOS_MAX
#define VAT_POSTAGE_NANOS_MAX 10000 /* what another's facet may ask for a message */
#endif
#ifndef VAT_WAY_NANOS
#define VAT_WAY_NANOS 5000 /* what a message to an open promise brings, if there is that much */
#endif
/*
 * The part of both tables that is for the vat's own work: that which its customer and its parent
 * tell the front, and the answers to what is asked for it.  When all but this is taken, a message
 * to any other object fails if it needs a place, so who fills a service does not stop its owner.
 */
#define VAT_OBJECTS_OWN (VAT_OBJECTS_MAX / 8)
#define VAT_WAITS_OWN (VAT_WAITS_MAX / 8)
enum {
    VAT_ARGS_MAX = 8, /* of one message, and so many references in it */
    VAT_RECORD_BYTES = 64,
    VAT_DEPTH_MAX = 32,         /* near calls within near calls */
    VAT_BODY_BYTES_MAX = 8192,  /* of one message */
    VAT_TEXT_BYTES_MAX = 16384, /* texts that one turn makes */
    VAT_SENT_MAX = 32,          /* messages that one turn sends */
    VAT_SENT_BYTES_MAX = 16384, /* their bodies */
    VAT_NAME_BYTES_MAX = 32,    /* of a type, with its NUL */
};

/* Codes of failures.  Yours begin at VAT_CODE_OWN. */
enum vat_code {
    VAT_NO_METHOD = 4096,
    VAT_NO_ARGUMENT = 4097, /* one is missing, or another kind is wanted */
    VAT_NO_OBJECT = 4098,   /* the reference leads to nothing: it was dropped, or not kept */
    VAT_NOT_NEAR = 4099,    /* the object is another agent's: ask it */
    VAT_MALFORMED = 4100,   /* the message is not one between objects */
    VAT_TOO_MUCH = 4101,    /* a bound above is reached */
    VAT_REVOKED = 4102,
    VAT_SPENT = 4103,     /* it works once, and did */
    VAT_NOT_YOURS = 4104, /* a seal or a purse of another maker */
    VAT_SHORT = 4105,     /* not enough in the purse */
    VAT_VERSION = 4106,   /* a portrait that this program cannot read */
    VAT_LOST = 4107,      /* a message, or its answer, did not get to whom it was for */
    VAT_CODE_OWN = 4200,
};

#endif
