//! Shop: sells the sum of the bytes that it is sent, for 1000 nanos.
#![no_std]

use serai::{agent, State, Text, EVENT_BORN, EVENT_MESSAGE, FAIL_CODE_MIN, SLOT_HEAP, SLOT_SELF};

const PRICE: i64 = 1000; // nanos
const TOO_LITTLE: i32 = FAIL_CODE_MIN; // why it would not: a code of this shop's own

static DATA: State<[u8; 4096]> = State::new([0; 4096]);
static SOLD: State<i64> = State::new(0);

agent!(turn);

/// Whoever is told the number can get the door: `heap_get(SLOT_HEAP, &number)`.
fn open_shop() -> serai::Answer {
    let mut number = [0; serai::HEAP_NUMBER_BYTES as usize];
    let door = serai::self_facet(SLOT_SELF, 1, 0)?;

    serai::heap_add(SLOT_HEAP, door as i32, &mut number)?;
    Text::new().add("the door is ").add_hex(&number).log()
}

fn serve() {
    let event = serai::event();

    if event.money < PRICE {
        serai::fail(TOO_LITTLE, "a sum costs 0.000001000"); // does not return
    }
    let sum: i64 = DATA.with(|data| serai::data(data).iter().map(|byte| i64::from(*byte)).sum());
    SOLD.set(SOLD.get() + 1);
    let _ = Text::new()
        .add("sold ")
        .add_int(SOLD.get())
        .add(" for ")
        .add_money(event.money)
        .log();
    let _ = serai::give(event.reply, &sum.to_le_bytes(), 0);
}

fn turn(kind: i32, _slot: i32, _size: i32) {
    if kind == EVENT_BORN && open_shop().is_err() {
        serai::fail(TOO_LITTLE, "too little money for a door");
    }
    if kind == EVENT_MESSAGE {
        serve();
    }
}
