import typing

import pytest

from slcp.events import ConfigChanged, Event, ImageProgressed, TextReceived, UserJoined, type_name

NAMES = {
    "user_joined",
    "user_left",
    "user_changed",
    "text_received",
    "text_queued",
    "text_sent",
    "text_delivered",
    "text_cancelled",
    "text_failed",
    "image_received",
    "image_rejected",
    "image_queued",
    "image_sent",
    "image_delivered",
    "image_cancelled",
    "image_failed",
    "image_progressed",
    "conversation_read",
    "key_pinned",
    "key_refused",
    "config_changed",
}


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (TextReceived, "text_received"),
        (UserJoined, "user_joined"),
        (ImageProgressed, "image_progressed"),
        (ConfigChanged, "config_changed"),
    ],
)
def test_the_name_of_an_event_is_that_of_its_class(event: type[Event], name: str) -> None:
    assert type_name(event) == name


def test_the_names_that_scripts_rely_on_are_all_there() -> None:
    assert {type_name(event) for event in typing.get_args(Event)} == NAMES
