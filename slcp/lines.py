"""Lines out of a stream of bytes."""

from collections import deque


class LineDecoder:
    """Splits what comes at b"\\n"; a line keeps it. No line may be longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._rest = b""

    def receive(self, data: bytes) -> None:
        """Take the next bytes of the stream; b"" is its end, where the last line needs no b"\\n"."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(line + b"\n" for line in lines)
        if not data and self._rest:
            self._lines.append(self._rest)
            self._rest = b""

    def next_line(self) -> bytes | None:
        """Return the next line that has come whole. Raises ValueError when it is too long."""
        if len(self._lines[0] if self._lines else self._rest) > self._limit:
            raise ValueError(f"a line is over {self._limit} bytes")
        return self._lines.popleft() if self._lines else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come that next_line() has not returned."""
        return not self._lines and not self._rest
