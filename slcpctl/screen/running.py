"""The full-screen chat, from its first look at the daemon to its end."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import closing

from slcp.async_client import Requests
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcp.places import places
from slcpctl.chat.notifying import Notifications
from slcpctl.output import note
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
from slcpctl.screen.tasks import Doing, Tasks
from slcpctl.sending import FAILED
from slcpctl.view.model import recipient
from slcpctl.view.people import People

FINISHED_WITHIN = 5.0  # seconds that what was typed last has to reach the daemon, when the chat is closed


async def run(options: Namespace) -> int:
    """Show the chat until the user closes it; return the exit code."""
    path = control_socket(options.profile)
    with closing(Requests(path)) as asking, closing(Requests(path)) as loading:
        async with asyncio.TaskGroup() as group:
            typed, others = Tasks(group), Tasks(group)
            await _show(options, path, asking, loading, typed, others)
            unfinished = await typed.finish(FINISHED_WITHIN)
            typed.cancel()
            others.cancel()
    if unfinished:
        note(f"no answer to {unfinished} of what was typed last; `slcpctl history` shows whether it was queued")
    return FAILED if unfinished else 0


async def _show(
    options: Namespace, path: str, asking: Requests, loading: Requests, typed: Tasks, others: Tasks
) -> None:
    state, paging = State(), Paging(loading)
    redraw = Redrawing(lambda: screen.application.invalidate())

    def spawn(doing: Doing) -> None:
        others.start(_told(doing, state, redraw))

    actions = Actions(state, asking, paging, spawn)
    field = Field(
        state,
        actions,
        lambda doing: typed.start(_told(doing, state, redraw)),
        places(options.profile).log.with_name("chat_history"),
    )
    screen = Screen(state, actions, field, Previews(spawn, redraw, color_depth()))
    notifications = Notifications()
    noticing = Noticing(state, screen.ring, lambda handle, text: others.start(notifications.tell(handle, text)))
    following, reading = Following(loading, state, noticing, redraw), Reading(loading, state)

    def drawn(_: object) -> None:
        reading.drawn()
        if state.pane.lacks and not state.lost:
            spawn(paging.load(state.pane))

    screen.application.after_render += drawn
    await following.load()
    state.open(recipient(options.handle) if options.handle else _first(state.model.people))
    for lasting in (following.follow(path), following.refresh_keys(), reading.report()):
        others.start(lasting)
    await screen.run()


async def _told(doing: Doing, state: State, redraw: Redrawing) -> None:
    """Do something for the user; if it cannot be done say why."""
    try:
        await doing
    except (SlcpError, OSError) as error:
        state.tell([[("bad", str(error))]])
    redraw()


def _first(people: People) -> str | None:
    """Return whom a chat is with that nobody has named: the last conversation, or the only one who is here."""
    rows = people.rows
    return rows[0].handle if rows and (rows[0].newest or people.count == 1) else None
