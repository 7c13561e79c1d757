"""The chat in plain lines: for pipes, for screen readers, and for terminals that can do no more."""

from __future__ import annotations

import asyncio
import enum
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing

from slcp.async_client import Requests
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcpctl.chat.piped import piped_lines
from slcpctl.chat.room import Room
from slcpctl.chat.showing import FOR_PROGRAMS, PLAIN, Screen, welcome_lines
from slcpctl.chat.watching import Watch
from slcpctl.conversing.acting import act, shown_messages
from slcpctl.conversing.typed import Choose, PartlyDoneError, Quit, parse
from slcpctl.output import note
from slcpctl.sending import FAILED, TIME_OVER, recipient
from slcpctl.translating import tr

EARLIER = 10  # messages shown at the start
ENDS_WITHIN = 10.0  # seconds that piped input waits for its messages to be sent


async def converse(options: Namespace, is_terminal: bool) -> int:
    """Open the chat and keep it open while there are lines to come; return the exit code."""
    screen = FOR_PROGRAMS if options.json else PLAIN
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
            refused = await _obey_all(piped_lines(), requests, room, screen)
            code = 0 if is_terminal else await _settle(watch, requests)
            following.cancel()
    return FAILED if refused and not is_terminal else code


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
        screen.answer(room.choose(typed.to) if isinstance(typed, Choose) else await act(typed, requests, room.to))
    except SlcpError as error:
        screen.complain(str(error), error.rest if isinstance(error, PartlyDoneError) else line)
        return Outcome.REFUSED
    return Outcome.CLOSE if isinstance(typed, Quit) else Outcome.DONE


async def _settle(watch: Watch, requests: Requests) -> int:
    """Wait until what was typed is done; return the exit code."""
    newest = (await requests.request("hello"))["seq"]
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await watch.settled(newest)
    except TimeoutError:
        words = tr("{count} not sent within {seconds:g} s: stays queued until the user is heard")
        note(words.format(count=len(watch.waiting), seconds=ENDS_WITHIN))
        return TIME_OVER
    return 0
