"""The requests about people: who is here, being here oneself, whom to hear nothing of."""

import asyncio
from collections.abc import Callable, Sequence

from slcp.addressing import resolve
from slcp.blocklist import is_name, ways_to_name
from slcp.errors import ErrorCode, RequestError
from slcp.membership import Membership
from slcp.node import Node
from slcp.peers import Peer
from slcp.presence import Presence
from slcp.requests import Block, Unblock, Users
from slcp.results import Done, UserEntry, UsersResult
from slcp.trust import Trust
from slcpd.settings import Settings

ANSWERS_WITHIN = 0.3  # seconds: WHO and its answers cross a LAN in a few ms; programs in scripts take longer
LISTED_AT_ONCE = 500  # users: a few ms


class Attendance:
    """Answers these requests. Some raise RequestError."""

    def __init__(
        self,
        me: Node,
        presence: Presence,
        membership: Membership,
        trust: Trust,
        settings: Settings,
        flush: Callable[[], None],
    ) -> None:
        self._me = me
        self._presence = presence
        self._membership = membership
        self._trust = trust
        self._settings = settings
        self._flush = flush  # sends what presence and membership want to say

    async def users(self, request: Users) -> UsersResult:
        if request.refresh:
            self._membership.ask()
            self._flush()
            await asyncio.sleep(ANSWERS_WITHIN)
        here = sorted(self._presence.peers.here(), key=lambda peer: (peer.handle.casefold(), peer.address))
        return UsersResult(await self._entries(here))

    def join(self) -> Done:
        self._membership.join(asyncio.get_running_loop().time())
        self._flush()
        return Done()

    def leave(self) -> Done:
        self._membership.leave()
        self._flush()
        return Done()

    def block(self, request: Block) -> Done:
        name = request.handle
        if not is_name(name):  # a name may be of someone whom we do not know
            peer = resolve(self._presence.peers, name)
            name = f"{peer.name}#{peer.fingerprint}" if peer.fingerprint else peer.name
        self._settings.set("blocked", sorted({*self._settings.config.blocked, name}))
        return Done()

    def unblock(self, request: Unblock) -> Done:
        blocked = self._settings.config.blocked
        kept = [name for name in blocked if request.handle not in ways_to_name(name)]
        if len(kept) == len(blocked):
            names = ", ".join(blocked) or "nobody"
            raise RequestError(ErrorCode.UNKNOWN_USER, f"{request.handle} is not blocked; blocked: {names}")
        self._settings.set("blocked", kept)
        return Done()

    async def _entries(self, peers: Sequence[Peer]) -> list[UserEntry]:
        """List these peers; of many some at a time, the others having their turn between."""
        entries = [self._entry(peer) for peer in peers[:LISTED_AT_ONCE]]
        for start in range(LISTED_AT_ONCE, len(peers), LISTED_AT_ONCE):
            await asyncio.sleep(0)
            entries += [self._entry(peer) for peer in peers[start : start + LISTED_AT_ONCE]]
        return entries

    def _entry(self, peer: Peer) -> UserEntry:
        return UserEntry(
            handle=peer.handle,
            ip=peer.address.ip,
            port=peer.address.port,
            name=peer.name,
            state=peer.state,
            dialect=peer.dialect.name,
            dialect_reason=self._presence.evidence.conclusion(peer.handle, peer.address).reason,
            second_hand=peer.second_hand,
            same_handle=peer.handle == self._me.handle,
            other_addresses=[str(address) for address in peer.addresses[1:]],
            fingerprint=peer.fingerprint,
            trust=self._trust.standing(peer.handle, peer.fingerprint),
        )
