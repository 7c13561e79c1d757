"""How much of what strangers cause is recorded: a burst, then so many a second, the latest of each peer.

Who is here is known at once in any case; what waits here is only for the log.
"""

from slcp.events import UserChanged, UserJoined, UserLeft
from slcp.messages import Address

BURST = 5000  # events: a LAN of thousands that comes at once
RATE = 100.0  # a second in the long run: more than people see, less than a disk minds

PresenceRecord = UserJoined | UserLeft | UserChanged


class Recording:
    """Lets events through while there are tokens; holds the latest of each peer else. Seconds of the caller's clock."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._filled_at: float | None = None
        self._waiting: dict[Address, PresenceRecord] = {}  # bounded by the peers that are known

    def put(self, event: PresenceRecord) -> None:
        """Take an event, to be given out by due()."""
        address = Address(event.ip, event.port)
        held = self._waiting.pop(address, None)
        if not (isinstance(held, UserJoined) and isinstance(event, UserLeft)):  # else nobody knew
            self._waiting[address] = event

    def due(self, now: float) -> list[PresenceRecord]:
        """Return what may be recorded now, oldest first."""
        if self._filled_at is not None:
            self._tokens = min(BURST, self._tokens + (now - self._filled_at) * RATE)
        self._filled_at = now
        number = min(int(self._tokens), len(self._waiting))
        self._tokens -= number
        return [self._waiting.pop(address) for address in list(self._waiting)[:number]]
