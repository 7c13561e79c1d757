import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.events import DurableEvent, ImageProgressed, type_name
from slcp.results import MessageState
from slcpctl import render, sending
from slcpctl.view.outcomes import OUTCOMES

Json = dict[str, Any]


@given(st.lists(st.tuples(st.sampled_from(sorted(render.STYLES)), st.text(st.characters(categories=None)))))
def test_the_only_escape_sequences_of_a_line_are_its_colours(line: render.Line) -> None:
    painted = render.paint(line, colour=True)
    plain = re.sub(r"\x1b\[(1|2|31|32|1;36)?m", "", painted)
    assert plain == render.paint(line, colour=False)
    assert "\x1b" not in plain


def plain(lines: list[render.Line]) -> list[str]:
    return [render.paint(line, colour=False) for line in lines]


USER = {
    "handle": "Luca",
    "ip": "192.168.0.11",
    "port": 5002,
    "name": "Luca@192.168.0.11:5002",
    "state": "present",
    "dialect": "slcpd",
    "second_hand": False,
    "same_handle": False,
}


def test_users_stand_in_columns() -> None:
    users = [USER, {**USER, "handle": "李雷", "state": "idle", "port": 502, "dialect": "slcp", "second_hand": True}]
    assert plain(render.user_lines(users)) == [
        "Luca  present  192.168.0.11:5002  slcpd",
        "李雷  idle     192.168.0.11:502   slcp  named by others, not heard yet",
    ]


def test_users_of_one_handle_are_told_apart() -> None:
    twin = {**USER, "port": 5003, "name": "Luca@192.168.0.11:5003"}
    assert [line.split()[0] for line in plain(render.user_lines([USER, twin]))] == [USER["name"], twin["name"]]


def test_nobody_is_no_line() -> None:
    assert render.user_lines([]) == []


MESSAGE = {
    "seq": 1,
    "id": "a1",
    "time": "2025-11-24T14:02:00.000Z",
    "direction": "in",
    "kind": "text",
    "handle": "Luca",
    "ip": "192.168.0.11",
    "port": 5002,
    "state": "received",
    "reason": None,
    "automatic": False,
    "text": "Hallo Ani!",
    "path": None,
    "size": None,
    "width": None,
    "height": None,
}
OURS = {**MESSAGE, "direction": "out", "state": "sent"}
IMAGE = {"kind": "image", "text": None, "path": "/i/cat.jpg", "size": 15432, "width": 640, "height": 480}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (MESSAGE, ["Luca  Hallo Ani!"]),
        ({**MESSAGE, "automatic": True}, ["Luca  Hallo Ani!  (automatic)"]),
        (OURS, ["to Luca  Hallo Ani!  [sent]"]),
        ({**OURS, "state": "failed", "reason": "refused"}, ["to Luca  Hallo Ani!  [failed: refused; id a1]"]),
        ({**MESSAGE, **IMAGE}, ["Luca  image /i/cat.jpg (640x480, 15.4 kB)"]),
        ({**OURS, **IMAGE, "width": None, "state": "queued"}, ["to Luca  image /i/cat.jpg (15.4 kB)  [queued; id a1]"]),
        ({**OURS, "state": "queued", "reason": "refused"}, ["to Luca  Hallo Ani!  [queued: refused; id a1]"]),
        ({**OURS, "state": "delivered"}, ["to Luca  Hallo Ani!  [delivered]"]),
        ({**OURS, "state": "cancelled"}, ["to Luca  Hallo Ani!  [cancelled; id a1]"]),
        ({**OURS, "text": "two\nlines"}, ["to Luca  two", "         lines  [sent]"]),
    ],
)
def test_messages(message: Json, shown: list[str]) -> None:
    assert plain(render.message_lines(message, form="")) == [f"  {line}" for line in shown]


def test_times_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert render.local_time("2025-11-24T23:30:00.000Z", "%Y-%m-%d %H:%M") == "2025-11-25 00:30"
    finally:
        monkeypatch.undo()
        time.tzset()


EVENTS = [*get_args(DurableEvent), ImageProgressed]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_has_words(event: type) -> None:
    fields = dict.fromkeys(event.__dataclass_fields__, "Luca")  # type: ignore[attr-defined]
    numbers = {name: 1 for name in ("size", "done", "width", "height") if name in fields}
    line = render.event_line({"type": type_name(event), **fields, **numbers})
    assert type_name(event) not in render.paint(line, colour=False)


def test_no_words_are_kept_for_what_no_daemon_says() -> None:
    assert render._EVENTS.keys() == {type_name(event) for event in EVENTS}
    assert render.STATE_STYLES.keys() == set(MessageState) - {MessageState.RECEIVED}
    assert OUTCOMES.keys() <= render._EVENTS.keys()
    assert set(OUTCOMES.values()) | sending.UNSENT <= set(MessageState)


def test_an_event_of_a_newer_daemon_is_shown_as_it_is() -> None:
    event = {"seq": 1, "time": "-", "type": "user_danced", "handle": "Luca"}
    assert plain([render.event_line(event)]) == ["type=user_danced handle=Luca"]


@pytest.mark.parametrize(("unread", "shown"), [(0, "Luca: read up to 7"), (2, "Luca: read up to 7, 2 unread")])
def test_how_far_a_conversation_is_read(unread: int, shown: str) -> None:
    event = {"type": "conversation_read", "handle": "Luca", "up_to": 7, "unread": unread}
    assert plain([render.event_line(event)]) == [shown]


def test_words_of_peers_are_no_templates() -> None:
    event = {"type": "text_failed", "id": "a1", "handle": "{id}", "reason": "{0}{handle!r}"}
    assert "to {id}: failed: {0}{handle!r};" in plain([render.event_line(event)])[0]


def test_the_status_in_columns() -> None:
    status = {"handle": "Ani", "here": True, "uptime": 61.2, "links": [], "dropped": {}, "limits": {"a": 1, "b": 2}}
    files = {"files": {"log": "/log", "config": "/config"}}
    assert plain(render.status_lines({**status, **files})) == [
        "handle   Ani",
        "here     yes",
        "uptime   61 s",
        "links    none",
        "dropped  none",
        "limits   a 1, b 2",
        "files    log /log",
        "         config /config",
    ]


def test_the_configuration_as_config_toml_has_it() -> None:
    entries: list[tuple[str, Json]] = [
        ("handle", {"value": "Ani", "source": "settings"}),
        ("inactive", {"value": False, "source": "default"}),
    ]
    assert plain(render.config_lines(entries)) == ['handle   = "Ani"  settings', "inactive = false  default"]


@pytest.mark.parametrize(("count", "shown"), [(0, "0 B"), (999, "999 B"), (15432, "15.4 kB"), (5 * 10**9, "5 GB")])
def test_sizes(count: int, shown: str) -> None:
    assert render.size(count) == shown


# Commands that people copy


def key_pinned(handle: str) -> str:
    return render.paint(render.event_line({"type": "key_pinned", "handle": handle}), colour=False)


def proposed_for(handle: str, standing: str) -> str:
    key = {"fingerprint": "a" * 64, "spoken": "12345"}
    found = {"handle": handle, "standing": standing, "shown": key, "pinned": [], "own": key}
    return plain(render.key_lines(found))[-1]


@pytest.mark.parametrize("handle", ["x;reboot", "$(reboot)", "a|b"])
def test_a_handle_in_a_command_is_one_word_of_a_shell(handle: str) -> None:
    assert f"`slcpctl verify '{handle}'`" in key_pinned(handle)
    assert f"`slcpctl trust '{handle}'" in proposed_for(handle, "changed")
    assert f"`slcpctl trust '{handle}'" in proposed_for(handle, "pinned")
