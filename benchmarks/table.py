"""The table as Markdown whose columns line up in a terminal, too."""

import math
from collections.abc import Iterable, Sequence

from benchmarks.measuring import Goal, Of, Row, Series, Unit

HEADING = ("path", "floor, or other", "slcp", "ratio", "goal", "")


def cells(row: Row) -> tuple[str, ...]:
    return (
        row.path,
        _spread(row.beside, row.unit),
        _spread(row.ours, row.unit),
        _ratio(row.ratio),
        _goal(row.goal, row.unit),
        row.verdict,
    )


def markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table."""
    body = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in [heading, *body]) for column in range(len(heading))]
    lines = [heading, ["-" * max(3, width) for width in widths], *body]
    return "".join(
        "| " + " | ".join(cell.ljust(max(3, width)) for cell, width in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )


def number(value: float) -> str:
    """Write three digits that count, and all before the point."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def times(ratio: float) -> str:
    """Write a ratio: two digits behind the point, more where these were zeros."""
    return f"{ratio:.2f}" if ratio >= 0.1 or not ratio else f"{ratio:.2g}"


def _spread(series: Series | None, unit: Unit) -> str:
    """Write the median, the smallest and the largest."""
    if not series:
        return "-"
    middle = f"{number(series.median)} {unit.word}"
    return middle if min(series) == max(series) else f"{middle} ({number(min(series))} to {number(max(series))})"


def _ratio(series: Series | None) -> str:
    if not series or math.isinf(max(series)):  # to nothing there is none
        return "-"
    middle, least, most = (times(value) for value in (series.median, min(series), max(series)))
    return f"{middle}x" if least == most else f"{middle}x ({least} to {most})"


def _goal(goal: Goal | None, unit: Unit) -> str:
    if goal is None:
        return ""
    of = "x" if goal.of is Of.RATIO else f" {unit.word}"
    if not goal.limit:
        return f"no {unit.word}"
    return f"{'at most' if goal.is_upper else 'at least'} {number(goal.limit)}{of}"
