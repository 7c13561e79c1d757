"""Frames: what is written is read again, however the bytes are cut, and nothing else is."""

import json
import struct
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.errors import BadInput, ProtocolError
from slcp.frames import (
    MAX_BODY,
    MAX_HEADER,
    MAX_SIZE,
    MAX_TEXT,
    Acknowledged,
    AnyFrame,
    Challenge,
    FrameDecoder,
    ImageOffered,
    ImagePart,
    ImageWanted,
    Ping,
    Pong,
    Proof,
    Refusal,
    Rejected,
    TextFrame,
    Welcome,
    encode_frame,
    part_head,
    statement,
)

FRAMES: tuple[AnyFrame, ...] = (
    Challenge(1, "Ani", 5001, "0f" * 32),
    Proof(1, "Änne", 65535, "aa" * 44, "bb" * 64),
    Welcome(),
    Refusal("key_changed", "Ani knows you by another key"),
    TextFrame("a1", automatic=False, body="Grüße\nan alle 🐱".encode()),
    TextFrame("Z_-9", automatic=True, body=b"x"),
    ImageOffered("i1", "cat.png", 15432, "c" * 64),
    ImageWanted("i1", 0),
    ImagePart(bytes(range(256))),
    Acknowledged("i1"),
    Rejected("i1", "it is no image", for_good=True),
    Ping(),
    Pong(),
)
STREAM = b"".join(map(encode_frame, FRAMES))


def frame(header: object, body: bytes = b"") -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">HI", len(encoded), len(body)) + encoded + body


def header_of(one: AnyFrame) -> dict[str, Any]:
    header = {field.name: getattr(one, field.name) for field in fields(one) if field.name != "body"}
    return {"type": one.type, **header}


def body_of(one: AnyFrame) -> bytes:
    return getattr(one, "body", b"")


def decode(*pieces: bytes) -> list[AnyFrame]:
    decoder = FrameDecoder()
    found = []
    for piece in pieces:
        decoder.receive(piece)
        while (one := decoder.next_frame()) is not None:
            found.append(one)
    return found


def reason_of(data: bytes) -> BadInput:
    with pytest.raises(ProtocolError) as caught:
        decode(data)
    return caught.value.reason


# Reading and writing


def test_what_is_written_is_read_again() -> None:
    assert decode(STREAM) == list(FRAMES)


@pytest.mark.parametrize("cut", range(1, len(STREAM)))
def test_every_cut_of_the_bytes_gives_the_same_frames(cut: int) -> None:
    assert decode(STREAM[:cut], STREAM[cut:]) == list(FRAMES)


def test_byte_by_byte_gives_the_same_frames() -> None:
    assert decode(*(STREAM[place : place + 1] for place in range(len(STREAM)))) == list(FRAMES)


def test_the_layout_is_that_of_the_document() -> None:
    data = encode_frame(TextFrame("a1", automatic=False, body=b"Hallo"))
    header = b'{"type":"text","id":"a1","automatic":false}'
    assert data == bytes([0, len(header), 0, 0, 0, 5]) + header + b"Hallo"


def test_the_longest_name_fits_a_header() -> None:
    offer = ImageOffered("i" * 64, "\U0001f431" * 255, 1, "c" * 64)
    assert decode(encode_frame(offer)) == [offer]


def test_the_decoder_tells_whether_it_stands_between_two_frames() -> None:
    decoder = FrameDecoder()
    assert decoder.is_empty
    decoder.receive(encode_frame(Ping())[:5])
    assert decoder.next_frame() is None
    assert not decoder.is_empty
    decoder.receive(encode_frame(Ping())[5:])
    assert decoder.next_frame() == Ping()
    assert decoder.is_empty


@given(st.binary(max_size=200))
def test_whatever_comes_is_frames_or_an_error(data: bytes) -> None:
    try:
        decode(data)
    except ProtocolError as error:
        assert error.reason in BadInput  # noqa: PT017  # either is right


# What versions to come may add


def test_a_frame_of_an_unknown_type_is_passed_over_with_its_body() -> None:
    unknown = frame({"type": "dance", "partner": "Luca"}, b"music")
    assert decode(unknown + encode_frame(Ping()) + unknown) == [Ping()]


def test_a_field_of_an_unknown_name_is_passed_over() -> None:
    assert decode(frame({"type": "ack", "id": "a1", "mood": "good"})) == [Acknowledged("a1")]


def test_a_body_that_a_frame_has_no_use_for_is_passed_over() -> None:
    assert decode(frame({"type": "ping"}, b"body")) == [Ping()]


# What is no frame


@pytest.mark.parametrize(
    ("one", "name"),
    [
        pytest.param(one, name, id=f"{one.type}-{name}")
        for one in {type(one): one for one in FRAMES}.values()
        for name in header_of(one)
    ],
)
@pytest.mark.parametrize("value", [None, "missing", 7.5, [], {}, "number", "text", "truth"], ids=str)
def test_a_field_that_is_missing_or_of_another_type_is_an_error(one: AnyFrame, name: str, value: object) -> None:
    header = header_of(one)
    right = header[name]
    wrong: dict[object, object] = {"number": 7, "text": "seven", "truth": True}
    if type(wrong.get(str(value), value)) is type(right):
        return  # it is of the right type
    if value == "missing":
        del header[name]
    else:
        header[name] = wrong.get(value, value) if isinstance(value, str) else value
    assert reason_of(frame(header, body_of(one))) is BadInput.BAD_FRAME


@pytest.mark.parametrize(
    "header",
    [b"", b"{", b"[]", b"7", b"null", b'"ping"', b"{}", b'{"type":7}', b'{"type":null}', b"\xff\xfe", b"[" * 4000],
    ids=lambda header: ascii(header[:20]),
)
def test_a_header_that_is_no_object_with_a_type_is_an_error(header: bytes) -> None:
    assert reason_of(frame(header)) is BadInput.BAD_FRAME


@pytest.mark.parametrize(
    "header",
    [
        {"type": "challenge", "version": 0, "handle": "Ani", "port": 5001, "nonce": "0f" * 32},
        {"type": "challenge", "version": 1, "handle": "A ni", "port": 5001, "nonce": "0f" * 32},
        {"type": "challenge", "version": 1, "handle": "A" * 65, "port": 5001, "nonce": "0f" * 32},
        {"type": "challenge", "version": 1, "handle": "Ani", "port": 0, "nonce": "0f" * 32},
        {"type": "challenge", "version": 1, "handle": "Ani", "port": 65536, "nonce": "0f" * 32},
        {"type": "challenge", "version": 1, "handle": "Ani", "port": 5001, "nonce": "0f" * 31},
        {"type": "challenge", "version": 1, "handle": "Ani", "port": 5001, "nonce": "zz" * 32},
        {"type": "proof", "version": 1, "handle": "Ani", "port": 5001, "key": "", "signature": "bb"},
        {"type": "proof", "version": 1, "handle": "Ani", "port": 5001, "key": "abc", "signature": "bb"},
        {"type": "proof", "version": 1, "handle": "Ani", "port": 5001, "key": "aa" * 513, "signature": "bb"},
        {"type": "proof", "version": 1, "handle": "Ani", "port": 5001, "key": "aa", "signature": "BB"},
        {"type": "proof", "version": 1, "handle": "A,ni", "port": 5001, "key": "aa", "signature": "bb"},
        {"type": "image", "id": "i1", "name": "cat", "size": 0, "sha256": "c" * 64},
        {"type": "image", "id": "i1", "name": "cat", "size": -1, "sha256": "c" * 64},
        {"type": "image", "id": "i1", "name": "cat", "size": MAX_SIZE + 1, "sha256": "c" * 64},
        {"type": "image", "id": "i1", "name": "c" * 256, "size": 1, "sha256": "c" * 64},
        {"type": "image", "id": "i1", "name": "cat", "size": 1, "sha256": "C" * 64},
        {"type": "image", "id": "i1", "name": "cat", "size": 1, "sha256": "c" * 63},
        {"type": "wanted", "id": "i1", "offset": -1},
        {"type": "wanted", "id": "i1", "offset": MAX_SIZE + 1},
        {"type": "ack", "id": ""},
        {"type": "ack", "id": "a" * 65},
        {"type": "ack", "id": "../a"},
        {"type": "ack", "id": "a\n"},
        {"type": "rejected", "id": "ä", "reason": "", "for_good": True},
        {"type": "part"},
    ],
    ids=lambda header: "-".join(str(value)[:12] for value in header.values()),
)
def test_a_value_out_of_its_bounds_is_an_error(header: dict[str, Any]) -> None:
    assert reason_of(frame(header)) is BadInput.BAD_FRAME


# Limits


@pytest.mark.parametrize("length", [1, MAX_TEXT])
def test_a_text_may_have_so_many_bytes(length: int) -> None:
    text = TextFrame("a1", automatic=False, body=b"x" * length)
    assert decode(encode_frame(text)) == [text]


@pytest.mark.parametrize("length", [0, MAX_TEXT + 1])
def test_a_text_may_not_have_fewer_or_more(length: int) -> None:
    header = {"type": "text", "id": "a1", "automatic": False}
    assert reason_of(frame(header, b"x" * length)) is BadInput.BAD_FRAME


def test_a_part_may_have_so_many_bytes() -> None:
    part = ImagePart(bytes(MAX_BODY))
    assert decode(encode_frame(part)) == [part]


@pytest.mark.parametrize(("header", "body"), [(MAX_HEADER + 1, 0), (10, MAX_BODY + 1), (65535, 2**32 - 1)])
def test_a_frame_that_is_too_long_is_an_error_before_it_is_here(header: int, body: int) -> None:
    assert reason_of(struct.pack(">HI", header, body)) is BadInput.LINE_TOO_LONG


# Texts


def test_a_text_keeps_its_line_breaks() -> None:
    assert TextFrame("a1", False, b"one\r\n\n  two\t\n").text == "one\r\n\n  two\t\n"


@pytest.mark.parametrize("body", [b"\xff", b"\xed\xa0\x80", b"a\0b"])
def test_what_is_no_text_is_an_error(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        _ = TextFrame("a1", False, body).text
    assert caught.value.reason is BadInput.BAD_TEXT


# What is signed


def test_the_statement_names_the_nonce_and_both_keys_in_their_roles() -> None:
    assert statement("00", "a" * 64, "b" * 64) == b"slcp client proof 1\n00\n" + b"a" * 64 + b"\n" + b"b" * 64 + b"\n"
    assert statement("00", "a" * 64, "b" * 64) != statement("00", "b" * 64, "a" * 64)


@pytest.mark.parametrize("length", [1, 9, 255, 1 << 17, MAX_BODY])
def test_the_head_of_a_part_makes_a_frame_of_any_bytes_and_is_equally_long(length: int) -> None:
    data = bytes(length)
    assert part_head(length) + data == encode_frame(ImagePart(data))
    assert len(part_head(length)) == len(part_head(1))


def test_a_part_that_is_whole_is_not_copied() -> None:
    fed = bytearray(encode_frame(Ping()) + encode_frame(ImagePart(b"cat")))
    decoder = FrameDecoder()
    decoder.receive(memoryview(fed))
    assert decoder.next_frame() == Ping()
    part = decoder.next_frame()
    assert isinstance(part, ImagePart)
    fed[-3:] = b"dog"
    assert bytes(part.body) == b"dog"


def test_the_beginning_of_a_frame_is_kept_whatever_becomes_of_what_was_fed() -> None:
    fed = bytearray(encode_frame(ImagePart(b"cat")))
    decoder = FrameDecoder()
    decoder.receive(memoryview(fed)[:-1])
    assert decoder.next_frame() is None
    fed[:] = bytes(len(fed))
    decoder.receive(b"t")
    assert decoder.next_frame() == ImagePart(b"cat")
