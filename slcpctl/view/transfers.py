"""Images that are on their way now: how far, and how fast."""

from __future__ import annotations

from dataclasses import dataclass

from slcp.client import Json

STALE_AFTER = 15.0  # seconds without progress: it has broken off, or waits for the next try
MAX_TRANSFERS = 256  # followed at a time; the daemon has fewer connections


@dataclass(frozen=True, slots=True)
class Transfer:
    """One image; times are of a clock that never jumps."""

    id: str
    handle: str
    incoming: bool
    done: int  # bytes
    size: int  # bytes
    began: float
    begun_with: int  # bytes that were done then
    at: float

    @property
    def speed(self) -> float:
        """Bytes a second since it was first heard of."""
        return (self.done - self.begun_with) / (self.at - self.began) if self.at > self.began else 0.0

    @property
    def part(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(self.done / self.size, 1.0) if self.size else 1.0


class Transfers:
    """The transfers of which something was heard lately."""

    def __init__(self) -> None:
        self._transfers: dict[str, Transfer] = {}

    def take(self, event: Json, now: float) -> None:
        """Learn from an event."""
        if event["type"] == "image_progressed":
            self._progress(event, now)
        elif event["type"].startswith("image_"):
            self._transfers.pop(event.get("id", ""), None)

    def of(self, message_id: str, now: float) -> Transfer | None:
        """Return the transfer of a message, if it goes on."""
        transfer = self._transfers.get(message_id)
        return transfer if transfer and now - transfer.at < STALE_AFTER else None

    def coming(self, handle: str | None, now: float) -> list[Transfer]:
        """Return what someone, or anyone, is sending us."""
        return [
            transfer
            for transfer in self._transfers.values()
            if transfer.incoming and handle in (None, transfer.handle) and now - transfer.at < STALE_AFTER
        ]

    def _progress(self, event: Json, now: float) -> None:
        known = self._transfers.get(event["id"])
        if known is None or now - known.at >= STALE_AFTER or event["done"] < known.done:
            began, begun_with = now, event["done"]
        else:
            began, begun_with = known.began, known.begun_with
        self._transfers = {
            key: transfer for key, transfer in self._transfers.items() if now - transfer.at < STALE_AFTER
        }
        if len(self._transfers) < MAX_TRANSFERS or event["id"] in self._transfers:
            incoming = event["direction"] == "in"
            self._transfers[event["id"]] = Transfer(
                event["id"], event["handle"], incoming, event["done"], event["size"], began, begun_with, now
            )
