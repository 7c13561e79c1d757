"""The full-screen chat, from its first look at the daemon to its end."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import closing

from slcp.async_client import Requests
from slcp.endpoint import control_socket
from slcp.places import places
from slcpctl.conversing.chat import Chat, Front
from slcpctl.conversing.obeying import Obeying
from slcpctl.conversing.tasks import Tasks
from slcpctl.output import note
from slcpctl.screen.application import Screen, color_depth
from slcpctl.screen.field import Field
from slcpctl.screen.help import help_lines
from slcpctl.screen.pane import Pane
from slcpctl.screen.previews import Previews
from slcpctl.sending import FAILED
from slcpctl.translating import tr

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
        words = tr("no answer to {count} of what was typed last; `slcpctl history` shows whether it was queued")
        note(words.format(count=unfinished))
    return FAILED if unfinished else 0


async def _show(
    options: Namespace, path: str, asking: Requests, loading: Requests, typed: Tasks, others: Tasks
) -> None:
    front = Front(Pane, lambda: screen.application.invalidate(), lambda: screen.ring(), help_lines)
    chat = Chat(asking, loading, others, front)
    obeying = Obeying(chat.state, chat.actions, lambda doing: typed.start(chat.told(doing)))
    field = Field(chat.state, obeying, places(options.profile).log.with_name("chat_history"))
    screen = Screen(chat.state, chat.actions, field, Previews(chat.spawn, chat.redraw, color_depth()))
    screen.application.after_render += lambda _: chat.drawn()
    await chat.begin(path, options.handle)
    await screen.run()
