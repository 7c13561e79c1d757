"""A picture for people to send: an evening at a lake."""

from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 960, 640  # pixels
SHORE = 400  # y
SKY = ((38, 52, 120), (255, 176, 96))  # above, and at the horizon
SUN, SUN_AT, SUN_RADIUS = (255, 244, 196), (560, 225), 70
FAR = [(0, 330), (150, 210), (260, 280), (420, 140), (560, 300), (700, 230), (840, 310), (960, 250)]  # mountains
NEAR = [(0, 380), (120, 300), (300, 390), (470, 350), (620, 395), (820, 340), (960, 390)]
DARKER = 0.6  # the lake than what it mirrors


def draw(path: Path) -> Path:
    """Write the picture as a JPEG; the same each time."""
    picture = _sky()
    brush = ImageDraw.Draw(picture)
    x, y = SUN_AT
    brush.ellipse((x - SUN_RADIUS, y - SUN_RADIUS, x + SUN_RADIUS, y + SUN_RADIUS), fill=SUN)
    brush.polygon([*FAR, (WIDTH, SHORE), (0, SHORE)], fill=(86, 62, 108))
    brush.polygon([*NEAR, (WIDTH, SHORE), (0, SHORE)], fill=(36, 34, 60))
    mirrored = picture.crop((0, 2 * SHORE - HEIGHT, WIDTH, SHORE)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    picture.paste(mirrored.point(lambda level: level * DARKER), (0, SHORE))
    picture.save(path, "JPEG", quality=85)
    return path


def _sky() -> Image.Image:
    mask = Image.linear_gradient("L").resize((WIDTH, SHORE))
    above, horizon = (Image.new("RGB", (WIDTH, SHORE), colour) for colour in SKY)
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    picture.paste(Image.composite(horizon, above, mask))
    return picture
