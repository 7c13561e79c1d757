"""The files of a line with several images: all are queued, or it is told which."""

import os
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, Json, RefusedError

from slcp.async_client import Requests
from slcp.errors import RequestError
from slcpctl.conversing.sending_images import send_images
from slcpctl.conversing.typed import PartlyDoneError, SendImages, TypedError, parse


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that we are in, with some images."""
    folder = tmp_path / "here"
    folder.mkdir()
    for name in ("a.png", "b.png", "my cat.png", "~d.png"):
        (folder / name).touch()
    monkeypatch.chdir(folder)
    return folder


async def send(line: str, daemon: FakeDaemon) -> None:
    typed = parse(line)
    assert isinstance(typed, SendImages)
    with Requests(str(daemon.path)) as requests:
        await send_images(typed, typed.to or "Luca", requests)


def queued(daemon: FakeDaemon) -> list[str]:
    return [params["path"] for params in daemon.params_of("send_image")]


async def test_the_daemon_gets_paths_that_mean_the_same_to_it(
    daemon: FakeDaemon, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.answers["send_image"] = {"id": "a1"}
    monkeypatch.setenv("HOME", str(folder))
    await send("/img a.png ~/b.png ./~d.png", daemon)
    assert queued(daemon) == [f"{folder}/{name}" for name in ("a.png", "b.png", "~d.png")]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("c.png", "No such file or directory"),
        ("~nobody-of-this-name/cat.png", "No such file or directory"),
        ("a.png/b.png", "Not a directory"),
        ("a" * 300, "File name too long"),
        ("circle.png", "Too many levels of symbolic links"),
        ("/", "Is a directory"),
        ("pipe.png", "Not a file"),
        ("a\0b", "no file can be called so"),
        ("\ud800", "no file can be called so"),
    ],
)
async def test_before_all_files_can_be_read_nothing_is_sent(
    daemon: FakeDaemon, folder: Path, path: str, reason: str
) -> None:
    (folder / "circle.png").symlink_to("circle.png")
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(TypedError, match=f"{reason}; no image was sent: correct the path") as refused:
        await send(f"/img a.png {path} b.png", daemon)
    assert str(refused.value).startswith(f"{path}: ")
    assert not hasattr(refused.value, "rest")
    assert queued(daemon) == []


@pytest.mark.parametrize("name", ["closed/cat.png", "secret.png"])
async def test_a_file_that_may_not_be_read(daemon: FakeDaemon, closed: Path, name: str) -> None:
    with pytest.raises(TypedError, match=f"{name}: Permission denied; no image was sent"):
        await send(f"/img {closed.parent / name}", daemon)


async def test_a_folder_that_was_removed(daemon: FakeDaemon, folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(TypedError, match=r"a\.png: the folder that we are in was removed; begin the path with / or ~/"):
        await send("/img a.png", daemon)


def refuse_cat(params: Json) -> Json:
    if params["path"].endswith("cat.png"):
        raise RefusedError("not_an_image", "my cat.png is not an image")
    return {"id": "a1"}


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("/img a.png b.png 'my cat.png' ./~d.png", r"/img my\ cat.png ./~d.png"),
        ("IMG Tom a.png b.png 'my cat.png'", r"IMG Tom my\ cat.png"),
        ("IMG everyone a.png b.png 'my cat.png' a.png", r"IMG everyone my\ cat.png a.png"),
    ],
)
async def test_what_was_queued_before_one_is_refused_is_not_given_back(
    daemon: FakeDaemon, folder: Path, line: str, rest: str
) -> None:
    daemon.answers["send_image"] = refuse_cat
    with pytest.raises(PartlyDoneError) as refused:
        await send(line, daemon)
    assert str(refused.value) == "my cat.png is not an image; queued before it: a.png, b.png"
    assert refused.value.rest == rest
    assert queued(daemon) == [f"{folder}/{name}" for name in ("a.png", "b.png", "my cat.png")]


async def test_if_the_first_is_refused_the_line_is_not_done_at_all(daemon: FakeDaemon, folder: Path) -> None:
    daemon.answers["send_image"] = refuse_cat
    with pytest.raises(RequestError, match=r"my cat\.png is not an image"):
        await send("/img my\\ cat.png a.png", daemon)
    assert queued(daemon) == [f"{folder}/my cat.png"]
