"""Where the files of a profile are: by platformdirs, on Linux the XDG variables."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

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
    state = platformdirs.user_state_path(APP, appauthor=False) / inside
    data = platformdirs.user_data_path(APP, appauthor=False) / inside
    return Places(
        config=config or platformdirs.user_config_path(APP, appauthor=False) / inside / "config.toml",
        settings=state / "settings.toml",
        lock=state / "slcpd.lock",
        log=state / "slcpd.log",
        database=data / "history.sqlite",
        identity=data / "identity.pem",
        images=data / "images",
        outbox=data / "outbox",
        socket=Path(control_socket(profile)),
    )
