"""The catalogues of slcpctl's texts: whole, and true to the English that stands in the sources."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from docs.catalogue import KEYWORDS, SOURCES, catalogues, compiled, extracted, read

AS_THEY_ARE = (  # what a translation keeps: names of commands, options and files, and typed commands of the chat
    re.compile(r"`[^`]+`"),
    re.compile(r"(?<![\w-])--?[a-z]+\b"),
    re.compile(r"(?<![\w/])/[a-z]+\b"),
    re.compile(r"%(?:\([a-z_]+\))?[a-z]"),
    re.compile(r"\b(?:slcpctl|slcpd|F1|Esc|autoreply)\b"),
)


@pytest.fixture(params=catalogues(), ids=lambda path: path.parents[1].name)
def path(request: pytest.FixtureRequest) -> Path:
    """The catalogue of a language."""
    found: Path = request.param
    return found


@pytest.fixture
def catalogue(path: Path) -> Catalog:
    return read(path)


def test_there_is_a_german_one() -> None:
    assert "de" in [path.parents[1].name for path in catalogues()]


def test_a_catalogue_has_the_texts_of_the_sources_and_no_others(catalogue: Catalog) -> None:
    assert names(catalogue) == names(extracted()), "`make catalogue` brings it up to date"


def test_no_text_is_given_in_a_way_that_is_not_found() -> None:
    """As inside of an f-string, which Python 3.11 does not take apart."""
    found = {text for message in extracted() for text in forms(message.id)}
    assert not [f"{where}: {text!r}" for where, text in given() if text not in found]


def given() -> Iterator[tuple[str, str]]:
    """Yield the texts that the sources give to `tr` and `trn`, and where."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                count = len(KEYWORDS[node.func.id] or (1,))
                texts = (each.value for each in node.args[:count] if isinstance(each, ast.Constant))
                yield from ((f"{path.name}:{node.lineno}", str(text)) for text in texts)


def test_the_compiled_catalogue_is_that_of_the_text(path: Path, catalogue: Catalog) -> None:
    assert path.with_suffix(".mo").read_bytes() == compiled(catalogue), "`make catalogue` compiles it"


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert not [m.id for m in messages(catalogue) if m.fuzzy or not all(forms(m.string))]


def test_translations_keep_the_fields(catalogue: Catalog) -> None:
    wrong = []
    for message in messages(catalogue):
        *singular, several = map(fields, forms(message.id))
        *one, more = map(fields, forms(message.string))
        if more != several or any(form not in (*singular, several) for form in one):
            wrong.append((message.id, message.string))
    assert not wrong


def fields(text: str) -> Counter[tuple[str, str | None, str | None]]:
    return Counter((name, form, change) for _, name, form, change in Formatter().parse(text) if name is not None)


def test_translations_keep_what_is_typed(catalogue: Catalog) -> None:
    pairs = [
        (source, text) for m in messages(catalogue) for source, text in zip(forms(m.id), forms(m.string), strict=True)
    ]
    assert not [pair for pair in pairs if kept(pair[0]) != kept(pair[1])]


def kept(text: str) -> list[set[str]]:
    return [set(pattern.findall(text)) for pattern in AS_THEY_ARE]


def test_translations_keep_the_blanks_and_the_end(catalogue: Catalog) -> None:
    """What a text begins and ends with: blanks, and a mark such as a colon, which more may follow."""
    pairs = [
        (source, text) for m in messages(catalogue) for source, text in zip(forms(m.id), forms(m.string), strict=True)
    ]
    assert not [pair for pair in pairs if edges(pair[0]) != edges(pair[1])]


def edges(text: str) -> tuple[str, str, str]:
    body = text.strip()
    end = body[-1:] if body[-1:] in ":.…?" else ""
    return text[: len(text) - len(text.lstrip())], end, text[len(text.rstrip()) :]


def messages(catalogue: Catalog) -> Iterator[Message]:
    """All but the header."""
    return (message for message in catalogue if message.id)


def names(catalogue: Catalog) -> set[object]:
    return {message.id for message in messages(catalogue)}


def forms(text: object) -> list[str]:
    """Return the forms of a text: one, or those of the numbers."""
    return [text] if isinstance(text, str) else list(map(str, text)) if isinstance(text, Iterable) else []
