import json
import os
import re
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from slcp.config import KEYS, Config, Layers, Source, from_words, load, login_name, template
from slcp.errors import ConfigError, ErrorCode, RequestError
from slcp.messages import is_handle

REPOSITORY = Path(__file__).parents[2]
KEYS_OF_THE_COURSE = {"handle", "port", "whoisport", "autoreply", "imagepath", "inactive"}


def loaded(
    folder: Path, config: str = "", settings: str = "", environment: dict[str, str] | None = None, login: str = "ani"
) -> Layers:
    (folder / "config.toml").write_text(config, encoding="utf-8")
    (folder / "settings.toml").write_text(settings, encoding="utf-8")
    return load(folder / "config.toml", folder / "settings.toml", environment or {}, {"handle": login})


# Layers


def test_without_any_file_the_defaults_hold(tmp_path: Path) -> None:
    layers = load(tmp_path / "config.toml", tmp_path / "settings.toml", {}, {})
    assert layers.config == Config()
    assert {layers.source(key) for key in KEYS} == {Source.DEFAULT}


def test_the_keys_that_users_of_the_course_know_are_there() -> None:
    assert set(KEYS) >= KEYS_OF_THE_COURSE
    assert (Config().port, Config().whoisport) == (5001, 4000)


@pytest.mark.parametrize(
    ("config", "settings", "handle", "source"),
    [
        pytest.param("", "", "ani", Source.DEFAULT, id="default"),
        pytest.param('handle = "Anita"', "", "Anita", Source.FILE, id="the file lies on the default"),
        pytest.param('handle = "Anita"', 'handle = "Ann"', "Ann", Source.SETTINGS, id="settings lie on the file"),
        pytest.param("port = 5002", 'handle = "Ann"', "Ann", Source.SETTINGS, id="settings lie on the default"),
    ],
)
def test_the_topmost_layer_that_has_a_key_counts(
    tmp_path: Path, config: str, settings: str, handle: str, source: Source
) -> None:
    layers = loaded(tmp_path, config, settings)
    assert layers.config.handle == handle
    assert layers.source("handle") is source


def test_the_environment_lies_on_everything(tmp_path: Path) -> None:
    layers = loaded(tmp_path, 'interfaces = ["eth0"]', 'interfaces = ["wlan0"]', {"SLCP_INTERFACES": "lo,eth1"})
    assert layers.config.interfaces == ("lo", "eth1")
    assert layers.source("interfaces") is Source.ENVIRONMENT


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    layers = loaded(tmp_path, 'interfaces = ["eth0"]', environment={"SLCP_INTERFACES": "", "HOME": "/root"})
    assert layers.config.interfaces == ("eth0",)
    assert layers.source("interfaces") is Source.FILE


def test_every_key_can_be_set_in_the_file(tmp_path: Path) -> None:
    text = """
        handle = "Änne"
        port = 5002
        whoisport = 4001
        interfaces = ["eth0", "lo"]
        peers = ["10.1.2.3"]
        inactive = true
        autoreply = "Back at 5."
        imagepath = "/home/ani/images"
        open_images = true
        max_image_size = 2048
        notify = false
        bell = true
        on_message = "sh -c 'cat > /dev/null'"
        log_level = "debug"
        security = "require"
        blocked = ["Eve@192.168.0.66:5001"]
        dialects = ["Luca=colon"]
    """
    config = loaded(tmp_path, text).config
    assert config == Config(
        handle="Änne",
        port=5002,
        whoisport=4001,
        interfaces=("eth0", "lo"),
        peers=("10.1.2.3",),
        inactive=True,
        autoreply="Back at 5.",
        imagepath="/home/ani/images",
        open_images=True,
        max_image_size=2048,
        notify=False,
        bell=True,
        on_message="sh -c 'cat > /dev/null'",
        log_level="debug",
        security="require",
        blocked=("Eve@192.168.0.66:5001",),
        dialects=("Luca=colon",),
    )
    assert tomllib.loads(text).keys() == KEYS.keys()


# Errors name the file, the key and what is expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param('handle = "An i"', "handle must be 1 to 32 characters without white space", id="space in handle"),
        pytest.param('handle = ""', "handle must be 1 to 32 characters", id="empty handle"),
        pytest.param(f'handle = "{"a" * 33}"', "handle must be 1 to 32 characters", id="long handle"),
        pytest.param("handle = 7", "handle must be 1 to 32 characters", id="handle is a number"),
        pytest.param('port = "5001"', "port must be a whole number from 1024 to 65535, not '5001'", id="in quotes"),
        pytest.param("port = 80", "port must be a whole number from 1024 to 65535, not 80", id="privileged port"),
        pytest.param("port = 65536", "port must be a whole number from 1024 to 65535", id="port too high"),
        pytest.param("port = 5001.0", "port must be a whole number", id="port is a float"),
        pytest.param("port = true", "port must be a whole number", id="port is true"),
        pytest.param('inactive = "ON"', "inactive must be true or false, not 'ON'", id="switch in quotes"),
        pytest.param("inactive = 1", "inactive must be true or false, not 1", id="switch is a number"),
        pytest.param('interfaces = "eth0"', "interfaces must be a list of names of interfaces", id="no list"),
        pytest.param('interfaces = ["eth0", 1]', "interfaces must be a list of names", id="list with a number"),
        pytest.param('interfaces = [""]', "interfaces must be a list of names", id="list with an empty name"),
        pytest.param('autoreply = "a\\nb"', "autoreply must be one line of text", id="two lines"),
        pytest.param(f'autoreply = "{"x" * 401}"', "autoreply must be one line of text, at most 400 bytes", id="long"),
        pytest.param('peers = ["224.0.0.1"]', "peers must be a list of IPv4 addresses", id="no host"),
        pytest.param('imagepath = "images"', "imagepath must be the path of a folder", id="relative path"),
        pytest.param('dialects = ["colon"]', "dialects must be a list such as", id="dialect of nobody"),
        pytest.param('dialects = ["Luca=klingon"]', "dialects must be a list such as", id="dialect of no program"),
        pytest.param('imagepath = "a\\u0000b"', "imagepath must be the path of a folder", id="NUL in a path"),
        pytest.param(
            "max_image_size = 1023", "max_image_size must be a whole number of bytes, at least 1024", id="low"
        ),
        pytest.param('on_message = "sh -c \'x"', "on_message must be words with all quotes closed", id="open quote"),
        pytest.param('on_message = "x \\\\"', "on_message must be words with all quotes closed", id="open backslash"),
        pytest.param(
            "on_message = \"''\"", "on_message must be words with all quotes closed, the first", id="no program"
        ),
        pytest.param('on_message = "./x"', "on_message must be words with all quotes closed, the first", id="relative"),
        pytest.param('on_message = "x \\u0000"', "on_message must be words with all", id="NUL in a command"),
        pytest.param('on_message = ["x"]', "on_message must be words with all quotes closed", id="a list of words"),
        pytest.param('log_level = "loud"', "log_level must be one of debug, info, warning, error", id="no level"),
        pytest.param('blocked = ["Eve"]', "blocked must be a list of names such as", id="blocked by handle alone"),
        pytest.param("prot = 5001", "prot is no key; did you mean port?", id="typing error"),
        pytest.param("colour = 7", "colour is no key; there are: handle, port, ", id="unknown key"),
        pytest.param("[handle]", "handle must be 1 to 32 characters", id="a table"),
        pytest.param("port 5001", "is not valid TOML", id="no TOML"),
        pytest.param("port = 1\nport = 2", "is not valid TOML", id="a key twice"),
        pytest.param("peers = " + "[" * 50_000, "is not valid TOML: nested too deep", id="lists without end"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, config=line)
    assert str(caught.value).startswith(f"{tmp_path / 'config.toml'}: {complaint}")


def test_an_error_in_the_settings_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"settings\.toml: port must be"):
        loaded(tmp_path, settings="port = 0")


def test_a_file_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'handle = "\xc4nne"')
    with pytest.raises(ConfigError, match=r"config\.toml: is not valid TOML"):
        load(file, tmp_path / "settings.toml", {}, {})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, tmp_path / "settings.toml", {}, {})


# Changing a setting


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    return loaded(tmp_path, config="port = 5002", settings="inactive = true")


@pytest.mark.parametrize(
    ("key", "value", "effective"),
    [
        pytest.param("handle", "Anita", "Anita", id="a text"),
        pytest.param("inactive", False, False, id="a switch"),
        pytest.param("inactive", "OFF", False, id="a switch as typed"),
        pytest.param("port", 5003, 5003, id="a number"),
        pytest.param("port", "5003", 5003, id="a number as typed"),
        pytest.param("interfaces", ["lo"], ("lo",), id="a list"),
        pytest.param("interfaces", "lo, eth0", ("lo", "eth0"), id="a list as typed"),
        pytest.param("interfaces", "", (), id="an empty list as typed"),
        pytest.param("on_message", "~/bin/it 'a b'", "~/bin/it 'a b'", id="a command"),
        pytest.param("on_message", " ", " ", id="no command"),
    ],
)
def test_a_setting_is_changed(layers: Layers, key: str, value: object, effective: object) -> None:
    changed = layers.with_setting(key, value)
    assert getattr(changed.config, key) == effective
    assert changed.source(key) is Source.SETTINGS
    assert changed.settings[key] == effective


def test_a_setting_taken_away_uncovers_the_file(layers: Layers) -> None:
    changed = layers.with_setting("port", 5003)
    uncovered = changed.with_setting("port", None)
    assert uncovered.config.port == 5002
    assert uncovered.source("port") is Source.FILE


def test_the_other_settings_stay(layers: Layers) -> None:
    assert layers.with_setting("port", 5003).config == replace(layers.config, port=5003)
    assert layers.config.inactive


def test_layers_do_not_change(layers: Layers) -> None:
    layers.with_setting("port", 5003)
    assert layers.config.port == 5002


@pytest.mark.parametrize(
    ("key", "value", "code", "complaint"),
    [
        pytest.param("prot", 5003, ErrorCode.UNKNOWN_KEY, "prot is no key; did you mean port?", id="unknown key"),
        pytest.param("prot", None, ErrorCode.UNKNOWN_KEY, "prot is no key", id="unknown key taken away"),
        pytest.param("port", 80, ErrorCode.INVALID_VALUE, "port must be a whole number", id="out of range"),
        pytest.param("port", "many", ErrorCode.INVALID_VALUE, "not 'many'", id="no number"),
        pytest.param("inactive", "maybe", ErrorCode.INVALID_VALUE, "must be true or false, not 'maybe'", id="maybe"),
        pytest.param("handle", "An i", ErrorCode.INVALID_VALUE, "handle must be", id="no handle"),
        pytest.param("autoreply", "\udcff", ErrorCode.INVALID_VALUE, "one line of text", id="bytes that are no text"),
        pytest.param("imagepath", "/\udcff", ErrorCode.INVALID_VALUE, "the path", id="a path that no TOML can hold"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    layers: Layers, key: str, value: object, code: ErrorCode, complaint: str
) -> None:
    with pytest.raises(RequestError, match=re.escape(complaint)) as caught:
        layers.with_setting(key, value)
    assert caught.value.code is code


# Words of a command line


@pytest.mark.parametrize(
    ("key", "words", "value"),
    [
        ("inactive", "ON", True),
        ("inactive", "yes", True),
        ("inactive", "false", False),
        ("inactive", "perhaps", "perhaps"),
        ("port", "5002", 5002),
        ("port", "-1", "-1"),
        ("port", "5_002", "5_002"),
        ("interfaces", "eth0,lo", ["eth0", "lo"]),
        ("interfaces", "eth0 lo", ["eth0", "lo"]),
        ("handle", "5002", "5002"),
        ("autoreply", "on holiday, back on Monday", "on holiday, back on Monday"),
        ("unknown", "on", "on"),
    ],
)
def test_words_are_read_by_the_type_of_their_key(key: str, words: str, value: object) -> None:
    assert from_words(key, words) == value


# The template


def uncommented(text: str) -> dict[str, object]:
    return tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))


def test_the_template_changes_nothing() -> None:
    assert tomllib.loads(template()) == {}


def test_the_template_shows_every_default() -> None:
    assert uncommented(template()) == json.loads(json.dumps(asdict(Config())))


def test_the_template_can_be_used_uncommented(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = )", "", template(), flags=re.MULTILINE)
    assert loaded(tmp_path, text).config == Config()


@pytest.mark.parametrize("handle", ["Ani", "Änne", "a\\b", "o'neill"])
def test_a_handle_that_was_chosen_is_set(tmp_path: Path, handle: str) -> None:
    layers = loaded(tmp_path, template(handle))
    assert layers.config.handle == handle
    assert layers.source("handle") is Source.FILE
    assert layers.config == Config(handle=handle)


def test_the_config_file_in_the_repository_is_the_template() -> None:
    assert (REPOSITORY / "config.toml").read_text(encoding="utf-8") == template()


# The login name


@pytest.mark.parametrize(
    ("login", "handle"),
    [
        pytest.param("ani", "ani", id="a handle as it is"),
        pytest.param("Ani K", "AniK", id="a space"),
        pytest.param("LAN:ani,k", "LANanik", id="separators"),
        pytest.param("a" * 40, "a" * 32, id="too long"),
        pytest.param(": ,", "me", id="nothing left"),
        pytest.param(os.fsdecode(b"ani\xff"), "ani", id="bytes that are no text"),
        pytest.param("ani\x9b", "ani", id="a control character"),
    ],
)
def test_the_login_name_is_made_a_handle(monkeypatch: pytest.MonkeyPatch, login: str, handle: str) -> None:
    monkeypatch.setenv("LOGNAME", login)
    assert login_name() == handle
    assert is_handle(login_name())


def test_a_user_without_a_name_has_a_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert login_name() == "me"
