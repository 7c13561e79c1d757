"""The command chat: from the first start to the open chat."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace

from slcpctl.conversing.first_start import config_to_write, write_config
from slcpctl.output import note
from slcpctl.starting import connect
from slcpctl.translating import tr


def chat(options: Namespace) -> int:
    """Open the chat: on the whole screen where there is one, else in plain lines."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if is_terminal:
        introduce(options.profile)
    with connect(options.profile):
        pass  # it runs now
    try:
        return asyncio.run(_converse(options, is_terminal))
    except ExceptionGroup as errors:  # of the task group: what came first is why it ended
        raise errors.exceptions[0] from None


def introduce(profile: str | None) -> None:
    """Ask for the handle, if there is neither a daemon nor a config file yet."""
    path = config_to_write(profile)
    if path is None:
        return
    from slcpctl.chat.asking import ask_handle

    write_config(path, ask_handle())
    note(tr("wrote {path}: edit it to change more than the handle", path=path))


async def _converse(options: Namespace, is_terminal: bool) -> int:
    if is_terminal and not options.plain and not options.json and os.environ.get("TERM", "dumb") != "dumb":
        from slcpctl.screen.running import run

        return await run(options)
    from slcpctl.chat.plain import converse

    return await converse(options, is_terminal)
