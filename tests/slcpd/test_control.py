"""The control socket: framing, order, errors, and subscriptions that neither stall nor lose anything."""

import asyncio
import json
import logging
import os
import socket
import tempfile
from asyncio import StreamReader
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from daemons import WAIT, Json
from encrypted_peer import until_user
from inside import Inside, hang_up, inside
from plain import PlainPeer, is_closed
from turns import turns

from slcp.config import KEYS
from slcp.control import MAX_REQUEST, RequestId, encode_result
from slcp.errors import ErrorCode, RequestError
from slcp.requests import METHODS
from slcp.results import Result
from slcpd.database import Database
from slcpd.history import History, LoggedEvent


def call(method: str, call_id: int | str = 1, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}).encode() + b"\n"


async def answer(reader: StreamReader) -> Json:
    async with asyncio.timeout(WAIT):
        read: Json = json.loads(await reader.readline())
    return read


async def talk(ani: Inside, sent: bytes) -> list[Json]:
    """Send all, end the stream, and return every answer."""
    reader, writer = await ani.open_control()
    try:
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(WAIT):
            return [json.loads(line) for line in (await reader.read()).splitlines()]
    finally:
        await hang_up(writer)


async def refusal(ani: Inside, method: str, **params: Any) -> str:
    with pytest.raises(RequestError) as caught:
        await ani.request(method, **params)
    return str(caught.value.code)


# Framing


async def test_the_daemon_says_nothing_first(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await talk(ani, b"") == []


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        methods = ["hello", "users", "nonsense", "status", "history"] * 20
        sent = b"".join(
            call(method, number, **({"refresh": number == 1} if method == "users" else {}))
            for number, method in enumerate(methods)
        )
        answers = await talk(ani, sent)
        assert [each["id"] for each in answers] == list(range(100))
        assert [number for number, each in enumerate(answers) if "error" in each] == list(range(2, 100, 5))


async def test_texts_that_come_together_are_answered_in_order_each_for_itself(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await until_user(ani, "Luca", fingerprint=luca.fingerprint)
        refused = {5, 6, 40}
        sent = [
            call("send_text", number, to="Nobody" if number in refused else "Luca", text=f"text {number}")
            for number in range(100)
        ]
        sent[50] = call("hello", 50)
        answers = await talk(ani, b"".join(sent))
        assert [each["id"] for each in answers] == list(range(100))
        assert {each["id"] for each in answers if "error" in each} == refused
        assert answers[50]["result"]["handle"] == "Ani"
        await luca.wait_for("text_received", text="text 99")
        expected = [f"text {number}" for number in range(100) if number not in refused | {50}]
        assert await luca.texts() == expected


@pytest.mark.parametrize("call_id", [0, -1, 2.5, "", "a b", "\u2028ü"])
async def test_an_answer_has_the_id_of_its_request(tmp_path: Path, whoisport: int, call_id: int | str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        [answered] = await talk(ani, call("hello", call_id))
        assert (answered["jsonrpc"], answered["id"], answered["result"]["handle"]) == ("2.0", call_id, "Ani")


async def test_a_long_answer_is_made_in_steps_and_is_the_same(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    async with inside(tmp_path, "Ani", whoisport) as ani, turns() as count:
        await ani.send(b"".join(b"JOIN user%d %d\n" % (port, port) for port in range(5001, 5008)), host="127.0.0.2")
        [at_once] = await talk(ani, call("users"))

        def encode_and_note(call_id: RequestId, result: Result) -> Iterator[bytes]:
            for part in encode_result(call_id, result):
                taken.append(count())
                yield part

        monkeypatch.setattr("slcp.control.WRITTEN_AT_ONCE", 2)
        monkeypatch.setattr("slcpd.control.encode_result", encode_and_note)
        assert await talk(ani, call("users")) == [at_once]
    assert len(at_once["result"]["users"]) == 7
    assert len(set(taken)) == len(taken) - 1 >= 4  # the first part is a few characters, and shares its turn


async def test_a_last_request_without_its_line_end_is_answered(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert [each["id"] for each in await talk(ani, call("hello", 1) + call("hello", 2).rstrip())] == [1, 2]


async def test_a_request_may_come_in_pieces(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_control()
        for byte in call("hello"):
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await answer(reader))["result"]["handle"] == "Ani"
        await hang_up(writer)


@pytest.mark.parametrize(
    ("line", "code", "number"),
    [
        (b"{", "parse_error", -32700),
        (b"", "parse_error", -32700),
        (b"\xff\xfe", "parse_error", -32700),
        (b"[" * 100_000, "parse_error", -32700),
        (b"[]", "invalid_request", -32600),
        (b"null", "invalid_request", -32600),
        (b'{"jsonrpc":"2.0","id":1}', "invalid_request", -32600),
        (b'{"jsonrpc":"2.0","method":"hello"}', "invalid_request", -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"hello"}', "invalid_request", -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}', "invalid_request", -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"dance"}', "unknown_method", -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"loud":true}}', "invalid_params", -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"send_text","params":{"to":"Luca"}}', "invalid_params", -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"retry","params":{"id":1}}', "invalid_params", -32602),
    ],
    ids=lambda value: ascii(value[:40]) if isinstance(value, bytes) else None,
)
async def test_what_is_no_request_is_refused_and_the_next_is_answered(
    tmp_path: Path, whoisport: int, line: bytes, code: str, number: int
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        refused, answered = await talk(ani, line + b"\n" + call("hello", 2))
        assert (refused["error"]["data"]["code"], refused["error"]["code"]) == (code, number)
        assert refused["error"]["message"]
        assert answered["id"] == 2


@pytest.mark.parametrize("has_end", [True, False])
async def test_a_line_over_the_limit_is_refused_and_ends_the_connection(
    tmp_path: Path, whoisport: int, has_end: bool
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_control()
        writer.write(b"x" * (MAX_REQUEST + 10) + (b"\n" + call("hello") if has_end else b""))
        refused = await answer(reader)
        assert refused["error"]["data"]["code"] == "invalid_request"
        assert str(MAX_REQUEST) in refused["error"]["message"]
        try:
            async with asyncio.timeout(WAIT):
                assert await reader.read() == b""
        except ConnectionError:
            pass  # with bytes of ours unread the system resets
        await hang_up(writer)
        assert (await ani.request("hello"))["handle"] == "Ani"


async def test_a_line_just_within_the_limit_is_read(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        text = "x" * (MAX_REQUEST - len(call("send_text", to="Luca", text="")) - 1)
        [refused] = await talk(ani, call("send_text", to="Luca", text=text))
        assert refused["error"]["data"]["code"] == "too_large"


ODD: list[Any] = [
    *("\ud800", "\0", "\U0010ffff", "", " ", "*" * 1000, "%s{}'\"; --", "../..", ["\ud800"], ["\ud800@127.0.0.1:1"]),
    *(10**30, -(10**30), 2**63, 2.5, True, None, {}, []),
]


def calls_with_odd_values(method: str) -> list[bytes]:
    """Make one call for each parameter and each odd value of it, the others as they should be."""
    if method == "set_config":
        return [call(method, 7, key=key, value=odd) for odd in ODD for key in KEYS]
    names = [name.rstrip("_") for name in METHODS[method].__dataclass_fields__]
    numbers = ("before", "after", "limit", "up_to")
    good = {name: 1 if name in numbers else False if name == "oldest" else "Ani" for name in names}
    return [call(method, 7, **{**good, name: odd}) for odd in ODD for name in names]


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"shutdown"}))
async def test_odd_values_are_answered_and_never_a_bug(
    tmp_path: Path, whoisport: int, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for line in calls_with_odd_values(method):
            answered = (await talk(ani, line))[0]
            assert answered["id"] == 7, line
            assert "result" in answered or answered["error"]["data"]["code"] != "internal_error", line
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_every_error_code_is_explained(tmp_path: Path, whoisport: int, cat: Path) -> None:
    text_file = tmp_path / "text.png"
    text_file.write_text("no image")
    async with inside(tmp_path, "Ani", whoisport) as ani:
        seen = {
            await refusal(ani, "dance"),
            await refusal(ani, "send_text", to="Luca", text=""),
            await refusal(ani, "send_text", to="Luca", text="Hallo"),
            await refusal(ani, "send_text", to="*", text="Hallo"),
            await refusal(ani, "send_text", to="Luca", text="x" * (1 << 17)),
            await refusal(ani, "send_image", to="Luca", path=str(tmp_path / "nothing.png")),
            await refusal(ani, "send_image", to="Luca", path=str(text_file)),
            await refusal(ani, "retry", id="nonsense"),
            await refusal(ani, "set_config", key="handel", value="x"),
            await refusal(ani, "set_config", key="handle", value="a b"),
        }
        seen |= {each["error"]["data"]["code"] for each in await talk(ani, b"{\n[]\n")}
        await ani.send(b"JOIN Luca 5002\nJOIN Luca 5003\n", host="127.0.0.2")
        await ani.wait_for("user_joined", port=5003)
        seen.add(await refusal(ani, "send_text", to="Luca", text="Hallo"))
        seen.add(await refusal(ani, "trust", handle="Luca@127.0.0.2:5002"))
        await ani.request("send_text", to="Luca@127.0.0.2:5002", text="Hallo")
        queued = (await ani.messages())[-1]["id"]
        seen.add(await refusal(ani, "retry", id=queued))
        await ani.send(b"MSG Ani Hallo\n", host="127.0.0.3")
        received = (await ani.messages())[-1]["id"]
        seen.add(await refusal(ani, "cancel", id=received))
    not_asked_for = {"daemon_leaving", "internal_error", "storage_failed"}
    assert seen == {str(code) for code in ErrorCode} - not_asked_for


# Stopping


async def test_one_who_waits_for_an_answer_is_told_that_the_daemon_leaves(tmp_path: Path, whoisport: int) -> None:
    with PlainPeer("Luca", whoisport) as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            reader, writer = await ani.open_control()
            await asyncio.to_thread(luca.hear, lambda data: data == b"WHO\n")  # that of its start
            writer.write(call("users", 5, refresh=True))
            await asyncio.to_thread(luca.hear, lambda data: data == b"WHO\n")  # the request is at work
            assert await ani.request("shutdown") == {}
            refused = await answer(reader)
            assert (refused["id"], refused["error"]["data"]["code"]) == (5, "daemon_leaving")
            await hang_up(writer)


async def test_shutdown_is_answered_before_the_end(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await talk(ani, call("shutdown", 3)) == [{"jsonrpc": "2.0", "id": 3, "result": {}}]
        assert not ani.places.socket.exists()


# Subscriptions


async def collect(ani: Inside, since: int, last: int) -> list[int]:
    seqs: list[int] = []
    async with aclosing(ani.events(since)) as events:
        async for event in events:
            seqs.append(event["seq"])
            if event["seq"] >= last:
                return seqs
    raise AssertionError


async def test_a_subscription_begins_where_it_is_told_to(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"".join(b"MSG Ani %d\n" % number for number in range(20)))
        last = (await ani.request("hello"))["seq"]
        for since in range(last):
            assert await collect(ani, since, last) == list(range(since + 1, last + 1))


async def test_a_subscription_without_since_tells_only_what_comes(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani before\n")
        reader, writer = await ani.open_control()
        writer.write(call("subscribe"))
        newest = (await answer(reader))["result"]["seq"]
        await ani.send(b"MSG Ani after\n")
        event = await answer(reader)
        assert (event["jsonrpc"], event["method"]) == ("2.0", "event")
        assert (event["params"]["text"], event["params"]["seq"]) == ("after", newest + 1)
        await hang_up(writer)


@pytest.mark.parametrize("since", [1000, -1])
async def test_a_cursor_of_another_history_is_refused(tmp_path: Path, whoisport: int, since: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await refusal(ani, "subscribe", since=since) == "invalid_params"


async def test_events_and_answers_agree_with_the_history(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send("MSG Ani Grüße\n".encode())
        event = await ani.wait_for("text_received")
        [message] = await ani.messages()
        assert {key: event[key] for key in ("seq", "time", "id", "text", "handle", "ip")} == {
            key: message[key] for key in ("seq", "time", "id", "text", "handle", "ip")
        }


async def test_a_long_log_is_told_in_steps_also_to_who_reads_fast(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr("slcpd.history.MAX_EVENTS", 3)
    async with inside(tmp_path, "Ani", whoisport) as ani, turns() as count:
        await ani.send(b"".join(b"MSG Ani %d\n" % number for number in range(30)), host="127.0.0.2")
        assert len(await ani.messages()) == 30
        look = History.events_after

        def look_and_note(history: History, seq: int) -> list[LoggedEvent]:
            taken.append(count())
            return look(history, seq)

        monkeypatch.setattr(History, "events_after", look_and_note)
        async with aclosing(ani.events()) as events:
            assert [event["text"] async for event in first_texts(events, 30)] == [str(number) for number in range(30)]
    assert len(taken) == len(set(taken)) >= 10


async def first_texts(events: AsyncIterator[Json], number: int) -> AsyncIterator[Json]:
    async for event in events:
        if event["type"] == "text_received":
            yield event
            number -= 1
        if not number:
            return


@pytest.mark.parametrize("how", ["says more", "closes"])
async def test_a_subscriber_that_says_more_or_closes_is_let_go(
    tmp_path: Path, whoisport: int, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_control()
        writer.write(call("subscribe"))
        await answer(reader)
        await ani.until(lambda status: status["subscribers"] == 1)
        if how == "says more":
            writer.write(call("hello"))
            async with asyncio.timeout(WAIT):
                assert await reader.read() == b""
        await hang_up(writer)
        await ani.until(lambda status: status["subscribers"] == 0)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_subscriber_that_is_killed_with_events_unread_is_no_bug(
    tmp_path: Path, whoisport: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with socket.socket(socket.AF_UNIX) as killed:
            killed.connect(str(ani.places.socket))
            killed.sendall(call("subscribe", since=0))
            await ani.until(lambda status: status["subscribers"] == 1)
            for _ in range(3):
                await ani.send(b"".join(b"MSG Ani %d %s\n" % (number, b"x" * 400) for number in range(300)))
        await ani.send(b"MSG Ani one more\n")
        await ani.until(lambda status: status["subscribers"] == 0)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_subscriber_that_never_reads_stalls_nobody(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave_it_to_the_system(database: Database, level: str) -> None:
        """The disk is not the point."""

    monkeypatch.setattr(Database, "_synchronise", leave_it_to_the_system)
    monkeypatch.setattr("slcpd.receiving.TEXTS_BURST", 10_000)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with socket.socket(socket.AF_UNIX) as stuck:
            stuck.connect(str(ani.places.socket))
            stuck.sendall(call("subscribe", since=0))
            await ani.until(lambda status: status["subscribers"] == 1)
            text = b"x" * 400
            for _ in range(10):
                await ani.send(b"".join(b"MSG Ani %d %s\n" % (number, text) for number in range(1000)))
            last = (await ani.request("status"))["seq"]
            assert last >= 10_000
            assert await collect(ani, last - 10, last) == list(range(last - 9, last + 1))
            stuck.settimeout(WAIT)
            seen = await asyncio.to_thread(_read_events, stuck, last)  # all the same it has missed nothing
    assert seen == list(range(1, last + 1))


def _read_events(stuck: socket.socket, last: int) -> list[int]:
    with stuck.makefile("rb") as lines:
        assert "result" in json.loads(lines.readline())
        return [json.loads(lines.readline())["params"]["seq"] for _ in range(last)]


# Who may


@pytest.mark.skipif(os.getuid() != 0, reason="only root can pass for another user")
async def test_another_user_is_not_answered_even_if_the_files_would_let_it_in(whoisport: int) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as other:
        async with inside(Path(folder), "Ani", whoisport) as ani:
            path = ani.places.socket
            path.chmod(0o777)
            for above in (path.parent, path.parent.parent, path.parent.parent.parent, Path(folder)):
                above.chmod(0o755)
            os.seteuid(65534)
            try:
                other.connect(str(path))
            finally:
                os.seteuid(0)
            other.settimeout(WAIT)
            other.sendall(call("hello"))
            assert await asyncio.to_thread(is_closed, other)
            assert (await ani.request("hello"))["handle"] == "Ani"
