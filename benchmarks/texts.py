"""A text from A to B: how long one takes, and how many a second go through."""

import json
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from daemons import Daemon, free_port

from benchmarks.lines import LineClient
from benchmarks.measuring import (
    FLOOR,
    SLCP,
    Effort,
    Row,
    Series,
    Unit,
    at_least,
    at_most,
    finely,
    medians,
    percentile,
    side_by_side,
    take_turns,
)
from benchmarks.others import irc, mqtt
from benchmarks.others.installed import enter_if_installed
from benchmarks.processes import floor, ready
from benchmarks.stage import RECIPIENT, pair, request

TEXTS = 300  # of each round
QUICK_TEXTS = 100  # so that one is the slowest of a hundred
PAUSE = 0.004  # seconds between two of them: what follows a text must not meet the next
BURST = 500  # texts at once
QUICK_BURST = 250


class Chat(Protocol):
    """A way from A to B."""

    def send(self, texts: Iterable[str]) -> None:
        """Let A write all these at once."""

    def arrive(self) -> str:
        """Return the next text that is there for B."""

    def settle(self) -> None:
        """Return when A has the answer to one text, where there are answers."""


class SlcpChat:
    """Two daemons: a control connection to that of A, a subscription to that of B."""

    def __init__(self, stack: ExitStack, sender: Daemon, recipient: Daemon) -> None:
        self._sender = stack.enter_context(LineClient(sender.world.socket))
        self._recipient = stack.enter_context(LineClient(recipient.world.socket))
        self._recipient.ask(request("subscribe"))

    def send(self, texts: Iterable[str]) -> None:
        self._sender.send(b"".join(request("send_text", to=RECIPIENT, text=text) for text in texts))

    def arrive(self) -> str:
        return str(json.loads(self._recipient.read_until(b'"text_received"'))["params"]["text"])

    def settle(self) -> None:
        self._sender.read_until(b'"result"')


class RelayChat:
    """Two relays of the floor."""

    def __init__(self, first: LineClient, second: LineClient) -> None:
        self._first = first
        self._second = second

    def send(self, texts: Iterable[str]) -> None:
        self._first.send("".join(f"{text}\n" for text in texts).encode())

    def arrive(self) -> str:
        return self._second.read().decode().rstrip("\n")

    def settle(self) -> None:
        self._first.read()


def latency(effort: Effort) -> Iterator[Row | str]:
    """One text after the other: the median and the slowest of a hundred."""
    number = QUICK_TEXTS if effort.is_quick else TEXTS
    with ExitStack() as stack:
        chats = yield from _all_chats(stack, effort.folder)
        taken = finely({name: partial(_time_text, chat) for name, chat in chats.items()}, effort.rounds, number)
    usual = {name: medians(rounds) for name, rounds in taken.items()}
    slowest = {name: Series(percentile(times, 99) for times in rounds) for name, rounds in taken.items()}
    yield from side_by_side("text from A to B, durable on both", Unit.MILLISECONDS, usual, at_most(2))
    late = {name: slowest[name] for name in (SLCP, FLOOR)}
    yield from side_by_side("  the slowest of a hundred, beside the floor's", Unit.MILLISECONDS, late, at_most(3))


def throughput(effort: Effort) -> Iterator[Row | str]:
    """Many texts at once."""
    number = QUICK_BURST if effort.is_quick else BURST
    with ExitStack() as stack:
        chats = yield from _all_chats(stack, effort.folder)
        turns = {name: partial(_rate, chat, number) for name, chat in chats.items()}
        taken = {name: Series(values) for name, values in take_turns(turns, effort.rounds).items()}
    yield from side_by_side("texts from A to B, durable on both", Unit.A_SECOND, taken, at_least(0.5))


def _all_chats(stack: ExitStack, folder: Path) -> Generator[str, None, dict[str, Chat]]:
    """Start all of them; yield what is left out."""
    chats: dict[str, Chat] = {
        FLOOR: stack.enter_context(relays(folder)),
        SLCP: SlcpChat(stack, *stack.enter_context(pair(folder))),
    }
    server = yield from enter_if_installed(stack, irc.server(folder))
    if server:
        chats[irc.TEXTS] = irc.IrcChat(stack, server)
    broker = yield from enter_if_installed(stack, mqtt.server(folder))
    if broker:
        chats[mqtt.TEXTS] = mqtt.MqttChat(stack, broker)
    return chats


def _time_text(chat: Chat) -> float:
    """Send a text; return the milliseconds until it is there."""
    text = f"Hallo Luca, it is {time.time_ns()}"
    began = time.perf_counter()
    chat.send([text])
    _check(chat.arrive(), text)
    milliseconds = (time.perf_counter() - began) * 1000
    chat.settle()
    time.sleep(PAUSE)
    return milliseconds


def _rate(chat: Chat, number: int) -> float:
    """Send many texts at once; return how many a second arrive."""
    texts = [f"Hallo Luca, number {index} at once" for index in range(number)]
    began = time.perf_counter()
    chat.send(texts)
    for text in texts:
        _check(chat.arrive(), text)
    seconds = time.perf_counter() - began
    for _ in texts:
        chat.settle()
    return number / seconds


def _check(came: str, sent: str) -> None:
    if came != sent:
        raise RuntimeError(f"{sent!r} was sent, {came!r} has come")


@contextmanager
def relays(folder: Path) -> Iterator[RelayChat]:
    """Run the relays of the floor."""
    port, sockets = free_port(), [folder / f"{side}.sock" for side in ("first", "second")]
    with (
        ready(floor("relay", "second", sockets[1], port, folder / "second.sqlite")),
        ready(floor("relay", "first", sockets[0], port, folder / "first.sqlite")),
        LineClient(sockets[0]) as first,
        LineClient(sockets[1]) as second,
    ):
        yield RelayChat(first, second)
