"""Accounts, and which of them each code of transfer may name."""
import struct

from .refused import need

(KIND_TREASURY, KIND_SUSPENSE, KIND_UNCLAIMED, KIND_REVENUE, KIND_HELD, KIND_DEPOSIT, KIND_CUSTOMER,
 KIND_AGENT, KIND_LINK_OUT, KIND_LINK_IN, KIND_LINK_SETTLING) = range(11)
CLASS_OF_KIND = (1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2)
FIRST_COUNTED = 4096
NANOS_MAX = (1 << 63) - 1
FIXED = {1: (KIND_TREASURY, "treasury"), 2: (KIND_SUSPENSE, "suspense"),
         3: (KIND_UNCLAIMED, "unclaimed")}
for first_id, fixed_kind, group, words in (
        (16, KIND_REVENUE, "revenue",
         "compute orders memory buffers code packets channels births logs links flushes journal"),
        (48, KIND_HELD, "held", "message packet birth reserve"),
        (64, KIND_DEPOSIT, "deposit", "heap channel burial")):
    for fixed_id, word in enumerate(words.split(), first_id):
        FIXED[fixed_id] = (fixed_kind, f"{group}:{word}")
COUNTED = {KIND_UNCLAIMED: "unclaimed", KIND_CUSTOMER: "customer", KIND_AGENT: "agent"}
LINKED = {KIND_LINK_OUT: "out", KIND_LINK_IN: "in", KIND_LINK_SETTLING: "settling"}


def name_of(account, kind):
    """The name of an account, and that of its family; None where the kind has no such number."""
    if account in FIXED:
        return (FIXED[account][1],) * 2 if FIXED[account][0] == kind else None
    if account >= FIRST_COUNTED:
        return (f"{COUNTED[kind]}:{account}", COUNTED[kind]) if kind in COUNTED else None
    interface, which = divmod(account - 256, 4)
    if account >= 256 and which < 3 and kind == KIND_LINK_OUT + which:
        return f"link:{interface}:{LINKED[kind]}", f"link:{LINKED[kind]}"
    return None


class Account:
    __slots__ = ("kind", "customer", "name", "family", "opened", "changed", "open", "debits",
                 "credits")

    def __init__(self, number, kind, customer, frame):
        need(kind < len(CLASS_OF_KIND), f"account {number} is of the unknown kind {kind}")
        names = name_of(number, kind)
        need(names is not None, f"account {number} cannot be of kind {kind}")
        self.name, self.family = names
        self.kind = kind
        self.customer = customer
        self.opened = self.changed = frame
        self.open = True
        self.debits = self.credits = 0

    def check_limit(self):
        more = self.credits - self.debits
        cls = CLASS_OF_KIND[self.kind]
        need((more >= 0 or cls != 0) and (more <= 0 or cls != 1) and abs(more) <= NANOS_MAX,
             f"{self.name} is past its limit: {self.debits} debits, {self.credits} credits")

    def row(self):
        """The account's row in the store."""
        return self.pack(self.changed)

    def pack(self, first):
        """Its row; or its state, which begins with its number."""
        return struct.pack("<QQQBBB5x", first, self.opened, self.customer,
                           CLASS_OF_KIND[self.kind], self.kind, not self.open) \
            + self.debits.to_bytes(16, "little") + self.credits.to_bytes(16, "little")


def account_of(number, row):
    """The account that a row describes; what is not in its place shows when rows are compared."""
    need(len(row) == 64, "the row has another size")
    changed, opened, customer = struct.unpack_from("<QQQ", row)
    account = Account(number, row[25], customer, opened)
    account.changed = changed
    account.open = row[26] == 0
    account.debits, account.credits = (int.from_bytes(row[begin:begin + 16], "little")
                                       for begin in (32, 48))
    return account


def fields(row):
    """What an account row says, for people."""
    if len(row) != 64:
        return row.hex()
    debits, credits = (int.from_bytes(row[begin:begin + 16], "little") for begin in (32, 48))
    changed, opened, customer = struct.unpack_from("<QQQ", row)
    return f"debits {debits}, credits {credits}, frames {opened} to {changed}, customer " \
        f"{customer}, class {row[24]}, kind {row[25]}, closed {row[26]}, spare {row[27:32].hex()}"


# Who may be debited, and who credited, by code.  An agent that is gone has its heir in its place,
# and an agent that is a desk its customer.
PAYEE = "agent customer unclaimed"
PARTIES = {
    1: ("treasury", "customer"), 2: ("customer", "treasury"), 3: ("customer agent", "agent"),
    4: ("customer agent", "agent customer"), 5: ("agent", "revenue:compute"),
    6: ("agent", "revenue:orders"), 7: ("agent", "revenue:memory"),
    8: ("agent", "revenue:buffers"), 9: ("agent", "revenue:code"),
    10: ("agent", "revenue:packets"), 11: ("customer agent held:birth", "revenue:births"),
    12: ("held:birth", "revenue:channels"), 13: ("agent", "revenue:logs"),
    14: ("agent customer", "held:message"), 15: ("held:message", "agent customer"),
    16: ("held:message", PAYEE), 17: ("agent customer", "held:message"),
    18: ("held:message", "agent customer"), 19: ("held:message", PAYEE),
    20: ("agent", "held:reserve"), 21: ("held:reserve", PAYEE), 22: ("agent", "held:packet"),
    23: ("held:packet", "agent"), 24: ("held:packet", PAYEE),
    25: ("agent held:birth", "held:birth held:packet"), 26: ("held:birth", "agent"),
    27: ("held:birth", f"{PAYEE} held:packet"),
    28: ("held:birth held:packet", PAYEE), 29: ("agent", "deposit:heap"),
    30: ("deposit:heap", "agent"), 31: ("agent", "deposit:channel"), 32: ("deposit:channel", PAYEE),
    33: ("agent", "deposit:burial"),
    34: ("deposit:burial", "revenue:memory revenue:buffers revenue:code"),
    35: ("deposit:burial", PAYEE), 36: ("agent", PAYEE), 37: (PAYEE, PAYEE),
    38: ("held:packet", "link:out"), 39: ("link:in", "held:packet held:birth"),
    40: ("agent", "customer"), 41: ("agent", "revenue:links"), 42: ("unclaimed", "customer"),
    45: ("link:settling", "treasury"), 46: ("treasury", "link:settling"),
    47: ("treasury", "link:settling"), 48: ("customer", "customer"),
    49: ("suspense", "link:out"), 50: ("agent", "revenue:flushes"),
    51: ("link:in suspense link:settling", "suspense link:out link:settling"),
    52: ("link:in", PAYEE), 53: ("agent", "agent"), 54: ("agent", "revenue:journal"),
}
PARTIES = {code: (frozenset(debit.split()), frozenset(credit.split()))
           for code, (debit, credit) in PARTIES.items()}
