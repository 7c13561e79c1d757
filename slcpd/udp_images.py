"""Images that come in datagrams: a header with the first bytes, then raw ones from the same source.

Put behind each other they are a stream like any other, so that is what they are read as.
"""

import re
from asyncio import StreamReader, TaskGroup
from collections.abc import Awaitable, Callable

from slcp.messages import Address

MAX_AT_ONCE = 8  # one source is one image
MAX_SIZE = 16 << 20  # bytes: held in memory while the disk is slower, and UDP loses some of more anyway
_HEADER = re.compile(rb"IMG [^\n]{1,480} ([0-9]{1,9})\r?\n", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(rb"(?:JOIN|LEAVE|WHO|HELLO|KNOWN?USERS)\b[^\0]{0,500}\Z", re.IGNORECASE)  # never lost in one

Serve = Callable[[StreamReader, Address], Awaitable[None]]


class UdpImages:
    """Puts datagrams together."""

    def __init__(self, group: TaskGroup, serve: Serve) -> None:
        self._group = group
        self._serve = serve
        self._owed: dict[Address, int] = {}  # bytes still to come, by source
        self._readers: dict[Address, StreamReader] = {}

    def take(self, data: bytes, source: Address) -> bool:
        """Take a datagram if it belongs to an image. Returns whether it did."""
        if self._owed.get(source) and not _ANNOUNCEMENT.match(data):
            self._feed(data, source)
            return True
        if source in self._readers:
            return False
        header = _HEADER.match(data)
        if header is None or len(self._readers) >= MAX_AT_ONCE or int(header[1]) > MAX_SIZE:
            return False
        self._owed[source] = header.end() + int(header[1])
        self._readers[source] = StreamReader()
        self._group.create_task(self._run(source))
        self._feed(data, source)
        return True

    def _feed(self, data: bytes, source: Address) -> None:
        reader, data = self._readers[source], data[: self._owed[source]]
        self._owed[source] -= len(data)
        if data:
            reader.feed_data(data)
        if not self._owed[source] and not reader.at_eof():
            reader.feed_eof()

    async def _run(self, source: Address) -> None:
        try:
            await self._serve(self._readers[source], source)
        finally:
            del self._readers[source], self._owed[source]
