"""How two slcpd prove to each other who they are, over TLS 1.3 (docs/delivery.md, "Trust").

The server's key is that of its certificate. The client signs what the server has just made up:
Python's ssl takes no certificate of a client that it cannot check itself.
"""

import secrets
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slcp.errors import BadInput, ProtocolError
from slcp.fingerprint import fingerprint_of
from slcp.frames import NONCE, VERSION, Challenge, Proof, Refusal, Welcome, statement
from slcp.messages import Address
from slcp.node import Node
from slcp.trust import KeyChangedError, PinsChanged, Security, Trust
from slcpd.frame_stream import FrameStream
from slcpd.identity import Identity, check_signature, load_signing, public_key_of
from slcpd.tls import client_context, server_context

KEY_CHANGED = "key_changed"  # the code of a refusal


@dataclass(frozen=True, slots=True)
class ProvenPeer:
    """Who is at the other end of a stream, beyond doubt as far as its key goes."""

    handle: str
    address: Address
    fingerprint: str


class Handshake:
    """Our side of it. What it learns of keys is kept by `keep` before it goes on."""

    def __init__(
        self,
        me: Node,
        identity: Identity,
        trust: Trust,
        keep: Callable[[Sequence[PinsChanged]], None],
        admit: Callable[[ProvenPeer], None],
    ) -> None:
        self._me = me
        self._identity = identity
        self.fingerprint = identity.fingerprint
        self._trust = trust
        self._keep = keep
        self._admit = admit  # takes note of who has connected; raises ProtocolError when the user has blocked that
        self.client_context: ssl.SSLContext = client_context()
        self.server_context: ssl.SSLContext = server_context(identity.path)

    @property
    def is_wanted(self) -> bool:
        """Tell whether the user wants encrypted streams at all."""
        return self._trust.security is not Security.OFF

    async def as_client(self, stream: FrameStream, handle: str, address: Address, offered: str | None) -> ProvenPeer:
        """Find out who takes connections at `address`, before we say who we are.

        Raises KeyChangedError when another key is pinned to the handle, RefusedError when we are not
        wanted, ProtocolError when it is somebody else, or has not the key that it has offered.
        """
        await load_signing()
        fingerprint = fingerprint_of(public_key_of(stream.tls.certificate))
        challenge = await stream.expect(Challenge)
        pinned = self._trust.pins(handle).keys
        if fingerprint not in pinned:
            is_other = not pinned and offered not in (None, fingerprint)
            if is_other or challenge.handle.casefold() != handle.casefold():
                raise ProtocolError(BadInput.KEY_CHANGED, f"{challenge.handle} is at {address}, with an unknown key")
            self._keep(self._trust.meet(handle, fingerprint))
        elif offered in pinned and fingerprint != offered:  # two people with one handle
            raise ProtocolError(BadInput.KEY_CHANGED, f"another {handle} is at {address}")
        stream.send(self._proof(challenge.nonce, fingerprint))
        await stream.expect(Welcome)
        return ProvenPeer(handle, address, fingerprint)

    async def as_server(self, stream: FrameStream, ip: str) -> ProvenPeer:
        """Find out who has connected. Raises KeyChangedError, which the client is told, and ProtocolError."""
        await load_signing()
        nonce = secrets.token_hex(NONCE)
        stream.send(Challenge(VERSION, self._me.handle, self._me.port, nonce))
        proof = await stream.expect(Proof)
        key = bytes.fromhex(proof.key)
        fingerprint = fingerprint_of(key)
        if fingerprint == self.fingerprint:
            raise ProtocolError(BadInput.BAD_PROOF, "our own key")
        check_signature(key, bytes.fromhex(proof.signature), statement(nonce, self.fingerprint, fingerprint))
        peer = ProvenPeer(proof.handle, self._me.canonical(Address(ip, proof.port)), fingerprint)
        self._admit(peer)
        try:
            self._keep(self._trust.meet(peer.handle, fingerprint))
        except KeyChangedError as error:
            error.address = peer.address
            stream.send(Refusal(KEY_CHANGED, f"{self._me.handle} knows {peer.handle} by another key"))
            raise
        stream.send(Welcome())
        return peer

    def _proof(self, nonce: str, server: str) -> Proof:
        signature = self._identity.sign(statement(nonce, server, self.fingerprint))
        return Proof(VERSION, self._me.handle, self._me.port, self._identity.public_key.hex(), signature.hex())
