"""What belongs to an image that comes in datagrams, and what is only sent meanwhile."""

import asyncio
from asyncio import StreamReader

import pytest

from slcp.messages import Address
from slcpd.udp_images import UdpImages

LUCA = Address("10.0.0.2", 5002)


class Kept:
    """Keeps the streams that are put together."""

    def __init__(self) -> None:
        self.streams: list[bytes] = []
        self.may_end = asyncio.Event()

    async def serve(self, reader: StreamReader, _: Address) -> None:
        self.streams.append(await reader.read())
        await self.may_end.wait()


@pytest.mark.parametrize(
    "announcement", [b"JOIN Luca 5002\n", b"JOIN Luca 5002", b"LEAVE Luca\n", b"WHO", b"HELLO L 1 1 -\n"]
)
async def test_an_announcement_in_the_middle_of_an_image_is_no_part_of_it(announcement: bytes) -> None:
    kept = Kept()
    async with asyncio.TaskGroup() as group:
        images = UdpImages(group, kept.serve)
        assert images.take(b"IMG Ani 6\nabc", LUCA)
        assert not images.take(announcement, LUCA)
        assert images.take(b"def", LUCA)
        kept.may_end.set()
    assert kept.streams == [b"IMG Ani 6\nabcdef"]


async def test_what_comes_behind_the_last_byte_is_no_part_of_it() -> None:
    kept = Kept()
    async with asyncio.TaskGroup() as group:
        images = UdpImages(group, kept.serve)
        assert images.take(b"IMG Ani 3\nabc", LUCA)
        assert not images.take(b"MSG Ani Hallo\n", LUCA)
        kept.may_end.set()


async def test_bytes_that_only_begin_like_an_announcement_belong_to_the_image() -> None:
    kept = Kept()
    async with asyncio.TaskGroup() as group:
        images = UdpImages(group, kept.serve)
        data = b"JOIN" + bytes(range(256)) * 200
        assert images.take(b"IMG Ani %d\n" % len(data), LUCA)
        assert images.take(data, LUCA)
        kept.may_end.set()
    assert kept.streams[0].endswith(data)
