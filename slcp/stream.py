"""One peer's TCP stream: bytes in any cut -> messages and the bytes of images.

    IDLE --bytes--> LINE --LF--> IDLE          a message
    LINE --LF of IMG--> BODY --size bytes--> IDLE
    end of stream: a last line without LF counts; inside a body it is an error

A stream whose first line is no command but "<sender>: <text>" is a text of the dialect `bare`,
its further lines too. Any other line that no command begins is reported and the next one is
read; after any other bad line the stream cannot be trusted: close it (docs/protocol.md, 5).
"""

import enum
import re
from dataclasses import dataclass

from slcp.errors import BadInput, ProtocolError
from slcp.messages import Image, Message, Text
from slcp.wire import MAX_LINE, decode

_BARE = re.compile(r'([^\s,:"]{1,64}): ?(.+)')


@dataclass(frozen=True, slots=True)
class ImageData:
    """Some of the bytes of the image whose header came last."""

    data: bytes | memoryview


@dataclass(frozen=True, slots=True)
class ImageEnd:
    """All bytes of the image have come."""


StreamEvent = Message | ImageData | ImageEnd


class StreamState(enum.Enum):
    """What the stream is in the middle of."""

    IDLE = enum.auto()  # between messages: silence is fine
    LINE = enum.auto()  # a line has begun
    BODY = enum.auto()  # bytes of an image are owed


class StreamDecoder:
    """Takes bytes, gives events: feed with receive(), then ask next_event() until it gives None."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._owed: int | None = None  # bytes of the image still to come; None outside images
        self._ended = False
        self._is_begun = False  # some byte of the image has come
        self._is_first = True
        self._bare_sender = ""

    @property
    def awaits_image(self) -> bool:
        """Tell whether the header of an image has come, and nothing behind it."""
        return self._owed is not None and not self._is_begun and not self._buffer

    @property
    def is_ended(self) -> bool:
        """Tell whether the peer will send no more."""
        return self._ended

    @property
    def owed(self) -> int:
        """Bytes of an image that have not been received."""
        return max(0, (self._owed or 0) - len(self._buffer))

    def pass_by(self, length: int) -> None:
        """Take note that so many bytes of an image have come, and went to whoever wants them without us."""
        if self._owed is not None:
            self._owed -= length
            self._is_begun = True

    @property
    def state(self) -> StreamState:
        if self._owed is not None:
            return StreamState.BODY
        return StreamState.LINE if self._buffer else StreamState.IDLE

    def receive(self, data: bytes) -> None:
        self._buffer += data

    def receive_eof(self) -> None:
        """Take note that the peer will send no more."""
        self._ended = True

    def next_event(self) -> StreamEvent | None:
        """Return the next event, or None: more bytes are needed, or all are read.

        Raises ProtocolError. UNKNOWN_COMMAND has skipped one line and the next call goes on;
        after any other reason there is nothing more to read.
        """
        if self._owed is not None:
            return self._next_of_image(self._owed)
        line = self._take_line()
        if line is None:
            return None
        message = self._decode(line)
        if isinstance(message, Image):
            self._owed = message.size
            self._is_begun = False
        return message

    def _decode(self, line: bytes) -> Message:
        is_first, self._is_first = self._is_first, False
        try:
            return decode(line)
        except ProtocolError as error:
            text = line.strip(b"\r\n\0").decode(errors="replace")
            bare = _BARE.fullmatch(text) if is_first else None
            if error.reason is not BadInput.UNKNOWN_COMMAND or not (bare or self._bare_sender):
                raise
            if bare:
                self._bare_sender, text = bare.groups()
            return Text(self._bare_sender, text, bare=True)

    def _next_of_image(self, owed: int) -> ImageData | ImageEnd | None:
        if owed == 0:
            self._owed = None
            return ImageEnd()
        data = bytes(self._buffer[:owed])
        if data:
            del self._buffer[: len(data)]
            self._owed = owed - len(data)
            self._is_begun = True
            return ImageData(data)
        if self._ended:
            raise ProtocolError(BadInput.TRUNCATED, f"{owed} bytes of an image missing")
        return None

    def _take_line(self) -> bytes | None:
        while True:
            end = self._buffer.find(b"\n", 0, MAX_LINE)
            if end < 0 and len(self._buffer) >= MAX_LINE:
                raise ProtocolError(BadInput.LINE_TOO_LONG)
            if end < 0 and not (self._ended and self._buffer):
                return None
            stop = end + 1 if end >= 0 else len(self._buffer)
            line = bytes(self._buffer[:stop])
            del self._buffer[:stop]
            if line.strip(b"\r\n\0 \t"):
                return line
