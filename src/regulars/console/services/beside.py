"""Long work in a process of its own: asked on its stdin, heard line by line, ended when nobody listens any more."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec

LINE_BYTES_MAX: Final = 8 * 1024 * 1024
T = TypeVar("T")


async def ask_beside(module: str, ask: Any, told: type[T], heard: Callable[[T], None]) -> int | None:
    """Run `python -m module`, hand it `ask`, hand on each line it tells; its exit status.

    Cancelled, it ends the process. Raises OSError where there is no process to be had, ValueError for a line that
    is none.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LINE_BYTES_MAX,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(ask))
        process.stdin.close()
        async for line in process.stdout:
            heard(msgspec.json.decode(line, type=told))
        return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
