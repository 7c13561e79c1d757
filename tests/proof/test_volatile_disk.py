"""The disk that loses its cache: what was flushed stays, what was not may be lost, and reads never tell."""

from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from random import Random

import pytest

from soak.volatile_disk import BLOCK, CachedDisk

OLD, NEW, NEWER = (letter * BLOCK for letter in (b"o", b"n", b"m"))


@pytest.fixture
def image(tmp_path: Path) -> Iterator[FileIO]:
    path = tmp_path / "image"
    path.write_bytes(OLD * 4)
    with path.open("r+b", buffering=0) as file:
        yield file


def test_what_was_written_is_read_at_any_offset(image: FileIO) -> None:
    disk = CachedDisk(image)
    disk.write(BLOCK - 10, b"x" * 20)
    assert disk.read(BLOCK - 12, 24) == b"oo" + b"x" * 20 + b"oo"
    assert disk.read(3 * BLOCK, 2 * BLOCK) == OLD
    assert on_disk(image) == OLD * 4


def test_what_was_flushed_survives_every_cut(image: FileIO) -> None:
    disk = CachedDisk(image)
    disk.write(BLOCK, NEW)
    disk.flush()
    assert disk.lose_power(Random(1)) == (0, 0)
    assert on_disk(image) == OLD + NEW + OLD * 2


def test_each_block_that_was_not_flushed_is_in_one_of_its_states(image: FileIO) -> None:
    seen: set[bytes] = set()
    for seed in range(100):
        disk = CachedDisk(image)
        disk.write(0, OLD * 4)
        disk.flush()
        for data in (NEW, NEWER):
            disk.write(0, data * 2)
        unflushed, lost = disk.lose_power(Random(seed))
        data = on_disk(image)
        assert (unflushed, lost) == (2, [data[:BLOCK], data[BLOCK : 2 * BLOCK]].count(OLD))
        assert data[2 * BLOCK :] == OLD * 2
        seen.add(data[: 2 * BLOCK])
    assert seen == {first + second for first in (OLD, NEW, NEWER) for second in (OLD, NEW, NEWER)}


def on_disk(image: FileIO) -> bytes:
    image.seek(0)
    return image.read()
