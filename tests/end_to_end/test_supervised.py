"""What a service manager hears of a real daemon, and how the daemon logs for one."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from awaited import until
from daemons import WAIT, Daemon, World, free_port, run_slcpd
from notify_socket import NotifySocket

Start = Callable[..., Daemon]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[NotifySocket]:
    with NotifySocket(tmp_path / "notify") as manager:
        yield manager


@pytest.fixture
def world(tmp_path: Path, whoisport: int) -> World:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    return world


@pytest.fixture
def launch(world: World) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon with these variables, and do not wait until it serves."""
    with contextlib.ExitStack() as stack:

        def launch(**variables: str) -> Daemon:
            daemon = Daemon(world, environment=variables)
            stack.callback(daemon.close)
            daemon.launch()
            return daemon

        yield launch


@contextlib.contextmanager
def foreground(world: World, stderr: int = subprocess.PIPE, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a daemon as service managers do; it is ended when the context ends."""
    environment = {**world.environment, **variables}
    with subprocess.Popen([sys.executable, "-m", "slcpd"], env=environment, stderr=stderr, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_once_it_says_ready_clients_are_served(launch: Start, manager: NotifySocket) -> None:
    ani = launch(NOTIFY_SOCKET=manager.name)
    first = manager.next()
    assert ani.request("hello")["handle"] == "Ani"
    port = ani.request("status")["port"]
    assert first == {"READY": "1", "STATUS": f"serving at port {port}"}
    ani.wait_until_ready()  # whoever started it in the background is told, too


def test_one_that_cannot_serve_never_says_ready(world: World, manager: NotifySocket) -> None:
    world.configure(handle="two words")
    assert run_slcpd(world, NOTIFY_SOCKET=manager.name).returncode == 2
    assert manager.next(0) is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no abstract names")
def test_the_name_may_be_abstract(launch: Start) -> None:
    with NotifySocket(f"@slcp-{os.getpid()}-{free_port()}") as manager:
        launch(NOTIFY_SOCKET=manager.name)
        assert manager.wait_for("READY")


def end_by_signal(ani: Daemon) -> None:
    ani.process.terminate()


def end_by_request(ani: Daemon) -> None:
    ani.request("shutdown")  # as `slcpctl stop` does


@pytest.mark.parametrize("end", [end_by_signal, end_by_request])
def test_it_says_that_it_stops_before_it_ends(
    launch: Start, manager: NotifySocket, end: Callable[[Daemon], None]
) -> None:
    ani = launch(NOTIFY_SOCKET=manager.name)
    manager.wait_for("READY")
    end(ani)
    assert manager.next() == {"STOPPING": "1", "STATUS": "stopping"}
    assert ani.process.wait(WAIT) == 0
    assert manager.next(0) is None


def test_the_watchdog_hears_it_for_as_long_as_it_runs(launch: Start, manager: NotifySocket) -> None:
    ani = launch(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="200000")
    manager.wait_for("READY")
    for _ in range(3):
        manager.wait_for("WATCHDOG")
    ani.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, ani.process.pid, os.WSTOPPED)
    manager.drain()
    assert manager.next(1.0) is None  # ten of its periods
    ani.process.send_signal(signal.SIGCONT)
    manager.wait_for("WATCHDOG")


def test_a_watchdog_of_another_process_is_not_fed(launch: Start, manager: NotifySocket) -> None:
    ani = launch(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="1000", WATCHDOG_PID=str(os.getpid()))
    ani.wait_until_ready()
    assert "READY" in (manager.next() or {})
    assert manager.next(0.1) is None


def test_what_the_watchdog_ends_shows_where_it_was_stuck(world: World, manager: NotifySocket) -> None:
    with foreground(world, NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="60000000") as process:
        manager.wait_for("READY")
        process.send_signal(signal.SIGABRT)
        assert process.stderr is not None
        said = process.stderr.read()
    assert process.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in said
    assert "base_events.py" in said


@pytest.mark.parametrize("name", ["/none/notify", "/dev/null", "@nobody-listens", "relative", "vsock:2:1"])
def test_a_manager_that_does_not_listen_hurts_nobody(launch: Start, name: str) -> None:
    ani = launch(NOTIFY_SOCKET=name, WATCHDOG_USEC="100000").wait_until_ready()
    assert ani.request("hello")["handle"] == "Ani"
    assert ani.stop() == 0


async def test_its_children_cannot_speak_for_it(launch: Start, manager: NotifySocket, tmp_path: Path) -> None:
    hook, seen = tmp_path / "hook", tmp_path / "seen"
    hook.write_text(f"#!/bin/sh\nenv > {seen}.new; mv {seen}.new {seen}\n")
    hook.chmod(0o700)
    ani = launch(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="60000000", WATCHDOG_PID="").wait_until_ready()
    ani.request("set_config", key="on_message", value=str(hook))
    with socket.create_connection(("127.0.0.1", ani.request("status")["port"])) as connection:
        connection.sendall(b"MSG Ani Hallo!\n")
    await until(seen.exists)
    inherited = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert "PATH" in inherited
    assert not inherited & {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}


# The journal


def test_for_the_journal_each_line_has_its_priority_and_no_time(world: World) -> None:
    reading, writing = os.pipe()
    state = os.fstat(writing)
    with (
        os.fdopen(reading, encoding="utf-8") as journal,
        foreground(world, writing, JOURNAL_STREAM=f"{state.st_dev}:{state.st_ino}"),
    ):
        os.close(writing)
        assert journal.readline().startswith("<6>Ani is here: port ")


def test_a_journal_that_is_not_at_the_end_of_standard_error_is_none(world: World) -> None:
    with foreground(world, JOURNAL_STREAM="1:2") as process:
        assert process.stderr is not None
        assert "INFO    Ani is here: port " in process.stderr.readline()
