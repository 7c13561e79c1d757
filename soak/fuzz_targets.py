"""What is fuzzed: each reader of bytes as a function that names what it made of them.

A name has letters, digits, "_", "-" and "+". An error that the reader is to raise is a name too;
any other exception is a crash, and so is a reader that contradicts itself.
"""

import io
import re
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

from PIL import Image

from slcp import config, frames, json_wire, wire
from slcp.announcing import Announcer
from slcp.blocklist import Blocklist
from slcp.control import decode_call
from slcp.errors import BadInput, ConfigError, ProtocolError, RequestError
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.messages import Address, KnownUsers, Message
from slcp.node import Node
from slcp.presence import Presence
from slcp.reading import read
from slcp.stream import ImageData, StreamDecoder
from slcpd.images import ImageError, look_at

WHOISPORT = 4000
STRANGER, FRIEND = Address("127.0.0.7", 5007), Address("127.0.0.8", 5008)
ASKED = (STRANGER.ip, FRIEND.ip, "127.255.255.255")
SHOWN = 2  # messages of one input that its outcome names

Item = TypeVar("Item")


class DisagreementError(Exception):
    """A reader has contradicted itself."""


class Target(NamedTuple):
    """A reader, and good inputs to begin with."""

    outcome: Callable[[bytes], str]
    seeds: Sequence[bytes]


# The readers


def datagram(data: bytes) -> str:
    """Read a datagram of a stranger, and let presence take it."""
    presence, announcer = _presence()
    messages = [reading.message for reading in read(data)]
    for message in messages:
        if not isinstance(message, ProtocolError):
            _check_writing(message)
    events = presence.receive(data, STRANGER, 2.0)
    for answer in announcer.take():
        # a friend whose handle turns up elsewhere is asked whether it is still there
        if len(answer.data) > wire.MAX_LINE or (answer.to and answer.to.ip not in ASKED):
            raise DisagreementError(f"answered by {answer}")
    return _named([*messages[:1], *sorted({type(event).__name__ for event in events})[:1]])


def _presence() -> tuple[Presence, Announcer]:
    me = Node("Ani", 5001, Links((Link.of("lo", "127.0.0.1", "255.0.0.0"),)))
    announcer = Announcer(me, WHOISPORT)
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    presence = Presence(me, announcer, membership, Blocklist())
    presence.receive(b"HELLO Mia 5008 1 -\n", FRIEND, 1.0)
    announcer.take()
    return presence, announcer


def _check_writing(message: Message) -> None:
    """What was read must read the same again once it is written; a list is cut, so it need not."""
    try:
        line = wire.encode(message)
    except ValueError:  # a datagram may have a longer line than we write
        return
    if not isinstance(message, KnownUsers) and wire.decode(line) != message:
        raise DisagreementError(f"{message} is written as {line!r}")


def json_datagram(data: bytes) -> str:
    try:
        return _named(json_wire.decode_json(data))
    except ProtocolError as error:
        return _named([error])


def stream(data: bytes) -> str:
    """Read a TCP stream, whole and in pieces."""
    return _named(_alike(_stream_events([data]), _stream_events(_cut(data))))


def _stream_events(pieces: Iterable[bytes]) -> list[object]:
    """Return the events; bytes of an image that follow each other are one."""
    decoder = StreamDecoder()
    events: list[object] = []
    for piece in (*pieces, b""):
        decoder.receive(piece) if piece else decoder.receive_eof()
        for event in _all(decoder.next_event):
            last = events[-1] if events else None
            if isinstance(event, ImageData) and isinstance(last, ImageData):
                events[-1] = ImageData(bytes(last.data) + bytes(event.data))
            else:
                events.append(event)
            if isinstance(event, ProtocolError) and event.reason is not BadInput.UNKNOWN_COMMAND:
                return events
    return events


def encrypted(data: bytes) -> str:
    """Read the frames of an encrypted stream, whole and in pieces; each must be written as it was read."""
    found = _alike(_frames([data]), _frames(_cut(data)))
    for frame in found:
        if isinstance(frame, frames.Frame) and _frames([frames.encode_frame(frame)]) != [frame]:  # type: ignore[arg-type]
            raise DisagreementError(f"{frame} is written as another")
    texts = [_or_error(lambda frame=frame: frame.text) for frame in found if isinstance(frame, frames.TextFrame)]  # type: ignore[misc]
    return _named([*found[:SHOWN], *(text for text in texts if isinstance(text, ProtocolError))])


def _frames(pieces: Iterable[bytes]) -> list[object]:
    decoder = frames.FrameDecoder()
    found: list[object] = []
    for piece in pieces:
        decoder.receive(piece)
        for frame in _all(decoder.next_frame):
            found.append(frame)
            if isinstance(frame, ProtocolError):
                return found
    return found


def call(data: bytes) -> str:
    """Read a line of the control API."""
    try:
        return _named([decode_call(data).request()])
    except RequestError as error:
        return str(error.code)


def config_file(data: bytes) -> str:
    with tempfile.TemporaryDirectory(prefix="slcp-fuzz-") as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(data)
        try:
            layers = config.load(file, Path(folder) / "none.toml", {}, {"handle": "me"})
        except ConfigError as error:
            return _refused(str(error).removeprefix(f"{file}: "))
        return "+".join(["read", *sorted(layers.layers[config.Source.FILE])[:SHOWN]])


def _refused(error: str) -> str:
    """Name the key that is wrong; the details are the parser's words, or the input's own."""
    key = error.split(" ")[0]
    return f"{key}-is-wrong" if key in config.KEYS else "no-toml" if key == "is" else "no-key"


def image(data: bytes) -> str:
    """Look at an image. What Pillow warns of is not an outcome."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return f"image-{look_at(io.BytesIO(data)).format.lower()}"
    except ImageError as error:
        return _words(str(error), 2)


# What they have in common


def _all(next_item: Callable[[], Item | None]) -> Iterable[Item | ProtocolError]:
    """Yield items until there are none; an error is one, and the caller says whether it goes on."""
    while (item := _or_error(next_item)) is not None:
        yield item


def _or_error(read_one: Callable[[], Item]) -> Item | ProtocolError:
    try:
        return read_one()
    except ProtocolError as error:
        return error


def _alike(whole: list[object], pieces: list[object]) -> list[object]:
    if list(map(_comparable, whole)) != list(map(_comparable, pieces)):
        raise DisagreementError(f"{whole} whole, {pieces} in pieces"[:400])
    return whole


def _comparable(item: object) -> object:
    return item.reason if isinstance(item, ProtocolError) else item


def _cut(data: bytes) -> list[bytes]:
    """Cut at places that only the bytes decide: the same input is always cut the same."""
    rng = Random(zlib.crc32(data))
    places = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(8))})
    return [data[start:end] for start, end in pairwise(places)]


def _named(items: Sequence[object]) -> str:
    """Name the first items; one after another of the same kind is not named again."""
    names = [str(item.reason) if isinstance(item, ProtocolError) else _plain(item) for item in items]
    different = [name for name, _ in groupby(names)]
    return "+".join(different[:SHOWN]) or "nothing"


def _plain(item: object) -> str:
    return item if isinstance(item, str) else type(item).__name__


def _words(text: str, number: int) -> str:
    """Return the first words of an error; the later ones are the parser's."""
    return "-".join(re.findall(r"[a-z_]+", text.lower())[:number])


def _picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((8, 8), 60).save(file, kind)
    return file.getvalue()


TARGETS = {
    "datagram": Target(
        datagram,
        [
            b"JOIN Luca 5007\n",
            b"LEAVE Mia\n",
            b"WHO\n",
            b"KNOWNUSERS Luca 127.0.0.7 5007, Mia 127.0.0.8 5008\n",
            b"KNOWUSERS Luca:127.0.0.7:5007,Mia:127.0.0.8:5008\n",
            b'MSG Ani "Hallo Ani!"\n',
            b"IMG Ani 15432\n",
            b"HELLO Luca 5007 1 " + b"0a" * 32 + b"\nJOIN Luca 5007\n",
            b"AUTO Ani I am away.\n",
            b'["JOIN", "Luca", "127.0.0.7", 5007]',
        ],
    ),
    "json": Target(
        json_datagram,
        [
            b'["JOIN", "Luca", "127.0.0.7", 5007]',
            b'["LEAVE", "Luca"]',
            b'["WHO", "Luca"]',
            b'["KNOWNUSERS", "Luca 127.0.0.7 5007", "Mia 127.0.0.8 5008"]',
            b'["MSG", "Luca", "Ani", "Hallo\\nAni!"]',
        ],
    ),
    "stream": Target(
        stream,
        [
            b"MSG Ani Hallo Ani!\nMSG Ani Wie geht's?\n",
            b"IMG Ani 10\n0123456789MSG Ani Hallo\n",
            b"HELLO Luca 5007 1 -\nAUTO Ani I am away.\n",
            b"Luca: Hallo Ani!\nand more\n",
            b"KNOWNUSERS Luca 127.0.0.7 5007\nLEAVE Luca\n",
        ],
    ),
    "frames": Target(
        encrypted,
        [
            frames.encode_frame(frame)
            for frame in (
                frames.Challenge(1, "Ani", 5001, "0f" * 32),
                frames.Proof(1, "Luca", 5007, "0a" * 44, "0b" * 64),
                frames.Welcome(),
                frames.Refusal("key_changed", "another key"),
                frames.TextFrame("a1", False, b"Hallo\nAni!"),
                frames.ImageOffered("a2", "cat.png", 100, "0c" * 32),
                frames.ImageWanted("a2", 50),
                frames.ImagePart(b"0123456789"),
                frames.Acknowledged("a1"),
                frames.Rejected("a2", "too large", True),
                frames.Ping(),
                frames.Pong(),
            )
        ],
    ),
    "control": Target(
        call,
        [
            b'{"jsonrpc":"2.0","id":1,"method":"send_text","params":{"to":"Luca","text":"Hallo Luca!"}}\n',
            b'{"jsonrpc":"2.0","id":"a","method":"send_image","params":{"to":["Luca","Mia"],"path":"/tmp/cat.png"}}\n',
            b'{"jsonrpc":"2.0","id":2.5,"method":"history","params":{"with":"Luca","limit":10,"search":"Hallo"}}\n',
            b'{"jsonrpc":"2.0","id":3,"method":"subscribe","params":{"since":0}}\n',
            b'{"jsonrpc":"2.0","id":4,"method":"set_config","params":{"key":"port","value":5002}}\n',
            b'{"jsonrpc":"2.0","id":5,"method":"users","params":{"refresh":true}}\n',
        ],
    ),
    "config": Target(
        config_file,
        [
            b'handle = "Ani"\nport = 5002\ninterfaces = ["lo"]\npeers = ["10.1.2.3"]\ninactive = true\n',
            b'security = "require"\ndialects = ["Luca=colon"]\nblocked = ["Eve"]\nmax_image_size = 1048576\n',
        ],
    ),
    "image": Target(image, [_picture(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")]),
}
