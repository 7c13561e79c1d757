"""Power cuts: what was not flushed to the disk is lost.

Two daemons on loopback, each on a disk of its own, one writes to the other all the time. The power of one
host or of both is cut at random instants: of all blocks written since the last flush some are lost, others
are on the disk, in any order, as they may be in a disk with a write cache. Then the file system is mounted
anew, ext4 replays its journal, the daemon starts. In the end nothing may be lost, twice or out of order,
nor may the key of a daemon be another one: its peers have pinned it.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

from daemons import Daemon, World, free_port

from soak.disk import Disk
from soak.ordeal import Load, Outcome, undergo
from soak.pair import RECIPIENT, SENDER, make_world, start_all
from soak.report import show

RUNS_FOR = 0.5  # seconds, at most, between the moment a daemon serves and the power cut
TOLD_EVERY = 20  # cuts
PRIVATE = "SLCP_SOAK_MOUNTS"  # set where our mounts are ours alone, and go when we go
EXIT_IMPOSSIBLE = 2


class Options(NamedTuple):
    """What to do."""

    cuts: int = 100
    seed: int = 1
    what: str = "any"


class Host:
    """A computer, as far as its power is concerned: a disk and a daemon."""

    def __init__(self, folder: Path, handle: str, whoisport: int) -> None:
        self.disk = Disk(folder / handle)
        self.blocks = Counter[str]()
        self.violations: list[str] = []
        self._handle = handle
        self._key = b""
        self.daemon = Daemon(make_world(self._home, handle, whoisport))
        os.sync()  # the user wrote the config file long ago

    @property
    def _home(self) -> Path:
        return self.disk.root / "home"

    def lose_power(self, seed: int) -> None:
        self._key = self._read_key()
        unflushed, lost = self.disk.cut(seed)
        self.blocks.update({"blocks in the caches of disks at a cut": unflushed, "blocks lost": lost})
        self.daemon.process.send_signal(signal.SIGKILL)  # before it hears of errors: no power, no more steps
        self.disk.fail()
        self.daemon.kill()
        self.disk.unmount()

    def boot(self) -> None:
        """Give it power, up to where the daemon is started; its key must be the one that others may have pinned."""
        self.disk.power_on()
        World(self._home)  # makes the folder of run-time files, which no computer keeps
        if self._read_key() != self._key:
            self.violations.append(f"{self._handle}: its key was lost; whoever has pinned it refuses the next one")

    def _read_key(self) -> bytes:
        identity = self.daemon.world.identity
        return identity.read_bytes() if identity.exists() else b""


def run(options: Options, folder: Path) -> Outcome:
    """Write and cut, on disks inside `folder`. Raises OSError where there can be none."""
    whoisport = free_port()
    with ExitStack() as stack:
        hosts = []
        for handle in (SENDER, RECIPIENT):
            hosts.append(Host(folder, handle, whoisport))
            stack.callback(hosts[-1].disk.unmount)
        sender, recipient = hosts
        cut_after_first_start(options, hosts)
        load = Load(options.seed, folder / "pictures")
        outcome = undergo(
            sender.daemon, recipient.daemon, load, lambda: cut_again_and_again(options, sender, recipient)
        )
        return Outcome(
            {**sender.blocks + recipient.blocks, **outcome.figures},
            [*sender.violations, *recipient.violations, *outcome.violations],
        )


def cut_after_first_start(options: Options, hosts: Sequence[Host]) -> None:
    """Cut the power as soon as others can know a daemon that has never run before."""
    for host in hosts:
        host.daemon.start()
        host.lose_power(options.seed)
        host.boot()


def cut_again_and_again(options: Options, sender: Host, recipient: Host) -> Counter[str]:
    """Cut the power and boot at random instants. Returns how often that was."""
    rng = Random(options.seed)
    groups = {"sender": [sender], "recipient": [recipient], "both": [sender, recipient]}
    kinds = list(groups) if options.what == "any" else [options.what]
    cuts = Counter[str]()
    while cuts.total() < options.cuts:
        kind = rng.choice(kinds)
        time.sleep(rng.uniform(0, RUNS_FOR))
        for host in groups[kind]:
            host.lose_power(rng.randrange(1 << 30))
        cuts[f"power cut: {kind}"] += 1
        for host in groups[kind]:
            host.boot()
        start_all([host.daemon for host in groups[kind]])
        if cuts.total() % TOLD_EVERY == 0:
            sys.stderr.write(f"{cuts.total()} cuts\n")
    return cuts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak.powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=Options().cuts)
    parser.add_argument("--seed", type=int, default=Options().seed)
    parser.add_argument("--what", choices=["any", "sender", "recipient", "both"], default=Options().what)
    chosen = parser.parse_args(arguments)
    if PRIVATE not in os.environ:
        unshare(sys.argv[1:] if arguments is None else arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="slcp-powercut-") as folder:
            return show(*run(Options(chosen.cuts, chosen.seed, chosen.what), Path(folder)))
    except OSError as error:
        sys.stderr.write(f"power cuts need Linux, root, FUSE, loop devices and mkfs.ext4: {error}\n")
        return EXIT_IMPOSSIBLE


def unshare(arguments: Sequence[str]) -> None:
    """Begin anew in a mount namespace of our own."""
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "soak.powercut", *arguments]
    os.execvpe(command[0], command, {**os.environ, PRIVATE: "1"})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
