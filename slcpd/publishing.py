"""What presence has noticed, told in the words of the control API, counted and logged."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import assert_never

from slcp.errors import BadInput, StorageError
from slcp.events import UserChanged, UserJoined, UserLeft
from slcp.node import Node
from slcp.peers import PeerChanged, PeerEvent, PeerHeard, PeerJoined, PeerLeft, TraitsLearned
from slcp.presence import InputDropped
from slcpd.history import PresenceRecord
from slcpd.journal import Journal
from slcpd.recording import Recording

SHOWN = 64  # bytes of dropped input that the log shows

log = logging.getLogger(__name__)


class Publisher:
    """Records comings and goings, and counts dropped input by reason."""

    def __init__(self, journal: Journal, me: Node, clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped: Counter[BadInput] = Counter()
        self.observers: list[Callable[[PeerEvent], None]] = []  # see each event that is no dropped input
        self._journal = journal
        self._me = me
        self._recording = Recording()
        self._clock = clock

    def publish(self, events: Iterable[PeerEvent | InputDropped]) -> None:
        """Record what has been noticed, all of it together; then tell the observers."""
        noticed: list[PeerEvent] = []
        for event in events:
            if isinstance(event, InputDropped):
                self.drop(event.reason, event.source.ip, event.data)
            else:
                noticed.append(event)
                self._put(event)
        self._record()
        learnt = [event for event in noticed if isinstance(event, TraitsLearned)]
        if learnt:
            self._journal.keep_traits(learnt)
        for event in noticed:
            for observer in self.observers:
                observer(event)

    def _put(self, event: PeerEvent) -> None:
        """Have an event recorded; what is due of the same peer before, so that no two become one without need."""
        record = self._record_of(event)
        if record is None:
            return
        if self._recording.holds(record):
            self._record()
        self._recording.put(record)

    def _record_of(self, event: PeerEvent) -> PresenceRecord | None:
        """Return what the log says of an event; None where that is nothing."""
        match event:
            case PeerJoined(peer):
                where, same = peer.address._asdict(), peer.handle == self._me.handle
                return UserJoined(handle=peer.handle, **where, second_hand=peer.second_hand, same_handle=same)
            case PeerChanged(peer, before):
                where = peer.address._asdict()
                return UserChanged(handle=peer.handle, **where, state=peer.state, previous_handle=before.handle)
            case PeerLeft(peer, reason):
                return UserLeft(handle=peer.handle, **peer.address._asdict(), reason=reason)
            case PeerHeard() | TraitsLearned():
                return None
            case _:
                assert_never(event)

    def _record(self) -> None:
        """Record what is due. What cannot be recorded waits; `users` tells it all the same."""
        with suppress(StorageError):
            self._recording.give(self._clock(), self._journal.record_presence)

    def drop(self, reason: BadInput, ip: str, data: bytes = b"") -> None:
        """Count input that was not taken."""
        self.dropped[reason] += 1
        log.debug("dropped from %s: %s: %r", ip, reason, data[:SHOWN])

    def refuse(self, ip: str) -> None:
        """Count a connection over the limit."""
        self.drop(BadInput.TOO_MANY_CONNECTIONS, ip)
