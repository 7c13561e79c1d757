"""What clients of the control API are answered: one dataclass a kind of answer."""

import enum
from dataclasses import dataclass


class Direction(enum.StrEnum):
    """Which way a message went."""

    IN = "in"
    OUT = "out"


class Kind(enum.StrEnum):
    """What a message is."""

    TEXT = "text"
    IMAGE = "image"


class MessageState(enum.StrEnum):
    """Where a message stands (docs/delivery.md)."""

    RECEIVED = "received"
    QUEUED = "queued"  # durable, not sent yet
    SENDING = "sending"  # on the wire now
    SENT = "sent"  # a plain peer took it
    DELIVERED = "delivered"  # a slcpd peer has acknowledged that it is durable there
    FAILED = "failed"  # given up, `reason` says why; can be retried
    CANCELLED = "cancelled"  # withdrawn before it was sent; can be retried


@dataclass(frozen=True, slots=True)
class HelloResult:
    """The daemon's version, the API's, our handle, and the newest seq."""

    version: str
    api: int
    handle: str
    seq: int


@dataclass(frozen=True, slots=True)
class SubscribedResult:
    """The newest seq at this moment; the events follow."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry:
    """One user as `users` lists it."""

    handle: str
    ip: str
    port: int
    name: str  # handle@ip:port
    state: str
    dialect: str
    dialect_reason: str
    second_hand: bool
    same_handle: bool
    other_addresses: list[str]  # ip:port, where it is reached too
    fingerprint: str | None  # of the key that it says it has
    trust: str  # a word of Standing


@dataclass(frozen=True, slots=True)
class UsersResult:
    """Everyone who is here, by handle."""

    users: list[UserEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEntry:
    """One text or image of the history."""

    seq: int
    id: str
    time: str
    direction: Direction
    kind: Kind
    handle: str
    ip: str
    port: int | None
    state: MessageState
    reason: str | None
    automatic: bool
    secure: bool  # encrypted, and the peer has proven its key
    text: str | None
    path: str | None
    size: int | None
    sha256: str | None  # of an image of ours
    width: int | None
    height: int | None
    batch: str | None  # shared by what one request has queued for several


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """A page, oldest first. For the page before it, pass its first seq as `before`.

    It may have fewer messages than were asked for; `more` tells whether others fit that are not on it.
    """

    messages: list[MessageEntry]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEntry:
    """All messages with one handle."""

    handle: str
    seq: int  # of the newest
    time: str  # of the newest
    unread: int  # messages that came after `read`
    read: int  # the seq up to which the user has read; 0: nothing yet


@dataclass(frozen=True, slots=True)
class ConversationsResult:
    """The conversations, the one with the newest message first."""

    conversations: list[ConversationEntry]


@dataclass(frozen=True, slots=True)
class QueuedResult:
    """The id of the queued message."""

    id: str


@dataclass(frozen=True, slots=True)
class QueuedManyResult:
    """The ids of the queued messages, and for whom each is: handle@ip:port."""

    ids: list[str]
    names: list[str]


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One key: its value, where it comes from, and whether a change waits for a restart."""

    value: bool | int | str | list[str]
    source: str
    needs_restart: bool


@dataclass(frozen=True, slots=True)
class ConfigResult:
    """Every key of the configuration."""

    config: dict[str, ConfigEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """How the daemon is."""

    version: str
    api: int
    pid: int
    profile: str
    handle: str
    port: int
    whoisport: int
    here: bool  # false after leave
    uptime: float  # seconds
    links: list[str]  # "eth0 192.168.0.10"
    users: dict[str, int]  # by state
    queued: int  # messages that wait to be sent
    connections: int  # of peers, now
    streams: int  # encrypted and kept, now; whoever has connected
    clients: int  # of this API, now
    subscribers: int
    seq: int
    storage: str  # "ok", or why the history cannot be written
    dropped: dict[str, int]  # input of peers that was not taken, by reason
    limits: dict[str, int]
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key: its fingerprint for programs, and for people to read aloud."""

    fingerprint: str
    spoken: str  # groups of five digits


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """Whose key is whose. `shown` is what the user shows now, proven or not; null when it shows none."""

    handle: str
    standing: str
    own: KeyEntry
    pinned: list[KeyEntry]
    shown: KeyEntry | None


@dataclass(frozen=True, slots=True)
class Done:
    """It is done; there is nothing to tell."""


Result = (
    HelloResult
    | StatusResult
    | SubscribedResult
    | UsersResult
    | HistoryResult
    | ConversationsResult
    | QueuedResult
    | QueuedManyResult
    | ConfigResult
    | ConfigEntry
    | VerifyResult
    | Done
)
