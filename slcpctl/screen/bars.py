"""The lines around the conversation: its title, and the bar at the bottom."""

from __future__ import annotations

from slcp.client import Json
from slcpctl.conversing.state import State
from slcpctl.conversing.wording import NAME, TRUST, found_words, presence_words, status_facts, trust_of
from slcpctl.render import Line as Told
from slcpctl.screen.cells import Line, both_ends, clipped, cut, filled, line_width, shown, wrapped
from slcpctl.screen.pane import Pane
from slcpctl.translating import tr

_CHANGED = f"{TRUST['changed'][1]}: /verify"
_NAMESAKES = ": /to NAME@IP:PORT"
ROOM_FOR_NAME = 16  # cells of the title
_SHORT = {_CHANGED: "! /verify "}  # where there is little room; a warning is never left out
LEAST_TITLE = 8  # cells of a name that says more than what stands at the right end
_HINTS = (  # the last ones stay the longest
    *(tr("^N next unread"), tr("^F search"), tr("Tab messages"), tr("F1 help"), tr("^Q quit")),
)


def title(state: State[Pane], columns: int) -> list[Line]:
    """Return the line above the conversation: a long name is cut, so that none hides what is said of its key."""
    left, right = _title(state)
    if columns - line_width(right) < ROOM_FOR_NAME:
        right = [(style, _SHORT.get(text.strip(), text)) for style, text in right]
    room = columns - line_width(right) - 1
    return [both_ends(clipped(left, room) if room >= LEAST_TITLE else left, right, columns)]


def _title(state: State[Pane]) -> tuple[Line, Line]:
    if state.page:
        return [("class:title", f" {state.page.title}")], [("class:dim", tr("Esc closes") + " ")]
    if state.found is not None:
        return _searching(state), [("class:dim", tr("Enter goes there, Esc closes") + " ")]
    model = state.model
    if model.to is None:
        return [("class:title", f" {NAME}")], [("class:dim", f"{_here(model.people.count)} ")]
    return [("class:title", f" {shown(model.to)}"), *_presence(state)], _trust(model.recipients)


def _searching(state: State[Pane]) -> Line:
    where, found = shown(state.model.conversation or NAME), state.found
    words = found_words(found.timeline) if found is not None else ""
    return [("class:title", f" {where}: "), ("", words)]


def _presence(state: State[Pane]) -> Line:
    words = presence_words(state.model.people.of(state.model.conversation or ""))
    return [("class:dim", f"  {words}")] if words else []


def _trust(users: list[Json]) -> Line:
    style, words = trust_of(users)
    if len(users) > 1:
        words += _NAMESAKES
    elif (style, words) == TRUST["changed"]:
        words = _CHANGED
    return [(f"class:{style}", f"{words} ")] if words else []


def _here(number: int) -> str:
    return tr("{count} here", count=number) if number else tr("nobody here")


def status(state: State[Pane], columns: int) -> list[Line]:
    """Return the bar at the bottom."""
    if state.lost:
        return [filled([("class:status.lost", f" {shown(state.lost)}")], columns, "class:status.lost")]
    model = state.model
    facts = map(shown, status_facts(model))
    left: Line = [("class:status", f" {' · '.join(facts)} ")]
    hints = list(_HINTS)
    while hints and line_width(left) + len("  ".join(hints)) + 2 > columns:
        del hints[0]
    line = both_ends(left, [("class:status", "  ".join(hints) + " ")], columns)
    return [[("class:status", text) for _, text in line]]


def told(lines: list[Told], columns: int) -> list[Line]:
    """Return an answer, wrapped; each of its lines has the style of its widest part where it is too long."""
    return [part for line in lines for part in _wrapped(line, columns)]


def _wrapped(line: Told, columns: int) -> list[Line]:
    fragments = [(f"class:{style}" if style else "", shown(text)) for style, text in line]
    if line_width(fragments) <= columns:
        return [fragments]
    text = "".join(text for _, text in fragments)
    style = max(fragments, key=lambda fragment: len(fragment[1]))[0]
    return [[(style, cut(part, columns))] for part in wrapped(text, columns)]
