import os
from pathlib import Path

import pytest

from slcpctl.conversing import completing
from slcpctl.conversing.completing import suggestions, word_at_end
from slcpctl.conversing.typed import SaveImage, SendImages, parse

HANDLES = ["Ani", "Luca"]


Offered = list[tuple[str, str]]


def offered(before: str, handles: list[str] = HANDLES) -> Offered:
    """Return what the last word may become, and what of it a menu shows."""
    return suggestions(word_at_end(before), handles)


def completed(before: str) -> str:
    """Return the line when the only thing that is offered is taken."""
    [(text, _)] = offered(before)
    return before.removesuffix(word_at_end(before).typed) + text


@pytest.mark.parametrize(
    ("before", "texts"),
    [
        ("", []),
        ("/h", ["/history", "/help"]),
        ("WH", ["WHO"]),
        ("hello", []),
        ("hello A", []),
        ("/to ", ["Ani", "Luca", "everyone"]),
        ("/to a", ["Ani"]),
        ("/msg L", ["Luca"]),
        ("/msg Luca A", []),
        ("MSG lu", ["Luca"]),
        ("IMG L", ["Luca"]),
        ("/history l", ["Luca"]),
        ("/users A", []),
        ("/s", ["/search", "/save"]),
        ("/search A", []),
        ("/open A", []),
        ("/to  A", ["Ani"]),
        ("/msg  Luca  A", []),
        ("/to Luca A", []),
        ("/img /nowhere/", []),
        ("/img ~nobody/", []),
        ("/img a\0b/", []),
        ("/img \ud800/", []),
        ("/img ~\ud800/", []),
        (f"/img {'a' * 300}/", []),
    ],
)
def test_what_the_last_word_may_become(before: str, texts: list[str]) -> None:
    assert [text for text, _ in offered(before)] == texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "cat.JPG", "my dog.png", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "album").mkdir()
    return tmp_path


@pytest.mark.parametrize("command", ["/img", "/img other.png", "IMG Luca", "/save"])
def test_paths_images_first(folder: Path, command: str) -> None:
    found = offered(f"{command} {folder}/")
    assert [shown for _, shown in found] == ["cat.JPG", "my dog.png", "album/", "b.txt"]
    assert found[1][0] == f"{folder}/my\\ dog.png"


def test_paths_of_the_folder_we_are_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert offered("/img c") == [("cat.JPG", "cat.JPG")]
    assert offered("/img .") == [(".hidden", ".hidden")]


HOSTILE = [
    "my cat.png",
    "it's.png",
    'the "cat".png',
    "back\\slash.png",
    "two\nlines.png",
    "a\ttab.png",
    " blanks ",
    "wide blank\u3000",
    "~",
    "~root",
    "-option.png",
    "#hash.png",
    "$(reboot).png",
    os.fsdecode(b"\xff\xfe.png"),
    "'",
    "\\",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("begin", ["/img ", "/img 'my other.png' ", "IMG it's "])
def test_any_file_can_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, begin: str) -> None:
    """What is completed is read as the file that was meant: also within a folder of such a name."""
    (folder / "album" / name).mkdir()
    (folder / "album" / name / name).touch()
    monkeypatch.chdir(folder / "album")
    start = name[0] if name[0] not in " '\"\\" else f"\\{name[0]}"
    line = completed(completed(begin + start))
    typed = parse(line)
    assert isinstance(typed, SendImages)
    path = os.path.expanduser(typed.paths[-1])  # noqa: PTH111  # pathlib's takes ./~home for a home
    assert (folder / "album" / name / name).samefile(path)


def test_a_word_goes_on_in_its_quotes(folder: Path) -> None:
    (folder / "my album").mkdir()
    (folder / "my album" / "a cat.png").touch()
    for typed in ("my\\ album/", "'my album/", '"my album/', "'my album'/a", "my' 'album/a\\ c", "my\\ album/a\\"):
        assert completed(f"/img {folder}/{typed}") == f"/img {folder}/my\\ album/a\\ cat.png"


def test_a_path_of_a_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert parse(completed("/save ~/my")) == SaveImage("~/my dog.png")


def test_links_that_lead_nowhere_are_files(folder: Path) -> None:
    (folder / "album" / "circle").symlink_to("circle")
    (folder / "album" / "long").symlink_to("a" * 300)
    (folder / "album" / "gone").symlink_to("nowhere")
    assert [shown for _, shown in offered(f"/img {folder}/album/")] == ["circle", "gone", "long"]


def test_a_folder_that_is_closed_has_nothing_to_offer(closed: Path) -> None:
    assert offered(f"/img {closed}/") == []
    assert [shown for _, shown in offered(f"/img {closed.parent}/")] == ["secret.png", "closed/", "link"]


def test_of_a_large_folder_only_a_part_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "MOST_ENTRIES", 20)
    for number in range(50):
        (folder / "album" / f"{number}.png").touch()
    assert len(offered(f"/img {folder}/album/")) == 20


@pytest.mark.parametrize("handle", ["it's", "back\\slash", "x;reboot"])
@pytest.mark.parametrize("begin", ["/to ", "/msg ", "MSG ", "IMG ", "/history "])
def test_a_handle_is_read_as_it_is(begin: str, handle: str) -> None:
    assert offered(begin + handle[:-1], [handle]) == [(handle, handle)]
