"""The full-screen chat, from its first look at the daemon to its end."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Coroutine
from contextlib import closing

from slcp.async_client import Requests
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcp.places import places
from slcpctl.chat.notifying import Notifications
from slcpctl.screen.actions import Actions
from slcpctl.screen.application import Screen, color_depth
from slcpctl.screen.field import Field
from slcpctl.screen.following import Following
from slcpctl.screen.noticing import Noticing
from slcpctl.screen.paging import Paging
from slcpctl.screen.previews import Previews
from slcpctl.screen.reading import Reading
from slcpctl.screen.redrawing import Redrawing
from slcpctl.screen.state import State
from slcpctl.sending import recipient
from slcpctl.view.model import EVERYONE
from slcpctl.view.people import People


async def run(options: Namespace) -> int:
    """Show the chat until the user closes it; return the exit code."""
    path = control_socket(options.profile)
    with closing(Requests(path)) as asking, closing(Requests(path)) as loading:
        async with asyncio.TaskGroup() as group:
            tasks = _Tasks(group)
            await _show(options, path, asking, loading, tasks)
            tasks.cancel()
    return 0


async def _show(options: Namespace, path: str, asking: Requests, loading: Requests, tasks: _Tasks) -> None:
    state, paging = State(), Paging(loading)
    redraw = Redrawing(lambda: screen.application.invalidate())

    def spawn(doing: Coroutine[None, None, None]) -> None:
        tasks.start(_told(doing, state, redraw))

    actions = Actions(state, asking, paging, spawn)
    previews, notifications = Previews(spawn, redraw, color_depth()), Notifications()
    field = Field(state, actions, spawn, places(options.profile).log.with_name("chat_history"))
    screen = Screen(state, actions, field, previews)
    noticing = Noticing(state, screen.ring, lambda handle, text: tasks.start(notifications.tell(handle, text)))
    following, reading = Following(loading, state, noticing, redraw), Reading(loading, state)

    def drawn(_: object) -> None:
        reading.drawn()
        if state.pane.lacks and not state.lost:
            spawn(paging.load(state.pane))

    screen.application.after_render += drawn
    await following.load()
    state.open(recipient(options.handle) if options.handle else _first(state.model.people))
    for lasting in (following.follow(path), following.refresh_keys(), reading.report()):
        tasks.start(lasting)
    await screen.run()


class _Tasks:
    """What goes on while the chat is open."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[asyncio.Task[None]] = set()

    def start(self, doing: Coroutine[None, None, None]) -> None:
        """Begin something, to be ended by `cancel` at the latest."""
        task = self._group.create_task(doing)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        """End all."""
        for task in self._running:
            task.cancel()


async def _told(doing: Coroutine[None, None, None], state: State, redraw: Redrawing) -> None:
    """Do something for the user; if it cannot be done say why."""
    try:
        await doing
    except SlcpError as error:
        state.tell([[("bad", str(error))]])
    redraw()


def _first(people: People) -> str:
    """Return whom a chat is with that nobody has named: the last conversation, or the only one who is here."""
    rows = people.rows
    return rows[0].handle if rows and (rows[0].newest or people.count == 1) else EVERYONE
