"""Images that have come in part: files on disk, as a broken stream or a killed daemon leaves them."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from descriptors import no_descriptors
from small_disk import failing_disk

from slcpd.disk import KEEP_FREE
from slcpd.images import ImageError, ImageFolder, NoRoomError
from slcpd.partial_images import MAX_PARTIAL, BusyError, ChecksumError, PartialImage, PartialImages

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
OTHER = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture
def images(folder: Path) -> PartialImages:
    return PartialImages(ImageFolder(folder, max_size=1 << 20, open_images=False))


@pytest.fixture
def data(cat: Path) -> bytes:
    return cat.read_bytes()


async def begin(images: PartialImages, data: bytes, image_id: str = "a") -> PartialImage:
    return await images.open(image_id, len(data), hashlib.sha256(data).hexdigest())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_an_image_is_hidden_until_it_is_kept_and_then_there_whole(
    images: PartialImages, folder: Path, data: bytes
) -> None:
    image = await begin(images, data)
    image.write(data[:1000])
    image.write(data[1000:])
    assert image.done == len(data)
    assert names(folder) == [".slcp-a.partial"]
    kept = await images.keep(image, "Luca", NOW)
    assert kept.path == folder / "2026-11-23_1402_Luca.png"
    assert kept.path.read_bytes() == data
    assert (kept.picture.format, kept.picture.width, kept.picture.height) == ("PNG", 300, 200)
    image.remove()
    assert names(folder) == ["2026-11-23_1402_Luca.png"]


@pytest.mark.parametrize("cut", [0, 1, 1000, -1, None], ids=["nothing", "a byte", "a part", "all but one", "all"])
async def test_what_came_before_is_gone_on_from(
    images: PartialImages, folder: Path, data: bytes, cut: int | None
) -> None:
    first = await begin(images, data)
    first.write(data[:cut])
    first.close()
    second = await begin(images, data)
    assert second.done == len(data[:cut])
    if second.done < len(data):
        second.write(data[second.done :])
    kept = await images.keep(second, "Luca", NOW)
    second.remove()
    assert kept.path.read_bytes() == data


async def test_a_file_that_is_longer_than_the_image_is_begun_anew(images: PartialImages, data: bytes) -> None:
    first = await images.open("a", len(data) + 1, OTHER)
    first.write(data + b"x")
    first.close()
    second = await begin(images, data)
    assert second.done == 0
    second.write(data)
    assert (await images.keep(second, "Luca", NOW)).path.read_bytes() == data
    second.remove()


async def test_other_bytes_than_announced_are_thrown_away(images: PartialImages, folder: Path, data: bytes) -> None:
    image = await begin(images, data)
    image.write(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(ChecksumError):
        await images.keep(image, "Luca", NOW)
    assert names(folder) == []


async def test_what_is_no_image_is_thrown_away(images: PartialImages, folder: Path) -> None:
    image = await begin(images, b"not an image")
    image.write(b"not an image")
    with pytest.raises(ImageError, match="not an image"):
        await images.keep(image, "Luca", NOW)
    assert names(folder) == []


async def test_more_bytes_than_announced_are_refused(images: PartialImages) -> None:
    image = await images.open("a", 4, OTHER)
    image.write(b"four")
    with pytest.raises(ImageError, match="more than the 4 bytes"):
        image.write(b"!")
    image.remove()


async def test_an_image_over_the_limit_is_refused_before_its_bytes(images: PartialImages) -> None:
    with pytest.raises(ImageError, match="max_image_size"):
        await images.open("a", (1 << 20) + 1, OTHER)


async def test_one_image_comes_in_over_one_stream_at_a_time(images: PartialImages, data: bytes) -> None:
    first = await begin(images, data)
    with pytest.raises(BusyError):
        await begin(images, data)
    first.close()
    second = await begin(images, data)
    second.remove()


async def test_so_many_broken_images_are_kept_and_the_oldest_goes(
    images: PartialImages, folder: Path, data: bytes
) -> None:
    for number in range(MAX_PARTIAL + 3):
        image = await begin(images, data, f"{number:02}")
        image.write(data[:10])
        image.close()
        os.utime(image.new.part, (number, number))
    assert names(folder) == [f".slcp-{number:02}.partial" for number in range(3, MAX_PARTIAL + 3)]


async def test_a_broken_image_that_comes_again_makes_no_room_for_itself(
    images: PartialImages, folder: Path, data: bytes
) -> None:
    for number in range(MAX_PARTIAL):
        (await begin(images, data, f"{number:02}")).close()
    again = await begin(images, data, "00")
    assert len(names(folder)) == MAX_PARTIAL
    again.close()


async def test_an_image_that_is_coming_in_is_not_taken_for_a_broken_one(
    images: PartialImages, folder: Path, data: bytes
) -> None:
    oldest = await begin(images, data, "oldest")
    os.utime(oldest.new.part, (0, 0))
    for number in range(MAX_PARTIAL + 1):
        (await begin(images, data, f"{number:02}")).close()
    assert ".slcp-oldest.partial" in names(folder)
    oldest.close()


async def test_killed_after_the_final_name_was_given_no_second_one_is(
    images: PartialImages, folder: Path, data: bytes
) -> None:
    image = await begin(images, data)
    image.write(data)
    kept = await images.keep(image, "Luca", NOW)
    image.close()  # killed here: the part is still there
    (folder / "gone").symlink_to("nowhere")
    (folder / "folder").mkdir()
    again = await begin(images, data)
    assert again.done == len(data)
    assert await images.keep(again, "Luca", NOW) == kept
    again.remove()
    assert names(folder) == ["2026-11-23_1402_Luca.png", "folder", "gone"]


async def test_two_images_of_one_minute_have_two_names(images: PartialImages, folder: Path, data: bytes) -> None:
    for image_id in ("a", "b"):
        image = await begin(images, data, image_id)
        image.write(data)
        await images.keep(image, "Luca", NOW)
        image.remove()
    assert names(folder) == ["2026-11-23_1402_Luca-2.png", "2026-11-23_1402_Luca.png"]


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    images = PartialImages(ImageFolder(tmp_path / "file", max_size=1 << 20, open_images=False))
    with pytest.raises(ImageError, match="cannot be used"):
        await images.open("a", 10, OTHER)


@pytest.mark.parametrize("change", [-1, 1], ids=["shorter", "longer"])
async def test_a_kept_image_is_not_touched_by_another_under_the_same_id(
    images: PartialImages, folder: Path, data: bytes, change: int
) -> None:
    """Killed after the final name was given; then the sender says that it is another image."""
    first = await begin(images, data)
    first.write(data)
    kept = await images.keep(first, "Luca", NOW)
    first.close()
    other = await images.open("a", len(data) + change, OTHER)
    assert other.done == 0
    other.write(b"x" * 10)
    other.close()
    assert kept.path.read_bytes() == data


async def test_of_images_that_begin_at_once_no_more_are_taken_than_fit(
    images: PartialImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=KEEP_FREE + 2500))
    opened = await asyncio.gather(
        *(images.open(str(number), 1000, OTHER) for number in range(4)), return_exceptions=True
    )
    taken = [image for image in opened if isinstance(image, PartialImage)]
    assert len(taken) == 2
    assert sum(isinstance(image, NoRoomError) for image in opened) == 2
    for image in taken:
        image.remove()
    (await images.open("4", 2500, OTHER)).remove()


async def test_without_descriptors_an_image_is_wanted_later(images: PartialImages, data: bytes) -> None:
    (await begin(images, data)).close()
    with no_descriptors(), pytest.raises(NoRoomError, match="Too many open files"):
        await begin(images, data)
    (await begin(images, data)).remove()


async def test_a_disk_that_becomes_read_only_under_an_image_takes_it_later(tmp_path: Path, data: bytes) -> None:
    with failing_disk(tmp_path / "images", tmp_path / "disk") as disk:
        images = PartialImages(ImageFolder(disk.folder, max_size=1 << 20, open_images=False))
        image = await begin(images, data)
        disk.fail()
        with pytest.raises(NoRoomError, match="Read-only"):
            image.write(data)
        image.remove()
