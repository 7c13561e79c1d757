"""The examples of docs/python.md as they stand there, run beside real daemons."""

from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import Daemon, World, free_port
from documented import ScriptingUser, blocks, until
from meeting import meet
from PIL import Image

Start = Callable[..., Daemon]

EXAMPLES = {block.heading: block.code for block in blocks("python.md")}
RUN = "python3 example.py"


@pytest.fixture
def ani(start: Start) -> Daemon:
    return start("Ani")


@pytest.fixture
def luca(start: Start, ani: Daemon) -> Daemon:
    luca = start("Luca")
    meet(ani, luca)
    return luca


def user_of(daemon: Daemon, heading: str) -> ScriptingUser:
    """Let the daemon's user save an example."""
    user = ScriptingUser(daemon.world)
    (user.home / "example.py").write_text(EXAMPLES[heading], encoding="utf-8")
    return user


def say(daemon: Daemon, to: str, *texts: str) -> None:
    for text in texts:
        daemon.request("send_text", to=to, text=text)


def test_ask(ani: Daemon, luca: Daemon) -> None:
    name, message_id = user_of(ani, "Ask").run(RUN).splitlines()
    assert name.startswith("Luca@127.0.0.1:")
    assert name.endswith((" pinned", " new"))
    assert luca.wait_for("text_received", handle="Ani", text="Hallo Luca!")
    ani.wait_for("text_delivered", id=message_id)


def test_wait_for_what_becomes_of_a_message(ani: Daemon, luca: Daemon) -> None:
    assert user_of(ani, "Wait for what becomes of a message").run(RUN) == "text_delivered\n"
    luca.wait_for("text_received", text="are you there?")


def test_a_time_limit_for_what_becomes_of_a_message(ani: Daemon, luca: Daemon) -> None:
    user = user_of(ani, "Wait for what becomes of a message")
    example = user.home / "example.py"
    example.write_text(example.read_text().replace("+ 10)", "+ 0.1)"))
    luca.kill()
    assert user.run(RUN) == "not within 10 s; it stays queued\n"


def test_errors(ani: Daemon) -> None:
    user = user_of(ani, "Errors")
    assert user.run(RUN).startswith("not sent: no user Noah")
    ani.stop()
    assert "`slcpctl start` starts one" in user.run(RUN)


def test_follow_what_happens(ani: Daemon, luca: Daemon, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    Image.effect_noise((20, 10), 60).save(picture)
    say(luca, "Ani", "before")
    luca.request("send_image", to="Ani", path=str(picture))
    ani.wait_for("image_received")
    with user_of(ani, "Follow what happens").running(RUN) as running:

        def wait_for(line: str) -> None:
            until(lambda: line in running.out.read_text(), f"the line {line!r}")

        wait_for("Luca: before\n")
        wait_for("Luca sent ")
        assert ani.stop() == 0
        wait_for("the daemon is gone: ")
        ani.start()
        wait_for("it is back\n")
        say(luca, "Ani", "after")
        wait_for("Luca: after\n")
    assert running.out.read_text().count("Luca: before\n") == 1


def test_miss_nothing_between_two_runs(ani: Daemon, luca: Daemon) -> None:
    user = user_of(ani, "Miss nothing between two runs")
    texts = user.home / "texts.txt"

    def run_until(text: str) -> None:
        with user.running(RUN):
            until(lambda: texts.exists() and text in texts.read_text(), f"the text {text!r}")

    for number in range(3):
        say(luca, "Ani", f"{number} in a run")
        run_until(f"{number} in a run")
        say(luca, "Ani", f"{number} between two")
    run_until("2 between two")
    lines = list(dict.fromkeys(texts.read_text().splitlines()))  # one that was being done may have come again
    assert lines == [repr(f"{number} {when}") for number in range(3) for when in ("in a run", "between two")]


def test_asyncio(start: Start, ani: Daemon) -> None:
    with user_of(ani, "asyncio").running(RUN) as running:
        until(lambda: running.out.read_text() == "0\n", "how many are here")
        until(lambda: ani.request("status")["subscribers"] == 1, "that it follows what happens")
        start("Luca").wait_for("text_received", handle="Ani", text="Hallo Luca!", automatic=True)


def test_another_profile(tmp_path: Path, whoisport: int) -> None:
    world = World(tmp_path / "Ani", profile="work")
    world.configure(handle="Ani.at.work", port=free_port(), whoisport=whoisport)
    daemon = Daemon(world).start()
    try:
        assert user_of(daemon, "Another profile").run(RUN) == "Ani.at.work\n"
    finally:
        daemon.close()


def test_every_example_is_tried() -> None:
    tried = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_")}
    assert {heading.lower() for heading in EXAMPLES} <= tried
    assert len(EXAMPLES) == len(blocks("python.md")), "one example under each heading"
