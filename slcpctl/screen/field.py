"""The line to type on, and what becomes of what is typed."""

from __future__ import annotations

from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import BeforeInput

from slcp.errors import SlcpError
from slcpctl.chat.completing import TypedCompleter
from slcpctl.chat.typed import Quit, parse
from slcpctl.chat.typed_history import typed_history
from slcpctl.screen.actions import Actions
from slcpctl.screen.cells import cut, shown
from slcpctl.screen.keys import Do, bind
from slcpctl.screen.sidebar import NAME
from slcpctl.screen.state import State
from slcpctl.screen.tasks import Doing, Spawn
from slcpctl.screen.visible import Visible

MOST_PROMPT = 16  # cells of a name in front of what is typed


class Field:
    """Where texts and commands are typed. A text may have several lines."""

    def __init__(self, state: State, actions: Actions, spawn: Spawn, history: Path) -> None:
        """Make it; what is typed is kept in the file `history` for the next time."""
        self._state = state
        self._actions = actions
        self._spawn = spawn
        self._buffer = Buffer(
            completer=TypedCompleter(lambda: state.model.people.handles), history=typed_history(history), multiline=True
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
        return [("class:prompt", f"to {NAME if to is None else cut(shown(to), MOST_PROMPT)} > ")]

    def _begin_line(self) -> None:
        self._buffer.newline(copy_margin=False)

    def _send(self, close: Do) -> None:
        """Do what was typed, before the next key can change what it means."""
        line = self._buffer.text
        if not line.strip():
            return
        self._buffer.append_to_history()
        self._buffer.reset()
        try:
            typed = parse(line)
            doing = None if isinstance(typed, Quit) else self._actions.obey(typed)
        except SlcpError as error:
            self._give_back(line, self._state.model.to, error)
            return
        if isinstance(typed, Quit):
            close()
        if doing:
            self._spawn(self._finish(doing, line, self._state.model.to))

    async def _finish(self, doing: Doing, line: str, to: str | None) -> None:
        try:
            await doing
        except SlcpError as error:
            self._give_back(line, to, error)

    def _give_back(self, line: str, to: str | None, error: SlcpError) -> None:
        """Say why a line could not be done; let it be typed on, unless another is, or it would go elsewhere now."""
        self._state.tell([[("bad", str(error))]])
        if not self._buffer.text and to == self._state.model.to:
            self.type(getattr(error, "rest", line))
