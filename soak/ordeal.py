"""One writes to another all the time while something happens to them; in the end they are held to the invariants."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

from daemons import Daemon
from meeting import meet

from soak.audit import collect, judge
from soak.pair import RECIPIENT, start_all, wait_until_sent
from soak.traffic import Traffic

SETTLES_WITHIN = 90.0  # seconds for what is queued to arrive: some tries, whose pauses are 5, 10, 20, 40 s at most


class Load(NamedTuple):
    """What is written meanwhile."""

    seed: int
    pictures: Path  # a folder that nothing happens to
    rate: float = 60.0  # messages a second
    share_of_images: float = 0.1


class Outcome(NamedTuple):
    """What it has shown."""

    figures: dict[str, float]
    violations: list[str]


def undergo(sender: Daemon, recipient: Daemon, load: Load, happens: Callable[[], Counter[str]]) -> Outcome:
    """Start both, let it happen while one writes to the other, let things settle, judge.

    `happens` leaves both running; it returns what it did, how often.
    """
    with ExitStack() as stack:
        for daemon in (sender, recipient):
            stack.callback(daemon.close)
        start_all([sender, recipient])
        meet(sender, recipient)
        began = time.monotonic()
        with Traffic(
            sender.world.socket, RECIPIENT, load.pictures, Random(load.seed), load.rate, load.share_of_images
        ) as traffic:
            did = happens()
        lasted = time.monotonic() - began
        settled = wait_until_sent(sender, SETTLES_WITHIN)
        seconds = time.monotonic() - began
        for daemon in (sender, recipient):
            daemon.stop()
    found = judge(collect(sender.world, recipient.world, traffic.taken, traffic.pictures))
    figures: dict[str, float] = {
        **dict(sorted(did.items())),
        "in all": did.total(),
        "a minute": did.total() / lasted * 60,
        **written(traffic),
        **found.figures,
        "settled": settled,
        "seconds": seconds,
        "texts a second": traffic.texts / seconds,
    }
    return Outcome(figures, found.violations)


def written(traffic: Traffic) -> dict[str, int]:
    """Count what was written."""
    return {
        "texts with an id": traffic.texts,
        "images with an id": traffic.images,
        "calls without an answer": traffic.unanswered,
    }
