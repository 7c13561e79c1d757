"""The canonical grammar: messages <-> lines of bytes.

    datagram  = line *(LF line) [LF]          ; several lines are taken, one is sent
    line      = command *(SP parameter)       ; at most MAX_LINE bytes with its LF
    command   = JOIN | LEAVE | WHO | KNOWNUSERS | KNOWUSERS | MSG | IMG | HELLO | AUTO
    parameter = word | DQUOTE characters DQUOTE

    JOIN handle port                          LEAVE handle          WHO
    KNOWNUSERS handle ip port *("," handle ip port)
    MSG handle text                           AUTO handle text      ; an automatic answer
    IMG handle size                           ; then exactly `size` bytes
    HELLO handle port version fingerprint     ; "-" for no fingerprint

Written strictly, read liberally: commands in any case, CR LF, a byte order mark, NULs at
the end, several spaces or tabs, words behind the last parameter (a status such as [AFK]).
The text is all that follows the handle's one space; a pair of quotes around the whole is
not part of it. See docs/protocol.md, sections 1 and 3.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from slcp.errors import BadInput, ProtocolError
from slcp.messages import Address, Entries, Hello, Image, Join, KnownUsers, Leave, ListCommand, Message, Text, User, Who

MAX_LINE = 512  # bytes with the LF: the limit of the course; some programs read no more in one go
MAX_ENTRIES = 256  # read of one list: ours are in several datagrams, and each entry costs us time
NO_FINGERPRINT = "-"

_WORD = re.compile(r'[ \t]*(?:"([^"]*)"|([^ \t]+))[ \t]?')
_NUMBER = re.compile(r"[0-9]{1,15}")
_COLONS = re.compile(r'\s*[^\s,:"]+:\S')
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_UNSENDABLE = re.compile(r"[\0\ud800-\udfff]")  # a NUL ends texts in C; a lone surrogate is no UTF-8
_QUOTES = 2  # bytes kept free in a line of text: one that is itself in quotes is sent in another pair


# Reading


def decode(line: bytes) -> Message:
    """Read one line, with or without its line end. Raises ProtocolError."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(BadInput.NOT_UTF8) from error
    command, rest = _word(text.removeprefix("\ufeff").rstrip("\r\n\0"))
    parse = _PARSERS.get(command.upper())
    if parse is None:
        raise ProtocolError(BadInput.UNKNOWN_COMMAND, ascii(command[:32]))
    return parse(rest)


def lines_of(datagram: bytes) -> list[bytes]:
    """Cut a datagram into its lines, blank ones left out."""
    return [line for line in datagram.split(b"\n") if line.strip(b"\r\0 \t")]


def _word(rest: str) -> tuple[str, str]:
    """Take the first word, quoted or not, and the one space after it."""
    match = _WORD.match(rest)
    if match is None:
        raise ProtocolError(BadInput.MISSING_PARAMETER)
    return match[1] if match[1] is not None else match[2], rest[match.end() :]


def _number(word: str, reason: BadInput = BadInput.BAD_NUMBER) -> int:
    """Read ASCII digits; int() takes signs, underscores and the digits of other scripts too."""
    if not _NUMBER.fullmatch(word):
        raise ProtocolError(reason, ascii(word[:32]))
    return int(word)


def _join(rest: str) -> Join:
    handle, rest = _word(rest)
    port, _ = _word(rest)
    return Join(handle, _number(port, BadInput.BAD_ADDRESS))


def _leave(rest: str) -> Leave:
    return Leave(_word(rest)[0])


def _who(_: str) -> Who:
    return Who()


def _known_users(command: ListCommand) -> Callable[[str], KnownUsers]:
    def parse(rest: str) -> KnownUsers:
        rest = rest.strip('"')
        entries = _entries(rest)
        words = rest.replace(":", " ") if entries is Entries.COLONS else rest
        return KnownUsers(tuple(_readable_entries(words)), command, entries)

    return parse


def _entries(rest: str) -> Entries:
    if _COLONS.match(rest):
        return Entries.COLONS
    return Entries.TIGHT if "," in rest and ", " not in rest else Entries.SPACED


def _readable_entries(rest: str) -> Iterator[User]:
    """Yield what can be read: others cut their lists at 512 bytes, in the middle of an entry."""
    for entry in rest.split(",")[:MAX_ENTRIES]:
        try:
            handle, words = _word(entry)
            ip, words = _word(words)
            port, _ = _word(words)
            yield User(handle, Address(ip, _number(port, BadInput.BAD_ADDRESS)))
        except ProtocolError:
            continue


def _text(rest: str, automatic: bool = False) -> Text:
    handle, text = _word(rest)
    return Text(handle, _without_quotes(text), automatic)


def _automatic_text(rest: str) -> Text:
    return _text(rest, automatic=True)


def _image(rest: str) -> Image:
    """Read the name, which may be a file name with spaces, and the size: the first number behind a word."""
    name, behind = _word(rest)
    size, _ = _word(behind)
    if not _NUMBER.fullmatch(size):
        name, _, size = rest.strip().rpartition(" ")
    return Image(name, _number(size))


def _hello(rest: str) -> Hello:
    handle, rest = _word(rest)
    port, rest = _word(rest)
    version, rest = _word(rest)
    fingerprint, _ = _word(rest)
    return Hello(
        handle,
        _number(port, BadInput.BAD_ADDRESS),
        _number(version),
        None if fingerprint == NO_FINGERPRINT else fingerprint,
    )


_PARSERS: dict[str, Callable[[str], Message]] = {
    "JOIN": _join,
    "LEAVE": _leave,
    "WHO": _who,
    **{str(command): _known_users(command) for command in ListCommand},
    "MSG": _text,
    "AUTO": _automatic_text,
    "IMG": _image,
    "HELLO": _hello,
}


# Writing


def encode(message: Message) -> bytes:
    """Write one line with its LF. Raises ValueError when it is over MAX_LINE: see fit_text and fit_users."""
    line = f"{_words(message)}\n".encode()
    if len(line) > MAX_LINE:
        raise ValueError(f"a line of {len(line)} bytes, over {MAX_LINE}")
    return line


def _words(message: Message) -> str:
    match message:
        case Join(handle, port):
            return f"JOIN {handle} {port}"
        case Leave(handle):
            return f"LEAVE {handle}"
        case Who():
            return "WHO"
        case KnownUsers(users, command, entries):
            return f"{command} {_list(users, entries)}"
        case Text(handle, text, bare=True):
            return f"{handle}: {text}"
        case Text(handle, text, automatic):
            return f"{'AUTO' if automatic else 'MSG'} {handle} {_in_quotes_if_quoted(text)}"
        case Image(name, size):
            return f"IMG {name} {size}"
        case Hello(handle, port, version, fingerprint):
            return f"HELLO {handle} {port} {version} {fingerprint or NO_FINGERPRINT}"
        case _:
            assert_never(message)


def _list(users: Iterable[User], entries: Entries) -> str:
    between = ":" if entries is Entries.COLONS else " "
    return entries.value.rstrip(":").join(
        between.join((user.handle, user.address.ip, str(user.address.port))) for user in users
    )


def _is_quoted(text: str) -> bool:
    return len(text) >= 2 and text[0] == text[-1] == '"'


def _without_quotes(text: str) -> str:
    return text[1:-1] if _is_quoted(text) else text


def _in_quotes_if_quoted(text: str) -> str:
    """Texts go unquoted; one that is itself in quotes would lose them at the other side."""
    return f'"{text}"' if _is_quoted(text) else text


# Fitting into lines


def fit_text(handle: str, text: str, automatic: bool = False, bare: bool = False, room: int = 0) -> list[Text]:
    """Cut a text of any length into messages that fit a line each: at line breaks, words, or characters.

    `room` is how many bytes of text a message may have, when that is not what a line leaves.

    Blank lines go: no program can be sent an empty text. Raises ProtocolError when nothing is left.
    """
    room = room or MAX_LINE - len(f"AUTO {handle} \n".encode()) - _QUOTES
    lines = _LINE_BREAK.split(_UNSENDABLE.sub("", text))
    pieces = [piece for line in lines if line.strip() for piece in _cut(line, room)]
    if not pieces:
        raise ProtocolError(BadInput.BAD_TEXT)
    return [Text(handle, piece, automatic, bare) for piece in pieces]


def _cut(line: str, room: int) -> Iterator[str]:
    """Cut a line into pieces of at most `room` bytes, behind the last space that fits where there is one."""
    while len(line.encode()) > room:
        piece = line.encode()[:room].decode(errors="ignore")
        space = piece.rfind(" ")
        if space > 0 and piece[:space].strip() and line[len(piece)] != " ":
            piece = piece[:space]
        yield piece
        line = line[len(piece) :].removeprefix(" ")
    if line:
        yield line


def fit_users(
    users: list[User], command: ListCommand = ListCommand.KNOWNUSERS, entries: Entries = Entries.SPACED
) -> Iterator[KnownUsers]:
    """Cut a list between its entries into messages that fit a line each. `users` must not be empty."""
    room = MAX_LINE - len(f"{command} \n")
    fitting: list[User] = []
    used = 0
    for user in users:
        size = len(_list([user], entries).encode()) + len(entries.value)
        if fitting and used + size > room:
            yield KnownUsers(tuple(fitting), command, entries)
            fitting, used = [], 0
        fitting.append(user)
        used += size
    yield KnownUsers(tuple(fitting), command, entries)
