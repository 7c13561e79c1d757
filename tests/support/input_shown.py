"""A full-screen program that shows each key and each event of the mouse it gets; ends with the code 7 at c-q."""

import sys

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.mouse_events import MouseEvent

FOCUS_ON, FOCUS_OFF = "\x1b[?1004h", "\x1b[?1004l"

keys = KeyBindings()
seen: list[str] = []


class Pointed(FormattedTextControl):
    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        at = mouse_event.position
        seen.append(f"{mouse_event.event_type.value} {mouse_event.button.value} {at.x} {at.y}")


def text() -> StyleAndTextTuples:
    """Fill the screen: a click beside the text would count as one on it."""
    size = application.output.get_size()
    return [
        ("bold #00ff00 bg:#202020", f"{size.columns}x{size.rows}"),
        ("dim", " 🙂日本e\u0301|\n"),
        ("", "\n".join(line.ljust(size.columns) for line in (seen + [""] * size.rows)[: size.rows - 1])),
    ]


@keys.add(Keys.Any)
@keys.add(Keys.BracketedPaste)
def _show(event: KeyPressEvent) -> None:
    seen.extend(f"{str.__str__(press.key)} {press.data!r}" for press in event.key_sequence)


@keys.add("c-g")
def _ring(event: KeyPressEvent) -> None:
    event.app.output.bell()


@keys.add("c-o")
def _ask_for_focus(event: KeyPressEvent) -> None:
    event.app.output.write_raw(FOCUS_ON)
    seen.append("asked")


@keys.add("c-q")
def _end(event: KeyPressEvent) -> None:
    event.app.exit(result=7)


application = Application[int](
    layout=Layout(Window(Pointed(text, focusable=True))), key_bindings=keys, full_screen=True, mouse_support=True
)
sys.stdout.write("before\n")
code = application.run()
sys.stdout.write(f"{FOCUS_OFF}after\n")
sys.exit(code)
