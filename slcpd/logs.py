"""The log: lines on a terminal or in systemd's journal; in the background, one JSON object an event in a file."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from slcp.escaping import escape

FILE_SIZE = 1 << 20  # bytes until the file is rotated
FILES_KEPT = 3  # besides the current one
STDERR = 2  # the descriptor; sys.stderr is None where it is closed


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON; whatever peers sent is escaped by that."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "module": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class TerminalFormatter(logging.Formatter):
    """Writes a record as a line for people; what peers sent is escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging calls
        return escape(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(escape, super().formatException(ei).splitlines()))


class JournalFormatter(TerminalFormatter):
    """Writes a record as lines for the journal, each behind its priority (sd-daemon(3)); the time is the journal's."""

    def format(self, record: logging.LogRecord) -> str:
        priority = f"<{_PRIORITIES.get(record.levelno, _INFO)}>"
        return "\n".join(priority + line for line in super().format(record).splitlines())


_INFO = 6  # syslog(3), as the others
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: _INFO, logging.DEBUG: 7}


def log_to_terminal(level: str) -> None:
    """Log to standard error, to the journal as it wants it."""
    terminal = logging.StreamHandler()
    line = TerminalFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    terminal.setFormatter(JournalFormatter() if _is_journal(STDERR) else line)
    logging.basicConfig(level=level.upper(), handlers=[terminal])


def _is_journal(descriptor: int) -> bool:
    """Tell whether what is written there goes to the journal: systemd names device and inode of its end."""
    try:
        state = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{state.st_dev}:{state.st_ino}"


def log_to_file(level: str, path: Path) -> None:
    """Log to a file that is rotated."""
    from logging.handlers import RotatingFileHandler  # 0.5 MB, which a service does without

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(path, maxBytes=FILE_SIZE, backupCount=FILES_KEPT, encoding="utf-8")
    file.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[file])
    sys.excepthook = _log_uncaught  # standard error leads nowhere in the background


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("a bug has ended the daemon", exc_info=(kind, error, trace))
