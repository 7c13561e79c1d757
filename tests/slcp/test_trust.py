import pytest

from slcp.trust import MAX_PINNED, MAX_REFUSED, KeyChangedError, Pins, Security, Standing, Trust, Way

KEY, OTHER = "a" * 64, "b" * 64
HERE, THERE = "192.168.0.11", "192.168.0.12"


@pytest.fixture
def trust() -> Trust:
    return Trust({}, Security.PREFER)


@pytest.fixture
def pinned(trust: Trust) -> Trust:
    """Who knows Luca by KEY."""
    trust.meet("Luca", KEY)
    return trust


def refused(trust: Trust, handle: str, key: str) -> bool:
    try:
        trust.meet(handle, key)
    except KeyChangedError:
        return True
    return False


# Meeting keys


def test_the_first_key_of_a_handle_is_pinned_unverified(trust: Trust) -> None:
    [change] = trust.meet("Luca", KEY)
    assert (change.handle, change.pins, change.news) == ("Luca", Pins({KEY: False}), {KEY: False})
    assert trust.standing("Luca", KEY) is Standing.PINNED


def test_the_same_key_again_changes_nothing(pinned: Trust) -> None:
    assert pinned.meet("Luca", KEY) == []


def test_another_key_is_refused_with_words_and_remembered(pinned: Trust) -> None:
    with pytest.raises(KeyChangedError, match=r"slcpctl verify Luca.*slcpctl trust Luca") as caught:
        pinned.meet("Luca", OTHER)
    assert (caught.value.handle, caught.value.fingerprint) == ("Luca", OTHER)
    assert pinned.refused("Luca") == OTHER
    assert pinned.pins("Luca").keys == {KEY: False}
    assert pinned.standing("Luca", OTHER) is Standing.CHANGED


def test_a_command_that_is_proposed_holds_the_handle_as_one_word_of_a_shell(trust: Trust) -> None:
    trust.meet("x;reboot", KEY)
    with pytest.raises(KeyChangedError, match=r"slcpctl verify 'x;reboot'.*slcpctl trust 'x;reboot'"):
        trust.meet("x;reboot", OTHER)


def test_handles_that_differ_in_case_alone_are_one(pinned: Trust) -> None:
    assert pinned.meet("luca", KEY) == []
    assert refused(pinned, "LUCA", OTHER)
    assert pinned.refused("lUcA") == OTHER


def test_one_key_may_have_several_handles(pinned: Trust) -> None:
    [change] = pinned.meet("Luke", KEY)
    assert change.handle == "Luke"


def test_what_was_kept_is_known_again() -> None:
    trust = Trust({"Luca": Pins({KEY: True}, frozenset({HERE}))}, Security.PREFER)
    assert trust.standing("luca", KEY) is Standing.VERIFIED
    assert refused(trust, "Luca", OTHER)
    assert not trust.refuses_plain("Luca", HERE)


def test_so_many_handles_are_pinned_and_those_met_first_stay() -> None:
    trust = Trust({f"user{number}": Pins({KEY: False}) for number in range(MAX_PINNED)}, Security.PREFER)
    assert trust.meet("Luca", KEY) == []
    assert trust.standing("Luca", KEY) is Standing.NEW
    assert refused(trust, "user0", OTHER)


def test_so_many_refused_keys_are_remembered_the_latest() -> None:
    trust = Trust({f"user{number}": Pins({KEY: False}) for number in range(MAX_REFUSED + 1)}, Security.PREFER)
    for number in range(MAX_REFUSED + 1):
        assert refused(trust, f"user{number}", OTHER)
    assert trust.refused("user0") is None
    assert trust.refused("user1") == OTHER


@pytest.mark.parametrize(
    ("offered", "standing"), [(None, Standing.PLAIN), (KEY, Standing.NEW)], ids=["nothing", "a key"]
)
def test_the_standing_of_who_was_never_met(trust: Trust, offered: str | None, standing: Standing) -> None:
    assert trust.standing("Luca", offered) is standing


def test_one_with_a_pinned_key_that_shows_none_has_changed(pinned: Trust) -> None:
    assert pinned.standing("Luca", None) is Standing.CHANGED


# What the user says


def test_an_accepted_key_is_verified_and_stands_for_those_before(pinned: Trust) -> None:
    assert refused(pinned, "Luca", OTHER)
    [change] = pinned.accept("Luca", OTHER)
    assert (change.pins, change.news) == (Pins({OTHER: True}), {OTHER: True})
    assert pinned.refused("Luca") is None
    assert pinned.meet("Luca", OTHER) == []
    assert refused(pinned, "Luca", KEY)


def test_a_key_may_be_accepted_as_one_more(pinned: Trust) -> None:
    [change] = pinned.accept("Luca", OTHER, is_one_more=True)
    assert (change.pins.keys, change.news) == ({KEY: False, OTHER: True}, {OTHER: True})
    assert pinned.meet("Luca", KEY) == pinned.meet("Luca", OTHER) == []


def test_the_pinned_key_itself_may_be_verified(pinned: Trust) -> None:
    [change] = pinned.accept("Luca", KEY)
    assert change.news == {KEY: True}
    assert pinned.standing("Luca", KEY) is Standing.VERIFIED


def test_plain_text_of_a_handle_may_be_allowed_its_keys_forgotten(pinned: Trust) -> None:
    [change] = pinned.allow_plain("Luca")
    assert (change.pins, change.news) == (Pins(), {})
    assert not pinned.refuses_plain("Luca", HERE)
    assert pinned.way("Luca", HERE, None, speaks_plain=True) is Way.PLAIN


def test_plain_text_may_be_allowed_at_one_address(pinned: Trust) -> None:
    [change] = pinned.allow_plain("Luca", HERE)
    assert change.pins == Pins({KEY: False}, frozenset({HERE}))
    assert change.news == {}
    assert not pinned.refuses_plain("Luca", HERE)
    assert pinned.refuses_plain("Luca", THERE)
    assert pinned.way("Luca", HERE, None, speaks_plain=True) is Way.PLAIN
    assert pinned.way("Luca", THERE, None, speaks_plain=True) is Way.HELD


# How to send


@pytest.mark.parametrize(
    ("security", "is_pinned", "offered", "speaks_plain", "way"),
    [
        (Security.PREFER, False, None, False, Way.PLAIN),
        (Security.PREFER, False, None, True, Way.PLAIN),
        (Security.PREFER, False, KEY, False, Way.ENCRYPTED),
        (Security.PREFER, True, None, False, Way.ENCRYPTED),
        (Security.PREFER, True, None, True, Way.HELD),
        (Security.PREFER, True, KEY, False, Way.ENCRYPTED),
        (Security.PREFER, True, OTHER, False, Way.ENCRYPTED),
        (Security.REQUIRE, False, None, False, Way.HELD),
        (Security.REQUIRE, False, None, True, Way.NEVER),
        (Security.REQUIRE, False, KEY, False, Way.ENCRYPTED),
        (Security.REQUIRE, True, None, False, Way.ENCRYPTED),
        (Security.REQUIRE, True, None, True, Way.HELD),
        (Security.OFF, False, None, True, Way.PLAIN),
        (Security.OFF, True, KEY, False, Way.PLAIN),
        (Security.OFF, True, None, True, Way.PLAIN),
    ],
)
def test_how_to_send(security: Security, is_pinned: bool, offered: str | None, speaks_plain: bool, way: Way) -> None:
    trust = Trust({"Luca": Pins({KEY: False})} if is_pinned else {}, security)
    assert trust.way("Luca", HERE, offered, speaks_plain) is way


@pytest.mark.parametrize(
    ("security", "handle", "is_refused"),
    [
        (Security.PREFER, "Mia", False),
        (Security.PREFER, "Luca", True),
        (Security.PREFER, "luca", True),
        (Security.REQUIRE, "Mia", True),
        (Security.REQUIRE, "Luca", True),
        (Security.OFF, "Luca", False),
    ],
)
def test_whose_plain_text_is_refused(security: Security, handle: str, is_refused: bool) -> None:
    trust = Trust({"Luca": Pins({KEY: False})}, security)
    assert trust.refuses_plain(handle, HERE) is is_refused


def test_what_could_not_be_kept_is_taken_back(trust: Trust) -> None:
    trust.take_back(trust.meet("Luca", KEY))
    assert trust.pins("Luca") == Pins()
    [met] = trust.meet("Luca", KEY)  # and told again
    assert met.news == {KEY: False}
    assert refused(trust, "Luca", OTHER)
    trust.take_back(trust.accept("luca", OTHER))
    trust.take_back(trust.allow_plain("Luca"))
    assert trust.refused("Luca") == OTHER
    assert trust.pins("Luca") == Pins({KEY: False})
