from slcp.bounded import put_last


def test_what_was_put_first_goes_when_there_is_too_much() -> None:
    table: dict[str, int] = {}
    for number, key in enumerate("abcd"):
        put_last(table, key, number, at_most=3)
    assert list(table.items()) == [("b", 1), ("c", 2), ("d", 3)]


def test_what_is_put_again_is_the_last_and_displaces_nobody() -> None:
    table = {"a": 1, "b": 2}
    put_last(table, "a", 3, at_most=2)
    assert list(table.items()) == [("b", 2), ("a", 3)]
