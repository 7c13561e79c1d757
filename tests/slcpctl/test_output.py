import io

import pytest

from slcpctl import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_on_a_terminal(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colour: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert output.has_colour(Terminal()) is colour
    assert not output.has_colour(io.StringIO())


def test_json_cannot_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.out_json({"text": "\x1b\x9b\u202e\udcff"})
    assert capsys.readouterr().out == '{"text": "\\u001b\\u009b\\u202e\\udcff"}\n'


def test_notes_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    output.note("no user \x1b[2J")
    assert capsys.readouterr().err == "no user \\x1b[2J\n"
