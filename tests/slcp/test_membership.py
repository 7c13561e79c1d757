import itertools
from random import Random

import pytest

from slcp.announcing import Announcer
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.node import Node

ENTRANCE = [b"HELLO Ani 5001 1 -\n", b"JOIN Ani 5001\n", b"WHO\n"]


@pytest.fixture
def membership(me: Node, announcer: Announcer) -> Membership:
    return Membership(me, announcer, Random(1))


def broadcast(announcer: Announcer) -> list[bytes]:
    datagrams = announcer.take()
    assert {datagram.to for datagram in datagrams} <= {None}
    return [datagram.data for datagram in datagrams]


def next_heartbeat(membership: Membership) -> float:
    assert membership.heartbeat_at is not None
    return membership.heartbeat_at


def test_before_joining_nothing_is_said(membership: Membership, announcer: Announcer) -> None:
    membership.beat(1000.0)
    assert not membership.is_here
    assert broadcast(announcer) == []


def test_who_joins_says_so_and_asks_who_is_here(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    assert membership.is_here
    assert broadcast(announcer) == ENTRANCE


def test_the_heartbeat_is_hello_alone(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    announcer.take()
    due = next_heartbeat(membership)
    membership.beat(due - 0.001)
    assert broadcast(announcer) == []
    membership.beat(due)
    assert broadcast(announcer) == [b"HELLO Ani 5001 1 -\n"]


def test_heartbeats_are_30_seconds_apart_give_or_take_3(membership: Membership) -> None:
    membership.join(0.0)
    beats = [0.0]
    for _ in range(1000):
        beats.append(next_heartbeat(membership))
        membership.beat(beats[-1])
    gaps = [later - earlier for earlier, later in itertools.pairwise(beats)]
    assert 27.0 <= min(gaps) < 27.5
    assert 32.5 < max(gaps) <= 33.0


def test_two_who_start_together_do_not_beat_together(me: Node, announcer: Announcer) -> None:
    ours, theirs = (Membership(me, announcer, Random(seed)) for seed in (1, 2))
    ours.join(0.0)
    theirs.join(0.0)
    assert ours.heartbeat_at != theirs.heartbeat_at


def test_who_leaves_says_so_once_and_is_silent(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    announcer.take()
    membership.leave()
    membership.leave()
    membership.beat(1000.0)
    assert not membership.is_here
    assert broadcast(announcer) == [b"LEAVE Ani\n"]


def test_who_has_left_can_join_again(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    membership.leave()
    announcer.take()
    membership.join(60.0)
    assert broadcast(announcer) == ENTRANCE
    assert next_heartbeat(membership) > 60.0


def test_asking_works_while_unseen(membership: Membership, announcer: Announcer) -> None:
    membership.ask()
    assert broadcast(announcer) == [b"WHO\n"]
    assert not membership.is_here


def test_another_handle_is_announced_behind_a_leave_of_the_old_one(
    membership: Membership, announcer: Announcer
) -> None:
    membership.join(0.0)
    announcer.take()
    membership.rename("Anita", 10.0)
    assert broadcast(announcer) == [b"HELLO Anita 5001 1 -\n", b"JOIN Anita 5001\n", b"LEAVE Ani\n"]
    assert membership.is_here
    assert next_heartbeat(membership) > 10.0


def test_who_is_unseen_takes_another_handle_in_silence(membership: Membership, announcer: Announcer) -> None:
    membership.rename("Anita", 0.0)
    assert broadcast(announcer) == []
    membership.join(1.0)
    assert broadcast(announcer)[1] == b"JOIN Anita 5001\n"


def test_another_network_is_greeted(membership: Membership, announcer: Announcer, me: Node) -> None:
    membership.join(0.0)
    announcer.take()
    elsewhere = Links((Link.of("wlan0", "10.20.30.40", "255.255.255.0"),))
    membership.follow(elsewhere, 5.0)
    assert me.links == elsewhere
    assert broadcast(announcer) == ENTRANCE


def test_who_is_unseen_stays_so_in_another_network(membership: Membership, announcer: Announcer, me: Node) -> None:
    membership.follow(Links(()), 5.0)
    assert me.links == Links(())
    assert broadcast(announcer) == []
