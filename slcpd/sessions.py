"""The kept streams, one for each peer: opened when there is something to send, closed when idle.

When both sides connect at the same moment, both keep the stream of the one whose fingerprint is
smaller. Later the newer stream counts: who connects anew has lost the older one.
"""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter, TaskGroup
from collections.abc import Callable
from contextlib import ExitStack

from slcp.errors import BadInput, ProtocolError, StorageError
from slcp.messages import Address
from slcp.peers import LeaveReason, PeerChanged, PeerEvent, PeerLeft
from slcp.rates import RateLimit
from slcp.trust import KeyChangedError
from slcpd.alarms import Alarms
from slcpd.connections import host_of
from slcpd.frame_stream import FrameStream, RefusedError
from slcpd.handshake import Handshake, ProvenPeer
from slcpd.inbox import Inbox
from slcpd.sending import PeerAwayError, PeerBrokeOffError, connect
from slcpd.session import ReplacedError, Session
from slcpd.tls import TlsStream

HANDSHAKE_WITHIN = 10.0  # seconds: a LAN takes milliseconds
HANDSHAKES_PER_HOST = 16  # a second: each costs the loop some ms
HANDSHAKES_IN_ALL = 64  # a second
SIMULTANEOUS = 10.0  # seconds between two streams that count as opened at the same moment
MAX_KEPT = 128  # streams that we have opened: descriptors; over that the longest idle ones are closed

log = logging.getLogger(__name__)


class Sessions:
    """Opens, takes and keeps streams."""

    def __init__(
        self,
        group: TaskGroup,
        handshake: Handshake,
        inbox: Inbox,
        drop: Callable[[BadInput, str, bytes], None],
        alarms: Alarms,
    ) -> None:
        self._group = group
        self._handshake = handshake
        self._inbox = inbox
        self._drop = drop  # counts what a peer did wrong
        self._alarms = alarms
        self._limit = RateLimit(HANDSHAKES_PER_HOST, HANDSHAKES_IN_ALL)
        self._kept: dict[str, Session] = {}  # by fingerprint, longest unused first

    @property
    def own_fingerprint(self) -> str:
        return self._handshake.fingerprint

    @property
    def number(self) -> int:
        """How many are open now."""
        return len(self._kept)

    async def with_peer(self, handle: str, address: Address, offered: str | None, keys: frozenset[str]) -> Session:
        """Return the stream with the peer of one of these keys, or that takes connections at `address`.

        Raises PeerAwayError, PeerBrokeOffError, KeyChangedError.
        """
        session = self._kept_with(address, offered, keys)
        if session is None or session.is_over:
            return await self._open(handle, address, offered)
        self._kept[session.peer.fingerprint] = self._kept.pop(session.peer.fingerprint)
        return session

    async def serve(self, reader: StreamReader, writer: StreamWriter, first: bytes) -> None:
        """Serve a peer that has connected, until the stream ends. `first` are the bytes read of it."""
        if not self._handshake.is_wanted:
            raise ProtocolError(BadInput.ENCRYPTED)
        if not self._limit.allows(host_of(writer), asyncio.get_running_loop().time()):
            raise ProtocolError(BadInput.RATE_LIMITED, "handshakes")
        stream = FrameStream(TlsStream(reader, writer, self._handshake.server_context, True, first))
        peer = await self._accept(stream, host_of(writer))
        session = Session(stream, peer, False, self._inbox)
        if self._keep(session):
            await self._run(session)

    def close_where(self, is_unwanted: Callable[[ProvenPeer], bool]) -> None:
        """Close the streams with these peers."""
        for session in list(self._kept.values()):
            if is_unwanted(session.peer):
                session.close()

    def notice(self, event: PeerEvent) -> None:
        """Give up a stream whose peer is no longer at that end: nothing but a time-out would tell."""
        match event:
            case PeerChanged(peer, before) if peer.address != before.address:
                gone = before
            case PeerLeft(peer, LeaveReason.SILENT):
                gone = peer
            case _:
                return
        session = self._kept.get(gone.fingerprint or "")
        if session and session.peer.address == gone.address and not session.is_lively:
            session.close(PeerBrokeOffError(f"{gone.handle} is no longer at {gone.address}"))

    def _kept_with(self, address: Address, offered: str | None, keys: frozenset[str]) -> Session | None:
        """Find the stream with a peer. Several people may have its handle, each with a trusted key."""
        if offered in keys or not keys:
            return self._kept.get(offered or "")
        sessions = [self._kept[fingerprint] for fingerprint in keys if fingerprint in self._kept]
        is_alone = offered is None and len(keys) == 1
        return next((session for session in sessions if is_alone or session.peer.address == address), None)

    async def _accept(self, stream: FrameStream, ip: str) -> ProvenPeer:
        """Raises ProtocolError."""
        try:
            async with asyncio.timeout(HANDSHAKE_WITHIN):
                await stream.tls.handshake()
                return await self._handshake.as_server(stream, ip)
        except TimeoutError as error:
            raise ProtocolError(BadInput.TOO_SLOW, "handshake") from error
        except StorageError as error:
            raise ProtocolError(BadInput.NOT_STORED, "its key") from error
        except KeyChangedError as error:
            self._alarms.raise_changed(error, error.address or Address(ip, 0))
            stream.tls.close()
            raise ProtocolError(BadInput.KEY_CHANGED, error.handle) from error

    async def _open(self, handle: str, address: Address, offered: str | None) -> Session:
        try:
            stream, peer = await self._connect(handle, address, offered)
        except RefusedError as error:
            raise PeerAwayError(self._alarms.raise_unwanted(handle, address, error.refusal.reason)) from error
        except ProtocolError as error:
            raise PeerAwayError(f"no encrypted stream with {handle} at {address}: {error.detail}") from error
        except (OSError, StorageError) as error:
            reason = str(error) or "no answer"
            raise PeerAwayError(f"no encrypted stream with {handle} at {address}: {reason}") from error
        session = Session(stream, peer, True, self._inbox)
        if not self._keep(session):
            return self._kept[peer.fingerprint]
        self._group.create_task(self._run(session))
        self._close_idle(besides=session)
        return session

    async def _connect(self, handle: str, address: Address, offered: str | None) -> tuple[FrameStream, ProvenPeer]:
        reader, writer = await connect(address)
        stream = FrameStream(TlsStream(reader, writer, self._handshake.client_context, False))
        with ExitStack() as undo:
            undo.callback(stream.tls.abort)
            async with asyncio.timeout(HANDSHAKE_WITHIN):
                await stream.tls.handshake()
                peer = await self._handshake.as_client(stream, handle, address, offered)
            undo.pop_all()
        return stream, peer

    def _keep(self, session: Session) -> bool:
        """Take a new stream for the one with its peer, unless the other is to be kept. Tells whether it is taken."""
        fingerprint = session.peer.fingerprint
        other = self._kept.get(fingerprint)
        if other and not other.is_over:
            is_ours_smaller = self._handshake.fingerprint < fingerprint
            is_simultaneous = session.began_at - other.began_at < SIMULTANEOUS and other.is_ours != session.is_ours
            if is_simultaneous and other.is_ours == is_ours_smaller:
                session.close()
                return False
            other.close(ReplacedError(f"{session.peer.address} has opened another stream"))
        self._kept.pop(fingerprint, None)
        self._kept[fingerprint] = session
        return True

    def _close_idle(self, besides: Session) -> None:
        ours = [session for session in self._kept.values() if session.is_ours]
        idle = [session for session in ours if session.is_idle and session is not besides]
        for session in idle[: max(0, len(ours) - MAX_KEPT)]:
            session.close()

    async def _run(self, session: Session) -> None:
        try:
            await session.run()
        except (ProtocolError, OSError) as error:
            self._note(session.peer, error)
        except Exception:
            log.exception("a bug in the stream with %s; the others go on", session.peer.handle)
        finally:
            session.close()
            if self._kept.get(session.peer.fingerprint) is session:
                del self._kept[session.peer.fingerprint]

    def _note(self, peer: ProvenPeer, error: Exception) -> None:
        if isinstance(error, ProtocolError):
            self._drop(error.reason, peer.address.ip, str(error).encode())
        else:
            log.info("the stream with %s broke: %s", peer.handle, error)
