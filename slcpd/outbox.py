"""The outbox: what is to be sent is durable before anyone is told that it will be."""

import uuid
from collections.abc import Callable

from slcp.errors import ErrorCode, RequestError
from slcp.events import ImageCancelled, ImageQueued, TextCancelled, TextQueued
from slcp.messages import Address
from slcp.results import Kind, MessageEntry, MessageState
from slcpd.journal import Journal
from slcpd.mailbox import Recipient
from slcpd.queued_images import QueuedImage

_NOT_CANCELLABLE = {
    MessageState.RECEIVED: "has been received; only what waits to be sent can be cancelled",
    MessageState.SENDING: "is on the wire now; if that fails it waits again, and can be cancelled then",
    MessageState.SENT: "has been sent; nothing takes that back",
    MessageState.DELIVERED: "has been delivered; nothing takes that back",
    MessageState.FAILED: "has failed; it is not sent again unless `slcpctl retry` says so",
    MessageState.CANCELLED: "has been cancelled already",
}


class Outbox:
    """Queues messages in the history."""

    def __init__(
        self, journal: Journal, deliver: Callable[[Recipient], None], withdrawn: Callable[[MessageEntry], None]
    ) -> None:
        self._journal = journal
        self._deliver = deliver  # is told that something waits for a recipient
        self._withdrawn = withdrawn  # is told what waits no more

    def queue_text(self, to: Recipient, text: str, automatic: bool = False) -> str:
        """Queue a text of any length. Returns its id."""
        message_id = uuid.uuid4().hex
        ip, port = to.address
        self._queue(TextQueued(id=message_id, handle=to.handle, ip=ip, port=port, text=text, automatic=automatic))
        return message_id

    def queue_image(self, to: Recipient, image: QueuedImage) -> str:
        """Queue an image file. Returns its id."""
        message_id = uuid.uuid4().hex
        path, size, sha256 = image
        ip, port = to.address
        self._queue(
            ImageQueued(id=message_id, handle=to.handle, ip=ip, port=port, path=str(path), size=size, sha256=sha256)
        )
        return message_id

    def cancel(self, message: MessageEntry) -> None:
        """Withdraw a message that waits. Raises RequestError: not_cancellable."""
        if message.state is not MessageState.QUEUED:
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
        port = failed.port or 0
        if failed.kind is Kind.TEXT:
            text, automatic = failed.text or "", failed.automatic
            self._queue(
                TextQueued(id=failed.id, handle=failed.handle, ip=failed.ip, port=port, text=text, automatic=automatic)
            )
        else:
            path, size, sha256 = failed.path or "", failed.size or 0, failed.sha256 or ""
            self._queue(
                ImageQueued(
                    id=failed.id, handle=failed.handle, ip=failed.ip, port=port, path=path, size=size, sha256=sha256
                )
            )

    def _queue(self, event: TextQueued | ImageQueued) -> None:
        self._journal.record(event)
        self._deliver(Recipient(event.handle, Address(event.ip, event.port)))
