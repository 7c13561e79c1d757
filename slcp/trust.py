"""Whose key is whose: trust on first use (docs/delivery.md, "Trust").

The first key that is met for a handle is pinned to it, whatever the address: an address changes
by itself. From then on another key, or plain text, from whoever has that handle is refused until
the user says that it is right.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from slcp.bounded import put_last
from slcp.errors import SlcpError
from slcp.escaping import quoted
from slcp.messages import Address

MAX_PINNED = 10_000  # handles: a stranger can invent as many as it likes; those met first stay
MAX_REFUSED = 256  # refused keys that are remembered, for the user to accept


class Security(enum.StrEnum):
    """What the user wants: the key `security` of the configuration."""

    PREFER = "prefer"  # encrypted wherever both can
    REQUIRE = "require"  # encrypted, or not at all
    OFF = "off"  # plain SLCP alone


class Standing(enum.StrEnum):
    """How we stand with a peer's key."""

    PLAIN = "plain"  # it has none, as far as we know
    NEW = "new"  # it says that it has one; never met
    PINNED = "pinned"  # met, and the same ever since
    VERIFIED = "verified"  # the user has said that it is right
    CHANGED = "changed"  # another than the pinned one


class Way(enum.Enum):
    """How a message may go to a peer."""

    ENCRYPTED = enum.auto()
    PLAIN = enum.auto()
    HELD = enum.auto()  # it had a key and speaks plain text now: not before the user agrees
    NEVER = enum.auto()  # it speaks plain text, which the user does not want


@dataclass(frozen=True, slots=True)
class Pins:
    """What is accepted from whoever has one handle."""

    keys: Mapping[str, bool] = field(default_factory=dict)  # fingerprint -> whether the user has verified it
    plain: frozenset[str] = frozenset()  # IP addresses that may have the handle without a key


@dataclass(frozen=True, slots=True)
class PinsChanged:
    """Worth keeping before anything relies on it."""

    handle: str
    before: Pins
    pins: Pins
    news: Mapping[str, bool]  # of `pins.keys`, what was not so before
    refused: str | None = None  # the key that was refused last; with this it is forgotten


class KeyChangedError(SlcpError):
    """A key that is not the one that is pinned to the handle."""

    def __init__(self, handle: str, fingerprint: str) -> None:
        super().__init__(
            f"{handle} has another key than before: compare with `slcpctl verify {quoted(handle)}`, "
            f"then `slcpctl trust {quoted(handle)}` if it is right"
        )
        self.handle = handle
        self.fingerprint = fingerprint
        self.address: Address | None = None  # of whoever has shown it, where that is known


class Trust:
    """The pinned keys. Handles that differ in case alone are one: they look alike."""

    def __init__(self, pins: Mapping[str, Pins], security: Security) -> None:
        self.security = security
        self._pins = {handle.casefold(): known for handle, known in pins.items()}
        self._refused: dict[str, str] = {}  # handle -> the key that was refused last

    def pins(self, handle: str) -> Pins:
        return self._pins.get(handle.casefold(), Pins())

    def refused(self, handle: str) -> str | None:
        """Return the fingerprint of the key that was refused last for a handle."""
        return self._refused.get(handle.casefold())

    def standing(self, handle: str, offered: str | None) -> Standing:
        """Tell how we stand with a key that a peer says is its own."""
        keys = self.pins(handle).keys
        if offered is not None and offered in keys:
            return Standing.VERIFIED if keys[offered] else Standing.PINNED
        if keys:
            return Standing.CHANGED
        return Standing.PLAIN if offered is None else Standing.NEW

    def meet(self, handle: str, fingerprint: str) -> list[PinsChanged]:
        """Take a key that its owner has proven; the first of a handle is pinned. Raises KeyChangedError."""
        pins = self.pins(handle)
        if fingerprint in pins.keys:
            return []
        if pins.keys:
            self._refuse(handle, fingerprint)
            raise KeyChangedError(handle, fingerprint)
        if len(self._pins) >= MAX_PINNED and handle.casefold() not in self._pins:
            return []
        return self._keep(handle, replace(pins, keys={fingerprint: False}))

    def accept(self, handle: str, fingerprint: str, is_one_more: bool = False) -> list[PinsChanged]:
        """Take a key that the user says is right: instead of those before, or as one more with that handle."""
        pins = self.pins(handle)
        keys = {**pins.keys, fingerprint: True} if is_one_more else {fingerprint: True}
        refused = self._refused.pop(handle.casefold(), None)
        return self._keep(handle, replace(pins, keys=keys), refused)

    def allow_plain(self, handle: str, ip: str | None = None) -> list[PinsChanged]:
        """Let a handle be used without a key: at one address, or anywhere, its keys forgotten."""
        pins = self.pins(handle)
        return self._keep(handle, Pins() if ip is None else replace(pins, plain=pins.plain | {ip}))

    def take_back(self, changes: Iterable[PinsChanged]) -> None:
        """Be as before these changes: they could not be kept, and would be forgotten at the next start."""
        for change in changes:
            self._set(change.handle, change.before)
            if change.refused:
                self._refuse(change.handle, change.refused)

    def refuses_plain(self, handle: str, ip: str) -> bool:
        """Tell whether plain text of this sender is not to be taken."""
        pins = self.pins(handle)
        if self.security is Security.PREFER:
            return bool(pins.keys) and ip not in pins.plain
        return self.security is Security.REQUIRE

    def way(self, handle: str, ip: str, offered: str | None, speaks_plain: bool) -> Way:
        """Tell how to send to a peer that offers a key, is heard to have none, or has not been heard."""
        if self.security is Security.OFF:
            return Way.PLAIN
        pins = self.pins(handle)
        is_pinned = bool(pins.keys) and ip not in pins.plain
        if offered or (is_pinned and not speaks_plain):
            return Way.ENCRYPTED
        if is_pinned or (self.security is Security.REQUIRE and not speaks_plain):
            return Way.HELD
        return Way.NEVER if self.security is Security.REQUIRE else Way.PLAIN

    def _keep(self, handle: str, pins: Pins, refused: str | None = None) -> list[PinsChanged]:
        before = self.pins(handle)
        news = {
            fingerprint: verified
            for fingerprint, verified in pins.keys.items()
            if before.keys.get(fingerprint) is not verified
        }
        self._set(handle, pins)
        return [PinsChanged(handle, before, pins, news, refused)]

    def _set(self, handle: str, pins: Pins) -> None:
        if pins == Pins():
            self._pins.pop(handle.casefold(), None)
        else:
            self._pins[handle.casefold()] = pins

    def _refuse(self, handle: str, fingerprint: str) -> None:
        put_last(self._refused, handle.casefold(), fingerprint, MAX_REFUSED)
