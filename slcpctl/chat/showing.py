"""What the chat shows: its welcome, and events as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from slcp.async_client import DaemonFound, DaemonLost
from slcp.client import Json
from slcpctl.chat.room import Room
from slcpctl.chat.watching import News
from slcpctl.conversing.acting import FORM
from slcpctl.output import note, out, out_json
from slcpctl.render import Line, event_line, local_time, paint
from slcpctl.translating import tr

HIDDEN = frozenset(  # nobody asked
    {"key_pinned", "user_changed", "config_changed", "conversation_read", "image_progressed"}
)


class Screen(NamedTuple):
    """Where the chat shows what."""

    news: Callable[[News], None]
    answer: Callable[[list[Line]], None]  # to what was typed
    complain: Callable[[str, str], None]  # why a line could not be done, and the line


def _show(lines: list[Line]) -> None:
    """Write lines without colours: whoever wants plain lines wants no escape sequences."""
    for line in lines:
        out(paint(line, colour=False))
    sys.stdout.flush()


def _show_news(news: News) -> None:
    _show(news_lines(news))


def _note_lines(lines: list[Line]) -> None:
    for line in lines:
        note("".join(text for _, text in line))


def _note_complaint(reason: str, line: str) -> None:
    note(tr("slcpctl: {reason}; not done: {line}", reason=reason, line=line))


def _write_news(news: News) -> None:
    """Write events as JSON; what is no event goes to the user."""
    if isinstance(news, dict):
        out_json(news)
        sys.stdout.flush()
    else:
        _note_lines(news_lines(news))


PLAIN = Screen(_show_news, _show, _note_complaint)
FOR_PROGRAMS = Screen(_write_news, _note_lines, _note_complaint)


def news_lines(news: News) -> list[Line]:
    """Return what to show of what has happened."""
    match news:
        case DaemonLost(reason):
            words = tr(
                "{reason}; waiting for it: `slcpctl start` in another terminal brings it back", reason=tr(reason)
            )
            return [[("bad", words)]]
        case DaemonFound():
            return [[("good", tr("the daemon is back"))]]
        case _:
            if news["type"] in HIDDEN:
                return []
            return [[("dim", f"{local_time(news['time'], FORM)}  "), *event_line(news)]]


def welcome_lines(status: Json, room: Room) -> list[Line]:
    """Say who we are, who is here, and what to do next."""
    own = tr("you are {handle}; /help shows what can be typed", handle=status["handle"])
    return [[("dim", own)], [("dim", _who_is_here(room))]]


def _who_is_here(room: Room) -> str:
    here = ", ".join(room.handles)
    if not here:
        return tr("nobody else is here yet: whoever comes is shown; /users asks again")
    if room.to:
        return tr("here: {handles}", handles=here)
    return tr("here: {handles}; /to HANDLE chooses whom to write to", handles=here)
