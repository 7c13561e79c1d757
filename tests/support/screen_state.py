"""A screen in a state that a test wants."""

from collections.abc import Iterable
from typing import Any

from slcpctl.conversing.state import State
from slcpctl.screen.pane import Pane
from slcpctl.view.timeline import Timeline

Json = dict[str, Any]

STATUS: Json = {"handle": "Ani", "seq": 0, "queued": 0}


def user(handle: str = "Luca", number: int = 1, **more: object) -> Json:
    """Someone who is here, as `users` tells; each number is another address."""
    about = {"ip": f"10.0.{number // 250}.{number % 250}", "port": 5001, "state": "present", "trust": "new"}
    return {"handle": handle, **about, **more}


def conversation(handle: str, seq: int, unread: int = 0, read: int = 0) -> Json:
    """What `conversations` tells of one."""
    return {"handle": handle, "seq": seq, "time": "2026-11-24T14:02:00.000Z", "unread": unread, "read": read}


def state_with(
    messages: Iterable[Json] = (),
    to: str | None = "Luca",
    users: Iterable[Json] = (user(),),
    conversations: Iterable[Json] = (),
    **status: object,
) -> State[Pane]:
    """A conversation is open, and everything of it loaded."""
    state = State(Pane)
    state.model.load({**STATUS, **status}, users, conversations, {"inactive": {"value": False}})
    state.open(to)
    state.conversation.timeline.add_older(list(messages))
    return state


def search(state: State[Pane], words: str, hits: Iterable[Json] | None = None) -> None:
    """Open a search; its hits are still to come if there are none given."""
    state.found = Pane(Timeline(state.model.conversation, words))
    if hits is not None:
        state.found.timeline.add_older(list(hits))
