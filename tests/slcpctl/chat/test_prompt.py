from contextlib import aclosing
from pathlib import Path

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from slcpctl.chat.prompt import typed_lines
from slcpctl.chat.room import Room


async def lines_of(keys: str, history: Path) -> list[str]:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        async with aclosing(typed_lines(Room(None, []), history)) as lines:
            return [line async for line in lines]


async def test_lines_until_control_d(tmp_path: Path) -> None:
    assert await lines_of("one\rtwo\r\x04", tmp_path / "history") == ["one", "two"]


async def test_control_c_clears_the_line(tmp_path: Path) -> None:
    assert await lines_of("nonsense\x03one\r\x04", tmp_path / "history") == ["one"]


async def test_the_history_is_kept_for_us_alone(tmp_path: Path) -> None:
    history = tmp_path / "state/history"
    await lines_of("one\r\x04", history)
    assert await lines_of("\x1b[A\r\x04", history) == ["one"]
    assert history.stat().st_mode & 0o077 == 0
