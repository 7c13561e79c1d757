"""The messages of SLCP. A message that exists is valid: it checks itself.

Sources: docs/protocol.md, section 1; HELLO and AUTO: section 4.
"""

import enum
import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple

from slcp.errors import BadInput, ProtocolError

MAX_HANDLE = 32  # characters of our own handle: fits every list entry of every program read
MAX_PEER_HANDLE = 64  # characters accepted of others; an entry of a list still fits a line
MAX_NAME = 255  # characters of a file name
HELLO_VERSION = 1

_HANDLE = re.compile(r'[^\s,:"\x00-\x1f\x7f-\x9f\ud800-\udfff]+')
_NAME = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{MAX_NAME}}}")
_NOT_IN_A_TEXT = re.compile(r"[\r\n\0\ud800-\udfff]")
_FULL_NAME = re.compile(r"(.+)@([0-9.]+):([0-9]{1,5})", re.DOTALL)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")  # SHA-256


class Address(NamedTuple):
    """Where a peer takes messages: an IPv4 address and its chat port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}"


def is_handle(text: str, longest: int = MAX_HANDLE) -> bool:
    """Tell whether `text` can be a handle: no white space, comma, colon, quote or control character."""
    return len(text) <= longest and _HANDLE.fullmatch(text) is not None


def is_port(number: int) -> bool:
    return 0 < number < 65536


def is_unicast(text: str) -> bool:
    """Tell whether `text` is an IPv4 address that one host can have."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or address.is_reserved)


def split_name(name: str) -> tuple[str, Address | None]:
    """Split handle@ip:port, by which users name a peer; anything else is a handle as a whole.

    That is never ambiguous: a handle may have an @, but no colon.
    """
    full = _FULL_NAME.fullmatch(name)
    return (full[1], Address(full[2], int(full[3]))) if full else (name, None)


def _check_handle(handle: str) -> None:
    if not is_handle(handle, MAX_PEER_HANDLE):
        raise ProtocolError(BadInput.BAD_HANDLE, ascii(handle[:MAX_PEER_HANDLE]))


def _check_port(port: int) -> None:
    if not is_port(port):
        raise ProtocolError(BadInput.BAD_ADDRESS, f"port {port}")


@dataclass(frozen=True, slots=True)
class Join:
    """I am here; my chat port is `port` at the address that this came from."""

    handle: str
    port: int

    def __post_init__(self) -> None:
        _check_handle(self.handle)
        _check_port(self.port)


@dataclass(frozen=True, slots=True)
class Leave:
    """I go."""

    handle: str

    def __post_init__(self) -> None:
        _check_handle(self.handle)


@dataclass(frozen=True, slots=True)
class Who:
    """Who is here?"""


@dataclass(frozen=True, slots=True)
class User:
    """One entry of KnownUsers."""

    handle: str
    address: Address

    def __post_init__(self) -> None:
        _check_handle(self.handle)
        _check_port(self.address.port)
        if not is_unicast(self.address.ip):
            raise ProtocolError(BadInput.BAD_ADDRESS, ascii(self.address.ip))


class ListCommand(enum.StrEnum):
    """The two spellings of the answer to WHO, both in use."""

    KNOWNUSERS = "KNOWNUSERS"
    KNOWUSERS = "KNOWUSERS"


class Entries(enum.Enum):
    """How the entries of a list are written; the value goes between two of them."""

    SPACED = ", "  # Ani 192.168.0.10 5001, Luca 192.168.0.11 5002
    TIGHT = ","  # Ani 192.168.0.10 5001,Luca 192.168.0.11 5002
    COLONS = ",:"  # Ani:192.168.0.10:5001,Luca:192.168.0.11:5002


@dataclass(frozen=True, slots=True)
class KnownUsers:
    """The answer to Who; never empty: one program dies of an empty list."""

    users: tuple[User, ...]
    command: ListCommand = ListCommand.KNOWNUSERS
    entries: Entries = Entries.SPACED

    def __post_init__(self) -> None:
        if not self.users:
            raise ProtocolError(BadInput.EMPTY_LIST)


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `handle` is the recipient, or in some dialects the sender.

    `automatic` marks an answer that no person wrote; only HELLO peers can be told (AUTO). `bare`
    marks one that came without a command, as `<sender>: <text>`.
    """

    handle: str
    text: str
    automatic: bool = False
    bare: bool = False

    def __post_init__(self) -> None:
        _check_handle(self.handle)
        if not self.text or _NOT_IN_A_TEXT.search(self.text):
            raise ProtocolError(BadInput.BAD_TEXT)


@dataclass(frozen=True, slots=True)
class Image:
    """The header of an image: exactly `size` bytes follow it in the stream.

    `name` is the handle of the recipient, in some dialects that of the sender, or a file name.
    """

    name: str
    size: int  # bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ProtocolError(BadInput.BAD_HANDLE, ascii(self.name[:MAX_PEER_HANDLE]))
        if self.size < 1:
            raise ProtocolError(BadInput.BAD_NUMBER, f"size {self.size}")


@dataclass(frozen=True, slots=True)
class Hello:
    """I am an slcpd. A hint of what I can do; it proves nothing.

    `fingerprint` is None in a peer without a key: speak plain to it.
    """

    handle: str
    port: int
    version: int = HELLO_VERSION
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        _check_handle(self.handle)
        _check_port(self.port)
        if not 0 < self.version < 10_000:
            raise ProtocolError(BadInput.BAD_NUMBER, f"version {self.version}")
        if self.fingerprint is not None and not _FINGERPRINT.fullmatch(self.fingerprint):
            raise ProtocolError(BadInput.BAD_NUMBER, "fingerprint")


Message = Join | Leave | Who | KnownUsers | Text | Image | Hello
