"""The index of all texts, which follows them: a text is stored first, and indexed when it is quiet.

To index a text while it is stored takes the loop longer than its row, and 20 ms where all of its words differ. So what
is not indexed yet is indexed in a thread: when nothing has come for a while, and always before the index is searched.
Up to where it goes the index itself tells, in the transaction in which it grows: so neither kill -9 nor a power cut
leaves a text out, or in it twice. Texts are never changed nor removed, and each has a higher seq than those before.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from slcp.errors import StorageError
from slcpd.database import Database, Reads, Row, Writes

QUIET_FOR = 0.5  # seconds without a text after which the rest is indexed: who talks, or a burst, has paused
MAX_REST = 1_000  # texts that wait under load, and those of QUIET_FOR more: a search indexes so many in some 30 ms
AT_ONCE = 64  # texts of one transaction: 3 ms, for which the loop may have to wait with its own
AT_ONCE_TEXT = 1 << 14  # characters of them; a longer one is alone

_INDEXED = (
    "(SELECT coalesce(max(id), 0) FROM messages_text_docsize)"  # https://sqlite.org/fts5.html#fts5_data_structures
)
_REST = f"FROM messages WHERE seq > {_INDEXED} AND seq <= ? AND text IS NOT NULL ORDER BY seq"


class TextIndex:
    """Brings the index up to date. Made for one owner, the daemon's loop."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = database
        self._clock = clock
        self._stored = 0  # texts since the index was up to date; some of them may not have been kept
        self._last_stored = 0.0  # when the latest of them was, by the clock
        self._is_behind = asyncio.Event()
        self._is_behind.set()  # whoever had the file before may have been killed

    def note(self) -> None:
        """Take note that a text is stored."""
        self._stored += 1
        self._last_stored = self._clock()
        self._is_behind.set()

    async def run(self) -> None:
        """Index texts when it is quiet, until cancelled."""
        while True:
            await self._is_behind.wait()
            await self._pause()
            self._is_behind.clear()
            with suppress(StorageError):  # it is logged, and tried again before a search and after the next text
                await self.catch_up()

    async def _pause(self) -> None:
        """Return when it is quiet, or when many wait."""
        while self._stored < MAX_REST:
            left = self._last_stored + QUIET_FOR - self._clock()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def catch_up(self) -> None:
        """Index what is stored by now, in a thread. Raises StorageError."""
        newest = self._begin()
        while _rest(self._db, newest, 1):
            await self._db.write_apart(partial(_index_some, newest))

    def catch_up_at_once(self) -> None:
        """Index what is stored by now; the loop waits for it. Raises StorageError."""
        newest = self._begin()
        while _rest(self._db, newest, 1):
            _index_some(newest, self._db)

    def _begin(self) -> int:
        """Return the seq up to which the index has to go."""
        self._stored = 0
        row = self._db.row("SELECT coalesce(max(seq), 0) FROM messages")
        return int(row[0]) if row else 0


def _rest(reads: Reads, newest: int, at_most: int) -> list[Row]:
    """Return seq and length of the first texts, up to a seq, that are not indexed."""
    return reads.rows(f"SELECT seq, length(text) {_REST} LIMIT ?", (newest, at_most))


def _index_some(newest: int, database: Writes) -> None:
    """Index the next texts, up to a seq, in one transaction. Raises StorageError."""
    last = _last_of_some(_rest(database, newest, AT_ONCE))
    with database.written(durable=False):  # what a power cut takes from the index is indexed again
        database.write(f"INSERT INTO messages_text (rowid, text) SELECT seq, text {_REST}", (last,))


def _last_of_some(rest: list[Row]) -> int:
    """Return the seq of the last text that is indexed with the first: as many as are not too long."""
    last, size = 0, 0
    for seq, length in rest:
        size += length
        if last and size > AT_ONCE_TEXT:
            break
        last = seq
    return last
