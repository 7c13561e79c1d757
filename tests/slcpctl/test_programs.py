import pytest
from fake_programs import FakePrograms

from slcpctl import programs
from slcpctl.programs import ProgramError, output_of


def test_what_it_prints_is_returned(system: FakePrograms) -> None:
    system.add("say", 'echo "$2"; echo noise >&2')
    assert output_of("say", "a", "two words") == "two words\n"
    assert system.calls == ["say a two words"]


def test_it_has_no_input_to_wait_for(system: FakePrograms) -> None:
    system.add("say", 'read line || echo "nothing"')
    assert output_of("say") == "nothing\n"


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ("echo 'Failed to connect to bus.' >&2; exit 1", "Failed to connect to bus"),
        ("echo 'Job failed.' >&2; echo >&2; echo 'See \"systemctl status\" for details.' >&2; exit 1", "Job failed"),
        ("echo 'Removed link.' >&2; echo 'Failed to stop.' >&2; exit 1", "Removed link; Failed to stop"),
        ("printf 'first\\nsecond\\nthird' >&2; exit 1", "second; third"),
        ("exit 7", "say ended with exit code 7"),
        ("printf '\\377' >&2; exit 1", "\ufffd"),
    ],
)
def test_its_failure_is_told_in_its_words(system: FakePrograms, commands: str, reason: str) -> None:
    system.add("say", commands)
    with pytest.raises(ProgramError) as caught:
        output_of("say")
    assert str(caught.value) == reason


def test_one_that_is_not_there(system: FakePrograms) -> None:
    with pytest.raises(ProgramError, match=r"^there is no program systemctl$"):
        output_of("systemctl")


def test_one_that_cannot_be_run(system: FakePrograms) -> None:
    (system.folder / "say").mkdir()
    with pytest.raises(ProgramError, match=r"^say cannot be run: Permission denied$"):
        output_of("say")


def test_one_that_does_not_end(system: FakePrograms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "ENDS_WITHIN", 0.1)
    system.add("say", "while :; do :; done")
    with pytest.raises(ProgramError, match=r"^say has not ended within 0.1 s$"):
        output_of("say")
