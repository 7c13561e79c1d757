import pytest

from slcp.addressing import everyone, find, resolve, who_left
from slcp.errors import ErrorCode, RequestError
from slcp.messages import Address, Hello
from slcp.peers import LeaveReason, Peer, PeerTable

HERE = Address("192.168.0.11", 5002)
THERE = Address("192.168.0.12", 5002)


@pytest.fixture
def table() -> PeerTable:
    return PeerTable()


def known(table: PeerTable, address: Address) -> Peer:
    peer = table.at(address)
    assert peer is not None
    return peer


# Everyone


def test_everyone_is_who_was_heard_and_who_is_only_talked_of(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.report("Mia", THERE, 1.0)
    assert [peer.handle for peer in everyone(table.here())] == ["Luca", "Mia"]


def test_hearsay_of_who_was_heard_elsewhere_gets_nothing(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.report("luca", THERE, 1.0)
    assert [peer.address for peer in everyone(table.here())] == [HERE]


def test_two_with_one_handle_that_were_heard_are_both_meant(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", THERE, 0.0)
    assert [peer.address for peer in everyone(table.here())] == [HERE, THERE]


# Resolving what the user types


def test_a_handle_names_its_only_peer(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Mia", THERE, 0.0)
    assert resolve(table, "Luca").address == HERE


def test_two_peers_with_one_handle_are_told_apart_by_their_full_names(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", THERE, 0.0)
    with pytest.raises(RequestError, match=r"Luca@192\.168\.0\.11:5002, Luca@192\.168\.0\.12:5002") as caught:
        resolve(table, "Luca")
    assert caught.value.code is ErrorCode.AMBIGUOUS_USER
    assert resolve(table, "Luca@192.168.0.12:5002").address == THERE


def test_who_is_here_goes_before_who_is_gone(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    table.hear("Luca", THERE, 1.0)
    assert resolve(table, "Luca").address == THERE


def test_who_was_heard_goes_before_who_is_only_talked_of(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.report("Luca", THERE, 1.0)
    assert resolve(table, "Luca").address == HERE


def test_who_is_gone_can_still_be_written_to(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    assert resolve(table, "Luca").address == HERE


def test_the_exact_handle_goes_before_one_in_another_case(table: PeerTable) -> None:
    table.hear("luca", HERE, 0.0)
    table.hear("Luca", THERE, 0.0)
    assert resolve(table, "luca").address == HERE


def test_the_case_does_not_matter_where_nobody_else_is_meant(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    assert resolve(table, "LUCA").address == HERE


def test_a_full_name_is_of_the_exact_handle_and_of_any_of_its_addresses(table: PeerTable) -> None:
    for address in (HERE, THERE):
        table.hear("Luca", address, 0.0, hello=Hello("Luca", 5002, fingerprint="a" * 64))
    table.hear("luca", Address(HERE.ip, 5003), 0.0)
    for name in ("Luca@192.168.0.11:5002", "Luca@192.168.0.12:5002"):
        assert resolve(table, name).address == HERE
    for name in ("LUCA@192.168.0.11:5002", "Luca@192.168.0.11:5003", "Luca@192.168.0.11:05002"):
        assert find(table, name) is None


def test_of_several_who_are_gone_the_one_heard_last_is_meant(table: PeerTable) -> None:
    for now, address in enumerate((HERE, THERE)):
        table.hear("Luca", address, now)
    for address in (THERE, HERE):
        table.drop(known(table, address), LeaveReason.SAID_SO)
    assert resolve(table, "Luca").address == THERE


def test_an_unknown_handle_is_told_who_is_here(table: PeerTable) -> None:
    table.hear("Mia", THERE, 0.0)
    table.hear("Luca", HERE, 0.0)
    with pytest.raises(RequestError, match="no user Noah; here are: Luca, Mia") as caught:
        resolve(table, "Noah")
    assert caught.value.code is ErrorCode.UNKNOWN_USER


def test_an_unknown_handle_in_an_empty_room_is_told_what_to_do(table: PeerTable) -> None:
    with pytest.raises(RequestError, match="users --refresh"):
        resolve(table, "Noah")


# Finding whom LEAVE means


def test_the_peer_at_the_port_of_the_source_is_meant(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", Address(HERE.ip, 5003), 0.0)
    found = who_left(table, "Luca", Address(HERE.ip, 5003))
    assert found == Peer("Luca", Address(HERE.ip, 5003), 0.0)


def test_from_a_throw_away_port_the_only_one_of_that_handle_at_the_host_is_meant(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", THERE, 0.0)
    assert who_left(table, "Luca", Address(HERE.ip, 49152)) == Peer("Luca", HERE, 0.0)


def test_nobody_is_meant_when_two_could_be(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.hear("Luca", Address(HERE.ip, 5003), 0.0)
    assert who_left(table, "Luca", Address(HERE.ip, 49152)) is None


def test_who_is_gone_already_is_not_meant(table: PeerTable) -> None:
    table.hear("Luca", HERE, 0.0)
    table.drop(known(table, HERE), LeaveReason.SAID_SO)
    table.hear("Luca", Address(HERE.ip, 5003), 1.0)
    assert who_left(table, "Luca", Address(HERE.ip, 49152)) == Peer("Luca", Address(HERE.ip, 5003), 1.0)


@pytest.mark.parametrize(
    ("handle", "source"),
    [
        pytest.param("Mia", HERE, id="another handle"),
        pytest.param("Luca", Address("192.168.0.99", 5002), id="another host"),
    ],
)
def test_nobody_else_can_be_meant(table: PeerTable, handle: str, source: Address) -> None:
    table.hear("Luca", HERE, 0.0)
    assert who_left(table, handle, source) is None
