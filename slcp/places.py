"""Where the files of a profile are: on Linux by the XDG variables, elsewhere by platformdirs."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from slcp.endpoint import control_socket

APP = "slcp"


@dataclass(frozen=True, slots=True)
class Places:
    """All files of one profile."""

    config: Path  # the user's; written once, at the first run
    settings: Path  # what was changed at run time
    lock: Path  # held while a daemon runs; says nothing by being there
    log: Path
    database: Path
    identity: Path  # our private key
    images: Path  # unless `imagepath` names another folder
    outbox: Path  # copies of the images that wait to be sent
    socket: Path


def places(profile: str | None = None, config: Path | None = None) -> Places:
    """Return the places of a profile; `config` overrides the config file alone."""
    inside = Path("profiles", profile) if profile else Path()
    folders = _folders()
    state = folders.state / inside
    data = folders.data / inside
    return Places(
        config=config or folders.config / inside / "config.toml",
        settings=state / "settings.toml",
        lock=state / "slcpd.lock",
        log=state / "slcpd.log",
        database=data / "history.sqlite",
        identity=data / "identity.pem",
        images=data / "images",
        outbox=data / "outbox",
        socket=Path(control_socket(profile)),
    )


class _Folders(NamedTuple):
    """Of the user, for us."""

    config: Path
    state: Path
    data: Path


if sys.platform == "linux":

    def _folders() -> _Folders:
        """Follow https://specifications.freedesktop.org/basedir-spec: platformdirs would cost 1 MB and 10 ms."""
        return _Folders(
            config=_xdg("XDG_CONFIG_HOME", "~/.config"),
            state=_xdg("XDG_STATE_HOME", "~/.local/state"),
            data=_xdg("XDG_DATA_HOME", "~/.local/share"),
        )

    def _xdg(variable: str, usual: str) -> Path:
        return Path(os.environ.get(variable) or usual, APP).expanduser()

else:

    def _folders() -> _Folders:
        import platformdirs

        return _Folders(
            config=platformdirs.user_config_path(APP, appauthor=False),
            state=platformdirs.user_state_path(APP, appauthor=False),
            data=platformdirs.user_data_path(APP, appauthor=False),
        )
