import pytest
from ran import Run

from slcpctl.commands import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_row_names_a_function_that_exists(name: str) -> None:
    assert callable(COMMANDS[name].load())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(slcpctl: Run, capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        slcpctl(name, "--help")
    assert ended.value.code == 0
    assert f"usage: slcpctl {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_help_lists_every_command(slcpctl: Run, words: list[str]) -> None:
    ran = slcpctl(*words)
    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)
