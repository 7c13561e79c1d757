"""The JSON arrays of docs/protocol.md, section 3, byte by byte where they are ours."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slcp import json_wire
from slcp.errors import BadInput, ProtocolError
from slcp.json_wire import MAX_ELEMENTS, decode_json, is_json
from slcp.messages import (
    MAX_HANDLE,
    MAX_PEER_HANDLE,
    Address,
    Join,
    KnownUsers,
    Leave,
    Message,
    Text,
    User,
    Who,
    is_handle,
)

HANDLES = st.text(min_size=1, max_size=MAX_HANDLE).filter(is_handle)


def dumps(value: object) -> bytes:
    return json.dumps(value).encode()


def refusal(datagram: bytes) -> BadInput:
    with pytest.raises(ProtocolError) as caught:
        decode_json(datagram)
    return caught.value.reason


# Writing: what was captured from the seed's own program


def test_what_we_send_is_what_the_seed_sends() -> None:
    assert json_wire.join(Join("Ani", 5001), "10.77.0.1") == b'["JOIN", "Ani", "10.77.0.1", 5001]'
    assert json_wire.who("Ani") == b'["WHO", "Ani"]'
    assert json_wire.leave("Ani") == b'["LEAVE", "Ani"]'
    assert json_wire.known_user(User("Luca", Address("10.77.0.2", 5002))) == b'["KNOWNUSERS", "Luca 10.77.0.2 5002"]'
    assert json_wire.texts("Ani", "Luca", "Hallo Luca!") == [b'["MSG", "Ani", "Luca", "Hallo Luca!"]']


def test_letters_of_all_scripts_go_as_they_are() -> None:
    assert json_wire.texts("Änne", "李", "Grüße 😀") == ['["MSG", "Änne", "李", "Grüße 😀"]'.encode()]


def test_line_breaks_make_several_texts() -> None:
    assert json_wire.texts("Ani", "Luca", "one\r\n\ntwo") == [
        b'["MSG", "Ani", "Luca", "one"]',
        b'["MSG", "Ani", "Luca", "two"]',
    ]


def test_quotes_and_backslashes_arrive() -> None:
    (datagram,) = json_wire.texts("Ani", "Luca", '"C:\\temp"')
    assert json.loads(datagram)[3] == '"C:\\temp"'


@pytest.mark.parametrize("text", ["", "\n", "   ", "\0"], ids=repr)
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        json_wire.texts("Ani", "Luca", text)


def test_a_text_is_cut_where_it_must_be_and_not_before() -> None:
    room = 512 - len(b'["MSG", "Ani", "Luca", ""]')
    assert [len(datagram) for datagram in json_wire.texts("Ani", "Luca", "x" * room)] == [512]
    assert len(json_wire.texts("Ani", "Luca", "x" * (room + 1))) == 2


@given(HANDLES, st.text(min_size=1, max_size=1500))
@example("Luca", '"' * 1000)
@example("Luca", "\x01" * 1000)
@example("李" * MAX_HANDLE, "😀" * 700)
@example("Luca", "word " * 300)
def test_texts_of_any_length_fit_and_keep_every_word(recipient: str, text: str) -> None:
    try:
        datagrams = json_wire.texts("Ani", recipient, text)
    except ProtocolError:
        assert not any(line.strip() for line in text.replace("\0", "").replace("\r", "\n").split("\n"))
        return
    assert max(map(len, datagrams)) <= 512
    arrays = [json.loads(datagram) for datagram in datagrams]
    assert all(array[:3] == ["MSG", "Ani", recipient] and array[3] for array in arrays)
    sent = "".join("".join(array[3].split()) for array in arrays)
    assert sent == "".join(text.replace("\0", "").split())


def test_words_are_kept_whole() -> None:
    words = [f"word{number}" for number in range(300)]
    datagrams = json_wire.texts("Ani", "Luca", " ".join(words))
    assert [word for datagram in datagrams for word in json.loads(datagram)[3].split(" ")] == words


def test_the_longest_handles_leave_room_for_a_text() -> None:
    datagrams = json_wire.texts("😀" * MAX_HANDLE, "😀" * MAX_PEER_HANDLE, "\x01😀" * 100)
    assert max(map(len, datagrams)) <= 512
    assert "".join(json.loads(datagram)[3] for datagram in datagrams) == "\x01😀" * 100


@given(HANDLES, st.integers(1, 65535), st.ip_addresses(v=4))
def test_nothing_that_we_send_kills_a_json_program(handle: str, port: int, ip: object) -> None:
    user = User(handle, Address("192.168.0.10", port))
    for datagram in (
        json_wire.join(Join(handle, port), str(ip)),
        json_wire.leave(handle),
        json_wire.who(handle),
        json_wire.known_user(user),
    ):
        array = json.loads(datagram.decode())
        assert isinstance(array, list)
        assert len(array) > 1
        assert len(datagram) <= 512


# Reading


@pytest.mark.parametrize(
    ("datagram", "messages"),
    [
        (b'["JOIN","Ani","192.168.0.10",5001]', [Join("Ani", 5001)]),
        (b'["JOIN", "Ani", "10.77.0.1", 5001]', [Join("Ani", 5001)]),
        (b'["LEAVE","Ani"]', [Leave("Ani")]),
        (b'["WHO","Ani"]', [Who()]),
        (b'["KNOWNUSERS","Ani 192.168.0.10 5001"]', [KnownUsers((User("Ani", Address("192.168.0.10", 5001)),))]),
        (b'["MSG", "Ani", "Luca", "Hallo Luca!"]', [Text("Ani", "Hallo Luca!")]),
    ],
    ids=["JOIN", "JOIN as captured", "LEAVE", "WHO", "KNOWNUSERS", "MSG"],
)
def test_what_the_seed_sends_is_read(datagram: bytes, messages: list[Message]) -> None:
    assert decode_json(datagram) == messages


@pytest.mark.parametrize(
    ("datagram", "message"),
    [
        pytest.param(b'["join", "Ani", "10.77.0.1", 5001]', Join("Ani", 5001), id="in another case"),
        pytest.param(b'["JOIN", "Ani", "10.77.0.1", "5001"]', Join("Ani", 5001), id="the port as text"),
        pytest.param(b'["JOIN", "Ani", 5001]', Join("Ani", 5001), id="no address"),
        pytest.param(b'["JOIN", "Ani", null, 5001]', Join("Ani", 5001), id="null for an address"),
        pytest.param(b'["WHO"]', Who(), id="WHO of nobody"),
        pytest.param(b'["LEAVE", "Ani", "x"]', Leave("Ani"), id="more than is needed"),
        pytest.param(b'["MSG", "Ani", "Hallo"]', Text("Ani", "Hallo"), id="no recipient"),
        pytest.param(b'\xef\xbb\xbf["LEAVE", "Ani"]', Leave("Ani"), id="a byte order mark"),
        pytest.param(b' \r\n["LEAVE", "Ani"]\r\n', Leave("Ani"), id="white space around"),
        pytest.param(b'["LEAVE", "Ani"]\0\0', Leave("Ani"), id="NULs at the end"),
        pytest.param(b'["LEAVE", "\\u00c4nne"]', Leave("Änne"), id="escapes"),
        pytest.param(
            b'["KNOWUSERS", "Ani 192.168.0.10 5001"]',
            KnownUsers((User("Ani", Address("192.168.0.10", 5001)),)),
            id="the other spelling",
        ),
    ],
)
def test_reading_is_liberal(datagram: bytes, message: Message) -> None:
    assert is_json(datagram)
    assert decode_json(datagram) == [message]


def test_a_list_holds_all_that_can_be_read() -> None:
    (message,) = decode_json(b'["KNOWNUSERS", "Ani 192.168.0.10 5001", "Luca", "Mia 192.168.0.12 5003 [AFK]"]')
    assert isinstance(message, KnownUsers)
    assert [user.handle for user in message.users] == ["Ani", "Mia"]


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        pytest.param(b"[\xff]", BadInput.NOT_UTF8, id="no UTF-8"),
        pytest.param(b'["WHO", "Ani"', BadInput.NOT_UTF8, id="no end"),
        pytest.param(b'["WHO", "Ani"]["WHO"]', BadInput.NOT_UTF8, id="two arrays"),
        pytest.param(b"[" * 50_000, BadInput.NOT_UTF8, id="too deep"),
        pytest.param(b'["JOIN", "Ani", "x", ' + b"9" * 5000 + b"]", BadInput.NOT_UTF8, id="a number without end"),
        pytest.param(b"[]", BadInput.UNKNOWN_COMMAND, id="empty"),
        pytest.param(b"{}", BadInput.UNKNOWN_COMMAND, id="no array"),
        pytest.param(b"[1]", BadInput.UNKNOWN_COMMAND, id="no command"),
        pytest.param(b'["AWAY", "Ani"]', BadInput.UNKNOWN_COMMAND, id="another command"),
        pytest.param(b'["HELLO", "Ani", 5001, 1, "-"]', BadInput.UNKNOWN_COMMAND, id="HELLO is no word of theirs"),
        pytest.param(b'["JOIN"]', BadInput.MISSING_PARAMETER, id="JOIN of nobody"),
        pytest.param(b'["JOIN", "5001"]', BadInput.MISSING_PARAMETER, id="JOIN without a port"),
        pytest.param(b'["LEAVE"]', BadInput.MISSING_PARAMETER, id="LEAVE of nobody"),
        pytest.param(b'["MSG", "Ani"]', BadInput.MISSING_PARAMETER, id="MSG without a text"),
        pytest.param(b'["LEAVE", 7]', BadInput.MISSING_PARAMETER, id="a number for a handle"),
        pytest.param(b'["LEAVE", ["Ani"]]', BadInput.MISSING_PARAMETER, id="an array for a handle"),
        pytest.param(b'["LEAVE", "A B"]', BadInput.BAD_HANDLE, id="no handle"),
        pytest.param(b'["LEAVE", "\\ud800"]', BadInput.BAD_HANDLE, id="half a character"),
        pytest.param(b'["JOIN", "Ani", "x", 0]', BadInput.BAD_ADDRESS, id="port 0"),
        pytest.param(b'["JOIN", "Ani", "x", 65536]', BadInput.BAD_ADDRESS, id="a port too high"),
        pytest.param(b'["JOIN", "Ani", "x", true]', BadInput.BAD_ADDRESS, id="true for a port"),
        pytest.param(b'["JOIN", "Ani", "x", 5001.0]', BadInput.BAD_ADDRESS, id="a fraction for a port"),
        pytest.param(
            b'["JOIN", "Ani", "x", "\\u0665\\u0660\\u0660\\u0661"]', BadInput.BAD_ADDRESS, id="digits of another script"
        ),
        pytest.param(b'["MSG", "Ani", "Luca", ""]', BadInput.BAD_TEXT, id="an empty text"),
        pytest.param(b'["MSG", "Ani", "Luca", "\\ud800"]', BadInput.BAD_TEXT, id="half a character in a text"),
        pytest.param(b'["KNOWNUSERS"]', BadInput.EMPTY_LIST, id="an empty list"),
        pytest.param(b'["KNOWNUSERS", "Ani"]', BadInput.EMPTY_LIST, id="a list of nothing readable"),
        pytest.param(b'["KNOWNUSERS", 7]', BadInput.MISSING_PARAMETER, id="a list of numbers"),
    ],
)
def test_bad_arrays_are_refused_with_a_reason(datagram: bytes, reason: BadInput) -> None:
    assert refusal(datagram) == reason


def test_an_array_is_bounded() -> None:
    assert refusal(dumps(["WHO"] * (MAX_ELEMENTS + 1))) is BadInput.UNKNOWN_COMMAND
    assert decode_json(dumps(["WHO"] * MAX_ELEMENTS)) == [Who()]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=6),
    max_leaves=12,
)
COMMANDS = st.sampled_from(["JOIN", "LEAVE", "WHO", "KNOWNUSERS", "KNOWUSERS", "MSG", "join"])
MANY_KEYS: dict[str, Any] = {str(number): number for number in range(MAX_PEER_HANDLE + 1)}


@given(VALUES | st.builds(lambda command, rest: [command, *rest], COMMANDS, st.lists(VALUES, max_size=5)))
@example(["JOIN", MANY_KEYS, 5001])
@example(["LEAVE", MANY_KEYS])
@example(["LEAVE", [0] * (MAX_PEER_HANDLE + 1)])
@example(["MSG", MANY_KEYS, "Luca", "Hallo"])
@example(["KNOWNUSERS", MANY_KEYS])
def test_hostile_json_is_read_or_refused(value: object) -> None:
    try:
        messages = decode_json(dumps(value))
    except ProtocolError:
        return
    assert messages
    assert all(isinstance(message, Message) for message in messages)


@pytest.mark.parametrize("command", ["JOIN", "LEAVE", "MSG", "KNOWNUSERS"])
def test_an_object_for_a_handle_is_refused(command: str) -> None:
    """A dict longer than a handle may be: taking a slice of it raises another error in every version of Python."""
    assert refusal(dumps([command, MANY_KEYS, "Luca", 5001])) in (BadInput.MISSING_PARAMETER, BadInput.BAD_HANDLE)


@pytest.mark.parametrize("datagram", [b"JOIN Ani 5001", b"WHO\n", b"", b"{}", b'"["', b"\xef\xbb\xbfWHO"], ids=repr)
def test_text_is_not_taken_for_json(datagram: bytes) -> None:
    assert not is_json(datagram)


@given(HANDLES, st.integers(1, 65535))
def test_what_we_write_we_read(handle: str, port: int) -> None:
    address = Address("192.168.0.10", port)
    assert decode_json(json_wire.join(Join(handle, port), address.ip)) == [Join(handle, port)]
    assert decode_json(json_wire.leave(handle)) == [Leave(handle)]
    assert decode_json(json_wire.who(handle)) == [Who()]
    (known,) = decode_json(json_wire.known_user(User(handle, address)))
    assert isinstance(known, KnownUsers)
    assert known.users == (User(handle, address),)
