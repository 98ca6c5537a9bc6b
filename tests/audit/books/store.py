"""The store: tables of LMDB with the log of commits over them, and the hash of each row."""
import struct

import lmdb

from .refused import Refused, at, need
from .siphash import siphash

FORMAT = 12
TABLES = ("meta", "journal", "account", "customer", "request", "code", "agent", "caps", "page",
          "inbox", "object", "heap", "log", "link", "delta")
COMMITS = 254
FORMATS = 255
KEY_BYTES_MAX = 64
VALUE_BYTES_MAX = 4 << 20
COMMIT_ROW_BYTES_MAX = 4072
SET, GONE, PLACE = 0, 2, 3


class Store:
    """One snapshot of the store in a site's directory: all rows, each checked against its hash."""

    def __init__(self, directory):
        try:
            self.lmdb = lmdb.open(directory, readonly=True, create=False, max_dbs=len(TABLES) + 2)
            self.reading = self.lmdb.begin()
            names = {bytes(key).decode() for key, _ in self.reading.cursor()}
        except (lmdb.Error, UnicodeDecodeError) as error:
            raise Refused(str(error)) from None
        need(names == {*TABLES, "commits", "format"},
             f"the tables are not those of a store: {' '.join(sorted(names))}")
        need(list(self.raw_rows("format", FORMATS)) == [(b"\0", struct.pack("<I", FORMAT))],
             f"the store is not of format {FORMAT}")
        # By table and key, what the log has: the newest value, or None where the row is gone.
        self.may_wait = 0
        self.newest = {table: {} for table in TABLES}
        with at("commits"):
            self.read_log()

    def close(self):
        self.reading.abort()
        self.lmdb.close()

    def raw_rows(self, name, number):
        """The rows of one LMDB database, in the order of their keys, without their hashes."""
        database = self.lmdb.open_db(name.encode(), self.reading, create=False)
        for key, value in self.reading.cursor(database):
            if not (1 <= len(key) <= KEY_BYTES_MAX and 8 <= len(value) <= VALUE_BYTES_MAX + 8):
                raise Refused(f"{name} {key.hex()}: key or value have no allowed size")
            if value[-8:] != row_hash(number, key, value[:-8]):
                raise Refused(f"{name} {key.hex()}: the row does not fit its hash")
            yield key, value[:-8]

    def rows(self, name):
        """The rows of one table, with the log over it, in the order of their keys."""
        newest = self.newest[name]
        # Without such rows, the table has all that the log has of it.
        may_wait = self.may_wait >> TABLES.index(name) & 1
        waiting = sorted(key for key, value in newest.items() if value is not None)
        begin = 0
        for key, value in self.raw_rows(name, TABLES.index(name)):
            while begin < len(waiting) and waiting[begin] < key:
                need(may_wait, f"{name} {waiting[begin].hex()} is in the log alone")
                yield waiting[begin], newest[waiting[begin]]
                begin += 1
            if begin < len(waiting) and waiting[begin] == key:
                begin += 1
            if newest.get(key, value) != value:
                need(may_wait, f"{name} {key.hex()} is another in the log")
                value = newest[key]
            if value is not None:
                yield key, value
        for key in waiting[begin:]:
            need(may_wait, f"{name} {key.hex()} is in the log alone")
            yield key, newest[key]

    # ---- the log of commits ----

    def read_log(self):
        rows = list(self.raw_rows("commits", COMMITS))
        if not rows:
            return
        first = int.from_bytes(rows[0][0], "big")
        for number, (key, value) in enumerate(rows, first):
            need(number > 0 and key == struct.pack(">Q", number), f"row {number} is missing")
            need(24 < len(value) <= COMMIT_ROW_BYTES_MAX, f"row {number} has no allowed size")
        of_use = struct.unpack_from("<Q", rows[-1][1], 8)[0]
        need(first <= of_use < first + len(rows), f"row {of_use} is missing")
        self.may_wait = struct.unpack_from("<I", rows[-1][1], 20)[0]
        need(self.may_wait < 1 << len(TABLES), "the last row names a table that there is not")
        index = of_use - first
        while index < len(rows):
            with at(f"row {first + index}"):
                index = self.read_commit(rows, index, first)

    def read_commit(self, rows, index, first):
        """Read the commit that begins at the index; the index of the next."""
        head = rows[index][1][:24]
        number, of_use, count, _ = struct.unpack("<QQII", head)
        need(number == first + index, "it is not the first row of its commit")
        need(of_use <= number, "it names later rows as the first of use")
        parts = [value for _, value in rows[index:index + count]]
        need(count > 0 and len(parts) == count, "rows of its commit are missing")
        need(all(part[:24] == head for part in parts), "the rows of its commit have other heads")
        need(all(len(part) == COMMIT_ROW_BYTES_MAX for part in parts[:-1]),
             "a row that is not the last of its commit is not full")
        self.apply(b"".join(part[24:] for part in parts))
        return index + count

    def apply(self, stream):
        begin = 0
        what = None
        while begin < len(stream):
            need(what != PLACE, "changes behind the sweep's place")
            need(begin + 8 <= len(stream), "a change is cut")
            what, table, key_bytes, spare, size = struct.unpack_from("<BBBBI", stream, begin)
            middle, end = begin + 8 + key_bytes, begin + 8 + key_bytes + size
            need(end <= len(stream), "a change is cut")
            need(spare == 0 and table < len(TABLES) and key_bytes <= KEY_BYTES_MAX
                 and size <= VALUE_BYTES_MAX, "a change is not well-formed")
            if what == PLACE:
                need(size == 24, "the sweep's place is not well-formed")
            else:
                need(key_bytes > 0 and (what == SET or what == GONE and size == 0),
                     "a change is not well-formed")
                value = stream[middle:end] if what == SET else None
                self.newest[TABLES[table]][stream[begin + 8:middle]] = value
            begin = end
        need(what == PLACE, "the commit does not end with the sweep's place")


def row_hash(table, key, value):
    where = siphash(b"serai-store-key1", bytes([table, len(key)]) + key)
    return struct.pack("<Q", siphash(b"serai-v1" + struct.pack("<Q", where), value))
