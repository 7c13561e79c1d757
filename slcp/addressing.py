"""Which peer is meant, by who names it: a user, a LEAVE, a text or image."""

from collections.abc import Collection

from slcp.errors import ErrorCode, RequestError
from slcp.messages import Address, split_name
from slcp.peers import Peer, PeerTable

SHOWN = 20  # handles named in an error


def resolve(peers: PeerTable, to: str) -> Peer:
    """Find the one peer that a user names, as find() does. Raises RequestError: unknown_user, ambiguous_user."""
    peer = find(peers, to)
    if peer is None:
        raise unknown_user(peers, to)
    return peer


def find(peers: PeerTable, to: str) -> Peer | None:
    """Find the one peer that a user names, if there is one: by its handle, or as handle@ip:port.

    Peers that were heard go before those of hearsay, those that are here before those that are
    gone, the exact handle before one in another case. Raises RequestError: ambiguous_user.
    """
    named = _named(peers, to)
    here = [peer for peer in named if peer.is_here]
    found = [peer for peer in here if not peer.second_hand] or here or named[-1:]
    if len(found) > 1:
        names = ", ".join(peer.name for peer in found)
        raise RequestError(ErrorCode.AMBIGUOUS_USER, f"{to} is the handle of several users; say which one: {names}")
    return found[0] if found else None


def unknown_user(peers: PeerTable, to: str) -> RequestError:
    """Return the refusal of a name that nobody has; it tells who is here."""
    return RequestError(ErrorCode.UNKNOWN_USER, f"no user {to}; {_hint(peers.here())}")


def everyone(here: Collection[Peer]) -> list[Peer]:
    """Return who gets what is sent to everyone; hearsay of a handle that was heard is out of date."""
    heard = {peer.handle.casefold() for peer in here if not peer.second_hand}
    return [peer for peer in here if not peer.second_hand or peer.handle.casefold() not in heard]


def _named(peers: PeerTable, to: str) -> list[Peer]:
    handle, address = split_name(to)
    called = peers.called(handle)
    if address:
        return [peer for peer in called if to in peer.names]
    return [peer for peer in called if peer.handle == handle] or called


def who_left(peers: PeerTable, handle: str, source: Address) -> Peer | None:
    """Find who said LEAVE: the peer of that handle at that host, by its port or as the only one."""
    named = [peer for peer in peers.here_at(source.ip) if peer.handle == handle]
    exact = [peer for peer in named if peer.address == source]
    return _only(exact, named)


def who_sent(peers: PeerTable, handle: str, source: Address, own_handle: str) -> Peer | None:
    """Find who sent a text or image that names `handle`: the recipient, or in some dialects the sender.

    An slcpd says HELLO at the head of its streams, so a stream without belongs to a plain peer.
    """
    at_host = peers.here_at(source.ip)
    exact = [peer for peer in at_host if peer.address == source]
    named = [peer for peer in at_host if peer.handle == handle != own_handle]
    plain = [peer for peer in at_host if not peer.dialect.is_slcpd]
    return _only(exact, named, plain, at_host)


def _only(*choices: list[Peer]) -> Peer | None:
    """Return the peer of the first choice that is just one."""
    return next((peers[0] for peers in choices if len(peers) == 1), None)


def _hint(here: Collection[Peer]) -> str:
    handles = sorted({peer.handle for peer in here})
    if not handles:
        return "nobody is here yet; `slcpctl users --refresh` asks again"
    return f"here are: {', '.join(handles[:SHOWN])}{'...' if len(handles) > SHOWN else ''}"
