/*
 * Losses of power on a bounded link (docs/wire.md, "Losses of power"), for SPIN: every interleaving
 * of turns, commits, parcels, faults of the wire, kills and losses of power within the bounds below.
 *
 * The two sites have compared before the model begins, each with one durable message.  A turn sends
 * a packet with one unit of money over one of two channels, or closes the second.  So the money of
 * an end is the number of its packets.  A frame closes with each step (link.pml shows that a step
 * and its frame may be taken for one); a bounded site commits frames at any time later, a strict one
 * at once.  A kill loses the connection, and a loss of power all that is not committed.
 *
 * Proved: money that was sent is money that agents paid and what was booked as lost, and all of it
 * is received; what is lost is at most the flush amount of each site, in sum; what leaves before it
 * is durable is at most what may still be lost; nothing is counted twice or under two numbers; what
 * is acknowledged is durable; honest sites never freeze; when the faults stop, everything arrives,
 * both agree about each end, and both fall silent.  With LIAR site 1 claims that more came than did:
 * site 0 takes over no more than may be lost, or freezes.
 */
#ifndef PACKETS_0
#define PACKETS_0 2 /* turns of site 0 */
#endif
#ifndef PACKETS_1
#define PACKETS_1 0
#endif
#ifndef FLUSH_0
#define FLUSH_0 1 /* the amount of site 0; 0: it is strict */
#endif
#ifndef FLUSH_1
#define FLUSH_1 0
#endif
#ifndef LATE
#define LATE 0 /* site 0 is strict at first, and its operator sets the amount at any time */
#endif
#ifndef CLOSES
#define CLOSES 0 /* whether site 0 may close its second channel */
#endif
#ifndef POWER_0
#define POWER_0 1 /* losses of power of site 0 */
#endif
#ifndef POWER_1
#define POWER_1 0
#endif
#ifndef KILLS
#define KILLS 0 /* of either */
#endif
#ifndef CUTS
#define CUTS 0 /* new connections that one site or both hear of */
#endif
#ifndef LOSSES
#define LOSSES 0 /* of parcels, of both directions */
#endif
#ifndef REPEATS
#define REPEATS 0 /* of parcels that come again, of both directions */
#endif
#ifndef WIRE
#define WIRE 1 /* parcels under way in one direction */
#endif
#ifndef LIAR
#define LIAR 0 /* the most that site 1 adds to what came */
#endif
#ifndef BROKEN
#define BROKEN 0
#endif

/* The deliberate faults. */
#define ADOPT_TWICE 1         /* a repeated answer is added again */
#define FORGET_ACKED 2        /* the peer keeps the counts only until it has acknowledged them */
#define CLOSE_EARLY 3         /* a close leaves before it is durable, and the peer forgets the end */
#define ANSWER_EARLY 4        /* the answer goes before all that came is durable */
#define SAME_EPOCH 5          /* a site that lost power asks in the epoch in which it lost it */
#define UNCOUNTED 6           /* a loss does not count against the amount */
#define BOUNDED_EARLY 7       /* packets leave before the disk says that the link is bounded */
#define ANY_AMOUNT 8          /* a gap is adopted whatever it is */
#define OLD_ANSWER 9          /* a HELLO of before the loss is taken for the answer to it */
#define NUMBERS_AT_ONCE 10    /* a site that lost power numbers before its peer has answered */
#define NO_AMOUNT 11          /* any amount leaves before it is durable */
#define ACK_BEFORE_DURABLE 12 /* what is not durable is acknowledged over a bounded link */
#define EPOCH_EARLY 13        /* an epoch is told that a loss of power takes back */
#define NO_REMINDERS 14
#define ENDS_UNCOUNTED 15     /* an adoption counts on the link and not at the ends */
#define ALWAYS_ANSWER 16      /* each good HELLO is answered */
#define TOLD_BEFORE 17        /* only whom a HELLO before named as bounded can have lost power */
#define LOSS_IS_STALE 18      /* a HELLO of an epoch that was heard before a restart tells no loss */
#define ADOPTED_IS_OLD 19     /* what was shown before an adoption may disprove it */

#if PACKETS_0 > PACKETS_1
#define SEQS (PACKETS_0 + 4 + 2 * LIAR)
#else
#define SEQS (PACKETS_1 + 4 + 2 * LIAR)
#endif
#define FIRST 1         /* number of the message, and epoch, that both have durably at first */
#define REMINDERS_MAX 6 /* after the last fault, until everything arrived */

/* Contents: a packet for channel 0 or 1 or a close, and in which life of the sender it was made. */
#define TO_0 1
#define TO_1 2
#define A_CLOSE 3
#define MADE(what, life) ((what) + 4 * (life))
#define WHAT(content) ((content) % 4)
#define MONEY(content) (WHAT(content) == TO_0 || WHAT(content) == TO_1)

#define DOWN 0
#define UP 1
#define FROZEN 2

#define HELLO 1
#define DATA 2

/* A row of the link, those of its ends, and what is saved in the same frame. */
typedef row {
    byte epoch;
    byte peer_epoch;
    byte good; /* the peer's epoch of the last HELLO that was good */
    byte sent;
    byte total; /* of the money in it */
    byte acked;
    byte received;
    byte flush;
    byte lost;
    bit unsure;
    byte peer_flush;
    byte peer_durable;
    bit closed;       /* by this site: its second channel */
    bit ended;        /* by the peer: the end here is forgotten */
    byte paid;        /* by agents, for what they sent */
    byte booked;      /* from suspense */
    byte went[2];     /* money by end, sent */
    byte came[2];     /* and received */
    byte last[2];     /* the number of the last message that each end received */
    byte content[SEQS]; /* of what was sent, by sequence; 0: it was adopted */
    byte got[SEQS]      /* of what was received */
}

typedef site {
    row now;
    row disk;
    /* Of this connection, forgotten with the process. */
    byte state;
    bit due;   /* a HELLO */
    bit asked; /* for a HELLO; no answer yet */
    bit tells; /* the next HELLO names the epoch we know, though the link is down */
    bit calls; /* the next HELLO names none, though it is up */
    bit noted; /* a loss of the peer's */
    byte answers;
    byte next;
    byte before; /* money up to the message before `next` */
    byte told;
    byte remind;
    /* The world around it. */
    byte turns;
    byte lives /* losses of power so far */
}

typedef parcel {
    byte kind;
    byte epoch;
    byte known;
    byte received;
    byte came; /* the money in it */
    byte durable;
    /* HELLO */
    byte its_durable;
    byte sent;
    byte total;
    byte acked;
    byte flush;
    byte answers;
    byte ends[2]; /* 0: not named */
    /* DATA */
    byte first;
    byte count;
    byte content[SEQS] /* by sequence */
}

site sites[2];
chan wire[2] = [WIRE] of { parcel }; /* on the way to a site */
chan late[2] = [1] of { parcel };    /* comes again at any time, or never */
byte kills;
byte cuts;
byte losses;
byte repeats;
bit calm; /* no faults any more */

#define ME sites[me]
#define PEER sites[1 - me]
#define OURS ME.now
#define AMOUNT(who) ((who) == 0 -> FLUSH_0 : FLUSH_1)

/* What a peer disproves freezes the link; between honest sites nothing is disproved. */
#if LIAR
#define MUST(condition) \
    if \
    :: !(condition) -> ME.state = FROZEN \
    :: else \
    fi
#else
#define MUST(condition) assert(condition)
#endif

/* ---- rows ---- */

inline copy_row(to, from)
{
    to.epoch = from.epoch;
    to.peer_epoch = from.peer_epoch;
    to.good = from.good;
    to.sent = from.sent;
    to.total = from.total;
    to.acked = from.acked;
    to.received = from.received;
    to.flush = from.flush;
    to.lost = from.lost;
    to.unsure = from.unsure;
    to.peer_flush = from.peer_flush;
    to.peer_durable = from.peer_durable;
    to.closed = from.closed;
    to.ended = from.ended;
    to.paid = from.paid;
    to.booked = from.booked;
    to.went[0] = from.went[0];
    to.went[1] = from.went[1];
    to.came[0] = from.came[0];
    to.came[1] = from.came[1];
    to.last[0] = from.last[0];
    to.last[1] = from.last[1];
    i = 0;
    do
    :: i < SEQS -> to.content[i] = from.content[i]; to.got[i] = from.got[i]; i++
    :: else -> break
    od;
    i = 0
}

/* Whatever changes in a row changes one of these. */
#define IS_DIRTY \
    (OURS.epoch != ME.disk.epoch || OURS.peer_epoch != ME.disk.peer_epoch || \
        OURS.good != ME.disk.good || \
    OURS.sent != ME.disk.sent || OURS.acked != ME.disk.acked || \
    OURS.received != ME.disk.received || OURS.flush != ME.disk.flush || \
    OURS.unsure != ME.disk.unsure || OURS.peer_flush != ME.disk.peer_flush || \
    OURS.peer_durable != ME.disk.peer_durable)

#define MAY_LOSE(row) (row.flush > row.lost -> row.flush - row.lost : 0)

/* A strict site has no frame that is not durable. */
inline end_step()
{
    if
    :: MAY_LOSE(OURS) == 0 -> copy_row(ME.disk, OURS)
    :: else
    fi
}

/* ---- what the peer may learn ---- */

#if BROKEN == ACK_BEFORE_DURABLE
#define TOLD_RECEIVED OURS.received
#define TOLD_CAME (OURS.came[0] + OURS.came[1])
#else
#define TOLD_RECEIVED ME.disk.received
#define TOLD_CAME (ME.disk.came[0] + ME.disk.came[1])
#endif

#if BROKEN == EPOCH_EARLY
#define MAY_SPEAK (ME.state != FROZEN)
#else
#define MAY_SPEAK (ME.state != FROZEN && OURS.epoch == ME.disk.epoch)
#endif

#if BROKEN == ANSWER_EARLY
#define MAY_ANSWER 1
#else
#define MAY_ANSWER (ME.answers == 0 || ME.disk.received == OURS.received)
#endif

#if BROKEN == BOUNDED_EARLY
#define DISK_IS_BOUNDED 1
#else
#define DISK_IS_BOUNDED (MAY_LOSE(ME.disk) > 0)
#endif
#if BROKEN == CLOSE_EARLY
#define IS_PACKET(content) 1
#else
#define IS_PACKET(content) MONEY(content)
#endif
#if BROKEN == NO_AMOUNT
#define WITHIN_AMOUNT(content) 1
#else
#define WITHIN_AMOUNT(content) (ME.before + MONEY(content) - ME.disk.total <= MAY_LOSE(OURS))
#endif

/* Whether the message `next` may leave. */
#define MORE \
    (ME.next <= OURS.sent && (ME.next <= ME.disk.sent || \
    (MAY_LOSE(OURS) > 0 && DISK_IS_BOUNDED && IS_PACKET(OURS.content[ME.next]) && \
    WITHIN_AMOUNT(OURS.content[ME.next]))))

#define HAS_PARCEL (MAY_SPEAK && \
    (ME.due -> MAY_ANSWER : (ME.state == UP && (MORE || TOLD_RECEIVED != ME.told))))

/* ---- turns ---- */

#if BROKEN == NUMBERS_AT_ONCE
#define IS_SURE 1
#else
#define IS_SURE (!OURS.unsure)
#endif
#define MAY_TURN (IS_SURE && ME.state != FROZEN && ME.turns < (me == 0 -> PACKETS_0 : PACKETS_1))
#define MAY_CLOSE (CLOSES && me == 0 && !OURS.closed)

inline turn(what)
{
    ME.turns++;
    OURS.sent++;
    OURS.content[OURS.sent] = MADE(what, ME.lives);
    if
    :: what == A_CLOSE -> OURS.closed = 1
    :: else -> OURS.total++; OURS.paid++; OURS.went[what - TO_0]++
    fi
}

/* The operator: HELLO names it. */
#define MAY_SET (LATE && me == 0 && !OURS.unsure && OURS.flush == 0 && ME.state != FROZEN && \
    ME.lives < 2)

inline set_amount()
{
    OURS.flush = AMOUNT(me);
    if
    :: ME.state == UP -> ME.due = 1
    :: else
    fi
}

/* ---- parcels out ---- */

/* So that states that differ in what is over are one. */
inline forget(p)
{
    p.kind = 0;
    p.epoch = 0;
    p.known = 0;
    p.received = 0;
    p.came = 0;
    p.durable = 0;
    p.its_durable = 0;
    p.sent = 0;
    p.total = 0;
    p.acked = 0;
    p.flush = 0;
    p.answers = 0;
    p.ends[0] = 0;
    p.ends[1] = 0;
    p.first = 0;
    p.count = 0;
    i = 0;
    do
    :: i < SEQS -> p.content[i] = 0; i++
    :: else -> break
    od;
    i = 0
}

#if BROKEN == FORGET_ACKED
#define IS_NAMED(end) (OURS.last[end] > ME.answers && OURS.last[end] > ME.told)
#else
#define IS_NAMED(end) (OURS.last[end] > ME.answers)
#endif

/* What came at each end after the last message that the peer still knows. */
inline say_ends()
{
    out.answers = ME.answers;
    i = 0;
    do
    :: i < 2 ->
        if
        :: IS_NAMED(i) -> out.ends[i] = OURS.came[i]
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline say_hello()
{
    out.kind = HELLO;
    out.sent = OURS.sent;
    out.total = OURS.total;
    out.acked = OURS.acked;
    out.its_durable = OURS.peer_durable;
    out.flush = (MAY_LOSE(OURS) > 0 -> OURS.flush : 0);
    if
    :: ME.answers != 0 -> out.known = OURS.peer_epoch; say_ends()
    :: (ME.state == UP && !ME.calls) || ME.tells -> out.known = OURS.peer_epoch
    :: else
    fi;
    ME.answers = 0;
    ME.due = 0;
    ME.tells = 0;
    ME.calls = 0
}

inline say_data(most)
{
    out.kind = DATA;
    out.known = OURS.peer_epoch;
    if
    :: MORE -> out.first = ME.next; out.total = ME.before
    :: else
    fi;
    do
    :: MORE && out.count < most ->
        out.content[ME.next] = OURS.content[ME.next];
        ME.before = ME.before + MONEY(OURS.content[ME.next]);
        out.count++;
        ME.next++
    :: else -> break
    od
}

inline speak(most)
{
    out.epoch = OURS.epoch;
    out.received = TOLD_RECEIVED;
    out.came = TOLD_CAME;
    out.durable = ME.disk.sent;
    if
    :: ME.due -> say_hello()
    :: else -> say_data(most)
    fi;
    ME.told = TOLD_RECEIVED;
    wire[1 - me] ! out;
    forget(out)
}

/* A false claim: `more` came, and it may be said of the first end or of none. */
#define MAY_LIE(more) (LIAR && me == 1 && LIAR >= more && HAS_PARCEL && ME.due && \
    ME.answers != 0 && nfull(wire[1 - me]))
inline lie(more, at_end)
{
    out.epoch = OURS.epoch;
    out.received = TOLD_RECEIVED + more;
    out.came = TOLD_CAME + more;
    out.durable = ME.disk.sent;
    say_hello();
    if
    :: at_end -> out.ends[0] = OURS.came[0] + more
    :: else
    fi;
    wire[1 - me] ! out;
    forget(out)
}

/* ---- parcels in ---- */

inline ask_hello()
{
    if
    :: !ME.asked -> ME.asked = 1; ME.due = 1
    :: else
    fi
}

inline stale()
{
    if
    :: !ME.asked -> ME.tells = 1
    :: else
    fi;
    ask_hello()
}

/* The money up to message `seq`, which is numbered and not below `acked`: in `sum`. */
inline total_at(seq)
{
    sum = OURS.total;
    i = seq + 1;
    do
    :: i <= OURS.sent -> sum = sum - MONEY(OURS.content[i]); i++
    :: else -> break
    od;
    i = 0
}

inline take_ack(seq)
{
#if !LIAR
    assert(seq <= PEER.disk.received); /* what is acknowledged is never lost */
#endif
    if
    :: seq > OURS.acked ->
        do
        :: OURS.acked < seq ->
            OURS.acked++;
#if !LIAR
            /* The two mean the same message by the same number. */
            assert(OURS.content[OURS.acked] == PEER.now.got[OURS.acked]);
#endif
        :: else -> break
        od;
        if
        :: ME.next <= seq -> total_at(seq); ME.next = seq + 1; ME.before = sum; sum = 0
        :: else
        fi
    :: else
    fi
}

/* A new connection, or a new run of the process. */
inline raise_epoch()
{
    OURS.epoch++;
    ME.due = 1;
    ME.asked = 0;
    ME.tells = 0
}

inline connect()
{
    raise_epoch();
    if
    :: ME.state != FROZEN -> ME.state = DOWN
    :: else
    fi
}

#define MAY_BE_OURS (OURS.unsure && MAY_LOSE(OURS) > 0 && in.its_durable <= OURS.sent)
#if BROKEN == TOLD_BEFORE
#define MAY_BE_ITS (OURS.peer_flush != 0 && in.sent >= OURS.peer_durable)
#else
#define MAY_BE_ITS (in.flush != 0 && in.sent >= OURS.peer_durable)
#endif
/* Within an epoch cursors rise, so the HELLO was overtaken. */
#define IS_OVERTAKEN (in.epoch == OURS.good && \
    (in.received < OURS.acked || in.sent < OURS.received))
#if BROKEN == OLD_ANSWER
#define IS_NONE (in.received <= OURS.sent)
#else
#define IS_NONE (in.known == OURS.epoch && in.received <= OURS.sent)
#endif

inline loss_of_peer()
{
    if
    :: !ME.noted -> ME.noted = 1; ME.answers = in.sent; ME.due = 1
    :: else
    fi;
    ME.state = DOWN
}

#define END_FITS(end) (in.ends[end] == 0 || in.ends[end] >= OURS.went[end])
#define END_GREW(end) (in.ends[end] == 0 -> 0 : in.ends[end] - OURS.went[end])

/* The ends have received just what the link lost; only packets can be lost. */
#define ENDS_FIT (END_FITS(0) && END_FITS(1) && \
    END_GREW(0) + END_GREW(1) == in.received - OURS.sent && \
    END_GREW(0) + END_GREW(1) == in.came - OURS.total)

#if BROKEN == ADOPT_TWICE
#define IS_ANSWER (OURS.unsure && in.answers != 0 && in.received > in.answers)
#elif BROKEN == ANY_AMOUNT
#define IS_ANSWER (in.received > OURS.sent && in.answers == OURS.sent)
#define IS_IN_AMOUNT 1
#else
#define IS_ANSWER (in.received > OURS.sent && in.answers == OURS.sent)
#endif
#ifndef IS_IN_AMOUNT
#define IS_IN_AMOUNT (in.came - OURS.total <= MAY_LOSE(OURS))
#endif

inline adopt()
{
    sum = in.came - OURS.total;
#if BROKEN != UNCOUNTED
    OURS.lost = OURS.lost + sum;
#endif
    OURS.booked = OURS.booked + sum;
    take_ack(OURS.sent);
    OURS.sent = in.received;
    OURS.acked = in.received;
    OURS.total = in.came;
#if BROKEN != ENDS_UNCOUNTED
    i = 0;
    do
    :: i < 2 ->
        if
        :: in.ends[i] != 0 -> OURS.went[i] = in.ends[i]
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
#endif
    ME.next = OURS.sent + 1;
    ME.before = OURS.total;
#if BROKEN != ADOPTED_IS_OLD
    OURS.good = in.epoch;
#endif
    connect();
    sum = 0
}

/* The fault: what the answer says is added, whatever was taken over already. */
inline adopt_again()
{
    sum = in.received - in.answers;
    OURS.lost = OURS.lost + sum;
    OURS.booked = OURS.booked + sum;
    OURS.sent = OURS.sent + sum;
    OURS.acked = OURS.sent;
    OURS.total = OURS.total + sum;
    OURS.went[0] = OURS.went[0] + sum;
    ME.next = OURS.sent + 1;
    ME.before = OURS.total;
    connect();
    sum = 0
}

inline loss_of_ours()
{
    if
#if BROKEN == ADOPT_TWICE
    :: IS_ANSWER -> adopt_again()
#else
    :: IS_ANSWER ->
        MUST(in.came >= OURS.total);
        MUST(IS_IN_AMOUNT);
        MUST(ENDS_FIT);
        if
        :: ME.state != FROZEN -> adopt()
        :: else
        fi
#endif
    :: else ->
        ME.state = DOWN;
        if
        :: is_new || in.known != OURS.epoch -> ME.due = 1; ME.tells = 1
        :: else
        fi
    fi
}

inline hello_good()
{
    take_ack(in.received);
    OURS.good = in.epoch;
    ME.next = in.received + 1;
    ME.before = in.came;
    ME.asked = 0;
    ME.noted = 0;
    if
    :: is_new || in.known != OURS.epoch || BROKEN == ALWAYS_ANSWER -> ME.due = 1
    :: else
    fi;
    OURS.unsure = 0;
    ME.state = UP
}

/* In the order of the table of docs/wire.md. */
inline hello_compare()
{
    is_new = in.epoch > OURS.peer_epoch;
    OURS.peer_epoch = in.epoch;
    MUST(in.received >= OURS.acked);
    MUST(in.sent >= OURS.received || MAY_BE_ITS);
    if
    :: in.received <= OURS.sent && in.received >= OURS.acked && in.sent >= OURS.received ->
        total_at(in.received);
        MUST(in.came == sum);
        sum = 0;
        MUST(in.sent != OURS.received || in.total == OURS.came[0] + OURS.came[1]);
        MUST(in.total >= OURS.came[0] + OURS.came[1])
    :: else
    fi;
    if
    :: ME.state == FROZEN
    :: else ->
        if
        :: in.durable > OURS.peer_durable -> OURS.peer_durable = in.durable
        :: else
        fi;
        OURS.peer_flush = in.flush;
        if
        :: in.sent < OURS.received -> loss_of_peer()
        :: else
        fi;
        if
        :: in.received > OURS.sent || (OURS.unsure && !IS_NONE) -> loss_of_ours()
        :: else ->
            if
            :: in.sent >= OURS.received -> hello_good()
            :: else
            fi
        fi
    fi;
    is_new = 0
}

inline hello_in()
{
    if
    :: ME.state == FROZEN
    :: else ->
        if
        :: in.epoch < OURS.peer_epoch -> stale()
        :: else ->
            /* A site that lost nothing is never told that it did. */
            MUST(in.known <= OURS.epoch);
            MUST(in.received <= OURS.sent || MAY_BE_OURS);
            MUST(in.acked <= OURS.received);
            if
            :: ME.state == FROZEN
            :: ME.state != FROZEN && IS_OVERTAKEN -> stale()
            :: else -> hello_compare()
            fi
        fi
    fi
}

inline take(what)
{
    OURS.received++;
#if !LIAR
    /* At most what may still be lost has left before it is durable, and no more can be claimed. */
    assert(OURS.received <= PEER.disk.sent ||
        OURS.came[0] + OURS.came[1] + MONEY(what) - PEER.disk.total <= MAY_LOSE(PEER.disk));
#endif
    OURS.got[OURS.received] = what;
    if
    :: WHAT(what) == A_CLOSE -> OURS.ended = 1; OURS.last[1] = 0
    :: else ->
        OURS.came[WHAT(what) - TO_0]++;
        OURS.last[WHAT(what) - TO_0] = OURS.received
    fi
}

/* The messages of DATA from `first` on, without those that were taken before. */
inline take_messages()
{
    do
    :: in.count > 0 && ME.state == UP ->
        if
        :: in.first <= OURS.received -> in.total = in.total + MONEY(in.content[in.first])
        :: else ->
            MUST(in.total == OURS.came[0] + OURS.came[1]);
            take(in.content[in.first]);
            in.total = OURS.came[0] + OURS.came[1]
        fi;
        in.first++;
        in.count--
    :: else -> break
    od
}

inline data_in()
{
    if
    :: ME.state == FROZEN
    :: ME.state == DOWN ||
        (ME.state == UP && (in.epoch != OURS.peer_epoch || in.known != OURS.epoch)) -> ask_hello()
    :: else ->
        if
        :: in.count != 0 && in.first > OURS.received + 1 -> ask_hello()
        :: else ->
            MUST(in.received <= OURS.sent);
            if
            :: ME.state == UP && in.received >= OURS.acked ->
                total_at(in.received);
                MUST(in.came == sum);
                sum = 0;
                take_ack(in.received)
            :: else
            fi;
            if
            :: ME.state == UP && in.durable > OURS.peer_durable -> OURS.peer_durable = in.durable
            :: else
            fi;
            if
            :: in.count == 0
            :: in.count != 0 && in.first + in.count - 1 <= OURS.received -> ME.told = 0
            :: else -> ME.asked = 0; take_messages()
            fi
        fi
    fi
}

inline parcel_in()
{
    if
    :: in.kind == HELLO -> hello_in()
    :: else -> data_in()
    fi;
    forget(in)
}

/* ---- the end of a process ---- */

inline begin_process()
{
    if
    :: ME.state != FROZEN -> ME.state = DOWN
    :: else
    fi;
    ME.calls = 0;
    ME.noted = 0;
    ME.answers = 0;
#if BROKEN == LOSS_IS_STALE
    OURS.good = OURS.peer_epoch;
#endif
    ME.next = OURS.acked + 1;
    total_at(OURS.acked);
    ME.before = sum;
    sum = 0;
    ME.told = 0;
    ME.remind = 0;
    ME.due = 1;
    ME.asked = 0;
    ME.tells = 0
}

/* What left is in the redo log, and the next start commits it. */
inline kill()
{
    kills++;
    copy_row(ME.disk, OURS);
    begin_process();
    raise_epoch()
}

inline lose_power()
{
    ME.lives++;
    copy_row(OURS, ME.disk);
    if
    :: MAY_LOSE(OURS) > 0 -> OURS.unsure = 1
    :: else
    fi;
    begin_process();
#if BROKEN != SAME_EPOCH
    raise_epoch()
#endif
}

#define MAY_LOSE_POWER (!calm && ME.lives < (me == 0 -> POWER_0 : POWER_1))
#define MAY_KILL (!calm && kills < KILLS)

inline drain()
{
    do
    :: nempty(wire[me]) -> wire[me] ? in
    :: empty(wire[me]) -> break
    od;
    forget(in)
}

proctype acting(bit me)
{
    byte i;
    byte sum;
    bit is_new;
    parcel in;
    parcel out;

end:
    do
    :: atomic {
            if
            :: d_step { MAY_TURN -> turn(TO_0) }
            :: d_step { MAY_TURN && !OURS.closed -> turn(TO_1) }
            :: d_step { MAY_TURN && MAY_CLOSE -> turn(A_CLOSE) }
            :: d_step { MAY_SET -> set_amount() }
            :: d_step { !calm && cuts < CUTS -> cuts++; connect() }
            fi;
            d_step { end_step() }
        }
    :: d_step { IS_DIRTY -> copy_row(ME.disk, OURS) }
    :: d_step { HAS_PARCEL && nfull(wire[1 - me]) -> speak(1) }
    :: d_step { HAS_PARCEL && !ME.due && ME.next < OURS.sent && nfull(wire[1 - me]) -> speak(SEQS) }
#if LIAR
    :: d_step { MAY_LIE(1) -> lie(1, 1) }
    :: d_step { MAY_LIE(1) -> lie(1, 0) }
    :: d_step { MAY_LIE(2) -> lie(2, 1) }
    :: d_step { MAY_LIE(3) -> lie(3, 1) }
#endif
    :: atomic {
            if
            :: wire[me] ? in
            :: late[me] ? in
            fi;
            d_step { parcel_in(); end_step() }
        }
    :: atomic {
            MAY_LOSE_POWER || MAY_KILL;
            /* What was under way to it is gone, or not. */
            if
            :: d_step { nempty(wire[me]) -> drain() }
            :: skip
            fi;
            if
            :: d_step { MAY_LOSE_POWER -> lose_power(); end_step() }
            :: d_step { MAY_KILL -> kill(); end_step() }
            fi
        }
    od
}

/* ---- faults of the wire, and the end of all of them ---- */

#define SETTLED(from, to) (sites[from].state == UP && !sites[from].now.unsure && \
    sites[from].now.acked == sites[from].now.sent && \
    sites[to].now.received == sites[from].now.sent)

inline check_books(from, to)
{
    /* Each unit that was sent was paid for or is booked as lost, and came. */
    assert(sites[from].now.total == sites[from].now.paid + sites[from].now.booked);
    assert(sites[from].now.total == sites[to].now.came[0] + sites[to].now.came[1]);
    assert(sites[from].now.went[0] == sites[to].now.came[0]);
    assert(sites[from].now.went[1] == sites[to].now.came[1]);
    assert(sites[from].disk.sent == sites[from].now.sent)
}

inline remind_site(who)
{
    if
    :: sites[who].state == DOWN ||
        (sites[who].state == UP && sites[who].now.acked < sites[who].remind) ->
        sites[who].due = 1;
        sites[who].calls = 1
    :: else
    fi;
    sites[who].asked = 0;
    sites[who].noted = 0;
    sites[who].remind = sites[who].next - 1
}

proctype world()
{
    parcel gone;
    byte i;
    byte reminders;

end:
    do
    :: d_step { !calm && losses < LOSSES && nempty(wire[0]) -> losses++; wire[0] ? gone; forget(gone) }
    :: d_step { !calm && losses < LOSSES && nempty(wire[1]) -> losses++; wire[1] ? gone; forget(gone) }
    :: d_step { !calm && repeats < REPEATS && nempty(wire[0]) && empty(late[0]) ->
            repeats++; wire[0] ? <gone>; late[0] ! gone; forget(gone) }
    :: d_step { !calm && repeats < REPEATS && nempty(wire[1]) && empty(late[1]) ->
            repeats++; wire[1] ? <gone>; late[1] ! gone; forget(gone) }
    :: d_step { !calm -> calm = 1; kills = 0; cuts = 0; losses = 0; repeats = 0 }
    /* Nobody can do anything. */
    :: timeout ->
        d_step {
            if
            :: SETTLED(0, 1) && SETTLED(1, 0) ->
                check_books(0, 1);
                check_books(1, 0);
                reminders = REMINDERS_MAX + 1
#if LIAR
            :: sites[0].state == FROZEN || sites[1].state == FROZEN -> reminders = REMINDERS_MAX + 1
#endif
            :: else ->
                assert(reminders < REMINDERS_MAX); /* else they would be silent for ever */
                reminders++;
#if BROKEN != NO_REMINDERS
                remind_site(0);
                remind_site(1)
#endif
            fi
        }
        if
        :: reminders > REMINDERS_MAX -> break
        :: else
        fi
    od
}

/* After every step. */
#define BOOKED(who) (sites[who].now.booked <= AMOUNT(who))
#define SUM_OF_ENDS(who) (sites[who].now.total == sites[who].now.went[0] + sites[who].now.went[1])

active proctype always()
{
end:
    do
    :: d_step { !(BOOKED(0) && BOOKED(1)) -> assert(BOOKED(0) && BOOKED(1)) }
    :: d_step { !(SUM_OF_ENDS(0) && SUM_OF_ENDS(1)) -> assert(SUM_OF_ENDS(0) && SUM_OF_ENDS(1)) }
    od
}

init {
    byte who;

    d_step {
        do
        :: who < 2 ->
            sites[who].now.epoch = FIRST;
            sites[who].now.peer_epoch = FIRST;
            sites[who].now.good = FIRST;
            sites[who].now.sent = FIRST;
            sites[who].now.acked = FIRST;
            sites[who].now.received = FIRST;
            sites[who].now.flush = ((LATE && who == 0) -> 0 : AMOUNT(who));
            sites[who].now.peer_flush = ((LATE && who == 1) -> 0 : AMOUNT(1 - who));
            sites[who].now.peer_durable = FIRST;
            sites[who].disk.epoch = FIRST;
            sites[who].disk.peer_epoch = FIRST;
            sites[who].disk.good = FIRST;
            sites[who].disk.sent = FIRST;
            sites[who].disk.acked = FIRST;
            sites[who].disk.received = FIRST;
            sites[who].disk.flush = sites[who].now.flush;
            sites[who].disk.peer_flush = sites[who].now.peer_flush;
            sites[who].disk.peer_durable = FIRST;
            sites[who].state = UP;
            sites[who].told = FIRST;
            sites[who].next = FIRST + 1;
            who++
        :: else -> break
        od;
        who = 0
    }
    atomic {
        run acting(0);
        run acting(1);
        run world()
    }
}
