//! A panic ends the turn.  A line of the log would be undone with it, so the message is the reason
//! of the failure: the agent's log has it, and the agent that asked hears it.
use crate::message::fail_bytes;
use crate::{Text, PANIC_CODE};

#[cfg(feature = "messages")]
fn describe(text: &mut Text, info: &core::panic::PanicInfo) {
    let _ = core::fmt::Write::write_fmt(text, format_args!("{}", info)); // cut off, at most
}

/// Its place alone: the formatting of `core` stays out of the module.
#[cfg(not(feature = "messages"))]
fn describe(text: &mut Text, info: &core::panic::PanicInfo) {
    text.add("panicked");
    if let Some(place) = info.location() {
        text.add(" at ")
            .add(place.file())
            .add(":")
            .add_int(i64::from(place.line()));
    }
}

/// The standard library has a handler of its own, which calls this first.
#[cfg(feature = "std")]
pub(crate) fn set_hook() {
    static IS_SET: crate::State<bool> = crate::State::new(false);

    if !IS_SET.get() {
        IS_SET.set(true);
        std::panic::set_hook(std::boxed::Box::new(|info| panic(info)));
    }
}

#[cfg_attr(not(feature = "std"), panic_handler)]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let mut text = Text::new();

    describe(&mut text, info);
    fail_bytes(PANIC_CODE, text.bytes())
}
