"""CBOR of RFC 8949, section 4.2.1: the strict deterministic subset that rows are written in."""
from .refused import Refused


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        piece = self.data[self.at:self.at + size]
        if len(piece) != size:
            raise Refused("the CBOR ends early")
        self.at += size
        return piece

    def head(self):
        first = self.take(1)[0]
        kind, short = first >> 5, first & 31
        if short < 24:
            return kind, short
        if short > 27:
            raise Refused("CBOR of unknown length")
        if kind == 7:
            raise Refused("a CBOR value that no row has")
        size = 1 << (short - 24)
        number = int.from_bytes(self.take(size), "big")
        if number < (24 if size == 1 else 1 << (size * 4)):
            raise Refused("a CBOR number that could be shorter")
        return kind, number

    def item(self):
        # An array holds items of its own; they wait on a list, so nothing here calls itself.
        waiting = []
        while True:
            kind, number = self.head()
            if kind == 4 and number > 0:
                waiting.append((number, []))
                continue
            value = self.scalar(kind, number)
            while waiting:
                count, items = waiting[-1]
                items.append(value)
                if len(items) < count:
                    break
                value = items
                waiting.pop()
            if not waiting:
                return value

    def scalar(self, kind, number):
        if kind == 0:
            return number
        if kind == 2:
            return self.take(number)
        if kind == 3:
            try:
                return self.take(number).decode()
            except UnicodeDecodeError:
                raise Refused("a text that is not UTF-8") from None
        if kind == 4:
            return []
        if kind == 7 and number in (20, 21, 22):
            return {20: False, 21: True, 22: None}[number]
        raise Refused("a CBOR value that no row has")


def head(kind, number):
    if number < 24:
        return bytes([kind << 5 | number])
    bits = next(bits for bits in range(4) if number < 1 << (8 << bits))
    return bytes([kind << 5 | 24 + bits]) + number.to_bytes(1 << bits, "big")


def encode(value):
    """The bytes of null, a number, a byte string, or a list of these."""
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return b"\xf6" if value is None else head(0, value)


def decode(data):
    """The one value that the bytes are."""
    reader = Reader(data)
    value = reader.item()
    if reader.at != len(data):
        raise Refused("bytes behind the CBOR")
    return value


def decode_array(data, count):
    value = decode(data)
    if not isinstance(value, list) or len(value) != count:
        raise Refused(f"not an array of {count}")
    return value
