"""What presence has noticed, told as events and counted."""

import json
import logging
from collections.abc import Callable

import pytest
from daemons import Json

from slcp.errors import BadInput
from slcp.links import Link, Links
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import LeaveReason, Peer, PeerChanged, PeerJoined, PeerLeft, PeerState
from slcp.presence import InputDropped
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.publishing import Publisher

LUCA = Peer("Luca", Address("127.0.0.1", 5002), 0.0)
WHERE = {"handle": "Luca", "ip": "127.0.0.1", "port": 5002}

Recorded = Callable[[], list[Json]]


@pytest.fixture
def publisher(journal: Journal) -> Publisher:
    return Publisher(journal, Node("Ani", 5001, Links((Link.of("lo", "127.0.0.1", "255.0.0.0"),))))


@pytest.fixture
def recorded(history: History) -> Recorded:
    return lambda: [json.loads(event.body) for event in history.events_after(0)]


def test_comings_and_goings_become_events(publisher: Publisher, recorded: Recorded) -> None:
    idle = Peer("Luca", LUCA.address, 0.0, state=PeerState.IDLE)
    publisher.publish([PeerJoined(LUCA), PeerChanged(idle, LUCA), PeerLeft(LUCA, LeaveReason.REFUSED)])
    assert recorded() == [
        {"type": "user_joined", **WHERE, "second_hand": False, "same_handle": False},
        {"type": "user_changed", **WHERE, "state": "idle", "previous_handle": "Luca"},
        {"type": "user_left", **WHERE, "reason": "refused"},
    ]


def test_the_user_is_told_of_another_with_the_own_handle(publisher: Publisher, recorded: Recorded) -> None:
    publisher.publish([PeerJoined(Peer("Ani", Address("127.0.0.2", 5002), 0.0))])
    assert recorded()[0]["same_handle"] is True


def test_another_handle_is_told_with_the_one_before(publisher: Publisher, recorded: Recorded) -> None:
    publisher.publish([PeerChanged(Peer("Luke", LUCA.address, 0.0), LUCA)])
    assert (recorded()[0]["handle"], recorded()[0]["previous_handle"]) == ("Luke", "Luca")


def test_dropped_input_is_counted_by_reason_and_shown_escaped_and_cut(
    publisher: Publisher, recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    evil = b"\x1b[2J\n" + b"A" * 1000
    publisher.publish([InputDropped(BadInput.NOT_UTF8, Address("127.0.0.9", 4), evil)] * 2)
    publisher.refuse("127.0.0.9")
    assert publisher.dropped == {BadInput.NOT_UTF8: 2, BadInput.TOO_MANY_CONNECTIONS: 1}
    assert recorded() == []
    shown = caplog.messages[0]
    assert "127.0.0.9" in shown
    assert "\\x1b[2J\\n" in shown
    assert shown.count("A") <= 64
    assert shown.isprintable()


def test_who_comes_while_nothing_can_be_recorded_is_recorded_later(
    publisher: Publisher, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    publisher.observers.append(seen.append)
    with monkeypatch.context() as full:
        full.setattr("slcpd.disk.KEEP_FREE", 1 << 60)
        publisher.publish([PeerJoined(LUCA)])
    assert (recorded(), seen) == ([], [PeerJoined(LUCA)])
    publisher.publish([])
    assert [event["type"] for event in recorded()] == ["user_joined"]
