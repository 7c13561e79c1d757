"""Whole conversations: several nodes joined in memory by a LAN that delivers at once, under one clock.

The LAN does what Linux does: a broadcast reaches every program on the port that is in that
network, its sender included; a unicast to the shared whoisport reaches only one program of
the host, and one to a port of its own reaches its program.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

import pytest

from slcp.addressing import resolve
from slcp.announcing import Announcer, Datagram
from slcp.answering import ASKS_AGAIN_WITHIN
from slcp.blocklist import Blocklist
from slcp.dialects import JSON, SLCPD, UDP
from slcp.errors import RequestError
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.messages import Address, KnownUsers
from slcp.node import Node
from slcp.peers import (
    LeaveReason,
    Peer,
    PeerChanged,
    PeerEvent,
    PeerHeard,
    PeerJoined,
    PeerLeft,
    PeerState,
    TraitsLearned,
)
from slcp.presence import Presence, TextHeard
from slcp.wire import decode

WHOISPORT = 4000


class Program(Protocol):
    """What the LAN asks of a program on one of its hosts."""

    host: str
    port: int

    @property
    def links(self) -> Links: ...
    def hear(self, data: bytes, source: Address, now: float, was_broadcast: bool) -> None: ...
    def pass_time(self, now: float) -> None: ...
    def take(self) -> list[Datagram]: ...


class Daemon:
    """An slcpd without sockets: the core alone, and what it has told its user."""

    def __init__(self, host: str, links: Links, handle: str, port: int) -> None:
        self.host = host
        self.port = port
        self.events: list[PeerEvent] = []
        self.texts: list[str] = []
        self.handle = handle
        self._node = Node(handle, port, links)
        self._announcer = Announcer(self._node, WHOISPORT)
        self.membership = Membership(self._node, self._announcer, Random(f"{host}:{port}"))
        self.presence = Presence(self._node, self._announcer, self.membership, Blocklist())

    @property
    def links(self) -> Links:
        return self._node.links

    def hear(self, data: bytes, source: Address, now: float, was_broadcast: bool) -> None:
        for event in self.presence.receive(data, source, now, was_broadcast):
            if isinstance(event, PeerJoined | PeerChanged | PeerLeft):
                self.events.append(event)
            elif isinstance(event, TextHeard):
                self.texts.append(event.text.text)

    def pass_time(self, now: float) -> None:
        self.membership.beat(now)
        self.events += self.presence.expire(now)

    def take(self) -> list[Datagram]:
        return self._announcer.take()

    @property
    def sees(self) -> dict[str, Peer]:
        """The peers that are here, by handle."""
        return {peer.handle: peer for peer in self.presence.peers.here()}

    def news_of(self, handle: str) -> list[type[PeerEvent]]:
        comings_and_goings = (event for event in self.events if not isinstance(event, PeerHeard | TraitsLearned))
        return [type(event) for event in comings_and_goings if event.peer.handle == handle]


class PlainProgram:
    """A program of the course: registers who says JOIN, answers WHO with itself, and never repeats itself."""

    def __init__(self, host: str, links: Links, handle: str, port: int) -> None:
        self.host = host
        self.links = links
        self.port = port
        self.handle = handle
        self.heard: list[str] = []
        self._waiting: list[Datagram] = []

    def say(self, line: str, to: Address | None = None) -> None:
        self._waiting.append(Datagram(line.encode(), to))

    def hear(self, data: bytes, source: Address, now: float, was_broadcast: bool) -> None:
        line = data.decode()
        if line == f"JOIN {self.handle} {self.port}\n":
            return
        self.heard.append(line.strip())
        if line.strip() == "WHO":
            self.say(f"KNOWUSERS {self.handle} {self.links.facing(source.ip)} {self.port}\n", source)

    def pass_time(self, now: float) -> None:
        pass

    def take(self) -> list[Datagram]:
        waiting, self._waiting = self._waiting, []
        return waiting

    @property
    def registered(self) -> set[str]:
        return {line.split()[1] for line in self.heard if line.startswith("JOIN ")}


class JsonProgram(PlainProgram):
    """The seed's own program: JSON arrays; it says JOIN once, and each answers WHO for itself."""

    def say_array(self, *array: str | int, to: Address | None = None) -> None:
        self.say(json.dumps(array), to)

    def join(self) -> None:
        self.say_array("JOIN", self.handle, self.links.facing("192.168.0.1"), self.port)

    def hear(self, data: bytes, source: Address, now: float, was_broadcast: bool) -> None:
        try:
            array = json.loads(data.decode())  # dies of what is no UTF-8
        except json.JSONDecodeError:
            return
        command, handle, *_ = array  # dies of an empty array, and of WHO without a handle
        if command in ("JOIN", "WHO") and handle == self.handle:
            return
        self.heard.append(" ".join(map(str, array)))
        if command == "WHO" and source.ip != "127.0.0.1":
            me = f"{self.handle} {self.links.facing(source.ip)} {self.port}"
            self.say_array("KNOWNUSERS", me, to=source)


@dataclass
class Lan:
    """Delivers what programs send, at once and in order, and lets time pass second by second."""

    now: float = 1000.0
    programs: list[Program] = field(default_factory=list)
    delivered: list[bytes] = field(default_factory=list)
    loses: Callable[[Datagram], bool] = lambda _: False

    def daemon(self, handle: str, port: int, host: str, *ips: str) -> Daemon:
        daemon = Daemon(host, links_of(ips), handle, port)
        self.programs.append(daemon)
        daemon.membership.join(self.now)
        self.deliver()
        return daemon

    def plain(self, handle: str, port: int, host: str, *ips: str) -> PlainProgram:
        plain = PlainProgram(host, links_of(ips), handle, port)
        self.programs.append(plain)
        plain.say(f"JOIN {handle} {port}\n")
        self.deliver()
        return plain

    def json(self, handle: str, port: int, host: str, *ips: str) -> JsonProgram:
        program = JsonProgram(host, links_of(ips), handle, port)
        self.programs.append(program)
        program.join()
        self.deliver()
        return program

    def crash(self, program: Program) -> None:
        self.programs.remove(program)

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1.0
            for program in self.programs:
                program.pass_time(self.now)
            self.deliver()

    def deliver(self) -> None:
        for _ in range(20):
            sent = [(program, datagram) for program in self.programs for datagram in program.take()]
            if not sent:
                return
            for sender, datagram in sent:
                if not self.loses(datagram):
                    self._carry(sender, datagram)
        raise AssertionError("the programs do not come to rest: they answer each other for ever")

    def _carry(self, sender: Program, datagram: Datagram) -> None:
        for source_ip, receiver in self._ways(sender, datagram.to):
            self.delivered.append(datagram.data)
            receiver.hear(datagram.data, Address(source_ip, sender.port), self.now, datagram.to is None)

    def _ways(self, sender: Program, to: Address | None) -> Iterator[tuple[str, Program]]:
        """Yield the receivers of a datagram, each with the source address that it sees."""
        for link in sender.links.links:
            if to is None or to.ip == link.broadcast:
                for receiver in self.programs:
                    if is_in(receiver, link, sender):
                        yield link.ip, receiver
            elif link.reaches(to.ip):
                at_host = [program for program in self.programs if is_at(program, to.ip, sender)]
                at_port = [program for program in at_host if to.port in (program.port, WHOISPORT)]
                yield from ((link.ip, receiver) for receiver in at_port[:1])


def links_of(ips: Iterable[str]) -> Links:
    """The loopback of a host and its addresses, each in a network of 256."""
    return Links((Link.of("lo", "127.0.0.1", "255.0.0.0"), *(Link.of("eth0", ip, "255.255.255.0") for ip in ips)))


def is_in(program: Program, link: Link, sender: Program) -> bool:
    if link.is_loopback:
        return program.host == sender.host
    return any(other.broadcast == link.broadcast for other in program.links.links)


def is_at(program: Program, ip: str, sender: Program) -> bool:
    return program.host == sender.host if ip.startswith("127.") else program.links.is_own(ip)


@pytest.fixture
def lan() -> Lan:
    return Lan()


# Between daemons


def test_two_daemons_know_each_other_whoever_comes_first(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    assert ani.sees.keys() == {"Luca"}
    assert luca.sees.keys() == {"Ani"}
    assert ani.sees["Luca"].address == Address("192.168.0.11", 5002)
    assert luca.sees["Ani"].address == Address("192.168.0.10", 5001)
    for peer in (ani.sees["Luca"], luca.sees["Ani"]):
        assert (peer.dialect, peer.second_hand, peer.state) == (SLCPD, False, PeerState.PRESENT)


def test_each_newcomer_is_announced_once(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    mia = lan.daemon("Mia", 5003, "c", "192.168.0.12")
    lan.wait(120)
    for daemon, others in ((ani, {"Luca", "Mia"}), (luca, {"Ani", "Mia"}), (mia, {"Ani", "Luca"})):
        assert daemon.sees.keys() == others
        for other in others:
            assert [news for news in daemon.news_of(other) if news is not PeerChanged] == [PeerJoined]


def test_daemons_on_a_quiet_lan_see_each_other_for_an_hour(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    before = len(ani.events), len(luca.events)
    lan.delivered.clear()
    lan.wait(3600)
    assert (len(ani.events), len(luca.events)) == before
    assert {data.split()[0] for data in lan.delivered} == {b"HELLO"}


def test_who_leaves_is_gone_at_once_and_stays_silent(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    luca.membership.leave()
    lan.deliver()
    assert ani.sees == {}
    assert isinstance(ani.events[-1], PeerLeft)
    assert ani.events[-1].reason is LeaveReason.SAID_SO
    lan.wait(120)
    assert ani.sees == {}
    assert luca.sees.keys() == {"Ani"}


def test_who_has_left_comes_back(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    luca.membership.leave()
    lan.deliver()
    luca.membership.join(lan.now)
    lan.deliver()
    assert ani.news_of("Luca") == [PeerJoined, PeerLeft, PeerJoined]


def test_a_daemon_that_crashed_is_gone_within_two_minutes(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.crash(lan.daemon("Luca", 5002, "b", "192.168.0.11"))
    lan.wait(89)
    assert ani.sees.keys() == {"Luca"}
    lan.wait(31)
    assert ani.sees == {}
    assert isinstance(ani.events[-1], PeerLeft)
    assert ani.events[-1].reason is LeaveReason.SILENT


def test_a_daemon_whose_broadcasts_are_lost_is_kept_by_the_question_to_it(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    lan.loses = lambda datagram: datagram.to is None
    lan.wait(600)
    assert ani.news_of("Luca") == luca.news_of("Ani") == [PeerJoined]


def test_daemons_that_never_heard_a_join_find_each_other_by_the_heartbeat(lan: Lan) -> None:
    lan.loses = lambda _: True
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    assert ani.sees == luca.sees == {}
    lan.loses = lambda _: False
    lan.wait(33)
    assert ani.sees.keys() == {"Luca"}
    assert luca.sees.keys() == {"Ani"}


def test_another_handle_is_seen_by_everyone(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    luca.membership.rename("Luke", lan.now)
    lan.deliver()
    assert ani.sees.keys() == {"Luke"}
    assert ani.sees["Luke"].address == Address("192.168.0.11", 5002)


def test_two_with_one_handle_are_told_apart(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.daemon("Luca", 5002, "b", "192.168.0.11")
    lan.daemon("Luca", 5002, "c", "192.168.0.12")
    with pytest.raises(RequestError, match="Luca is the handle of several users"):
        resolve(ani.presence.peers, "Luca")
    assert resolve(ani.presence.peers, "Luca@192.168.0.12:5002").address == Address("192.168.0.12", 5002)


def test_one_that_leaves_does_not_take_its_namesake_along(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.daemon("Luca", 5002, "b", "192.168.0.11")
    leaving = lan.daemon("Luca", 5002, "c", "192.168.0.12")
    leaving.membership.leave()
    lan.deliver()
    assert [peer.address.ip for peer in ani.presence.peers.here()] == ["192.168.0.11"]


# On one machine


def test_users_of_one_machine_find_each_other_without_any_network(lan: Lan) -> None:
    users = [lan.daemon(handle, port, "a") for handle, port in (("Ani", 5001), ("Luca", 5002), ("Mia", 5003))]
    for user in users:
        assert {peer.address.ip for peer in user.sees.values()} == {"127.0.0.1"}
    assert [user.sees.keys() for user in users] == [{"Luca", "Mia"}, {"Ani", "Mia"}, {"Ani", "Luca"}]


def test_users_of_one_machine_are_seen_once_though_heard_on_every_interface(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10", "10.0.0.10")
    luca = lan.daemon("Luca", 5002, "a", "192.168.0.10", "10.0.0.10")
    for daemon, other in ((ani, Address("127.0.0.1", 5002)), (luca, Address("127.0.0.1", 5001))):
        assert [peer.address for peer in daemon.presence.peers.all()] == [other]


def test_another_machine_sees_both_users_of_a_machine_where_it_can_reach_them(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.daemon("Luca", 5002, "a", "192.168.0.10")
    mia = lan.daemon("Mia", 5003, "b", "192.168.0.11")
    assert {handle: peer.address for handle, peer in mia.sees.items()} == {
        "Ani": Address("192.168.0.10", 5001),
        "Luca": Address("192.168.0.10", 5002),
    }


def test_a_plain_program_on_a_machine_with_two_daemons_hears_both(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.daemon("Luca", 5002, "a", "192.168.0.10")
    mia = lan.plain("Mia", 5003, "a", "192.168.0.10")
    assert mia.registered == {"Ani", "Luca"}


# With programs of the course


def test_a_plain_program_that_comes_last_learns_of_every_daemon(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    mia = lan.plain("Mia", 5003, "c", "192.168.0.12")
    assert mia.registered == {"Ani", "Luca"}
    for daemon in (ani, luca):
        assert (daemon.sees["Mia"].dialect, daemon.sees["Mia"].second_hand) == (UDP, False)  # it speaks from its port


def test_a_plain_program_that_was_there_first_is_found_by_asking(lan: Lan) -> None:
    lan.plain("Mia", 5003, "c", "192.168.0.12")
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    assert ani.sees["Mia"].address == Address("192.168.0.12", 5003)


def test_a_plain_program_is_not_pestered(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    mia = lan.plain("Mia", 5003, "c", "192.168.0.12")
    mia.heard.clear()
    lan.wait(3600)
    assert {line.split()[0] for line in mia.heard} == {"HELLO"}


def test_programs_that_answer_every_join_by_a_join_come_to_rest(lan: Lan) -> None:
    class Echo(PlainProgram):
        def hear(self, data: bytes, source: Address, now: float, was_broadcast: bool) -> None:
            super().hear(data, source, now, was_broadcast)
            if data.startswith(b"JOIN ") and data != f"JOIN {self.handle} {self.port}\n".encode():
                self.say(f"JOIN {self.handle} {self.port}\n")

    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.programs.append(echo := Echo("b", links_of(["192.168.0.11"]), "Echo", 5002))
    echo.say("JOIN Echo 5002\n")
    lan.deliver()
    assert echo.heard.count("JOIN Ani 5001") == 1


def test_a_plain_program_goes_idle_is_present_when_it_speaks_and_goes_when_it_says_so(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    mia = lan.plain("Mia", 5003, "c", "192.168.0.12")
    lan.wait(606)
    assert [peer.state for peer in ani.presence.peers.here()] == [PeerState.IDLE]
    mia.say("MSG Ani still here\n", Address("192.168.0.10", 5001))
    lan.deliver()
    assert ani.texts == ["still here"]
    assert [peer.state for peer in ani.presence.peers.here()] == [PeerState.PRESENT]
    mia.say("LEAVE Mia\n")
    lan.deliver()
    joined, idle, present, left = (event for event in ani.events if not isinstance(event, PeerHeard | TraitsLearned))
    assert [type(event) for event in (joined, left)] == [PeerJoined, PeerLeft]
    changes = [(event.before.state, event.peer.state) for event in (idle, present) if isinstance(event, PeerChanged)]
    assert changes == [(PeerState.PRESENT, PeerState.IDLE), (PeerState.IDLE, PeerState.PRESENT)]


def test_hearsay_of_a_plain_program_dies_with_who_heard_it(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    ghost = lan.plain("Ghost", 5009, "g", "192.168.0.99")
    lan.crash(ghost)
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    assert luca.sees["Ghost"].second_hand
    ani.membership.leave()
    lan.deliver()
    mia = lan.daemon("Mia", 5003, "c", "192.168.0.12")
    assert mia.sees.keys() == {"Luca"}


def test_a_json_program_that_comes_last_learns_of_every_daemon(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    mia = lan.json("Mia", 5003, "c", "192.168.0.12")
    assert mia.registered == {"Ani", "Luca"}
    assert {"JOIN Ani 192.168.0.10 5001", "JOIN Luca 192.168.0.11 5002"} == set(mia.heard)
    for daemon in (ani, luca):
        assert (daemon.sees["Mia"].dialect, daemon.sees["Mia"].address) == (JSON, Address("192.168.0.12", 5003))


def test_a_json_program_that_was_there_first_is_found_by_asking_and_hears_who_comes(lan: Lan) -> None:
    mia = lan.json("Mia", 5003, "c", "192.168.0.12")
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    assert (ani.sees["Mia"].dialect, ani.sees["Mia"].address) == (JSON, Address("192.168.0.12", 5003))
    assert mia.registered == {"Ani"}
    ani.membership.leave()
    lan.deliver()
    assert mia.heard[-1] == "LEAVE Ani"


def test_a_json_program_that_asks_is_told_of_each_daemon_in_an_array_of_its_own(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    lan.daemon("Luca", 5002, "b", "192.168.0.11")
    lan.plain("Noah", 5004, "d", "192.168.0.13")
    mia = lan.json("Mia", 5003, "c", "192.168.0.12")
    mia.heard.clear()
    mia.say_array("WHO", "Mia")
    lan.deliver()
    assert set(mia.heard) == {"KNOWNUSERS Ani 192.168.0.10 5001", "KNOWNUSERS Luca 192.168.0.11 5002"}


def test_a_json_program_is_not_pestered(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    mia = lan.json("Mia", 5003, "c", "192.168.0.12")
    mia.heard.clear()
    lan.wait(3600)
    assert mia.heard == []


def test_a_json_program_is_heard_by_udp(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    mia = lan.json("Mia", 5003, "c", "192.168.0.12")
    mia.say_array("MSG", "Mia", "Ani", "Hallo Ani!", to=Address("192.168.0.10", 5001))
    lan.deliver()
    assert ani.texts == ["Hallo Ani!"]
    assert ani.sees["Mia"].dialect is JSON


def test_daemons_take_each_other_for_daemons_though_they_speak_json_too(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    changes = [event for event in [*ani.events, *luca.events] if isinstance(event, PeerChanged)]
    assert [change.peer.dialect for change in changes] == []


def test_daemons_whose_greeting_was_lost_know_better_at_the_next(lan: Lan) -> None:
    lan.loses = lambda datagram: datagram.data.startswith(b"HELLO ")
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    assert ani.sees["Luca"].dialect is JSON
    lan.loses = lambda _: False
    lan.wait(33)
    assert (ani.sees["Luca"].dialect, luca.sees["Ani"].dialect) == (SLCPD, SLCPD)


# When the network changes


def test_a_daemon_that_moves_to_another_address_is_found_there(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    luca.membership.follow(links_of(["192.168.0.55"]), lan.now)
    lan.deliver()
    assert Address("192.168.0.55", 5002) in [peer.address for peer in ani.presence.peers.here()]
    lan.wait(120)
    assert [peer.address for peer in ani.presence.peers.here()] == [Address("192.168.0.55", 5002)]
    assert luca.sees.keys() == {"Ani"}


def test_a_network_that_comes_while_the_daemons_run_joins_them(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a")
    luca = lan.daemon("Luca", 5002, "b")
    assert ani.sees == luca.sees == {}
    ani.membership.follow(links_of(["192.168.0.10"]), lan.now)
    luca.membership.follow(links_of(["192.168.0.11"]), lan.now)
    lan.deliver()
    assert ani.sees.keys() == {"Luca"}
    assert luca.sees.keys() == {"Ani"}


def test_who_is_in_two_networks_is_reached_in_each(lan: Lan) -> None:
    ani = lan.daemon("Ani", 5001, "a", "192.168.0.10", "10.0.0.10")
    luca = lan.daemon("Luca", 5002, "b", "192.168.0.11")
    mia = lan.daemon("Mia", 5003, "c", "10.0.0.12")
    assert ani.sees.keys() == {"Luca", "Mia"}
    assert luca.sees["Ani"].address.ip == "192.168.0.10"
    assert mia.sees["Ani"].address.ip == "10.0.0.10"


# Many daemons


@pytest.fixture
def crowd(lan: Lan) -> list[Daemon]:
    """Twelve daemons that have all heard each other."""
    crowd = [lan.daemon(f"User{number}", 5000 + number, f"h{number}", f"192.168.0.{number}") for number in range(1, 13)]
    lan.wait(35)
    return crowd


def lists_to(lan: Lan, asker: PlainProgram, to: Address | None = None) -> list[list[str]]:
    """Let a plain program ask who is here. Returns the handles of each list that it gets."""
    asker.heard.clear()
    asker.say("WHO\n", to)
    lan.deliver()
    answers = [decode(line.encode()) for line in asker.heard if line.startswith("KNOWNUSERS")]
    return [[user.handle for user in answer.users] for answer in answers if isinstance(answer, KnownUsers)]


def test_of_many_daemons_three_answer_and_tell_of_all(lan: Lan, crowd: list[Daemon]) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    answers = lists_to(lan, asker)
    assert len({answer[0] for answer in answers}) == 3  # each lists itself first
    everyone = {f"User{number}" for number in range(1, 13)}
    assert {handle for answer in answers for handle in answer} == everyone


def test_different_askers_are_answered_by_different_daemons(lan: Lan, crowd: list[Daemon]) -> None:
    askers = [lan.plain(f"Mia{number}", 6000, f"m{number}", f"192.168.0.2{number:02}") for number in range(20)]
    answering = {answer[0] for asker in askers for answer in lists_to(lan, asker)}
    assert len(answering) > 9  # 60 answers, 12 daemons: that three get none has a chance below 1 in 100,000


def test_a_daemon_that_is_asked_alone_always_answers(lan: Lan, crowd: list[Daemon]) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    for number in range(1, 13):
        lan.wait(1)
        answers = lists_to(lan, asker, Address(f"192.168.0.{number}", 5000 + number))
        assert {answer[0] for answer in answers} == {f"User{number}"}


def test_when_two_that_should_answer_have_just_crashed_the_third_does(lan: Lan, crowd: list[Daemon]) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    first, second, third = dict.fromkeys(answer[0] for answer in lists_to(lan, asker))
    for daemon in crowd:
        if daemon.handle in (first, second):
            lan.crash(daemon)
    lan.wait(int(ASKS_AGAIN_WITHIN))
    assert {answer[0] for answer in lists_to(lan, asker)} == {third}


def test_whoever_asks_again_is_answered_by_three_others_until_all_have_had_their_turn(
    lan: Lan, crowd: list[Daemon]
) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    answering = []
    for _ in range(5):
        answering.append({answer[0] for answer in lists_to(lan, asker)})
        lan.wait(1)
    assert [len(three) for three in answering] == [3] * 5
    assert len(set().union(*answering[:4])) == 12
    assert answering[4] == answering[0]


def test_when_all_three_that_should_answer_have_just_crashed_asking_again_helps(lan: Lan, crowd: list[Daemon]) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    first = {answer[0] for answer in lists_to(lan, asker)}
    for daemon in crowd:
        if daemon.handle in first:
            lan.crash(daemon)
    lan.wait(int(ASKS_AGAIN_WITHIN))
    assert lists_to(lan, asker) == []
    lan.wait(1)
    everyone = {handle for answer in lists_to(lan, asker) for handle in answer}
    assert everyone >= {f"User{number}" for number in range(1, 13)} - first


def test_one_question_that_is_heard_several_times_is_not_asked_again(lan: Lan, crowd: list[Daemon]) -> None:
    asker = lan.plain("Mia", 6000, "m", "192.168.0.200")
    assert len({answer[0] for _ in range(3) for answer in lists_to(lan, asker)}) == 3


def test_a_daemon_alone_among_plain_programs_answers(lan: Lan) -> None:
    lan.daemon("Ani", 5001, "a", "192.168.0.10")
    programs = [lan.plain(f"Mia{number}", 6000, f"m{number}", f"192.168.0.{100 + number}") for number in range(8)]
    assert [answer[0] for answer in lists_to(lan, programs[0]) if len(answer) > 1] == ["Ani"]
