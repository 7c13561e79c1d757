from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slcp.dialects import SLCPD, UNKNOWN
from slcp.messages import Address, Hello
from slcp.peers import (
    MAX_NAMED,
    MAX_PEERS,
    MAX_PER_HOST,
    MAX_SIGHTINGS,
    LeaveReason,
    Peer,
    PeerChanged,
    PeerEvent,
    PeerJoined,
    PeerLeft,
    PeerState,
    PeerTable,
)

HERE = Address("192.168.0.11", 5002)
THERE = Address("192.168.0.12", 5002)


@pytest.fixture
def table() -> PeerTable:
    return PeerTable()


def handles(table: PeerTable) -> list[str]:
    return [peer.handle for peer in table.all()]


def known(table: PeerTable, address: Address) -> Peer:
    peer = table.at(address)
    assert peer is not None
    return peer


# Hearing


def test_a_peer_heard_for_the_first_time_has_joined(table: PeerTable) -> None:
    assert table.hear("Luca", HERE, 7.0) == [PeerJoined(Peer("Luca", HERE, 7.0))]
    assert table.here() == [Peer("Luca", HERE, 7.0)]


def test_a_peer_heard_again_is_no_news(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    assert table.hear("Luca", HERE, 30.0) == []
    assert known(table, HERE).heard_at == 30.0


def test_another_handle_at_the_same_address_is_a_change(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    assert table.hear("Luke", HERE, 1.0) == [PeerChanged(Peer("Luke", HERE, 1.0), Peer("Luca", HERE, 0.0))]
    assert handles(table) == ["Luke"]


def test_a_plain_peer_becomes_an_slcpd_and_stays_one(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    assert known(table, HERE).dialect is UNKNOWN
    (change,) = table.hear("Luca", HERE, 1.0, SLCPD)
    assert isinstance(change, PeerChanged)
    table.hear("Luca", HERE, 2.0)
    assert known(table, HERE).dialect is SLCPD


def test_the_longest_unheard_comes_first(table: PeerTable) -> None:
    for number, handle in enumerate(["Luca", "Mia", "Noah"]):
        table.hear(handle, Address("192.168.0.11", 5002 + number), 0.0)
    table.hear("Luca", HERE, 5.0)
    assert handles(table) == ["Mia", "Noah", "Luca"]


def test_a_sign_of_life_keeps_the_handle(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0, SLCPD)
    assert table.hear_again(HERE, 40.0) == []
    assert table.here() == [Peer("Luca", HERE, 40.0, dialect=SLCPD)]


def test_a_sign_of_life_of_a_stranger_tells_nothing(table: PeerTable) -> None:
    assert table.hear_again(HERE, 0.0) == []
    assert table.all() == []


def test_a_sign_of_life_does_not_bring_back_who_has_left(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    assert table.hear_again(HERE, 1.0) == []
    assert table.here() == []


# Hearsay


def test_a_reported_peer_is_marked_second_hand(table: PeerTable) -> None:
    assert table.report("Luca", HERE, 3.0) == [PeerJoined(Peer("Luca", HERE, 3.0, second_hand=True))]


def test_a_report_never_overrides_what_a_peer_said_of_itself(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    assert table.report("Eve", HERE, 1.0) == []
    assert table.here() == [Peer("Luca", HERE, 0.0)]


def test_a_report_does_not_bring_back_who_has_left(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    assert table.report("Luca", HERE, 1.0) == []
    assert table.here() == []


def test_a_reported_peer_that_speaks_is_first_hand_and_the_user_sees_it(table: PeerTable) -> None:
    table.report("Luca", HERE, 0.0)
    (change,) = table.hear("Luca", HERE, 1.0)
    assert change == PeerChanged(Peer("Luca", HERE, 1.0), Peer("Luca", HERE, 0.0, second_hand=True))


# Going


def test_a_peer_that_leaves_stays_known_as_gone(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    gone = Peer("Luca", HERE, 0.0, state=PeerState.GONE)
    assert table.drop(known(table, HERE), LeaveReason.SAID_SO) == [PeerLeft(gone, LeaveReason.SAID_SO)]
    assert table.here() == []
    assert table.all() == [gone]


def test_a_peer_leaves_once(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    assert table.drop(known(table, HERE), LeaveReason.REFUSED) == []


def test_a_peer_that_is_back_has_joined(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    assert table.hear("Luca", HERE, 9.0) == [PeerJoined(Peer("Luca", HERE, 9.0))]


def test_a_silent_peer_becomes_idle_once_and_present_when_heard(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    (change,) = table.idle(known(table, HERE))
    assert isinstance(change, PeerChanged)
    assert (change.before.state, change.peer.state) == (PeerState.PRESENT, PeerState.IDLE)
    assert table.idle(known(table, HERE)) == []
    (change,) = table.hear("Luca", HERE, 900.0)
    assert isinstance(change, PeerChanged)
    assert (change.before.state, change.peer.state) == (PeerState.IDLE, PeerState.PRESENT)


def test_an_idle_peer_is_still_here(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.idle(known(table, HERE))
    assert [peer.state for peer in table.here()] == [PeerState.IDLE]


# The bound


def address_of(number: int) -> Address:
    return Address(f"10.0.{number // 256}.{number % 256}", 5001)


def test_the_oldest_goes_when_there_are_too_many(table: PeerTable) -> None:
    for number in range(MAX_PEERS):
        table.hear(f"user{number}", address_of(number), 0.0)
    table.hear("user0", address_of(0), 1.0)
    left, joined = table.hear("one-more", address_of(MAX_PEERS), 2.0)
    assert isinstance(left, PeerLeft)
    assert (left.peer.handle, left.peer.state, left.reason) == ("user1", PeerState.GONE, LeaveReason.REPLACED)
    assert isinstance(joined, PeerJoined)
    assert len(table.all()) == MAX_PEERS == 4096
    assert table.at(address_of(0)) is not None
    assert table.at(address_of(1)) is None


def test_one_that_was_gone_is_forgotten_without_a_word(table: PeerTable) -> None:
    for number in range(MAX_PEERS):
        table.report(f"user{number}", address_of(number), 0.0, named_by=f"10.9.9.{number // 1000}")
    table.drop(known(table, address_of(0)), LeaveReason.REFUSED)
    (only,) = table.hear("one-more", address_of(MAX_PEERS), 1.0)
    assert isinstance(only, PeerJoined)
    assert table.at(address_of(0)) is None


def test_hearsay_displaces_nobody(table: PeerTable) -> None:
    for number in range(MAX_PEERS):
        table.report(f"user{number}", address_of(number), 0.0, named_by=f"10.9.9.{number // 1000}")
    assert table.report("one-more", address_of(MAX_PEERS), 1.0) == []
    assert len(table.all()) == MAX_PEERS


def test_who_is_only_talked_of_goes_before_who_is_idle_and_who_is_idle_before_who_is_present(table: PeerTable) -> None:
    for number in range(MAX_PEERS):
        if number == 2:
            table.report("talked-of", address_of(2), 0.0)
        else:
            table.hear(f"user{number}", address_of(number), 0.0)
    table.idle(known(table, address_of(1)))
    left = [table.hear(f"more{number}", address_of(MAX_PEERS + number), 1.0)[0] for number in range(3)]
    assert [event.peer.handle for event in left if isinstance(event, PeerLeft)] == ["talked-of", "user1", "user0"]


def test_who_has_gone_goes_before_all_others_however_lately_it_was_heard(table: PeerTable) -> None:
    for number in range(MAX_PEERS):
        table.hear(f"user{number}", address_of(number), 0.0)
    table.drop(known(table, address_of(MAX_PEERS - 1)), LeaveReason.SAID_SO)
    [joined] = table.hear("one-more", address_of(MAX_PEERS), 1.0)
    assert isinstance(joined, PeerJoined)
    assert table.at(address_of(MAX_PEERS - 1)) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["hear", "hello", "report", "idle", "drop", "disown"]), st.integers(0, 12)),
        max_size=80,
    )
)
def test_whatever_happens_nobody_goes_before_one_who_is_missed_less(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr("slcp.peers.MAX_PEERS", 6)
    table = PeerTable()
    for now, (what, number) in enumerate(steps):
        before = {peer.address: missed(peer) for peer in table.all()}
        happen(table, what, number, float(now))
        after = {peer.address for peer in table.all()}
        assert sorted(peer.address for peer in table.here()) == sorted(
            peer.address for ip in {address.ip for address in after} for peer in table.here_at(ip)
        )
        replaced = before.keys() - after if what in ("hear", "report") and len(before) == 6 else set()
        assert all(before[address] == min(before.values()) for address in replaced)


def missed(peer: Peer) -> int:
    if peer.state is PeerState.GONE:
        return 0
    return 1 if peer.second_hand else 2 if peer.state is PeerState.IDLE else 3


def happen(table: PeerTable, what: str, number: int, now: float) -> None:
    address = address_of(number)
    peer = table.at(address)
    if what == "hear":
        table.hear(f"user{number}", address, now)
    elif what == "hello":
        say_hello(table, address, now, f"user{number // 2}")
    elif what == "report":
        table.report(f"user{number}", address, now)
    elif what == "disown":
        table.disown(address)
    elif peer and what == "idle":
        table.idle(peer)
    elif peer:
        table.drop(peer, LeaveReason.SAID_SO)


# One peer on two networks: the same handle and key at another address

HOME, CABLE = Address("10.0.0.11", 5002), Address("10.0.1.11", 5002)
KEY, OTHER_KEY = "a" * 64, "b" * 64


def say_hello(table: PeerTable, address: Address, now: float, handle: str = "Luca", key: str = KEY) -> list[PeerEvent]:
    return table.hear(handle, address, now, SLCPD, Hello(handle, address.port, fingerprint=key))


@pytest.fixture
def on_both(table: PeerTable) -> PeerTable:
    """A table that knows Luca at HOME, and has seen it at CABLE too."""
    say_hello(table, HOME, 0.0)
    say_hello(table, CABLE, 1.0)
    return table


def test_the_same_handle_and_key_elsewhere_is_the_same_peer(table: PeerTable) -> None:
    say_hello(table, HOME, 0.0)
    [change] = say_hello(table, CABLE, 1.0)
    assert isinstance(change, PeerChanged)
    assert [peer.addresses for peer in table.here()] == [(HOME, CABLE)]
    assert table.at(CABLE) == table.at(HOME)
    assert say_hello(table, CABLE, 2.0) == []


@pytest.mark.parametrize(("handle", "key"), [("Luca", OTHER_KEY), ("Mia", KEY)])
def test_another_key_or_another_handle_is_another_peer(table: PeerTable, handle: str, key: str) -> None:
    say_hello(table, HOME, 0.0)
    say_hello(table, CABLE, 1.0, handle, key)
    assert len(table.here()) == 2


def test_without_a_key_nobody_is_merged(table: PeerTable) -> None:
    for address in (HOME, CABLE):
        table.hear("Luca", address, 0.0, SLCPD, Hello("Luca", 5002))
    assert len(table.here()) == 2


def test_who_came_by_hearsay_at_the_other_address_is_the_same_one(table: PeerTable) -> None:
    table.report("Luca", CABLE, 0.0)
    say_hello(table, HOME, 1.0)
    events = say_hello(table, CABLE, 2.0)
    assert [event.reason for event in events if isinstance(event, PeerLeft)] == [LeaveReason.SAME_USER]
    assert handles(table) == ["Luca"]
    assert table.report("Luca", CABLE, 3.0) == []


def test_a_word_from_the_other_address_is_no_sign_of_life_of_the_first(on_both: PeerTable) -> None:
    on_both.hear("Luca", CABLE, 50.0)
    on_both.hear_again(CABLE, 60.0)
    assert known(on_both, HOME).heard_at == 0.0


def test_a_peer_that_is_heard_no_more_at_one_address_moves_to_the_other(on_both: PeerTable) -> None:
    [change] = on_both.move(known(on_both, HOME))
    assert isinstance(change, PeerChanged)
    assert [peer.addresses for peer in on_both.here()] == [(CABLE,)]
    assert known(on_both, CABLE).heard_at == 1.0
    assert on_both.move(known(on_both, CABLE)) == []
    say_hello(on_both, HOME, 2.0)
    assert [peer.addresses for peer in on_both.here()] == [(CABLE, HOME)]


@pytest.mark.parametrize(("forged", "left"), [(CABLE, HOME), (HOME, CABLE)])
def test_an_address_that_was_forged_is_given_up(on_both: PeerTable, forged: Address, left: Address) -> None:
    on_both.disown(forged)
    assert [peer.addresses for peer in on_both.here()] == [(left,)]
    assert on_both.at(forged) is None


def test_the_only_address_is_given_up_with_the_peer(table: PeerTable) -> None:
    say_hello(table, HOME, 0.0)
    [left] = table.disown(HOME)
    assert isinstance(left, PeerLeft)
    assert table.here() == []


def test_who_is_gone_may_come_back_at_the_other_address(on_both: PeerTable) -> None:
    on_both.drop(known(on_both, HOME), LeaveReason.SAID_SO)
    [joined] = say_hello(on_both, CABLE, 5.0)
    assert isinstance(joined, PeerJoined)
    assert [peer.addresses for peer in on_both.here()] == [(CABLE,)]


def test_another_program_at_the_other_address_takes_it_over(on_both: PeerTable) -> None:
    on_both.hear("Mia", CABLE, 5.0)
    assert {peer.handle: peer.addresses for peer in on_both.here()} == {"Luca": (HOME,), "Mia": (CABLE,)}


def test_a_new_handle_is_the_same_peer_once_both_networks_have_told_it(on_both: PeerTable) -> None:
    for address in (CABLE, HOME, CABLE):
        say_hello(on_both, address, 5.0, "Luke")
    assert [(peer.handle, set(peer.addresses)) for peer in on_both.here()] == [("Luke", {HOME, CABLE})]


def test_a_key_can_claim_only_so_many_addresses(table: PeerTable) -> None:
    say_hello(table, HOME, 0.0)
    for number in range(100):
        say_hello(table, Address(f"10.0.2.{number}", 5002), float(number))
    assert len(known(table, HOME).addresses) == 1 + MAX_SIGHTINGS
    assert table.at(Address("10.0.2.1", 5002)) is None


# Bounds


def test_one_host_cannot_fill_the_table(table: PeerTable) -> None:
    table.hear("Mia", THERE, 0.0)
    for port in range(1, 2 * MAX_PER_HOST):
        table.hear(f"P{port}", Address("10.0.0.66", port), 1.0)
    assert len(table.all()) == 1 + MAX_PER_HOST
    assert known(table, THERE).handle == "Mia"
    assert known(table, Address("10.0.0.66", 2 * MAX_PER_HOST - 1)).is_here


def test_of_a_host_those_that_are_gone_make_room_first(table: PeerTable) -> None:
    for port in range(1, MAX_PER_HOST + 1):
        table.hear(f"P{port}", Address("10.0.0.66", port), 1.0)
    table.drop(known(table, Address("10.0.0.66", 7)), LeaveReason.SAID_SO)
    assert [type(event) for event in table.hear("late", Address("10.0.0.66", 9999), 2.0)] == [PeerJoined]
    assert table.at(Address("10.0.0.66", 7)) is None


def test_a_list_displaces_nobody_of_a_host_that_is_full(table: PeerTable) -> None:
    for port in range(1, MAX_PER_HOST + 1):
        table.hear(f"P{port}", Address("10.0.0.66", port), 1.0)
    assert table.report("one more", Address("10.0.0.66", 9999), 2.0, named_by="10.0.0.7") == []
    assert len(table.here()) == MAX_PER_HOST


def test_one_host_can_name_only_so_many(table: PeerTable) -> None:
    for number in range(2 * MAX_NAMED):
        table.report(f"P{number}", Address(f"10.1.{number // 200}.{number % 200}", 5002), 0.0, named_by="10.0.0.66")
    assert len(table.all()) == MAX_NAMED
    assert table.report("Mia", THERE, 0.0, named_by="10.0.0.7") != []
    table.hear("P0", Address("10.1.0.0", 5002), 1.0)  # who is heard is hearsay no more
    assert table.report("one more", HERE, 0.0, named_by="10.0.0.66") != []


def test_peers_are_found_by_handle_whatever_has_become_of_them(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", THERE, 0.0)
    assert [peer.address for peer in table.named("Luca")] == [HERE, THERE]
    table.hear("Luke", HERE, 1.0)
    table.drop(known(table, THERE), LeaveReason.SAID_SO)
    assert table.named("Luca") == []
    assert [peer.address for peer in table.named("Luke")] == [HERE]


# Who is called by a handle


ALIKE = ["Luca", "luca", "LUCA", "Straße", "STRASSE"]
ADDRESSES = st.builds(Address, st.sampled_from([HERE.ip, THERE.ip]), st.integers(5001, 5003))
HELLOS = st.none() | st.sampled_from(["a" * 64, "b" * 64]).map(lambda key: Hello("Luca", 5002, fingerprint=key))
OF_A_PEER: list[Callable[[PeerTable, Peer], object]] = [
    lambda table, peer: table.drop(peer, LeaveReason.SAID_SO),
    PeerTable.move,
    PeerTable.idle,
    lambda table, peer: table.take_for(peer, SLCPD),
]


def live(table: PeerTable, now: float, data: st.DataObject) -> None:
    """Let anything happen to a table."""
    handle, address = data.draw(st.sampled_from(ALIKE)), data.draw(ADDRESSES)
    peer = table.at(address)
    match data.draw(st.sampled_from(["hear", "hear", "report", "disown", "change"])):
        case "hear":
            table.hear(handle, address, now, hello=data.draw(HELLOS))
        case "report":
            table.report(handle, address, now, named_by=HERE.ip)
        case "disown":
            table.disown(address)
        case "change" if peer:
            data.draw(st.sampled_from(OF_A_PEER))(table, peer)


@given(st.integers(0, 30), st.sampled_from([*ALIKE, "Mia"]), st.data())
def test_who_is_called_by_a_handle_is_found_as_by_a_look_at_all(number: int, handle: str, data: st.DataObject) -> None:
    table = PeerTable()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("slcp.peers.MAX_PER_HOST", 2)
        patched.setattr("slcp.peers.MAX_PEERS", 3)
        for now in range(number):
            live(table, now, data)
    called = [peer for peer in table.all() if peer.handle.casefold() == handle.casefold()]
    assert table.called(handle) == sorted(called, key=lambda peer: peer.heard_at)
    named = {peer for peer in called if peer.handle == handle and peer.is_here}
    assert len(table.named(handle)) == len(named)
    assert set(table.named(handle)) == named
