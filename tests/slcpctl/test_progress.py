import io

import pytest

from slcpctl.progress import Progress, bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("done", "whole", "shown"),
    [
        (0, 1000, f"[{'.' * 30}]   0%  0 B of 1 kB"),
        (500, 1000, f"[{'#' * 15}{'.' * 15}]  50%  500 B of 1 kB"),
        (1000, 1000, f"[{'#' * 30}] 100%  1 kB of 1 kB"),
        (0, 0, f"[{'#' * 30}] 100%  0 B of 0 B"),
    ],
)
def test_bar(done: int, whole: int, shown: str) -> None:
    assert bar(done, whole) == shown


def test_a_terminal_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress() as progress:
        progress.show({"type": "image_progressed", "done": 1, "size": 2})
    assert terminal.getvalue().startswith("\r\x1b[K[###")
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.show({"type": "image_progressed", "done": 1, "size": 2})
    assert capsys.readouterr().err == ""
