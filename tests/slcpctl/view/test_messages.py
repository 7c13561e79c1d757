"""Events become messages as `history` gives them: compared with what a real history gives."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from told_history import ToldHistory

from slcpctl.view.messages import Entry, StateChange, brought, changed, is_incoming

QUEUED = {"seq": 5, "id": "a1", "type": "text_queued", "handle": "Luca", "text": "Hallo", "batch": "b1"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldHistory]:
    with closing(ToldHistory(tmp_path)) as told:
        yield told


def test_what_an_event_brings_is_what_the_history_has(told: ToldHistory) -> None:
    told.receive("Luca")
    told.receive("Luca", automatic=True)
    told.receive_image("Luca")
    told.queue("Luca")
    told.queue("Luca", "Mia")
    told.queue_image("Luca")
    page = told.ask("history", limit=500)["messages"]
    messages = [message for event in told.events(0) if (message := brought(event))]
    assert len(messages) == 7
    assert [{name: message[name] or None for name in message} for message in messages] == [
        {name: message[name] or None for name in message} for message in page
    ]


@pytest.mark.parametrize("outcome", ["sent", "delivered", "cancelled", "failed"])
def test_what_becomes_of_a_message_is_what_the_history_says(told: ToldHistory, outcome: str) -> None:
    told.queue("Luca")
    told.end(outcome)
    [message] = told.messages()
    assert changed(told.events(0)[-1]) == StateChange(message.id, message.state, message.reason)


@pytest.mark.parametrize("kind", ["text", "image"])
@pytest.mark.parametrize("state", ["sent", "delivered", "cancelled", "failed"])
def test_texts_and_images_change_alike(kind: str, state: str) -> None:
    event = {"type": f"{kind}_{state}", "id": "a1", "handle": "Luca", "reason": "broke off"}
    assert changed(event) == StateChange("a1", state, "broke off")
    assert brought(event) is None


@pytest.mark.parametrize("kind", ["user_joined", "image_rejected", "image_progressed", "key_pinned", "of_the_future"])
def test_other_events_bring_and_change_no_message(kind: str) -> None:
    event = {"type": kind, "id": "a1", "handle": "Luca", "reason": "too large"}
    assert (brought(event), changed(event)) == (None, None)


def test_directions(told: ToldHistory) -> None:
    told.receive("Luca")
    told.queue("Luca")
    told.end("sent")
    told.queue("Luca")
    assert [is_incoming(message) for message in told.ask("history")["messages"]] == [True, False, False]


def test_an_entry_is_its_copies_in_the_order_of_their_seqs() -> None:
    entry = Entry([{"seq": 6, "id": "b", "state": "sent"}, {"seq": 5, "id": "a", "state": "queued"}])
    assert (entry.message["id"], entry.seq, entry.last_seq) == ("a", 5, 6)
    assert entry.states == {"queued": 1, "sent": 1}


@pytest.mark.parametrize(
    ("seq", "batch", "adjoins"),
    [
        pytest.param(4, "b1", True, id="the copy before"),
        pytest.param(7, "b1", True, id="the copy behind"),
        pytest.param(8, "b1", False, id="a copy that is queued again"),
        pytest.param(7, "b2", False, id="of another request"),
        pytest.param(7, None, False, id="for one alone"),
    ],
)
def test_copies_that_one_request_has_queued_adjoin(seq: int, batch: str | None, adjoins: bool) -> None:
    entry = Entry([QUEUED, {**QUEUED, "seq": 6}])
    assert entry.adjoins({**QUEUED, "seq": seq, "batch": batch}) is adjoins


def test_messages_for_one_do_not_adjoin() -> None:
    alone = {**QUEUED, "batch": None}
    assert not Entry([alone]).adjoins({**alone, "seq": 6})
