"""How SQLite looks up what a history is asked for, and how much work that is: told without a clock."""

import itertools
from collections.abc import Callable

from slcpd.history import History


def plans(history: History, ask: Callable[[], object]) -> list[str]:
    """Return how SQLite looks up all that is asked for."""
    sqlite = history._db._sqlite
    statements: list[str] = []
    sqlite.set_trace_callback(statements.append)
    ask()
    sqlite.set_trace_callback(None)
    asked = [statement for statement in statements if not statement.startswith("--")]  # those are of FTS5 itself
    return [row[-1] for statement in asked for row in sqlite.execute(f"EXPLAIN QUERY PLAN {statement}")]


def steps_of(history: History, ask: Callable[[], object]) -> int:
    """Count the steps of SQLite's machine that an answer takes."""
    steps = itertools.count()
    history._db._sqlite.set_progress_handler(lambda: next(steps) < 0, 1)
    ask()
    history._db._sqlite.set_progress_handler(None, 1)
    return next(steps)
