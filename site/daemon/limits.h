/* Bounds of the daemon, and why. */
#ifndef SERAI_SITE_DAEMON_LIMITS_H
#define SERAI_SITE_DAEMON_LIMITS_H

#include <stdint.h>

/* After an hour an unknown key is news again. */
#define UNKNOWN_KEYS_FORGET_US (UINT64_C(3600) * 1000 * 1000)

enum {
    /* Control is for people and scripts; each connection may keep CONTROL_BYTES_MAX in memory. */
    CONNECTIONS_MAX = 64,
    /* With few descriptors; files_share(). */
    CONNECTIONS_MIN = 4,
    /* Places for the daemon's own user and root alone, so that they get in at any time. */
    CONNECTIONS_OWN = 8, /* or an eighth, and at least one, where there are fewer */
    /* A client behind one that sends or takes this much is slow; when a newcomer finds no place,
     * the slowest gives up its own. */
    CONNECTION_BYTES_PER_US = 1,
    /* Memory of requests that are not whole and answers that are not out, together; beyond it the
     * slowest of them gives up its place, and with it the bytes. */
    CONNECTIONS_HOLD_BYTES_MAX = 32 * 1024 * 1024,
    /* Requests that the core has; beyond it no more is read until it has answered some. */
    CONNECTIONS_LENT_BYTES_MAX = 16 * 1024 * 1024,
    /* Bytes of requests, or one, that the core takes between two looks at clock and turns. */
    REQUESTS_STEP_BYTES = 1024 * 1024,
    /* Clients that were refused or found no place are logged together, this often. */
    CONTROL_LOG_US = 60 * 1000 * 1000,
    /* A client that stops in the middle of a request, or reads no answer, gives its place back. */
    CONNECTION_IDLE_US = 30 * 1000 * 1000,
    /* Parcels at the core or on the way there; when all are out, the sockets are not read. */
    ARRIVALS_MAX = 64,
    /* Parcels between two looks at clock and requests; one may hold thousands of messages. */
    ARRIVALS_STEP = 4,
    /* Parcels of one peer before the next one's turn. */
    PARCELS_STEP = 16,
    /* Parcels that a frame takes, or one that waits for the writer would grow without end. */
    FRAME_PARCELS_MAX = 512,
    /* Parcels that wait in ZeroMQ for each connection.  Their bytes are bounded by the relay, in
     * and out; these only keep small ones from being many. */
    PARCELS_OUT_MAX = 4096,
    PARCELS_IN_MAX = 128,
    /* Bytes that one connection makes libzmq hold: two of the largest parcels, so that one is read
     * while the next comes, and what was not forgiven yet. */
    CALL_BYTES_MAX = 2 * (256 + 8) * 1024,
    /* ... and before it has shown its key: a handshake has some 700. */
    CALLER_BYTES_MAX = 4096,
    /* Signs of life of ZMTP, which never come out as messages: 82 a second with one each second. */
    CALL_FREE_S = 128,
    CALL_FORGIVE_US = 100 * 1000,
    /* Bytes that a peer has not taken yet: all that it may not have acknowledged, and as much
     * again that is sent once more.  What is more is dropped, and sent again later. */
    CALL_OUT_BYTES_MAX = 2 * 8 * 1024 * 1024,
    /* ... and all peers together: each may have as much as is free, or less. */
    CALLS_OUT_BYTES_MAX = 64 * 1024 * 1024,
    /* Bytes on their way through a relay, each direction; how often it is filled in a step. */
    CALL_WAY_BYTES = 16 * 1024,
    CALL_STEP_MAX = 16,
    /* How long a connection that we end is waited for, at most, before its socket is closed: its
     * thread answers within a fraction of a millisecond, or some on a busy machine. */
    CALL_END_POLLS = 20,
    CALL_END_POLL_MS = 5,
    /* Connections that have shown no key of a link: when there are more, the oldest is cut. */
    CALLERS_MAX = 64,
    CALLERS_MIN = 2,
    /* Connections taken in a second, each of which may cost a handshake (some 0.3 ms). */
    CALLS_S_MAX = 256,
    CALLS_BACKLOG = 64,
    /* Each dialled link has three: its own, its monitor's two.  Others have one. */
    SOCKETS_MAX = 2048,
    /* File descriptors that the daemon asks for: each socket has one, each connection too. */
    FILES_MAX = 4096,
    /* ... or, where no peer can dial us. */
    FILES_QUIET = 1024,
    /* Descriptors that the daemon opens for itself: 25, some of them for a moment. */
    FILES_OWN = 32,
    /* Without which it does not start. */
    FILES_MIN = 48,
    /* Descriptors that one connection of a link takes at most, and that must be free besides. */
    FILES_CALL = 8,
    FILES_SPARE = 4,
    /* Threads: core and writer; two of libzmq, which ends the process where it can start none. */
    OWN_THREADS = 2,
    ZMQ_THREADS = 2,
    /* Threads that are tried at a start: enough to see whether there are that many. */
    THREADS_TRIED_MAX = 64,
    TRIAL_STACK_BYTES = 128 * 1024,
    /* Address space besides the store's map and the agents' memory: stacks, code, heaps. */
    OWN_ADDRESS_BYTES = 256 * 1024 * 1024,
    /* Secret keys: two at a time, each in a page of its own that libsodium locks. */
    LOCKED_BYTES = 64 * 1024,
    /* When the system has no descriptor for a client or a peer, the listener rests. */
    ACCEPT_REST_US = 1000 * 1000,
    /* A connection that does not finish the handshake by then is ended. */
    HANDSHAKE_MS = 5000,
    /* A connection that breaks silently is noticed and made again. */
    HEARTBEAT_MS = 1000,
    HEARTBEAT_TIMEOUT_MS = 3000,
    /* How often we send a peer a sign of life, and the silence after which it counts as down. */
    BEAT_US = 1000 * 1000,
    SILENCE_US = 4 * 1000 * 1000,
    /* A daemon that was not scheduled for this long has read nothing, which proves nothing. */
    ASLEEP_US = 2 * 1000 * 1000,
    /* Dialling again: at first after the least time, then after twice that, up to the most. */
    REDIAL_US_MIN = 100 * 1000,
    REDIAL_US_MAX = 2 * 1000 * 1000,
    /* How long the last parcels may still leave a connection of a link that was removed. */
    LEAVE_US = 1000 * 1000,
    /* When a peer has refused us, it may know us later. */
    REDIAL_US = 2 * 1000 * 1000,
    /* A connection that lasted this long was a good one: after it dialling begins again. */
    GOOD_CONNECTION_US = 10 * 1000 * 1000,
    /* A link whose connection fails for another reason than before is logged again, not sooner. */
    LOG_AGAIN_US = 60 * 1000 * 1000,
    /* Names being looked up, each in a thread; when it is logged that no answer comes. */
    LOOKUPS_MAX = 32,
    LOOKUP_US = 5 * 1000 * 1000,
    /* Addresses of one name; the next is tried when one does not answer. */
    ADDRESSES_MAX = 8,
    /* Steps of one connection's life, and requests of the authenticator, in one round. */
    WIRE_EVENTS_STEP = 32,
    ZAP_STEP_MAX = 64,
    /* Unknown keys that are logged one by one; the rest of an hour is only counted, each minute. */
    UNKNOWN_KEYS_MAX = 32,
    UNKNOWN_KEYS_LOG_US = 60 * 1000 * 1000,
    /* Peers whose link was removed may go on sending, and callers may take all descriptors;
     * that is logged this often. */
    UNKNOWN_LOG_US = 60 * 1000 * 1000,
    /* How often links that wait for their peer are looked at. */
    LINKS_TICK_US = 1000 * 1000,
    /* One filling, one at the writer, one that gathers frames of bounded links, and those whose
     * replies and parcels the edge still sends. */
    FRAMES_MAX = 16,
    /* Turns between two looks at the clock and the requests. */
    TURNS_STEP = 64,
    /* ... or after this much fuel: some 50 ms. */
    FUEL_STEP = 20 * 1000 * 1000,
    /* A frame closes after this many turns or this long, if the writer is free ... */
    FRAME_TURNS = 4096,
    FRAME_US = 50 * 1000,
    /* ... and while it is not, the next frame takes at most this many, to bound its batch. */
    FRAME_TURNS_MAX = 16384,
    /* A frame that no client or peer waits for, of timers and what they set off, comes no sooner
     * than this after the one before: a commit writes some twenty pages, with little in it, too. */
    FRAME_QUIET_US = 100 * 1000,
    /* Batches of frames that wait for one commit, while no bounded link asks for it sooner; or a
     * frame's part of the disk, where that is less. */
    FRAMES_JOINED_BYTES_MAX = 8 * 1024 * 1024,
    /* The room on the disk is measured after each commit, and this often while it is short. */
    MEASURE_US = 1000 * 1000,
    /* Of the smallest disks disk_full is this much, or a third of all: a third of it takes five
     * frames of DISK_FRAME_BYTES_MIN, each with as much again for the pages that they lie in. */
    DISK_RESERVE_BYTES = 2 * 1024 * 1024,
    /* The store's log has at most such a part of what the books can grow to. */
    DISK_LOG_PART = 16,
    /* A reader in another process that keeps pages from being used again is logged once, when it is
     * this old and this many commits came since. */
    READERS_LOOK_US = 1000 * 1000,
    READER_OLD_US = 5 * 1000 * 1000,
    READER_OLD_COMMITS = 20,
    /* Those that are kept an eye on. */
    READERS_MAX = 64,
    /* A core that asks to be woken in the past is not asked more often than this. */
    WAKE_MS_MIN = 1,
    WAKE_MS_MAX = 60 * 1000,
    /* After the last frame clients have this long to take their answers. */
    FAREWELL_US = 2 * 1000 * 1000,
    /* ... and peers to take the last parcels; what they do not take is sent again later. */
    LAST_PARCELS_US = 200 * 1000,
};

#endif
