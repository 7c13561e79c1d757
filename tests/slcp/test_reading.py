import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slcp.dialects import Trait
from slcp.errors import BadInput, ProtocolError
from slcp.messages import Address, Entries, Join, KnownUsers, Leave, ListCommand, Message, Text, User, Who
from slcp.reading import Reading, list_traits, read

ANI = User("Ani", Address("192.168.0.10", 5001))
LUCA = User("Luca", Address("192.168.0.11", 5002))


def messages(datagram: bytes) -> list[Message]:
    return [reading.message for reading in read(datagram) if not isinstance(reading.message, ProtocolError)]


def errors(datagram: bytes) -> list[tuple[BadInput, bytes]]:
    return [(found.message.reason, found.data) for found in read(datagram) if isinstance(found.message, ProtocolError)]


def traits(datagram: bytes) -> set[Trait]:
    (reading,) = read(datagram)
    return set(reading.traits)


@pytest.mark.parametrize("datagram", [b"JOIN Luca 5002\n", b"JOIN Luca 5002", b"JOIN Luca 5002\r\n"])
def test_a_line_is_read_with_or_without_its_end(datagram: bytes) -> None:
    assert messages(datagram) == [Join("Luca", 5002)]


@pytest.mark.parametrize(
    ("datagram", "shown"),
    [
        pytest.param(b"JOIN Luca 5002\n", set(), id="canonical"),
        pytest.param(b"JOIN Luca 5002\r\n", set(), id="CR LF"),
        pytest.param(b"JOIN Luca 5002\0", set(), id="the end of a text in C"),
        pytest.param(b"JOIN Luca 5002\n\0", set(), id="both"),
        pytest.param(b"JOIN Luca 5002", {Trait.WITHOUT_LF}, id="no line end"),
        pytest.param(b"WHO", {Trait.WITHOUT_LF}, id="WHO without a line end"),
        pytest.param(b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", set(), id="a canonical list"),
        pytest.param(b"KNOWUSERS Ani 192.168.0.10 5001\n", set(), id="the other spelling"),
        pytest.param(
            b"KNOWNUSERS Ani 192.168.0.10 5001,Luca 192.168.0.11 5002\n", {Trait.LIST_TIGHT}, id="a list without spaces"
        ),
        pytest.param(b"KNOWUSERS Ani:192.168.0.10:5001,Luca:192.168.0.11:5002\n", {Trait.LIST_COLONS}, id="colons"),
        pytest.param(
            b"KNOWUSERS Ani:192.168.0.10:5001", {Trait.LIST_COLONS, Trait.WITHOUT_LF}, id="colons, no line end"
        ),
        pytest.param(b'["WHO", "Ani"]', {Trait.JSON}, id="JSON"),
        pytest.param(b'["WHO", "Ani"]\n', {Trait.JSON}, id="JSON with a line end"),
        pytest.param(b'["KNOWNUSERS", "Ani 192.168.0.10 5001", "Luca 192.168.0.11 5002"]', {Trait.JSON}, id="a list"),
    ],
)
def test_what_the_form_tells_of_the_sender(datagram: bytes, shown: set[Trait]) -> None:
    assert traits(datagram) == shown


def test_several_lines_are_read_one_by_one() -> None:
    assert messages(b"JOIN Luca 5002\r\n\r\nMSG Ani Hallo\nWHO") == [Join("Luca", 5002), Text("Ani", "Hallo"), Who()]


def test_a_bad_line_does_not_keep_the_others_from_being_read() -> None:
    datagram = b"AWAY\nJOIN Luca 5002\nLEAVE\n\xff\nWHO\n"
    assert messages(datagram) == [Join("Luca", 5002), Who()]
    assert errors(datagram) == [
        (BadInput.UNKNOWN_COMMAND, b"AWAY"),
        (BadInput.MISSING_PARAMETER, b"LEAVE"),
        (BadInput.NOT_UTF8, b"\xff"),
    ]


def test_a_bad_line_tells_nothing_of_the_sender() -> None:
    assert traits(b"AWAY") == traits(b'["AWAY"]') == traits(b"[") == set()


def test_json_is_one_message_of_one_datagram() -> None:
    datagram = b'["LEAVE", "Ani"]'
    assert read(datagram) == [Reading(Leave("Ani"), datagram, frozenset({Trait.JSON}))]


def test_a_json_text_with_line_breaks_is_several() -> None:
    datagram = b'["MSG", "Ani", "Luca", "one\\ntwo"]'
    assert messages(datagram) == [Text("Ani", "one"), Text("Ani", "two")]


def test_bad_json_is_dropped_whole() -> None:
    assert errors(b'["JOIN",\n"Luca"\n') == [(BadInput.NOT_UTF8, b'["JOIN",\n"Luca"\n')]


@pytest.mark.parametrize("datagram", [b"", b"\n", b"\r\n\r\n", b"\0", b"  \n"], ids=repr)
def test_blank_datagrams_say_nothing(datagram: bytes) -> None:
    assert read(datagram) == []


def test_only_the_form_of_a_list_tells_something_in_a_stream() -> None:
    forms = {entries: list_traits(KnownUsers((ANI, LUCA), ListCommand.KNOWUSERS, entries)) for entries in Entries}
    assert forms == {
        Entries.SPACED: frozenset(),
        Entries.TIGHT: {Trait.LIST_TIGHT},
        Entries.COLONS: {Trait.LIST_COLONS},
    }
    assert list_traits(Join("Luca", 5002)) == frozenset()


@given(st.binary(max_size=600) | st.binary(max_size=600).map(lambda data: b"[" + data))
@example(b"[" * 60_000)
@example(b'["MSG", "Ani", "Luca", "\\ud800"]')
def test_whatever_comes_is_read_or_dropped_with_a_reason(datagram: bytes) -> None:
    for reading in read(datagram):
        assert isinstance(reading.message, Message | ProtocolError)
        assert reading.data in datagram
