//! Arguments: "name=value name=value", as given to `serai agent deploy --args`.

/// Arguments, as they came with `EVENT_BORN` or `EVENT_BECAME`.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

/// The digits at the start of `text`, at most `most` of them, as a number, and how many there were.
fn digits(text: &[u8], most: usize) -> (i64, usize) {
    let used = text
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let value = text[..used]
        .iter()
        .fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));

    (value, used)
}

impl<'a> Args<'a> {
    /// The value of the argument `name`.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.0
            .split(|byte| *byte == b' ')
            .find_map(|word| word.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    }

    /// The whole number given for `name`, of at most 18 digits.  None: none was given, or it is no
    /// such number.
    pub fn int(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let (minus, text) = match value.strip_prefix(b"-") {
            Some(text) => (true, text),
            None => (false, value),
        };
        let (number, used) = digits(text, 18);

        if used == 0 || used != text.len() {
            return None;
        }
        Some(if minus { -number } else { number })
    }

    /// The amount given for `name`, a decimal such as 0.05 with up to nine places, in nanos.
    pub fn money(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let (whole, used) = digits(value, 10);
        let mut places = 0;
        let mut part = 0;

        if used == 0 || used > 9 {
            return None;
        }
        if let Some(text) = value[used..].strip_prefix(b".") {
            let (number, count) = digits(text, 10);
            if count == 0 || count > 9 || count != text.len() {
                return None;
            }
            (part, places) = (number, count);
        } else if used != value.len() {
            return None;
        }
        for _ in places..9 {
            part *= 10;
        }
        Some(whole * 1_000_000_000 + part)
    }

    /// The bytes given for `name` as lower-case hex, all of `to`.  False: it is not that.
    pub fn hex(&self, name: &str, to: &mut [u8]) -> bool {
        let value = match self.get(name) {
            Some(value) if value.len() == 2 * to.len() => value,
            _ => return false,
        };

        for (byte, pair) in to.iter_mut().zip(value.chunks_exact(2)) {
            *byte = 0;
            for digit in pair {
                *byte = *byte * 16
                    + match digit {
                        b'0'..=b'9' => digit - b'0',
                        b'a'..=b'f' => digit - b'a' + 10,
                        _ => return false,
                    };
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Args;

    const ARGS: Args = Args(b"hops=3 via= price=0.05 minus=-7 h=1 id=00ff");

    #[test]
    fn an_argument_is_found_by_its_whole_name() {
        assert_eq!(ARGS.get("h"), Some(&b"1"[..]));
        assert_eq!(ARGS.get("via"), Some(&b""[..]));
        assert_eq!(ARGS.get("op"), None);
        assert_eq!(Args(b"").get(""), None);
    }

    #[test]
    fn numbers_are_whole() {
        assert_eq!(ARGS.int("hops"), Some(3));
        assert_eq!(ARGS.int("minus"), Some(-7));
        assert_eq!(ARGS.int("price"), None);
        assert_eq!(ARGS.int("via"), None);
        assert_eq!(Args(b"n=9999999999999999999").int("n"), None);
    }

    #[test]
    fn money_is_in_nanos() {
        assert_eq!(ARGS.money("price"), Some(50_000_000));
        assert_eq!(
            Args(b"m=999999999.999999999").money("m"),
            Some(999_999_999_999_999_999)
        );
        for wrong in [
            &b"m=1."[..],
            b"m=.5",
            b"m=1.0000000000",
            b"m=1x",
            b"m=1.2x",
            b"m=1000000000",
        ] {
            assert_eq!(Args(wrong).money("m"), None);
        }
    }

    #[test]
    fn bytes_are_in_hex() {
        let mut bytes = [1; 2];

        assert!(ARGS.hex("id", &mut bytes));
        assert_eq!(bytes, [0, 0xff]);
        assert!(!ARGS.hex("hops", &mut bytes));
        assert!(!Args(b"id=00FF").hex("id", &mut bytes));
    }
}
