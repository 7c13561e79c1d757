"""What the user must know of keys: told loudly, as an event, but not at every try."""

import asyncio
from contextlib import suppress

from slcp.errors import StorageError
from slcp.events import KeyRefused
from slcp.messages import Address
from slcp.trust import KeyChangedError
from slcpd.journal import Journal

AGAIN_AFTER = 3600.0  # seconds until the same is told again
MAX_TOLD = 256  # alarms remembered: strangers cause them


class Alarms:
    """Tells of keys that were refused."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._told: dict[tuple[str, str | None], float] = {}  # by handle and key; when, oldest first

    def raise_changed(self, error: KeyChangedError, address: Address) -> str:
        """Tell of a key that is not the pinned one. Returns the text."""
        return self._raise(error.handle, address, error.fingerprint, str(error))

    def raise_downgrade(self, handle: str, address: Address) -> str:
        """Tell of somebody who had a key and speaks plain text now. Returns the text."""
        text = (
            f"{handle} at {address} used to be encrypted and speaks plain text now; "
            f"`slcpctl trust {handle} --plain` if that is right"
        )
        return self._raise(handle, address, None, text)

    def raise_unwanted(self, handle: str, address: Address, reason: str) -> str:
        """Tell of a peer that refuses our key. Returns the text."""
        return self._raise(handle, address, "", f"{handle} does not take our messages: {reason}")

    def _raise(self, handle: str, address: Address, fingerprint: str | None, reason: str) -> str:
        now = asyncio.get_running_loop().time()
        told_at = self._told.get((handle, fingerprint))
        if told_at is None or now - told_at >= AGAIN_AFTER:
            self._told.pop((handle, fingerprint), None)
            self._told[handle, fingerprint] = now
            if len(self._told) > MAX_TOLD:
                del self._told[next(iter(self._told))]
            with suppress(StorageError):  # it is told at the next try, and where messages wait
                self._journal.record(
                    KeyRefused(handle=handle, **address._asdict(), fingerprint=fingerprint or None, reason=reason)
                )
        return reason
