import json
import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pytest
from fake_daemon import STATUS, FakeDaemon
from fake_programs import FakePrograms
from ran import Run

from slcpctl import daemon as commands
from slcpctl import supervisors
from slcpctl.systemd import Systemd
from slcpd.instance import single_instance


def test_status(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert slcpctl("status").out.splitlines()[0] == "handle  Ani"
    assert json.loads(slcpctl("status", "--json").out) == STATUS


def test_start_of_what_runs(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("start")
    assert (ran.code, ran.out, ran.err) == (0, "", "slcpd is running already (handle Ani, port 5001)\n")


def test_start(slcpctl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "start_daemon", lambda profile: ({"handle": profile, "port": 5001}, True))
    ran = slcpctl("start", "--profile", "work")
    assert ran.err == "started slcpd in the background (handle work, port 5001)\n"


def test_stop_returns_when_the_process_has_ended(slcpctl: Run, daemon: FakeDaemon) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process.communicate(b"\n")
    daemon.answers["status"] = {**STATUS, "pid": process.pid}
    daemon.answers["shutdown"] = {}
    ran = slcpctl("stop")
    assert (ran.code, ran.out, ran.err) == (0, "", "slcpd has ended\n")


def test_stop_does_not_wait_until_a_process_that_has_ended_is_reaped(
    slcpctl: Run, daemon: FakeDaemon, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ENDS_WITHIN", 0.05)
    with single_instance(lock):
        pass  # its file stays behind
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        daemon.answers["status"] = {**STATUS, "pid": process.pid}
        daemon.answers["shutdown"] = {}
        ran = slcpctl("stop")
    assert (ran.code, ran.err) == (0, "slcpd has ended\n")


@pytest.mark.parametrize("has_lock", [True, False])
def test_stop_of_what_goes_on(
    slcpctl: Run, daemon: FakeDaemon, lock: Path, monkeypatch: pytest.MonkeyPatch, has_lock: bool
) -> None:
    monkeypatch.setattr(commands, "ENDS_WITHIN", 0.05)
    daemon.answers["status"] = {**STATUS, "pid": os.getpid()}
    daemon.answers["shutdown"] = {}
    with single_instance(lock) if has_lock else nullcontext():
        ran = slcpctl("stop")
    assert ran.code == 1
    assert f"slcpd (process {os.getpid()}) was told to end, and has not" in ran.err


def test_stop_of_what_does_not_even_hang_up(slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ENDS_WITHIN", 0.05)
    daemon.answers["status"] = {**STATUS, "pid": os.getpid()}
    daemon.answers["shutdown"] = {}
    daemon.keeps_open = True
    assert slcpctl("stop").code == 1


@pytest.fixture
def lock(home: Path) -> Path:
    return home / "STATE_HOME/slcp/slcpd.lock"


@pytest.fixture
def log(home: Path) -> Path:
    log = home / "STATE_HOME/slcp/slcpd.log"
    log.parent.mkdir(parents=True)
    return log


def entry(message: str, **more: str) -> str:
    return json.dumps({"time": "2025-11-24T14:02:00+00:00", "level": "info", "module": "m", "message": message, **more})


def test_logs_are_the_last_lines_escaped(slcpctl: Run, log: Path) -> None:
    log.write_text("\n".join([entry("one"), entry("two \x1b[2J"), entry("three", trace="Traceback\nEnd"), '{"cut']))
    lines = slcpctl("logs", "-n", "3").out.splitlines()
    assert lines[0].endswith("  info     two \\x1b[2J")
    assert lines[1].endswith("  info     three")
    assert lines[2:] == ["Traceback", "End", '{"cut']


def test_logs_for_programs(slcpctl: Run, log: Path) -> None:
    log.write_text(f"{entry('one')}\n{entry('two')}\n")
    assert slcpctl("logs", "-n", "1", "--json").out == f"{entry('two')}\n"


def test_no_log(slcpctl: Run) -> None:
    ran = slcpctl("logs")
    assert ran.code == 1
    assert "only a daemon in the background writes one" in ran.err


@pytest.fixture
def journal(system: FakePrograms, home: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """The journal of a service that is installed; what journalctl prints is up to the test."""
    monkeypatch.setitem(supervisors.KINDS, sys.platform, Systemd)
    unit = home / "CONFIG_HOME/systemd/user/slcpd.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    return system


def print_entry(time: str, message: str) -> str:
    seconds = datetime.fromisoformat(time).timestamp()
    return f"echo '{json.dumps({'__REALTIME_TIMESTAMP': str(int(seconds * 1e6)), 'MESSAGE': message})}'"


@pytest.mark.parametrize(
    ("time", "newest"), [("2025-11-24T14:01:59+00:00", "of the file"), ("2025-11-24T14:02:01+00:00", "of the service")]
)
def test_logs_are_those_of_who_wrote_last_the_service_or_a_daemon_without_it(
    slcpctl: Run, log: Path, journal: FakePrograms, time: str, newest: str
) -> None:
    log.write_text(f'{entry("of the file")}\n{{"cut')
    journal.add("journalctl", print_entry(time, "of the service"))
    assert newest in slcpctl("logs").out
    assert "--lines=20" in journal.calls[0]


def test_logs_of_a_service_alone(slcpctl: Run, journal: FakePrograms) -> None:
    journal.add("journalctl", print_entry("2025-11-24T14:02:00+00:00", "of the service"))
    assert json.loads(slcpctl("logs", "--json").out)["message"] == "of the service"


def test_no_log_of_a_service(slcpctl: Run, journal: FakePrograms) -> None:
    ran = slcpctl("logs")
    assert ran.code == 1
    assert "the journal shows none of the service, or none that you may read" in ran.err
