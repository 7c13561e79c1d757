"""A daemon's life as a process: it starts, is alone, is told to end, or is killed."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World, free_port, run_slcpd
from plain import PlainPeer

from slcp.client import Connection

Start = Callable[..., Daemon]

STOPS_WITHIN = 2.0  # seconds


@contextlib.contextmanager
def idle_connections(daemon: Daemon) -> Iterator[None]:
    """Hold a peer in the middle of a line, one that says nothing, and a subscriber that waits."""
    port = daemon.request("status")["port"]
    with (
        socket.create_connection(("127.0.0.1", port)) as in_a_line,
        socket.create_connection(("127.0.0.1", port)),
        Connection(str(daemon.world.socket), timeout=WAIT) as subscriber,
    ):
        in_a_line.sendall(b"MSG Ani Hal")
        events = subscriber.events(0)
        next(events)  # its own, that somebody is there
        deadline = time.monotonic() + WAIT
        while (status := daemon.request("status"))["connections"] != 2 or status["subscribers"] != 1:
            assert time.monotonic() < deadline, status
        yield


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_soon_and_cleanly_whoever_is_connected_and_the_others_hear_it_leave(
    start: Start, number: signal.Signals
) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    luca.wait_for("user_joined", handle="Ani")
    with idle_connections(ani):
        began = time.monotonic()
        ani.process.send_signal(number)
        assert ani.process.wait(WAIT) == 0
        assert time.monotonic() - began < STOPS_WITHIN
    luca.wait_for("user_left", handle="Ani", reason="said_so")
    assert not ani.world.socket.exists()
    assert [entry for entry in log_of(ani) if entry["level"] in ("error", "critical")] == []


def test_a_shutdown_request_ends_it_too(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    luca.wait_for("user_joined", handle="Ani")
    ani.request("shutdown")
    assert ani.process.wait(WAIT) == 0
    luca.wait_for("user_left", handle="Ani", reason="said_so")


def test_an_image_that_is_coming_in_does_not_hold_up_the_end(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with (
        PlainPeer("Luca", whoisport, "127.0.0.2") as luca,
        luca.connected(ani.request("status")["port"]) as connection,
    ):
        connection.sendall(b"IMG Ani 1000000\n" + bytes(500_000))
        ani.wait_for("image_progressed")
        began = time.monotonic()
        assert ani.stop() == 0
        assert time.monotonic() - began < STOPS_WITHIN
    assert list(ani.world.images.iterdir()) == []


def test_a_second_one_of_the_profile_is_told_who_is_the_first(start: Start) -> None:
    ani = start("Ani")
    ended = run_slcpd(ani.world)
    assert ended.returncode == 3
    assert f"process {ani.pid}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ani.request("hello")["handle"] == "Ani"


def test_after_a_kill_the_next_one_starts_at_once(start: Start) -> None:
    ani = start("Ani")
    ani.kill()
    assert ani.world.socket.exists()  # nothing has cleaned up
    ani.start()
    assert ani.request("hello")["handle"] == "Ani"


def test_two_profiles_run_side_by_side_and_meet(tmp_path: Path, whoisport: int) -> None:
    worlds = [World(tmp_path / "Ani"), World(tmp_path / "Ani", profile="work")]
    for world, handle in zip(worlds, ("Ani", "Annika"), strict=True):
        world.configure(handle=handle, port=free_port(), whoisport=whoisport)
    home, work = map(Daemon, worlds)
    with contextlib.closing(home), contextlib.closing(work):
        home.start()
        work.start()
        home.wait_for("user_joined", handle="Annika")
        work.wait_for("user_joined", handle="Ani")
        work.request("send_text", to="Ani", text="from work")
        home.wait_for("text_received", handle="Annika", text="from work")
        assert [daemon.request("status")["profile"] for daemon in (home, work)] == ["default", "work"]
        files = [daemon.request("status")["files"] for daemon in (home, work)]
        assert not set(files[0].values()) & set(files[1].values())


def test_a_port_that_is_taken_is_passed_over_unless_the_user_chose_it(tmp_path: Path, whoisport: int) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", whoisport=whoisport)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # held by someone else: as good
            stack.enter_context(socket.create_server(("127.0.0.1", 5001)))
        ani = Daemon(world)
        stack.enter_context(contextlib.closing(ani))
        ani.start()
        assert 5001 < ani.request("status")["port"] <= 5100


def test_the_control_socket_is_for_the_user_alone(start: Start) -> None:
    ani = start("Ani")
    assert ani.world.socket.stat().st_mode & 0o777 == 0o600
    assert ani.world.socket.parent.stat().st_mode & 0o777 == 0o700


def test_in_the_background_it_lets_go_of_who_started_it(start: Start) -> None:
    ani = start("Ani")
    assert ani.process.stdout is not None
    assert ani.process.stderr is not None
    assert ani.process.stdout.read() == ""  # at its end: `ready` was all, and it is closed
    assert ani.process.stderr.read() == ""
    assert ani.request("hello")["handle"] == "Ani"


def test_in_the_foreground_it_logs_to_standard_error(tmp_path: Path, whoisport: int) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    command = [sys.executable, "-m", "slcpd"]
    with (
        PlainPeer("Luca", whoisport) as luca,
        subprocess.Popen(command, env=world.environment, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        try:
            assert "Ani is here" in process.stderr.readline()
            luca.hear(lambda datagram: datagram == b"WHO\n")  # now it serves
        finally:
            process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""  # no trace of how it ended
        assert process.wait(WAIT) == 0
    assert not world.log.exists()


# The log


def log_of(daemon: Daemon) -> list[dict[str, str]]:
    return [json.loads(line) for line in daemon.world.log.read_text(encoding="utf-8").splitlines()]


def test_the_log_has_one_json_object_a_line_whatever_peers_send(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport) as luca:
        luca.broadcast(b"\x1b]0;owned\x07\n\xff\n", '{"level":"error"}\n\u2028'.encode())
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
    assert ani.stop() == 0
    log = log_of(ani)
    assert all(set(entry) == {"time", "level", "module", "message"} for entry in log)
    assert any("Ani is here" in entry["message"] for entry in log)
    assert any("\\x1b]0;owned\\x07" in entry["message"] for entry in log)
    assert ani.world.log.read_text().isascii()


@pytest.mark.parametrize(("level", "expected"), [("debug", {"debug", "info"}), ("info", {"info"}), ("error", set())])
def test_the_log_level_may_be_chosen_at_the_start(
    tmp_path: Path, whoisport: int, level: str, expected: set[str]
) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport, log_level="warning")
    ani = Daemon(world)
    with contextlib.closing(ani), PlainPeer("Luca", whoisport) as luca:
        ani.start("--log-level", level)
        luca.broadcast(b"\xff")
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        assert ani.request("get_config")["config"]["log_level"] == {
            "value": level,
            "source": "command line",
            "needs_restart": True,
        }
        assert ani.stop() == 0
    levels = {entry["level"] for entry in log_of(ani) if entry["module"].startswith("slcpd")}
    assert levels == expected


# Settings over restarts


def test_a_change_outlives_a_kill_and_the_config_file_stays_as_it_was(start: Start) -> None:
    ani = start("Ani", autoreply="from the file")
    before = ani.world.config.read_bytes()
    ani.request("set_config", key="handle", value="Anja")
    ani.request("set_config", key="max_image_size", value=2048)
    ani.kill()
    ani.start()
    assert ani.request("hello")["handle"] == "Anja"
    config = ani.request("get_config")["config"]
    assert (config["max_image_size"]["value"], config["max_image_size"]["source"]) == (2048, "settings")
    assert (config["autoreply"]["value"], config["autoreply"]["source"]) == ("from the file", "config file")
    assert ani.world.config.read_bytes() == before
    ani.request("set_config", key="handle", value=None)
    assert ani.request("hello")["handle"] == "Ani"


def test_a_change_of_the_handle_is_seen_by_the_others_at_once(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    luca.wait_for("user_joined", handle="Ani")
    began = time.monotonic()
    ani.request("set_config", key="handle", value="Anja")
    luca.wait_until(lambda event: event.get("handle") == "Anja", "sign of Anja")
    assert time.monotonic() - began < STOPS_WITHIN
    assert set(luca.users()) == {"Anja"}
    luca.request("send_text", to="Anja", text="Hallo Anja!")
    ani.wait_for("text_received", text="Hallo Anja!")


def test_a_change_of_a_port_waits_for_the_restart(start: Start) -> None:
    ani = start("Ani")
    port = ani.request("status")["port"]
    other = free_port()
    assert ani.request("set_config", key="port", value=other)["needs_restart"] is True
    assert ani.request("status")["port"] == port
    assert ani.stop() == 0
    ani.start()
    assert ani.request("status")["port"] == other
