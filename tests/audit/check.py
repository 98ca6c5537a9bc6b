#!/usr/bin/python3
"""Check the books of a site, without the program that wrote them.

    check.py [--json | --lines] SITE        SITE: a site's directory, of a site that runs or not

This is written from docs/records.md and docs/prices.md alone, in Python with python3-lmdb (thus
Debian's own Python, above).  It reads one snapshot.  It checks the hash of each row, the chain,
every entry of the journal and every charge, replays all lines and compares the result with every
account row, and adds up what rows claim of accounts that hold money for them.  Exit status: 0 all
is right, 1 it is not, and the first difference is named, 2 usage.
"""
import argparse
import json
import os
import sys

import lmdb

sys.dont_write_bytecode = True
from books.claims import Claims  # noqa: E402
from books.refused import Refused, at  # noqa: E402
from books.replay import Books  # noqa: E402
from books.store import Store  # noqa: E402


NOT_READ = ("customer", "code", "caps", "page", "log", "delta")


def read(site, on_line):
    store = Store(os.path.join(site, "store"))
    for table in NOT_READ:
        # These have their hashes checked too.
        for _ in store.rows(table):
            pass
    claims = Claims(store)
    books = Books(store, on_line)
    books.check()
    claims.check(books.accounts, books.charges)
    return books


def decimal(nanos):
    return f"{nanos // 10**9}.{nanos % 10**9:09}"


def summary(books):
    """As `serai ledger accounts --json` has the accounts, but for the balance."""
    return {"frames": books.frames - books.first + 1, "events": books.events, "lines": books.lines,
            "head": books.head.hex(),
            "accounts": [{"id": number, "name": account.name,
                          "debits": decimal(account.debits), "credits": decimal(account.credits),
                          "customer": account.customer, "closed": not account.open}
                         for number, account in sorted(books.accounts.items())]}


def print_line(books, line):
    """As `serai ledger export --format jsonl` has it, but for names, source and wall time."""
    event = books.event
    print(json.dumps({
        "frame": books.frames, "event": books.frame.seen["events"] - 1, "line": books.event_lines,
        "subject": event.subject, "hash": event.hash.hex(), "site_time_us": event.time,
        "debit_id": line.debit, "credit_id": line.credit, "amount": decimal(line.amount),
        "quantity": str(line.quantity), "price_id": line.price, "object": str(line.object),
        "carry": str(line.remainder)}, separators=(",", ":")))


def main():
    parser = argparse.ArgumentParser(description="check the books of a site")
    parser.add_argument("--json", action="store_true",
                        help="print frames, events, lines, head, and each account's two totals")
    parser.add_argument("--lines", action="store_true",
                        help="print each line of the journal, as `serai ledger export` does")
    parser.add_argument("site", help="the site's directory")
    options = parser.parse_args()
    try:
        with at(options.site):
            books = read(options.site, print_line if options.lines else None)
    except (Refused, lmdb.Error) as refused:
        sys.exit(f"check.py: {refused}")
    if options.lines:
        return
    if options.json:
        print(json.dumps(summary(books)))
    else:
        later = f", from frame {books.first} on" if books.first > 1 else ""
        print(f"{options.site}: {books.frames - books.first + 1} frames{later}, "
              f"{books.events} events, {books.lines} lines and {len(books.accounts)} accounts "
              f"are right; head {books.head.hex()}")


main()
