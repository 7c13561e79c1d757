"""How daemons are over time: memory, descriptors, how fast they answer, how long their history is."""

import statistics
import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import psutil
from daemons import Daemon

from slcp.client import Connection
from soak.company import Busy

ASKED_EVERY = 0.1  # seconds between two `hello`
MIB = 1 << 20
MAY_GROW = 0.10  # of the memory
MAY_OPEN = 3  # descriptors: streams that are kept between the daemons, and pass
MAY_GROW_BY = 4 * MIB  # bytes besides that: arenas of the allocator come in steps
MAY_SLOW = 2.0  # times, of the median answer: other programs use the machine too
MAY_SLOW_BY = 1.0  # ms besides that


class Sample(NamedTuple):
    """All daemons at one moment; descriptors and answers are those since the last sample."""

    minute: float
    rss: list[int]  # bytes, of each
    descriptors: list[int]  # of each, the least there were: connections come and go
    p50: float  # ms from `hello` to its answer
    p99: float  # ms
    seq: list[int]  # of each: how long its history is


class Gauges(Busy):
    """Asks each daemon again and again, as a client does: what keeps its loop busy shows as a late answer."""

    def __init__(self, daemons: Sequence[Daemon]) -> None:
        super().__init__(Random(0), ASKED_EVERY)
        self._processes = [psutil.Process(daemon.pid) for daemon in daemons]
        self._connections = [Connection(str(daemon.world.socket)) for daemon in daemons]
        self._answers: list[float] = []  # ms
        self._descriptors = self._count_descriptors()
        self._seq = [0] * len(daemons)

    def act(self) -> None:
        for number, connection in enumerate(self._connections):
            began = time.perf_counter()
            self._seq[number] = int(connection.request("hello")["seq"])
            self._answers.append((time.perf_counter() - began) * 1000)
        self._descriptors = list(map(min, self._descriptors, self._count_descriptors()))

    def close(self) -> None:
        for connection in self._connections:
            connection.__exit__()

    def sample(self, minute: float) -> Sample:
        answers, self._answers = sorted(self._answers), []
        descriptors, self._descriptors = self._descriptors, self._count_descriptors()
        return Sample(
            minute,
            [process.memory_info().rss for process in self._processes],
            descriptors,
            answers[len(answers) // 2] if answers else 0.0,
            answers[len(answers) * 99 // 100] if answers else 0.0,
            list(self._seq),
        )

    def _count_descriptors(self) -> list[int]:
        return [process.num_fds() for process in self._processes]


def heading() -> str:
    return f"{'minute':>7}  {'MiB of each':^20}  {'descriptors':^14}  {'p50 ms':>7}  {'p99 ms':>7}  {'seq of each':^24}"


def row(sample: Sample) -> str:
    memory = " ".join(f"{each / MIB:6.1f}" for each in sample.rss)
    descriptors = " ".join(f"{each:4}" for each in sample.descriptors)
    seq = " ".join(f"{each:8}" for each in sample.seq)
    return f"{sample.minute:7.2f}  {memory}  {descriptors}  {sample.p50:7.2f}  {sample.p99:7.2f}  {seq}"


def worse(samples: Sequence[Sample]) -> list[str]:
    """Compare the last quarter with the second; tell what has grown."""
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    if quarter == 0:
        return ["too few samples to compare"]
    found = []
    for number in range(len(samples[0].rss)):
        before, after = (statistics.mean(each.rss[number] for each in part) for part in (early, late))
        if after > before * (1 + MAY_GROW) + MAY_GROW_BY:
            found.append(f"daemon {number + 1}: memory has grown from {before / MIB:.1f} to {after / MIB:.1f} MiB")
        least, least_now = (min(each.descriptors[number] for each in part) for part in (early, late))
        if least_now > least + MAY_OPEN:
            found.append(f"daemon {number + 1}: descriptors have grown from {least} to {least_now}")
    fast, slow = (statistics.median(each.p50 for each in part) for part in (early, late))
    if slow > fast * MAY_SLOW + MAY_SLOW_BY:
        found.append(f"answers took {fast:.2f} ms and take {slow:.2f} ms now")
    return found
