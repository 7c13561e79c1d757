"""What proven peers send: each message once, however often it comes, and durable when that is said."""

import asyncio
from asyncio import Future
from collections.abc import Callable
from datetime import datetime

from slcp.errors import BadInput, ProtocolError
from slcp.events import ImageProgressed, ImageReceived, ImageRejected, TextReceived
from slcp.fingerprint import received_id
from slcp.frames import ImageOffered, TextFrame
from slcp.results import Direction
from slcpd.handshake import ProvenPeer
from slcpd.images import PROGRESS_STEP, ImageError
from slcpd.inflow import WORTH_TAKING
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.partial_images import PartialImage, PartialImages
from slcpd.threads import WORTH_A_THREAD, in_thread


class IncomingImage:
    """An image of which bytes are owed."""

    def __init__(self, peer: ProvenPeer, offer: ImageOffered, partial: PartialImage, journal: Journal) -> None:
        self.peer = peer
        self.offer = offer
        self.partial = partial
        self.id = received_id(peer.fingerprint, offer.id)
        self._journal = journal
        self._told = partial.done

    @property
    def is_large(self) -> bool:
        return self.offer.size >= WORTH_TAKING

    @property
    def is_complete(self) -> bool:
        return self.partial.done == self.offer.size

    def take(self, data: bytes | memoryview) -> None:
        """Take the next bytes, to be written by write(). Raises ImageError."""
        self.partial.add(data)

    async def write(self) -> None:
        """Write what was taken, in a thread if that is much. Raises ImageError."""
        if sum(map(len, self.partial.waiting)) < WORTH_A_THREAD:
            self.partial.write_waiting()
        else:
            await in_thread(self.partial.write_waiting)
        self._tell_progress()

    def _tell_progress(self) -> None:
        if self.partial.new.written - self._told >= PROGRESS_STEP:
            self._told = self.partial.new.written
            self._journal.progress(
                ImageProgressed(
                    id=self.id,
                    handle=self.peer.handle,
                    direction=Direction.IN,
                    done=self.partial.new.written,
                    size=self.offer.size,
                )
            )

    def close(self) -> None:
        """Leave what has come, to go on from there another time."""
        self._journal.end_progress(self.id)
        self.partial.close()


class Inbox:
    """Takes texts and images of proven peers into the history."""

    def __init__(
        self,
        mailbox: Mailbox,
        journal: Journal,
        images: PartialImages,
        answer: Callable[[Recipient], None],
        is_blocked: Callable[[ProvenPeer], bool],
    ) -> None:
        self._mailbox = mailbox
        self._journal = journal
        self._images = images
        self._answer = answer  # is told who has written
        self._is_blocked = is_blocked
        self._keeping: dict[str, Future[None]] = {}  # texts that become durable just now, by id

    def take_text(self, peer: ProvenPeer, frame: TextFrame) -> Future[None]:
        """Record a text; when the future is done it is durable. The future raises StorageError.

        Raises ProtocolError when it is no text or the user has blocked the peer, StorageError.
        """
        self._check(peer)
        message_id, text = received_id(peer.fingerprint, frame.id), frame.text
        if message_id in self._keeping:
            return self._keeping[message_id]
        if self._mailbox.message(message_id) is not None:
            return _done()
        event = TextReceived(
            id=message_id,
            handle=peer.handle,
            **peer.address._asdict(),
            text=text,
            automatic=frame.automatic,
            secure=True,
        )
        self._keeping[message_id] = kept = self._journal.record_in_group(event)
        kept.add_done_callback(lambda kept: self._end_keeping(event, peer, kept))
        return kept

    def _end_keeping(self, text: TextReceived, peer: ProvenPeer, kept: Future[None]) -> None:
        del self._keeping[text.id]
        if not (kept.cancelled() or kept.exception() or text.automatic):
            self._answer(Recipient(peer.handle, peer.address))

    async def open_image(self, peer: ProvenPeer, offer: ImageOffered) -> IncomingImage | None:
        """Make ready for an image; None when it is here already.

        Raises ImageError, and ProtocolError when the user has blocked the peer.
        """
        self._check(peer)
        message_id = received_id(peer.fingerprint, offer.id)
        if self._mailbox.message(message_id) is not None:
            return None
        partial = await self._images.open(message_id, offer.size, offer.sha256)
        return IncomingImage(peer, offer, partial, self._journal)

    async def keep_image(self, image: IncomingImage) -> None:
        """Keep a complete image; when this returns it is durable. Raises ImageError, StorageError."""
        try:
            kept = await self._images.keep(image.partial, image.peer.handle, datetime.now().astimezone())
            self._journal.record(
                ImageReceived(
                    id=image.id,
                    handle=image.peer.handle,
                    **image.peer.address._asdict(),
                    path=str(kept.path),
                    size=image.offer.size,
                    format=kept.picture.format,
                    width=kept.picture.width,
                    height=kept.picture.height,
                    secure=True,
                )
            )
        finally:
            image.close()
        await asyncio.to_thread(image.partial.remove)

    def _check(self, peer: ProvenPeer) -> None:
        """Raises ProtocolError when we have opened the stream to write to a peer of whom we want to hear nothing."""
        if self._is_blocked(peer):
            raise ProtocolError(BadInput.BLOCKED)

    def reject_image(self, peer: ProvenPeer, error: ImageError) -> None:
        """Tell the user that somebody has sent an image in vain."""
        self._journal.record(ImageRejected(handle=peer.handle, **peer.address._asdict(), reason=str(error)))


def _done() -> Future[None]:
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
