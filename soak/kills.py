"""SIGKILL at random instants.

Two daemons on loopback, one writes to the other all the time; SIGKILL ends the sender, the recipient or
both, also while they start. In the end nothing may be lost, twice or out of order.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from daemons import Daemon, free_port

from soak.ordeal import Load, Outcome, undergo
from soak.pair import RECIPIENT, SENDER, launch_all, make_world, start_all
from soak.report import show

RUNS_FOR = 0.25  # seconds, at most, between the moment a daemon serves and its end
STARTS_FOR = 0.4  # seconds, at most, until a daemon that starts is killed: about what a start takes
SHARE_KILLED_AT_START = 0.2
TOLD_EVERY = 100  # kills


class Options(NamedTuple):
    """What to do."""

    kills: int = 500
    seed: int = 1
    what: str = "any"


def run(options: Options, folder: Path) -> Outcome:
    """Write and kill, in worlds inside `folder`."""
    whoisport = free_port()
    sender, recipient = (Daemon(make_world(folder / handle, handle, whoisport)) for handle in (SENDER, RECIPIENT))
    load = Load(options.seed, folder / "pictures")
    return undergo(sender, recipient, load, lambda: kill_again_and_again(options, sender, recipient))


def kill_again_and_again(options: Options, sender: Daemon, recipient: Daemon) -> Counter[str]:
    """Kill and restart at random instants. Returns how often each was killed."""
    rng = Random(options.seed)
    groups = {"sender": [sender], "recipient": [recipient], "both": [sender, recipient]}
    kinds = list(groups) if options.what == "any" else [options.what]
    kills = Counter[str]()
    while kills.total() < options.kills:
        kind = rng.choice(kinds)
        time.sleep(rng.uniform(0, RUNS_FOR))
        kill(groups[kind])
        kills[f"killed: {kind}"] += 1
        while kills.total() < options.kills and rng.random() < SHARE_KILLED_AT_START:
            launch_all(groups[kind])
            time.sleep(rng.uniform(0, STARTS_FOR))
            kill(groups[kind])
            kills[f"killed while starting: {kind}"] += 1
        start_all(groups[kind])
        if kills.total() % TOLD_EVERY == 0:
            sys.stderr.write(f"{kills.total()} kills\n")
    return kills


def kill(daemons: Sequence[Daemon]) -> None:
    for daemon in daemons:
        daemon.kill()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=Options().kills)
    parser.add_argument("--seed", type=int, default=Options().seed)
    parser.add_argument("--what", choices=["any", "sender", "recipient", "both"], default=Options().what)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slcp-kills-") as folder:
        return show(*run(Options(chosen.kills, chosen.seed, chosen.what), Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
