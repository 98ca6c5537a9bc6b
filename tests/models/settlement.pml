/*
 * Settlements (docs/wire.md, "Settlements") between a payer and a creditor, for SPIN: every
 * interleaving of people, claims, statements, losses, repeats and crashes within the bounds.
 *
 * The payer makes a payment pending, somebody pays it outside, the claim goes, the creditor's
 * operator confirms what came or refuses what did not, and the statement that says so decides it at
 * the payer.  Each payment is of one unit, so a total is a number of payments.  A frame closes with
 * each step, but for the deliberate faults.  Parcels are lost and repeated at will: either wire
 * holds the last one, which may be read any number of times, and late.
 *
 * Proved: what is outside is paid at most once for each number; neither thinks that the payer owes
 * less than the other does, the wrong way round; sums are those of the payments; a payment that came
 * is never taken for refused unless the operator said so; both end with the same sums.
 */
#ifndef PAYMENTS
#define PAYMENTS 2
#endif
#ifndef CRASHES
#define CRASHES 2 /* of either side */
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define PAY_BEFORE_DURABLE 1 /* paid outside, and claimed, before the pending row is durable */
#define TIME_OUT 2           /* no answer in time is taken for a refusal */
#define SAME_NUMBER 3        /* a number that was refused is used again */
#define NO_SUM 4             /* a claim is posted whatever its sum, again when it is repeated */
#define SAY_BEFORE_DURABLE 5 /* the statement leaves before the posting is durable */
#define COUNT_AT_ONCE 6      /* the payer counts the payment when it claims it */

/* The payer: live, and durable. */
byte p_last, p_pending, p_paid_index, p_paid;
byte d_last, d_pending, d_paid_index, d_paid;
/* The creditor. */
byte c_claimed, c_index, c_got;
byte e_claimed, e_index, e_got;
/* Outside: how often each number was paid, and seen to have come. */
byte outside[5];
byte refused[5];
/* The last claim and the last statement on the wire; 0: none yet. */
byte w_claim, w_claim_sum, w_stated, w_index, w_sum;
byte crashes, begun;
bool p_down;

inline p_save() { d_last = p_last; d_pending = p_pending; d_paid_index = p_paid_index; d_paid = p_paid }
inline c_save() { e_claimed = c_claimed; e_index = c_index; e_got = c_got }

/* What each thinks that the payer has paid: the payer never more than the creditor posted durably. */
#define p_counts (p_paid + ((BROKEN == COUNT_AT_ONCE && p_pending != 0) -> 1 : 0))

active proctype payer()
{
end:
    do
    :: atomic { p_pending == 0 && begun < PAYMENTS ->
            begun++;
            if
            :: BROKEN == SAME_NUMBER && p_paid_index != 0 && refused[p_paid_index] ->
                p_pending = p_paid_index
            :: else -> p_last++; p_pending = p_last
            fi;
            if
            :: BROKEN == PAY_BEFORE_DURABLE -> skip
            :: else -> p_save()
            fi
        }
    /* The operator pays what is pending; once for each time that the site tells of a new one. */
    :: atomic { p_pending != 0 && outside[p_pending] == 0 -> outside[p_pending]++ }
    :: atomic { p_pending != 0 -> w_claim = p_pending; w_claim_sum = p_paid + 1 }
    :: atomic { w_stated && p_pending != 0 && w_index == p_pending ->
            assert(w_sum == p_paid || w_sum == p_paid + 1);
            if
            :: w_sum == p_paid -> assert(refused[p_pending])
            :: else -> skip
            fi;
            p_paid = w_sum; p_paid_index = w_index; p_pending = 0; p_save()
        }
    :: atomic { BROKEN == TIME_OUT && p_pending != 0 && w_claim == p_pending ->
            p_paid_index = p_pending; p_pending = 0; p_save()
        }
    :: atomic { crashes < CRASHES ->
            crashes++;
            p_last = d_last; p_pending = d_pending; p_paid_index = d_paid_index; p_paid = d_paid
        }
    od
}

active proctype creditor()
{
end:
    do
    :: atomic { w_claim > c_index && c_claimed == 0 ->
            assert(BROKEN == NO_SUM || w_claim_sum == c_got + 1); /* else the link freezes */
            c_claimed = w_claim; c_save()
        }
    :: atomic { BROKEN == NO_SUM && w_claim != 0 && w_claim == c_index && outside[w_claim] != 0 ->
            c_got++; c_save()
        }
    :: atomic { c_claimed != 0 && outside[c_claimed] != 0 ->
            c_index = c_claimed; c_got++; c_claimed = 0;
            if
            :: BROKEN == SAY_BEFORE_DURABLE -> w_stated = 1; w_index = c_index; w_sum = c_got
            :: else -> c_save()
            fi
        }
    :: atomic { c_claimed != 0 && outside[c_claimed] == 0 && refused[c_claimed] == 0 ->
            refused[c_claimed] = 1; c_index = c_claimed; c_claimed = 0; c_save()
        }
    :: atomic { c_index != 0 && e_index == c_index -> w_stated = 1; w_index = c_index; w_sum = c_got }
    :: atomic { SAY_BEFORE_DURABLE == BROKEN && e_index != c_index -> c_save() }
    :: atomic { crashes < CRASHES ->
            crashes++;
            c_claimed = e_claimed; c_index = e_index; c_got = e_got
        }
    od
}

/* After every step. */
active proctype always()
{
    byte sum;
end:
    do
    :: atomic {
            /* An honest payer never thinks that it owes less than the creditor does. */
            assert(p_counts <= e_got);
            /* The creditor is at most one payment ahead: the pending one, and as durable as that. */
            assert(e_got <= d_paid + 1);
            assert(e_got == d_paid || d_pending != 0);
            /* A number that was decided is gone: never pending again. */
            assert(p_pending == 0 || p_pending > p_paid_index);
            assert(e_index <= d_last);
            sum = (outside[1] != 0) + (outside[2] != 0) + (outside[3] != 0);
            /* Nothing is posted that was not paid. */
            assert(e_got <= sum)
        }
    od
}
