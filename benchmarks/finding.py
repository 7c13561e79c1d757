"""Finding all who are on a LAN of network namespaces, from the start of a program until it knows them."""

import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from lan import Host, Lan, LanUnavailableError

from benchmarks.lines import LineClient
from benchmarks.measuring import FLOOR, SLCP, Effort, Row, Series, Unit, side_by_side, take_turns
from benchmarks.processes import expect, floor, ready, running, wait_until
from benchmarks.stage import daemons_of, request, world

HOSTS = 10
PORT = 4000
FLOOR_PORT = 4001
EVERYWHERE = {"SLCP_INTERFACES": ""}  # of a namespace of ours
ZEROCONF = Path(__file__).parent / "others/zeroconf_host.py"
OTHER = "python-zeroconf"


class Found(NamedTuple):
    """Milliseconds from the start of a program."""

    all: float  # until it knew all
    serves: float = 0.0  # until the daemon said that it serves


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """Ten that are there and one that comes; beside bare sockets and python-zeroconf."""
    with ExitStack() as stack:
        try:
            lan = stack.enter_context(Lan())
        except LanUnavailableError as error:
            yield f"left out: finding others on a LAN: {error}"
            return
        *hosts, seeker = list(lan.add_hosts(HOSTS + 1))
        turns = {FLOOR: _floor(stack, hosts, seeker), SLCP: _slcpd(stack, effort.folder, hosts, seeker)}
        if importlib.util.find_spec("zeroconf"):
            turns[OTHER] = _zeroconf(stack, hosts, seeker)
        else:
            yield "left out: python-zeroconf is not installed (PyPI: zeroconf)"
        turned = take_turns(turns, effort.rounds)
    taken = {name: Series(found.all for found in each) for name, each in turned.items()}
    yield from side_by_side(f"start, and find {HOSTS} on a LAN", Unit.MILLISECONDS, taken, None)
    yield Row("  of this until it serves", Unit.MILLISECONDS, Series(found.serves for found in turned[SLCP]))


def _floor(stack: ExitStack, hosts: list[Host], seeker: Host) -> Callable[[], Found]:
    for host in hosts:
        stack.enter_context(ready([*host.prefix, *floor("finder", "answer", host.name, FLOOR_PORT)]))
    return _timing([*seeker.prefix, *floor("finder", "seek", HOSTS, FLOOR_PORT, seeker.broadcast)])


def _zeroconf(stack: ExitStack, hosts: list[Host], seeker: Host) -> Callable[[], Found]:
    program = [sys.executable, str(ZEROCONF)]
    for host in hosts:
        publishing = stack.enter_context(running([*host.prefix, *program, "publish", host.name, host.ip]))
        expect(publishing, "ready")
    return _timing([*seeker.prefix, *program, "seek", str(HOSTS), seeker.ip])


def _timing(command: list[str]) -> Callable[[], Found]:
    def measure() -> Found:
        began = time.perf_counter()
        with running(command) as process:
            expect(process, "found")
            return Found((time.perf_counter() - began) * 1000)

    return measure


def _slcpd(stack: ExitStack, folder: Path, hosts: list[Host], seeker: Host) -> Callable[[], Found]:
    for host in hosts:
        stack.enter_context(daemons_of([world(folder, host.name, whoisport=PORT)], host.prefix, EVERYWHERE))
    seeking = world(folder, "seeker", whoisport=PORT)

    def measure() -> Found:
        began = time.perf_counter()
        with daemons_of([seeking], seeker.prefix, EVERYWHERE) as [daemon], LineClient(daemon.world.socket) as client:
            serves = (time.perf_counter() - began) * 1000
            wait_until(lambda: _known(client) == HOSTS, f"{HOSTS} are found")
            return Found((time.perf_counter() - began) * 1000, serves)

    return measure


def _known(client: LineClient) -> int:
    return len(json.loads(client.ask(request("users")))["result"]["users"])
