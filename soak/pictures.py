"""Images to send: valid, each unlike every other, made on the spot."""

import io
from random import Random

from PIL import Image

SMALL = 64  # pixels a side, at most: what fits into one or two packets
LARGE = 1000  # pixels a side, at most: some tenths of a MB, so that a transfer can be cut in the middle
SHARE_OF_LARGE = 0.2


def picture(rng: Random) -> bytes:
    """Return a PNG of noise."""
    largest = LARGE if rng.random() < SHARE_OF_LARGE else SMALL
    width, height = rng.randint(8, largest), rng.randint(8, largest)
    return noise(rng, width, height)


def noise(rng: Random, width: int, height: int) -> bytes:
    """Return a PNG of about width * height bytes: noise does not compress."""
    file = io.BytesIO()
    Image.frombytes("L", (width, height), rng.randbytes(width * height)).save(file, "PNG", compress_level=0)
    return file.getvalue()
