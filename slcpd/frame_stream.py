"""Frames over an encrypted stream."""

from typing import BinaryIO, TypeVar

from slcp.errors import BadInput, ProtocolError
from slcp.frames import AnyFrame, FrameDecoder, Refusal, encode_frame, part_head
from slcpd.threads import in_thread
from slcpd.tls import TlsStream

FrameType = TypeVar("FrameType")


class RefusedError(ProtocolError):
    """The peer does not talk to us, and says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(BadInput.BAD_FRAME, refusal.reason)
        self.refusal = refusal


class FrameStream:
    """Reads and writes frames. Raises ProtocolError and OSError as TlsStream does."""

    def __init__(self, tls: TlsStream) -> None:
        self.tls = tls
        self._decoder = FrameDecoder()
        self._part = bytearray()  # of the image that is sent

    def at_hand(self) -> AnyFrame | None:
        """Return the next frame if it is here."""
        return self._decoder.next_frame()

    async def next(self) -> AnyFrame | None:
        """Return the next frame, None at the end; the bytes of an image are good until the next call."""
        while (frame := self.at_hand()) is None:
            data = await self.tls.read()
            if not data:
                return None
            self._decoder.receive(data)
        return frame

    def next_decoded(self) -> AnyFrame | None:
        """Return the next frame if it has come with the one before."""
        return self._decoder.next_frame()

    async def expect(self, kind: type[FrameType]) -> FrameType:
        """Return the next frame, which must be of this kind. Raises RefusedError, ProtocolError."""
        match await self.next():
            case kind() as frame:
                return frame
            case Refusal() as refusal:
                raise RefusedError(refusal)
            case None:
                raise ProtocolError(BadInput.TRUNCATED, "the stream ended in its handshake")
            case frame:
                raise ProtocolError(BadInput.BAD_FRAME, f"{frame.type} in the handshake")

    def send(self, *frames: AnyFrame) -> None:
        self.tls.write(b"".join(map(encode_frame, frames)))

    async def send_parts(self, file: BinaryIO, length: int, number: int) -> bool:
        """Send the next bytes of a file as at most so many parts of this length. Tells whether there were any.

        Only one image at a time may be sent so.
        """
        count = await in_thread(self._encrypt_parts, file, length, number)
        self.tls.flush()
        return count > 0

    def _encrypt_parts(self, file: BinaryIO, length: int, number: int) -> int:
        """Runs in a thread."""
        head = part_head(length)
        if len(self._part) != len(head) + length:
            self._part = bytearray(len(head) + length)
        with memoryview(self._part) as part:
            for count in range(number):
                came = file.readinto(part[len(head) :])  # type: ignore[attr-defined]
                if not came:
                    return count
                part[: len(head)] = part_head(came)
                self.tls.encrypt(part[: len(head) + came])
        return number

    async def drain(self) -> None:
        await self.tls.drain()
