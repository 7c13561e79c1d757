"""The lines around the conversation: its title, and the bar at the bottom."""

from __future__ import annotations

from slcp.client import Json
from slcpctl.render import Line as Told
from slcpctl.screen.cells import Line, both_ends, clipped, cut, filled, line_width, shown, wrapped
from slcpctl.screen.sidebar import NAME
from slcpctl.screen.state import State
from slcpctl.view.people import State as Presence

_CHANGED = "! not the key of before: /verify"
_NAMESAKES = "have this name: /to NAME@IP:PORT"
ROOM_FOR_NAME = 16  # cells of the title
_SHORT = {_CHANGED: "! /verify "}  # where there is little room; a warning is never left out
_TRUST = {
    "verified": ("class:good", "✓ verified"),
    "pinned": ("class:good", "encrypted"),
    "new": ("class:dim", "encrypted, not met before"),
    "changed": ("class:bad", _CHANGED),
    "plain": ("class:dim", "not encrypted"),
}
_PRESENCE = {Presence.AWAY: "away", Presence.IDLE: "idle", Presence.GONE: "not here: what you write waits"}
LEAST_TITLE = 8  # cells of a name that says more than what stands at the right end
_HINTS = ("^N next unread", "^F search", "Tab messages", "F1 help", "^Q quit")  # the last ones stay the longest


def title(state: State, columns: int) -> list[Line]:
    """Return the line above the conversation: a long name is cut, so that none hides what is said of its key."""
    left, right = _title(state)
    if columns - line_width(right) < ROOM_FOR_NAME:
        right = [(style, _SHORT.get(text.strip(), text)) for style, text in right]
    room = columns - line_width(right) - 1
    return [both_ends(clipped(left, room) if room >= LEAST_TITLE else left, right, columns)]


def _title(state: State) -> tuple[Line, Line]:
    if state.page:
        return [("class:title", f" {state.page.title}")], [("class:dim", "Esc closes ")]
    if state.found is not None:
        return _searching(state), [("class:dim", "Enter goes there, Esc closes ")]
    model = state.model
    if model.to is None:
        return [("class:title", f" {NAME}")], [("class:dim", f"{_count(model.people.count)} here ")]
    return [("class:title", f" {shown(model.to)}"), *_presence(state)], _trust(model.recipients)


def _searching(state: State) -> Line:
    where = shown(state.model.conversation or NAME)
    found = state.found
    entries = len(found) if found is not None else 0
    more = "+" if found is not None and found.timeline.has_older else ""
    return [("class:title", f" {where}: "), ("", f"{entries}{more} found")]


def _presence(state: State) -> Line:
    person = state.model.people.of(state.model.conversation or "")
    words = _PRESENCE.get(person.state) if person.is_known else "nobody of this name was here yet"
    return [("class:dim", f"  {words}")] if words else []


def _trust(users: list[Json]) -> Line:
    if len(users) > 1:
        return [("class:bad", f"{len(users)} {_NAMESAKES} ")]
    style, words = _TRUST.get(users[0].get("trust", ""), ("", "")) if users else ("", "")
    return [(style, f"{words} ")] if words else []


def _count(number: int) -> str:
    return str(number) if number else "nobody"


def status(state: State, columns: int) -> list[Line]:
    """Return the bar at the bottom."""
    if state.lost:
        return [filled([("class:status.lost", f" {shown(state.lost)}")], columns, "class:status.lost")]
    model = state.model
    facts = [shown(model.handle), f"{model.people.count} here"]
    facts += [f"{model.queued} queued"] * bool(model.queued)
    facts += [f"{model.people.unread} unread"] * bool(model.people.unread)
    facts += ["away"] * bool(model.settings.get("inactive"))
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
