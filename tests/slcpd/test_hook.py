"""The user's command for what comes in: it gets every text and image once and in order, and hurts nobody."""

import json
import logging
import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from awaited import is_alive, pids_in, until
from daemons import Daemon, Json
from inside import Inside, inside
from PIL import Image

from slcp.errors import RequestError


def shell(script: str) -> str:
    return f"sh -c {shlex.quote(script)}"


async def passed_on(path: Path, number: int) -> list[Json]:
    """Return the events that a command has appended to a file, once there are so many."""
    await until(lambda: path.exists() and path.read_bytes().count(b"\n") >= number)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


async def texts_passed_on(path: Path, number: int) -> list[str]:
    return [event["text"] for event in await passed_on(path, number)]


async def write(ani: Inside, *texts: str, host: str = "127.0.0.9") -> None:
    await ani.send(b"".join(b"MSG Ani %s\n" % text.encode() for text in texts), host=host)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def keep(out: Path) -> str:
    """A command that keeps what it gets."""
    return shell(f"cat >> {out}")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return what the log tells users of the command."""

    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

    return told


async def test_it_gets_each_text_and_image_as_clients_are_told_it(
    tmp_path: Path, whoisport: int, out: Path, keep: str, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport, on_message=keep) as ani:
        await write(ani, "Hällo \N{CAT FACE}")
        await ani.send(b"IMG Ani %d\n" % cat.stat().st_size + cat.read_bytes(), host="127.0.0.9")
        got = await passed_on(out, 2)
        expected = [
            await ani.wait_for("text_received", text="Hällo \N{CAT FACE}"),
            await ani.wait_for("image_received"),
        ]
        assert got == expected
        with Image.open(got[1]["path"]) as image:
            assert image.size == (300, 200)
    assert out.read_bytes().isascii()


async def test_a_burst_is_worked_off_in_order_and_one_after_the_other(
    tmp_path: Path, whoisport: int, out: Path
) -> None:
    lock = tmp_path / "lock"
    alone = shell(f"mkdir {lock} && cat >> {out}; rmdir {lock}")
    texts = [f"number {number}" for number in range(60)]
    async with inside(tmp_path, "Ani", whoisport, on_message=alone) as ani:
        await write(ani, *texts)
        assert await texts_passed_on(out, len(texts)) == texts


async def test_a_text_of_the_largest_size_is_passed_on(tmp_path: Path, whoisport: int, out: Path, keep: str) -> None:
    text = "\N{CAT FACE}" * 16_000  # 64 kB, and 192 kB in ASCII: more than a pipe holds
    async with inside(tmp_path, "Ani", whoisport, on_message=keep), inside(tmp_path, "Luca", whoisport) as luca:
        await luca.wait_for("user_joined", handle="Ani")
        await luca.request("send_text", to="Ani", text=text)
        assert await texts_passed_on(out, 1) == [text]


async def test_automatic_answers_say_so_and_what_we_write_is_not_passed_on(
    tmp_path: Path, whoisport: int, out: Path, keep: str
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, on_message=keep) as ani,
        inside(tmp_path, "Luca", whoisport, inactive=True) as luca,
    ):
        await ani.wait_for("user_joined", handle="Luca")
        await ani.request("send_text", to="Luca", text="are you there?")
        await ani.wait_for("text_received", automatic=True)
        await ani.wait_for("text_delivered")
        await luca.request("send_text", to="Ani", text="now I am")
        assert [(event["text"], event["automatic"]) for event in await passed_on(out, 2)] == [
            ("I am away.", True),
            ("now I am", False),
        ]


async def test_nothing_of_the_peer_is_an_argument_or_in_the_environment(
    tmp_path: Path, whoisport: int, out: Path
) -> None:
    see = shell(
        f'cat /proc/$$/cmdline /proc/$$/environ > {out}.new; printf "%s " "$@" >> {out}.new; mv {out}.new {out}'
    )
    async with inside(tmp_path, "Ani", whoisport, on_message=see) as ani:
        await ani.send(b"HELLO Sherlock 4321 1 -\nMSG Ani elementary $(touch x)\n", host="127.0.0.9")
        await until(out.exists)
    seen = out.read_text()
    assert "PATH=" in seen
    assert not [word for word in ("Sherlock", "elementary", "127.0.0.9", "4321") if word in seen]


# It hurts nobody


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        pytest.param(
            "/nonexistent/command", "/nonexistent/command cannot be run: No such file or directory", id="not there"
        ),
        pytest.param(
            shell("echo it is full >&2; exit 7"), "the command failed with exit code 7: it is full", id="fails"
        ),
        pytest.param(shell("kill -9 $$"), "the command was ended by signal 9", id="killed"),
    ],
)
async def test_one_that_fails_is_told_once_and_every_text_is_taken(
    tmp_path: Path, whoisport: int, told: Callable[[], list[str]], command: str, reason: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport, on_message=command) as ani:
        await write(ani, "one", "two", "three")
        assert await ani.texts() == ["one", "two", "three"]
        await until(lambda: bool(told()))
        await ani.request("set_config", key="on_message", value=shell(f"cat > {tmp_path}/done"))
        await write(ani, "four")
        await until((tmp_path / "done").exists)
        assert await ani.dropped() == {}
    assert told() == [f"on_message: {reason}; told once"]


async def test_what_it_says_is_escaped_in_the_log(start: Callable[..., Daemon]) -> None:
    ani = start("Ani", on_message=shell(r"printf '\033[2J\342\200\256' >&2; exit 1"))
    luca = start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    luca.wait_for("user_joined", handle="Ani")
    luca.request("send_text", to="Ani", text="Hallo")
    await until(lambda: b"exit code 1" in ani.world.log.read_bytes())
    lines = [line for line in ani.world.log.read_bytes().splitlines() if b"on_message" in line]
    assert [json.loads(line)["message"].count("\x1b[2J\u202e") for line in lines] == [1]
    assert b"".join(lines).isascii()
    assert b"\x1b" not in lines[0]


async def test_another_reason_is_told_too(
    tmp_path: Path, whoisport: int, out: Path, told: Callable[[], list[str]]
) -> None:
    by_turns = shell(f'echo >> {out}; n=$(wc -l < {out}); echo "run $n" >&2; exit $((n % 2 + 4))')
    async with inside(tmp_path, "Ani", whoisport, on_message=by_turns) as ani:
        await write(ani, *"abcdef")
        await until(lambda: out.exists() and len(out.read_text()) == 6)
        await ani.request("set_config", key="on_message", value="")
    assert told() == [f"on_message: the command failed with exit code {n}; told once" for n in ("5: run 1", "4: run 2")]


async def test_one_that_hangs_holds_up_no_message_and_is_killed_in_the_end(
    tmp_path: Path, whoisport: int, out: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[str]]
) -> None:
    monkeypatch.setattr("slcpd.hook.LIMIT", 0.5)
    hang = shell(f'read -r line; echo "$line" >> {out}; case $line in *slow*) sleep 60; esac')
    async with inside(tmp_path, "Ani", whoisport, on_message=hang) as ani:
        await write(ani, "slow")
        await passed_on(out, 1)
        await write(ani, "two", "three")
        assert await ani.texts() == ["slow", "two", "three"]
        assert await texts_passed_on(out, 3) == ["slow", "two", "three"]
    assert told() == ["on_message: the command was killed after 0.5 s; told once"]


async def test_it_ends_with_the_daemon(start: Callable[..., Daemon], tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    ani, luca = start("Ani", on_message=shell(f"trap '' TERM; sleep 60 & echo $! $$ > {pids}; wait")), start("Luca")
    luca.wait_for("user_joined", handle="Ani")
    luca.request("send_text", to="Ani", text="Hallo")
    await until(lambda: bool(pids_in(pids, 2)))
    assert ani.stop() == 0
    await until(lambda: not any(map(is_alive, pids_in(pids, 2))))


async def test_a_history_that_cannot_be_read_for_a_while_costs_no_message(
    tmp_path: Path,
    whoisport: int,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[[], list[str]],
) -> None:
    monkeypatch.setattr("slcpd.hook.READ_AGAIN_AFTER", 0.05)
    go_on = tmp_path / "go on"
    wait = shell(f"cat >> {out}; until test -e '{go_on}'; do sleep 0.02; done")
    async with inside(tmp_path, "Ani", whoisport, on_message=wait) as ani:
        await write(ani, "one", "two")
        await passed_on(out, 1)
        with closing(sqlite3.connect(ani.places.database, isolation_level=None)) as other:
            other.execute("ALTER TABLE events RENAME COLUMN body TO gone")
            go_on.touch()
            await until(lambda: any("on_message" in line for line in told()))
            other.execute("ALTER TABLE events RENAME COLUMN gone TO body")
        assert await texts_passed_on(out, 2) == ["one", "two"]


# The key works at once


async def test_the_command_is_that_of_now(
    tmp_path: Path, whoisport: int, out: Path, keep: str, told: Callable[[], list[str]]
) -> None:
    other = tmp_path / "other"
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await write(ani, "before there is one")
        await ani.request("set_config", key="on_message", value=keep)
        await write(ani, "for the first")
        await passed_on(out, 1)
        await ani.request("set_config", key="on_message", value=shell(f"cat >> {other}"))
        await write(ani, "for the other")
        await passed_on(other, 1)
        await ani.request("set_config", key="on_message", value="")
        await write(ani, "for nobody")
        await ani.request("set_config", key="on_message", value=keep)
        await write(ani, "for the first again")
        assert await texts_passed_on(out, 2) == ["for the first", "for the first again"]
        assert await texts_passed_on(other, 1) == ["for the other"]
    assert told() == []


async def test_what_came_before_the_start_is_not_passed_on(
    tmp_path: Path, whoisport: int, out: Path, keep: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await write(ani, "yesterday")
    async with inside(tmp_path, "Ani", whoisport, on_message=keep) as ani:
        await write(ani, "today")
        assert await texts_passed_on(out, 1) == ["today"]


async def test_a_command_that_cannot_be_one_is_refused(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with pytest.raises(RequestError, match=r"on_message must be words with all quotes closed.*not \"sh -c 'x\""):
            await ani.request("set_config", key="on_message", value="sh -c 'x")
        assert (await ani.request("get_config"))["config"]["on_message"]["value"] == ""
