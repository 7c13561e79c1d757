import os
from pathlib import Path

import pytest
from fake_programs import FakePrograms

from slcpctl.programs import ProgramError
from slcpctl.systemd import Systemd
from slcpctl.units import Facts

FACTS = Facts("/usr/bin/python3", None, ("/home/ani",), {}, runs_programs=False, can_wall=True)
ME = os.getuid()


@pytest.fixture
def systemd(home: Path, system: FakePrograms) -> Systemd:
    return Systemd(None)


def test_the_unit_is_where_the_users_manager_looks(systemd: Systemd, home: Path) -> None:
    assert systemd.file == home / "CONFIG_HOME/systemd/user/slcpd.service"
    assert Systemd("work").file == home / "CONFIG_HOME/systemd/user/slcpd-work.service"


def test_a_unit_of_ours_is_told_from_others(systemd: Systemd) -> None:
    assert systemd.wrote(systemd.text(FACTS))
    assert not systemd.wrote(b"[Unit]\nDescription=mine\n")


def test_it_is_adopted_by_its_path_and_started_by_its_name(systemd: Systemd, system: FakePrograms) -> None:
    system.add("systemctl")
    systemd.adopt()
    systemd.start()
    assert system.calls == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable {systemd.file}",
        "systemctl --user start slcpd.service",
    ]


def test_it_is_ended_and_forgotten_with_the_link_that_starts_it(systemd: Systemd, system: FakePrograms) -> None:
    system.add("systemctl")
    link = systemd.file.parent / "default.target.wants/slcpd.service"
    link.parent.mkdir(parents=True)
    link.symlink_to(systemd.file)
    systemd.drop()
    systemd.forget()
    assert system.calls == ["systemctl --user disable --now slcpd.service", "systemctl --user daemon-reload"]
    assert not link.is_symlink()


def test_its_state(systemd: Systemd, system: FakePrograms) -> None:
    system.add("systemctl", "echo UnitFileState=enabled; echo ActiveState=active; echo MainPID=42")
    assert systemd.state() == {"enabled": True, "state": "active", "pid": 42}
    assert system.calls == ["systemctl --user show --property=UnitFileState,ActiveState,MainPID slcpd.service"]


def test_the_state_of_what_is_not_there(systemd: Systemd, system: FakePrograms) -> None:
    system.add("systemctl", "echo UnitFileState=; echo ActiveState=inactive; echo MainPID=0")
    assert systemd.state() == {"enabled": False, "state": "inactive", "pid": None}


def test_a_manager_that_does_not_answer(systemd: Systemd, system: FakePrograms) -> None:
    system.add("systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1")
    with pytest.raises(ProgramError, match=r"^Failed to connect to bus: No medium found$"):
        systemd.check()
    with pytest.raises(ProgramError, match="bus"):
        systemd.state()


@pytest.mark.parametrize(("commands", "can"), [("exit 0", True), ("exit 1", False), ("exit 226", False)])
def test_whether_files_can_be_made_read_only_is_tried(
    systemd: Systemd, system: FakePrograms, commands: str, can: bool
) -> None:
    system.add("systemd-run", commands)
    assert systemd.can_wall() is can
    [call] = system.calls
    assert "--property=PrivateUsers=yes --property=ProtectSystem=strict --property=ProtectHome=read-only" in call


def test_without_systemd_run_nothing_is_tried(systemd: Systemd) -> None:
    assert systemd.can_wall() is False


# The journal


def test_the_end_of_its_log_is_that_of_the_journal(systemd: Systemd, system: FakePrograms) -> None:
    system.add("journalctl", """echo '{"__REALTIME_TIMESTAMP": "1000000", "MESSAGE": "Ani is here"}'""")
    [line] = systemd.log(7)
    assert '"message": "Ani is here"' in line
    assert system.calls == ["journalctl --user-unit=slcpd.service --lines=7 --output=json --no-pager --quiet"]


def test_without_a_journal_there_is_no_log(systemd: Systemd, system: FakePrograms) -> None:
    assert systemd.log(7) == []
    system.add("journalctl", "exit 1")
    assert systemd.log(7) == []


# Advice


@pytest.mark.parametrize("answer", ["echo Linger=no", "exit 1"])
def test_that_it_ends_with_the_login_is_told(systemd: Systemd, system: FakePrograms, answer: str) -> None:
    system.add("loginctl", answer)
    [advice] = systemd.advice(FACTS)
    assert "`loginctl enable-linger`" in advice
    assert system.calls == [f"loginctl show-user {ME} --property=Linger"]


def test_who_has_made_it_linger_is_told_nothing(systemd: Systemd, system: FakePrograms) -> None:
    system.add("loginctl", "echo Linger=yes")
    assert systemd.advice(FACTS) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts("/p", None, (), {}, runs_programs=True, can_wall=True), "on_message or open_images is set"),
        (Facts("/p", None, (), {}, runs_programs=False, can_wall=False), "lets it write wherever you can"),
    ],
)
def test_what_the_sandbox_lacks_is_told(systemd: Systemd, system: FakePrograms, facts: Facts, words: str) -> None:
    system.add("loginctl", "echo Linger=yes")
    [advice] = systemd.advice(facts)
    assert words in advice
