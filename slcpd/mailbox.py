"""The messages of the history, each with its present state, and the outbox."""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
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
from slcp.messages import Address, split_name
from slcp.results import Direction, Kind, MessageEntry, MessageState
from slcpd.database import Database, Reads, Row, Value
from slcpd.searching import matching, phrases, whole_words
from slcpd.text_index import TextIndex

MAX_PAGE = 500  # messages read in one go: some ms of the loop
MAX_PAGE_TEXT = 1 << 20  # bytes of their texts: 40 ms of the loop where JSON needs six for each
MAX_SENT_TEXT = 1 << 16  # characters of texts that are sent together: as many as one may have
SEARCHED_FIRST = 500  # messages, or twice as many as are wanted, that are searched by themselves: 3 to 5 ms
SEARCHED_TEXT = 1 << 16  # bytes of their texts: as much as a thousand usually have


class Recipient(NamedTuple):
    """Whom a queued message is for."""

    handle: str
    address: Address


class Query(NamedTuple):
    """Which messages a page is of; bounds are exclusive."""

    handle: str | None = None
    address: Address | None = None
    before: int | None = None
    after: int | None = None
    words: str | None = None
    limit: int = 50
    oldest: bool = False

    @property
    def wanted(self) -> int:
        """How many messages a page has at most."""
        return max(0, min(self.limit, MAX_PAGE))

    @property
    def order(self) -> str:
        return "ASC" if self.oldest else "DESC"

    def where(self, seq: str = "seq") -> tuple[str, list[str | int]]:
        """Return the condition in SQL, all but the words, and its values; `seq` is how that column is called."""
        ip, port = self.address or (None, None)
        conditions: list[tuple[str, str | int | None]] = [
            ("handle = ?", self.handle),
            ("ip = ?", ip),
            ("port = ?", port),
            (f"{seq} < ?", self.before),
            (f"{seq} > ?", self.after),
        ]
        given = [(condition, value) for condition, value in conditions if value is not None]
        return " AND ".join([condition for condition, _ in given] or ["true"]), [value for _, value in given]


class Page(NamedTuple):
    """Some messages, oldest first, and whether others fit the query as well."""

    messages: list[MessageEntry]
    more: bool


class _Source(NamedTuple):
    """Messages that may fit a query."""

    sql: str
    given: tuple[Value, ...]  # values that it needs
    seq: str  # how their number is called: by which they can be read in order


_ALL = _Source("messages", (), "seq")


def _found_by(words: str) -> _Source:
    """Return those that the index of all texts finds, read in its order and no further than is wanted."""
    among_all = "(SELECT rowid AS found FROM messages_text WHERE messages_text MATCH ?)"
    return _Source(f"{among_all} CROSS JOIN messages ON seq = found", (words,), "found")


def _these(seqs: list[int]) -> _Source:
    chosen = "(SELECT value AS found FROM json_each(?))"
    return _Source(f"{chosen} CROSS JOIN messages ON seq = found", (json.dumps(seqs),), "found")


class Mailbox:
    """Reads and writes the table `messages`; what is written belongs to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.text_index = TextIndex(database)

    def apply(self, event: DurableEvent, seq: int, time: str) -> None:
        """Write what an event means for its message."""
        match event:
            case TextReceived() | TextQueued() | ImageReceived() | ImageQueued():
                self._db.write(_INSERT, _row(event, seq, time))
                if isinstance(event, TextReceived | TextQueued):
                    self.text_index.note()
            case TextSent(id=message_id) | ImageSent(id=message_id):
                self._set_state(message_id, MessageState.SENT, None)
            case TextDelivered(id=message_id) | ImageDelivered(id=message_id):
                self._db.write(_DELIVERED, (message_id,))
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

    def page(self, query: Query) -> Page:
        """Return the newest messages that fit the query, or the oldest: as many as are wanted, or as are not too long.

        If there are any, one is on the page.
        """
        page = self._page_at_once(query)
        if page is None:
            self.text_index.catch_up_at_once()
            page = _page_among_all(query, self._db)
        return page

    async def find(self, query: Query) -> Page:
        """Return the same page; the loop does not wait for it where all texts have to be searched."""
        page = self._page_at_once(query)
        if page is None:
            await self.text_index.catch_up()
            page = await self._db.apart(partial(_page_among_all, query))
        return page

    def _page_at_once(self, query: Query) -> Page | None:
        """Return the page; None where that takes the index of all texts, and maybe long."""
        if query.words is None:
            return _page(self._db, query, _ALL)
        # This finds what is common, and what few messages have with a user. There the index is slow: it puts all
        # places of an unfinished word in order before the first, and knows nothing of handles.
        return _page_of_first(self._db, query, _ALL)

    def message(self, message_id: str) -> MessageEntry | None:
        row = self._db.row(f"SELECT {_COLUMNS} FROM messages WHERE id = ?", (message_id,))  # noqa: S608
        return _entry(row) if row else None

    def recipients(self) -> list[Recipient]:
        """Return everyone for whom a message is queued."""
        rows = self._db.rows("SELECT DISTINCT handle, ip, port FROM messages WHERE state = 'queued'")
        return [Recipient(handle, Address(ip, port)) for handle, ip, port in rows]

    def next_queued(self, recipient: Recipient, at_most: int = 1, after: int = 0) -> list[MessageEntry]:
        """Return what waits for `recipient` after a seq, oldest first: an image, or texts that are not too long."""
        rows = self._db.each(
            f"SELECT {_COLUMNS} FROM messages "  # noqa: S608
            "WHERE state = 'queued' AND handle = ? AND ip = ? AND port = ? AND seq > ? ORDER BY seq LIMIT ?",
            (recipient.handle, *recipient.address, after, at_most),
        )
        with closing(rows):
            return _sendable_together(map(_entry, rows))

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
        where, values = Query(*split_name(to)).where()
        row = self._db.row(
            f"SELECT handle, ip, port FROM messages WHERE {where} AND port IS NOT NULL ORDER BY seq DESC LIMIT 1",  # noqa: S608
            values,
        )
        return Recipient(row[0], Address(row[1], row[2])) if row else None

    def was_answered(self, handle: str, ip: str, since: int) -> bool:
        """Tell whether an automatic answer has gone to this peer after the seq `since`."""
        row = self._db.row(
            "SELECT 1 FROM messages WHERE automatic AND direction = 'out' AND handle = ? AND ip = ? AND seq > ?",
            (handle, ip, since),
        )
        return row is not None


def _page_among_all(query: Query, reads: Reads) -> Page:
    """Search all texts: a second where millions have an unfinished word and no other that is rare."""
    words = query.words or ""
    whole = whole_words(words)
    page = _page_of_first(reads, query, _found_by(whole)) if whole else None
    return _page(reads, query, _found_by(phrases(words))) if page is None else page


def _page_of_first(reads: Reads, query: Query, source: _Source) -> Page | None:
    """Search what comes first in the order of the query; None where others may have to be found as well."""
    number = query.wanted + 1  # whether there are more
    searched = max(SEARCHED_FIRST, 2 * number)
    with closing(_select("seq, text", reads, query, source, searched + 1)) as rows:
        texts, more = _few(rows, searched)
    found = matching(texts, query.words or "")
    if more and len(found) < number:
        return None
    return _page(reads, query, _these([seq for seq, _ in texts if seq in found][:number]))


def _page(reads: Reads, query: Query, source: _Source) -> Page:
    """Read a page from a source in which the words of the query are."""
    with closing(_select(_COLUMNS, reads, query, source, query.wanted + 1)) as rows:
        messages, more = _first(map(_entry, rows), query.wanted)
    return Page(messages if query.oldest else messages[::-1], more)


def _select(columns: str, reads: Reads, query: Query, source: _Source, number: int) -> Generator[Row]:
    """Yield the first so many messages of a source that fit a query but for its words, in its order."""
    where, values = query.where(source.seq)
    return reads.each(
        f"SELECT {columns} FROM {source.sql} WHERE {where} ORDER BY {source.seq} {query.order} LIMIT ?",  # noqa: S608  # our own words
        (*source.given, *values, number),
    )


def _first(messages: Iterable[MessageEntry], limit: int) -> Page:
    """Take messages, at most `limit` and not many bytes."""
    taken: list[MessageEntry] = []
    size = 0
    for message in messages:
        size += len((message.text or "").encode())
        if len(taken) == limit or (taken and size > MAX_PAGE_TEXT):
            return Page(taken, more=True)
        taken.append(message)
    return Page(taken, more=False)


def _sendable_together(messages: Iterable[MessageEntry]) -> list[MessageEntry]:
    taken: list[MessageEntry] = []
    length = 0
    for message in messages:
        length += len(message.text or "")
        if taken and (message.kind is Kind.IMAGE or length > MAX_SENT_TEXT):
            break
        taken.append(message)
        if message.kind is Kind.IMAGE:
            break
    return taken


def _few(rows: Iterable[Row], limit: int) -> tuple[list[tuple[int, str]], bool]:
    """Take numbered texts of messages, at most `limit` and not many bytes. Returns them, and whether there are more."""
    taken: list[tuple[int, str]] = []
    size = 0
    for count, (seq, text) in enumerate(rows):
        size += len((text or "").encode())
        if count == limit or size > SEARCHED_TEXT:
            return taken, True
        if text is not None:
            taken.append((seq, text))
    return taken, False


# Rows

_COLUMN_NAMES = MessageEntry.__dataclass_fields__.keys()
_COLUMNS = ", ".join(_COLUMN_NAMES)
_INSERT = (
    f"INSERT INTO messages ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMN_NAMES))}) "  # noqa: S608
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = NULL"  # a retry
)
_DELIVERED = f"UPDATE messages SET state = '{MessageState.DELIVERED}', reason = NULL, secure = 1 WHERE id = ?"  # noqa: S608
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
