"""Who and where we are."""

from dataclasses import dataclass, field

from slcp.links import LOOPBACK, Links
from slcp.messages import Address, Hello, Join


@dataclass(slots=True)
class Node:
    """Our handle, chat port and links; they change with the config and with the network."""

    handle: str
    port: int
    links: Links
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
        return Hello(self.handle, self.port)

    def join(self) -> Join:
        return Join(self.handle, self.port)

    def canonical(self, address: Address) -> Address:
        """Fold the addresses of a peer on this machine into one."""
        return Address(self.links.canonical(address.ip), address.port)

    def seen_from(self, asker: str, address: Address) -> Address | None:
        """Return a peer's address as the host `asker` can use it; None where there is none."""
        if not address.ip.startswith("127.") or self.links.is_own(asker) or asker.startswith("127."):
            return address
        return Address(self.links.facing(asker), address.port) if address.ip == LOOPBACK else None
