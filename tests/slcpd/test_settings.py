"""Settings: what users change lies on top of their config.toml, which stays as they wrote it."""

import json
import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from slcp.config import Config, load
from slcp.errors import ErrorCode, RequestError, StorageError
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.settings import Settings

WRITTEN_BY_HAND = b'# mine\r\nhandle   =  "Ani"\ninactive = true # for now\n'

Open = Callable[[], Settings]


@pytest.fixture
def applied() -> list[tuple[str, object]]:
    return []


@pytest.fixture
def open_settings(tmp_path: Path, journal: Journal, applied: list[tuple[str, object]]) -> Open:
    (tmp_path / "config.toml").write_bytes(WRITTEN_BY_HAND)

    def apply(key: str) -> Callable[[Config], None]:
        return lambda config: applied.append((key, getattr(config, key)))

    def open_settings() -> Settings:
        path = tmp_path / "state/settings.toml"
        layers = load(tmp_path / "config.toml", path, {"SLCP_INTERFACES": "lo"}, {"handle": "login"})
        return Settings(layers, path, journal, {key: apply(key) for key in ("handle", "inactive", "blocked")})

    return open_settings


def recorded(history: History) -> list[tuple[str, object]]:
    bodies = [json.loads(event.body) for event in history.events_after(0)]
    return [(body["key"], body["value"]) for body in bodies]


def test_a_change_is_told_applied_and_kept(
    open_settings: Open, history: History, applied: list[tuple[str, object]]
) -> None:
    settings = open_settings()
    settings.set("handle", "Luca")
    settings.set("blocked", ["Eve@127.0.0.1:6666"])
    assert settings.config.handle == "Luca"
    assert applied == [("handle", "Luca"), ("blocked", ("Eve@127.0.0.1:6666",))]
    assert recorded(history) == [("handle", "Luca"), ("blocked", ["Eve@127.0.0.1:6666"])]
    again = open_settings()
    assert (again.config.handle, again.config.blocked) == ("Luca", ("Eve@127.0.0.1:6666",))


def test_the_file_of_the_user_is_never_written(open_settings: Open, tmp_path: Path) -> None:
    settings = open_settings()
    for key, value in (("handle", "Luca"), ("inactive", False), ("handle", None)):
        settings.set(key, value)
    assert (tmp_path / "config.toml").read_bytes() == WRITTEN_BY_HAND


def test_our_file_says_who_wrote_it_and_holds_the_changes_alone(open_settings: Open, tmp_path: Path) -> None:
    open_settings().set("autoreply", 'back "soon" \\o/ ☕')
    written = (tmp_path / "state/settings.toml").read_text(encoding="utf-8")
    assert written.startswith("# Written by slcpd")
    assert tomllib.loads(written) == {"autoreply": 'back "soon" \\o/ ☕'}


def test_the_file_is_replaced_in_one_step(open_settings: Open, tmp_path: Path) -> None:
    settings = open_settings()
    settings.set("autoreply", "old")
    path = tmp_path / "state/settings.toml"
    with path.open(encoding="utf-8") as reader:
        settings.set("autoreply", "new")
        assert tomllib.loads(reader.read()) == {"autoreply": "old"}  # another file: this one was left as it was
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {"autoreply": "new"}
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_none_takes_our_change_back(open_settings: Open, history: History, applied: list[tuple[str, object]]) -> None:
    settings = open_settings()
    settings.set("inactive", False)
    settings.set("inactive", None)
    assert settings.config.inactive is True
    assert applied == [("inactive", False), ("inactive", True)]
    assert recorded(history) == [("inactive", False), ("inactive", True)]


def test_what_changes_nothing_is_not_told(
    open_settings: Open, history: History, applied: list[tuple[str, object]]
) -> None:
    open_settings().set("inactive", True)
    assert (applied, recorded(history)) == ([], [])


@pytest.mark.parametrize(
    ("key", "words", "value"),
    [("inactive", "off", False), ("max_image_size", "2048", 2048), ("blocked", "E@127.0.0.1:1", ("E@127.0.0.1:1",))],
)
def test_words_are_read_as_typed(open_settings: Open, key: str, words: str, value: object) -> None:
    settings = open_settings()
    settings.set(key, words)
    assert getattr(settings.config, key) == value


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("handel", "Luca", ErrorCode.UNKNOWN_KEY),
        ("handle", "two words", ErrorCode.INVALID_VALUE),
        ("handle", 7, ErrorCode.INVALID_VALUE),
        ("port", 80, ErrorCode.INVALID_VALUE),
        ("inactive", "perhaps", ErrorCode.INVALID_VALUE),
        ("blocked", ["Eve"], ErrorCode.INVALID_VALUE),
        ("autoreply", "two\nlines", ErrorCode.INVALID_VALUE),
    ],
)
def test_a_wrong_change_is_refused_and_nothing_is_written(
    open_settings: Open, tmp_path: Path, history: History, key: str, value: object, code: ErrorCode
) -> None:
    settings = open_settings()
    before = settings.config
    with pytest.raises(RequestError) as refusal:
        settings.set(key, value)
    assert refusal.value.code == code
    assert settings.config == before
    assert not (tmp_path / "state/settings.toml").exists()
    assert recorded(history) == []


def test_a_change_that_cannot_be_written_is_refused_and_not_applied(
    open_settings: Open, tmp_path: Path, applied: list[tuple[str, object]]
) -> None:
    settings = open_settings()
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(RequestError, match="nothing was changed"):
        settings.set("handle", "Luca")
    assert settings.config.handle == "Ani"
    assert applied == []


def test_it_shows_where_a_value_comes_from_and_what_waits_for_a_restart(open_settings: Open) -> None:
    settings = open_settings()
    settings.set("whoisport", 4001)
    entries = settings.entries()
    shown = {key: (entry.value, str(entry.source), entry.needs_restart) for key, entry in entries.items()}
    assert shown["handle"] == ("Ani", "config file", False)
    assert shown["whoisport"] == (4001, "settings", True)
    assert shown["interfaces"] == (["lo"], "environment", True)
    assert shown["autoreply"] == ("I am away.", "default", False)
    assert set(entries) == set(Config.__dataclass_fields__)


def test_a_change_that_cannot_be_recorded_is_none_and_may_be_made_again(
    open_settings: Open, tmp_path: Path, history: History, applied: list[tuple[str, object]]
) -> None:
    settings = open_settings()
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'full'); END")
        with pytest.raises(StorageError):
            settings.set("handle", "Luca")
        assert (settings.config.handle, open_settings().config.handle) == ("Ani", "Ani")
        other.execute("DROP TRIGGER full")
    settings.set("handle", "Luca")
    assert applied == [("handle", "Luca")]
    assert recorded(history) == [("handle", "Luca")]
