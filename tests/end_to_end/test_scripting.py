"""The recipes of docs/scripting.md as they stand there: saved, typed and run, against real daemons."""

import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemons import Daemon, free_port
from documented import Running, ScriptingUser, blocks, until
from meeting import meet
from PIL import Image
from plain import PlainPeer

Start = Callable[..., Daemon]

BLOCKS = blocks("scripting.md")
SAVED = {block.name: block.code for block in BLOCKS if block.name}
TYPED = {
    heading: [block.code for block in BLOCKS if block.heading == heading and not block.name]
    for heading in {block.heading for block in BLOCKS}
}
[ECHO_IN_SHELL] = TYPED["Echo bot"]
ECHO_IN_PYTHON = "echo_bot.py ~/echo.seq"
HARD_TO_QUOTE = [
    """It's "quoted": $(touch pwned) `touch pwned` \\n \\ %s *""",
    "two\nlines\n\n  and a third",
    "-",
    "--wait",
    "everyone",
    "x" * 60_000,
]


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def user_of(daemon: Daemon) -> ScriptingUser:
    """Let the daemon's user save all scripts of the document."""
    user = ScriptingUser(daemon.world)
    for name, code in SAVED.items():
        user.save(name, code)
    return user


@pytest.fixture
def ani(start: Start) -> Daemon:
    return start("Ani")


@pytest.fixture
def luca(start: Start, ani: Daemon) -> Daemon:
    luca = start("Luca")
    meet(ani, luca)
    return luca


def say(daemon: Daemon, to: str, *texts: str) -> None:
    for text in texts:
        daemon.request("send_text", to=to, text=text)


def heard(daemon: Daemon, who: str) -> list[str]:
    """The texts that have come from `who`, oldest first."""
    messages = daemon.messages(**{"with": who}, limit=500)
    return [message["text"] for message in messages if message["direction"] == "in"]


# A build, a screenshot, an archive


@pytest.fixture
def build(luca: Daemon) -> ScriptingUser:
    """A user whose make fails, with words that are hard to send."""
    need("make")
    user = user_of(luca)
    (user.home / "Makefile").write_bytes(b'all:\n\t@echo "it\'s broken"\n\t@printf \'bad: \\377 "x"\\n\'\n\t@exit 3\n')
    return user


def test_the_end_of_a_build(ani: Daemon, build: ScriptingUser) -> None:
    build.run(TYPED["Say when a build has ended"][0])
    ani.wait_for("text_received", handle="Luca", text="make has ended: exit code 2")


def test_the_end_of_a_build_with_what_it_has_printed(ani: Daemon, build: ScriptingUser) -> None:
    build.run(TYPED["Say when a build has ended"][1])
    text = ani.wait_for("text_received", handle="Luca")["text"]
    assert text.startswith('make: exit code 2\nit\'s broken\nbad:  "x"\n')


@pytest.mark.parametrize(
    ("tool", "variables"),
    [("grim", {"WAYLAND_DISPLAY": "wayland-0"}), ("import", {"WAYLAND_DISPLAY": ""}), ("screencapture", {})],
)
def test_a_screenshot(ani: Daemon, luca: Daemon, tmp_path: Path, tool: str, variables: dict[str, str]) -> None:
    user = user_of(luca)
    picture = tmp_path / "screen.png"
    Image.effect_noise((320, 200), 60).save(picture)
    user.save(tool, f'#!/bin/sh\nfor last; do :; done\ncp "{picture}" "$last"\n')
    user.save("uname", f"#!/bin/sh\necho {'Darwin' if tool == 'screencapture' else 'Linux'}\n")
    user.run("screenshot Ani", **variables)
    received = ani.wait_for("image_received", handle="Luca", format="PNG")
    assert Path(received["path"]).read_bytes() == picture.read_bytes()
    assert [kept.read_bytes() for kept in (user.home / "Pictures").iterdir()] == [picture.read_bytes()]


def test_an_archive_goes_on_after_a_kill_that_has_cut_off_a_line(ani: Daemon, luca: Daemon) -> None:
    need("jq")
    user = user_of(ani)
    archive, cursor = user.home / "events.jsonl", user.home / "events.seq"
    say(luca, "Ani", "before it ran", HARD_TO_QUOTE[1])
    with user.running("archive ~") as running:
        until(lambda: archive.exists() and archive.read_text().count("text_received") == 2, "two texts in the archive")
        running.kill()
    lines = archive.read_text().splitlines(keepends=True)
    one, two = (number for number, line in enumerate(lines) if "text_received" in line)
    written = [*lines[: one + 1], *lines[one:two], lines[two][:-30]]  # as if two kills had come: the one before the
    archive.write_text("".join(written))  # cursor was moved past a text, the other while one was written
    cursor.write_text(f"{json.loads(lines[two])['seq'] - 1}\n")
    say(luca, "Ani", "while it did not run")
    with user.running("archive ~"):
        until(lambda: "while it did" in archive.read_text(), "the third text in the archive")
        printed = user.run(*TYPED["Archive to a file"])
    texts = [line.partition(" Luca: ")[2] or line for line in printed.splitlines()]
    assert texts == ["before it ran", "two", "lines", "", "  and a third", "while it did not run"]


# Bots


@contextmanager
def echoing(user: ScriptingUser, line: str) -> Iterator[Running]:
    """Let an echo bot run; it answers what comes from now on."""
    with user.running(line) as running:
        until((user.home / "echo.seq").exists, "the cursor of the bot")
        yield running


@pytest.fixture(params=[ECHO_IN_SHELL, ECHO_IN_PYTHON], ids=["shell", "python"])
def line(request: pytest.FixtureRequest) -> str:
    """What is typed to run an echo bot."""
    if request.param is ECHO_IN_SHELL:
        need("jq")
    return str(request.param)


@pytest.fixture
def bot(ani: Daemon) -> ScriptingUser:
    return user_of(ani)


def wait_for_answers(daemon: Daemon, *texts: str) -> None:
    for text in texts:
        daemon.wait_for("text_received", handle="Ani", text=text, automatic=True)


def test_the_echo_bot_answers_each_text_as_it_is(luca: Daemon, bot: ScriptingUser, line: str) -> None:
    with echoing(bot, line):
        say(luca, "Ani", *HARD_TO_QUOTE)
        wait_for_answers(luca, *HARD_TO_QUOTE)
    assert heard(luca, "Ani") == HARD_TO_QUOTE
    assert not list(bot.home.rglob("pwned"))


@pytest.mark.parametrize("handle", ["everyone", "-Mia"])
def test_the_echo_bot_answers_who_has_written_alone(
    start: Start, ani: Daemon, luca: Daemon, bot: ScriptingUser, handle: str, line: str
) -> None:
    other = start(handle)
    meet(ani, luca, other)
    with echoing(bot, line):
        say(other, "Ani", "hi")
        wait_for_answers(other, "hi")
        say(luca, "Ani", "the last")
        wait_for_answers(luca, "the last")
    assert heard(luca, "Ani") == ["the last"]


def test_the_echo_bot_passes_over_whom_it_cannot_answer(
    ani: Daemon, luca: Daemon, bot: ScriptingUser, whoisport: int, line: str
) -> None:
    with echoing(bot, line), PlainPeer("Eve", whoisport, "127.0.0.2") as eve:
        eve.send(ani.request("status")["port"], b"MSG Ani who am I?\n")
        ani.wait_for("text_received", text="who am I?", port=None)
        say(luca, "Ani", "hi")
        wait_for_answers(luca, "hi")


def test_the_echo_bot_misses_nothing_when_it_is_killed(luca: Daemon, bot: ScriptingUser, line: str) -> None:
    texts = [str(number) for number in range(8)]
    with echoing(bot, line) as running:
        say(luca, "Ani", *texts[:5])
        wait_for_answers(luca, texts[0])
        running.kill()
    say(luca, "Ani", *texts[5:])
    with echoing(bot, line):
        wait_for_answers(luca, *texts)
    assert list(dict.fromkeys(heard(luca, "Ani"))) == texts  # one may have come twice


def test_the_echo_bot_goes_on_when_the_daemon_comes_back(
    ani: Daemon, luca: Daemon, bot: ScriptingUser, line: str
) -> None:
    with echoing(bot, line):
        say(luca, "Ani", "one")
        wait_for_answers(luca, "one")
        until(lambda: cursor_of(bot, "echo.seq") >= seq_received(ani, "one"), "the end of the answer")
        assert ani.stop() == 0
        say(luca, "Ani", "two")
        ani.start()
        wait_for_answers(luca, "two")
    assert heard(luca, "Ani") == ["one", "two"]


def test_two_bots_do_not_talk_to_each_other(ani: Daemon, luca: Daemon, bot: ScriptingUser) -> None:
    need("jq")
    with echoing(bot, ECHO_IN_SHELL), echoing(user_of(luca), ECHO_IN_PYTHON):
        for text in ("one", "two"):  # the second is answered when the first, and the answer to it, have been looked at
            say(ani, "Luca", text)
            ani.wait_for("text_received", handle="Luca", text=text, automatic=True)
            say(luca, "Ani", text.upper())
            wait_for_answers(luca, text.upper())
    assert heard(ani, "Luca") == ["one", "ONE", "two", "TWO"]
    assert heard(luca, "Ani") == ["one", "ONE", "two", "TWO"]


def cursor_of(user: ScriptingUser, name: str) -> int:
    return int((user.home / name).read_text())


def seq_received(daemon: Daemon, text: str) -> int:
    return int(daemon.wait_for("text_received", text=text)["seq"])


OUTPUT = """it's "full": $(touch pwned)\n  99 %"""


@pytest.fixture
def answering(luca: Daemon, bot: ScriptingUser) -> Iterator[None]:
    """Ani answers with what commands print."""
    need("jq")
    for name in ("df", "uptime"):
        bot.save(name, f"#!/bin/sh\ncat <<'END'\n{name}: {OUTPUT}\nEND\n")
    [line] = TYPED["Answer with a command's output"]
    with bot.running(line):
        until((bot.home / "answers.seq").exists, "the cursor of the bot")
        yield


@pytest.mark.usefixtures("answering")
def test_a_command_s_output_is_the_answer_to_who_may_ask(
    start: Start, ani: Daemon, luca: Daemon, bot: ScriptingUser, whoisport: int
) -> None:
    eve = start("Eve")
    meet(ani, luca, eve)
    with PlainPeer("Mia", whoisport, "127.0.0.2") as mia:
        mia.join()
        ani.wait_for("user_joined", handle="Mia")
        mia.send(ani.request("status")["port"], b"MSG Ani !disk\n")
        say(eve, "Ani", "!disk")
        ani.wait_for("text_received", handle="Mia", text="!disk", secure=False)
        ani.wait_for("text_received", handle="Eve", text="!disk", secure=True)
        say(luca, "Ani", "!disk; touch pwned", "disk", "!disk", "!load")
        wait_for_answers(luca, f"df: {OUTPUT}", f"uptime: {OUTPUT}")
    assert {message["handle"] for message in ani.messages() if message["direction"] == "out"} == {"Luca"}
    assert heard(luca, "Ani") == [f"df: {OUTPUT}", f"uptime: {OUTPUT}"]
    assert not list(bot.home.rglob("pwned"))


# The webhook


class Webhook(http.server.ThreadingHTTPServer):
    """Refuses as often as it is told to, then takes what is posted."""

    def __init__(self, port: int, refusals: int) -> None:
        super().__init__(("127.0.0.1", port), _Post)
        self.refusals = refusals
        self.taken: list[dict[str, object]] = []


class _Post(http.server.BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refusals:
            self.server.refusals -= 1
            self.send_error(503)
        else:
            assert self.headers["Content-Type"] == "application/json"
            self.server.taken.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def serving(port: int, refusals: int = 0) -> Iterator[Webhook]:
    with Webhook(port, refusals) as webhook:
        thread = threading.Thread(target=webhook.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield webhook
        finally:
            webhook.shutdown()
            thread.join()


def test_the_webhook_gets_each_text_in_order_when_it_is_back(luca: Daemon, bot: ScriptingUser) -> None:
    need("jq")
    need("curl")
    port = free_port()
    [line] = TYPED["Bridge to a webhook"]
    assert line.count("127.0.0.1:8080") == 1
    with bot.running(line.replace(":8080", f":{port}")) as running:
        until((bot.home / "webhook.seq").exists, "the cursor of the bridge")
        say(luca, "Ani", *HARD_TO_QUOTE)
        until(lambda: str(port) in running.err.read_text(), "that curl finds nobody")
        with serving(port, refusals=1) as webhook:
            until(lambda: len(webhook.taken) == len(HARD_TO_QUOTE), "all texts at the webhook")
            assert "503" in running.err.read_text()
    assert [post["text"] for post in webhook.taken] == HARD_TO_QUOTE
    assert {post["handle"] for post in webhook.taken} == {"Luca"}


def test_without_a_daemon_a_script_says_what_to_do(ani: Daemon, bot: ScriptingUser) -> None:
    need("jq")
    ani.stop()
    with bot.running("each-text ~/any.seq cat; echo exit code $?") as running:
        until(lambda: "exit code 3" in running.out.read_text(), "the end")
        assert "`slcpctl start` starts one" in running.err.read_text()
    assert not (bot.home / "any.seq").exists()


def test_every_recipe_is_tried() -> None:
    assert SAVED.keys() == {"screenshot", "archive", "each-text", "echo-text", "echo_bot.py", "answer-text"}
    assert {heading: len(typed) for heading, typed in TYPED.items() if typed} == {
        "Say when a build has ended": 2,
        "Archive to a file": 1,
        "Echo bot": 1,
        "Answer with a command's output": 1,
        "Bridge to a webhook": 1,
    }
