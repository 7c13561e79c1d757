"""The JSON spelling: messages <-> JSON arrays, one a datagram (docs/protocol.md, section 3, `json`).

    ["JOIN", handle, ip, port]   ["LEAVE", handle]   ["WHO", handle]
    ["KNOWNUSERS", "handle ip port", ...]            ["MSG", sender, recipient, text]

Programs of this dialect die of bytes that are no UTF-8, of JSON that is no array with something in
it, and of ["WHO"] without a handle. Images: see json_image.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from slcp.errors import BadInput, ProtocolError
from slcp.messages import Join, Leave, ListCommand, Message, Text, User, Who
from slcp.wire import MAX_LINE, decode, fit_text

MAX_ELEMENTS = 256  # of an array: a list of users that a datagram holds
_LINE_BREAK = re.compile(r"[\r\n\0]+")


def is_json(datagram: bytes) -> bool:
    """Tell whether a datagram can be of this dialect: no command of the text form begins so."""
    return datagram.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


# Reading


def decode_json(datagram: bytes) -> list[Message]:
    """Read a datagram; a text with line breaks is several. Raises ProtocolError."""
    try:
        array = json.loads(datagram.decode("utf-8-sig").rstrip("\0"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(BadInput.NOT_UTF8, "no JSON in UTF-8") from error
    if not isinstance(array, list) or not array or not isinstance(array[0], str) or len(array) > MAX_ELEMENTS:
        raise ProtocolError(BadInput.UNKNOWN_COMMAND, "no array that begins with a command")
    read = _READERS.get(array[0].upper())
    if read is None:
        raise ProtocolError(BadInput.UNKNOWN_COMMAND, ascii(array[0][:32]))
    try:
        return list(read(array[1:]))
    except (LookupError, TypeError, AttributeError) as error:  # too few elements, or not strings
        raise ProtocolError(BadInput.MISSING_PARAMETER) from error


def _read_join(words: list[Any]) -> Iterable[Message]:
    """The address inside is not looked at: what counts is where the datagram came from."""
    yield Join(words[0], _port(words[1:][-1]))


def _port(word: object) -> int:
    if isinstance(word, str) and re.fullmatch("[0-9]{1,5}", word):
        return int(word)
    if type(word) is not int:
        raise ProtocolError(BadInput.BAD_ADDRESS, ascii(word)[:32])
    return word


def _read_leave(words: list[Any]) -> Iterable[Message]:
    yield Leave(words[0])


def _read_who(_: list[Any]) -> Iterable[Message]:
    yield Who()


def _read_known_users(words: list[Any]) -> Iterable[Message]:
    yield decode(f"{ListCommand.KNOWNUSERS} {','.join(words)}".encode(errors="replace"))


def _read_text(words: list[Any]) -> Iterable[Message]:
    lines = [line for line in _LINE_BREAK.split(words[1:][-1]) if line] or [""]
    return [Text(words[0], line) for line in lines]


_READERS: dict[str, Callable[[list[Any]], Iterable[Message]]] = {
    "JOIN": _read_join,
    "LEAVE": _read_leave,
    "WHO": _read_who,
    **{str(command): _read_known_users for command in ListCommand},
    "MSG": _read_text,
}


# Writing


def join(me: Join, ip: str) -> bytes:
    return _encode(["JOIN", me.handle, ip, me.port])


def leave(handle: str) -> bytes:
    return _encode(["LEAVE", handle])


def who(handle: str) -> bytes:
    return _encode(["WHO", handle])


def known_user(user: User) -> bytes:
    """Each user goes in an array of its own, as these programs each answer for themselves."""
    return _encode([ListCommand.KNOWNUSERS, f"{user.handle} {user.address.ip} {user.address.port}"])


def texts(sender: str, recipient: str, text: str) -> list[bytes]:
    """Write a text of any length in datagrams of at most MAX_LINE bytes. Raises ProtocolError when it is empty."""
    frame = len(_encode(["MSG", sender, recipient, ""]))
    for room in (MAX_LINE - frame, (MAX_LINE - frame) // 2, (MAX_LINE - frame) // 6):  # characters may need escapes
        datagrams = [_encode(["MSG", sender, recipient, part.text]) for part in fit_text(recipient, text, room=room)]
        if max(map(len, datagrams)) <= MAX_LINE:
            break
    return datagrams


def _encode(array: list[str | int]) -> bytes:
    return json.dumps(array, ensure_ascii=False).encode()
