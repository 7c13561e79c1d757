"""The service of a profile as launchd has it: an agent of the user's.

Written from launchd.plist(5) and launchctl(1); it has never been run.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from slcp.client import Json
from slcpctl.programs import ProgramError, output_of
from slcpctl.translating import tr
from slcpctl.units import Facts, agent_label, launchd_agent


class Launchd:
    """One agent."""

    title = "launchd"
    depends_on: tuple[str, ...] = ()

    def __init__(self, profile: str | None) -> None:
        self._label = agent_label(profile)
        self._domain = f"gui/{os.getuid()}"
        self.file = Path.home() / "Library/LaunchAgents" / f"{self._label}.plist"

    @property
    def _target(self) -> str:
        return f"{self._domain}/{self._label}"

    def text(self, facts: Facts) -> bytes:
        return launchd_agent(facts)

    def wrote(self, text: bytes) -> bool:
        """Tell whether an agent that is there is of our making: the label is ours."""
        return self._label.encode() in text

    def check(self) -> None:
        """Raises ProgramError when launchd does not answer."""
        output_of("launchctl", "print", self._domain)

    def can_wall(self) -> bool:
        return False

    def adopt(self) -> None:
        """Let launchd read the file, now and at each login. Raises ProgramError."""
        self._bootout()
        output_of("launchctl", "enable", self._target)
        output_of("launchctl", "bootstrap", self._domain, str(self.file))

    def start(self) -> None:
        """Start the agent, and do not wait until the daemon serves. Raises ProgramError."""
        output_of("launchctl", "kickstart", self._target)

    def drop(self) -> None:
        """End the agent, and start it no more. Raises ProgramError."""
        output_of("launchctl", "bootout", self._target)

    def forget(self) -> None:
        """Let go of the agent once its file is gone: launchd has no more to forget."""

    def state(self) -> Json:
        """Return `enabled`, `state`, and `pid`, None of what does not run. Raises ProgramError."""
        self.check()
        try:
            shown = output_of("launchctl", "print", self._target)
        except ProgramError:  # it has no such agent
            return {"enabled": False, "state": "inactive", "pid": None}
        state = re.search(r"^\s*state = (.+)$", shown, re.MULTILINE)
        pid = re.search(r"^\s*pid = (\d+)$", shown, re.MULTILINE)
        return {
            "enabled": True,
            "state": state[1] if state else "unknown",
            "pid": int(pid[1]) if pid else None,
        }

    def log(self, count: int) -> list[str]:  # noqa: ARG002  # as Systemd has it
        """Return nothing: the daemon of an agent writes its log file."""
        return []

    def advice(self, facts: Facts) -> list[str]:  # noqa: ARG002
        """Say what the user should know of a service that runs."""
        return [tr("it runs while you are logged in")]

    def _bootout(self) -> None:
        try:
            self.drop()
        except ProgramError:  # it has no such agent
            return
