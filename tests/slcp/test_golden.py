"""The table of dialects as datagrams, and what becomes of them on the way: nothing raises, nobody is told wrong things.

A source of docs/protocol.md, section 3. The answers are judged by what each row says it chokes on.
"""

import json
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest

from slcp.announcing import Announcer, Datagram
from slcp.blocklist import Blocklist
from slcp.errors import BadInput, ProtocolError
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.messages import Address, Image, Join, KnownUsers, Leave, Message, Text, User, Who
from slcp.node import Node
from slcp.presence import InputDropped, Presence, TextHeard
from slcp.reading import read
from slcp.wire import MAX_LINE

MAX_UDP = 65_507  # bytes: the longest datagram of IPv4
WHOISPORT = 4000
LUCA = Address("192.168.0.11", 5002)
THROW_AWAY = 49_152

ANI_AND_LUCA = (User("Ani", Address("192.168.0.10", 5001)), User("Luca", LUCA))


class Golden(NamedTuple):
    """What a program sends to whoisport or to our port, from which port, and what it says."""

    dialect: str
    datagram: bytes
    port: int  # that it comes from
    message: Message

    def __str__(self) -> str:
        return f"{self.dialect} {self.datagram!r}"


def listing(*users: User) -> KnownUsers:
    return KnownUsers(users)


GOLDEN = [
    Golden("slcp", b"JOIN Luca 5002\n", THROW_AWAY, Join("Luca", 5002)),
    Golden("slcp", b"LEAVE Luca\n", THROW_AWAY, Leave("Luca")),
    Golden("slcp", b"WHO\n", THROW_AWAY, Who()),
    Golden(
        "slcp",
        b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n",
        THROW_AWAY,
        listing(*ANI_AND_LUCA),
    ),
    Golden("json", b'["JOIN","Luca","192.168.0.11",5002]', LUCA.port, Join("Luca", 5002)),
    Golden("json", b'["JOIN", "Luca", "192.168.0.11", 5002]', LUCA.port, Join("Luca", 5002)),
    Golden("json", b'["LEAVE","Luca"]', LUCA.port, Leave("Luca")),
    Golden("json", b'["WHO","Luca"]', LUCA.port, Who()),
    Golden("json", b'["WHO", "Luca"]', LUCA.port, Who()),
    Golden("json", b'["KNOWNUSERS", "Luca 192.168.0.11 5002"]', LUCA.port, listing(ANI_AND_LUCA[1])),
    Golden("json", b'["MSG", "Luca", "Ani", "Hallo Ani!"]', LUCA.port, Text("Luca", "Hallo Ani!")),
    Golden("json", b'["MSG", "Luca", "Ani", "Gr\\u00fc\\u00dfe"]', LUCA.port, Text("Luca", "Grüße")),
    Golden("tcp-sender", b"JOIN Luca 5002\n", WHOISPORT, Join("Luca", 5002)),
    Golden("tcp-sender", b"LEAVE Luca\n", WHOISPORT, Leave("Luca")),
    Golden("tcp-sender", b"WHO\n", WHOISPORT, Who()),
    Golden(
        "tcp-sender",
        b"KNOWNUSERS Ani 192.168.0.10 5001,Luca 192.168.0.11 5002\n",
        WHOISPORT,
        listing(*ANI_AND_LUCA),
    ),
    Golden("tcp-sender", b"IMG Luca 15432\n", THROW_AWAY, Image("Luca", 15432)),
    Golden("colon", b"JOIN Luca 5002\n", THROW_AWAY, Join("Luca", 5002)),
    Golden(
        "colon",
        b"KNOWUSERS Ani:192.168.0.10:5001,Luca:192.168.0.11:5002\n",
        THROW_AWAY,
        listing(*ANI_AND_LUCA),
    ),
    Golden(
        "tcp-knowusers",
        b"KNOWUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n",
        THROW_AWAY,
        listing(*ANI_AND_LUCA),
    ),
    Golden("bare", b"JOIN Luca 5002", THROW_AWAY, Join("Luca", 5002)),
    Golden("bare", b"LEAVE Luca", THROW_AWAY, Leave("Luca")),
    Golden("bare", b"WHO", THROW_AWAY, Who()),
    Golden(
        "bare",
        b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002",
        THROW_AWAY,
        listing(*ANI_AND_LUCA),
    ),
    Golden("unheard", b"join Luca 5002\r\n", LUCA.port, Join("Luca", 5002)),
    Golden("unheard", b"who\r\n", LUCA.port, Who()),
    Golden("unheard", b"msg Ani Hallo Ani!\r\n", LUCA.port, Text("Ani", "Hallo Ani!")),
    Golden("unheard", b"knownusers Luca 192.168.0.11 5002 [AFK]\r\n", LUCA.port, listing(ANI_AND_LUCA[1])),
]
EACH = pytest.mark.parametrize("golden", GOLDEN, ids=str)


def messages(datagram: bytes) -> list[Message]:
    """Return what can be read; of lists, whom they name."""
    found = [reading.message for reading in read(datagram)]
    return [
        listing(*message.users) if isinstance(message, KnownUsers) else message
        for message in found
        if not isinstance(message, ProtocolError)
    ]


# What is read


@EACH
def test_it_is_read(golden: Golden) -> None:
    assert messages(golden.datagram) == [golden.message]


@EACH
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.removesuffix(b"\n").removesuffix(b"\r"), id="no line end"),
        pytest.param(lambda data: data.removesuffix(b"\n").removesuffix(b"\r") + b"\n", id="LF"),
        pytest.param(lambda data: data.removesuffix(b"\n").removesuffix(b"\r") + b"\r\n", id="CR LF"),
        pytest.param(lambda data: data + b"\0\0", id="NULs"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
    ],
)
def test_it_is_read_the_same(golden: Golden, change: Callable[[bytes], bytes]) -> None:
    assert messages(change(golden.datagram)) == [golden.message]


@EACH
def test_lower_case_says_the_same_of_lower_case_handles(golden: Golden) -> None:
    (message,) = messages(golden.datagram.lower())
    assert repr(message).lower() == repr(golden.message).lower()


@pytest.mark.parametrize("golden", [each for each in GOLDEN if not each.datagram.startswith(b"[")], ids=str)
def test_tabs_separate_as_spaces_do(golden: Golden) -> None:
    (message,) = messages(golden.datagram.replace(b" ", b"\t"))
    assert repr(message).replace("\\t", " ") == repr(golden.message)


@pytest.mark.parametrize("golden", [each for each in GOLDEN if not each.datagram.startswith(b"[")], ids=str)
def test_several_lines_say_several_things(golden: Golden) -> None:
    line = golden.datagram.removesuffix(b"\n").removesuffix(b"\r")
    for separator in (b"\n", b"\r\n", b"\n\n"):
        datagram = separator.join([line, b"AWAY", line, b"WHO"])
        assert messages(datagram) == [golden.message, golden.message, Who()]


# Who is told what

Change = Callable[[bytes], bytes]

CHANGES: dict[str, Change] = {
    "nothing": lambda data: data,
    "doubled": lambda data: data + data,
    "lines of both forms": lambda data: data + b'\n["WHO", "Luca"]\nWHO\n',
    "a line before it": lambda data: b"AWAY Luca\n" + data,
    "CR LF": lambda data: data.replace(b"\n", b"") + b"\r\n",
    "CR alone": lambda data: data.replace(b"\n", b"") + b"\r",
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16 without its mark": lambda data: data.decode().encode("utf-16-be"),
    "UTF-32": lambda data: data.decode().encode("utf-32"),
    "Latin-1 handle": lambda data: data.replace(b"Luca", "Lückä".encode("latin-1")),
    "surrogate in UTF-8": lambda data: data.replace(b"Luca", b"Lu\xed\xa0\x80ca"),
    "overlong UTF-8": lambda data: data.replace(b"L", b"\xc1\x8c"),
    "escape codes": lambda data: data.replace(b"Luca", b"\x1b[2JLuca"),
    "tabs": lambda data: data.replace(b" ", b"\t"),
    "no-break spaces": lambda data: data.replace(b" ", "\u00a0".encode()),
    "double spaces": lambda data: data.replace(b" ", b"  "),
    "no spaces": lambda data: data.replace(b" ", b""),
    "lower case": lambda data: data.lower(),
    "upper case": lambda data: data.upper(),
    "quotes": lambda data: b'"' + data + b'"',
    "NULs between": lambda data: b"\0".join(data[index : index + 1] for index in range(len(data))),
    "other port": lambda data: data.replace(b"5002", b"99999999999999999999"),
    "negative port": lambda data: data.replace(b"5002", b"-5002"),
    "digits of another script": lambda data: data.replace(b"5002", "٥٠٠٢".encode()),
    "no address": lambda data: data.replace(b"192.168.0.11", b"999.168.0.11"),
    "broadcast address": lambda data: data.replace(b"192.168.0.11", b"255.255.255.255"),
    "nested": lambda data: b"[" * 20_000 + data,
    "65,507 bytes of it": lambda data: (data * (MAX_UDP // len(data) + 1))[:MAX_UDP],
    "65,507 bytes with letters": lambda data: data.rstrip(b"\r\n").ljust(MAX_UDP, b"a"),
    "65,507 bytes with spaces": lambda data: data.rstrip(b"\r\n").ljust(MAX_UDP, b" "),
    "65,507 bytes with NULs": lambda data: data.ljust(MAX_UDP, b"\0"),
    "65,507 bytes with line ends": lambda data: data.ljust(MAX_UDP, b"\n"),
    "65,507 bytes of noise": lambda data: data + Random(1).randbytes(MAX_UDP - len(data)),
}


MOST_ANSWERS = 4 * 3  # to one address in a second: HELLO and the list in two spellings, each


def at_ani() -> tuple[Presence, Announcer]:
    """Be Ani, who has heard Mia and Sohal: so lists have several entries."""
    links = Links((Link.of("lo", "127.0.0.1", "255.0.0.0"), Link.of("eth0", "192.168.0.10", "255.255.255.0")))
    me = Node("Ani", 5001, links)
    announcer = Announcer(me, WHOISPORT)
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    presence = Presence(me, announcer, membership, Blocklist())
    for number, handle in enumerate(("Mia", "Sohal"), 21):
        presence.receive(f"JOIN {handle} 5003\n".encode(), Address(f"192.168.0.{number}", THROW_AWAY), 1.0)
    announcer.take()
    return presence, announcer


def answers(golden: Golden, datagram: bytes) -> list[Datagram]:
    """Let Ani hear a datagram of someone who has said JOIN as its dialect does, and check what she does about it."""
    presence, announcer = at_ani()
    for each in GOLDEN:
        if each.dialect == golden.dialect and isinstance(each.message, Join):
            presence.receive(each.datagram, Address(LUCA.ip, each.port), 10.0)
    announcer.take()
    for event in presence.receive(datagram, Address(LUCA.ip, golden.port), 100.0):
        if isinstance(event, InputDropped):
            assert event.reason in BadInput
        if isinstance(event, TextHeard):
            assert event.text.text
    return announcer.take()


@EACH
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_becomes_of_it_the_answer_is_right(golden: Golden, change: Change) -> None:
    check(golden, change(golden.datagram))


@EACH
def test_however_short_it_is_cut_the_answer_is_right(golden: Golden) -> None:
    for length in range(len(golden.datagram)):
        check(golden, golden.datagram[:length])


def check(golden: Golden, datagram: bytes) -> None:
    asked = {type(message) for message in messages(datagram)} & {Join, Who}
    said = answers(golden, datagram)
    assert bool(said) <= bool(asked)
    assert len(said) <= MOST_ANSWERS
    for answer in said:
        assert answer.to is not None
        assert answer.to.ip == LUCA.ip
        assert len(answer.data) <= MAX_LINE
        assert not is_choked(golden.dialect, answer.data), (golden.dialect, answer.data)


def is_choked(dialect: str, data: bytes) -> bool:
    """Tell what row `dialect` says it chokes on."""
    match dialect:
        case "json":
            return _chokes_json(data)
        case "tcp-sender":
            return _chokes_tcp_sender(data)
        case _:
            return False


def _chokes_json(data: bytes) -> bool:
    try:
        message = json.loads(data.decode())
    except json.JSONDecodeError:
        return False  # dropped silently
    except UnicodeDecodeError:
        return True
    return not isinstance(message, list) or len(message) < 2


def _chokes_tcp_sender(data: bytes) -> bool:
    line = data.decode().strip()
    command, *parameters = line.split(" ")
    if command == "KNOWNUSERS":
        return any(len(entry.split(" ")) != 3 for entry in line.removeprefix("KNOWNUSERS ").split(","))
    return command in {"JOIN", "LEAVE"} and len(parameters) > {"JOIN": 2, "LEAVE": 1}[command]


OTHERS = b"Mia 192.168.0.21 5003, Sohal 192.168.0.22 5003, Luca 192.168.0.11 5002"
SPACED = b"Ani 192.168.0.10 5001, " + OTHERS
BOTH_SPELLINGS = [b"KNOWNUSERS " + SPACED + b"\n", b"KNOWUSERS " + SPACED + b"\n"]

JOINED = {
    "json": b'["JOIN", "Ani", "192.168.0.10", 5001]',
    "bare": b"JOIN Ani 5001",
    **dict.fromkeys(["slcp", "tcp-sender", "colon", "tcp-knowusers", "unheard"], b"JOIN Ani 5001\n"),
}
NOT_YET_KNOWN = {"slcp", "colon", "tcp-knowusers"}  # by their JOIN alone, so they are asked WHO
LISTED = {
    "slcp": BOTH_SPELLINGS,
    "json": [b'["KNOWNUSERS", "Ani 192.168.0.10 5001"]'],
    "tcp-sender": [b"KNOWNUSERS " + SPACED.replace(b", ", b",") + b"\n"],
    "bare": [b"KNOWNUSERS " + SPACED],
    "unheard": BOTH_SPELLINGS,
}


@EACH
def test_it_is_answered_in_its_own_words(golden: Golden) -> None:
    """One who asks from its chat port is not told of itself."""
    said = [answer.data for answer in answers(golden, golden.datagram) if not answer.data.startswith(b"HELLO ")]
    match golden.message:
        case Join():
            is_asked = golden.dialect in NOT_YET_KNOWN
            assert said == [JOINED[golden.dialect], *([b"WHO\n"] if is_asked else [])]
        case Who():
            is_known = golden.port == LUCA.port
            assert said == [
                data.replace(b", Luca 192.168.0.11 5002", b"") if is_known else data for data in LISTED[golden.dialect]
            ]
        case _:
            assert said == []
