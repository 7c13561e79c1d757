"""The menu of what a line may become."""

from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document

from slcpctl.screen.completing import TypedCompleter


def completions(completer: TypedCompleter, before: str) -> list[Completion]:
    return list(completer.get_completions(Document(before), CompleteEvent()))


def test_the_word_that_is_typed_gives_way_to_what_it_may_become() -> None:
    found = completions(TypedCompleter(lambda: ["Luca", "Ani"]), "/msg lu")
    assert [(completion.text, completion.start_position) for completion in found] == [("Luca", -2)]


def test_whoever_is_here_is_asked_for_at_each_completion() -> None:
    here = ["Luca"]
    completer = TypedCompleter(lambda: here)
    here.append("Lucy")
    assert [completion.text for completion in completions(completer, "/to L")] == ["Luca", "Lucy"]


def test_handles_of_peers_are_escaped_in_the_menu() -> None:
    first, *_ = completions(TypedCompleter(lambda: ["e\u202eil"]), "/to e")
    assert first.display_text == "e\\u202eil"
    assert first.start_position == -1


def test_names_of_files_too(tmp_path: Path) -> None:
    (tmp_path / "\x1b[2J\n\u202e.png").touch()
    [completion] = completions(TypedCompleter(list), f"/img {tmp_path}/")
    assert completion.display_text == "\\x1b[2J\\x0a\\u202e.png"
