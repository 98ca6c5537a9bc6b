/*
 * Control requests: what a client sends to a site, and what it answers.  Wire form:
 * docs/control.md.
 *
 * A request that changes something is signed by the key of a customer (the operator is one) and
 * carries a number that only rises for that key; the site remembers the last one and its answer, so
 * a repeat is answered the same and never done twice.  Reads use no number up.  What is shown to
 * everybody needs no signature; else the key decides what is shown, and the site's time at which it
 * was signed, how long the signature is good for.  Who runs the daemon, and root, need not sign.
 *
 *     envelope = CBOR [payload bytes, Ed25519 signature of payload]
 *     payload  = CBOR ["serai-control-1", site key, key, number, command, args]
 *     read     = CBOR ["serai-read-1", command, args]
 *     signed read: an envelope of CBOR ["serai-read-2", site key, key, site time, command, args]
 *     answer   = CBOR [status, frame, message, result]
 *
 * On the socket each is preceded by its length, u32 big-endian, at most CONTROL_BYTES_MAX.
 */
#ifndef SERAI_SITE_CONTROL_CONTROL_H
#define SERAI_SITE_CONTROL_CONTROL_H

#include "base/bytes.h"
#include "base/cbor.h"
#include "site/control/exit_code.h"

enum {
    CONTROL_KEY_BYTES = 32,
    CONTROL_SECRET_BYTES = 64,
    CONTROL_SIGNATURE_BYTES = 64,
    CONTROL_BYTES_MAX = 2 * 1024 * 1024,
    CONTROL_HEAD_BYTES = 3 + CONTROL_KEY_BYTES,
    CONTROL_COMMAND_BYTES_MAX = 32,
    CONTROL_NAME_BYTES_MAX = 40,
    CONTROL_MESSAGE_BYTES_MAX = 512,
    /* More than a frame's step of site time (TIME_STEP_US_MAX): a fresh read is never stale. */
    CONTROL_READ_WINDOW_US = 5 * 60000000,
};

/* First item of an answer.  Fixed numbers; also the exit codes of `serai` (docs/control.md). */
enum control_status {
    CONTROL_DONE = EXIT_OK,
    CONTROL_REFUSED = EXIT_REFUSED, /* by a rule: short of funds, over a cap, wrong state */
    CONTROL_BAD_REQUEST = EXIT_BAD_DATA,
    CONTROL_MISSING = EXIT_MISSING, /* no such agent, customer, ... */
    CONTROL_TRY_AGAIN = EXIT_TRY_AGAIN,
    CONTROL_DENIED = EXIT_DENIED, /* signature, key, number, or not that customer's */
};

/*
 * Signed commands and their args (CBOR arrays; money is uint nanos):
 *   site.drain     [lasts us, or null to call it off]   operator
 *   money.in       [customer, amount]              operator; customer 0 is the operator's own
 *   money.out      [customer, amount]              operator
 *   customer.add   [name, key bytes[32]]           operator
 *   customer.claim []                              whoever's agents left money here
 *   customer.share [customer, share]               operator; of the site's time
 *   customer.quota [customer, [[key, bound], ...]] operator; bounds of its own
 *   customer.suspend [customer]                    operator; its agents have no turns
 *   customer.resume [customer]                     operator
 *   agent.deploy   [name, module bytes, args bytes, endowment, gifts [kind...], codes [bytes...],
 *                   trial bool, which may be left out]
 *   agent.fund     [agent, amount]                 from the customer's own account
 *   agent.send     [agent, data bytes, money]      a message without a reply; postage is added
 *   agent.call     [agent or cap, data bytes, caps [name...], money]  a message with a reply
 *   agent.upgrade  [agent, module bytes, try bool]  asks it to become that; answered as a call
 *   agent.rename   [agent, name]                   the agent's customer
 *   agent.freeze   [agent]                         the agent's customer, or the operator
 *   agent.thaw     [agent]
 *   agent.withdraw [agent, amount or null]         the agent's customer; null: all that can be
 *   agent.stop     [agent]                         the agent's customer: freeze it, withdraw all
 *   agent.end      [agent]                         the agent's customer, or the operator
 *   call.take      [call, name or ""]              the answer to an agent.call, and what it brings
 *   call.drop      [call]                          waits no more, or throws the answer away
 *   cap.name       [name, name]                    of what answers brought
 *   cap.drop       [name]
 *   link.add       [name, key bytes[32], endpoint, limit]   operator; endpoint "" when it dials us
 *   link.invite    [name or "", key bytes[32], limit, lasts us]   operator; the key is X25519
 *   link.revoke    [invitation]                    operator
 *   link.join      as link.add                     operator: this end, where the other was invited
 *   link.set       [name, key, value...]           operator: endpoint, limit (only raised),
 *                                                  soft_limit (or null) and durability
 *                                                  ([flush amount, ms]), in this order
 *   link.mark      [name, mark]                    operator: remember the totals of now
 *   link.unmark    [name, mark]                    operator
 *   link.freeze    [name]                          operator
 *   link.resume    [name]                          operator
 *   link.remove    [name]                          operator: an even link, with no channels
 *   link.ack       [name]                          operator: sign, and ask the peer to sign
 *   link.accept-loss  [name, code]                 operator: sign where it stands; or accept it
 *   link.terms     [name, by, threshold, to]       operator: how to settle; null: as it is
 *   link.settle    [name, amount or null]          operator: pay what is owed, or that much
 *   link.settled   [name, settlement, accepted, reference]  operator: the peer's payment came
 *   ledger.archive [first, last, head bytes[32]]   operator: these frames are archived: drop them
 * Reads: site [], status [], figures [], reload [], agents [after, limit], agent [id],
 *   logs [agent, after line, limit], events [run, after, limit], turn [agent, message],
 *   customers [after, limit], customer [customer], heap [after serial, limit], prices [],
 *   accounts [after, limit], codes [after, limit], links [after, limit], link [name],
 *   invitations [after, limit], settlements [name], call [customer, call],
 *   calls [customer, after, limit], caps [customer, after slot, limit];
 *   deploy [as agent.deploy]; customer 0 is whoever asks
 *
 * Results are maps with text keys, amounts as decimal text; docs/control.md lists the keys.
 */

/* A decoded request; strings point into the bytes that were decoded. */
struct control_request {
    bool is_read;
    bool is_signed;
    uint8_t site_key[CONTROL_KEY_BYTES]; /* signed ones only */
    uint8_t key[CONTROL_KEY_BYTES];
    uint64_t number;       /* of a command */
    uint64_t site_time_us; /* of a signed read */
    char command[CONTROL_COMMAND_BYTES_MAX + 1];
    const uint8_t *args;
    size_t args_size;
    const uint8_t *payload;
    size_t payload_size;
    uint8_t signature[CONTROL_SIGNATURE_BYTES];
};

/*
 * Whether `key` can be the public key of a site or a person: a point of Ed25519 in its one
 * encoding, and of the large order.  With any other nobody can sign, and no link can be joined: it
 * has no image on X25519.
 */
MUST_CHECK bool control_is_key(const uint8_t key[CONTROL_KEY_BYTES]);

/* Append a signed command, an envelope. args: one CBOR array. */
void control_sign(struct bytes *out, const uint8_t site_key[CONTROL_KEY_BYTES],
                  const uint8_t key[CONTROL_KEY_BYTES], const uint8_t secret[CONTROL_SECRET_BYTES],
                  uint64_t number, const char *command, const struct bytes *args);

/* Append an unsigned read. args: one CBOR array. */
void control_read(struct bytes *out, const char *command, const struct bytes *args);

/* Who signs, and for which site; borrowed. */
struct control_signer {
    const uint8_t *site_key; /* CONTROL_KEY_BYTES */
    const uint8_t *key;      /* CONTROL_KEY_BYTES */
    const uint8_t *secret;   /* CONTROL_SECRET_BYTES */
};

/*
 * Append a signed read.  It is accepted until CONTROL_READ_WINDOW_US before and after site_time_us,
 * by the site's time.
 */
void control_read_signed(struct bytes *out, const struct control_signer *by, uint64_t site_time_us,
                         const char *command, const struct bytes *args);

/*
 * Decode either form and check the signature.  ST_INVALID: not a request, and *fault
 * says where; ST_DENIED: the signature does not fit.
 */
MUST_CHECK enum status control_decode(struct control_request *request, const uint8_t *bytes,
                                      size_t size, struct fault *fault);

/*
 * control_parse() and control_check_signature() are the two steps of control_decode(), for a caller
 * that first wants to know whether the key is anybody's: to check the signature of a long request
 * takes milliseconds.  Trust nothing of a request that was only parsed.
 */
MUST_CHECK enum status control_parse(struct control_request *request, const uint8_t *bytes,
                                     size_t size, struct fault *fault);
MUST_CHECK enum status control_check_signature(const struct control_request *request,
                                               struct fault *fault);

/* Append an answer. result: one encoded CBOR item, or empty for null. */
void control_answer(struct bytes *out, enum control_status status, uint64_t frame,
                    const char *message, const struct bytes *result);

/*
 * Append what precedes an answer on the socket, so that the client knows who answers: the head of
 * an array of two, and the site's public key; CONTROL_HEAD_BYTES together.
 */
void control_head(struct bytes *out, const uint8_t site_key[CONTROL_KEY_BYTES]);

/* Read the key out of what control_head() wrote.  ST_INVALID: it is no such head. */
MUST_CHECK enum status control_head_decode(uint8_t site_key[CONTROL_KEY_BYTES],
                                           const uint8_t head[CONTROL_HEAD_BYTES],
                                           struct fault *fault);

struct control_reply {
    enum control_status status;
    uint64_t frame;
    char message[CONTROL_MESSAGE_BYTES_MAX + 1];
    const uint8_t *result; /* one CBOR item, inside the decoded bytes */
    size_t result_size;
};

/*
 * Decode an answer; reply->result points into `bytes`.  ST_INVALID: *fault says where it is wrong.
 */
MUST_CHECK enum status control_reply_decode(struct control_reply *reply, const uint8_t *bytes,
                                            size_t size, struct fault *fault);

#endif
