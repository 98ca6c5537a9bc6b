"""The rows that money is held and deposited for, against the accounts that hold it."""
from . import entries as e
from .cbor import decode_array
from .prices import COMPUTE, JOURNAL, LOG
from .refused import at, need

MESSAGE = 3
FACET, TIMER = 1, 3
OBJECT_ITEMS = {FACET: 10, 2: 4, TIMER: 6, 4: 6, 5: 12}
HELD_FOR_AN_END = 4
# Where the remainders of an agent's row are in order, the meters of Charges.
METERS = (COMPUTE, "packets", "packet_data", LOG, JOURNAL)


class Claims:
    """What the rows of agents and of channels' ends say that is held for them, by account."""

    def __init__(self, store):
        self.claimed = dict.fromkeys((*range(e.HELD_MESSAGE, e.HELD_RESERVE + 1),
                                      *range(e.DEPOSIT_HEAP, e.DEPOSIT_BURIAL + 1)), 0)
        self.remainders = {}
        for name, read in (("inbox", self.message), ("object", self.object), ("heap", self.heap),
                           ("agent", self.agent), ("link", self.end)):
            for key, row in store.rows(name):
                with at(f"{name} {key.hex()}"):
                    read(key, row)

    def claim(self, account, *amounts):
        self.claimed[account] += sum(amounts)

    def message(self, _, row):
        items = decode_array(row, 17)
        kind, money, postage, reserve = items[2], *items[10:13]
        self.claim(e.HELD_MESSAGE, postage, money if kind == MESSAGE else 0)
        self.claim(e.HELD_RESERVE, reserve)

    def object(self, _, row):
        # The second byte is the version, a small number, and the third the kind of object.
        kind = row[2] if len(row) > 2 else 0
        need(kind in OBJECT_ITEMS, "an object of an unknown kind")
        items = decode_array(row, OBJECT_ITEMS[kind])
        if kind == FACET:
            self.claim(e.HELD_RESERVE, items[6])
        elif kind == TIMER:
            self.claim(e.HELD_RESERVE, items[5])

    def heap(self, _, row):
        self.claim(e.DEPOSIT_HEAP, decode_array(row, 6)[4])

    def agent(self, key, row):
        items = decode_array(row, 34)
        # The last item is that of an upgrade with a way back, whose reserve is its own last one.
        self.claim(e.HELD_RESERVE, items[20], *items[33][-1:])
        self.claim(e.DEPOSIT_BURIAL, items[21])
        self.remainders[int.from_bytes(key, "big")] = items[24]

    def end(self, key, row):
        if key[4] != HELD_FOR_AN_END:
            return
        deposit, grant, answer, room, close, birth = decode_array(row, 15)[1:7]
        self.claim(e.DEPOSIT_CHANNEL, deposit)
        self.claim(e.HELD_RESERVE, grant, answer, room, close)
        self.claim(e.HELD_BIRTH, birth)

    def check(self, accounts, charges):
        for number, claimed in self.claimed.items():
            account = accounts.get(number)
            held = account.credits - account.debits if account else 0
            need(held == claimed, f"account {number} holds {held}, and the rows that it is held "
                 f"for have {claimed}")
        for agent, remainders in self.remainders.items():
            for meter, remainder in zip(METERS, remainders):
                left = charges.left.get((agent, meter), 0)
                if agent in charges.earlier and (agent, meter) not in charges.left:
                    continue
                need(remainder == left, f"agent {agent} has the remainder {remainder} of {meter}, "
                     f"and the lines leave {left}")
