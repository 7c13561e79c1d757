"""The history: everything that has happened, in one SQLite file that survives kill -9.

    events    every event with its seq: the log that subscriptions follow
    messages  every text and image with its present state: the conversations, and the outbox

Whatever someone relies on (a text, a state) is committed with synchronous=FULL, presence with
NORMAL: after a power cut the last comings and goings may be missing (docs/delivery.md).
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from slcp.control import encode_event_body
from slcp.errors import ConfigError
from slcp.events import (
    ConfigChanged,
    DurableEvent,
    ImageFailed,
    ImageQueued,
    ImageReceived,
    ImageRejected,
    ImageSent,
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

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,  -- RFC 3339, UTC
    body TEXT NOT NULL   -- JSON, as events are sent
);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,  -- of the event that brought it
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    handle TEXT NOT NULL,     -- of the peer
    ip TEXT NOT NULL,
    port INTEGER,
    state TEXT NOT NULL,
    reason TEXT,
    automatic INTEGER NOT NULL,
    text TEXT,
    path TEXT,
    size INTEGER,
    width INTEGER,
    height INTEGER
);
CREATE INDEX messages_by_handle ON messages (handle, seq);
CREATE INDEX messages_queued ON messages (handle, ip, port, seq) WHERE state = 'queued';
CREATE INDEX messages_automatic ON messages (handle, ip, seq) WHERE automatic AND direction = 'out';
CREATE VIRTUAL TABLE messages_text USING fts5 (text, content = 'messages', content_rowid = 'seq');
CREATE TRIGGER messages_indexed AFTER INSERT ON messages WHEN new.text IS NOT NULL
BEGIN
    INSERT INTO messages_text (rowid, text) VALUES (new.seq, new.text);
END;
"""
MAX_PAGE = 500  # messages or events read in one go: some ms of the loop
FIRST_SEQ = 0


class LoggedEvent(NamedTuple):
    """A row of the log; `body` is JSON."""

    seq: int
    time: str
    body: str


class Recipient(NamedTuple):
    """Whom a queued message is for."""

    handle: str
    address: Address


class History:
    """Reads and writes the file. Made for one owner: the daemon's loop."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the file, or make it. Raises ConfigError when it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clock = clock
        self._db = _open(path)
        self._synchronous = ""

    def close(self) -> None:
        self._db.close()

    def add(self, event: DurableEvent) -> int:
        """Keep an event, and what it means for its message, in one transaction. Returns its seq."""
        time = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._synchronise("NORMAL" if isinstance(event, UserJoined | UserLeft | UserChanged) else "FULL")
        with self._db:
            row = self._db.execute("INSERT INTO events (time, body) VALUES (?, ?)", (time, encode_event_body(event)))
            seq = row.lastrowid
            assert seq is not None  # noqa: S101  # an INSERT has one
            self._apply(event, seq, time)
        return seq

    def last_seq(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else FIRST_SEQ

    def events_after(self, seq: int) -> list[LoggedEvent]:
        """Return the next events, oldest first, at most MAX_PAGE."""
        rows = self._db.execute(
            "SELECT seq, time, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, MAX_PAGE)
        )
        return [LoggedEvent(*row) for row in rows]

    def page(self, query: "Query") -> list[MessageEntry]:
        """Return the newest messages that fit the query, oldest first."""
        where, values = query.where()
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM messages WHERE {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608  # our own words
            (*values, max(0, min(query.limit, MAX_PAGE))),
        )
        return [_entry(row) for row in rows][::-1]

    def message(self, message_id: str) -> MessageEntry | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM messages WHERE id = ?", (message_id,)).fetchone()  # noqa: S608
        return _entry(row) if row else None

    def recipients(self) -> list[Recipient]:
        """Return everyone for whom a message is queued."""
        rows = self._db.execute("SELECT DISTINCT handle, ip, port FROM messages WHERE state = 'queued'")
        return [Recipient(handle, Address(ip, port)) for handle, ip, port in rows]

    def next_queued(self, recipient: Recipient) -> MessageEntry | None:
        """Return the oldest message that waits for `recipient`."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM messages "  # noqa: S608
            "WHERE state = 'queued' AND handle = ? AND ip = ? AND port = ? ORDER BY seq LIMIT 1",
            (recipient.handle, *recipient.address),
        ).fetchone()
        return _entry(row) if row else None

    def count_queued(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM messages WHERE state = 'queued'").fetchone()[0])

    def last_recipient(self, handle: str) -> Recipient | None:
        """Return where the one with that handle was when last written to or heard of."""
        row = self._db.execute(
            "SELECT handle, ip, port FROM messages WHERE handle = ? AND port IS NOT NULL ORDER BY seq DESC LIMIT 1",
            (handle,),
        ).fetchone()
        return Recipient(row[0], Address(row[1], row[2])) if row else None

    def was_answered(self, handle: str, ip: str, since: int) -> bool:
        """Tell whether an automatic answer has gone to this peer after the seq `since`."""
        row = self._db.execute(
            "SELECT 1 FROM messages WHERE automatic AND direction = 'out' AND handle = ? AND ip = ? AND seq > ?",
            (handle, ip, since),
        ).fetchone()
        return row is not None

    def last_change(self, key: str) -> int:
        """Return the seq at which a key of the configuration was last changed; FIRST_SEQ if never."""
        row = self._db.execute(
            'SELECT max(seq) FROM events WHERE body LIKE \'{"type":"config_changed"%\' '
            "AND json_extract(body, '$.key') = ?",
            (key,),
        ).fetchone()
        return row[0] or FIRST_SEQ

    def _synchronise(self, level: str) -> None:
        if level != self._synchronous:
            self._db.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def _apply(self, event: DurableEvent, seq: int, time: str) -> None:
        """Write what an event means for its message."""
        match event:
            case TextReceived() | TextQueued() | ImageReceived() | ImageQueued():
                self._db.execute(_INSERT, _row(event, seq, time))
            case TextSent(id=message_id) | ImageSent(id=message_id):
                self._set_state(message_id, MessageState.SENT, None)
            case TextFailed(id=message_id, reason=reason) | ImageFailed(id=message_id, reason=reason):
                self._set_state(message_id, MessageState.FAILED, reason)
            case UserJoined() | UserLeft() | UserChanged() | ImageRejected() | ConfigChanged():
                pass

    def _set_state(self, message_id: str, state: MessageState, reason: str | None) -> None:
        self._db.execute("UPDATE messages SET state = ?, reason = ? WHERE id = ?", (state, reason, message_id))


class Query(NamedTuple):
    """Which messages a page is of; bounds are exclusive."""

    handle: str | None = None
    ip: str | None = None
    before: int | None = None
    after: int | None = None
    words: str | None = None
    limit: int = 50

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
    quoted = ['"' + word.replace('"', '""') + '"' for word in words.split()]
    return " ".join(quoted) + "*" if quoted else '""'


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


def _row(event: TextReceived | TextQueued | ImageReceived | ImageQueued, seq: int, time: str) -> Sequence[object]:
    direction, kind, state = _STATES[type(event)]
    known: dict[str, object] = {"seq": seq, "time": time, "direction": direction, "kind": kind, "state": state}
    return [known[name] if name in known else getattr(event, name, _MISSING.get(name)) for name in _COLUMN_NAMES]


_MISSING = {"automatic": False}
_KINDS: dict[str, Callable[[Any], object]] = {
    "direction": Direction,
    "kind": Kind,
    "state": MessageState,
    "automatic": bool,
}  # what SQLite does not know


def _entry(row: Sequence[object]) -> MessageEntry:
    values = dict(zip(_COLUMN_NAMES, row, strict=True))
    for name, kind in _KINDS.items():
        values[name] = kind(values[name])
    return MessageEntry(**values)  # type: ignore[arg-type]  # the columns are the fields


# The file


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode = WAL")
        _migrate(database, path)
    except sqlite3.Error as error:
        raise ConfigError(
            f"{path}: the history cannot be used: {error}; if it is damaged, move it away and start again"
        ) from error
    return database


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise ConfigError(f"{path}: was written by a newer slcp (schema {version}); update slcp to use it")
    if version == 0:
        database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
