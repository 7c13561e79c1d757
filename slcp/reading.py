"""A datagram of any dialect -> what it says, and what the way it says so tells of its sender."""

from dataclasses import dataclass

from slcp.dialects import Trait
from slcp.errors import ProtocolError
from slcp.evidence import Traits
from slcp.json_wire import decode_json, is_json
from slcp.messages import Entries, KnownUsers, Message
from slcp.wire import decode, lines_of

MAX_LINES = 16  # read of one datagram; programs send one or two, and each costs us time


@dataclass(frozen=True, slots=True)
class Reading:
    """One message, or why there is none, of some bytes."""

    message: Message | ProtocolError
    data: bytes
    traits: Traits = frozenset()


def read(datagram: bytes) -> list[Reading]:
    """Read a datagram, MAX_LINES at most. A line that cannot be read does not keep the others from being read."""
    if is_json(datagram):
        return _read_json(datagram)
    ending = frozenset() if datagram.endswith((b"\n", b"\0")) else frozenset({Trait.WITHOUT_LF})
    return [_read_line(line, ending) for line in lines_of(datagram)[:MAX_LINES]]


def _read_json(datagram: bytes) -> list[Reading]:
    try:
        return [Reading(message, datagram, frozenset({Trait.JSON})) for message in decode_json(datagram)]
    except ProtocolError as error:
        return [Reading(error, datagram)]


def _read_line(line: bytes, ending: Traits) -> Reading:
    try:
        message = decode(line)
    except ProtocolError as error:
        return Reading(error, line)
    return Reading(message, line, ending | list_traits(message))


_LIST_TRAITS = {
    Entries.SPACED: frozenset[Trait](),
    Entries.TIGHT: frozenset({Trait.LIST_TIGHT}),
    Entries.COLONS: frozenset({Trait.LIST_COLONS}),
}


def list_traits(message: Message) -> Traits:
    """Return what the form of a list tells."""
    return _LIST_TRAITS[message.entries] if isinstance(message, KnownUsers) else frozenset()
