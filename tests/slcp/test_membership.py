import itertools
from random import Random

import pytest

from slcp.announcing import Announcer
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.messages import Address
from slcp.node import Node

QUESTIONS = [b"WHO\n", b"WHO", b'["WHO", "Ani"]']


def joins(*ips: str, handle: bytes = b"Ani") -> list[bytes]:
    """JOIN in each form: in text behind HELLO, and in JSON with the address of each link."""
    in_json = [b'["JOIN", "%s", "%s", 5001]' % (handle, ip.encode()) for ip in ips]
    return [b"HELLO %s 5001 1 -\n" % handle, b"JOIN %s 5001\n" % handle, *in_json]


ENTRANCE = [*joins("127.0.0.1", "192.168.0.10"), *QUESTIONS]


@pytest.fixture
def membership(me: Node, announcer: Announcer) -> Membership:
    return Membership(me, announcer, Random(1))


BROADCASTS = {Address(ip, 4000) for ip in ("127.255.255.255", "192.168.0.255", "10.20.30.255")}


def broadcast(announcer: Announcer) -> list[bytes]:
    datagrams = announcer.take()
    assert all(datagram.to is None or datagram.to in BROADCASTS for datagram in datagrams)
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
    assert broadcast(announcer) == [b"LEAVE Ani\n", b'["LEAVE", "Ani"]']


def test_who_has_left_can_join_again(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    membership.leave()
    announcer.take()
    membership.join(60.0)
    assert broadcast(announcer) == ENTRANCE
    assert next_heartbeat(membership) > 60.0


def test_asking_works_while_unseen(membership: Membership, announcer: Announcer) -> None:
    membership.ask()
    assert broadcast(announcer) == QUESTIONS
    assert not membership.is_here


def test_another_handle_is_announced_before_the_old_one_leaves(membership: Membership, announcer: Announcer) -> None:
    membership.join(0.0)
    announcer.take()
    membership.rename("Anita", 10.0)
    new_one_first = [*joins("127.0.0.1", "192.168.0.10", handle=b"Anita"), b"LEAVE Ani\n", b'["LEAVE", "Ani"]']
    assert broadcast(announcer) == new_one_first
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
    assert broadcast(announcer) == [*joins("10.20.30.40"), *QUESTIONS]


def test_who_is_unseen_stays_so_in_another_network(membership: Membership, announcer: Announcer, me: Node) -> None:
    membership.follow(Links(()), 5.0)
    assert me.links == Links(())
    assert broadcast(announcer) == []
