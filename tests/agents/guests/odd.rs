//! Odd: what goes wrong in Rust, and what needs the standard library.
use serai::{agent, State, EVENT_BORN, EVENT_MESSAGE};

static WORDS: State<Vec<Vec<u8>>> = State::new(Vec::new());

agent!(turn);

fn turn(kind: i32, _slot: i32, size: i32) {
    if kind == EVENT_BORN {
        let _ = serai::logln!("born with {} bytes", size);
    }
    if kind == EVENT_MESSAGE {
        let event = serai::event();
        let mut bytes = [0; 64];
        let words = serai::data(&mut bytes);

        if words == b"panic" {
            panic!("no {}", words.len());
        }
        WORDS.with(|all| all.push(Vec::from(words)));
        // Far more than the first page of memory, and given back.
        let large: Vec<u64> = (0..20_000).collect();
        let all = WORDS.with(|all| all.join(&b' '));
        let _ = serai::logln!("{}: {}", large.iter().sum::<u64>(), all.len());
        let _ = serai::give(event.reply, &all, 0);
    }
}
