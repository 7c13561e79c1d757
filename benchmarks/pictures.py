"""Images of any size that are what they say: TIFF files of noise, with as many pages as they need."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

WIDTH = 4096  # pixels, of 3 bytes
ROWS_OF_PAGE = 4096
MIB = 1 << 20
HEADER = struct.Struct("<2sHI")
ENTRY = struct.Struct("<HHII")  # tag, type, count, value (TIFF 6.0, 2)
SHORT, LONG = 3, 4
BITS_OF_SAMPLES = struct.pack("<3H", 8, 8, 8)
ROW = WIDTH * 3  # bytes
ENTRIES = 9
DIRECTORY = 2 + ENTRIES * ENTRY.size + 4 + len(BITS_OF_SAMPLES)  # bytes of a page besides its pixels


def write_tiff(path: Path, size: int) -> None:
    """Write a TIFF of `size` bytes, or a row of pixels less; it is on the disk then."""
    noise = os.urandom(MIB)
    pages = list(_rows_of_pages(size))
    with path.open("wb") as file:
        file.write(HEADER.pack(b"II", 42, HEADER.size))
        for left, rows in zip(reversed(range(len(pages))), pages, strict=True):
            _write_page(file, rows, is_last=left == 0, noise=noise)
        file.flush()
        os.fsync(file.fileno())


def _rows_of_pages(size: int) -> Iterator[int]:
    """Return how many rows each page has, so that all of them fill so many bytes."""
    left = size - HEADER.size
    while (rows := min(ROWS_OF_PAGE, (left - DIRECTORY) // ROW)) > 0:
        yield rows
        left -= DIRECTORY + rows * ROW


def _write_page(file: BinaryIO, rows: int, *, is_last: bool, noise: bytes) -> None:
    """Write the directory of a page, and its pixels behind it."""
    at = file.tell()
    length = rows * ROW
    bits = at + DIRECTORY - len(BITS_OF_SAMPLES)
    pixels = at + DIRECTORY
    entries = [
        (256, LONG, 1, WIDTH),
        (257, LONG, 1, rows),
        (258, SHORT, 3, bits),
        (259, SHORT, 1, 1),  # not compressed
        (262, SHORT, 1, 2),  # RGB
        (273, LONG, 1, pixels),
        (277, SHORT, 1, 3),  # samples of a pixel
        (278, LONG, 1, rows),
        (279, LONG, 1, length),
    ]
    file.write(struct.pack("<H", len(entries)))
    file.writelines(ENTRY.pack(*entry) for entry in entries)
    file.write(struct.pack("<I", 0 if is_last else pixels + length))
    file.write(BITS_OF_SAMPLES)
    file.writelines(noise[: length - start] for start in range(0, length, MIB))
