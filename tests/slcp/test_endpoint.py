import pytest

from slcp.endpoint import control_socket, is_profile, pipe_name


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        pytest.param(None, "/run/user/77/slcp/control.sock", id="no profile"),
        pytest.param("work", "/run/user/77/slcp/control-work.sock", id="a profile"),
    ],
)
def test_the_socket_is_in_the_runtime_folder(monkeypatch: pytest.MonkeyPatch, profile: str | None, path: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/77")
    assert control_socket(profile) == path


@pytest.mark.parametrize("value", [None, ""], ids=["not set", "empty"])
def test_without_a_runtime_folder_there_is_a_place_all_the_same(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    else:
        monkeypatch.setenv("XDG_RUNTIME_DIR", value)
    path = control_socket()
    assert path.startswith("/")
    assert path.endswith("/slcp/control.sock")
    assert path == control_socket()


@pytest.mark.parametrize("name", ["work", "Work-2", "a.b_c", "x" * 32])
def test_names_of_profiles(name: str) -> None:
    assert is_profile(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a b", "work\n", "ä", "x" * 33, "../../etc"])
def test_what_would_not_do_in_a_file_name_names_no_profile(name: str) -> None:
    assert not is_profile(name)


@pytest.mark.parametrize(
    ("user", "profile", "name"),
    [
        ("Ani", None, r"\\.\pipe\slcp-Ani"),
        ("Ani", "work", r"\\.\pipe\slcp-Ani-work"),
        ("Jörg Müller", None, r"\\.\pipe\slcp-Jörg_Müller"),
        (r"DOMAIN\Ani/..", None, r"\\.\pipe\slcp-DOMAIN_Ani_.."),
        ("x" * 300, None, r"\\.\pipe\slcp-" + "x" * 64),
        ("", None, r"\\.\pipe\slcp"),
    ],
)
def test_the_name_of_a_pipe(user: str, profile: str | None, name: str) -> None:
    assert pipe_name(user, profile) == name
