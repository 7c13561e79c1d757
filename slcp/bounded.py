"""Tables that strangers fill: what was put there first goes when there is too much."""

from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def put_last(table: dict[Key, Value], key: Key, value: Value, at_most: int) -> None:
    """Put a value behind all others, also where its key was there; over `at_most` the first one goes."""
    table.pop(key, None)
    table[key] = value
    if len(table) > at_most:
        del table[next(iter(table))]
