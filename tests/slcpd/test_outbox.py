"""The outbox: durable before anyone is told; the ids are the sender's."""

from contextlib import closing
from pathlib import Path

import pytest

from slcp.errors import ErrorCode, RequestError
from slcp.events import ImageFailed, TextFailed, TextSent
from slcp.results import MessageState
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Query, Recipient
from slcpd.outbox import Outbox


@pytest.fixture
def told() -> list[Recipient]:
    return []


@pytest.fixture
def outbox(journal: Journal, told: list[Recipient]) -> Outbox:
    return Outbox(journal, told.append)


def test_a_queued_text_is_on_disk_when_the_id_is_returned(
    outbox: Outbox, tmp_path: Path, luca: Recipient, told: list[Recipient]
) -> None:
    message_id = outbox.queue_text(luca, "Hallo\nLuca")
    with closing(History(tmp_path / "history.sqlite")) as another:
        [message] = another.mailbox.page(Query())
    assert (message.id, message.text, message.state) == (message_id, "Hallo\nLuca", MessageState.QUEUED)
    assert told == [luca]


def test_a_queued_image_keeps_its_path_and_size(outbox: Outbox, mailbox: Mailbox, luca: Recipient) -> None:
    message_id = outbox.queue_image(luca, Path("/home/ani/cat 1.jpg"), 15432)
    message = mailbox.next_queued(luca)
    assert message is not None
    assert (message.id, message.path, message.size) == (message_id, "/home/ani/cat 1.jpg", 15432)


def test_ids_differ(outbox: Outbox, luca: Recipient) -> None:
    assert len({outbox.queue_text(luca, "the same") for _ in range(100)}) == 100


def test_what_has_failed_is_queued_again_under_its_id(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient, told: list[Recipient]
) -> None:
    ids = [outbox.queue_text(luca, "Hallo"), outbox.queue_image(luca, Path("/cat.jpg"), 9)]
    journal.record(TextFailed(id=ids[0], handle="Luca", **luca.address._asdict(), reason="broke off"))
    journal.record(ImageFailed(id=ids[1], handle="Luca", **luca.address._asdict(), reason="broke off"))
    told.clear()
    for message_id in ids:
        message = mailbox.message(message_id)
        assert message is not None
        assert message.reason == "broke off"
        outbox.retry(message)
    assert [message.id for message in mailbox.page(Query())] == ids
    assert {message.state for message in mailbox.page(Query())} == {MessageState.QUEUED}
    assert {message.reason for message in mailbox.page(Query())} == {None}
    assert told == [luca, luca]


def test_an_automatic_answer_stays_one_when_it_is_tried_again(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient
) -> None:
    message_id = outbox.queue_text(luca, "I am away.", automatic=True)
    journal.record(TextFailed(id=message_id, handle="Luca", **luca.address._asdict(), reason="broke off"))
    failed = mailbox.message(message_id)
    assert failed is not None
    outbox.retry(failed)
    again = mailbox.next_queued(luca)
    assert again is not None
    assert again.automatic


@pytest.mark.parametrize("is_sent", [False, True], ids=["queued", "sent"])
def test_what_has_not_failed_is_not_sent_again(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient, is_sent: bool
) -> None:
    message_id = outbox.queue_text(luca, "Hallo")
    if is_sent:
        journal.record(TextSent(id=message_id, handle="Luca", **luca.address._asdict()))
    message = mailbox.message(message_id)
    assert message is not None
    with pytest.raises(RequestError) as refusal:
        outbox.retry(message)
    assert refusal.value.code == ErrorCode.NOT_RETRIABLE
    assert message_id in str(refusal.value)
