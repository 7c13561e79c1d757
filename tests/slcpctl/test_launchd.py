"""What launchctl is asked. There is no launchd here: what it really answers nobody has tried."""

import os
from pathlib import Path

import pytest
from fake_programs import FakePrograms

from slcpctl.launchd import Launchd
from slcpctl.programs import ProgramError
from slcpctl.units import Facts

FACTS = Facts("/usr/bin/python3", None, ("/Users/ani",), {}, runs_programs=False, can_wall=False)
DOMAIN = f"gui/{os.getuid()}"
PRINTED = """
local.slcpd = {
	active count = 1
	state = running

	program = /usr/bin/python3
	pid = 42
}
"""


@pytest.fixture
def launchd(home: Path, system: FakePrograms, monkeypatch: pytest.MonkeyPatch) -> Launchd:
    monkeypatch.setenv("HOME", str(home))
    return Launchd(None)


def test_the_agent_is_where_launchd_looks(launchd: Launchd, home: Path) -> None:
    assert launchd.file == home / "Library/LaunchAgents/local.slcpd.plist"
    assert Launchd("work").file == home / "Library/LaunchAgents/local.slcpd.work.plist"


def test_an_agent_of_ours_is_told_from_others(launchd: Launchd) -> None:
    assert launchd.wrote(launchd.text(FACTS))
    assert not launchd.wrote(b"<plist/>")


def test_an_agent_that_is_there_is_replaced(launchd: Launchd, system: FakePrograms) -> None:
    system.add("launchctl", '[ "$1" != bootout ]')  # it was not there
    launchd.adopt()
    launchd.start()
    assert system.calls == [
        f"launchctl bootout {DOMAIN}/local.slcpd",
        f"launchctl enable {DOMAIN}/local.slcpd",
        f"launchctl bootstrap {DOMAIN} {launchd.file}",
        f"launchctl kickstart {DOMAIN}/local.slcpd",
    ]


def test_it_is_ended(launchd: Launchd, system: FakePrograms) -> None:
    system.add("launchctl")
    launchd.drop()
    launchd.forget()
    assert system.calls == [f"launchctl bootout {DOMAIN}/local.slcpd"]


def test_its_state(launchd: Launchd, system: FakePrograms) -> None:
    system.add("launchctl", f"cat <<'END'\n{PRINTED}\nEND\n".replace("cat", "/bin/cat"))
    assert launchd.state() == {"enabled": True, "state": "running", "pid": 42}


def test_the_state_of_what_is_not_there(launchd: Launchd, system: FakePrograms) -> None:
    system.add("launchctl", f'[ "$2" = {DOMAIN} ]')
    assert launchd.state() == {"enabled": False, "state": "inactive", "pid": None}


def test_launchd_that_does_not_answer(launchd: Launchd, system: FakePrograms) -> None:
    system.add("launchctl", "echo 'Could not find domain' >&2; exit 113")
    with pytest.raises(ProgramError, match="Could not find domain"):
        launchd.state()


def test_it_has_a_log_file_and_no_sandbox(launchd: Launchd) -> None:
    assert launchd.log(7) == []
    assert not launchd.can_wall()
    assert launchd.depends_on == ()
    assert launchd.advice(FACTS) == ["it runs while you are logged in"]
