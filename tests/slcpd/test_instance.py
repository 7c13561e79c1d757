"""One daemon a profile: the lock of the kernel."""

import os
from pathlib import Path

import pytest

from slcpd.instance import AlreadyRunningError, single_instance


def test_the_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "state/slcpd.lock"
    with (
        single_instance(lock),
        pytest.raises(AlreadyRunningError, match=f"process {os.getpid()} holds {lock}"),
        single_instance(lock),
    ):
        pass


def test_the_lock_is_free_after_the_end_and_the_file_stays(tmp_path: Path) -> None:
    lock = tmp_path / "slcpd.lock"
    for _ in range(2):
        with single_instance(lock):
            assert lock.read_text() == f"{os.getpid()}\n"
    assert lock.exists()


def test_the_lock_is_free_after_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), single_instance(tmp_path / "slcpd.lock"):
        raise ZeroDivisionError
    with single_instance(tmp_path / "slcpd.lock"):
        pass


def test_a_file_left_by_another_process_says_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "slcpd.lock"
    lock.write_text("1234567890\n")
    with single_instance(lock):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_two_profiles_do_not_meet(tmp_path: Path) -> None:
    with single_instance(tmp_path / "slcpd.lock"), single_instance(tmp_path / "profiles/work/slcpd.lock"):
        pass
