"""How a desktop is asked: by the D-Bus specification, on macOS by a script, and in each way with plain text."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from awaited import is_alive, pids_in, until
from notification_server import PrivateBus, notification_server, private_bus

from slcpctl.conversing.desktop import HAS_MARKUP, NEW, SCRIPT, show, show_by_dbus, show_by_script

MARKUP = '<b>bold</b> & <a href="http://evil">1 < 2</a> &amp; <img src="x"/>'


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    with private_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


@pytest.mark.skipif(sys.platform != "linux", reason="others have no bus")
async def test_linux_has_the_bus(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        await show("Luca", "Hallo", NEW)
        assert [shown.body for shown in server.shown] == ["Hallo"]


async def test_a_server_that_reads_markup_shows_the_text_as_it_was_written(bus: PrivateBus) -> None:
    async with notification_server(bus, HAS_MARKUP, "body-hyperlinks") as server:
        await show_by_dbus("<i>Luca</i>", MARKUP, NEW)
        [shown] = server.shown
        body = ElementTree.fromstring(f"<body>{shown.body}</body>")  # noqa: S314  # what the server does with it
        assert (body.text, list(body)) == (MARKUP, [])
        assert shown.title == "<i>Luca</i>"  # the specification has no markup in titles


async def test_a_server_that_reads_no_markup_gets_the_text_itself(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        await show_by_dbus("Luca", MARKUP, NEW)
        assert server.shown[0].body == MARKUP


async def test_a_notification_takes_the_place_of_another(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        number = await show_by_dbus("Luca", "one", NEW)
        assert await show_by_dbus("Luca", "two", number) == number
        assert [shown.replaces for shown in server.shown] == [NEW, number]


async def test_connections_are_given_back(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        await show_by_dbus("Luca", "Hallo", NEW)
        before = psutil.Process().num_fds()
        for _ in range(5):
            await show_by_dbus("Luca", "Hallo", NEW)
        server.answers = False
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await show_by_dbus("Luca", "Hallo", NEW)
        await until(lambda: psutil.Process().num_fds() == before)


async def test_a_server_that_refuses_is_an_error(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        server.refuses = True
        with pytest.raises(ConnectionError, match=r"GetCapabilities: org\.freedesktop\.DBus\.Error\.Failed"):
            await show_by_dbus("Luca", "Hallo", NEW)


# macOS


@pytest.fixture
def osascript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the program of macOS; it keeps its arguments."""
    program = tmp_path / "osascript"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(tmp_path / 'arguments')!r}, 'w'))\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return program


async def test_what_the_peer_wrote_is_no_part_of_the_script_and_no_option(tmp_path: Path, osascript: Path) -> None:
    title, body = "-e", '" & (do shell script "id") & "'
    await show_by_script(title, body, NEW)
    arguments = json.loads((tmp_path / "arguments").read_text())
    assert arguments == [*(word for line in SCRIPT for word in ("-e", line)), "slcp", title, body]


async def test_a_script_that_fails_is_an_error(osascript: Path) -> None:
    osascript.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(ConnectionError):
        await show_by_script("Luca", "Hallo", NEW)


async def test_a_script_that_hangs_ends_with_its_time(tmp_path: Path, osascript: Path) -> None:
    osascript.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await show_by_script("Luca", "Hallo", NEW)
    [pid] = pids_in(tmp_path / "pid", 1)
    await until(lambda: not is_alive(pid))
