"""A program of the user's: what it is given, how its end is told, and that it always ends."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from awaited import is_alive, pids_in, until
from daemons import WAIT

from slcpd.running import MAX_LAST_WORDS, ProgramError, run_program


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


async def failure(words: Sequence[str], data: bytes = b"", limit: float = WAIT) -> str:
    with pytest.raises(ProgramError) as caught:
        await run_program(words, data, limit)
    return str(caught.value)


# Its input


@pytest.mark.parametrize("size", [0, 10, 100_000, 1_000_000], ids=lambda size: f"{size} bytes")
@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
async def test_it_reads_all_of_its_input(tmp_path: Path, size: int, source: str) -> None:
    data = os.urandom(size)
    await run_program(sh(f"cat {source} > {tmp_path}/out"), data, WAIT)
    assert (tmp_path / "out").read_bytes() == data


@pytest.mark.parametrize("script", ["true", "exec <&-; true", "head -c 1 > /dev/null"])
async def test_it_need_not_read_its_input(script: str) -> None:
    before = psutil.Process().num_fds()
    for _ in range(3):
        await run_program(sh(script), b"x" * 1_000_000, WAIT)
    await until(lambda: psutil.Process().num_fds() == before)


async def test_words_are_arguments_and_no_shell_reads_them(tmp_path: Path) -> None:
    words = ["$HOME", "`id`", "a  b", "", "*", "; touch x", "$(id)"]
    await run_program(["sh", "-c", f'printf "%s\\n" "$@" > {tmp_path}/out', "sh", *words], b"", WAIT)
    assert (tmp_path / "out").read_text().splitlines() == words


async def test_its_program_may_be_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    program = tmp_path / "bin"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/out\n")
    program.chmod(0o700)
    await run_program(["~/bin"], b"Hallo", WAIT)
    assert (tmp_path / "out").read_text() == "Hallo"


# Its end


async def test_a_failure_tells_the_exit_code_and_its_last_words() -> None:
    assert (
        await failure(sh("echo first >&2; echo 'no such user' >&2; echo >&2; exit 3"))
        == "the command failed with exit code 3: no such user"
    )
    assert await failure(sh("echo not an error; exit 1")) == "the command failed with exit code 1"
    assert await failure(sh("kill -9 $$")) == "the command was ended by signal 9"


async def test_two_failures_are_of_one_kind_whatever_was_said() -> None:
    kinds = set()
    for said in ("Luca", "Ani"):
        with pytest.raises(ProgramError) as caught:
            await run_program(sh(f"echo {said} >&2; exit 3"), b"", WAIT)
        kinds.add(caught.value.kind)
    assert kinds == {"the command failed with exit code 3"}


async def test_of_what_it_says_the_end_is_kept() -> None:
    told = await failure(sh("head -c 10000000 /dev/zero | tr '\\0' x >&2; exit 1"))
    assert told == "the command failed with exit code 1: " + "x" * MAX_LAST_WORDS


async def test_last_words_that_are_no_utf8_are_told() -> None:
    assert (
        await failure(sh(r"printf '\377\033[2J' >&2; exit 1")) == "the command failed with exit code 1: \ufffd\x1b[2J"
    )


@pytest.mark.parametrize(
    ("program", "reason"),
    [("/nonexistent", "No such file or directory"), ("no-such-program", "No such file or directory"), ("/", "denied")],
)
async def test_a_program_that_cannot_be_run_is_told(program: str, reason: str) -> None:
    before = psutil.Process().num_fds()
    told = await failure([program], b"x" * 1_000_000)
    assert told.startswith(f"{program} cannot be run: ")
    assert reason in told
    await until(lambda: psutil.Process().num_fds() == before)


async def test_a_child_that_is_left_behind_keeps_nobody_waiting_and_lives(tmp_path: Path) -> None:
    began, before = time.monotonic(), psutil.Process().num_fds()
    leave = f"exec 3<&0; sleep 60 <&3 & echo $! >> {tmp_path}/pid"  # and it holds all pipes
    told = await failure(sh(f"{leave}; echo said >&2; exit 1"), b"x" * 1_000_000)
    assert told == "the command failed with exit code 1: said"
    await run_program(sh(leave), b"x" * 1_000_000, WAIT)
    assert time.monotonic() - began < WAIT
    await until(lambda: psutil.Process().num_fds() == before)
    pids = pids_in(tmp_path / "pid", 2)
    try:
        assert [is_alive(pid) for pid in pids] == [True, True]
    finally:
        for pid in pids:
            psutil.Process(pid).kill()


async def test_one_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    script = f"trap '' TERM HUP INT; sleep 60 & echo $! $$ > {tmp_path}/pids; wait"
    assert await failure(sh(script), limit=0.3) == "the command was killed after 0.3 s"
    await until(lambda: not any(map(is_alive, pids_in(tmp_path / "pids", 2))))


async def test_it_is_killed_with_its_children_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run_program(sh(f"sleep 60 & echo $! $$ > {pids}; wait"), b"x" * 1_000_000, WAIT))
        await until(lambda: bool(pids_in(pids, 2)))
        running.cancel()
    await until(lambda: not any(map(is_alive, pids_in(pids, 2))))


async def test_nothing_is_left_of_one_that_is_cancelled_in_any_turn_of_the_loop(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    for turns in range(20):
        async with asyncio.TaskGroup() as group:
            running = group.create_task(run_program(["sleep", "60"], b"x" * 1_000_000, WAIT))
            for _ in range(turns):
                await asyncio.sleep(0)
            running.cancel()
    assert not any(is_alive(child.pid) for child in psutil.Process().children())
    await until(lambda: psutil.Process().num_fds() == before)
