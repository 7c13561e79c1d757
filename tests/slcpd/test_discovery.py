"""Discovery on real UDP sockets of loopback, among plain programs."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from daemons import free_port
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import Inside, inside
from plain import LOOPBACK_BROADCAST, PlainPeer

from slcp.errors import ConfigError
from slcpd.discovery import HEARD_AT_ONCE, bind_own, bind_whois


@pytest.fixture
def luca(whoisport: int) -> Iterator[PlainPeer]:
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        yield luca


async def hear(peer: PlainPeer, start: bytes) -> tuple[bytes, int]:
    """Wait for a datagram that begins so. Returns it and the port it came from."""
    return await asyncio.to_thread(peer.hear, lambda data: data.startswith(start))


def is_canonical(datagram: bytes) -> bool:
    """Tell a canonical line from the same in the forms that some programs take alone."""
    return datagram.endswith(b"\n") and not datagram.startswith(b"[")


async def begin(peer: PlainPeer) -> None:
    """Wait until a daemon has said all that it says at its start."""
    await hear(peer, b"WHO\n")


async def test_at_the_start_it_says_who_it_is_and_asks_who_is_there(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        heard = [await asyncio.to_thread(luca.hear, is_canonical) for _ in range(3)]
        assert heard == [
            (b"HELLO Ani %d 1 %s\n" % (ani.port, ani.fingerprint.encode()), ani.port),
            (b"JOIN Ani %d\n" % ani.port, ani.port),
            (b"WHO\n", ani.port),
        ]


async def test_at_the_end_it_says_leave(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport):
        await begin(luca)
    assert (await hear(luca, b"LEAVE"))[0] == b"LEAVE Ani\n"


async def test_a_join_makes_a_user_and_is_answered_by_a_join(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)
        luca.join()
        joined = await ani.wait_for("user_joined", handle="Luca")
        assert (joined["ip"], joined["port"], joined["second_hand"]) == (luca.ip, luca.port, False)


async def test_a_join_from_our_own_host_is_answered_where_every_program_there_hears_it(
    tmp_path: Path, whoisport: int
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport) as luca:
            luca.join()
            assert (await hear(luca, b"JOIN Ani"))[0] == b"JOIN Ani %d\n" % ani.port


async def test_leave_makes_a_user_go(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        luca.leave()
        await ani.wait_for("user_left", handle="Luca", reason="said_so")
        assert (await ani.request("users"))["users"] == []


async def test_who_is_answered_in_both_spellings_from_our_own_port(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)
        luca.broadcast(b"WHO\n")
        entry = b"Ani 127.0.0.1 %d\n" % ani.port
        assert await hear(luca, b"KNOWNUSERS") == (b"KNOWNUSERS " + entry, ani.port)
        assert await hear(luca, b"KNOWUSERS") == (b"KNOWUSERS " + entry, ani.port)


async def test_the_answer_to_who_names_everyone_that_was_heard(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Eve", whoisport, "127.0.0.3") as eve:
            eve.join()
            await ani.wait_for("user_joined", handle="Eve")
            luca.broadcast(b"WHO\n")
            heard, _ = await hear(luca, b"KNOWNUSERS")
            assert heard == b"KNOWNUSERS Ani 127.0.0.1 %d, Eve 127.0.0.3 %d\n" % (ani.port, eve.port)


async def test_another_slcpd_is_answered_in_one_spelling(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.say_hello()
        await ani.wait_for("user_joined", handle="Luca")
        luca.broadcast(b"WHO\n")
        await hear(luca, b"KNOWNUSERS")
        luca.broadcast(b"WHO\n")  # what comes next is the answer to this
        heard, _ = await asyncio.to_thread(luca.hear, lambda data: data.startswith(b"KNOW"))
        assert heard.startswith(b"KNOWNUSERS")


@pytest.mark.parametrize("spelling", [b"KNOWNUSERS", b"KNOWUSERS"])
async def test_both_spellings_of_a_list_are_read(
    tmp_path: Path, whoisport: int, luca: PlainPeer, spelling: bytes
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.udp.sendto(spelling + b" Luca 127.0.0.2 5002, Eve 127.0.0.3 5003\n", ("127.0.0.1", ani.port))
        joined = await ani.wait_for("user_joined", handle="Eve")
        assert (joined["ip"], joined["port"], joined["second_hand"]) == ("127.0.0.3", 5003, True)


@pytest.mark.parametrize("where", ["own port", "whoisport"])
async def test_a_text_by_udp_is_received(tmp_path: Path, whoisport: int, luca: PlainPeer, where: str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        if where == "own port":
            luca.udp.sendto(b"MSG Ani Hallo Ani!\n", ("127.0.0.1", ani.port))
        else:
            luca.broadcast(b"MSG Ani Hallo Ani!\n")
        received = await ani.wait_for("text_received", text="Hallo Ani!")
        assert (received["handle"], received["ip"], received["port"]) == ("Luca", luca.ip, luca.port)


async def test_of_a_storm_everyone_is_told_once_and_in_order(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    handles = [f"P{number}" for number in range(3 * HEARD_AT_ONCE + 1)]
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)
        for port, handle in enumerate(handles, start=2000):  # all before the daemon, in this loop, reads one
            luca.udp.sendto(f"JOIN {handle} {port}\n".encode(), ("127.0.0.1", ani.port))
        luca.udp.sendto(b"JOIN last 1999\n", ("127.0.0.1", ani.port))
        told = []
        async with aclosing(ani.events()) as events:
            async for event in events:
                if event["handle"] == "last":
                    break
                told.append((event["type"], event["handle"]))
        assert told == [("user_joined", handle) for handle in handles]
        assert {user["handle"] for user in (await ani.request("users"))["users"]} == {*handles, "last"}


async def test_what_comes_at_once_is_told_in_its_order(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)
        for line in (b"JOIN Luca %d\n", b"MSG Luca %d\n", b"JOIN Luke %d\n", b"LEAVE Luke\n", b"JOIN Luca %d\n"):
            datagram = line % luca.port if b"%d" in line else line
            luca.udp.sendto(datagram, ("127.0.0.1", ani.port))
        told: list[str] = []
        async with aclosing(ani.events()) as events:
            async for event in events:
                told.append(event["type"])
                if told.count("user_joined") == 2:
                    break
        assert told == ["user_joined", "text_received", "user_changed", "user_left", "user_joined"]


async def test_several_lines_in_a_datagram_are_all_read(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.broadcast(b"JOIN Luca %d\r\n\r\nMSG Ani one\nDANCE\nMSG Ani two" % luca.port)
        await ani.wait_for("text_received", text="two", handle="Luca")
        assert await ani.texts() == ["one", "two"]
        assert await ani.dropped() == {"unknown_command": 1}


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"\xff\xfe\xfd", "not_utf8"),
        (b"DANCE\n", "unknown_command"),
        (b"JOIN\n", "missing_parameter"),
        (b"JOIN Luca\n", "missing_parameter"),
        (b"JOIN Luca 0\n", "bad_address"),
        (b"JOIN Lu:ca 5002\n", "bad_handle"),
        (b"KNOWNUSERS \n", "empty_list"),
        (b"MSG Ani\n", "bad_text"),
        (b"x" * 60_000, "unknown_command"),
    ],
    ids=lambda value: ascii(value[:20]),
)
async def test_a_datagram_that_cannot_be_read_is_counted_and_not_answered(
    tmp_path: Path, whoisport: int, luca: PlainPeer, datagram: bytes, reason: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)
        luca.udp.sendto(datagram, ("127.0.0.1", ani.port))
        await ani.until(lambda status: status["dropped"].get(reason, 0) >= 1)
        await ani.request("leave")
        heard, _ = await asyncio.to_thread(luca.hear, is_canonical)
        assert heard == b"LEAVE Ani\n"


async def test_an_empty_datagram_is_nothing(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.broadcast(b"", b"\n", b"\0", b" \r\n")
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        assert await ani.dropped() == {}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.binary(max_size=600), min_size=20, max_size=60))
def test_junk_ends_nothing(tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]) -> None:
    async def throw(ani: Inside, whoisport: int) -> None:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
            luca.broadcast(*junk)
            luca.join()
            await ani.wait_for("user_joined", handle="Luca")

    async def play() -> None:
        whoisport = free_port()
        async with inside(tmp_path_factory.mktemp("junk"), "Ani", whoisport) as ani:
            await throw(ani, whoisport)

    asyncio.run(play())


async def test_who_from_one_host_is_answered_a_few_times_a_second_only(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for _ in range(50):
            luca.udp.sendto(b"WHO\n", ("127.0.0.1", ani.port))
        await ani.until(lambda status: status["dropped"].get("rate_limited", 0) >= 40)


# A change of ours is told at once


async def test_another_handle_is_told_at_once(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await begin(luca)  # the next look at the timers is seconds away
        async with asyncio.timeout(2):
            await ani.request("set_config", key="handle", value="Anja")
            said = [(await asyncio.to_thread(luca.hear, is_canonical))[0] for _ in range(3)]
        hello = b"HELLO Anja %d 1 %s\n" % (ani.port, ani.fingerprint.encode())
        assert set(said) == {b"LEAVE Ani\n", hello, b"JOIN Anja %d\n" % ani.port}


# Ports


def test_the_own_port_is_for_tcp_and_udp() -> None:
    port = free_port()
    tcp, udp = bind_own(port, may_move=False)
    with closing(tcp), closing(udp):
        assert tcp.getsockname()[1] == udp.getsockname()[1] == port


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_a_port_that_is_taken_is_refused_or_passed_over(kind: socket.SocketKind) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(ConfigError, match=f"port {port} cannot be used: .*choose another `port`"):
            bind_own(port, may_move=False)
        tcp, udp = bind_own(port, may_move=True)
        with closing(tcp), closing(udp):
            assert port < tcp.getsockname()[1] == udp.getsockname()[1] < port + 100


def test_the_search_for_a_port_ends_at_the_last() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 65535))
        with pytest.raises(ConfigError, match="port 65535"):
            bind_own(65535, may_move=True)


def test_the_port_of_discovery_is_shared_and_all_hear_a_broadcast() -> None:
    port = free_port()
    with (
        closing(bind_whois(port)) as one,
        closing(bind_whois(port)) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.bind(("127.0.0.1", 0))
        sender.sendto(b"WHO\n", (LOOPBACK_BROADCAST, port))
        for each in (one, other):
            each.settimeout(10)
            assert each.recv(100) == b"WHO\n"


def test_a_port_of_discovery_that_another_holds_alone_is_refused() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        with pytest.raises(ConfigError, match=f"whoisport {port} cannot be used: .*without sharing"):
            bind_whois(port)
