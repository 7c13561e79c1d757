import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.errors import BadInput, ProtocolError
from slcp.messages import Image, Leave, Text
from slcp.stream import ImageData, ImageEnd, StreamDecoder, StreamEvent, StreamState

Seen = StreamEvent | BadInput

IMAGE = b"\x89PNG\r\n\nMSG Ani no text\n\0\xff"
STREAM = b"".join(
    [
        b"MSG Ani Hallo\r\n",
        b"\n \r\n\0\n",
        b"MSG Ani Gr\xc3\xbc\xc3\x9fe\n",
        b"IMG Ani %d\n" % len(IMAGE) + IMAGE,
        b"MSG Ani behind the image\n",
        b"AWAY lunch\n",
        b"IMG Ani 1\n\n",
        b"LEAVE Luca\n",
        b"MSG Ani no line end",
    ]
)
EVENTS: list[Seen] = [
    Text("Ani", "Hallo"),
    Text("Ani", "Grüße"),
    Image("Ani", len(IMAGE)),
    ImageData(IMAGE),
    ImageEnd(),
    Text("Ani", "behind the image"),
    BadInput.UNKNOWN_COMMAND,
    Image("Ani", 1),
    ImageData(b"\n"),
    ImageEnd(),
    Leave("Luca"),
    Text("Ani", "no line end"),
]


def read(*pieces: bytes) -> list[Seen]:
    """Feed the pieces and then the end; bytes of one image are put together, the first fatal error ends it."""
    decoder = StreamDecoder()
    seen: list[Seen] = []
    for piece in pieces:
        decoder.receive(piece)
        seen += take_all(decoder)
        if is_fatal(seen):
            return seen
    decoder.receive_eof()
    seen += take_all(decoder)
    return joined(seen)


def take_all(decoder: StreamDecoder) -> list[Seen]:
    seen: list[Seen] = []
    while not is_fatal(seen):
        try:
            event = decoder.next_event()
        except ProtocolError as error:
            seen.append(error.reason)
        else:
            if event is None:
                break
            seen.append(event)
    return seen


def is_fatal(seen: list[Seen]) -> bool:
    return bool(seen) and isinstance(seen[-1], BadInput) and seen[-1] is not BadInput.UNKNOWN_COMMAND


def joined(seen: list[Seen]) -> list[Seen]:
    result: list[Seen] = []
    for event in seen:
        last = result[-1] if result else None
        if isinstance(event, ImageData) and isinstance(last, ImageData):
            result[-1] = ImageData(bytes(last.data) + bytes(event.data))
        else:
            result.append(event)
    return result


def cut(data: bytes, *positions: int) -> list[bytes]:
    return [data[start:stop] for start, stop in itertools.pairwise([0, *positions, len(data)])]


# In any cut


def test_a_stream_in_one_piece() -> None:
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("position", range(len(STREAM) + 1))
def test_a_stream_cut_in_two_gives_the_same(position: int) -> None:
    assert read(*cut(STREAM, position)) == EVENTS


def test_a_stream_byte_by_byte_gives_the_same() -> None:
    assert read(*cut(STREAM, *range(1, len(STREAM)))) == EVENTS


@given(st.lists(st.integers(0, len(STREAM))).map(sorted))
def test_a_stream_in_any_pieces_gives_the_same(positions: list[int]) -> None:
    assert read(*cut(STREAM, *positions)) == EVENTS


@given(st.binary(max_size=2000), st.data())
def test_any_bytes_mean_the_same_in_any_pieces(data: bytes, choice: st.DataObject) -> None:
    positions = choice.draw(st.lists(st.integers(0, len(data))).map(sorted))
    assert read(*cut(data, *positions)) == read(data)


# Errors


@pytest.mark.parametrize(
    ("data", "events"),
    [
        pytest.param(
            b"AWAY\nMSG Ani still here\n",
            [BadInput.UNKNOWN_COMMAND, Text("Ani", "still here")],
            id="unknown command goes on",
        ),
        pytest.param(
            b"MSG Ani fine\nIMG Ani many\nMSG Ani unread\n",
            [Text("Ani", "fine"), BadInput.BAD_NUMBER],
            id="bad size ends it",
        ),
        pytest.param(b"MSG Ani \xff\nMSG Ani unread\n", [BadInput.NOT_UTF8], id="no UTF-8 ends it"),
        pytest.param(
            b"MSG Ani fine\nMSG Ani " + b"x" * 504 + b"\n",
            [Text("Ani", "fine"), BadInput.LINE_TOO_LONG],
            id="line of 513 bytes",
        ),
        pytest.param(b"x" * 2000, [BadInput.LINE_TOO_LONG], id="no line end at all"),
        pytest.param(
            b"IMG Ani 5\nabc", [Image("Ani", 5), ImageData(b"abc"), BadInput.TRUNCATED], id="image broken off"
        ),
        pytest.param(b"IMG Ani 5\n", [Image("Ani", 5), BadInput.TRUNCATED], id="image that never began"),
        pytest.param(b"IMG Ani 5", [Image("Ani", 5), BadInput.TRUNCATED], id="header without line end"),
        pytest.param(b"MSG Ani", [BadInput.BAD_TEXT], id="last line broken off"),
    ],
)
def test_errors_come_in_their_place_whatever_the_cut(data: bytes, events: list[Seen]) -> None:
    for position in range(len(data) + 1):
        assert joined(read(*cut(data, position))) == events


@pytest.mark.parametrize("size", [511, 512])
def test_a_line_of_up_to_512_bytes_is_read(size: int) -> None:
    text = "x" * (size - len("MSG Ani \n"))
    assert read(f"MSG Ani {text}\n".encode()) == [Text("Ani", text)]


def test_a_line_that_is_too_long_is_refused_before_its_end_is_seen() -> None:
    decoder = StreamDecoder()
    decoder.receive(b"x" * 511)
    assert decoder.next_event() is None
    decoder.receive(b"x")
    with pytest.raises(ProtocolError) as caught:
        decoder.next_event()
    assert caught.value.reason is BadInput.LINE_TOO_LONG


def test_an_image_is_handed_on_as_it_comes() -> None:
    decoder = StreamDecoder()
    decoder.receive(b"IMG Ani 5\nab")
    assert take_all(decoder) == [Image("Ani", 5), ImageData(b"ab")]
    decoder.receive(b"cdeWHO")
    assert take_all(decoder) == [ImageData(b"cde"), ImageEnd()]


def test_nothing_is_left_behind_the_end() -> None:
    decoder = StreamDecoder()
    decoder.receive(b"MSG Ani Hallo")
    decoder.receive_eof()
    assert take_all(decoder) == [Text("Ani", "Hallo")]
    assert decoder.next_event() is None


# State


def test_the_state_tells_what_is_owed_at_every_byte() -> None:
    stages = [
        (b"MSG Ani Hallo\r\n", StreamState.LINE),
        (b"IMG Ani 4\n", StreamState.LINE),
        (b"\n\n\n\n", StreamState.BODY),
        (b"\n", StreamState.IDLE),
        (b"AWAY\n", StreamState.LINE),
        (b"IMG Ani 1\n", StreamState.LINE),
        (b"x", StreamState.BODY),
    ]
    decoder = StreamDecoder()
    for data, during in stages:
        for position in range(len(data)):
            if position:
                assert decoder.state is during
            decoder.receive(data[position : position + 1])
            take_all(decoder)
        assert decoder.state is (StreamState.BODY if data.startswith(b"IMG") else StreamState.IDLE)
