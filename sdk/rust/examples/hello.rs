//! Hello: a line at birth, and one for each message.
#![no_std]

use serai::{agent, State, Text, EVENT_BORN, EVENT_MESSAGE};

static VISITS: State<i64> = State::new(0);

agent!(turn);

fn turn(kind: i32, _slot: i32, _size: i32) {
    if kind == EVENT_BORN {
        let _ = serai::log("hello, site");
    }
    if kind == EVENT_MESSAGE {
        VISITS.set(VISITS.get() + 1);
        let _ = Text::new().add("visit number ").add_int(VISITS.get()).log();
    }
}
