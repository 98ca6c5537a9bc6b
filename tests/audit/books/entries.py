"""The entries of a chunk: events, openings and lines."""
import struct
from typing import NamedTuple

from .refused import Refused, need

CHUNK_FORMAT = 0x5304
CHUNK_BYTES_MAX = 3968
NUMBER_MAX = (1 << 64) - 1
NANOS_MAX = (1 << 63) - 1
EVENT_FIRST, OPENS, CLOSES = 128, 160, 161
TICK, REQUEST, TURN, LINK, PRICES, SETTLEMENT = 0, 1, 2, 3, 5, 6
NAMED, SUBJECT = "named", "subject"
TREASURY, SUSPENSE = 1, 2
HELD_MESSAGE, HELD_PACKET, HELD_BIRTH, HELD_RESERVE = range(48, 52)
DEPOSIT_HEAP, DEPOSIT_CHANNEL, DEPOSIT_BURIAL = range(64, 67)
(REVENUE_COMPUTE, REVENUE_ORDERS, REVENUE_MEMORY, REVENUE_BUFFERS, REVENUE_CODE, REVENUE_PACKETS,
 REVENUE_CHANNELS, REVENUE_BIRTHS, REVENUE_LOGS, REVENUE_LINKS, REVENUE_FLUSHES,
 REVENUE_JOURNAL) = range(16, 28)


class Event(NamedTuple):
    kind: int
    hash: bytes
    time: int
    subject: int
    source: tuple


class Opening(NamedTuple):
    closes: bool
    kind: int
    account: int
    customer: int


class Line(NamedTuple):
    code: int
    debit: int
    credit: int
    amount: int
    price: int = 0
    quantity: int = 0
    object: int = 0
    remainder: int = 0


# The short lines: by code the debited and the credited account, and the fields besides the amount.
# "message" is the object as a difference to the message that is remembered.
SHORT = {
    1: (TREASURY, NAMED, ""),
    2: (NAMED, TREASURY, ""),
    5: (SUBJECT, REVENUE_COMPUTE, "quantity price object remainder"),
    6: (SUBJECT, REVENUE_ORDERS, "quantity price object"),
    7: (NAMED, REVENUE_MEMORY, "quantity price remainder"),
    8: (NAMED, REVENUE_BUFFERS, "quantity price remainder"),
    9: (NAMED, REVENUE_CODE, "quantity price remainder"),
    10: (SUBJECT, REVENUE_PACKETS, "quantity price object remainder"),
    11: (NAMED, REVENUE_BIRTHS, "quantity price object"),
    12: (HELD_BIRTH, REVENUE_CHANNELS, "quantity price object"),
    13: (SUBJECT, REVENUE_LOGS, "quantity price remainder"),
    14: (SUBJECT, HELD_MESSAGE, "message"),
    17: (SUBJECT, HELD_MESSAGE, "message"),
    15: (HELD_MESSAGE, SUBJECT, "message"),
    18: (HELD_MESSAGE, SUBJECT, "message"),
    16: (HELD_MESSAGE, NAMED, "message"),
    19: (HELD_MESSAGE, NAMED, "message"),
    20: (SUBJECT, HELD_RESERVE, "object"),
    21: (HELD_RESERVE, SUBJECT, "message"),
    22: (SUBJECT, HELD_PACKET, "object"),
    23: (HELD_PACKET, NAMED, "object"),
    24: (HELD_PACKET, NAMED, "object"),
    **dict.fromkeys((26, 27, 28), (HELD_BIRTH, NAMED, "object")),
    29: (SUBJECT, DEPOSIT_HEAP, "object"),
    30: (DEPOSIT_HEAP, NAMED, "object"),
    31: (NAMED, DEPOSIT_CHANNEL, "object"),
    32: (DEPOSIT_CHANNEL, NAMED, "object"),
    33: (NAMED, DEPOSIT_BURIAL, "object"),
    34: (DEPOSIT_BURIAL, NAMED, "quantity price object remainder"),
    35: (DEPOSIT_BURIAL, NAMED, "object"),
    38: (HELD_PACKET, NAMED, "message"),
    39: (NAMED, NAMED, "message"),
    41: (SUBJECT, REVENUE_LINKS, "quantity price object remainder"),
    45: (NAMED, TREASURY, "object"),
    46: (TREASURY, NAMED, "object"),
    47: (TREASURY, NAMED, "object"),
    49: (SUSPENSE, NAMED, "quantity object"),
    50: (SUBJECT, REVENUE_FLUSHES, "quantity price object"),
    51: (NAMED, NAMED, "quantity object"),
    54: (SUBJECT, REVENUE_JOURNAL, "quantity price remainder"),
    **dict.fromkeys((3, 4, 25, 36, 40, 48, 52, 53), (NAMED, NAMED, "object")),
    **dict.fromkeys((37, 42), (NAMED, NAMED, "")),
}
FIELDS = ("quantity", "price", "object", "message", "remainder")


class Form(NamedTuple):
    """The short line of one code: an account, NAMED or SUBJECT twice, and which fields it has."""
    debit: object
    credit: object
    quantity: bool
    price: bool
    object: bool
    message: bool
    remainder: bool


FORMS = {code: Form(debit, credit, *(field in fields.split() for field in FIELDS))
         for code, (debit, credit, fields) in SHORT.items()}


def number_bytes(number):
    return max(1, (number.bit_length() + 6) // 7)


def difference_bytes(number, remembered):
    difference = (number - remembered) & NUMBER_MAX
    return number_bytes(difference * 2 if difference <= NANOS_MAX
                        else (NUMBER_MAX - difference) * 2 + 1)


class Chunk:
    """One chunk of entries; the four things that are remembered in it change as it is read."""

    def __init__(self, data):
        need(40 < len(data) <= CHUNK_BYTES_MAX, "a chunk of no allowed size")
        (form, section, goes_on, self.first_event, self.frame, self.lines_before, spare, self.price,
         self.first_time) = struct.unpack_from("<HBBIQIIQQ", data)
        need(form == CHUNK_FORMAT, f"the format of the chunk is {form:#x}")
        need(section == 1, "it is not a chunk of entries")
        need(goes_on <= 1 and spare == 0, "a spare byte of the chunk is not 0")
        self.goes_on = goes_on == 1
        need(self.goes_on or self.lines_before == 0, "lines before an event that is new")
        self.data = data
        self.at = 40
        self.price_named = False
        self.time = self.first_time
        self.subject = 0
        self.message = 0

    # Who reads beyond the end gets an IndexError, which entries() reports.

    def byte(self):
        value = self.data[self.at]
        self.at += 1
        return value

    def bytes32(self):
        begin = self.at
        self.at += 32
        if self.at > len(self.data):
            raise IndexError
        return self.data[begin:self.at]

    def number(self):
        value = self.data[self.at]
        self.at += 1
        if value < 128:
            return value
        value &= 127
        shift = 7
        while True:
            more = self.data[self.at]
            self.at += 1
            value |= (more & 127) << shift
            shift += 7
            if more < 128:
                break
            need(shift < 70, "a number of more than 64 bits")
        need(more != 0, "a number that is longer than it need be")
        need(value <= NUMBER_MAX, "a number of more than 64 bits")
        return value

    def difference(self, remembered):
        zigzag = self.number()
        return (remembered + (zigzag >> 1 ^ -(zigzag & 1))) & NUMBER_MAX

    def entries(self):
        """Each entry, checked to be in the one way that there is."""
        try:
            while self.at < len(self.data):
                first = self.byte()
                if 0 < first < EVENT_FIRST:
                    yield self.short_line(first)
                elif first == 0:
                    yield self.long_line()
                elif first in (OPENS, CLOSES):
                    yield Opening(first == CLOSES, self.byte(), self.number(), self.number())
                else:
                    yield self.event(first - EVENT_FIRST)
        except IndexError:
            raise Refused("the last entry is cut") from None
        need(self.price_named or self.price == 0, "no line names the chunk's price id")

    def event(self, kind):
        digest = self.bytes32()
        self.time = (self.time + self.number()) & NUMBER_MAX
        self.subject = self.number()
        if kind == TICK:
            source = ()
        elif kind == REQUEST:
            source = (self.number(), self.bytes32())
        elif kind == TURN:
            sender = self.number()
            self.message = self.difference(self.message)
            source = (sender, self.message, self.number())
        elif kind == LINK:
            interface = self.number()
            self.message = self.difference(self.message)
            source = (interface, self.message)
        elif kind == PRICES:
            source = (self.number(), self.bytes32())
        elif kind == SETTLEMENT:
            source = (self.number(), self.number())
        else:
            raise Refused(f"an entry that begins with {kind + EVENT_FIRST}")
        return Event(kind, digest, self.time, self.subject, source)

    def short_line(self, code):
        form = FORMS.get(code)
        if form is None:
            raise Refused(f"a line of the unknown code {code}")
        number = self.number
        debit, credit, quantity, price, which, message, remainder = form
        if debit == NAMED:
            debit = number()
        elif debit == SUBJECT:
            debit = self.subject
        if credit == NAMED:
            credit = number()
        elif credit == SUBJECT:
            credit = self.subject
        amount = number()
        if amount > NANOS_MAX:
            raise Refused("an amount above 2^63 - 1")
        if quantity:
            quantity = number()
        if which:
            which = number()
        elif message:
            which = self.message = self.difference(self.message)
        if remainder:
            remainder = number()
        if price:
            need(self.price != 0, "a short line of a charge, in a chunk without a price id")
            price = self.price
            self.price_named = True
        return Line(code, debit, credit, amount, int(price), int(quantity), int(which),
                    int(remainder))

    def long_line(self):
        code = self.byte()
        need(code in FORMS, "a line of an unknown code")
        line = Line(code, *(self.number() for _ in range(7)))
        need(line.amount <= NANOS_MAX, "an amount above 2^63 - 1")
        if line.price != 0 and not self.price_named:
            need(line.price == self.price,
                 "the chunk's price id is not that of the first line that names one")
            self.price_named = True
        need(not self.can_be_short(line), "a long line that can be a short one")
        return line

    def can_be_short(self, line):
        form = FORMS[line.code]
        # A chunk that names no price yet would have the one of this line.
        price = self.price if self.price_named else line.price
        return self.fits(form.debit, line.debit) and self.fits(form.credit, line.credit) \
            and (line.price == price != 0 if form.price else line.price == 0) \
            and (form.quantity or line.quantity == 0) \
            and (form.object or form.message or line.object == 0) \
            and (form.remainder or line.remainder == 0)

    def fits(self, said, account):
        return said == NAMED or account == (self.subject if said == SUBJECT else said)

    # ---- how long an entry would be here: a chunk ends only where the next has no room ----

    def has_room_for(self, entry):
        if isinstance(entry, Event):
            size = self.event_bytes(entry)
        elif isinstance(entry, Opening):
            size = 2 + number_bytes(entry.account) + number_bytes(entry.customer)
        else:
            size = self.line_bytes(entry)
        return len(self.data) + size <= CHUNK_BYTES_MAX

    def event_bytes(self, event):
        size = 33 + number_bytes((event.time - self.time) & NUMBER_MAX) \
            + number_bytes(event.subject)
        if event.kind in (REQUEST, PRICES):
            return size + number_bytes(event.source[0]) + 32
        if event.kind == TURN:
            sender, message, kind = event.source
            return size + number_bytes(sender) + number_bytes(kind) \
                + difference_bytes(message, self.message)
        if event.kind == LINK:
            return size + number_bytes(event.source[0]) \
                + difference_bytes(event.source[1], self.message)
        return size + sum(number_bytes(number) for number in event.source)

    def line_bytes(self, line):
        if not self.can_be_short(line):
            return 2 + sum(number_bytes(number) for number in line[1:])
        form = FORMS[line.code]
        numbers = [line.amount]
        numbers += [line.debit] * (form.debit == NAMED) + [line.credit] * (form.credit == NAMED)
        numbers += [line.quantity] * form.quantity + [line.object] * form.object
        numbers += [line.remainder] * form.remainder
        message = difference_bytes(line.object, self.message) if form.message else 0
        return 1 + message + sum(number_bytes(number) for number in numbers)
