"""What presence has noticed, told in the words of the control API, counted and logged."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from slcp.errors import BadInput, StorageError
from slcp.events import UserChanged, UserJoined, UserLeft
from slcp.node import Node
from slcp.peers import PeerChanged, PeerEvent, PeerHeard, PeerJoined, PeerLeft, TraitsLearned
from slcp.presence import InputDropped
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
        for event in events:
            match event:
                case PeerJoined(peer):
                    same = peer.handle == self._me.handle
                    self._recording.put(
                        UserJoined(
                            handle=peer.handle,
                            **peer.address._asdict(),
                            second_hand=peer.second_hand,
                            same_handle=same,
                        )
                    )
                case PeerChanged(peer, before):
                    self._recording.put(
                        UserChanged(
                            handle=peer.handle,
                            **peer.address._asdict(),
                            state=peer.state,
                            previous_handle=before.handle,
                        )
                    )
                case PeerLeft(peer, reason):
                    self._recording.put(UserLeft(handle=peer.handle, **peer.address._asdict(), reason=reason))
                case InputDropped(reason, source, data):
                    self.drop(reason, source.ip, data)
                    continue
                case PeerHeard() | TraitsLearned():
                    pass
            self._record()
            for observer in self.observers:
                observer(event)
        self._record()

    def _record(self) -> None:
        """Record what is due. What cannot be recorded waits; `users` tells it all the same."""
        with suppress(StorageError):
            self._recording.give(self._clock(), self._journal.record)

    def drop(self, reason: BadInput, ip: str, data: bytes = b"") -> None:
        """Count input that was not taken."""
        self.dropped[reason] += 1
        log.debug("dropped from %s: %s: %r", ip, reason, data[:SHOWN])

    def refuse(self, ip: str) -> None:
        """Count a connection over the limit."""
        self.drop(BadInput.TOO_MANY_CONNECTIONS, ip)
