"""The daemon as a whole, inside the test's loop: what a changed key means, and how it begins and ends."""

import io
from pathlib import Path

import pytest
from daemons import free_port
from inside import Inside, hang_up, inside
from PIL import Image

from slcp.errors import ConfigError


def picture(size: tuple[int, int] = (100, 50)) -> bytes:
    with io.BytesIO() as file:
        Image.effect_noise(size, 60).save(file, "PNG")
        return file.getvalue()


async def send_image(ani: Inside, data: bytes) -> None:
    await ani.send(b"IMG Ani %d\n" % len(data) + data)


# Keys that work at once


async def test_the_largest_image_is_that_of_now(tmp_path: Path, whoisport: int) -> None:
    cat = picture()
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.request("set_config", key="max_image_size", value=1024)
        await send_image(ani, cat)
        await ani.wait_for("image_rejected")
        await ani.request("set_config", key="max_image_size", value=None)
        await send_image(ani, cat)
        await ani.wait_for("image_received")


async def test_images_go_where_the_user_wants_them_now(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.request("set_config", key="imagepath", value=str(tmp_path / "my images"))
        await send_image(ani, picture())
        received = await ani.wait_for("image_received")
        assert Path(received["path"]).parent == tmp_path / "my images"
        assert Path(received["path"]).exists()


async def test_the_folder_of_images_may_begin_with_the_home(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with inside(tmp_path, "Ani", whoisport, imagepath="~/Pictures/slcp") as ani:
        await send_image(ani, picture())
        received = await ani.wait_for("image_received")
        assert Path(received["path"]).parent == tmp_path / "Pictures/slcp"


async def test_each_change_is_an_event_for_all_clients(tmp_path: Path, whoisport: int) -> None:
    changes: dict[str, object] = {
        "handle": "Anja",
        "inactive": True,
        "autoreply": "Back at noon",
        "imagepath": "/somewhere",
        "open_images": False,
        "max_image_size": 4096,
        "notify": False,
        "bell": True,
        "on_message": "true",
        "blocked": ["Eve@127.0.0.6:6666"],
    }
    async with inside(tmp_path, "Ani", whoisport, open_images=True) as ani:
        for key, value in changes.items():
            entry = await ani.request("set_config", key=key, value=value)
            assert entry == {"value": value, "source": "settings", "needs_restart": False}
            await ani.wait_for("config_changed", key=key, value=value)
        assert (await ani.request("hello"))["handle"] == "Anja"
        config = (await ani.request("get_config"))["config"]
        assert {key: config[key]["value"] for key in changes} == changes
    async with inside(tmp_path, "Ani", whoisport, open_images=True) as ani:
        config = (await ani.request("get_config"))["config"]
        assert {key: config[key]["value"] for key in changes} == changes


@pytest.mark.parametrize(
    ("key", "value"),
    [("port", free_port()), ("whoisport", free_port()), ("interfaces", ["lo"]), ("log_level", "error")],
)
async def test_other_keys_say_that_they_wait_for_a_restart(
    tmp_path: Path, whoisport: int, key: str, value: object
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        before = await ani.request("status")
        assert (await ani.request("set_config", key=key, value=value))["needs_restart"] is True
        after = await ani.request("status")
        assert (after["port"], after["whoisport"]) == (before["port"], before["whoisport"])


# Beginning and end


async def test_one_that_cannot_start_leaves_nothing_bound(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        port = ani.port
        with pytest.raises(ExceptionGroup) as failed:
            async with inside(tmp_path, "Luca", whoisport, port=port):
                pass
        assert failed.group_contains(ConfigError, match=f"port {port} cannot be used")
        assert not (tmp_path / "Luca/run/slcp/control.sock").exists()


async def test_it_can_be_started_again_at_once_though_peers_were_connected(tmp_path: Path, whoisport: int) -> None:
    port = free_port()
    for number in range(3):
        async with inside(tmp_path, "Ani", whoisport, port=port) as ani:
            reader, writer = await ani.open_chat()
            writer.write(b"MSG Ani %d\n" % number)
            await ani.wait_for("text_received", text=str(number))
        with pytest.raises(ConnectionResetError):  # it cannot know that all was taken
            await reader.read()
        await hang_up(writer)
    async with inside(tmp_path, "Ani", whoisport, port=port) as ani:
        assert await ani.texts() == ["0", "1", "2"]
