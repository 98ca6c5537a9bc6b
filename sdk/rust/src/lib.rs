//! The library that an agent in Rust is written with: the orders of a site as safe functions, and
//! small helpers for arguments, log lines, answers and state.  It needs neither `std` nor `alloc`;
//! the feature `std` is for agents that do.
//!
//! ```ignore
//! #![no_std]
//! use serai::{agent, EVENT_BORN};
//!
//! agent!(turn);
//!
//! fn turn(kind: i32, _slot: i32, _size: i32) {
//!     if kind == EVENT_BORN {
//!         let _ = serai::log("hello, site");
//!     }
//! }
//! ```
//!
//! The orders are described in docs/guest-abi.md, the way from an empty folder to a running agent
//! in docs/languages.md.  Money is i64 nanos (10^-9 of the site's currency) everywhere.
#![no_std]

#[cfg(feature = "std")]
extern crate std;

mod abi;
mod args;
mod load;
mod message;
#[cfg(all(target_arch = "wasm32", not(test)))]
mod panic;
mod state;
mod text;

pub use abi::*;
pub use args::Args;
pub use load::Load;
pub use message::{ask, break_reply, data, event, fail, give, return_reply, send};
pub use state::State;
pub use text::{log, Text};

/// A refusal of the site: one of the `E_...`.  What was refused has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub i32);

/// What every order returns: a value of 0 or more, or a refusal.
pub type Answer = Result<i64, Refusal>;

#[inline(always)]
fn answer(result: i64) -> Answer {
    if result < 0 {
        Err(Refusal(result as i32))
    } else {
        Ok(result)
    }
}

/// The code with which a turn fails that has panicked; the reason is the panic's message (without
/// the feature `messages` its place).
pub const PANIC_CODE: i32 = i32::MAX;

/// Make a function `fn(kind: i32, slot: i32, size: i32)` the agent: the site calls it once for each
/// event.
#[macro_export]
macro_rules! agent {
    ($turn:path) => {
        #[no_mangle]
        pub extern "C" fn serai_turn(kind: i32, slot: i32, size: i32) {
            let turn: fn(i32, i32, i32) = $turn;
            $crate::begin();
            turn(kind, slot, size)
        }
    };
}

/// What a turn begins with: with `std`, a panic is told as without it.
#[doc(hidden)]
#[inline(always)]
pub fn begin() {
    #[cfg(all(feature = "std", target_arch = "wasm32", not(test)))]
    panic::set_hook();
}

/// Write a line of the log with values put in, as `format!`: `logln!("sold {} for {}", n, nanos)`.
/// It brings the formatting of `core` with it, some 10 KB of module; `Text` does without.
#[macro_export]
macro_rules! logln {
    ($($what:tt)*) => {{
        let mut text = $crate::Text::new();
        let _ = core::fmt::Write::write_fmt(&mut text, format_args!($($what)*)); // cut off, at most
        text.log()
    }};
}
