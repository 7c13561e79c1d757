"""What the log looks like: the file of a background daemon, on a terminal, for the journal."""

import json
import logging
import sys
from datetime import UTC, datetime, timedelta

import pytest

from slcpd.logs import JournalFormatter, JsonFormatter, TerminalFormatter


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("slcpd.test", logging.WARNING, __file__, 1, message, args, trace)


def test_a_record_is_one_json_object_on_one_line() -> None:
    logged = record("dropped from %s: %r", "127.0.0.1", b"\x00\n\xff")
    line = JsonFormatter().format(logged)
    assert "\n" not in line
    entry = json.loads(line)
    written = datetime.fromisoformat(entry.pop("time"))
    assert timedelta() <= datetime.fromtimestamp(logged.created, UTC) - written < timedelta(milliseconds=1)
    assert entry == {
        "level": "warning",
        "module": "slcpd.test",
        "message": "dropped from 127.0.0.1: b'\\x00\\n\\xff'",
    }


def test_what_peers_sent_cannot_reach_the_terminal_of_one_who_reads_the_log() -> None:
    line = JsonFormatter().format(record("from %s", "\x1b]0;owned\x07\u202e\n"))
    assert line.isascii()
    assert line.isprintable()


def test_nor_the_terminal_of_a_daemon_in_the_foreground() -> None:
    formatter = TerminalFormatter("%(levelname)s %(message)s")
    try:
        raise ZeroDivisionError("\x1b[2J\u202e")
    except ZeroDivisionError as error:
        first, *trace = formatter.format(record("from %s", "\x1b]0;owned\x07\u202e\nforged", error=error)).split("\n")
    assert first == r"WARNING from \x1b]0;owned\x07\u202e\x0aforged"
    assert trace[-1] == r"ZeroDivisionError: \x1b[2J\u202e"
    assert len(trace) > 1


def test_a_bug_is_logged_with_its_trace_on_the_same_line() -> None:
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        line = JsonFormatter().format(record("a bug", error=error))
    assert "\n" not in line
    assert "ZeroDivisionError: by zero" in json.loads(line)["trace"]
    assert sys.exc_info() == (None, None, None)


def test_each_line_for_the_journal_has_the_priority_of_its_record() -> None:
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        message, *trace = JournalFormatter().format(record("from %s", "a\nb\x1b", error=error)).split("\n")
    assert message == r"<4>from a\x0ab\x1b"
    assert trace[0] == "<4>Traceback (most recent call last):"
    assert trace[-1] == "<4>ZeroDivisionError: by zero"


@pytest.mark.parametrize(("level", "priority"), [("DEBUG", 7), ("INFO", 6), ("ERROR", 3), ("CRITICAL", 2)])
def test_the_priorities_are_those_of_syslog(level: str, priority: int) -> None:
    logged = logging.LogRecord("slcpd", logging.getLevelNamesMapping()[level], __file__, 1, "said", (), None)
    assert JournalFormatter().format(logged) == f"<{priority}>said"
