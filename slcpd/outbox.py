"""The outbox: what is to be sent is durable before anyone is told that it will be."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from slcp.errors import ErrorCode, RequestError
from slcp.events import ImageCancelled, ImageQueued, TextCancelled, TextQueued
from slcp.messages import Address
from slcp.results import Kind, MessageEntry, MessageState
from slcpd.journal import Journal
from slcpd.mailbox import Recipient
from slcpd.queued_images import QueuedImage

_NOT_CANCELLABLE = {
    MessageState.RECEIVED: "has been received; only what waits to be sent can be cancelled",
    MessageState.SENDING: "is on the wire now, all of it; if that fails it waits again, and can be cancelled then",
    MessageState.SENT: "has been sent; nothing takes that back",
    MessageState.DELIVERED: "has been delivered; nothing takes that back",
    MessageState.FAILED: "has failed; it is not sent again unless `slcpctl retry` says so",
    MessageState.CANCELLED: "has been cancelled already",
}


def new_id() -> str:
    """Return the id of a new message, or of a new batch of them."""
    return secrets.token_hex(16)  # as many as of a UUID, whose module is another 0.3 MB


class Outbox:
    """Queues messages in the history."""

    def __init__(
        self,
        journal: Journal,
        deliver: Callable[[Recipient], None],
        withdrawn: Callable[[MessageEntry], None],
        break_off: Callable[[MessageEntry], bool],
    ) -> None:
        self._journal = journal
        self._deliver = deliver  # is told that something waits for a recipient
        self._withdrawn = withdrawn  # is told what waits no more
        self._break_off = break_off  # ends the sending of an image, and tells whether it could

    def answer(self, to: Recipient, text: str) -> None:
        """Queue an automatic text."""
        self._queue_now(_text(to, text, automatic=True))

    async def queue_texts(
        self, to: Iterable[Recipient], text: str, batch: str | None = None, automatic: bool = False
    ) -> list[str]:
        """Queue a text for each of these, or for none. Returns their ids."""
        return await self._queue(*(_text(one, text, automatic, batch) for one in to))

    async def queue_images(self, to: Iterable[Recipient], image: QueuedImage, batch: str | None = None) -> list[str]:
        """Queue an image file for each of these, or for none. Returns their ids."""
        return await self._queue(*(_image(one, image, batch) for one in to))

    def cancel(self, message: MessageEntry) -> None:
        """Withdraw what waits, or an image of which not all has left. Raises RequestError: not_cancellable."""
        is_leaving = message.state is MessageState.SENDING and self._break_off(message)
        if message.state is not MessageState.QUEUED and not is_leaving:
            raise RequestError(ErrorCode.NOT_CANCELLABLE, f"{message.id} {_NOT_CANCELLABLE[message.state]}")
        cancelled = TextCancelled if message.kind is Kind.TEXT else ImageCancelled
        self._journal.record(cancelled(id=message.id, handle=message.handle, ip=message.ip, port=message.port or 0))
        self._withdrawn(message)

    def retry(self, failed: MessageEntry) -> None:
        """Queue a failed or cancelled message again. Raises RequestError: not_retriable."""
        if failed.state not in (MessageState.FAILED, MessageState.CANCELLED):
            raise RequestError(
                ErrorCode.NOT_RETRIABLE,
                f"{failed.id} is {failed.state}; only a failed or cancelled message can be sent again",
            )
        self._queue_now(replace(_again(failed), id=failed.id, batch=failed.batch))

    async def _queue(self, *events: TextQueued | ImageQueued) -> list[str]:
        def deliver() -> None:
            for event in events:
                self._deliver(_recipient(event))

        await self._journal.record_in_group(*events, then=deliver)
        return [event.id for event in events]

    def _queue_now(self, event: TextQueued | ImageQueued) -> None:
        self._journal.record(event)
        self._deliver(_recipient(event))


def _recipient(event: TextQueued | ImageQueued) -> Recipient:
    return Recipient(event.handle, Address(event.ip, event.port))


def _text(to: Recipient, text: str, automatic: bool = False, batch: str | None = None) -> TextQueued:
    return TextQueued(
        id=new_id(), handle=to.handle, **to.address._asdict(), text=text, automatic=automatic, batch=batch
    )


def _image(to: Recipient, image: QueuedImage, batch: str | None = None) -> ImageQueued:
    path, size, sha256 = image
    return ImageQueued(
        id=new_id(), handle=to.handle, **to.address._asdict(), path=str(path), size=size, sha256=sha256, batch=batch
    )


def _again(message: MessageEntry) -> TextQueued | ImageQueued:
    to = Recipient(message.handle, Address(message.ip, message.port or 0))
    if message.kind is Kind.TEXT:
        return _text(to, message.text or "", message.automatic)
    return _image(to, QueuedImage(Path(message.path or ""), message.size or 0, message.sha256 or ""))
