//! What an agent knows from turn to turn.
use core::cell::{Cell, UnsafeCell};

/// A global variable: `static VISITS: State<i64> = State::new(0);`.  An agent has one thread, and a
/// turn that is undone takes back what it wrote.
pub struct State<T> {
    value: UnsafeCell<T>,
    lent: Cell<bool>,
}

// An agent has no second thread.
unsafe impl<T> Sync for State<T> {}

impl<T> State<T> {
    pub const fn new(value: T) -> State<T> {
        State {
            value: UnsafeCell::new(value),
            lent: Cell::new(false),
        }
    }

    /// Lend the value to `work`.  It panics if the value is lent already.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        assert!(!self.lent.replace(true), "a State is lent twice");
        // Nobody else has it, as `lent` says.
        let result = work(unsafe { &mut *self.value.get() });
        self.lent.set(false);
        result
    }
}

impl<T: Copy> State<T> {
    pub fn get(&self) -> T {
        self.with(|value| *value)
    }

    pub fn set(&self, value: T) {
        self.with(|place| *place = value);
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    static COUNT: State<i64> = State::new(5);

    #[test]
    fn it_is_read_and_written() {
        COUNT.set(COUNT.get() + 1);
        assert_eq!(COUNT.with(|count| *count), 6);
    }

    #[test]
    #[should_panic(expected = "lent twice")]
    fn it_is_lent_once_at_a_time() {
        static OTHER: State<i64> = State::new(5);

        OTHER.with(|_| OTHER.set(1));
    }
}
