"""What the user waits for, with a long history and many peers beside a short one and few."""

import json
import math
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from daemons import Daemon, World, free_port

from benchmarks.crowds import gather, takers
from benchmarks.histories import COMMON, rare, write_histories
from benchmarks.lines import LineClient
from benchmarks.loads.joiner import handle_of
from benchmarks.measuring import Effort, Row, Series, Unit, at_most, median_at_most, take_turns
from benchmarks.stage import SENDER, daemons_of, request, world

SMALL, LARGE, QUITE_LARGE = 1_000, 1_000_000, 50_000  # rows of history
FEW, MANY = 10, 10_000  # peers that join
HERE = 2 * MANY  # who joins as the last, and takes what is sent to him
AWAY = 1  # with whom there is a history
CALLS = 9  # of one turn
SEARCH_WITHIN = 50.0  # ms
MISSED = 50  # events that a client comes back to

Operation = Callable[[LineClient, Daemon], float]  # makes a call; returns its milliseconds


class Stage(NamedTuple):
    """A daemon with so much to look through."""

    daemon: Daemon
    client: LineClient


def _asking(method: str, /, **params: object) -> Operation:
    call = request(method, **params)

    def ask(client: LineClient, _: Daemon) -> float:
        began = time.perf_counter()
        answer = client.ask(call)
        milliseconds = (time.perf_counter() - began) * 1000
        if b'"result"' not in answer:
            raise RuntimeError(answer.decode())
        return milliseconds

    return ask


def catch_up(client: LineClient, daemon: Daemon) -> float:
    """Subscribe where a client left off, and have all that it has missed."""
    newest = json.loads(client.ask(request("hello")))["result"]["seq"]
    began = time.perf_counter()
    with LineClient(daemon.world.socket) as subscriber:
        subscriber.ask(request("subscribe", since=newest - MISSED))
        for _ in range(MISSED):
            subscriber.read()
    return (time.perf_counter() - began) * 1000


OPERATIONS: Mapping[str, Operation] = {
    "hello": _asking("hello"),
    "history, the newest 50": _asking("history"),
    "history, with one user": _asking("history", **{"with": handle_of(3)}),
    "history --search, a rare word": _asking("history", search=rare(SMALL // 2)),
    "history --search, a common word": _asking("history", search=COMMON),
    "history --search, a rare word and a begun one": _asking("history", search=f"{rare(SMALL // 2)} w"),
    "send_text to someone who is here": _asking("send_text", to=handle_of(HERE), text="Hallo!"),
    "send_text to someone who is away": _asking("send_text", to=handle_of(AWAY), text="Hallo!"),
    f"subscribe, {MISSED} events missed": catch_up,
}


def users(stage: Stage) -> float:
    """Return the microseconds that `users` takes for each of them."""
    began = time.perf_counter()
    answer = stage.client.ask(request("users"))
    return (time.perf_counter() - began) * 1e6 / len(json.loads(answer)["result"]["users"])


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """Each operation, with the long and the short history side by side."""
    rows = QUITE_LARGE if effort.is_quick else LARGE
    histories = list(write_histories(effort.folder, [SMALL, rows]))
    with ExitStack() as stack:
        small, large = open_stages(stack, effort.folder, histories, [FEW, MANY])
        for name, operation in OPERATIONS.items():
            turns = {"small": _repeating(operation, small), "large": _repeating(operation, large)}
            taken = take_turns(turns, effort.rounds)
            ours, beside = Series(taken["large"]), Series(taken["small"])
            path = f"{name}: {rows:,} rows beside {SMALL:,}"
            yield Row(path, Unit.MILLISECONDS, ours, beside, at_most(logarithmic(SMALL, rows)))
            if "search" in name:
                yield Row(f"{name}: {rows:,} rows", Unit.MILLISECONDS, ours, goal=median_at_most(SEARCH_WITHIN))
        each = take_turns({"small": lambda: users(small), "large": lambda: users(large)}, effort.rounds)
    ours, beside = Series(each["large"]), Series(each["small"])
    yield Row(f"users, for each: {MANY:,} joined beside {FEW}", Unit.MICROSECONDS, ours, beside, at_most(1.5))


def logarithmic(small: int, large: int) -> float:
    """Return how much longer something may take that grows as the logarithm."""
    return math.log(large) / math.log(small)


def open_stages(stack: ExitStack, folder: Path, histories: Sequence[Path], peers: Sequence[int]) -> list[Stage]:
    """Start a daemon for each history, and let so many peers join there."""
    ports = [free_port() for _ in histories]
    worlds = [world(folder / str(number), SENDER, whoisport=port) for number, port in enumerate(ports)]
    for each, history in zip(worlds, histories, strict=True):
        with_history(each, history)
    daemons = stack.enter_context(daemons_of(worlds))
    for port, number in zip(ports, peers, strict=True):
        gather(port, AWAY + 1, number)
        stack.enter_context(takers(port, HERE, 1))
    return [Stage(each, stack.enter_context(LineClient(each.world.socket))) for each in daemons]


def with_history(of: World, history: Path) -> World:
    """Move a history into a world."""
    of.database.parent.mkdir(parents=True)
    shutil.move(history, of.database)
    return of


def _repeating(operation: Operation, stage: Stage) -> Callable[[], float]:
    return lambda: statistics.median(operation(stage.client, stage.daemon) for _ in range(CALLS))
