"""The thread of the sockets: it knows all, and tells the window what to show.

    window  --act-->       something to be done with the conversation, in this thread
    window  <--to_window-- something to be shown, in the window's

Neither waits for the other. The thread ends when it is told to; only what was typed last may take a moment.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from slcp.async_client import Requests
from slcp.client import Json
from slcp.config import login_name
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcp.messages import is_handle
from slcpctl.conversing.first_start import config_to_write, write_config, wrong_handle
from slcpctl.starting import connect
from slcpctl.window.talk import Answered, Shows, Talk

FINISHED_WITHIN = 0.5  # seconds that what was typed last has to reach the daemon, when the window is closed
ENDED_WITHIN = FINISHED_WITHIN + 0.3  # seconds for the thread: a closed window ends the program within one
T = TypeVar("T")
ToWindow = Callable[[Callable[[], object]], None]


class Stage(Shows, Protocol):
    """What the window is asked to do; always in its own thread."""

    def ask_handle(self, proposed: str, wrong: str) -> None:
        """Ask how others shall see the user; `wrong` is what was wrong with the last answer."""

    def show_starting(self) -> None:
        """Say that the daemon starts."""

    def show_failed(self, why: str) -> None:
        """Say why there is no daemon, and offer to try again."""

    def close(self) -> None:
        """Close the window."""


class Backstage:
    """What goes on in the thread, and what the window may ask of it."""

    def __init__(self, profile: str | None, to: str | None, stage: Stage, to_window: ToWindow) -> None:
        self.unfinished = 0  # of what was typed, when all has ended
        self.is_broken = False  # the thread has ended by itself, which is a bug
        self._profile, self._to = profile, to
        self._stage, self._to_window = stage, to_window
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sockets", daemon=True)
        self._ended = asyncio.Event()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._talk: Talk | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End the thread; return when it has ended, or takes too long."""
        self._post(self._ended.set)
        self._thread.join(ENDED_WITHIN)

    def answer(self, words: str) -> None:
        """Take what the user says when asked: a handle, or that it is to be tried again."""
        self._post(self._answers.put_nowait, words)

    def act(self, do: Callable[[Talk], object], quietly: bool = False) -> None:
        """Let something be done with the conversation, if there is one by now; show it at once, unless `quietly`."""
        self._post(self._act, do, quietly)

    def start_daemon(self) -> None:
        """Start the daemon, which has ended."""
        self.act(lambda talk: talk.chat.spawn(in_thread(partial(_start, self._profile))))

    def request(self, method: str, params: Json, answered: Answered) -> None:
        """Ask the daemon; `answered` gets the result, or why there is none, in the window's thread."""
        self.act(lambda talk: talk.request(method, params, answered), quietly=True)

    def _post(self, do: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: so is the window
            self._loop.call_soon_threadsafe(do, *arguments)

    def _tell(self, do: Callable[..., object], *arguments: object) -> None:
        self._to_window(partial(do, *arguments))

    # The thread

    def _run(self) -> None:
        try:
            with closing(self._loop):
                self._loop.run_until_complete(self._serve())
        finally:
            self.is_broken = not self._ended.is_set()
            if self.is_broken:
                self._tell(self._stage.close)

    def _act(self, do: Callable[[Talk], object], quietly: bool) -> None:
        talk = self._talk
        if talk is None:
            return
        try:
            do(talk)
        except SlcpError as error:
            talk.chat.state.complain(error)
            quietly = False
        if not quietly:
            talk.show()

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as group:
            conversing = group.create_task(self._converse())
            await self._ended.wait()
            if self._talk:
                self.unfinished = await self._talk.typed.finish(FINISHED_WITHIN)
            conversing.cancel()

    async def _converse(self) -> None:
        """Converse with the daemon for as long as it can be had; it is tried again when the user says so."""
        while True:
            try:
                await self._introduce()
                self._tell(self._stage.show_starting)
                await in_thread(partial(_start, self._profile))
                await self._talk_to_daemon()
            except (SlcpError, OSError) as error:
                self._tell(self._stage.show_failed, str(error))
                await self._answer()

    async def _introduce(self) -> None:
        """Ask for the handle, if there is neither a daemon nor a config file yet. Raises OSError."""
        path = await in_thread(partial(config_to_write, self._profile))
        if path is None:
            return
        handle, wrong = login_name(), ""
        while True:
            self._tell(self._stage.ask_handle, handle, wrong)
            handle = (await self._answer()).strip()
            if is_handle(handle):
                write_config(path, handle)
                return
            wrong = wrong_handle()

    async def _answer(self) -> str:
        """Return what the user answers to what is shown now."""
        while not self._answers.empty():
            self._answers.get_nowait()  # a second click on what was shown before
        return await self._answers.get()

    async def _talk_to_daemon(self) -> None:
        """Talk until cancelled. Raises SlcpError if that cannot be begun."""
        path = control_socket(self._profile)
        with closing(Requests(path)) as asking, closing(Requests(path)) as loading:
            try:
                async with asyncio.TaskGroup() as group:
                    talk = Talk(group, asking, loading, self._stage, self._tell)
                    await talk.chat.begin(path, self._to)
                    self._talk = talk
                    talk.show()
                    await asyncio.get_running_loop().create_future()  # for ever
            except* SlcpError as errors:
                raise errors.exceptions[0] from None
            finally:
                self._talk = None


async def in_thread(do: Callable[[], T]) -> T:
    """Call a function in a thread of its own, for which the end of the program does not wait."""
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not done.cancelled():
            done.set_result(result) if error is None else done.set_exception(error)

    def call() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = do(), None
        except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
            outcome = None, error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=call, daemon=True).start()
    result: T = await done
    return result


def _start(profile: str | None) -> None:
    """Start the daemon, if none runs. Raises SlcpError."""
    with connect(profile):
        pass  # it runs now
