"""How the cost of each path grows: a table each, and what keeps the loop of the daemon busy.

    python -m benchmarks.growth [--quick] [--only WORD ...] [--write]

`make bench-growth` runs it. Each figure is the median of seven.
"""

import argparse
import json
import shutil
import socket
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from daemons import free_port

from benchmarks import blocks, document, machine
from benchmarks.crowds import gather, takers
from benchmarks.histories import write_histories
from benchmarks.images import MEGABYTE, slcp_transfer
from benchmarks.lines import LineClient
from benchmarks.loads.joiner import address_of, handle_of
from benchmarks.machine import KIB, memory
from benchmarks.measuring import ROUNDS
from benchmarks.pictures import write_tiff
from benchmarks.processes import expect, load, ready, tell
from benchmarks.scale import AWAY, FEW, HERE, OPERATIONS, Stage, with_history
from benchmarks.scratch import scratch
from benchmarks.stage import RECIPIENT, SENDER, daemon, daemons_of, request, world
from benchmarks.table import markdown, number

CONNECTIONS = 240  # from 15 hosts: 16 are allowed to each, 256 in all
PER_HOST = 16
TRANSFERRED = 10 * MEGABYTE  # bytes of each of several images


class Sizes(NamedTuple):
    """How far it goes."""

    peers: Sequence[int] = (10, 100, 1_000, 10_000)
    rows: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)
    subscribers: Sequence[int] = (1, 10, 100, 500)
    images: Sequence[int] = (1, 10, 100, 1_000)  # MB
    transfers: Sequence[int] = (1, 5, 10, 25, 50)


QUICKLY = Sizes((10, 1_000), (1_000, 10_000), (1, 100), (1, 10), (1, 10))


class Table(NamedTuple):
    """One of them."""

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


def peers(folder: Path, sizes: Sizes) -> Table:
    """Peers that have joined: what each takes, and what the user waits for."""
    heading = ("joined", "known", "KiB for each", "`users`, ms", "`send_text`, ms", "`hello`, ms")
    return Table("Peers", heading, [_with_peers(folder / str(size), size) for size in sizes.peers])


def _with_peers(folder: Path, size: int) -> list[str]:
    port, someone = free_port(), handle_of(2 * size)
    with (
        daemon(folder, SENDER, whoisport=port) as started,
        takers(port, 2 * size, 1),
        LineClient(started.world.socket) as client,
    ):
        calls = [request("users"), request("send_text", to=someone, text="Hallo!"), request("hello")]
        client.ask(calls[0])
        before = memory(started.process.pid)
        gather(port, 0, size)
        known = len(json.loads(client.ask(calls[0]))["result"]["users"])
        each = (memory(started.process.pid) - before) / known / KIB
        costs = [statistics.median(client.time(call) for _ in range(ROUNDS)) for call in calls]
        return [f"{size:,}", f"{known:,}", *map(number, (each, *costs))]


def history(folder: Path, sizes: Sizes) -> Table:
    """Rows of history: what the user waits for, in ms."""
    heading = ("messages", "MB", "start", *OPERATIONS)
    written = zip(sizes.rows, write_histories(folder, sizes.rows), strict=True)
    return Table("History, in ms", heading, [_with_history(folder / str(size), size, each) for size, each in written])


def _with_history(folder: Path, size: int, written: Path) -> list[str]:
    port, megabytes = free_port(), written.stat().st_size / MEGABYTE
    made = with_history(world(folder, SENDER, whoisport=port), written)
    with ExitStack() as stack:
        starts = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            with daemons_of([made]):
                starts.append((time.perf_counter() - began) * 1000)
        [started] = stack.enter_context(daemons_of([made]))
        gather(port, AWAY + 1, FEW)
        stack.enter_context(takers(port, HERE, 1))
        stage = Stage(started, stack.enter_context(LineClient(started.world.socket)))
        costs = [statistics.median(each(*stage[::-1]) for _ in range(ROUNDS)) for each in OPERATIONS.values()]
    return [f"{size:,}", number(megabytes), *map(number, (statistics.median(starts), *costs))]


def subscribers(folder: Path, sizes: Sizes) -> Table:
    """Subscribers: until the last of them has an event, and what each takes."""
    heading = ("subscribers", "ms until the last has an event", "KiB for each")
    return Table("Subscribers", heading, [_with_subscribers(folder / str(size), size) for size in sizes.subscribers])


def _with_subscribers(folder: Path, size: int) -> list[str]:
    port = free_port()
    with ExitStack() as stack:
        started = stack.enter_context(daemon(folder, SENDER, whoisport=port))
        stack.enter_context(takers(port, HERE, 1))
        client = stack.enter_context(LineClient(started.world.socket))
        client.ask(request("hello"))
        before = memory(started.process.pid)
        listening = [stack.enter_context(LineClient(started.world.socket)) for _ in range(size)]
        for each in listening:
            each.ask(request("subscribe"))
        grown = (memory(started.process.pid) - before) / size / KIB
        times = [_until_told(client, listening) for _ in range(ROUNDS)]
    return [f"{size:,}", number(statistics.median(times)), number(grown)]


def _until_told(client: LineClient, listening: Sequence[LineClient]) -> float:
    """Return the milliseconds from a call until all have its event."""
    began = time.perf_counter()
    client.send(request("send_text", to=handle_of(HERE), text="Hallo!"))
    for each in listening:
        each.read_until(b'"text_queued"')
    milliseconds = (time.perf_counter() - began) * 1000
    client.read()
    for each in listening:
        each.read_until(b'"text_sent"')
    return milliseconds


def connections(folder: Path, sizes: Sizes) -> Table:  # noqa: ARG001  # as the others
    """Connections on which nothing happens: what each takes."""
    rows = []
    with daemon(folder, SENDER) as started, ExitStack() as stack:
        client = stack.enter_context(LineClient(started.world.socket))
        port = json.loads(client.ask(request("status")))["result"]["port"]

        def control(_: int) -> None:
            stack.enter_context(LineClient(started.world.socket)).ask(request("hello"))

        def peer(number: int) -> None:
            host = (address_of(number // PER_HOST), 0)
            stack.enter_context(socket.create_connection(("127.0.0.1", port), source_address=host)).send(b"MSG ")

        for kind, connect in (("control connection", control), ("stream of a peer", peer)):
            before = memory(started.process.pid)
            for index in range(CONNECTIONS):
                connect(index)
            client.ask(request("status"))
            rows.append([kind, str(CONNECTIONS), number((memory(started.process.pid) - before) / CONNECTIONS / KIB)])
    return Table("Connections", ("kind", "open", "KiB for each"), rows)


def images(folder: Path, sizes: Sizes) -> Table:
    """Images of growing size from A to B, disk to disk."""
    rows = []
    source = folder / "source.tif"
    with slcp_transfer(folder, False) as plain, slcp_transfer(folder, True) as encrypted:
        for size in sizes.images:
            write_tiff(source, size * MEGABYTE)
            seconds = [_seconds(lambda one=one: one.send(source)) for one in (plain, encrypted)]  # type: ignore[misc]
            speeds = [source.stat().st_size / MEGABYTE / each for each in seconds]
            rows.append([f"{size:,}", *(number(each * 1000) for each in seconds), *map(number, speeds)])
    return Table("Images", ("MB", "plain, ms", "encrypted, ms", "plain, MB/s", "encrypted, MB/s"), rows)


def transfers(folder: Path, sizes: Sizes) -> Table:
    """Images of 10 MB at once, to and from so many plain programs: how fast all of them are together."""
    source = folder / "source.tif"
    write_tiff(source, TRANSFERRED)
    rows = []
    for size in sizes.transfers:
        seconds = [_seconds_in(folder, source, size), _seconds_out(folder, source, size)]
        rows.append([str(size), *(number(size * source.stat().st_size / MEGABYTE / each) for each in seconds)])
    return Table("Transfers of 10 MB at once", ("at once", "in, MB/s of all", "out, MB/s of all"), rows)


def _seconds_in(folder: Path, source: Path, size: int) -> float:
    with daemon(folder / f"in-{size}", RECIPIENT) as started:
        port = started.request("status")["port"]
        with ready(load("streams", port, RECIPIENT, source, size)) as streams:

            def send() -> None:
                tell(streams, "go")
                expect(streams, "done")

            seconds = _seconds(send)
        came = len(list(started.world.images.glob("*.tif")))
        if came != (ROUNDS + 1) * size:
            raise RuntimeError(f"{came} images have come, not {(ROUNDS + 1) * size}")
        shutil.rmtree(started.world.images)
    return seconds


def _seconds_out(folder: Path, source: Path, size: int) -> float:
    port = free_port()
    with (
        daemon(folder / f"out-{size}", SENDER, whoisport=port) as started,
        takers(port, 0, size),
        LineClient(started.world.socket) as client,
        LineClient(started.world.socket) as subscriber,
    ):
        subscriber.ask(request("subscribe"))
        call = request("send_image", to=[handle_of(each) for each in range(size)], path=str(source))

        def send() -> None:
            client.ask(call)
            for _ in range(size):
                subscriber.read_until(b'"image_sent"')

        return _seconds(send)


def _seconds(act: Callable[[], object]) -> float:
    """Return how long something takes, once it is warm."""
    act()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def loop(folder: Path, sizes: Sizes) -> Table:
    """What the loop of a daemon was kept busy with, and for how long: seen from outside, and from inside."""
    found = [
        *blocks.peers(folder, sizes.peers[-2:]),
        *blocks.texts(folder),
        *blocks.images(folder, sizes.images[-1] * MEGABYTE),
        *blocks.history(folder, sizes.rows[-1]),
    ]
    heading = ("load", "asked", "median, ms", "longest, ms", "loop blocked, ms", "computing, ms", "at", "")
    return Table(
        f"The loop, kept from others at most {blocks.BLOCKED_AT_MOST:.0f} ms", heading, list(map(_of_block, found))
    )


def _of_block(block: blocks.Block) -> list[str]:
    verdict = "met" if block.blocked <= blocks.BLOCKED_AT_MOST else "MISSED"
    return [
        block.during,
        str(block.asked),
        *map(number, (block.median, block.longest, block.blocked, block.computing)),
        block.at,
        verdict,
    ]


TABLES: Mapping[str, Callable[[Path, Sizes], Table]] = {
    "peers": peers,
    "history": history,
    "subscribers": subscribers,
    "connections": connections,
    "images": images,
    "transfers": transfers,
    "loop": loop,
}


def write(names: Sequence[str], sizes: Sizes) -> str:
    """Make the tables, each in a folder of its own that is gone after it."""
    parts = []
    for name in names:
        with scratch() as folder:
            title, heading, rows = TABLES[name](folder, sizes)
        parts.append(f"### {title}\n\n{markdown(heading, rows)}")
        sys.stderr.write(f"{parts[-1]}\n")
    return "\n".join([*parts, f"Measured on {machine.name()}.\n"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the small sizes alone")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES), help="these alone")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    chosen = parser.parse_args(arguments)
    tables = write(chosen.only, QUICKLY if chosen.quick else Sizes())
    sys.stdout.write(tables)
    if chosen.write:
        document.put("growth", tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
