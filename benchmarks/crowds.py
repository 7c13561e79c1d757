"""Peers by the thousand on loopback, each at an address of its own: they join, and some take messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daemons import free_port

from benchmarks.machine import UdpQueue
from benchmarks.processes import expect, load, ready, tell, wait_until

UNPACED = 0.0
GATHERED = 500  # peers that join at a time: they fit into the buffer of the system
TAKEN_WITHIN = 60.0  # seconds


@contextmanager
def joiner(port: int, first: int, number: int, rate: float) -> Iterator[Callable[[], float]]:
    """Yield what lets peers join at a port, and returns when the first did, after the last has."""
    with ready(load("joiner", port, first, number, rate)) as process:

        def join() -> float:
            tell(process, "go")
            return float(expect(process, "sent")[0])

        yield join


def gather(port: int, first: int, number: int) -> None:
    """Let so many join at a port, some at a time, none of them lost."""
    queue = UdpQueue(port)
    for done in range(0, number, GATHERED):
        with joiner(port, first + done, min(GATHERED, number - done), UNPACED) as join:
            join()
            wait_until(queue.is_empty, "the datagrams are read", TAKEN_WITHIN)
    if queue.lost():
        raise RuntimeError(f"{queue.lost()} of {number} datagrams were lost")


@contextmanager
def takers(whoisport: int, first: int, number: int) -> Iterator[None]:
    """Let so many plain programs be there that take what is sent to them."""
    with ready(load("takers", whoisport, free_port(), first, number)):
        yield
