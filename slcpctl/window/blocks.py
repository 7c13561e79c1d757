"""A message -> what stands in the window for it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from slcp.client import Json
from slcp.escaping import escape
from slcpctl.conversing.wording import (
    addressee,
    dividers,
    image_words,
    progress_words,
    reasons,
    state_words,
    when,
)
from slcpctl.translating import tr
from slcpctl.view.messages import Entry, is_incoming
from slcpctl.view.transfers import Transfer

TOGETHER = timedelta(minutes=5)  # messages of one person within it stand under one name
BAR = 20  # characters of the bar of a transfer
MOST_TRANSFERS = 3  # shown of an image for many


class Run(NamedTuple):
    """Text, in the styles of the window's theme."""

    text: str
    styles: tuple[str, ...]


class Face(NamedTuple):
    """The mark of a person."""

    handle: str


class Picture(NamedTuple):
    """An image file, to be seen small."""

    path: str


class Link(NamedTuple):
    """Words that do something with the message when they are clicked."""

    text: str
    verb: str


Piece = Run | Face | Picture | Link


class Block(NamedTuple):
    """A message, with what stands between it and the one before."""

    seq: int
    pieces: tuple[Piece, ...]


class Facts(NamedTuple):
    """What a message looks like depends on these too."""

    own: str
    is_everyone: bool  # then it is said to whom we write
    first_new: int | None  # seq of the message that has the line of what is new above it
    today: date
    transfer: Callable[[str], Transfer | None]  # of the message with that id


def block(entry: Entry, before: Entry | None, facts: Facts) -> Block:
    """Return what stands in the window for a message."""
    between = dividers(entry, before, facts.today, facts.first_new)
    head = [] if not between and before and _go_together(before, entry) else _head(entry.message, facts)
    lines = [Run(f"{words}\n", (style,)) for style, words in between]
    return Block(entry.seq, (*lines, *head, *_body(entry, facts), *_below(entry, facts)))


def visible(text: str) -> str:
    """Return a peer's text as it may be shown, with its line breaks."""
    return "\n".join(escape(line.expandtabs(4)) for line in text.split("\n"))


def verbs(entry: Entry) -> list[tuple[str, str]]:
    """Return what can be done with a message: words and verb of each. An image can be withdrawn on its way, too."""
    states, offered = entry.states, []
    is_image = entry.message["kind"] == "image"
    if is_image and entry.message["path"]:
        offered += [(tr("Open"), "open"), (tr("Save as…"), "save")]
    if not is_incoming(entry.message):
        offered += [(tr("Withdraw"), "cancel")] * bool(states["queued"] or (is_image and states["sending"]))
        offered += [(tr("Send again"), "retry")] * bool(states["failed"] or states["cancelled"])
    return offered


def _go_together(before: Entry, entry: Entry) -> bool:
    first, second = before.message, entry.message
    same = first["direction"] == second["direction"] and first["handle"] == second["handle"]
    return same and when(second) - when(first) < TOGETHER


def _head(message: Json, facts: Facts) -> list[Piece]:
    handle = message["handle"] if is_incoming(message) else facts.own
    time = Run(f"  {when(message):%H:%M}\n", ("head", "time"))
    return [Run(" ", ("head",)), Face(handle), Run(f"\t{escape(handle)}", ("head", "name")), time]


def _body(entry: Entry, facts: Facts) -> list[Piece]:
    message = entry.message
    to = escape(addressee(entry)) if facts.is_everyone and not is_incoming(message) else ""
    pieces: list[Piece] = [Run(to, ("body", "dim"))] * bool(to)
    if message["kind"] == "image":
        name, about = image_words(message)
        pieces += [Run(escape(name), ("body", "strong")), Run(f"  {about}", ("body", "dim"))]
    else:
        pieces += [Run(tr("(automatic) "), ("body", "dim"))] * bool(message["automatic"])
        pieces.append(Run(visible(message["text"]), ("body",)))
    style, words = state_words(entry)
    pieces += [Run(f"   {words}", ("body", "state", style))] * bool(words)
    return [*pieces, Run("\n", ("body",))]


def _below(entry: Entry, facts: Facts) -> list[Piece]:
    message = entry.message
    pieces: list[Piece] = [Run(f"{escape(words)}\n", ("body", "small", style)) for style, words in reasons(entry)]
    transfers = [found for copy in entry.copies if (found := facts.transfer(copy["id"]))]
    for transfer in transfers[:MOST_TRANSFERS]:
        pieces += [*progress(transfer), Run("\n", ("body", "small"))]
    if message["kind"] == "image" and message["path"]:
        pieces += [Picture(message["path"]), Run("\n", ("body", "thin"))]
    offered = verbs(entry)
    for words, verb in offered:
        pieces += [Link(words, verb), Run("   ", ("body", "small"))]
    return [*pieces, Run("\n", ("body", "small"))] if offered else pieces


def progress(transfer: Transfer) -> list[Run]:
    """Return the line of a transfer: a bar, and how far it is."""
    full = round(transfer.part * BAR)
    bar = [Run("━" * full, ("body", "small", "good")), Run("━" * (BAR - full), ("body", "small", "faint"))]
    part, rest = progress_words(transfer)
    return [*bar, Run(f"  {part}", ("body", "small")), Run(f"  {rest}", ("body", "small", "dim"))]
