"""How much of what strangers cause is recorded: a burst, then so many a second, the latest of each peer.

Who is here is known at once in any case; what waits here is only for the log.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from slcp.events import UserChanged, UserJoined, UserLeft
from slcp.messages import Address
from slcp.peers import PeerState
from slcpd.history import PresenceRecord
from slcpd.tokens import Tokens

BURST = 1000  # events: a large LAN that comes at once; each costs the loop some 0.05 ms
RATE = 100.0  # a second in the long run: more than people see, less than a disk minds


class _Held(NamedTuple):
    """What waits for one peer."""

    event: PresenceRecord
    is_shown: bool  # the log, as far as it is written, shows the peer as here


class Recording:
    """Lets events through while there are tokens; holds the latest of each peer else. Seconds of the caller's clock."""

    def __init__(self) -> None:
        self._tokens = Tokens(BURST, RATE)
        self._waiting: dict[Address, _Held] = {}  # bounded by the peers that are known or that the log shows

    def put(self, event: PresenceRecord) -> None:
        """Take an event, to be given out by give()."""
        address = Address(event.ip, event.port)
        held = self._waiting.pop(address, None)
        is_shown = held.is_shown if held else not isinstance(event, UserJoined)
        if is_shown or not isinstance(event, UserLeft):  # else nobody knew
            self._waiting[address] = _Held(_merged(held.event, event) if held else event, is_shown)

    def holds(self, event: PresenceRecord) -> bool:
        """Tell whether something of the same peer waits, with which put() would make one of it."""
        return Address(event.ip, event.port) in self._waiting

    def give(self, now: float, take: Callable[[list[PresenceRecord]], object]) -> None:
        """Give `take` all that may be recorded now, oldest first. When it raises, all of it waits on."""
        due = list(islice(self._waiting, self._tokens.left(now)))
        if not due:
            return
        take([self._waiting[address].event for address in due])
        for address in due:
            del self._waiting[address]
            self._tokens.take(now)


def _merged(held: PresenceRecord, event: PresenceRecord) -> PresenceRecord:
    """Say in one event what two mean to whoever knows of neither."""
    match held, event:
        case UserJoined(), UserChanged(state=PeerState.PRESENT, handle=handle):
            return replace(held, handle=handle)
        case UserChanged(previous_handle=first), UserChanged():
            return replace(event, previous_handle=first)
        case _:
            return event
