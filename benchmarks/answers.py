"""WHO on a LAN of N slcpd: how many answer, with how many bytes. A simulation without sockets (who.py)."""

from collections.abc import Iterator

from benchmarks.measuring import Effort, Row, Series, Unit, at_most, worst_at_most
from benchmarks.who import address_of, simulate

SIZES = (10, 100, 1_000)
ANSWERS = 3
GROWS_BY = 4.0  # times one answer of N entries: three answers, and HELLO before each


def benchmark(_: Effort) -> Iterator[Row | str]:
    """Beside one answer of N entries, for an asker that is an slcpd."""
    for size in SIZES:
        outcome = simulate(size, 0.0, is_plain=False)[0]
        path = f"WHO on a LAN of {size:,} slcpd"
        yield Row(path, Unit.ANSWERS, Series([outcome.answering]), goal=worst_at_most(ANSWERS))
        yield Row(f"{path}, all answers", Unit.BYTES, Series([outcome.size]), Series([_floor(size)]), at_most(GROWS_BY))


def _floor(size: int) -> int:
    """Return the bytes of one list of all, were there no limit to a datagram."""
    entries = (f"User{number} {address_of(number).ip} {address_of(number).port}" for number in range(size))
    return len(f"KNOWNUSERS {', '.join(entries)}\n".encode())
