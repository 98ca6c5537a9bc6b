//! Parent: buys a channel, makes the newborn at its far end what it is itself, and hears of it.
#![no_std]

use serai::{
    agent, channel_arm, channel_buy, channel_send, Args, Load, State, Text, EVENT_ANSWER,
    EVENT_BECAME, EVENT_BORN, EVENT_PACKET, EVENT_ROOM, INTERFACE_SELF, SLOT_CHANNELS, SLOT_ORIGIN,
};

static LOAD: State<Load> = State::new(Load::new()); // it may take several turns

agent!(turn);

fn handle(kind: i32, slot: i32) -> serai::Answer {
    let mut bytes = [0; 64];

    match kind {
        EVENT_BORN => channel_buy(SLOT_CHANNELS, INTERFACE_SELF, 10_000_000, 1_000_000),
        EVENT_ANSWER => {
            channel_arm(slot, 4, 1024)?;
            LOAD.with(|load| load.own(slot, b"word=hello"))
        }
        EVENT_ROOM => LOAD.with(|load| load.go_on()),
        EVENT_BECAME => {
            let word = Args(serai::data(&mut bytes)).get("word").unwrap_or(b"?");

            channel_send(SLOT_ORIGIN, word, 0)
        }
        EVENT_PACKET => Text::new()
            .add("my child says ")
            .add_bytes(serai::data(&mut bytes))
            .log(),
        _ => Ok(0),
    }
}

fn turn(kind: i32, slot: i32, _size: i32) {
    if let Err(refusal) = handle(kind, slot) {
        let _ = Text::new().add("refused: ").add_int(refusal.0.into()).log();
    }
}
