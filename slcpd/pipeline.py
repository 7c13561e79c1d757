"""The requests of one client as they come, several at once where it does not wait for the answers."""

from asyncio import StreamReader
from typing import NamedTuple

from slcp.control import MAX_REQUEST, RequestId, decode_call
from slcp.errors import ErrorCode, RequestError
from slcp.lines import LineDecoder
from slcp.requests import Request, SendText

READ_AT_ONCE = 1 << 16  # bytes
MAX_TOGETHER = 32  # texts that one sync of the disk queues: some ms of the loop


class Asked(NamedTuple):
    """One line: what is asked, or why that is no request."""

    id: RequestId
    request: Request | RequestError


class Pipeline:
    """Reads requests until the stream ends, or a line is too long."""

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        self._lines = LineDecoder(MAX_REQUEST)
        self._ahead: Asked | None = None  # decoded, and not returned yet
        self._is_over = False

    @property
    def is_empty(self) -> bool:
        """Whether the client has said nothing that next() has not returned."""
        return self._ahead is None and self._lines.is_empty

    async def next(self) -> list[Asked]:
        """Return the next request, or the next texts to send as they have come together; nothing at the end."""
        while self._peek() is None and not self._is_over:
            data = await self._reader.read(READ_AT_ONCE)
            self._lines.receive(data)
            self._is_over = not data
        texts: list[Asked] = []
        while len(texts) < MAX_TOGETHER and (asked := self._peek()) and isinstance(asked.request, SendText):
            texts.append(asked)
            self._ahead = None
        if not texts and (asked := self._peek()):
            self._ahead = None
            return [asked]
        return texts

    def _peek(self) -> Asked | None:
        if self._ahead is None:
            self._ahead = self._decode()
        return self._ahead

    def _decode(self) -> Asked | None:
        try:
            line = self._lines.next_line()
        except ValueError:
            if self._is_over:
                return None
            self._is_over = True
            why = f"a line is over {MAX_REQUEST} bytes; send less at once"
            return Asked(None, RequestError(ErrorCode.INVALID_REQUEST, why))
        return None if line is None else _asked(line)


def _asked(line: bytes) -> Asked:
    call_id: RequestId = None
    try:
        call = decode_call(line)
        call_id = call.id
        return Asked(call_id, call.request())
    except RequestError as error:
        return Asked(call_id, error)
