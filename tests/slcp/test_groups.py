from slcp.groups import Groups
from slcp.messages import Address

FIRST, SECOND = Address("10.0.0.1", 1), Address("10.0.0.2", 2)


def test_a_group_has_what_was_added_in_that_order_once() -> None:
    groups = Groups[str]()
    for address in (SECOND, FIRST, SECOND):
        groups.add("Luca", address)
    assert groups.of("Luca") == (SECOND, FIRST)
    assert groups.size("Luca") == 2
    assert groups.first("Luca") == SECOND
    assert groups.of("Mia") == ()
    assert groups.first("Mia") is None


def test_an_empty_group_costs_nothing() -> None:
    groups = Groups[str]()
    for number in range(100):
        groups.add(str(number), FIRST)
        groups.discard(str(number), FIRST)
        groups.discard(str(number), SECOND)
    assert groups._groups == {}
