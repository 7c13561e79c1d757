"""A bus of the desktop for the tests, and a server on it that keeps the notifications that it is asked to show."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import ErrorType, Message, MessageType
from dbus_fast.aio import MessageBus

NAME = "org.freedesktop.Notifications"
CONFIG = """
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass(frozen=True)
class PrivateBus:
    """A bus that nothing but the test knows of, and that starts nothing."""

    address: str
    process: subprocess.Popen[str]


@contextmanager
def private_bus(folder: Path) -> Iterator[PrivateBus]:
    """Run a bus while the context lasts."""
    program = shutil.which("dbus-daemon")
    if program is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("dbus-daemon is not installed")
    config = folder / "bus.conf"
    config.write_text(CONFIG.format(socket=folder / "bus"))
    command = [program, f"--config-file={config}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield PrivateBus(process.stdout.readline().strip(), process)
        finally:
            process.kill()


@dataclass(frozen=True)
class Shown:
    """A notification as the server was asked for it."""

    app: str
    replaces: int
    title: str
    body: str
    number: int


@dataclass
class NotificationServer:
    """Owns the name of the desktop's server on a bus."""

    capabilities: list[str]
    answers: bool = True
    refuses: bool = False
    shown: list[Shown] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return None
        self.asked.set()
        if not self.answers:
            return True  # that is all
        if self.refuses:
            return Message.new_error(message, ErrorType.FAILED, "no")
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [self.capabilities])
        return Message.new_method_return(message, "u", [self._show(*message.body)])

    def _show(self, app: str, replaces: int, _icon: str, title: str, body: str, *_rest: Any) -> int:
        number = replaces or len(self.shown) + 1
        self.shown.append(Shown(app, replaces, title, body, number))
        return number


@asynccontextmanager
async def notification_server(bus: PrivateBus, *capabilities: str) -> AsyncGenerator[NotificationServer]:
    """Run a server on a bus while the context lasts."""
    server = NotificationServer(["body", *capabilities])
    connection = await MessageBus(bus.address).connect()
    try:
        connection.add_message_handler(server.answer)
        await connection.request_name(NAME)
        yield server
    finally:
        connection.disconnect()
        with suppress(Exception):  # the bus was the first to end
            await connection.wait_for_disconnect()  # type: ignore[no-untyped-call]
