"""Figures that are measured side by side, and the goals they are held to.

A machine that others use too is now fast, now slow. So what is compared takes turns within one
run, and a ratio is the median of the ratios of each turn, in which both had the same machine.
"""

import enum
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

SLCP, FLOOR = "slcp", "floor"  # contenders; those of others have their own names
ROUNDS = 7  # turns of each at least: a median of fewer is luck

Sample = TypeVar("Sample")


class Effort(NamedTuple):
    """How long to measure, and where."""

    folder: Path  # for all files, on the disk that is measured
    rounds: int = ROUNDS
    is_quick: bool = False


class Unit(enum.Enum):
    """What a figure counts: its word, and whether fewer are better."""

    MILLISECONDS = ("ms", True)
    MICROSECONDS = ("us", True)
    A_SECOND = ("/s", False)
    MEGABYTES_A_SECOND = ("MB/s", False)
    MEBIBYTES = ("MiB", True)
    KIBIBYTES = ("KiB", True)
    BYTES = ("B", True)
    LOST = ("lost", True)
    WAKE_UPS = ("wake-ups", True)
    ANSWERS = ("answers", True)

    def __init__(self, word: str, fewer_is_better: bool) -> None:
        self.word = word
        self.fewer_is_better = fewer_is_better


class Series(tuple[float, ...]):
    """The figures of one contender, one for each turn."""

    __slots__ = ()

    @property
    def median(self) -> float:
        return statistics.median(self)

    def over(self, other: "Series") -> "Series":
        """Return the ratios, turn by turn; that to nothing is 1 for nothing, else infinite."""
        return Series(_ratio(ours, theirs) for ours, theirs in zip(self, other, strict=True))


def _ratio(ours: float, theirs: float) -> float:
    if theirs:
        return ours / theirs
    return float("inf") if ours else 1.0


class Of(enum.Enum):
    """Which figure a goal is about."""

    RATIO = enum.auto()  # the median one
    MEDIAN = enum.auto()  # of ours
    WORST = enum.auto()  # of ours


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for one figure of a row."""

    limit: float
    of: Of = Of.RATIO
    is_upper: bool = True

    def is_met(self, row: "Row") -> bool:
        figure = row.figure(self.of)
        return figure <= self.limit if self.is_upper else figure >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what a path costs us, beside the floor, another program, or itself with less to do."""

    path: str
    unit: Unit
    ours: Series
    beside: Series | None = None
    goal: Goal | None = None  # None beside other programs: there we are ahead or behind

    @property
    def ratio(self) -> Series | None:
        return self.ours.over(self.beside) if self.beside else None

    def figure(self, of: Of) -> float:
        """Return the figure that a goal is about."""
        match of:
            case Of.RATIO:
                return self.ratio.median if self.ratio else float("nan")
            case Of.MEDIAN:
                return self.ours.median
            case Of.WORST:
                return max(self.ours) if self.unit.fewer_is_better else min(self.ours)

    @property
    def verdict(self) -> str:
        """Tell whether the goal is met, or who is faster; nothing where there is nothing to compare."""
        if self.goal:
            return "met" if self.goal.is_met(self) else "MISSED"
        if not self.ratio:
            return ""
        return "ahead" if (self.ratio.median < 1) is self.unit.fewer_is_better else "behind"


Benchmark = Callable[[Effort], Iterator[Row | str]]  # yields rows, and words on what is left out


def at_most(ratio: float) -> Goal:
    return Goal(ratio)


def at_least(ratio: float) -> Goal:
    return Goal(ratio, is_upper=False)


def worst_at_most(limit: float) -> Goal:
    return Goal(limit, Of.WORST)


def median_at_most(limit: float) -> Goal:
    return Goal(limit, Of.MEDIAN)


def take_turns(contenders: Mapping[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample]]:
    """Let each measure once a round, who is first changes; a round before these warms up and does not count."""
    names = list(contenders)
    taken: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            sample = contenders[name]()
            if number:
                taken[name].append(sample)
    return taken


def finely(contenders: Mapping[str, Callable[[], float]], rounds: int, parts: int) -> dict[str, list[list[float]]]:
    """Measure so many times in each round, but take turns after each time: the machine changes within a round, too."""
    taken = take_turns(contenders, rounds * parts)
    return {name: [values[at : at + parts] for at in range(0, len(values), parts)] for name, values in taken.items()}


def medians(rounds: Iterable[Iterable[float]]) -> Series:
    """Return the median of each round."""
    return Series(map(statistics.median, rounds))


def side_by_side(path: str, unit: Unit, taken: Mapping[str, Series], goal: Goal | None) -> Iterator[Row]:
    """Yield our row beside the floor, held to the goal, and then one beside each program of others."""
    ours = taken[SLCP]
    yield Row(path, unit, ours, taken[FLOOR], goal)
    for name in taken:
        if name not in (SLCP, FLOOR):
            yield Row(f"  beside {name}", unit, ours, taken[name])


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the smallest value that so many percent are not above of."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
