"""An open conversation with the daemon: what the window may have done in the thread of the sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from slcp.async_client import Requests
from slcp.client import Json
from slcp.errors import SlcpError
from slcpctl.conversing.chat import Chat, Front
from slcpctl.conversing.images import open_image, save_image
from slcpctl.conversing.obeying import Obeying
from slcpctl.conversing.tasks import Doing, Tasks
from slcpctl.window.help import help_lines
from slcpctl.window.pane import Pane
from slcpctl.window.shown import Shown, shown

Answered = Callable[[Json | SlcpError], object]
Tell = Callable[..., None]  # has a function called in the window's thread, with these arguments


class Shows(Protocol):
    """What the window shows of a conversation."""

    def show(self, what: Shown) -> None:
        """Show this."""

    def ring(self) -> None:
        """Ring the bell."""


class Talk:
    """Shows what it has; while the window draws, what comes next waits, and only the newest of it is drawn."""

    def __init__(
        self, group: asyncio.TaskGroup, asking: Requests, loading: Requests, window: Shows, tell: Tell
    ) -> None:
        self.typed, self._others = Tasks(group), Tasks(group)
        front = Front(Pane, self.show, partial(tell, window.ring), help_lines)
        self.chat: Chat[Pane] = Chat(asking, loading, self._others, front)
        self._obeying = Obeying(self.chat.state, self.chat.actions, self._spawn_typed)
        self._asking, self._window, self._tell = asking, window, tell
        self._is_drawing = self._is_stale = False

    def show(self) -> None:
        """Show all as it is now; if the window still draws, then when it has."""
        self._is_stale = self._is_drawing
        if not self._is_drawing:
            self._is_drawing = True
            self._tell(self._window.show, shown(self.chat.state))

    def drawn(self) -> None:
        """Take note that what was to be shown is."""
        self._is_drawing = False
        self.chat.drawn()
        if self._is_stale:
            self.show()

    # Where the user looks

    def saw(self, pane: int, first: int, last: int, at_end: bool) -> None:
        """Take note of what is seen of a pane, if it is still the one that is shown."""
        shown_now = self.chat.state.pane
        if id(shown_now) == pane and len(shown_now):
            has_others = shown_now.saw(first, last, at_end)
            self.chat.drawn()
            if has_others:
                self.show()

    def look(self, focused: bool) -> None:
        """Take note whether the window has the keyboard."""
        self.chat.state.focused = focused
        self.chat.drawn()

    def close(self) -> None:
        """Choose nothing; else close what lies on top, or go to the newest message."""
        state = self.chat.state
        if state.pane.chosen is not None and state.found is None:
            state.pane.chosen = None
        else:
            self.chat.actions.close()

    def choose(self, seq: int) -> None:
        """Choose a message that is seen."""
        self.chat.state.pane.chosen = seq

    # Messages

    def obey(self, line: str, to: str | None, give_back: Callable[[str], object], close: Callable[[], object]) -> None:
        """Do what a line says that was typed for `to`; give it back if that cannot be done."""
        give_back = partial(self._tell, give_back)
        if to == self.chat.state.model.to:
            self._obeying.obey(line, give_back, partial(self._tell, close))
        else:
            give_back(line)  # another conversation was opened before the window could show it

    def ask_of(self, verb: str, seq: int | None) -> None:
        """Withdraw a message, or send it again; the chosen one if none is named."""
        if seq is not None:
            self.choose(seq)
        {"cancel": self.chat.actions.cancel, "retry": self.chat.actions.retry}[verb]()

    def image_of(self, seq: int | None, got: Callable[[str], object]) -> None:
        """Tell the window the path of the image of a message, if it has one; of the chosen one if none is named."""
        if seq is not None:
            self.choose(seq)
        entry = self.chat.state.pane.chosen_entry
        if entry and entry.message["path"]:
            self._tell(got, entry.message["path"])

    def open_image(self, path: str) -> None:
        """Open an image with the viewer of the desktop. Raises TypedError."""
        self.chat.state.tell(open_image({"path": path}))

    def save_image(self, path: str, to: str) -> None:
        """Copy an image to a new file."""
        self.chat.spawn(self._save(path, to))

    async def _save(self, path: str, to: str) -> None:
        self.chat.state.tell(await save_image({"path": path}, to))

    # Requests

    def request(self, method: str, params: Json, answered: Answered) -> None:
        """Ask the daemon; the window gets the result, or why there is none."""
        self.chat.spawn(self._ask(method, params, answered))

    async def _ask(self, method: str, params: Json, answered: Answered) -> None:
        try:
            result: Json | SlcpError = await self._asking.request(method, **params)
        except SlcpError as error:
            result = error
        self._tell(answered, result)

    def _spawn_typed(self, doing: Doing) -> None:
        self.typed.start(self.chat.told(doing))
