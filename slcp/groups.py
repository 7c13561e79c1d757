"""Addresses by what their peers have in common."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from slcp.messages import Address

Key = TypeVar("Key", bound=Hashable)


class Groups(Generic[Key]):
    """Finds the addresses of a group, those that were added first before the others."""

    def __init__(self) -> None:
        self._groups: dict[Key, dict[Address, None]] = {}

    def add(self, key: Key, address: Address) -> None:
        self._groups.setdefault(key, {})[address] = None

    def discard(self, key: Key, address: Address) -> None:
        group = self._groups.get(key, {})
        group.pop(address, None)
        if not group:
            self._groups.pop(key, None)

    def of(self, key: Key) -> tuple[Address, ...]:
        return tuple(self._groups.get(key, ()))

    def first(self, key: Key) -> Address | None:
        """Return the one that was added before the others of the group."""
        return next(iter(self._groups.get(key, ())), None)

    def size(self, key: Key) -> int:
        return len(self._groups.get(key, ()))
