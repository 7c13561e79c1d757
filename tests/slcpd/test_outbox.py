"""The outbox: durable before anyone is told; the ids are the sender's."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from slcp.errors import ErrorCode, RequestError
from slcp.events import ImageFailed, TextDelivered, TextFailed, TextSent
from slcp.results import MessageEntry, MessageState
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Query, Recipient
from slcpd.outbox import Outbox
from slcpd.queued_images import QueuedImage

CAT = QueuedImage(Path("/cat.jpg"), 9, "c0ffee")


@pytest.fixture
def told() -> list[Recipient]:
    return []


@pytest.fixture
def withdrawn() -> list[MessageEntry]:
    return []


@pytest.fixture
def outbox(journal: Journal, told: list[Recipient], withdrawn: list[MessageEntry]) -> Outbox:
    return Outbox(journal, told.append, withdrawn.append, lambda _: False)


async def queue_text(outbox: Outbox, to: Recipient, text: str, automatic: bool = False) -> str:
    [message_id] = await outbox.queue_texts([to], text, automatic=automatic)
    return message_id


def entry(mailbox: Mailbox, message_id: str) -> MessageEntry:
    message = mailbox.message(message_id)
    assert message is not None
    return message


async def test_a_queued_text_is_on_disk_when_the_id_is_returned(
    outbox: Outbox, tmp_path: Path, luca: Recipient, told: list[Recipient]
) -> None:
    message_id = await queue_text(outbox, luca, "Hallo\nLuca")
    with closing(History(tmp_path / "history.sqlite")) as another:
        [message] = another.mailbox.page(Query()).messages
    assert (message.id, message.text, message.state) == (message_id, "Hallo\nLuca", MessageState.QUEUED)
    assert told == [luca]


async def test_a_queued_image_keeps_its_path_size_and_checksum(
    outbox: Outbox, mailbox: Mailbox, luca: Recipient
) -> None:
    [message_id] = await outbox.queue_images([luca], QueuedImage(Path("/home/ani/cat 1.jpg"), 15432, "c0ffee"))
    [message] = mailbox.next_queued(luca)
    assert message.id == message_id
    assert (message.path, message.size, message.sha256) == ("/home/ani/cat 1.jpg", 15432, "c0ffee")


async def test_ids_differ(outbox: Outbox, luca: Recipient) -> None:
    assert len({await queue_text(outbox, luca, "the same") for _ in range(100)}) == 100


async def test_what_has_failed_is_queued_again_under_its_id(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient, told: list[Recipient]
) -> None:
    ids = [await queue_text(outbox, luca, "Hallo"), *await outbox.queue_images([luca], CAT)]
    journal.record(TextFailed(id=ids[0], handle="Luca", **luca.address._asdict(), reason="broke off"))
    journal.record(ImageFailed(id=ids[1], handle="Luca", **luca.address._asdict(), reason="broke off"))
    told.clear()
    for message_id in ids:
        message = mailbox.message(message_id)
        assert message is not None
        assert message.reason == "broke off"
        outbox.retry(message)
    assert [message.id for message in mailbox.page(Query()).messages] == ids
    assert {message.state for message in mailbox.page(Query()).messages} == {MessageState.QUEUED}
    assert {message.reason for message in mailbox.page(Query()).messages} == {None}
    assert told == [luca, luca]


async def test_an_automatic_answer_stays_one_when_it_is_tried_again(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient
) -> None:
    message_id = await queue_text(outbox, luca, "I am away.", automatic=True)
    journal.record(TextFailed(id=message_id, handle="Luca", **luca.address._asdict(), reason="broke off"))
    failed = mailbox.message(message_id)
    assert failed is not None
    outbox.retry(failed)
    [again] = mailbox.next_queued(luca)
    assert again.automatic


async def test_what_one_request_queued_for_several_belongs_together_when_it_is_tried_again(
    outbox: Outbox, journal: Journal, mailbox: Mailbox, luca: Recipient
) -> None:
    [text] = await outbox.queue_texts([luca], "Hallo", "b1")
    [image] = await outbox.queue_images([luca], CAT, "b2")
    journal.record(TextFailed(id=text, handle="Luca", **luca.address._asdict(), reason="broke off"))
    outbox.retry(entry(mailbox, text))
    outbox.cancel(entry(mailbox, image))
    outbox.retry(entry(mailbox, image))
    assert [entry(mailbox, message_id).batch for message_id in (text, image)] == ["b1", "b2"]


@pytest.mark.parametrize("taken", [None, TextSent, TextDelivered])
async def test_what_has_not_failed_is_not_sent_again(
    outbox: Outbox,
    journal: Journal,
    mailbox: Mailbox,
    luca: Recipient,
    taken: type[TextSent | TextDelivered] | None,
) -> None:
    message_id = await queue_text(outbox, luca, "Hallo")
    if taken:
        journal.record(taken(id=message_id, handle="Luca", **luca.address._asdict()))
    message = mailbox.message(message_id)
    assert message is not None
    with pytest.raises(RequestError) as refusal:
        outbox.retry(message)
    assert refusal.value.code == ErrorCode.NOT_RETRIABLE
    assert message_id in str(refusal.value)


# Withdrawing


async def test_what_is_cancelled_waits_no_more(
    outbox: Outbox, mailbox: Mailbox, luca: Recipient, withdrawn: list[MessageEntry]
) -> None:
    ids = [await queue_text(outbox, luca, "Hallo"), *await outbox.queue_images([luca], CAT)]
    for message_id in ids:
        outbox.cancel(entry(mailbox, message_id))
    assert mailbox.next_queued(luca) == []
    assert {message.state for message in mailbox.page(Query()).messages} == {MessageState.CANCELLED}
    assert [message.id for message in withdrawn] == ids


async def test_what_was_cancelled_can_be_queued_again(outbox: Outbox, mailbox: Mailbox, luca: Recipient) -> None:
    message_id = await queue_text(outbox, luca, "Hallo")
    outbox.cancel(entry(mailbox, message_id))
    outbox.retry(entry(mailbox, message_id))
    assert entry(mailbox, message_id).state == MessageState.QUEUED


@pytest.mark.parametrize("state", set(MessageState) - {MessageState.QUEUED})
async def test_what_does_not_wait_is_not_cancelled_and_the_refusal_says_why(
    outbox: Outbox, mailbox: Mailbox, luca: Recipient, withdrawn: list[MessageEntry], state: MessageState
) -> None:
    message = replace(entry(mailbox, await queue_text(outbox, luca, "Hallo")), state=state)
    with pytest.raises(RequestError, match=message.id) as refusal:
        outbox.cancel(message)
    assert refusal.value.code == ErrorCode.NOT_CANCELLABLE
    assert withdrawn == []
    assert entry(mailbox, message.id).state == MessageState.QUEUED
