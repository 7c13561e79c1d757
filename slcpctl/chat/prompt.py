"""The chat on a terminal: a line to type on, what happens above it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

from slcp.escaping import escape
from slcpctl.chat.completing import TypedCompleter
from slcpctl.chat.room import Room


async def typed_lines(room: Room, history: Path) -> AsyncGenerator[str]:
    """Yield what the user types, line by line, until Ctrl-D."""
    history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    history.touch(mode=0o600)
    session: PromptSession[str] = PromptSession(
        message=lambda: f"to {escape(room.title)} > ",
        history=FileHistory(str(history)),
        completer=TypedCompleter(room),
        complete_while_typing=False,  # most of what is typed is text
        erase_when_done=True,  # what was sent is shown with its time, like what others send
        refresh_interval=1.0,  # seconds: the recipient may change while nobody types
    )
    with patch_stdout(raw=True):
        while True:
            try:
                yield await session.prompt_async()
            except KeyboardInterrupt:  # Ctrl-C clears the line
                await asyncio.sleep(0)
            except EOFError:
                return
