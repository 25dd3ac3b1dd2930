"""Long work in a process of its own: asked on its stdin, heard line by line, ended when nobody listens any more."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import msgspec

LINE_BYTES_MAX: Final = 8 * 1024 * 1024
T = TypeVar("T")


async def ask_beside(module: str, ask: Any, told: type[T], heard: Callable[[T], None]) -> int | None:
    """Run `python -m module`, hand it `ask`, hand on each line it tells; its exit status.

    Cancelled, it ends the process. Raises OSError where there is no process to be had, ValueError for a line that
    is none.
    """
    async with beside(module, ask) as process:
        async for one in lines(process, told):
            heard(one)
        return await process.wait()


@asynccontextmanager
async def beside(module: str, ask: Any) -> AsyncIterator[Process]:
    """`python -m module` with `ask` on its stdin; ended on the way out, with what it started. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=LINE_BYTES_MAX,
        start_new_session=True,  # so that one signal reaches all of them
    )
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(ask))
        process.stdin.close()
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.wait())


async def lines(process: Process, told: type[T]) -> AsyncIterator[T]:
    """What it tells, line by line. Raises ValueError for a line that is none."""
    assert process.stdout is not None
    async for line in process.stdout:
        yield msgspec.json.decode(line, type=told)
