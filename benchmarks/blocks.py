"""What a daemon may be busy with, and how long its loop is kept from everything else meanwhile."""

import itertools
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from daemons import Daemon, free_port
from meeting import meet

from benchmarks.crowds import UNPACED, gather
from benchmarks.histories import COMMON, write_histories
from benchmarks.images import MEGABYTE, SlcpTransfer
from benchmarks.lines import LineClient
from benchmarks.pictures import write_tiff
from benchmarks.processes import ROOT, expect, load, ready
from benchmarks.scale import with_history
from benchmarks.stage import RECIPIENT, SENDER, daemons_of, request, world
from benchmarks.storms import RATE, storm
from benchmarks.texts import SlcpChat

BLOCKED_AT_MOST = 20.0  # ms
BURST = 1_000  # texts
SETTLES_WITHIN = 1.0  # seconds


class Block(NamedTuple):
    """How a daemon was during a load."""

    during: str
    asked: int  # times, from outside
    median: float  # ms until an answer
    longest: float  # ms until an answer
    blocked: float  # ms of one callback of the loop, the longest; without those in which others had the processor
    computing: float  # ms of these on the processor: the rest it waited for the disk
    at: str  # where that was


class Watched(NamedTuple):
    """A daemon with a watch on its loop."""

    daemon: Daemon
    report: Path

    def block(self, during: str, act: Callable[[], object]) -> Block:
        """Do something to the daemon, and see how it is meanwhile."""
        self.daemon.process.send_signal(signal.SIGUSR1)
        with ready(load("pinger", self.daemon.world.socket)) as pinger:
            act()
            assert pinger.stdin is not None
            pinger.stdin.close()
            asked, median, longest = expect(pinger, "asked")
        found = json.loads(self.report.read_text(encoding="utf-8"))
        return Block(during, int(asked), float(median), float(longest), found["ms"], found["cpu_ms"], found["at"])


def watched(stack: ExitStack, folder: Path, handle: str, history: Path | None = None, **keys: Any) -> Watched:
    """Start a daemon with a watch, maybe with a history."""
    report = folder / f"{handle}.json"
    made = world(folder, handle, **keys)
    if history:
        with_history(made, history)
    prefix = [sys.executable, "-m", "benchmarks.watchdog", str(report)]
    [daemon] = stack.enter_context(daemons_of([made], prefix, {"PYTHONPATH": str(ROOT)}))
    return Watched(daemon, report)


def peers(folder: Path, sizes: Sequence[int]) -> Iterator[Block]:
    """Many join; then they are listed."""
    for size, rate in itertools.product(sizes, (RATE, UNPACED)):
        port = free_port()
        name = f"{size} {rate}".replace(".", "")
        with ExitStack() as stack:
            joined = watched(stack, _folder(folder, name), SENDER, whoisport=port)

            def act(port: int = port, size: int = size, rate: float = rate) -> None:
                storm(port, size, rate, lambda: None)

            yield joined.block(f"JOIN of {size:,} peers {f'at {rate:,.0f}/s' if rate else 'at once'}", act)
    with ExitStack() as stack:
        port = free_port()
        crowded = watched(stack, _folder(folder, "users"), SENDER, whoisport=port)
        gather(port, 0, sizes[-1])
        client = stack.enter_context(LineClient(crowded.daemon.world.socket))
        yield crowded.block(f"`users`, {sizes[-1]:,} joined", lambda: client.ask(request("users")))


def texts(folder: Path) -> Iterator[Block]:
    """Many texts at once, seen from the sender and from the recipient."""
    for side in (SENDER, RECIPIENT):
        with ExitStack() as stack:
            both = _pair(stack, _folder(folder, f"texts-{side}"))
            chat = SlcpChat(stack, both[SENDER].daemon, both[RECIPIENT].daemon)
            yield both[side].block(f"{BURST:,} texts at once, {_role(side)}", lambda chat=chat: _write_all(chat))  # type: ignore[misc]


def _write_all(chat: SlcpChat) -> None:
    texts = [f"number {index}" for index in range(BURST)]
    chat.send(texts)
    for _ in texts:
        chat.arrive()
        chat.settle()


def images(folder: Path, size: int) -> Iterator[Block]:
    """A large image, seen from the sender and from the recipient, plain and encrypted."""
    source = folder / "source.tif"
    write_tiff(source, size)
    for security in ("off", "prefer"):
        for side in (SENDER, RECIPIENT):
            with ExitStack() as stack:
                both = _pair(stack, _folder(folder, f"images-{side}-{security}"), security=security)
                clients = [stack.enter_context(LineClient(both[each].daemon.world.socket)) for each in both]
                transfer = SlcpTransfer(both[SENDER].daemon, both[RECIPIENT].daemon, *clients)
                how = "plain" if security == "off" else "encrypted"
                during = f"image of {size // MEGABYTE:,} MB, {how}, {_role(side)}"
                yield both[side].block(during, lambda transfer=transfer: transfer.send(source))  # type: ignore[misc]


def history(folder: Path, rows: int) -> Iterator[Block]:
    """What looks through a long history."""
    [written] = write_histories(folder, [rows])
    with ExitStack() as stack:
        old = watched(stack, folder, SENDER, written)
        client = stack.enter_context(LineClient(old.daemon.world.socket))
        search = request("history", search=COMMON)
        yield old.block(f"search for a common word, {rows:,} rows", lambda: client.ask(search))
        yield old.block(f"subscription to all {rows:,} events", lambda: _read_all(old.daemon, rows))


def _read_all(daemon: Daemon, number: int) -> None:
    with LineClient(daemon.world.socket) as subscriber:
        subscriber.ask(request("subscribe", since=0))
        for _ in range(number):
            subscriber.read()


def _pair(stack: ExitStack, folder: Path, **keys: Any) -> dict[str, Watched]:
    whoisport = free_port()
    both = {name: watched(stack, folder, name, whoisport=whoisport, **keys) for name in (SENDER, RECIPIENT)}
    meet(*(each.daemon for each in both.values()))
    time.sleep(SETTLES_WITHIN)
    return both


def _role(side: str) -> str:
    return "its sender" if side == SENDER else "its recipient"


def _folder(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made
