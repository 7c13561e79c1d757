"""One SQLite file: opened, brought to the present schema, read and written.

Whatever SQLite has to complain of (a full disk, a damaged file) becomes one StorageError with
words for the user. It ends no task: who asked for the impossible is told, and may ask again.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from slcp.errors import ConfigError, StorageError
from slcpd.disk import room

Value = str | int | float | bool | None
Row = tuple[Any, ...]
Result = TypeVar("Result")

WAL_HEADER = 32  # bytes; https://sqlite.org/fileformat2.html#walformat
WAL_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\0\0\0\0")  # the last: written before a power cut, not synced
CHECKED_UP_TO = 32 << 20  # bytes of a file that is looked through when it is opened: a tenth of a second

log = logging.getLogger(__name__)


class Reads:
    """One connection to the file, as far as it reads."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._sqlite = connection

    def close(self) -> None:
        self._sqlite.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Return all rows of a query. Raises StorageError."""
        return list(self.each(sql, values))

    def each(self, sql: str, values: Sequence[Value] = ()) -> Generator[Row]:
        """Yield the rows of a query as they are read; to be closed by who does not want all. Raises StorageError."""
        try:
            with closing(self._sqlite.execute(sql, values)) as cursor:
                yield from cursor
        except sqlite3.Error as error:
            raise StorageError(_unreadable(self.path, error)) from error

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """Return the first row of a query. Raises StorageError."""
        return next(iter(self.rows(sql, values)), None)


class Writes(Reads):
    """One connection to the file that writes as well."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self.trouble = ""  # why the last write has failed
        self._synchronous = ""

    def write(self, sql: str, values: Sequence[Value]) -> int:
        """Write inside of written(). Returns the id of the row that was inserted last."""
        return self._sqlite.execute(sql, values).lastrowid or 0

    @contextmanager
    def written(self, durable: bool) -> Iterator[None]:
        """Make one transaction of what is written inside; when it ends all is kept, or nothing. Raises StorageError.

        `durable`: it survives a power cut, for 0.1 to 1 ms; else kill -9 alone.
        """
        try:
            self._synchronise("FULL" if durable else "NORMAL")
            with self._sqlite:
                yield
        except sqlite3.Error as error:
            self._note(f"the history {self.path} cannot be written: {error}; {self._advice(error)}")
            raise StorageError(self.trouble) from error
        self._note("")

    def _synchronise(self, level: str) -> None:
        if level != self._synchronous:
            self._sqlite.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def _advice(self, error: sqlite3.Error) -> str:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return "a bug in slcpd; please report it"
        return "see that its disk has room, works, and may be written to; nothing needs to be restarted then"

    def _note(self, trouble: str) -> None:
        """Log what is wrong, and when it is right again, once."""
        if trouble and trouble != self.trouble:
            log.error("%s", trouble)
        if self.trouble and not trouble:
            log.info("the history can be written again")
        self.trouble = trouble


class Database(Writes):
    """The file. Made for one owner: the daemon's loop."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        """Open the file, or make it. Script n of `migrations` brings it from version n to n + 1. Raises ConfigError."""
        _make_folder(path.parent)
        super().__init__(path, _open(path, migrations))
        self._apart = asyncio.Lock()

    async def apart(self, read: Callable[[Reads], Result]) -> Result:
        """Have `read` read what is committed, for as long as it takes; the loop goes on. Raises StorageError.

        It has a thread, and a connection of its own. One at a time: the others wait for their turn, and what else needs
        a thread gets one.
        """
        async with self._apart:
            return await asyncio.to_thread(self._read_through_another, read)

    async def write_apart(self, write: Callable[[Writes], Result]) -> Result:
        """Have `write` write in the same way: shortly, for the loop waits where it wants to write meanwhile."""
        async with self._apart:
            return await asyncio.to_thread(self._write_through_another, write)

    def _read_through_another(self, read: Callable[[Reads], Result]) -> Result:
        with closing(Reads(self.path, self._connect(_connect_to_read))) as reads:
            return read(reads)

    def _write_through_another(self, write: Callable[[Writes], Result]) -> Result:
        with closing(Writes(self.path, self._connect(_connect_to_write))) as writes:
            return write(writes)

    def _connect(self, connect: Callable[[Path], sqlite3.Connection]) -> sqlite3.Connection:
        try:
            return connect(self.path)
        except sqlite3.Error as error:
            raise StorageError(_unreadable(self.path, error)) from error

    @property
    def changes(self) -> int | None:
        """Return a number that is another after each change; None within a change, which may be undone yet."""
        return None if self._sqlite.in_transaction else self._sqlite.total_changes

    def room(self) -> int:
        """Return how many bytes strangers may fill on the disk of the file. Raises StorageError."""
        try:
            return room(self.path.parent)
        except OSError as error:
            raise StorageError(f"the disk of the history {self.path} is gone: {error.strerror}") from error


def _unreadable(path: Path, error: sqlite3.Error) -> str:
    return f"the history {path} cannot be read: {error}"


def _connect_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _connect_to_write(path: Path) -> sqlite3.Connection:
    """Connect to a file that is there."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    _sync_fully(connection)
    return connection


def _sync_fully(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA fullfsync = ON")  # macOS alone: FULL means less there


def _make_folder(folder: Path) -> None:
    """Raises ConfigError when nothing can be written there, root or not."""
    reason = "see that its disk is mounted for writing and that the folder is yours"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder}: the folder of the history cannot be made: {error.strerror}; {reason}") from error
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"{folder}: the folder of the history cannot be written to; {reason}")


def _open(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    with ExitStack() as undo:
        try:
            if path.exists():
                _check_log(path)
                _check(path)
            database = undo.enter_context(closing(sqlite3.connect(path)))
            database.execute("PRAGMA journal_mode = WAL")
            _sync_fully(database)
            _migrate(database, path, migrations)
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path}: the history cannot be used: {error}; if it is damaged, move it away and start again"
            ) from error
        undo.pop_all()
    return database


def _check_log(path: Path) -> None:
    """Refuse a write-ahead log that SQLite would take for empty and write over. Raises ConfigError."""
    wal = path.with_name(f"{path.name}-wal")
    try:
        with wal.open("rb") as file:
            header = file.read(WAL_HEADER)
    except FileNotFoundError:  # we ended in order
        return
    except OSError as error:
        raise ConfigError(f"{wal}: the latest of the history cannot be read: {error.strerror}") from error
    if len(header) < WAL_HEADER:
        return
    if not header.startswith(WAL_MAGIC):
        raise ConfigError(f"{wal}: the latest of the history is damaged; move it away and start again without it")
    if path.stat().st_size == 0:
        raise ConfigError(f"{path}: the history is empty and {wal.name} is not; move both away and start again")


def _check(path: Path) -> None:
    """Look through a file of usual size, which stays as it is. Raises sqlite3.DatabaseError when it is damaged."""
    if not 0 < path.stat().st_size <= CHECKED_UP_TO:
        return
    with closing(_connect_to_read(path)) as database:
        [found] = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _migrate(database: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise ConfigError(f"{path}: was written by a newer slcp (schema {version}); update slcp to use it")
    for number, script in enumerate(migrations[version:], start=version + 1):
        database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
