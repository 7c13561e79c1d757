"""Work that takes the disk's time, or the processor's: in a thread, so that the loop serves the others meanwhile."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

WORTH_A_THREAD = 1 << 16  # bytes to write, hash or encrypt: the way to a thread and back costs as much as fewer

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def in_thread(work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Do something in a thread. Who is cancelled meanwhile waits for its end: its files and buffers are in use."""
    done = asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        if not done.cancelled():
            done.exception()  # nobody is left to be told
        raise
