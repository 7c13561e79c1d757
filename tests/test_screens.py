"""The scene of the captures in docs/screens: real daemons, and the chat on a terminal and in a window."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
SVG = "{http://www.w3.org/2000/svg}"
WITHIN = 60.0  # seconds; some 5 when nothing else runs
COLOURS_OF_A_PICTURE = 20  # more than the chat has without it
STATES = ["light", "dark", "first-run", "nobody-here", "settings", "daemon-gone"]  # of the window
SIZES = ["120x36", "80x24", "60x15"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captures, made anew."""
    folder = tmp_path_factory.mktemp("screens")
    command = [sys.executable, "-m", "docs.screens", str(folder)]
    subprocess.run(command, cwd=ROOT, timeout=WITHIN, check=True)
    return folder


def text_of(path: Path) -> str:
    """Return all words of an image."""
    image = ElementTree.parse(path)  # noqa: S314  # our own
    return " ".join(text.text or "" for text in image.iter(f"{SVG}text")).replace("\u00a0", " ")


def test_what_is_made_is_what_the_project_shows(folder: Path) -> None:
    made = {path.name for path in folder.iterdir()}
    assert made == {*(f"{size}.svg" for size in SIZES), *(f"window-{state}.png" for state in STATES)}
    assert made == {path.name for path in (ROOT / "docs/screens").iterdir() if path.suffix in (".svg", ".png")}


@pytest.mark.parametrize("size", SIZES)
def test_what_was_said_is_seen(folder: Path, size: str) -> None:
    text = text_of(folder / f"{size}.svg")
    assert all(words in text for words in ("Where is that?", "Sunday it is!", "delivered", "Shall I bring", "1 queued"))


@pytest.mark.parametrize("size", SIZES)
def test_everyone_is_seen(folder: Path, size: str) -> None:
    text = text_of(folder / f"{size}.svg")
    assert all(words in text for words in ("Luca", "Sohal", "2", "Sumaya", "away", "Tom"))


@pytest.mark.parametrize("size", SIZES[:2])
def test_what_failed_and_the_picture_are_seen(folder: Path, size: str) -> None:
    assert "failed" in text_of(folder / f"{size}.svg")
    image = ElementTree.parse(folder / f"{size}.svg")  # noqa: S314  # our own
    assert len({rectangle.attrib["fill"] for rectangle in image.iter(f"{SVG}rect")}) > COLOURS_OF_A_PICTURE
