"""The history: everything that has happened, in one SQLite file that survives kill -9.

    events    every event with its seq: the log that subscriptions follow
    messages  every text and image with its present state: the conversations, and the outbox

Whatever someone relies on (a text, a state) is committed with synchronous=FULL, presence with
NORMAL: after a power cut the last comings and goings may be missing (docs/delivery.md).
"""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from slcp.control import encode_event_body
from slcp.dialects import Trait
from slcp.errors import ConfigError
from slcp.events import DurableEvent, UserChanged, UserJoined, UserLeft, type_name
from slcp.evidence import MAX_REMEMBERED, Host, Traits
from slcp.peers import PeerEvent, TraitsLearned
from slcpd.mailbox import Mailbox

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,  -- RFC 3339, UTC
    type TEXT NOT NULL,
    body TEXT NOT NULL   -- JSON, as events are sent
);
CREATE INDEX events_config ON events (seq) WHERE type = 'config_changed';
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
CREATE TABLE traits (
    handle TEXT NOT NULL,
    ip TEXT NOT NULL,
    traits TEXT NOT NULL,  -- words, by which its dialect is known
    PRIMARY KEY (handle, ip)
) WITHOUT ROWID;
CREATE INDEX messages_by_handle ON messages (handle, seq);
CREATE INDEX messages_queued ON messages (handle, ip, port, seq) WHERE state = 'queued';
CREATE INDEX messages_automatic ON messages (handle, ip, seq) WHERE automatic AND direction = 'out';
CREATE VIRTUAL TABLE messages_text USING fts5 (text, content = 'messages', content_rowid = 'seq');
CREATE TRIGGER messages_indexed AFTER INSERT ON messages WHEN new.text IS NOT NULL
BEGIN
    INSERT INTO messages_text (rowid, text) VALUES (new.seq, new.text);
END;
"""
MAX_EVENTS = 500  # read in one go: some ms of the loop
FIRST_SEQ = 0


class LoggedEvent(NamedTuple):
    """A row of the log; `body` is JSON."""

    seq: int
    time: str
    body: str


class History:
    """Reads and writes the file. Made for one owner: the daemon's loop."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the file, or make it. Raises ConfigError when it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clock = clock
        self._db = _open(path)
        self.mailbox = Mailbox(self._db)
        self._synchronous = ""

    def close(self) -> None:
        self._db.close()

    def add(self, event: DurableEvent) -> int:
        """Keep an event, and what it means for its message, in one transaction. Returns its seq."""
        time = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._synchronise("NORMAL" if isinstance(event, UserJoined | UserLeft | UserChanged) else "FULL")
        with self._db:
            row = self._db.execute(
                "INSERT INTO events (time, type, body) VALUES (?, ?, ?)",
                (time, type_name(type(event)), encode_event_body(event)),
            )
            seq = row.lastrowid
            assert seq is not None  # noqa: S101  # an INSERT has one
            self.mailbox.apply(event, seq, time)
        return seq

    def last_seq(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else FIRST_SEQ

    def events_after(self, seq: int) -> list[LoggedEvent]:
        """Return the next events, oldest first, at most MAX_EVENTS."""
        rows = self._db.execute(
            "SELECT seq, time, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, MAX_EVENTS)
        )
        return [LoggedEvent(*row) for row in rows]

    def last_change(self, key: str) -> int:
        """Return the seq at which a key of the configuration was last changed; FIRST_SEQ if never."""
        row = self._db.execute(
            "SELECT max(seq) FROM events WHERE type = 'config_changed' AND json_extract(body, '$.key') = ?",
            (key,),
        ).fetchone()
        return row[0] or FIRST_SEQ

    def last_value(self, key: str, default: bool) -> bool:
        """Return what a key that is true or false was last changed to."""
        row = self._db.execute(
            "SELECT json_extract(body, '$.value') FROM events WHERE type = 'config_changed' "
            "AND json_extract(body, '$.key') = ? ORDER BY seq DESC LIMIT 1",
            (key,),
        ).fetchone()
        return bool(row[0]) if row else default

    def notice(self, event: PeerEvent) -> None:
        """Keep what is learnt of how a peer speaks."""
        if not isinstance(event, TraitsLearned):
            return
        self._synchronise("NORMAL")
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO traits VALUES (?, ?, ?)",
                (event.handle, event.ip, " ".join(sorted(event.traits))),
            )

    def remembered(self) -> dict[Host, Traits]:
        """Return what is known of how peers speak; traits that this version does not know are left out."""
        rows = self._db.execute("SELECT handle, ip, traits FROM traits LIMIT ?", (MAX_REMEMBERED,))
        known = set(Trait)
        return {(handle, ip): frozenset(map(Trait, known & set(words.split()))) for handle, ip, words in rows}

    def _synchronise(self, level: str) -> None:
        if level != self._synchronous:
            self._db.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level


# The file


def _open(path: Path) -> sqlite3.Connection:
    with ExitStack() as undo:
        try:
            database = undo.enter_context(closing(sqlite3.connect(path)))
            database.execute("PRAGMA journal_mode = WAL")
            _migrate(database, path)
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path}: the history cannot be used: {error}; if it is damaged, move it away and start again"
            ) from error
        undo.pop_all()
    return database


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise ConfigError(f"{path}: was written by a newer slcp (schema {version}); update slcp to use it")
    if version == 0:
        database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
