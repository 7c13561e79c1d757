"""Entries of systemd's journal -> lines as the log file of slcpd has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

LEVELS = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")  # by priority, syslog(3)


def log_line(entry: str) -> str:
    """Turn one line of `journalctl --output=json` into one of the log."""
    fields = json.loads(entry)
    time = datetime.fromtimestamp(int(fields["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
    return json.dumps(
        {
            "time": time.isoformat(timespec="milliseconds"),
            "level": LEVELS[int(fields.get("PRIORITY") or LEVELS.index("info"))],
            "module": fields.get("SYSLOG_IDENTIFIER", "unknown"),
            "message": _text(fields.get("MESSAGE")),
        }
    )


def _text(message: str | list[int] | None) -> str:
    """Return a message: the journal gives as numbers what it would not print, and as null what is too long."""
    return bytes(message).decode(errors="replace") if isinstance(message, list) else message or ""
