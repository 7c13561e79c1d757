"""The catalogues of slcpctl's texts: python -m docs.catalogue, which `make catalogue` runs

Brings each slcp.po up to date with the texts in the sources (new ones are empty, those that are gone are dropped), and
compiles it to the slcp.mo that slcpctl reads.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from slcp.client import ENDED
from slcp.config import KEYS
from slcpctl.translating import DOMAIN, FOLDER

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "slcpctl"
KEYWORDS = {"tr": None, "trn": (1, 2)}  # whose first argument, or whose first two, are texts
WIDTH = 120
ARGPARSE = (  # what argparse 3.11 to 3.14 says of our arguments; it asks gettext for it
    "positional arguments",
    "options",
    "show this help message and exit",
    "argument %(argument_name)s: %(message)s",
    "the following arguments are required: %s",
    "expected one argument",
    "invalid %(type)s value: %(value)r",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "ignored explicit argument %r",
)


def catalogues() -> list[Path]:
    """Return the catalogue of each language."""
    return sorted(Path(FOLDER).glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> Catalog:
    """Read a catalogue; its language is the name of its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as slcpctl reads it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def extracted() -> Catalog:
    """Return all texts of the sources, each with the files that it stands in."""
    found = Catalog(domain=DOMAIN)
    for name, text in _texts():
        found.add(text, locations=[(name, 0)])
    return found


def _texts() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for name, _, text, _, _ in extract_from_dir(SOURCES, keywords=KEYWORDS, comment_tags=()):
        yield f"{SOURCES.name}/{name}", text
    yield from (("slcp/config.py", key.comment) for key in KEYS.values())
    yield "slcp/config.py", KEYS["handle"].expects
    yield "slcp/client.py", ENDED
    yield from (("argparse", text) for text in ARGPARSE)


def update(path: Path, texts: Catalog) -> list[Message]:
    """Write a catalogue and its compiled form anew; return what lacks a translation."""
    catalogue = read(path)
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return [message for message in catalogue if message.id and not _is_translated(message)]


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def main() -> int:
    """Bring all up to date; name what lacks a translation."""
    texts = extracted()
    lacking = [(path, message) for path in catalogues() for message in update(path, texts)]
    for path, message in lacking:
        sys.stderr.write(f"{path.relative_to(ROOT)}: no translation of {message.id!r}\n")
    return int(bool(lacking))


if __name__ == "__main__":
    sys.exit(main())
