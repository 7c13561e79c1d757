"""Images that wait: copied when small, under their checksum, for as long as a message needs them."""

import asyncio
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from daemons import WAIT

from slcp.events import ImageFailed, ImageSent
from slcp.results import MessageEntry
from slcpd.images import ImageError
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.outbox import Outbox
from slcpd.queued_images import HASH_HOLDS, QueuedImages
from slcpd.sending import FileState, NotAFileError, UnsendableError


class Queue:
    """An outbox in which the images end, and what was done with them."""

    def __init__(self, folder: Path, mailbox: Mailbox, journal: Journal, to: Recipient) -> None:
        self.folder = folder
        self.now = 0.0
        self.images = QueuedImages(folder, mailbox.needs_image, lambda: self.now)
        self.journal = journal
        self.to = to
        self._mailbox = mailbox
        self._outbox = Outbox(journal, lambda _: None, lambda _: None, lambda _: False)

    async def add(self, path: Path) -> MessageEntry:
        async with self.images.taken(path) as image:
            [message_id] = await self._outbox.queue_images([self.to], image)
            message = self._mailbox.message(message_id)
        assert message is not None
        return message

    async def add_hashed(self, path: Path) -> MessageEntry:
        """Queue a file again and again, until it has been still for long enough to be hashed once alone."""
        async with asyncio.timeout(WAIT):
            while True:
                message = await self.add(path)
                if self.images.file_of(message).hashed:
                    return message

    def send(self, message: MessageEntry) -> None:
        self.journal.record(ImageSent(id=message.id, handle=message.handle, **self.to.address._asdict()))
        self.images.release(message.sha256)

    @property
    def copies(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())


@pytest.fixture
def queue(tmp_path: Path, mailbox: Mailbox, journal: Journal, luca: Recipient) -> Queue:
    return Queue(tmp_path / "data/outbox", mailbox, journal, luca)


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_small_image_is_copied_for_its_owner_alone(queue: Queue, cat: Path) -> None:
    message = await queue.add(cat)
    assert (message.path, message.size, message.sha256) == (str(cat), cat.stat().st_size, checksum(cat))
    assert queue.copies == [checksum(cat)]
    file = queue.images.file_of(message)
    assert file.path.read_bytes() == cat.read_bytes()
    assert (file.name, file.size, file.sha256) == ("cat.png", message.size, message.sha256)
    assert queue.folder.stat().st_mode & 0o777 == 0o700


async def test_a_large_image_stays_where_it_is(queue: Queue, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.queued_images.COPIED_UP_TO", cat.stat().st_size - 1)
    message = await queue.add(cat)
    assert (message.size, message.sha256) == (cat.stat().st_size, checksum(cat))
    assert not queue.folder.exists()
    assert queue.images.file_of(message).path == cat


@pytest.fixture
def in_place(cat: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image that counts as large."""
    monkeypatch.setattr("slcpd.queued_images.COPIED_UP_TO", cat.stat().st_size - 1)
    monkeypatch.setattr("slcpd.queued_images.STILL_FOR", 0.05)
    return cat


async def test_a_large_image_that_leaves_at_once_is_hashed_once(queue: Queue, in_place: Path) -> None:
    message = await queue.add_hashed(in_place)
    file = queue.images.file_of(message)
    assert file.hashed == FileState.of(in_place.stat())
    async with file.opened() as opened:
        assert opened.file.read() == in_place.read_bytes()
    async with replace(file, sha256="of other bytes").opened():
        pass  # nobody looks
    queue.now += HASH_HOLDS
    assert queue.images.file_of(message).hashed is None


async def test_a_large_image_that_was_written_just_now_is_hashed_again(
    queue: Queue, in_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.queued_images.STILL_FOR", WAIT)
    assert queue.images.file_of(await queue.add(in_place)).hashed is None


@pytest.mark.parametrize("how", ["in its place", "another file"])
async def test_a_large_image_that_has_changed_and_kept_its_size_and_time_is_not_sent(
    queue: Queue, in_place: Path, how: str
) -> None:
    message = await queue.add_hashed(in_place)
    state = in_place.stat()
    other = bytes(state.st_size)
    if how == "another file":
        in_place.unlink()
    in_place.write_bytes(other)
    os.utime(in_place, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert in_place.stat().st_mtime_ns == state.st_mtime_ns
    with pytest.raises(UnsendableError, match=r"cat\.png has changed since it was queued; send it again"):
        async with queue.images.file_of(message).opened():
            pass


async def test_a_copy_of_ours_is_not_hashed_again(queue: Queue, cat: Path) -> None:
    file = queue.images.file_of(await queue.add(cat))
    assert file.path.parent == queue.folder
    async with replace(file, sha256="of other bytes").opened() as opened:
        assert opened.file.read() == cat.read_bytes()


async def test_where_the_disk_has_no_room_an_image_stays_where_it_is(
    queue: Queue, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.disk.KEEP_FREE", 1 << 60)
    message = await queue.add(cat)
    assert queue.copies == []
    assert queue.images.file_of(message).path == cat


async def test_where_no_folder_can_be_made_an_image_stays_where_it_is(queue: Queue, cat: Path) -> None:
    queue.folder.parent.write_text("a file of the user's")
    message = await queue.add(cat)
    assert queue.images.file_of(message).path == cat


@pytest.mark.parametrize("limit", [0, 1 << 20], ids=["large", "small"])
async def test_what_is_no_image_leaves_nothing(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("slcpd.queued_images.COPIED_UP_TO", limit)
    notes = tmp_path / "notes.png"
    notes.write_text("no image")
    for path, error in ((notes, ImageError), (tmp_path, NotAFileError), (tmp_path / "nothing.png", FileNotFoundError)):
        with pytest.raises(error):
            await queue.add(path)
    assert not queue.folder.exists()


async def test_an_image_that_is_queued_for_nobody_leaves_no_copy(queue: Queue, cat: Path) -> None:
    with pytest.raises(LookupError):
        async with queue.images.taken(cat):
            raise LookupError("no such user")
    assert queue.copies == []


async def test_a_copy_is_kept_until_nothing_needs_it(queue: Queue, cat: Path) -> None:
    first, second = await queue.add(cat), await queue.add(cat)
    assert queue.copies == [checksum(cat)]
    queue.journal.record(
        ImageFailed(id=first.id, handle=first.handle, **queue.to.address._asdict(), reason="it broke off")
    )
    queue.send(second)
    assert queue.copies == [checksum(cat)]  # the first may be retried
    queue.send(first)
    assert queue.copies == []


async def test_what_a_killed_daemon_has_left_is_removed_and_what_waits_is_not(queue: Queue, cat: Path) -> None:
    await queue.add(cat)
    for name in ("f00d", "0123456789abcdef.part"):
        (queue.folder / name).write_bytes(b"left behind")
    queue.images.remove_orphans()
    assert queue.copies == [checksum(cat)]


def test_without_a_folder_there_are_no_orphans(queue: Queue) -> None:
    queue.images.remove_orphans()
    assert not queue.folder.exists()


async def test_an_image_of_an_earlier_version_must_be_sent_again(queue: Queue, cat: Path) -> None:
    message = replace(await queue.add(cat), sha256=None)  # as the migration of the history leaves it
    with pytest.raises(UnsendableError, match=r"cat\.png was queued by an earlier version of slcpd; send it again"):
        queue.images.file_of(message)
