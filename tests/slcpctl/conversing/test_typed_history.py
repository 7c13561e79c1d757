"""What was typed, from one chat to the next: real files."""

import json
import os
import stat
from pathlib import Path

import pytest
from small_disk import small_disk

from slcpctl.conversing import typed_history as module
from slcpctl.conversing.typed_history import MOST_BYTES, MOST_ENTRIES, TypedHistory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state/chat_history"


def known(path: Path) -> list[str]:
    """Return what a new chat knows, the newest first."""
    return TypedHistory(path).newest_first()


def chat(path: Path, *texts: str) -> None:
    """Type these in a chat."""
    history = TypedHistory(path)
    for text in texts:
        history.add(text)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_typed_is_there_in_the_next_chat(path: Path) -> None:
    texts = ["hi", "two\nlines", "+ # \\", "Grüße 🎉", "not UTF-8: \udcff", ""]
    assert known(path) == []
    chat(path, *texts[:3])
    chat(path, *texts[3:])
    assert known(path) == texts[::-1]


def test_nobody_else_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        chat(path, *["hi"] * (MOST_ENTRIES + 1))
        assert (mode(path), mode(path.parent)) == (0o600, 0o700)
        chat(path)
        assert mode(path) == 0o600
    finally:
        os.umask(before)


def test_the_newest_entries_are_kept(path: Path) -> None:
    chat(path, *map(str, range(MOST_ENTRIES + 5)))
    chat(path)
    assert len(path.read_bytes().splitlines()) == MOST_ENTRIES
    assert known(path) == [str(number) for number in range(MOST_ENTRIES + 4, 4, -1)]
    assert [each.name for each in path.parent.iterdir()] == ["chat_history"]


def test_long_texts_are_kept_as_far_as_they_fit(path: Path) -> None:
    texts = [f"{number} {'x' * (MOST_BYTES // 4)}" for number in range(10)]
    chat(path, *texts)
    assert known(path) == texts[:-4:-1]
    assert path.stat().st_size <= MOST_BYTES
    assert [json.loads(line) for line in path.read_text().splitlines()] == texts[-3:]  # nothing that was cut off


def test_two_chats_lose_nothing_of_each_other(path: Path) -> None:
    one, other = TypedHistory(path), TypedHistory(path)
    one.add("one")
    other.add("other")
    one.add("one more")
    assert known(path) == ["one more", "other", "one"]


def test_a_line_that_is_no_entry_is_left_out(path: Path) -> None:
    chat(path, "hi")
    with path.open("ab") as file:
        file.write(b'"cut off\n{"no": "text"}\n\xff\n' + b"[" * 100_000 + b"\n")
    chat(path, "ho")
    assert known(path) == ["ho", "hi"]


@pytest.mark.parametrize("what", ["a folder", "below a file", "in a circle"])
def test_without_a_file_that_can_be_used_nothing_is_kept(path: Path, tmp_path: Path, what: str) -> None:
    if what == "a folder":
        path.mkdir(parents=True)
    elif what == "below a file":
        path.parent.touch()
    else:
        path.parent.mkdir()
        path.symlink_to(path)
    chat(path, "hi")
    assert known(path) == []


def test_one_that_may_not_be_read(closed: Path) -> None:
    chat(closed / "chat_history", "hi")
    assert known(closed / "chat_history") == []
    chat(closed.parent / "secret.png", "hi")
    assert known(closed.parent / "secret.png") == []


def test_on_a_full_disk_it_is_left_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    with small_disk(path.parent) as disk:
        chat(path, "one", "two", "three")
        disk.fill()
        before = path.read_bytes()
        assert known(path) == ["three", "two"]
        chat(path, "x" * MOST_BYTES)
        assert path.read_bytes().startswith(before)
        assert sorted(each.name for each in path.parent.iterdir()) == ["chat_history", "filler"]
        assert known(path)[-1] in {"two", "three"}
