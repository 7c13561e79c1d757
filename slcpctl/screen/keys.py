"""Keys to what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prompt_toolkit.filters import Condition
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

# How a terminal that was asked to (DECSET 1004) tells that its window has the keyboard, or has lost it:
# prompt_toolkit has no keys for that, so two are taken that no keyboard has.
FOCUSED, UNFOCUSED = Keys.F23.value, Keys.F24.value
ANSI_SEQUENCES.update({"\x1b[I": Keys.F23, "\x1b[O": Keys.F24})
REPORT_FOCUS, REPORT_NO_FOCUS = "\x1b[?1004h", "\x1b[?1004l"

Do = Callable[[], object]


def bind(bindings: KeyBindings, keys: Mapping[str, Do], when: Callable[[], bool] = lambda: True) -> KeyBindings:
    """Let each key do something while a condition holds; blanks part the keys of a sequence."""
    for names, do in keys.items():
        bindings.add(*names.split(), filter=Condition(when))(_doing(do))
    return bindings


def bind_letters(bindings: KeyBindings, type_: Callable[[str], object]) -> KeyBindings:
    """Pass on every character that has no binding of its own."""

    @bindings.add(Keys.Any)
    def _(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            type_(event.data)

    return bindings


def _doing(do: Do) -> Callable[[KeyPressEvent], None]:
    def pressed(_: KeyPressEvent) -> None:
        do()

    return pressed
