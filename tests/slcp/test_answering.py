"""Whose turn it is to answer, and how long an answer is."""

from random import Random

import pytest

from slcp.announcing import Announcer
from slcp.answering import (
    ASKS_AGAIN_AFTER,
    ASKS_AGAIN_WITHIN,
    MAX_ASKERS,
    MAX_LISTED,
    QUESTIONS_PER_ADDRESS,
    Answering,
    Askers,
    is_our_turn,
)
from slcp.dialects import SLCPD
from slcp.errors import BadInput, ProtocolError
from slcp.membership import Membership
from slcp.messages import Address, KnownUsers
from slcp.node import Node
from slcp.peers import PeerTable
from slcp.wire import decode

ASKER = Address("192.168.0.77", 5009)


def nodes(number: int) -> list[Address]:
    return [Address(f"192.168.0.{index}", 5001) for index in range(1, number + 1)]


def who_answers(crowd: list[Address], asked_before: int, asker: Address = ASKER) -> set[Address]:
    return {
        me for me in crowd if is_our_turn(me, (node for node in crowd if node != me), len(crowd), asker, asked_before)
    }


# Turns


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 7, 12, 50])
@pytest.mark.parametrize("asked_before", [0, 1, 2, 3, 10, 1000])
def test_three_answer_however_many_there_are(number: int, asked_before: int) -> None:
    assert len(who_answers(nodes(number), asked_before)) == min(3, number)


@pytest.mark.parametrize("number", [4, 5, 7, 12, 50])
def test_whoever_asks_again_and_again_is_answered_by_all(number: int) -> None:
    turns = [who_answers(nodes(number), asked_before) for asked_before in range(-(-number // 3))]
    assert set().union(*turns) == set(nodes(number))
    assert turns[0].isdisjoint(turns[1]) == (number >= 6)


def test_every_asker_has_an_order_of_its_own() -> None:
    askers = [Address("192.168.0.77", port) for port in range(5000, 5030)]
    assert set().union(*(who_answers(nodes(12), 0, asker) for asker in askers)) == set(nodes(12))


# Asking again


def test_a_question_is_counted_when_it_comes_some_time_after_the_last() -> None:
    askers = Askers()
    moments = [0.0, 0.1, ASKS_AGAIN_AFTER, 0.7, 3.0, 3.0 + ASKS_AGAIN_WITHIN - 0.1, 30.0]
    assert [askers.count(ASKER, now) for now in moments] == [0, 0, 1, 1, 2, 3, 0]


def test_each_asker_is_counted_alone() -> None:
    askers = Askers()
    askers.count(ASKER, 0.0)
    askers.count(ASKER, 1.0)
    assert askers.count(Address(ASKER.ip, ASKER.port + 1), 2.0) == 0
    assert askers.count(ASKER, 2.0) == 2


def test_of_too_many_askers_those_longest_ago_begin_anew() -> None:
    askers = Askers()
    for port in range(1, MAX_ASKERS + 2):
        askers.count(Address(ASKER.ip, port), 0.0)
    assert askers.count(Address(ASKER.ip, 2), 1.0) == 1
    assert askers.count(Address(ASKER.ip, 1), 1.0) == 0
    assert len(askers._asked) == MAX_ASKERS


# The length of an answer


def test_an_answer_names_those_heard_last_and_no_more_than_a_bound(me: Node, announcer: Announcer) -> None:
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    announcer.take()
    peers = PeerTable()
    for number in range(MAX_LISTED + 10):
        peers.hear(f"User{number}", Address(f"192.168.{number // 250}.{number % 250}", 5001), float(number))
    peers.hear("User0", Address("192.168.0.0", 5001), 10_000.0)
    Answering(me, announcer, membership, peers).answer_who(ASKER, 10_001.0, was_broadcast=False)
    lists = [message for sent in announcer.take() if isinstance(message := decode(sent.data), KnownUsers)]
    listed = [user.handle for message in lists if message.command == "KNOWNUSERS" for user in message.users]
    assert listed == ["Ani", *(f"User{number}" for number in range(11, MAX_LISTED + 10)), "User0"]


# The rate of questions


def test_whoever_asks_too_often_is_no_work(me: Node, announcer: Announcer) -> None:
    """To find whose turn it is costs time, too, and a question that is not answered counts as one that is."""
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    peers = PeerTable()
    for index in range(2, 51):
        peers.hear(f"User{index}", Address(f"192.168.0.{index}", 5001), 0.0, SLCPD)
    announcer.take()

    def is_answered(answering: Answering, asker: Address) -> bool:
        answering.answer_who(asker, 1.0, was_broadcast=True)
        return announcer.take() != []

    askers = (Address(ASKER.ip, port) for port in range(5000, 6000))
    passed_over = next(one for one in askers if not is_answered(Answering(me, announcer, membership, peers), one))
    answering = Answering(me, announcer, membership, peers)
    assert not any(is_answered(answering, passed_over) for _ in range(QUESTIONS_PER_ADDRESS))
    for was_broadcast in (True, False):
        with pytest.raises(ProtocolError, match=BadInput.RATE_LIMITED):
            answering.answer_who(passed_over, 1.0, was_broadcast)
