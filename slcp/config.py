"""The configuration: one row per key, read from layers that lie on each other.

    defaults < config.toml (the user's, never rewritten) < settings.toml (ours) < environment < command line

The names of the course's keys are kept: handle, port, whoisport, autoreply, imagepath, inactive.
"""

import enum
import getpass
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from slcp.blocklist import is_name
from slcp.dialects import BY_NAME
from slcp.errors import ConfigError, ErrorCode, RequestError
from slcp.messages import MAX_HANDLE, is_handle, is_unicast
from slcp.trust import Security

Value = bool | int | str | tuple[str, ...]

INTERFACES_VARIABLE = "SLCP_INTERFACES"  # such as "lo" or "eth0,wlan0"; overrides `interfaces`
LOG_LEVELS = ("debug", "info", "warning", "error")
MIB = 1 << 20
MAX_AUTOREPLY = 400  # bytes: one line on the wire, behind the longest handle
_UNUSABLE = re.compile(r"[\0\ud800-\udfff]")  # in a path or a command: systems, or TOML, cannot hold it


class Source(enum.StrEnum):
    """Where a value comes from; a later layer lies on the earlier ones."""

    DEFAULT = "default"
    FILE = "config file"
    SETTINGS = "settings"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Key:
    """What there is to know of a key besides its name, type and default."""

    comment: str  # one line, for config.toml
    expects: str  # completes "must be ..."
    accepts: Callable[[Any], bool]  # asked only about values of the right type
    live: bool = True  # a change works at once; else after a restart


def _key(default: Any, comment: str, expects: str, accepts: Callable[[Any], bool], live: bool = True) -> Any:
    return field(default=default, metadata={"key": Key(comment, expects, accepts, live)})


def _is_port(value: int) -> bool:
    return 1024 <= value <= 65535


def _is_folder(path: str) -> bool:
    """Tell whether a path means the same wherever the daemon is started."""
    return not path or (not _UNUSABLE.search(path) and (path[:2] == "~/" or Path(path).is_absolute()))


def _is_command(command: str) -> bool:
    """Tell whether a command can be run, its program being the same wherever the daemon is started."""
    try:
        words = shlex.split(command)
    except ValueError:  # a quote is open, or nothing follows the last backslash
        return False
    if not words or _UNUSABLE.search(command):
        return not words
    return words[0] != "" and ("/" not in words[0] or _is_folder(words[0]))


def _anything(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Config:
    """Every key of the configuration."""

    handle: str = _key(
        "me",
        "The name that others see and write to. The login name when left out.",
        f"1 to {MAX_HANDLE} characters without white space, comma, colon or quotes",
        is_handle,
    )
    port: int = _key(
        5001,
        "TCP and UDP port of your own chat. When left out, the next free one if this is taken.",
        "a whole number from 1024 to 65535",
        _is_port,
        live=False,
    )
    whoisport: int = _key(
        4000,
        "UDP port of discovery: the same on every machine of the network.",
        "a whole number from 1024 to 65535",
        _is_port,
        live=False,
    )
    interfaces: tuple[str, ...] = _key(
        (),
        'Network interfaces to use, such as ["eth0"]; "lo" is this machine alone. All when empty.',
        'a list of names of interfaces, such as ["eth0", "lo"]',
        lambda names: all(names),
        live=False,
    )
    peers: tuple[str, ...] = _key(
        (),
        'IPv4 addresses of peers beyond the own networks, such as ["10.1.2.3"]: told of us by unicast.',
        'a list of IPv4 addresses, such as ["10.1.2.3"]',
        lambda ips: all(map(is_unicast, ips)),
        live=False,
    )
    inactive: bool = _key(False, "Away: texts are answered with `autoreply`.", "true or false", _anything)
    autoreply: str = _key(
        "I am away.",
        "The answer while inactive, once per person and absence. None when empty.",
        f"one line of text, at most {MAX_AUTOREPLY} bytes",
        lambda text: (
            len(text.encode(errors="replace")) <= MAX_AUTOREPLY and not re.search(r"[\r\n\0\ud800-\udfff]", text)
        ),
    )
    imagepath: str = _key(
        "",
        "Folder for received images. The data folder of slcp when empty.",
        "the path of a folder that begins with / or ~/",
        _is_folder,
    )
    open_images: bool = _key(False, "Open received images with the desktop's viewer.", "true or false", _anything)
    max_image_size: int = _key(
        64 * MIB,
        "Largest image to take, in bytes.",
        "a whole number of bytes, at least 1024",
        lambda size: 1024 <= size <= 1 << 40,
    )
    notify: bool = _key(
        True,
        "Desktop notifications of the chat for messages while its window is not focused.",
        "true or false",
        _anything,
    )
    bell: bool = _key(
        False,
        "The chat rings the terminal's bell for messages that you do not see come.",
        "true or false",
        _anything,
    )
    on_message: str = _key(
        "",
        "Command that gets each received text or image as JSON on standard input, without a shell. None when empty.",
        "words with all quotes closed, the first a program: its name, or its path, which begins with / or ~/",
        _is_command,
    )
    log_level: str = _key(
        "info",
        "How much is logged: debug, info, warning or error.",
        "one of debug, info, warning, error",
        LOG_LEVELS.__contains__,
        live=False,
    )
    security: str = _key(
        "prefer",
        "Encryption between two slcpd: prefer, require (nothing goes in plain text), or off.",
        "one of prefer, require, off",
        list(Security).__contains__,
    )
    blocked: tuple[str, ...] = _key(
        (),
        'Peers to hear nothing of, as "handle@ip:port"; `slcpctl block` adds to it.',
        'a list of names such as "Eve@192.168.0.66:5001"',
        lambda names: all(map(is_name, names)),
    )
    dialects: tuple[str, ...] = _key(
        (),
        'Dialects of peers that are mistaken, as "handle=dialect", such as "Luca=colon".',
        f'a list such as ["Luca=colon"]; dialects: {", ".join(BY_NAME)}',
        lambda pins: all(handle and name in BY_NAME for handle, _, name in (pin.rpartition("=") for pin in pins)),
    )


KEYS: Mapping[str, Key] = {f.name: f.metadata["key"] for f in fields(Config)}
_TYPES: Mapping[str, type] = {f.name: type(getattr(Config(), f.name)) for f in fields(Config)}
_WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def login_name() -> str:
    """Propose a handle: the login name without what a handle cannot have."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        name = ""
    return re.sub(r'[\s,:"\x00-\x1f\x7f-\x9f\ud800-\udfff]', "", name)[:MAX_HANDLE] or "me"


def problem(key: str, value: object) -> str | None:
    """Tell why `key` cannot have `value`, as the rest of a sentence that begins with the key; None if it can."""
    if key not in KEYS:
        import difflib  # 0.2 MB, for those who mistyped

        near = difflib.get_close_matches(key, KEYS, n=1)
        return f"is no key; did you mean {near[0]}?" if near else f"is no key; there are: {', '.join(KEYS)}"
    value = tuple(value) if isinstance(value, list) else value
    texts = not isinstance(value, tuple) or all(isinstance(item, str) for item in value)
    if type(value) is _TYPES[key] and texts and KEYS[key].accepts(value):
        return None
    return f"must be {KEYS[key].expects}, not {value!r}"


def from_words(key: str, words: str) -> object:
    """Read a value as a user types it on a command line: on, 5002, eth0,lo, or a text as it is."""
    kind = _TYPES.get(key, str)
    if kind is bool:
        return _WORDS.get(words.casefold(), words)
    if kind is int:
        return int(words) if re.fullmatch(r"[0-9]{1,15}", words) else words
    if kind is tuple:
        return [word for word in re.split(r"[\s,]+", words) if word]
    return words


@dataclass(frozen=True, slots=True)
class Layers:
    """The values of each source. What is effective is in the topmost layer that has the key."""

    layers: Mapping[Source, Mapping[str, Value]]

    @property
    def config(self) -> Config:
        merged = {key: value for source in Source for key, value in self.layers[source].items()}
        return Config(**merged)  # type: ignore[arg-type]  # each value has been checked

    @property
    def settings(self) -> Mapping[str, Value]:
        return self.layers[Source.SETTINGS]

    def source(self, key: str) -> Source:
        return next((source for source in reversed(Source) if key in self.layers[source]), Source.DEFAULT)

    def with_setting(self, key: str, value: object) -> "Layers":
        """Return layers with one setting changed, or for None taken away.

        Raises RequestError: unknown_key, invalid_value.
        """
        settings = {name: kept for name, kept in self.settings.items() if name != key}
        value = from_words(key, value) if isinstance(value, str) else value
        wrong = problem(key, value) if value is not None or key not in KEYS else None
        if wrong:
            code = ErrorCode.INVALID_VALUE if key in KEYS else ErrorCode.UNKNOWN_KEY
            raise RequestError(code, f"{key} {wrong}")
        if value is not None:
            settings[key] = _frozen(value)
        return replace(self, layers={**self.layers, Source.SETTINGS: settings})


def load(
    config_file: Path,
    settings_file: Path,
    environment: Mapping[str, str],
    defaults: Mapping[str, Value],
    command_line: Mapping[str, Value] | None = None,
) -> Layers:
    """Read all layers; a file that does not exist is empty. Raises ConfigError."""
    return Layers(
        {
            Source.DEFAULT: defaults,
            Source.FILE: _read(config_file),
            Source.SETTINGS: _read(settings_file),
            Source.ENVIRONMENT: _from_environment(environment),
            Source.COMMAND_LINE: command_line or {},
        }
    )


def _read(path: Path) -> dict[str, Value]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is not valid TOML: nested too deep") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    return {key: _checked(path, key, value) for key, value in data.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    words = environment.get(INTERFACES_VARIABLE)
    if not words:
        return {}
    return {"interfaces": _checked(INTERFACES_VARIABLE, "interfaces", from_words("interfaces", words))}


def _checked(where: Path | str, key: str, value: object) -> Value:
    wrong = problem(key, value)
    if wrong:
        raise ConfigError(f"{where}: {key} {wrong}")
    return _frozen(value)


def _frozen(value: Any) -> Value:
    """Return a value that `problem` has nothing against as Config holds it."""
    return tuple(value) if isinstance(value, list) else value


def template(handle: str | None = None) -> str:
    """Write config.toml: every key with its comment and default, commented out but for the handle."""
    lines = ["# The configuration of slcp. Remove the # before a key to change it.", ""]
    for name, about in KEYS.items():
        value = getattr(Config(), name)
        chosen = name == "handle" and handle is not None
        lines += [f"# {about.comment}", f"{'' if chosen else '# '}{name} = {_toml(handle if chosen else value)}", ""]
    return "\n".join(lines)


def _toml(value: Value | None) -> str:
    """Write a value that Config has checked; JSON's strings and lists of strings are TOML's too."""
    return json.dumps(value, ensure_ascii=False)
