import pytest

from slcp.rates import RateLimit


def test_so_many_a_second_for_one_host_and_for_all() -> None:
    limit = RateLimit(per_host=2, in_all=3)
    assert [limit.allows("10.0.0.1", 5.0) for _ in range(3)] == [True, True, False]
    assert [limit.allows("10.0.0.2", 5.5) for _ in range(2)] == [True, False]
    assert limit.allows("10.0.0.1", 6.0)


def test_what_costs_more_counts_for_more() -> None:
    limit = RateLimit(per_host=10, in_all=100)
    assert limit.allows("10.0.0.1", 0.0, 6)
    assert not limit.allows("10.0.0.1", 0.0, 6)
    assert limit.allows("10.0.0.1", 0.0, 4)


def test_what_costs_more_than_a_second_has_is_allowed_alone() -> None:
    limit = RateLimit(per_host=10, in_all=10)
    assert limit.allows("10.0.0.1", 0.0, 1000)
    assert not limit.allows("10.0.0.2", 0.0, 1)
    assert limit.allows("10.0.0.2", 1.0, 1000)


@pytest.mark.parametrize("later", [-5.0, 1.0, 1e9])
def test_another_second_begins_anew_whichever_way_the_clock_went(later: float) -> None:
    limit = RateLimit(per_host=1, in_all=1)
    assert limit.allows("10.0.0.1", 10.0)
    assert limit.allows("10.0.0.1", 10.0 + later)
