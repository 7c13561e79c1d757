"""Where a message goes now, and in which way: encrypted to an slcpd, else as the peer's dialect wants it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import assert_never

from slcp.dialects import UNKNOWN
from slcp.frames import TextFrame
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import Peer, PeerTable
from slcp.results import Kind, MessageEntry, MessageState
from slcp.trust import KeyChangedError, Trust, Way
from slcpd.alarms import Alarms
from slcpd.in_flight import InFlight
from slcpd.mailbox import Recipient
from slcpd.sending import (
    Hear,
    ImageFile,
    PeerAwayError,
    PeerBrokeOffError,
    PeerRefusedError,
    UnsendableError,
)
from slcpd.session import Session
from slcpd.sessions import Sessions
from slcpd.transmitting import Route, Target, transmit

Introduce = Callable[[Address], Awaitable[None]]

TRIES = 3  # of one message: a kept stream may have ended unnoticed, and be replaced by another


class Dispatch:
    """Sends one message to one recipient."""

    def __init__(
        self,
        me: Node,
        peers: PeerTable,
        trust: Trust,
        sessions: Sessions,
        alarms: Alarms,
        file_of: Callable[[MessageEntry], ImageFile],
        refuse: Callable[[Address], None],
    ) -> None:
        self._me = me
        self._peers = peers
        self._trust = trust
        self._sessions = sessions
        self._alarms = alarms
        self._file_of = file_of  # raises UnsendableError
        self._refuse = refuse  # is told an address where nobody takes connections
        self.hear_datagram: Hear = _pass_over
        self.introduce: Introduce = _know_nobody

    async def send(self, in_flight: InFlight, recipient: Recipient) -> None:
        """Send messages, in their order, and tell what becomes of them.

        Raises PeerAwayError, PeerBrokeOffError, UnsendableError.
        """
        target = self._find(recipient)
        if not target.is_heard:
            await self.introduce(target.address)
            target = self._find(recipient)
        for address in target.other_addresses:
            with suppress(PeerAwayError):
                return await self._send_to(in_flight, target._replace(address=address))
        return await self._send_to(in_flight, target)

    async def _send_to(self, in_flight: InFlight, target: Target) -> None:
        if not self._me.links.admits(target.address.ip):
            raise PeerAwayError(f"{target.address} is not in the networks that `interfaces` names")
        try:
            await self._send(in_flight, target)
        except PeerRefusedError:
            self._refuse(target.address)
            raise
        except KeyChangedError as error:
            if target.other_addresses:  # one of them is forged; the peer itself may be at another
                self._refuse(target.address)
                raise PeerAwayError(str(error)) from error
            raise PeerAwayError(self._alarms.raise_changed(error, target.address)) from error

    async def _send(self, in_flight: InFlight, target: Target) -> None:
        handle, address = target.handle, target.address
        way = self._trust.way(handle, address.ip, target.offered, target.is_heard and target.offered is None)
        match way:
            case Way.ENCRYPTED:
                await self._send_encrypted(in_flight, target)
            case Way.PLAIN:
                await self._send_plain(in_flight, target)
            case Way.HELD:
                raise PeerAwayError(self._alarms.raise_downgrade(handle, address))
            case Way.NEVER:
                raise UnsendableError(f"{handle} speaks plain SLCP only, and `security` is set to require")
            case _:
                assert_never(way)

    async def _send_plain(self, in_flight: InFlight, target: Target) -> None:
        route = Route(self._me, self.hear_datagram, in_flight.progress, self._file_of)
        while in_flight.messages:
            await transmit(in_flight.messages[0], target, route)
            in_flight.answered(MessageState.SENT)

    async def _send_encrypted(self, in_flight: InFlight, target: Target) -> None:
        """Send over the kept stream, or over a new one when that breaks: nothing arrives twice."""
        keys = frozenset(self._trust.pins(target.handle).keys)
        for tries_left in reversed(range(TRIES)):
            try:
                session = await self._sessions.with_peer(target.handle, target.address, target.offered, keys)
                await self._send_over(session, in_flight)
            except PeerBrokeOffError as error:
                if not tries_left:
                    raise PeerAwayError(str(error)) from error
            else:
                return

    async def _send_over(self, session: Session, in_flight: InFlight) -> None:
        first = in_flight.messages[0]
        if first.kind is Kind.IMAGE:
            await session.send_image(first.id, self._file_of(first), in_flight.progress)
            in_flight.answered(MessageState.DELIVERED)
            return
        async with aclosing(session.send_texts(map(_text_frames, in_flight.texts()))) as refusals:
            async for refusal in refusals:
                in_flight.answered(refusal or MessageState.DELIVERED)

    def _find(self, recipient: Recipient) -> Target:
        """Find where a recipient is now: where it was, or where its handle is alone in use. Raises PeerAwayError."""
        there = self._peers.at(recipient.address)
        is_same = there is None or there.handle == recipient.handle
        if there and is_same and there.is_here:
            return _target(there)
        named = self._peers.named(recipient.handle)
        if len(named) == 1:
            return _target(named[0])
        if is_same:
            return _target(there) if there else Target(*recipient, UNKNOWN)
        raise PeerAwayError(f"{recipient.handle} is no longer at {recipient.address}")


def _text_frames(messages: Sequence[MessageEntry]) -> list[TextFrame]:
    return [TextFrame(one.id, one.automatic, (one.text or "").replace("\0", "").encode()) for one in messages]


def _target(peer: Peer) -> Target:
    *others, last = peer.addresses
    return Target(peer.handle, last, peer.dialect, tuple(others), peer.fingerprint, is_heard=not peer.second_hand)


async def _know_nobody(_: Address) -> None:
    pass


def _pass_over(_: bytes, __: Address) -> None:
    pass
