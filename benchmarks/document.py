"""docs/performance.md: the tables in it are written by the benchmarks, the rest by people."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/performance.md"


def put(name: str, words: str) -> None:
    """Put a table into the page, between the marks of that name. Raises ValueError where there are none."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), name, words), encoding="utf-8")


def replaced(page: str, name: str, words: str) -> str:
    """Return a page with `words` between the marks of that name."""
    begin, end = f"<!-- {name}: written by the benchmark -->", f"<!-- end of {name} -->"
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not marked.search(page):
        raise ValueError(f"{PAGE}: has no place for {name}")
    return marked.sub(lambda _: f"{begin}\n\n{words.strip()}\n\n{end}", page)
