import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcpctl.conversing.typed import (
    COMMANDS,
    Ask,
    CancelNewest,
    Choose,
    OpenImage,
    Quit,
    SaveImage,
    Search,
    SendImages,
    SendText,
    ShowHelp,
    ShowHistory,
    ShowKeys,
    ShowUsers,
    Typed,
    TypedError,
    parse,
)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        pytest.param("Hallo!", SendText("Hallo!"), id="a text"),
        pytest.param("  spaces stay ", SendText("  spaces stay "), id="a text as it is"),
        pytest.param("//users is a command", SendText("/users is a command"), id="a text that begins with a slash"),
        pytest.param("/to Luca", Choose("Luca"), id="to"),
        pytest.param("/to everyone", Choose("*"), id="to everyone"),
        pytest.param("/msg Luca Hallo  Luca!", SendText("Hallo  Luca!", "Luca"), id="msg"),
        pytest.param("/img cat.jpg 'my dog.png'", SendImages(("cat.jpg", "my dog.png")), id="img"),
        pytest.param("/img my\\ dog.png", SendImages(("my dog.png",)), id="img with a blank"),
        pytest.param("/users", ShowUsers(), id="users"),
        pytest.param("/history", ShowHistory(), id="history"),
        pytest.param("/history Luca", ShowHistory("Luca"), id="history of one"),
        pytest.param("/history everyone", ShowHistory("*"), id="history of all"),
        pytest.param("/search two words", Search("two words"), id="search"),
        pytest.param("/open", OpenImage(), id="open"),
        pytest.param("/save ~/cats", SaveImage("~/cats"), id="save"),
        pytest.param("/save 'my cats/'", SaveImage("my cats/"), id="save in a folder with a blank"),
        pytest.param("/verify", ShowKeys(None), id="verify the one written to"),
        pytest.param("/verify Luca", ShowKeys("Luca"), id="verify"),
        pytest.param("/trust Luca", ShowKeys("Luca", trust=True), id="trust"),
        pytest.param("/cancel", CancelNewest(), id="cancel"),
        pytest.param("/help", ShowHelp(), id="help"),
        pytest.param("/quit", Quit(), id="quit"),
        pytest.param("WHO", ShowUsers(), id="seed: WHO"),
        pytest.param("HELP", ShowHelp(), id="seed: HELP"),
        pytest.param("MSG Luca Hallo Luca!", SendText("Hallo Luca!", "Luca"), id="seed: MSG"),
        pytest.param("IMG Luca cat.jpg", SendImages(("cat.jpg",), "Luca"), id="seed: IMG"),
        pytest.param("MSG everyone Hallo!", SendText("Hallo!", "*"), id="seed: MSG to everyone"),
        pytest.param("IMG everyone cat.jpg", SendImages(("cat.jpg",), "*"), id="seed: IMG to everyone"),
        pytest.param("/msg everyone@10.0.0.7:5001 Hallo!", SendText("Hallo!", "everyone@10.0.0.7:5001"), id="a name"),
        pytest.param("WHO is there?", SendText("WHO is there?"), id="a text that begins like a command"),
        pytest.param("who", SendText("who"), id="no command: small letters"),
    ],
)
def test_what_a_line_means(line: str, meaning: Typed) -> None:
    assert parse(line) == meaning


AWAY = ("set_config", {"key": "inactive", "value": True})


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        ("/away", [AWAY]),
        ("/away Gone fishing", [("set_config", {"key": "autoreply", "value": "Gone fishing"}), AWAY]),
        ("/back", [("set_config", {"key": "inactive", "value": False})]),
        ("CONFIG inactive ON", [("set_config", {"key": "inactive", "value": "ON"})]),
        ("CONFIG autoreply I am away", [("set_config", {"key": "autoreply", "value": "I am away"})]),
        ("/join", [("join", {})]),
        ("JOIN", [("join", {})]),
        ("/leave", [("leave", {})]),
        ("LEAVE", [("leave", {})]),
        ("/retry a1", [("retry", {"id": "a1"})]),
        ("/cancel a1", [("cancel", {"id": "a1"})]),
        ("/block Luca", [("block", {"handle": "Luca"})]),
        ("/unblock Luca", [("unblock", {"handle": "Luca"})]),
    ],
)
def test_what_a_line_asks_the_daemon(line: str, calls: list[tuple[str, object]]) -> None:
    typed = parse(line)
    assert isinstance(typed, Ask)
    assert list(typed.calls) == calls
    assert typed.done


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("/usres", "did you mean /users?"),
        ("/xyzzy", "/help shows what there is"),
        ("/", "/help shows what there is"),
        ("/to", "/to HANDLE"),
        ("/msg Luca", "/msg HANDLE TEXT"),
        ("MSG Luca", "MSG <handle> <text>"),
        ("IMG Luca", "IMG <handle> <path>"),
        ("/img", "/img PATH..."),
        ("/img 'cat", "write blanks as in a shell"),
        ("/search", "/search WORDS"),
        ("/save", "/save PATH"),
        ("/save cat.jpg dog.jpg", "/save takes one path"),
        ("CONFIG inactive", "CONFIG <key> <value>"),
        ("/retry", "/retry ID"),
    ],
)
def test_what_cannot_be_understood_is_told_with_the_next_step(line: str, hint: str) -> None:
    with pytest.raises(TypedError) as refused:
        parse(line)
    assert hint in str(refused.value)


@given(st.text().filter(str.strip))
def test_every_line_means_something_or_is_refused(line: str) -> None:
    try:
        parse(line)
    except TypedError as error:
        assert str(error)  # noqa: PT017


def test_every_command_has_a_summary() -> None:
    assert all(row.summary for row in COMMANDS.values())
