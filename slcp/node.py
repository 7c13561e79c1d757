"""Who and where we are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slcp.links import LOOPBACK, Links
from slcp.messages import Address, Hello, Join


@dataclass(slots=True)
class Node:
    """Our handle, chat port and links; they change with the config and with the network."""

    handle: str
    port: int
    links: Links
    fingerprint: str | None = None  # of our key; None: we speak plain text
    former_ips: set[str] = field(default_factory=set)  # that we had before: lists of others may still name us there

    def move(self, links: Links) -> None:
        """Be on other links from now on."""
        self.former_ips.update(link.ip for link in self.links.links)
        self.links = links

    def was_me(self, address: Address) -> bool:
        return address.port == self.port and address.ip in self.former_ips

    def is_me(self, address: Address) -> bool:
        return address.port == self.port and self.links.is_own(address.ip)

    def hello(self) -> Hello:
        return Hello(self.handle, self.port, fingerprint=self.fingerprint)

    def join(self) -> Join:
        return Join(self.handle, self.port)

    def canonical(self, address: Address) -> Address:
        """Fold the addresses of a peer on this machine into one."""
        return Address(self.links.canonical(address.ip), address.port)

    def seen_from(self, asker: str, addresses: Sequence[Address]) -> Address | None:
        """Return that of a peer's addresses which the host `asker` can use; None where there is none.

        The likeliest come first; one in a network with the asker goes before them.
        """
        address = next((one for one in addresses if self.links.are_together(one.ip, asker)), addresses[0])
        if not address.ip.startswith("127.") or self.links.is_own(asker) or asker.startswith("127."):
            return address
        return Address(self.links.facing(asker), address.port) if address.ip == LOOPBACK else None
