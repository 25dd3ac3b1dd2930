"""Tells endpoints their messages: when to try again, when to give up, when an endpoint is gone."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Final

from regulars.store.letters import GONE, Letter, Letters, Posted
from regulars.store.outbox import WEBHOOK, Figures, Outbox
from regulars.store.webhooks import send
from regulars.vocabulary.webhooks import Answer

from .pace import Pace
from .posting import Poster

WAITS_SECONDS: Final = (5, 300, 1_800, 7_200, 18_000, *[36_000] * 6)
"""Pauses after each failed attempt; after the last one the message is given up. About three days in all."""
CALLS_PER_SECOND: Final = 100.0
TOO_MANY: Final = 429
SWEEPS_MAX: Final = 20


class Teller:
    """The line of delivery that serves webhooks."""

    kind = WEBHOOK
    busy_max = 512

    def __init__(
        self,
        letters: Letters,
        outbox: Outbox,
        poster: Poster,
        *,
        waits_seconds: Sequence[float] = WAITS_SECONDS,
    ) -> None:
        self._letters = letters
        self._outbox = outbox
        self._poster = poster
        self._waits_seconds = waits_seconds
        self._listening: set[int] = set()

    def has_listeners(self, workspace_id: int) -> bool:
        """Whether an endpoint of the workspace was on when it was last looked. From any thread."""
        return workspace_id in self._listening

    def new_pace(self) -> Pace:
        """The pace of an endpoint not met before."""
        return Pace(calls_per_second=CALLS_PER_SECOND)

    async def next_due_seconds(self, workspace_id: int) -> float | None:
        """Seconds until a message is due."""
        due, endpoints = await self._letters.next_due(workspace_id)
        (self._listening.add if endpoints else self._listening.discard)(workspace_id)
        return due

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Letter]:
        """What is due, within the bounds of each endpoint."""
        return await self._letters.claim(
            workspace_id, free=free, free_else=free_else, lease_seconds=lease_seconds
        )

    async def perform(self, workspace_id: int, effect: Letter, pace: Pace) -> Posted:
        """Try once. The id of the message is the same each time, the time and the signatures are new."""
        pace.spend(time.monotonic())
        answer = await send(self._poster, effect.url, effect.secrets, effect.body)
        _heed(answer, pace)
        return self._ended(effect, answer)

    async def settle(self, workspace_id: int, ended: Sequence[Posted]) -> None:
        """Write how attempts ended."""
        await self._letters.settle(workspace_id, ended)

    async def figures(self, workspace_id: int) -> Figures:
        """How many messages wait and how many were given up."""
        return await self._outbox.figures(workspace_id, kind=WEBHOOK)

    async def sweep(self, workspace_id: int) -> None:
        """Remove what was kept long enough, as much as comes in an hour of a busy day."""
        for _ in range(SWEEPS_MAX):
            if not await self._letters.sweep(workspace_id):
                return

    async def close(self) -> None:
        """Close what messages are sent with."""
        await self._poster.close()

    def _ended(self, letter: Letter, answer: Answer) -> Posted:
        over = answer.status == GONE or letter.attempts > len(self._waits_seconds)
        wait = 0.0
        if not answer.delivered and not over:
            blurred = self._waits_seconds[letter.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
            wait = max(blurred, answer.retry_after_seconds)
        return Posted(
            outbox_id=letter.outbox_id,
            attempts=letter.attempts,
            state="done" if answer.delivered else "dead" if over else "pending",
            error=None if answer.delivered else answer.error or f"status {answer.status}",
            wait_seconds=wait,
            endpoint_id=letter.source_id,
            answer=answer,
        )


def _heed(answer: Answer, pace: Pace) -> None:
    """An endpoint that takes nothing, whatever it says, rests; one that names a delay is left alone for that long."""
    now = time.monotonic()
    if answer.delivered:
        pace.succeeded()
        return
    pace.failed(now)
    if answer.retry_after_seconds or answer.status == TOO_MANY:
        pace.rest(now, max(answer.retry_after_seconds, 1.0))
