import sys
from pathlib import Path

import pytest
from fake_daemon import STATUS, FakeDaemon
from fake_programs import FakePrograms

from slcp.errors import ConfigError
from slcpctl import starting, supervisors
from slcpctl.systemd import Systemd


@pytest.fixture
def slcpd(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for Python: a shell script, to be written by the test."""
    script = home / "python"
    script.touch(mode=0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def write(script: Path, commands: str) -> None:
    script.write_text(f"#!/bin/sh\n{commands}\n")


def test_it_is_started_in_the_background(slcpd: Path, home: Path, daemon: FakeDaemon) -> None:
    write(slcpd, f'echo "$@" > {home}/words; echo ready; exec sleep 0.1 > /dev/null 2>&1')
    assert starting.start(None) == (STATUS, True)
    assert (home / "words").read_text() == "-m slcpd --background\n"


def test_it_is_told_the_profile(slcpd: Path, home: Path) -> None:
    write(slcpd, f'echo "$@" > {home}/words; echo ready')
    with FakeDaemon(home / "RUNTIME_DIR/slcp/control-work.sock"):
        starting.start("work")
    assert (home / "words").read_text() == "-m slcpd --background --profile work\n"


def test_a_configuration_that_is_wrong(slcpd: Path) -> None:
    write(slcpd, "echo 'slcpd: /c.toml: port must be a number' >&2; exit 2")
    with pytest.raises(ConfigError, match=r"^slcpd could not start: /c.toml: port must be a number$"):
        starting.start(None)


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ("echo 'Traceback' >&2; echo 'OSError: no network' >&2; exit 1", "OSError: no network"),
        ("exit 7", "it ended with exit code 7 and no word"),
        ("echo steady; exit 1", "exit code 1"),
        ("echo 'slcpd: /already running/c.toml: no' >&2; exit 1", "already running/c.toml: no"),
    ],
)
def test_what_keeps_it_from_starting_is_told(slcpd: Path, commands: str, why: str) -> None:
    write(slcpd, commands)
    with pytest.raises(starting.NotStartedError, match=why):
        starting.start(None)


def test_it_never_gets_ready(slcpd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "READY_WITHIN", 0.05)
    write(slcpd, "exec sleep 60")
    with pytest.raises(starting.NotStartedError, match="not ready within"):
        starting.start(None)


def test_another_has_been_faster(slcpd: Path, daemon: FakeDaemon) -> None:
    write(slcpd, "echo 'slcpd: this profile is taken' >&2; exit 3")
    assert starting.start(None) == (STATUS, False)


def test_another_holds_the_lock_and_does_not_answer(slcpd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "ANSWERS_WITHIN", 0.05)
    write(slcpd, "echo 'slcpd: this profile is taken' >&2; exit 3")
    with pytest.raises(starting.NotStartedError, match="another slcpd of this profile runs, but does not answer"):
        starting.start(None)


# As a service


@pytest.fixture
def service(system: FakePrograms, home: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """A service that is installed; what systemctl does with it is up to the test."""
    monkeypatch.setitem(supervisors.KINDS, sys.platform, Systemd)
    unit = home / "CONFIG_HOME/systemd/user/slcpd.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    return system


def test_a_service_is_started_and_no_daemon_beside_it(slcpd: Path, service: FakePrograms, daemon: FakeDaemon) -> None:
    service.add("systemctl")
    write(slcpd, "exit 1")
    assert starting.start(None) == (STATUS, True)
    assert service.calls == ["systemctl --user start slcpd.service"]


def test_a_service_of_another_profile_is_not_ours(slcpd: Path, service: FakePrograms, home: Path) -> None:
    service.add("systemctl")
    write(slcpd, "echo ready")
    with FakeDaemon(home / "RUNTIME_DIR/slcp/control-work.sock"):
        assert starting.start("work") == (STATUS, True)
    assert service.calls == []


def test_where_the_service_does_not_start_a_daemon_does_without_it(
    slcpd: Path, service: FakePrograms, daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    service.add("systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1")
    write(slcpd, "echo ready")
    assert starting.start(None) == (STATUS, True)
    told = "the service does not start: Failed to connect to bus: No medium found; starting slcpd without it\n"
    assert capsys.readouterr().err == told


def test_why_the_service_does_not_start_slcpd_itself_says(slcpd: Path, service: FakePrograms) -> None:
    service.add("systemctl", "exit 1")
    write(slcpd, "echo 'slcpd: /c.toml: port must be a number' >&2; exit 2")
    with pytest.raises(ConfigError, match=r"^slcpd could not start: /c.toml: port must be a number$"):
        starting.start(None)


def test_a_service_that_starts_and_does_not_answer(
    service: FakePrograms, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "READY_WITHIN", 0.05)
    service.add("systemctl")
    with pytest.raises(starting.NotStartedError, match="the service was started, but does not answer"):
        starting.start(None)
