import pytest

from slcpctl.arguments import UsageError, parse


def test_no_words_open_the_chat() -> None:
    command, options = parse([])
    assert (command.name, options.handle, options.profile) == ("chat", None, None)


@pytest.mark.parametrize(
    "words",
    [
        ["--profile", "work", "--json", "users", "--refresh"],
        ["users", "--refresh", "--json", "--profile=work"],
        ["--json", "users", "--profile", "work", "--refresh"],
    ],
)
def test_options_stand_before_or_behind_the_command(words: list[str]) -> None:
    command, options = parse(words)
    assert command.name == "users"
    assert (options.profile, options.json, options.refresh) == ("work", True, True)


@pytest.mark.parametrize(
    ("words", "wait", "text"),
    [
        (["msg", "Luca", "Hallo", "Luca!"], None, ["Hallo", "Luca!"]),
        (["msg", "--wait", "Luca", "hi"], 10.0, ["hi"]),
        (["msg", "--wait=2.5", "Luca", "hi"], 2.5, ["hi"]),
        (["msg", "Luca", "hi", "--wait"], 10.0, ["hi"]),
        (["msg", "Luca", "hi", "--wait", "there"], 10.0, ["hi", "there"]),
        (["msg", "Luca", "-"], None, ["-"]),
        (["msg", "Luca", "-5", "degrees"], None, ["-5", "degrees"]),
        (["msg", "Luca", "--", "--wait"], None, ["--wait"]),
        (["msg", "--", "Luca", "--wait"], None, ["--wait"]),
        (["msg", "--wait", "--", "Luca", "-x", "-", "--"], 10.0, ["-x", "-", "--"]),
    ],
)
def test_a_bare_wait_takes_nothing_away_from_the_text(words: list[str], wait: float | None, text: list[str]) -> None:
    _, options = parse(words)
    assert (options.handle, options.wait, options.text) == ("Luca", wait, text)


@pytest.mark.parametrize("command", ["msg", "history", "block"])
def test_a_handle_may_begin_like_an_option(command: str) -> None:
    _, options = parse([command, "--json", "--", "-Luca@192.168.0.10:5001", *(["hi"] if command == "msg" else [])])
    assert (options.handle, options.json) == ("-Luca@192.168.0.10:5001", True)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["usres"], "usres is no command; did you mean users?"),
        (["xyzzy"], "`slcpctl help` lists them"),
        (["users", "--refersh"], "users takes no --refersh; did you mean --refresh?"),
        (["users", "Luca"], "users takes no Luca; `slcpctl users --help`"),
        (["users", "--", "-x"], "users takes no -x; "),
        (["msg", "Luca"], "required: TEXT; `slcpctl msg --help`"),
        (["msg", "--wait=soon", "Luca", "hi"], "invalid float value: 'soon'"),
        (["--profile", "a/b", "users"], "a name has 1 to 32 of"),
        (["--profile"], "expected one argument"),
    ],
)
def test_what_cannot_be_understood_is_told_with_the_next_step(words: list[str], hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(words)
    assert hint in str(refused.value)
