"""The conversations of the history: the newest message with each handle, and how far they are read.

A trigger of the file (messages_counted in history.py) counts each message as it is written, so no
message is without its conversation, and one that is queued again is not counted twice.
"""

from contextlib import suppress

from slcp.errors import StorageError
from slcp.events import ConversationRead, DurableEvent, ImageQueued, ImageReceived, TextQueued, TextReceived
from slcp.results import ConversationEntry
from slcpd.database import Database

MAX_CONVERSATIONS = 500  # read in one go: some ms of the loop


class Conversations:
    """Reads and writes the table `conversations`; what is written belongs to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database
        with suppress(StorageError):  # until the next start they are found in their own case alone
            self._fold_handles()

    def newest(self, limit: int) -> list[ConversationEntry]:
        """Return the conversations, the one with the newest message first."""
        rows = self._db.rows(
            "SELECT handle, seq, time, unread, read FROM conversations ORDER BY seq DESC LIMIT ?",
            (min(limit, MAX_CONVERSATIONS),),
        )
        return [
            ConversationEntry(handle=handle, seq=seq, time=time, unread=unread, read=read)
            for handle, seq, time, unread, read in rows
        ]

    def known_as(self, handle: str) -> str:
        """Return the handle of the conversation that is meant: the same, else the newest but for its case, if any."""
        if self._db.row("SELECT 1 FROM conversations WHERE handle = ?", (handle,)):
            return handle
        row = self._db.row(
            "SELECT handle FROM conversations WHERE folded = ? ORDER BY seq DESC LIMIT 1", (handle.casefold(),)
        )
        return row[0] if row else handle

    def read_up_to(self, handle: str, up_to: int) -> ConversationRead | None:
        """Return what it means that messages are read up to a seq; None if they were, or if there are none."""
        row = self._db.row("SELECT seq, read FROM conversations WHERE handle = ?", (handle,))
        newest, read = row or (0, 0)
        up_to = min(up_to, newest)
        if up_to <= read:
            return None
        return ConversationRead(handle=handle, up_to=up_to, unread=self._count_received(handle, up_to))

    def apply(self, event: DurableEvent) -> None:
        """Write what an event means for its conversation."""
        if isinstance(event, ConversationRead):
            self._db.write(
                "UPDATE conversations SET read = ?, unread = ? WHERE handle = ?",
                (event.up_to, event.unread, event.handle),
            )
        elif isinstance(event, TextReceived | TextQueued | ImageReceived | ImageQueued):
            self._fold(event.handle)

    def _fold_handles(self) -> None:
        """Note the folded handles that are lacking in a file of the version before."""
        lacking = self._db.rows("SELECT handle FROM conversations WHERE folded IS NULL")
        if not lacking:
            return
        with self._db.written(durable=False):
            for (handle,) in lacking:
                self._fold(handle)

    def _fold(self, handle: str) -> None:
        self._db.write(
            "UPDATE conversations SET folded = ? WHERE handle = ? AND folded IS NULL", (handle.casefold(), handle)
        )

    def _count_received(self, handle: str, after: int) -> int:
        row = self._db.row(
            "SELECT count(*) FROM messages WHERE handle = ? AND seq > ? AND direction = 'in'", (handle, after)
        )
        return int(row[0]) if row else 0
