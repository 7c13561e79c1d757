"""The line to type on, and what becomes of what is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import BeforeInput

from slcp.errors import SlcpError
from slcpctl.chat.completing import TypedCompleter
from slcpctl.screen.actions import Actions, Spawn
from slcpctl.screen.cells import cut, shown
from slcpctl.screen.keys import Do, bind
from slcpctl.screen.sidebar import NAME
from slcpctl.screen.state import State
from slcpctl.screen.visible import Visible
from slcpctl.view.model import EVERYONE

MOST_PROMPT = 16  # cells of a name in front of what is typed


class Field:
    """Where texts and commands are typed. A text may have several lines."""

    def __init__(self, state: State, actions: Actions, spawn: Spawn, history: Path) -> None:
        """Make it; what is typed is kept in the file `history` for the next time."""
        self._state = state
        self._actions = actions
        self._spawn = spawn
        self._buffer = Buffer(
            completer=TypedCompleter(lambda: state.model.people.handles), history=_history(history), multiline=True
        )
        self._keys = KeyBindings()
        self.control = BufferControl(self._buffer, [Visible(), BeforeInput(self._prompt)], key_bindings=self._keys)

    def bind(self, close: Do, choose: Do) -> None:
        """Bind its keys: Ctrl-D on an empty line closes the chat, Tab lets a message be chosen."""
        bind(self._keys, {"enter": lambda: self._send(close), "c-c": self._buffer.reset})
        bind(self._keys, dict.fromkeys(("escape enter", "c-j"), self._begin_line))
        bind(self._keys, {"tab": choose, "c-d": close}, lambda: not self._buffer.text)
        bind(self._keys, {"escape": self._buffer.cancel_completion}, lambda: self._buffer.complete_state is not None)

    def type(self, text: str) -> None:
        """Go on with this."""
        self._buffer.insert_text(text)

    def _prompt(self) -> StyleAndTextTuples:
        to = self._state.model.to
        return [("class:prompt", f"to {NAME if to == EVERYONE else cut(shown(to), MOST_PROMPT)} > ")]

    def _begin_line(self) -> None:
        self._buffer.newline(copy_margin=False)

    def _send(self, close: Do) -> None:
        line = self._buffer.text
        if line.strip():
            self._buffer.append_to_history()
            self._buffer.reset()
            self._spawn(self._obey(line, close))

    async def _obey(self, line: str, close: Callable[[], object]) -> None:
        """Do what was typed; what cannot be done is given back, unless something else is typed by now."""
        try:
            if await self._actions.obey(line):
                close()
        except SlcpError as error:
            self._state.tell([[("bad", str(error))]])
            if not self._buffer.text:
                self.type(line)


def _history(path: Path) -> FileHistory:
    """Return what was typed before; nobody else may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    return FileHistory(str(path))
