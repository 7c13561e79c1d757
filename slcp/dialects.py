"""How programs speak SLCP: one row per dialect, read as a table (docs/protocol.md, section 3).

A row says how the peer must be spoken to, and by which traits it is known. What a peer sends is
read liberally whatever its row. Nobody tells its dialect, so it is concluded from what was heard,
and concluded again with every new trait.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from slcp.messages import Entries, ListCommand


class Trait(enum.StrEnum):
    """Something that was heard of a peer and that not every program does."""

    HELLO = "hello"  # said HELLO
    JSON = "json"  # spoke in JSON arrays
    FROM_WHOISPORT = "from_whoisport"  # sends its JOIN from the port of discovery
    FROM_OWN_PORT = "from_own_port"  # sends its JOIN from the port that it announces: has a UDP socket there
    WITHOUT_LF = "without_lf"  # ends its datagrams without a line end
    LIST_TIGHT = "list_tight"  # answers WHO with entries joined by "," alone
    LIST_COLONS = "list_colons"  # answers WHO with colons inside the entries
    LIST_BY_TCP = "list_by_tcp"  # answers WHO at our chat port
    LEAVE_BY_TCP = "leave_by_tcp"
    NAMES_RECIPIENT = "names_recipient"  # in texts and images
    NAMES_SENDER = "names_sender"  # in texts and images
    NAMES_FILE = "names_file"  # in images
    TEXT_BARE = "text_bare"  # texts without a command
    TEXT_BY_UDP = "text_by_udp"  # in canonical form
    IMAGE_BY_UDP = "image_by_udp"


class Named(enum.Enum):
    """Whom MSG and IMG name."""

    RECIPIENT = enum.auto()
    SENDER = enum.auto()


class TextWay(enum.Enum):
    """How a text reaches the peer."""

    TCP = enum.auto()  # MSG lines to its port
    TCP_BARE = enum.auto()  # "<sender>: <text>" to its port, ended by the end of the stream
    UDP_JSON = enum.auto()  # a JSON array to its port
    TCP_ELSE_UDP = enum.auto()  # MSG lines to its port, in datagrams where that refuses connections


class ImageWay(enum.Enum):
    """How an image reaches the peer."""

    TCP = enum.auto()  # IMG line and the bytes, to its port
    TCP_READY = enum.auto()  # IMG line with the file's name, then the bytes once it says READY
    TCP_JSON = enum.auto()  # a JSON array with base64, to its port + 100
    UDP = enum.auto()  # IMG line and the bytes in datagrams, to its port


@dataclass(frozen=True, slots=True)
class ListForm:
    """How an answer to WHO is written."""

    command: ListCommand
    entries: Entries


@dataclass(frozen=True, slots=True)
class Dialect:
    """One row: how a peer is known, and how it is spoken to."""

    name: str
    signs: frozenset[Trait] = frozenset()  # each speaks for this row
    excluded_by: frozenset[Trait] = frozenset()  # any speaks against it
    lists: tuple[ListForm, ...] = (ListForm(ListCommand.KNOWNUSERS, Entries.SPACED),)  # one answer each
    lists_by_tcp: bool = False
    is_json: bool = False  # JOIN, LEAVE, WHO and lists are JSON arrays
    ends_with_lf: bool = True  # its datagrams do
    named: Named = Named.RECIPIENT
    texts: TextWay = TextWay.TCP
    images: ImageWay = ImageWay.TCP
    names_file: bool = False  # IMG names the file instead
    one_a_connection: bool = False  # takes the first message of a connection only
    is_slcpd: bool = False  # repeats itself, answers probes, takes AUTO and HELLO in streams


_KNOWNUSERS = ListForm(ListCommand.KNOWNUSERS, Entries.SPACED)
_KNOWUSERS = ListForm(ListCommand.KNOWUSERS, Entries.SPACED)

SLCPD = Dialect("slcpd", signs=frozenset({Trait.HELLO}), is_slcpd=True)
JSON = Dialect(
    "json",
    signs=frozenset({Trait.JSON}),
    excluded_by=frozenset({Trait.HELLO}),
    is_json=True,
    texts=TextWay.UDP_JSON,
    images=ImageWay.TCP_JSON,
)
BARE = Dialect(
    "bare",
    signs=frozenset({Trait.TEXT_BARE, Trait.NAMES_FILE, Trait.WITHOUT_LF}),
    excluded_by=frozenset({Trait.HELLO, Trait.JSON, Trait.NAMES_RECIPIENT, Trait.NAMES_SENDER, Trait.TEXT_BY_UDP}),
    ends_with_lf=False,
    named=Named.SENDER,
    texts=TextWay.TCP_BARE,
    images=ImageWay.TCP_READY,
    names_file=True,
    one_a_connection=True,
)
COLON = Dialect(
    "colon",
    signs=frozenset({Trait.LIST_COLONS, Trait.NAMES_SENDER}),
    excluded_by=frozenset({Trait.HELLO, Trait.JSON, Trait.NAMES_RECIPIENT, Trait.TEXT_BARE, Trait.TEXT_BY_UDP}),
    lists=(ListForm(ListCommand.KNOWUSERS, Entries.COLONS),),
    named=Named.SENDER,
)
TCP_SENDER = Dialect(
    "tcp-sender",
    signs=frozenset({Trait.FROM_WHOISPORT, Trait.LIST_TIGHT, Trait.IMAGE_BY_UDP, Trait.NAMES_SENDER}),
    excluded_by=frozenset(
        {Trait.HELLO, Trait.JSON, Trait.NAMES_RECIPIENT, Trait.LIST_COLONS, Trait.TEXT_BARE, Trait.TEXT_BY_UDP}
    ),
    lists=(ListForm(ListCommand.KNOWNUSERS, Entries.TIGHT),),
    named=Named.SENDER,
    images=ImageWay.UDP,
    one_a_connection=True,
)
TCP_KNOWUSERS = Dialect(
    "tcp-knowusers",
    signs=frozenset({Trait.LIST_BY_TCP, Trait.LEAVE_BY_TCP}),
    excluded_by=frozenset({Trait.HELLO, Trait.JSON, Trait.NAMES_SENDER, Trait.TEXT_BARE}),
    lists=(_KNOWUSERS,),
    lists_by_tcp=True,
)
CANONICAL = Dialect(
    "slcp",
    signs=frozenset({Trait.NAMES_RECIPIENT}),
    excluded_by=frozenset({Trait.HELLO, Trait.JSON, Trait.NAMES_SENDER, Trait.TEXT_BARE}),
    lists=(_KNOWNUSERS, _KNOWUSERS),
)
UDP = Dialect(
    "udp",
    signs=frozenset({Trait.TEXT_BY_UDP, Trait.FROM_OWN_PORT}),
    excluded_by=frozenset({Trait.HELLO, Trait.JSON, Trait.TEXT_BARE}),
    lists=(_KNOWNUSERS, _KNOWUSERS),
    texts=TextWay.TCP_ELSE_UDP,
)
UNKNOWN = Dialect("unknown", lists=(_KNOWNUSERS, _KNOWUSERS), texts=TextWay.TCP_ELSE_UDP)

DIALECTS = (SLCPD, JSON, BARE, COLON, TCP_SENDER, TCP_KNOWUSERS, UDP, CANONICAL)
BY_NAME = {dialect.name: dialect for dialect in (*DIALECTS, UNKNOWN)}
MAX_CONCLUSIONS = 512  # remembered: programs show a few dozen sets of traits, strangers could show 2 ** 15


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The dialect of a peer, and why it is taken for that."""

    dialect: Dialect
    reason: str


def conclude(traits: Collection[Trait]) -> Conclusion:
    """Find the row that most traits speak for and none against; between equals the upper one."""
    return _conclude(frozenset(traits))


@lru_cache(MAX_CONCLUSIONS)
def _conclude(traits: frozenset[Trait]) -> Conclusion:
    possible = [dialect for dialect in DIALECTS if dialect.signs & traits and not dialect.excluded_by & traits]
    if not possible:
        return Conclusion(UNKNOWN, "nothing heard that tells")
    dialect = max(possible, key=lambda dialect: len(dialect.signs & traits))
    return Conclusion(dialect, ", ".join(sorted(dialect.signs & traits)))
