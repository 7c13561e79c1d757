"""Colours that can be read: WCAG's contrast, of text on each ground that it stands on."""

import pytest

from slcpctl.window.theme import DARK, LIGHT, Palette

READABLE = 4.5  # WCAG 2.2, 1.4.3


def brightness(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted([brightness(one), brightness(other)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_can_be_read(palette: Palette) -> None:
    grounds = (palette.ground, palette.side, palette.raised, palette.chosen)
    texts = (palette.text, palette.dim, palette.good, palette.bad, palette.accent)
    hard = [(text, ground) for text in texts for ground in grounds if contrast(text, ground) < READABLE]
    assert hard == []
    assert contrast(palette.on_accent, palette.accent) >= READABLE
    assert contrast(palette.ground, palette.bad) >= READABLE
    assert all(contrast("#ffffff", face) >= READABLE for face in palette.faces)
