import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World

from slcpctl.translating import languages

GERMAN = {"LANGUAGE": "", "LANG": "de_DE.UTF-8"}  # gettext goes by the name alone: no such locale has to be installed


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, []),
        ({"LANG": "de_DE.UTF-8"}, ["de_DE.UTF-8"]),
        ({"LANG": "C.UTF-8"}, []),
        ({"LANG": "POSIX"}, []),
        ({"LANG": "en_GB.UTF-8"}, []),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, []),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_AT"}, ["de_AT"]),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "de_DE", "LANG": "de_DE"}, []),
        ({"LANGUAGE": "de", "LANG": "C.UTF-8"}, ["de"]),
        ({"LANGUAGE": "fr:de:en", "LANG": "en_US"}, ["fr", "de"]),
        ({"LANGUAGE": "en_US:de", "LANG": "de_DE"}, []),
        ({"LANGUAGE": "", "LANG": "de_DE"}, ["de_DE"]),
        ({"LANGUAGE": "de", "LC_ALL": "C"}, []),
    ],
)
def test_the_variables_choose_as_those_of_gettext_do(environment: dict[str, str], wanted: list[str]) -> None:
    assert languages(environment) == wanted


def run(world: World, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run slcpctl as a process."""
    environment = {**world.environment, "COLUMNS": "80", **variables}
    environment = {name: value for name, value in environment.items() if not (name == "LC_ALL" and not value)}
    command = [sys.executable, "-m", "slcpctl", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT, check=False)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("variables", [GERMAN, {"LANGUAGE": "de"}, {"LANGUAGE": "fr:de"}])
def test_the_help_is_german(world: World, variables: dict[str, str]) -> None:
    shown = run(world, "msg", "--help", **variables).stdout
    assert shown.startswith("Aufruf: slcpctl msg [-h]")
    assert "\nEinen Text senden.\n\nArgumente:\n  HANDLE " in shown
    assert "\nOptionen:\n  -h, --help      diese Hilfe zeigen\n" in shown
    assert "  users       zeigen, wer da ist\n" in run(world, "help", **variables).stdout


@pytest.mark.parametrize(
    "variables", [{}, {"LANGUAGE": "fr"}, {"LANGUAGE": "en:de"}, {"LANGUAGE": "de", "LC_ALL": "C"}]
)
def test_for_all_others_it_is_english(world: World, variables: dict[str, str]) -> None:
    shown = run(world, "msg", "--help", **variables).stdout
    assert shown.startswith("usage: slcpctl msg [-h]")
    assert "\nSend a text.\n\npositional arguments:\n  HANDLE " in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mgs"], "mgs ist kein Befehl; meintest du msg?"),
        (["msg", "Luca"], "es fehlt: TEXT; `slcpctl msg --help` zeigt, was möglich ist"),
        (["users", "--nix"], "users kennt --nix nicht; `slcpctl users --help` zeigt, was möglich ist"),
        (["completion", "csh"], "Argument shell: 'csh' ist nicht möglich"),
    ],
)
def test_wrong_usage_is_told_in_german(world: World, words: list[str], told: str) -> None:
    ran = run(world, *words, **GERMAN)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"slcpctl: {told}")


def test_sentences_in_json_are_english(world: World) -> None:
    assert "es gibt kein Programm " in run(world, "service", "status", **GERMAN, PATH="").stdout
    assert '"problem": "there is no program ' in run(world, "service", "status", "--json", **GERMAN, PATH="").stdout


def test_commands_speak_german_and_json_does_not(start: Callable[..., Daemon]) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    world = ani.world
    assert run(world, "users", **GERMAN).stdout.split()[:2] == ["Luca", "da"]
    assert '"state": "present"' in run(world, "users", "--json", **GERMAN).stdout
    assert run(world, "msg", "Luca", "--wait", "hallo", **GERMAN).stdout.startswith("zugestellt ")
    luca.wait_for("text_received", text="hallo")
    assert "  an Luca  hallo  [zugestellt]\n" in run(world, "history", **GERMAN).stdout
    assert '"state": "delivered"' in run(world, "history", "--json", **GERMAN).stdout
    assert run(world, "away", **GERMAN).stderr == "abwesend; Texte werden beantwortet mit: I am away.\n"
    assert run(world, "config", "inactive", **GERMAN).stdout == "inactive = true  Einstellungen\n"
    assert run(world, "stop", **GERMAN).stderr == "slcpd ist beendet\n"


def test_nothing_is_loaded_for_english() -> None:
    words = "import sys; from slcpctl.translating import tr; tr('yes'); print('gettext' in sys.modules, tr('yes'))"
    for language, told in (("en", "False yes\n"), ("de", "True ja\n")):
        environment = {"LANGUAGE": language, "PATH": ""}
        ran = subprocess.run([sys.executable, "-c", words], env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout == told


@pytest.mark.parametrize(
    ("language", "count", "told"),
    [
        ("en", 1, "1 person is here"),
        ("en", 2, "2 people are here"),
        ("de", 1, "1 Person ist da"),
        ("de", 0, "0 Leute sind da"),
    ],
)
def test_a_number_has_its_form(language: str, count: int, told: str) -> None:
    texts = ("{count} person is here", "{count} people are here", count)
    words = f"from slcpctl.translating import trn; print(trn(*{texts}))"
    environment = {"LANGUAGE": language, "PATH": "", "PYTHONUTF8": "1"}
    ran = subprocess.run([sys.executable, "-c", words], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == f"{told}\n"
