"""Histories of years, made at once: as slcpd writes them, but in a few large transactions."""

import itertools
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.loads.joiner import CHAT_PORT, address_of, handle_of
from slcp.events import TextQueued
from slcpd.history import History

VOCABULARY = 5_000  # words, of which the n-th comes 1/n times as often as the first, as in languages
WORDS = 8  # of a text
PARTNERS = 10  # so that each has more than a page even in the shortest
AT_ONCE = 50_000  # texts of a transaction
COMMON = "word0"  # in every other text


def rare(number: int) -> str:
    """Return a word that is in one text alone."""
    return f"only{number}x"


def write_histories(folder: Path, sizes: Sequence[int]) -> Iterator[Path]:
    """Write a history of each of these sizes, the smallest first; each is the beginning of the next."""
    growing = folder / "growing.sqlite"
    for before, size in itertools.pairwise([0, *sizes]):
        _extend(growing, range(before, size))
        path = folder / f"{size}.sqlite"
        shutil.copyfile(growing, path)
        yield path


def _extend(path: Path, numbers: range) -> None:
    """Add texts that were delivered long ago."""
    with closing(History(path)) as history:
        for first in range(numbers.start, numbers.stop, AT_ONCE):
            history.add_all(_texts(range(first, min(first + AT_ONCE, numbers.stop))))
        history.mailbox.text_index.catch_up_at_once()
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE messages SET state = 'delivered' WHERE state = 'queued'")
        database.commit()


def _texts(numbers: range) -> Iterator[TextQueued]:
    rng = Random(numbers.start)  # noqa: S311  # words
    words = [f"word{rank}" for rank in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    for number in numbers:
        partner = number % PARTNERS
        chosen = rng.choices(words, cum_weights=weights, k=WORDS)
        yield TextQueued(
            id=f"{number:032x}",
            handle=handle_of(partner),
            ip=address_of(partner),
            port=CHAT_PORT,
            text=" ".join([*chosen, rare(number)]),
        )
