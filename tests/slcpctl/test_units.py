"""The texts for systemd and launchd; systemd itself reads the units where it is installed."""

import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from daemons import WAIT

from slcpctl.units import MARK, UNRUNNABLE, UNWRITABLE, Facts, agent_label, launchd_agent, systemd_unit, unit_name

FACTS = Facts(
    python="/usr/bin/python3",
    profile=None,
    folders=("/home/ani/.config/slcp", "/home/ani/My Pictures"),
    environment={"SLCP_INTERFACES": "lo"},
    runs_programs=False,
    can_wall=True,
)
VARIANTS = {
    "plain": FACTS,
    "profile": replace(FACTS, profile="work.a-b_c"),
    "programs": replace(FACTS, runs_programs=True),
    "no walls": replace(FACTS, can_wall=False),
    "odd folders": replace(FACTS, folders=('/home/a "b" %h $HOME \\ {x} ü', "/x'y;z#")),
    "odd variables": replace(FACTS, environment={"XDG_DATA_HOME": '/a "b" %h $HOME \\ ü\'', "SLCP_INTERFACES": "a,b"}),
}


def settings(facts: Facts) -> list[str]:
    return [line for line in systemd_unit(facts).splitlines() if line and line[0] not in "#["]


def values(facts: Facts, name: str) -> list[str]:
    return [line.partition("=")[2] for line in settings(facts) if line.startswith(f"{name}=")]


def test_it_is_told_from_one_that_somebody_else_has_written() -> None:
    assert all(systemd_unit(facts).startswith(MARK) for facts in VARIANTS.values())


def test_the_daemon_is_run_by_the_python_that_has_it() -> None:
    assert values(FACTS, "ExecStart") == ["/usr/bin/python3 -m slcpd"]
    assert values(replace(FACTS, profile="work"), "ExecStart") == ["/usr/bin/python3 -m slcpd --profile work"]


@pytest.mark.parametrize(
    ("python", "written"),
    [
        ("/opt/my python/bin/python", '"/opt/my python/bin/python"'),
        ("/opt/100%/python", '"/opt/100%%/python"'),
        ("/opt/$HOME/python", ':"/opt/$HOME/python"'),
        ("/opt/a;b/python", '"/opt/a;b/python"'),
    ],
)
def test_nothing_in_the_path_of_python_means_something_to_systemd(python: str, written: str) -> None:
    assert values(replace(FACTS, python=python), "ExecStart") == [f"{written} -m slcpd"]


def test_systemd_waits_until_it_serves_and_watches_that_it_is_not_stuck() -> None:
    assert values(FACTS, "Type") == ["notify"]
    assert values(FACTS, "WatchdogSec") == ["60"]


def test_it_starts_again_after_a_crash_but_not_where_that_is_no_use() -> None:
    assert values(FACTS, "Restart") == ["on-failure"]
    assert values(FACTS, "RestartPreventExitStatus") == ["2 3"]


def test_it_has_the_variables_of_who_installs_it() -> None:
    facts = replace(FACTS, environment={"XDG_DATA_HOME": '/my "data" 100%', "SLCP_INTERFACES": "lo"})
    assert values(facts, "Environment") == [r'"XDG_DATA_HOME=/my \"data\" 100%%"', "SLCP_INTERFACES=lo"]


def test_the_folder_of_the_socket_is_the_managers_choice() -> None:
    facts = replace(FACTS, environment={"XDG_RUNTIME_DIR": "/run/user/1000"})
    assert values(facts, "Environment") == []
    assert values(facts, "RuntimeDirectory") == ["slcp"]
    assert values(facts, "RuntimeDirectoryPreserve") == ["yes"]  # other profiles have theirs there


def test_it_may_write_to_its_folders_alone() -> None:
    assert values(FACTS, "ReadWritePaths") == [
        "-/home/ani/.config/slcp",
        '"-/home/ani/My Pictures"',
        "-/tmp",
        "-/var/tmp",
    ]
    assert values(FACTS, "ProtectHome") == ["read-only"]
    assert values(FACTS, "ProtectSystem") == ["strict"]
    assert values(FACTS, "PrivateUsers") == ["yes"]  # systemd ignores the others without it


def test_where_users_can_make_no_file_system_only_the_kernel_is_out_of_reach() -> None:
    facts = replace(FACTS, can_wall=False)
    for name in ("PrivateUsers", "ProtectHome", "ProtectSystem", "ReadWritePaths", "InaccessiblePaths"):
        assert values(facts, name) == []
    assert values(facts, "SystemCallFilter") == ["@system-service"]


def test_programs_of_the_user_are_not_in_a_sandbox_and_outlive_the_daemon() -> None:
    facts = replace(FACTS, runs_programs=True)
    for name in ("NoNewPrivileges", "MemoryDenyWriteExecute", "SystemCallFilter", "PrivateUsers", "ProtectHome"):
        assert values(facts, name) == []
    assert values(facts, "KillMode") == ["process"]
    assert values(FACTS, "KillMode") == []


@pytest.mark.parametrize("path", ["/a\nExecStart=/bin/sh", "/a\0", "/a\x1b", "/a\udcff"])
def test_a_path_that_no_unit_can_hold(path: str) -> None:
    assert UNWRITABLE.search(path)


@pytest.mark.parametrize("path", ['/a"b', "/a'b", "/a\\b"])
def test_a_path_of_a_program_that_systemd_does_not_run(path: str) -> None:
    assert UNRUNNABLE.search(path)
    assert not UNWRITABLE.search(path)


def verify(folder: Path, facts: Facts) -> str:
    """Let systemd read a unit; return what it has to say against it."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = folder / unit_name(facts.profile)
    unit.write_text(systemd_unit(facts), encoding="utf-8")
    command = [analyze, "--user", "--man=no", "verify", str(unit)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT, check=False)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_systemd_has_nothing_against_the_unit(tmp_path: Path, variant: str) -> None:
    assert verify(tmp_path, replace(VARIANTS[variant], python=sys.executable)) == ""


@pytest.mark.parametrize("name", ["my python", "100%h", "$HOME", "a;b", "{x}", "#", "ü", "-", "@x"])
def test_systemd_finds_a_python_of_any_name(tmp_path: Path, name: str) -> None:
    python = tmp_path / name / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    assert verify(tmp_path, replace(FACTS, python=str(python))) == ""


@pytest.mark.parametrize("name", ['a"b', "a'b", "a\\b"])
def test_systemd_would_not_run_a_python_that_is_refused(tmp_path: Path, name: str) -> None:
    python = tmp_path / name / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    assert verify(tmp_path, replace(FACTS, python=str(python))) != ""


# launchd


def test_the_agent_for_launchd() -> None:
    facts = replace(FACTS, python="/opt/a b/python", environment={"XDG_RUNTIME_DIR": "/x"}, profile="work")
    assert plistlib.loads(launchd_agent(facts)) == {
        "Label": "local.slcpd.work",
        "ProgramArguments": ["/opt/a b/python", "-m", "slcpd", "--background", "--profile", "work"],
        "WorkingDirectory": "/",
        "EnvironmentVariables": {"XDG_RUNTIME_DIR": "/x"},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
    }


def test_each_profile_has_a_service_of_its_own() -> None:
    assert [unit_name(None), unit_name("work")] == ["slcpd.service", "slcpd-work.service"]
    assert [agent_label(None), agent_label("work")] == ["local.slcpd", "local.slcpd.work"]
