from contextlib import closing
from pathlib import Path

from slcp.trust import Pins, Security, Trust
from slcpd.history import History

KEY, OTHER = "a" * 64, "b" * 64


def reopened(path: Path) -> dict[str, Pins]:
    with closing(History(path)) as history:
        return history.pins()


def test_what_is_pinned_is_there_after_a_restart(tmp_path: Path) -> None:
    path, trust = tmp_path / "history.sqlite", Trust({}, Security.PREFER)
    with closing(History(path)) as history:
        changes = [
            *trust.meet("Luca", KEY),
            *trust.accept("Luca", OTHER, is_one_more=True),
            *trust.allow_plain("Luca", "10.0.0.7"),
            *trust.meet("Äni", KEY),
            *trust.allow_plain("Mia", "10.0.0.8"),
        ]
        for change in changes:
            history.keep_pins(change)
    assert reopened(path) == {
        "luca": Pins({KEY: False, OTHER: True}, frozenset({"10.0.0.7"})),
        "äni": Pins({KEY: False}),
        "mia": Pins({}, frozenset({"10.0.0.8"})),
    }


def test_a_change_stands_for_what_was_before_and_for_nobody_else(tmp_path: Path) -> None:
    path, trust = tmp_path / "history.sqlite", Trust({}, Security.PREFER)
    with closing(History(path)) as history:
        for change in [
            *trust.meet("Luca", KEY),
            *trust.meet("Mia", KEY),
            *trust.accept("LUCA", OTHER),
        ]:
            history.keep_pins(change)
    assert reopened(path) == {"luca": Pins({OTHER: True}), "mia": Pins({KEY: False})}


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    path, trust = tmp_path / "history.sqlite", Trust({}, Security.PREFER)
    with closing(History(path)) as history:
        for change in [*trust.meet("Luca", KEY), *trust.allow_plain("luca")]:
            history.keep_pins(change)
    assert reopened(path) == {}
