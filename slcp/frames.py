"""The frames of the encrypted stream between two slcpd (docs/protocol.md, section 4).

    2 bytes    length of the header, big endian
    4 bytes    length of the body, big endian
    header     JSON object: "type" and the fields of the frame
    body       bytes: of a text, or of a part of an image

The server speaks first: Challenge. The client answers with Proof, the server with Welcome or
Refusal. From then on either side sends texts and images, whoever has connected. A frame of an
unknown type is passed over, a field of an unknown name too: that is how versions to come can add some.
"""

import json
import re
import struct
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from slcp.errors import BadInput, ProtocolError
from slcp.messages import MAX_NAME, MAX_PEER_HANDLE, is_handle, is_port

VERSION = 1
MAX_HEADER = 4096  # bytes: the longest file name, every character escaped by JSON, fits
MAX_TEXT = 1 << 16  # bytes of UTF-8
MAX_BODY = 1 << 18  # bytes: a part of an image; what one stream may hold in memory
NONCE = 32  # bytes
MAX_SIZE = 1 << 62  # bytes of an image: what systems and SQLite count with

_LENGTHS = struct.Struct(">HI")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,512}")


def statement(nonce: str, server: str, client: str) -> bytes:
    """Return what a client signs: the server's nonce, and the fingerprints of both keys.

    The server's is in it so that nobody whom the client has connected to can show the proof to a third.
    """
    return f"slcp client proof {VERSION}\n{nonce}\n{server}\n{client}\n".encode()


class Frame:
    """One frame. The fields of each kind are its header; `body`, where there is one, is not in it."""

    type: ClassVar[str]
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Challenge(Frame):
    """The server: who I am; sign this to show who you are."""

    type = "challenge"
    version: int
    handle: str
    port: int
    nonce: str  # NONCE bytes in hexadecimal

    def __post_init__(self) -> None:
        _check_peer(self.version, self.handle, self.port)
        _check(len(self.nonce) == 2 * NONCE and _HEX.fullmatch(self.nonce), "nonce")


@dataclass(frozen=True, slots=True)
class Proof(Frame):
    """The client: who I am, my public key (DER) and my signature of the statement, in hexadecimal."""

    type = "proof"
    version: int
    handle: str
    port: int
    key: str
    signature: str

    def __post_init__(self) -> None:
        _check_peer(self.version, self.handle, self.port)
        _check(_HEX.fullmatch(self.key), "key")
        _check(_HEX.fullmatch(self.signature), "signature")


@dataclass(frozen=True, slots=True)
class Welcome(Frame):
    """The server: I know who you are; go on."""

    type = "welcome"


@dataclass(frozen=True, slots=True)
class Refusal(Frame):
    """The server: I do not talk to you; `code` tells programs why, `reason` people. The last of its stream."""

    type = "refusal"
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TextFrame(Frame):
    """A text: the id is the sender's, the same however often it is sent."""

    type = "text"
    id: str
    automatic: bool
    body: bytes

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id), "id")
        _check(0 < len(self.body) <= MAX_TEXT, "length of a text")

    @property
    def text(self) -> str:
        """Raises ProtocolError when the bytes are no text."""
        try:
            text = self.body.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(BadInput.BAD_TEXT, "not UTF-8") from error
        if "\0" in text:
            raise ProtocolError(BadInput.BAD_TEXT, "a NUL")
        return text


@dataclass(frozen=True, slots=True)
class ImageOffered(Frame):
    """An image could come: answered by ImageWanted, Acknowledged or Rejected."""

    type = "image"
    id: str
    name: str
    size: int  # bytes
    sha256: str  # hexadecimal

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id), "id")
        _check(len(self.name) <= MAX_NAME, "name")
        _check(0 < self.size <= MAX_SIZE, "size")
        _check(_SHA256.fullmatch(self.sha256), "sha256")


@dataclass(frozen=True, slots=True)
class ImageWanted(Frame):
    """Send the image, from this byte on: those before it are here."""

    type = "wanted"
    id: str
    offset: int  # bytes

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id), "id")
        _check(0 <= self.offset <= MAX_SIZE, "offset")


@dataclass(frozen=True, slots=True)
class ImagePart(Frame):
    """The next bytes of the image that was wanted last."""

    type = "part"
    body: bytes | memoryview

    def __post_init__(self) -> None:
        _check(len(self.body) > 0, "part")


@dataclass(frozen=True, slots=True)
class Acknowledged(Frame):
    """The message is durable here."""

    type = "ack"
    id: str

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id), "id")


@dataclass(frozen=True, slots=True)
class Rejected(Frame):
    """The message was not taken; `for_good`: to send it again would not help."""

    type = "rejected"
    id: str
    reason: str
    for_good: bool

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id), "id")


@dataclass(frozen=True, slots=True)
class Ping(Frame):
    """Are you there?"""

    type = "ping"


@dataclass(frozen=True, slots=True)
class Pong(Frame):
    """I am."""

    type = "pong"


AnyFrame = (
    Challenge
    | Proof
    | Welcome
    | Refusal
    | TextFrame
    | ImageOffered
    | ImageWanted
    | ImagePart
    | Acknowledged
    | Rejected
    | Ping
    | Pong
)
_KINDS: dict[str, type[AnyFrame]] = {kind.type: kind for kind in AnyFrame.__args__}
_FIELDS: dict[type[AnyFrame], list[tuple[str, object]]] = {
    kind: [(field.name, field.type) for field in fields(kind)] for kind in AnyFrame.__args__
}
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))  # json.dumps() would make one for each frame


def part_head(length: int) -> bytes:
    """Return what stands before the bytes of an ImagePart; equally long for any number of them."""
    return _head({"type": ImagePart.type}, length)


def encode_frame(frame: AnyFrame) -> bytes:
    header: dict[str, object] = {"type": frame.type}
    body = b""
    for name, _ in _FIELDS[type(frame)]:
        value = getattr(frame, name)
        if name == "body":
            body = value
        else:
            header[name] = value
    return _head(header, len(body)) + body


def _head(header: dict[str, object], length: int) -> bytes:
    encoded = _ENCODER.encode(header).encode()
    return _LENGTHS.pack(len(encoded), length) + encoded


class FrameDecoder:
    """Takes bytes, gives frames: feed with receive(), then ask next_frame() until it gives None.

    A part of an image is a view of what was fed, where it lies in that whole: it is good as long as that is.
    """

    def __init__(self) -> None:
        self._begun = bytearray()  # of one frame, which is not whole
        self._came = memoryview(b"")  # behind that

    def receive(self, data: bytes | memoryview) -> None:
        self._came = memoryview(bytes(self._came) + data) if self._came else memoryview(data)

    @property
    def is_empty(self) -> bool:
        """Tell whether the stream stands between two frames."""
        return not self._begun and not self._came

    def next_frame(self) -> AnyFrame | None:
        """Return the next frame that is known, or None: more bytes are needed.

        Raises ProtocolError; the stream cannot be trusted after it.
        """
        while (parts := self._take()) is not None:
            frame = _decode(*parts)
            if frame is not None:
                return frame
        return None

    def _take(self) -> tuple[bytes, memoryview] | None:
        if not self._begun:
            whole = _whole(self._came)
            if len(self._came) >= whole:
                frame, self._came = self._came[:whole], self._came[whole:]
                return _split(frame)
        while (missing := _whole(self._begun) - len(self._begun)) > 0:
            if not self._came:
                return None
            self._begun += self._came[:missing]
            self._came = self._came[missing:]
        frame, self._begun = memoryview(self._begun), bytearray()
        return _split(frame)


def _whole(begun: bytes | bytearray | memoryview) -> int:
    """Return how many bytes a frame has that begins so; at least those that tell it. Raises ProtocolError."""
    if len(begun) < _LENGTHS.size:
        return _LENGTHS.size
    header, body = _LENGTHS.unpack_from(begun)
    if header > MAX_HEADER or body > MAX_BODY:
        raise ProtocolError(BadInput.LINE_TOO_LONG, f"a frame of {header} + {body} bytes")
    return int(_LENGTHS.size + header + body)


def _split(frame: memoryview) -> tuple[bytes, memoryview]:
    """Return the header and the body of a whole frame."""
    middle = _LENGTHS.size + _LENGTHS.unpack_from(frame)[0]
    return bytes(frame[_LENGTHS.size : middle]), frame[middle:]


def _decode(header: bytes, body: memoryview) -> AnyFrame | None:
    try:
        values = _DECODER.decode(header.decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError(BadInput.BAD_FRAME, "no JSON") from error
    name = values.get("type") if isinstance(values, dict) else None
    if not isinstance(name, str):
        raise ProtocolError(BadInput.BAD_FRAME, "no type")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    content = body if kind is ImagePart else bytes(body)
    arguments: list[Any] = [
        content if name == "body" else _value(values, name, expected) for name, expected in _FIELDS[kind]
    ]
    return kind(*arguments)


def _value(values: dict[str, object], name: str, expected: object) -> object:
    value = values.get(name)
    if type(value) is not expected:
        raise ProtocolError(BadInput.BAD_FRAME, name)
    return value


def _check_peer(version: int, handle: str, port: int) -> None:
    _check(version > 0, "version")
    _check(is_handle(handle, MAX_PEER_HANDLE), "handle")
    _check(is_port(port), "port")


def _check(holds: object, what: str) -> None:
    if not holds:
        raise ProtocolError(BadInput.BAD_FRAME, what)
