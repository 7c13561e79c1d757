"""Images with known colours at known places."""

import random
from pathlib import Path

from PIL import Image


def corners(width: int = 40, height: int = 40) -> Image.Image:
    """Draw red and green above blue and white."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def noise(width: int, height: int) -> Image.Image:
    """Draw another colour at each place, always the same ones."""
    bands = [Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height)) for seed in range(3)]
    return Image.merge("RGB", bands)


def saved(image: Image.Image, folder: Path, format: str = "PNG", **options: object) -> str:  # noqa: A002  # Pillow's word
    """Save an image in a folder, always under the same name; return its path."""
    path = folder / "image"
    image.save(path, format, **options)
    return str(path)
