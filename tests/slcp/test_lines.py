"""Lines, however their bytes are cut into pieces."""

import pytest

from slcp.lines import LineDecoder


def lines_of(*pieces: bytes, limit: int = 100) -> list[bytes]:
    decoder = LineDecoder(limit)
    lines = []
    for piece in pieces:
        decoder.receive(piece)
        while (line := decoder.next_line()) is not None:
            lines.append(line)
    return lines


@pytest.mark.parametrize("cut", range(14))
def test_lines_come_whole_wherever_the_stream_is_cut(cut: int) -> None:
    stream = b"one\n\nthree\nand"
    assert lines_of(stream[:cut], *([stream[cut:]] if cut < len(stream) else [])) == [b"one\n", b"\n", b"three\n"]


def test_the_last_line_needs_no_end_when_the_stream_has_one() -> None:
    assert lines_of(b"one\ntw", b"o", b"") == [b"one\n", b"two"]
    assert lines_of(b"one\n", b"") == [b"one\n"]


def test_a_line_as_long_as_allowed_is_taken_and_a_longer_one_is_not_waited_for() -> None:
    assert lines_of(b"12345678\n", limit=9) == [b"12345678\n"]
    with pytest.raises(ValueError, match="9 bytes"):
        lines_of(b"123456789\n", limit=9)
    with pytest.raises(ValueError, match="9 bytes"):
        lines_of(b"1234567", b"890", limit=9)


def test_lines_before_one_that_is_too_long_are_taken() -> None:
    decoder = LineDecoder(4)
    decoder.receive(b"one\ntwo\nlonger")
    assert [decoder.next_line(), decoder.next_line()] == [b"one\n", b"two\n"]
    with pytest.raises(ValueError, match="4 bytes"):
        decoder.next_line()


def test_it_tells_whether_anything_is_left() -> None:
    decoder = LineDecoder(10)
    assert decoder.is_empty
    decoder.receive(b"one\nt")
    assert decoder.next_line() == b"one\n"
    assert not decoder.is_empty
    decoder.receive(b"\n")
    assert not decoder.is_empty
    assert decoder.next_line() == b"t\n"
    assert decoder.is_empty
