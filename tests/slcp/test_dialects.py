"""The table of docs/protocol.md, section 3, and how a row is found."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.dialects import (
    BY_NAME,
    DIALECTS,
    JSON,
    SLCPD,
    UNKNOWN,
    Dialect,
    ImageWay,
    ListForm,
    Named,
    TextWay,
    Trait,
    conclude,
)
from slcp.messages import Entries, ListCommand

TRAITS = st.sets(st.sampled_from(Trait))
KNOWNUSERS = ListForm(ListCommand.KNOWNUSERS, Entries.SPACED)
KNOWUSERS = ListForm(ListCommand.KNOWUSERS, Entries.SPACED)


# The rows


@pytest.mark.parametrize(
    ("name", "lists", "named", "texts", "images"),
    [
        ("slcpd", (KNOWNUSERS,), Named.RECIPIENT, TextWay.TCP, ImageWay.TCP),
        ("slcp", (KNOWNUSERS, KNOWUSERS), Named.RECIPIENT, TextWay.TCP, ImageWay.TCP),
        (
            "tcp-sender",
            (ListForm(ListCommand.KNOWNUSERS, Entries.TIGHT),),
            Named.SENDER,
            TextWay.TCP,
            ImageWay.UDP,
        ),
        ("colon", (ListForm(ListCommand.KNOWUSERS, Entries.COLONS),), Named.SENDER, TextWay.TCP, ImageWay.TCP),
        ("tcp-knowusers", (KNOWUSERS,), Named.RECIPIENT, TextWay.TCP, ImageWay.TCP),
        ("bare", (KNOWNUSERS,), Named.SENDER, TextWay.TCP_BARE, ImageWay.TCP_READY),
        ("unknown", (KNOWNUSERS, KNOWUSERS), Named.RECIPIENT, TextWay.TCP_ELSE_UDP, ImageWay.TCP),
    ],
)
def test_how_a_row_is_spoken_to(
    name: str, lists: tuple[ListForm, ...], named: Named, texts: TextWay, images: ImageWay
) -> None:
    row = BY_NAME[name]
    assert (row.lists, row.named, row.texts, row.images) == (lists, named, texts, images)


def test_json_goes_by_udp_and_its_images_to_a_port_of_their_own() -> None:
    assert (JSON.is_json, JSON.texts, JSON.images) == (True, TextWay.UDP_JSON, ImageWay.TCP_JSON)


@pytest.mark.parametrize(
    ("names", "trait"),
    [
        ({"json"}, "is_json"),
        ({"slcpd"}, "is_slcpd"),
        ({"tcp-knowusers"}, "lists_by_tcp"),
        ({"bare"}, "names_file"),
    ],
)
def test_what_few_rows_have(names: set[str], trait: str) -> None:
    assert {name for name, row in BY_NAME.items() if getattr(row, trait)} == names


def test_only_bare_wants_no_line_ends() -> None:
    assert {name for name, row in BY_NAME.items() if not row.ends_with_lf} == {"bare"}


def test_each_row_has_a_name_of_its_own_to_be_pinned_by() -> None:
    assert len(BY_NAME) == len(DIALECTS) + 1
    assert all(BY_NAME[row.name] is row for row in (*DIALECTS, UNKNOWN))


# Finding the row


SHOWN = {  # what a program of the row shows when all of it is heard
    "slcpd": {Trait.HELLO, Trait.FROM_OWN_PORT, Trait.JSON, Trait.WITHOUT_LF, Trait.NAMES_RECIPIENT},
    "json": {Trait.JSON, Trait.FROM_OWN_PORT, Trait.NAMES_SENDER},
    "tcp-sender": {Trait.FROM_WHOISPORT, Trait.LIST_TIGHT, Trait.NAMES_SENDER, Trait.IMAGE_BY_UDP},
    "colon": {Trait.LIST_COLONS, Trait.NAMES_SENDER},
    "tcp-knowusers": {Trait.LIST_BY_TCP, Trait.LEAVE_BY_TCP, Trait.NAMES_RECIPIENT},
    "bare": {Trait.WITHOUT_LF, Trait.TEXT_BARE, Trait.NAMES_FILE},
    "udp": {Trait.FROM_OWN_PORT, Trait.TEXT_BY_UDP, Trait.NAMES_RECIPIENT},
    "slcp": {Trait.NAMES_RECIPIENT},
}


def test_every_row_is_shown() -> None:
    assert SHOWN.keys() == {row.name for row in DIALECTS}


@pytest.mark.parametrize(("name", "traits"), list(SHOWN.items()), ids=SHOWN)
def test_a_row_is_found_in_whatever_order_its_traits_come(name: str, traits: set[Trait]) -> None:
    assert {conclude(order).dialect.name for order in permutations(traits)} == {name}


@pytest.mark.parametrize(
    ("trait", "name"),
    [
        (Trait.HELLO, "slcpd"),
        (Trait.JSON, "json"),
        (Trait.FROM_WHOISPORT, "tcp-sender"),
        (Trait.WITHOUT_LF, "bare"),
        (Trait.LIST_TIGHT, "tcp-sender"),
        (Trait.LIST_COLONS, "colon"),
        (Trait.LIST_BY_TCP, "tcp-knowusers"),
        (Trait.LEAVE_BY_TCP, "tcp-knowusers"),
        (Trait.NAMES_RECIPIENT, "slcp"),
        (Trait.TEXT_BARE, "bare"),
        (Trait.NAMES_FILE, "bare"),
        (Trait.TEXT_BY_UDP, "udp"),
        (Trait.IMAGE_BY_UDP, "tcp-sender"),
    ],
)
def test_one_trait_is_enough_for_a_guess(trait: Trait, name: str) -> None:
    conclusion = conclude({trait})
    assert conclusion.dialect.name == name
    assert conclusion.reason == trait


def test_who_names_the_sender_is_spoken_to_so() -> None:
    assert conclude({Trait.NAMES_SENDER}).dialect.named is Named.SENDER


def test_nothing_heard_tells_nothing() -> None:
    conclusion = conclude([])
    assert conclusion.dialect is UNKNOWN
    assert conclusion.reason == "nothing heard that tells"


@pytest.mark.parametrize(
    "story",
    [
        [(Trait.NAMES_SENDER, "colon"), (Trait.FROM_WHOISPORT, "tcp-sender")],
        [(Trait.WITHOUT_LF, "bare"), (Trait.NAMES_RECIPIENT, "slcp"), (Trait.TEXT_BY_UDP, "udp")],
        [(Trait.WITHOUT_LF, "bare"), (Trait.LIST_COLONS, "bare"), (Trait.NAMES_SENDER, "colon")],
        [(Trait.FROM_WHOISPORT, "tcp-sender"), (Trait.TEXT_BARE, "bare")],
        [(Trait.LIST_TIGHT, "tcp-sender"), (Trait.NAMES_RECIPIENT, "slcp"), (Trait.LIST_BY_TCP, "tcp-knowusers")],
        [(Trait.TEXT_BY_UDP, "udp"), (Trait.JSON, "json"), (Trait.HELLO, "slcpd")],
    ],
    ids=lambda story: " ".join(name for _, name in story),
)
def test_new_evidence_changes_the_mind(story: list[tuple[Trait, str]]) -> None:
    heard: set[Trait] = set()
    concluded = []
    for trait, _ in story:
        heard.add(trait)
        concluded.append(conclude(heard).dialect.name)
    assert concluded == [name for _, name in story]


def test_the_reason_names_what_speaks_for_the_row_and_nothing_else() -> None:
    traits = {Trait.NAMES_SENDER, Trait.LIST_COLONS, Trait.WITHOUT_LF, Trait.FROM_OWN_PORT}
    assert conclude(traits).reason == "list_colons, names_sender"


@given(TRAITS)
def test_hello_is_decisive_whatever_else_is_heard(traits: set[Trait]) -> None:
    assert conclude(traits | {Trait.HELLO}).dialect is SLCPD


@given(TRAITS)
def test_without_hello_json_is_decisive(traits: set[Trait]) -> None:
    assert conclude(traits - {Trait.HELLO} | {Trait.JSON}).dialect is JSON


@given(TRAITS)
def test_no_row_is_concluded_that_something_speaks_against(traits: set[Trait]) -> None:
    dialect: Dialect = conclude(traits).dialect
    assert not dialect.excluded_by & traits
    assert dialect is UNKNOWN or dialect.signs & traits


@given(TRAITS)
def test_who_shows_whom_it_names_is_never_spoken_to_the_other_way(traits: set[Trait]) -> None:
    plain = traits - {Trait.HELLO, Trait.JSON, Trait.TEXT_BARE, Trait.TEXT_BY_UDP}
    recipient = plain - {Trait.NAMES_SENDER} | {Trait.NAMES_RECIPIENT}
    assert conclude(recipient).dialect.named is Named.RECIPIENT
