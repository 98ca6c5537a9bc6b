"""Books of prices, and what a line that charges has to come to by one of them (docs/prices.md)."""
from .cbor import decode
from .refused import Refused, need

BOOK_FORMAT = 3
# The third item of a book: the rows of the table in docs/prices.md, from `compute.price` on, with
# their defaults for what a book of an older program lacks.
VALUES = {
    "compute.price": 1_000_000, "compute.turn_fuel_max": 10_000_000,
    "compute.reserve_fuel": 100_000, "memory.rent": 10_000_000, "buffer.rent": 20_000_000,
    "code.rent": 2_000_000, "log.price": 1_000, "packets.price": 1_000, "packets.data": 10_000,
    "heap.deposit": 2_000_000, "channels.fee": 100_000, "channels.deposit": 500_000,
    "agents.birth_fee": 100_000, "agents.burial_reserve": 500_000,
    "agents.frozen_answer_s": 86_400, "agents.max": 100_000, "inbox.messages_max": 256,
    "inbox.bytes_max": 1 << 20, "customers.agents_max": 10_000,
    "customers.buffer_bytes_max": 256 << 20, "customers.memory_bytes_max": 1 << 30,
    "customers.facets_max": 100_000, "customers.timers_max": 20_000,
    "customers.heap_entries_max": 100_000, "customers.code_bytes_max": 256 << 20,
    "customers.events_max": 250_000, "customers.event_bytes_max": 1 << 30,
    "customers.ends_max": 20_000, "customers.inbox_percent": 50, "links.birth_fee": 100_000,
    "links.channel_fee": 100_000, "links.packets": 1_000, "links.packet_data": 10_000,
    "links.drain": 10_000_000, "links.priority": 1_000, "links.priority_data": 10_000,
    "links.strict_packet": 0, "journal.price": 100_000,
}
# The prices that one link may have of its own, by their numbers in the book's sixth item.
OF_A_LINK = ("birth_fee", "channel_fee", "packets", "packet_data", "drain", "priority",
             "priority_data", "strict_packet")
FUEL_UNIT, PACKETS_UNIT, DATA_UNIT, LOG_UNIT = 10**9, 1000, 1 << 20, 1 << 10
JOURNAL_UNIT = 1 << 20
EVENT_BYTES, LINE_BYTES = 48, 8
RENT_UNIT = (1 << 30) * 3_600_000_000
DRAIN_STEPS = 16
COMPUTE, ORDER, MEMORY, BUFFERS, CODE, PACKETS, BIRTH, CHANNEL, LOG = range(5, 14)
BURIAL_RENT, DRAIN, STRICT, JOURNAL = 34, 41, 50, 54
CHARGES = frozenset((*range(COMPUTE, LOG + 1), BURIAL_RENT, DRAIN, STRICT, JOURNAL))


class Book:
    def __init__(self, data):
        items = decode(data)
        need(isinstance(items, list) and len(items) in (5, 6) and items[0] == BOOK_FORMAT
             and isinstance(items[2], list), "it is not a book of prices")
        self.currency, values, self.default_order, orders = items[1:5]
        need(len(values) <= len(VALUES), "it has more values than there are")
        need(all(isinstance(price, int) for price in (*values, self.default_order)),
             "a price of it is no number")
        self.values = dict(VALUES)
        self.values.update(zip(VALUES, values))
        self.orders = prices_of(orders)
        links = flat_map(items[5]) if len(items) == 6 else {}
        need(len(items) == 5 or links, "it has no link, and an item for links")
        self.links = []
        for own in map(prices_of, links.values()):
            need(all(which < len(OF_A_LINK) for which in own), "a link has an unknown price")
            self.links.append({OF_A_LINK[which]: price for which, price in own.items()})

    def of_interface(self, name, interface, own):
        """A price of packets, births and channels; `own` is the link's place among the links."""
        if interface == 0:
            return self.values[{"birth_fee": "agents.birth_fee", "channel_fee": "channels.fee",
                                "packets": "packets.price", "packet_data": "packets.data"}[name]]
        if own > 0 and name in self.links[own - 1]:
            return self.links[own - 1][name]
        return self.values[f"links.{name}"]


def flat_map(items):
    need(isinstance(items, list) and len(items) % 2 == 0, "a list of it is not well-formed")
    keys = items[0::2]
    need(len(set(map(type, keys))) <= 1 and all(a < b for a, b in zip(keys, keys[1:])),
         "a list of it is not in order")
    return dict(zip(keys, items[1::2]))


def prices_of(items):
    found = flat_map(items)
    need(all(isinstance(number, int) for pair in found.items() for number in pair),
         "a price of it is no number")
    return found


class Charges:
    """What is owed besides whole nanos, by payer and meter."""

    def __init__(self):
        self.left = {}
        # Accounts from before the first frame that is there: their remainders are not known.
        self.earlier = frozenset()

    def metered(self, line, meter, price, unit):
        used = line.quantity * price
        before = self.left.get((line.debit, meter))
        if before is None:
            before = line.amount * unit + line.remainder - used if line.debit in self.earlier else 0
            before = before if 0 <= before < unit else 0
        owed = used + before
        self.left[line.debit, meter] = owed % unit
        return divmod(owed, unit)

    def check(self, line, book):
        """The amount and the remainder of a line that charges, other than of rent."""
        code = line.code
        if code == COMPUTE:
            found = self.metered(line, COMPUTE, book.values["compute.price"], FUEL_UNIT)
        elif code == ORDER:
            found = line.quantity * book.orders.get(line.object, book.default_order), 0
        elif code == LOG:
            found = self.metered(line, LOG, book.values["log.price"], LOG_UNIT)
        elif code == JOURNAL:
            found = self.metered(line, JOURNAL, book.values["journal.price"], JOURNAL_UNIT)
        elif code in (MEMORY, BUFFERS, CODE, BURIAL_RENT):
            # Rent is for bytes over time, and the line has those of one moment.
            need(line.remainder < RENT_UNIT, "the remainder is a nano or more")
            return
        else:
            found = self.of_an_interface(line, book)
        if found != (line.amount, line.remainder):
            raise Refused(f"the amount is {line.amount} and the remainder "
                          f"{line.remainder}, and should be {found[0]} and {found[1]} by book "
                          f"{line.price}")

    def of_an_interface(self, line, book):
        which, bytes_too = divmod(line.object, 2) if line.code == PACKETS else (line.object, 0)
        own, step, interface = which >> 32, which >> 16 & 0xffff, which & 0xffff
        need(own <= len(book.links) and (own == 0 or interface > 0),
             f"the book has no prices of a link at place {own}")
        if line.code == PACKETS:
            need(step <= 7, f"the class {step}")
            names = ("packet_data", "priority_data") if bytes_too else ("packets", "priority")
            price = book.of_interface(names[0], interface, own)
            if interface > 0:
                price += step * book.of_interface(names[1], interface, own)
            return self.metered(line, names[0], price, DATA_UNIT if bytes_too else PACKETS_UNIT)
        if line.code == DRAIN:
            need(1 <= step <= DRAIN_STEPS and interface > 0, f"the step {step}")
            toll = line.quantity * book.of_interface("drain", interface, own) * step
            return divmod(toll, DRAIN_STEPS * 10**9)
        need(step == 0, "the object is not an interface price")
        if line.code == STRICT:
            need(interface > 0, "a share of a flush, within the site")
            return line.quantity * book.of_interface("strict_packet", interface, own), 0
        need(line.quantity == 1, f"{line.quantity} births or channels")
        name = "birth_fee" if line.code == BIRTH else "channel_fee"
        return book.of_interface(name, interface, own), 0
