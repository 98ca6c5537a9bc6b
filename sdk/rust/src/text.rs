//! Lines of text that are built without `format!`, which would be most of a small module.
use crate::{log_append, Answer, LOG_LINE_BYTES_MAX, SLOT_LOG};

const BYTES: usize = LOG_LINE_BYTES_MAX as usize;

/// A line that is being written.  What does not fit is cut off: a line of the log is never worth a
/// panic.
pub struct Text {
    size: usize,
    bytes: core::mem::MaybeUninit<[u8; BYTES]>, // clearing them would be paid
}

impl Text {
    #[inline]
    pub const fn new() -> Text {
        Text {
            size: 0,
            bytes: core::mem::MaybeUninit::uninit(),
        }
    }

    /// What is written so far.
    pub fn bytes(&self) -> &[u8] {
        // The first `size` bytes are written, and `size` is at most BYTES.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.size) }
    }

    /// Append bytes, cut to fit.
    pub fn add_bytes(&mut self, bytes: &[u8]) -> &mut Text {
        let part = bytes.len().min(BYTES - self.size);

        unsafe {
            let to = self.bytes.as_mut_ptr().cast::<u8>().add(self.size);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, part);
        }
        self.size += part;
        self
    }

    /// Append words.
    pub fn add(&mut self, words: &str) -> &mut Text {
        self.add_bytes(words.as_bytes())
    }

    /// Append a number in decimal, with at least `digits` digits: 7 with 3 digits is 007.
    pub fn add_digits(&mut self, value: u64, digits: usize) -> &mut Text {
        let mut ordered = [b'0'; 20];
        let mut rest = value;
        let mut at = ordered.len();

        while at > 0 && (rest > 0 || ordered.len() - at < digits.max(1)) {
            at -= 1;
            ordered[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.add_bytes(&ordered[at..])
    }

    /// Append a number in decimal.
    pub fn add_int(&mut self, value: i64) -> &mut Text {
        if value < 0 {
            self.add("-");
        }
        self.add_digits(value.unsigned_abs(), 1)
    }

    /// Append nanos as an amount with nine places: 2000000 is 0.002000000.
    pub fn add_money(&mut self, nanos: i64) -> &mut Text {
        let size = nanos.unsigned_abs();

        if nanos < 0 {
            self.add("-");
        }
        self.add_digits(size / 1_000_000_000, 1)
            .add(".")
            .add_digits(size % 1_000_000_000, 9)
    }

    /// Append bytes in lower-case hex, as numbers of heap entries are written.
    pub fn add_hex(&mut self, bytes: &[u8]) -> &mut Text {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";

        for byte in bytes {
            self.add_bytes(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        self
    }

    /// Write the line to the agent's log, and empty it.
    pub fn log(&mut self) -> Answer {
        let answer = log_append(SLOT_LOG, self.bytes());

        self.size = 0;
        answer
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::new()
    }
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, words: &str) -> core::fmt::Result {
        self.add(words);
        Ok(())
    }
}

/// Write a line to the agent's log.
pub fn log(words: &str) -> Answer {
    log_append(SLOT_LOG, words.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn numbers_are_written_in_decimal() {
        let mut text = Text::new();

        text.add_int(0)
            .add(" ")
            .add_int(i64::MIN)
            .add(" ")
            .add_digits(7, 3);
        assert_eq!(text.bytes(), b"0 -9223372036854775808 007");
    }

    #[test]
    fn money_has_nine_places() {
        let mut text = Text::new();

        text.add_money(2_000_000).add(" ").add_money(-1);
        assert_eq!(text.bytes(), b"0.002000000 -0.000000001");
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let mut text = Text::new();

        text.add_bytes(&[b'a'; 1000])
            .add_bytes(&[b'b'; 1000])
            .add("c")
            .add_hex(&[0xaf]);
        assert_eq!(text.bytes().len(), 1024);
        assert_eq!(text.bytes()[1023], b'b');
    }

    #[test]
    fn bytes_are_written_in_hex() {
        assert_eq!(Text::new().add_hex(&[0, 0xaf, 0x10]).bytes(), b"00af10");
    }
}
