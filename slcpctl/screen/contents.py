"""What stands in the large part of the screen: a conversation, the hits of a search, or a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from slcp.client import Json
from slcpctl.conversing.state import State
from slcpctl.conversing.wording import nothing_here
from slcpctl.screen.bars import told
from slcpctl.screen.cells import Line, filled, shown, wrapped
from slcpctl.screen.drawing import Facts, progress
from slcpctl.screen.pane import Pane
from slcpctl.translating import tr

PART_OF_ROWS = 3  # images on their way take at most a third of the height: the messages stay in sight
MOST_NOTICED = 4  # lines of an answer above the line to type on

Preview = Callable[[Json, int, int], list[Line]]  # of an image's message, at most so many columns and rows


def draw_pane(state: State[Pane], preview: Preview, columns: int, rows: int) -> list[Line]:
    """Draw the messages that are seen, the newest at the bottom, with a blank at each side."""
    return [[("", " "), *line] for line in _messages(state, preview, columns - 2, rows)]


def _messages(state: State[Pane], preview: Preview, columns: int, rows: int) -> list[Line]:
    coming = _coming(state, columns, rows // PART_OF_ROWS)
    pane, room = state.pane, max(rows - len(coming), 1)
    seen = pane.draw(_facts(state, preview, columns, rows), room)
    if not seen and not pane.timeline.has_older:
        hints = _empty(state, columns)[:room]
        return hints + [[]] * (room - len(hints)) + coming
    chosen = pane.find(pane.chosen) if pane.chosen is not None else None
    lines = [_marked(line, columns) if index == chosen else line for index, line in seen]
    return [[]] * (room - len(lines)) + lines + coming


def index_at(pane: Pane, row: int) -> int | None:
    """Return the index of the message that is drawn in a row of the pane."""
    seen = pane.seen()
    index = row - (pane.rows - len(seen))
    return seen[index].block if 0 <= index < len(seen) else None


def draw_page(state: State[Pane], columns: int, rows: int) -> list[Line]:
    """Draw the part of a page that is seen."""
    page = state.page
    if page is None:
        return []
    lines = told(page.lines, columns - 1)
    page.first = max(0, min(page.first, len(lines) - rows))
    return [[("", " "), *line] for line in lines[page.first : page.first + rows]]


def draw_notice(state: State[Pane], columns: int) -> list[Line]:
    """Draw a short answer; one that is long in a narrow window is cut, so that the conversation keeps its place."""
    lines = told(state.notice, columns - 2)
    if len(lines) > MOST_NOTICED:
        lines = [*lines[: MOST_NOTICED - 1], [*lines[MOST_NOTICED - 1], ("", "…")]]
    return [[("", " "), *line] for line in lines]


def _facts(state: State[Pane], preview: Preview, columns: int, rows: int) -> Facts:
    model, now = state.model, time.monotonic()
    return Facts(
        columns=columns,
        own=model.handle,
        is_everyone=model.conversation is None,
        first_new=state.first_new,
        today=datetime.now().astimezone().date(),
        transfer=lambda message_id: model.transfers.of(message_id, now),
        preview=lambda message: preview(message, columns, rows),
    )


def _coming(state: State[Pane], columns: int, rows: int) -> list[Line]:
    """Draw the images that are on their way to us, at most so many."""
    return [
        filled([("class:dim", _sends(transfer.handle) + "  "), *progress(transfer)], columns)
        for transfer in state.coming(time.monotonic())[:rows]
    ]


def _sends(handle: str) -> str:
    return tr("{handle} sends an image", handle=shown(handle))


def _empty(state: State[Pane], columns: int) -> list[Line]:
    """Say what to do where there is nothing to see."""
    words = state.found.timeline.words or "" if state.found is not None else None
    lines = [Line()]
    for text in nothing_here(state.model, words):
        lines += [[("class:dim", f" {part}")] for part in wrapped(shown(text), max(columns - 4, 1))] + [[]]
    return lines


def _marked(line: Line, columns: int) -> Line:
    """Draw a line of the chosen message; the colours of a picture stay."""
    return [(style if "#" in style else f"class:chosen {style}", text) for style, text in filled(line, columns)]
