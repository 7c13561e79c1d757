"""Where everything is on the screen.

 People        │ Luca                                        ✓ verified
 ● Luca     2  │ 14:02  Luca   Hallo Ani!
 ○ Tom   idle  │ 14:03  Ani    Hey Luca, alles klar?          delivered
───────────────┴────────────────────────────────────────────────────────
to Luca > _
 Ani · 5 here · 1 queued        F1 help  ^N next unread  ^Q quit
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    CompletionsMenu,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    HSplit,
    VSplit,
    Window,
)
from prompt_toolkit.layout.controls import FormattedTextControl, UIControl

from slcpctl.translating import tr

SIDEBAR_FROM = 50  # columns: a narrower terminal shows the conversation alone
WIDE = 80  # columns: from here on the sidebar has more room
SIDEBAR = {True: 20, False: 15}  # its cells; wide or not
MOST_TYPED = 6  # lines of the field to type in, then it scrolls
MENU = 8  # lines of completions


@dataclass(frozen=True, slots=True)
class Parts:
    """What is on the screen, and when."""

    sidebar: UIControl
    title: UIControl
    pane: UIControl
    page: UIControl
    notice: UIControl
    typed: UIControl
    searched: UIControl
    status: UIControl
    has_page: Callable[[], bool]  # it is seen instead of the pane
    has_notice: Callable[[], bool]
    is_searching: Callable[[], bool]  # words to search for are typed, no text


def arrange(parts: Parts) -> FloatContainer:
    """Put the parts where they belong."""
    rows = [
        VSplit([*_people(parts), _conversation(parts)]),
        Window(FormattedTextControl(_rule), height=1),
        ConditionalContainer(Window(parts.notice, dont_extend_height=True), Condition(parts.has_notice)),
        *_field(parts),
        Window(parts.status, height=1),
    ]
    return FloatContainer(HSplit(rows), [Float(CompletionsMenu(MENU, scroll_offset=1), xcursor=True, ycursor=True)])


def _people(parts: Parts) -> list[ConditionalContainer]:
    heading = Window(FormattedTextControl([("class:title", " " + tr("People"))]), height=1)
    people = HSplit([heading, Window(parts.sidebar)], width=_sidebar_width)
    has_sidebar = Condition(_has_sidebar)
    border = Window(width=1, char="│", style="class:frame")
    return [ConditionalContainer(people, has_sidebar), ConditionalContainer(border, has_sidebar)]


def _conversation(parts: Parts) -> HSplit:
    has_page = Condition(parts.has_page)
    pane = ConditionalContainer(Window(parts.pane), ~has_page)
    page = ConditionalContainer(Window(parts.page), has_page)
    return HSplit([Window(parts.title, height=1), pane, page])


def _field(parts: Parts) -> list[ConditionalContainer]:
    is_searching = Condition(parts.is_searching)
    typed = Window(parts.typed, height=Dimension(min=1, max=MOST_TYPED), dont_extend_height=True, wrap_lines=True)
    return [
        ConditionalContainer(typed, ~is_searching),
        ConditionalContainer(Window(parts.searched, height=1), is_searching),
    ]


def size() -> tuple[int, int]:
    """Return the columns and rows of the terminal."""
    terminal = get_app().output.get_size()
    return terminal.columns, terminal.rows


def _sidebar_width() -> Dimension:
    return Dimension.exact(_sidebar_cells())


def _sidebar_cells() -> int:
    return SIDEBAR[size()[0] >= WIDE]


def _has_sidebar() -> bool:
    return size()[0] >= SIDEBAR_FROM


def _rule() -> StyleAndTextTuples:
    columns, left = size()[0], _sidebar_cells()
    return [("class:frame", "─" * left + "┴" + "─" * (columns - left - 1) if _has_sidebar() else "─" * columns)]
