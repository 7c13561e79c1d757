"""Images as `json` programs send them: one JSON array in a stream, with the bytes in base64.

    ["<sender>", "<file name>", "<base64>"]     ended by the end of the stream

Read as it comes, so that an image never stands in memory.
"""

import asyncio
import base64
import binascii
import json
import re
from asyncio import StreamReader
from collections.abc import AsyncGenerator

from slcp.errors import BadInput, ProtocolError
from slcp.stream import ImageData, ImageEnd

MAX_HEAD = 4096  # bytes up to the base64: a handle and a file name, in escapes
CHUNK = 1 << 16  # bytes read at a time
HEAD_WITHIN = 10.0  # seconds from the beginning to the base64
SILENCE = 30.0  # seconds without a byte

_STRING = rb'"(?:[^"\\]|\\.)*"'
_HEAD = re.compile(rb"\s*\[\s*(" + _STRING + rb")\s*,\s*" + _STRING + rb'\s*,\s*"')
_NO_BASE64 = re.compile(rb"[\s\\]+")  # JSON may write / as \/


async def read_sender(reader: StreamReader) -> tuple[str, bytes]:
    """Return the sender, and what of the base64 has come with the head. Raises ProtocolError."""
    head = b""
    try:
        async with asyncio.timeout(HEAD_WITHIN):
            while (match := _HEAD.match(head)) is None:
                data = await reader.read(CHUNK) if len(head) < MAX_HEAD else b""
                if not data:
                    raise ProtocolError(BadInput.UNKNOWN_COMMAND, "no image in JSON")
                head += data
    except TimeoutError as error:
        raise ProtocolError(BadInput.TOO_SLOW) from error
    try:
        return str(json.loads(match[1])), head[match.end() :]
    except ValueError as error:
        raise ProtocolError(BadInput.NOT_UTF8) from error


async def read_image(reader: StreamReader, rest: bytes) -> AsyncGenerator[ImageData | ImageEnd]:
    """Yield the bytes as they come, then the end; `rest` is what read_sender left. Raises ProtocolError.

    Where none come, as in white space without end, that is yielded too: it is for the caller to tire of it.
    """
    waiting = b""
    while b'"' not in rest:
        waiting, data = _decode(waiting + rest)
        yield ImageData(data)
        rest = await _read(reader)
        if not rest:
            raise ProtocolError(BadInput.TRUNCATED, "an image in JSON")
    waiting, data = _decode(waiting + rest.partition(b'"')[0])
    if waiting:
        raise ProtocolError(BadInput.TRUNCATED, "base64 that is cut off")
    if data:
        yield ImageData(data)
    yield ImageEnd()


async def _read(reader: StreamReader) -> bytes:
    try:
        async with asyncio.timeout(SILENCE):
            return await reader.read(CHUNK)
    except TimeoutError as error:
        raise ProtocolError(BadInput.TOO_SLOW) from error


def _decode(text: bytes) -> tuple[bytes, bytes]:
    """Decode whole groups of four characters; return what is left over, and the bytes."""
    text = _NO_BASE64.sub(b"", text)
    whole = len(text) - len(text) % 4
    try:
        return text[whole:], base64.b64decode(text[:whole], validate=True)
    except binascii.Error as error:
        raise ProtocolError(BadInput.BAD_TEXT, "no base64") from error
