"""The user's command for what comes in (`on_message`): gets each text and image as JSON, one after the other.

It follows the log from where it is when the daemon starts, so nothing is queued for it: a command that is slower than
the messages lags behind at no cost. Nothing that a peer has written is in its arguments or in its environment.
"""

import asyncio
import logging
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from slcp.config import Config
from slcp.control import encode_bare_event
from slcp.errors import SlcpError, StorageError
from slcpd.history import LoggedEvent
from slcpd.journal import Journal
from slcpd.running import ProgramError, run_program

LIMIT = 30.0  # seconds that one run may take: the messages behind it wait; whoever needs longer puts itself aside
READ_AGAIN_AFTER = 10.0  # seconds, when the history cannot be read

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Command:
    """A value of on_message."""

    words: list[str]
    told: set[str] = field(default_factory=set)  # kinds of its failures

    def tell(self, kind: str, error: SlcpError) -> None:
        """Log the first failure of a kind; peers decide how many there are."""
        log.log(logging.DEBUG if kind in self.told else logging.WARNING, "on_message: %s; told once", error)
        self.told.add(kind)


class Hook:
    """Runs the command."""

    def __init__(self, journal: Journal, newest: Callable[[], int], config: Config) -> None:
        self._journal = journal
        self._newest = newest  # returns the seq of the newest event
        self._since = newest()  # the seq of the last message that is done
        self._is_wanted = asyncio.Event()
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Use the command that the config names from the next message on."""
        self._command = _Command(shlex.split(config.on_message))
        if not self._command.words:
            self._is_wanted.clear()
        elif not self._is_wanted.is_set():
            self._since = self._newest()
            self._is_wanted.set()

    async def run(self) -> None:
        """Pass on what comes, until cancelled; that also ends a command that runs."""
        while True:
            await self._is_wanted.wait()
            try:
                event = await self._journal.next_received(self._since)
            except StorageError as error:
                self._command.tell(str(error), error)
                await asyncio.sleep(READ_AGAIN_AFTER)
                continue
            if self._command.words:
                await _pass_on(event, self._command)
            self._since = max(self._since, event.seq)  # it may have been off meanwhile
            await asyncio.sleep(0)  # a log that is behind lets the others have their turn, too


async def _pass_on(event: LoggedEvent, command: _Command) -> None:
    try:
        await run_program(command.words, encode_bare_event(event.body, event.seq, event.time), LIMIT)
    except ProgramError as error:
        command.tell(error.kind, error)
    except Exception:
        log.exception("a bug in passing on message %d; the others go on", event.seq)
