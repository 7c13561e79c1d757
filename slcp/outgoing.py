"""What a text or the head of an image looks like to a peer, by its dialect."""

from slcp import json_wire
from slcp.dialects import Dialect, Named, TextWay
from slcp.messages import Hello, Image
from slcp.wire import encode, fit_text

MAX_DATAGRAM = 60_000  # bytes of an image in one datagram: what the programs that take such have room for


def text_streams(dialect: Dialect, me: Hello, recipient: str, text: str, automatic: bool) -> list[bytes]:
    """Return what to send in each of several connections, one after the other. Raises ProtocolError."""
    if dialect.texts is TextWay.TCP_BARE:
        return [encode(part).removesuffix(b"\n") for part in fit_text(me.handle, text, bare=True)]
    lines = text_datagrams(dialect, me, recipient, text, automatic)
    if dialect.one_a_connection:
        return lines
    return [b"".join([*introduction(dialect, me), *lines])]


def text_datagrams(dialect: Dialect, me: Hello, recipient: str, text: str, automatic: bool = False) -> list[bytes]:
    """Return what to send in each of several datagrams. Raises ProtocolError."""
    if dialect.is_json:
        return json_wire.texts(me.handle, recipient, text)
    parts = fit_text(_named(dialect, me, recipient), text, automatic and dialect.is_slcpd)
    return [encode(part) for part in parts]


def image_head(dialect: Dialect, me: Hello, recipient: str, file_name: str, size: int) -> bytes:
    """Return what goes before the bytes of an image, where that is a line."""
    name = file_name if dialect.names_file else _named(dialect, me, recipient)
    return b"".join([*introduction(dialect, me), encode(Image(name, size))])


def introduction(dialect: Dialect, me: Hello) -> list[bytes]:
    """Say who writes, to a peer that understands it: several users may share our address."""
    return [encode(me)] if dialect.is_slcpd else []


def _named(dialect: Dialect, me: Hello, recipient: str) -> str:
    return me.handle if dialect.named is Named.SENDER else recipient
