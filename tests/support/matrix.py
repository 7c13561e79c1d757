"""What was observed of slcpd with each dialect, as a table; docs/dialects.md holds it."""

import enum
import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs/dialects.md"
BEGIN, END = "<!-- observed: begin -->", "<!-- observed: end -->"

DIALECTS = ("slcp", "json", "tcp-sender", "colon", "tcp-knowusers", "bare", "unheard")


class Row(enum.StrEnum):
    """What may work or not; "it" is the other program."""

    FOUND = "it was there first: slcpd finds it"
    FINDS = "it was there first: it learns of slcpd"
    JOINS = "it comes: slcpd lists it"
    IS_WELCOMED = "it comes: it learns of slcpd"
    ASKS_AT_ONCE = "its WHO is answered, before its JOIN"
    ASKS = "its WHO is answered, with two slcpd to list"
    TEXT_TO = "a text to it"
    TEXT_FROM = "a text from it"
    LONG_TEXT_TO = "1,500 bytes of text to it, complete"
    IMAGE_TO = "an image to it, byte for byte"
    IMAGE_FROM = "an image from it, byte for byte"
    AUTOREPLY = "the automatic answer reaches it"
    RECOGNISED = "slcpd names its dialect"
    LEAVES = "slcpd hears its LEAVE"
    LEAVES_BY_TCP = "slcpd hears its LEAVE by TCP"
    HEARS_LEAVE = "it hears slcpd's LEAVE"
    VANISHES = "it vanishes: slcpd learns it from a refused connection"
    ALIVE = "it has not choked on anything"
    SEEN_BY_ALL = "all at once: it and two slcpd know each other"
    TALKS_TO_ALL = "all at once: texts and images, both ways"


_CANNOT_HEAR = "asks from a socket that it closes at once"
_BY_UDP_ALONE = "takes texts alone, by UDP"

NOT_APPLICABLE = {
    (Row.ASKS_AT_ONCE, "colon"): _CANNOT_HEAR,
    (Row.ASKS, "colon"): _CANNOT_HEAR,
    (Row.ASKS_AT_ONCE, "tcp-knowusers"): "is answered at the chat port that its JOIN tells",
    (Row.IMAGE_TO, "unheard"): _BY_UDP_ALONE,
    (Row.IMAGE_FROM, "unheard"): _BY_UDP_ALONE,
    (Row.VANISHES, "unheard"): "takes no connections",
    **{(Row.LEAVES_BY_TCP, dialect): "says it by UDP alone" for dialect in DIALECTS if dialect != "tcp-knowusers"},
}


class Matrix:
    """Cells that were tried, and whether they worked."""

    def __init__(self) -> None:
        self._cells: dict[tuple[Row, str], bool] = {}

    def __bool__(self) -> bool:
        return bool(self._cells)

    def record(self, row: Row, dialect: str, works: bool) -> None:
        self._cells[row, dialect] = works and self._cells.get((row, dialect), True)

    def words(self) -> dict[tuple[Row, str], str]:
        """Return what the cells that were tried say."""
        return {cell: "yes" if works else "no" for cell, works in self._cells.items()}

    def lines(self) -> list[str]:
        """Return the table in Markdown, and the reasons below it."""
        words = self.words()
        reasons = sorted(set(NOT_APPLICABLE.values()), key=list(NOT_APPLICABLE.values()).index)

        def word(row: Row, dialect: str) -> str:
            reason = NOT_APPLICABLE.get((row, dialect))
            return f"({reasons.index(reason) + 1})" if reason else words.get((row, dialect), "not tried")

        rows = [["", *DIALECTS], *([row, *(word(row, dialect) for dialect in DIALECTS)] for row in Row)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * width for width in widths])
        table = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        return [*table, "", *(f"({number}) not applicable: it {reason}" for number, reason in enumerate(reasons, 1))]


def written() -> dict[tuple[Row, str], str]:
    """Return what the document says, by row and dialect."""
    table = [_words(line) for line in _parts()[1].splitlines() if line.startswith("|")]
    dialects = table[0][1:] if table else []
    return {
        (Row(title), dialect): word
        for title, *words in table[2:]
        for dialect, word in zip(dialects, words, strict=True)
    }


def write(matrix: Matrix) -> None:
    """Put the table into the document."""
    before, _, after = _parts()
    table = "\n".join(matrix.lines())
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def _parts() -> tuple[str, str, str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, table, after = re.split(f"{BEGIN}|{END}", text)
    return before, table, after


def _words(line: str) -> list[str]:
    return [word.strip() for word in line.strip("|").split("|")]
