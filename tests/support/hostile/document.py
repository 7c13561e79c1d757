"""docs/hostile.md, written from the table: `PYTHONPATH=tests/support:. python -m hostile.document`."""

from pathlib import Path

from hostile.row import Effect, End, Finish, Row, Via
from hostile.table import TABLE

DOCUMENT = Path(__file__).parents[3] / "docs/hostile.md"
SHOWN = 48  # characters of what is sent

INTRODUCTION = """# What strangers and mistakes cannot do

Each row is sent to a real daemon (`tests/hostile/`), and what it says happens, and nothing else: no other counter of
`status` grows, nobody else comes or goes, no other text, image or file is there. After each the daemon answers within
a second, its log holds no error, and its memory is what it was. This page is written from
`tests/support/hostile/table.py` by `PYTHONPATH=tests/support:. python -m hostile.document`; a test fails when it is not
what the table says.
"""


def text() -> str:
    """Return the whole document."""
    return "\n".join([INTRODUCTION, *(_section(via) for via in Via)])


def _section(via: Via) -> str:
    rows = [row for row in TABLE if row.via is via]
    title = f"{via.value[0].upper()}{via.value[1:]}"
    table = ["| input | sent | what happens |", "| --- | --- | --- |", *map(_line, rows)]
    return "\n".join([f"## {title}", "", *table, ""])


def _line(row: Row) -> str:
    cells = (row.name, _sent(row), "; ".join([row.reaction, *_effects(row.effect)]))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sent(row: Row) -> str:
    data = b" ".join(row.sent) if row.via is Via.SLCPCTL else b"".join(row.sent)
    shown = ascii(data)[2:-1].replace("`", "'")
    if len(shown) > SHOWN:
        shown = shown[:SHOWN] + "..."
    more = [
        *([f"{len(data):,} bytes"] if len(data) > SHOWN else []),
        *([f"{len(row.sent):,} datagrams"] if row.via in (Via.WHOIS, Via.OWN) and len(row.sent) > 1 else []),
        *([f"{row.times} at once"] if row.times > 1 else []),
        *([f"then it {row.finish.value}"] if row.finish is not Finish.HALF_CLOSE else []),
    ]
    return f"`{shown}`" * bool(shown) + (f" ({'; '.join(more)})" if more else "") or "nothing"


def _effects(effect: Effect) -> list[str]:
    counted = [f"`{reason}`" + (f" {number} times" if number > 1 else "") for reason, number in effect.dropped.items()]
    least = "at least " if effect.at_least and counted else ""
    refused = [answer for answer in dict.fromkeys(effect.answers) if answer != "result"]
    return [
        *([f"counted as {least}{', '.join(counted)}"] if counted else []),
        *(["the stream ends in order"] if effect.end is End.IN_ORDER else []),
        *(["the stream is reset"] if effect.end is End.RESET else []),
        *([f"answered {', '.join(f'`{answer}`' for answer in refused)}"] if refused else []),
        *([f"exit code {effect.code}: {effect.says}"] if effect.code is not None else []),
    ]


def write() -> None:
    DOCUMENT.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
