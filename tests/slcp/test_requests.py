import typing

from slcp.requests import METHODS, Request


def test_every_request_has_one_method() -> None:
    assert sorted(request.__name__ for request in METHODS.values()) == sorted(
        request.__name__ for request in typing.get_args(Request)
    )


def test_the_name_of_a_method_is_that_of_its_request() -> None:
    assert {name.replace("_", "") for name in METHODS} == {request.__name__.lower() for request in METHODS.values()}
