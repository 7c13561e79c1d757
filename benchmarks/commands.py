"""What a command costs: `slcpctl msg` as a process, and a control call on a kept connection."""

import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.lines import LineClient
from benchmarks.measuring import FLOOR, SLCP, Effort, Row, Unit, at_most, finely, medians, side_by_side
from benchmarks.others import mqtt, redis
from benchmarks.others.installed import enter_if_installed
from benchmarks.processes import floor, ready
from benchmarks.stage import RECIPIENT, pair, request, slcpctl

TEXT = "Hallo Luca!"
QUEUED = '{"jsonrpc":"2.0","id":1,"result":{"id":"40103a93ccee4358b7508a638f3388aa"}}'  # as `send_text` is answered
RUNS = 5  # of each round
CALLS = 500  # of each round
AT_ONCE = 25  # of them, before another has its turn

Command = tuple[Sequence[str], Mapping[str, str] | None]


def one_shot(effort: Effort) -> Iterator[Row | str]:
    """`slcpctl msg`, from its start to its end."""
    with ExitStack() as stack:
        sender, _ = stack.enter_context(pair(effort.folder))
        socket = effort.folder / "echo.sock"
        stack.enter_context(ready(floor("echo", socket, QUEUED)))
        commands: dict[str, Command] = {
            FLOOR: (floor("one_shot", socket, RECIPIENT, TEXT), None),
            SLCP: slcpctl(sender, "msg", RECIPIENT, TEXT),
        }
        for program in (redis, mqtt):
            server = yield from enter_if_installed(stack, program.server(effort.folder))
            if server:
                commands[program.COMMAND] = (server.command, None)
        turns = {name: partial(_time, *command) for name, command in commands.items()}
        taken = {name: medians(rounds) for name, rounds in finely(turns, effort.rounds, RUNS).items()}
    yield from side_by_side("slcpctl msg, as a process", Unit.MILLISECONDS, taken, at_most(1.3))


def round_trip(effort: Effort) -> Iterator[Row | str]:
    """`hello` and its answer."""
    hello = request("hello")
    with ExitStack() as stack:
        sender, _ = stack.enter_context(pair(effort.folder))
        ours = stack.enter_context(LineClient(sender.world.socket))
        socket = effort.folder / "echo.sock"
        stack.enter_context(ready(floor("echo", socket, ours.ask(hello).decode().rstrip("\n"))))
        clients = {FLOOR: (stack.enter_context(LineClient(socket)), hello), SLCP: (ours, hello)}
        server = yield from enter_if_installed(stack, redis.server(effort.folder))
        if server:
            clients[redis.CALL] = (stack.enter_context(LineClient(server.socket)), b"PING\r\n")
        turns = {name: partial(_time_calls, *each) for name, each in clients.items()}
        taken = {name: medians(rounds) for name, rounds in finely(turns, effort.rounds, CALLS // AT_ONCE).items()}
    yield from side_by_side("control call `hello`, and its answer", Unit.MICROSECONDS, taken, at_most(2))


def _time(command: Sequence[str], environment: Mapping[str, str] | None) -> float:
    """Run a command; return its milliseconds."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)  # a timeout would poll: 50 ms
    return (time.perf_counter() - began) * 1000


def _time_calls(client: LineClient, call: bytes) -> float:
    """Make a call some times; return the microseconds of the median one."""
    return statistics.median(client.time(call) for _ in range(AT_ONCE)) * 1000
