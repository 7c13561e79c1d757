"""Notifications: what is shown of how many messages, and that nothing is wrong with a desktop that is not there."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import WAIT
from hypothesis import given
from hypothesis import strategies as st
from notification_server import PrivateBus, notification_server, private_bus

from slcpctl.conversing import notifying
from slcpctl.conversing.notifying import EVERY, MAX_COUNTED, MAX_TEXT, Burst, Notice, Notifications

# What is shown


def told(burst: Burst, *messages: tuple[str, str], now: float = 0.0) -> Notice:
    """Put messages in, and return what is shown of them."""
    for handle, text in messages:
        burst.put(handle, text, now)
    return burst.take(now)


def test_the_first_message_is_shown_at_once_and_as_it_is() -> None:
    burst = Burst()
    assert burst.due_in(0.0) is None
    burst.put("Luca", "Hallo Ani!", 0.0)
    assert burst.due_in(0.0) == 0.0
    assert burst.take(0.0) == Notice("Luca", "Hallo Ani!", is_update=False)
    assert burst.due_in(0.0) is None


def test_what_comes_soon_after_is_shown_in_one_that_takes_its_place() -> None:
    burst = Burst()
    told(burst, ("Luca", "one"))
    for number in range(200):
        burst.put("Luca", f"number {number}", 0.5)
    assert burst.due_in(0.5) == EVERY - 0.5
    assert burst.due_in(EVERY + 1.0) == 0.0
    assert burst.take(EVERY) == Notice("201 new messages from Luca", "number 199", is_update=True)
    burst.put("Luca", "more", EVERY + 1.0)
    assert burst.take(2 * EVERY).title == "202 new messages from Luca"


def test_after_a_pause_the_next_message_is_one_of_its_own() -> None:
    burst = Burst()
    told(burst, ("Luca", "one"), ("Luca", "two"))
    assert told(burst, ("Luca", "three"), now=EVERY) == Notice("Luca", "three", is_update=False)


def test_of_several_people_the_first_are_named_and_the_newest_is_shown() -> None:
    burst = Burst()
    told(burst, ("Luca", "one"))
    assert told(burst, ("Ani", "two")) == Notice("2 new messages from Luca and Ani", "Ani: two", is_update=True)
    assert told(burst, ("Tom", "three")).title == "3 new messages from Luca, Ani and 1 other"
    assert told(burst, ("Eve", "four"), ("Tom", "five")) == Notice(
        "5 new messages from Luca, Ani and 2 others", "Tom: five", is_update=True
    )


def test_strangers_without_number_cost_no_memory_without_end() -> None:
    burst = Burst()
    for number in range(10 * MAX_COUNTED):
        burst.put(f"Eve{number}", "x", 0.0)
    assert burst.take(0.0).title == f"{10 * MAX_COUNTED} new messages from Eve0, Eve1 and {MAX_COUNTED - 2} others"
    assert len(burst._handles) == MAX_COUNTED


@given(handle=st.text(min_size=1), text=st.text(), other=st.text(min_size=1))
def test_whatever_peers_write_is_short_and_on_one_line_and_nothing_in_it_is_hidden(
    handle: str, text: str, other: str
) -> None:
    notice = told(Burst(), (handle, text), (other, text))
    for shown in (notice.title, notice.body):
        assert len(shown) <= MAX_TEXT
        assert not any(ord(character) < 0x20 or 0xD800 <= ord(character) < 0xE000 for character in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r\n and\ttabs ", "two lines and tabs"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202edrowssap", "\\u202edrowssap"),
        ("x" * MAX_TEXT, "x" * MAX_TEXT),
        ("x" * 65_536, "x" * (MAX_TEXT - 1) + "…"),
    ],
)
def test_a_text_is_shortened_and_made_harmless(text: str, shown: str) -> None:
    assert told(Burst(), ("Luca", text)).body == shown


# On a real bus


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    with private_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


async def test_a_message_is_shown(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        await Notifications().tell("Luca", "Hallo Ani!")
        [shown] = server.shown
        assert (shown.app, shown.title, shown.body, shown.replaces) == ("slcp", "Luca", "Hallo Ani!", 0)


async def test_a_flood_is_shown_as_few_that_replace_each_other(
    bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "EVERY", 0.2)
    clock = asyncio.get_running_loop().time
    async with notification_server(bus) as server:
        notifications = Notifications()
        began = clock()
        async with asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(notifications.tell("Luca", f"number {number}"))
                await asyncio.sleep(0.005)
        took = clock() - began
        assert 2 <= len(server.shown) <= took / 0.2 + 1
        assert [shown.number for shown in server.shown] == [1] * len(server.shown)
        assert (server.shown[-1].title, server.shown[-1].body) == ("200 new messages from Luca", "number 199")


async def test_of_all_that_tell_at_once_one_goes_on(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "EVERY", 0.1)
    async with notification_server(bus) as server:
        notifications = Notifications()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(notifications.tell("Luca", "one"))
            await server.asked.wait()
            async with asyncio.timeout(WAIT):
                await notifications.tell("Luca", "two")
                await notifications.tell("Luca", "three")
            assert not first.done()
        assert [shown.title for shown in server.shown] == ["Luca", "3 new messages from Luca"]


async def test_one_that_is_cancelled_leaves_the_others_to_be_shown(bus: PrivateBus) -> None:
    async with notification_server(bus) as server:
        notifications = Notifications()
        async with asyncio.TaskGroup() as group:
            group.create_task(notifications.tell("Luca", "one")).cancel()
            cancelled = group.create_task(notifications.tell("Luca", "two"))
            await asyncio.sleep(0)
            cancelled.cancel()
        await notifications.tell("Luca", "three")
        assert [shown.body for shown in server.shown] == ["three"]


# Where there is no desktop


@pytest.mark.parametrize("address", [None, "", "unix:path=/nonexistent/bus", "nonsense", "unix:abstract=x;y"])
async def test_without_a_bus_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    async with asyncio.timeout(WAIT):
        await Notifications().tell("Luca", "Hallo")


async def test_a_bus_without_a_server_is_asked_again_later(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "EVERY", 0.01)
    monkeypatch.setattr(notifying, "AGAIN_AFTER", 0.3)
    notifications = Notifications()
    await notifications.tell("Luca", "one")
    async with notification_server(bus) as server:
        await notifications.tell("Luca", "two")
        assert server.shown == []
        async with asyncio.timeout(WAIT):
            while not server.shown:
                await notifications.tell("Luca", "three")
        assert server.shown[0].replaces == 0


async def test_a_server_that_does_not_answer_keeps_nobody_for_long(
    bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "LIMIT", 0.2)
    async with notification_server(bus) as server:
        server.answers = False
        async with asyncio.timeout(WAIT):
            await Notifications().tell("Luca", "Hallo")
        assert server.asked.is_set()


TELL = """
import asyncio, logging, sys
from slcpctl.conversing.notifying import Notifications
assert not any(name.startswith("dbus_fast") for name in sys.modules)
asyncio.run(Notifications().tell("Luca", "Hallo"))
logging.getLogger("dbus_fast.aio.message_bus").error("what the library may have to say")
"""


async def told_by_a_program(**variables: str) -> asyncio.subprocess.Process:
    """Start a program that shows a notification and ends."""
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-W", "default", "-c", TELL],
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_nothing_is_written_over_the_chat_when_the_bus_ends_in_the_middle(bus: PrivateBus) -> None:
    async with asyncio.timeout(WAIT), notification_server(bus) as server:
        server.answers = False
        program = await told_by_a_program()
        await server.asked.wait()
        bus.process.kill()
        assert (await program.communicate())[0] == b""
        assert program.returncode == 0


async def test_nothing_is_written_over_the_chat_when_all_goes_well(bus: PrivateBus) -> None:
    async with asyncio.timeout(WAIT), notification_server(bus) as server:
        program = await told_by_a_program()
        assert (await program.communicate())[0] == b""
        assert [shown.body for shown in server.shown] == ["Hallo"]


async def test_without_the_library_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "dbus_fast").mkdir()
    (tmp_path / "dbus_fast/__init__.py").write_text("raise ImportError('broken')\n")
    program = await told_by_a_program(PYTHONPATH=os.pathsep.join([str(tmp_path), str(Path.cwd())]))
    assert (await program.communicate())[0] == b""
    assert program.returncode == 0
