"""Frames over an encrypted stream."""

from typing import TypeVar

from slcp.errors import BadInput, ProtocolError
from slcp.frames import AnyFrame, FrameDecoder, Refusal, encode_frame
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

    async def next(self) -> AnyFrame | None:
        """Return the next frame, None at the end of the stream."""
        while (frame := self._decoder.next_frame()) is None:
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

    async def drain(self) -> None:
        await self.tls.drain()
