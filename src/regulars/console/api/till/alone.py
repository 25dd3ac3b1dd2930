"""One at a time: calls that look at a sale and then change it, in whatever process they arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from regulars.console.api.deps import Visit
from regulars.console.api.front import WAIT_SECONDS_MAX
from regulars.store.answers import ticket
from regulars.vocabulary.errors import TryLater

_POLL_SECONDS: Final = 0.05


@asynccontextmanager
async def alone_with(visit: Visit, sale_id: str) -> AsyncIterator[None]:
    """Keep others from a sale meanwhile. Raises TryLater when they take too long.

    A claim like that of an Idempotency-Key: one whose process died is free again after a minute.
    """
    asked = ticket(
        visit.vault, caller=visit.vault.hash("till.sale", sale_id), route="till", key=sale_id, sent=b""
    )
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not await visit.api.answers.claim(asked):
        if time.monotonic() > deadline:
            raise TryLater(
                "Another call deals with this sale. Repeat yours in a moment.", retry_after_seconds=1
            )
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        await visit.api.answers.release(asked)
