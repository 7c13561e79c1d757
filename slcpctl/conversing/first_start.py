"""The first start: a config file with the handle that the user has chosen."""

from __future__ import annotations

from pathlib import Path

from slcp.client import Connection, DaemonUnreachableError
from slcp.endpoint import control_socket
from slcp.places import places
from slcpctl.translating import tr


def config_to_write(profile: str | None) -> Path | None:
    """Return where the config file is to be; None if a daemon runs, or there is one."""
    try:
        with Connection(control_socket(profile)):
            return None
    except DaemonUnreachableError:
        path = places(profile).config
        return None if path.exists() else path


def wrong_handle() -> str:
    """Say what a handle must be, to whoever has chosen one that cannot be."""
    from slcp.config import KEYS

    expected = KEYS["handle"].expects
    return tr("The name must be {expected}", expected=tr(expected))


def write_config(path: Path, handle: str) -> None:
    """Write a config file that says what can be set, and sets the handle."""
    from slcp.config import template

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template(handle), encoding="utf-8")
