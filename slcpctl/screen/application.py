"""The application of prompt_toolkit: the parts of the screen, and what keys and the mouse do in each."""

from __future__ import annotations

import asyncio
import os
import signal

from prompt_toolkit import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import ColorDepth

from slcp.errors import SlcpError
from slcpctl.conversing.actions import Actions
from slcpctl.conversing.state import State
from slcpctl.screen.bars import status, title
from slcpctl.screen.cells import Line
from slcpctl.screen.contents import Preview, draw_notice, draw_page, draw_pane, index_at
from slcpctl.screen.controls import Lines
from slcpctl.screen.field import Field
from slcpctl.screen.keys import FOCUSED, REPORT_FOCUS, REPORT_NO_FOCUS, UNFOCUSED, Do, bind, bind_letters
from slcpctl.screen.layout import Parts, arrange
from slcpctl.screen.pane import Pane
from slcpctl.screen.sidebar import Sidebar
from slcpctl.screen.theme import STYLE
from slcpctl.screen.visible import Visible
from slcpctl.translating import tr

ESCAPE_WITHIN = 0.1  # seconds in which the rest of a key's sequence comes, over ssh too; then it was Esc itself


class Screen:
    """The screen of one chat."""

    def __init__(self, state: State[Pane], actions: Actions[Pane], field: Field, preview: Preview) -> None:
        self._state = state
        self._actions = actions
        self._field = field
        self._preview = preview
        self._sidebar = Sidebar()
        self._words = Buffer(multiline=False, on_text_changed=self._find)
        prompt = BeforeInput([("class:prompt", tr("search > "))])
        self._searching = BufferControl(self._words, [Visible(), prompt], key_bindings=self._searching_keys())
        self._pane = Lines(self._draw_pane, self._choose_row, self._scroll, self._choosing_keys())
        field.bind(close=self.close, choose=self._choose)
        self.application: Application[None] = Application(
            Layout(arrange(self._parts()), focused_element=field.control),
            style=STYLE,
            key_bindings=self._keys(),
            full_screen=True,
            mouse_support=has_mouse(),
            color_depth=color_depth(),
            before_render=lambda _: self._place_cursor(),
        )
        self.application.ttimeoutlen = self.application.timeoutlen = ESCAPE_WITHIN

    async def run(self) -> None:
        """Show it until the user closes it, or the system asks for its end."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.close)
        output = self.application.output
        output.write_raw(REPORT_FOCUS)
        try:
            await self.application.run_async()
        finally:
            output.write_raw(REPORT_NO_FOCUS)
            output.flush()

    def close(self) -> None:
        """Close the chat."""
        if self.application.is_running and not self.application.is_done:
            self.application.exit()

    def ring(self) -> None:
        """Ring the bell of the terminal."""
        self.application.output.bell()
        self.application.output.flush()

    # What is where

    def _parts(self) -> Parts:
        state = self._state
        return Parts(
            sidebar=Lines(self._draw_sidebar, self._open_row, self._scroll_sidebar),
            title=Lines(lambda columns, _: title(state, columns)),
            pane=self._pane,
            page=Lines(lambda columns, rows: draw_page(state, columns, rows), scroll=self._scroll),
            notice=Lines(lambda columns, _: draw_notice(state, columns), fits=True),
            typed=self._field.control,
            searched=self._searching,
            status=Lines(lambda columns, _: status(state, columns)),
            has_page=lambda: state.page is not None,
            has_notice=lambda: bool(state.notice),
            is_searching=lambda: state.found is not None,
        )

    def _draw_sidebar(self, columns: int, rows: int) -> list[Line]:
        model = self._state.model
        return self._sidebar.draw(model.people, model.conversation, columns, rows)

    def _draw_pane(self, columns: int, rows: int) -> list[Line]:
        return draw_pane(self._state, self._preview, columns, rows)

    def _place_cursor(self) -> None:
        """Let the cursor be where keys work: in the words to search for, the messages while one is chosen, or the text.

        Not only when the screen is drawn: the next key may be here already.
        """
        layout, found = self.application.layout, self._state.found
        has_choice = self._state.page is None and self._state.pane.chosen is not None
        if found is not None and not layout.has_focus(self._searching):
            words = found.timeline.words or ""
            self._words.document = Document(words)
            layout.focus(self._searching)
        elif found is None and (layout.has_focus(self._searching) or (layout.has_focus(self._pane) and not has_choice)):
            layout.focus(self._field.control)

    # Keys

    def _keys(self) -> KeyBindings:
        actions = self._actions
        keys: dict[str, Do] = {
            FOCUSED: lambda: self._look(True),
            UNFOCUSED: lambda: self._look(False),
            "c-q": self.close,
            "f1": actions.help,
            "escape": actions.close,
            "c-n": actions.open_next_unread,
            "escape up": lambda: actions.open_next(-1),
            "escape down": lambda: actions.open_next(1),
            "c-f": self._search,
            "pageup": lambda: self._scroll_page(1),
            "pagedown": lambda: self._scroll_page(-1),
        }
        return bind(KeyBindings(), {key: self._then_placed(do) for key, do in keys.items()})

    def _then_placed(self, do: Do) -> Do:
        def both() -> None:
            do()
            self._place_cursor()

        return both

    def _searching_keys(self) -> KeyBindings:
        keys: dict[str, Do] = {
            "enter": self._then_placed(self._actions.go_to_chosen),
            "c-c": self._then_placed(self._actions.close),
        }
        return bind(KeyBindings(), {**keys, **self._moves()})

    def _choosing_keys(self) -> KeyBindings:
        actions = self._actions
        keys: dict[str, Do] = {
            **self._moves(),
            **dict.fromkeys(("enter", "o"), lambda: self._try(actions.open_image)),
            **dict.fromkeys(("tab", "escape", "c-c"), self._stop_choosing),
            "s": lambda: self._type("/save "),
            "r": actions.retry,
            "x": actions.cancel,
        }
        return bind_letters(bind(KeyBindings(), keys), self._type)

    def _moves(self) -> dict[str, Do]:
        return {"up": lambda: self._state.pane.choose(-1), "down": lambda: self._state.pane.choose(1)}

    # What they do

    def _search(self) -> None:
        self._actions.search()

    def _find(self, words: Buffer) -> None:
        if self._state.found is not None and words.text != self._state.found.timeline.words:
            self._actions.search(words.text)

    def _choose(self) -> None:
        """Let a message be chosen."""
        if self._state.page is None and len(self._state.pane):
            self._state.pane.choose(0)
            self.application.layout.focus(self._pane)

    def _stop_choosing(self) -> None:
        self._state.pane.chosen = None
        self.application.layout.focus(self._field.control)

    def _type(self, text: str) -> None:
        """Go on with the line to type on; a chosen message stays so, for what is typed may be about it."""
        self.application.layout.focus(self._field.control)
        self._field.type(text)

    def _try(self, do: Do) -> None:
        try:
            do()
        except SlcpError as error:
            self._state.complain(error)

    def _look(self, focused: bool) -> None:
        self._state.focused = focused

    def _scroll_page(self, pages: int) -> None:
        self._scroll(pages * max(self._state.pane.rows - 1, 1))

    def _scroll(self, up: int) -> None:
        if self._state.page is not None:
            self._state.page.first -= up
        else:
            self._state.pane.scroll(up)

    # What the mouse does

    def _scroll_sidebar(self, up: int) -> None:
        self._sidebar.scroll(self._state.model.people, up)

    def _open_row(self, row: int) -> None:
        self._sidebar.click(row, self._actions.open)
        self._place_cursor()

    def _choose_row(self, row: int) -> None:
        index = index_at(self._state.pane, row)
        if index is None:
            return
        self._state.pane.choose_at(index)
        if self._state.found is None:
            self.application.layout.focus(self._pane)


def has_mouse() -> bool:
    """Tell whether to ask for the mouse. GNU screen (4.9) keeps Esc back until the next key while a program has it."""
    return "STY" not in os.environ


def color_depth() -> ColorDepth:
    """Return how many colours the terminal has; 1 bit where the user wants none (https://no-color.org)."""
    wanted = ColorDepth.from_env()
    if wanted is None and os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return ColorDepth.DEPTH_24_BIT
    return wanted or ColorDepth.DEPTH_8_BIT
