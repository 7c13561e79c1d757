import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon
from PIL import Image
from ran import Run

from slcpctl import demo, stage


def test_the_photo_is_about_as_large_as_that_of_the_document() -> None:
    photo = demo.photo_like_jpeg()
    assert len(photo) in demo.PHOTO_BYTES
    with Image.open(io.BytesIO(photo)) as image:
        assert (image.format, image.size) == ("JPEG", (320, 240))


def test_the_ports_of_the_stage_are_different() -> None:
    assert len(set(stage.free_ports(20))) == 20


def test_what_was_not_seen_is_named(slcpctl: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "SEEN_WITHIN", 0.05)

    @contextmanager
    def players(*names: str) -> Iterator[list[stage.Player]]:
        stage_players = [stage.Player(name, 5001, home / name) for name in names]
        with FakeDaemon(home / "Ani/run/slcp/control.sock") as ani, FakeDaemon(home / "Luca/run/slcp/control.sock"):
            ani.keeps_open = True
            yield stage_players

    monkeypatch.setattr(demo, "players", players)
    ran = slcpctl("demo")
    assert ran.code == 1
    assert ran.out == "[Ani]  > JOIN Ani 5001\n[Luca] > JOIN Luca 5001\n"
    assert "JOIN has failed: Ani has seen no event with type=user_joined handle=Luca" in ran.err
