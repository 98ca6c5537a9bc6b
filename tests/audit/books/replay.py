"""The journal replayed: frames, events, openings and lines, against the rows of the store."""
import hashlib
import struct

from . import entries as e
from .accounts import FIRST_COUNTED, KIND_REVENUE, PARTIES, Account, account_of, fields
from .cbor import decode_array, encode
from .prices import CHARGES, EVENT_BYTES, JOURNAL, LINE_BYTES, Book, Charges
from .refused import Refused, at, need

HEADER_CHUNK_BYTES, STATE_BYTES = 112, 32
META_HEADER, META_PRICES, META_BOOK, META_KEPT = b"\1", b"\3", b"\5", b"\10"


def hash_of(event, source, digest):
    """The hash of an event that drew nothing at random; `digest` is that of its bytes."""
    return hashlib.sha256(b"serai-event-1" + encode(
        [event.kind, source, digest, event.time, hashlib.sha256().digest()])).digest()


def event_hash(event, source, data):
    return hash_of(event, source, hashlib.sha256(data).digest())


class Frame:
    """The header record of a frame, and what was counted of the frame so far."""

    def __init__(self, data, number, head):
        self.state = data[HEADER_CHUNK_BYTES:] or None
        need(len(data) == HEADER_CHUNK_BYTES + (STATE_BYTES if self.state else 0),
             "its header has another size")
        need(self.state is None or number > 1, "it names a state before the first frame")
        need(data[:16] == struct.pack("<HBBIQ", e.CHUNK_FORMAT, 0, 0, 0, number),
             "its header chunk does not begin as one")
        (frame, self.time, self.wall, self.before, self.next_account, self.openings, self.events,
         self.lines, self.chunks) = struct.unpack_from("<QQQ32sQQQQQ", data, 16)
        need(frame == number, f"its header is that of frame {frame}")
        need(self.before == head, "the head in it is not that of the frame before")
        self.number = number
        self.chain = hashlib.sha256(head)
        self.seen = {"openings": 0, "events": 0, "lines": 0, "chunks": 0}
        self.add(data)

    def add(self, chunk):
        self.seen["chunks"] += 1
        self.chain.update(hashlib.sha256(b"\0" + chunk).digest())

    def check_counts(self):
        for what, count in self.seen.items():
            said = getattr(self, what)
            need(said == count, f"its header has {said} {what}, and there are {count}")


class Books:
    """The books of one store; check() replays them, and raises Refused at the first difference.

    `on_line` is called with the books and each line, before the line counts.
    """

    def __init__(self, store, on_line=None):
        self.store = store
        self.on_line = on_line
        self.accounts = {}
        self.touched = set()
        self.charges = Charges()
        self.next_account = FIRST_COUNTED
        self.time = 0
        self.price, self.book = 0, None
        self.frames = self.events = self.lines = 0
        self.head = bytes(32)
        # The frame that is read, its last chunk, its last event, and what that event has so far.
        self.frame = self.chunk = self.event = None
        self.event_lines = self.event_openings = self.journal_lines = 0
        self.closing = []
        self.requests = {}
        self.meta = dict(store.rows("meta"))
        self.books = {}
        # The first frame that is there, the head before it, and from where rows may be left over.
        self.first = self.rows = 1
        self.segment = [0, 0]  # its first frame, and the bytes of its chunks

    def check(self):
        self.read_books()
        self.read_start()
        for key, value in self.store.rows("journal"):
            need(len(key) == 12, f"journal {key.hex()}: the key has another size")
            number, chunk = struct.unpack(">QI", key)
            if self.rows <= number < self.first:
                continue  # dropped, and on its way out
            if chunk == 0:
                self.close_frame()
                with at(f"frame {self.frames + 1}"):
                    need(number == self.frames + 1, "it is missing")
                    self.open_frame(value, number)
            else:
                with at(f"frame {self.frames + (number != self.frames)} chunk {chunk}"):
                    need(number == self.frames, "the header of its frame is missing")
                    need(chunk == self.frame.seen["chunks"], "a chunk before it is missing")
                    self.frame.add(value)
                    self.segment[1] += len(value)
                    self.read_chunk(value)
        self.close_frame()
        self.check_meta()
        self.check_requests()
        self.check_accounts()

    # ---- where the journal begins ----

    def read_start(self):
        """Begin behind the frames that were dropped: with all rows, less what is in the journal."""
        if META_KEPT not in self.meta:
            return
        with at("meta 08"):
            self.first, self.head, self.rows = decode_array(self.meta[META_KEPT], 3)
            need(1 <= self.rows <= self.first and self.first > 1 and len(self.head) == 32,
                 "it is not well-formed")
        self.frames = self.first - 1
        for key, row in self.store.rows("account"):
            account = account_of(int.from_bytes(key, "big"), row)
            if account.opened < self.first:
                self.accounts[int.from_bytes(key, "big")] = account
        self.next_account = max({FIRST_COUNTED - 1, *self.accounts}) + 1
        self.charges.earlier = frozenset(self.accounts)
        for key, value in self.store.rows("journal"):
            number, chunk = struct.unpack(">QI", key)
            if chunk > 0 and number >= self.first:
                for entry in e.Chunk(value).entries():
                    self.take_back(entry)
        for number, (frame, _, data) in sorted(self.books.items()):
            if frame < self.first:
                need(number == self.price + 1, f"book {number} of prices is out of order")
                self.price, self.book = number, Book(data)

    def take_back(self, entry):
        if isinstance(entry, e.Line):
            if entry.debit in self.accounts:
                self.accounts[entry.debit].debits -= entry.amount
            if entry.credit in self.accounts:
                self.accounts[entry.credit].credits -= entry.amount
        elif not isinstance(entry, e.Event) and entry.closes and entry.account in self.accounts:
            self.accounts[entry.account].open = True

    def check_state(self, state):
        """The accounts are those that a segment's first frame names."""
        found = hashlib.sha256()
        for number, account in sorted(self.accounts.items()):
            need(account.debits >= 0 and account.credits >= 0,
                 f"the row of {account.name} has less than its lines")
            found.update(account.pack(number))
        need(found.digest() == state, "the accounts before it are not those that it names")

    # ---- frames and chunks ----

    def open_frame(self, data, number):
        self.frame = Frame(data, number, self.head)
        self.frames = number
        self.chunk = self.event = None
        if self.frame.state is not None:
            self.check_state(self.frame.state)
        if self.frame.state is not None or number == 1:
            self.segment = [number, 0]
        need(number > self.first or self.segment[0] == number, "no segment begins with it")
        self.segment[1] += len(data)

    def close_frame(self):
        frame = self.frame
        if frame is None:
            return
        with at(f"frame {frame.number}"):
            self.close_event()
            frame.check_counts()
            need(frame.time >= self.time, "site time falls")
            need(frame.next_account == self.next_account,
                 f"the next account is {self.next_account}, not {frame.next_account}")
            for account in self.touched:
                account.check_limit()
        self.touched.clear()
        self.time = frame.time
        self.events += frame.events
        self.lines += frame.lines
        self.head = frame.chain.digest()

    def read_chunk(self, data):
        chunk = e.Chunk(data)
        need(chunk.frame == self.frames, f"it says that it is of frame {chunk.frame}")
        reading = chunk.entries()
        first = next(reading)
        if chunk.goes_on:
            self.check_goes_on(chunk, first)
            first = next(reading, None)
            need(not (first is None or isinstance(first, e.Event)), "it goes on with nothing")
        elif isinstance(first, e.Event):
            need(chunk.first_event == self.frame.seen["events"], "its first event is another one")
            need(chunk.first_time == first.time, "its site time is not that of its first event")
        else:
            need(self.frames == 1 and self.chunk is None, "it does not begin with an event")
            need(chunk.first_event == 0 and chunk.first_time == 0, "a spare field is not 0")
        need(self.chunk is None or not self.chunk.has_room_for(first),
             "its first entry has room in the chunk before")
        while first is not None:
            with at(self.place):
                self.take(first)
                # Lines, of which there are most, are taken without a look at where they stand.
                for entry in reading:
                    self.take(entry)
            first = None
        self.chunk = chunk

    def check_goes_on(self, chunk, first):
        need(self.event is not None and first == self.event, "its event is not the last one")
        need(chunk.first_event == self.frame.seen["events"] - 1
             and chunk.lines_before == self.event_lines and chunk.first_time == first.time,
             "it goes on at another place of its event")

    def place(self):
        """The address of the line that would come next."""
        if self.event is None:
            return "before the first event"
        return f"event {self.frame.seen['events'] - 1} line {self.event_lines}"

    # ---- entries ----

    def take(self, entry):
        if isinstance(entry, e.Line):
            self.take_line(entry)
        elif isinstance(entry, e.Event):
            self.take_event(entry)
        else:
            self.take_opening(entry)

    def take_event(self, event):
        self.close_event()
        self.event = event
        self.event_lines = self.event_openings = self.journal_lines = 0
        self.frame.seen["events"] += 1
        need(self.time <= event.time <= self.frame.time, "site time falls")
        self.time = event.time
        if event.kind == e.PRICES:
            self.take_book(event)
        elif event.kind == e.TICK:
            need(event.hash == event_hash(event, None, b""), "its hash is not that of a tick")
        elif event.kind == e.SETTLEMENT:
            need(event.hash == event_hash(event, list(event.source), b""),
                 "its hash is not that of a settlement")
        elif event.kind == e.REQUEST:
            self.requests[event.source[1]] = event

    def close_event(self):
        event = self.event
        need(event is None or event.kind == e.PRICES or self.event_lines or self.event_openings,
             "an event that moved nothing and opened nothing")
        if event is not None:
            due = int(event.kind == e.TURN and self.book.values["journal.price"] > 0)
            need(self.journal_lines == due,
                 f"it pays {self.journal_lines} times for the journal, and owes it {due} times")
        # A closing stands before the lines of its event, and is for all that comes after them.
        for account in self.closing:
            need(account.debits == account.credits, f"{account.name} closes with money")
            account.open = False
        self.closing.clear()

    def take_opening(self, opening):
        number = opening.account
        need(self.event_lines == 0, "an account opens or closes behind a line")
        need(self.event is not None or number < FIRST_COUNTED and not opening.closes,
             "an account opens without an event")
        self.frame.seen["openings"] += 1
        self.event_openings += 1
        if opening.closes:
            account = self.accounts.get(number)
            need(account is not None and account.open and account not in self.closing,
                 f"account {number} is not open")
            need((account.kind, account.customer) == (opening.kind, opening.customer),
                 f"{account.name} closes as another one")
            account.changed = self.frames
            self.closing.append(account)
            return
        need(number not in self.accounts, f"account {number} opens twice")
        if number >= FIRST_COUNTED:
            need(number == self.next_account, f"account {number} is not the next")
            self.next_account += 1
        self.accounts[number] = Account(number, opening.kind, opening.customer, self.frames)

    def take_line(self, line):
        code, debit, credit, amount, price, quantity, _, _ = line
        giver = self.accounts.get(debit)
        getter = self.accounts.get(credit)
        if self.event is None or giver is None or getter is None:
            raise Refused(f"a line from account {debit} to account {credit}")
        if not (giver.open and getter.open) or giver is getter:
            raise Refused(f"a line from {giver.name} to {getter.name}, closed or the same")
        givers, getters = PARTIES[code]
        if giver.family not in givers or getter.family not in getters:
            raise Refused(f"a line of code {code} from {giver.name} to {getter.name}")
        if amount == 0 and quantity == 0:
            raise Refused("a line that moves nothing, and nothing was used")
        if code in CHARGES:
            if price != self.price:
                raise Refused(f"a line of book {price}, and book {self.price} is in force")
            self.charges.check(line, self.book)
            if code == JOURNAL:
                self.check_journal(line)
        elif price != 0 or getter.kind == KIND_REVENUE:
            raise Refused("a line that is no charge names a book or pays revenue")
        if self.on_line is not None:
            self.on_line(self, line)
        giver.debits += amount
        getter.credits += amount
        giver.changed = getter.changed = self.frames
        self.touched.add(giver)
        self.touched.add(getter)
        self.event_lines += 1
        self.frame.seen["lines"] += 1

    def check_journal(self, line):
        """What a turn pays for its entry counts the lines up to and with this one."""
        counted = EVENT_BYTES + LINE_BYTES * (self.event_lines + 1)
        need(line.quantity == counted, f"{line.quantity} bytes, and there are {counted}")
        need(line.debit == self.event.subject, "another agent pays for the journal")
        self.journal_lines += 1

    # ---- books of prices ----

    def read_books(self):
        for key, value in self.meta.items():
            if key[:1] == META_BOOK:
                with at(f"meta {key.hex()}"):
                    need(len(key) == 9, "the key has another size")
                    self.books[int.from_bytes(key[1:], "big")] = decode_array(value, 3)

    def take_book(self, event):
        number, digest = event.source
        with at(f"book {number} of prices"):
            need(number == self.price + 1, f"the one before was {self.price}")
            need(number in self.books, "it is missing")
            frame, time, data = self.books[number]
            need((frame, time) == (self.frames, event.time), "its row has another time")
            need(hashlib.sha256(data).digest() == digest, "it is not the one of the chain")
            book = Book(data)
            need(self.book is None or book.currency == self.book.currency, "another currency")
            need(event.hash == event_hash(event, list(event.source), data),
                 "its event's hash is not that of the book")
        self.price, self.book = number, book

    # ---- the rows ----

    def check_meta(self):
        with at("meta 01, the frame header"):
            frame = self.frame
            if frame is None:
                # A site that never ran has no rows.
                need(not self.meta, "there is no frame")
                return
            need(META_HEADER in self.meta, "it is missing")
            need(decode_array(self.meta[META_HEADER], 11)
                 == [frame.number, frame.time, frame.wall, self.head, frame.before,
                     frame.next_account, frame.events, frame.lines, frame.chunks, *self.segment],
                 "it is not that of the last frame of the journal")
        with at("meta, books of prices"):
            need(sorted(self.books) == list(range(1, self.price + 1)),
                 "there are others than the journal has")
            in_force = decode_array(self.meta.get(META_PRICES, b""), 11)
            need(in_force[:2] == [self.price, self.books[self.price][2]],
                 "the prices in force are not those of the last book")

    def check_requests(self):
        """The hash of the last payload of each key is in the hash of its event."""
        for key, row in self.store.rows("request"):
            with at(f"request {key.hex()}"):
                number, digest, _ = decode_array(row, 3)
                event = self.requests.get(key)
                need(event is None or event.source[0] <= number, "there was a later one")
                if event is not None and event.source[0] == number:
                    need(event.hash == hash_of(event, [key, number], digest),
                         "the hash of its event is another one")

    def check_accounts(self):
        rows = {int.from_bytes(key, "big"): (key, row) for key, row in self.store.rows("account")}
        for number in sorted({*rows, *self.accounts}):
            with at(f"account {number}"):
                need(number in self.accounts, "it has a row, and never opened")
                account = self.accounts[number]
                need(number in rows, f"{account.name} has no row")
                key, row = rows[number]
                need(key == struct.pack(">Q", number), "the key has another size")
                need(row == account.row(), f"the row of {account.name} has {fields(row)}, and the "
                     f"journal comes to {fields(account.row())}")
        need(sum(account.credits - account.debits for account in self.accounts.values()) == 0,
             "the sum of all accounts is not 0")
