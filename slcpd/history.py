"""The history: everything that has happened, in one SQLite file that survives kill -9.

    events    every event with its seq: the log that subscriptions follow
    messages  every text and image with its present state, and the outbox
    conversations  with whom, up to where that is read, and how much is not

Whatever someone relies on (a text, a state) is committed with synchronous=FULL, presence and what
was read with NORMAL: after a power cut the last of these may be missing (docs/delivery.md).
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from slcp.control import encode_event_body
from slcp.dialects import Trait
from slcp.errors import StorageError
from slcp.events import (
    ConversationRead,
    DurableEvent,
    ImageReceived,
    ImageRejected,
    KeyPinned,
    KeyRefused,
    TextReceived,
    UserChanged,
    UserJoined,
    UserLeft,
    type_name,
)
from slcp.evidence import MAX_REMEMBERED, Host, Traits
from slcp.peers import TraitsLearned
from slcp.trust import Pins, PinsChanged
from slcpd.conversations import Conversations
from slcpd.database import Database
from slcpd.mailbox import Mailbox
from slcpd.pins import PinStore

_V1 = """
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
_V2 = """
ALTER TABLE messages ADD COLUMN sha256 TEXT;  -- of an image that we send
CREATE INDEX messages_by_sha256 ON messages (sha256) WHERE sha256 IS NOT NULL;
ALTER TABLE messages ADD COLUMN secure INTEGER NOT NULL DEFAULT 0;  -- it came encrypted
CREATE TABLE pins (
    handle TEXT NOT NULL,       -- folded: handles that differ in case alone are one
    fingerprint TEXT NOT NULL,  -- of a key; empty: `ip` needs none
    ip TEXT NOT NULL,           -- empty for a key
    verified INTEGER NOT NULL,
    PRIMARY KEY (handle, fingerprint, ip)
) WITHOUT ROWID;
CREATE INDEX events_passing ON events (seq)
    WHERE type IN ('user_joined', 'user_left', 'user_changed', 'image_rejected', 'key_refused');
ALTER TABLE traits RENAME TO traits_1;
CREATE TABLE traits (
    number INTEGER PRIMARY KEY,  -- grows: those that were learnt last have the largest
    handle TEXT NOT NULL,
    ip TEXT NOT NULL,
    traits TEXT NOT NULL,        -- words, by which its dialect is known
    UNIQUE (handle, ip)
);
INSERT INTO traits (handle, ip, traits) SELECT handle, ip, traits FROM traits_1;
DROP TABLE traits_1;
"""
_V3 = """
ALTER TABLE messages ADD COLUMN batch TEXT;  -- shared by what one request has queued for several
CREATE TABLE conversations (
    handle TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,    -- of its newest message
    time TEXT NOT NULL,      -- of its newest message
    read INTEGER NOT NULL,   -- the seq up to which the user has read
    unread INTEGER NOT NULL  -- messages that came after that
) WITHOUT ROWID;
CREATE INDEX conversations_by_seq ON conversations (seq);
INSERT INTO conversations (handle, seq, time, read, unread)
    SELECT handle, seq, time, seq, 0 FROM messages WHERE seq IN (SELECT max(seq) FROM messages GROUP BY handle);
CREATE TRIGGER messages_counted AFTER INSERT ON messages
BEGIN
    INSERT INTO conversations (handle, seq, time, read, unread)
        VALUES (new.handle, new.seq, new.time, 0, new.direction = 'in')
        ON CONFLICT (handle) DO UPDATE
        SET seq = excluded.seq, time = excluded.time, unread = unread + excluded.unread;
END;
DROP INDEX events_passing;
CREATE INDEX events_passing ON events (seq)
    WHERE type IN ('user_joined', 'user_left', 'user_changed', 'image_rejected', 'key_refused', 'conversation_read');
"""
_V4 = """
ALTER TABLE conversations ADD COLUMN folded TEXT;  -- the handle without its case, which SQLite knows of ASCII alone
CREATE INDEX conversations_by_folded ON conversations (folded, seq);
"""
_V5 = """
CREATE INDEX messages_by_address ON messages (handle, ip, port, seq);
"""
_V6 = """
DROP TRIGGER messages_indexed;  -- text_index.py does it later
"""
MIGRATIONS = (
    _V1,
    _V2,
    _V3,
    _V4,
    _V5,
    _V6,
)  # script n brings a file of version n to version n + 1; append, never change
MAX_EVENTS = 500  # read in one go: some ms of the loop
MAX_EVENTS_TEXT = 1 << 20  # characters of them in one go, where they are long: some ms as well
MAX_PASSING = 100_000  # events that nobody looks up later, most of strangers: some 20 MB; the oldest go
PRUNED_AT_ONCE = 500  # of them, when there are too many: some ms of the loop
KEPT_FOR = timedelta(days=30)  # of them: who asks later who was here asks people
OLD_AT_ONCE = 2  # that go with each new one: they become fewer, and it costs some us
FIRST_SEQ = 0

log = logging.getLogger(__name__)


class LoggedEvent(NamedTuple):
    """A row of the log; `body` is JSON."""

    seq: int
    time: str
    body: str


PresenceRecord = UserJoined | UserLeft | UserChanged
_Unsynced = PresenceRecord | ConversationRead
_Passing = PresenceRecord | ImageRejected | KeyRefused | ConversationRead  # in the order of the index events_passing
_OfStrangers = PresenceRecord | ImageRejected | KeyRefused | TextReceived | ImageReceived
_PASSING = ", ".join(f"'{type_name(kind)}'" for kind in _Passing.__args__)
_RECEIVED = ", ".join(f"'{type_name(kind)}'" for kind in (TextReceived, ImageReceived))


class History:
    """Reads and writes the file. Made for one owner: the daemon's loop. What it does may raise StorageError."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the file, or make it. Raises ConfigError when it cannot be used."""
        self._clock = clock
        self._db = Database(path, MIGRATIONS)
        self.mailbox = Mailbox(self._db)
        self.conversations = Conversations(self._db)
        self._pins = PinStore(self._db)
        self._passing = self._count_passing()
        self._crowded = ""  # what was logged last of the room on the disk
        self._last_seq = FIRST_SEQ
        self._last_seq_at: int | None = None  # the `changes` of the file since which that is the newest

    @property
    def trouble(self) -> str:
        """Why the history cannot be written, or not for strangers; empty while it can."""
        return self._db.trouble or self._crowding()

    def close(self) -> None:
        self._db.close()

    def add(self, event: DurableEvent) -> int:
        """Keep an event, and what it means for messages, in one transaction. Returns its seq."""
        self.check_room(event)
        now = self._clock()
        time, pruned = _rfc3339(now), 0
        with self._db.written(durable=not isinstance(event, _Unsynced)):
            seq = self._append(event, time).seq
            if isinstance(event, _Passing):
                pruned = self._prune(1, _rfc3339(now - KEPT_FOR))
        if isinstance(event, _Passing):
            self._passing += 1 - pruned
        return seq

    def add_all(self, events: Iterable[DurableEvent]) -> list[LoggedEvent]:
        """Keep all of these, or none: what somebody relies on, nothing that is removed again. Returns how they stand.

        See check_room() first: an event for which there is none must not keep out the others.
        """
        time = _rfc3339(self._clock())
        with self._db.written(durable=True):
            return [self._append(event, time) for event in events]

    def add_presence(self, events: Sequence[PresenceRecord]) -> None:
        """Keep all of these comings and goings, or none."""
        self._leave_room()
        now = self._clock()
        time = _rfc3339(now)
        with self._db.written(durable=False):
            for event in events:
                self._append(event, time)
            pruned = self._prune(len(events), _rfc3339(now - KEPT_FOR))
        self._passing += len(events) - pruned

    def last_seq(self) -> int:
        changes = self._db.changes
        if changes is None or changes != self._last_seq_at:  # to ask SQLite takes locks of the file
            row = self._db.row("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
            self._last_seq, self._last_seq_at = int(row[0]) if row else FIRST_SEQ, changes
        return self._last_seq

    def events_after(self, seq: int) -> list[LoggedEvent]:
        """Return the next events, oldest first: at most MAX_EVENTS, and fewer where they are long."""
        found = self._db.each(
            "SELECT seq, time, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, MAX_EVENTS)
        )
        with closing(found) as rows:
            return list(_until_long(starmap(LoggedEvent, rows)))

    def first_received(self, after: int) -> LoggedEvent | None:
        """Return the first text or image that has come after a seq."""
        row = self._db.row(
            f"SELECT seq, time, body FROM events WHERE seq > ? AND type IN ({_RECEIVED}) ORDER BY seq LIMIT 1",  # noqa: S608  # our own words
            (after,),
        )
        return LoggedEvent(*row) if row else None

    def last_change(self, key: str) -> int:
        """Return the seq at which a key of the configuration was last changed; FIRST_SEQ if never."""
        row = self._db.row(
            "SELECT max(seq) FROM events WHERE type = 'config_changed' AND json_extract(body, '$.key') = ?", (key,)
        )
        return row[0] or FIRST_SEQ if row else FIRST_SEQ

    def last_value(self, key: str, default: bool) -> bool:
        """Return what a key that is true or false was last changed to."""
        row = self._db.row(
            "SELECT json_extract(body, '$.value') FROM events WHERE type = 'config_changed' "
            "AND json_extract(body, '$.key') = ? ORDER BY seq DESC LIMIT 1",
            (key,),
        )
        return bool(row[0]) if row else default

    def keep_traits(self, learnt: Iterable[TraitsLearned]) -> None:
        """Keep what is learnt of how peers speak; of those learnt longest ago nothing."""
        with suppress(StorageError), self._db.written(durable=False):  # it is learnt again
            for host in learnt:
                number = self._db.write(
                    "INSERT OR REPLACE INTO traits (handle, ip, traits) VALUES (?, ?, ?)",
                    (host.handle, host.ip, " ".join(sorted(host.traits))),
                )
                self._db.write("DELETE FROM traits WHERE number <= ?", (number - MAX_REMEMBERED,))

    def remembered(self) -> dict[Host, Traits]:
        """Return what is known of how peers speak; traits that this version does not know are left out."""
        known = set(Trait)
        rows = self._db.rows("SELECT handle, ip, traits FROM traits ORDER BY number")
        return {(handle, ip): frozenset(map(Trait, known & set(words.split()))) for handle, ip, words in rows}

    def pins(self) -> dict[str, Pins]:
        """Return which keys are pinned to which handles."""
        return self._pins.all()

    def keep_pins(self, change: PinsChanged) -> None:
        """Keep whose key is whose, and the events that tell it, in one transaction."""
        time = _rfc3339(self._clock())
        with self._db.written(durable=True):
            self._pins.keep(change)
            for fingerprint, verified in change.news.items():
                self._append(KeyPinned(handle=change.handle, fingerprint=fingerprint, verified=verified), time)

    def _append(self, event: DurableEvent, time: str) -> LoggedEvent:
        """Write an event, and what it means for messages."""
        body = encode_event_body(event)
        seq = self._db.write(
            "INSERT INTO events (time, type, body) VALUES (?, ?, ?)", (time, type_name(type(event)), body)
        )
        self.mailbox.apply(event, seq, time)
        self.conversations.apply(event)
        return LoggedEvent(seq, time, body)

    def check_room(self, event: DurableEvent) -> None:
        """Raises StorageError when an event is of strangers, for whom there is no room on the disk."""
        if isinstance(event, _OfStrangers):
            self._leave_room()

    def _leave_room(self) -> None:
        """Leave the end of the disk to its owner. Raises StorageError."""
        crowding = self._crowding()
        if crowding and not self._crowded:
            log.error("%s", crowding)
        if self._crowded and not crowding:
            log.info("what strangers send is taken again")
        self._crowded = crowding
        if crowding:
            raise StorageError(crowding)

    def _crowding(self) -> str:
        """Say why nothing of strangers is taken; empty while it is."""
        try:
            left = self._db.room()
        except StorageError as error:
            return str(error)
        if left >= 0:
            return ""
        return f"the disk of {self._db.path} is nearly full: what strangers send is not taken; free some space there"

    def _count_passing(self) -> int:
        row = self._db.row(f"SELECT count(*) FROM events WHERE type IN ({_PASSING})")  # noqa: S608  # our own words
        return int(row[0]) if row else 0

    def _prune(self, added: int, oldest_kept: str) -> int:
        """Remove some of the events that nobody looks up later, after so many were added. Returns how many."""
        is_full = self._passing + added >= MAX_PASSING + PRUNED_AT_ONCE
        rows = self._db.rows(
            f"SELECT seq, time FROM events WHERE type IN ({_PASSING}) ORDER BY seq LIMIT ?",  # noqa: S608  # our own words
            (max(added, PRUNED_AT_ONCE) if is_full else added * OLD_AT_ONCE,),
        )
        going = [seq for seq, time in rows if is_full or time < oldest_kept]
        for seq in going:
            self._db.write("DELETE FROM events WHERE seq = ?", (seq,))
        return len(going)


def _until_long(events: Iterable[LoggedEvent]) -> Iterator[LoggedEvent]:
    """Yield the first events, up to that which makes them long."""
    size = 0
    for event in events:
        yield event
        size += len(event.body)
        if size > MAX_EVENTS_TEXT:
            return


def _rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
