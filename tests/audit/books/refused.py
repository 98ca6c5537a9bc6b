"""What is wrong with the books, and where."""
from contextlib import contextmanager


class Refused(Exception):
    """The books are not what docs/records.md says."""


def need(fact, what):
    if not fact:
        raise Refused(what)


@contextmanager
def at(place):
    """What is refused within is refused at this place: a text, or what makes one."""
    try:
        yield
    except Refused as refused:
        raise Refused(f"{place if isinstance(place, str) else place()}: {refused}") from None
