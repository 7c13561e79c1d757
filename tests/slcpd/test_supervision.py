"""What a supervisor hears, on a real socket; and that one who does not listen hurts nobody."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from daemons import WAIT
from notify_socket import NotifySocket

from slcpd.supervision import TAKEN_WITHIN, Supervisor, supervisor_of

OURS = os.getpid()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[NotifySocket]:
    with NotifySocket(tmp_path / "notify") as manager:
        yield manager


def supervisor(manager: NotifySocket, **variables: str) -> Supervisor:
    return supervisor_of({"NOTIFY_SOCKET": manager.name, **variables}, OURS)


@contextlib.asynccontextmanager
async def kept_alive(supervisor: Supervisor) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.keep_alive())
        yield
        task.cancel()


def test_it_is_told_that_we_serve_and_that_we_stop(manager: NotifySocket) -> None:
    told = supervisor(manager)
    told.ready("serving at port 5001")
    told.stopping()
    assert manager.next() == {"READY": "1", "STATUS": "serving at port 5001"}
    assert manager.next() == {"STOPPING": "1", "STATUS": "stopping"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no abstract names")
def test_its_name_may_be_abstract() -> None:
    with NotifySocket(f"@slcp-{OURS}-{time.monotonic_ns()}") as manager:
        supervisor(manager).ready("")
        assert manager.next() == {"READY": "1", "STATUS": ""}


def test_the_variables_are_taken_out_of_the_environment() -> None:
    environment = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/home"}
    supervisor_of(environment, OURS)
    assert environment == {"HOME": "/home"}


@pytest.mark.parametrize("name", ["", "@", "relative", "vsock:2:1234", "/none/notify", "/dev/null", "/" + "x" * 200])
def test_whoever_cannot_be_told_is_not(name: str) -> None:
    told = supervisor_of({"NOTIFY_SOCKET": name}, OURS)
    told.ready("")
    told.stopping()


def test_a_name_that_depends_on_where_we_are_is_none(manager: NotifySocket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(manager.name).parent)
    supervisor_of({"NOTIFY_SOCKET": Path(manager.name).name}, OURS).ready("")
    assert manager.next(0) is None


def test_one_whose_buffer_is_full_is_not_waited_for(manager: NotifySocket) -> None:
    manager.fill()
    began = time.monotonic()
    supervisor(manager).ready("")
    assert time.monotonic() - began < TAKEN_WITHIN + WAIT / 2
    manager.drain()
    supervisor(manager).stopping()
    assert manager.wait_for("STOPPING")


# The watchdog


@pytest.mark.parametrize("watched", [{}, {"WATCHDOG_PID": ""}, {"WATCHDOG_PID": str(OURS)}])
async def test_it_hears_again_and_again_that_we_are_alive(manager: NotifySocket, watched: dict[str, str]) -> None:
    async with kept_alive(supervisor(manager, WATCHDOG_USEC="100000", **watched)):
        for _ in range(3):
            assert await asyncio.to_thread(manager.next) == {"WATCHDOG": "1"}


async def test_it_hears_that_after_half_of_its_period(manager: NotifySocket) -> None:
    period = 2.0  # seconds: half of it is room for a machine that is slow
    async with kept_alive(supervisor(manager, WATCHDOG_USEC=str(int(period * 1e6)))):
        await asyncio.to_thread(manager.next)
        began = time.monotonic()
        await asyncio.to_thread(manager.next)
        assert period / 4 < time.monotonic() - began < period


async def test_it_hears_nothing_while_the_loop_is_stuck(manager: NotifySocket) -> None:
    async with kept_alive(supervisor(manager, WATCHDOG_USEC="20000")):
        assert await asyncio.to_thread(manager.next) == {"WATCHDOG": "1"}
        manager.drain()
        assert manager.next(0.2) is None  # this keeps the loop: ten of its periods
        assert await asyncio.to_thread(manager.next) == {"WATCHDOG": "1"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "1e6"},
        {"WATCHDOG_USEC": "\u0663"},
        {"WATCHDOG_USEC": "10000", "WATCHDOG_PID": str(OURS + 1)},
        {"WATCHDOG_USEC": "10000", "WATCHDOG_PID": "x"},
    ],
)
async def test_who_does_not_watch_us_hears_nothing(manager: NotifySocket, variables: dict[str, str]) -> None:
    async with asyncio.timeout(WAIT):
        await supervisor(manager, **variables).keep_alive()  # it ends
    assert manager.next(0) is None
