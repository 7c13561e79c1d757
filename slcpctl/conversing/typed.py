"""A typed line -> what it means. Pure: nothing is sent or shown here.

Hallo!                     a text for the current recipient; // at its start stands for /
/to Luca                   a command of the chat: one row of COMMANDS here
MSG Luca Hallo!            a command of SLCP as the course's programs take it, in capitals
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from slcp.client import Json
from slcp.errors import SlcpError
from slcpctl import commands
from slcpctl.sending import recipient
from slcpctl.translating import tr


class TypedError(SlcpError):
    """The line cannot be understood or done; the text says why, and how it is written."""


class PartlyDoneError(TypedError):
    """Of a line that does several things one was refused; `rest` is the line that does what is not done yet."""

    def __init__(self, message: str, rest: str) -> None:
        super().__init__(message)
        self.rest = rest


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text; `to` is None for the current recipient."""

    text: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class SendImages:
    """Send image files; `to` is None for the current recipient."""

    paths: tuple[str, ...]
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """Write to this recipient from now on."""

    to: str


@dataclass(frozen=True, slots=True)
class ShowUsers:
    """Ask who is here, and show it."""


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Show the last messages with one user, or with all ("*"); None, when nobody is named, is the caller's choice."""

    with_: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Show the messages that have these words."""

    words: str


@dataclass(frozen=True, slots=True)
class OpenImage:
    """Open the newest image."""


@dataclass(frozen=True, slots=True)
class SaveImage:
    """Copy the newest image to this file, or into this folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Make requests of the control API; say `done` when they are answered."""

    calls: tuple[tuple[str, Json], ...]
    done: str


@dataclass(frozen=True, slots=True)
class CancelNewest:
    """Withdraw the newest of our messages that waits."""


@dataclass(frozen=True, slots=True)
class ShowKeys:
    """Show a user's key and one's own; with `trust`, accept the user's first. None is the current recipient."""

    handle: str | None
    trust: bool = False


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """Show what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Close the chat; the daemon stays."""


Typed = (
    SendText
    | SendImages
    | Choose
    | ShowUsers
    | ShowHistory
    | Search
    | OpenImage
    | SaveImage
    | ShowKeys
    | Ask
    | CancelNewest
    | ShowHelp
    | Quit
)


def parse(line: str) -> Typed:
    """Return what a line means that is not blank. Raises TypedError."""
    if line.startswith("//"):
        return SendText(line[1:])
    if line.startswith("/"):
        name, _, rest = line[1:].partition(" ")
        if name not in COMMANDS:
            raise TypedError(_unknown(name))
        return COMMANDS[name].read(rest.strip())
    word, _, rest = line.partition(" ")
    if word in CAPITALS:
        return CAPITALS[word](rest.strip()) or SendText(line)
    return SendText(line)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    if near:
        return tr("/{word} is no command; did you mean /{near}?", word=name, near=near[0])
    return tr("/{word} is no command; /help shows what there is", word=name)


# The commands of the chat


class Row(NamedTuple):
    """One command of the chat."""

    usage: str  # what stands behind its name
    summary: str
    read: Callable[[str], Typed]


def _row(name: str, usage: str, read: Callable[[str], Typed]) -> Row:
    """Make the row of a command that slcpctl has too."""
    return Row(usage, commands.COMMANDS[name].summary, read)


def _ask(done: str, method: str, **params: object) -> Ask:
    return Ask(((method, params),), done)


def _needed(rest: str, usage: str) -> str:
    if not rest:
        raise TypedError(tr("it is written: {usage}", usage=usage))
    return rest


def _msg(rest: str, usage: str = "/msg HANDLE TEXT") -> SendText:
    handle, _, text = rest.partition(" ")
    return SendText(_needed(text.strip(), usage), recipient(handle))


def _img(rest: str) -> SendImages:
    return SendImages(_words(_needed(rest, "/img PATH...")))


def _words(rest: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(rest))
    except ValueError as error:
        raise TypedError(tr("a path is not complete: {error}; write blanks as in a shell", error=error)) from error


def _away(rest: str) -> Ask:
    answer: tuple[tuple[str, Json], ...] = (("set_config", {"key": "autoreply", "value": rest}),) if rest else ()
    return Ask((*answer, ("set_config", {"key": "inactive", "value": True})), tr("away: texts are answered for you"))


def _back(_: str) -> Ask:
    return _ask(tr("back: texts are no longer answered for you"), "set_config", key="inactive", value=False)


def _cancel(rest: str) -> Ask | CancelNewest:
    return _ask(tr("cancelled {id}", id=rest), "cancel", id=rest) if rest else CancelNewest()


def _save(rest: str) -> SaveImage:
    words = _words(_needed(rest, "/save PATH"))
    if len(words) > 1:
        raise TypedError(tr("/save takes one path; write blanks as in a shell"))
    return SaveImage(words[0])


def _block(rest: str) -> Ask:
    handle = _needed(rest, "/block HANDLE")
    return _ask(tr("{handle} is blocked", handle=handle), "block", handle=handle)


def _unblock(rest: str) -> Ask:
    handle = _needed(rest, "/unblock HANDLE")
    return _ask(tr("{handle} is no longer blocked", handle=handle), "unblock", handle=handle)


COMMANDS = {
    "to": Row("HANDLE", tr("choose whom to write to"), lambda rest: Choose(recipient(_needed(rest, "/to HANDLE")))),
    "msg": _row("msg", "HANDLE TEXT", _msg),
    "img": _row("img", "PATH...", _img),
    "users": _row("users", "", lambda _: ShowUsers()),
    "history": _row("history", "[HANDLE]", lambda rest: ShowHistory(recipient(rest) or None)),
    "search": Row("WORDS", tr("find messages"), lambda rest: Search(_needed(rest, "/search WORDS"))),
    "open": Row("", tr("open the newest image with the desktop's viewer"), lambda _: OpenImage()),
    "save": Row("PATH", tr("copy the newest image to a file or a folder"), _save),
    "away": _row("away", "[TEXT]", _away),
    "back": _row("back", "", _back),
    "join": _row("join", "", lambda _: _ask(tr("you are here"), "join")),
    "leave": _row("leave", "", lambda _: _ask(tr("you have left; /join comes back"), "leave")),
    "cancel": _row("cancel", "[ID]", _cancel),
    "retry": _row("retry", "ID", lambda rest: _ask(tr("queued again"), "retry", id=_needed(rest, "/retry ID"))),
    "verify": _row("verify", "[HANDLE]", lambda rest: ShowKeys(rest or None)),
    "trust": _row("trust", "HANDLE", lambda rest: ShowKeys(_needed(rest, "/trust HANDLE"), trust=True)),
    "block": _row("block", "HANDLE", _block),
    "unblock": _row("unblock", "HANDLE", _unblock),
    "help": Row("", tr("show what can be typed"), lambda _: ShowHelp()),
    "quit": Row("", tr("close the chat; the daemon goes on"), lambda _: Quit()),
}


# The commands of SLCP. A reader returns None for what is a text all the same: "WHO is there?"


def _alone(typed: Typed) -> Callable[[str], Typed | None]:
    return lambda rest: None if rest else typed


def _img_to(rest: str) -> SendImages:
    handle, _, paths = rest.partition(" ")
    return SendImages(_words(_needed(paths.strip(), "IMG <handle> <path>")), recipient(handle))


def _config(rest: str) -> Ask:
    key, _, value = rest.partition(" ")
    value = _needed(value.strip(), tr("CONFIG <key> <value>, such as CONFIG inactive ON"))
    return _ask(tr("{key} is now {value}", key=key, value=value), "set_config", key=key, value=value)


CAPITALS: dict[str, Callable[[str], Typed | None]] = {
    "JOIN": _alone(COMMANDS["join"].read("")),
    "LEAVE": _alone(COMMANDS["leave"].read("")),
    "WHO": _alone(ShowUsers()),
    "MSG": lambda rest: _msg(rest, "MSG <handle> <text>"),
    "IMG": _img_to,
    "CONFIG": _config,
    "HELP": _alone(ShowHelp()),
}
