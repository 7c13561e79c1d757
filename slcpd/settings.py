"""The configuration while the daemon runs: what users change is kept in a file of ours."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from slcp.config import KEYS, Config, Layers, Value
from slcp.errors import ErrorCode, RequestError, StorageError
from slcp.events import ConfigChanged
from slcp.results import ConfigEntry
from slcpd.disk import sync_file, sync_folder
from slcpd.journal import Journal

HEAD = "# Written by slcpd; lies on top of config.toml. Change it with `slcpctl config KEY VALUE`.\n"
Apply = Callable[[Config], None]


class Settings:
    """Changes keys, for good and at once."""

    def __init__(self, layers: Layers, path: Path, journal: Journal, apply: Mapping[str, Apply]) -> None:
        self._layers = layers
        self._path = path
        self._journal = journal
        self._apply = apply  # by key: makes a change work at once

    @property
    def config(self) -> Config:
        return self._layers.config

    def entries(self) -> dict[str, ConfigEntry]:
        return {key: self.entry(key) for key in KEYS}

    def entry(self, key: str) -> ConfigEntry:
        return ConfigEntry(
            _plain(getattr(self.config, key)), self._layers.source(key), needs_restart=not KEYS[key].live
        )

    def set(self, key: str, value: object) -> None:
        """Change a key; None takes our change back.

        Raises RequestError: unknown_key, invalid_value; StorageError, and then nothing has changed.
        """
        before, layers = self._layers, self._layers.with_setting(key, value)
        self._write(layers.settings)
        now = getattr(layers.config, key)
        is_changed = now != getattr(before.config, key)
        if is_changed:
            self._record(ConfigChanged(key=key, value=_plain(now)), before)
        self._layers = layers
        if is_changed and key in self._apply:
            self._apply[key](layers.config)

    def _record(self, event: ConfigChanged, before: Layers) -> None:
        """Record a change; what cannot be recorded is taken back."""
        try:
            self._journal.record(event)
        except StorageError:
            with suppress(RequestError):  # that disk is full as well; the next start finds the new value
                self._write(before.settings)
            raise

    def _write(self, settings: Mapping[str, Value]) -> None:
        """Replace the file in one step: it is the old one or the new one whenever we are killed."""
        import tomli_w  # for the few who change something

        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with new.open("wb") as file:
                file.write((HEAD + tomli_w.dumps(settings)).encode())
                sync_file(file)
            new.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise RequestError(
                ErrorCode.INVALID_VALUE, f"{self._path} cannot be written: {error.strerror}; nothing was changed"
            ) from error


def _plain(value: Value) -> bool | int | str | list[str]:
    """Return a value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value
