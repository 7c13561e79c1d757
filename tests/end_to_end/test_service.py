"""slcpd as a service of a real systemd: it serves in its sandbox, and comes back when it should."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from daemons import WAIT
from user_manager import HOME, RUNTIME, ManagerUnavailableError, UserManager

CAT = "from PIL import Image; Image.effect_noise((300, 200), 60).save('cat.png')"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserManager]:
    with contextlib.ExitStack() as stack:
        try:
            user = stack.enter_context(UserManager(tmp_path_factory.mktemp("user")))
        except ManagerUnavailableError as error:
            pytest.skip(str(error))
        user.sh("mkdir -p .config/slcp/profiles/luca; echo 'handle = \"Luca\"' >.config/slcp/profiles/luca/config.toml")
        user.slcpctl("--profile", "luca", "start")
        yield user


@pytest.fixture
def service(user: UserManager) -> Iterator[UserManager]:
    """A service that runs, of Ani's, beside a daemon of Luca's that is none."""
    user.sh("echo 'handle = \"Ani\"' >.config/slcp/config.toml")
    user.slcpctl("service", "install")
    until(lambda: "Luca" in user.slcpctl("users"))
    yield user
    user.slcpctl("service", "remove")
    user.sh("rm -rf .config/systemd .local/state/slcp/settings.toml")


def serves_as_service(status: dict[str, Any]) -> bool:
    daemon = status["daemon"]
    return status["state"] == "active" and daemon is not None and bool(daemon["pid"] == status["pid"])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2 * WAIT
    while not holds():
        assert time.monotonic() < deadline, "it does not come"


def test_it_runs_and_is_what_answers(service: UserManager) -> None:
    status = service.status()
    assert (status["installed"], status["enabled"], status["daemon"]["handle"]) == (True, True, "Ani")
    assert serves_as_service(status)
    assert service.show("StatusText") == [f"serving at port {status['daemon']['port']}"]


def test_its_sandbox_keeps_nothing_from_it_that_it_needs(service: UserManager) -> None:
    assert service.show("NoNewPrivileges", "PrivateUsers", "ProtectHome") == ["yes", "yes", "read-only"]
    service.run(sys.executable, "-c", CAT)
    service.sh("mv cat.png /tmp/cat.png; cp /tmp/cat.png .")
    for path in ("cat.png", "/tmp/cat.png"):
        assert "delivered" in service.slcpctl("img", "Luca", path, "--wait")
    assert "delivered" in service.slcpctl("--profile", "luca", "img", "Ani", "cat.png", "--wait")
    assert "delivered" in service.slcpctl("--profile", "luca", "msg", "Ani", "Hallo", "--wait")
    service.slcpctl("config", "handle", "Anja")
    until(lambda: "Anja" in service.slcpctl("--profile", "luca", "users"))
    assert "_Luca.png\n" in service.sh("ls .local/share/slcp/images")


def test_its_sandbox_keeps_it_from_all_else(service: UserManager) -> None:
    service.sh("mkdir -p .ssh; echo key >.ssh/id")
    service.slcpctl("service", "install")
    service.slcpctl("stop")
    service.slcpctl("start")  # what is hidden must be there when it starts
    root = f"/proc/{service.status()['pid']}/root"
    for path in (HOME, f"{HOME}/.config/systemd/user", f"{RUNTIME}"):
        assert "Read-only" in service.run("touch", f"{root}{path}/new", check=False).stderr
    service.run("touch", f"{root}{HOME}/.local/share/slcp/new", f"{root}/tmp/new")
    assert "denied" in service.run("cat", f"{root}{HOME}/.ssh/id", check=False).stderr
    for socket in ("bus", "systemd/private"):
        service.run("test", "-w", f"{RUNTIME}/{socket}")
        service.run("test", "!", "-w", f"{root}{RUNTIME}/{socket}")


def test_images_go_where_imagepath_says_once_the_service_is_made_for_it(service: UserManager) -> None:
    service.run(sys.executable, "-c", CAT)
    ran = service.run(sys.executable, "-m", "slcpctl", "config", "imagepath", "~/My images")
    assert "`slcpctl service install`" in ran.stderr
    service.slcpctl("service", "install")
    assert "delivered" in service.slcpctl("--profile", "luca", "img", "Ani", "cat.png", "--wait")
    assert service.sh("ls 'My images'").endswith("_Luca.png\n")


def test_programs_of_the_user_can_do_what_the_user_can(service: UserManager) -> None:
    service.sh("printf '#!/bin/sh\\ncat >seen.new; mv seen.new seen' >hook; chmod 700 hook")
    service.slcpctl("config", "on_message", f"sh -c 'cd; exec {HOME}/hook'")
    service.slcpctl("service", "install")
    service.slcpctl("--profile", "luca", "msg", "Ani", "Hallo", "--wait")
    until(lambda: service.run("test", "-f", "seen", check=False).returncode == 0)
    assert '"Hallo"' in service.sh("cat seen; rm seen")


def test_it_stays_down_when_it_was_stopped(service: UserManager) -> None:
    service.slcpctl("stop")
    until(lambda: service.show("ActiveState") != ["deactivating"])
    assert service.show("ActiveState", "SubState", "Result") == ["inactive", "dead", "success"]
    service.slcpctl("msg", "Luca", "--wait", "back again")  # what needs the daemon starts the service
    assert serves_as_service(service.status())


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_it_comes_back_after_a_crash_and_when_it_is_stuck(service: UserManager, signal: str) -> None:
    service.configure_unit("RestartSec=100ms\\nWatchdogSec=3")
    service.slcpctl("stop")
    service.slcpctl("start")
    pid = service.status()["pid"]
    service.run("kill", f"-{signal}", str(pid))
    until(lambda: serves_as_service(service.status()))
    assert service.status()["pid"] != pid


def test_a_wrong_configuration_is_not_tried_again_and_is_told(service: UserManager) -> None:
    service.slcpctl("stop")
    service.sh("echo 'port = 1' >.config/slcp/config.toml")
    ran = service.run(sys.executable, "-m", "slcpctl", "start", check=False)
    assert ran.returncode == 2
    assert "port must be" in ran.stderr
    assert service.show("ActiveState", "SubState", "ExecMainStatus") == ["failed", "failed", "2"]


def test_nothing_is_left_of_it(service: UserManager) -> None:
    service.slcpctl("service", "remove")
    status = service.status()
    assert (status["installed"], status["enabled"], status["state"], status["daemon"]) == (
        False,
        False,
        "inactive",
        None,
    )
    assert service.sh("find .config/systemd -name 'slcpd*'") == ""


def test_what_ran_before_is_taken_over(user: UserManager) -> None:
    user.slcpctl("start")
    ran = user.run(sys.executable, "-m", "slcpctl", "service", "install")
    assert "it is ended, and started as a service" in ran.stderr
    assert serves_as_service(user.status())
    user.slcpctl("service", "remove")
