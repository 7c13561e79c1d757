"""The benchmark itself still runs: a row or two of each table, with few rounds."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import Daemon
from PIL import Image

from benchmarks import __main__ as suite
from benchmarks import blocks, growth
from benchmarks.document import PAGE, replaced
from benchmarks.measuring import Effort, Row
from benchmarks.others.installed import NotInstalledError, find
from benchmarks.pictures import write_tiff
from benchmarks.storms import storm
from benchmarks.table import HEADING
from benchmarks.texts import throughput
from benchmarks.watchdog import Watch
from slcpd.images import look_at


def test_the_table_of_a_control_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.main(["--quick", "--rounds", "1", "--only", "hello"]) == 0
    table = capsys.readouterr().out.strip().splitlines()
    assert [cell.strip() for cell in table[0].split("|")[1:-1]] == list(HEADING)
    assert table[2].startswith("| control call `hello`, and its answer")
    assert table[-1].startswith(("Measured on ", "left out: "))


def test_texts_go_from_a_to_b_in_their_order_on_all_ways(tmp_path: Path) -> None:
    rows = [row for row in throughput(Effort(tmp_path, rounds=1, is_quick=True)) if isinstance(row, Row)]
    assert rows[0].path == "texts from A to B, durable on both"
    assert all(min(row.ours) > 0 and row.beside and min(row.beside) > 0 for row in rows)


def test_every_join_that_is_not_lost_is_taken(start: Callable[..., Daemon], whoisport: int) -> None:
    ani = start("Ani")
    outcome = storm(whoisport, 200, 5_000.0, lambda: ani.request("hello"))
    assert outcome.lost == 0
    assert len(ani.users()) == 200
    assert 0 < outcome.rate < 10_000


def test_the_growth_of_what_a_connection_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert growth.main(["--quick", "--only", "connections"]) == 0
    shown = capsys.readouterr().out
    assert "### Connections" in shown
    assert "| stream of a peer   | 240  |" in shown


async def test_the_watch_sees_what_keeps_the_loop(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "report.json")
    with watch.measuring_callbacks():
        asyncio.get_running_loop().call_soon(time.sleep, 0.05)
        await asyncio.sleep(0.01)
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["ms"] >= 50
    assert found["cpu_ms"] < 40  # it slept


def test_a_daemon_under_a_watch_tells_what_it_was_kept_busy_with(tmp_path: Path) -> None:
    *_, alone, listed = blocks.peers(tmp_path, [20])
    assert "at once" in alone.during
    assert listed.asked > 0


@pytest.mark.parametrize("size", [1_000_000, 101_000_000])
def test_a_picture_of_any_size_is_a_picture(size: int, tmp_path: Path) -> None:
    write_tiff(tmp_path / "image.tif", size)
    written = (tmp_path / "image.tif").stat().st_size
    assert size - 13_000 < written <= size  # a row of pixels less at most
    assert look_at(tmp_path / "image.tif").format == "TIFF"
    with Image.open(tmp_path / "image.tif") as image:
        assert getattr(image, "n_frames", 1) == 1 + size // 50_331_648
        image.seek(image.n_frames - 1)  # type: ignore[attr-defined]  # of files with pages
        image.load()


def test_what_is_not_installed_is_named_with_its_package() -> None:
    with pytest.raises(NotInstalledError, match=r"no-such-program is not installed \(Debian: no-such-package\)"):
        find("no-such-program", "no-such-package")


def test_a_table_takes_the_place_of_the_one_before() -> None:
    page = "# How fast\n\n<!-- bench: written by the benchmark -->\nold\n<!-- end of bench -->\n\nwords\n"
    once = replaced(page, "bench", "new \\1")
    assert once == (
        "# How fast\n\n<!-- bench: written by the benchmark -->\n\nnew \\1\n\n<!-- end of bench -->\n\nwords\n"
    )
    assert replaced(once, "bench", "new \\1") == once
    with pytest.raises(ValueError, match="no place for growth"):
        replaced(page, "growth", "new")


def test_the_page_has_a_place_for_each_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("bench", "growth"):
        assert "a table" in replaced(page, name, "a table")
