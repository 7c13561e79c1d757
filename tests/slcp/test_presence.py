"""The rules of docs/protocol.md, section 2, at one node: datagrams and the time in, events and datagrams out."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.announcing import Announcer, Datagram
from slcp.blocklist import Blocklist
from slcp.dialects import BY_NAME, SLCPD, TCP_KNOWUSERS, UNKNOWN, Trait
from slcp.errors import BadInput, ProtocolError
from slcp.evidence import Evidence
from slcp.links import Link, Links
from slcp.liveness import PROBE_FOR
from slcp.membership import Membership
from slcp.messages import Address, Hello, Image, Join, KnownUsers, Leave, ListCommand, Message, Text, User, Who
from slcp.node import Node
from slcp.peers import (
    MAX_NAMED,
    MAX_PEERS,
    LeaveReason,
    Peer,
    PeerChanged,
    PeerHeard,
    PeerJoined,
    PeerLeft,
    PeerState,
    TraitsLearned,
)
from slcp.presence import MAX_FROM_AFAR, InputDropped, Presence, PresenceEvent, TextHeard

LUCA = Address("192.168.0.11", 5002)
MIA = Address("192.168.0.12", 5003)
FLATMATE = Address("127.0.0.1", 5004)  # another user of our machine
THROW_AWAY = 49152  # a port that someone sends from once
OURSELVES = b"KNOWNUSERS Ani 192.168.0.10 5001\n"


@pytest.fixture
def membership(me: Node, announcer: Announcer) -> Membership:
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    announcer.take()
    return membership


@pytest.fixture
def presence(me: Node, announcer: Announcer, membership: Membership) -> Presence:
    return Presence(me, announcer, membership, Blocklist())


def said(announcer: Announcer) -> list[tuple[bytes, Address | None]]:
    return [(datagram.data, datagram.to) for datagram in announcer.take()]


def handles(presence: Presence) -> list[str]:
    return [peer.handle for peer in presence.peers.here()]


def reasons(events: list[PresenceEvent]) -> list[BadInput]:
    return [event.reason for event in events if isinstance(event, InputDropped)]


def joined(events: list[PresenceEvent]) -> list[str]:
    return [event.peer.handle for event in events if isinstance(event, PeerJoined)]


def states(presence: Presence) -> dict[str, PeerState]:
    return {peer.handle: peer.state for peer in presence.peers.all()}


# Whatever comes


def on_a_fresh_machine() -> tuple[Presence, Announcer]:
    links = Links((Link.of("lo", "127.0.0.1", "255.0.0.0"), Link.of("eth0", "192.168.0.10", "255.255.255.0")))
    me = Node("Ani", 5001, links)
    announcer = Announcer(me, whoisport=4000)
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    announcer.take()
    return Presence(me, announcer, membership, Blocklist()), announcer


LINES = st.sampled_from(
    [
        b"HELLO Luca 5002 1 -\n",
        b"HELLO Luke 5002 1 -\n",
        b"JOIN Luca 5002\n",
        b"JOIN Mia 5003\n",
        b"JOIN Ani 5001\n",
        b"LEAVE Luca\n",
        b"LEAVE Mia\n",
        b"WHO\n",
        b"MSG Ani Hallo\n",
        b"KNOWNUSERS Luca 192.168.0.11 5002, Mia 192.168.0.12 5003, Ani 127.0.0.1 5001\n",
        b"KNOWUSERS Noah 192.168.0.10 5005\n",
        b"KNOWUSERS Luca:192.168.0.11:5002\n",
        b"JOIN Luca 5002",
        b"WHO",
        b'["JOIN", "Luca", "192.168.0.11", 5002]',
        b'["WHO", "Luca"]',
        b'["LEAVE", "Luca"]',
        b'["MSG", "Luca", "Ani", "Hallo"]',
    ]
)
SOURCES = st.sampled_from([LUCA, MIA, FLATMATE, Address(LUCA.ip, THROW_AWAY), Address("8.8.8.8", 5002)])
PAUSES = st.sampled_from([0.0, 0.1, 5.0, 30.0, 90.0, 600.0])


@given(st.lists(st.tuples(PAUSES, SOURCES, LINES), max_size=40))
def test_the_events_tell_all_that_the_table_shows(steps: list[tuple[float, Address, bytes]]) -> None:
    def shown(peer: Peer) -> tuple[object, ...]:
        return peer.name, peer.state, peer.dialect, peer.second_hand

    presence, _ = on_a_fresh_machine()
    told: dict[Address, Peer] = {}
    now = 0.0
    for pause, source, line in steps:
        now += pause
        for event in [*presence.expire(now), *presence.receive(line, source, now)]:
            match event:
                case PeerJoined(peer):
                    assert peer.address not in told
                    told[peer.address] = peer
                case PeerChanged(peer, before):
                    assert shown(told[peer.address]) != shown(peer)
                    assert before.name == told[peer.address].name
                    told[peer.address] = peer
                case PeerLeft(peer):
                    del told[peer.address]
                case TextHeard() | InputDropped() | PeerHeard() | TraitsLearned():
                    pass
    assert {shown(peer) for peer in told.values()} == {shown(peer) for peer in presence.peers.here()}


@given(st.lists(st.tuples(st.binary(max_size=600) | LINES, SOURCES), max_size=50))
def test_nothing_that_strangers_say_makes_us_broadcast_or_answer_elsewhere(
    datagrams: list[tuple[bytes, Address]],
) -> None:
    presence, announcer = on_a_fresh_machine()
    for data, source in datagrams:
        presence.receive(data, source, 1.0)
    for data, to in said(announcer):
        assert to is not None
        assert to.ip in {LUCA.ip, MIA.ip, "127.0.0.1", "127.255.255.255"}
        assert len(data) <= 512


# Who we hear


def test_a_join_is_known_at_the_address_it_came_from_and_the_port_it_names(presence: Presence) -> None:
    events = presence.receive(b"JOIN Luca 5002\n", Address(LUCA.ip, THROW_AWAY), 1.0)
    assert joined(events) == ["Luca"]
    (peer,) = presence.peers.here()
    assert (peer.handle, peer.address, peer.dialect, peer.second_hand) == ("Luca", LUCA, UNKNOWN, False)


def test_hello_tells_that_a_peer_is_an_slcpd(presence: Presence) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 1.0)
    presence.receive(b"JOIN Luca 5002\n", LUCA, 1.0)
    assert [peer.dialect for peer in presence.peers.here()] == [SLCPD]


def test_our_own_broadcasts_are_passed_over(presence: Presence) -> None:
    for ip in ("192.168.0.10", "127.0.0.1"):
        assert presence.receive(b"JOIN Ani 5001\n", Address(ip, 5001), 1.0) == []
    assert handles(presence) == []


def test_our_own_join_from_another_socket_of_ours_is_not_a_peer(presence: Presence) -> None:
    assert presence.receive(b"JOIN Ani 5001\n", Address("192.168.0.10", THROW_AWAY), 1.0) == []


def test_another_user_of_our_machine_is_one_peer_at_whatever_address_it_is_heard(presence: Presence) -> None:
    events = [
        *presence.receive(b"JOIN Mia 5004\n", Address("192.168.0.10", 5004), 1.0),
        *presence.receive(b"JOIN Mia 5004\n", Address("127.0.0.1", 5004), 1.0),
    ]
    assert joined(events) == ["Mia"]
    assert [peer.address for peer in presence.peers.here()] == [FLATMATE]


@pytest.mark.parametrize("ip", ["192.168.1.11", "8.8.8.8", "10.0.0.1"])
def test_what_comes_from_outside_our_networks_is_dropped(presence: Presence, announcer: Announcer, ip: str) -> None:
    source = Address(ip, 5002)
    assert presence.receive(b"WHO\n", source, 1.0) == [InputDropped(BadInput.NOT_ON_LINK, source, b"WHO")]
    assert reasons(presence.receive(b"JOIN Luca 5002\n", source, 1.0)) == [BadInput.NOT_ON_LINK]
    assert handles(presence) == []
    assert said(announcer) == []


def test_several_lines_in_a_datagram_are_taken_one_by_one(presence: Presence) -> None:
    events = presence.receive(b"JOIN Luca 5002\nAWAY\r\nMSG Ani Hallo\n", LUCA, 1.0)
    assert joined(events) == ["Luca"]
    assert reasons(events) == [BadInput.UNKNOWN_COMMAND]
    assert [event.text for event in events if isinstance(event, TextHeard)] == [Text("Ani", "Hallo")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"\xff\xfe\n", BadInput.NOT_UTF8, id="no UTF-8"),
        pytest.param(b'{"command": "JOIN"}', BadInput.UNKNOWN_COMMAND, id="another grammar"),
        pytest.param(b'["JOIN", "Luca"', BadInput.NOT_UTF8, id="half an array"),
        pytest.param(b'["AWAY", "Luca"]', BadInput.UNKNOWN_COMMAND, id="an array with another command"),
        pytest.param(b'["JOIN"]', BadInput.MISSING_PARAMETER, id="an array that is too short"),
        pytest.param(b"JOIN Luca\n", BadInput.MISSING_PARAMETER, id="half a JOIN"),
        pytest.param(b"IMG Ani 100\n", BadInput.UNKNOWN_COMMAND, id="an image by UDP"),
        pytest.param(b"KNOWNUSERS \n", BadInput.EMPTY_LIST, id="an empty list"),
    ],
)
def test_bad_input_is_dropped_with_its_reason_and_never_answered(
    presence: Presence, announcer: Announcer, data: bytes, reason: BadInput
) -> None:
    assert presence.receive(data, LUCA, 1.0) == [InputDropped(reason, LUCA, data.removesuffix(b"\n"))]
    assert said(announcer) == []


def test_a_text_by_udp_is_heard_and_is_a_sign_of_life(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    events = presence.receive(b"MSG Ani Hallo\n", LUCA, 500.0)
    assert [event for event in events if isinstance(event, TextHeard)] == [TextHeard(Text("Ani", "Hallo"), LUCA)]
    assert presence.expire(1099.0) == []
    assert states(presence) == {"Luca": PeerState.PRESENT}


# JOIN is answered by JOIN


def test_a_plain_join_is_answered_by_ours_at_the_whoisport_of_its_host(
    presence: Presence, announcer: Announcer
) -> None:
    presence.receive(b"JOIN Luca 5002\n", Address(LUCA.ip, THROW_AWAY), 1.0)
    there = Address(LUCA.ip, 4000)
    question = (b"WHO\n", there)  # nothing is known yet of how it speaks
    assert said(announcer) == [(b"HELLO Ani 5001 1 -\n", there), (b"JOIN Ani 5001\n", there), question]


def test_a_plain_join_of_our_machine_is_answered_so_that_every_program_there_hears_it(
    presence: Presence, announcer: Announcer
) -> None:
    presence.receive(b"JOIN Mia 5004\n", Address("192.168.0.10", THROW_AWAY), 1.0)
    assert (b"JOIN Ani 5001\n", Address("127.255.255.255", 4000)) in said(announcer)


def test_a_peer_is_answered_at_most_once_in_10_seconds(presence: Presence, announcer: Announcer) -> None:
    answered = []
    for tenth in range(300):
        presence.receive(b"JOIN Luca 5002\n", LUCA, tenth / 10)
        if said(announcer):
            answered.append(tenth / 10)
    assert answered == [0.0, 10.0, 20.0]


def test_each_peer_is_answered_for_itself(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 1.0)
    announcer.take()
    presence.receive(b"JOIN Mia 5003\n", MIA, 1.0)
    assert said(announcer)[-1] == (b"JOIN Ani 5001\n", Address(MIA.ip, 4000))


def test_an_slcpd_is_not_answered(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 1.0)
    presence.receive(b"JOIN Luca 5002\n", LUCA, 1.0)
    assert said(announcer) == []


def test_more_joins_than_can_be_answered_are_all_known(presence: Presence, announcer: Announcer) -> None:
    events = [
        event
        for number in range(6)
        for event in presence.receive(b"JOIN user%d %d\n" % (number, 5100 + number), Address(LUCA.ip, THROW_AWAY), 1.0)
    ]
    assert joined(events) == [f"user{number}" for number in range(6)] == handles(presence)
    assert [data for data, _ in said(announcer)].count(b"JOIN Ani 5001\n") == 4


# WHO is answered


def test_a_stranger_is_answered_in_both_spellings_where_it_asked_from(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 1.0)
    asker = Address(MIA.ip, THROW_AWAY)
    presence.receive(b"WHO\n", asker, 1.0)
    assert said(announcer) == [
        (b"HELLO Ani 5001 1 -\n", asker),
        (b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", asker),
        (b"KNOWUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", asker),
    ]


def test_an_slcpd_is_answered_in_one_spelling(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 1.0)
    presence.receive(b"WHO\n", LUCA, 1.0)
    assert said(announcer) == [(b"HELLO Ani 5001 1 -\n", LUCA), (OURSELVES, LUCA)]


def test_the_answer_holds_ourselves_when_nobody_else_is_here(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"WHO\n", LUCA, 1.0)
    assert (OURSELVES, LUCA) in said(announcer)


def test_a_long_answer_is_cut_into_lists_of_at_most_512_bytes(presence: Presence, announcer: Announcer) -> None:
    for number in range(100):
        presence.receive(b"HELLO user%d 5002 1 -\n" % number, Address(f"192.168.0.{100 + number}", 5002), 1.0)
    presence.receive(b"WHO\n", LUCA, 1.0)
    answers = [data for data, _ in said(announcer) if data.startswith(b"KNOWNUSERS ")]
    assert max(map(len, answers)) <= 512
    listed = [entry.split()[0] for answer in answers for entry in answer.removeprefix(b"KNOWNUSERS ").split(b", ")]
    assert listed == [b"Ani", *(b"user%d" % number for number in range(100))]


def test_who_is_gone_and_who_is_only_hearsay_is_not_listed(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\nLEAVE Luca\n", LUCA, 1.0)
    presence.receive(b"KNOWNUSERS Noah 192.168.0.13 5005\n", MIA, 1.0)
    presence.receive(b"WHO\n", MIA, 1.0)
    assert (OURSELVES, MIA) in said(announcer)


def test_an_idle_peer_is_listed(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.expire(600.0)
    announcer.take()
    presence.receive(b"WHO\n", MIA, 601.0)
    assert any(b"Luca 192.168.0.11 5002" in data for data, _ in said(announcer))


def test_while_we_have_left_nothing_is_answered(
    presence: Presence, membership: Membership, announcer: Announcer
) -> None:
    membership.leave()
    announcer.take()
    presence.receive(b"JOIN Luca 5002\n", LUCA, 1.0)
    presence.receive(b"WHO\n", LUCA, 1.0)
    assert said(announcer) == []
    assert handles(presence) == ["Luca"]


# WHO is an amplifier


def answers_to(announcer: Announcer) -> int:
    return [data for data, _ in said(announcer)].count(OURSELVES)


def test_an_address_is_answered_4_times_a_second(presence: Presence, announcer: Announcer) -> None:
    events = [event for port in range(10) for event in presence.receive(b"WHO\n", Address(LUCA.ip, 6000 + port), 1.0)]
    assert reasons(events) == [BadInput.RATE_LIMITED] * 6
    assert answers_to(announcer) == 4


def test_another_address_is_answered_all_the_same(presence: Presence, announcer: Announcer) -> None:
    for _ in range(5):
        presence.receive(b"WHO\n", LUCA, 1.0)
    announcer.take()
    presence.receive(b"WHO\n", MIA, 1.0)
    assert answers_to(announcer) == 1


def test_the_next_second_is_answered_again(presence: Presence, announcer: Announcer) -> None:
    for _ in range(5):
        presence.receive(b"WHO\n", LUCA, 1.0)
    announcer.take()
    assert reasons(presence.receive(b"WHO\n", LUCA, 1.9)) == [BadInput.RATE_LIMITED]
    assert reasons(presence.receive(b"WHO\n", LUCA, 2.0)) == []
    assert answers_to(announcer) == 1


def test_all_addresses_together_are_answered_64_times_a_second(presence: Presence, announcer: Announcer) -> None:
    events = [
        event
        for number in range(100)
        for event in presence.receive(b"WHO\n", Address(f"192.168.0.{100 + number}", 5002), 1.0)
    ]
    assert reasons(events) == [BadInput.RATE_LIMITED] * 36
    assert answers_to(announcer) == 64


def test_joins_count_too(presence: Presence, announcer: Announcer) -> None:
    for number in range(70):
        presence.receive(b"JOIN user%d 5002\n" % number, Address(f"192.168.0.{100 + number}", 5002), 1.0)
    assert [data for data, _ in said(announcer)].count(b"JOIN Ani 5001\n") == 64


# Silence


def test_a_silent_slcpd_is_asked_after_90_seconds_and_gone_when_it_does_not_answer(
    presence: Presence, announcer: Announcer
) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    assert presence.expire(89.9) == []
    assert said(announcer) == []
    presence._liveness.due = 0.0
    assert presence.expire(90.0) == []
    assert said(announcer) == [(b"HELLO Ani 5001 1 -\n", LUCA), (b"WHO\n", LUCA)]
    (left,) = presence.expire(95.0)
    assert isinstance(left, PeerLeft)
    assert (left.peer.handle, left.reason) == ("Luca", LeaveReason.SILENT)
    assert states(presence) == {"Luca": PeerState.GONE}


@pytest.mark.parametrize(
    "sign", [b"HELLO Luca 5002 1 -\n", b"KNOWNUSERS Luca 192.168.0.11 5002\n", b"WHO\n", b"MSG Ani I am\n"], ids=repr
)
def test_any_sign_of_life_answers_the_question(presence: Presence, announcer: Announcer, sign: bytes) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    presence.expire(90.0)
    presence.receive(sign, LUCA, 92.0)
    announcer.take()
    assert presence.expire(181.0) == []
    assert said(announcer) == []
    assert states(presence) == {"Luca": PeerState.PRESENT}


def test_a_silent_slcpd_is_asked_once(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    for second in range(90, 200):
        presence.expire(float(second))
    assert len(said(announcer)) == 2


def test_an_slcpd_that_is_back_has_joined_and_is_asked_anew(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    presence.expire(90.0)
    presence.expire(95.0)
    announcer.take()
    assert joined(presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 100.0)) == ["Luca"]
    assert presence.expire(190.0) == []
    assert (b"WHO\n", LUCA) in said(announcer)


@pytest.mark.parametrize("line", [b"HELLO Luca 5002 1 -\n", b"JOIN Luca 5002\n"], ids=["HELLO", "JOIN"])
def test_an_slcpd_whose_handle_comes_from_another_address_is_asked_whether_it_is_still_there(
    presence: Presence, announcer: Announcer, line: bytes
) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    moved = Address("192.168.0.55", 5002)
    presence.receive(line, moved, 10.0)
    assert [data for data, to in said(announcer) if to == LUCA] == [b"HELLO Ani 5001 1 -\n", b"WHO\n"]
    (left,) = presence.expire(15.0)
    assert isinstance(left, PeerLeft)
    assert (left.peer.address, left.reason) == (LUCA, LeaveReason.SILENT)
    assert [peer.address for peer in presence.peers.here()] == [moved]


def test_a_namesake_that_answers_stays(presence: Presence) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    presence.receive(b"HELLO Luca 5003 1 -\n", MIA, 10.0)
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 10.1)
    assert presence.expire(20.0) == []
    assert handles(presence) == ["Luca", "Luca"]


def test_a_silent_plain_peer_becomes_idle_and_is_never_gone(presence: Presence, announcer: Announcer) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    announcer.take()
    assert presence.expire(599.0) == []
    (change,) = presence.expire(604.0)
    assert isinstance(change, PeerChanged)
    assert change.peer.state is PeerState.IDLE
    assert presence.expire(1_000_000.0) == []
    assert states(presence) == {"Luca": PeerState.IDLE}
    assert said(announcer) == []


def test_hearsay_that_is_never_confirmed_becomes_idle(presence: Presence) -> None:
    presence.receive(b"KNOWNUSERS Luca 192.168.0.11 5002\n", MIA, 0.0)
    presence.expire(600.0)
    assert states(presence) == {"Luca": PeerState.IDLE}


def test_the_table_is_looked_at_every_5_seconds_at_most(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.expire(599.9)
    assert presence._liveness.due == 604.9
    assert presence.expire(604.8) == []
    assert len(presence.expire(604.9)) == 1


def test_only_the_silent_ones_expire(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.receive(b"JOIN Mia 5003\n", MIA, 100.0)
    presence.expire(600.0)
    assert states(presence) == {"Luca": PeerState.IDLE, "Mia": PeerState.PRESENT}


# LEAVE and refused connections


@pytest.mark.parametrize("port", [LUCA.port, THROW_AWAY], ids=["its own port", "a throw-away port"])
def test_a_leave_is_matched_by_handle_and_host(presence: Presence, port: int) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.receive(b"JOIN Luca 5003\n", MIA, 0.0)
    (left,) = presence.receive(b"LEAVE Luca\n", Address(LUCA.ip, port), 1.0)
    assert isinstance(left, PeerLeft)
    assert (left.peer.address, left.reason) == (LUCA, LeaveReason.SAID_SO)
    assert [peer.address for peer in presence.peers.here()] == [Address(MIA.ip, 5003)]


def test_a_leave_takes_nobody_along_whom_it_does_not_name(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    assert presence.receive(b"LEAVE Luca\n", MIA, 1.0) == []
    assert presence.receive(b"LEAVE Mia\n", LUCA, 1.0) == []
    assert handles(presence) == ["Luca"]


def test_a_program_started_again_at_another_port_can_leave(presence: Presence) -> None:
    source = Address(LUCA.ip, THROW_AWAY)
    presence.receive(b"JOIN Luca 5002\nLEAVE Luca\nJOIN Luca 5003\n", source, 0.0)
    assert len(presence.receive(b"LEAVE Luca\n", source, 1.0)) == 1
    assert handles(presence) == []


def test_a_refused_connection_tells_that_a_peer_is_gone(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    (left,) = presence.refuse(LUCA)
    assert isinstance(left, PeerLeft)
    assert left.reason is LeaveReason.REFUSED
    assert presence.refuse(LUCA) == []
    assert presence.refuse(MIA) == []


# Hearsay


def test_a_list_makes_peers_known_second_hand(presence: Presence, announcer: Announcer) -> None:
    events = presence.receive(b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", MIA, 1.0)
    assert events == [PeerJoined(Peer("Luca", LUCA, 1.0, second_hand=True, named_by=MIA.ip))]
    assert said(announcer) == []


def test_a_list_never_overrides_what_a_peer_said_of_itself(presence: Presence) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 1.0)
    assert presence.receive(b"KNOWNUSERS Eve 192.168.0.11 5002\n", MIA, 2.0) == []
    assert presence.peers.here() == [Peer("Luca", LUCA, 1.0, dialect=SLCPD)]


def test_hearsay_keeps_nobody_alive(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.receive(b"KNOWNUSERS Luca 192.168.0.11 5002\n", MIA, 599.0)
    presence.expire(600.0)
    assert states(presence) == {"Luca": PeerState.IDLE}


def test_who_is_named_and_then_heard_is_first_hand(presence: Presence) -> None:
    presence.receive(b"KNOWNUSERS Luca 192.168.0.11 5002\n", MIA, 1.0)
    change, *others = presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 2.0)
    assert isinstance(change, PeerChanged)
    assert others == [TraitsLearned("Luca", LUCA.ip, frozenset({Trait.HELLO})), PeerHeard("Luca")]
    assert (change.before.second_hand, change.peer.second_hand) == (True, False)


@pytest.mark.parametrize(
    ("reporter", "entry", "learnt"),
    [
        pytest.param(MIA, b"Noah 127.0.0.1 5005", [], id="loopback of another machine means nothing here"),
        pytest.param(FLATMATE, b"Noah 127.0.0.1 5005", [("127.0.0.1", 5005)], id="loopback of ours does"),
        pytest.param(MIA, b"Noah 192.168.0.10 5005", [("127.0.0.1", 5005)], id="our machine, seen from another"),
        pytest.param(MIA, b"Noah 127.0.0.1 5001", [], id="ourselves under another name"),
        pytest.param(MIA, b"Noah 192.168.0.13 5005", [("192.168.0.13", 5005)], id="a neighbour"),
        pytest.param(MIA, b"Noah 10.9.9.9 5005", [], id="a network that is not ours"),
        pytest.param(MIA, b"Noah 192.168.0.255 5005", [], id="everyone in our network"),
        pytest.param(FLATMATE, b"Noah 127.0.0.0 5005", [], id="a network itself"),
    ],
)
def test_addresses_in_lists(presence: Presence, reporter: Address, entry: bytes, learnt: list[tuple[str, int]]) -> None:
    presence.receive(b"KNOWNUSERS " + entry, reporter, 1.0)
    assert [tuple(peer.address) for peer in presence.peers.here()] == learnt


def test_a_flood_of_hearsay_is_bounded(presence: Presence) -> None:
    for number in range(MAX_PEERS + 100):
        entry = b"KNOWNUSERS user%d 192.168.0.%d %d" % (number, 100 + number % 100, 5001 + number // 100)
        presence.receive(entry, MIA, 1.0)
    assert len(handles(presence)) == MAX_NAMED


# Two with one handle


def test_two_peers_with_one_handle_are_two_peers(presence: Presence) -> None:
    presence.receive(b"JOIN Luca 5002\n", LUCA, 0.0)
    presence.receive(b"JOIN Luca 5003\n", MIA, 0.0)
    assert [peer.name for peer in presence.peers.here()] == ["Luca@192.168.0.11:5002", "Luca@192.168.0.12:5003"]


def test_someone_with_our_handle_is_a_peer(presence: Presence) -> None:
    assert joined(presence.receive(b"JOIN Ani 5001\n", LUCA, 0.0)) == ["Ani"]


# Blocked peers


@pytest.fixture
def without_luca(me: Node, announcer: Announcer, membership: Membership) -> Presence:
    return Presence(me, announcer, membership, Blocklist(frozenset({"Luca@192.168.0.11:5002"})))


@pytest.mark.parametrize(
    "line",
    [b"JOIN Luca 5002", b"HELLO Luca 5002 1 -", b"JOIN Luke 5002", b"JOIN Luca 6000", b"WHO"],
    ids=["JOIN", "HELLO", "under another handle", "at another port", "WHO"],
)
def test_a_blocked_peer_is_neither_known_nor_answered(
    without_luca: Presence, announcer: Announcer, line: bytes
) -> None:
    assert without_luca.receive(line, LUCA, 1.0) == [InputDropped(BadInput.BLOCKED, LUCA, line)]
    assert handles(without_luca) == []
    assert said(announcer) == []


def test_a_blocked_peer_does_not_come_in_by_hearsay(without_luca: Presence) -> None:
    assert without_luca.receive(b"KNOWNUSERS Luca 192.168.0.11 5002\n", MIA, 1.0) == []


def test_a_blocked_user_of_our_machine_does_not_come_in_by_hearsay(presence: Presence) -> None:
    presence.block(Blocklist(frozenset({"Luca@127.0.0.1:5002"})))
    assert presence.receive(b"KNOWNUSERS Luca 192.168.0.10 5002\n", MIA, 1.0) == []


def test_who_is_blocked_while_here_is_gone_at_once_and_back_when_unblocked(presence: Presence) -> None:
    presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 0.0)
    presence.receive(b"HELLO Mia 5003 1 -\n", MIA, 0.0)
    (left,) = presence.block(Blocklist(frozenset({"Luca@192.168.0.11:5002"})))
    assert isinstance(left, PeerLeft)
    assert (left.peer.handle, left.reason) == ("Luca", LeaveReason.BLOCKED)
    assert handles(presence) == ["Mia"]
    assert presence.block(Blocklist()) == []
    assert joined(presence.receive(b"HELLO Luca 5002 1 -\n", LUCA, 30.0)) == ["Luca"]


# What comes in streams


def test_messages_of_discovery_in_a_stream_count_like_datagrams(presence: Presence) -> None:
    presence.receive_from_stream(Hello("Luca", 5002), LUCA.ip, 1.0)
    presence.receive_from_stream(Join("Mia", 5003), MIA.ip, 1.0)
    presence.receive_from_stream(KnownUsers((User("Noah", Address("192.168.0.13", 5005)),)), MIA.ip, 1.0)
    assert handles(presence) == ["Luca", "Mia", "Noah"]
    *learnt, left = presence.receive_from_stream(Leave("Luca"), LUCA.ip, 2.0)
    assert learnt == [TraitsLearned("Luca", LUCA.ip, frozenset({Trait.HELLO, Trait.LEAVE_BY_TCP}))]
    assert isinstance(left, PeerLeft)
    assert handles(presence) == ["Mia", "Noah"]


@pytest.mark.parametrize("message", [Who(), Text("Ani", "Hallo"), Image("Ani", 7)], ids=["WHO", "MSG", "IMG"])
def test_other_messages_in_a_stream_say_nothing_about_presence(
    presence: Presence, announcer: Announcer, message: Who | Text | Image
) -> None:
    assert presence.receive_from_stream(message, LUCA.ip, 1.0) == []
    assert said(announcer) == []


def test_a_blocked_peer_is_refused_in_streams_too(without_luca: Presence) -> None:
    with pytest.raises(ProtocolError) as caught:
        without_luca.receive_from_stream(Hello("Luca", 5002), LUCA.ip, 1.0)
    assert caught.value.reason is BadInput.BLOCKED


# Who has sent this?


@pytest.mark.parametrize(
    ("lines", "named", "port", "sender"),
    [
        pytest.param([], "Ani", THROW_AWAY, None, id="a stranger"),
        pytest.param([b"JOIN Luca 5002"], "Ani", THROW_AWAY, "Luca", id="the only peer of that host"),
        pytest.param([b"JOIN Luca 5002", b"JOIN Mia 5003"], "Ani", 5003, "Mia", id="who sends from its own port"),
        pytest.param([b"JOIN Luca 5002", b"JOIN Mia 5003"], "Mia", THROW_AWAY, "Mia", id="who names itself"),
        pytest.param([b"JOIN Luca 5002", b"JOIN Mia 5003"], "Ani", THROW_AWAY, None, id="one of two"),
        pytest.param(
            [b"HELLO Luca 5002 1 -", b"JOIN Mia 5003"], "Ani", THROW_AWAY, "Mia", id="the plain one, without HELLO"
        ),
        pytest.param([b"JOIN Luca 5002", b"JOIN Ani 5003"], "Ani", THROW_AWAY, None, id="we are the recipient"),
        pytest.param([b"JOIN Luca 5002", b"LEAVE Luca"], "Ani", THROW_AWAY, None, id="nobody who has left"),
        pytest.param(
            [b"JOIN Luca 5002", b"LEAVE Luca", b"JOIN Mia 5003"], "Ani", 5002, "Mia", id="not who left that port"
        ),
    ],
)
def test_the_sender_of_a_text(
    presence: Presence, lines: list[bytes], named: str, port: int, sender: str | None
) -> None:
    presence.receive(b"\n".join(lines), Address(LUCA.ip, THROW_AWAY), 0.0)
    presence.receive(b"JOIN Noah 5002\n", MIA, 0.0)
    found = presence.senders.who_sent(named, Address(LUCA.ip, port))
    assert (found and found.handle) == sender


def test_the_sender_on_our_machine_is_found_by_any_of_its_addresses(presence: Presence) -> None:
    presence.receive(b"JOIN Mia 5004\n", FLATMATE, 0.0)
    for ip in ("127.0.0.1", "192.168.0.10"):
        found = presence.senders.who_sent("Ani", Address(ip, THROW_AWAY))
        assert found is not None
        assert found.address == FLATMATE


def test_without_any_network_nobody_is_heard(announcer: Announcer, membership: Membership) -> None:
    presence = Presence(Node("Ani", 5001, Links(())), announcer, membership, Blocklist())
    assert reasons(presence.receive(b"WHO\n", LUCA, 0.0)) == [BadInput.NOT_ON_LINK]


def test_a_network_that_comes_later_is_heard(presence: Presence, me: Node, links: Links) -> None:
    newcomer = Address("10.20.30.41", 5002)
    assert reasons(presence.receive(b"JOIN Luca 5002\n", newcomer, 0.0)) == [BadInput.NOT_ON_LINK]
    me.links = Links((*links.links, Link.of("wlan0", "10.20.30.40", "255.255.255.0")))
    assert joined(presence.receive(b"JOIN Luca 5002\n", newcomer, 1.0)) == ["Luca"]


# How each program speaks, as it shows


OF_LUCA = Address(LUCA.ip, THROW_AWAY)
FROM_4000 = Address(LUCA.ip, 4000)
A_JOIN = (OF_LUCA, b"JOIN Luca 5002\n")
LUCAS_LIST = KnownUsers((User("Luca", LUCA),), ListCommand.KNOWUSERS)

Sign = tuple[Address, bytes] | Message  # a datagram and its source, or what comes in a stream

SIGNS: list[tuple[str, list[Sign]]] = [
    ("slcpd", [(LUCA, b"HELLO Luca 5002 1 -\n")]),
    ("slcpd", [(LUCA, b'["JOIN", "Luca", "192.168.0.11", 5002]'), (LUCA, b"HELLO Luca 5002 1 -\n")]),
    ("json", [(LUCA, b'["JOIN", "Luca", "192.168.0.11", 5002]')]),
    ("json", [(LUCA, b'["KNOWNUSERS", "Luca 192.168.0.11 5002"]')]),
    ("json", [A_JOIN, (LUCA, b'["MSG", "Luca", "Ani", "Hallo"]')]),
    ("json", [A_JOIN, (LUCA, b'["WHO", "Luca"]')]),
    ("bare", [(OF_LUCA, b"JOIN Luca 5002")]),
    ("bare", [A_JOIN, Text("Luca", "Hallo", bare=True)]),
    ("bare", [A_JOIN, Image("cat.png", 7)]),
    ("tcp-sender", [(FROM_4000, b"JOIN Luca 5002\n")]),
    ("tcp-sender", [A_JOIN, (FROM_4000, b"KNOWNUSERS Luca 192.168.0.11 5002,Mia 192.168.0.12 5003\n")]),
    ("tcp-sender", [(FROM_4000, b"JOIN Luca 5002\n"), Text("Luca", "Hallo")]),
    ("colon", [A_JOIN, (OF_LUCA, b"KNOWUSERS Luca:192.168.0.11:5002,Mia:192.168.0.12:5003\n")]),
    ("colon", [A_JOIN, (OF_LUCA, b"KNOWUSERS Luca:192.168.0.11:5002\n"), Text("Luca", "Hallo")]),
    ("tcp-knowusers", [A_JOIN, LUCAS_LIST]),
    ("tcp-knowusers", [A_JOIN, LUCAS_LIST, Text("Ani", "Hallo")]),
    ("tcp-knowusers", [A_JOIN, Leave("Luca"), A_JOIN]),
    ("slcp", [A_JOIN, Text("Ani", "Hallo")]),
    ("slcp", [A_JOIN, Image("Ani", 7)]),
    ("slcp", [(OF_LUCA, b"JOIN Luca 5002"), Text("Ani", "Hallo")]),
    ("udp", [(LUCA, b"JOIN Luca 5002\n"), (LUCA, b"MSG Ani Hallo\n")]),
    ("udp", [(LUCA, b"JOIN Luca 5002\n"), (LUCA, b"MSG Ani Hallo\n"), Text("Ani", "Hallo")]),
    ("unknown", [A_JOIN]),
    ("unknown", [A_JOIN, (OF_LUCA, b"KNOWNUSERS Luca 192.168.0.11 5002, Mia 192.168.0.12 5003\n")]),
]


def show(presence: Presence, signs: list[Sign], now: float = 1.0) -> list[PresenceEvent]:
    events: list[PresenceEvent] = []
    for sign in signs:
        if isinstance(sign, Text | Image):
            sender = presence.senders.who_sent(
                sign.handle if isinstance(sign, Text) else sign.name, Address(LUCA.ip, 0)
            )
            assert sender is not None
            events += presence.senders.learn_from(sender, sign)
        elif isinstance(sign, tuple):
            events += presence.receive(sign[1], sign[0], now)
        else:
            events += presence.receive_from_stream(sign, LUCA.ip, now)
    return events


def dialect_of(presence: Presence, address: Address = LUCA) -> str:
    peer = presence.peers.at(address)
    assert peer is not None
    return peer.dialect.name


@pytest.mark.parametrize(("dialect", "signs"), SIGNS)
def test_a_dialect_is_known_by_its_signs(presence: Presence, dialect: str, signs: list[Sign]) -> None:
    show(presence, signs)
    assert dialect_of(presence) == dialect


@pytest.mark.parametrize(("dialect", "signs"), SIGNS)
def test_what_is_remembered_of_a_peer_brings_its_dialect_back(
    me: Node, announcer: Announcer, membership: Membership, presence: Presence, dialect: str, signs: list[Sign]
) -> None:
    learnt = [event for event in show(presence, signs) if isinstance(event, TraitsLearned)]
    remembered = {(event.handle, event.ip): event.traits for event in learnt}
    restarted = Presence(me, announcer, membership, Blocklist(), Evidence(remembered, {}))
    show(restarted, [A_JOIN])
    assert dialect_of(restarted) == (dialect if dialect != "slcpd" else "unknown")  # who would say HELLO first


def test_what_is_learnt_is_told_once(presence: Presence) -> None:
    from_4000 = (FROM_4000, b"JOIN Luca 5002\n")
    signs: list[Sign] = [from_4000, Text("Luca", "Hallo")]
    learnt = [event for event in show(presence, [*signs, *signs]) if isinstance(event, TraitsLearned)]
    assert learnt == [
        TraitsLearned("Luca", LUCA.ip, frozenset({Trait.FROM_WHOISPORT})),
        TraitsLearned("Luca", LUCA.ip, frozenset({Trait.FROM_WHOISPORT, Trait.NAMES_SENDER})),
    ]


def test_another_dialect_is_a_change_that_the_user_sees(presence: Presence) -> None:
    show(presence, [A_JOIN])
    changes = [event for event in show(presence, [LUCAS_LIST]) if isinstance(event, PeerChanged)]
    assert [(change.before.dialect, change.peer.dialect) for change in changes] == [(UNKNOWN, TCP_KNOWUSERS)]


# What a text or an image tells of its sender


@pytest.mark.parametrize(
    ("message", "by_udp", "learnt"),
    [
        pytest.param(Text("Ani", "Hallo"), False, {Trait.NAMES_RECIPIENT}, id="names us"),
        pytest.param(Text("ani", "Hallo"), False, {Trait.NAMES_RECIPIENT}, id="folds our handle"),
        pytest.param(Text("Luca", "Hallo"), False, {Trait.NAMES_SENDER}, id="names itself"),
        pytest.param(Text("Mia", "Hallo"), False, set(), id="names a third"),
        pytest.param(Text("Luca", "Hallo", bare=True), False, {Trait.TEXT_BARE}, id="no command"),
        pytest.param(Image("Ani", 7), False, {Trait.NAMES_RECIPIENT}, id="an image for us"),
        pytest.param(Image("Luca", 7), False, {Trait.NAMES_SENDER}, id="an image from itself"),
        pytest.param(Image("cat.png", 7), False, {Trait.NAMES_FILE}, id="an image that is a file"),
        pytest.param(Image("Luca", 7), True, {Trait.NAMES_SENDER, Trait.IMAGE_BY_UDP}, id="an image in datagrams"),
    ],
)
def test_what_a_message_tells_of_its_sender(
    presence: Presence, message: Text | Image, by_udp: bool, learnt: set[Trait]
) -> None:
    show(presence, [A_JOIN])
    (sender,) = presence.peers.here()
    events = presence.senders.learn_from(sender, message, by_udp)
    told = [event.traits for event in events if isinstance(event, TraitsLearned)]
    assert told == ([learnt] if learnt else [])


@pytest.mark.parametrize("message", [Text("Ani", "Hallo"), Image("Ani", 7)], ids=["MSG", "IMG"])
def test_whom_a_namesake_of_ours_names_cannot_be_told(presence: Presence, message: Text | Image) -> None:
    presence.receive(b"JOIN Ani 5002\n", OF_LUCA, 1.0)
    (sender,) = presence.peers.here()
    assert presence.senders.learn_from(sender, message) == []


def test_a_sender_that_is_forgotten_or_has_another_handle_by_now_is_not_brought_back(presence: Presence) -> None:
    show(presence, [A_JOIN])
    (sender,) = presence.peers.here()
    presence.receive(b"JOIN Luke 5002\n", OF_LUCA, 2.0)
    presence.senders.learn_from(sender, Text("Luca", "Hallo"))
    presence.senders.learn_from(Peer("Noah", MIA, 0.0), Text("Noah", "Hallo"))
    assert [(peer.handle, peer.dialect) for peer in presence.peers.all()] == [("Luke", UNKNOWN)]


# What each gets for an answer


HELLO = b"HELLO Ani 5001 1 -"
SPACED = b"Ani 192.168.0.10 5001, Mia 192.168.0.12 5003, Noah 192.168.0.13 5005"
A_COLON_JOIN: list[Sign] = [A_JOIN, (OF_LUCA, b"KNOWUSERS Luca:192.168.0.11:5002\n")]


def with_mia_and_noah(presence: Presence, announcer: Announcer, signs: list[Sign]) -> None:
    """Mia has a plain program, Noah an slcpd; then comes Luca."""
    presence.receive(b"JOIN Mia 5003\n", Address(MIA.ip, THROW_AWAY), 0.5)
    presence.receive(b"HELLO Noah 5005 1 -\n", Address("192.168.0.13", 5005), 0.5)
    show(presence, signs)
    announcer.take()


@pytest.mark.parametrize(
    ("source", "who", "answer"),
    [
        pytest.param(
            LUCA,
            b'["WHO", "Luca"]',
            [b'["KNOWNUSERS", "Ani 192.168.0.10 5001"]', b'["KNOWNUSERS", "Noah 192.168.0.13 5005"]'],
            id="json: who understands it, one by one",
        ),
        pytest.param(OF_LUCA, b"WHO", [HELLO, b"KNOWNUSERS " + SPACED], id="bare"),
        pytest.param(
            FROM_4000, b"WHO\n", [HELLO + b"\n", b"KNOWNUSERS " + SPACED.replace(b", ", b",") + b"\n"], id="tcp-sender"
        ),
        pytest.param(
            OF_LUCA,
            b"WHO\n",
            [HELLO + b"\n", b"KNOWNUSERS " + SPACED + b"\n", b"KNOWUSERS " + SPACED + b"\n"],
            id="unknown: both spellings",
        ),
    ],
)
@pytest.mark.parametrize("is_named", [False, True], ids=["a stranger", "known by hearsay"])
def test_who_is_not_known_is_answered_as_it_asks(
    presence: Presence, announcer: Announcer, source: Address, who: bytes, answer: list[bytes], is_named: bool
) -> None:
    hearsay: list[Sign] = [(Address(MIA.ip, THROW_AWAY), b"KNOWNUSERS Luca 192.168.0.11 5002\n")] if is_named else []
    with_mia_and_noah(presence, announcer, hearsay)
    presence.receive(who, source, 2.0)
    assert announcer.take() == [Datagram(data, source) for data in answer]


LIST_WITH_LUCA = SPACED + b", Luca 192.168.0.11 5002"


@pytest.mark.parametrize(
    ("signs", "answer"),
    [
        pytest.param(
            [(FROM_4000, b"JOIN Luca 5002\n")],
            [HELLO + b"\n", b"KNOWNUSERS " + LIST_WITH_LUCA.replace(b", ", b",") + b"\n"],
            id="tcp-sender: no space, this spelling alone",
        ),
        pytest.param(
            A_COLON_JOIN,
            [
                HELLO + b"\n",
                b"KNOWUSERS " + LIST_WITH_LUCA.replace(b", ", b",").replace(b" ", b":") + b"\n",
            ],
            id="colon: this spelling alone",
        ),
        pytest.param([(OF_LUCA, b"JOIN Luca 5002")], [HELLO, b"KNOWNUSERS " + LIST_WITH_LUCA], id="bare: no line end"),
        pytest.param(
            [A_JOIN],
            [HELLO + b"\n", b"KNOWNUSERS " + LIST_WITH_LUCA + b"\n", b"KNOWUSERS " + LIST_WITH_LUCA + b"\n"],
            id="unknown: both spellings",
        ),
    ],
)
def test_who_asks_from_a_socket_of_its_own_is_answered_there_in_its_dialect(
    presence: Presence, announcer: Announcer, signs: list[Sign], answer: list[bytes]
) -> None:
    with_mia_and_noah(presence, announcer, signs)
    presence.receive(b"WHO\n", OF_LUCA, 2.0)
    assert announcer.take() == [Datagram(data, OF_LUCA) for data in answer]


def test_a_colon_list_is_what_the_document_says(presence: Presence, announcer: Announcer) -> None:
    show(presence, A_COLON_JOIN)
    announcer.take()
    presence.receive(b"WHO\n", OF_LUCA, 2.0)
    assert said(announcer)[-1] == (b"KNOWUSERS Ani:192.168.0.10:5001,Luca:192.168.0.11:5002\n", OF_LUCA)


def test_who_takes_lists_by_tcp_gets_one_at_its_chat_port_too(presence: Presence, announcer: Announcer) -> None:
    with_mia_and_noah(presence, announcer, [A_JOIN, LUCAS_LIST])
    presence.receive(b"WHO\n", OF_LUCA, 2.0)
    answer = b"KNOWUSERS " + LIST_WITH_LUCA + b"\n"
    hello = Datagram(HELLO + b"\n", OF_LUCA)
    assert announcer.take() == [hello, Datagram(answer, OF_LUCA), Datagram(answer, LUCA, by_tcp=True)]


@pytest.mark.parametrize(
    ("sign", "answer"),
    [
        ((LUCA, b'["JOIN", "Luca", "x", 5002]'), [b'["JOIN", "Ani", "192.168.0.10", 5001]']),
        ((OF_LUCA, b"JOIN Luca 5002"), [HELLO, b"JOIN Ani 5001"]),
        (A_JOIN, [HELLO + b"\n", b"JOIN Ani 5001\n", b"WHO\n"]),
    ],
    ids=["json", "bare", "unknown"],
)
def test_a_join_is_answered_in_its_dialect(
    presence: Presence, announcer: Announcer, sign: Sign, answer: list[bytes]
) -> None:
    show(presence, [sign])
    assert announcer.take() == [Datagram(data, FROM_4000) for data in answer]


@pytest.mark.parametrize("again", [b'["WHO", "Luca"]', b"WHO"], ids=["in JSON", "without a line end"])
def test_an_slcpd_that_asks_in_every_form_is_answered_once(
    presence: Presence, announcer: Announcer, again: bytes
) -> None:
    show(presence, [(LUCA, b"HELLO Luca 5002 1 -\n"), (LUCA, b"WHO\n")])
    assert answers_to(announcer) == 1
    show(presence, [(LUCA, again)])
    assert said(announcer) == []
    assert dialect_of(presence) == "slcpd"


# What is remembered, and what the user has set


def restarted_with(me: Node, announcer: Announcer, membership: Membership, evidence: Evidence) -> Presence:
    return Presence(me, announcer, membership, Blocklist(), evidence)


@pytest.mark.parametrize(
    "first",
    [A_JOIN, (MIA, b"KNOWNUSERS Luca 192.168.0.11 5002\n"), (LUCA, b"KNOWUSERS Luca 192.168.0.11 5002\n")],
    ids=["JOIN", "hearsay", "its own list"],
)
@pytest.mark.parametrize("is_pinned", [False, True], ids=["remembered", "pinned"])
def test_what_was_known_before_counts_from_the_first_word(
    me: Node, announcer: Announcer, membership: Membership, first: Sign, is_pinned: bool
) -> None:
    remembered = {("Luca", LUCA.ip): frozenset({Trait.LIST_COLONS})}
    evidence = Evidence({}, {"Luca": "colon"}) if is_pinned else Evidence(remembered, {})
    presence = restarted_with(me, announcer, membership, evidence)
    show(presence, [first])
    assert dialect_of(presence) == "colon"


def test_what_is_remembered_is_no_news(me: Node, announcer: Announcer, membership: Membership) -> None:
    evidence = Evidence({("Luca", LUCA.ip): frozenset({Trait.FROM_WHOISPORT})}, {})
    presence = restarted_with(me, announcer, membership, evidence)
    events = show(presence, [(FROM_4000, b"JOIN Luca 5002\n")])
    assert [event for event in events if isinstance(event, TraitsLearned)] == []


@pytest.mark.parametrize(("dialect", "signs"), SIGNS)
def test_a_pinned_dialect_wins(
    me: Node, announcer: Announcer, membership: Membership, dialect: str, signs: list[Sign]
) -> None:
    pinned = "bare" if dialect != "bare" else "colon"
    presence = restarted_with(me, announcer, membership, Evidence({}, {"Luca": pinned}))
    show(presence, signs)
    assert presence.peers.here()[0].dialect is BY_NAME[pinned]


def test_who_has_a_pinned_dialect_is_answered_in_it(me: Node, announcer: Announcer, membership: Membership) -> None:
    presence = restarted_with(me, announcer, membership, Evidence({}, {"Luca": "bare"}))
    show(presence, [A_JOIN, (OF_LUCA, b"WHO\n")])
    assert [data for data, _ in said(announcer)] == [
        HELLO,
        b"JOIN Ani 5001",
        HELLO,
        b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002",
    ]


# One that was an slcpd and comes back as another program


def falls_silent(presence: Presence) -> None:
    presence.expire(91.0)
    presence.expire(96.0)


def leaves(presence: Presence) -> None:
    presence.receive(b"LEAVE Luca\n", LUCA, 90.0)


def refuses(presence: Presence) -> None:
    presence.refuse(LUCA)


@pytest.mark.parametrize("goes", [falls_silent, leaves, refuses])
def test_a_plain_program_in_the_place_of_an_slcpd_is_taken_for_what_it_is(
    presence: Presence, announcer: Announcer, goes: Callable[[Presence], None]
) -> None:
    show(presence, [(LUCA, b"HELLO Luca 5002 1 -\n"), (LUCA, b'["WHO", "Luca"]')])
    goes(presence)
    assert handles(presence) == []
    announcer.take()
    show(presence, [A_JOIN], 100.0)
    assert dialect_of(presence) == "unknown"
    assert (b"JOIN Ani 5001\n", FROM_4000) in said(announcer)


def test_a_plain_program_that_comes_back_is_still_known(presence: Presence) -> None:
    show(presence, [*A_COLON_JOIN, (OF_LUCA, b"LEAVE Luca\n")])
    show(presence, [A_JOIN], 100.0)
    assert dialect_of(presence) == "colon"


# One peer at two addresses

ELSEWHERE = Address("192.168.0.99", LUCA.port)
WITH_KEY = b"HELLO Luca 5002 1 %s\n" % (b"a" * 64)


def test_a_peer_that_shows_its_key_at_another_address_is_asked_at_the_first(
    presence: Presence, announcer: Announcer
) -> None:
    presence.receive(WITH_KEY, LUCA, 0.0)
    announcer.take()
    presence.receive(WITH_KEY, ELSEWHERE, 1.0)
    assert {to for _, to in said(announcer)} == {LUCA}
    assert [peer.addresses for peer in presence.peers.here()] == [(LUCA, ELSEWHERE)]


def test_who_does_not_answer_at_the_first_address_has_moved(presence: Presence) -> None:
    presence.receive(WITH_KEY, LUCA, 0.0)
    presence.receive(WITH_KEY, ELSEWHERE, 1.0)
    events = presence.expire(1.0 + PROBE_FOR)
    assert [type(event) for event in events] == [PeerChanged]
    assert [peer.addresses for peer in presence.peers.here()] == [(ELSEWHERE,)]


def test_who_answers_at_the_first_address_stays_there(presence: Presence) -> None:
    presence.receive(WITH_KEY, LUCA, 0.0)
    presence.receive(WITH_KEY, ELSEWHERE, 1.0)
    presence.receive(WITH_KEY, LUCA, 1.1)
    assert presence.expire(1.0 + PROBE_FOR) == []
    assert [peer.addresses for peer in presence.peers.here()] == [(LUCA, ELSEWHERE)]


def test_a_leave_from_either_address_counts(presence: Presence) -> None:
    presence.receive(WITH_KEY, LUCA, 0.0)
    presence.receive(WITH_KEY, ELSEWHERE, 1.0)
    presence.receive(b"LEAVE Luca\n", ELSEWHERE, 2.0)
    assert presence.peers.here() == []


def test_where_nobody_takes_connections_the_other_address_is_left(presence: Presence) -> None:
    presence.receive(WITH_KEY, LUCA, 0.0)
    presence.receive(WITH_KEY, ELSEWHERE, 1.0)
    presence.refuse(LUCA)
    assert [peer.addresses for peer in presence.peers.here()] == [(ELSEWHERE,)]


def test_a_list_names_the_address_beside_the_asker(presence: Presence, announcer: Announcer, me: Node) -> None:
    home, cable = Link.of("eth0", "10.0.0.10", "255.255.255.0"), Link.of("eth1", "10.0.1.10", "255.255.255.0")
    me.move(Links((home, cable)))
    for ip in ("10.0.0.11", "10.0.1.11"):
        presence.receive(WITH_KEY, Address(ip, 5002), 0.0)
    announcer.take()
    presence.receive(b"WHO\n", Address("10.0.1.12", 5003), 1.0)
    lists = [data for data, _ in said(announcer) if data.startswith(b"KNOWNUSERS")]
    assert lists == [b"KNOWNUSERS Ani 10.0.1.10 5001, Luca 10.0.1.11 5002\n"]


# Through a router: whoever has named us in `peers`

AFAR = Address("10.9.9.9", 5002)


def test_an_slcpd_from_afar_makes_itself_known_and_hears_as_much_as_it_has_said(
    presence: Presence, announcer: Announcer
) -> None:
    events = presence.receive(WITH_KEY, AFAR, 0.0)
    assert joined(events) == ["Luca"]
    assert said(announcer) == [(b"HELLO Ani 5001 1 -\n", AFAR)]
    presence.receive(b"JOIN Luca 5002\n", AFAR, 0.1)
    presence.receive(WITH_KEY, AFAR, 0.2)
    assert said(announcer) == []
    presence.receive(WITH_KEY, AFAR, 30.0)
    assert said(announcer) == [(b"HELLO Ani 5001 1 -\n", AFAR)]
    presence.receive(b"LEAVE Luca\n", AFAR, 31.0)
    assert handles(presence) == []


@pytest.mark.parametrize(
    "data",
    [b"JOIN Luca 5002\n", b"WHO\n", b"LEAVE Luca\n", b"KNOWNUSERS Luca 10.9.9.9 5002\n", b"HELLO Luca 5002 1 -\n"],
)
def test_anything_else_from_afar_is_not_heard(presence: Presence, announcer: Announcer, data: bytes) -> None:
    assert reasons(presence.receive(data, AFAR, 0.0)) == [BadInput.NOT_ON_LINK]
    assert said(announcer) == []


def test_who_from_afar_is_not_answered_even_of_one_that_is_known(presence: Presence, announcer: Announcer) -> None:
    presence.receive(WITH_KEY, AFAR, 0.0)
    announcer.take()
    assert reasons(presence.receive(b"WHO\n", AFAR, 1.0)) == [BadInput.NOT_ON_LINK]
    assert said(announcer) == []


def test_only_so_many_from_afar_make_themselves_known(presence: Presence) -> None:
    for number in range(2 * MAX_FROM_AFAR):
        hello = b"HELLO User%d 5002 1 %064d\n" % (number, number)
        presence.receive(hello, Address(f"10.9.{number // 250}.{number % 250}", 5002), 0.0)
    assert len(handles(presence)) == MAX_FROM_AFAR
    assert reasons(presence.receive(WITH_KEY, AFAR, 1.0)) == [BadInput.RATE_LIMITED]
    presence.receive(b"LEAVE User0\n", presence.peers.here()[0].address, 1.0)
    assert joined(presence.receive(WITH_KEY, AFAR, 2.0)) == ["Luca"]


def test_one_from_afar_says_nothing_of_others(presence: Presence) -> None:
    presence.receive(b"HELLO Mia 5003 1 -\n", MIA, 0.0)
    presence.receive(WITH_KEY, AFAR, 0.0)
    for data in (b"LEAVE Mia\n", b"JOIN Mia 5003\n", b"KNOWNUSERS Tom 192.168.0.50 5001\n"):
        presence.receive(data, AFAR, 1.0)
    assert handles(presence) == ["Mia", "Luca"]


def test_nobody_is_heard_from_afar_when_the_user_has_limited_us_to_some_links(links: Links) -> None:
    me = Node("Ani", 5001, replace(links, are_all=False))
    announcer = Announcer(me, 4000)
    membership = Membership(me, announcer, Random(1))
    membership.join(0.0)
    announcer.take()
    presence = Presence(me, announcer, membership, Blocklist())
    assert reasons(presence.receive(WITH_KEY, AFAR, 0.0)) == [BadInput.NOT_ON_LINK]
    assert said(announcer) == []
