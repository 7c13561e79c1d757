"""The requests of who writes: send, withdraw, try again."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slcp.addressing import everyone, find, unknown_user
from slcp.errors import ErrorCode, ProtocolError, RequestError
from slcp.peers import PeerTable
from slcp.requests import EVERYONE, Cancel, Retry, SendImage, SendText
from slcp.results import Done, MessageEntry, QueuedManyResult, QueuedResult
from slcp.wire import fit_text
from slcpd.images import ImageError
from slcpd.mailbox import Mailbox, Recipient
from slcpd.outbox import Outbox, new_id
from slcpd.queued_images import QueuedImages
from slcpd.sending import NotAFileError

MAX_TEXT = 1 << 16  # bytes of UTF-8: pages of text; more is a file


class Messaging:
    """Answers these requests. All raise RequestError."""

    def __init__(
        self,
        peers: PeerTable,
        mailbox: Mailbox,
        outbox: Outbox,
        images: QueuedImages,
        as_now: Callable[[MessageEntry], MessageEntry],
    ) -> None:
        self._peers = peers
        self._mailbox = mailbox
        self._outbox = outbox
        self._images = images
        self._as_now = as_now  # adds what the history does not hold

    async def send_text(self, request: SendText) -> QueuedResult | QueuedManyResult:
        _check_text(request.text)
        text, automatic = request.text, request.automatic
        return await self._queue_for(request.to, lambda to, batch: self._outbox.queue_texts(to, text, batch, automatic))

    async def send_image(self, request: SendImage) -> QueuedResult | QueuedManyResult:
        path = Path(request.path)
        if not path.is_absolute():
            raise RequestError(ErrorCode.NO_SUCH_FILE, f"{path}: the daemon needs the absolute path")
        with _image_errors(path):
            async with self._images.taken(path) as image:
                return await self._queue_for(request.to, lambda to, batch: self._outbox.queue_images(to, image, batch))

    def retry(self, request: Retry) -> QueuedResult:
        self._outbox.retry(self._message(request.id))
        return QueuedResult(request.id)

    def cancel(self, request: Cancel) -> Done:
        self._outbox.cancel(self._message(request.id))
        return Done()

    def _message(self, message_id: str) -> MessageEntry:
        message = self._mailbox.message(message_id)
        if message is None:
            raise RequestError(ErrorCode.UNKNOWN_MESSAGE, f"no message has the id {message_id}; `history` lists them")
        return self._as_now(message)

    async def _queue_for(
        self, to: str | list[str], queue: Callable[[Iterable[Recipient], str | None], Awaitable[list[str]]]
    ) -> QueuedResult | QueuedManyResult:
        """Queue for all or, when one of them cannot be found or the disk is full, for none."""
        if isinstance(to, str) and to != EVERYONE:
            [message_id] = await queue([self._resolve(to)], None)
            return QueuedResult(message_id)
        recipients = dict.fromkeys(self._everyone() if isinstance(to, str) else [self._resolve(one) for one in to])
        ids = await queue(recipients, new_id())
        return QueuedManyResult(ids, [f"{handle}@{address}" for handle, address in recipients])

    def _everyone(self) -> list[Recipient]:
        present = everyone(self._peers.here())
        if not present:
            raise RequestError(ErrorCode.NOBODY_HERE, "nobody is here; `slcpctl users --refresh` asks again")
        return [Recipient(peer.handle, peer.address) for peer in present]

    def _resolve(self, to: str) -> Recipient:
        """Find a recipient among the peers; one who is not here may stand in the history."""
        peer = find(self._peers, to)
        recipient = Recipient(peer.handle, peer.address) if peer else self._mailbox.last_recipient(to)
        if recipient is None:
            raise unknown_user(self._peers, to)
        return recipient


def _check_text(text: str) -> None:
    if len(text.encode(errors="replace")) > MAX_TEXT:
        raise RequestError(ErrorCode.TOO_LARGE, f"the text is over {MAX_TEXT} bytes; send it in parts")
    try:
        fit_text("someone", text)
    except ProtocolError as error:
        raise RequestError(ErrorCode.INVALID_PARAMS, "the text is empty, or no valid Unicode") from error


@contextmanager
def _image_errors(path: Path) -> Iterator[None]:
    """Turn what is wrong with an image file into a refusal."""
    try:
        yield
    except ImageError as error:
        raise RequestError(ErrorCode.NOT_AN_IMAGE, f"{path} is {error}") from error
    except NotAFileError as error:
        raise RequestError(ErrorCode.NOT_AN_IMAGE, f"{path} is a folder, a pipe or a device") from error
    except (OSError, ValueError) as error:  # the latter of a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise RequestError(ErrorCode.NO_SUCH_FILE, f"{path} cannot be read: {reason}") from error
