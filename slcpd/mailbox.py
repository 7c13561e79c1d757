"""The messages of the history, each with its present state, and the outbox."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from slcp.events import (
    ConfigChanged,
    ConversationRead,
    DurableEvent,
    ImageCancelled,
    ImageDelivered,
    ImageFailed,
    ImageQueued,
    ImageReceived,
    ImageRejected,
    ImageSent,
    KeyPinned,
    KeyRefused,
    TextCancelled,
    TextDelivered,
    TextFailed,
    TextQueued,
    TextReceived,
    TextSent,
    UserChanged,
    UserJoined,
    UserLeft,
)
from slcp.messages import Address
from slcp.results import Direction, Kind, MessageEntry, MessageState
from slcpd.database import Database

MAX_PAGE = 500  # messages read in one go: some ms of the loop


class Recipient(NamedTuple):
    """Whom a queued message is for."""

    handle: str
    address: Address


class Query(NamedTuple):
    """Which messages a page is of; bounds are exclusive."""

    handle: str | None = None
    ip: str | None = None
    before: int | None = None
    after: int | None = None
    words: str | None = None
    limit: int = 50
    oldest: bool = False

    def where(self) -> tuple[str, list[str | int]]:
        """Return the condition in SQL and its values."""
        found = "seq IN (SELECT rowid FROM messages_text WHERE messages_text MATCH ?)"
        words = None if self.words is None else _phrases(self.words)
        conditions: list[tuple[str, str | int | None]] = [
            ("handle = ?", self.handle),
            ("ip = ?", self.ip),
            ("seq < ?", self.before),
            ("seq > ?", self.after),
            (found, words),
        ]
        given = [(condition, value) for condition, value in conditions if value is not None]
        return " AND ".join([condition for condition, _ in given] or ["true"]), [value for _, value in given]


def _phrases(words: str) -> str:
    """Quote each word for FTS5, so that none is read as an operator; the last may be unfinished."""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words.replace("\0", " ").split()]
    return " ".join(quoted) + "*" if quoted else '""'


class Mailbox:
    """Reads and writes the table `messages`; what is written belongs to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def apply(self, event: DurableEvent, seq: int, time: str) -> None:
        """Write what an event means for its message."""
        match event:
            case TextReceived() | TextQueued() | ImageReceived() | ImageQueued():
                self._db.write(_INSERT, _row(event, seq, time))
            case TextSent(id=message_id) | ImageSent(id=message_id):
                self._set_state(message_id, MessageState.SENT, None)
            case TextDelivered(id=message_id) | ImageDelivered(id=message_id):
                self._set_state(message_id, MessageState.DELIVERED, None)
                self._db.write("UPDATE messages SET secure = 1 WHERE id = ?", (message_id,))
            case TextCancelled(id=message_id) | ImageCancelled(id=message_id):
                self._set_state(message_id, MessageState.CANCELLED, None)
            case TextFailed(id=message_id, reason=reason) | ImageFailed(id=message_id, reason=reason):
                self._set_state(message_id, MessageState.FAILED, reason)
            case UserJoined() | UserLeft() | UserChanged() | ImageRejected() | ConfigChanged():
                pass
            case KeyPinned() | KeyRefused() | ConversationRead():
                pass

    def _set_state(self, message_id: str, state: MessageState, reason: str | None) -> None:
        self._db.write("UPDATE messages SET state = ?, reason = ? WHERE id = ?", (state, reason, message_id))

    def page(self, query: "Query") -> list[MessageEntry]:
        """Return the newest messages that fit the query, or the oldest, oldest first."""
        where, values = query.where()
        order = "ASC" if query.oldest else "DESC"
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM messages WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608  # our own words
            (*values, max(0, min(query.limit, MAX_PAGE))),
        )
        return [_entry(row) for row in (rows if query.oldest else reversed(rows))]

    def message(self, message_id: str) -> MessageEntry | None:
        row = self._db.row(f"SELECT {_COLUMNS} FROM messages WHERE id = ?", (message_id,))  # noqa: S608
        return _entry(row) if row else None

    def recipients(self) -> list[Recipient]:
        """Return everyone for whom a message is queued."""
        rows = self._db.rows("SELECT DISTINCT handle, ip, port FROM messages WHERE state = 'queued'")
        return [Recipient(handle, Address(ip, port)) for handle, ip, port in rows]

    def next_queued(self, recipient: Recipient) -> MessageEntry | None:
        """Return the oldest message that waits for `recipient`."""
        row = self._db.row(
            f"SELECT {_COLUMNS} FROM messages "  # noqa: S608
            "WHERE state = 'queued' AND handle = ? AND ip = ? AND port = ? ORDER BY seq LIMIT 1",
            (recipient.handle, *recipient.address),
        )
        return _entry(row) if row else None

    def needs_image(self, sha256: str) -> bool:
        """Tell whether an image of this checksum waits to be sent, or has failed and may be retried."""
        row = self._db.row(
            "SELECT 1 FROM messages WHERE sha256 = ? AND direction = 'out' AND state IN ('queued', 'failed')", (sha256,)
        )
        return row is not None

    def count_queued(self) -> int:
        return int(self._db.rows("SELECT count(*) FROM messages WHERE state = 'queued'")[0][0])

    def last_recipient(self, to: str) -> Recipient | None:
        """Return where `to`, a handle or handle@ip:port, was when last written to or heard of."""
        row = self._db.row(
            "SELECT handle, ip, port FROM messages WHERE port IS NOT NULL AND "
            "(handle = ? OR (handle = ? AND ip || ':' || port = ?)) ORDER BY seq DESC LIMIT 1",
            (to, *to.rpartition("@")[::2]),
        )
        return Recipient(row[0], Address(row[1], row[2])) if row else None

    def was_answered(self, handle: str, ip: str, since: int) -> bool:
        """Tell whether an automatic answer has gone to this peer after the seq `since`."""
        row = self._db.row(
            "SELECT 1 FROM messages WHERE automatic AND direction = 'out' AND handle = ? AND ip = ? AND seq > ?",
            (handle, ip, since),
        )
        return row is not None


# Rows

_COLUMN_NAMES = MessageEntry.__dataclass_fields__.keys()
_COLUMNS = ", ".join(_COLUMN_NAMES)
_INSERT = (
    f"INSERT INTO messages ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMN_NAMES))}) "  # noqa: S608
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = NULL"  # a retry
)
_STATES: dict[type, tuple[Direction, Kind, MessageState]] = {
    TextReceived: (Direction.IN, Kind.TEXT, MessageState.RECEIVED),
    TextQueued: (Direction.OUT, Kind.TEXT, MessageState.QUEUED),
    ImageReceived: (Direction.IN, Kind.IMAGE, MessageState.RECEIVED),
    ImageQueued: (Direction.OUT, Kind.IMAGE, MessageState.QUEUED),
}


def _row(event: TextReceived | TextQueued | ImageReceived | ImageQueued, seq: int, time: str) -> Sequence[Any]:
    direction, kind, state = _STATES[type(event)]
    known: dict[str, object] = {"seq": seq, "time": time, "direction": direction, "kind": kind, "state": state}
    return [known[name] if name in known else getattr(event, name, _MISSING.get(name)) for name in _COLUMN_NAMES]


_MISSING = {"automatic": False, "secure": False}
_KINDS: dict[str, Callable[[Any], object]] = {
    "direction": Direction,
    "kind": Kind,
    "state": MessageState,
    "automatic": bool,
    "secure": bool,
}  # what SQLite does not know


def _entry(row: Sequence[object]) -> MessageEntry:
    values = dict(zip(_COLUMN_NAMES, row, strict=True))
    for name, kind in _KINDS.items():
        values[name] = kind(values[name])
    return MessageEntry(**values)  # type: ignore[arg-type]  # the columns are the fields
