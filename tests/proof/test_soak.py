"""Short runs of the proofs; `make soak` has the long ones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lan_or_skip import lan_or_skip

from soak import faults, kills, load
from soak.gauges import Sample, worse

RUNS_WITHIN = 60.0  # seconds for what takes 10 on an idle machine


def test_nothing_is_lost_when_daemons_are_killed(tmp_path: Path) -> None:
    outcome = kills.run(kills.Options(kills=10, seed=5), tmp_path)
    assert outcome.violations == []
    assert outcome.figures["in all"] == 10
    assert outcome.figures["texts with an id"] > 0


def test_nothing_is_lost_when_the_power_is_cut() -> None:
    if os.geteuid() != 0 or not Path("/dev/fuse").exists() or not Path("/dev/loop-control").exists():
        pytest.skip("power cuts need root, FUSE and loop devices")
    command = [sys.executable, "-m", "soak.powercut", "--cuts", "4", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUNS_WITHIN, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no violation" in done.stdout


@pytest.mark.parametrize(
    "name", ["10 % of packets lost", "cut for 3 s in mid-image", "half-open stream, peer restarted"]
)
def test_nothing_is_lost_on_a_bad_network(name: str, tmp_path: Path) -> None:
    if shutil.which("nft") is None and not os.environ.get("CI"):
        pytest.skip("bad networks need nftables")
    with lan_or_skip() as lan:
        shown = faults.play(name, faults.FAULTS[name], lan, tmp_path)
    assert shown.violations == []
    assert shown.arrived == shown.sent > 0


def test_a_daemon_under_load_stays_as_it_is(tmp_path: Path) -> None:
    loaded = load.run(6.0, 1, tmp_path)
    assert loaded.violations == []
    assert loaded.figures["messages between daemons"] > 0


def test_growth_is_seen() -> None:
    def sample(number: int, rss: int = 30 << 20, descriptors: int = 17, answer: float = 0.5) -> Sample:
        return Sample(number, [rss], [descriptors], answer, answer, [number])

    assert worse([sample(number) for number in range(8)]) == []
    assert worse([sample(number, rss=(30 + 2 * number) << 20) for number in range(8)]) == [
        "daemon 1: memory has grown from 35.0 to 43.0 MiB"
    ]
    assert worse([sample(number, descriptors=17 + number) for number in range(8)]) == [
        "daemon 1: descriptors have grown from 19 to 23"
    ]
    assert worse([sample(number, answer=number**2) for number in range(8)]) == [
        "answers took 6.50 ms and take 42.50 ms now"
    ]
