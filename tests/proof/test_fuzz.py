"""What fuzzing has found, played again; and that it finds what is there to be found (soak/fuzz.py)."""

import time
from pathlib import Path

import pytest

from soak import fuzz
from soak.fuzz_targets import TARGETS, Target

CORPUS = Path(__file__).parents[1] / "corpus"
KEPT = [(folder.name, file) for folder in sorted(CORPUS.iterdir()) for file in sorted(folder.iterdir())]
TRIES = 20_000  # at most, until a planted bug must be found


@pytest.mark.parametrize(("target", "file"), KEPT, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_each_input_of_the_corpus_has_the_outcome_of_its_name(target: str, file: Path) -> None:
    assert fuzz.judge(TARGETS[target].outcome, file.read_bytes()) == (file.name, False)


def test_there_is_a_corpus_for_each_target() -> None:
    assert {target for target, _ in KEPT} == TARGETS.keys()


def test_a_short_run_finds_no_crash(tmp_path: Path) -> None:
    figures, violations = fuzz.run(minutes=0.05, seed=3, corpus=tmp_path)
    assert violations == []
    assert all(figures[f"{name}: executions"] > 0 for name in TARGETS)


def explode(data: bytes) -> str:
    if b"\0" in data:
        raise ZeroDivisionError
    return "fine"


def dawdle(data: bytes) -> str:
    until = time.process_time() + (fuzz.AT_MOST + 0.1 if len(data) > 2 else 0)
    while time.process_time() < until:
        pass
    return "fine"


def test_a_bug_is_found_and_told() -> None:
    fuzzer = fuzz.Fuzzer(Target(explode, [b"fine"]), seed=1)
    while not fuzzer.crashes and fuzzer.executions < TRIES:
        fuzzer.take_turn()
    [told] = fuzz.crashes("planted", fuzzer)
    assert told.startswith("planted: ZeroDivisionError")
    assert fuzzer.outcomes == {"fine": b"fine"}


def test_what_takes_long_is_a_crash() -> None:
    assert fuzz.judge(dawdle, b"ab") == ("fine", False)
    assert fuzz.judge(dawdle, b"abc") == ("takes 3.1 s", True)


def test_what_is_kept_is_short_and_has_the_same_outcome() -> None:
    assert fuzz.shortened(TARGETS["datagram"].outcome, "not_utf8+InputDropped", b"JOIN \xff 5001") == b"\xff"
    assert len(fuzz.shortened(lambda data: "zero" if b"\0" in data else "none", "zero", bytes(100) + b"abc")) == 1


def test_inputs_are_kept_once_for_each_outcome(tmp_path: Path) -> None:
    target = TARGETS["json"]
    fuzzer = fuzz.Fuzzer(target, seed=1)
    fuzzer.take_turn()
    assert fuzz.keep(fuzzer, target, tmp_path) == len(fuzzer.outcomes) > 0
    assert fuzz.keep(fuzzer, target, tmp_path) == 0
    assert fuzz.kept_in(tmp_path).keys() == fuzzer.outcomes.keys()
