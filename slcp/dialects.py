"""How programs spell SLCP: one row per dialect, read as a table (docs/protocol.md, section 3).

A row says what the peer must be sent. What a peer sends is read liberally whatever its row.
"""

from dataclasses import dataclass

from slcp.messages import ListCommand


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the programs that speak SLCP."""

    name: str
    list_commands: tuple[ListCommand, ...]  # how it wants the answer to WHO; one datagram each
    is_slcpd: bool  # says HELLO: repeats itself, answers probes, takes AUTO and HELLO in streams


SLCPD = Dialect("slcpd", (ListCommand.KNOWNUSERS,), is_slcpd=True)
CANONICAL = Dialect("slcp", (ListCommand.KNOWNUSERS, ListCommand.KNOWUSERS), is_slcpd=False)
