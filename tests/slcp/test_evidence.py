from itertools import permutations

import pytest

from slcp.dialects import BARE, COLON, SLCPD, TCP_SENDER, UNKNOWN, Trait
from slcp.evidence import MAX_REMEMBERED, Evidence
from slcp.messages import Address

HERE = Address("192.168.0.11", 5002)
ELSEWHERE = Address("192.168.0.12", 5002)


@pytest.fixture
def evidence() -> Evidence:
    return Evidence({}, {})


def test_of_a_stranger_nothing_is_known(evidence: Evidence) -> None:
    assert evidence.traits("Luca", HERE) == frozenset()
    assert evidence.conclusion("Luca", HERE).dialect is UNKNOWN


def test_what_is_learnt_adds_up(evidence: Evidence) -> None:
    assert evidence.learn("Luca", HERE, {Trait.NAMES_SENDER}).dialect is COLON
    conclusion = evidence.learn("Luca", HERE, {Trait.FROM_WHOISPORT})
    assert conclusion.dialect is TCP_SENDER
    assert conclusion == evidence.conclusion("Luca", HERE)
    assert evidence.traits("Luca", HERE) == {Trait.NAMES_SENDER, Trait.FROM_WHOISPORT}


@pytest.mark.parametrize("order", list(permutations([Trait.WITHOUT_LF, Trait.TEXT_BARE, Trait.NAMES_FILE])))
def test_the_order_does_not_matter(evidence: Evidence, order: tuple[Trait, ...]) -> None:
    for trait in order:
        conclusion = evidence.learn("Luca", HERE, [trait])
    assert conclusion.dialect is BARE


def test_nothing_new_changes_nothing(evidence: Evidence) -> None:
    evidence.learn("Luca", HERE, {Trait.LIST_COLONS})
    assert evidence.learn("Luca", HERE, []).dialect is COLON


def test_a_program_that_comes_back_at_another_port_is_the_same(evidence: Evidence) -> None:
    evidence.learn("Luca", HERE, {Trait.LIST_COLONS})
    assert evidence.conclusion("Luca", Address(HERE.ip, 6000)).dialect is COLON


@pytest.mark.parametrize(("handle", "address"), [("Mia", HERE), ("Luca", ELSEWHERE)], ids=["handle", "host"])
def test_another_handle_or_host_is_another_program(evidence: Evidence, handle: str, address: Address) -> None:
    evidence.learn("Luca", HERE, {Trait.LIST_COLONS})
    assert evidence.conclusion(handle, address).dialect is UNKNOWN


def test_what_is_forgotten_is_learnt_anew(evidence: Evidence) -> None:
    evidence.learn("Luca", HERE, {Trait.HELLO})
    evidence.learn("Mia", HERE, {Trait.HELLO})
    evidence.forget("Luca", HERE)
    evidence.forget("Luca", HERE)
    assert evidence.learn("Luca", HERE, {Trait.LIST_COLONS}).dialect is COLON
    assert evidence.conclusion("Mia", HERE).dialect is SLCPD


# Across restarts


def test_what_is_remembered_counts_at_once() -> None:
    evidence = Evidence({("Luca", HERE.ip): frozenset({Trait.NAMES_SENDER})}, {})
    assert evidence.conclusion("Luca", HERE).dialect is COLON
    assert evidence.learn("Luca", HERE, {Trait.FROM_WHOISPORT}).dialect is TCP_SENDER


def test_that_someone_was_an_slcpd_is_not_remembered() -> None:
    """It would say HELLO first; a program of the course under its handle must not be taken for it."""
    traits = frozenset({Trait.HELLO, Trait.JSON, Trait.FROM_OWN_PORT, Trait.WITHOUT_LF})
    assert Evidence({("Luca", HERE.ip): traits}, {}).conclusion("Luca", HERE).dialect is UNKNOWN


def test_what_was_remembered_stays_as_it_was_given() -> None:
    remembered = {("Luca", HERE.ip): frozenset({Trait.LIST_COLONS})}
    evidence = Evidence(remembered, {})
    evidence.forget("Luca", HERE)
    evidence.learn("Mia", HERE, {Trait.JSON})
    assert remembered == {("Luca", HERE.ip): frozenset({Trait.LIST_COLONS})}


# Set by the user


@pytest.mark.parametrize("heard", [Trait.HELLO, Trait.JSON, Trait.LIST_COLONS])
def test_what_the_user_has_set_wins(heard: Trait) -> None:
    evidence = Evidence({("Luca", HERE.ip): frozenset({Trait.LIST_COLONS})}, {"Luca": "bare"})
    conclusion = evidence.learn("Luca", HERE, {heard})
    assert (conclusion.dialect, conclusion.reason) == (BARE, "set in the config")
    assert evidence.learn("Mia", HERE, {heard}).dialect is not BARE


def test_what_is_heard_meanwhile_counts_when_the_user_unsets_it() -> None:
    evidence = Evidence({}, {"Luca": "bare"})
    evidence.learn("Luca", HERE, {Trait.LIST_COLONS})
    evidence.pinned = {}
    assert evidence.conclusion("Luca", HERE).dialect is COLON


# The bound


def learn_of_many(evidence: Evidence, count: int) -> None:
    for number in range(count):
        evidence.learn(f"user{number}", HERE, {Trait.JSON})


def test_the_one_learnt_of_longest_ago_goes_first(evidence: Evidence) -> None:
    learn_of_many(evidence, MAX_REMEMBERED)
    evidence.learn("user0", HERE, {Trait.WITHOUT_LF})
    evidence.learn("one-more", HERE, {Trait.JSON})
    known = [number for number in range(MAX_REMEMBERED) if evidence.traits(f"user{number}", HERE)]
    assert known == [0, *range(2, MAX_REMEMBERED)]
    assert evidence.traits("one-more", HERE) == {Trait.JSON}


def test_a_flood_is_bounded(evidence: Evidence) -> None:
    learn_of_many(evidence, MAX_REMEMBERED + 1000)
    assert sum(1 for number in range(MAX_REMEMBERED + 1000) if evidence.traits(f"user{number}", HERE)) == 4096
