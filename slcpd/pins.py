"""The pinned keys in the history's file (slcp/trust.py)."""

from collections import defaultdict

from slcp.trust import Pins, PinsChanged
from slcpd.database import Database


class PinStore:
    """Reads and writes the table `pins`; what is written belongs to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> dict[str, Pins]:
        keys: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        plain: defaultdict[str, set[str]] = defaultdict(set)
        for handle, fingerprint, ip, verified in self._db.rows("SELECT handle, fingerprint, ip, verified FROM pins"):
            if fingerprint:
                keys[handle][fingerprint] = bool(verified)
            else:
                plain[handle].add(ip)
        return {handle: Pins(keys[handle], frozenset(plain[handle])) for handle in [*keys, *plain]}

    def keep(self, change: PinsChanged) -> None:
        """Write what is accepted from a handle, instead of what was."""
        handle = change.handle.casefold()
        rows = [(handle, fingerprint, "", verified) for fingerprint, verified in change.pins.keys.items()]
        rows += [(handle, "", ip, False) for ip in change.pins.plain]
        self._db.write("DELETE FROM pins WHERE handle = ?", (handle,))
        for row in rows:
            self._db.write("INSERT INTO pins VALUES (?, ?, ?, ?)", row)
