"""One kept, encrypted stream with one peer: messages go both ways, whoever has connected.

Whatever is sent is answered: with Acknowledged when it is durable there, else with Rejected. What
is not answered is sent again, with the same id, over this stream or another.
"""

import asyncio
from asyncio import Queue, TaskGroup
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple, NoReturn

from slcp.errors import BadInput, ProtocolError, StorageError
from slcp.frames import (
    Acknowledged,
    AnyFrame,
    ImageOffered,
    ImagePart,
    ImageWanted,
    Ping,
    Pong,
    Rejected,
    TextFrame,
)
from slcpd.frame_stream import FrameStream
from slcpd.handshake import ProvenPeer
from slcpd.images import ImageError, NoRoomError
from slcpd.inbox import Inbox, IncomingImage
from slcpd.pace import Pace
from slcpd.partial_images import BusyError, ChecksumError
from slcpd.sending import ImageFile, PeerBrokeOffError, Progress, UnsendableError
from slcpd.threads import WORTH_A_THREAD

IDLE_FOR = 120.0  # seconds without a frame after which a stream is closed
PING_AFTER = 10.0  # seconds that an answer takes until we ask whether anybody is there
STALL_AFTER = 30.0  # seconds without a frame, or a byte taken, after which the peer counts as gone
ANSWER_WITHIN = 300.0  # seconds: to sync the largest image to a slow disk
MAX_ANSWERS = 4  # to one message, of which two mean something
MAX_UNSENT = 1 << 21  # bytes that wait for the peer to read: parts of an image, some texts, and answers
PART = 1 << 17  # bytes of an image in one frame: 4 kB a second are enough within STALL_AFTER
FEW = 32  # texts without an answer: more are sent before the peer has none to keep
TURN = 1 << 16  # bytes of frames that are taken in one go, and made durable by one sync
FRAME = 1 << 11  # bytes for which a frame counts besides its body: half of what may be in flight makes a turn
PARTS_AT_ONCE = 4  # that are encrypted in one step, in a thread, where they leave quickly
QUICK = 0.05  # seconds for these; where they take longer, so that progress is seen, parts go one by one
NOT_STORED = "it could not be stored now"  # our disk is nobody else's business

Answer = Acknowledged | Rejected | ImageWanted


class ReplacedError(PeerBrokeOffError):
    """There is another stream with this peer: use that."""


class _Unanswered(NamedTuple):
    """A text that was sent."""

    id: str
    size: int  # bytes
    answers: Queue[Answer | PeerBrokeOffError]


class Session:
    """Sends and takes messages, until the stream ends."""

    def __init__(self, stream: FrameStream, peer: ProvenPeer, is_ours: bool, inbox: Inbox) -> None:
        self.peer = peer
        self.is_ours = is_ours  # we have connected
        self.began_at = asyncio.get_running_loop().time()
        self.is_over = False
        self._stream = stream
        self._inbox = inbox
        self._answers: dict[str, Queue[Answer | PeerBrokeOffError]] = {}  # by the id of the message that waits
        self._texts: list[tuple[str, Awaitable[None]]] = []  # ids of those that become durable just now
        self._one_image = asyncio.Lock()  # parts do not say of which image they are
        self._incoming: IncomingImage | None = None
        self._pace = Pace(self.began_at)  # of its parts
        self._heard_at = self.began_at
        self._end_error: PeerBrokeOffError = PeerBrokeOffError(f"{peer.address} ended the connection")

    @property
    def is_lively(self) -> bool:
        """Tell whether the peer has spoken so lately that it must be there; while we wait for it, it does."""
        return asyncio.get_running_loop().time() - self._heard_at < PING_AFTER

    @property
    def is_idle(self) -> bool:
        return not self._answers and self._incoming is None

    async def run(self) -> None:
        """Take what comes until the stream ends. Raises ProtocolError and OSError of the peer's making."""
        broken: ProtocolError | OSError | None = None
        async with TaskGroup() as keeping:
            try:
                await self._take_all(keeping)
            except PeerBrokeOffError:
                pass  # whoever has closed the stream knows why
            except (ProtocolError, OSError) as error:
                broken = error  # an image that has come whole is kept all the same
            finally:
                self._end()
        if broken is not None:
            raise broken

    async def send_texts(self, texts: Iterator[Sequence[TextFrame]]) -> AsyncGenerator[UnsendableError | None]:
        """Send texts; yield for each, in their order, that it is durable there, or why it never will be.

        More of them are taken before all have an answer, so that the peer has something to do meanwhile.

        Raises PeerBrokeOffError.
        """
        waiting: deque[_Unanswered] = deque()
        try:
            while True:
                while len(waiting) <= FEW and sum(text.size for text in waiting) < TURN:
                    following = next(texts, None)
                    if not following:
                        break
                    waiting.extend(
                        _Unanswered(text.id, len(text.body), self._await_answers(text.id)) for text in following
                    )
                    self._send(*following)
                if not waiting:
                    return
                refusal = await self._refusal(waiting[0].answers)
                del self._answers[waiting.popleft().id]
                yield refusal
        finally:
            for text in waiting:
                self._answers.pop(text.id, None)

    async def send_image(self, message_id: str, image: ImageFile, progress: Progress) -> None:
        """Send an image, from where an earlier try has stopped. Raises as send_text."""
        async with self._one_image, image.opened() as opened:
            with self._conversation(message_id) as answers, self._ended_where_broken_off():
                self._send(ImageOffered(message_id, image.name, image.size, image.sha256))
                answer = await self._answer(answers)
                if isinstance(answer, ImageWanted):
                    self._check(answer.offset <= image.size)
                    opened.file.seek(answer.offset)
                    await self._send_parts(opened.file, answers, progress)
                    answer = await self._answer(answers)
                self._check(isinstance(answer, Acknowledged))

    def close(self, error: PeerBrokeOffError | None = None) -> None:
        """End the stream; what waits for an answer gets `error`."""
        self._end_error = error or self._end_error
        self._end()
        with suppress(ProtocolError):
            self._stream.tls.close()

    # Out

    @contextmanager
    def _conversation(self, message_id: str) -> Iterator[Queue[Answer | PeerBrokeOffError]]:
        try:
            yield self._await_answers(message_id)
        finally:
            self._answers.pop(message_id, None)

    @contextmanager
    def _ended_where_broken_off(self) -> Iterator[None]:
        """End the stream when the sending of an image is cancelled: nothing else tells the peer that no more comes."""
        try:
            yield
        except asyncio.CancelledError:
            self._stream.tls.abort()  # what is encrypted by now must not complete it
            self.close(PeerBrokeOffError(f"an image to {self.peer.address} was withdrawn"))
            raise

    def _await_answers(self, message_id: str) -> Queue[Answer | PeerBrokeOffError]:
        if self.is_over:
            raise self._end_error
        answers = self._answers[message_id] = Queue[Answer | PeerBrokeOffError](MAX_ANSWERS)
        return answers

    async def _refusal(self, answers: Queue[Answer | PeerBrokeOffError]) -> UnsendableError | None:
        """Return why a text is not taken, None when it is."""
        try:
            self._check(isinstance(await self._answer(answers), Acknowledged))
        except UnsendableError as error:
            return error
        return None

    async def _answer(self, answers: Queue[Answer | PeerBrokeOffError]) -> Answer:
        """Wait for the next answer; while that takes long, ask whether anybody is there."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()  # before that nobody owed us a word
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_AFTER):
                    return _checked(await answers.get())
            now = loop.time()
            if now - max(asked_at, self._heard_at) >= STALL_AFTER or now - asked_at >= ANSWER_WITHIN:
                self._give_up()
            self._send(Ping())

    def _check(self, is_in_place: bool) -> None:
        """Break off where an answer makes no sense."""
        if not is_in_place:
            self.close(PeerBrokeOffError(f"{self.peer.address} gave an answer that makes no sense"))
            raise self._end_error

    async def _send_parts(self, file: BinaryIO, answers: Queue[Answer | PeerBrokeOffError], progress: Progress) -> None:
        """Send the rest of a file, unless the peer has an answer before it has all."""
        loop = asyncio.get_running_loop()
        number = 1
        while answers.empty() and await self._send_some(file, number):
            began = loop.time()
            await self._drain()
            number = PARTS_AT_ONCE if loop.time() - began < QUICK else 1
            progress(file.tell())

    async def _send_some(self, file: BinaryIO, number: int) -> bool:
        """Send at most so many parts. Tells whether there were any."""
        try:
            is_more = await self._stream.send_parts(file, PART, number)
        except ProtocolError as error:
            raise self._end_error from error
        if self.is_over:
            raise self._end_error
        return is_more

    def _send(self, *frames: AnyFrame) -> None:
        if self.is_over:
            raise self._end_error
        try:
            self._stream.send(*frames)
        except (ProtocolError, OSError) as error:
            raise self._end_error from error

    async def _drain(self) -> None:
        """Wait until the system has taken nearly all; a peer that takes some of it within STALL_AFTER is there."""
        try:
            while not await self._is_drained():
                pass
        except OSError as error:
            raise self._end_error from error

    async def _is_drained(self) -> bool:
        before = self._stream.tls.unsent
        try:
            async with asyncio.timeout(STALL_AFTER):
                await self._stream.drain()
        except TimeoutError:
            if self._stream.tls.unsent >= before:
                self._give_up()
            return False
        return True

    def _give_up(self) -> NoReturn:
        self.close(PeerBrokeOffError(f"{self.peer.address} has taken or said nothing for {STALL_AFTER:.0f} s"))
        raise self._end_error

    def _end(self) -> None:
        self.is_over = True
        for answers in self._answers.values():
            with suppress(asyncio.QueueFull):
                answers.put_nowait(self._end_error)
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None

    # In

    async def _take_all(self, keeping: TaskGroup) -> None:
        while not self.is_over and (frame := await self._next()) is not None:
            if self._stream.tls.unsent > MAX_UNSENT:
                raise ProtocolError(BadInput.TOO_SLOW, "it does not read what it is told")
            self._heard_at = asyncio.get_running_loop().time()
            await self._take_some(frame, keeping)
            await self._answer_texts()
            self._stream.tls.expect(much=self._incoming is not None and self._incoming.is_large)
            if not _is_large_part(frame):
                await asyncio.sleep(0)  # a peer that has much to say must not keep the others waiting

    async def _take_some(self, frame: AnyFrame, keeping: TaskGroup) -> None:
        """Take a frame, and those that have come with it as far as they are not much."""
        following: AnyFrame | None = frame
        taken = 0
        while following is not None and not self.is_over:
            self._check_pace(following)
            await self._take(following, keeping)
            taken += FRAME + (len(following.body) if isinstance(following, TextFrame | ImagePart) else 0)
            following = self._stream.next_decoded() if taken < TURN else None

    async def _next(self) -> AnyFrame | None:
        """Wait for a frame; None when the stream is at its end, or has been idle for long."""
        if (frame := self._stream.at_hand()) is not None:
            return frame
        await self._write()  # before other bytes take the place of those that were taken
        while True:
            try:
                async with asyncio.timeout(STALL_AFTER if self._incoming else IDLE_FOR):
                    return await self._stream.next()
            except TimeoutError as error:
                if self._incoming:
                    raise ProtocolError(BadInput.TOO_SLOW) from error
                if self.is_idle:
                    self.close()
                    return None

    def _check_pace(self, frame: AnyFrame) -> None:
        """Raises ProtocolError when other frames, or small parts, keep an image open that does not come."""
        came = len(frame.body) if isinstance(frame, ImagePart) else 0
        if self._incoming and self._pace.is_too_slow(came, self._heard_at):
            raise ProtocolError(BadInput.TOO_SLOW)

    async def _take(self, frame: AnyFrame, keeping: TaskGroup) -> None:
        match frame:
            case TextFrame():
                self._take_text(frame)
            case ImageOffered():
                await self._take_offer(frame, keeping)
            case ImagePart(body):
                await self._take_part(body, keeping)
            case Acknowledged() | Rejected() | ImageWanted():
                self._take_answer(frame)
            case Ping():
                self._send(Pong())
            case Pong():
                pass
            case _:
                raise ProtocolError(BadInput.BAD_FRAME, f"{frame.type} after the handshake")

    def _take_answer(self, answer: Answer) -> None:
        if answer.id in self._answers:
            with suppress(asyncio.QueueFull):
                self._answers[answer.id].put_nowait(answer)

    def _take_text(self, frame: TextFrame) -> None:
        """Raises ProtocolError when it is no text."""
        try:
            self._texts.append((frame.id, self._inbox.take_text(self.peer, frame)))
        except StorageError:
            self._send(Rejected(frame.id, NOT_STORED, for_good=False))

    async def _answer_texts(self) -> None:
        """Answer the texts that have been taken, when they are durable."""
        texts, self._texts = self._texts, []
        answers = [await _answer_to(message_id, kept) for message_id, kept in texts]
        if answers:
            self._send(*answers)

    async def _take_offer(self, offer: ImageOffered, keeping: TaskGroup) -> None:
        if self._incoming is not None:
            raise ProtocolError(BadInput.BAD_FRAME, "an image inside another")
        try:
            image = await self._inbox.open_image(self.peer, offer)
        except (ImageError, StorageError) as error:
            self._reject(offer.id, error)
            return
        if image is None:
            self._send(Acknowledged(offer.id))
        elif image.is_complete:
            keeping.create_task(self._keep(image))
        else:
            self._incoming = image
            self._pace = Pace(asyncio.get_running_loop().time())
            self._send(ImageWanted(offer.id, image.partial.done))

    async def _take_part(self, data: bytes | memoryview, keeping: TaskGroup) -> None:
        """Take a part; those that come after an image was rejected were on their way already."""
        image = self._incoming
        if image is None:
            return
        with self._rejecting(image):
            image.take(data)
            if image.is_complete:
                await image.write()
        if image.is_complete and self._incoming is image:
            self._incoming = None
            keeping.create_task(self._keep(image))  # meanwhile a Ping is answered

    async def _write(self) -> None:
        """Write what was taken of an image."""
        image = self._incoming
        if image is not None:
            with self._rejecting(image):
                await image.write()

    @contextmanager
    def _rejecting(self, image: IncomingImage) -> Iterator[None]:
        """Reject an image where ImageError is raised."""
        try:
            yield
        except ImageError as error:
            self._incoming = None
            image.close()
            self._reject(image.offer.id, error)

    async def _keep(self, image: IncomingImage) -> None:
        try:
            await self._inbox.keep_image(image)
        except (ImageError, StorageError) as error:
            self._reject(image.offer.id, error)
        else:
            with suppress(PeerBrokeOffError):  # it will ask again
                self._send(Acknowledged(image.offer.id))

    def _reject(self, message_id: str, error: ImageError | StorageError) -> None:
        if isinstance(error, ImageError) and not isinstance(error, BusyError | NoRoomError):  # those come again
            with suppress(StorageError):  # it cannot be told now
                self._inbox.reject_image(self.peer, error)
        for_good = isinstance(error, ImageError) and not isinstance(error, BusyError | ChecksumError | NoRoomError)
        with suppress(PeerBrokeOffError):
            self._send(Rejected(message_id, str(error) if for_good else NOT_STORED, for_good))


async def _answer_to(message_id: str, kept: Awaitable[None]) -> Acknowledged | Rejected:
    try:
        await kept
    except StorageError:
        return Rejected(message_id, NOT_STORED, for_good=False)
    return Acknowledged(message_id)


def _is_large_part(frame: AnyFrame) -> bool:
    """Tell whether few such frames are at hand at once, behind which there is a wait anyway."""
    return isinstance(frame, ImagePart) and len(frame.body) >= WORTH_A_THREAD


def _checked(answer: Answer | PeerBrokeOffError) -> Answer:
    """Raises UnsendableError, PeerBrokeOffError for an answer that is a refusal, or the end of the stream."""
    if isinstance(answer, PeerBrokeOffError):
        raise answer
    if isinstance(answer, Rejected):
        raise (UnsendableError if answer.for_good else PeerBrokeOffError)(f"the peer did not take it: {answer.reason}")
    return answer
