"""What a line that is half typed may become: commands, handles and paths."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from slcpctl.conversing.shell_words import last_word, meaning, quoted
from slcpctl.conversing.typed import CAPITALS, COMMANDS
from slcpctl.translating import tr

IMAGES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
MOST_ENTRIES = 10_000  # read of a folder: the chat stands still meanwhile, for less than 0.1 s
MOST_PATHS = 200  # shown of a folder
NAME, HANDLE, PATH = "NAME", "HANDLE", "PATH"
_ARGUMENTS: dict[str, tuple[str, ...]] = {  # what the words behind a command are
    **{f"/{name}": tuple(row.usage.strip("[].").split()) for name, row in COMMANDS.items()},
    "MSG": (HANDLE, "TEXT"),
    "IMG": (HANDLE, PATH),
}


class Word(NamedTuple):
    """The word that is being typed."""

    kind: str  # NAME of a command, HANDLE, PATH, or what cannot be completed
    typed: str  # as it stands in the line


def word_at_end(before: str) -> Word:
    """Return the word that is typed, as `typed` reads it: a handle as it is, for it has no blanks, a path in quotes."""
    word, blank, rest = before.partition(" ")
    if not blank:
        return Word(NAME, word)
    for kind in _ARGUMENTS.get(word, ()):
        rest = rest.lstrip()
        if kind == PATH:  # and all that follows
            return Word(PATH, last_word(rest))
        argument, blank, rest = rest.partition(" ")
        if not blank:
            return Word(kind, argument)
    return Word("", "")


def suggestions(word: Word, handles: Iterable[str]) -> list[tuple[str, str]]:
    """Return what a word may become, and how to show it."""
    if word.kind == NAME:
        return _names(word.typed)
    if word.kind == HANDLE:
        return _handles(word.typed, handles)
    return _paths(meaning(word.typed)) if word.kind == PATH else []


def _names(typed: str) -> list[tuple[str, str]]:
    names = [*(f"/{name}" for name in COMMANDS), *CAPITALS] if typed else []
    return [(name, name) for name in names if name.startswith(typed)]


def _handles(typed: str, handles: Iterable[str]) -> list[tuple[str, str]]:
    known = [*handles, tr("everyone")]
    return [(handle, handle) for handle in known if handle.casefold().startswith(typed.casefold())]


def _paths(path: str) -> list[tuple[str, str]]:
    """Suggest images first, then folders, then the rest; hidden ones only to whoever types the dot."""
    head, slash, start = path.rpartition("/")
    folder = head + slash
    return [(quoted(_in(folder, entry.shown)), entry.shown) for entry in sorted(_entries(folder, start))[:MOST_PATHS]]


class _Entry(NamedTuple):
    """An entry of a folder; their order is that of the menu."""

    rank: int
    folded: str
    shown: str


def _entries(folder: str, start: str) -> list[_Entry]:
    """Return what begins so in a folder, which is as it is typed; nothing if it cannot be read."""
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:  # noqa: PTH111  # pathlib's raises for ~nobody
            return [_entry(entry) for entry in islice(entries, MOST_ENTRIES) if _begins(entry.name, start)]
    except (OSError, ValueError):  # ValueError: what no path can hold, such as NUL
        return []


def _begins(name: str, start: str) -> bool:
    return name.startswith(start) and bool(start or not name.startswith("."))


def _entry(entry: os.DirEntry[str]) -> _Entry:
    name, is_folder = entry.name, _is_folder(entry)
    is_image = os.path.splitext(name)[1].casefold() in IMAGES  # noqa: PTH122  # a Path for each would take as long again
    return _Entry(0 if is_image else 1 if is_folder else 2, name.casefold(), f"{name}/" if is_folder else name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to where we may not look, or in a circle
        return False


def _in(folder: str, name: str) -> str:
    """Return a path that means that file: ~name alone would be a home."""
    return f"./{name}" if not folder and name.startswith("~") else folder + name
