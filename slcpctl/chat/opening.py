"""The command chat: from the first start to the open chat."""

from __future__ import annotations

import asyncio
import enum
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from pathlib import Path

from slcp.client import DaemonUnreachableError
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcp.places import places
from slcpctl.chat.acting import act, shown_messages
from slcpctl.chat.connection import Requests
from slcpctl.chat.room import Room
from slcpctl.chat.showing import FOR_PROGRAMS, PLAIN, TERMINAL, Screen, welcome_lines
from slcpctl.chat.typed import Quit, parse
from slcpctl.chat.watching import Watch
from slcpctl.connecting import Connection
from slcpctl.output import note
from slcpctl.sending import FAILED, TIME_OVER, recipient
from slcpctl.starting import connect

EARLIER = 10  # messages shown at the start
ENDS_WITHIN = 10.0  # seconds that piped input waits for its messages to be sent


def chat(options: Namespace) -> int:
    """Open the chat; on a terminal with a line to type on."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if is_terminal:
        introduce(options.profile)
    with connect(options.profile):
        pass  # it runs now
    try:
        return asyncio.run(_converse(options, is_terminal))
    except ExceptionGroup as errors:  # of the task group: what came first is why it ended
        raise errors.exceptions[0] from None


def introduce(profile: str | None) -> None:
    """Ask for the handle, if there is neither a daemon nor a config file yet."""
    try:
        with Connection(control_socket(profile)):
            return
    except DaemonUnreachableError:
        path = places(profile).config
        if not path.exists():
            _write_config(path)


def _write_config(path: Path) -> None:
    from slcp.config import template
    from slcpctl.chat.asking import ask_handle

    handle = ask_handle()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template(handle), encoding="utf-8")
    note(f"wrote {path}: edit it to change more than the handle")


async def _converse(options: Namespace, is_terminal: bool) -> int:
    """Open the chat and keep it open while there are lines to come; return the exit code."""
    screen = FOR_PROGRAMS if options.json else TERMINAL if is_terminal else PLAIN
    path = control_socket(options.profile)
    with closing(Requests(path)) as requests:
        status = await requests.request("status")
        room = Room(options.handle and recipient(options.handle), (await requests.request("users"))["users"])
        if is_terminal:
            earlier = await requests.request("history", before=status["seq"] + 1, limit=EARLIER)
            screen.answer([*shown_messages(earlier), *welcome_lines(status, room)])
        watch = Watch(status["seq"], room, screen.news)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(watch.follow(path))
            refused = await _obey_all(_lines(options, room, is_terminal), requests, room, screen)
            code = 0 if is_terminal else await _settle(watch, requests)
            following.cancel()
    return FAILED if refused and not is_terminal else code


def _lines(options: Namespace, room: Room, is_terminal: bool) -> AsyncGenerator[str]:
    if is_terminal:
        from slcpctl.chat.prompt import typed_lines

        return typed_lines(room, places(options.profile).log.with_name("chat_history"))
    from slcpctl.chat.piped import piped_lines

    return piped_lines()


async def _obey_all(lines: AsyncGenerator[str], requests: Requests, room: Room, screen: Screen) -> int:
    """Do what each line says, to the last or to /quit; return how many could not be done."""
    refused = 0
    async with aclosing(lines):
        async for line in lines:
            outcome = await _obey(line, requests, room, screen)
            if outcome is Outcome.CLOSE:
                break
            refused += outcome is Outcome.REFUSED
    return refused


class Outcome(enum.Enum):
    """What a typed line has led to."""

    DONE = "done"
    REFUSED = "refused"
    CLOSE = "close"  # the user wants to go


async def _obey(line: str, requests: Requests, room: Room, screen: Screen) -> Outcome:
    """Do what one line says; show why if that cannot be done."""
    if not line.strip():
        return Outcome.DONE
    try:
        typed = parse(line)
        screen.answer(await act(typed, requests, room))
    except SlcpError as error:
        screen.complain(str(error), line)
        return Outcome.REFUSED
    return Outcome.CLOSE if isinstance(typed, Quit) else Outcome.DONE


async def _settle(watch: Watch, requests: Requests) -> int:
    """Wait until what was typed is done; return the exit code."""
    newest = (await requests.request("hello"))["seq"]
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await watch.settled(newest)
    except TimeoutError:
        note(f"{len(watch.waiting)} not sent within {ENDS_WITHIN:g} s: stays queued until the user is heard")
        return TIME_OVER
    return 0
