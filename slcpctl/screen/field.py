"""The line to type on, and what becomes of what is typed."""

from __future__ import annotations

from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import BeforeInput

from slcpctl.conversing.obeying import Obeying
from slcpctl.conversing.state import State
from slcpctl.conversing.typed_history import TypedHistory
from slcpctl.conversing.wording import NAME
from slcpctl.screen.cells import cut, shown
from slcpctl.screen.completing import TypedCompleter
from slcpctl.screen.keys import Do, bind
from slcpctl.screen.pane import Pane
from slcpctl.screen.typed_history import KeptHistory
from slcpctl.screen.visible import Visible
from slcpctl.translating import tr

MOST_PROMPT = 16  # cells of a name in front of what is typed


class Field:
    """Where texts and commands are typed. A text may have several lines."""

    def __init__(self, state: State[Pane], obeying: Obeying, history: Path) -> None:
        """Make it; what is typed is kept in the file `history` for the next time."""
        self._state = state
        self._obeying = obeying
        self._buffer = Buffer(
            completer=TypedCompleter(lambda: state.model.people.handles),
            history=KeptHistory(TypedHistory(history)),
            multiline=True,
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
        name = NAME if to is None else cut(shown(to), MOST_PROMPT)
        return [("class:prompt", tr("to {handle} > ", handle=name))]

    def _begin_line(self) -> None:
        self._buffer.newline(copy_margin=False)

    def _send(self, close: Do) -> None:
        """Do what was typed, before the next key can change what it means."""
        line, to = self._buffer.text, self._state.model.to
        if not line.strip():
            return
        self._buffer.append_to_history()
        self._buffer.reset()
        self._obeying.obey(line, lambda rest: self._take_back(rest, to), close)

    def _take_back(self, line: str, to: str | None) -> None:
        """Let a line be typed on that could not be done, unless another is, or it would go elsewhere now."""
        if not self._buffer.text and to == self._state.model.to:
            self.type(line)
