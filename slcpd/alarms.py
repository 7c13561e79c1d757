"""What the user must know of keys: told loudly, as an event, but not at every try."""

import asyncio
import enum
from contextlib import suppress

from slcp.bounded import put_last
from slcp.errors import StorageError
from slcp.escaping import quoted
from slcp.events import KeyRefused
from slcp.messages import Address
from slcp.trust import KeyChangedError
from slcpd.journal import Journal

AGAIN_AFTER = 600.0  # seconds until something of the kind is told of the same handle again
MAX_TOLD = 256  # alarms remembered: strangers cause them


class Alarm(enum.Enum):
    """What kind of thing is told."""

    CHANGED = enum.auto()  # another key than the pinned one
    DOWNGRADE = enum.auto()  # plain text instead of a key
    UNWANTED = enum.auto()  # our own key is refused


class Alarms:
    """Tells of keys that were refused."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._told: dict[tuple[str, Alarm], float] = {}  # when, oldest first

    def raise_changed(self, error: KeyChangedError, address: Address) -> str:
        """Tell of a key that is not the pinned one. Returns the text."""
        return self._raise(Alarm.CHANGED, error.handle, address, str(error), error.fingerprint)

    def raise_downgrade(self, handle: str, address: Address) -> str:
        """Tell of somebody who had a key and speaks plain text now. Returns the text."""
        text = (
            f"{handle} at {address} used to be encrypted and speaks plain text now; "
            f"`slcpctl trust {quoted(handle)} --plain` if that is right"
        )
        return self._raise(Alarm.DOWNGRADE, handle, address, text)

    def raise_unwanted(self, handle: str, address: Address, reason: str) -> str:
        """Tell of a peer that refuses our key. Returns the text."""
        return self._raise(Alarm.UNWANTED, handle, address, f"{handle} does not take our messages: {reason}")

    def _raise(self, alarm: Alarm, handle: str, address: Address, reason: str, fingerprint: str | None = None) -> str:
        now = asyncio.get_running_loop().time()
        key = (handle.casefold(), alarm)
        if now - self._told.get(key, -AGAIN_AFTER) >= AGAIN_AFTER:
            put_last(self._told, key, now, MAX_TOLD)
            with suppress(StorageError):  # where messages wait it is shown as well
                self._journal.record(
                    KeyRefused(handle=handle, **address._asdict(), fingerprint=fingerprint, reason=reason)
                )
        return reason
