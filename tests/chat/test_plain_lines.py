"""The chat in plain lines: where the terminal can do no more, for screen readers, and in pipes."""

import shlex
import subprocess
from collections.abc import Iterator

import pytest
from daemons import WAIT, Daemon
from full_screen import CHAT, Chat, surroundings
from terminal import Terminal


class Recorded(Chat):
    """Keeps all that the chat has written."""

    output = b""

    def _read(self) -> bytes:
        data = super()._read()
        self.output += data
        return data


@pytest.fixture(params=["dumb", "--plain"])
def lines(request: pytest.FixtureRequest, ani: Daemon, luca: Daemon) -> Iterator[Recorded]:
    """The chat with Luca, in lines."""
    words = ("--plain",) if request.param == "--plain" else ()
    term = "dumb" if request.param == "dumb" else "xterm-256color"
    with Recorded(ani.world, *words, "Luca", term=term) as lines:
        yield lines


def test_lines_on_a_terminal(lines: Recorded, luca: Daemon) -> None:
    """They come one below the other; nothing moves the cursor, colours or rings."""
    lines.wait_for("you are Ani; /help shows what can be typed").wait_for("here: Luca")
    lines.type("Hallo Luca!\r").wait_for("to Luca: Hallo Luca!").wait_for("to Luca: delivered")
    luca.wait_for("text_received", text="Hallo Luca!")
    luca.request("send_text", to="Ani", text="Hallo\x1b[2J Ani!")
    lines.wait_for(r"Luca: Hallo\x1b[2J Ani!").type("/nonsense\r").wait_for("/nonsense is no command")
    lines.type("/quit\r")
    assert lines.wait_for_exit() == 0
    assert not set(lines.output) & {0x1B, 0x07, 0x08, 0x9B}


def test_a_text_that_no_terminal_takes_at_once(lines: Recorded, luca: Daemon) -> None:
    lines.wait_for("here: Luca")
    luca.request("send_text", to="Ani", text=f"{'x' * 60_000} to its end")
    lines.wait_for("to its end").type("/quit\r")
    assert lines.wait_for_exit() == 0


@pytest.mark.parametrize("end", ["/quit\r", "\x04"], ids=["/quit", "^D"])
def test_the_shell_reads_on(ani: Daemon, end: str) -> None:
    then = 'echo "ended with $?"; read -r line; echo "read: $line"'
    script = f"{shlex.join(CHAT)} --plain Luca; {then}"
    with Terminal(["sh", "-c", script], surroundings(ani.world)) as shell:
        shell.wait_for("you are Ani").type(end).wait_for("ended with 0").type("go on\r").wait_for("read: go on")


def test_a_pipe(ani: Daemon, luca: Daemon) -> None:
    """What is typed is done to its end; the lines go to standard output, the rest to standard error."""
    now = luca.request("hello")["seq"]
    environment = {**surroundings(ani.world), "TERM": "xterm-256color"}
    ran = subprocess.run(
        [*CHAT, "Luca"],
        input="one\n/nonsense\ntwo\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    for text in ("one", "two"):
        luca.wait_for("text_received", now, text=text)
        assert f"to Luca: {text}\n" in ran.stdout
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "/nonsense is no command" in ran.stderr
    assert ran.returncode == 1


def test_typed_on_a_terminal_and_shown_by_another_program(ani: Daemon, luca: Daemon) -> None:
    with Terminal(["sh", "-c", f"{shlex.join(CHAT)} Luca | sed 's/^/seen: /'"], surroundings(ani.world)) as shell:
        shell.type("into a pipe\r").press("c-d").wait_for("to Luca: delivered")
        assert shell.wait_for_exit() == 0
        assert [line[:6] for line in shell.lines if line] == ["into a", "seen: ", "seen: "]
