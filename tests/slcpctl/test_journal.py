import json

import pytest

from slcpctl.journal import log_line

ENTRY = {
    "__REALTIME_TIMESTAMP": "1795524290204546",
    "PRIORITY": "4",
    "SYSLOG_IDENTIFIER": "slcpd",
    "MESSAGE": "no interface is up; waiting for one",
    "_PID": "112",
}


def line(**fields: object) -> dict[str, str]:
    entry: dict[str, str] = json.loads(log_line(json.dumps({**ENTRY, **fields})))
    return entry


def test_an_entry_becomes_a_line_of_the_log() -> None:
    assert line() == {
        "time": "2026-11-24T12:44:50.204+00:00",
        "level": "warning",
        "module": "slcpd",
        "message": "no interface is up; waiting for one",
    }


@pytest.mark.parametrize(
    ("priority", "level"), [("2", "critical"), ("3", "error"), ("6", "info"), ("7", "debug"), (None, "info")]
)
def test_its_priority_becomes_a_level(priority: str | None, level: str) -> None:
    assert line(PRIORITY=priority)["level"] == level


def test_bytes_that_the_journal_does_not_print_and_texts_that_are_too_long_for_it() -> None:
    assert line(MESSAGE=[72, 97, 27, 255])["message"] == "Ha\x1b\ufffd"
    assert line(MESSAGE=None)["message"] == ""


def test_what_systemd_itself_says_need_not_have_every_field() -> None:
    assert json.loads(log_line('{"__REALTIME_TIMESTAMP": "0"}')) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "info",
        "module": "unknown",
        "message": "",
    }
