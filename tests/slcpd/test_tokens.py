import pytest

from slcpd.tokens import HostTokens, Tokens


def test_a_burst_at_once_and_then_so_many_a_second() -> None:
    tokens = Tokens(3, 2.0)
    assert [tokens.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [tokens.take(101.0) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_takes_no_tokens_away() -> None:
    tokens = Tokens(1, 1.0)
    assert tokens.take(100.0)
    assert not tokens.take(0.0)
    assert tokens.take(1.0)


def test_a_host_has_its_own() -> None:
    hosts = HostTokens(1, 1.0)
    assert hosts.of("10.0.0.1").take(0.0)
    assert not hosts.of("10.0.0.1").take(0.0)
    assert hosts.of("10.0.0.2").take(0.0)


def test_so_many_hosts_are_held_and_the_one_unused_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.tokens.MAX_HOSTS", 2)
    hosts = HostTokens(1, 1.0)
    first, second = hosts.of("10.0.0.1"), hosts.of("10.0.0.2")
    assert hosts.of("10.0.0.1") is first
    hosts.of("10.0.0.3")
    assert hosts.of("10.0.0.1") is first
    assert hosts.of("10.0.0.2") is not second
