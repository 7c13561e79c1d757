"""The figures: turns, ratios, goals, and how they are shown."""

import pytest

from benchmarks.measuring import (
    Goal,
    Row,
    Series,
    Unit,
    at_least,
    at_most,
    median_at_most,
    percentile,
    take_turns,
    worst_at_most,
)
from benchmarks.table import HEADING, cells, markdown, number, times


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def turn(name: str) -> int:
        order.append(name)
        return len(order)

    taken = take_turns({"a": lambda: turn("a"), "b": lambda: turn("b")}, 3)
    assert "".join(order) == "abbaabba"
    assert taken == {"a": [4, 5, 8], "b": [3, 6, 7]}


def test_a_ratio_is_of_each_turn_so_that_a_slow_moment_of_the_machine_does_not_show() -> None:
    row = Row("path", Unit.MILLISECONDS, Series([2, 2, 20, 2, 2]), Series([1, 1, 10, 1, 1]))
    assert row.ratio == Series([2, 2, 2, 2, 2])


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (at_most(2.0), "met"),
        (at_most(1.9), "MISSED"),
        (at_least(2.0), "met"),
        (at_least(2.1), "MISSED"),
        (median_at_most(4.0), "met"),
        (median_at_most(3.9), "MISSED"),
        (worst_at_most(6.0), "met"),
        (worst_at_most(5.9), "MISSED"),
    ],
)
def test_a_goal_is_met_or_not(goal: Goal, verdict: str) -> None:
    assert Row("path", Unit.MILLISECONDS, Series([2, 4, 6]), Series([1, 2, 3]), goal).verdict == verdict


@pytest.mark.parametrize(
    ("unit", "ours", "verdict"),
    [
        (Unit.MILLISECONDS, 1.0, "ahead"),
        (Unit.MILLISECONDS, 3.0, "behind"),
        (Unit.A_SECOND, 1.0, "behind"),
        (Unit.A_SECOND, 3.0, "ahead"),
    ],
)
def test_beside_another_program_we_are_ahead_or_behind(unit: Unit, ours: float, verdict: str) -> None:
    assert Row("path", unit, Series([ours]), Series([2.0])).verdict == verdict


def test_nothing_lost_beside_nothing_lost_is_no_difference() -> None:
    lost = Row("JOIN", Unit.LOST, Series([0, 0]), Series([0, 0]), worst_at_most(0))
    assert cells(lost) == ("JOIN", "0 lost", "0 lost", "1.00x", "no lost", "met")
    some = Row("JOIN", Unit.LOST, Series([0, 1]), Series([0, 0]), worst_at_most(0))
    assert cells(some)[3:] == ("-", "no lost", "MISSED")


def test_the_slowest_of_a_hundred() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5.0], 99) == 5.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0


def test_a_row_shows_the_median_and_how_far_the_figures_lie_apart() -> None:
    row = Row("text", Unit.MILLISECONDS, Series([2.0, 2.5, 3.0]), Series([1.0, 1.0, 1.0]), at_most(2))
    assert cells(row) == ("text", "1 ms", "2.5 ms (2 to 3)", "2.50x (2.00 to 3.00)", "at most 2x", "MISSED")
    assert markdown(HEADING, [cells(row)]).splitlines()[2].startswith("| text | 1 ms            | 2.5 ms (2 to 3) |")


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (7, "7"), (0.01234, "0.0123"), (99.94, "99.9"), (1234.5, "1,234")]
)
def test_numbers_have_the_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(("ratio", "shown"), [(2.345, "2.35"), (0.5, "0.50"), (0.00123, "0.0012"), (0.0, "0.00")])
def test_small_ratios_are_not_shown_as_nothing(ratio: float, shown: str) -> None:
    assert times(ratio) == shown
