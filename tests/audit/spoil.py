#!/usr/bin/python3
"""Spoil a copy of a site's store as somebody would who knows all of docs/records.md.

    spoil.py SITE WHAT

Each row keeps a right hash, but for `rot`.  Prints the frame that should be named.  WHAT:

    rot         a bit of a chunk
    amount      the amount of the first line that brings money in, in its chunk
    chain       the same, with all heads that follow from it
    encoding    a spare byte of a chunk, with all heads
    lost        the first chunk of entries of the second frame
    account     a nano in the newest row of the treasury, in the log of commits
"""
import hashlib
import os
import struct
import sys

import lmdb

sys.dont_write_bytecode = True
from books import entries as e  # noqa: E402
from books.cbor import decode  # noqa: E402
from books.store import COMMITS, TABLES, Store, row_hash  # noqa: E402

HEAD_AT = 16 + 24


class Spoiler:
    def __init__(self, site):
        directory = os.path.join(site, "store")
        store = Store(directory)
        self.journal, self.account, self.meta = (dict(store.rows(name))
                                                 for name in ("journal", "account", "meta"))
        self.commits = dict(store.raw_rows("commits", COMMITS))
        store.close()
        self.lmdb = lmdb.open(directory, max_dbs=len(TABLES) + 2, map_size=1 << 30)

    def write(self, name, key, value):
        with self.lmdb.begin(write=True) as writing:
            table = self.lmdb.open_db(name.encode(), writing, create=False)
            if value is None:
                writing.delete(key, db=table)
            else:
                writing.put(key, value, db=table)

    def put(self, name, number, key, value):
        self.write(name, key, value + row_hash(number, key, value))

    def put_chunk(self, key, value):
        self.journal[key] = value
        self.put("journal", TABLES.index("journal"), key, value)

    def money_in(self):
        """The first chunk with a line of code 1 whose amount takes one more: key and new value."""
        for key, data in self.journal.items():
            chunk = e.Chunk(data) if key[8:] != bytes(4) else None
            for entry in chunk.entries() if chunk else ():
                if isinstance(entry, e.Line) and entry.code == 1 and data[chunk.at - 1] < 127:
                    at = chunk.at - 1
                    return key, data[:at] + bytes([data[at] + 1]) + data[at + 1:]
        raise SystemExit("spoil.py: no money was brought in")

    def chain_again(self):
        """All heads from the first frame on, and that of the frame header, wherever it is."""
        head, before = bytes(32), None
        chain = None
        for key, data in sorted(self.journal.items()):
            if key[8:] == bytes(4):
                before, head = head, chain.digest() if chain else head
                data = data[:HEAD_AT] + head + data[HEAD_AT + 32:]
                if data != self.journal[key]:
                    self.put_chunk(key, data)
                chain = hashlib.sha256(head)
            chain.update(hashlib.sha256(b"\0" + data).digest())
        row = self.meta[b"\1"]
        said = decode(row)
        self.replace(row, row.replace(said[3], chain.digest()).replace(said[4], head))

    def replace(self, old, new):
        """A row that is in the log of commits, whole within one row of it."""
        found = [key for key, value in self.commits.items() if old in value]
        if not found:
            raise SystemExit("spoil.py: the log has no such row")
        for key in found:
            self.commits[key] = self.commits[key].replace(old, new)
            self.put("commits", COMMITS, key, self.commits[key])

    def spoil(self, what):
        key, value = self.money_in()
        frame = int.from_bytes(key[:8], "big")
        if what == "rot":
            self.write("journal", key, value + row_hash(1, key, self.journal[key]))
        elif what == "amount":
            self.put_chunk(key, value)
            return frame + 1
        elif what == "chain":
            self.put_chunk(key, value)
            self.chain_again()
        elif what == "encoding":
            chunk = self.journal[key]
            self.put_chunk(key, chunk[:20] + b"\1" + chunk[21:])
            self.chain_again()
        elif what == "lost":
            self.write("journal", struct.pack(">QI", frame, 1), None)
        elif what == "account":
            row = self.account[struct.pack(">Q", e.TREASURY)]
            self.replace(row, row[:32] + bytes([row[32] ^ 1]) + row[33:])
        else:
            raise SystemExit(f"spoil.py: what is {what}?")
        return frame


print(Spoiler(sys.argv[1]).spoil(sys.argv[2]))
