"""The manual pages in docs/man are those of the tables, and roff understands them."""

import shutil
import subprocess
import tomllib

import pytest

from docs.man.pages import HERE, pages
from slcp.config import KEYS
from slcpctl.commands import COMMANDS

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    assert (HERE / name).read_text(encoding="utf-8") == PAGES[name], "`make man` writes it anew"


def test_there_are_no_other_pages() -> None:
    assert {path.name for path in HERE.iterdir() if path.suffix[1:].isdigit()} == PAGES.keys()


def test_every_page_is_installed_where_man_looks() -> None:
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    installed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert installed == {f"docs/man/{name}": f"share/man/man{name[-1]}/{name}" for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_roff_warns_of_nothing(name: str) -> None:
    assert shown(name).stderr == ""


def test_a_reader_finds_every_command_option_and_key() -> None:
    client, configuration = shown("slcpctl.1").stdout, shown("slcp-config.5").stdout
    for command in COMMANDS.values():
        assert f"\n   {command.name}" in client
        assert all(name in client for argument in command.arguments for name in argument.names if name[0] == "-")
    assert all(f"\n       {key} = " in configuration for key in KEYS)


def shown(name: str) -> subprocess.CompletedProcess[str]:
    """Format a page as man does."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    plain = ["-P", "-cbou"]  # no colours, no overstriking
    return subprocess.run(
        [groff, "-man", "-Tascii", "-ww", *plain, str(HERE / name)],
        capture_output=True,
        text=True,
        timeout=15,
        check=True,
    )
