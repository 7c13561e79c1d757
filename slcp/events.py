"""What has happened, as clients of the control API are told (docs/control.md, events).

The name of an event in JSON is that of its class: TextReceived is "text_received".
Except for ImageProgressed all are kept in the history and have a `seq`.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UserJoined:
    """Someone has come, or has become known."""

    handle: str
    ip: str
    port: int
    second_hand: bool = False  # named by another; not heard itself yet
    same_handle: bool = False  # uses our own handle


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeft:
    """Someone has gone; `reason` is a word of LeaveReason."""

    handle: str
    ip: str
    port: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged:
    """Someone has another handle or state."""

    handle: str
    ip: str
    port: int
    state: str
    previous_handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """A text has come and is durable. `port` is None when the sender never said JOIN."""

    id: str
    handle: str
    ip: str
    port: int | None
    text: str
    automatic: bool = False
    secure: bool = False  # it came encrypted, from whoever has the pinned key


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQueued:
    """A text of ours is durable and waits to be sent."""

    id: str
    handle: str
    ip: str
    port: int
    text: str
    automatic: bool = False
    batch: str | None = None  # shared by what one request has queued for several


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSent:
    """The peer has taken the text."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelivered:
    """The peer, another slcpd, has said that the text is durable there."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCancelled:
    """The text was withdrawn before it was sent; `retry` sends it after all."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFailed:
    """The text was given up; `retry` sends it again."""

    id: str
    handle: str
    ip: str
    port: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReceived:
    """An image has come, was checked and is on disk at `path`."""

    id: str
    handle: str
    ip: str
    port: int | None
    path: str
    size: int  # bytes
    format: str  # such as JPEG
    width: int  # pixels
    height: int  # pixels
    secure: bool = False  # it came encrypted, from whoever has the pinned key


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRejected:
    """Someone has sent an image that was not taken, or that broke off."""

    handle: str
    ip: str
    port: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageQueued:
    """An image of ours waits to be sent."""

    id: str
    handle: str
    ip: str
    port: int
    path: str  # the user's file
    size: int  # bytes
    sha256: str
    batch: str | None = None  # shared by what one request has queued for several


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSent:
    """The peer has taken the image."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDelivered:
    """The peer, another slcpd, has said that the image is durable there."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCancelled:
    """The image was withdrawn before it was sent; `retry` sends it after all."""

    id: str
    handle: str
    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFailed:
    """The image was given up; `retry` sends it again."""

    id: str
    handle: str
    ip: str
    port: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageProgressed:
    """An image is on its way, in or out. Not durable: it has no seq."""

    id: str
    handle: str
    direction: str  # in, out
    done: int  # bytes
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRead:
    """A client has shown the user the messages with that handle up to a seq."""

    handle: str
    up_to: int  # a seq
    unread: int  # messages that came after it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged:
    """A key of the configuration has another value."""

    key: str
    value: bool | int | str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPinned:
    """From now on whoever has that handle must have this key; `verified`: the user has said so."""

    handle: str
    fingerprint: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRefused:
    """Somebody has not the key that is pinned to the handle, or does not take ours. Messages wait for the user."""

    handle: str
    ip: str
    port: int
    fingerprint: str | None  # null: it speaks plain text
    reason: str


DurableEvent = (
    UserJoined
    | UserLeft
    | UserChanged
    | TextReceived
    | TextQueued
    | TextSent
    | TextDelivered
    | TextCancelled
    | TextFailed
    | ImageReceived
    | ImageRejected
    | ImageQueued
    | ImageSent
    | ImageDelivered
    | ImageCancelled
    | ImageFailed
    | KeyPinned
    | KeyRefused
    | ConversationRead
    | ConfigChanged
)
Event = DurableEvent | ImageProgressed


def type_name(event: type[Event]) -> str:
    """Return the name of an event's class in JSON."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()
