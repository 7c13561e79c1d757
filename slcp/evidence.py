"""What was heard of each peer that tells its dialect: kept by address, remembered by (handle, host)."""

from collections.abc import Iterable, Mapping

from slcp.bounded import put_last
from slcp.dialects import BY_NAME, Conclusion, Trait, conclude
from slcp.messages import Address

MAX_REMEMBERED = 4096  # as many as peers can be known; the one learnt of longest ago goes first

Host = tuple[str, str]  # handle, ip
Traits = frozenset[Trait]


class Evidence:
    """Learns traits and concludes dialects; `pinned` are those that the user has set, by handle."""

    def __init__(self, remembered: Mapping[Host, Traits], pinned: Mapping[str, str]) -> None:
        self.pinned = pinned  # may be replaced at any time
        # Every slcpd says HELLO before anything else; who does not is another program by now.
        self._traits = {host: traits for host, traits in remembered.items() if Trait.HELLO not in traits}

    def learn(self, handle: str, address: Address, traits: Iterable[Trait]) -> Conclusion:
        """Add what was heard; return what is concluded from all that was."""
        host = (handle, address.ip)
        known = self._traits.get(host, frozenset())
        put_last(self._traits, host, known | frozenset(traits), MAX_REMEMBERED)
        return self.conclusion(handle, address)

    def forget(self, handle: str, address: Address) -> None:
        """Begin anew: an slcpd that fell silent may come back as another program."""
        self._traits.pop((handle, address.ip), None)

    def traits(self, handle: str, address: Address) -> Traits:
        return self._traits.get((handle, address.ip), frozenset())

    def conclusion(self, handle: str, address: Address) -> Conclusion:
        """Return the dialect of a peer and why."""
        name = self.pinned.get(handle)
        if name is not None:
            return Conclusion(BY_NAME[name], "set in the config")
        return conclude(self.traits(handle, address))
