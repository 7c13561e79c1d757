"""An hour of mixed load: memory, descriptors and answers must be as they were.

Three daemons on loopback write to each other; plain programs come, ask, write, are written to and go;
daemons leave and join; clients subscribe and hang up. Each minute shows how the daemons are. In the end
the last quarter is compared with the second one, and everything written must have arrived.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from daemons import Daemon, free_port
from meeting import meet

from soak.audit import collect, judge
from soak.company import MESSAGES, Caller, PlainUser, Restless
from soak.gauges import Gauges, Sample, heading, row, worse
from soak.pair import make_world, start_all, wait_until_sent
from soak.report import show
from soak.traffic import Traffic

HANDLES = ("Ani", "Luca", "Sohal")
PLAIN_USERS = ("127.0.0.2", "127.0.0.3")
RATE = 3.0  # messages a second of each daemon
SAMPLES = 60  # at least 5 s apart
SETTLES_WITHIN = 90.0  # seconds


class Loaded(NamedTuple):
    """What a run has shown."""

    figures: dict[str, float]
    violations: list[str]


def run(seconds: float, seed: int, folder: Path) -> Loaded:
    """Let them all live for so long, with worlds inside `folder`; print a sample now and then."""
    whoisport = free_port()
    daemons = [Daemon(make_world(folder / handle, handle, whoisport)) for handle in HANDLES]
    with ExitStack() as stack:
        for daemon in daemons:
            stack.callback(daemon.close)
        start_all(daemons)
        meet(*daemons)
        with ExitStack() as living:
            traffics = [living.enter_context(_traffic(daemons, number, seed, folder)) for number in range(len(daemons))]
            plain = [
                living.enter_context(PlainUser(f"Otto{number}", ip, whoisport, daemons, Random(seed + number)))
                for number, ip in enumerate(PLAIN_USERS)
            ]
            callers = [living.enter_context(Caller(daemon, Random(seed))) for daemon in daemons]
            restless = living.enter_context(Restless(daemons[-1], Random(seed)))
            gauges = living.enter_context(Gauges(daemons))
            samples = _watch(gauges, seconds)
        settled = [wait_until_sent(daemon, SETTLES_WITHIN) for daemon in daemons]
        for daemon in daemons:
            daemon.stop()
    figures: dict[str, float] = {
        "messages between daemons": sum(len(each.taken) for each in traffics),
        "messages of and to plain programs": sum(each.times[kind] for each in plain for kind in MESSAGES),
        "WHO, JOIN and LEAVE of plain programs": sum(each.times["lines"] for each in plain),
        "subscriptions": sum(each.times["subscriptions"] for each in callers),
        "leave and join of a daemon": restless.times["absences"],
        "settled": all(settled),
    }
    return Loaded(figures, [*_lost(daemons, traffics, plain), *worse(samples)])


def _traffic(daemons: Sequence[Daemon], number: int, seed: int, folder: Path) -> Traffic:
    """Let each daemon write to the next."""
    to = HANDLES[(number + 1) % len(HANDLES)]
    return Traffic(daemons[number].world.socket, to, folder / "pictures", Random(seed + number), RATE, 0.05)


def _watch(gauges: Gauges, seconds: float) -> list[Sample]:
    sys.stdout.write(heading() + "\n")
    began = time.monotonic()
    every = max(seconds / SAMPLES, min(5.0, seconds / 12))
    samples: list[Sample] = []
    while (at := (len(samples) + 1) * every) <= seconds + 1e-6:
        time.sleep(max(0.0, began + at - time.monotonic()))
        samples.append(gauges.sample((time.monotonic() - began) / 60))
        sys.stdout.write(row(samples[-1]) + "\n")
        sys.stdout.flush()
    return samples


def _lost(daemons: Sequence[Daemon], traffics: Sequence[Traffic], plain: Sequence[PlainUser]) -> list[str]:
    pictures = {sha for each in traffics for sha in each.pictures} | {sha for each in plain for sha in each.pictures}
    recipients = islice(cycle(daemons), 1, None)
    return [
        violation
        for sender, recipient, traffic in zip(daemons, recipients, traffics, strict=False)
        for violation in judge(collect(sender.world, recipient.world, traffic.taken, pictures)).violations
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slcp-load-") as folder:
        return show(*run(chosen.minutes * 60, chosen.seed, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
