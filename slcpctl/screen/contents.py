"""What stands in the large part of the screen: a conversation, the hits of a search, or a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from slcp.client import Json
from slcpctl.screen.bars import told
from slcpctl.screen.cells import Line, filled, shown, wrapped
from slcpctl.screen.drawing import Facts, progress
from slcpctl.screen.pane import Pane
from slcpctl.screen.state import State

PART_OF_ROWS = 3  # images on their way take at most a third of the height: the messages stay in sight
MOST_NOTICED = 4  # lines of an answer above the line to type on

Preview = Callable[[Json, int, int], list[Line]]  # of an image's message, at most so many columns and rows

_WRITE = {True: "Type one, Enter sends it.", False: "Is the name right? /users shows who is here."}
_NOTHING_SAID = ("No messages yet. What you type here goes to everyone who is here.",)
_NOBODY = (
    "Nobody else is here yet.",
    "Whoever starts slcp on this network, or another program that speaks SLCP, appears in the list by itself.",
    "Should somebody be here? /users asks the network once more, and a firewall must let UDP port 4000 in.",
    "Who is on another network is named by `slcpctl config peers IP`.",
    "To see it work all alone: `slcpctl demo` in another terminal.",
)


def draw_pane(state: State, preview: Preview, columns: int, rows: int) -> list[Line]:
    """Draw the messages that are seen, the newest at the bottom, with a blank at each side."""
    return [[("", " "), *line] for line in _messages(state, preview, columns - 2, rows)]


def _messages(state: State, preview: Preview, columns: int, rows: int) -> list[Line]:
    coming = _coming(state, columns, rows // PART_OF_ROWS) if state.found is None else []
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


def draw_page(state: State, columns: int, rows: int) -> list[Line]:
    """Draw the part of a page that is seen."""
    page = state.page
    if page is None:
        return []
    lines = told(page.lines, columns - 1)
    page.first = max(0, min(page.first, len(lines) - rows))
    return [[("", " "), *line] for line in lines[page.first : page.first + rows]]


def draw_notice(state: State, columns: int) -> list[Line]:
    """Draw a short answer; one that is long in a narrow window is cut, so that the conversation keeps its place."""
    lines = told(state.notice, columns - 2)
    if len(lines) > MOST_NOTICED:
        lines = [*lines[: MOST_NOTICED - 1], [*lines[MOST_NOTICED - 1], ("", "…")]]
    return [[("", " "), *line] for line in lines]


def _facts(state: State, preview: Preview, columns: int, rows: int) -> Facts:
    model, now = state.model, time.monotonic()
    return Facts(
        columns=columns,
        own=model.handle,
        is_everyone=model.conversation is None,
        first_new=_first_new(state),
        today=datetime.now().astimezone().date(),
        transfer=lambda message_id: model.transfers.of(message_id, now),
        preview=lambda message: preview(message, columns, rows),
    )


def _first_new(state: State) -> int | None:
    new_after = state.model.new_after
    return None if new_after is None or state.found is not None else state.pane.timeline.first_received(new_after)


def _coming(state: State, columns: int, rows: int) -> list[Line]:
    """Draw the images that are on their way to us, at most so many."""
    transfers = state.model.transfers.coming(state.model.conversation, time.monotonic())
    return [
        filled([("class:dim", f"{shown(transfer.handle)} sends an image  "), *progress(transfer)], columns)
        for transfer in transfers[:rows]
    ]


def _empty(state: State, columns: int) -> list[Line]:
    """Say what to do where there is nothing to see."""
    model = state.model
    if state.found is not None:
        words = state.found.timeline.words or ""
        texts: tuple[str, ...] = ("nothing found" if words.strip() else "type words that the messages have",)
    elif model.conversation is not None:
        texts = (f"No messages with {model.conversation} yet. {_WRITE[model.people.of(model.conversation).is_known]}",)
    else:
        texts = _NOTHING_SAID if model.people.count else _NOBODY
    lines = [Line()]
    for text in texts:
        lines += [[("class:dim", f" {part}")] for part in wrapped(shown(text), max(columns - 4, 1))] + [[]]
    return lines


def _marked(line: Line, columns: int) -> Line:
    """Draw a line of the chosen message; the colours of a picture stay."""
    return [(style if "#" in style else f"class:chosen {style}", text) for style, text in filled(line, columns)]
