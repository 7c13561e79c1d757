from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from slcpctl.chat.completing import TypedCompleter, suggestions

HANDLES = ["Ani", "Luca"]


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
        ("/img /nowhere/", []),
        ("/img ~nobody/", []),
    ],
)
def test_what_the_last_word_may_become(before: str, texts: list[str]) -> None:
    assert [text for text, _ in suggestions(before, HANDLES)] == texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "cat.JPG", "my dog.png", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "album").mkdir()
    return tmp_path


@pytest.mark.parametrize("command", ["/img", "/img other.png", "IMG Luca", "/save"])
def test_paths_images_first(folder: Path, command: str) -> None:
    found = suggestions(f"{command} {folder}/", HANDLES)
    assert [shown for _, shown in found] == ["cat.JPG", "my dog.png", "album/", "b.txt"]
    assert found[1][0] == f"{folder}/my\\ dog.png"


def test_paths_of_the_folder_we_are_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert suggestions("/img c", HANDLES) == [("cat.JPG", "cat.JPG")]
    assert suggestions("/img .", HANDLES) == [(".hidden", ".hidden")]


def test_whoever_is_here_is_asked_for_at_each_completion() -> None:
    here = ["Luca"]
    completer = TypedCompleter(lambda: here)
    here.append("Lucy")
    completions = completer.get_completions(Document("/to L"), CompleteEvent())
    assert [completion.text for completion in completions] == ["Luca", "Lucy"]


def test_handles_of_peers_are_escaped_in_the_menu() -> None:
    completer = TypedCompleter(lambda: ["e\u202eil"])
    first, *_ = completer.get_completions(Document("/to e"), CompleteEvent())
    assert first.display_text == "e\\u202eil"
    assert first.start_position == -1
