"""Whether a step of the loop ends where others are to have their turn: told by counting turns, without a clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def turns() -> AsyncIterator[Callable[[], int]]:
    """Yield what tells how many turns another task has had until now."""
    number = 0

    async def take_turns() -> None:
        nonlocal number
        while True:
            number += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        other = group.create_task(take_turns())
        try:
            yield lambda: number
        finally:
            other.cancel()
