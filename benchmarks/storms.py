"""Many peers that join at once: how many of their datagrams are lost, and how fast the others are taken."""

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daemons import free_port

from benchmarks.crowds import TAKEN_WITHIN, UNPACED, joiner
from benchmarks.lines import LineClient
from benchmarks.machine import UdpQueue
from benchmarks.measuring import FLOOR, SLCP, Effort, Row, Series, Unit, at_least, take_turns, worst_at_most
from benchmarks.processes import expect, floor, ready, tell, wait_until
from benchmarks.stage import RECIPIENT, daemon, request

SIZES = (1_000, 10_000)
RATE = 5_000.0  # a second


class Storm(NamedTuple):
    """What has become of one."""

    lost: float
    rate: float  # taken a second


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """JOIN of 1,000 and 10,000 peers, 5,000 a second and as fast as they come."""
    for size in SIZES[: 1 if effort.is_quick else None]:
        for rate in (RATE, UNPACED):
            turns = {FLOOR: partial(_on_floor, size, rate), SLCP: partial(_on_slcpd, effort.folder, size, rate)}
            taken = take_turns(turns, effort.rounds)
            yield _row(size, rate, taken[SLCP], taken[FLOOR])


def _row(size: int, rate: float, ours: list[Storm], beside: list[Storm]) -> Row:
    path = f"JOIN of {size:,} peers"
    if rate:
        lost, lost_there = (Series(storm.lost for storm in storms) for storms in (ours, beside))
        return Row(f"{path} at {rate:,.0f}/s", Unit.LOST, lost, lost_there, worst_at_most(0))
    rates, rates_there = (Series(storm.rate for storm in storms) for storms in (ours, beside))
    return Row(f"{path} at once", Unit.A_SECOND, rates, rates_there, at_least(0.3))


def _on_floor(size: int, rate: float) -> Storm:
    port = free_port()
    with ready(floor("counting", port)) as counting:

        def settle() -> None:
            tell(counting, "how many?")
            expect(counting, "counted")

        return storm(port, size, rate, settle)


def _on_slcpd(folder: Path, size: int, rate: float) -> Storm:
    """Use a daemon that has never heard of any of them."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(dir=folder) as new,
        daemon(Path(new), RECIPIENT, whoisport=port) as joined,
        LineClient(joined.world.socket) as client,
    ):
        return storm(port, size, rate, lambda: client.ask(request("hello")))


def storm(port: int, size: int, rate: float, settle: Callable[[], object]) -> Storm:
    """Let so many join at a port; `settle` returns when whoever listens there has done all that it has read."""
    queue = UdpQueue(port)
    with joiner(port, 0, size, rate) as join:
        began = join()
        wait_until(queue.is_empty, f"{size} datagrams are read", TAKEN_WITHIN)
        settle()
        seconds = time.monotonic() - began
    lost = queue.lost()
    return Storm(lost, (size - lost) / seconds)
