"""Bad networks: two slcpd on hosts of their own (network namespaces), and what happens to the line between them.

Each fault prints what was sent and what arrived, what came twice, what was given up and tried again, and how
long after the end of the fault everything was there. Nothing may be lost or out of order.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from daemons import Daemon, World
from lan import Host, Lan, LanUnavailableError
from meeting import meet, seq_of

from soak.audit import collect, handle_of, judge
from soak.line import Line
from soak.pair import RECIPIENT, SENDER, wait_until_sent
from soak.pictures import noise
from soak.traffic import Taken, Traffic

RECOVERS_WITHIN = 180.0  # seconds: a lost connection is noticed after 30 s, and tried again after 5 + 10 + 20 + 40 s
LOOKED_AT_EVERY = 5.0  # seconds between two looks of slcpd at its links
RATE = 20.0  # messages a second, where somebody writes all the time
EXIT_IMPOSSIBLE = 2


class Site(NamedTuple):
    """One user: a host on the network, and a daemon on it."""

    host: Host
    daemon: Daemon

    @property
    def handle(self) -> str:
        return handle_of(self.daemon.world)

    @property
    def line(self) -> Line:
        return Line(self.host)


class Sent(NamedTuple):
    """What a user has sent, and who it was."""

    by: Site
    to: Site
    taken: Sequence[Taken]
    pictures: frozenset[str] = frozenset()


class Result(NamedTuple):
    """What a fault has shown."""

    name: str
    sent: int
    arrived: int
    twice: int
    given_up: int
    recovered_after: float  # seconds
    violations: list[str]

    def row(self) -> str:
        verdict = "; ".join(self.violations[:3]) or "ok"
        return (
            f"{self.name:34} {self.sent:5} {self.arrived:8} {self.twice:6} {self.given_up:9} "
            f"{self.recovered_after:12.1f}  {verdict}"
        )


HEADING = f"{'fault':34} {'sent':>5} {'arrived':>8} {'twice':>6} {'given up':>9} {'all there, s':>12}  verdict"

Fault = Callable[[Site, Site, Path], list[Sent]]  # returns when the fault is over


# The faults


def lossy(percent: int, texts: int, images: int) -> Fault:
    def fault(ani: Site, luca: Site, folder: Path) -> list[Sent]:
        luca.line.lose(percent)
        there = send_texts(ani, luca, texts)
        back = send_texts(luca, ani, texts)
        pictures = [send_image(ani, luca, folder, 200_000) for _ in range(images)]
        return [there, back, *pictures]  # the line stays bad

    return fault


def cut_in_mid_image(seconds: float) -> Fault:
    def fault(ani: Site, luca: Site, folder: Path) -> list[Sent]:
        ani.line.limit(megabits=80)
        image = send_image(ani, luca, folder, 8_000_000)
        luca.daemon.wait_for("image_progressed", seq_of(luca.daemon))
        luca.host.cut_off()
        if luca.daemon.messages():
            raise AssertionError("the image was there before the line was cut")
        text = send_texts(ani, luca, 3)
        time.sleep(seconds)
        luca.host.bring_back()
        return [image, text]

    return fault


def partition(ani: Site, luca: Site, _: Path) -> list[Sent]:
    """Both write while neither hears the other."""
    luca.host.cut_off()
    sent = [send_texts(ani, luca, 20), send_texts(luca, ani, 20)]
    time.sleep(LOOKED_AT_EVERY * 2)
    luca.host.bring_back()
    return sent


def change_of_address(ani: Site, luca: Site, folder: Path) -> list[Sent]:
    """The recipient gets another address while somebody writes to it."""
    with writing(ani, luca, folder) as traffic:
        time.sleep(1)
        luca.host.change_address("10.77.0.99/24")
        time.sleep(2)
    return [Sent(ani, luca, traffic.taken, frozenset(traffic.pictures))]


def resets(ani: Site, luca: Site, folder: Path) -> list[Sent]:
    """Something in between resets all streams for a moment."""
    with writing(ani, luca, folder) as traffic:
        time.sleep(1)
        luca.line.reset_streams()
        time.sleep(1)
        luca.line.repair()
        time.sleep(1)
    return [Sent(ani, luca, traffic.taken, frozenset(traffic.pictures))]


def half_open(ani: Site, luca: Site, _: Path) -> list[Sent]:
    """A stream is kept; the recipient is cut off, dies without a word that arrives, and comes back."""
    first = send_texts(ani, luca, 1)
    wait_until_sent(ani.daemon, RECOVERS_WITHIN)
    luca.host.cut_off()
    sent = send_texts(ani, luca, 5)
    luca.daemon.kill()
    luca.daemon.launch()
    luca.daemon.wait_until_ready()
    luca.host.bring_back()
    return [first, sent]


FAULTS: dict[str, Fault] = {
    "10 % of packets lost": lossy(10, texts=20, images=3),
    "30 % of packets lost": lossy(30, texts=5, images=1),
    "cut for 3 s in mid-image": cut_in_mid_image(3),
    "partition, both write": partition,
    "address changes in mid-stream": change_of_address,
    "streams reset for 1 s": resets,
    "half-open stream, peer restarted": half_open,
}
LONG_FAULTS: dict[str, Fault] = {
    "cut for 45 s in mid-image": cut_in_mid_image(45),
}


# How they are played


def play(name: str, fault: Fault, lan: Lan, folder: Path) -> Result:
    """Let the fault happen on a network, wait until all is there, judge. Raises OSError where the tools are missing."""
    with ExitStack() as stack:
        ani, luca = (start_on(lan.add_host(), handle, folder, stack) for handle in (SENDER, RECIPIENT))
        meet(ani.daemon, luca.daemon)
        sent = fault(ani, luca, folder)
        over = time.monotonic()
        senders = {id(each.by): each.by for each in sent}.values()
        settled = [wait_until_sent(by.daemon, RECOVERS_WITHIN) for by in senders]
        recovered_after = time.monotonic() - over
        for site in (ani, luca):
            site.daemon.stop()
        return result(name, sent, recovered_after if all(settled) else RECOVERS_WITHIN)


def result(name: str, sent: Sequence[Sent], recovered_after: float) -> Result:
    violations: list[str] = []
    arrived = twice = given_up = 0
    for by, to in dict.fromkeys((each.by, each.to) for each in sent):
        taken = [one for each in sent if each.by is by for one in each.taken]
        pictures = {sha for each in sent for sha in each.pictures}
        evidence = collect(by.daemon.world, to.daemon.world, taken, pictures)
        violations += judge(evidence).violations
        wanted = {each.content for each in taken}
        arrived += sum(content in evidence.times_arrived for content in wanted)
        twice += sum(number - 1 for number in evidence.times_arrived.values())
        given_up += len(evidence.given_up)
    number = sum(len(each.taken) for each in sent)
    return Result(name, number, arrived, twice, given_up, recovered_after, violations)


def start_on(host: Host, handle: str, folder: Path, stack: ExitStack) -> Site:
    world = World(folder / handle)
    world.configure(handle=handle)
    daemon = Daemon(world, host.prefix, {"SLCP_INTERFACES": ""})
    stack.callback(daemon.close)
    return Site(host, daemon.start())


def send_texts(by: Site, to: Site, number: int) -> Sent:
    handle = to.handle
    began = seq_of(by.daemon)
    texts = [f"{index} of {number} after {began} to {handle}" for index in range(number)]
    return Sent(by, to, [Taken(by.daemon.request("send_text", to=handle, text=text)["id"], text) for text in texts])


def send_image(by: Site, to: Site, folder: Path, size: int) -> Sent:
    """Send an image of about `size` bytes."""
    data = noise(Random(seq_of(by.daemon)), 1000, max(1, size // 1000))
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"{digest[:16]}.png"
    path.write_bytes(data)
    taken = by.daemon.request("send_image", to=to.handle, path=str(path))
    return Sent(by, to, [Taken(taken["id"], digest)], frozenset({digest}))


@contextmanager
def writing(by: Site, to: Site, folder: Path) -> Iterator[Traffic]:
    """Let one write to the other all the time."""
    with Traffic(by.daemon.world.socket, to.handle, folder / "pictures", Random(1), RATE, 0.1) as traffic:
        yield traffic


def main(arguments: Sequence[str] | None = None) -> int:
    faults = {**FAULTS, **LONG_FAULTS}
    parser = argparse.ArgumentParser(prog="python -m soak.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FAULT", help=f"all when none is named: {'; '.join(faults)}")
    names = parser.parse_args(arguments).names or list(faults)
    unknown = [name for name in names if name not in faults]
    if unknown:
        parser.error(f"there is no fault {unknown[0]!r}")
    sys.stdout.write(HEADING + "\n")
    failed = False
    for name in names:
        try:
            with tempfile.TemporaryDirectory(prefix="slcp-faults-") as folder, Lan() as lan:
                shown = play(name, faults[name], lan, Path(folder))
        except (LanUnavailableError, OSError) as error:
            sys.stderr.write(f"faults need Linux, root, iproute2 and nftables: {error}\n")
            return EXIT_IMPOSSIBLE
        sys.stdout.write(shown.row() + "\n")
        sys.stdout.flush()
        failed = failed or bool(shown.violations)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
