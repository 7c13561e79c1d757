"""The parts of the screen: prompt_toolkit's controls that draw exactly the lines that are seen."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType

from slcpctl.screen.cells import Line

WHEEL = 3  # lines of a notch, as other programs scroll

Draw = Callable[[int, int], list[Line]]  # columns, rows -> at most so many lines
Click = Callable[[int], None]  # takes the row
Scroll = Callable[[int], None]  # takes how many lines up


class Lines(UIControl):
    """Shows lines that are drawn anew each time; tells of clicks and of the wheel."""

    def __init__(
        self,
        draw: Draw,
        click: Click | None = None,
        scroll: Scroll | None = None,
        keys: KeyBindings | None = None,
        *,
        fits: bool = False,
    ) -> None:
        """Make a control; with `keys` of its own it can have the cursor. One that fits is as high as its lines."""
        self._draw = draw
        self._click = click
        self._scroll = scroll
        self._keys = keys
        self._fits = fits

    def is_focusable(self) -> bool:
        return self._keys is not None

    def get_key_bindings(self) -> KeyBindings | None:
        return self._keys

    def preferred_height(self, width: int, max_available_height: int, *_: object) -> int | None:
        return len(self._draw(width, max_available_height)) if self._fits else None

    def create_content(self, width: int, height: int) -> UIContent:
        lines: list[StyleAndTextTuples] = [list(line) for line in self._draw(width, height)]
        return UIContent(lines.__getitem__, len(lines), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        match mouse_event.event_type:
            case MouseEventType.SCROLL_UP if self._scroll:
                self._scroll(WHEEL)
            case MouseEventType.SCROLL_DOWN if self._scroll:
                self._scroll(-WHEEL)
            case MouseEventType.MOUSE_UP if self._click and mouse_event.button is MouseButton.LEFT:
                self._click(mouse_event.position.y)
            case _:
                return NotImplemented
        return None
