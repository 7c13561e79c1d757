"""The requests about keys: whose is whose, and whether the user agrees."""

from collections.abc import Callable, Iterable, Sequence

from slcp.addressing import find, unknown_user
from slcp.errors import ErrorCode, RequestError
from slcp.fingerprint import spoken
from slcp.peers import Peer, PeerEvent, PeerHeard, PeerTable
from slcp.requests import Trust as TrustRequest
from slcp.requests import Verify
from slcp.results import KeyEntry, VerifyResult
from slcp.trust import PinsChanged, Trust
from slcpd.sessions import Sessions


class Trusting:
    """Answers these requests. All raise RequestError."""

    def __init__(
        self,
        own_fingerprint: str,
        peers: PeerTable,
        trust: Trust,
        sessions: Sessions,
        keep: Callable[[Sequence[PinsChanged]], None],
        publish: Callable[[Iterable[PeerEvent]], None],
    ) -> None:
        self._own_fingerprint = own_fingerprint
        self._peers = peers
        self._trust = trust
        self._sessions = sessions
        self._keep = keep
        self._publish = publish

    def verify(self, request: Verify) -> VerifyResult:
        """Show both keys, to be compared by voice."""
        return self._stands(*self._find(request.handle))

    def _stands(self, handle: str, peer: Peer | None) -> VerifyResult:
        pinned = self._trust.pins(handle).keys
        shown = self._shown(handle, peer)
        return VerifyResult(
            handle=handle,
            standing=self._trust.standing(handle, shown or next(iter(pinned), None)),
            own=_entry(self._own_fingerprint),
            pinned=[_entry(fingerprint) for fingerprint in pinned],
            shown=_entry(shown) if shown else None,
        )

    def trust(self, request: TrustRequest) -> VerifyResult:
        """Accept the key that a user shows now, or that it shows none. Returns how things stand then."""
        handle, peer = self._find(request.handle)
        is_full_name = peer is not None and request.handle == peer.name
        if request.plain:
            self._keep(self._trust.allow_plain(handle, peer.address.ip if peer and is_full_name else None))
        else:
            key = self._key_to_trust(handle, peer, request.fingerprint)
            self._keep(self._trust.accept(handle, key, is_one_more=is_full_name))
        keys = self._trust.pins(handle).keys
        folded = handle.casefold()
        self._sessions.close_where(lambda peer: peer.handle.casefold() == folded and peer.fingerprint not in keys)
        self._publish([PeerHeard(handle)])  # what waited for this goes out now
        return self._stands(handle, peer)

    def _key_to_trust(self, handle: str, peer: Peer | None, compared: str | None) -> str:
        pinned = self._trust.pins(handle).keys
        shown = self._shown(handle, peer) or next(iter(pinned), None)
        if shown is None:
            raise RequestError(ErrorCode.NO_KEY, f"{handle} has shown no key: there is nothing to trust yet")
        if compared not in (None, shown, *pinned):
            raise RequestError(ErrorCode.NO_KEY, f"{handle} shows another key by now; `slcpctl verify` shows it")
        return compared or shown

    def _find(self, name: str) -> tuple[str, Peer | None]:
        """Find whom the user means: a peer, or a handle that is not here and has a pinned key."""
        peer = find(self._peers, name)
        if peer is None and not self._trust.pins(name).keys:
            raise unknown_user(self._peers, name)
        return (peer.handle if peer else name), peer

    def _shown(self, handle: str, peer: Peer | None) -> str | None:
        """Return the key that the peer says it has; of one who says nothing, what was proven and refused.

        So a stranger who tries the handle does not put its key in the place of the peer's.
        """
        return (peer.fingerprint if peer else None) or self._trust.refused(handle)


def _entry(fingerprint: str) -> KeyEntry:
    return KeyEntry(fingerprint, spoken(fingerprint))
