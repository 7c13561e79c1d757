import json

import pytest

from slcp.messages import Address
from slcp.trust import KeyChangedError
from slcpd.alarms import MAX_TOLD, Alarms
from slcpd.history import History
from slcpd.journal import Journal

HERE = Address("10.0.0.7", 5001)
KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def alarms(journal: Journal) -> Alarms:
    return Alarms(journal)


def told(history: History) -> list[tuple[str, str | None]]:
    bodies = [json.loads(event.body) for event in history.events_after(0)]
    return [(body["handle"], body["fingerprint"]) for body in bodies if body["type"] == "key_refused"]


async def test_a_refused_key_is_told_with_its_owner_and_what_to_do(alarms: Alarms, history: History) -> None:
    reason = alarms.raise_changed(KeyChangedError("Luca", KEY), HERE)
    body = json.loads(history.events_after(0)[0].body)
    assert body == {
        "type": "key_refused",
        "handle": "Luca",
        "ip": "10.0.0.7",
        "port": 5001,
        "fingerprint": KEY,
        "reason": reason,
    }
    assert "slcpctl verify Luca" in reason
    assert "slcpctl trust Luca" in reason


async def test_plain_text_and_a_refusal_of_ours_are_told_too(alarms: Alarms, history: History) -> None:
    assert "slcpctl trust Luca --plain" in alarms.raise_downgrade("Luca", HERE)
    assert "knows you by another key" in alarms.raise_unwanted("Mia", HERE, "knows you by another key")
    assert told(history) == [("Luca", None), ("Mia", None)]


async def test_the_same_is_not_told_at_every_try_nor_for_every_key_that_is_tried(
    alarms: Alarms, history: History
) -> None:
    for key in (KEY, KEY, OTHER, KEY):
        assert alarms.raise_changed(KeyChangedError("Luca", key), HERE)
    for _ in range(3):
        alarms.raise_downgrade("Luca", HERE)
        alarms.raise_unwanted("Luca", HERE, "no")
    assert told(history) == [("Luca", KEY), ("Luca", None), ("Luca", None)]


async def test_the_same_is_told_again_after_a_while(
    alarms: Alarms, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms.raise_downgrade("Luca", HERE)
    monkeypatch.setattr("slcpd.alarms.AGAIN_AFTER", 0.0)
    alarms.raise_downgrade("Luca", HERE)
    assert len(told(history)) == 2


async def test_so_many_are_remembered_and_the_oldest_forgotten(alarms: Alarms, history: History) -> None:
    for number in range(MAX_TOLD + 1):
        alarms.raise_changed(KeyChangedError(f"user{number}", KEY), HERE)
    alarms.raise_changed(KeyChangedError("user1", KEY), HERE)
    alarms.raise_changed(KeyChangedError("user0", KEY), HERE)
    assert len(told(history)) == MAX_TOLD + 2
