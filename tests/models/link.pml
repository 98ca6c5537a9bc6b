/*
 * The protocol of a link (docs/wire.md, "Order and money") between two sites, for SPIN: every
 * interleaving of turns, frames, parcels, faults and crashes within the bounds below.
 *
 * Site 0 sends a BIRTH and then packets; site 1 answers the birth in the step that takes it and
 * sends packets of its own.  A message is a row in the transcript of its sender, known here by its
 * sequence and its content: what a site does again after a crash is something else than what the
 * crash took back.  Totals are left out: they are sums of contents that are compared whole.
 *
 * Faults: a parcel is lost, also from a connection that stays; a parcel comes again, late and out
 * of order; either or both sides hear of a new connection; either site dies at any point between two
 * steps and comes back with its last frame, and what was under way to it is gone or not.
 *
 * Proved: no loss, no duplicate, in order, each birth and each answer once, an acknowledged message
 * is durable, no freeze between honest sites; when the faults stop everything arrives and both fall
 * silent.  BROKEN is the number of a deliberate fault, each of which must be found (link.sh).
 */
#ifndef BIRTHS
#define BIRTHS 1
#endif
#ifndef PACKETS
#define PACKETS 1 /* of each site, besides the birth and its answer */
#endif
#ifndef CRASHES_0
#define CRASHES_0 0 /* of site 0 */
#endif
#ifndef CRASHES_1
#define CRASHES_1 0
#endif
#ifndef CUTS
#define CUTS 0 /* new connections that one site or both hear of, besides those after crashes */
#endif
#ifndef LOSSES
#define LOSSES 0 /* of parcels, of both directions */
#endif
#ifndef REPEATS
#define REPEATS 0 /* of parcels that come again, of both directions */
#endif
#ifndef WIRE
#define WIRE 2 /* parcels under way in one direction */
#endif
/*
 * FINE: a frame closes at any time after its steps, as in the site.  Otherwise with each step: what
 * is not durable is seen by nobody, so a crash between a step and its frame is like one before the
 * step that takes the parcel with it.  It saves most of the states, and so allows higher bounds.
 */
#ifndef FINE
#define FINE 0
#endif
#ifndef BROKEN
#define BROKEN 0
#endif

/* The deliberate faults. */
#define ACK_BEFORE_DURABLE 1
#define SEND_BEFORE_DURABLE 2
#define EPOCH_BEFORE_DURABLE 3
#define FORGET_SEQUENCE 4
#define NO_RETRANSMIT 5
#define TAKE_REPEATS 6
#define TAKE_GAPS 7
#define CURSOR_APART 8
#define ANSWER_APART 9
#define NO_REMINDERS 10
#define ALWAYS_ANSWER 11

#define MESSAGES (BIRTHS + PACKETS)
#define FIRST_EPOCH 1
#define REMINDERS_MAX 4 /* after the last fault, until everything arrived */

/* Contents: what it is, and in which life of the sender it was made. */
#define A_BIRTH 1
#define AN_ANSWER 2
#define A_PACKET 3
#define MADE(kind, life) ((kind) * 4 + (life))
#define KIND(content) ((content) / 4)

#define DOWN 0
#define UP 1

#define HELLO 1
#define DATA 2

/* A row of the link and what is saved in the same frame. */
typedef row {
    byte epoch;
    byte peer_epoch;
    byte sent;
    byte acked;
    byte received;
    byte packets; /* sent by this site */
    byte births;  /* of agents, here */
    byte answers; /* that came back */
    byte content[MESSAGES + 1] /* of what was sent, by sequence */
}

typedef site {
    row now;
    row disk;
    /* Of this connection, forgotten in a crash. */
    bit state;
    bit due;   /* a HELLO */
    bit asked; /* for a HELLO; no answer yet */
    bit tells; /* the next HELLO names the epoch we know, though the link is down */
    bit calls; /* the next HELLO names none, though it is up */
    byte heard;
    byte next;
    byte told;
    byte remind;
#if BROKEN == ANSWER_APART
    bit owed; /* an answer, with the next frame */
#endif
    /* The world around it. */
    bit connects; /* a new connection, of which it has not heard */
    byte lives    /* crashes so far */
}

/* The head of a parcel; the contents of at most MESSAGES messages follow it. */
typedef parcel {
    byte kind;
    byte epoch;
    byte known;
    byte received;
    byte first; /* of DATA; of HELLO: sent */
    byte count; /* of DATA; of HELLO: acked */
    byte content[MESSAGES + 1] /* of DATA, by sequence */
}

site sites[2];
chan wire[2] = [WIRE] of { parcel }; /* on the way to a site */
chan late[2] = [1] of { parcel };    /* comes again at any time, or never */
byte cuts;
byte losses;
byte repeats;
bit calm; /* no faults any more */

#define ME sites[me]
#define PEER sites[1 - me]
#define OURS ME.now

/* ---- rows ---- */

inline copy_row(to, from)
{
    to.epoch = from.epoch;
    to.peer_epoch = from.peer_epoch;
    to.sent = from.sent;
    to.acked = from.acked;
    to.received = from.received;
    to.packets = from.packets;
    to.births = from.births;
    to.answers = from.answers;
    i = 1;
    do
    :: i <= MESSAGES -> to.content[i] = from.content[i]; i++
    :: else -> break
    od;
    i = 0
}

/* Whatever changes in a row changes one of these. */
#define IS_DIRTY \
    (OURS.epoch != ME.disk.epoch || OURS.peer_epoch != ME.disk.peer_epoch || \
    OURS.sent != ME.disk.sent || OURS.acked != ME.disk.acked || OURS.received != ME.disk.received)

#if BROKEN == ACK_BEFORE_DURABLE
#define TOLD_RECEIVED OURS.received
#else
#define TOLD_RECEIVED ME.disk.received
#endif
#if BROKEN == SEND_BEFORE_DURABLE
#define TOLD_SENT OURS.sent
#else
#define TOLD_SENT ME.disk.sent
#endif
#if BROKEN == EPOCH_BEFORE_DURABLE
#define MAY_SPEAK 1
#else
#define MAY_SPEAK (OURS.epoch == ME.disk.epoch)
#endif

/* ---- turns ---- */

inline number(kind)
{
    OURS.sent++;
    OURS.content[OURS.sent] = MADE(kind, ME.lives)
}

/* An agent's turn: the birth first, then packets. */
#define MAY_SEND ((me == 0 && OURS.sent < BIRTHS) || OURS.packets < PACKETS)
inline turn()
{
    if
    :: me == 0 && OURS.sent < BIRTHS -> number(A_BIRTH)
    :: else -> OURS.packets++; number(A_PACKET)
    fi
}

inline take(what)
{
    OURS.received++;
    /* Only what the sender can not lose again is here, in order. */
    assert(OURS.received <= PEER.disk.sent);
    assert(what == PEER.disk.content[OURS.received]);
    if
    :: KIND(what) == A_BIRTH ->
        OURS.births++;
        assert(OURS.births <= BIRTHS);
#if BROKEN == ANSWER_APART
        ME.owed = 1
#else
        number(AN_ANSWER)
#endif
    :: KIND(what) == AN_ANSWER ->
        OURS.answers++;
        assert(OURS.answers <= BIRTHS && PEER.disk.births == BIRTHS)
    :: else
    fi
}

/* ---- parcels out ---- */

#define MORE (ME.next <= TOLD_SENT)
#define HAS_PARCEL (MAY_SPEAK && \
    (ME.due || (ME.state == UP && (MORE || TOLD_RECEIVED != ME.told))))

inline say_hello()
{
    out.kind = HELLO;
    out.epoch = OURS.epoch;
    out.received = TOLD_RECEIVED;
    out.first = TOLD_SENT;
    out.count = OURS.acked;
    if
    :: (ME.state == UP && !ME.calls) || ME.tells -> out.known = OURS.peer_epoch
    :: else
    fi;
    ME.due = 0;
    ME.tells = 0;
    ME.calls = 0
}

inline say_data(most)
{
    out.kind = DATA;
    out.epoch = OURS.epoch;
    out.known = OURS.peer_epoch;
    out.received = TOLD_RECEIVED;
    if
    :: MORE -> out.first = ME.next
    :: else
    fi;
    do
    :: MORE && out.count < most ->
        out.content[ME.next] = OURS.content[ME.next];
        out.count++;
        ME.next++
    :: else -> break
    od
}

inline speak(most)
{
    if
    :: ME.due -> say_hello()
    :: else -> say_data(most)
    fi;
    ME.told = TOLD_RECEIVED;
    wire[1 - me] ! out;
    forget(out)
}

/* So that states that differ in what is over are one. */
inline forget(p)
{
    p.kind = 0;
    p.epoch = 0;
    p.known = 0;
    p.received = 0;
    p.first = 0;
    p.count = 0;
    i = 1;
    do
    :: i <= MESSAGES -> p.content[i] = 0; i++
    :: else -> break
    od;
    i = 0
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

inline take_ack(seq)
{
    assert(seq <= PEER.disk.received); /* what is acknowledged is never lost */
    if
    :: seq > OURS.acked ->
        OURS.acked = seq;
        if
        :: ME.next <= seq -> ME.next = seq + 1
        :: else
        fi
    :: else
    fi
}

inline hello_in()
{
    if
    :: in.epoch < OURS.peer_epoch -> stale()
    :: else ->
        /* A site that lost nothing is never told that it did. */
        assert(in.known <= OURS.epoch);
        assert(in.received <= ME.disk.sent);
        assert(in.count <= OURS.received);
        if
        :: in.epoch == ME.heard && (in.received < OURS.acked || in.first < OURS.received) -> stale()
        :: else ->
            assert(in.received >= OURS.acked);
            assert(in.first >= OURS.received);
            if
#if BROKEN == ALWAYS_ANSWER
            :: true -> ME.due = 1
#else
            :: in.epoch > OURS.peer_epoch || in.known != OURS.epoch -> ME.due = 1
            :: else
#endif
            fi;
            OURS.peer_epoch = in.epoch;
            take_ack(in.received);
            ME.heard = in.epoch;
#if BROKEN != NO_RETRANSMIT
            ME.next = in.received + 1;
#endif
            ME.asked = 0;
            ME.state = UP
        fi
    fi
}

/* The messages of DATA from `first` on, without those that were taken before. */
inline take_messages()
{
    do
    :: in.count > 0 ->
        if
#if BROKEN != TAKE_REPEATS
        :: in.first <= OURS.received
#endif
        :: else -> take(in.content[in.first])
        fi;
        in.first++;
        in.count--
    :: else -> break
    od
}

inline data_in()
{
    if
    :: ME.state == DOWN || in.epoch != OURS.peer_epoch || in.known != OURS.epoch -> ask_hello()
#if BROKEN != TAKE_GAPS
    :: else ->
        if
        :: in.count != 0 && in.first > OURS.received + 1 -> ask_hello()
#endif
        :: else ->
            assert(in.received <= ME.disk.sent);
            take_ack(in.received);
            if
            :: in.count == 0
#if BROKEN != TAKE_REPEATS
            :: in.count != 0 && in.first + in.count - 1 <= OURS.received -> ME.told = 0
#endif
            :: else -> ME.asked = 0; take_messages()
            fi
#if BROKEN != TAKE_GAPS
        fi
#endif
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

/* ---- connections, frames and crashes ---- */

inline connect()
{
    ME.connects = 0;
    OURS.epoch++;
    ME.due = 1;
    ME.asked = 0;
    ME.tells = 0;
#if BROKEN == FORGET_SEQUENCE
    OURS.received = 0;
#endif
    ME.state = DOWN
}

inline frame()
{
    copy_row(ME.disk, OURS);
#if BROKEN == ANSWER_APART
    /* The answer is made in the frame after that of the birth. */
    if
    :: ME.owed -> ME.owed = 0; number(AN_ANSWER)
    :: else
    fi
#endif
}

#if FINE
#define END_STEP skip
#else
#define END_STEP frame()
#endif

/* What a store without transactions would do: the cursor reached the disk and no more. */
inline crash()
{
#if BROKEN == CURSOR_APART
    ME.disk.received = OURS.received;
#endif
    copy_row(OURS, ME.disk);
    i = OURS.sent + 1;
    do
    :: i <= MESSAGES -> OURS.content[i] = 0; i++
    :: else -> break
    od;
    i = 0;
    ME.state = DOWN;
    ME.due = 0;
    ME.asked = 0;
    ME.tells = 0;
    ME.calls = 0;
    ME.heard = OURS.peer_epoch;
    ME.next = OURS.acked + 1;
    ME.told = 0;
    ME.remind = 0;
#if BROKEN == ANSWER_APART
    ME.owed = 0;
#endif
    ME.connects = 1;
    ME.lives++
}

#define MAY_CRASH (!calm && ME.lives < (me == 0 -> CRASHES_0 : CRASHES_1))

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
    parcel in;
    parcel out;

end:
    do
    :: d_step { MAY_SEND -> turn(); END_STEP }
#if FINE
    :: d_step { IS_DIRTY -> frame() }
#endif
    :: d_step { HAS_PARCEL && nfull(wire[1 - me]) -> speak(1) }
    :: d_step { HAS_PARCEL && !ME.due && ME.next < TOLD_SENT && nfull(wire[1 - me]) ->
            speak(MESSAGES) }
    :: d_step { nempty(wire[me]) -> wire[me] ? in; parcel_in(); END_STEP }
    :: d_step { nempty(late[me]) -> late[me] ? in; parcel_in(); END_STEP }
    :: d_step { ME.connects -> connect(); END_STEP }
    :: d_step { MAY_CRASH -> crash() }
    :: d_step { MAY_CRASH && nempty(wire[me]) -> crash(); drain() }
    /* Both notice, if its neighbour does as well: it may also find out by itself. */
    :: d_step { MAY_CRASH && !PEER.connects -> crash(); drain(); PEER.connects = 1 }
    od
}

/* ---- faults of the wire, and the end of all of them ---- */

#define ARRIVED(from, to) (sites[from].now.sent == MESSAGES && \
    sites[from].now.acked == MESSAGES && sites[to].now.received == MESSAGES && \
    sites[from].state == UP)

inline remind_site(who)
{
    if
    :: sites[who].state == DOWN || sites[who].now.acked < sites[who].remind ->
        sites[who].due = 1;
        sites[who].calls = 1
    :: else
    fi;
    sites[who].asked = 0;
    sites[who].remind = sites[who].next - 1
}

proctype world()
{
    parcel gone;
    byte i;
    byte reminders;
    bit to;

end:
    do
    :: d_step { !calm && cuts < CUTS && !sites[0].connects -> cuts++; sites[0].connects = 1 }
    :: d_step { !calm && cuts < CUTS && !sites[1].connects -> cuts++; sites[1].connects = 1 }
    :: d_step { !calm && cuts < CUTS && !sites[0].connects && !sites[1].connects ->
            cuts++; sites[0].connects = 1; sites[1].connects = 1 }
    :: d_step { !calm && losses < LOSSES && nempty(wire[0]) -> losses++; wire[0] ? gone; forget(gone) }
    :: d_step { !calm && losses < LOSSES && nempty(wire[1]) -> losses++; wire[1] ? gone; forget(gone) }
    :: d_step { !calm && repeats < REPEATS && nempty(wire[0]) && empty(late[0]) ->
            repeats++; wire[0] ? <gone>; late[0] ! gone; forget(gone) }
    :: d_step { !calm && repeats < REPEATS && nempty(wire[1]) && empty(late[1]) ->
            repeats++; wire[1] ? <gone>; late[1] ! gone; forget(gone) }
    :: d_step { !calm -> calm = 1; cuts = 0; losses = 0; repeats = 0 }
    /* Nobody can do anything. */
    :: timeout ->
        d_step {
            if
            :: ARRIVED(0, 1) && ARRIVED(1, 0) ->
                assert(sites[1].disk.births == BIRTHS && sites[0].disk.answers == BIRTHS);
                reminders = REMINDERS_MAX + 1
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

init {
    byte who;

    d_step {
        do
        :: who < 2 ->
            sites[who].now.epoch = FIRST_EPOCH;
            sites[who].disk.epoch = FIRST_EPOCH;
            sites[who].next = 1;
            sites[who].connects = 1;
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
