//! Messages: reading the event of a turn, answering, asking.
use crate::abi::*;
use crate::{Answer, Refusal};

/// The event of this turn.
pub fn event() -> Event {
    let mut event = Event::default();

    let _ = event_info(&mut event); // short of its fee: nothing came, as far as one can know
    event
}

/// The data that came with the event, as much as fits into `to`.
pub fn data(to: &mut [u8]) -> &[u8] {
    match event_read(to, 0) {
        Ok(size) => &to[..size as usize],
        Err(_) => &[],
    }
}

/// Answer the question that came with an event, once; nothing is done for `SLOT_NONE`.  The slot is
/// free afterwards, whatever is returned.  A reply that is to be answered in a later turn has to be
/// kept, by `cap_keep(event.reply)`.
pub fn give(reply: i32, data: &[u8], money: i64) -> Answer {
    if reply == SLOT_NONE {
        return Ok(0);
    }
    let answer = facet_send(reply, data, &[], money, 0, SLOT_NONE);
    if answer.is_err() {
        let _ = cap_drop(reply); // its sender then learns that no answer comes
    }
    answer
}

fn reason_of(words: &[u8]) -> &[u8] {
    &words[..words.len().min(REASON_BYTES_MAX as usize)]
}

/// Fail the turn: it is undone, and the agent that asked hears `code` (`FAIL_CODE_MIN` or more) and
/// the reason, of which 256 bytes are kept.
pub fn fail(code: i32, reason: &str) -> ! {
    fail_bytes(code, reason.as_bytes())
}

/// As `fail`.
pub(crate) fn fail_bytes(code: i32, reason: &[u8]) -> ! {
    let _ = self_fail(SLOT_SELF, code, reason_of(reason));
    trap() // the code was none of its own, or the money short of the fee
}

/// Fail the question of a reply, of this event or kept; the turn goes on.  Nothing is done for
/// `SLOT_NONE`, and the slot is free afterwards.
pub fn break_reply(reply: i32, code: i32, reason: &str) -> Answer {
    if reply == SLOT_NONE {
        return Ok(0);
    }
    let answer = reply_break(reply, code, reason_of(reason.as_bytes()));
    if answer.is_err() {
        let _ = cap_drop(reply);
    }
    answer
}

/// As `break_reply`, and money goes back to the one that asked.  After a refusal it stays here.
pub fn return_reply(reply: i32, code: i32, reason: &str, money: i64) -> Answer {
    if reply == SLOT_NONE {
        return Ok(0);
    }
    let answer = reply_return(reply, code, reason_of(reason.as_bytes()), money);
    if answer.is_err() {
        let _ = break_reply(reply, code, reason); // the reason at least
    }
    answer
}

/// The postage that a facet asks, if that is at most `postage_max`.
fn postage_of(facet: i32, postage_max: i64) -> Answer {
    match facet_postage(facet) {
        Ok(postage) if postage > postage_max => Err(Refusal(E_POSTAGE)),
        answer => answer,
    }
}

/// Send to somebody else's facet, with the postage that it asks if that is at most `postage_max`:
/// what a facet asks is its owner's choice.
pub fn send(facet: i32, data: &[u8], money: i64, postage_max: i64, reply: i32) -> Answer {
    facet_send(
        facet,
        data,
        &[],
        money,
        postage_of(facet, postage_max)?,
        reply,
    )
}

/// Ask somebody else's facet, or a promise, for what its answer will bring: the slot of a promise.
pub fn ask(facet: i32, data: &[u8], money: i64, postage_max: i64, reply: i32) -> Answer {
    facet_ask(
        facet,
        data,
        &[],
        money,
        postage_of(facet, postage_max)?,
        reply,
    )
}

/// End the turn by a trap: it is undone.
pub(crate) fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("a trap");
}
