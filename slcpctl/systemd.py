"""The service of a profile as systemd has it: a unit of the user's own manager."""

from __future__ import annotations

import os
import sys

import platformdirs

from slcp.client import Json
from slcpctl.journal import log_line
from slcpctl.programs import ProgramError, output_of
from slcpctl.translating import tr
from slcpctl.units import MARK, Facts, systemd_unit, unit_name

ENABLED = {"enabled", "enabled-runtime"}  # states of a unit file whose unit starts at the login
WALLS = ("PrivateUsers=yes", "ProtectSystem=strict", "ProtectHome=read-only")  # those of the unit
IS_READ_ONLY = "import os, sys; sys.exit(os.access(os.path.expanduser('~'), os.W_OK))"


class Systemd:
    """One unit."""

    title = "systemd"
    depends_on = ("imagepath", "open_images", "on_message")  # keys of the config: the sandbox does

    def __init__(self, profile: str | None) -> None:
        self._unit = unit_name(profile)
        self.file = platformdirs.user_config_path() / "systemd/user" / self._unit

    def text(self, facts: Facts) -> bytes:
        return systemd_unit(facts).encode()

    def wrote(self, text: bytes) -> bool:
        """Tell whether a unit that is there is of our making."""
        return text.startswith(MARK.encode())

    def check(self) -> None:
        """Raises ProgramError when the user's manager does not answer."""
        _systemctl("show", "--property=Version")

    def can_wall(self) -> bool:
        """Tell whether the manager can make files read-only for a service: some systems let no user do so."""
        run = ("systemd-run", "--user", "--wait", "--collect", "--quiet")
        try:
            output_of(*run, *(f"--property={wall}" for wall in WALLS), sys.executable, "-c", IS_READ_ONLY)
        except ProgramError:
            return False
        return True

    def adopt(self) -> None:
        """Let the manager read the file, and start the unit at each login. Raises ProgramError."""
        _systemctl("daemon-reload")
        _systemctl("enable", str(self.file))  # by its path: the manager may know another XDG_CONFIG_HOME

    def start(self) -> None:
        """Start the unit; return when the daemon serves. Raises ProgramError."""
        _systemctl("start", self._unit)

    def drop(self) -> None:
        """End the unit, and start it no more. Raises ProgramError."""
        _systemctl("disable", "--now", self._unit)

    def forget(self) -> None:
        """Let go of the unit once its file is gone. Raises ProgramError."""
        (self.file.parent / "default.target.wants" / self._unit).unlink(missing_ok=True)
        _systemctl("daemon-reload")

    def state(self) -> Json:
        """Return `enabled`, `state`, and `pid`, None of what does not run. Raises ProgramError."""
        shown = _systemctl("show", "--property=UnitFileState,ActiveState,MainPID", self._unit)
        properties = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        return {
            "enabled": properties.get("UnitFileState") in ENABLED,
            "state": properties.get("ActiveState", "unknown"),
            "pid": int(properties.get("MainPID") or 0) or None,
        }

    def log(self, count: int) -> list[str]:
        """Return the last lines of the unit's journal, as the log file has them; none where they cannot be read."""
        words = (f"--user-unit={self._unit}", f"--lines={count}", "--output=json", "--no-pager", "--quiet")
        try:
            return [log_line(entry) for entry in output_of("journalctl", *words).splitlines()]
        except ProgramError:
            return []

    def advice(self, facts: Facts) -> list[str]:
        """Say what the user should know of a service that runs."""
        advice = []
        if not _lingers():
            advice.append(tr("it runs while you are logged in; `loginctl enable-linger` lets it run all the time"))
        if facts.runs_programs:
            words = tr("it has no sandbox, for on_message or open_images is set, and their programs would be in it")
            advice.append(words)
        elif not facts.can_wall:
            words = tr("its sandbox lets it write wherever you can: this system lets it make no read-only view")
            advice.append(words)
        return advice


def _lingers() -> bool:
    """Tell whether the user's manager runs without the user being logged in."""
    try:
        shown = output_of("loginctl", "show-user", str(os.getuid()), "--property=Linger")
    except ProgramError:  # there is no logind, or it does not know the user
        return False
    return shown.strip() == "Linger=yes"


def _systemctl(*words: str) -> str:
    return output_of("systemctl", "--user", *words)
