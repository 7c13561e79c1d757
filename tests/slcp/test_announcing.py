import pytest

from slcp.announcing import Announcer, Datagram
from slcp.dialects import BARE, CANONICAL, COLON, JSON, SLCPD, TCP_KNOWUSERS, TCP_SENDER, UNKNOWN, Dialect
from slcp.links import Link, Links
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import Peer

ASKER = Address("192.168.0.77", 5009)
HELLO = b"HELLO Ani 5001 1 -\n"


def test_a_join_is_broadcast_behind_a_hello_of_its_own_and_in_json_with_the_address_of_each_link(
    announcer: Announcer,
) -> None:
    announcer.join()
    assert announcer.take() == [
        Datagram(HELLO, None),
        Datagram(b"JOIN Ani 5001\n", None),
        Datagram(b'["JOIN", "Ani", "127.0.0.1", 5001]', Address("127.255.255.255", 4000)),
        Datagram(b'["JOIN", "Ani", "192.168.0.10", 5001]', Address("192.168.0.255", 4000)),
    ]


def test_a_leave_is_broadcast_in_both_forms(announcer: Announcer) -> None:
    announcer.leave("Ani")
    assert announcer.take() == [Datagram(b"LEAVE Ani\n", None), Datagram(b'["LEAVE", "Ani"]', None)]


def test_everyone_is_asked_in_each_form_that_some_program_takes_alone(announcer: Announcer) -> None:
    announcer.ask_all()
    assert announcer.take() == [
        Datagram(b"WHO\n", None),
        Datagram(b"WHO", None),
        Datagram(b'["WHO", "Ani"]', None),
    ]


def test_one_slcpd_is_asked_in_canonical_form(announcer: Announcer) -> None:
    announcer.ask(ASKER)
    assert announcer.take() == [Datagram(b"WHO\n", ASKER)]


@pytest.mark.parametrize("to", [None, ASKER], ids=["everyone", "one"])
def test_greetings_go_to_everyone_or_to_one(announcer: Announcer, to: Address | None) -> None:
    announcer.greet(to)
    assert announcer.take() == [Datagram(HELLO, to)]


def test_everything_is_sent_once(announcer: Announcer) -> None:
    announcer.ask(ASKER)
    announcer.take()
    assert announcer.take() == []


def test_a_join_is_answered_at_the_whoisport_of_the_host(announcer: Announcer) -> None:
    announcer.answer_join("192.168.0.77", CANONICAL)
    there = Address("192.168.0.77", 4000)
    assert announcer.take() == [Datagram(HELLO, there), Datagram(b"JOIN Ani 5001\n", there)]


def test_one_that_nothing_is_known_of_is_asked_too(announcer: Announcer) -> None:
    announcer.answer_join("192.168.0.77", UNKNOWN)
    assert announcer.take()[2:] == [Datagram(b"WHO\n", Address("192.168.0.77", 4000))]


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.168.0.10"])
def test_a_join_of_our_machine_is_answered_so_that_all_programs_there_hear_it(announcer: Announcer, ip: str) -> None:
    announcer.answer_join(ip, UNKNOWN)
    assert {datagram.to for datagram in announcer.take()} == {Address("127.255.255.255", 4000)}


def test_without_loopback_a_join_of_our_machine_is_answered_at_its_address() -> None:
    announcer = Announcer(Node("Ani", 5001, Links((Link.of("eth0", "192.168.0.10", "255.255.255.0"),))), 4000)
    announcer.answer_join("192.168.0.10", UNKNOWN)
    assert {datagram.to for datagram in announcer.take()} == {Address("192.168.0.10", 4000)}


def test_a_who_of_a_peer_of_unknown_kind_is_answered_in_both_spellings(announcer: Announcer) -> None:
    announcer.answer_who(ASKER, [Peer("Luca", Address("192.168.0.11", 5002), 0.0)], UNKNOWN, None)
    assert announcer.take() == [
        Datagram(HELLO, ASKER),
        Datagram(b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", ASKER),
        Datagram(b"KNOWUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n", ASKER),
    ]


def test_a_who_of_an_slcpd_is_answered_in_one_spelling(announcer: Announcer) -> None:
    announcer.answer_who(ASKER, [], SLCPD, None)
    assert announcer.take() == [Datagram(HELLO, ASKER), Datagram(b"KNOWNUSERS Ani 192.168.0.10 5001\n", ASKER)]


LUCA = Peer("Luca", Address("192.168.0.11", 5002), 0.0)


def test_a_bare_peer_is_answered_without_line_ends(announcer: Announcer) -> None:
    announcer.answer_join(ASKER.ip, BARE)
    there = Address(ASKER.ip, 4000)
    assert announcer.take() == [Datagram(HELLO.strip(), there), Datagram(b"JOIN Ani 5001", there)]
    announcer.answer_who(ASKER, [LUCA], BARE, None)
    assert announcer.take() == [
        Datagram(HELLO.strip(), ASKER),
        Datagram(b"KNOWNUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002", ASKER),
    ]


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (TCP_SENDER, b"KNOWNUSERS Ani 192.168.0.10 5001,Luca 192.168.0.11 5002\n"),
        (COLON, b"KNOWUSERS Ani:192.168.0.10:5001,Luca:192.168.0.11:5002\n"),
    ],
    ids=["tcp-sender", "colon"],
)
def test_a_dialect_with_a_list_form_of_its_own_is_answered_in_it_alone(
    announcer: Announcer, dialect: Dialect, answer: bytes
) -> None:
    announcer.answer_who(ASKER, [LUCA], dialect, None)
    assert announcer.take() == [Datagram(HELLO, ASKER), Datagram(answer, ASKER)]


def test_a_peer_that_takes_lists_by_tcp_gets_one_at_its_chat_port_too(announcer: Announcer) -> None:
    chat_port = Address(ASKER.ip, 5003)
    announcer.answer_who(ASKER, [LUCA], TCP_KNOWUSERS, chat_port)
    answer = b"KNOWUSERS Ani 192.168.0.10 5001, Luca 192.168.0.11 5002\n"
    assert announcer.take() == [
        Datagram(HELLO, ASKER),
        Datagram(answer, ASKER),
        Datagram(answer, chat_port, by_tcp=True),
    ]


def test_a_json_peer_is_answered_in_json_alone(announcer: Announcer) -> None:
    announcer.answer_join(ASKER.ip, JSON)
    join = b'["JOIN", "Ani", "192.168.0.10", 5001]'
    assert announcer.take() == [Datagram(join, Address(ASKER.ip, 4000))]


def test_a_json_peer_is_told_each_slcpd_in_a_list_of_its_own_and_no_plain_peer(announcer: Announcer) -> None:
    slcpd = Peer("Noah", Address("192.168.0.13", 5005), 0.0, dialect=SLCPD)
    announcer.answer_who(ASKER, [LUCA, slcpd], JSON, None)
    assert announcer.take() == [
        Datagram(b'["KNOWNUSERS", "Ani 192.168.0.10 5001"]', ASKER),
        Datagram(b'["KNOWNUSERS", "Noah 192.168.0.13 5005"]', ASKER),
    ]


def test_users_of_our_machine_are_listed_where_the_asker_can_reach_them(announcer: Announcer) -> None:
    flatmate, elsewhere = Peer("Mia", Address("127.0.0.1", 5003), 0.0), Peer("Odd", Address("127.0.0.9", 5004), 0.0)
    announcer.answer_who(ASKER, [flatmate, elsewhere], SLCPD, None)
    _, answer = announcer.take()
    assert answer.data == b"KNOWNUSERS Ani 192.168.0.10 5001, Mia 192.168.0.10 5003\n"


def test_who_asks_from_our_machine_is_told_loopback_addresses(announcer: Announcer) -> None:
    announcer.answer_who(Address("127.0.0.1", 5009), [Peer("Mia", Address("127.0.0.1", 5003), 0.0)], SLCPD, None)
    _, answer = announcer.take()
    assert answer.data == b"KNOWNUSERS Ani 127.0.0.1 5001, Mia 127.0.0.1 5003\n"


def test_a_long_list_goes_in_datagrams_that_are_lists_themselves(announcer: Announcer) -> None:
    announcer.answer_who(
        ASKER, [Peer(f"user{n}", Address("192.168.0.20", 5100 + n), 0.0) for n in range(40)], SLCPD, None
    )
    _, *answers = announcer.take()
    assert len(answers) > 1
    for answer in answers:
        assert answer.data.startswith(b"KNOWNUSERS ")
        assert answer.data.endswith(b"\n")
        assert len(answer.data) <= 512
    entries = b", ".join(answer.data.removeprefix(b"KNOWNUSERS ").strip() for answer in answers).split(b", ")
    assert entries == [b"Ani 192.168.0.10 5001", *(b"user%d 192.168.0.20 %d" % (n, 5100 + n) for n in range(40))]
