import hashlib

import pytest

from slcp.fingerprint import GROUPS, fingerprint_of, received_id, spoken

KEY = "ab" * 32


def test_a_fingerprint_is_the_sha_256_of_the_key() -> None:
    assert fingerprint_of(b"a key") == hashlib.sha256(b"a key").hexdigest()


def test_it_is_read_aloud_in_groups_of_five_digits() -> None:
    groups = spoken(KEY).split(" ")
    assert len(groups) == GROUPS
    assert all(len(group) == 5 and group.isdigit() for group in groups)


def test_leading_zeros_are_read_too() -> None:
    assert spoken("0" * 63 + "7") == " ".join(["00000"] * (GROUPS - 1) + ["00007"])


@pytest.mark.parametrize("place", [0, 20, 40, 63])
def test_one_other_digit_anywhere_sounds_otherwise(place: int) -> None:
    other = KEY[:place] + "0" + KEY[place + 1 :]
    assert spoken(other) != spoken(KEY)


def test_the_id_of_a_received_message_depends_on_its_sender_and_is_always_the_same() -> None:
    ids = {received_id(key, message) for key in (KEY, "cd" * 32) for message in ("1", "2")}
    assert len(ids) == 4
    assert received_id(KEY, "1") in ids
    assert all(len(message_id) == 32 for message_id in ids)
