#!/usr/bin/python3
"""The checker accepts small books that are right, and refuses each way to write them wrong."""
import hashlib
import os
import struct
import sys
import tempfile
import unittest

try:
    import lmdb
except ImportError:
    print("python3-lmdb is not there")
    sys.exit(77)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from books import entries as e  # noqa: E402
from books.accounts import CLASS_OF_KIND, FIXED, Account  # noqa: E402
from books.cbor import decode, encode  # noqa: E402
from books.claims import Claims  # noqa: E402
from books.prices import VALUES, Book, Charges  # noqa: E402
from books.refused import Refused  # noqa: E402
from books.replay import Books, event_hash, hash_of  # noqa: E402
from books.siphash import siphash  # noqa: E402
from books.store import COMMITS, FORMATS, TABLES, Store, row_hash  # noqa: E402

CUSTOMER, AGENT = 4096, 4097
# A book in which the journal is free, and one of another price of compute.
FREE = list((VALUES | {"journal.price": 0}).values())
BOOK = b"\x85\x03\x63SRI" + encode([FREE, 1, [12, 5]])[1:]
OTHER_BOOK = BOOK.replace(encode(FREE), encode([5, *FREE[1:]]))
PRICED_BOOK = BOOK.replace(encode(FREE), encode(list(VALUES.values())))


def number(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def difference(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def numbers(*values):
    return b"".join(map(number, values))


def entries_chunk(frame, body, *, goes_on=0, first=0, before=0, spare=0, price=0, time=0):
    return struct.pack("<HBBIQIIQQ", e.CHUNK_FORMAT, 1, goes_on, first, frame, before, spare, price,
                       time) + body


def tick(elapsed=0, time=0, subject=0):
    event = e.Event(e.TICK, b"", time, subject, ())
    return b"\x80" + event_hash(event, None, b"") + numbers(elapsed, subject)


def new_prices(which=1, book=BOOK, elapsed=0, time=0):
    digest = hashlib.sha256(book).digest()
    event = e.Event(e.PRICES, b"", time, 0, ())
    return b"\x85" + event_hash(event, [which, digest], book) + numbers(elapsed, 0, which) + digest


def request(which=1, elapsed=0, subject=CUSTOMER, key=b"k" * 32):
    return b"\x81" + b"h" * 32 + numbers(elapsed, subject, which) + key


def turn(message, elapsed=0, subject=AGENT):
    return b"\x82" + b"h" * 32 + numbers(elapsed, subject, 0) + difference(message) + number(4)


def opens(kind, account, customer=0, first=e.OPENS):
    return bytes([first, kind]) + numbers(account, customer)


def long_line(code, debit, credit, amount, price=0, quantity=0, which=0, remainder=0):
    return bytes([0, code]) + numbers(debit, credit, amount, price, quantity, which, remainder)


SITE = b"".join(opens(kind, account) for account, (kind, _) in sorted(FIXED.items()))
FIRST = SITE + new_prices() + tick() + opens(6, CUSTOMER)


class Writer:
    """Frames of a journal, and the rows that belong to them."""

    def __init__(self):
        self.journal = {}
        self.head = bytes(32)
        self.frames = 0
        self.next_account = CUSTOMER + 1
        self.header = None
        self.segment = [1, 0]
        self.kept = None
        self.moved = {}
        self.opened = dict.fromkeys(FIXED, 1) | {CUSTOMER: 1}
        self.kinds = {account: (kind, 0) for account, (kind, _) in FIXED.items()}
        self.kinds[CUSTOMER] = (6, 0)
        self.closed = set()
        self.books = {1: (1, 0, BOOK)}

    def frame(self, *chunks, events, lines=0, openings=0, time=0, **other):
        self.frames += 1
        counts = other.get("counts", (openings, events, lines, len(chunks) + 1))
        before = other.get("before", self.head)
        header = struct.pack("<HBBIQ", e.CHUNK_FORMAT, 0, 0, other.get("spare", 0), self.frames) \
            + struct.pack("<QQQ32sQQQQQ", self.frames, time, 7, before, self.next_account, *counts)
        if other.get("segment"):
            header += other.get("state") or self.state()
            self.segment = [self.frames, 0]
        self.segment[1] += sum(map(len, (header, *chunks)))
        chain = hashlib.sha256(self.head)
        for index, chunk in enumerate((header, *chunks)):
            self.journal[struct.pack(">QI", self.frames, index)] = chunk
            chain.update(hashlib.sha256(b"\0" + chunk).digest())
        self.header = [self.frames, time, 7, chain.digest(), self.head, self.next_account, events,
                       lines, len(chunks) + 1, *self.segment]
        self.head = chain.digest()

    def state(self):
        """The hash of all accounts as they stand, for the frame that comes next."""
        found = hashlib.sha256()
        for account in sorted(self.opened):
            found.update(struct.pack("<Q", account) + self.account_row(account)[8:])
        return found.digest()

    def drop(self, frame):
        """Begin the journal with a frame, which begins a segment."""
        before = self.journal[struct.pack(">QI", frame, 0)][40:72]
        self.journal = {key: chunk for key, chunk in self.journal.items()
                        if key >= struct.pack(">QI", frame, 0)}
        self.kept = [frame, before, frame]

    def first(self, body=FIRST, **other):
        self.frame(entries_chunk(1, body), events=2, openings=len(FIXED) + 1, **other)

    def agent(self):
        """A frame in which an agent is born with 1000 nanos of the treasury."""
        self.next_account += 1
        self.opened[AGENT], self.kinds[AGENT] = self.frames + 1, (7, CUSTOMER)
        body = request() + opens(7, AGENT, CUSTOMER) + b"\1" + numbers(CUSTOMER, 1000) \
            + b"\3" + numbers(CUSTOMER, AGENT, 1000, AGENT)
        self.frame(entries_chunk(self.frames + 1, body), events=1, lines=2, openings=1)
        self.move(1, CUSTOMER, 1000)
        self.move(CUSTOMER, AGENT, 1000)

    def move(self, debit, credit, amount):
        for account, debits, credits in ((debit, amount, 0), (credit, 0, amount)):
            old = self.moved.get(account, (0, 0, 0))
            self.moved[account] = (old[0] + debits, old[1] + credits, self.frames)

    def account_row(self, account):
        debits, credits, frame = self.moved.get(account, (0, 0, self.opened[account]))
        kind, customer = self.kinds[account]
        return struct.pack("<QQQBBB5xQQQQ", frame, self.opened[account], customer,
                           CLASS_OF_KIND[kind], kind, account in self.closed, debits, 0, credits, 0)

    def tables(self):
        meta = {b"\1": encode(self.header),
                b"\3": encode([max(self.books), self.books[max(self.books)][2], *[0] * 9])}
        meta |= {b"\5" + struct.pack(">Q", which): encode(list(book))
                 for which, book in self.books.items()}
        if self.kept is not None:
            meta[b"\x08"] = encode(self.kept)
        return {"meta": meta, "journal": self.journal, "request": {},
                "account": {struct.pack(">Q", account): self.account_row(account)
                            for account in self.opened}}

    def check(self, **changed):
        books = Books(Rows(self.tables() | changed))
        books.check()
        return books


class Rows:
    def __init__(self, tables):
        self.tables = tables

    def rows(self, name):
        return iter(sorted(self.tables[name].items()))


def new_books():
    writer = Writer()
    writer.first()
    writer.agent()
    return writer


class Case(unittest.TestCase):
    def refused(self, text, what, *args, **kwargs):
        with self.assertRaises(Refused) as caught:
            what(*args, **kwargs)
        self.assertIn(text, str(caught.exception))


class Entries(Case):
    """One value, one encoding."""

    def read(self, body, **header):
        return list(e.Chunk(entries_chunk(2, body, **header)).entries())

    def test_the_numbers_of_a_line_are_read(self):
        lines = self.read(turn(5) + b"\5" + numbers(2, 100, 3, 7) + b"\x0f" + number(9)
                          + difference(-2), price=1)
        self.assertEqual(lines[1:], [e.Line(5, AGENT, 16, 2, 1, 100, 3, 7),
                                     e.Line(15, 48, AGENT, 9, object=3)])

    def test_a_long_number_is_refused(self):
        self.refused("longer than", self.read, tick() + b"\1" + number(CUSTOMER) + b"\x85\0")
        self.refused("more than 64 bits", self.read, tick() + b"\1" + b"\xff" * 9 + b"\2" + b"\1")
        self.refused("more than 64 bits", self.read, tick() + b"\1" + b"\xff" * 10 + b"\1" + b"\1")

    def test_a_long_line_that_can_be_short_is_refused(self):
        for price, line in ((0, long_line(1, 1, CUSTOMER, 5)),
                            (0, long_line(20, AGENT, 51, 5, 0, 0, 9)),
                            (1, long_line(5, AGENT, 16, 5, 1, 7, 3, 2))):
            self.refused("can be a short", self.read, turn(5) + line, price=price)

    def test_a_long_line_that_cannot_be_short_is_read(self):
        for price, line in ((0, long_line(1, 2, CUSTOMER, 5)),
                            (0, long_line(20, AGENT + 1, 51, 5, 0, 0, 9)),
                            (0, long_line(20, AGENT, 51, 5, 0, 1)),
                            (0, long_line(5, AGENT, 16, 5, 0, 7, 3, 2)),
                            (2, long_line(20, AGENT, 51, 5, 2))):
            self.assertEqual(len(self.read(turn(5) + line, price=price)), 2)

    def test_the_price_of_a_chunk_is_of_its_first_line_that_names_one(self):
        charge = b"\6" + numbers(1, 1, 3)
        other = long_line(6, AGENT, 17, 1, 2, 1, 3)
        self.assertEqual(len(self.read(turn(5) + charge + other, price=1)), 3)
        self.refused("not that of the first", self.read, turn(5) + other + charge, price=1)
        self.refused("no line names", self.read, turn(5), price=1)
        self.refused("without a price id", self.read, turn(5) + charge)

    def test_spare_bits_and_unknown_entries_are_refused(self):
        self.refused("spare", self.read, tick(), spare=1)
        self.refused("spare", self.read, tick(), goes_on=2)
        self.refused("lines before", self.read, tick(), before=1)
        for code in (43, 44, 55, 127):
            self.refused("unknown code", self.read, tick() + bytes([code]) + b"\1" * 9)
            self.refused("unknown code", self.read, tick() + bytes([0, code]) + b"\1" * 9)
        for first in (132, 135, 159, 162, 255):
            self.refused("begins with", self.read, bytes([first]) + b"\0" * 80)
        self.refused("above", self.read, tick() + b"\1" + numbers(CUSTOMER, 1 << 63))
        self.refused("format", e.Chunk, b"\3" + entries_chunk(2, tick())[1:])
        self.refused("size", e.Chunk, entries_chunk(2, bytes(3929)))

    def test_a_cut_entry_is_refused(self):
        body = turn(5) + b"\x0f" + numbers(300, 300)
        for size in range(1, len(body)):
            if size != len(turn(5)):
                self.refused("cut", self.read, body[:size])

    def test_room_is_told_to_the_byte(self):
        for entry in (turn(1 << 40), tick(200), request(300), opens(7, AGENT, CUSTOMER),
                      b"\1" + numbers(CUSTOMER, 70_000), b"\x0f" + number(4) + difference(-70_000),
                      long_line(1, 2, CUSTOMER, 5), b"\5" + numbers(2, 100, 3, 7_000_000)):
            price = 1 if entry[0] == 5 else 0
            *_, read = self.read(turn(70_001) + entry, price=price)
            chunk = e.Chunk(entries_chunk(2, turn(70_001)))
            list(chunk.entries())
            for room in (len(entry) - 1, len(entry)):
                chunk.data = bytes(e.CHUNK_BYTES_MAX - room)
                self.assertEqual(chunk.has_room_for(read), room == len(entry))


class Replay(Case):
    def test_right_books_are_right(self):
        books = new_books().check()
        self.assertEqual((books.frames, books.events, books.lines), (2, 3, 2))

    def with_frame(self, *entries, lines=1, time=0, price=0, **other):
        writer = new_books()
        writer.frame(entries_chunk(3, b"".join(entries), time=time, price=price),
                     events=other.pop("events", 1), lines=lines, time=other.pop("ends", time),
                     **other)
        return writer

    def test_a_row_that_differs_is_refused(self):
        writer = new_books()
        rows = writer.tables()["account"]
        key = struct.pack(">Q", AGENT)
        for at in (0, 8, 16, 24, 25, 26, 27, 32, 48, 63):
            row = rows[key][:at] + bytes([rows[key][at] ^ 1]) + rows[key][at + 1:]
            self.refused("agent:4097", writer.check, account=rows | {key: row})
        self.refused("never opened", writer.check,
                     account=rows | {struct.pack(">Q", AGENT + 1): rows[key]})
        del rows[key]
        self.refused("has no row", writer.check, account=rows)

    def with_segment(self, **other):
        """Two more frames, the first of which begins a segment; an agent pays in both."""
        writer = new_books()
        for begins in (True, False):
            body = request(2) + b"\4" + numbers(AGENT, CUSTOMER, 7, 0)
            writer.frame(entries_chunk(writer.frames + 1, body), events=1, lines=1,
                         segment=begins, **(other if begins else {}))
            writer.move(AGENT, CUSTOMER, 7)
        return writer

    def test_a_segment_names_all_accounts_before_it(self):
        self.assertEqual(self.with_segment().check().frames, 4)
        self.refused("frame 3: the accounts before it", self.with_segment(state=b"s" * 32).check)

    def test_a_journal_may_begin_with_a_segment(self):
        writer = self.with_segment()
        writer.drop(3)
        books = writer.check()
        self.assertEqual((books.first, books.frames, books.lines), (3, 4, 2))
        rows = writer.tables()["account"]
        for account, place in ((AGENT, 32), (CUSTOMER, 48), (CUSTOMER, 16)):
            key = struct.pack(">Q", account)
            row = bytearray(rows[key])
            row[place] ^= 64
            self.refused("frame 3: the accounts before it", writer.check,
                         account=rows | {key: bytes(row)})
        writer.kept[1] = bytes(32)
        self.refused("frame 3: the head", writer.check)
        writer = self.with_segment()
        writer.drop(4)
        self.refused("frame 4: no segment begins", writer.check)
        writer = self.with_segment()
        left = dict(writer.journal)
        writer.drop(3)
        writer.journal = left
        self.refused("it is missing", writer.check)
        writer.kept[2] = 1  # they are on their way out
        self.assertEqual(writer.check().lines, 2)

    def test_heads_and_headers_are_compared(self):
        writer = new_books()
        key = struct.pack(">QI", 1, 1)
        changed = writer.journal[key][:-1] + b"\1"
        self.refused("frame 2: the head", writer.check, journal=writer.journal | {key: changed})
        for place, text in ((0, "frame"), (3, "meta 01"), (8, "meta 01")):
            said = list(writer.header)
            said[place] = bytes(32) if place == 3 else said[place] + 1
            self.refused(text, writer.check, meta=writer.tables()["meta"] | {b"\1": encode(said)})
        for index, what in enumerate(("openings", "events", "lines", "chunks")):
            counts = [1, 1, 0, 2]
            counts[index] += 1
            bad = new_books()
            bad.frame(entries_chunk(3, tick() + opens(8, 256)), events=1, counts=counts)
            self.refused(f"{what}, and there are", bad.check)
        bad = new_books()
        bad.frame(events=0, before=bytes(32))
        self.refused("frame 3: the head", bad.check)
        bad = new_books()
        bad.frame(events=0, spare=1)
        self.refused("frame 3: its header chunk", bad.check)

    def test_chunks_and_frames_are_there(self):
        for lost in (struct.pack(">QI", 2, 0), struct.pack(">QI", 2, 1)):
            writer = new_books()
            writer.frame(events=0)
            del writer.journal[lost]
            self.refused("frame 2", writer.check)

    def test_a_line_names_open_accounts_in_their_places(self):
        for line in (b"\1" + numbers(AGENT + 1, 5), b"\1" + numbers(AGENT, 5),
                     b"\x14" + numbers(5, 9)):
            self.refused("frame 3 chunk 1: event 0 line 0: a line", self.with_frame(
                request(2), line).check)

    def test_limits_hold_at_the_end_of_a_frame(self):
        self.refused("past its limit", self.with_frame(
            request(2), b"\3" + numbers(CUSTOMER, AGENT, 1, AGENT)).check)

    def test_an_account_opens_once_and_in_order(self):
        for opening, text in ((opens(7, AGENT, CUSTOMER), "opens twice"),
                              (opens(7, AGENT + 2, CUSTOMER), "is not the next"),
                              (opens(3, 28), "cannot be"), (opens(8, 257), "cannot be"),
                              (opens(6, 300), "cannot be"), (opens(11, AGENT + 1), "unknown kind")):
            self.refused(text, self.with_frame(request(2), opening, lines=0, openings=1).check)
        writer = new_books()
        writer.next_account += 1
        writer.frame(events=0)
        self.refused("the next account is 4098", writer.check)
        self.refused("behind a line", self.with_frame(
            request(2), b"\1" + numbers(CUSTOMER, 5), opens(8, 256), openings=1).check)

    def closing(self, amount, later=b""):
        writer = new_books()
        body = tick() + opens(7, AGENT, CUSTOMER, e.CLOSES) \
            + b"\x24" + numbers(AGENT, CUSTOMER, amount, AGENT) + later
        writer.closed.add(AGENT)
        writer.frame(entries_chunk(3, body), events=2 if later else 1, lines=2 if later else 1,
                     openings=1)
        writer.move(AGENT, CUSTOMER, amount)
        return writer

    def test_an_account_closes_once_and_empty(self):
        self.closing(1000).check()
        self.refused("closes with money", self.closing(999).check)
        self.refused("closed or the same", self.closing(
            1000, request(2) + b"\4" + numbers(CUSTOMER, AGENT, 5, 0)).check)
        self.refused("is not open", self.closing(
            1000, tick() + opens(7, AGENT, CUSTOMER, e.CLOSES)).check)
        self.refused("as another one", self.with_frame(
            tick(), opens(6, AGENT, 0, e.CLOSES), lines=0, openings=1).check)

    def test_charges_are_computed_again(self):
        # 700,000 fuel at 1,000,000 nanos for 10^9 are 700 nanos; the rest of 1500 is kept.
        def charged(*charges):
            return self.with_frame(turn(5), *(b"\5" + numbers(amount, fuel, 3, left)
                                              for amount, fuel, left in charges),
                                   lines=len(charges), price=1)

        writer = charged((1, 1500, 500_000_000), (1, 500, 0))
        writer.move(AGENT, 16, 2)
        writer.check()
        for charges in (((2, 1500, 500_000_000),), ((1, 1500, 0),),
                        ((1, 1500, 500_000_000), (0, 500, 500_000_000))):
            self.refused("and should be", charged(*charges).check)
        self.refused("book 2", self.with_frame(
            turn(5), b"\6" + numbers(1, 1, 3), price=2).check)
        self.refused("no charge", self.with_frame(
            turn(5), long_line(20, AGENT, 51, 1, 1, 0, 9), price=1).check)
        self.refused("moves nothing", self.with_frame(turn(5), b"\x14" + numbers(0, 9)).check)

    def test_a_turn_pays_once_for_its_entry_in_the_journal(self):
        # One line before it: 48 bytes and 8 for each of the two, at 100,000 nanos for 2^20.
        amount, left = divmod(64 * 100_000, 1 << 20)
        other = opens(7, AGENT + 1, CUSTOMER)

        def paid(*lines, first=turn(5), book=PRICED_BOOK, openings=0):
            writer = new_books()
            writer.books[2] = (3, 0, book)
            writer.next_account += openings
            writer.frame(entries_chunk(3, new_prices(2, book) + first + b"".join(lines), price=2),
                         events=2, lines=len(lines), openings=openings)
            writer.move(AGENT, 17, 1)
            writer.move(AGENT, 27, amount)
            return writer

        order = b"\6" + numbers(1, 1, 3)
        fee = b"\x36" + numbers(amount, 64, left)
        paid(order, fee).check()
        self.refused("pays 0 times for the journal, and owes it 1", paid(order).check)
        self.refused("pays 1 times for the journal, and owes it 0",
                     paid(order, fee, first=tick(subject=AGENT)).check)
        for size, text in ((64, "64 bytes, and there are 72"), (72, "pays 2 times")):
            again, rest = divmod(size * 100_000 + left, 1 << 20)
            self.refused(text, paid(order, fee, b"\x36" + numbers(again, size, rest)).check)
        less, rest = divmod(56 * 100_000, 1 << 20)
        self.refused("56 bytes, and there are 64",
                     paid(order, b"\x36" + numbers(less, 56, rest)).check)
        self.refused("and should be", paid(order, b"\x36" + numbers(amount + 1, 64, left)).check)
        self.refused("another agent pays", paid(order, long_line(
            54, AGENT + 1, 27, amount, 2, 64, 0, left), first=turn(5) + other, openings=1).check)

    def test_books_of_prices_are_numbered_and_in_the_chain(self):
        def with_book(which=2, row=OTHER_BOOK, key=2, frame=3):
            writer = self.with_frame(new_prices(which, OTHER_BOOK, time=9), time=9, lines=0)
            writer.books[key] = (frame, 9, row)
            return writer

        with_book().check()
        for writer, text in ((with_book(which=3), "the one before"), (with_book(key=3), "missing"),
                             (with_book(row=BOOK), "not the one of the chain"),
                             (with_book(frame=2), "another time")):
            self.refused(text, writer.check)
        meta = new_books().tables()["meta"]
        for in_force in ([2, BOOK], [1, OTHER_BOOK]):
            self.refused("prices in force", new_books().check,
                         meta=meta | {b"\3": encode([*in_force, *[0] * 9])})
        writer = new_books()
        writer.books[2] = (3, 9, OTHER_BOOK)
        self.refused("there are others", writer.check)

    def test_events_are_in_order(self):
        self.refused("site time falls", self.with_frame(
            tick(time=9), opens(8, 256), lines=0, openings=1, time=9, ends=8).check)
        self.refused("event 1 line 0: site time falls", self.with_frame(
            tick(time=9), opens(8, 256), tick(elapsed=(1 << 64) - 1, time=8), opens(9, 257),
            lines=0, openings=2, events=2, time=9).check)
        for body, time in ((b"", 8), (tick(time=8) + opens(9, 257), 8)):
            writer = self.with_frame(tick(time=9), opens(8, 256), lines=0, openings=1, time=9)
            writer.frame(*[entries_chunk(4, body, time=time)] * bool(body), events=bool(body),
                         openings=bool(body), time=time)
            self.refused("site time falls", writer.check)
        self.refused("is not that of its first event", self.with_frame(
            tick(elapsed=1, time=10), opens(8, 256), lines=0, openings=1, time=9, ends=10).check)
        writer = new_books()
        writer.frame(entries_chunk(2, tick() + opens(8, 256)), events=1, openings=1)
        self.refused("says that it is of frame 2", writer.check)
        self.refused("moved nothing", self.with_frame(tick(), lines=0).check)
        self.refused("hash", self.with_frame(
            b"\x80" + bytes(34), opens(8, 256), lines=0, openings=1).check)

    def test_the_last_request_of_each_key_is_that_of_its_event(self):
        key, payload = b"k" * 32, hashlib.sha256(b"payload").digest()
        event = e.Event(e.REQUEST, b"", 0, CUSTOMER, ())
        right = hash_of(event, [key, 1], payload)
        writer = new_books()
        header, body = (struct.pack(">QI", 2, index) for index in (0, 1))
        writer.journal[body] = writer.journal[body].replace(b"h" * 32, right)
        chain = hashlib.sha256(writer.header[4])
        for chunk in (header, body):
            chain.update(hashlib.sha256(b"\0" + writer.journal[chunk]).digest())
        writer.header[3] = chain.digest()
        writer.check(request={key: encode([1, payload, b""])})
        writer.check(request={key: encode([2, bytes(32), b""])})
        self.refused("is another one", writer.check, request={key: encode([1, bytes(32), b""])})
        self.refused("a later one", writer.check, request={key: encode([0, payload, b""])})

    def long_event(self, spare_lines=0, **second):
        """A frame whose one event has two chunks, the first with room for so many lines more."""
        event = request(2)
        line = b"\1" + numbers(CUSTOMER, 5)
        room = (e.CHUNK_BYTES_MAX - 40 - len(event)) // len(line)
        writer = new_books()
        body = second.pop("body", event + line * 3)
        header = {"goes_on": 1, "before": room - spare_lines} | second
        writer.frame(entries_chunk(3, event + line * (room - spare_lines)),
                     entries_chunk(3, body, **header), events=1, lines=room - spare_lines + 3)
        writer.move(1, CUSTOMER, 5 * (room - spare_lines + 3))
        return writer

    def test_an_event_goes_on(self):
        self.long_event().check()
        self.refused("has room in the chunk before", self.long_event(spare_lines=1).check)
        self.refused("another place", self.long_event(before=5).check)
        self.refused("another place", self.long_event(first=1).check)
        self.refused("not the last one", self.long_event(body=request(3) + b"\1\x80\x20\5").check)
        self.refused("with nothing", self.long_event(body=request(2)).check)
        self.refused("first event is another", self.long_event(goes_on=0, before=0).check)
        self.refused("not begin with an event", self.long_event(
            goes_on=0, before=0, body=b"\1" + numbers(CUSTOMER, 5)).check)


class Prices(Case):
    def charge(self, book, *line):
        Charges().check(e.Line(*line), book)

    def book(self, *links):
        items = [list(VALUES.values()), 1, [12, 5]]
        if links:
            return Book(b"\x86\x03\x63SRI" + encode([*items, list(links)])[1:])
        return Book(b"\x85\x03\x63SRI" + encode(items)[1:])

    def test_prices_of_interfaces(self):
        book = self.book(b"a", [0, 7, 2, 5_000], b"b", [7, 3])
        place = 1 << 32
        for line in ((11, 50, 23, 100_000, 1, 1, 0), (11, 50, 23, 7, 1, 1, 1 + place),
                     (11, 50, 23, 100_000, 1, 1, 1 + 2 * place), (12, 50, 22, 100_000, 1, 1, 1),
                     (10, AGENT, 21, 2, 1, 2, 0), (10, AGENT, 21, 10, 1, 2, 2 * (1 + place)),
                     (10, AGENT, 21, 4, 1, 1, 2 * (1 + (3 << 16))),
                     (10, AGENT, 21, 20_000, 1, 1 << 20, 2 * (1 + (1 << 16)) + 1),
                     (50, AGENT, 26, 9, 1, 3, 2 + 2 * place),
                     (41, AGENT, 25, 10_000, 1, 1_000_000, 1 + (16 << 16)),
                     (6, AGENT, 17, 15, 1, 3, 12), (6, AGENT, 17, 3, 1, 3, 13)):
            self.charge(book, *line)
            with self.assertRaises(Refused):
                self.charge(book, *line[:3], line[3] + 1, *line[4:])
        self.refused("place 3", self.charge, book, 11, 50, 23, 7, 1, 1, 1 + 3 * place)
        self.refused("within the site", self.charge, book, 50, AGENT, 26, 0, 1, 1, 0)

    def test_a_book_is_well_formed(self):
        for data in (b"\x80", BOOK[:-1], BOOK + b"\0", BOOK.replace(b"\x0c\5", b"\x18\x0c\5")):
            with self.assertRaises(Refused):
                Book(data)
        self.refused("order", self.book, b"b", [0, 1], b"a", [0, 1])
        self.refused("unknown price", self.book, b"b", [8, 1])


class Held(Case):
    """What rows claim, and the remainders of agents."""

    def rows(self, **changed):
        agent = [0] * 20 + [7, 500] + [0, 0, [9, 0, 0, 3, 2]] + [0] * 8 + [[b"code", 100]]
        message = [8, 0, e.TURN + 1, *[0] * 7, 40, 30, 20, 4, b"", [], b""]
        tables = {"inbox": {b"a": encode(message)}, "heap": {b"h": encode([8, 1, 2, 3, 60, b""])},
                  "object": {b"f": encode([8, 1, AGENT, 0, 0, 1, 11, 0, 0, 0]),
                             b"t": encode([8, 3, AGENT, 0, 0, 12])},
                  "agent": {struct.pack(">Q", AGENT): encode(agent)},
                  "link": {bytes(4) + b"\4" + bytes(8): encode([0, 70, 1, 2, 3, 4, 80] + [0] * 8),
                           bytes(4) + b"\1" + bytes(8): encode([1])}}
        return Rows(tables | changed)

    def check(self, rows, holds=None, left=None):
        accounts = {}
        sums = {48: 70, 50: 80, 51: 7 + 100 + 20 + 11 + 12 + 10, 64: 60, 65: 70, 66: 500}
        for number, amount in (sums | (holds or {})).items():
            accounts[number] = Account(number, FIXED[number][0], 0, 1)
            accounts[number].credits, accounts[number].debits = amount + 5, 5
        charges = Charges()
        charges.left = {(AGENT, 5): 9, (AGENT, 13): 3, (AGENT, 54): 2} | (left or {})
        Claims(rows).check(accounts, charges)

    def test_rows_sum_to_their_accounts(self):
        self.check(self.rows())
        for number in (48, 50, 51, 64, 65, 66):
            self.refused(f"account {number} holds 1,", self.check, self.rows(), {number: 1})
        for name in ("inbox", "heap", "object", "agent", "link"):
            self.refused("and the rows", self.check, self.rows(**{name: {}}))

    def test_remainders_are_those_that_the_lines_leave(self):
        for meter in (5, "packets", "packet_data", 13, 54):
            self.refused("the remainder", self.check, self.rows(), None, {(AGENT, meter): 1})


class Disk(Case):
    """The tables of LMDB, and the log over them."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, tables, log=(), version=12, spoil=None):
        env = lmdb.open(self.folder.name, max_dbs=20)
        rows = [("format", FORMATS, b"\0", struct.pack("<I", version))]
        rows += [("commits", COMMITS, struct.pack(">Q", key), value) for key, value in log]
        rows += [(name, TABLES.index(name), key, value) for name, found in tables.items()
                 for key, value in found.items()]
        with env.begin(write=True) as writing:
            for name in (*TABLES, "commits", "format"):
                env.open_db(name.encode(), writing)
            for name, table, key, value in rows:
                sealed = value + row_hash(table, key, value)
                if spoil == name:
                    sealed = bytes([sealed[0] ^ 1]) + sealed[1:]
                writing.put(key, sealed, db=env.open_db(name.encode(), writing, create=False))
        env.close()

    def open(self):
        store = Store(self.folder.name)
        self.addCleanup(store.close)
        return store

    @staticmethod
    def change(what, table, key, value=b"", spare=0):
        return struct.pack("<BBBBI", what, table, len(key), spare, len(value)) + key + value

    PLACE = struct.pack("<BBBBI", 3, 2, 0, 0, 24) + bytes(24)

    @staticmethod
    def commit(first, stream, of_use=1, count=None, tables=4):
        parts = [stream[at:at + 4048] for at in range(0, len(stream), 4048)]
        head = struct.pack("<QQII", first, of_use, count or len(parts), tables)
        return [(first + index, head + part) for index, part in enumerate(parts)]

    def test_the_log_is_over_the_tables(self):
        log = self.commit(1, self.change(0, 2, b"b", b"new") + self.change(2, 2, b"d")
                          + self.change(0, 2, b"a", b"x" * 5000) + self.PLACE)
        log += self.commit(3, self.change(0, 2, b"b", b"newest") + self.change(0, 2, b"z", b"1")
                           + self.PLACE)
        self.write({"account": {b"b": b"old", b"c": b"same", b"d": b"gone"}}, log)
        self.assertEqual(list(self.open().rows("account")),
                         [(b"a", b"x" * 5000), (b"b", b"newest"), (b"c", b"same"), (b"z", b"1")])

    def test_rows_before_the_first_of_use_are_not_read(self):
        self.write({"account": {b"b": b"swept"}}, [
            *self.commit(4, self.change(0, 2, b"b", b"old") + self.PLACE),
            *self.commit(5, self.PLACE, of_use=5)])
        self.assertEqual(list(self.open().rows("account")), [(b"b", b"swept")])

    def test_a_table_whose_rows_do_not_wait_has_what_the_log_has(self):
        log = self.commit(1, self.change(0, 2, b"b", b"1") + self.change(2, 2, b"d") + self.PLACE,
                          tables=0)
        self.write({"account": {b"a": b"2", b"b": b"1"}}, log)
        self.assertEqual(list(self.open().rows("account")), [(b"a", b"2"), (b"b", b"1")])
        for rows, text in (({b"a": b"2"}, "alone"), ({b"c": b"2"}, "alone"),
                           ({b"b": b"2"}, "is another"), ({b"b": b"1", b"d": b"2"}, "is another")):
            self.setUp()
            self.write({"account": rows}, log)
            self.refused(text, lambda: list(self.open().rows("account")))

    def test_rot_is_refused(self):
        for name in ("account", "commits", "format"):
            self.setUp()
            self.write({"account": {b"b": b"1"}}, self.commit(1, self.PLACE), spoil=name)
            self.refused(f"{name} ", lambda: list(self.open().rows("account")))
        self.setUp()
        self.write({}, version=11)
        self.refused("format 12", self.open)

    def test_a_log_that_is_not_well_formed_is_refused(self):
        good = self.change(0, 2, b"b", b"new") + self.PLACE
        for log, text in (
                (self.commit(1, good)[:0] + self.commit(0, good, of_use=0), "row 0"),
                (self.commit(1, good) + self.commit(3, good), "row 2"),
                (self.commit(3, good, of_use=2), "row 2 is missing"),
                (self.commit(1, good * 200)[:1], "are missing"),
                (self.commit(1, good, count=2), "are missing"),
                (self.commit(1, good)[:1] + [(2, self.commit(1, good)[0][1])], "first row"),
                (self.commit(1, self.PLACE + good), "behind the sweep"),
                (self.commit(1, good[:12]), "does not end"),
                (self.commit(1, good[:-1]), "cut"),
                (self.commit(1, self.change(0, 2, b"b", b"1", 1) + self.PLACE), "well-formed"),
                (self.commit(1, self.change(1, 2, b"b", b"1") + self.PLACE), "well-formed"),
                (self.commit(1, self.change(2, 2, b"b", b"1") + self.PLACE), "well-formed"),
                (self.commit(1, self.change(0, 15, b"b", b"1") + self.PLACE), "well-formed"),
                (self.commit(1, good, tables=1 << 15), "that there is not")):
            self.setUp()
            self.write({}, log)
            self.refused(text, self.open)


class Small(Case):
    def test_siphash_of_its_authors(self):
        data = bytes(range(15))
        self.assertEqual(siphash(bytes(range(16)), data), 0xa129ca6149be45e5)
        self.assertEqual(siphash(bytes(range(16)), data[:8]), 0x93f5f5799a932462)
        self.assertEqual(siphash(bytes(range(16)), b""), 0x726fdb47dd0e0e31)

    def test_cbor_has_one_encoding(self):
        self.assertEqual(decode(b"\x83\x18\x18\x41a\x82\x63SRI\xf5"), [24, b"a", ["SRI", True]])
        for data in (b"\x18\x17", b"\x19\0\xff", b"\x1a\0\0\xff\xff", b"\x9f\xff", b"\x20",
                     b"\xf9\0\0", b"\x82\1", b"\1\1", b"\x41", b"\x61\xff", b"\xa0", b"\x1c"):
            with self.assertRaises(Refused):
                decode(data)


if __name__ == "__main__":
    unittest.main()
