"""The outbox: what is to be sent is durable before anyone is told that it will be."""

import uuid
from collections.abc import Callable
from pathlib import Path

from slcp.errors import ErrorCode, RequestError
from slcp.events import ImageQueued, TextQueued
from slcp.messages import Address
from slcp.results import Kind, MessageEntry, MessageState
from slcpd.journal import Journal
from slcpd.mailbox import Recipient


class Outbox:
    """Queues messages in the history."""

    def __init__(self, journal: Journal, deliver: Callable[[Recipient], None]) -> None:
        self._journal = journal
        self._deliver = deliver  # is told that something waits for a recipient

    def queue_text(self, to: Recipient, text: str, automatic: bool = False) -> str:
        """Queue a text of any length. Returns its id."""
        message_id = uuid.uuid4().hex
        ip, port = to.address
        self._queue(TextQueued(id=message_id, handle=to.handle, ip=ip, port=port, text=text, automatic=automatic))
        return message_id

    def queue_image(self, to: Recipient, path: Path, size: int) -> str:
        """Queue an image file of `size` bytes; it is read when it is sent. Returns its id."""
        message_id = uuid.uuid4().hex
        ip, port = to.address
        self._queue(ImageQueued(id=message_id, handle=to.handle, ip=ip, port=port, path=str(path), size=size))
        return message_id

    def retry(self, failed: MessageEntry) -> None:
        """Queue a failed message again. Raises RequestError: not_retriable."""
        if failed.state is not MessageState.FAILED:
            raise RequestError(
                ErrorCode.NOT_RETRIABLE, f"{failed.id} is {failed.state}; only a failed message can be sent again"
            )
        port = failed.port or 0
        if failed.kind is Kind.TEXT:
            text, automatic = failed.text or "", failed.automatic
            self._queue(
                TextQueued(id=failed.id, handle=failed.handle, ip=failed.ip, port=port, text=text, automatic=automatic)
            )
        else:
            path, size = failed.path or "", failed.size or 0
            self._queue(ImageQueued(id=failed.id, handle=failed.handle, ip=failed.ip, port=port, path=path, size=size))

    def _queue(self, event: TextQueued | ImageQueued) -> None:
        self._journal.record(event)
        self._deliver(Recipient(event.handle, Address(event.ip, event.port)))
