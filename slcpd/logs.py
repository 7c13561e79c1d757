"""The log: lines for people on a terminal, one JSON object an event in the file of a background daemon."""

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from slcp.escaping import escape

FILE_SIZE = 1 << 20  # bytes until the file is rotated
FILES_KEPT = 3  # besides the current one


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


def log_to_terminal(level: str) -> None:
    """Log to standard error."""
    terminal = logging.StreamHandler()
    terminal.setFormatter(TerminalFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level.upper(), handlers=[terminal])


def log_to_file(level: str, path: Path) -> None:
    """Log to a file that is rotated."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(path, maxBytes=FILE_SIZE, backupCount=FILES_KEPT, encoding="utf-8")
    file.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[file])
    sys.excepthook = _log_uncaught  # standard error leads nowhere in the background


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("a bug has ended the daemon", exc_info=(kind, error, trace))
