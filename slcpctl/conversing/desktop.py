"""How the desktop is asked to show a notification: over D-Bus, or on macOS by a script of the system."""

from __future__ import annotations

import asyncio
import html
import importlib
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

Show = Callable[[str, str, int], Awaitable[int]]  # a title, a body, and the id of a notification to replace, or NEW

NEW = 0
APP = "slcp"
NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
AS_THE_DESKTOP_LIKES = -1  # how long it is shown
HAS_MARKUP = "body-markup"  # the capability of a server that reads a body as HTML
SCRIPT = (  # the first word behind it is not the peer's, so none is taken for an option
    "on run {app, caption, words}",
    "display notification words with title app subtitle caption",
    "end run",
)


async def show(title: str, body: str, replaces: int) -> int:
    """Show a notification of plain text; return its id. Raises whatever is wrong with the desktop, if there is one."""
    return await _BY_SYSTEM.get(sys.platform, show_by_dbus)(title, body, replaces)


async def show_by_dbus(title: str, body: str, replaces: int) -> int:
    """Ask the server of the XDG Desktop Notifications Specification.

    Each notification has a connection of its own, as those of notify-send: servers and buses come and go.
    """
    logging.getLogger("dbus_fast").setLevel(logging.CRITICAL)  # its words would be written over the chat
    await asyncio.to_thread(importlib.import_module, "dbus_fast.aio")  # 70 ms in which the user goes on typing
    from dbus_fast import Variant
    from dbus_fast.aio import MessageBus

    bus = await MessageBus().connect()
    try:
        [capabilities] = await _call(bus, "GetCapabilities")
        shown = html.escape(body, quote=False) if HAS_MARKUP in capabilities else body
        hints = {"category": Variant("s", "im.received")}
        fields = [APP, replaces, "", title, shown, [], hints, AS_THE_DESKTOP_LIKES]
        [number] = await _call(bus, "Notify", "susssasa{sv}i", fields)
        return int(number)
    finally:
        bus.disconnect()
        with suppress(Exception):  # of a bus that has ended by itself
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


async def _call(bus: MessageBus, member: str, signature: str = "", body: Sequence[object] = ()) -> list[Any]:
    from dbus_fast import Message, MessageType

    reply = await bus.call(
        Message(destination=NAME, path=PATH, interface=NAME, member=member, signature=signature, body=list(body))
    )
    if reply.message_type is not MessageType.METHOD_RETURN:
        raise ConnectionError(f"{member}: {reply.error_name}")
    return reply.body


async def show_by_script(title: str, body: str, replaces: int) -> int:  # noqa: ARG001  # it replaces none
    """Ask AppleScript, which every Mac has; the words are arguments and no part of the script."""
    script = [word for line in SCRIPT for word in ("-e", line)]
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        "osascript", *script, APP, title, body, stdin=nowhere, stdout=nowhere, stderr=nowhere
    )
    try:
        if await process.wait():
            raise ConnectionError("osascript has failed")
    finally:
        if process.returncode is None:
            process.kill()
    return NEW


_BY_SYSTEM: dict[str, Show] = {"darwin": show_by_script}
