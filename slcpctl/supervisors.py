"""Who looks after the daemon of a profile when it is a service: systemd, or launchd on macOS."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from slcp.client import Json
from slcp.errors import SlcpError
from slcpctl.launchd import Launchd
from slcpctl.systemd import Systemd
from slcpctl.translating import tr
from slcpctl.units import Facts


class NoSupervisorError(SlcpError):
    """This system has no service manager that we know."""


class Supervisor(Protocol):
    """The service of one profile. What tells the manager something, and `check` and `state`, may raise ProgramError."""

    @property
    def title(self) -> str: ...
    @property
    def depends_on(self) -> tuple[str, ...]: ...
    @property
    def file(self) -> Path: ...
    def text(self, facts: Facts) -> bytes: ...
    def wrote(self, text: bytes) -> bool: ...
    def check(self) -> None: ...
    def can_wall(self) -> bool: ...
    def adopt(self) -> None: ...
    def start(self) -> None: ...
    def drop(self) -> None: ...
    def forget(self) -> None: ...
    def state(self) -> Json: ...
    def log(self, count: int) -> list[str]: ...
    def advice(self, facts: Facts) -> list[str]: ...


KINDS: dict[str, type[Systemd | Launchd]] = {"linux": Systemd, "darwin": Launchd}


def supervisor_of(profile: str | None, platform: str = sys.platform) -> Supervisor:
    """Return who may look after the daemon of a profile. Raises NoSupervisorError."""
    if platform not in KINDS:
        raise NoSupervisorError(
            tr(
                "slcpctl knows how to make a service for systemd and launchd, not on {platform}: let its own service "
                "manager run `{python} -m slcpd`, which stays in the foreground",
                platform=platform,
                python=sys.executable,
            )
        )
    return KINDS[platform](profile)


def installed(profile: str | None) -> Supervisor | None:
    """Return who looks after the daemon of a profile, None where it is no service."""
    try:
        supervisor = supervisor_of(profile)
    except NoSupervisorError:
        return None
    return supervisor if supervisor.file.exists() else None
