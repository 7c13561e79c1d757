"""An open chat: what it shows, and all that keeps that true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from slcp.async_client import Requests
from slcp.errors import SlcpError
from slcpctl.conversing.actions import Actions
from slcpctl.conversing.following import Following
from slcpctl.conversing.noticing import Noticing
from slcpctl.conversing.notifying import Notifications
from slcpctl.conversing.paging import Paging
from slcpctl.conversing.reading import Reading
from slcpctl.conversing.redrawing import Redrawing
from slcpctl.conversing.state import P, State
from slcpctl.conversing.tasks import Doing, Tasks
from slcpctl.conversing.wording import first_to_show
from slcpctl.render import Line
from slcpctl.sending import recipient as meant
from slcpctl.view.model import recipient
from slcpctl.view.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Front(Generic[P]):
    """What a toolkit does for a chat."""

    pane_of: Callable[[Timeline], P]
    draw: Callable[[], object]  # all, as the state is now
    ring: Callable[[], object]
    help_lines: Callable[[], list[Line]]  # what can be pressed and typed


class Chat(Generic[P]):
    """The parts of a chat, put together."""

    def __init__(self, asking: Requests, loading: Requests, tasks: Tasks, front: Front[P]) -> None:
        """Make it; what the user asks for has a connection of its own, and waits for no page."""
        self.state = State(front.pane_of)
        self.redraw = Redrawing(front.draw)
        self._tasks = tasks
        self._paging = Paging(loading)
        self.actions = Actions(self.state, asking, self._paging, self.spawn, front.help_lines)
        notifications = Notifications()
        noticing = Noticing(self.state, front.ring, lambda handle, text: tasks.start(notifications.tell(handle, text)))
        self._following = Following(loading, self.state, noticing, self.redraw)
        self._reading = Reading(loading, self.state)

    async def begin(self, path: str, to: str | None) -> None:
        """Learn how all is, show the conversation with `to`, and go on with it until cancelled. Raises SlcpError."""
        await self._following.load()
        self.state.open(recipient(meant(to)) if to else first_to_show(self.state.model.people))
        for lasting in (self._following.follow(path), self._following.refresh_keys(), self._reading.report()):
            self._tasks.start(lasting)

    def drawn(self) -> None:
        """Take note that the user sees what the state holds; load what is lacking there."""
        self._reading.drawn()
        if self.state.pane.lacks and not self.state.lost:
            self.spawn(self._paging.load(self.state.pane))

    def spawn(self, doing: Doing) -> None:
        """Begin something for the user, and do not wait for it."""
        self._tasks.start(self.told(doing))

    async def told(self, doing: Doing) -> None:
        """Do something for the user; if it cannot be done say why."""
        try:
            await doing
        except (SlcpError, OSError) as error:
            self.state.complain(error)
        self.redraw.at_once()
