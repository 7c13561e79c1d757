"""The requests about people: who is here, being here, hearing nothing of someone."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from inside import inside
from plain import PlainPeer
from turns import turns

from slcp.errors import ErrorCode, RequestError
from slcp.peers import Peer
from slcp.results import UserEntry
from slcpd.attendance import Attendance


@pytest.fixture
def luca(whoisport: int) -> Iterator[PlainPeer]:
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        yield luca


async def hear(peer: PlainPeer, datagram: bytes) -> None:
    """Wait until a peer hears exactly this."""
    await asyncio.to_thread(peer.hear, lambda data: data == datagram)


async def test_users_are_listed_by_handle_with_all_that_is_known(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"JOIN luca 5002\nHELLO Bo 5003 1 -\nJOIN Ani 5004\nJOIN Gone 5\nLEAVE Gone\n", host="127.0.0.2")
        await ani.send(b"KNOWNUSERS Eve 127.0.0.3 5006\n", host="127.0.0.2")
        users = (await ani.request("users"))["users"]
        assert [user["handle"] for user in users] == ["Ani", "Bo", "Eve", "luca"]
        assert [user["handle"] for user in users if user["same_handle"]] == ["Ani"]
        assert [user["handle"] for user in users if user["second_hand"]] == ["Eve"]
        assert [user["handle"] for user in users if user["dialect"] == "slcpd"] == ["Bo"]
        assert users[1]["name"] == "Bo@127.0.0.2:5003"
        assert (users[1]["ip"], users[1]["port"], users[1]["state"]) == ("127.0.0.2", 5003, "present")


async def test_many_users_are_listed_in_steps_and_in_the_same_order(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    async with inside(tmp_path, "Ani", whoisport) as ani, turns() as count:
        await ani.send(b"".join(b"JOIN user%d %d\n" % (port, port) for port in range(5007, 5000, -1)), host="127.0.0.2")
        at_once = await ani.request("users")
        make = Attendance._entry

        def make_and_note(attendance: Attendance, peer: Peer) -> UserEntry:
            taken.append(count())
            return make(attendance, peer)

        monkeypatch.setattr("slcpd.attendance.LISTED_AT_ONCE", 2)
        monkeypatch.setattr(Attendance, "_entry", make_and_note)
        assert await ani.request("users") == at_once
    assert [user["port"] for user in at_once["users"]] == list(range(5001, 5008))
    assert list(Counter(taken).values()) == [2, 2, 2, 1]


async def test_refresh_asks_and_waits_for_the_answers(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await hear(luca, b"WHO\n")  # of its start
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(ani.request("users", refresh=True))
            await hear(luca, b"WHO\n")
            luca.udp.sendto(b"KNOWNUSERS Luca 127.0.0.2 %d\n" % luca.port, ("127.0.0.1", ani.port))
        assert [user["handle"] for user in asking.result()["users"]] == ["Luca"]


async def test_leave_is_said_and_join_too(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await hear(luca, b"JOIN Ani %d\n" % ani.port)
        assert await ani.request("leave") == {}
        await hear(luca, b"LEAVE Ani\n")
        assert (await ani.request("status"))["here"] is False
        luca.udp.sendto(b"WHO\n", ("127.0.0.1", ani.port))  # not answered: JOIN is the next thing heard
        assert await ani.request("join") == {}
        heard, _ = await asyncio.to_thread(luca.hear, lambda data: data.startswith((b"JOIN", b"KNOW")))
        assert heard == b"JOIN Ani %d\n" % ani.port
        assert (await ani.request("status"))["here"] is True


async def test_one_that_is_blocked_is_gone_and_heard_again_when_unblocked(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        await ani.request("block", handle="Luca")
        left = await ani.wait_for("user_left", handle="Luca", reason="blocked")
        changed = await ani.wait_for("config_changed", key="blocked")
        assert changed["value"] == [luca.name]
        assert (await ani.request("users"))["users"] == []
        await ani.send(b"MSG Ani unheard\n", host=luca.ip)
        luca.join()
        await ani.until(lambda status: status["dropped"].get("blocked", 0) >= 1)
        await ani.request("unblock", handle="Luca")
        luca.join()
        await ani.wait_for("user_joined", since=left["seq"], handle="Luca")
        await ani.send(b"MSG Ani heard\n", host=luca.ip)
        assert await ani.texts() == ["heard"]


async def test_a_block_outlives_a_restart(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        await ani.request("block", handle="Luca")
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.join()
        await ani.until(lambda status: status["dropped"].get("blocked", 0) >= 1)
        assert (await ani.request("users"))["users"] == []


@pytest.mark.parametrize("method", ["block", "unblock"])
async def test_whom_nobody_knows_cannot_be_blocked_or_unblocked(tmp_path: Path, whoisport: int, method: str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with pytest.raises(RequestError) as refusal:
            await ani.request(method, handle="Nobody")
        assert refusal.value.code == ErrorCode.UNKNOWN_USER
        assert "Nobody" in str(refusal.value)
