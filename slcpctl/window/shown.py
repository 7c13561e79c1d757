"""What the window shows at a moment: made where all is known, and never changed, so that another thread may draw it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple

from slcp.escaping import escape
from slcpctl.conversing.state import State
from slcpctl.conversing.wording import NAME, found_words, nothing_here, presence_words, status_facts, trust_of
from slcpctl.render import Line
from slcpctl.translating import tr, trn
from slcpctl.view.people import Person
from slcpctl.window.blocks import Block, Facts, Run, block, progress
from slcpctl.window.pane import Pane

MOST_COMING = 3  # images on their way to us that are shown


class Title(NamedTuple):
    """What stands above the messages."""

    name: str
    about: str
    trust: tuple[str, str]  # a style, and words


class Shown(NamedTuple):
    """All of it."""

    title: Title
    conversation: str | None  # the handle; None for everyone
    to: str | None  # the same, or handle@ip:port
    people: list[Person]  # never changed: a new one is made instead
    here: int
    is_away: bool
    autoreply: str
    status: str
    lost: str  # why there is no daemon now
    pane: int  # which one: another number is another conversation, or a search
    blocks: tuple[Block, ...]
    empty: tuple[str, ...]  # what to do where there are no messages
    coming: tuple[tuple[Run, ...], ...]  # images that are on their way to us
    is_newest: bool  # the last block is the newest message
    moved: int  # another number: to the chosen message, else to the end
    chosen: int | None  # seq
    searching: str | None  # the words
    found: str  # how many have them
    notice: tuple[Line, ...]  # a short answer
    page: tuple[str, tuple[Line, ...]] | None  # a long one, and its title


def shown(state: State[Pane]) -> Shown:
    """Return what a state looks like."""
    model, pane, found = state.model, state.pane, state.found
    facts, now = _facts(state), time.monotonic()
    searching = found.timeline.words or "" if found is not None else None
    blocks = tuple(block(entry, before, facts) for entry, before in pane.lay_out())
    is_empty = not blocks and not pane.timeline.has_older
    return Shown(
        title=_title(state),
        conversation=model.conversation,
        to=model.to,
        people=model.people.rows,
        here=model.people.count,
        is_away=bool(model.settings.get("inactive")),
        autoreply=str(model.settings.get("autoreply") or ""),
        status=" · ".join(map(escape, status_facts(model))),
        lost=escape(state.lost),
        pane=id(pane),
        blocks=blocks,
        empty=tuple(map(escape, nothing_here(model, searching))) if is_empty else (),
        coming=tuple((_sender(transfer.handle), *progress(transfer)) for transfer in state.coming(now)[:MOST_COMING]),
        is_newest=pane.is_newest_laid,
        moved=pane.moved,
        chosen=pane.chosen,
        searching=searching,
        found=found_words(found.timeline) if found is not None else "",
        notice=tuple(state.notice),
        page=(state.page.title, tuple(state.page.lines)) if state.page else None,
    )


def _facts(state: State[Pane]) -> Facts:
    model, now = state.model, time.monotonic()
    return Facts(
        own=model.handle,
        is_everyone=model.conversation is None,
        first_new=state.first_new,
        today=datetime.now().astimezone().date(),
        transfer=lambda message_id: model.transfers.of(message_id, now),
    )


def _title(state: State[Pane]) -> Title:
    model = state.model
    if model.conversation is None:
        people = model.people.count
        about = trn("{count} person is here", "{count} people are here", people) if people else tr("nobody is here")
        return Title(NAME, about, ("", ""))
    about = presence_words(model.people.of(model.conversation))
    return Title(escape(model.to or ""), about, trust_of(model.recipients))


def _sender(handle: str) -> Run:
    return Run(tr("{handle} sends an image", handle=escape(handle)) + "   ", ("body", "dim"))
