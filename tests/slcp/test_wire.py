import itertools
import re
import typing
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slcp.errors import BadInput, ProtocolError
from slcp.messages import Address, Entries, Hello, Image, Join, KnownUsers, Leave, ListCommand, Message, Text, User, Who
from slcp.wire import MAX_LINE, decode, encode, fit_text, fit_users, lines_of

ANI = User("Ani", Address("192.168.0.10", 5001))
LUCA = User("Luca", Address("192.168.0.11", 5002))


# The canonical form: docs/protocol.md, sections 1 and 4


CANONICAL = [
    (b"JOIN Ani 5001\n", Join("Ani", 5001)),
    (b"LEAVE Luca\n", Leave("Luca")),
    (b"WHO\n", Who()),
    (b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", KnownUsers((ANI, LUCA))),
    (b"KNOWUSERS Ani 192.168.0.10 5001\n", KnownUsers((ANI,), ListCommand.KNOWUSERS)),
    (b"MSG Luca Hallo Luca!\n", Text("Luca", "Hallo Luca!")),
    (b"AUTO Luca I am away.\n", Text("Luca", "I am away.", automatic=True)),
    (b"IMG Luca 15432\n", Image("Luca", 15432)),
    (b"HELLO Ani 5001 1 -\n", Hello("Ani", 5001)),
    (b"HELLO Ani 5001 2 " + b"3f" * 32 + b"\n", Hello("Ani", 5001, version=2, fingerprint="3f" * 32)),
    (b"MSG \xc3\x84nne Gr\xc3\xbc\xc3\x9fe \xf0\x9f\xa6\x8a\n", Text("Änne", "Grüße 🦊")),
]
BY_LINE = pytest.mark.parametrize(("line", "message"), CANONICAL, ids=[line.decode().strip() for line, _ in CANONICAL])


@BY_LINE
def test_a_canonical_line_is_read(line: bytes, message: Message) -> None:
    assert decode(line) == message


@BY_LINE
def test_a_message_is_written_as_its_canonical_line(line: bytes, message: Message) -> None:
    assert encode(message) == line


# Liberal readings


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"join Ani 5001\n", Join("Ani", 5001), id="lower case"),
        pytest.param(b"Msg Luca Hallo\n", Text("Luca", "Hallo"), id="mixed case"),
        pytest.param(b"JOIN Ani 5001\r\n", Join("Ani", 5001), id="CR LF"),
        pytest.param(b"JOIN Ani 5001", Join("Ani", 5001), id="no line end"),
        pytest.param(b"WHO", Who(), id="WHO without line end"),
        pytest.param(b"WHO Ani\n", Who(), id="WHO with a handle"),
        pytest.param(b"\xef\xbb\xbfJOIN Ani 5001\n", Join("Ani", 5001), id="byte order mark"),
        pytest.param(b"LEAVE Ani\n\0\0\0", Leave("Ani"), id="NULs behind the line end"),
        pytest.param(b"LEAVE Ani\0", Leave("Ani"), id="NUL instead of a line end"),
        pytest.param(b"JOIN   Ani  5001 \n", Join("Ani", 5001), id="several spaces"),
        pytest.param(b"JOIN\tAni\t5001\n", Join("Ani", 5001), id="tabs"),
        pytest.param(b" WHO\n", Who(), id="space in front"),
        pytest.param(b"JOIN Ani 5001 [AFK]\n", Join("Ani", 5001), id="status behind JOIN"),
        pytest.param(b"LEAVE Ani 5001\n", Leave("Ani"), id="port behind LEAVE"),
        pytest.param(
            b"KNOWUSERS Ani:192.168.0.10:5001,Luca:192.168.0.11:5002\n",
            KnownUsers((ANI, LUCA), ListCommand.KNOWUSERS, Entries.COLONS),
            id="colons in the entries",
        ),
        pytest.param(b"IMG my cat.jpg 15432\n", Image("my cat.jpg", 15432), id="file name with spaces"),
        pytest.param(b"IMG Luca 15432 cat.png\n", Image("Luca", 15432), id="file name behind IMG"),
        pytest.param(b"HELLO Ani 5001 3 - more\n", Hello("Ani", 5001, version=3), id="words of a later HELLO"),
        pytest.param(b'JOIN "Ani" "5001"\n', Join("Ani", 5001), id="parameters in quotes"),
        pytest.param(b"JOIN " + b"a" * 64 + b" 5001\n", Join("a" * 64, 5001), id="handle longer than ours may be"),
        pytest.param(b"JOIN Ani 05001\n", Join("Ani", 5001), id="zero in front of a number"),
        pytest.param(
            b"KNOWNUSERS Ani 192.168.0.10 5001,Luca 192.168.0.11 5002\n",
            KnownUsers((ANI, LUCA), entries=Entries.TIGHT),
            id="no space behind a comma",
        ),
        pytest.param(
            b"KNOWNUSERS Ani 192.168.0.10 5001 [AFK], Luca 192.168.0.11 5002\n",
            KnownUsers((ANI, LUCA)),
            id="status in an entry",
        ),
        pytest.param(b"KNOWNUSERS Ani 192.168.0.10 5001, \n", KnownUsers((ANI,)), id="comma at the end"),
        pytest.param(b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.16", KnownUsers((ANI,)), id="list cut off"),
        pytest.param(
            b"KNOWNUSERS : 1.2.3.4 5, Ani 192.168.0.10 5001\n", KnownUsers((ANI,)), id="entry that cannot be read"
        ),
        pytest.param(b'KNOWNUSERS "Ani 192.168.0.10 5001"\n', KnownUsers((ANI,)), id="whole list in quotes"),
    ],
)
def test_variations_are_read_as_what_they_mean(line: bytes, message: Message) -> None:
    assert decode(line) == message


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(b'MSG Luca "Hallo Luca!"\n', "Hallo Luca!", id="a pair around the whole goes"),
        pytest.param(b'MSG Luca "Ja" und "nein"\n', 'Ja" und "nein', id="the outermost pair only"),
        pytest.param(b'MSG Luca ""quoted""\n', '"quoted"', id="one pair only"),
        pytest.param(b'MSG Luca He said "no".\n', 'He said "no".', id="quotes inside stay"),
        pytest.param(b'MSG Luca 5" is short\n', '5" is short', id="an inch stays"),
        pytest.param(b'MSG Luca "\n', '"', id="a lone quote stays"),
        pytest.param(b'MSG "Luca" Hallo\n', "Hallo", id="quotes around the handle"),
        pytest.param(b"MSG Luca   def f():\n", "  def f():", id="indentation stays"),
        pytest.param(b"MSG Luca \tx\n", "\tx", id="a tab stays"),
        pytest.param(b"MSG Luca two  spaces \n", "two  spaces ", id="inner and trailing spaces stay"),
        pytest.param(b"MSG Luca WHO\n", "WHO", id="a command is a text here"),
    ],
)
def test_a_text_is_all_that_follows_the_handle(line: bytes, text: str) -> None:
    assert decode(line) == Text("Luca", text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b"MSG Luca \xff\xfe\n", BadInput.NOT_UTF8, id="Latin 1"),
        pytest.param(b"MSG Luca \xed\xa0\x80\n", BadInput.NOT_UTF8, id="a surrogate in UTF-8"),
        pytest.param(b"HALLO\n", BadInput.UNKNOWN_COMMAND, id="unknown word"),
        pytest.param(b'["WHO","Ani"]\n', BadInput.UNKNOWN_COMMAND, id="JSON"),
        pytest.param(b"\n", BadInput.MISSING_PARAMETER, id="empty line"),
        pytest.param(b"JOIN\n", BadInput.MISSING_PARAMETER, id="JOIN alone"),
        pytest.param(b"JOIN Ani\n", BadInput.MISSING_PARAMETER, id="JOIN without port"),
        pytest.param(b"LEAVE \n", BadInput.MISSING_PARAMETER, id="LEAVE alone"),
        pytest.param(b"IMG Luca\n", BadInput.MISSING_PARAMETER, id="IMG without size"),
        pytest.param(b"HELLO Ani 5001 1\n", BadInput.MISSING_PARAMETER, id="HELLO without fingerprint"),
        pytest.param(b"JOIN A:ni 5001\n", BadInput.BAD_HANDLE, id="colon in the handle"),
        pytest.param(b'JOIN "An i" 5001\n', BadInput.BAD_HANDLE, id="space in the handle"),
        pytest.param(b'JOIN "" 5001\n', BadInput.BAD_HANDLE, id="empty handle"),
        pytest.param(b"JOIN \x1b[2J 5001\n", BadInput.BAD_HANDLE, id="escape sequence as handle"),
        pytest.param(b"JOIN " + b"a" * 65 + b" 5001\n", BadInput.BAD_HANDLE, id="endless handle"),
        pytest.param(b"JOIN Ani 0\n", BadInput.BAD_ADDRESS, id="port 0"),
        pytest.param(b"JOIN Ani 65536\n", BadInput.BAD_ADDRESS, id="port 65536"),
        pytest.param(b"JOIN Ani -1\n", BadInput.BAD_ADDRESS, id="negative port"),
        pytest.param(b"JOIN Ani 5_001\n", BadInput.BAD_ADDRESS, id="port as Python would write it"),
        pytest.param("JOIN Ani \u0665\u0660\u0660\u0661\n".encode(), BadInput.BAD_ADDRESS, id="port in Arabic digits"),
        pytest.param(b"IMG Luca 0\n", BadInput.BAD_NUMBER, id="empty image"),
        pytest.param(b"IMG Luca -5\n", BadInput.BAD_NUMBER, id="negative size"),
        pytest.param(b"IMG Luca 1e6\n", BadInput.BAD_NUMBER, id="size as a float"),
        pytest.param(b"IMG Luca " + b"9" * 480, BadInput.BAD_NUMBER, id="size of 480 digits"),
        pytest.param(b"MSG Luca\n", BadInput.BAD_TEXT, id="no text"),
        pytest.param(b'MSG Luca ""\n', BadInput.BAD_TEXT, id="empty text in quotes"),
        pytest.param(b"MSG Luca a\0b\n", BadInput.BAD_TEXT, id="NUL inside a text"),
        pytest.param(b"KNOWNUSERS\n", BadInput.EMPTY_LIST, id="list of nobody"),
        pytest.param(b"KNOWNUSERS Ani, Luca\n", BadInput.EMPTY_LIST, id="list of handles alone"),
        pytest.param(b"KNOWNUSERS Ani 255.255.255.255 5001\n", BadInput.EMPTY_LIST, id="list of a broadcast address"),
    ],
)
def test_what_cannot_be_read_says_why(line: bytes, reason: BadInput) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(line)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("datagram", "lines"),
    [
        pytest.param(b"WHO", [b"WHO"], id="one without line end"),
        pytest.param(b"JOIN Ani 5001\nWHO\n", [b"JOIN Ani 5001", b"WHO"], id="two"),
        pytest.param(b"\nWHO\r\n \t\n\0", [b"WHO\r"], id="blank ones left out"),
        pytest.param(b"", [], id="none"),
    ],
)
def test_a_datagram_has_lines(datagram: bytes, lines: list[bytes]) -> None:
    assert lines_of(datagram) == lines


# Whatever the values


def words(min_size: int, max_size: int) -> st.SearchStrategy[str]:
    """Words of all scripts: what is neither white space nor a control character nor a separator of the grammar."""
    letters = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters=',:"')
    return st.text(letters, min_size=min_size, max_size=max_size)


HANDLES = words(1, 64)
PORTS = st.integers(1, 65535)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1, max_size=60)
QUOTED_TEXTS = TEXTS.map('"{}"'.format)
ADDRESSES = st.builds(Address, st.ip_addresses(v=4, network="10.0.0.0/8").map(str), PORTS)
FINGERPRINTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
MESSAGES: dict[type[Message], st.SearchStrategy[Message]] = {
    Join: st.builds(Join, HANDLES, PORTS),
    Leave: st.builds(Leave, HANDLES),
    Who: st.builds(Who),
    KnownUsers: st.builds(
        KnownUsers,
        st.lists(st.builds(User, words(1, 20), ADDRESSES), min_size=1, max_size=3).map(tuple),
        st.sampled_from(ListCommand),
    ),
    Text: st.builds(Text, HANDLES, TEXTS | QUOTED_TEXTS, st.booleans()),
    Image: st.builds(Image, HANDLES, st.integers(1, 10**15 - 1)),
    Hello: st.builds(Hello, HANDLES, PORTS, st.integers(1, 9999), st.none() | FINGERPRINTS),
}


@given(st.one_of(*MESSAGES.values()))
def test_what_is_written_is_read_as_the_same(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.one_of(*MESSAGES.values()))
def test_a_line_is_one_line(message: Message) -> None:
    line = encode(message)
    assert len(line) <= MAX_LINE
    assert line.index(b"\n") == len(line) - 1


def test_every_kind_of_message_is_tried() -> None:
    assert set(typing.get_args(Message)) == set(MESSAGES) == {type(message) for _, message in CANONICAL}


COMMANDS = st.sampled_from([b"JOIN", b"LEAVE", b"WHO", b"KNOWNUSERS", b"KNOWUSERS", b"MSG", b"AUTO", b"IMG", b"HELLO"])
JUNK = st.binary(max_size=600) | st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass"))
PARAMETERS = st.lists(st.sampled_from([b"Ani", b"5001", b"10.0.0.1", b'"', b",", b"-", b"\0", b"\t"]) | JUNK)


@given(JUNK | st.builds(lambda command, rest: command + b" " + b" ".join(rest), COMMANDS, PARAMETERS))
def test_no_bytes_do_more_harm_than_a_protocol_error(line: bytes) -> None:
    with suppress(ProtocolError):
        assert isinstance(decode(line), Message)


# Fitting into lines


def test_a_line_that_is_too_long_is_not_written() -> None:
    longest = "x" * (MAX_LINE - len("MSG Luca \n"))
    assert len(encode(Text("Luca", longest))) == 512
    with pytest.raises(ValueError, match="513 bytes"):
        encode(Text("Luca", longest + "x"))


def test_a_short_text_stays_one() -> None:
    assert fit_text("Luca", "Hallo Luca!") == [Text("Luca", "Hallo Luca!")]


def test_an_automatic_text_stays_automatic_in_each_part() -> None:
    assert [part.automatic for part in fit_text("Luca", "word " * 200, automatic=True)] == [True, True]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n \n"], ids=ascii)
def test_line_breaks_part_a_text_and_blank_lines_go(line_break: str) -> None:
    text = line_break.join(["one", "  two", "three"])
    assert fit_text("Luca", text) == [Text("Luca", "one"), Text("Luca", "  two"), Text("Luca", "three")]


@pytest.mark.parametrize("text", ["", "\n", " \r\n\t\n ", "\0", "\ud800"], ids=ascii)
def test_a_text_of_nothing_cannot_be_sent(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        fit_text("Luca", text)
    assert caught.value.reason is BadInput.BAD_TEXT


@pytest.mark.parametrize("letter", ["x", "ä", "阿", "🦊"])
def test_a_word_longer_than_a_line_is_cut_between_characters_into_full_lines(letter: str) -> None:
    parts = fit_text("Luca", letter * 1000)
    assert "".join(part.text for part in parts) == letter * 1000
    spare = len("AUTO") - len("MSG") + len('""')
    for part in parts[:-1]:
        assert MAX_LINE - spare - len(letter.encode()) < len(encode(part)) <= MAX_LINE


@given(words(1, 64), st.lists(words(1, 60), min_size=1), st.sampled_from([" ", "  ", "\n"]))
@example("Luca", ["x" * 60] * 100, " ")
@example("🦊" * 64, ["🦊" * 60] * 20, " ")
def test_words_are_kept_whole_and_in_order(handle: str, text_words: list[str], between: str) -> None:
    parts = fit_text(handle, between.join(text_words))
    assert [word for part in parts for word in part.text.split()] == text_words


@given(
    words(1, 64), st.lists(st.text(max_size=300) | st.sampled_from("\0\n\r\ud800\udcff")).map("".join), st.booleans()
)
@example("Luca", '"' + "x" * 498 + '"', True)
@example("Luca", '"' * 2000, False)
@example("Luca", " " * 2000 + "x", False)
@example("Luca", "x" + " " * 2000, False)
@example("Luca", "\t".join(["x" * 60] * 20), False)
def test_any_text_arrives_in_lines_that_fit(handle: str, text: str, automatic: bool) -> None:
    def visible(text: str) -> str:
        return re.sub(r"[\s\0\ud800-\udfff]", "", text)

    if not visible(text):
        return
    arrived = [decode(encode(part)) for part in fit_text(handle, text, automatic)]
    assert visible("".join(part.text for part in arrived if isinstance(part, Text))) == visible(text)
    assert {part for part in arrived if not isinstance(part, Text) or part.automatic is not automatic} == set()


@given(st.lists(st.builds(User, HANDLES, ADDRESSES), min_size=1, max_size=60), st.sampled_from(ListCommand))
def test_a_list_of_any_length_arrives_whole_in_lines_that_fit(users: list[User], command: ListCommand) -> None:
    lists = [decode(encode(part)) for part in fit_users(users, command)]
    arrived = [part for part in lists if isinstance(part, KnownUsers) and part.command is command]
    assert len(arrived) == len(lists)
    assert [user for part in arrived for user in part.users] == users


@given(st.lists(st.builds(User, words(1, 20), ADDRESSES), min_size=2, max_size=60))
def test_a_list_takes_no_more_lines_than_it_needs(users: list[User]) -> None:
    for part, following in itertools.pairwise(fit_users(users)):
        one_more = KnownUsers((*part.users, following.users[0]))
        written = ", ".join(f"{user.handle} {user.address.ip} {user.address.port}" for user in one_more.users)
        assert len(f"KNOWNUSERS {written}\n".encode()) > MAX_LINE - len(", ")


def test_a_list_that_fits_is_one_message() -> None:
    assert list(fit_users([ANI, LUCA])) == [KnownUsers((ANI, LUCA))]
