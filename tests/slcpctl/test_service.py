"""The command service, with a systemctl that keeps what it is asked, and a daemon that answers what the test wants."""

import json
import sys
from pathlib import Path

import pytest
from fake_daemon import STATUS, FakeDaemon
from fake_programs import FakePrograms
from ran import Run

from slcpctl import supervisors
from slcpctl.systemd import Systemd

ENDED = (1 << 22) + 1  # the pid of no process: above what Linux gives
SHOWS = 'case "$*" in *MainPID*) echo UnitFileState=enabled; echo ActiveState=active; echo MainPID={pid};; esac'


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(supervisors.KINDS, sys.platform, Systemd)


@pytest.fixture
def unit(home: Path) -> Path:
    return home / "CONFIG_HOME/systemd/user/slcpd.service"


def runs(daemon: FakeDaemon, system: FakePrograms, pid: int, of_the_service: int) -> None:
    """Let a daemon run with this pid, while systemd thinks that its own has another."""
    daemon.answers["status"] = {**STATUS, "pid": pid}
    daemon.answers["shutdown"] = {}
    system.add("systemctl", SHOWS.format(pid=of_the_service))


def was_ended(daemon: FakeDaemon) -> bool:
    return bool(daemon.params_of("shutdown"))


# install


def test_install_writes_the_unit_and_starts_it(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    ran = slcpctl("service", "install")
    assert (ran.code, ran.out) == (0, "")
    assert f"slcpd runs as a service now (handle Ani, port 5001): {unit}" in ran.err
    assert f"ExecStart={sys.executable} -m slcpd\n" in unit.read_text()
    asked = [call for call in system.calls if " show " not in call]
    assert asked == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable {unit}",
        "systemctl --user start slcpd.service",
    ]


def test_install_for_a_profile(slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    with FakeDaemon(daemon.path.with_name("control-work.sock")) as work:
        work.answers.update(daemon.answers)
        assert slcpctl("--profile", "work", "service", "install").code == 0
    assert "-m slcpd --profile work\n" in unit.with_name("slcpd-work.service").read_text()
    assert "systemctl --user start slcpd-work.service" in system.calls
    assert not unit.exists()


def test_a_daemon_that_runs_already_is_ended_and_the_service_takes_over(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms
) -> None:
    runs(daemon, system, ENDED, of_the_service=0)
    ran = slcpctl("service", "install")
    assert ran.code == 0
    assert was_ended(daemon)
    assert f"slcpd runs already (process {ENDED}); it is ended, and started as a service" in ran.err


def test_a_second_install_leaves_the_service_alone(slcpctl: Run, daemon: FakeDaemon, system: FakePrograms) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    slcpctl("service", "install")
    daemon.asked.clear()
    assert slcpctl("service", "install").code == 0
    assert not was_ended(daemon)


def test_a_second_install_after_a_change_starts_it_anew(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, home: Path, unit: Path
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    system.add("systemd-run")
    slcpctl("service", "install")
    daemon.asked.clear()
    (home / "STATE_HOME/slcp/settings.toml").write_text(f'imagepath = "{home}/My images"\n')
    assert slcpctl("service", "install").code == 0
    assert was_ended(daemon)
    assert f'ReadWritePaths="-{home}/My images"\n' in unit.read_text()
    assert (home / "My images").is_dir()


def test_the_folders_are_there_before_the_unit_needs_them(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, home: Path, unit: Path
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    system.add("systemd-run")
    slcpctl("service", "install")
    for folder in (home / "CONFIG_HOME/slcp", home / "STATE_HOME/slcp", home / "DATA_HOME/slcp"):
        assert f"ReadWritePaths=-{folder}\n" in unit.read_text()
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("key", ['on_message = "true"', "open_images = true"])
def test_without_a_sandbox_where_programs_of_the_user_would_be_in_it(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, home: Path, unit: Path, key: str
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    system.add("systemd-run")
    config = home / "CONFIG_HOME/slcp/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"{key}\n")
    assert "it has no sandbox" in slcpctl("service", "install").err
    assert "NoNewPrivileges" not in unit.read_text()


def test_the_variables_that_say_where_everything_is_go_into_the_unit(
    slcpctl: Run,
    daemon: FakeDaemon,
    system: FakePrograms,
    home: Path,
    unit: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    monkeypatch.setenv("SLCP_INTERFACES", "lo,eth0")
    monkeypatch.setenv("XDG_DATA_HOME", " ")  # as good as none
    monkeypatch.setenv("HOME", str(home))
    slcpctl("service", "install")
    environment = [line for line in unit.read_text().splitlines() if line.startswith("Environment=")]
    assert environment == [
        f"Environment=XDG_CONFIG_HOME={home}/CONFIG_HOME",
        f"Environment=XDG_STATE_HOME={home}/STATE_HOME",
        "Environment=SLCP_INTERFACES=lo,eth0",
    ]


def test_install_for_programs(slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    ran = slcpctl("service", "install", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "installed": True,
        "file": str(unit),
        "manager": "systemd",
        "enabled": True,
        "state": "active",
        "pid": ENDED,
        "problem": None,
        "daemon": {**STATUS, "pid": ENDED},
    }


# What keeps it from being installed


def test_without_systemctl_the_unit_is_written_and_the_next_step_told(
    slcpctl: Run, system: FakePrograms, unit: Path
) -> None:
    ran = slcpctl("service", "install")
    assert ran.code == 1
    assert (
        f"{unit} is written, but systemd cannot be told: there is no program systemctl; log in as this user" in ran.err
    )
    assert f"`{sys.executable} -m slcpd`, which stays in the foreground" in ran.err
    assert unit.exists()


def test_without_a_user_bus_the_daemon_that_runs_goes_on(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path
) -> None:
    system.add("systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1")
    ran = slcpctl("service", "install")
    assert ran.code == 1
    assert "Failed to connect to bus: No medium found; log in as this user, not by su or sudo" in ran.err
    assert not was_ended(daemon)
    assert unit.exists()


def test_a_daemon_that_does_not_start_is_told(slcpctl: Run, system: FakePrograms) -> None:
    system.add("systemctl", 'case "$2" in start) echo "Job for slcpd.service failed." >&2; exit 1;; esac')
    ran = slcpctl("service", "install")
    assert ran.code == 1
    assert "does not start: Job for slcpd.service failed; `slcpctl logs` may tell why" in ran.err


def test_a_wrong_configuration_is_told_before_anything_is_written(
    slcpctl: Run, system: FakePrograms, home: Path, unit: Path
) -> None:
    config = home / "CONFIG_HOME/slcp/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("port = 1\n")
    ran = slcpctl("service", "install")
    assert ran.code == 2
    assert f"{config}: port must be" in ran.err
    assert not unit.exists()


@pytest.mark.parametrize("action", ["install", "remove"])
def test_a_unit_of_somebody_else_is_left_alone(slcpctl: Run, system: FakePrograms, unit: Path, action: str) -> None:
    system.add("systemctl")
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    ran = slcpctl("service", action)
    assert ran.code == 1
    assert f"{unit} was not written by slcpctl" in ran.err
    assert unit.read_text() == "[Service]\n"
    assert system.calls == []


def test_a_python_that_has_slcpd_only_here_is_refused(
    slcpctl: Run, system: FakePrograms, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.add("python", 'echo "$0: No module named slcpd" >&2; exit 1')
    monkeypatch.setattr(sys, "executable", str(system.folder / "python"))
    ran = slcpctl("service", "install")
    assert ran.code == 1
    assert "a service could not run slcpd: " in ran.err
    assert "No module named slcpd; install slcp for this Python" in ran.err
    assert not unit.exists()


@pytest.mark.parametrize("path", ["/a\nb", "/a\x1bb"])
def test_a_folder_that_no_unit_can_name_is_refused(
    slcpctl: Run, system: FakePrograms, home: Path, unit: Path, path: str
) -> None:
    settings = home / "STATE_HOME/slcp/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"imagepath = {json.dumps(f'{home}{path}')}\n")
    ran = slcpctl("service", "install")
    assert ran.code == 1
    assert "a service manager cannot read such a path" in ran.err
    assert "\x1b" not in ran.err
    assert not unit.exists()


def test_a_python_that_no_unit_can_run_is_refused(
    slcpctl: Run, system: FakePrograms, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.add('the "python"')
    monkeypatch.setattr(sys, "executable", str(system.folder / 'the "python"'))
    assert "a service manager cannot read such a path" in slcpctl("service", "install").err
    assert not unit.exists()


def test_where_no_manager_is_known_it_says_so(
    slcpctl: Run, monkeypatch: pytest.MonkeyPatch, system: FakePrograms
) -> None:
    monkeypatch.setattr(supervisors, "KINDS", {})
    for action in ("install", "remove", "status"):
        ran = slcpctl("service", action)
        assert ran.code == 1
        assert f"not on {sys.platform}" in ran.err


# remove


def test_remove_ends_it_and_takes_everything_away(
    slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path
) -> None:
    runs(daemon, system, ENDED, of_the_service=ENDED)
    slcpctl("service", "install")
    system.forget_calls()
    ran = slcpctl("service", "remove")
    assert (ran.code, ran.err) == (0, f"removed {unit}\n")
    assert system.calls == ["systemctl --user disable --now slcpd.service", "systemctl --user daemon-reload"]
    assert not unit.exists()


def test_to_remove_what_is_not_there_is_no_error(slcpctl: Run, system: FakePrograms, unit: Path) -> None:
    ran = slcpctl("service", "remove")
    assert (ran.code, ran.err) == (0, f"no service is installed: there is no {unit}\n")
    assert json.loads(slcpctl("service", "remove", "--json").out)["installed"] is False


def test_the_unit_goes_even_if_its_manager_does_not_answer(slcpctl: Run, system: FakePrograms, unit: Path) -> None:
    slcpctl("service", "install")
    assert unit.exists()
    ran = slcpctl("service", "remove")
    assert ran.code == 0
    assert "systemd has not ended the service: there is no program systemctl" in ran.err
    assert not unit.exists()


# status


def test_status_of_a_service_that_runs(slcpctl: Run, daemon: FakeDaemon, system: FakePrograms, unit: Path) -> None:
    runs(daemon, system, 42, of_the_service=42)
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert slcpctl("service", "status").out.splitlines() == [
        "installed  yes",
        f"file       {unit}",
        "manager    systemd",
        "enabled    yes",
        "state      active",
        "pid        42",
        "daemon     handle Ani, port 5001, process 42, the service",
    ]


def test_status_of_a_daemon_that_runs_outside(slcpctl: Run, daemon: FakeDaemon, system: FakePrograms) -> None:
    runs(daemon, system, 43, of_the_service=42)
    assert slcpctl("service", "status").out.splitlines()[-1].endswith("process 43, outside of the service")


def test_status_where_nothing_is_and_nobody_answers(slcpctl: Run, system: FakePrograms, unit: Path) -> None:
    ran = slcpctl("service", "status")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "installed  no",
        f"file       {unit}",
        "manager    systemd",
        "problem    there is no program systemctl",
        "daemon     none answers; `slcpctl start` starts one",
    ]
    shown = json.loads(slcpctl("service", "status", "--json").out)
    assert (shown["enabled"], shown["state"], shown["pid"], shown["daemon"]) == (None, None, None, None)
